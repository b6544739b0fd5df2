"""Our consumer and Debezium behind one face, for the end-to-end parts."""
import time

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec
from servers import Penstock, Reader, until

from . import processes


def settings(postgres, kafka, *, prefix, tables, partitions=1, extra=None):
    """The configuration of a run of ours: Unix socket, one broker accepted by name."""
    config = {
        "source": {"url": postgres.url(tcp=False), "tables": tables},
        "slot": {"name": "bench_" + prefix},
        "kafka": {"brokers": kafka.bootstrap, "single_broker": True},
        "topics": {"prefix": prefix, "partitions": partitions},
        "snapshot": {"mode": "never"},
    }
    for section, values in (extra or {}).items():
        config.setdefault(section, {}).update(values)
    return config


def prepared(folder, postgres, config):
    """Starts our consumer once, so that slot and state exist, and stops it cleanly."""
    slot = config["slot"]["name"]
    with Penstock(folder / "prepare", config) as pipe:
        # Until then the slot is half made: the next start would make it anew, behind the backlog.
        until(lambda: " engine streaming " in pipe.log_text(), 60, lambda: pipe.log_tail())
        postgres.wait_confirmed(slot)
        pipe.stop()


class EndOffset:
    """The last stable offset of a topic's one partition, cheaply polled."""

    def __init__(self, kafka, topic):
        self.kafka, self.place = kafka, TopicPartition(topic, 0)

    def value(self):
        admin = self.kafka.admin()
        try:
            asked = admin.list_offsets({self.place: OffsetSpec.latest()})
            return asked[self.place].result(5).offset
        except KafkaException:
            # The topic is not there yet; the client remembers that until it is asked anew.
            admin.list_topics(self.place.topic, timeout=5)
            return 0


def drain(postgres, kafka, pid, walsender, topic, finished, timeout=600):
    """Follows a backlog until finished() is true. Times run from the first record to the last."""
    end = EndOffset(kafka, topic)
    first = last = None
    offset = 0
    books = {}
    broker_before = kafka.cpu_seconds()
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        value, now = end.value(), time.monotonic()
        if value > offset:
            first = first or now
            offset, last = value, now
            books = {"client_cpu_s": processes.cpu_seconds(pid),
                     "walsender_cpu_s": processes.cpu_seconds(walsender()),
                     "broker_cpu_s": kafka.cpu_seconds() - broker_before,
                     "client_peak_rss_mib": processes.peak_rss_mib(pid)}
        if first and finished():
            break
        time.sleep(0.02)  # The resolution of the measurement.
    else:
        raise AssertionError(f"the backlog was not drained in {timeout} s")
    return {**{key: round(value, 2) for key, value in books.items()},
            "drain_s": round(last - first, 2)}


def count_records(kafka, topic):
    with Reader(kafka.bootstrap, [topic]) as reader:
        return len(reader.read_to_end(600))
