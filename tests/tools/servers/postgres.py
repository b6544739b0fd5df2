"""A throw-away PostgreSQL cluster with logical decoding, that finds our plugin in the build folder.

The server refuses to run as root; started by root it runs as the user postgres, which the
distribution's package makes. The plugin is copied to where that user can read it, so nothing is
written into the system's PostgreSQL.
"""
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from .process import Process
from .wait import free_port, until

ROOT = Path(__file__).resolve().parents[3]

# Durability is for machines that lose power; a SIGKILL loses nothing that was written. Tests that
# need the real thing say fsync=True.
_SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "wal_level": "logical",
    "max_wal_senders": 20,
    "max_replication_slots": 20,
    "max_connections": 60,
    "shared_buffers": "'128MB'",
    "max_wal_size": "'4GB'",
    "synchronous_commit": "on",
    "autovacuum": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%a '",
    "log_replication_commands": "on",
}


def pg_config(item):
    """`pg_config --item` of the server under test: PG_CONFIG, else the newest with headers."""
    program = os.environ.get("PG_CONFIG", "pg_config")
    if program == "pg_config":  # the bare name may be libpq's, which knows no server
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_config"),
                       key=lambda path: int(path.parts[-3]))
        with_headers = [path for path in found if (path.parents[1] / "lib/pgxs").exists()]
        program = str((with_headers or found or ["pg_config"])[-1])
    return subprocess.run([program, "--" + item], check=True, capture_output=True,
                          text=True).stdout.strip()


class Postgres(Process):
    """One cluster in `folder`. Starts on entry of a with block, ends at its exit.

    settings: extra lines of postgresql.conf, name to text (quoted where the file needs quotes).
    plugin:   the folder of penstock.so; missing, the cluster runs without it.
    primary:  a running cluster of which this one is to be a standby; the rest is as there.
    """

    superuser = "postgres"  # of the cluster, not of the machine

    def __init__(self, folder, *, fsync=False, settings=None, plugin=ROOT / "plugin",
                 primary=None):
        self.folder = Path(folder)
        super().__init__(self.folder / "log")
        self.data = self.folder / "data"
        self.bin = Path(pg_config("bindir"))
        self.port = free_port()
        self.socket_folder = self.folder
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if primary:
            self._copy(primary)
        else:
            self._initialise(fsync, settings or {}, Path(plugin))

    # --- life -------------------------------------------------------------------------------

    def start(self, timeout=60.0):
        """Starts the server and returns when it answers."""
        self.launch([self.bin / "postgres", "-D", self.data], **self._identity())

        def answers():
            if not self.running():
                raise AssertionError("postgres ended:\n" + self.log_tail())
            with self.connect():
                return True
        until(answers, timeout, lambda: "postgres to answer:\n" + self.log_tail())
        return self

    def stop(self, mode="fast", timeout=30.0):
        """smart, fast or immediate, as pg_ctl names them. Returns when the server is gone."""
        if not self.running():
            return
        number = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        self.signal(number)
        self.wait(timeout)

    def kill(self):
        """SIGKILL to the postmaster and all of its children, as a machine would lose them."""
        if not self.running():
            return
        backends = self._children()
        os.kill(self.pid, signal.SIGKILL)
        for pid in backends:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in backends), 10,
              "the backends to be gone")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def restart(self, mode="fast"):
        """Stops and starts on the same port; mode "kill" is SIGKILL."""
        if mode == "kill":
            self.kill()
        else:
            self.stop(mode)
        return self.start()

    def __enter__(self):
        return self if self.running() else self.start()

    def __exit__(self, *_):
        self.resume_all()
        self.stop("immediate")

    def resume_all(self):
        if self.running() and self.state() == "T":
            self.resume()

    # --- use --------------------------------------------------------------------------------

    def url(self, database="postgres", user=None, tcp=True):
        """A connection URL; the superuser needs no password here."""
        user = user or self.superuser
        if tcp:
            return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"
        folder = str(self.socket_folder).replace("/", "%2F")
        return f"postgresql://{user}@{folder}:{self.port}/{database}"

    def connect(self, database="postgres", **options):
        """A psycopg connection in autocommit mode unless told otherwise."""
        options.setdefault("autocommit", True)
        options.setdefault("user", self.superuser)
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=database, **options)

    def execute(self, sql, parameters=None, database="postgres"):
        """Runs SQL (several statements are fine without parameters) in a session of its own."""
        with self.connect(database) as connection:
            connection.execute(sql, parameters)

    def query(self, sql, parameters=None, database="postgres"):
        """All rows, as a list of tuples."""
        with self.connect(database) as connection:
            return connection.execute(sql, parameters).fetchall()

    def psql(self, script, database="postgres", stop_at_errors=True):
        """Runs a script as psql does, COPY FROM STDIN included; returns what went to stderr."""
        result = subprocess.run(
            [self.bin / "psql", "-X", "-q", "-v", f"ON_ERROR_STOP={int(stop_at_errors)}",
             "-o", "/dev/null", self.url(database)], input=script, text=True,
            capture_output=True, check=False)
        if stop_at_errors and result.returncode != 0:
            raise AssertionError(result.stderr)
        return result.stderr

    def value(self, sql, parameters=None, database="postgres"):
        """The first column of the first row; None when there is no row."""
        rows = self.query(sql, parameters, database)
        return rows[0][0] if rows else None

    def create_database(self, name, options=""):
        self.execute(f'CREATE DATABASE "{name}" {options}')
        return name

    def create_extension(self, database="postgres"):
        """What CREATE EXTENSION penstock would do, with the plugin's path filled in."""
        script = (ROOT / "plugin/sql/penstock--1.0.sql").read_text()
        lines = [line for line in script.splitlines() if not line.startswith("\\")]
        body = "\n".join(lines).replace("MODULE_PATHNAME", str(self.folder / "lib/penstock"))
        self.execute("CREATE SCHEMA IF NOT EXISTS penstock", database=database)
        self.execute(body, database=database)

    def slot(self, name):
        """The row of pg_replication_slots as a dict; None when there is no such slot."""
        with self.connect(row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute("SELECT *, pg_wal_lsn_diff(pg_current_wal_lsn(), "
                                      "confirmed_flush_lsn) AS behind FROM pg_replication_slots "
                                      "WHERE slot_name = %s", (name,)).fetchone()

    def lsn(self):
        """The insert position of the WAL, as text."""
        return self.value("SELECT pg_current_wal_insert_lsn()::text")

    def walsender_pid(self, slot):
        """The process that streams `slot`; None when nobody does."""
        return self.value("SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s",
                          (slot,))

    def wait_confirmed(self, slot, lsn=None, timeout=30.0):
        """Waits until the slot has confirmed `lsn` (default: the WAL's end as of this call)."""
        lsn = lsn or self.lsn()
        until(lambda: self.value("SELECT confirmed_flush_lsn >= %s::pg_lsn FROM "
                                 "pg_replication_slots WHERE slot_name = %s", (lsn, slot)),
              timeout, lambda: f"slot {slot} to confirm {lsn}: {self.slot(slot)}")

    def give(self, path):
        """Makes a file the server's own, as it demands of its keys."""
        if os.geteuid() == 0:
            shutil.chown(path, self.user, self.user)

    def standby(self, folder):
        """A hot standby of this cluster, not started."""
        return Postgres(folder, primary=self)

    # --- making -----------------------------------------------------------------------------

    def _copy(self, primary):
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user, self.user)
        subprocess.run([self.bin / "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port),
                        "-U", self.superuser, "-D", self.data, "-R", "-c", "fast", "--no-sync"],
                       check=True, cwd=self.folder, **self._identity())
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(f"port = {self.port}\n"
                       f"unix_socket_directories = '{self.socket_folder}'\n")

    def _identity(self):
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _initialise(self, fsync, settings, plugin):
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user, self.user)
        subprocess.run([self.bin / "initdb", "-D", self.data, "-U", self.superuser, "-A", "trust",
                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
                       check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._identity())
        library = self.folder / "lib"
        library.mkdir(exist_ok=True)
        if (plugin / "penstock.so").exists():
            shutil.copy(plugin / "penstock.so", library)
        every = dict(_SETTINGS, port=self.port, fsync="on" if fsync else "off",
                     unix_socket_directories=f"'{self.socket_folder}'",
                     dynamic_library_path=f"'{library}:$libdir'")
        if self._knows("output_plugin_libraries"):
            # One name each, unquoted: in one pair of quotes it would be one library.
            every["output_plugin_libraries"] = "'pgoutput, test_decoding, penstock'"
        every.update(settings)
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.writelines(f"{name} = {text}\n" for name, text in every.items())

    def _knows(self, setting):
        listing = subprocess.run([self.bin / "postgres", "--describe-config"], check=True,
                                 capture_output=True, text=True, **self._identity())
        return any(line.startswith(setting + "\t") for line in listing.stdout.splitlines())

    def _children(self):
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()]
