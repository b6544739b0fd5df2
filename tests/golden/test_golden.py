"""The SQL that a live Debezium was fed goes through our pipe; the records must be the same.

Compared are key, operation, both images and the constant part of the source block, record by
record and topic by topic; README.md says what is masked, DIFFERENCES lists where the right value
wins over Debezium's. An entry of DIFFERENCES that no longer differs fails, too.
"""
import json
import re
from pathlib import Path

import pytest
from servers import Penstock, Reader, until

HERE = Path(__file__).parent
DATABASE, PREFIX = "gold", "g"
# Of the source block: the rest are times and positions.
SOURCE = ["version", "connector", "name", "snapshot", "db", "schema", "table", "xmin", "origin",
          "origin_lsn"]
# Statements at which ours stops by name; theirs loses the row or, where a key stands, breaks it.
STOPS = {
    "INSERT INTO numbers.decimals VALUES (24,": None,           # NaN in a NOT NULL numeric
    "INSERT INTO dt.stamps VALUES (14,": ("g.dt.stamps", 14),   # after 294247: an overflow there
}
MASKED_TEXT = re.compile(r"^\[Ljava\.lang|LogicalDecodingMessageId@")


def scenarios():
    """(before the connector starts, while it streams) of each script, in order."""
    for path in sorted((HERE / "open/sql").glob("*.sql")):
        if not path.name.startswith("15_"):  # the outbox was recorded in a run of its own
            lines = path.read_text().splitlines(keepends=True)
            kept = [line for line in lines if not line.startswith(tuple(STOPS))]
            yield "".join(kept).split("-- @live", 1)


def recorded():
    """topic -> records of the capture, snapshot rows left out."""
    found = {}
    for path in sorted((HERE / "open/json").glob("*.jsonl")):
        records = []
        for line in path.read_text().splitlines():
            one = json.loads(line)
            value = None if one["value"] is None else json.loads(one["value"])
            if value is None or value.get("op") != "r":
                key = None if one["key"] is None else json.loads(one["key"])
                if (path.stem, key and key.get("id")) not in STOPS.values():
                    records.append(plain(key, value, one["headers"]))
        found[path.stem] = records
    return found


def plain(key, value, headers):
    """What is compared of one record."""
    kept = {"key": key, "tombstone": value is None, "headers": [
        pair for pair in map(list, headers) if not pair[0].startswith("__debezium.context.")]}
    if value is not None:
        kept |= {name: part for name, part in value.items() if not name.startswith("ts_")}
        kept["source"] = {name: value["source"][name] for name in SOURCE}
    return kept


def flatten(value, path=""):
    """Nested objects as path -> leaf, so that a difference has an address."""
    if isinstance(value, dict):
        return {inner: leaf for name, part in value.items()
                for inner, leaf in flatten(part, f"{path}.{name}").items()} or {path: {}}
    return {path: value}


def differences(topic, theirs, ours):
    """address -> (their value, our value), an address being "topic index path"."""
    found = {}
    if len(theirs) != len(ours):
        found[f"{topic} count"] = (str(len(theirs)), str(len(ours)))
    for index, (their, our) in enumerate(zip(theirs, ours)):
        left, right = flatten(their), flatten(our)
        for path in sorted(left.keys() | right.keys()):
            one, two = left.get(path, "(absent)"), right.get(path, "(absent)")
            masked = any(isinstance(x, str) and MASKED_TEXT.search(x) for x in (one, two))
            if one != two and not masked:
                found[f"{topic} {index} {path[1:]}"] = (json.dumps(one), json.dumps(two))
    return found


def excuses():
    """Lines of DIFFERENCES as (address pattern, pattern of our value, reason)."""
    lines = (HERE / "DIFFERENCES").read_text().splitlines()
    return [tuple(re.split(r" {2,}", line, maxsplit=2)) for line in lines
            if line and not line.startswith("#")]


def excused(excuse, address, ours):
    """* in a pattern stands for anything; nothing else is special."""
    texts = (address, ours)
    return all(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text)
               for pattern, text in zip(excuse, texts))


@pytest.fixture(name="ours", scope="module")
def fixture_ours(postgres, kafka, tmp_path_factory):
    """topic -> our records of the same SQL."""
    postgres.create_database(DATABASE, "TEMPLATE template0 ENCODING 'UTF8'")
    postgres.psql("CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree",
                  DATABASE)
    every = list(scenarios())
    for before, _ in every:
        postgres.psql(before, DATABASE)
    config = {
        "source": {"url": postgres.url(DATABASE), "messages": True},
        "slot": {"name": "gold"}, "topics": {"prefix": PREFIX},
        "kafka": {"brokers": kafka.bootstrap, "single_broker": True},
        "format": {"truncates": True, "unknown_types": "omit", "unrepresentable": "null",
                   "no_identity": "publish"},
    }
    with Penstock(tmp_path_factory.mktemp("gold") / "pipe", config) as pipe:
        until(lambda: postgres.walsender_pid("gold") or not pipe.running(), 30, pipe.log_tail)
        for _, live in every:
            postgres.psql(live, DATABASE, stop_at_errors=False)
        until(lambda: not pipe.running() or postgres.wait_confirmed("gold") is None, 60,
              pipe.log_tail)
        assert pipe.running(), pipe.log_tail()
        with Reader(kafka.bootstrap) as reader:
            names = {record.topic for record in reader.read_to_end()}
            return {name: [plain(record.json_key(), record.json(), [
                [header, text.decode()] for header, text in record.headers])
                for record in reader.of(name)] for name in names if name.startswith(PREFIX + ".")}


def test_records_equal_those_of_a_live_debezium(ours):
    theirs = recorded()
    found = {}
    for topic in sorted(theirs.keys() | ours.keys()):
        found |= differences(topic, theirs.get(topic, []), ours.get(topic, []))
    used, unexpected = set(), []
    for address, (their, our) in found.items():
        matching = [excuse for excuse in excuses() if excused(excuse, address, our)]
        used.update(matching)
        if not matching:
            unexpected.append(f"{address}: {their} | {our}")
    settled = [" ".join(excuse) for excuse in excuses() if excuse not in used]
    assert not unexpected, f"{len(unexpected)} differences:\n" + "\n".join(unexpected)
    assert not settled, "no longer different, take them out of DIFFERENCES:\n" + "\n".join(settled)
