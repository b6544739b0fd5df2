"""The captures of the Avro run: records as Avro bytes with the schemas they were written by, and
where two records differ, byte for byte after the masks of README.md.

Reads Avro by itself, because a library gives values and not the bytes they were read from.
"""
import base64
import json
import struct
from collections import namedtuple

import captures
from captures import Difference

# A key or value: the schema's text and the bytes behind the frame.
Datum = namedtuple("Datum", "schema body")

# A value and the bytes that it was read from, its branch included.
Part = namedtuple("Part", "value raw")

_MASKED = {"ts_ms", "ts_us", "ts_ns"}
_MASKED_IN_SOURCE = _MASKED | {"lsn", "txId", "sequence"}


def datum(framed, schema_of):
    """schema_of(id) -> the schema's text."""
    if framed is None:
        return None
    assert framed[0] == 0, framed[:5]
    return Datum(schema_of(struct.unpack(">I", framed[1:5])[0]), framed[5:])


def load(run):
    """As captures.load()."""
    folder = captures.HERE / "open" / run
    lines = (folder / "schemas.ndjson").read_text(encoding="utf-8").splitlines()
    schemas = {one["id"]: one["schema"] for one in map(json.loads, lines)}

    def read(text):
        return datum(text and base64.b64decode(text), schemas.__getitem__)

    topics = {}
    for path in sorted(folder.glob("*.jsonl")):
        topic = path.name[:-len(".jsonl")]
        topics[topic] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            topics[topic].append(captures.record(read(raw["key"]), read(raw["value"]), [
                (name, base64.b64decode(value).decode()) for name, value in raw["headers"]]))
    return topics


class _Walk:
    """Reads one datum; see the Avro specification, "Binary Encoding"."""

    def __init__(self, schema, body):
        self.body, self.at, self.named = body, 0, {}
        self.name(schema, "")

    def name(self, schema, inside):
        """Collects the records, which later fields may refer to whether a datum has them or not."""
        if isinstance(schema, list):
            for branch in schema:
                self.name(branch, inside)
        elif isinstance(schema, dict):
            inside = schema.get("namespace", inside)
            if schema["type"] == "record":
                self.named[f"{inside}.{schema['name']}"] = schema
            for inner in [schema.get("items"), schema.get("values"),
                          *(field["type"] for field in schema.get("fields", []))]:
                self.name(inner, inside)

    def part(self, schema, inside=""):
        begin = self.at
        value = self.value(schema, inside)
        return Part(value, self.body[begin:self.at])

    def value(self, schema, inside):
        if isinstance(schema, list):
            return self.value(schema[self.long()], inside)
        if isinstance(schema, str):
            schema = self.named.get(schema) or self.named.get(f"{inside}.{schema}") \
                or {"type": schema}
        kind = schema["type"]
        if kind == "record":
            inside = schema.get("namespace", inside)
            return {field["name"]: self.part(field["type"], inside) for field in schema["fields"]}
        if kind in ("array", "map"):
            return self.blocks(kind, schema, inside)
        return getattr(self, "a_" + kind)()

    def blocks(self, kind, schema, inside):
        items, pairs = [], {}
        while count := self.long():
            for _ in range(count):
                if kind == "array":
                    items.append(self.value(schema["items"], inside))
                else:
                    key = self.a_string()
                    pairs[key] = self.value(schema["values"], inside)
        return items if kind == "array" else pairs

    def take(self, size):
        self.at += size
        assert self.at <= len(self.body), "the datum is cut"
        return self.body[self.at - size:self.at]

    def long(self):
        shift = bits = 0
        while True:
            byte, = self.take(1)
            bits |= (byte & 127) << shift
            if byte < 128:
                return (bits >> 1) ^ -(bits & 1)
            shift += 7

    a_int = a_long = long

    def a_null(self):
        return None

    def a_boolean(self):
        return self.take(1) == b"\1"

    def a_bytes(self):
        return self.take(self.long())

    def a_string(self):
        return self.a_bytes().decode()

    def a_float(self):
        return struct.unpack("<f", self.take(4))[0]

    def a_double(self):
        return struct.unpack("<d", self.take(8))[0]


def parts(one):
    """Field to Part of a datum that is a record."""
    schema = json.loads(one.schema)
    walk = _Walk(schema, one.body)
    value = walk.value(schema, "")
    assert walk.at == len(one.body), "bytes are left behind the datum"
    return value


def _plain(value):
    if isinstance(value, Part):
        return _plain(value.value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def text(value):
    """As the other captures have it: JSON, bytes in base64."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _rendered(one):
    return "-" if one is None else text(parts(one))


def _columns(schema):
    """Column to its schema's text, of a key or of the row in an envelope."""
    fields = schema["fields"]
    if fields and fields[0]["name"] == "before":
        fields = fields[0]["type"][1]["fields"]
    columns = {field["name"]: text(field) for field in fields}
    fields.clear()
    return columns


def _schema_differences(theirs, ours):
    """Columns that differ, and the rest as a whole."""
    if theirs == ours:
        return
    one, other = json.loads(theirs), json.loads(ours)
    left, right = _columns(one), _columns(other)
    for name in [*left, *(name for name in right if name not in left)]:
        if left.get(name) != right.get(name):
            yield f"schema.{name}", left.get(name, "-"), right.get(name, "-")
    if one != other:
        yield "schema", text(one), text(other)
    elif list(left.items()) == list(right.items()):
        yield "schema bytes", theirs, ours


def _record_differences(topic, theirs, ours, masked, other_schema):
    for field in [*theirs, *(field for field in ours if field not in theirs)]:
        one, other = theirs.get(field), ours.get(field)
        if field in masked or (one and other and one.raw == other.raw):
            continue
        if field in other_schema and text(one) == text(other):
            continue
        left, right = (captures.mask(text({field: part}), topic) if part else "-"
                       for part in (one, other))
        if left == right and one.value != other.value:
            continue
        yield field, *(captures.mask(text(part), topic) if part else "-" for part in (one, other))


def _value_differences(topic, theirs, ours, other_schema):
    """`other_schema`: columns whose bytes cannot be equal, since their schemas are not."""
    left, right = parts(theirs), parts(ours)
    for name in [*left, *(name for name in right if name not in left)]:
        one, other = left.get(name), right.get(name)
        if name in _MASKED or (one and other and one.raw == other.raw):
            continue
        if one and other and isinstance(one.value, dict) and isinstance(other.value, dict):
            masked = _MASKED_IN_SOURCE if name == "source" else ()
            for field, a, b in _record_differences(topic, one.value, other.value, masked,
                                                   other_schema):
                yield f"{name}.{field}", a, b
        else:
            yield name, *(text(part) if part else "-" for part in (one, other))


def differences(run, topic, theirs, ours):
    """All places where two records differ; empty when their masked bytes are equal."""
    found = []
    if theirs.key != ours.key:
        one, other = _rendered(theirs.key), _rendered(ours.key)
        found.append(("key", one, other))
        if theirs.key and ours.key and one == other:
            found += [("key " + field, a, b) for field, a, b in
                      _schema_differences(theirs.key.schema, ours.key.schema)]
    if theirs.headers != ours.headers:
        found.append(("headers", *(json.dumps(one.headers, ensure_ascii=False)
                                   for one in (theirs, ours))))
    if theirs.context != ours.context:
        found.append(("context headers", json.dumps(theirs.context), json.dumps(ours.context)))
    if theirs.value is None or ours.value is None:
        if theirs.value != ours.value:
            found.append(("value", _rendered(theirs.value), _rendered(ours.value)))
    else:
        found += _schema_differences(theirs.value.schema, ours.value.schema)
        other_schema = {field.removeprefix("schema.") for field, _, _ in found}
        found += _value_differences(topic, theirs.value, ours.value, other_schema)
    return [Difference(run, topic, *place) for place in found]
