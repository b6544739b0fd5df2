"""The consumer is killed a hundred times under load; nothing is lost, doubled, reordered or torn.

Phases are told from outside, by what Kafka and the server show after the kill: rows above the last
stable offset mean that a Kafka transaction was open, a state position above the slot's confirmed
one means that the kill fell between EndTxn and the confirm.
"""
import json
import random

import pytest
from confluent_kafka import Consumer, TopicPartition
from ledger import Ledger, expected_changes, judge, torn
from pipes import configuration, start_streaming, world
from servers import Penstock, Reader, until
from servers.proxy import END_TXN

PRODUCE = 0  # Kafka's number of that request

PREFIX, SLOT = "kill", "kills"
TOPICS = [f"{PREFIX}.public.ledger_a", f"{PREFIX}.public.ledger_b"]
KILLS_FIRST = 20


class Watch:
    """What Kafka holds of a few topics: rows above the last stable offset."""

    def __init__(self, kafka, topics):
        self.topics = topics
        self.all, self.stable = (Consumer({
            "bootstrap.servers": kafka.bootstrap, "group.id": "watch", "isolation.level": level,
            "log_level": 0}) for level in ("read_uncommitted", "read_committed"))

    def open_rows(self):
        """High watermark less last stable offset, over all partitions."""
        total = 0
        for topic, known in self.all.list_topics(timeout=10).topics.items():
            for partition in known.partitions if topic in self.topics else ():
                place = TopicPartition(topic, partition)
                ends = [reader.get_watermark_offsets(place, timeout=10)[1]
                        for reader in (self.all, self.stable)]
                total += ends[0] - ends[1]
        return total

    def close(self):
        self.all.close()
        self.stable.close()


@pytest.fixture(name="servers")
def fixture_servers(tmp_path):
    with world(tmp_path) as (postgres, kafka, proxy):
        yield postgres, kafka, proxy, tmp_path


def hold_end_txn(proxy):
    """Waits until an EndTxn is held: all rows of its transaction are there, the outcome is open."""
    before = len(proxy.held)
    proxy.hold_if = lambda request: request.api_key == END_TXN
    held = proxy.wait_held(count=before + 1)
    proxy.hold_if = None
    return held


def rows_flow(pipe, proxy, choice):
    """Waits past the start, whose Kafka transactions hold no rows, and a little further."""
    seen = proxy.count(END_TXN)
    until(lambda: "engine streaming" in pipe.log_text().rsplit("run started", 1)[-1], 30,
          lambda: pipe.log_tail())
    further = choice.randrange(2, 8)
    until(lambda: proxy.count(END_TXN) >= seen + further, 30, lambda: pipe.log_tail())


def kill_at_end_txn(pipe, proxy, watch, choice):
    """SIGKILL while EndTxn is on its way; it is then lost, or arrives when its sender is dead."""
    held = hold_end_txn(proxy)
    pipe.kill()
    rows = watch.open_rows()
    if choice.random() < 0.5:
        held.release()
        return "EndTxn arrives late", rows
    held.connection.keep_server = False
    held.connection.reset()
    held.released.set()
    return "EndTxn lost", rows


def kill_at_produce(pipe, proxy, watch, choice):
    """SIGKILL when a random number of further produce requests have passed."""
    target = proxy.count(PRODUCE) + choice.randrange(1, 60)
    until(lambda: proxy.count(PRODUCE) >= target, 30, lambda: pipe.log_tail(), interval=0.0005)
    pipe.kill()
    return "produce request", watch.open_rows()


def kill_committed(pipe, proxy, watch, _):
    """SIGKILL as soon as the broker has answered an EndTxn."""
    held = hold_end_txn(proxy)
    held.release()
    pipe.kill()
    return "EndTxn answered", watch.open_rows()


def published_past_the_slot(postgres, reader, slot):
    """Whether a reader sees a change that the slot has not confirmed."""
    seen = len(reader.records)
    fresh = [record.json() for record in reader.read_to_end()[seen:]]
    newest = max((body["source"]["lsn"] for body in fresh if body), default=0)
    confirmed = postgres.value("SELECT pg_wal_lsn_diff(confirmed_flush_lsn, '0/0') FROM "
                               "pg_replication_slots WHERE slot_name = %s", (slot,))
    return newest > confirmed


def test_a_hundred_kills_lose_double_reorder_and_tear_nothing(servers, seed):
    postgres, kafka, proxy, folder = servers
    choice = random.Random(seed)
    ledger = Ledger(postgres, seed)
    watch = Watch(kafka, TOPICS)
    pipe = Penstock(folder / "pipe", configuration(
        postgres, kafka.proxy_bootstrap, slot=SLOT, prefix=PREFIX))
    start_streaming(pipe, postgres, SLOT)
    counts = {"open": 0, "committed": 0}
    with ledger, Reader(kafka.bootstrap, TOPICS) as reader:
        ways = [kill_at_end_txn] * 50 + [kill_at_produce] * 16 + [kill_committed] * 14
        choice.shuffle(ways)
        for number, way in enumerate(ways):
            rows_flow(pipe, proxy, choice)
            how, rows = way(pipe, proxy, watch, choice)
            published = way is kill_committed and published_past_the_slot(postgres, reader, SLOT)
            phase = "in a Kafka transaction" if rows else \
                "between EndTxn and confirm" if published else "between Kafka transactions"
            counts["open"] += rows > 0
            counts["committed"] += published
            print(json.dumps({"kill": number, "how": how, "phase": phase, "open_rows": rows}))
            start_streaming(pipe, postgres, SLOT)
            if number % 8 == 0:
                check_not_torn(reader)
        ledger.stop()
        postgres.wait_confirmed(SLOT, timeout=60)
        records = reader.read_to_end()
        compared = judge(records, expected_changes(ledger.oracle))
    watch.close()
    assert pipe.stop() == 0, pipe.log_tail()
    print(json.dumps({"seed": seed, "changes": compared, **counts}))
    assert counts["open"] >= 60 and counts["committed"] >= 10, counts


def check_not_torn(reader):
    """Whatever a read_committed reader sees at an arbitrary moment is made of whole transactions.
    The two topics are read one after the other, so what is missing may be on its way: it must be
    there when the reader has read on to an end that was taken later."""
    first = torn(reader.read_to_end())
    if first:
        later = torn(reader.read_to_end())
        both = [(transaction, later[transaction]) for transaction in first if transaction in later]
        assert not both, f"torn: {both}"


def test_kills_during_the_first_start_leave_nothing_half_made(servers, seed):
    postgres, kafka, proxy, folder = servers
    choice = random.Random(seed)
    postgres.execute("CREATE TABLE ledger_first (id int PRIMARY KEY, v int)")
    for number in range(KILLS_FIRST):
        slot, prefix = f"first_{number}", f"first{number}"
        pipe = Penstock(folder / slot, configuration(
            postgres, kafka.bootstrap, slot=slot, prefix=prefix))
        state = f"{prefix}.__penstock_state.{slot}"
        stages = {
            "process started": lambda: pipe.log_text() != "",
            "state topic there": lambda: kafka.has_topic(state),
            "slot there": lambda: postgres.slot(slot) is not None,
            "slot streaming": lambda: postgres.walsender_pid(slot) is not None,
        }
        stage = choice.choice(list(stages))
        pipe.start()
        until(stages[stage], 30, lambda: pipe.log_tail(), interval=0.002)
        pipe.kill()
        print(json.dumps({"kill": number, "phase": "first start", "stage": stage, "open_rows": 0}))
        # Until it streams, a half-made slot may be dropped: nothing was ever published from it.
        before = len(pipe.log_text())
        pipe.start()
        pipe.wait_log("engine streaming", after=before)
        postgres.execute("INSERT INTO ledger_first VALUES (%s, 1)", (number,))
        with Reader(kafka.bootstrap, [f"{prefix}.public.ledger_first"]) as reader:
            reader.read_count(1)
            postgres.wait_confirmed(slot)
            keys = [record.json_key()["id"] for record in reader.read_to_end()]
        assert keys == [number], f"stage {stage}: {keys}"
        assert pipe.stop() == 0, pipe.log_tail()
        postgres.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
