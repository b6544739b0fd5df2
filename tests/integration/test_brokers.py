"""A cluster of three brokers, as people run it: each of them dies in turn under load, then two at
once, so that nothing can be written. What the topics hold at the end is judged against the server's
own account of what was committed."""
import pytest
from ledger import Ledger, expected_changes, judge
from pipes import configuration, start_streaming, topics
from servers import KafkaCluster, Penstock, Postgres, Reader, until



@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory):
    with KafkaCluster(tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster


@pytest.fixture(name="postgres")
def fixture_postgres(tmp_path):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_first (id int PRIMARY KEY)")
        yield postgres


def running_pipe(postgres, cluster, folder, prefix):
    # What hangs at a dead broker is to end within the test, not in a minute.
    config = configuration(postgres, cluster.bootstrap, prefix=prefix, extra={
        "kafka": {"single_broker": False, "transaction_timeout": "10s",
                  "properties": {"socket.timeout.ms": "5000"}}})
    return start_streaming(Penstock(folder / "pipe", config), postgres)


def more(ledger, transactions=60):
    before = ledger.committed
    until(lambda: ledger.committed > before + transactions, 60, "a load")


def judged(postgres, cluster, ledger, prefix):
    ledger.stop()
    postgres.wait_confirmed("pipe", timeout=120)
    with Reader(cluster.bootstrap, topics(prefix)) as reader:
        return judge(reader.read_to_end(), expected_changes(ledger.oracle))


def test_each_broker_dies_once_and_nothing_is_lost_or_twice(postgres, cluster, tmp_path, seed):
    state = "one.__penstock_state.pipe"
    ledger = Ledger(postgres, seed, pause=0.05)
    pipe = running_pipe(postgres, cluster, tmp_path, "one")
    with ledger:
        more(ledger)
        until(lambda: state in cluster.topics(), 30, "the state topic")
        # Whoever leads the state's partition also orders what is published.
        order = sorted(cluster.nodes, key=lambda node: node is not cluster.leader(state))
        for node in order:
            cluster.kill(node)
            more(ledger)
            node.spawn()
            cluster.wait_whole()
        assert judged(postgres, cluster, ledger, "one") > 180
    # Losing one broker of three is everyday life: no error of it may end the pipe.
    assert pipe.stop() == 0, pipe.log_tail()


def test_too_few_copies_are_waited_for(postgres, cluster, tmp_path, seed):
    """With one broker left nothing can be committed: the slot stands still, the pipe goes on."""
    ledger = Ledger(postgres, seed, pause=0.05)
    pipe = running_pipe(postgres, cluster, tmp_path, "two")
    with ledger:
        more(ledger)
        for node in cluster.nodes[1:]:
            node.kill()
        # What was published before may still be confirmed; then the slot stands still.
        confirmed = None
        while confirmed != (confirmed := postgres.slot("pipe")["confirmed_flush_lsn"]):
            more(ledger)
        assert pipe.running(), pipe.log_tail()
        for node in cluster.nodes[1:]:
            node.spawn()
        cluster.wait_whole()
        assert judged(postgres, cluster, ledger, "two") > 150
    assert pipe.stop() == 0, pipe.log_tail()
