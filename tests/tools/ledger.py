"""A write load whose every row tells where it belongs, and the judge of what came out of it.

The load: two tables, several writers, transactions of 1 to `largest` changes; each row carries the
number of its transaction, its place in it and how many rows the transaction has. Savepoints that
are rolled back write poison, which must never be seen.

The judge compares with a second slot of the server's own test_decoding: per partition the very same
changes in the very same order, each once. It shares nothing with the consumer.
"""
import random
import threading
from collections import defaultdict

from servers import OracleSlot

TABLES = ("ledger_a", "ledger_b")
KEYS_PER_WRITER = 60
POISON = -666


class Ledger:
    """Writers in threads. Every random choice comes from `seed`. `pause`: seconds that a writer
    rests after each transaction, where a test waits for long and its load would grow huge."""

    def __init__(self, postgres, seed, *, writers=2, largest=120, oracle="ledger_oracle", pause=0):
        self.postgres, self.seed, self.writers, self.largest = postgres, seed, writers, largest
        self.pause = pause
        for table in TABLES:
            postgres.execute(
                f"CREATE TABLE {table} (id int PRIMARY KEY, version int NOT NULL, tx int NOT NULL,"
                " item int NOT NULL, items int NOT NULL, pad text)")
        postgres.execute("ALTER TABLE ledger_b REPLICA IDENTITY FULL")
        self.oracle = OracleSlot(postgres, oracle)
        self._next_tx, self._lock = 0, threading.Lock()
        self._stop = threading.Event()
        self._threads, self._failures = [], []
        self.committed = 0

    def start(self):
        self._stop.clear()
        self._threads = [threading.Thread(target=self._write, args=(number,), daemon=True)
                         for number in range(self.writers)]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        """Ends the writers; what they had begun is committed or rolled back."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        if self._failures:
            raise AssertionError(f"writers failed: {self._failures}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _write(self, number):
        choice = random.Random(f"{self.seed}/{number}/{self._next_tx}")
        while not self._stop.is_set():
            try:
                with self.postgres.connect(autocommit=False) as connection:
                    while not self._stop.is_set():
                        self._transaction(connection, choice, number)
                        if self.pause:
                            self._stop.wait(self.pause)
            except Exception as error:  # The server may be killed by the test; go on with the next.
                if self.postgres.running() and "server closed" not in str(error) \
                        and "terminat" not in str(error) and "connect" not in str(error) \
                        and "starting up" not in str(error) and "shutting down" not in str(error):
                    self._failures.append(repr(error))
                    return
                self._stop.wait(0.1)

    def _transaction(self, connection, choice, number):
        with self._lock:
            self._next_tx += 1
            tx = self._next_tx
        items = choice.choice((1, 1, 2, 5, 20, self.largest))
        if choice.random() < 0.1:
            self._poison(connection, choice, number, tx)
        for item in range(items):
            table, key = choice.choice(TABLES), self._key(choice, number)
            if choice.random() < 0.1:
                connection.execute(f"DELETE FROM {table} WHERE id = %s", (key,))
            connection.execute(
                f"INSERT INTO {table} AS t VALUES (%s, 1, %s, %s, %s, %s) ON CONFLICT (id) DO "
                "UPDATE SET version = t.version + 1, tx = excluded.tx, item = excluded.item,"
                " items = excluded.items, pad = excluded.pad",
                (key, tx, item, items, "x" * choice.randrange(400)))
        connection.commit()
        with self._lock:
            self.committed += 1

    def _poison(self, connection, choice, number, tx):
        connection.execute("SAVEPOINT s")
        connection.execute("INSERT INTO ledger_a AS t VALUES (%s, %s, %s, 0, 1) ON CONFLICT (id) DO"
                           " UPDATE SET version = %s", (self._key(choice, number), POISON, tx,
                                                        POISON))
        connection.execute("ROLLBACK TO SAVEPOINT s")

    def _key(self, choice, number):
        return number * KEYS_PER_WRITER + choice.randrange(KEYS_PER_WRITER)


# --- the judge ----------------------------------------------------------------------------------


def change_of(record):
    """(table, operation, key, after) of a debezium-json record; None for a tombstone."""
    body = record.json()
    if body is None:
        return None
    after = body["after"]
    key = record.json_key()["id"]
    row = None if after is None else tuple(
        None if after[name] is None else str(after[name])
        for name in ("version", "tx", "item", "items", "pad"))
    return body["source"]["table"], body["op"], key, row


def expected_changes(oracle):
    """The oracle's changes as change_of shows them, in commit order."""
    letters = {"INSERT": "c", "UPDATE": "u", "DELETE": "d"}
    found = []
    for change in oracle.changes():
        table = change.table.removeprefix("public.")
        if table not in TABLES:
            continue
        key = int(change.columns.get("id") or change.old_key["id"])
        row = None if change.operation == "DELETE" else tuple(
            change.columns[name] for name in ("version", "tx", "item", "items", "pad"))
        found.append((table, letters[change.operation], key, row))
    return found


def judge(records, expected):
    """Raises with the first difference; returns how many changes were compared.

    records: of a read_committed reader, any order; expected: from expected_changes.
    """
    places, by_place = {}, defaultdict(list)
    for record in sorted(records, key=lambda r: (r.topic, r.partition, r.offset)):
        change = change_of(record)
        if change is None:
            previous = by_place[record.topic, record.partition][-1:]
            assert previous and previous[0][1] == "d" and previous[0][2] == \
                record.json_key()["id"], f"a tombstone that follows no delete: {record}"
            continue
        assert change[3] is None or change[3][0] != str(POISON), f"poison: {change}"
        place = places.setdefault((change[0], change[2]), (record.topic, record.partition))
        assert place == (record.topic, record.partition), f"a key on two partitions: {change}"
        by_place[record.topic, record.partition].append(change)
    wanted = defaultdict(list)
    for change in expected:
        place = places.get((change[0], change[2]))
        assert place is not None, f"lost: no record at all for the key of {change}"
        wanted[place].append(change)
    for place, changes in wanted.items():
        compare(place, by_place[place], changes)
    assert set(by_place) == set(wanted), f"invented: {set(by_place) - set(wanted)}"
    return len(expected)


def compare(place, seen, wanted):
    for index, (left, right) in enumerate(zip(seen, wanted)):
        if left != right:
            kind = ("doubled" if left in wanted[:index] else
                    "lost or reordered" if left in wanted[index:] else "invented")
            raise AssertionError(f"{kind} at change {index} of {place}: seen {left}, wanted {right}"
                                 f"; before it {seen[max(0, index - 2):index]}")
    assert len(seen) == len(wanted), \
        f"{place}: {len(seen)} changes seen, {len(wanted)} wanted; the next one: " \
        f"{(seen + [None])[len(wanted):][:1] or wanted[len(seen):][:1]}"


def torn(records):
    """Transactions of which some rows are visible and some are not."""
    seen, wanted = defaultdict(set), {}
    for record in records:
        change = change_of(record)
        if change is None or change[3] is None:
            continue
        _, tx, item, items = change[3][:4]
        seen[tx].add(item)
        wanted[tx] = int(items)
    return {tx: sorted(seen[tx]) for tx, items in wanted.items() if len(seen[tx]) != items}
