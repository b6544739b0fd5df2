"""Cases of the initial snapshot that have a name: what is refused and what is waited for."""
import time

import pytest
from pipes import ends_with
from servers import Penstock, Postgres, Reader, until

INITIAL = {"mode": "initial", "range_bytes": "1MiB", "readers": 2}
MANY = "INSERT INTO {} SELECT g, repeat('x', 800) FROM generate_series(1, {}) g"


@pytest.fixture(name="initial")
def fixture_initial(pipe):
    """Makes pipes that begin with a snapshot, on databases that have the extension."""
    def make(**sections):
        one = pipe(**{"snapshot": INITIAL, **sections})
        one.postgres.create_extension(one.database)
        return one
    return make


def logged(one, word, timeout=60):
    until(lambda: word in one.log_text() or not one.running(), timeout, lambda: one.log_tail())
    assert word in one.log_text(), one.log_tail()


def move(one, postgres):
    """The pipe to a server of its own."""
    one.postgres = postgres
    postgres.create_database(one.database)
    postgres.create_extension(one.database)
    one.environment["PENSTOCK_SOURCE_URL"] = postgres.url(one.database)


def no_slot(one):
    return one.query("SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s",
                     (one.slot,)) == [(0,)]


def reads(one, topic, count):
    """How often each id was read, once `count` records are there and the pipe has caught up."""
    with Reader(one.kafka.bootstrap, [topic]) as reader:
        reader.read_count(count)
        one.confirmed()
        reader.read_to_end()
        return [record.json_key()["id"] for record in reader.of(topic)]


NOT_CARRIED = {
    "view": ("CREATE VIEW odd AS SELECT * FROM t", "Name the tables behind the view"),
    "materialized view": ("CREATE MATERIALIZED VIEW odd AS SELECT * FROM t",
                          "Name the tables behind the view"),
    "unlogged table": ("CREATE UNLOGGED TABLE odd (id int PRIMARY KEY)",
                       'ALTER TABLE "public"."odd" SET LOGGED'),
    "foreign table": ("CREATE FOREIGN DATA WRAPPER nowhere; "
                      "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere; "
                      "CREATE FOREIGN TABLE odd (id int) SERVER elsewhere",
                      "on the server where it lives"),
}


@pytest.mark.parametrize("kind", NOT_CARRIED)
def test_what_is_named_and_never_logged_is_refused_by_name(initial, kind):
    statement, remedy = NOT_CARRIED[kind]
    one = initial(source={"tables": ["public.t", "public.odd"]})
    one.execute("CREATE TABLE t (id int PRIMARY KEY); " + statement)
    Penstock.start(one)
    ends_with(one, 3, "table_not_carried")
    assert "table public.odd" in one.log_text() and kind in one.log_text()
    assert remedy in one.log_text()
    assert no_slot(one)


def test_what_a_wildcard_takes_in_and_is_never_logged_is_told_by_name(initial):
    one = initial(source={"tables": ["public.*"]})
    one.execute("CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW odd AS SELECT * FROM t; "
                "CREATE UNLOGGED TABLE fast (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    with one:
        assert "public.fast (unlogged table), public.odd (view)" in one.log_text()
        assert "table_not_carried" in one.log_text()
        assert reads(one, one.topic("t"), 1) == [1]


def test_a_policy_made_after_the_check_stops_the_snapshot_by_name(initial):
    """E6: the policy comes between the look at the tables and their reading."""
    one = initial()
    role = f"r_{one.database}"
    one.execute(f"CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2); "
                f"CREATE ROLE {role} LOGIN REPLICATION; GRANT SELECT ON t TO {role}; "
                f"GRANT USAGE ON SCHEMA penstock TO {role}; "
                f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA penstock TO {role}")
    one.environment["PENSTOCK_SOURCE_URL"] = one.postgres.url(one.database, user=role)
    with one.postgres.connect(one.database) as writer:
        writer.execute("BEGIN; CREATE TABLE waits (id int)")  # The slot waits for its end.
        Penstock.start(one)
        logged(one, "creating_slot")
        one.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        writer.execute("ROLLBACK")
        ends_with(one, 3, "snapshot_privilege")
    assert "row-level security" in one.log_text()


def test_a_standby_is_refused_by_name(initial, tmp_path, postgres):
    one = initial()
    one.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with postgres.standby(tmp_path / "standby") as standby:
        one.environment["PENSTOCK_SOURCE_URL"] = standby.url(one.database)
        told = one.call("check").stdout
        assert "the server is a standby" in told and "primary" in told, told


def slow_to_connect(postgres, session):
    """From here on the server lets new sessions wait; returns when one had to."""
    session.execute("ALTER SYSTEM SET post_auth_delay = 2")
    session.execute("SELECT pg_reload_conf()")

    def waits():
        began = time.monotonic()
        postgres.connect().close()
        return time.monotonic() - began > 1.5
    until(waits, 20, "the server to be slow")


def test_E7_what_is_rewritten_before_the_reader_has_its_lock_makes_slot_and_snapshot_anew(initial):
    """R1: the slot's snapshot would find t and gone empty, and none of their rows in the stream."""
    one = initial(snapshot={**INITIAL, "readers": 1})
    one.execute("CREATE TABLE gone (id int PRIMARY KEY, pad text); "
                "CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute(MANY.format("t", 500))
    one.execute(MANY.format("gone", 500))
    with one.postgres.connect(one.database) as writer, \
            one.postgres.connect(one.database) as session:
        try:
            writer.execute("BEGIN; CREATE TABLE waits (id int)")  # The slot waits for its end.
            Penstock.start(one)
            logged(one, "creating_slot")
            slow_to_connect(one.postgres, session)
            writer.execute("ROLLBACK")
            logged(one, "slot_created")
            session.execute("ALTER TABLE t ALTER id TYPE bigint; TRUNCATE gone; "
                            "INSERT INTO gone VALUES (7, 'new')")
        finally:
            session.execute("ALTER SYSTEM RESET post_auth_delay")
            session.execute("SELECT pg_reload_conf()")
    logged(one, "engine streaming")
    assert "snapshot_table_changed" in one.log_text(), one.log_tail()
    assert sorted(reads(one, one.topic("t"), 500)) == list(range(1, 501))
    assert reads(one, one.topic("gone"), 1) == [7]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("killed", ["reader", "slot"])
def test_E3_a_connection_that_ends_on_the_way_costs_nothing_and_doubles_nothing(initial, killed,
                                                                                 share):
    one = initial(snapshot={**INITIAL, "max_rows_per_second": 8000}, limits={"batch_rows": 200})
    one.execute("CREATE TABLE t (id int PRIMARY KEY, pad text)")
    one.execute(MANY.format("t", 8000))
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        reader.read_count(int(share * 8000) - 200)
        condition = "query LIKE 'COPY%%'" if killed == "reader" else "backend_type = 'walsender'"
        ended = one.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                          "%s AND " + condition, (one.database,))
        assert ended or share == 0.99
        logged(one, "engine streaming")
        one.execute("UPDATE t SET pad = 'late' WHERE id = 1")
        reader.read_count(8001)
        one.confirmed()
        reader.read_to_end()
        told = [record.json()["op"] for record in reader.of(one.topic("t"))]
        assert told.count("r") == 8000 and len(told) == 8001


def test_a_lock_table_that_is_too_small_is_named_with_the_setting(tmp_path, pipe):
    """A table of 300 partitions, each with an index, on a server with few locks."""
    settings = {"max_locks_per_transaction": "10", "max_connections": "50"}
    with Postgres(tmp_path / "pg", settings=settings) as postgres:
        one = pipe(snapshot=INITIAL)
        move(one, postgres)
        with postgres.connect(one.database) as session:
            session.execute("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id)")
            for number in range(300):
                session.execute(f"CREATE TABLE p{number} PARTITION OF p FOR VALUES FROM ({number}) "
                                f"TO ({number + 1})")
        told = one.call("check").stdout
        assert "300 tables take 600 locks" in told, told
        assert "max_locks_per_transaction = " in told
        Penstock.start(one)
        ends_with(one, 3, "lock_table_full")
