"""One Apache Kafka node (KRaft, broker and controller in one process) on 127.0.0.1.

The jars are in the cache (tools/setup). Two listeners: `bootstrap` for readers and administrators,
and `proxied_port`, whose advertised address is `proxy_port`, where a KafkaProxy may listen: so a
test can disturb the consumer alone.
"""
import base64
import os
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from .process import Process
from .wait import free_port, until

VERSION = "4.3.1"
HERE = Path(__file__).resolve().parents[1] / "kafka"

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxied},\
CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=2097152
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
"""


class KafkaUnavailable(RuntimeError):
    """There is no Java, or the jars could not be fetched."""


def jars():
    """The folder of the jars; KafkaUnavailable says what is missing."""
    cache = os.environ.get("PENSTOCK_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "penstock")
    folder = Path(cache) / f"kafka-{VERSION}"
    if not shutil.which("java"):
        raise KafkaUnavailable("there is no Java on this machine")
    if not (folder / "stamp").exists():
        raise KafkaUnavailable("the jars of Apache Kafka are not in the cache: run tools/setup")
    return folder


def cluster_id():
    """A new one. A leading dash would be taken for an option."""
    return "k" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]


class Kafka(Process):
    """One node in `folder`. Starts on entry of a with block, ends at its exit.

    properties: extra lines of server.properties, name to text; of two with one name the later one
    counts. `controller` and `cluster` are chosen by whoever joins several nodes (KafkaCluster).
    """

    def __init__(self, folder, *, properties=None, heap="512m", controller=None, cluster=None):
        self.folder = Path(folder)
        super().__init__(self.folder / "log")
        self.jars = jars()
        self.data = self.folder / "data"
        self.port, self.proxied_port = free_port(), free_port()
        self.proxy_port, self._controller = free_port(), controller or free_port()
        self._heap = heap
        self._admin = None
        self._format(properties or {}, cluster or cluster_id())

    @property
    def bootstrap(self):
        """The brokers, for readers and administrators."""
        return f"127.0.0.1:{self.port}"

    @property
    def proxy_bootstrap(self):
        """The brokers as seen through a KafkaProxy on proxy_port."""
        return f"127.0.0.1:{self.proxy_port}"

    # --- life -------------------------------------------------------------------------------

    def start(self, timeout=60.0):
        """Starts the node and returns when it answers a metadata request."""
        self.spawn()

        def answers():
            if not self.running():
                raise AssertionError("kafka ended:\n" + self.log_tail())
            return self.admin().list_topics(timeout=1).brokers
        until(answers, timeout, lambda: "kafka to answer:\n" + self.log_tail())
        return self

    def spawn(self):
        """Starts the node and does not wait for it: alone it may have no quorum."""
        self.launch(self._java("-Dpenstock.log=INFO", f"-Xms{self._heap}", f"-Xmx{self._heap}",
                               "kafka.Kafka", self.folder / "server.properties"))

    def stop(self, timeout=30.0):
        """A clean shutdown (SIGTERM)."""
        if self.running():
            self.signal(signal.SIGTERM)
            self.wait(timeout)

    def restart(self, hard=False):
        """Stops (hard: SIGKILL) and starts on the same ports and data."""
        if hard:
            self.kill()
        else:
            self.stop()
        return self.start()

    def __enter__(self):
        return self if self.running() else self.start()

    def __exit__(self, *_):
        self.kill()

    # --- use --------------------------------------------------------------------------------

    def admin(self):
        """One AdminClient for the life of this object: futures die with their client."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.bootstrap,
                                       "log_level": 0, "reconnect.backoff.max.ms": 200})
        return self._admin

    def topics(self):
        """Names to partition counts; Kafka's own topics are left out."""
        found = self.admin().list_topics(timeout=10).topics
        return {name: len(topic.partitions) for name, topic in found.items()
                if name not in ("__consumer_offsets", "__transaction_state",
                                "__share_group_state")}

    def create_topic(self, name, partitions=1, **config):
        """Returns when the topic can be written to."""
        topic = NewTopic(name, partitions, 1, config={k.replace("_", "."): str(v)
                                                      for k, v in config.items()})
        for future in self.admin().create_topics([topic]).values():
            future.result(20)
        until(lambda: name in self.topics(), 20, f"topic {name}")

    def delete_topic(self, name):
        """Returns when the topic is gone."""
        for future in self.admin().delete_topics([name], operation_timeout=20).values():
            future.result(20)
        until(lambda: name not in self.topics(), 20, f"topic {name} to be gone")

    def topic_config(self, name):
        """The topic's settings, name to text."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        entries = self.admin().describe_configs([resource])[resource].result(20)
        return {entry.name: entry.value for entry in entries.values()}

    def has_topic(self, name):
        try:
            return name in self.topics()
        except KafkaException:
            return False

    # --- making -----------------------------------------------------------------------------

    def _java(self, *words):
        return ["java", "-XX:+UseSerialGC", "-Xshare:auto",
                f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
                "-cp", f"{self.jars}/*", *words]

    def _format(self, properties, cluster):
        self.folder.mkdir(parents=True, exist_ok=True)
        text = _PROPERTIES.format(port=self.port, proxied=self.proxied_port, proxy=self.proxy_port,
                                  controller=self._controller, data=self.data)
        text += "".join(f"{name}={value}\n" for name, value in properties.items())
        (self.folder / "server.properties").write_text(text)
        subprocess.run([str(word) for word in self._java(
            "-Dpenstock.log=WARN", "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format",
            "-t", cluster, "-c", self.folder / "server.properties")],
            check=True, capture_output=True)
