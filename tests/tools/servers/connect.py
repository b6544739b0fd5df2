"""A Kafka Connect worker with one connector, in one process."""
from pathlib import Path

from .cache import folder_of
from .process import Process
from .wait import free_port

_JSON = "org.apache.kafka.connect.json.JsonConverter"


class ConnectWorker(Process):
    """A standalone worker in `folder`. plugins: the folder of the cache that connectors lie in."""

    def __init__(self, folder, kafka, *, plugins, connector):
        self.folder = Path(folder)
        super().__init__(self.folder / "log")
        self._worker = {
            "bootstrap.servers": kafka.bootstrap, "plugin.path": folder_of(plugins),
            "plugin.discovery": "service_load", "listeners": f"http://127.0.0.1:{free_port()}",
            "key.converter": _JSON, "key.converter.schemas.enable": "true",
            "value.converter": _JSON, "value.converter.schemas.enable": "true",
            "connector.client.config.override.policy": "All",
            "offset.storage.file.filename": self.folder / "offsets",
        }
        self._connector = connector

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, values in (("worker", self._worker), ("connector", self._connector)):
            (self.folder / f"{name}.properties").write_text(
                "".join(f"{key}={value}\n" for key, value in values.items()))
        self.launch(["java", "-Xmx512m", "-XX:+UseSerialGC", "-Duser.timezone=UTC",
                     "-cp", f"{folder_of('connect-3.6.1.Final')}/*",
                     "org.apache.kafka.connect.cli.ConnectStandalone",
                     self.folder / "worker.properties", self.folder / "connector.properties"])
        return self

    def __exit__(self, *_):
        self.kill()
