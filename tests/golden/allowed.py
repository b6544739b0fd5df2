"""Reads DIFFERENCES: the places where we write something else than Debezium on purpose."""
import re
from pathlib import Path

from captures import Difference

FILE = Path(__file__).resolve().parent / "DIFFERENCES"


class Entry:
    """One listed place; * in a field stands for anything. Counts the differences it excused."""

    def __init__(self, line):
        self.line = line
        self.fields = line.split(" | ")
        if len(self.fields) != len(Difference._fields):
            raise ValueError(f"DIFFERENCES: five fields are expected: {line}")
        self.patterns = [re.compile(re.escape(field).replace(r"\*", ".*"), re.DOTALL)
                         for field in self.fields]
        self.used = 0

    def excuses(self, difference):
        matches = all(pattern.fullmatch(text)
                      for pattern, text in zip(self.patterns, difference))
        self.used += matches
        return matches


def load():
    """Every listed Entry. A line that is neither a section's text nor an entry, an entry without a
    section, or a section without its setting is an error."""
    entries, section = [], None
    for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("- ") and section:
            entries.append(Entry(line[2:]))
        elif line.startswith("["):
            section = line
        elif line and not line.startswith(("#", "  ")):
            raise ValueError(f"DIFFERENCES:{number}: cannot read {line!r}")
    text = FILE.read_text(encoding="utf-8")
    for part in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        if "Setting:" not in part:
            raise ValueError(f"DIFFERENCES: a section names its setting, or never: [{part[:60]}")
    return entries
