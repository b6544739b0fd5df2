"""What PostgreSQL itself says was committed: a second slot with the server's own test_decoding."""
import re
from dataclasses import dataclass, field


@dataclass
class OracleChange:
    """One change as test_decoding prints it; column values are text, None is null, and a TOAST
    value that was not logged is the constant UNCHANGED."""
    table: str
    operation: str             # INSERT, UPDATE, DELETE, TRUNCATE
    columns: dict = field(default_factory=dict)
    old_key: dict = field(default_factory=dict)


@dataclass
class OracleTransaction:
    xid: int
    lsn: str                   # end of the commit record
    changes: list = field(default_factory=list)


UNCHANGED = "unchanged-toast-datum"
_COLUMN = re.compile(r"""(?P<name>"(?:[^"]|"")*"|[^\s\[]+)\[(?P<type>(?:[^\[\]]|\[\])*)\]:"""
                     r"""(?P<value>[BXbx]?'(?:[^']|'')*'|[^\s]+)(?:\s|$)""")


class OracleSlot:
    """Made before the workload, read after it. `database` must be the captured one."""

    def __init__(self, postgres, name="oracle", database="postgres"):
        self._postgres, self.name, self._database = postgres, name, database
        postgres.query("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", (name,),
                       database)

    def transactions(self, consume=True):
        """Every transaction with a change since the last call, in commit order."""
        function = "get" if consume else "peek"
        rows = self._postgres.query(
            f"SELECT lsn::text, xid::text, data FROM pg_logical_slot_{function}_changes"
            "(%s, NULL, NULL, 'include-xids', '1', 'skip-empty-xacts', '1')",
            (self.name,), self._database)
        found, current = [], None
        for lsn, xid, data in rows:
            if data.startswith("BEGIN"):
                current = OracleTransaction(int(xid), "")
            elif data.startswith("COMMIT"):
                current.lsn = lsn
                found.append(current)
            elif data.startswith("table "):
                current.changes += parse_change(data)
        return found

    def changes(self):
        """The same, flat."""
        return [change for transaction in self.transactions() for change in transaction.changes]

    def drop(self):
        self._postgres.query("SELECT pg_drop_replication_slot(%s)", (self.name,))


def parse_change(line):
    """One line of test_decoding; a TRUNCATE of several tables gives one change for each."""
    head, operation, rest = re.match(r"table (.+?): ([A-Z]+): ?(.*)$", line, re.S).groups()
    if operation == "TRUNCATE":
        return [OracleChange(table.strip(), operation) for table in head.split(",")]
    change = OracleChange(head, operation)
    if rest.startswith("old-key: "):
        old, rest = rest[len("old-key: "):].split(" new-tuple: ", 1)
        change.old_key = _columns(old)
    change.columns = _columns(rest)
    return [change]


def _columns(text):
    found = {}
    for match in _COLUMN.finditer(text):
        name, value = match["name"], match["value"]
        if name.startswith('"'):
            name = name[1:-1].replace('""', '"')
        if value == "null":
            value = None
        elif value.endswith("'"):
            value = value[value.index("'") + 1:-1].replace("''", "'")
        found[name] = value
    return found
