"""What the configuration says of a snapshot: modes, the tables and rows that it reads, its pace."""
import os
import pty
import re
import subprocess
import threading

import pytest
from pipes import ends_with
from servers import Penstock, Postgres, Reader, until

INITIAL = {"mode": "initial", "range_bytes": "1MiB", "readers": 2}
MANY = "INSERT INTO {} SELECT g, repeat('x', 800) FROM generate_series(1, {}) g"


@pytest.fixture(name="snapshot")
def fixture_snapshot(pipe):
    """make(sections..., mode=..., where=...): keys of [snapshot] by name."""
    def make(sections=None, **keys):
        one = pipe(snapshot={**INITIAL, **keys}, **(sections or {}))
        one.postgres.create_extension(one.database)
        return one
    return make


def logged(one, word, timeout=60):
    until(lambda: word in one.log_text() or not one.running(), timeout, lambda: one.log_tail())
    assert word in one.log_text(), one.log_tail()


def told(one, *tables):
    """(op, id) of every record of these tables, in order of the topic."""
    with Reader(one.kafka.bootstrap, [one.topic(table) for table in tables]) as reader:
        reader.read_to_end()
        bodies = [record.json() for record in reader.records]
        return [(body["op"], (body.get("after") or body.get("before") or {}).get("id"))
                for body in bodies if body is not None]


def slots(one):
    return one.query("SELECT slot_name FROM pg_replication_slots WHERE database = %s",
                     (one.database,))


def test_only_ends_by_itself_and_leaves_no_slot(snapshot):
    """As Debezium's initial_only; a second start finds nothing left to do."""
    one = snapshot(mode="only")
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text); INSERT INTO t VALUES (1), (2)")
    Penstock.start(one)
    assert one.wait(60) == 0, one.log_tail()
    assert told(one, "t") == [("r", 1), ("r", 2)]
    assert slots(one) == []
    one.execute("INSERT INTO t VALUES (3)")
    Penstock.start(one)
    assert one.wait(60) == 0, one.log_tail()
    assert told(one, "t") == [("r", 1), ("r", 2)]
    assert one.log_text().count("snapshot_only_done") == 2


def test_only_that_was_interrupted_begins_again(snapshot):
    """What changed in between would come by the stream, which there is not."""
    one = snapshot({"limits": {"batch_rows": 100}, "format": {"truncates": True}}, mode="only",
                   max_rows_per_second=3000)
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute(MANY.format("t", 3000))
    with Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        Penstock.start(one)
        reader.read_count(500)
        one.kill()
    one.execute("UPDATE t SET pad = 'late' WHERE id > 2990")
    Penstock.start(one)
    assert one.wait(60) == 0, one.log_tail()
    records = told(one, "t")
    mark = records.index(("t", None))
    assert sorted(records[mark + 1:]) == [("r", number) for number in range(1, 3001)]
    assert slots(one) == []


def test_only_refuses_a_pipe_that_streams(snapshot):
    one = snapshot()
    one.execute("CREATE TABLE t (id int PRIMARY KEY)")
    one.start()
    logged(one, "engine streaming")
    one.stop()
    one.environment["PENSTOCK_SNAPSHOT_MODE"] = "only"
    Penstock.start(one)
    ends_with(one, 2, "snapshot_mode_unavailable")


def with_lost_slot(one, postgres):
    """Lets the pipe stream, and stand still until the server has given its slot up."""
    one.postgres = postgres
    postgres.create_database(one.database)
    postgres.create_extension(one.database)
    one.environment["PENSTOCK_SOURCE_URL"] = postgres.url(one.database)
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE filler (pad text); "
                "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    one.start()
    logged(one, "engine streaming")
    one.confirmed()
    one.stop()
    one.execute("DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (3, 'c')")

    def lost():
        one.execute("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 9000)")
        one.execute("TRUNCATE filler")
        postgres.execute("SELECT pg_switch_wal()")
        postgres.execute("CHECKPOINT")
        return postgres.slot(one.slot)["wal_status"] == "lost"
    until(lost, 60, lambda: f"the slot to be lost: {postgres.slot(one.slot)}")


def test_a_lost_slot_stops_under_initial_and_never_and_is_made_anew_under_when_needed(pipe,
                                                                                    tmp_path):
    """The rows come again under a truncate; nothing of before is left for who follows both."""
    settings = {"max_slot_wal_keep_size": "'16MB'", "min_wal_size": "'32MB'",
                "max_wal_size": "'32MB'"}
    with Postgres(tmp_path / "pg", settings=settings) as postgres:
        one = pipe(snapshot=INITIAL, source={"tables": ["public.t"]}, format={"truncates": True})
        with_lost_slot(one, postgres)
        for mode in ("initial", "never"):
            one.environment["PENSTOCK_SNAPSHOT_MODE"] = mode
            Penstock.start(one)
            ends_with(one, 6, "slot_lost")
        assert "when_needed" in one.log_text()
        one.environment["PENSTOCK_SNAPSHOT_MODE"] = "when_needed"
        one.start()
        logged(one, "snapshot_anew")
        until(lambda: one.log_text().count("engine streaming") == 2, 60, lambda: one.log_tail())
        one.execute("INSERT INTO t VALUES (4, 'd')")
        one.confirmed()
        assert told(one, "t") == [("r", 1), ("r", 2), ("t", None), ("r", 2), ("r", 3), ("c", 4)]
        postgres.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots")
        one.kill()
        until(lambda: postgres.value("SELECT NOT active FROM pg_replication_slots"), 20, "the end")
        postgres.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
        one.start()
        until(lambda: one.log_text().count("engine streaming") == 3, 60, lambda: one.log_tail())
        one.confirmed()
        assert told(one, "t")[6:] == [("t", None), ("r", 2), ("r", 3), ("r", 4)]
        one.kill()


def test_tables_rows_and_order_are_chosen_and_the_stream_carries_all(snapshot):
    one = snapshot(tables=["public.*"], exclude_tables=["public.skipped"],
                   first=["public.small"], where=["public.part:id % 2 = 0 AND v <> 'no, never'"],
                   readers=1)
    for table in ("large", "skipped", "part", "small"):
        one.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, v text)")
        one.execute(f"INSERT INTO {table} SELECT g, 'v' FROM generate_series(1, 6) g")
    one.execute("INSERT INTO large SELECT g, repeat('x', 500) FROM generate_series(7, 90) g; "
                "UPDATE part SET v = 'no, never' WHERE id = 4")
    with one, Reader(one.kafka.bootstrap, []) as reader:
        logged(one, "engine streaming")
        one.execute("UPDATE skipped SET v = 'w' WHERE id = 1; UPDATE part SET v = 'w' WHERE id = 3")
        one.confirmed()
        reader.topics = [one.topic(table) for table in ("large", "skipped", "part", "small")]
        reader.read_to_end()
        assert told(one, "part") == [("r", 2), ("r", 6), ("u", 3)]
        assert told(one, "skipped") == [("u", 1)]
        assert len(told(one, "large")) == 90
        first = reader.of(one.topic("small"))[0].json()
        assert first["source"]["snapshot"] == "first"


@pytest.mark.parametrize("where, told_as", [
    ("public.t:id >", "syntax error"), ("public.t:nowhere = 1", "nowhere"),
    ("public.t:id) OR (true", "parenthes")])
def test_a_condition_that_is_no_SQL_is_refused_before_the_slot(snapshot, where, told_as):
    one = snapshot(where=[where])
    one.execute("CREATE TABLE t (id int PRIMARY KEY)")
    Penstock.start(one)
    ends_with(one, 3, "snapshot_predicate")
    assert told_as in one.log_text()
    assert slots(one) == []


def test_a_condition_that_fails_on_a_row_stops_by_name(snapshot):
    one = snapshot(where=["public.t:100 / id > 5"])
    one.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (0)")
    Penstock.start(one)
    ends_with(one, 3, "snapshot_predicate")
    assert "division by zero" in one.log_text()


def test_a_pace_is_kept_and_an_old_transaction_is_told_of(snapshot):
    one = snapshot(max_rows_per_second=1000, max_transaction_age="1s")
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute(MANY.format("t", 3000))
    with one:
        logged(one, "snapshot_transaction_old")
        status = one.call("status").stdout
        assert re.search(r"public\.t: being read, \d+ % of [\d.]+ MiB, \d+ rows, \d+ rows/s",
                         status), status
        assert "by then the slot keeps about" in status, status
        logged(one, "engine streaming")
        times = re.findall(r"T(\d\d):(\d\d):([\d.]+).*? engine (snapshot|snapshot_done) ",
                           one.log_text())
        at = {word: int(h) * 3600 + int(m) * 60 + float(s) for h, m, s, word in times}
        assert (at["snapshot_done"] - at["snapshot"]) % 86400 >= 2.5


def test_a_terminal_shows_a_bar_for_each_table(snapshot):
    one = snapshot(max_rows_per_second=2000)
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute(MANY.format("t", 4000))
    master, slave = pty.openpty()
    shown = []

    def listen():
        try:
            while chunk := os.read(master, 4096):
                shown.append(chunk)
        except OSError:
            pass  # The other side is closed.
    thread = threading.Thread(target=listen)
    thread.start()
    try:
        start_on_terminal(one, slave)
        os.close(slave)
        until(lambda: b"engine streaming" in b"".join(shown), 60, lambda: b"".join(shown).decode())
    finally:
        one.kill()
        thread.join()
        os.close(master)
    text = b"".join(shown).decode()
    assert re.search(r"public\.t \[#+\.+\] +\d+ %  \d+ rows, [\d.]+ [KM]iB of 3\.\d MiB, "
                     r"\d+ rows", text), text
    assert re.search(r"snapshot \[#+\.+\] +\d+ %  0 of 1 tables", text), text
    assert "\x1b[J" in text


def start_on_terminal(one, slave):
    one.popen = subprocess.Popen([str(word) for word in one.command], cwd=one.folder,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
                                 env={**os.environ, "TERM": "xterm"}, start_new_session=True)
