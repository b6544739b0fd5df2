"""Snapshots of a running pipe: tables are read in chunks while the stream flows.

What is proved each time: the topic, replayed by key, is the table; each key is read once; versions
of a key never run backwards.
"""
import json
import random
import socket
import stat
import threading
from collections import Counter

import pytest
from servers import Reader, until
from test_snapshot import Writers

UNAVAILABLE = "__debezium_unavailable_value"


@pytest.fixture(name="demand_pipe")
def fixture_demand_pipe(pipe):
    """Makes pipes that begin with the stream, on databases that have the extension."""
    def make(**sections):
        one = pipe(**{"snapshot": {"mode": "never", "chunk_rows": 100}, **sections})
        one.postgres.create_extension(one.database)
        return one
    return make


def snapshot(pipe, *words, code=0, timeout=90.0):
    """Runs `penstock snapshot WORDS`; its output."""
    done = pipe.call("snapshot", *words, timeout=timeout)
    assert done.returncode == code, done.stdout + done.stderr + "\n" + pipe.log_tail()
    return done.stdout + done.stderr


def listed(pipe):
    """Table to progress, as --list tells it."""
    return {line.split()[0]: line.split()[1]
            for line in snapshot(pipe, "--list").splitlines() if "." in line.split()[0]}


def key_of(row, names):
    """Debezium has a key's columns in the order of the table, an index in its own."""
    return tuple(row[name] for name in sorted(names))


class Replay:
    """What a reader that goes by key ends with: rows, reads per key, keys that ran backwards."""

    def __init__(self, reader, topic):
        self.rows, self.reads, self.backwards = {}, Counter(), []
        for record in reader.of(topic):
            body = record.json()
            if body is not None:
                self._take(key_of(record.json_key(), record.json_key()), body)

    def _take(self, key, body):
        old = self.rows.pop(key, None)
        if body["op"] == "d":
            return
        row = body["after"]
        for name, value in row.items():
            if value == UNAVAILABLE and old is not None:
                row[name] = old[name]
        if old is not None and row.get("v", 0) < old.get("v", 0):
            self.backwards.append((key, old, row))
        self.rows[key] = row
        if body["op"] == "r":
            assert body["source"]["snapshot"] == "incremental", body["source"]
            self.reads[key] += 1


def rows_of(pipe, table, key):
    with pipe.postgres.connect(pipe.database) as session:
        for row, in session.execute(f"SELECT to_json(t) FROM {table} t"):
            yield key_of(row, key.split(", ")), row


def assert_equal(pipe, reader, table, key="id", topic=None):
    """The topic replayed is the table, nothing was read twice and nothing ran backwards."""
    replay = Replay(reader, topic or pipe.topic(table))
    assert replay.backwards == []
    assert replay.rows == dict(rows_of(pipe, table, key))
    assert not replay.reads or max(replay.reads.values()) == 1
    return replay


def reads_seen(reader):
    return sum(1 for record in reader.records
               if record.value is not None and record.json()["op"] == "r")


def until_read(pipe, reader, count):
    until(lambda: reader.poll(0.05) is not None and reads_seen(reader) >= count, 60,
          lambda: f"{count} rows, {reads_seen(reader)} so far:\n{pipe.log_tail()}", interval=0)


# --- writers ----------------------------------------------------------------------------------


def writes(table, where):
    yield f"UPDATE {table} SET v = nextval('versions') WHERE {where}"
    yield (f"DO $$ BEGIN UPDATE {table} SET v = nextval('versions') WHERE {where}; "
           f"BEGIN UPDATE {table} SET v = v; RAISE 'no'; EXCEPTION WHEN raise_exception THEN "
           f"END; END $$").replace(f"{table} SET v = v", f"{table} SET v = v WHERE {where}")
    yield f"DELETE FROM {table} WHERE {where}"


class LiteralWriters(Writers):
    """Statements with their number written into them, for DO takes no parameters; each session
    commits in its own way."""

    def _run(self, pipe, statements, seed):
        filled = [lambda n, text=text: text.replace("%(n)s", str(n)).replace("%%", "%")
                  for text in statements]
        choice = random.Random(seed)
        mode = ("on", "off")[seed % 2]
        with pipe.postgres.connect(pipe.database,
                                   options=f"-c synchronous_commit={mode}") as session:
            while not self._stop.is_set():
                session.execute(choice.choice(filled)(choice.randrange(1, 1 << 30)))
                self.changes += 1


# --- a commit that is in the WAL and not visible ----------------------------------------------


def test_a_commit_that_waits_for_a_standby_is_waited_for(demand_pipe):
    one = demand_pipe()
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v int); "
                "INSERT INTO t SELECT g, 1 FROM generate_series(1, 300) g")
    stuck = threading.Thread(target=one.execute, args=("UPDATE t SET v = 2 WHERE id = 7",))
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        try:
            one.postgres.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            one.postgres.execute("SELECT pg_reload_conf()")
            until(lambda: one.query("SHOW synchronous_standby_names") == [("nobody",)], 20,
                  "the server to read its settings")
            stuck.start()
            reader.read_count(1)  # The stream has it, and nobody sees it.
            assert one.query("SELECT v FROM t WHERE id = 7") == [(1,)]
            snapshot(one, "public.t")
            until(lambda: "waits for transaction" in snapshot(one, "--list"), 20,
                  lambda: one.log_tail())
            assert reads_seen(reader) == 0
            assert "snapshot_waits_for_transaction" in one.log_text()
        finally:
            one.postgres.execute("ALTER SYSTEM RESET synchronous_standby_names")
            one.postgres.execute("SELECT pg_reload_conf()")
            stuck.join()
        snapshot(one, "--wait")
        one.confirmed()
        reader.read_to_end()
        assert_equal(one, reader, "t")


# --- what happens to the table in the middle ---------------------------------------------------

MEANWHILE = {
    "truncate": "TRUNCATE t; INSERT INTO t VALUES (1, 5, 'new'), (70000, 5, 'new')",
    "rewrite": "ALTER TABLE t ALTER v TYPE numeric(20) USING v * 2",
    "add_column": "ALTER TABLE t ADD COLUMN extra int DEFAULT 3",
    "vacuum_full": "VACUUM FULL t",
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_what_is_done_to_a_table_while_it_is_read(demand_pipe, meanwhile):
    one = demand_pipe(snapshot={"mode": "never", "chunk_rows": 50})
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v int, pad text); "
                "INSERT INTO t SELECT g, 0, 'row' FROM generate_series(1, 6000) g")
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        snapshot(one, "public.t")
        until_read(one, reader, 100)
        snapshot(one, "--pause")
        one.execute(MEANWHILE[meanwhile])
        snapshot(one, "--resume")
        snapshot(one, "--wait")
        one.confirmed()
        reader.read_to_end()
        replay = Replay(reader, one.topic("t"))
        assert max(replay.reads.values()) == 1
        table = dict(rows_of(one, "t", "id"))
        if meanwhile == "truncate":
            assert {key: replay.rows[key] for key in table} == table
            assert len(replay.rows) < 6000
        else:
            assert set(replay.rows) == set(table) and sum(replay.reads.values()) == 6000
        if meanwhile == "vacuum_full":
            assert replay.rows == table


def test_a_killed_pipe_goes_on_behind_the_last_chunk(demand_pipe, seed):
    one = demand_pipe(snapshot={"mode": "never", "chunk_rows": 50})
    one.execute("CREATE SEQUENCE versions; CREATE TABLE t (id bigint PRIMARY KEY, v bigint)")
    one.execute("INSERT INTO t SELECT g, 0 FROM generate_series(1, 8000) g")
    one.start()
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        with LiteralWriters(one, list(writes("t", "id = %(n)s %% 8000 + 1"))[:2], seed & ~1, 1):
            snapshot(one, "public.t")
            for goal in (300, 1500):
                until_read(one, reader, goal)
                one.restart()
            until(lambda: "public.t" in listed(one), 30, lambda: one.log_tail())
            snapshot(one, "--wait")
        one.confirmed()
        reader.read_to_end()
        replay = assert_equal(one, reader, "t")
        assert sum(replay.reads.values()) > 4000


# --- people -----------------------------------------------------------------------------------


def test_a_predicate_chooses_rows(demand_pipe):
    one = demand_pipe()
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v text); "
                "INSERT INTO t SELECT g, 'row ' || g FROM generate_series(1, 1000) g")
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        snapshot(one, "public.t", "--wait", "--where", "id % 100 = 0 OR v = 'row 5' -- some")
        one.confirmed()
        reader.read_count(11)
        reader.read_to_end()
        assert sorted(record.json()["after"]["id"] for record in reader.of(one.topic("t"))) == [
            5, *range(100, 1001, 100)]
        for wrong in ("id = ", "id = 1) OR (true", "id = 1; DROP TABLE t", "nothing > 3",
                      "id = (SELECT max(usesysid) FROM pg_shadow_missing)"):
            assert "snapshot_predicate" in snapshot(one, "public.t", "--where", wrong, code=3)


def test_tables_that_cannot_be_read_are_refused_by_name(demand_pipe):
    one = demand_pipe(source={"tables": ["public.*"], "exclude_tables": ["public.hidden"]})
    role = f"r_{one.database}"
    one.execute(f"CREATE ROLE {role} LOGIN REPLICATION; GRANT USAGE ON SCHEMA penstock TO {role}; "
                f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA penstock TO {role}; "
                "CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW shown AS SELECT * FROM t; "
                "CREATE UNLOGGED TABLE fast (id int); CREATE TABLE hidden (id int); "
                "CREATE TABLE private (id int); CREATE TABLE policed (id int); "
                "ALTER TABLE policed ENABLE ROW LEVEL SECURITY; "
                "CREATE TABLE roots (id int) PARTITION BY RANGE (id); "
                f"GRANT SELECT ON t, policed, fast, hidden TO {role}")
    one.environment["PENSTOCK_SOURCE_URL"] = one.postgres.url(one.database, user=role)
    with one:
        for name, error, told in (
                ("public.none", "snapshot_table_refused", "does not exist"),
                ("public.\"T", "snapshot_table_refused", "no name of a table"),
                ("public.shown", "snapshot_table_refused", "is a view"),
                ("public.fast", "snapshot_table_refused", "SET LOGGED"),
                ("public.hidden", "snapshot_table_refused", "does not capture it"),
                ("public.roots", "snapshot_table_refused", "no partitions"),
                ("pg_catalog.pg_class", "snapshot_table_refused", "does not capture it"),
                ("public.private", "snapshot_privilege",
                 f'GRANT SELECT ON "public"."private" TO "{role}"'),
                ("public.policed", "snapshot_privilege", f'ALTER ROLE "{role}" BYPASSRLS')):
            refusal = snapshot(one, "public.t", name, code=3)
            assert error in refusal and told in refusal, refusal
        assert "no snapshot" in snapshot(one, "--list")
        snapshot(one, "public.t", "--wait")


def test_a_table_without_a_key_that_is_too_large_is_refused(demand_pipe):
    one = demand_pipe(snapshot={"mode": "never", "keyless_bytes": "1MiB"})
    one.execute("CREATE TABLE bag (v text); ALTER TABLE bag REPLICA IDENTITY FULL; "
                "INSERT INTO bag SELECT repeat('x', 1000) FROM generate_series(1, 3000)")
    with one:
        told = snapshot(one, "public.bag", "--wait", code=3)
        assert "snapshot_cancelled" in told and "snapshot_table_too_large" in one.log_text(), told


def test_a_stop_in_the_middle_of_a_statement_is_quick(demand_pipe):
    one = demand_pipe()
    one.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    slow = "(SELECT count(*) FROM generate_series(1, 2000000000)) > 0"
    running = ("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%%' AND datname = %s "
               "AND state = 'active'")
    with one:
        snapshot(one, "public.t", "--where", slow)
        until(lambda: one.postgres.value(running, (one.database,)) == 1, 30, "the statement")
        assert one.stop(timeout=6) == 0
        until(lambda: one.postgres.value(running, (one.database,)) == 0, 20, "its end")


# --- the socket -------------------------------------------------------------------------------


def test_the_socket_takes_whole_requests_and_nothing_else(demand_pipe):
    one = demand_pipe()
    path = one.folder / "run.sock"
    one.environment["PENSTOCK_RUN_SOCKET"] = str(path)
    one.execute("CREATE TABLE t (id int PRIMARY KEY)")
    told = snapshot(one, "public.t", code=6)
    assert "pipe_not_running" in told and str(path) in told
    with one:
        until(path.exists, 20, "the socket")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

        def ask(text):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(text)
                return json.loads(client.makefile().readline())
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(path))
            for text in (b"\n", b"GET / HTTP/1.1\n", b'{"command":"drop"}\n',
                         b'{"command":"list","tables":[1]}\n', b'{"command":"snapshot"}\n',
                         b"x" * 70000):
                assert ask(text)["error"]["name"] == "snapshot_request_refused"
            assert ask(b'{"command":"list"}\n') == {"tables": []}
        one.restart()  # The file that was left behind is replaced.
        until(lambda: "no snapshot" in one.call("snapshot", "--list").stdout, 20, "an answer")
        assert one.stop() == 0
    assert not path.exists()
