"""Reads the captures of a live Debezium and says where two records differ, after masking exactly
what README.md lists: positions, clocks, random defaults, Java's identity hashes."""
import json
import re
from collections import namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent

# One record; key and value are text or None, headers pairs of text without the context headers.
# Those are apart, each with its place among all headers: DIFFERENCES is about the others.
Record = namedtuple("Record", "key value headers context")

# One place where we write something else than Debezium: `theirs` and `ours` are JSON text, "-"
# where there is no such field.
Difference = namedtuple("Difference", "run topic field theirs ours")

_MASKS = [
    (re.compile(r'("(?:__source_)?(?:ts_ms|ts_us|ts_ns|lsn|txId)":)\d+'), r"\1#"),
    (re.compile(r'("sequence":)"\[[^\]]*\]"'), r"\1#"),
    (re.compile(r'("transaction":\{"id":)"[^"]*"'), r"\1#"),
    (re.compile(r'"\[Ljava\.lang[^"]*"'), '"[Ljava.lang"'),
]
# The transaction topic: ids hold positions, and messages an identity hash for a table.
_TRANSACTION_TOPIC = [
    (re.compile(r'("id":)"[^"]*"'), r"\1#"),
    (re.compile(r'"[\w.$]*LogicalDecodingMessageId@\w+"'), '"LogicalDecodingMessageId@"'),
]
# dd.defaults: now() and gen_random_uuid(); the year 1970 and the nil UUID are no defaults but
# Debezium's stand-ins for them.
_RANDOM_DEFAULTS = [
    (re.compile(r'("e(?:_nn)?":)"20[^"]*"'), r"\1#"),
    (re.compile(r'("h":)"(?!0{8}-)[^"]*"'), r"\1#"),
]


def mask(text, topic):
    """The text with everything replaced that no two runs have in common."""
    if text is None:
        return None
    own = (_RANDOM_DEFAULTS if topic.endswith(".defaults") else
           _TRANSACTION_TOPIC if topic.endswith(".transaction") else [])
    for pattern, replacement in _MASKS + own:
        text = pattern.sub(replacement, text)
    return text


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def record(key, value, headers):
    """`headers`: all of them, pairs of text. The run's UUID is masked."""
    context = tuple((place, name, _UUID.sub("#", text)) for place, (name, text)
                    in enumerate(headers) if name.startswith("__debezium.context."))
    return Record(key, value, tuple((name, text) for name, text in headers
                                    if not name.startswith("__debezium.context.")), context)


def load(run, generation="open"):
    """Topic to its records, in order."""
    topics = {}
    for path in sorted((HERE / generation / run).glob("*.jsonl")):
        topic = path.name[:-len(".jsonl")]
        topics[topic] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            topics[topic].append(record(raw["key"], raw["value"], raw["headers"]))
    return topics


class _Number(str):
    """A number as it was written, so that 1.0 and 1.00 are two things."""


def _parse(text):
    return json.loads(text, parse_float=_Number, parse_int=_Number)


def _text(value):
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _image_differences(name, theirs, ours):
    """Pairs of field and the two texts, column by column."""
    if not isinstance(theirs, dict) or not isinstance(ours, dict):
        if theirs != ours:
            yield name, _text(theirs), _text(ours)
        return
    for column in [*theirs, *(column for column in ours if column not in theirs)]:
        one = _text(theirs[column]) if column in theirs else "-"
        other = _text(ours[column]) if column in ours else "-"
        if one != other:
            yield f"{name}.{column}", one, other


def _schema_differences(theirs, ours):
    """Of the schemas of two envelopes or flat records: columns that differ, and the rest."""
    columns = []
    for schema in (theirs, ours):
        rows = [part for part in schema["fields"] if part["field"] in ("before", "after")]
        rows = rows or [schema]
        columns.append({column["field"]: _text(column) for column in rows[0]["fields"]})
        for row in rows:
            row["fields"] = []
    for name in [*columns[0], *(name for name in columns[1] if name not in columns[0])]:
        one, other = (side.get(name, "-") for side in columns)
        if one != other:
            yield f"schema.{name}", one, other
    if theirs != ours:
        yield "schema", _text(theirs), _text(ours)


def differences(run, topic, theirs, ours):
    """All places where two records differ; empty when their masked bytes are equal."""
    found = []

    def add(field, one, other):
        found.append(Difference(run, topic, field, one, other))

    if topic.endswith(".transaction"):
        theirs, ours = (one._replace(key=mask(one.key, topic)) for one in (theirs, ours))
    if theirs.key != ours.key:
        add("key", str(theirs.key), str(ours.key))
    if theirs.headers != ours.headers:
        add("headers", _text(theirs.headers), _text(ours.headers))
    if theirs.context != ours.context:
        add("context headers", _text(theirs.context), _text(ours.context))
    one, other = mask(theirs.value, topic), mask(ours.value, topic)
    if one == other:
        return found
    if one is None or other is None:
        add("value", str(one), str(other))
        return found
    before = len(found)
    left, right = (_parse(text.replace(":#", ':"#"')) for text in (one, other))
    if "schema" in left and "schema" in right:
        for field, a, b in _schema_differences(left["schema"], right["schema"]):
            add(field, a, b)
        left, right = left["payload"], right["payload"]
    if run.startswith("unwrap"):  # So that both forms of a row share their entries.
        left, right = {"after": left}, {"after": right}
    for name in dict.fromkeys([*left, *right]):
        for field, a, b in _image_differences(name, left.get(name), right.get(name)):
            add(field, a, b)
    if len(found) == before:
        add("bytes", one, other)
    return found
