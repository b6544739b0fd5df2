"""Flink SQL reads the topics by the statements of its page in docs/readers, and ends with the table
that PostgreSQL has."""
import re
from collections import Counter
from decimal import Decimal

import pytest
from servers import Apicurio, FlinkSql
from servers.penstock import ROOT
from shop import ORDERS, busy_day

PAGE = (ROOT / "docs/readers/flink.md").read_text()


@pytest.fixture(name="flink", scope="module")
def fixture_flink(tmp_path_factory):
    with FlinkSql(tmp_path_factory.mktemp("flink")) as gateway:
        yield gateway


def statement(layout, *, topic, kafka, registry=""):
    """The page's statement for this format, with the places of this test in it. It reads up to the
    end that the topic has now, so that the query ends."""
    found = [text for text in re.findall(r"```sql\n(.*?)```", PAGE, re.S)
             if f"'format' = '{layout}'" in text]
    assert len(found) == 1, layout
    for old, new in (("shop.public.orders", topic), ("kafka.example.com:9092", kafka.bootstrap),
                     ("http://registry.example.com:8081", registry),
                     ("CREATE TABLE orders", f"CREATE TABLE orders_{layout.replace('-', '_')}")):
        assert not new or old in found[0], old
        found[0] = found[0].replace(old, new)
    return found[0].replace("'connector' = 'kafka',",
                            "'connector' = 'kafka', 'scan.bounded.mode' = 'latest-offset',")


def table_of(changes):
    """What a log of changes leaves: rows with their number."""
    rows = Counter()
    for kind, fields in changes:
        rows[tuple(fields)] += 1 if kind in ("INSERT", "UPDATE_AFTER") else -1
        assert rows[tuple(fields)] >= 0, f"{kind} takes back a row that is not there: {fields}"
    return +rows


def judge(flink, made, name):
    columns = "id, CAST(amount AS STRING), CAST(placed_at AS STRING), note, paid"
    read = table_of(flink.query(f"SELECT {columns} FROM {name}"))
    rows = made.query("SELECT id, amount::text, placed_at, note, paid FROM orders")
    assert len(rows) > 50
    assert _plain(read.elements()) == _plain(rows)
    totals = flink.query(f"SELECT count(*), sum(amount) FROM {name}")[-1][1]
    (count, total), = made.query("SELECT count(*), sum(amount) FROM orders")
    assert (totals[0], Decimal(str(totals[1]))) == (count, total)


def _plain(rows):
    """In one order, with numbers and moments as values: their texts differ in form alone."""
    return sorted((number, repr(None if amount is None else Decimal(amount)), _moment(moment),
                   repr(note), paid) for number, amount, moment, note, paid in rows)


def _moment(value):
    text = value if isinstance(value, str) else value.isoformat()
    digits = re.sub(r"(Z|[+]00(:00)?)$", "", text.replace("T", " "))
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def test_debezium_json(pipe, kafka, flink, seed):
    made = pipe()
    made.command += ["--preset", "flink"]
    made.execute(ORDERS)
    busy_day(made, seed)
    flink.query(statement("debezium-json", topic=made.topic("orders"), kafka=kafka))
    judge(flink, made, "orders_debezium_json")


def test_debezium_avro_confluent(pipe, kafka, flink, seed, tmp_path):
    with Apicurio(tmp_path / "registry") as registry:
        made = pipe(format={"value": "debezium-avro", "decimal": "precise"},
                    registry={"url": registry.url})
        made.command += ["--preset", "flink"]
        made.execute(ORDERS)
        busy_day(made, seed)
        flink.query(statement("debezium-avro-confluent", topic=made.topic("orders"), kafka=kafka,
                              registry=registry.url))
        judge(flink, made, "orders_debezium_avro_confluent")
