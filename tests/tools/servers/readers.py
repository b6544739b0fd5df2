"""A reader of Kafka that knows nothing of the consumer: the stock client, read_committed."""
import json
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from .wait import until


@dataclass(frozen=True)
class Record:
    """One record as a reader sees it. `headers` are pairs; key and value are bytes or None."""
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple = field(default=())

    def json(self):
        """The value as JSON; None for a tombstone."""
        return None if self.value is None else json.loads(self.value)

    def json_key(self):
        return None if self.key is None else json.loads(self.key)


class Reader:
    """Reads whole topics from the beginning, without a group and without commits.

    `topics`: names, or None for "all but Kafka's own and names that hold __penstock_", taken anew
    at each poll, so that topics which appear later are read, too. Not thread safe.
    """

    def __init__(self, bootstrap, topics=None, isolation="read_committed"):
        self.topics = topics
        self.records = []     # everything read so far, in arrival order
        self._reached = {}    # (topic, partition) -> offset behind the last record or end seen
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "reader", "isolation.level": isolation,
            "enable.auto.commit": False, "enable.partition.eof": True, "log_level": 0,
            "auto.offset.reset": "error", "fetch.wait.max.ms": 20,
            "topic.metadata.refresh.interval.ms": 1000,
        })

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._consumer.close()

    def poll(self, timeout=0.2):
        """Reads what there is now (waits up to `timeout` for a first event) and returns it."""
        self._assign_new_partitions()
        fresh = []
        # consume() alone would wait for its whole number or the whole time.
        first = self._consumer.poll(timeout)
        # A message is as long as its value: a tombstone is there, and false.
        batch = [] if first is None else [first, *self._consumer.consume(2000, 0)]
        for message in batch:
            place = (message.topic(), message.partition())
            if message.error() is None:
                self._reached[place] = message.offset() + 1
                fresh.append(_record(message))
            elif message.error().code() == KafkaError._PARTITION_EOF:
                self._reached[place] = message.offset()
            elif message.error().fatal():
                raise KafkaException(message.error())
        self.records += fresh
        return fresh

    def read_to_end(self, timeout=60.0):
        """Reads every partition to its end as of this call (read_committed: the last stable
        offset) and returns every record ever read."""
        self._assign_new_partitions()
        ends = {place: self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=20)[1]
                for place in self._reached}

        def done():
            if all(self._reached[place] >= end for place, end in ends.items()):
                return True
            self.poll(0.1)
            return False
        until(done, timeout, lambda: f"the ends {ends}, at {self._reached}", interval=0)
        return self.records

    def read_until(self, enough, timeout=60.0, what="enough records"):
        """Reads until enough(records) is true; returns every record ever read."""
        def done():
            if enough(self.records):
                return True
            self.poll(0.1)
            return enough(self.records)
        until(done, timeout, lambda: f"{what}; {len(self.records)} records so far", interval=0)
        return self.records

    def read_count(self, count, timeout=60.0):
        """Reads until `count` records are there, at least."""
        return self.read_until(lambda records: len(records) >= count, timeout, f"{count} records")

    def of(self, topic):
        """The records of one topic, by partition and offset."""
        mine = [record for record in self.records if record.topic == topic]
        return sorted(mine, key=lambda record: (record.partition, record.offset))

    def _names(self):
        listed = self._consumer.list_topics(timeout=10).topics
        if self.topics is not None:
            return [(name, listed[name]) for name in self.topics if name in listed]
        return [(name, topic) for name, topic in listed.items()
                if (not name.startswith("__") or name.startswith("__debezium"))
                and ".__penstock_" not in name]

    def _assign_new_partitions(self):
        assigned = {topic for topic, _ in self._reached}
        if self.topics is not None and assigned == set(self.topics):
            return
        fresh = [TopicPartition(name, partition, OFFSET_BEGINNING)
                 for name, topic in self._names() for partition in topic.partitions
                 if (name, partition) not in self._reached]
        if fresh:
            self._consumer.incremental_assign(fresh)
            self._reached.update({(place.topic, place.partition): 0 for place in fresh})


def _record(message):
    return Record(message.topic(), message.partition(), message.offset(), message.key(),
                  message.value(), message.timestamp()[1], tuple(message.headers() or ()))
