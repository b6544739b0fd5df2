"""The format protobuf with a registry: published schemas, frames and the numbers of fields, read by
protoc and by Confluent's deserialiser, which know nothing of us."""
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from pipes import ends_with
from protobufs import message_class, official, row_of, values_of
from servers import Apicurio, FakeRegistry, Penstock, Reader

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def fake():
    with FakeRegistry() as registry:
        yield registry


@pytest.fixture
def framed(pipe, fake):
    """make(framing) -> a pipe, not started."""
    def make(framing="confluent", **sections):
        return pipe(format={"value": "protobuf", "framing": framing},
                    registry={"url": fake.url}, **sections)
    return make


def newest(fake, at=-1):
    """Subject to the text of its newest version."""
    return {name: versions[at][1] for name, versions in fake.subjects.items()}


def number_of(text, column):
    """The number of a column's field in the text of a schema."""
    return int(re.search(rf" {column} = (\d+);", text)[1])


def read(pipe, count, table="t"):
    with Reader(pipe.kafka.bootstrap, [pipe.topic(table)]) as reader:
        return reader.read_count(count)


# --- values: each as the published comment says, compared with what PostgreSQL prints ------------

def days(number):
    return str(EPOCH.date() + timedelta(number))


def moment(micros):
    at = EPOCH + timedelta(microseconds=micros)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")


def clock(micros):
    return moment(micros).split()[1] if micros < 86400000000 else "24:00:00"


def span(value):
    return f"{value.months} {value.days} {value.microseconds}"


def plain(value):
    return str(value)


def array(of):
    return lambda value: "{" + ",".join(
        "NULL" if one is None else of(one) for one in values_of(value)) + "}"


# type, literal, the value as PostgreSQL's text
CASES = [
    ("boolean", "true", lambda value: "t" if value else "f"),
    ("boolean", "false", lambda value: "t" if value else "f"),
    ("smallint", "-32768", plain),
    ("integer", "2147483647", plain),
    ("integer", "0", plain),
    ("bigint", "-9223372036854775808", plain),
    ("oid", "4294967295", plain),
    ("pg_lsn", "'16/B374D848'", lambda value: f"{value >> 32:X}/{value & 0xFFFFFFFF:X}"),
    ("real", "'1.5'", plain),
    ("double precision", "'-2.5e-10'", plain),
    ("double precision", "'NaN'", lambda value: "NaN" if value != value else "no"),
    ("numeric", "'-123456789012345678901234567890.1230'", plain),
    ("numeric(10,2)", "'NaN'", plain),
    ("text", "'h\u00e4\u20ac\U0001f40c'", plain),
    ("text", "''", plain),
    ("char(5)", "'ab'", plain),
    ("bytea", "'\\x00ff10'", lambda value: "\\x" + value.hex()),
    ("uuid", "'00112233-4455-6677-8899-aabbccddeeff'", lambda value: str(uuid.UUID(bytes=value))),
    ("date", "'2024-02-29'", days),
    ("date", "'infinity'", lambda value: "infinity" if value == 2**31 - 1 else "no"),
    ("time", "'23:59:59.123456'", clock),
    ("time", "'24:00'", clock),
    ("timestamp", "'2024-02-29 12:34:56.789012'", moment),
    ("timestamp", "'-infinity'", lambda value: "-infinity" if value == -2**63 else "no"),
    ("timestamptz", "'2024-02-29 12:34:56.5+02'", lambda value: moment(value) + "+00"),
    ("timetz", "'12:34:56+02'", plain),
    ("interval", "'-1 mon 3 days 00:00:00.000005'", span),
    ("money", "'12.34'", lambda value: f"${value // 100}.{value % 100:02}"),
    ("bit(5)", "B'01011'", plain),
    ("jsonb", "'{\"b\":[1,2]}'", plain),
    ("inet", "'10.0.0.1/8'", plain),
    ("int4range", "'[1,5)'", plain),
    ("point", "'(1,2)'", plain),
    ("integer[]", "'{1,NULL,-3}'", array(plain)),
    ("text[]", "'{a,NULL,b}'", array(plain)),
    ("numeric(9,3)[]", "'{1.500,NULL}'", array(plain)),
    ("date[]", "'{2024-02-29,NULL}'", array(days)),
    ("boolean[]", "'{t,f,NULL}'", array(lambda value: "t" if value else "f")),
    ("integer[]", "'{}'", array(plain)),
]


@pytest.mark.parametrize("framing", ["confluent", "header"])
def test_values_of_every_type_are_what_the_published_schema_says(framed, fake, framing):
    one = framed(framing)
    columns = ", ".join(f"c{number} {case[0]}" for number, case in enumerate(CASES))
    one.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    one.start()
    one.execute(f"INSERT INTO t VALUES (1, {', '.join(case[1] for case in CASES)})")
    one.execute("INSERT INTO t (id) VALUES (2)")
    shown = ", ".join(
        f"(extract(year FROM c{number}) * 12 + extract(month FROM c{number}))::int || ' ' || "
        f"extract(day FROM c{number})::int || ' ' || "
        f"(extract(epoch FROM c{number} - date_trunc('day', c{number})) * 1000000)::bigint"
        if kind == "interval" else f"format('%s', c{number})"
        for number, (kind, _, _) in enumerate(CASES))
    texts = one.query(f"SELECT {shown} FROM t WHERE id = 1")[0]
    (key, value), (_, nulls) = (official(record, newest(fake)) for record in read(one, 2))
    assert key.id == 1
    assert value.op == value.INSERT and not value.HasField("before")
    wrong = []
    for number, ((kind, literal, print_value), text) in enumerate(zip(CASES, texts)):
        assert value.after.HasField(f"c{number}"), f"{kind} {literal} is null"
        got = print_value(getattr(value.after, f"c{number}"))
        if got != text:
            wrong.append(f"{kind} {literal}: {got!r}, not {text!r}")
    assert not wrong, "\n".join(wrong)
    assert row_of(nulls.after) == {"id": 2}
    assert value.source.table == "t" and value.source.lsn < nulls.source.lsn


def test_update_delete_and_tombstone_are_read_by_confluents_deserialiser(framed, fake):
    one = framed()
    one.execute("CREATE TABLE t (id int PRIMARY KEY, name text); "
                "ALTER TABLE t REPLICA IDENTITY FULL")
    one.start()
    one.execute("INSERT INTO t VALUES (0, 'a')")
    one.execute("UPDATE t SET name = NULL")
    one.execute("DELETE FROM t")
    records = read(one, 4)
    assert records[0].key[:6] == records[3].key[:6] and records[3].value is None
    assert records[0].value[0] == 0 and records[0].value[5] == 0
    (key, _), (_, updated), (_, deleted), (_, gone) = (
        official(record, newest(fake)) for record in records)
    assert key.id == 0
    assert row_of(updated.before) == {"id": 0, "name": "a"} and row_of(updated.after) == {"id": 0}
    assert deleted.op == deleted.DELETE and deleted.before_image == deleted.FULL
    assert row_of(deleted.before) == {"id": 0} and not deleted.HasField("after")
    assert gone is None
    kinds = {kind for versions in fake.subjects.values() for _, _, kind in versions}
    assert kinds == {"PROTOBUF"}


def test_bare_records_have_their_schemas_in_the_registry_too(framed, fake):
    one = framed("raw")
    one.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
    one.start()
    one.execute("INSERT INTO t VALUES (1, 'a')")
    record, = read(one, 1)
    parsed = message_class(newest(fake)[one.topic("t") + "-value"]).FromString(record.value)
    assert row_of(parsed.after) == {"id": 1, "name": "a"} and record.headers == ()


# --- numbers of fields -------------------------------------------------------------------------


def test_numbers_outlive_columns_tables_and_restarts(framed, fake):
    one = framed()
    subject = one.topic("t") + "-value"
    one.execute("CREATE TABLE t (id int PRIMARY KEY, name text, gone text, kind int)")
    one.start()
    one.execute("INSERT INTO t VALUES (1, 'a', 'x', 1)")
    one.execute("ALTER TABLE t DROP COLUMN gone")
    one.execute("ALTER TABLE t ALTER COLUMN kind TYPE text")
    one.execute("INSERT INTO t VALUES (2, 'b', 'two')")
    one.confirmed()
    assert one.stop() == 0, one.log_tail()
    text = newest(fake)[subject]
    assert [number_of(text, column) for column in ("id", "name", "kind")] == [1, 2, 2048]
    assert "reserved 3, 4;" in text and 'reserved "gone";' in text
    # Another table of the name: other attnums, one column of another kind and one of a new name.
    one.execute("DROP TABLE t")
    one.execute("CREATE TABLE t (kind text, id int PRIMARY KEY, gone int, fresh text, name text)")
    one.start()
    one.execute("INSERT INTO t VALUES ('three', 3, 33, 'new', 'c')")
    one.confirmed()
    assert one.stop() == 0, one.log_tail()
    one.start()
    one.execute("UPDATE t SET gone = 34")
    one.confirmed()
    records = read(one, 4)
    text = newest(fake)[subject]
    assert [number_of(text, column) for column in ("id", "name", "kind", "gone", "fresh")] == [
        1, 2, 2048, 2049, 2050]
    assert "reserved 3, 4;" in text
    assert len(fake.subjects[subject]) == 3, "a restart has made a version of its own"
    rows = [official(record, newest(fake))[1].after for record in records]
    assert row_of(rows[1]) == {"id": 2, "name": "b", "kind": "two"}
    assert row_of(rows[2]) == {"id": 3, "name": "c", "kind": "three", "gone": 33, "fresh": "new"}
    assert rows[3].gone == 34
    # A reader that never learned of the later versions misreads nothing.
    first = message_class(fake.subjects[subject][0][1])
    old = [first.FromString(record.value[6:]).after for record in records]
    assert [row_of(row) for row in old] == [
        {"id": 1, "name": "a", "gone": "x", "kind": 1}, {"id": 2, "name": "b"},
        {"id": 3, "name": "c"}, {"id": 3, "name": "c"}]
    keys = [official(record, newest(fake))[0].id for record in records]
    assert keys == [1, 2, 3, 3]


def test_masks_and_left_out_columns_keep_to_the_schema(framed, fake):
    one = framed(filter={"column_exclude": ['public\\.t\\.secret']},
                 columns={"mask": ['3:public\\.t\\.name']})
    one.execute("CREATE TABLE t (id int PRIMARY KEY, secret text, name text)")
    one.start()
    one.execute("INSERT INTO t VALUES (1, 'x', 'a')")
    record, = read(one, 1)
    assert row_of(official(record, newest(fake))[1].after) == {"id": 1, "name": "***"}
    assert "secret" not in newest(fake)[one.topic("t") + "-value"]


# --- a registry that nobody here wrote -----------------------------------------------------------


@pytest.fixture(scope="module")
def apicurio(tmp_path_factory):
    with Apicurio(tmp_path_factory.mktemp("apicurio")) as registry:
        yield registry


# What the page docs/guide/protobuf.md says fits Apicurio's BACKWARD, and what does not.
CHANGES = ["ADD COLUMN added int NOT NULL DEFAULT 5", "ALTER COLUMN number TYPE smallint"]
REFUSED = ("DROP COLUMN note; ALTER TABLE t RENAME COLUMN number TO amount; "
           "ALTER TABLE t ALTER COLUMN amount TYPE text")


def test_apicurio_takes_the_schemas_and_judges_the_changes_of_a_table(pipe, apicurio):
    one = pipe(format={"value": "protobuf", "framing": "confluent"},
               registry={"url": apicurio.url})
    topic = one.topic("t")
    one.execute("CREATE TABLE t (id int PRIMARY KEY, number int, note text, list interval[])")
    one.start()
    one.execute("INSERT INTO t VALUES (1, 7, 'n', '{1 day}')")
    one.confirmed()
    apicurio.set_level("BACKWARD", topic + "-value")
    for change in CHANGES:
        one.execute(f"ALTER TABLE t {change}; UPDATE t SET id = id + 1")
        one.confirmed()
    assert len(apicurio.ask("GET", f"/subjects/{topic}-value/versions")) == 1 + len(CHANGES)
    one.execute(f"ALTER TABLE t {REFUSED}; UPDATE t SET id = id + 1")
    ends_with(one, 7, "schema_incompatible")
    apicurio.set_level("NONE", topic + "-value")
    one.start()
    one.confirmed()
    assert apicurio.ask("GET", f"/subjects/{topic}-key/versions") == [1]
    last = read(one, 1 + 3 * (len(CHANGES) + 1))[-1]
    schemas = {topic + suffix: apicurio.ask("GET", f"/subjects/{topic}{suffix}/versions/latest")
               for suffix in ("-key", "-value")}
    assert {schema["schemaType"] for schema in schemas.values()} == {"PROTOBUF"}
    # The number in the frame is the one under which the registry gives the schema.
    assert int.from_bytes(last.value[1:5], "big") == schemas[topic + "-value"]["id"]
    texts = {name: schema["schema"] for name, schema in schemas.items()}
    key, value = official(last, texts)
    assert key.id == 4
    row = row_of(value.after)
    assert row.pop("list").element[0].days == 1
    assert row == {"id": 4, "amount": "7", "added": 5}
    assert "// int4" in texts[topic + "-value"]


def test_the_verb_writes_the_files_that_are_registered(framed, fake):
    one = framed()
    one.postgres.create_extension(one.database)
    one.execute("CREATE TABLE t (id int PRIMARY KEY, a text, b int)")
    with one:
        one.execute("INSERT INTO t VALUES (1, 'a', 2)")
        one.execute("DROP TABLE t")
        one.execute("CREATE TABLE t (b int, id int PRIMARY KEY, c bool)")
        one.execute("INSERT INTO t VALUES (3, 2, true)")
        one.confirmed()
    for part in ("key", "value"):
        told = one.call("schema", part, "public.t")
        assert told.returncode == 0, told.stderr
        assert told.stdout == newest(fake)[f"{one.topic('t')}-{part}"]
    assert number_of(told.stdout, "c") == 2048
    missing = one.call("schema", "value", "public.nothing")
    assert missing.returncode == 1 and "does not exist" in missing.stderr, missing.stderr


# --- what is refused ---------------------------------------------------------------------------


def test_a_frame_without_a_registry_is_refused(pipe):
    one = pipe(format={"value": "protobuf", "framing": "confluent"})
    Penstock.start(one)
    ends_with(one, 2, "configuration_invalid")
    assert "registry.url" in one.log_text()


def test_a_frame_of_another_format_is_refused(pipe):
    one = pipe(format={"value": "flat-json", "framing": "header"})
    Penstock.start(one)
    ends_with(one, 2, "configuration_invalid")
    assert "format.framing" in one.log_text()
