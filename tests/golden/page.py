"""docs/reference/differences.md out of DIFFERENCES: what differs on purpose, and why.

    python tests/golden/page.py > docs/reference/differences.md
"""
import re
import textwrap

from allowed import FILE
from captures import HERE

HEAD = """# Where our records differ from Debezium's

Written by `tests/golden/page.py` out of `tests/golden/DIFFERENCES`; edit nothing here.

The golden suite compares every record of {runs} recorded runs of a live Debezium, its value, key,
headers and schema, with what the program makes of the same SQL. They are equal to the byte but for
the {places} places that the list names, in {sections} groups. Any other difference fails the suite,
and so does a place that no longer differs.
"""


def sections():
    """(title, reason, setting, listed places) of each group, in the order of the file."""
    for part in re.split(r"^\[", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, rest = part.split("]", 1)
        text = " ".join(line.strip() for line in rest.splitlines()
                        if line.strip() and not line.startswith(("- ", "#")))
        reason, setting = text.split("Setting:", 1)
        title = re.sub(r"^5\.1 no\. (.*)$", r"Number \1", title)
        yield title, reason.strip(), setting.strip().rstrip("."), part.count("\n- ")


def page():
    rows = list(sections())
    runs = sum(path.is_dir() and path.name != "sql"
               for family in ("open", "open-3.7") for path in (HERE / family).iterdir())
    text = HEAD.format(runs=runs, places=sum(row[3] for row in rows), sections=len(rows))
    for title, reason, setting, places in rows:
        told = f"{reason} Setting that copies Debezium: {setting}. Places: {places}."
        text += f"\n## {title}\n\n{textwrap.fill(told, 116, break_on_hyphens=False)}\n"
    return text


if __name__ == "__main__":
    print(page(), end="")
