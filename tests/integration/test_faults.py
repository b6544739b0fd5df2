"""Faults of servers, network and processes; after each the records are judged against the server's
own account of what was committed."""
import os
import subprocess
import time
from pathlib import Path

import pytest
from ledger import Ledger, expected_changes, judge
from pipes import configuration, ends_with, start_streaming, topics, wait_streaming, world
from servers import Penstock, Reader, TcpProxy, until
from servers.penstock import ROOT
from servers.proxy import END_TXN, PRODUCE

ID_A = "penstock.pipe.pipe.a"
MUTANT = Path(os.environ.get("PENSTOCK_MUTANTS", ROOT / "build/release/penstock_mutants"))


@pytest.fixture(name="servers")
def fixture_servers(tmp_path):
    with world(tmp_path) as (postgres, kafka, proxy):
        postgres.execute("CREATE TABLE ledger_first (id int PRIMARY KEY)")
        yield postgres, kafka, proxy, tmp_path


def judged(postgres, kafka, ledger, slot="pipe"):
    """Waits until everything is published and confirmed, and judges it."""
    ledger.stop()
    postgres.wait_confirmed(slot, timeout=90)
    with Reader(kafka.bootstrap, topics()) as reader:
        return judge(reader.read_to_end(), expected_changes(ledger.oracle))


# --- a late EndTxn (G1, KAFKA-17754) ----------------------------------------------------------


def late_end_txn(servers, seed, *, release_as, program=None):
    """A's EndTxn is held, the consumer gives up on it and tries again; the first one arrives when
    A's next Kafka transaction has produced half. Returns the pipe, everything published."""
    postgres, kafka, proxy, folder = servers
    ledger = Ledger(postgres, seed)
    # Small chunks and a short linger bring records to the brokers while their Kafka transaction is
    # open; by default most of them leave with the commit, and there would be no half to tear.
    config = configuration(postgres, kafka.proxy_bootstrap, extra={
        "kafka": {"properties": {"socket.timeout.ms": "1500", "linger.ms": "5"}},
        "limits": {"chunk_bytes": "4KiB", "commit_interval": "300ms",
                   "commit_interval_max": "300ms"}})
    environment = {"PENSTOCK_MUTANT": "believe_unclean_commit"} if program else {}
    pipe = Penstock(folder / "pipe", config, program=program, environment=environment)
    start_streaming(pipe, postgres)
    with ledger:
        proxy.hold_if = lambda r: r.api_key == END_TXN and r.transactional_id == ID_A
        held = proxy.wait_held()
        proxy.hold_if = None
        held.sever()
        before = proxy.count(END_TXN, ID_A)
        until(lambda: proxy.count(END_TXN, ID_A) > before, 30, "the second EndTxn")
        rest = half_a_transaction(proxy)
        ledger_before = ledger.committed
        if release_as == "abort":
            held.request.frame = as_abort(held.request.frame)
        held.release()
        rest.release()
        until(lambda: ledger.committed > ledger_before + 120, 30, "more to publish")
        return pipe, judged(postgres, kafka, ledger)


def half_a_transaction(proxy):
    """Returns when records of a Kafka transaction of A are in the brokers, its position is not, and
    what A sends behind them is held; that is the value."""
    for _ in range(20):
        ends, produced = proxy.count(END_TXN, ID_A), proxy.count(PRODUCE, ID_A)
        held = len(proxy.held)
        proxy.hold_if = lambda r, first=produced + 1: (
            r.api_key == PRODUCE and r.transactional_id == ID_A
            and proxy.count(PRODUCE, ID_A) > first)
        rest = proxy.wait_held(count=held + 1)
        proxy.hold_if = None
        if proxy.count(END_TXN, ID_A) == ends:
            until(lambda first=produced: proxy.is_answered(ID_A, first), 30, "half a transaction")
            return rest
        rest.release()  # The first request was the whole transaction.
    raise AssertionError("every Kafka transaction of A was a single request")


def as_abort(frame):
    """The same EndTxn with committed = false: what a late abort looks like. The flag is the last
    byte of version 1; later versions have one byte of tags behind it."""
    flag = len(frame) - 1
    assert frame[flag] == 1, "an EndTxn of another shape"
    return frame[:flag] + b"\x00"


@pytest.mark.parametrize("release_as", ["commit", "abort"])
def test_G1_a_late_end_txn_tears_nothing(servers, seed, release_as):
    pipe, compared = late_end_txn(servers, seed, release_as=release_as)
    assert compared > 500
    assert "EndTxn was sent" in pipe.log_text(), "the retry was not noticed"
    assert pipe.stop() == 0, pipe.log_tail()


def test_G1_without_the_count_of_end_txn_the_same_fault_is_found(servers, seed):
    """The proof that the test above can fail: a build that believes the return code."""
    with pytest.raises(AssertionError, match="doubled"):
        late_end_txn(servers, seed, release_as="commit", program=MUTANT)


# --- processes --------------------------------------------------------------------------------


def test_B6_a_zombie_between_commit_and_begin_publishes_nothing_more(servers, seed):
    postgres, kafka, proxy, folder = servers
    ledger = Ledger(postgres, seed)
    config = configuration(postgres, kafka.proxy_bootstrap)
    first = start_streaming(Penstock(folder / "first", config), postgres)
    with ledger:
        until(lambda: ledger.committed > 50, 30, "a load")
        seen = proxy.count(END_TXN)
        until(lambda: proxy.count(END_TXN) > seen, 30, "a commit", interval=0.001)
        first.suspend()
        holder = postgres.walsender_pid("pipe")
        postgres.query("SELECT pg_terminate_backend(%s)", (holder,))
        second = Penstock(folder / "second", config)
        start_streaming(second, postgres)
        published = ledger.committed
        until(lambda: ledger.committed > published + 50, 30, "a load for the second")
        first.resume()
        # It ends as fenced, or finds its connection gone first and waits at the slot.
        until(lambda: first.exit_code() == 8 or "slot_active" in first.log_text(), 60,
              lambda: first.log_tail())
        assert judged(postgres, kafka, ledger) > 100
    assert second.stop() == 0, second.log_tail()


def test_B6_a_second_consumer_waits_for_the_slot(servers, seed):
    postgres, kafka, _, folder = servers
    ledger = Ledger(postgres, seed)
    config = configuration(postgres, kafka.bootstrap)
    first = start_streaming(Penstock(folder / "first", config), postgres)
    with ledger:
        second = Penstock(folder / "second", config).start()
        second.wait_log("slot_active")
        until(lambda: ledger.committed > 100, 30, "a load")
        assert first.running() and second.running()
        first.kill()
        wait_streaming(second, postgres)
        assert judged(postgres, kafka, ledger) > 100
    assert second.stop() == 0, second.log_tail()


def test_H3_a_clean_stop_ends_within_five_seconds_and_confirms(servers, seed):
    postgres, kafka, _, folder = servers
    ledger = Ledger(postgres, seed)
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    with ledger:
        for _ in range(3):
            published = ledger.committed
            until(lambda: ledger.committed > published + 30, 30, "a load")
            assert pipe.stop(timeout=5.5) == 0, pipe.log_tail()
            start_streaming(pipe, postgres)
        assert judged(postgres, kafka, ledger) > 100
    assert pipe.stop() == 0, pipe.log_tail()


# --- PostgreSQL -------------------------------------------------------------------------------


def test_A10_an_immediate_restart_of_postgresql_repeats_nothing(servers, seed):
    postgres, kafka, _, folder = servers
    ledger = Ledger(postgres, seed)
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    with ledger:
        for mode in ("immediate", "kill", "immediate"):
            before = ledger.committed
            until(lambda: ledger.committed > before + 80, 60, "a load")
            postgres.restart(mode)
            wait_streaming(pipe, postgres)
        assert judged(postgres, kafka, ledger) > 200
    assert pipe.stop() == 0, pipe.log_tail()


def test_C7_postgresql_stops_within_ten_seconds_with_the_consumer_connected(servers, seed):
    postgres, kafka, _, folder = servers
    ledger = Ledger(postgres, seed)
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    with ledger:
        until(lambda: ledger.committed > 50, 30, "a load")
        postgres.stop("fast", timeout=10)
        postgres.start()
        wait_streaming(pipe, postgres)
        assert judged(postgres, kafka, ledger) > 50
    assert pipe.stop() == 0, pipe.log_tail()


def test_C7_postgresql_stops_with_kafka_down_and_the_window_full(servers):
    postgres, kafka, _, folder = servers
    postgres.execute("CREATE TABLE ledger_big (id bigserial PRIMARY KEY, pad text)")
    config = configuration(postgres, kafka.bootstrap, extra={"limits": {"window_bytes": "4MB"}})
    pipe = start_streaming(Penstock(folder / "pipe", config), postgres)
    postgres.execute("INSERT INTO ledger_big (pad) VALUES ('first')")
    with Reader(kafka.bootstrap, ["pipe.public.ledger_big"]) as reader:
        reader.read_count(1)
        kafka.suspend()
        postgres.execute("INSERT INTO ledger_big (pad) SELECT repeat('x', 1000) "
                         "FROM generate_series(1, 60000)")
        until(lambda: postgres.value(
            "SELECT sent_lsn < pg_current_wal_lsn() FROM pg_stat_replication"), 30,
            "the stream to stand still")
        postgres.stop("fast", timeout=10)
        kafka.resume()
        postgres.start()
        wait_streaming(pipe, postgres, timeout=60)
        postgres.wait_confirmed("pipe", timeout=90)
        records = reader.read_to_end()
    by_partition = [[record.json_key()["id"] for record in records if record.partition == number]
                    for number in (0, 1)]
    assert by_partition == [sorted(keys) for keys in by_partition]
    assert sorted(by_partition[0] + by_partition[1]) == list(range(1, 60002))
    assert pipe.stop() == 0, pipe.log_tail()


def test_B1_a_slot_that_was_made_anew_stops_by_name(servers):
    postgres, kafka, _, folder = servers
    postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    postgres.execute("INSERT INTO ledger_t VALUES (1)")
    postgres.wait_confirmed("pipe")
    assert pipe.stop() == 0, pipe.log_tail()
    postgres.execute("SELECT pg_drop_replication_slot('pipe')")
    postgres.execute("INSERT INTO ledger_t VALUES (2)")
    postgres.execute("SELECT pg_create_logical_replication_slot('pipe', 'penstock')")
    postgres.execute("INSERT INTO ledger_t VALUES (3)")
    pipe.start()
    ends_with(pipe, 6, "slot_ahead_of_state")
    with Reader(kafka.bootstrap, ["pipe.public.ledger_t"]) as reader:
        assert [record.json_key()["id"] for record in reader.read_to_end()] == [1]


def test_B1_a_dropped_slot_stops_by_name(servers):
    postgres, kafka, _, folder = servers
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    postgres.wait_confirmed("pipe")
    assert pipe.stop() == 0, pipe.log_tail()
    postgres.execute("SELECT pg_drop_replication_slot('pipe')")
    pipe.start()
    ends_with(pipe, 6, "slot_missing")


def test_A3_idle_and_filtered_databases_move_the_slot_within_three_seconds(servers):
    postgres, kafka, _, folder = servers
    postgres.execute("CREATE TABLE other (id bigserial PRIMARY KEY, pad text)")
    postgres.create_database("neighbour")
    postgres.execute("CREATE TABLE t (id bigserial PRIMARY KEY, pad text)", database="neighbour")
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    postgres.wait_confirmed("pipe")
    for database, table in (("postgres", "other"), ("neighbour", "t")):
        postgres.execute(f"INSERT INTO {table} (pad) SELECT repeat('x', 500) "
                         "FROM generate_series(1, 20000)", database=database)
        postgres.wait_confirmed("pipe", timeout=3)
    assert pipe.stop() == 0, pipe.log_tail()


# --- Kafka ------------------------------------------------------------------------------------


def test_G12_a_killed_broker_loses_and_doubles_nothing(servers, seed):
    postgres, kafka, _, folder = servers
    ledger = Ledger(postgres, seed)
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    with ledger:
        for _ in range(2):
            before = ledger.committed
            until(lambda: ledger.committed > before + 80, 60, "a load")
            kafka.restart(hard=True)
        before = ledger.committed
        until(lambda: ledger.committed > before + 80, 60, "a load")
        assert judged(postgres, kafka, ledger) > 200
    assert pipe.stop() == 0, pipe.log_tail()


def test_G12_a_broker_that_was_fenced_and_elected_anew_is_read_again(tmp_path, seed):
    """A broker that stands still for longer than its session is fenced by its own controller. What
    is published afterwards must be read back and confirmed without a restart of ours. Until its
    next heartbeat, for up to a second, the broker answers that there are no brokers, and a client
    that believes it has lost every address."""
    properties = {"broker.session.timeout.ms": "1500", "broker.heartbeat.interval.ms": "1000"}
    with world(tmp_path, kafka_properties=properties) as (postgres, kafka, _):
        ledger = Ledger(postgres, seed)
        pipe = start_streaming(
            Penstock(tmp_path / "pipe", configuration(postgres, kafka.bootstrap)), postgres)
        with ledger:
            # After a pause the first heartbeat may come before the controller looks at the session.
            for _ in range(12):
                kafka.suspend()
                frozen_at = time.monotonic()
                until(lambda: time.monotonic() > frozen_at + 3, 30, "the session to be over")
                kafka.resume()
                postgres.wait_confirmed("pipe", timeout=60)
                if kafka.log_text().count("Fencing broker") > 1:
                    break
            assert kafka.log_text().count("Fencing broker") > 1
            assert judged(postgres, kafka, ledger) > 200
        assert pipe.stop() == 0, pipe.log_tail()


def test_A14_a_deleted_state_topic_stops_by_name(servers):
    postgres, kafka, _, folder = servers
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    postgres.wait_confirmed("pipe")
    assert pipe.stop() == 0, pipe.log_tail()
    kafka.delete_topic("pipe.__penstock_state.pipe")
    pipe.start()
    ends_with(pipe, 6, "state_missing")


# --- network ----------------------------------------------------------------------------------


def test_H5_a_cut_connection_to_postgresql_repeats_nothing(servers, seed):
    postgres, kafka, _, folder = servers
    ledger = Ledger(postgres, seed)
    with TcpProxy(postgres.port) as cut:
        config = configuration(postgres, kafka.bootstrap)
        config["source"]["url"] = config["source"]["url"].replace(str(postgres.port),
                                                                  str(cut.port))
        pipe = start_streaming(Penstock(folder / "pipe", config), postgres)
        with ledger:
            for _ in range(5):
                before = ledger.committed
                until(lambda: ledger.committed > before + 30, 60, "a load")
                cut.reset_all()
            assert judged(postgres, kafka, ledger) > 100
        assert pipe.stop() == 0, pipe.log_tail()


# --- size -------------------------------------------------------------------------------------


def test_D18_a_transaction_of_a_million_rows_needs_less_than_128_mib(servers):
    postgres, kafka, _, folder = servers
    postgres.execute("CREATE TABLE ledger_huge (id int PRIMARY KEY, pad text)")
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    postgres.execute("INSERT INTO ledger_huge SELECT i, md5(i::text) "
                     "FROM generate_series(1, 1000000) i")
    postgres.wait_confirmed("pipe", timeout=120)
    peak = pipe.peak_rss_mib()
    with Reader(kafka.bootstrap, ["pipe.public.ledger_huge"]) as reader:
        last, count = {}, 0
        def take():
            nonlocal count
            for record in reader.poll(0.5):
                key = record.json_key()["id"]
                assert key > last.get(record.partition, 0), f"order or double at {key}"
                last[record.partition] = key
                count += 1
            reader.records.clear()
            return count >= 1_000_000
        until(take, 120, lambda: f"a million records, {count} so far", interval=0)
    assert count == 1_000_000
    assert peak < 128, f"{peak:.0f} MiB"
    print(f"peak RSS {peak:.0f} MiB")
    assert pipe.stop() == 0, pipe.log_tail()


def test_nothing_of_ours_is_left_running(servers):
    """A run that was stopped leaves no process behind and no session in the server."""
    postgres, kafka, _, folder = servers
    pipe = start_streaming(Penstock(folder / "pipe", configuration(postgres, kafka.bootstrap)),
                           postgres)
    group = os.getpgid(pipe.pid)
    assert pipe.stop() == 0, pipe.log_tail()
    listed = subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True, text=True,
                            check=False).stdout.strip()
    assert listed == "", listed
    until(lambda: postgres.value("SELECT count(*) FROM pg_stat_activity WHERE application_name "
                                 "LIKE 'penstock%'") == 0, 10, "no session of ours")
