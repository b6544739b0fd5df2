"""A live Debezium in a Kafka Connect worker, tuned, as the peer of the end-to-end parts.

The jars come from Maven into the cache (tools/setup bench). One standalone worker, the settings
with which the connector does best on two cores: large queue and batches, short poll, an idempotent
producer with lz4, parallel collector.
"""
import os
import time
from pathlib import Path

from servers import free_port, until
from servers.process import Process

from . import pipe, processes

VERSION = "3.6.1.Final"

CONNECTOR = {
    "name": "bench", "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "plugin.name": "pgoutput", "publication.autocreate.mode": "disabled",
    "tombstones.on.delete": "true",
    "max.queue.size": 65536, "max.batch.size": 16384, "poll.interval.ms": 10,
    "producer.override.linger.ms": 5, "producer.override.batch.size": 1000000,
    "producer.override.compression.type": "lz4",
    "producer.override.enable.idempotence": "true",
    "producer.override.max.in.flight.requests.per.connection": 5,
    "producer.override.buffer.memory": 134217728,
}
CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
JVM = ["-Xms2g", "-Xmx2g", "-XX:+UseParallelGC", "-Duser.timezone=UTC"]


class Debezium(Process):
    """One worker with one connector for one table; its topic has the prefix dbz_<name>."""

    def __init__(self, folder, postgres, kafka, name, table, snapshot="no_data"):
        super().__init__(folder / "log")
        self.snapshot = snapshot
        self.folder, self.postgres, self.kafka = folder, postgres, kafka
        self.slot, self.table, self.prefix = f"dbz_{name}", table, f"dbz_{name}"
        self.topic = f"{self.prefix}.public.{table}"

    def prepare(self):
        """Makes slot, publication and topic before the load."""
        self.postgres.execute(f"CREATE PUBLICATION {self.slot} FOR TABLE {self.table}")
        self.postgres.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')",
                              (self.slot,))
        self.kafka.create_topic(self.topic)

    def start(self):
        cache = Path(os.environ.get("PENSTOCK_CACHE") or Path(
            os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "penstock")
        worker = {
            "bootstrap.servers": self.kafka.bootstrap, "plugin.path": cache / "debezium-plugins",
            "plugin.discovery": "service_load", "listeners": f"http://127.0.0.1:{free_port()}",
            "key.converter": CONVERTER, "key.converter.schemas.enable": "false",
            "value.converter": CONVERTER, "value.converter.schemas.enable": "false",
            "offset.storage.file.filename": self.folder / "offsets",
            "offset.flush.interval.ms": 10000,
        }
        connector = {
            **CONNECTOR, "snapshot.mode": self.snapshot,
            "topic.prefix": self.prefix, "slot.name": self.slot,
            "publication.name": self.slot, "table.include.list": f"public.{self.table}",
            "database.hostname": "127.0.0.1", "database.port": self.postgres.port,
            "database.user": "postgres", "database.password": "", "database.dbname": "postgres",
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, values in (("worker", worker), ("connector", connector)):
            (self.folder / f"{name}.properties").write_text(
                "".join(f"{key}={value}\n" for key, value in values.items()))
        self.launch(["java", *JVM, "-cp", f"{cache}/connect-{VERSION}/*",
                     "org.apache.kafka.connect.cli.ConnectStandalone",
                     self.folder / "worker.properties", self.folder / "connector.properties"])
        return self

    def drain(self, changes):
        """Drains the prepared backlog; figures of the whole run and of its warm second half."""
        quiet = processes.quiet()
        self.start()
        half = {}
        end = pipe.EndOffset(self.kafka, self.topic)

        def finished():
            if not self.running():
                raise AssertionError(self.log_tail())
            value = end.value()
            if not half and value >= changes // 2:
                half.update(at=time.monotonic(), offset=value,
                            cpu=processes.cpu_seconds(self.pid))
            return value >= self._expected(changes)
        try:
            until(lambda: self.postgres.walsender_pid(self.slot), 120, lambda: self.log_tail())
            result = pipe.drain(self.postgres, self.kafka, self.pid,
                                lambda: self.postgres.walsender_pid(self.slot), self.topic,
                                finished)
            records = end.value()
            warm = records - half["offset"]
            return {**result, "records": records, "quiet": quiet,
                    "records_per_s": round(records / max(result["drain_s"], 0.01)),
                    "warm_records_per_s": round(warm / (time.monotonic() - half["at"])),
                    "warm_client_cpu_s_per_m": round(
                        (processes.cpu_seconds(self.pid) - half["cpu"]) / warm * 1e6, 1)}
        finally:
            self.kill()

    def _expected(self, changes):
        """Records without Kafka transactions: every change, and a tombstone for every delete."""
        return changes + (100_000 if self.table == "bench" else 0)
