"""The rules that the simulation's models play, asked of a real server and a real broker with stock
clients, so that the simulation does not merely mirror our beliefs. Each test names the rule as the
models have it; when one fails, the model is wrong, whatever the simulation says."""
import re
import signal
import subprocess
import threading

import psycopg
import pytest
from confluent_kafka import KafkaException, Producer
from servers import Kafka, KafkaProxy, Postgres, Reader, until
from servers.postgres import pg_config
from servers.proxy import END_TXN

SLOT = "model"


# --- PostgreSQL: postgres_model and walsender_model -------------------------------------------


@pytest.fixture(name="server")
def fixture_server(tmp_path):
    # Nothing may save the slot but what a test asks for.
    settings = {"checkpoint_timeout": "'1h'", "bgwriter_delay": "'10s'"}
    with Postgres(tmp_path / "pg", settings=settings) as server:
        server.execute("CREATE TABLE t (id int, note text)")
        server.query("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", (SLOT,))
        yield server


def rows_of(server, function="get"):
    """(lsn, text) of every output line; "get" confirms them."""
    return server.query(f"SELECT lsn::text, data FROM pg_logical_slot_{function}_changes"
                        "(%s, NULL, NULL, 'skip-empty-xacts', '1')", (SLOT,))


def number(lsn):
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)


def ids(lines):
    return [int(found[1]) for _, text in lines
            if (found := re.search(r"INSERT: id\[integer\]:(\d+)", text))]


def confirmed(server):
    return server.value("SELECT confirmed_flush_lsn::text FROM pg_replication_slots "
                        "WHERE slot_name = %s", (SLOT,))


def commit_record(server, row):
    """(start, end) of the commit record of the transaction that inserted `row`."""
    xid = server.value("SELECT xmin::text FROM t WHERE id = %s", (row,))
    server.execute("SELECT pg_switch_wal()")
    first = server.value("SELECT restart_lsn::text FROM pg_replication_slots")
    dump = subprocess.run(
        [f"{pg_config('bindir')}/pg_waldump", "-p", server.data / "pg_wal", "-s", first, "-x", xid],
        capture_output=True, text=True, check=False).stdout
    start = re.search(r"lsn: ([0-9A-F]+/[0-9A-F]+).*desc: COMMIT", dump)[1]
    end = next(lsn for lsn, text in rows_of(server, "peek") if text == f"COMMIT {xid}")
    return start, end


def received(server, startpos, endpos):
    """What the walsender sends from `startpos`, by the server's own client."""
    run = subprocess.run(
        [f"{pg_config('bindir')}/pg_recvlogical", "-d", server.url(), "-S", SLOT, "--start",
         f"--startpos={startpos}", f"--endpos={endpos}", "-o", "skip-empty-xacts=1",
         "--no-loop", "-f", "-"], capture_output=True, text=True, check=True, timeout=60)
    return ids([(None, line) for line in run.stdout.splitlines()])


def test_slot_goes_back_after_a_crash(server):
    server.execute("INSERT INTO t VALUES (1)")
    assert ids(rows_of(server)) == [1]
    moved = confirmed(server)
    server.restart("kill")
    assert number(confirmed(server)) < number(moved)
    assert ids(rows_of(server)) == [1], "what was confirmed comes again"


def test_checkpoint_saves_the_slot(server):
    server.execute("INSERT INTO t VALUES (1)")
    assert ids(rows_of(server)) == [1]
    server.execute("CHECKPOINT")
    moved = confirmed(server)
    server.restart("kill")
    assert confirmed(server) == moved
    assert ids(rows_of(server)) == []


def test_start_below_the_slot_is_moved_forward_in_silence(server):
    before = server.lsn()
    server.execute("INSERT INTO t VALUES (1)")
    assert ids(rows_of(server)) == [1]
    server.execute("INSERT INTO t VALUES (2)")
    assert received(server, before, server.lsn()) == [2]


def test_start_above_the_slot_skips_in_silence(server):
    server.execute("INSERT INTO t VALUES (1)")
    above = server.lsn()
    server.execute("INSERT INTO t VALUES (2)")
    assert received(server, above, server.lsn()) == [2]


def test_transaction_comes_again_unless_its_commit_began_before_the_position(server):
    server.execute("INSERT INTO t VALUES (1)")
    start, end = commit_record(server, 1)
    server.query("SELECT pg_replication_slot_advance(%s, %s)", (SLOT, start))
    assert number(confirmed(server)) == number(start) < number(end)
    assert ids(rows_of(server, "peek")) == [1]
    server.query("SELECT pg_replication_slot_advance(%s, %s)", (SLOT, end))
    assert ids(rows_of(server, "peek")) == []


def test_transaction_may_begin_where_the_one_before_ended(server):
    """So positions are compared with end_lsn, never with the LSN of a row."""
    server.execute("INSERT INTO t VALUES (1)")
    server.execute("INSERT INTO t VALUES (2)")
    lines = rows_of(server, "peek")
    end_of_first = next(lsn for lsn, text in lines if text.startswith("COMMIT"))
    row_of_second = next(lsn for lsn, text in lines if "id[integer]:2" in text)
    assert number(row_of_second) == number(end_of_first)


def test_rows_of_one_copy_share_an_lsn(server):
    lines = "".join(f"{row}\tx\n" for row in range(100))
    server.psql("COPY t FROM STDIN;\n" + lines + "\\.\n")
    rows = [lsn for lsn, text in rows_of(server, "peek") if text.startswith("table")]
    assert len(rows) == 100
    assert len(set(rows)) < 100


def test_transactions_come_in_commit_order_not_in_that_of_their_xids(server):
    with server.connect(autocommit=False) as older, server.connect(autocommit=False) as younger:
        older.execute("INSERT INTO t VALUES (1)")
        younger.execute("INSERT INTO t VALUES (2)")
        younger.commit()
        older.execute("INSERT INTO t VALUES (3)")
        older.commit()
    assert ids(rows_of(server)) == [2, 1, 3]


def test_transaction_is_sent_long_before_it_is_visible(server):
    """Its commit record is in the WAL, its backend waits for a standby that is not there."""
    server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    server.execute("SELECT pg_reload_conf()")
    until(lambda: server.value("SHOW synchronous_standby_names") == "nobody")
    with psycopg.connect(server.url(), autocommit=True) as waiting:
        waiting_pid = waiting.info.backend_pid
        pipeline = subprocess.Popen([f"{pg_config('bindir')}/psql", "-X", "-q", server.url(), "-c",
                                     "INSERT INTO t VALUES (1)"], stderr=subprocess.DEVNULL)
        try:
            until(lambda: server.value("SELECT count(*) FROM pg_stat_activity "
                                       "WHERE wait_event = 'SyncRep' AND pid <> %s",
                                       (waiting_pid,)) == 1)
            assert ids(rows_of(server, "peek")) == [1]
            assert server.value("SELECT count(*) FROM t") == 0
        finally:
            server.execute("ALTER SYSTEM RESET synchronous_standby_names")
            server.execute("SELECT pg_reload_conf()")
            assert pipeline.wait(30) == 0
    assert server.value("SELECT count(*) FROM t") == 1


def test_second_client_is_refused_while_a_holder_lives(server):
    holder = subprocess.Popen(
        [f"{pg_config('bindir')}/pg_recvlogical", "-d", server.url(), "-S", SLOT, "--start",
         "--no-loop", "-f", "-"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: server.walsender_pid(SLOT))
        second = subprocess.run(
            [f"{pg_config('bindir')}/pg_recvlogical", "-d", server.url(), "-S", SLOT, "--start",
             "--no-loop", "-f", "-"], capture_output=True, text=True, check=False, timeout=30)
        assert "is active for PID" in second.stderr
    finally:
        holder.kill()
        holder.wait()


def test_fast_shutdown_waits_for_the_client_of_a_walsender(server):
    """A client that stands still has not confirmed what was sent; going on, it lets the server
    go."""
    holder = subprocess.Popen(
        [f"{pg_config('bindir')}/pg_recvlogical", "-d", server.url(), "-S", SLOT, "--start",
         "--no-loop", "--status-interval=1", "--fsync-interval=1", "-f", "-"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: server.walsender_pid(SLOT))
        holder.send_signal(signal.SIGSTOP)
        server.execute("INSERT INTO t VALUES (1)")
        server.signal(signal.SIGINT)
        until(lambda: "shutting down" in server.log_path.read_text().split("fast shutdown")[-1],
              30, "the checkpointer to begin the shutdown")
        until(lambda: "walsender" in processes_of(server), 10, "the walsender to stay")
        assert server.running()
        holder.send_signal(signal.SIGCONT)
        assert server.wait(30) == 0
    finally:
        holder.kill()
        holder.wait()


def processes_of(server):
    return subprocess.run(["ps", "-o", "args=", "--ppid", str(server.pid)], capture_output=True,
                          text=True, check=False).stdout


# --- Kafka: kafka_model -----------------------------------------------------------------------


@pytest.fixture(name="broker", scope="module")
def fixture_broker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kafka")
    with Kafka(folder / "kafka") as broker, \
            KafkaProxy(broker.proxied_port, broker.proxy_port) as proxy:
        yield broker, proxy


def producer(bootstrap, transactional_id, timeout_ms=60_000):
    made = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id,
                     "transaction.timeout.ms": timeout_ms, "socket.timeout.ms": 1500,
                     "linger.ms": 0, "log_level": 0})
    made.init_transactions(30)
    return made


def write(made, topic, *values):
    for value in values:
        made.produce(topic, value)
    made.flush(20)


def committed(broker, topic, isolation="read_committed"):
    with Reader(broker.bootstrap, [topic], isolation) as reader:
        return [record.value.decode() for record in reader.read_to_end()]


@pytest.mark.parametrize("made_anew", [False, True])
def test_late_end_txn_ends_a_later_transaction_of_the_same_epoch(broker, made_anew):
    """EndTxn carries no number of its transaction: a copy that arrives late ends whatever the
    producer has open by then, unless a new epoch refuses it."""
    broker, proxy = broker
    topic = f"late-{made_anew}".lower()
    broker.create_topic(topic)
    first = producer(broker.proxy_bootstrap, topic)
    first.begin_transaction()
    write(first, topic, "one")
    proxy.held.clear()
    proxy.hold_if = lambda r: r.api_key == END_TXN and r.transactional_id == topic
    sent_before = proxy.count(END_TXN, topic)
    pump = commit_in_background(first)
    held = proxy.wait_held()
    proxy.hold_if = None
    held.sever()
    pump.join(60)
    assert proxy.count(END_TXN, topic) == sent_before + 2, "the client repeats it in silence"
    second = producer(broker.proxy_bootstrap, topic) if made_anew else first
    second.begin_transaction()
    write(second, topic, "half")
    until(lambda: "half" in committed(broker, topic, "read_uncommitted"))
    held.release()
    if made_anew:
        assert committed(broker, topic) == ["one"]
        write(second, topic, "rest")
        second.commit_transaction(30)
        assert committed(broker, topic) == ["one", "half", "rest"]
    else:
        until(lambda: committed(broker, topic) == ["one", "half"], 20, "the torn half")


def commit_in_background(made):
    thread = threading.Thread(target=lambda: made.commit_transaction(60))
    thread.start()
    return thread


def test_new_epoch_aborts_and_fences_the_old_one(broker):
    broker, _ = broker
    broker.create_topic("fenced")
    old = producer(broker.bootstrap, "fenced")
    old.begin_transaction()
    write(old, "fenced", "old")
    new = producer(broker.bootstrap, "fenced")
    with pytest.raises(KafkaException) as refused:
        old.commit_transaction(20)
    assert refused.value.args[0].name() in ("_FENCED", "INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED")
    new.begin_transaction()
    write(new, "fenced", "new")
    new.commit_transaction(20)
    assert committed(broker, "fenced") == ["new"]
    assert "old" in committed(broker, "fenced", "read_uncommitted")


def test_open_transaction_holds_back_what_lies_behind_it(broker):
    """The last stable offset keeps the order of two producers in a partition."""
    broker, _ = broker
    broker.create_topic("order")
    slow, quick = producer(broker.bootstrap, "order.a"), producer(broker.bootstrap, "order.b")
    slow.begin_transaction()
    write(slow, "order", "first")
    quick.begin_transaction()
    write(quick, "order", "second")
    quick.commit_transaction(20)
    assert committed(broker, "order") == []
    slow.commit_transaction(20)
    until(lambda: committed(broker, "order") == ["first", "second"])


def test_transaction_that_is_too_old_is_aborted_and_its_owner_fenced(broker):
    broker, _ = broker
    broker.create_topic("expired")
    late = producer(broker.bootstrap, "expired", timeout_ms=1500)
    late.begin_transaction()
    write(late, "expired", "never")
    after = producer(broker.bootstrap, "expired.other")
    after.begin_transaction()
    write(after, "expired", "after")
    after.commit_transaction(20)
    until(lambda: committed(broker, "expired") == ["after"], 60, "the coordinator's abort")
    with pytest.raises(KafkaException):
        late.commit_transaction(20)
