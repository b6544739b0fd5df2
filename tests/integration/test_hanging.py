"""Kafka transactions that stay open where the pipe writes: it names them, writes nothing behind
them, and goes on by itself when they have ended."""
import uuid

import pytest
from confluent_kafka import Producer
from ledger import Ledger, expected_changes, judge
from pipes import configuration, start_streaming, topics, world
from servers import Penstock, Reader, until

STATE = "pipe.__penstock_state.pipe"


@pytest.fixture(name="servers")
def fixture_servers(tmp_path):
    with world(tmp_path) as (postgres, kafka, _):
        postgres.execute("CREATE TABLE ledger_first (id int PRIMARY KEY)")
        yield postgres, kafka, tmp_path


def open_transaction(kafka, topic):
    """Another program's transaction with one record in the topic; what a lost marker leaves behind
    looks the same to everybody but the broker."""
    other = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": uuid.uuid4().hex,
                      "transaction.timeout.ms": 300000})
    other.init_transactions(20)
    other.begin_transaction()
    other.produce(topic, key=b"other", value=b"not ours", partition=0)
    assert other.flush(20) == 0
    return other


def end_of(kafka, topic):
    with Reader(kafka.bootstrap, [topic], isolation="read_uncommitted") as reader:
        return sum(1 for _ in reader.read_to_end())


@pytest.mark.parametrize("topic", [STATE, "pipe.public.ledger_a"])
def test_G13_a_transaction_that_does_not_end_is_named_and_nothing_is_written(servers, seed, topic):
    postgres, kafka, folder = servers
    ledger = Ledger(postgres, seed)
    # Attempts are short, so that the second one, which waits for the same end, is seen as well.
    config = configuration(postgres, kafka.bootstrap, extra={"kafka": {"request_timeout": "2s"}})
    pipe = start_streaming(Penstock(folder / "pipe", config), postgres)
    with ledger:
        until(lambda: ledger.committed > 50, 30, "a load")
    postgres.wait_confirmed("pipe")
    assert pipe.stop() == 0, pipe.log_tail()

    other = open_transaction(kafka, topic)
    with ledger:
        until(lambda: ledger.committed > 100, 30, "a second load")
    before = end_of(kafka, topic)
    pipe.start()
    until(lambda: pipe.log_text().count("kafka_transaction_hangs") >= 2, 60, pipe.log_tail)
    assert f'partition 0 of topic \\"{topic}\\"' in pipe.log_text()
    assert end_of(kafka, topic) == before
    assert pipe.running()

    other.abort_transaction(20)
    postgres.wait_confirmed("pipe", timeout=60)
    with Reader(kafka.bootstrap, topics()) as reader:
        assert judge(reader.read_to_end(), expected_changes(ledger.oracle)) > 100
    assert pipe.stop() == 0, pipe.log_tail()
