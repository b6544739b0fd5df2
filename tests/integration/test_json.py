"""Random rows of many types through the program, read by a JSON parser that shares no code with us:
every value is the one that went into the table."""
import base64
import json
import random
import struct
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from servers import Reader
from test_avro import (EPOCH, ROWS, TYPES, each, insert, make_rows, read_clock, read_day,
                       read_moment, same, table)


def unscaled(text):
    return int.from_bytes(base64.b64decode(text), "big", signed=True)


def decimal(scale):
    return lambda text: Decimal(unscaled(text)).scaleb(-scale)


def single(value):
    """The shortest text of a single stands for another double than the single itself; what is
    infinite or no number is a text."""
    return struct.unpack("f", struct.pack("f", float(value)))[0]


# How JSON has what it has no type for; all other types are what the parser makes of them.
READ = {
    "real": single,
    "numeric(20,5)": decimal(5),
    "numeric(30,0)": decimal(0),
    "numeric": lambda value: Decimal(unscaled(value["value"])).scaleb(-value["scale"]),
    "bytea": base64.b64decode,
    "uuid": uuid.UUID,
    "date": read_day,
    "time": read_clock,
    "double precision": float,
    "timestamp": lambda micros: (EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None),
    "timestamptz": read_moment,
    "interval": lambda micros: timedelta(microseconds=micros),
    "numeric(9,3)[]": each(decimal(3)),
    "jsonb": json.loads,
    "bit(9)": lambda text: int.from_bytes(base64.b64decode(text), "little"),
    "money": decimal(2),
    "double precision[]": each(float),
    "bytea[]": each(base64.b64decode),
    "uuid[]": each(uuid.UUID),
    "date[]": each(read_day),
    "timestamptz[]": each(read_moment),
}


def wrong_values(row, values):
    for position, ((kind, _, _), wanted) in enumerate(zip(TYPES, values)):
        got = row[f"c{position}"]
        if got is not None and kind in READ:
            got = READ[kind](got)
        if not same(got, wanted):
            yield f"{kind}: {got!r}, not {wanted!r}"


@pytest.mark.parametrize("form", ["debezium-json", "flat-json"])
def test_random_rows_are_read_back_as_they_were(pipe, seed, form):
    rows = make_rows(random.Random(seed))
    one = pipe(format={"value": form})
    table(one)
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        insert(one, rows)
        reader.read_count(ROWS)
        records = reader.of(one.topic("t"))
    wrong = []
    for record, (parameters, values) in zip(records, rows):
        value = json.loads(record.value)
        row = value["after"] if form == "debezium-json" else value
        assert json.loads(record.key) == {"id": parameters[0]} and row["id"] == parameters[0]
        wrong += wrong_values(row, values)
    assert len(records) == ROWS and not wrong, "\n".join(wrong[:20])
