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


# --- keys -------------------------------------------------------------------------------------

KEYS = {
    "bigint": ("bigint", "(-9223372036854775808), (-1), (0), (7), (9223372036854775807)"),
    "uuid": ("uuid", "('00000000-0000-0000-0000-000000000000'), (gen_random_uuid()), "
                     "(gen_random_uuid()), (gen_random_uuid()), "
                     "('ffffffff-ffff-ffff-ffff-ffffffffffff')"),
    "text": ("text", r"(''), (' '), ('NULL'), ('a'), ('B'), ('it''s'), ('say \"x\"'), ('{a,b}'), "
                     r"('back\slash'), (E'two\nlines\tand tab'), (U&'\00e4'), (U&'\03a9mega'), "
                     r"(U&'\65e5\672c')"),
    "text_c": ('text COLLATE "C"', r"('a'), ('B'), (U&'\00e4'), ('Z'), (''), (U&'\03a9')"),
    "bpchar": ("char(5)", "('a'), ('b '), ('  c'), ('de'), ('f')"),
    "timestamptz": ("timestamptz", "('-infinity'), ('0044-03-15 12:00:00+00 BC'), "
                                   "('2026-01-01 00:00:00.000001+02'), ('infinity'), "
                                   "('294276-12-31 23:59:59+00')"),
    "date": ("date", "('-infinity'), ('2026-02-28'), ('0001-01-01 BC'), ('infinity')"),
    "numeric": ("numeric", "(0), ('-1e30'), ('0.000000000000000000001'), (3), "
                           "('123456789012345678901234567890.5')"),
    "bytea": ("bytea", r"(''), ('\x00'), ('\x00ff'), ('\x5c27'), ('\xffff')"),
    "float8": ("float8", "('-Infinity'), ('NaN'), (0), (0.1), (1e-300), (5e300), ('Infinity')"),
    "interval": ("interval", "('1 day'), ('-3 mons'), ('25:00:00'), ('1 year 2 mons 3 days')"),
    "boolean": ("boolean", "(false), (true)"),
    "bits": ("bit(4)", "('0000'), ('1010'), ('1111')"),
    "inet": ("inet", "('10.0.0.1'), ('10.0.0.0/8'), ('::1')"),
    "enum": ("mood", "('sad'), ('ok'), ('happy')"),
    "domain": ("small", "(1), (2), (3), (4)"),
}


def test_every_kind_of_key_is_read_in_its_order_and_each_row_once(demand_pipe):
    one = demand_pipe(snapshot={"mode": "never", "chunk_rows": 2})
    one.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); "
                "CREATE DOMAIN small AS int CHECK (VALUE < 100); "
                "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', "
                "deterministic = false)")
    for name, (kind, values) in KEYS.items():
        one.execute(f"CREATE TABLE k_{name} (id {kind} PRIMARY KEY, n int GENERATED ALWAYS AS "
                    "IDENTITY)")
        one.execute(f"INSERT INTO k_{name} (id) VALUES {values}".replace('\\"', '"'))
    one.execute("CREATE TABLE k_nocase (id text COLLATE nocase PRIMARY KEY, n serial); "
                "INSERT INTO k_nocase VALUES ('a'), ('B'), ('c'), (chr(196)); "
                'CREATE TABLE "k_Comp,o""site" (a int, "b""c" text, c uuid, n serial, '
                'PRIMARY KEY (c, a, "b""c")); '
                'INSERT INTO "k_Comp,o""site" SELECT g % 2, E\'"\\\'\\\\{},\' || g, '
                "md5((g % 3)::text)::uuid FROM generate_series(1, 9) g; "
                "CREATE TABLE k_indexed (a int NOT NULL, b text NOT NULL, n serial); "
                "CREATE UNIQUE INDEX k_index ON k_indexed (b COLLATE \"C\" DESC, a); "
                "ALTER TABLE k_indexed REPLICA IDENTITY USING INDEX k_index; "
                "INSERT INTO k_indexed SELECT g, chr(90 - g) FROM generate_series(1, 9) g")
    tables = [f"public.k_{name}" for name in (*KEYS, "nocase", "indexed")]
    tables.append('public."k_Comp,o""site"')
    with one, Reader(one.kafka.bootstrap) as reader:
        told = snapshot(one, *tables, "--wait")
        assert told.count("done") == len(tables), told
        one.confirmed()
        wanted = {table: Counter(n for n, in one.query(f"SELECT n FROM {table}"))
                  for table in tables}
        total = sum(sum(rows.values()) for rows in wanted.values())
        reader.read_until(lambda records: sum(
            1 for record in records if record.topic.startswith(one.prefix + ".public.k")) >= total)
        reader.read_to_end()
        for table, rows in wanted.items():
            name = table.removeprefix("public.").strip('"').replace('""', '"')
            topic = one.topic("".join(c if c.isalnum() else "_" for c in name))
            assert Counter(record.json()["after"]["n"] for record in reader.of(topic)) == rows, name


# --- writers ----------------------------------------------------------------------------------

SHAPES = {
    "s_bigint": ("id bigint PRIMARY KEY", "g", "id = %(n)s %% 3000 + 1"),
    "s_uuid": ("id uuid PRIMARY KEY", "md5(g::text)::uuid",
               "id = md5((%(n)s %% 3000 + 1)::text)::uuid"),
    "s_text": ("id text PRIMARY KEY", "'key ' || g", "id = 'key ' || %(n)s %% 3000 + 1"),
    "s_parts": ("id int PRIMARY KEY", "g", "id = %(n)s %% 3000 + 1"),
}


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


def make_shapes(pipe):
    pipe.execute("CREATE SEQUENCE versions; "
                 "CREATE TABLE s_bag (a int, b text); ALTER TABLE s_bag REPLICA IDENTITY FULL; "
                 "INSERT INTO s_bag SELECT g % 40, 'b' FROM generate_series(1, 2000) g; "
                 "CREATE TABLE s_pair (a int, b text, v bigint DEFAULT 0, pad text, "
                 "PRIMARY KEY (b, a)); ALTER TABLE s_pair REPLICA IDENTITY FULL; "
                 "INSERT INTO s_pair SELECT g, 'b' || g % 7, 0, 'x' "
                 "FROM generate_series(1, 3000) g")
    for table, (column, value, _) in SHAPES.items():
        parts = " PARTITION BY RANGE (id)" if table == "s_parts" else ""
        pipe.execute(f"CREATE TABLE {table} ({column}, v bigint DEFAULT 0, pad text){parts}")
        if parts:
            pipe.execute(f"CREATE TABLE {table}_1 PARTITION OF {table} FOR VALUES FROM (0) TO "
                         f"(1500); CREATE TABLE {table}_2 PARTITION OF {table} FOR VALUES FROM "
                         "(1500) TO (100000000)")
        else:
            pipe.execute(f"ALTER TABLE {table} ALTER pad SET STORAGE EXTERNAL")
        pipe.execute(f"INSERT INTO {table} SELECT {value}, 0, CASE WHEN g % 10 = 0 THEN "
                     "repeat(md5(g::text), 80) ELSE 'short' END FROM generate_series(1, 3000) g")


def all_writes():
    statements = [text for table, (_, _, where) in SHAPES.items() for text in writes(table, where)]
    statements += list(writes("s_pair", "a = %(n)s %% 3000 + 1"))
    return statements + [
        "INSERT INTO s_bigint VALUES (%(n)s + 4000, nextval('versions'), 'n') ON CONFLICT DO "
        "NOTHING",
        "UPDATE s_bigint SET id = id + 1000000000000 WHERE id = %(n)s %% 3000 + 1 AND pad = "
        "'short'",
        "UPDATE s_pair SET a = -a WHERE a = %(n)s %% 3000 + 1",
        "UPDATE s_text SET id = 'moved ' || id WHERE id = 'key ' || %(n)s %% 3000 + 1 AND pad = "
        "'short'",
        "INSERT INTO s_bag VALUES (%(n)s %% 40, 'c')",
        "DELETE FROM s_bag WHERE ctid = (SELECT ctid FROM s_bag WHERE a = %(n)s %% 40 LIMIT 1)"]


def test_the_topic_is_the_table_when_writers_work_meanwhile(demand_pipe, seed):
    one = demand_pipe(source={"publications": ["everything"]})
    make_shapes(one)
    one.execute("CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root)")
    tables = [*(f"public.{name}" for name in SHAPES), "public.s_pair", "public.s_bag"]
    with one, Reader(one.kafka.bootstrap) as reader:
        with LiteralWriters(one, all_writes(), seed & ~1) as writers:
            until(lambda: writers.changes > 50, 20, "the writers to write")
            told = snapshot(one, *tables, "--wait")
            assert "cancelled" not in told, told
        one.confirmed()
        reader.poll()
        reader.read_to_end()
        for table in SHAPES:
            replay = assert_equal(one, reader, table)
            assert sum(replay.reads.values()) > 1000
        assert sum(assert_equal(one, reader, "s_pair", "b, a").reads.values()) > 1000
        # What came before its rows concerned rows that nobody had; from then on it adds up.
        bag, begun = Counter(), False
        bodies = [record.json() for record in reader.of(one.topic("s_bag")) if record.value]
        for body in bodies:
            begun = begun or body["op"] == "r"
            for image, sign in ((body["before"], -1), (body["after"], 1)) if begun else ():
                if image is not None:
                    bag[(image["a"], image["b"])] += sign
        assert begun and min(bag.values()) >= 0
        assert +bag == Counter(one.query("SELECT a, b FROM s_bag"))


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


def test_snapshots_are_listed_paused_resumed_and_cancelled(demand_pipe):
    one = demand_pipe(snapshot={"mode": "never", "chunk_rows": 20})
    one.execute("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); "
                "INSERT INTO a SELECT generate_series(1, 8000); "
                "INSERT INTO b SELECT generate_series(1, 10)")
    with one, Reader(one.kafka.bootstrap, [one.topic("a"), one.topic("b")]) as reader:
        assert "no snapshot" in snapshot(one, "--list")
        snapshot(one, "public.a", "public.b")
        until_read(one, reader, 50)
        snapshot(one, "--pause", "public.a")
        until(lambda: listed(one) == {"public.a": "paused", "public.b": "done"}, 20,
              lambda: one.log_tail())
        assert "public.a" in one.call("status").stdout
        one.restart()
        until(lambda: listed(one).get("public.a") == "paused", 30, lambda: one.log_tail())
        snapshot(one, "--resume")
        assert listed(one)["public.a"] in ("queued", "reading")
        snapshot(one, "--cancel", "public.a")
        assert listed(one)["public.a"] == "cancelled"
        one.confirmed()
        reader.read_to_end()
        assert 50 <= len(reader.of(one.topic("a"))) < 8000
        assert "snapshot_table_refused" in snapshot(one, "--cancel", "public.none", code=3)
        one.execute("INSERT INTO b VALUES (11)")
        snapshot(one, "public.b", "--wait")
        reader.read_to_end()
        assert len(reader.of(one.topic("b"))) == 22


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
