"""Compares what PostgreSQL committed with what a reader found in Kafka.

PostgreSQL's side comes from its own test_decoding on a second slot, Kafka's from the stock client
at read_committed. Neither knows anything of penstock.
"""
from collections import Counter, defaultdict
from dataclasses import dataclass


@dataclass
class Account:
    """The reckoning of one table."""
    table: str
    committed: int       # changes in PostgreSQL
    received: int        # records in Kafka, tombstones apart
    lost: int
    doubled: int
    in_order: bool
    rows: int            # rows in the table now
    rebuilt: bool        # the records, applied one by one, give exactly these rows

    def clean(self):
        return self.lost == 0 and self.doubled == 0 and self.in_order and self.rebuilt


def from_postgres(changes):
    """Oracle changes -> table -> [(operation, id, revision)], in commit order."""
    found = defaultdict(list)
    for change in changes:
        table = change.table.replace('"', "")
        columns = change.columns
        revision = None if change.operation == "DELETE" else int(columns["revision"])
        found[table].append((change.operation[0], int(columns["id"]), revision))
    return found


def from_kafka(records):
    """Records of one topic in partition order -> the same."""
    letters = {"c": "I", "u": "U", "d": "D"}
    found = []
    for record in records:
        body = record.json()
        if body is None:
            continue  # a tombstone belongs to the delete before it
        row = body["after"] or {}
        found.append((letters[body["op"]], record.json_key()["id"], row.get("revision")))
    return found


def rebuild(records):
    """The newest row for each key, as an upsert reader holds it."""
    rows = {}
    for record in records:
        body = record.json()
        key = record.json_key()["id"]
        if body is None or body["op"] == "d":
            rows.pop(key, None)
        else:
            rows[key] = body["after"]["revision"]
    return rows


def settle(table, committed, records, rows):
    """rows: (id, revision) of the table as it is now."""
    received = from_kafka(records)
    missing = Counter(committed) - Counter(received)
    surplus = Counter(received) - Counter(committed)
    return Account(table, len(committed), len(received), missing.total(), surplus.total(),
                   received == committed, len(rows), rebuild(records) == dict(rows))
