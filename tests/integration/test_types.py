"""Each type's values travel through the server, the plugin, the consumer and a broker, and come out
as Debezium's JSON has them, checked by a reader that shares no code with us."""
import base64

import pytest
from servers import Reader

# type, SQL literal, what Debezium writes (decimal.handling.mode=precise, time.precision adaptive)
CASES = [
    ("boolean", "true", True),
    ("smallint", "-32768", -32768),
    ("integer", "2147483647", 2147483647),
    ("bigint", "-9223372036854775808", -9223372036854775808),
    ("real", "'1.5'", 1.5),
    ("double precision", "'-2.5e-10'", -2.5e-10),
    ("text", "'h\u00e4\u20ac\U0001f40c'", "h\u00e4\u20ac\U0001f40c"),
    ("text", "''", ""),
    ("text", "E'quote \" back \\\\ newline \\n tab \\t'", "quote \" back \\ newline \n tab \t"),
    ("varchar(10)", "'abc'", "abc"),
    ("char(5)", "'ab'", "ab   "),
    ("numeric(10,2)", "'-12.34'", base64.b64encode((-1234).to_bytes(2, "big", signed=True))),
    ("bytea", "'\\x00ff10'", base64.b64encode(b"\x00\xff\x10")),
    ("uuid", "'00112233-4455-6677-8899-aabbccddeeff'", "00112233-4455-6677-8899-aabbccddeeff"),
    ("date", "'2024-02-29'", 19782),
    ("date", "'1969-12-31'", -1),
    ("time", "'23:59:59.123456'", 86399123456),
    ("timestamp", "'2024-02-29 12:34:56.789012'", 1709210096789012),
    ("timestamp(3)", "'2024-02-29 12:34:56.789'", 1709210096789),
    ("timestamptz", "'2024-02-29 12:34:56.789012+02'", "2024-02-29T10:34:56.789012Z"),
    ("json", "'{\"a\": 1}'", '{"a": 1}'),
    ("jsonb", "'{\"b\":[1,2]}'", '{"b": [1, 2]}'),
    ("inet", "'10.0.0.1/8'", "10.0.0.1/8"),
    ("int4range", "'[1,5)'", "[1,5)"),
    ("integer[]", "'{1,NULL,3}'", [1, None, 3]),
    ("text[]", "'{a,\"b,c\",NULL}'", ["a", "b,c", None]),
    ("xml", "'<a>1</a>'", "<a>1</a>"),
]


def test_values_of_every_type_round_trip(pipe):
    columns = ", ".join(f"c{number} {case[0]}" for number, case in enumerate(CASES))
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
        one.execute(f"INSERT INTO t VALUES (1, {', '.join(case[1] for case in CASES)})")
        one.execute("INSERT INTO t (id) VALUES (2)")
        reader.read_count(2)
        values, nulls = (record.json()["after"] for record in reader.of(one.topic("t")))
    wrong = []
    for number, (kind, literal, expected) in enumerate(CASES):
        expected = expected.decode() if isinstance(expected, bytes) else expected
        if values[f"c{number}"] != expected:
            wrong.append(f"{kind} {literal}: {values[f'c{number}']!r}, not {expected!r}")
    assert not wrong, "\n".join(wrong)
    assert set(nulls) == {"id", *(f"c{number}" for number in range(len(CASES)))}
    assert all(value is None for name, value in nulls.items() if name != "id")


def test_a_large_value_that_is_not_touched_is_marked_as_debezium_marks_it(pipe):
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, n int, large text); "
                    "ALTER TABLE t ALTER large SET STORAGE EXTERNAL")
        one.execute("INSERT INTO t VALUES (1, 1, repeat('x', 10000))")
        one.execute("UPDATE t SET n = 2")
        reader.read_count(2)
        first, second = (record.json()["after"] for record in reader.of(one.topic("t")))
        assert first["large"] == "x" * 10000
        assert second == {"id": 1, "n": 2, "large": "__debezium_unavailable_value"}


@pytest.mark.parametrize("setting", [
    "DateStyle = 'German, DMY'", "TimeZone = 'Pacific/Auckland'", "extra_float_digits = -10",
    "bytea_output = 'escape'", "IntervalStyle = 'sql_standard'"])
def test_the_database_s_settings_do_not_change_the_values(pipe, setting):
    one = pipe()
    one.execute(f'ALTER DATABASE "{one.database}" SET {setting}')
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, r tstzrange, f float8[], b bytea[])")
        one.execute("INSERT INTO t VALUES (1, '[2024-02-29 12:00+00,2024-03-01 12:00+00)', "
                    "'{0.1}', '{\"\\\\x00ff\"}')")
        reader.read_count(1)
        row = reader.records[0].json()["after"]
        assert row["r"] == '["2024-02-29 12:00:00+00","2024-03-01 12:00:00+00")'
        assert row["f"] == [0.1]
