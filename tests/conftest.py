"""What every test on real servers may ask for.

    tmp_path   a folder of its own that the server's user can read; kept when the test fails
    seed       a number for random choices; printed, replayed with PENSTOCK_SEED=...
    postgres   one cluster for the whole run, for tests that do not hurt it
    kafka      one broker for the whole run, likewise
    pipe       makes configured consumers on a fresh database of that cluster

Tests that kill servers start their own: `with Postgres(tmp_path / "pg") as postgres: ...`.
"""
import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from servers import Kafka, Penstock, Postgres, guard, until

_BASE_SEED = int(os.environ.get("PENSTOCK_SEED") or random.SystemRandom().randrange(1 << 32))


def pytest_report_header():
    return f"PENSTOCK_SEED={_BASE_SEED}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.stash.setdefault(_FAILED, []).append(call.when)


_FAILED = pytest.StashKey()


def _folder():
    # Short, because a Unix socket's path is; readable, because the server has a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="penstock-test."))
    folder.chmod(0o755)
    guard.remove_at_end(folder)
    return folder


@pytest.fixture
def seed():
    print(f"PENSTOCK_SEED={_BASE_SEED}")
    return _BASE_SEED


@pytest.fixture
def tmp_path(request):
    folder = _folder()
    yield folder
    if _FAILED in request.node.stash:
        guard.keep(folder)
        print(f"kept for inspection: {folder}")
        for log in sorted(folder.rglob("log")):
            tail = log.read_text(errors="replace").splitlines()[-30:]
            print(f"--- {log.relative_to(folder)}", *tail, sep="\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    with Postgres(_folder() / "pg") as server:
        yield server


@pytest.fixture(scope="session")
def kafka():
    with Kafka(_folder() / "kafka") as broker:
        yield broker


class Pipe(Penstock):
    """A consumer on a database, a slot and a prefix that no other test has."""

    def __init__(self, folder, postgres, kafka, name, sections):
        self.postgres, self.kafka = postgres, kafka
        self.database = self.slot = self.prefix = name
        postgres.create_database(name)
        config = {
            "source": {"url": postgres.url(name)},
            "slot": {"name": name},
            "kafka": {"brokers": kafka.bootstrap, "single_broker": True},
            "topics": {"prefix": name},
        }
        for section, keys in sections.items():
            config.setdefault(section, {}).update(keys)
        super().__init__(folder, config)

    def start(self):
        """Returns when the slot streams; AssertionError with the log when it never does."""
        super().start()
        until(lambda: self.postgres.walsender_pid(self.slot) or not self.running(), 30,
              lambda: "the slot to stream:\n" + self.log_tail())
        assert self.running(), self.log_tail()
        return self

    def topic(self, table, schema="public"):
        return f"{self.prefix}.{schema}.{table}"

    def execute(self, sql, parameters=None):
        """In a transaction of its own; several statements without parameters are one."""
        self.postgres.execute(sql, parameters, self.database)

    def query(self, sql, parameters=None):
        return self.postgres.query(sql, parameters, self.database)

    def confirmed(self):
        """Waits until the slot has confirmed everything written so far."""
        self.postgres.wait_confirmed(self.slot)


@pytest.fixture
def pipe(tmp_path, postgres, kafka):
    """make(**sections) -> a Pipe, not started. make(format={"value": "protobuf"}) adds keys."""
    made = []

    def make(**sections):
        name = f"t{random.SystemRandom().randrange(1 << 40):010x}"
        made.append(Pipe(tmp_path / f"pipe{len(made)}", postgres, kafka, name, sections))
        return made[-1]
    yield make
    for one in made:
        if one.popen is not None:
            one.kill()
        postgres.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
                       "WHERE database = %s AND active", (one.database,))
        until(lambda one=one: postgres.value("SELECT count(*) = 0 FROM pg_replication_slots "
                                             "WHERE database = %s AND active", (one.database,)),
              20, "the walsender to end")
        postgres.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                       "WHERE database = %s", (one.database,))
        postgres.execute(f'DROP DATABASE "{one.database}" WITH (FORCE)')
