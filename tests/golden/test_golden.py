"""The records of the real program for known SQL, byte for byte against those of a live Debezium.

SQL goes into PostgreSQL, records come out of Kafka. A record may differ only where DIFFERENCES says
so, and each entry of DIFFERENCES must still be one.
"""
import re
from pathlib import Path

import allowed
import avro_captures
import captures
import pytest
from page import page
from servers import FakeRegistry, Kafka, Penstock, Postgres, Reader, until
from servers.penstock import ROOT

SQL = captures.HERE / "open/sql"
OURS = ("g.", "outbox.", "__debezium-heartbeat.")  # How all topics of the captures begin.
EVERYTHING = [f"{number:02}" for number in range(1, 15)]

TYPES = [f"{number:02}" for number in range(1, 7)]
ROWS = ["07", "08", "09", "11"]
OUTBOX = {"tables": [r"ob\.outbox"],
          "fields": ["tenant:header", "type:header:eventType", "ts:envelope:at"]}

MESSAGES = {"messages": {"prefixes": [".*"]}}
TRANSACTIONS = {"transaction_metadata": True, "heartbeat": {"interval": "200ms"}, **MESSAGES}

# run: the scenarios it was recorded with, our settings that stand for the connector's (of [format];
# a table is a section of its own), the options of its publication.
RUNS = {
    "json": (EVERYTHING, {"truncates": True, **MESSAGES}, ""),
    "json-schema": (EVERYTHING, {"truncates": True, "schemas": True, **MESSAGES}, ""),
    "defaults": (["07", "10"], MESSAGES, ""),
    "tx": (["07", "10"], {"truncates": True, **TRANSACTIONS}, ""),
    "tx-schema": (["07", "10"], {"truncates": True, "schemas": True, **TRANSACTIONS}, ""),
    "avro": (EVERYTHING, {"value": "debezium-avro", "truncates": True, **MESSAGES}, ""),
    "json-schema-3.7": (EVERYTHING, {"truncates": True, "schemas": True, "debezium_compat": "3.7",
                                     **MESSAGES}, ""),
    "part-root": (["14"], {"truncates": True}, "WITH (publish_via_partition_root)"),
    "opt-a": (TYPES, {"schemas": True, "decimal": "string", "time": "connect",
                      "interval": "string", "binary": "hex", "hstore": "map"}, ""),
    "opt-b": (TYPES, {"schemas": True, "decimal": "double", "time": "isostring",
                      "binary": "base64"}, ""),
    "opt-c": (TYPES, {"schemas": True, "time": "adaptive_time_microseconds",
                      "binary": "base64-url-safe", "tombstones": False,
                      "columns": {"source_type": [".*"]}}, ""),
    "opt-d": (TYPES, {"time": "microseconds", "decimal_numbers": True}, ""),
    "unwrap": (ROWS, {"flatten": {"enabled": True}}, ""),
    "unwrap-rewrite": (ROWS, {"schemas": True, "flatten": {
        "enabled": True, "deletes": "rewrite", "add_headers": ["op", "db"],
        "add_fields": ["op", "table", "source.lsn", "source.ts_ms"]}}, ""),
    "outbox": (["15"], {"outbox": OUTBOX}, ""),
    "outbox-expand": (["15"], {"schemas": True, "outbox": {**OUTBOX, "expand_json": True}}, ""),
}

# Runs that another release recorded: its folder and the run's name there.
RELEASES = {"json-schema-3.7": ("open-3.7", "json-schema")}

# Runs and formats whose records are Avro.
AVRO = {"avro", "debezium-avro"}

# Statements that stop the pipe by name where Debezium drops the row or stops as well: NaN in a NOT
# NULL numeric has no place in a Connect Decimal.
STOPS = ["INSERT INTO numbers.decimals VALUES (24,1,1,1,'NaN',1);"]

# Of one run: what stopped the connector for good where we go on.
CONNECTOR_STOPS = {"outbox-expand": r"BEGIN; INSERT INTO ob\.outbox [^\n]* COMMIT;"}

# Topics of which only time says how many records there are.
BY_THE_CLOCK = {"__debezium-heartbeat.g"}


def script(number, run):
    """The two halves of a scenario."""
    path, = SQL.glob(f"{number}_*.sql")
    text = path.read_text(encoding="utf-8")
    precise = RUNS[run][1].get("decimal", "precise") == "precise"
    for statement in STOPS if precise else []:
        text = text.replace(statement, "")
    if run in CONNECTOR_STOPS:
        text = re.sub(CONNECTOR_STOPS[run], "", text)
    before, live = text.split("-- @live")
    return before, live


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    for parent in [folder, *folder.parents][:3]:
        parent.chmod(0o755)
    with Postgres(folder / "pg") as postgres, Kafka(folder / "kafka") as kafka:
        yield postgres, kafka


def forget(postgres, kafka):
    """Every run has the names of the captures, so nothing of the last one may be left."""
    for topic in [topic for topic in kafka.topics() if topic.startswith(OURS)]:
        kafka.delete_topic(topic)
    until(lambda: not any(topic.startswith(OURS) for topic in kafka.topics()), 30,
          "the topics of the last run to be gone")
    postgres.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    postgres.execute("DROP DATABASE IF EXISTS gold WITH (FORCE)")
    postgres.create_database("gold")
    postgres.psql("CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree",
                  "gold")
    postgres.create_extension("gold")


def with_registry(config, registry):
    if config["format"]["value"] in AVRO:
        config["registry"] = {"url": registry.url}
    return config


def read(data, run, registry):
    """A key or value as the comparison wants it."""
    if run in AVRO:
        return avro_captures.datum(data, lambda number: registry.schema(number)[1])
    return data and data.decode()


def record(run, postgres, kafka, folder):
    """Plays the scenarios of a run through the consumer: rows that are there first, then the
    stream; topic to its records."""
    scenarios, settings, publication = RUNS[run]
    forget(postgres, kafka)
    scripts = [script(number, run) for number in scenarios]
    postgres.execute(f"CREATE PUBLICATION dbz FOR ALL TABLES {publication}", database="gold")
    for before, _ in scripts:
        postgres.psql(before, "gold")
    sections = {name: value for name, value in settings.items() if isinstance(value, dict)}
    settings = {name: value for name, value in settings.items() if name not in sections}
    config = {
        **sections,
        "source": {"url": postgres.url("gold"), "publications": ["dbz"]},
        "slot": {"name": "gold"},
        "kafka": {"brokers": kafka.bootstrap, "single_broker": True},
        "topics": {"prefix": "g", "partitions": 1},
        "snapshot": {"mode": "initial"},
        "format": {"value": "debezium-json", "unrepresentable": "null", "context_headers": True,
                   **settings},
    }
    with FakeRegistry() as registry, Reader(kafka.bootstrap) as reader, \
            Penstock(folder / run, with_registry(config, registry)) as pipe:
        until(lambda: "snapshot_done" in pipe.log_text() or not pipe.running(), 40,
              lambda: "the snapshot to end:\n" + pipe.log_tail())
        for _, live in scripts:
            postgres.psql(live, "gold")
        end = postgres.lsn()
        until(lambda: not pipe.running() or postgres.value(
            "SELECT confirmed_flush_lsn >= %s::pg_lsn FROM pg_replication_slots", (end,)), 60,
            lambda: "the slot to confirm:\n" + pipe.log_tail())
        assert pipe.running(), pipe.log_tail()
        reader.poll()
        topics = {}
        for one in reader.read_to_end():
            key, value = (read(text, run, registry) for text in (one.key, one.value))
            headers = [(name, text and text.decode()) for name, text in one.headers]
            topics.setdefault(one.topic, []).append(captures.record(key, value, headers))
        return topics


@pytest.fixture(scope="module")
def listed():
    return allowed.load()


@pytest.mark.parametrize("run", RUNS)
def test_records_equal_debeziums_but_for_the_listed_differences(run, servers, tmp_path, listed):
    ours = record(run, *servers, tmp_path)
    comparison = avro_captures if run in AVRO else captures
    if run in RELEASES:
        generation, recorded = RELEASES[run]
        theirs = captures.load(recorded, generation)
    else:
        theirs = comparison.load(run)
    found, equal, uncounted = [], 0, 0
    assert {topic for topic in ours if topic.startswith(OURS)} <= set(theirs)
    for topic, records in theirs.items():
        mine = ours.get(topic, [])
        if topic in BY_THE_CLOCK:
            assert mine, f"{topic}: no record"
            records, mine = zip(*zip(records, mine))
            uncounted += len(theirs[topic]) - len(records)
        if records and not mine:  # Listed as one difference, or not at all.
            found.append(captures.Difference(run, topic, "records", str(len(records)), "0"))
            continue
        assert len(mine) == len(records), f"{topic}: {len(mine)} records, {len(records)} wanted"
        for one, other in zip(records, mine):
            places = comparison.differences(run, topic, one, other)
            found += places
            equal += not places
    total = sum(map(len, theirs.values())) - uncounted
    print(f"{run}: {total} records, {equal} equal, {total - equal} with listed differences")
    # Every entry is asked, so that each one's count is right.
    news = [place for place in found if not sum(entry.excuses(place) for entry in listed)]
    assert not news, "not in DIFFERENCES:\n" + "\n".join(
        "- " + " | ".join(place) for place in dict.fromkeys(news))


def test_every_listed_difference_is_still_one(listed):
    if not any(entry.used for entry in listed):
        pytest.fail("needs the records of the runs before it: run the whole file")
    gone = [entry.line for entry in listed if not entry.used]
    assert not gone, "no longer different, take them out of DIFFERENCES:\n" + "\n".join(gone)
    print(f"{len(listed)} listed differences, at {sum(entry.used for entry in listed)} places")


def test_the_page_of_differences_is_the_list():
    kept = (ROOT / "docs/reference/differences.md").read_text(encoding="utf-8")
    assert kept == page(), "run: python tests/golden/page.py > docs/reference/differences.md"


def test_the_captures_are_whole():
    """Nobody lost a file: as many topics and records as were recorded."""
    counted = {run: sum(len(path.read_text(encoding="utf-8").splitlines())
                        for path in Path(captures.HERE, *RELEASES.get(run, ("open", run))).glob(
                            "*.jsonl"))
               for run in RUNS}
    assert counted == {"json": 316, "json-schema": 316, "json-schema-3.7": 316, "avro": 316,
                       "tx": 144, "tx-schema": 144, "defaults": 74, "part-root": 14,
                       "opt-a": 159, "opt-b": 159, "opt-c": 140, "opt-d": 158, "unwrap": 75,
                       "unwrap-rewrite": 75, "outbox": 4, "outbox-expand": 3}
