"""Events without a table: penstock.emit() in a transaction, a record on the topic it names."""
import uuid

import psycopg
import pytest
from pipes import ends_with
from servers import Reader


@pytest.fixture
def emitting(pipe):
    """make(**keys of [emit]) -> a pipe with a table t and the extension, and the listed topic."""
    def make(**keys):
        events = f"events{uuid.uuid4().hex}"
        one = pipe(emit={"topics": [events], **keys})
        one.postgres.create_extension(one.database)
        one.execute("CREATE TABLE t (id int PRIMARY KEY)")
        return one, events
    return make


def seen(reader, topic):
    return [(record.key, record.value, dict(record.headers or ()))
            for record in reader.of(topic)]


def test_an_event_is_published_with_its_transaction_or_not_at_all(emitting):
    one, events = emitting()
    with one, Reader(one.kafka.bootstrap, [events, one.topic("t")]) as reader:
        one.execute("INSERT INTO t VALUES (1); "
                    f"SELECT penstock.emit('{events}', 'o-1', 'first', "
                    "                      '{\"kind\": \"Paid\", \"by\": null}'); "
                    "INSERT INTO t VALUES (2); "
                    f"SELECT penstock.emit('{events}', 'o-1', '{{\"n\": 2}}'::jsonb)")
        with pytest.raises(psycopg.errors.DivisionByZero):
            one.execute(f"SELECT penstock.emit('{events}', 'o-1', 'gone'); SELECT 1/0")
        one.execute(f"SELECT penstock.emit('{events}', NULL, NULL); "
                    f"SELECT penstock.emit('{events}', '\\x00ff'::bytea, '\\xfe'::bytea)")
        one.confirmed()
        reader.read_count(6)
        reader.read_to_end()
        assert seen(reader, events) == [
            (b"o-1", b"first", {"by": None, "kind": b"Paid"}), (b"o-1", b'{"n": 2}', {}),
            (None, None, {}), (b"\x00\xff", b"\xfe", {})]
        assert [record.json_key()["id"] for record in reader.of(one.topic("t"))] == [1, 2]


def test_events_come_once_and_in_order_through_kills(emitting):
    one, events = emitting()
    one.start()
    with Reader(one.kafka.bootstrap, [events]) as reader:
        for first in range(0, 4000, 1000):
            one.execute(f"SELECT penstock.emit('{events}', 'k', n::text) "
                        f"FROM generate_series({first}, {first + 999}) AS n")
            one.kill()
            one.start()
        one.confirmed()
        reader.read_count(4000)
        reader.read_to_end()
        assert [int(record.value) for record in reader.of(events)] == [*range(4000)]


def test_a_topic_that_is_not_listed_stops_by_name_until_it_is(emitting):
    one, events = emitting()
    other = events + ".other"
    one.start()
    one.execute(f"SELECT penstock.emit('{other}', 'k', 'v'); INSERT INTO t VALUES (1)")
    ends_with(one, 5, "emit_refused")
    assert f'topic "{other}"' in one.log_text()
    assert not one.kafka.has_topic(other) and not one.kafka.has_topic(one.topic("t"))
    one.config_path.write_text(one.config_path.read_text().replace(
        f'"{events}"', f'"{events}", "{other}"'))
    with one, Reader(one.kafka.bootstrap, [other, one.topic("t")]) as reader:
        reader.read_count(2)
        assert seen(reader, other) == [(b"k", b"v", {})]


def test_events_of_others_are_passed_over_where_that_is_chosen(emitting):
    one, events = emitting(unlisted="skip")
    with one, Reader(one.kafka.bootstrap, [events]) as reader:
        one.execute("SELECT pg_logical_emit_message(true, 'penstock.emit', 'junk'); "
                    f"SELECT penstock.emit('{events}.other', 'k', 'v'); "
                    f"SELECT penstock.emit('{events}', 'k', 'v')")
        one.confirmed()
        reader.read_count(1)
        reader.read_to_end()
        assert seen(reader, events) == [(b"k", b"v", {})]


@pytest.mark.parametrize("topic", ["NULL", "''", "'a b'", "'..'", "repeat('a', 250)"])
def test_what_is_no_topic_is_refused_where_it_is_written(emitting, topic):
    one, _ = emitting()
    with pytest.raises(psycopg.errors.CheckViolation):
        one.execute(f"SELECT penstock.emit({topic}, 'k', 'v')")


def test_emitting_is_granted_and_the_topic_of_a_table_is_not_taken(emitting, pipe):
    one, events = emitting()
    role = f"r{uuid.uuid4().hex}"
    one.execute(f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA penstock TO {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        one.execute(f"SET ROLE {role}; SELECT penstock.emit('{events}', 'k', 'v')")
    one.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    two = pipe()
    two.config_path.write_text(two.config_path.read_text()
                               + f'[emit]\ntopics = ["{two.topic("t")}"]\n')
    two.execute("CREATE TABLE t (id int PRIMARY KEY)")
    two.start()
    two.execute("INSERT INTO t VALUES (1)")
    ends_with(two, 4, "topic_collision")
