"""Real servers for the demo and the integration tests: PostgreSQL, Apache Kafka, our consumer, a
proxy between them, and readers that share nothing with the consumer but the brokers.

Nothing here imports from consumer/ or proto/: an oracle that shares the product's code would share
its mistakes. Every server lives in a folder of its own, on ports of its own, and ends with the
Python process that started it, however that ends (guard.py).

    with Postgres(folder / "pg") as pg, Kafka(folder / "kafka") as kafka:
        pg.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
        with Penstock(folder / "penstock", config) as pipe:
            ...
"""
from .connect import ConnectWorker
from .flink import FlinkSql
from .kafka import Kafka, KafkaUnavailable
from .kafka_cluster import KafkaCluster
from .oracle import OracleSlot
from .penstock import Penstock
from .postgres import Postgres
from .proxy import HeldRequest, KafkaProxy, Request, TcpProxy
from .readers import Reader, Record
from .registry import Apicurio, FakeRegistry, RegistryUnavailable
from .wait import free_port, until

__all__ = [
    "Apicurio", "ConnectWorker", "FakeRegistry", "FlinkSql", "HeldRequest", "Kafka", "KafkaCluster",
    "KafkaProxy", "KafkaUnavailable", "OracleSlot", "Penstock", "Postgres", "Reader", "Record",
    "RegistryUnavailable", "Request", "TcpProxy", "free_port", "until",
]
