"""A network that falls silent: connections that never say another word and never end. No RST, no
FIN, and a peer's kernel that acknowledges everything, so that only a patience of our own helps.
Each side is noticed within a bound, by name; nothing is lost or doubled."""
import time

import pytest
from ledger import Ledger, expected_changes, judge
from pipes import configuration, start_streaming, topics, world
from servers import Penstock, Reader, TcpProxy, until

PATIENCE = 4  # seconds, of the tests; what stands in for it by default is checked by unit tests


@pytest.fixture(name="servers")
def fixture_servers(tmp_path):
    # The server hangs up on a silent consumer as well, and holds the slot until then.
    with world(tmp_path, settings={"wal_sender_timeout": "'3s'"}) as (postgres, kafka, proxy):
        with TcpProxy(postgres.port) as cut:
            config = configuration(postgres, kafka.proxy_bootstrap, extra={
                "source": {"receive_timeout": f"{PATIENCE}s", "statement_timeout": f"{PATIENCE}s"},
                "kafka": {"transaction_timeout": "12s",
                          "properties": {"socket.timeout.ms": str(PATIENCE * 1000)}}})
            through(config, postgres, cut)
            yield postgres, kafka, proxy, cut, Penstock(tmp_path / "pipe", config)


def through(config, postgres, cut):
    config["source"]["url"] = postgres.url().replace(str(postgres.port), str(cut.port))
    return config


def streaming(pipe, postgres):
    """Started, and the answer to START_REPLICATION has arrived."""
    start_streaming(pipe, postgres)
    pipe.wait_log("engine streaming")


def judged(postgres, kafka, ledger):
    ledger.stop()
    postgres.wait_confirmed("pipe", timeout=90)
    with Reader(kafka.bootstrap, topics()) as reader:
        return judge(reader.read_to_end(), expected_changes(ledger.oracle))


def grows(ledger, by=30):
    before = ledger.committed
    until(lambda: ledger.committed > before + by, 60, "a load")


def confirms_again(postgres, since):
    """Seconds until the slot has confirmed what is written now."""
    postgres.wait_confirmed("pipe", postgres.lsn(), timeout=60)
    return time.monotonic() - since


def test_H5_a_silent_stream_is_noticed_and_repeats_nothing(servers, seed):
    postgres, kafka, _, cut, pipe = servers
    ledger = Ledger(postgres, seed)
    streaming(pipe, postgres)
    with ledger:
        for number in (1, 2):
            grows(ledger)
            cut.silence()
            silent_at = time.monotonic()
            until(lambda: pipe.log_text().count("receive_timeout") >= number, 60,
                  lambda: pipe.log_tail())
            took = confirms_again(postgres, silent_at)
            # Patience, the server's own, and the wait for the slot.
            assert took < 4 * PATIENCE + 5, f"{took:.1f} s\n{pipe.log_tail()}"
        assert judged(postgres, kafka, ledger) > 100
    assert pipe.stop() == 0, pipe.log_tail()


def test_H5_a_silent_idle_stream_is_noticed(servers):
    postgres, _, _, cut, pipe = servers
    streaming(pipe, postgres)
    postgres.wait_confirmed("pipe")
    cut.silence()
    pipe.wait_log("receive_timeout", timeout=4 * PATIENCE)
    postgres.execute("CREATE TABLE other (id int); INSERT INTO other VALUES (1)")
    confirms_again(postgres, time.monotonic())
    assert pipe.stop() == 0, pipe.log_tail()


def test_H5_a_silent_server_does_not_hold_a_start(servers):
    """Whatever is asked while the connection is made or the slot is taken: it ends, by name, and
    all goes well once the network does."""
    postgres, _, _, cut, pipe = servers
    cut.set(mode="hold")
    pipe.start()
    pipe.wait_log("postgres_unreachable", timeout=30)
    cut.set(mode="pass")
    until(lambda: postgres.walsender_pid("pipe"), 60, lambda: pipe.log_tail())
    postgres.wait_confirmed("pipe")
    assert pipe.stop() == 0, pipe.log_tail()


def test_H5_a_stop_is_not_held_by_a_silent_server(servers):
    """Wherever the start stands when the server falls silent: the cancel request of a statement
    goes over the same dead network."""
    postgres, _, _, _, pipe = servers
    for bytes_passed in (200, 700, 1200, 1700):
        with TcpProxy(postgres.port) as cut:
            config = pipe.config_path.read_text()
            port = config.split("127.0.0.1:", 1)[1].split("/", 1)[0]
            one = Penstock(pipe.folder / str(bytes_passed), config.replace(port, str(cut.port)))
            cut.hold_after(bytes_passed)
            one.start()
            until(cut.holds, 30, one.log_tail)
            began = time.monotonic()
            assert one.stop(timeout=15) in (0, 3), one.log_tail()
            assert time.monotonic() - began < 7, one.log_tail()


def test_G12_silent_brokers_are_noticed_and_nothing_is_torn(servers, seed):
    postgres, kafka, proxy, _, pipe = servers
    ledger = Ledger(postgres, seed)
    streaming(pipe, postgres)
    with ledger:
        for _ in range(2):
            grows(ledger)
            proxy.silence()
            took = confirms_again(postgres, time.monotonic())
            assert took < 40, f"{took:.1f} s\n{pipe.log_tail()}"
        assert judged(postgres, kafka, ledger) > 100
    assert pipe.stop() == 0, pipe.log_tail()


def test_G12_brokers_behind_a_network_that_holds_everything(servers, seed):
    """New connections are silent as well, for longer than any request may take."""
    postgres, kafka, proxy, _, pipe = servers
    ledger = Ledger(postgres, seed)
    streaming(pipe, postgres)
    with ledger:
        grows(ledger)
        proxy.set(mode="drop")
        pipe.wait_log("recovering", timeout=120)
        proxy.set(mode="pass")
        took = confirms_again(postgres, time.monotonic())
        assert took < 60, f"{took:.1f} s\n{pipe.log_tail()}"
        assert judged(postgres, kafka, ledger) > 50
    assert pipe.stop() == 0, pipe.log_tail()


def test_G12_brokers_that_are_slow_are_used_all_the_same(servers):
    """Each answer takes more than half a second; nothing is lost, it only takes its time."""
    postgres, kafka, proxy, _, pipe = servers
    postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
    proxy.set(delay=0.26)
    pipe.start()
    until(lambda: postgres.walsender_pid("pipe"), 90, lambda: pipe.log_tail())
    postgres.execute("INSERT INTO ledger_t VALUES (1)")
    postgres.wait_confirmed("pipe", timeout=90)
    assert "recovering" not in pipe.log_text(), pipe.log_tail()
    with Reader(kafka.bootstrap, ["pipe.public.ledger_t"]) as reader:
        assert [record.json_key()["id"] for record in reader.read_to_end()] == [1]
    proxy.set(delay=0.0)
    assert pipe.stop() == 0, pipe.log_tail()


def test_H3_a_stop_ends_in_time_while_neither_side_answers(servers, seed):
    postgres, kafka, proxy, cut, pipe = servers
    ledger = Ledger(postgres, seed)
    streaming(pipe, postgres)
    with ledger:
        grows(ledger)
        cut.set(mode="hold")
        proxy.set(mode="hold")
        began = time.monotonic()
        assert pipe.stop(timeout=20) == 0, pipe.log_tail()
        assert time.monotonic() - began < 8, pipe.log_tail()
        cut.set(mode="pass")
        proxy.set(mode="pass")
        cut.reset_all()
        proxy.reset_all()
        streaming(pipe, postgres)
        assert judged(postgres, kafka, ledger) > 30
    assert pipe.stop() == 0, pipe.log_tail()
