"""The records of the real program for known SQL, byte for byte against those of a live Debezium.

SQL goes into PostgreSQL, records come out of Kafka. A record may differ only where DIFFERENCES says
so, and each entry of DIFFERENCES must still be one. Snapshot rows are counted as pending.
"""
import re
from pathlib import Path

import allowed
import captures
import pytest
from servers import Kafka, Penstock, Postgres, Reader, until

SQL = captures.HERE / "open/sql"
EVERYTHING = [f"{number:02}" for number in range(1, 15)]

# run: the scenarios it was recorded with, our settings that stand for the connector's, the options
# of its publication.
RUNS = {
    "json": (EVERYTHING, {"truncates": True}, ""),
    "json-schema": (EVERYTHING, {"truncates": True, "schemas": True}, ""),
    "defaults": (["07", "10"], {}, ""),
    "part-root": (["14"], {"truncates": True}, "WITH (publish_via_partition_root)"),
}

# Statements that stop the pipe by name where Debezium drops the row or stops as well: NaN in a NOT
# NULL numeric has no place in a Connect Decimal.
STOPS = ["INSERT INTO numbers.decimals VALUES (24,1,1,1,'NaN',1);"]

# Topics of things that are not published yet.
PENDING_TOPICS = {"g.message"}


def script(number):
    """The two halves of a scenario, without the pauses that Debezium needs for its catalogue."""
    path, = SQL.glob(f"{number}_*.sql")
    text = re.sub(r"SELECT pg_sleep\([0-9.]+\);", "", path.read_text(encoding="utf-8"))
    for statement in STOPS:
        text = text.replace(statement, "")
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
    for topic in [topic for topic in kafka.topics() if topic.startswith("g.")]:
        kafka.delete_topic(topic)
    until(lambda: not any(topic.startswith("g.") for topic in kafka.topics()), 30,
          "the topics of the last run to be gone")
    postgres.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    postgres.execute("DROP DATABASE IF EXISTS gold WITH (FORCE)")
    postgres.create_database("gold")
    postgres.psql("CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree",
                  "gold")


def record(run, postgres, kafka, folder):
    """Plays the scenarios of a run through the consumer; topic to its records."""
    scenarios, settings, publication = RUNS[run]
    forget(postgres, kafka)
    scripts = [script(number) for number in scenarios]
    postgres.execute(f"CREATE PUBLICATION dbz FOR ALL TABLES {publication}", database="gold")
    for before, _ in scripts:
        postgres.psql(before, "gold")
    config = {
        "source": {"url": postgres.url("gold"), "publications": ["dbz"]},
        "slot": {"name": "gold"},
        "kafka": {"brokers": kafka.bootstrap, "single_broker": True},
        "topics": {"prefix": "g", "partitions": 1},
        "snapshot": {"mode": "never"},
        "format": {"value": "debezium-json", "unrepresentable": "null", **settings},
    }
    with Penstock(folder / run, config) as pipe, Reader(kafka.bootstrap) as reader:
        until(lambda: postgres.walsender_pid("gold") or not pipe.running(), 40,
              lambda: "the slot to stream:\n" + pipe.log_tail())
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
            key, value = (text and text.decode() for text in (one.key, one.value))
            headers = tuple((name, text.decode()) for name, text in one.headers)
            topics.setdefault(one.topic, []).append(captures.Record(key, value, headers))
        return topics


@pytest.fixture(scope="module")
def listed():
    return allowed.load()


@pytest.mark.parametrize("run", RUNS)
def test_records_equal_debeziums_but_for_the_listed_differences(run, servers, tmp_path, listed):
    theirs, snapshot_rows = captures.load(run)
    ours = record(run, *servers, tmp_path)
    found, equal, pending = [], 0, sum(snapshot_rows.values())
    assert {topic for topic in ours if topic.startswith("g.")} <= set(theirs)
    for topic, records in theirs.items():
        if topic in PENDING_TOPICS:
            pending += len(records)
            continue
        mine = ours.get(topic, [])
        assert len(mine) == len(records), f"{topic}: {len(mine)} records, {len(records)} wanted"
        for one, other in zip(records, mine):
            places = captures.differences(run, topic, one, other)
            found += places
            equal += not places
    total = sum(len(records) for records in theirs.values()) + sum(snapshot_rows.values())
    print(f"{run}: {total} records, {equal} equal, {total - equal - pending} with listed "
          f"differences, {pending} pending")
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


def test_the_captures_are_whole():
    """Nobody lost a file: as many topics and records as were recorded."""
    counted = {run: sum(len(path.read_text(encoding="utf-8").splitlines())
                        for path in Path(captures.HERE / "open" / run).glob("*.jsonl"))
               for run in ("json", "json-schema", "avro", "tx", "defaults", "part-root")}
    assert counted == {"json": 316, "json-schema": 316, "avro": 316, "tx": 144, "defaults": 74,
                       "part-root": 14}
