"""The initial snapshot: rows that are there before the slot come once, then the stream begins.

The seam is tested under writers: replayed by key, or as a multiset where there is no key, the topic
is the table.
"""
import random
import threading
from collections import Counter

import pytest
from pipes import ends_with
from servers import Reader, until

INITIAL = {"mode": "initial", "range_bytes": "1MiB", "readers": 3}


@pytest.fixture(name="snapshot_pipe")
def fixture_snapshot_pipe(pipe):
    """Makes pipes that begin with a snapshot, on databases that have the extension."""
    def make(extension=True, **sections):
        one = pipe(**{"snapshot": INITIAL, **sections})
        if extension:
            one.postgres.create_extension(one.database)
        return one
    return make


class Writers:
    """Threads that change a table until they are told to stop; each statement is a transaction."""

    def __init__(self, pipe, statements, seed, count=2):
        self._stop = threading.Event()
        self.changes = 0
        self._threads = [threading.Thread(target=self._run, args=(pipe, statements, seed + i))
                         for i in range(count)]

    def _run(self, pipe, statements, seed):
        choice = random.Random(seed)
        with pipe.postgres.connect(pipe.database) as session:
            while not self._stop.is_set():
                session.execute(choice.choice(statements), {"n": choice.randrange(1, 1 << 30)})
                self.changes += 1

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def replayed(reader, topic, key="id"):
    """The table that the records of a topic end with, and how often each key was read."""
    rows, reads = {}, Counter()
    for record in reader.of(topic):
        body = record.json()
        if body is None:
            continue
        if body["op"] == "d":
            rows.pop(body["before"][key], None)
        else:
            rows[body["after"][key]] = body["after"]
        reads[record.json_key()[key]] += body["op"] == "r"
    return rows, reads


def table(pipe, name, columns):
    names = columns.split(", ")
    return {row[0]: dict(zip(names, row)) for row in pipe.query(f"SELECT {columns} FROM {name}")}


def snapshot_rows(reader):
    return sum(1 for record in reader.records
               if record.value is not None and record.json()["op"] == "r")


def snapshot_done(pipe):
    until(lambda: "snapshot_done" in pipe.log_text() or not pipe.running(), 60,
          lambda: pipe.log_tail())
    assert pipe.running(), pipe.log_tail()


def test_each_row_tells_its_place_in_the_snapshot(snapshot_pipe):
    one = snapshot_pipe(snapshot={**INITIAL, "readers": 2})
    one.execute("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY); "
                "CREATE TABLE c (id int, v text); CREATE TABLE d (id int PRIMARY KEY, v text)")
    one.execute("INSERT INTO a SELECT g, 'row ' || g FROM generate_series(1, 4) g; "
                "INSERT INTO c SELECT g, NULL FROM generate_series(1, 3) g; "
                "INSERT INTO d VALUES (1, 'only')")
    with one, Reader(one.kafka.bootstrap) as reader:
        snapshot_done(one)
        one.execute("INSERT INTO b VALUES (1); UPDATE d SET v = 'changed'")
        one.confirmed()
        reader.read_until(lambda records: len([r for r in records if r.topic.startswith(
            one.prefix + ".")]) >= 10)
        told = {name: [(body["op"], body["source"]["snapshot"], body["after"])
                       for body in (record.json() for record in reader.of(one.topic(name)))]
                for name in "abcd"}
    assert told["a"] == [
        ("r", "first", {"id": 1, "v": "row 1"}), ("r", "true", {"id": 2, "v": "row 2"}),
        ("r", "true", {"id": 3, "v": "row 3"}),
        ("r", "last_in_data_collection", {"id": 4, "v": "row 4"})]
    assert told["b"] == [("c", "false", {"id": 1})]
    assert told["c"] == [("r", marker, {"id": number, "v": None}) for number, marker in (
        (1, "first_in_data_collection"), (2, "true"), (3, "last_in_data_collection"))]
    assert told["d"] == [("r", "last", {"id": 1, "v": "only"}),
                         ("u", "false", {"id": 1, "v": "changed"})]


def test_the_topic_is_the_table_when_writers_cross_the_seam(snapshot_pipe, seed):
    one = snapshot_pipe()
    one.execute("CREATE TABLE keyed (id int PRIMARY KEY, v bigint, pad text); "
                "CREATE TABLE keyless (a int, b text); ALTER TABLE keyless REPLICA IDENTITY FULL")
    one.execute("INSERT INTO keyed SELECT g, 0, repeat('x', 200) FROM generate_series(1, 20000) g; "
                "INSERT INTO keyless SELECT g % 50, 'b' FROM generate_series(1, 5000) g")
    statements = [
        "UPDATE keyed SET v = %(n)s WHERE id = %(n)s %% 20000 + 1",
        "DELETE FROM keyed WHERE id = %(n)s %% 20000 + 1",
        "INSERT INTO keyed VALUES (%(n)s + 20000, 1, 'new') ON CONFLICT DO NOTHING",
        "INSERT INTO keyless VALUES (%(n)s %% 50, 'c')",
        "DELETE FROM keyless WHERE ctid = (SELECT ctid FROM keyless WHERE a = %(n)s %% 50 LIMIT 1)"]
    with Writers(one, statements, seed) as writers:
        until(lambda: writers.changes > 50, 20, "the writers to write")
        one.start()
        snapshot_done(one)
        further = writers.changes + 200
        until(lambda: writers.changes > further, 20, "the writers to write on")
    with one, Reader(one.kafka.bootstrap, [one.topic("keyed"), one.topic("keyless")]) as reader:
        one.confirmed()
        reader.read_to_end()
        rows, reads = replayed(reader, one.topic("keyed"))
        assert rows == table(one, "keyed", "id, v, pad")
        assert max(reads.values()) == 1 and sum(reads.values()) > 10000
        bag = Counter()
        for record in reader.of(one.topic("keyless")):
            body = record.json()
            for image, sign in ((body["before"], -1), (body["after"], 1)) if body else ():
                if image is not None:
                    bag[(image["a"], image["b"])] += sign
        assert +bag == Counter(one.query("SELECT a, b FROM keyless")) and min(bag.values()) >= 0


MEANWHILE = {
    "nothing": None,
    "vacuum_full": "VACUUM FULL t",
    "freeze": "VACUUM FREEZE t",
    "rewrite": "ALTER TABLE t ALTER v TYPE numeric USING v * 2",
    "truncate": "TRUNCATE t",
    "drop": "DROP TABLE t",
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_a_killed_snapshot_goes_on_where_it_was(snapshot_pipe, seed, meanwhile):
    print(f"PENSTOCK_SEED={seed}")
    choice = random.Random(seed)
    one = snapshot_pipe(limits={"batch_rows": 2000})
    one.execute("CREATE TABLE other (id int PRIMARY KEY, v int, pad text); "
                "CREATE TABLE t (id int PRIMARY KEY, v int, pad text)")
    one.execute("INSERT INTO other SELECT g, 0, repeat('y', 100) FROM generate_series(1, 9000) g; "
                "INSERT INTO t SELECT g, 0, repeat('x', 400) FROM generate_series(1, 30000) g")
    write = "UPDATE {} SET v = %(n)s %% 1000 WHERE id = %(n)s %% 30000 + 1"
    with one, Reader(one.kafka.bootstrap, [one.topic("other"), one.topic("t")]) as reader:
        with Writers(one, [write.format("other"), write.format("t")], seed, count=1):
            for _ in range(1 if MEANWHILE[meanwhile] else 4):
                goal = snapshot_rows(reader) + choice.randrange(1, 6000)
                until(lambda: reader.poll(0.05) is not None and (
                    snapshot_rows(reader) >= goal or "snapshot_done" in one.log_text()), 60,
                    lambda: one.log_tail())
                one.kill()
                if MEANWHILE[meanwhile] is None:
                    one.start()
        if MEANWHILE[meanwhile]:
            one.execute(MEANWHILE[meanwhile])
            one.start()
        snapshot_done(one)
        one.execute("UPDATE other SET v = 5000 WHERE id < 100")
        one.confirmed()
        reader.read_to_end()
        rows, reads = replayed(reader, one.topic("other"))
        assert rows == table(one, "other", "id, v, pad")
        assert max(reads.values()) == 1
        if meanwhile in ("nothing", "vacuum_full", "freeze"):
            rows, reads = replayed(reader, one.topic("t"))
            assert rows == table(one, "t", "id, v, pad")
        if meanwhile in ("nothing", "freeze"):
            assert max(reads.values()) == 1
        if meanwhile == "rewrite":
            # What was not sent before the kill was sent in its new shape, all of it.
            assert set(replayed(reader, one.topic("t"))[0]) == set(range(1, 30001))


def test_a_large_value_of_a_row_not_read_yet_survives_an_interruption(snapshot_pipe):
    """An UPDATE that leaves it as it was logs no value, so the reader must have it before."""
    one = snapshot_pipe(limits={"batch_rows": 100}, snapshot={**INITIAL, "readers": 1})
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v int, big text); "
                "ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
    one.execute("INSERT INTO t SELECT g, 0, repeat(md5(g::text), 100) "
                "FROM generate_series(1, 4000) g")
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        reader.read_count(300)
        one.kill()
        assert snapshot_rows(reader) < 4000
        one.execute("UPDATE t SET v = id")
        one.start()
        snapshot_done(one)
        one.confirmed()
        reader.read_to_end()
        rows = {}
        for record in reader.of(one.topic("t")):
            after = record.json()["after"]
            if after["big"] == "__debezium_unavailable_value":
                after["big"] = rows[after["id"]]["big"]
            rows[after["id"]] = after
        assert rows == table(one, "t", "id, v, big")


def test_a_table_of_partitions_comes_once_under_the_name_of_its_root(snapshot_pipe):
    one = snapshot_pipe(source={"publications": ["by_root"]})
    one.execute("CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); "
                "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); "
                "CREATE TABLE p2 (v text, id int NOT NULL); "
                "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20); "
                "CREATE PUBLICATION by_root FOR TABLE p WITH (publish_via_partition_root); "
                "INSERT INTO p SELECT g, 'row ' || g FROM generate_series(5, 14) g")
    with one, Reader(one.kafka.bootstrap, [one.topic("p")]) as reader:
        snapshot_done(one)
        one.execute("UPDATE p SET v = 'new' WHERE id = 12")
        one.confirmed()
        reader.read_count(11)
        rows, reads = replayed(reader, one.topic("p"))
        assert rows == table(one, "p", "id, v")
        assert reads == Counter(range(5, 15))


def test_who_waits_for_an_exclusive_lock_does_not_stop_the_readers(snapshot_pipe):
    """ALTER TABLE waits for the first reader; another that waited behind it would never go on."""
    one = snapshot_pipe(limits={"batch_rows": 500})
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute("INSERT INTO t SELECT g, repeat('x', 800) FROM generate_series(1, 30000) g")
    alter = threading.Thread(target=one.execute, args=("ALTER TABLE t ADD COLUMN late int",))
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        reader.read_count(1)
        alter.start()
        until(lambda: one.query("SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)], 20,
              "ALTER TABLE to wait")
        assert "snapshot_done" not in one.log_text()
        snapshot_done(one)
        alter.join()
        reader.read_count(30000)
        rows, reads = replayed(reader, one.topic("t"))
        assert len(rows) == 30000 and max(reads.values()) == 1


def test_a_killed_reader_does_not_end_the_pipe(snapshot_pipe):
    one = snapshot_pipe(limits={"batch_rows": 1000})
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute("INSERT INTO t SELECT g, repeat('x', 800) FROM generate_series(1, 30000) g")
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        reader.read_count(1)
        one.postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE datname = %s AND query LIKE 'COPY%%'", (one.database,))
        snapshot_done(one)
        reader.read_count(30000)
        one.confirmed()
        reader.read_to_end()
        rows, reads = replayed(reader, one.topic("t"))
        assert len(rows) == 30000 and max(reads.values()) == 1


def no_slot(pipe):
    return pipe.query("SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s",
                      (pipe.slot,)) == [(0,)]


def refused(pipe, name, told):
    pipe.launch(pipe.command, cwd=pipe.folder)
    ends_with(pipe, 3, name)
    assert told in pipe.log_text(), pipe.log_tail()
    assert no_slot(pipe)


def test_a_filter_that_would_not_be_applied_is_refused_before_the_first_row(snapshot_pipe):
    one = snapshot_pipe(source={"publications": ["filtered"]})
    one.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2); "
                "CREATE PUBLICATION filtered FOR TABLE t WHERE (id > 1)")
    refused(one, "option_ignored", "row filter")


def test_a_table_that_the_role_may_not_read_is_named_with_the_statement_to_run(snapshot_pipe):
    one = snapshot_pipe()
    role = f"r_{one.database}"
    one.execute(f"CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE {role} LOGIN REPLICATION; "
                f"GRANT USAGE ON SCHEMA penstock TO {role}; "
                f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA penstock TO {role}")
    one.environment["PENSTOCK_SOURCE_URL"] = one.postgres.url(one.database, user=role)
    assert f'GRANT SELECT ON "public"."t" TO "{role}"' in one.call("check").stdout
    one.execute(f"GRANT SELECT ON t TO {role}; ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    told = one.call("check").stdout
    assert f'ALTER ROLE "{role}" BYPASSRLS' in told
    one.execute(f"ALTER ROLE {role} BYPASSRLS; INSERT INTO t VALUES (1)")
    assert "BYPASSRLS" not in one.call("check").stdout


def test_a_database_without_the_extension_is_refused_by_name(snapshot_pipe):
    one = snapshot_pipe(extension=False)
    one.execute("CREATE TABLE t (id int PRIMARY KEY)")
    refused(one, "extension_missing", "CREATE EXTENSION penstock")
