"""CPU of the walsender and bytes received, ours against every peer on the same WAL.

Each plugin has a slot made before the load; then pg_recvlogical reads each slot to the load's end
while the walsender's CPU is read from the kernel's books. Two rounds, best of each. Bytes are those
that arrive at the client's TCP socket, counted in a pass of its own by a forwarding proxy.
"""
import socket
import subprocess
import threading
from pathlib import Path

from servers import free_port, until

from . import loads, processes

ROOT = Path(__file__).resolve().parents[2]

# name -> (plugin, options)
CONTENDERS = {
    "empty": ("penstock_floor", {}),
    "empty, one write per commit": ("penstock_floor", {"write": "commit"}),
    "penstock": ("penstock", {}),
    "penstock, skip_unchanged_before": ("penstock", {"skip_unchanged_before": "true"}),
    "pgoutput binary": ("pgoutput", {"proto_version": "1", "publication_names": "bench",
                                     "binary": "true"}),
    "pgoutput text": ("pgoutput", {"proto_version": "1", "publication_names": "bench"}),
    "test_decoding": ("test_decoding", {}),
    "wal2json": ("wal2json", {"format-version": "2"}),
    "decoderbufs": ("decoderbufs", {}),
}


def measure(folder):
    postgres = loads.cluster(folder / "pg", [ROOT / "bench/floor/penstock_floor.so"])
    results = {"rows": []}
    with postgres:
        for table in ("bench", "single"):
            postgres.execute(loads.TABLE.format(name=table))
        postgres.execute("CREATE PUBLICATION bench FOR TABLE bench, single")
        for load, script, changes in (("mixed", loads.MIXED, loads.MIXED_CHANGES),
                                      ("single", loads.SINGLE, loads.SINGLE_CHANGES)):
            slots = make_slots(postgres, load)
            loads.write(postgres, script)
            end = postgres.lsn()
            postgres.execute("CHECKPOINT")
            results["quiet"] = processes.quiet()
            for name, slot in slots.items():
                row = {"load": load, "name": name, "changes": changes}
                for kind, tcp in (("tcp", True), ("unix", False)):
                    runs = [read_slot(postgres, name, slot, end, tcp) for _ in range(2)]
                    row[kind + "_cpu_s"] = round(min(runs), 2)
                row["bytes"] = count_bytes(postgres, name, slot, end)
                results["rows"].append(row)
                print(row, flush=True)
            for slot in slots.values():
                postgres.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
    return results


def make_slots(postgres, load):
    slots = {}
    for index, (name, (plugin, _)) in enumerate(CONTENDERS.items()):
        slots[name] = f"{load}_{index}"
        postgres.execute("SELECT pg_create_logical_replication_slot(%s, %s)", (slots[name], plugin))
    return slots


def receiver(postgres, name, slot, host, port):
    """pg_recvlogical that never confirms, so that a slot can be read again and again."""
    options = [word for key, value in CONTENDERS[name][1].items()
               for word in ("-o", f"{key}={value}")]
    return subprocess.Popen(
        [postgres.bin / "pg_recvlogical", "-h", host, "-p", str(port), "-U", "postgres", "-d",
         "postgres", "-S", slot, "--start", "-f", "/dev/null", "--no-loop", "-F", "0", "-s", "5",
         *options], stderr=subprocess.PIPE, text=True)


def sent_past(postgres, slot, end):
    rows = postgres.query(
        "SELECT r.pid, r.sent_lsn >= %s::pg_lsn FROM pg_stat_replication r JOIN "
        "pg_replication_slots s ON s.active_pid = r.pid WHERE s.slot_name = %s", (end, slot))
    return rows[0] if rows else (None, False)


def read_slot(postgres, name, slot, end, tcp):
    host = "127.0.0.1" if tcp else str(postgres.socket_folder)
    keep = save_position(postgres, slot)
    process = receiver(postgres, name, slot, host, postgres.port)
    found = []

    def done():
        if process.poll() is not None:
            raise AssertionError(f"{name}: {process.stderr.read()}")
        pid, past = sent_past(postgres, slot, end)
        if past:
            found.append(processes.cpu_seconds(pid))
        return past
    until(done, 300, f"{name} to send everything", interval=0.02)
    process.kill()
    process.wait()
    restore_position(postgres, slot, keep)
    return found[-1]


def save_position(postgres, slot):
    """A copy of the slot, since pg_recvlogical confirms what it has received."""
    copy = slot + "_c"
    postgres.execute("SELECT pg_copy_logical_replication_slot(%s, %s)", (slot, copy))
    return copy


def restore_position(postgres, slot, copy):
    until(lambda: not postgres.value("SELECT active FROM pg_replication_slots WHERE slot_name = %s",
                                     (slot,)), 30, f"slot {slot} to be free")
    postgres.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
    postgres.execute("SELECT pg_copy_logical_replication_slot(%s, %s)", (copy, slot))
    postgres.execute("SELECT pg_drop_replication_slot(%s)", (copy,))


def count_bytes(postgres, name, slot, end):
    """Bytes from server to client in one pass, through a proxy that only counts."""
    keep = save_position(postgres, slot)
    with CountingProxy(postgres.port) as proxy:
        process = receiver(postgres, name, slot, "127.0.0.1", proxy.port)
        until(lambda: sent_past(postgres, slot, end)[1], 300, f"{name} to send everything")
        process.kill()
        process.wait()
    restore_position(postgres, slot, keep)
    return proxy.received


class CountingProxy:
    """Forwards one connection to `target` and counts what comes back."""

    def __init__(self, target):
        self.target, self.port, self.received = target, free_port(), 0
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._thread.join(10)

    def _serve(self):
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
        try:
            while block := server.recv(1 << 20):
                self.received += len(block)
                client.sendall(block)
        except OSError:
            pass  # The receiver was killed: the pass is over.
        server.close()

    @staticmethod
    def _forward(client, server):
        try:
            while block := client.recv(1 << 16):
                server.sendall(block)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass
