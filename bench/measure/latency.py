"""Commit to read_committed reader at 500 one-row transactions a second, 30 s after 40 s warm-up: a
broker that was just started compiles for half a minute."""
import re
import statistics
import subprocess
import time

from confluent_kafka import OFFSET_END, Consumer, TopicPartition
from servers import Kafka, Penstock, until

from . import debezium, loads, pipe, processes

RATE, WARM_UP_S, MEASURED_S = 500, 40, 30
# Of the source block, which stands before the envelope's own. Parsing JSON would take the reader
# longer than what it measures.
TIMESTAMP = re.compile(rb'"ts_us":(\d+)')
SCRIPT = ("INSERT INTO lat VALUES (nextval('lat_id'), 1, 1.5, 'abcdefghijabcdefghij', "
          "clock_timestamp(), true, '00000000-0000-0000-0000-000000000001', "
          "'{\"k\": 1, \"tag\": \"abcdef\"}', 1.5);\n")


def measure(folder):
    rows = []
    with loads.cluster(folder / "pg") as postgres, Kafka(folder / "kafka") as kafka:
        postgres.execute(loads.TABLE.format(name="lat") + "CREATE SEQUENCE lat_id CACHE 1000")
        (folder / "load.sql").write_text(SCRIPT)
        (folder / "load.sql").chmod(0o644)
        for name, delivery in (("penstock exactly once", "exactly-once"),
                               ("penstock at-least-once", "at-least-once")):
            prefix = delivery.replace("-", "_")
            config = pipe.settings(postgres, kafka, prefix=prefix, tables=["public.lat"],
                                   extra={"kafka": {"delivery": delivery}})
            slot = config["slot"]["name"]
            with Penstock(folder / prefix, config) as process:
                until(lambda: postgres.walsender_pid(slot), 60, lambda: process.log_tail())
                rows.append({"name": name, **load_and_read(
                    folder, postgres, kafka, process.pid, slot, f"{prefix}.public.lat")})
                process.stop()
            print(rows[-1], flush=True)
        peer = debezium.Debezium(folder / "debezium", postgres, kafka, "lat", "lat")
        peer.prepare()
        with_peer = peer.start()
        try:
            until(lambda: postgres.walsender_pid(peer.slot), 120, lambda: with_peer.log_tail())
            rows.append({"name": "debezium tuned (at least once)", **load_and_read(
                folder, postgres, kafka, peer.pid, peer.slot, peer.topic)})
        finally:
            peer.kill()
        print(rows[-1], flush=True)
    return {"rows": rows}


def load_and_read(folder, postgres, kafka, pid, slot, topic):
    bench = subprocess.Popen(
        [postgres.bin / "pgbench", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres",
         "-n", "-M", "prepared", "-f", folder / "load.sql", "-R", str(RATE), "-c", "2", "-T",
         str(WARM_UP_S + MEASURED_S), "postgres"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    began, samples, before = time.time(), [], None
    until(lambda: topic in kafka.topics(), 60, f"topic {topic}")
    reader = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "latency",
                       "isolation.level": "read_committed", "enable.auto.commit": False})
    reader.assign([TopicPartition(topic, 0, OFFSET_END)])
    while bench.poll() is None:
        message = reader.poll(0.05)
        now = time.time()
        if now - began < WARM_UP_S or message is None or message.error():
            continue
        before = before or books(postgres, kafka, pid, slot)
        committed = TIMESTAMP.search(message.value())
        samples.append((now * 1e6 - int(committed[1])) / 1e3)
    reader.close()
    after = books(postgres, kafka, pid, slot)
    span = after["at"] - before["at"]
    cuts = statistics.quantiles(samples, n=100)
    return {"samples": len(samples), "p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1),
            "p99_ms": round(cuts[98], 1), "max_ms": round(max(samples), 1),
            **{key + "_cores": round((after[key] - before[key]) / span, 3)
               for key in ("client", "walsender", "broker")},
            "client_peak_rss_mib": round(processes.peak_rss_mib(pid), 1)}


def books(postgres, kafka, pid, slot):
    return {"at": time.time(), "client": processes.cpu_seconds(pid),
            "walsender": processes.cpu_seconds(postgres.walsender_pid(slot)),
            "broker": kafka.cpu_seconds()}
