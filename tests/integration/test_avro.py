"""Random rows of many types through the program, read by an Avro library that shares no code with
us: every value is the one that went into the table."""
import json
import random
import struct
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from registries import decoded, decoded_key
from servers import FakeRegistry, Reader

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ROWS = 60
ENDLESS = (float("inf"), float("-inf"), float("nan"))
# What stands for the infinite dates: the ends of the range.
FIRST_DAY, LAST_DAY = -2 ** 31, 2 ** 31 - 1


def text_of(chance):
    alphabet = "ab Z9'\"\\\n\t\u00e9\u20ac\U0001f40c{}[],:"
    return "".join(chance.choice(alphabet) for _ in range(chance.choice([0, 1, 7, 63, 64, 300])))


def integer(bits):
    def make(chance):
        value = chance.getrandbits(chance.randrange(1, bits + 1)) - (1 << (bits - 1))
        return value, value
    return make


def real(single):
    def make(chance):
        value = chance.choice([0.0, -1.5, 1e300, 5e-324, 0.1, chance.gauss(0, 1e9), *ENDLESS])
        if single:
            value = chance.choice([chance.gauss(0, 1e9), *ENDLESS])
            value, = struct.unpack("f", struct.pack("f", value))
        return value, value
    return make


def number(digits, scale):
    def make(chance):
        unscaled = chance.randrange(-10 ** digits + 1, 10 ** digits)
        value = Decimal(unscaled).scaleb(-scale)
        return value, value
    return make


def free_number(chance):
    """Without a declared scale: read as {scale, value}."""
    value = Decimal(chance.randrange(-10 ** 40, 10 ** 40)).scaleb(-chance.randrange(0, 30))
    return value, value


def moment(chance):
    value = EPOCH + timedelta(microseconds=chance.randrange(-10 ** 16, 10 ** 17))
    return value, value


def day(chance):
    endless = chance.choice([("infinity", LAST_DAY), ("-infinity", FIRST_DAY)])
    return endless if chance.random() < 0.2 else [moment(chance)[0].date()] * 2


def read_day(days):
    return days if days in (FIRST_DAY, LAST_DAY) else EPOCH.date() + timedelta(days)


def clock(chance):
    return (EPOCH + timedelta(microseconds=chance.randrange(86400 * 10 ** 6))).time()


def read_clock(micros):
    return (EPOCH + timedelta(microseconds=micros)).time()


def read_moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def document(chance):
    value = {text_of(chance): chance.choice([None, True, 7, -0.5, text_of(chance), [1, {}], {}])}
    return json.dumps(value), value


def bits(chance):
    value = chance.getrandbits(9)
    return f"{value:09b}", value


def amount(chance):
    value = number(15, 2)(chance)[0]
    return str(value), value


def each(read):
    return lambda values: [None if value is None else read(value) for value in values]


def same(one, other):
    """Equal, where a NaN equals a NaN."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


def list_of(make):
    def array(chance):
        pairs = [make(chance) if chance.random() < 0.8 else (None, None)
                 for _ in range(chance.choice([0, 1, 5, 70]))]
        return [one for one, _ in pairs], [other for _, other in pairs]
    return array


def plain(make):
    def both(chance):
        value = make(chance)
        return value, value
    return both


# type, a maker of (parameter, value), how the datum of the value is read
TYPES = [
    ("boolean", plain(lambda chance: chance.random() < 0.5), None),
    ("smallint", integer(16), None),
    ("integer", integer(32), None),
    ("bigint", integer(64), None),
    ("real", real(True), None),
    ("double precision", real(False), None),
    ("numeric(20,5)", number(20, 5), None),
    ("numeric(30,0)", number(30, 0), None),
    ("numeric", free_number, lambda datum: Decimal(int.from_bytes(
        datum["value"], "big", signed=True)).scaleb(-datum["scale"])),
    ("text", plain(text_of), None),
    ("bytea", plain(lambda chance: chance.randbytes(chance.choice([0, 1, 63, 64, 200]))), None),
    ("uuid", plain(lambda chance: uuid.UUID(int=chance.getrandbits(128))), uuid.UUID),
    ("date", day, read_day),
    ("time", plain(clock), read_clock),
    ("timestamp", lambda chance: [moment(chance)[0].replace(tzinfo=None)] * 2,
     lambda datum: (EPOCH + timedelta(microseconds=datum)).replace(tzinfo=None)),
    ("timestamptz", moment, read_moment),
    ("interval", plain(lambda chance: timedelta(microseconds=chance.randrange(-10**15, 10**15))),
     lambda datum: timedelta(microseconds=datum)),
    ("int[]", list_of(integer(32)), None),
    ("text[]", list_of(plain(text_of)), None),
    ("numeric(9,3)[]", list_of(number(9, 3)), None),
    ("varchar(40)", plain(lambda chance: text_of(chance)[:40]), None),
    ("jsonb", document, json.loads),
    ("inet", plain(lambda chance: f"10.{chance.randrange(256)}.0.1"), None),
    ("bit(9)", bits, lambda datum: int.from_bytes(datum, "little")),
    ("money", amount, None),
    ("boolean[]", list_of(plain(lambda chance: chance.random() < 0.5)), None),
    ("bigint[]", list_of(integer(64)), None),
    ("double precision[]", list_of(real(False)), None),
    ("bytea[]", list_of(plain(lambda chance: chance.randbytes(chance.choice([0, 1, 64])))), None),
    ("uuid[]", list_of(plain(lambda chance: uuid.UUID(int=chance.getrandbits(128)))),
     each(uuid.UUID)),
    ("date[]", list_of(plain(lambda chance: moment(chance)[0].date())), each(read_day)),
    ("timestamptz[]", list_of(moment), each(read_moment)),
]


@pytest.fixture
def registry():
    with FakeRegistry() as fake:
        yield fake


def make_rows(chance):
    """(parameters, values) of ROWS rows; a third of the values is null."""
    rows = []
    for identity in range(ROWS):
        pairs = [make(chance) if chance.random() < 0.67 else (None, None) for _, make, _ in TYPES]
        rows.append(([identity, *(one for one, _ in pairs)], [other for _, other in pairs]))
    return rows


def wrong_values(datum, values):
    for position, ((kind, _, read), wanted) in enumerate(zip(TYPES, values)):
        got = datum[f"c{position}"]
        if got is not None and read:
            got = read(got)
        if not same(got, wanted):
            yield f"{kind}: {got!r}, not {wanted!r}"


def table(pipe):
    columns = ", ".join(f"c{position} {kind}" for position, (kind, _, _) in enumerate(TYPES))
    pipe.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")


def insert(pipe, rows):
    holes = ", ".join(["%s"] * (1 + len(TYPES)))
    for parameters, _ in rows:
        pipe.execute(f"INSERT INTO t VALUES ({holes})", parameters)


@pytest.mark.parametrize("form", ["debezium-avro", "flat-avro"])
def test_random_rows_are_read_back_as_they_were(pipe, registry, seed, form):
    rows = make_rows(random.Random(seed))
    one = pipe(format={"value": form}, registry={"url": registry.url})
    table(one)
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        insert(one, rows)
        one.execute("DELETE FROM t WHERE id = 0")
        reader.read_count(ROWS + 2)
        records = reader.of(one.topic("t"))
    wrong = []
    for record, (parameters, values) in zip(records, rows):
        datum = decoded(record, registry.schema)
        row = datum["after"] if form == "debezium-avro" else datum
        assert decoded_key(record, registry.schema) == {"id": parameters[0]}
        assert row["id"] == parameters[0]
        wrong += wrong_values(row, values)
    assert not wrong, "\n".join(wrong)
    deleted = decoded(records[-2], registry.schema)
    assert records[-1].value is None and records[-1].key == records[0].key == records[-2].key
    if form == "debezium-avro":
        assert deleted["before"]["id"] == 0 and deleted["after"] is None and deleted["op"] == "d"
    else:
        assert deleted["id"] == 0 and deleted["__deleted"] and deleted["__op"] == "d"
        assert deleted["__lsn"] > 0 and deleted["__ordinal"] == 0
        assert all(deleted[f"c{position}"] is None for position in range(len(TYPES)))


def test_a_schema_of_two_columns_that_meet_stops_by_name(pipe, registry):
    one = pipe(format={"value": "debezium-avro"}, registry={"url": registry.url})
    one.execute('CREATE TABLE t (id int PRIMARY KEY, "a-b" int, a_b int)')
    with one:
        one.execute("INSERT INTO t VALUES (1, 1, 1)")
        one.wait_log("schema_invalid")
    assert not registry.subjects
