"""Faults of the network, made to order.

TcpProxy stands between a client and a server and passes, delays, holds or cuts what they say.
KafkaProxy understands the heads of Kafka's requests, so that a single request can be held: it can
arrive at the broker long after the client has given up on it, which is how a late EndTxn tears a
transaction.

Every connection has two pump threads. State is guarded by one lock; `changed` wakes the pumps.
"""
import socket
import struct
import threading
from dataclasses import dataclass, field

from .wait import free_port, until

PRODUCE = 0
END_TXN = 26
_RST = struct.pack("ii", 1, 0)


class TcpProxy:
    """Listens on `port`, forwards to 127.0.0.1:`target`.

    mode "pass": as if it were not there. mode "hold": bytes are read no more, connections stay.
    mode "drop": bytes are read and thrown away. delay: seconds before each chunk is passed on.
    alter: a function from what a server says, chunk by chunk, to what its client hears instead.
    """

    def __init__(self, target, port=None):
        self.target = target
        self.port = port or free_port()
        self.mode = "pass"
        self.delay = 0.0
        self.alter = None
        self.connections = []
        self._hold_after = None
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._open = True
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def set(self, mode=None, delay=None):
        """Changes the behaviour of all connections, present and future."""
        with self._changed:
            self.mode = mode if mode is not None else self.mode
            self.delay = delay if delay is not None else self.delay
            self._changed.notify_all()

    def silence(self):
        """What is connected now never hears from the other side again, and nobody is told: no
        byte, no end, no RST. New connections are served. Such is a firewall that has forgotten a
        connection, or a machine behind a load balancer that is gone."""
        with self._lock:
            for connection in self.connections:
                connection.silent = True

    def hold_after(self, response_bytes):
        """Holds everything from the moment when servers have answered that many bytes in all."""
        with self._lock:
            self._hold_after = response_bytes

    def holds(self):
        with self._lock:
            return self.mode == "hold"

    def reset_all(self):
        """RST to both sides of every connection; new ones are accepted as before."""
        with self._lock:
            victims, self.connections = self.connections, []
        for connection in victims:
            connection.reset()

    def close(self):
        """Ends everything; also lets go of what is held."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._listener.close()
        self.reset_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
                client.close()
                continue
            server.settimeout(None)
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, client, server)
            with self._lock:
                self.connections.append(connection)
            connection.start()

    def _may_pass(self, connection):
        """Waits while held; False when the bytes are to be thrown away."""
        with self._changed:
            if self._hold_after is not None and self.mode == "pass":
                answered = sum(each.response_bytes for each in self.connections)
                self.mode = "hold" if answered >= self._hold_after else "pass"
            self._changed.wait_for(lambda: self.mode != "hold" or not self._open)
            if self.delay:
                self._changed.wait_for(lambda: not self._open, self.delay)
            return self.mode == "pass" and not connection.silent

    def _forward_request(self, connection):
        """One step of the client's side; False at the end of the stream."""
        chunk = connection.client.recv(65536)
        if chunk and self._may_pass(connection):
            connection.server.sendall(chunk)
        return bool(chunk)


class _Connection:
    """A client's socket and the server's behind it."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.client_gone = False
        self.silent = False
        self.keep_server = False  # a held request still has to go out on it
        self.response_bytes = 0

    def start(self):
        threading.Thread(target=self._requests, daemon=True).start()
        threading.Thread(target=self._responses, daemon=True).start()

    def reset(self):
        self.reset_client()
        if not self.keep_server:
            _reset(self.server)

    def reset_client(self):
        self.client_gone = True
        _reset(self.client)

    def _requests(self):
        try:
            while self.proxy._forward_request(self):  # pylint: disable=protected-access
                pass
        except OSError:
            pass
        # After a severed client the server's side stays: the answer to a late request is awaited.
        if not self.keep_server and not self.client_gone and not self.silent:
            _shut(self.server)

    def _responses(self):
        try:
            while chunk := self.server.recv(65536):
                self.response_bytes += len(chunk)
                if self.proxy.alter is not None:
                    chunk = self.proxy.alter(chunk)
                passed = self.proxy._may_pass(self)  # pylint: disable=protected-access
                if passed and not self.client_gone:
                    self.client.sendall(chunk)
        except OSError:
            pass
        if not self.silent:
            _shut(self.client)


@dataclass
class Request:
    """The head of a Kafka request. transactional_id is known for EndTxn and Produce."""
    api_key: int
    api_version: int
    correlation_id: int
    client_id: str | None
    frame: bytes
    transactional_id: str | None = None
    committed: bool | None = None      # EndTxn: commit or abort


@dataclass
class HeldRequest:
    """A request that KafkaProxy keeps back."""
    request: Request
    connection: object
    released: threading.Event = field(default_factory=threading.Event)

    def sever(self):
        """RST to the client, which will try again on a new connection; the request and its
        connection to the broker stay in our hands."""
        self.connection.keep_server = True
        self.connection.reset_client()

    def release(self, timeout=30.0):
        """Sends it to the broker now and returns when the broker has answered."""
        before = self.connection.response_bytes
        self.connection.server.sendall(self.request.frame)
        until(lambda: self.connection.response_bytes > before, timeout, "the broker's answer")
        self.connection.keep_server = False
        self.released.set()


class KafkaProxy(TcpProxy):
    """A TcpProxy that reads requests. `hold_if` decides about each on the connection's thread:

        proxy.hold_if = lambda r: r.api_key == END_TXN and r.transactional_id.endswith(".a")
        held = proxy.wait_held()       # the consumer has sent it, the broker has not seen it
        held.sever()                   # the consumer tries again ...
        held.release()                 # ... and the first one arrives late

    What the client sends behind a held request on the same connection waits with it. `seen` counts
    requests by (api key, transactional id).
    """

    def __init__(self, target, port=None):
        self.hold_if = None
        self.held = []
        self.seen = {}
        self.produced = {}  # transactional id to what is_answered() needs
        super().__init__(target, port)

    def wait_held(self, timeout=30.0, count=1):
        """Waits until `count` requests have been held; returns the last of them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.held) >= count, timeout):
                raise TimeoutError(f"waited {timeout:.0f} s for held request number {count}")
            return self.held[count - 1]

    def count(self, api_key, transactional_id=None):
        with self._lock:
            return sum(n for (key, tid), n in self.seen.items()
                       if key == api_key and transactional_id in (None, tid))

    def is_answered(self, transactional_id, number):
        """Whether the broker has answered Produce request `number` (from 0) of that producer, or a
        later request on the same connection."""
        with self._lock:
            requests = self.produced.get(transactional_id, [])
            if len(requests) <= number:
                return False
            connection, response_bytes = requests[number]
            return connection.response_bytes > response_bytes

    def _forward_request(self, connection):
        frame = _read_frame(connection.client)
        if frame is None:
            return False
        request = parse_request(frame)
        with self._changed:
            place = (request.api_key, request.transactional_id)
            self.seen[place] = self.seen.get(place, 0) + 1
            if request.api_key == PRODUCE:
                self.produced.setdefault(request.transactional_id, []).append(
                    (connection, connection.response_bytes))
            hold = self.hold_if is not None and self.hold_if(request)
            if hold:
                held = HeldRequest(request, connection)
                connection.keep_server = True
                self.held.append(held)
                self._changed.notify_all()
        if hold:
            held.released.wait()
            return not connection.client_gone
        if self._may_pass(connection):
            connection.server.sendall(frame)
        return True

    def close(self):
        super().close()
        for held in self.held:
            held.connection.keep_server = False
            held.released.set()


def parse_request(frame):
    """The head of a request with its length word in front (Kafka protocol guide, "Request
    Header"); for EndTxn also the first two fields of the body, which version 3 made compact."""
    api_key, version, correlation = struct.unpack_from(">hhi", frame, 4)
    client_id, at = _nullable_string(frame, 12)
    request = Request(api_key, version, correlation, client_id, frame)
    if api_key == PRODUCE:
        request.transactional_id = _producer_of(frame, at, version)
    if api_key == END_TXN:
        if version >= 3:
            at = _skip_tags(frame, at)
            length, at = _uvarint(frame, at)
            end = at + length - 1
            request.transactional_id, at = frame[at:end].decode(), end
        else:
            request.transactional_id, at = _nullable_string(frame, at)
        request.committed = bool(frame[at + 10])  # after producer id (8) and epoch (2)
    return request


def _producer_of(frame, at, version):
    """The first field of a Produce request, which version 3 brought and version 9 made compact."""
    if version < 3:
        return None
    if version < 9:
        return _nullable_string(frame, at)[0]
    length, at = _uvarint(frame, _skip_tags(frame, at))
    return frame[at:at + length - 1].decode() if length else None


def _nullable_string(frame, at):
    (length,) = struct.unpack_from(">h", frame, at)
    at += 2
    if length < 0:
        return None, at
    return frame[at:at + length].decode(), at + length


def _uvarint(frame, at):
    value, shift = 0, 0
    while True:
        byte = frame[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _skip_tags(frame, at):
    count, at = _uvarint(frame, at)
    for _ in range(count):
        _, at = _uvarint(frame, at)
        length, at = _uvarint(frame, at)
        at += length
    return at


def _read_frame(source):
    head = _read_exactly(source, 4)
    if head is None:
        return None
    body = _read_exactly(source, struct.unpack(">i", head)[0])
    return None if body is None else head + body


def _read_exactly(source, length):
    parts = bytearray()
    while len(parts) < length:
        chunk = source.recv(min(length - len(parts), 1 << 20))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)


def _reset(side):
    # SHUT_RD wakes the pump that sits in recv() and tells the peer nothing; the kernel drops the
    # socket only when that recv() has returned, and linger 0 makes it an RST.
    try:
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        side.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    try:
        side.close()
    except OSError:
        pass


def _shut(side):
    try:
        side.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    side.close()
