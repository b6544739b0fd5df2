"""Flink SQL: its gateway, which runs each query in its own process, spoken to by HTTP.

The jars are in the cache (make test-readers). The interface is that of "SQL Gateway, REST Endpoint"
in Flink's manual.
"""
import json
import urllib.error
import urllib.request
from pathlib import Path

from .cache import folder_of
from .process import Process
from .wait import free_port, until

_CONFIGURATION = """\
execution.target: local
parallelism.default: 1
table.local-time-zone: UTC
"""
_OPENED = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED"
           for package in ("lang", "util", "util.concurrent", "net", "nio")]


class FlinkSql(Process):
    """One gateway with one session."""

    def __init__(self, folder):
        self.folder = Path(folder)
        super().__init__(self.folder / "log")
        self.port = free_port()
        self._session = None

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.yaml").write_text(_CONFIGURATION)
        self.launch(["java", "-Xmx768m", "-XX:+UseSerialGC", *_OPENED,
                     "-cp", f"{folder_of('flink-sql-2.0.0')}/*",
                     "org.apache.flink.table.gateway.SqlGateway",
                     "-Dsql-gateway.endpoint.rest.address=127.0.0.1",
                     f"-Dsql-gateway.endpoint.rest.port={self.port}"],
                    env={"FLINK_CONF_DIR": str(self.folder), "PATH": "/usr/bin:/bin"})

        def answers():
            assert self.running(), self.log_tail()
            try:
                self._session = self._ask("POST", "/sessions", {})["sessionHandle"]
            except OSError:
                return False
            return True
        until(answers, 90, lambda: "the gateway to answer:\n" + self.log_tail())
        return self

    def __exit__(self, *_):
        self.kill()

    def query(self, statement, timeout=180.0):
        """Runs one statement to its end; its changes as pairs of kind ("INSERT", "UPDATE_BEFORE",
        "UPDATE_AFTER", "DELETE") and list of fields."""
        session = f"/sessions/{self._session}"
        statement = statement.rstrip(" ;\n")
        operation = self._ask("POST", f"{session}/statements", {"statement": statement})
        place = f"{session}/operations/{operation['operationHandle']}/result/0?rowFormat=JSON"
        changes = []

        def over():
            nonlocal place
            page = self._ask("GET", place)
            changes.extend((row["kind"], row["fields"])
                           for row in page.get("results", {}).get("data", ()))
            place = page.get("nextResultUri", place).removeprefix("/v2")
            return page["resultType"] == "EOS"
        until(over, timeout, lambda: f"the end of {statement}:\n" + self.log_tail())
        return changes

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v2{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode(errors="replace")[:4000]) from error
