"""Three nodes of Apache Kafka that are one cluster: each broker and controller in one process. A
topic has a copy on each and takes a record when two of them have it, as people run it."""
from pathlib import Path

from .kafka import Kafka, cluster_id
from .wait import free_port, until

_NODES = 3
_PROPERTIES = {
    "default.replication.factor": "3", "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3", "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    # A dead broker is noticed in seconds, not in half a minute.
    "broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500",
    "replica.lag.time.max.ms": "5000",
}


class KafkaCluster:
    """`nodes` are Kafka processes, to be killed and started one by one. Starts on entry of a with
    block, ends at its exit."""

    def __init__(self, folder, heap="256m"):
        controllers = [free_port() for _ in range(_NODES)]
        voters = ",".join(f"{number}@127.0.0.1:{port}"
                          for number, port in enumerate(controllers, 1))
        cluster = cluster_id()
        self.nodes = [
            Kafka(Path(folder) / f"node{number}", heap=heap, controller=port, cluster=cluster,
                  properties={**_PROPERTIES, "node.id": str(number),
                              "controller.quorum.voters": voters})
            for number, port in enumerate(controllers, 1)]

    @property
    def bootstrap(self):
        return ",".join(node.bootstrap for node in self.nodes)

    def __enter__(self):
        for node in self.nodes:
            node.spawn()
        self.wait_whole()
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.kill()

    def kill(self, node):
        """SIGKILL; returns when another broker is known to serve what that one led."""
        node.kill()
        number = self.nodes.index(node) + 1
        until(lambda: number not in self._leaders(), 60, f"other leaders than {number}")

    def wait_whole(self, timeout=90):
        """All brokers are there and every partition has all its copies in step."""
        def whole():
            for node in self.nodes:
                assert node.running(), node.log_tail()
            metadata = self._metadata()
            return metadata and len(metadata.brokers) == _NODES and all(
                len(partition.isrs) == len(partition.replicas)
                for topic in metadata.topics.values() for partition in topic.partitions.values())
        until(whole, timeout, lambda: "a whole cluster:\n" + self.nodes[0].log_tail())

    def leader(self, topic, partition=0):
        """The node that leads the partition."""
        return self.nodes[self._metadata().topics[topic].partitions[partition].leader - 1]

    def topics(self):
        return next(node for node in self.nodes if node.running()).topics()

    def _metadata(self):
        for node in self.nodes:
            if node.running():
                try:
                    return node.admin().list_topics(timeout=2)
                except Exception:  # pylint: disable=broad-except
                    continue
        return None

    def _leaders(self):
        metadata = self._metadata()
        return {partition.leader for topic in metadata.topics.values()
                for partition in topic.partitions.values()} if metadata else set(range(_NODES + 1))
