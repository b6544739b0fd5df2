"""Schema registries: a small one with faults made to order, and Apicurio's.

FakeRegistry runs in threads of this process and speaks as much of the Confluent Schema Registry's
API as a producer and a reader need. Apicurio is a real one; its archive is in the cache
(tools/setup test), it keeps everything in memory.
"""
import base64
import json
import os
import re
import shutil
import signal
import ssl
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .process import Process
from .wait import free_port, until

APICURIO_VERSION = "2.6.13.Final"
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class FakeRegistry:
    """A registry on 127.0.0.1 with everything in memory.

    fault: what it does instead of answering, decided for each request before anything else by
        fault(method, path) -> None, "hang", "drop", or (status, error_code, message).
    incompatible: subjects that take no second version, as the level BACKWARD would say.
    authorization: the exact value of the header Authorization that is asked for; None for none.
    tokens: client name and password to the bearer token that POST /token gives.
    """

    def __init__(self, port=None, tls=None):
        self.port = port or free_port()
        self.tls = tls
        self.fault = None
        self.incompatible = set()
        self.authorization = None
        self.tokens = {}
        self.mode = "READWRITE"
        self.level = "BACKWARD"
        self.requests = []       # (method, path) of everything that came
        self.subjects = {}       # name -> list of (id, schema, type), oldest first
        self._ids = {}           # (type, schema) -> id
        self._lock = threading.RLock()
        self._let_go = threading.Event()
        self._server = None

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    # --- life -------------------------------------------------------------------------------

    def start(self):
        self._let_go.clear()
        self._server = _Server(("127.0.0.1", self.port), _handler_of(self))
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """Connections are refused until the next start; what is registered stays."""
        self._let_go.set()
        if self._server:
            self._server.shutdown()
            self._server.end_connections()
            self._server.server_close()
            self._server = None

    def __enter__(self):
        return self if self._server else self.start()

    def __exit__(self, *_):
        self.stop()

    # --- use --------------------------------------------------------------------------------

    def schema(self, number):
        """(type, schema) of an id."""
        with self._lock:
            return {one: key for key, one in self._ids.items()}[number]

    def asked(self, method, pattern):
        """How many requests of this method had a path in which `pattern` is found."""
        with self._lock:
            return sum(1 for verb, path in self.requests
                       if verb == method and re.search(pattern, path))

    # --- answers ----------------------------------------------------------------------------

    def judge(self, method, path, headers):
        """None, or what to answer before looking at the question."""
        with self._lock:
            self.requests.append((method, path))
        fault = self.fault(method, path) if self.fault else None
        if fault == "hang":
            self._let_go.wait()
            return "drop"
        if fault:
            return fault
        if self.authorization and not path.startswith("/token") \
                and headers.get("Authorization") != self.authorization:
            return (401, 401, "Unauthorized")
        return None

    def get(self, path):
        if path == "/mode":
            return 200, {"mode": self.mode}
        if path == "/config":
            return 200, {"compatibilityLevel": self.level}
        if match := re.fullmatch(r"/schemas/ids/(\d+)", path):
            with self._lock:
                kind, text = self.schema(int(match[1]))
            return 200, {"schema": text, "schemaType": kind}
        if match := re.fullmatch(r"/subjects/([^/]+)/versions/latest", path):
            with self._lock:
                versions = self.subjects.get(unquote(match[1]))
            if not versions:
                return 404, _error(40401, "Subject not found.")
            number, text, kind = versions[-1]
            return 200, {"subject": unquote(match[1]), "version": len(versions), "id": number,
                         "schema": text, "schemaType": kind}
        return 404, _error(404, "HTTP 404 Not Found")

    def post(self, path, body, headers):
        if path == "/token":
            return self._token(headers)
        question = json.loads(body)
        schema = (question.get("schemaType", "AVRO"), question["schema"])
        if match := re.fullmatch(r"/compatibility/subjects/([^/]+)/versions/latest", path):
            return self._try(unquote(match[1]))
        if match := re.fullmatch(r"/subjects/([^/]+)", path):
            return self._look_up(unquote(match[1]), schema)
        if match := re.fullmatch(r"/subjects/([^/]+)/versions", path):
            return self._register(unquote(match[1]), schema)
        return 404, _error(404, "HTTP 404 Not Found")

    def _token(self, headers):
        basic = base64.b64decode(headers.get("Authorization", "")[len("Basic "):]).decode()
        name, _, password = basic.partition(":")
        token = self.tokens.get((unquote(name), unquote(password)))
        if token is None:
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 60}

    def _try(self, subject):
        with self._lock:
            if subject not in self.subjects:
                return 404, _error(40401, "Subject not found.")
            if subject in self.incompatible:
                return 200, {"is_compatible": False, "messages": ["a reader would not follow"]}
            return 200, {"is_compatible": True}

    def _look_up(self, subject, schema):
        with self._lock:
            if subject not in self.subjects:
                return 404, _error(40401, "Subject not found.")
            for version, (number, text, kind) in enumerate(self.subjects[subject], 1):
                if (kind, text) == schema:
                    return 200, {"subject": subject, "version": version, "id": number,
                                 "schema": text}
            return 404, _error(40403, "Schema not found.")

    def _register(self, subject, schema):
        with self._lock:
            if self.mode != "READWRITE":
                return 422, _error(42205, "Subject is in read-only mode")
            versions = self.subjects.setdefault(subject, [])
            if versions and subject in self.incompatible:
                return 409, _error(40901, "Schema being registered is incompatible")
            number = self._ids.setdefault(schema, len(self._ids) + 1)
            if all(known != number for known, _, _ in versions):
                versions.append((number, schema[1], schema[0]))
            return 200, {"id": number}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, handler):
        self._connections = set()
        super().__init__(address, handler)

    def process_request(self, request, client_address):
        self._connections.add(request)
        super().process_request(request, client_address)

    def end_connections(self):
        """Kept-alive connections would outlive the listener."""
        for connection in self._connections:
            try:
                connection.shutdown(2)
            except OSError:
                pass

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""


def _handler_of(registry):
    class Handler(BaseHTTPRequestHandler):
        """One connection."""
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass

        def do_GET(self):  # pylint: disable=invalid-name
            self._answer(lambda path, _: registry.get(path))

        def do_POST(self):  # pylint: disable=invalid-name
            self._answer(lambda path, body: registry.post(path, body, self.headers))

        def _answer(self, to_answer):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            verdict = registry.judge(self.command, self.path, self.headers)
            if verdict == "drop":
                self.close_connection = True
                return
            if verdict:
                self._send(verdict[0], _error(verdict[1], verdict[2]))
            else:
                self._send(*to_answer(path, body))

        def _send(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
    return Handler


def _error(code, message):
    return {"error_code": code, "message": message}


def server_tls(certificate, key, client_authority=None):
    """For FakeRegistry(tls=...); with `client_authority` clients have to show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    return context


class RegistryUnavailable(RuntimeError):
    """There is no Java, or the archive could not be fetched."""


class Apicurio(Process):
    """Apicurio Registry in memory. Starts on entry of a with block; forgets all at its end."""

    def __init__(self, folder):
        super().__init__(Path(folder) / "log")
        self.folder = Path(folder)
        self.port = free_port()
        cache = os.environ.get("PENSTOCK_CACHE") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "penstock")
        self.tree = Path(cache) / f"apicurio-{APICURIO_VERSION}"
        if not shutil.which("java"):
            raise RegistryUnavailable("there is no Java on this machine")
        if not (self.tree / "stamp").exists():
            raise RegistryUnavailable("Apicurio is not in the cache: run tools/setup test")

    @property
    def url(self):
        """Confluent's API."""
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self, timeout=90.0):
        """Returns when it answers."""
        jar = next(self.tree.glob("apicurio-registry-app-*-runner.jar"))
        self.launch(["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                     "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}",
                     "-jar", jar], cwd=self.tree)

        def answers():
            if not self.running():
                raise AssertionError("apicurio ended:\n" + self.log_tail())
            return self.ask("GET", "/subjects") is not None
        until(answers, timeout, lambda: "apicurio to answer:\n" + self.log_tail())
        return self

    def stop(self, timeout=30.0):
        if self.running():
            self.signal(signal.SIGTERM)
            self.wait(timeout)

    def __enter__(self):
        return self if self.running() else self.start()

    def __exit__(self, *_):
        self.kill()

    def ask(self, method, path, body=None):
        """One question to the API; the answer's JSON. HTTPError for a refusal."""
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Content-Type": CONTENT_TYPE},
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def set_level(self, level, subject=None):
        """The compatibility level of all subjects or of one."""
        path = "/config" + (f"/{subject}" if subject else "")
        return self.ask("PUT", path, {"compatibility": level})
