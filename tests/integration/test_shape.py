"""What users choose of the source reaches Kafka in that shape, and what cannot be stops by name."""
import base64
import json
import uuid

from pipes import ends_with
from servers import Reader


def rows(reader, topic):
    return [record.value and json.loads(record.value)["after"] for record in reader.of(topic)]


def test_lists_choose_tables_and_columns_and_change_texts(pipe):
    one = pipe(filter={"table_exclude": [r"public\.secret.*"],
                       "column_exclude": [r"public\.t\.internal"]},
               columns={"mask": [r"3:public\.t\.phone"], "truncate": [r"2:public\.t\.name"]})
    with one, Reader(one.kafka.bootstrap) as reader:
        one.execute("CREATE TABLE secrets (id int PRIMARY KEY); "
                    "CREATE TABLE t (id int PRIMARY KEY, name text, phone text, internal int)")
        one.execute("INSERT INTO secrets VALUES (1); INSERT INTO t VALUES (1, 'Ada', '555', 7)")
        one.execute("TRUNCATE secrets; UPDATE t SET phone = NULL")
        reader.read_until(lambda records: len(rows(reader, one.topic("t"))) == 2)
        one.confirmed()
        reader.read_to_end()
        assert rows(reader, one.topic("t")) == [{"id": 1, "name": "Ad", "phone": "***"}] * 2
        assert not one.kafka.has_topic(one.topic("secrets"))


def test_lists_hold_in_the_middle_of_a_large_transaction(pipe):
    one = pipe(filter={"table_include": [r"public\.t"]},
               limits={"large_transaction_rows": "100", "piece_items": "50"})
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE other (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY)")
        one.execute("INSERT INTO other SELECT generate_series(1, 400); "
                    "INSERT INTO t SELECT generate_series(1, 400); "
                    "INSERT INTO other SELECT generate_series(401, 800)")
        reader.read_count(400)
        one.confirmed()
        assert [record.json_key()["id"] for record in reader.read_to_end()] == [*range(1, 401)]


def test_flat_records_say_where_they_stand(pipe):
    one = pipe(format={"value": "flat-json"})
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        one.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'); DELETE FROM t WHERE id = 1")
        reader.read_count(4)
        found = [record.value and json.loads(record.value) for record in reader.of(one.topic("t"))]
        assert [(row["id"], row["__op"], row["__deleted"], row["__ordinal"])
                for row in found if row] == [(1, "c", False, 0), (2, "c", False, 1),
                                             (1, "d", True, 2)]
        assert found[-1] is None
        places = [(row["__lsn"], row["__ordinal"]) for row in found if row]
        assert places == sorted(places)


def test_an_outbox_table_makes_a_topic_for_each_kind_of_event(pipe):
    events = f"events{uuid.uuid4().hex}"
    one = pipe(outbox={"tables": [r"public\.outbox"], "format": "raw", "timestamp": "at",
                       "route_topic": events + ".${routedByValue}",
                       "fields": ["type:header:eventType"]})
    with one, Reader(one.kafka.bootstrap) as reader:
        one.execute("CREATE TABLE outbox (id int PRIMARY KEY, aggregatetype text, "
                    "aggregateid text, type text, payload jsonb, at timestamptz)")
        one.execute("INSERT INTO outbox VALUES "
                    "(1, 'order', 'o-1', 'Created', '{\"n\": 1}', '2024-01-01Z'), "
                    "(2, 'customer', 'c-1', 'Moved', '{}', '2024-01-02Z'), "
                    "(3, 'order', 'o-1', 'Paid', '{\"n\": 2}', '2024-01-03Z'); DELETE FROM outbox")
        orders, customers = events + ".order", events + ".customer"
        reader.read_until(lambda _: len(reader.of(orders)) == 2 and len(reader.of(customers)) == 1)
        one.confirmed()
        reader.read_to_end()
        assert [(r.key, r.value, dict(r.headers)["eventType"], r.timestamp_ms)
                for r in reader.of(orders)] == [
            (b"o-1", b'{"n": 1}', b"Created", 1704067200000),
            (b"o-1", b'{"n": 2}', b"Paid", 1704240000000)]
        assert len(reader.of(customers)) == 1


def test_an_event_whose_route_is_no_topic_stops_by_name(pipe):
    one = pipe(outbox={"tables": [r"public\.outbox"]})
    one.execute("CREATE TABLE outbox (id int PRIMARY KEY, aggregatetype text, aggregateid text, "
                "payload text)")
    one.start()
    one.execute("INSERT INTO outbox VALUES (1, 'a b', 'o-1', 'x')")
    ends_with(one, 4, "topic_name")


def test_a_record_too_large_is_left_out_with_a_note_where_that_is_chosen(pipe):
    one = pipe(filter={"skip_too_large": [r"public\.t"]},
               kafka={"properties": {"batch.size": "5000"}})
    one.kafka.create_topic(one.topic("t"), 1, max_message_bytes=10000)
    notes = one.prefix + ".__penstock_skipped"
    with one, Reader(one.kafka.bootstrap, [one.topic("t"), notes]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        one.execute("INSERT INTO t VALUES (1, 'a'), (2, repeat('x', 20000)), (3, 'b')")
        reader.read_count(3)
        one.confirmed()
        reader.read_to_end()
        assert [record.json_key()["id"] for record in reader.of(one.topic("t"))] == [1, 3]
        note, = [json.loads(record.value) for record in reader.of(notes)]
        assert (note["table"], note["ordinal"], note["reason"]) == (
            "public.t", 1, "record_too_large")
        assert json.loads(base64.b64decode(note["key"])) == {"id": 2}
        assert note["size"] > note["size_max"]
        assert "xxx" not in str(note)


def test_columns_of_a_record_too_large_are_cut_where_that_is_chosen(pipe):
    one = pipe(filter={"cut_too_large": [r"100:public\.t\.v"]},
               kafka={"properties": {"batch.size": "5000"}})
    one.kafka.create_topic(one.topic("t"), 1, max_message_bytes=10000)
    notes = one.prefix + ".__penstock_skipped"
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v text, w text)")
    with Reader(one.kafka.bootstrap, [one.topic("t"), notes]) as reader:
        one.start()
        one.execute("INSERT INTO t VALUES (1, repeat('a', 200), NULL), "
                    "(2, repeat('x', 20000), 'w'), (3, 'b', NULL)")
        reader.read_count(4)
        one.confirmed()
        assert rows(reader, one.topic("t")) == [
            {"id": 1, "v": "a" * 200, "w": None}, {"id": 2, "v": "x" * 100, "w": "w"},
            {"id": 3, "v": "b", "w": None}]
        note, = [json.loads(record.value) for record in reader.of(notes)]
        assert (note["table"], note["ordinal"], note["reason"], note["columns"]) == (
            "public.t", 1, "values_cut", ["v"])
        assert note["size"] > 20000 and note["size_max"] == 10000
        one.execute("INSERT INTO t VALUES (4, 'v', repeat('w', 20000))")
        ends_with(one, 4, "record_too_large")


def test_bytes_that_are_no_text_are_shown_where_that_is_chosen(pipe):
    one = pipe(format={"unrepresentable_bytes": [r"public\.t"]})
    one.postgres.execute(f'DROP DATABASE "{one.database}"')
    one.postgres.create_database(one.database, "ENCODING 'SQL_ASCII' TEMPLATE template0 "
                                               "LC_COLLATE 'C' LC_CTYPE 'C'")
    one.execute("CREATE TABLE t (id int PRIMARY KEY, v text); "
                "CREATE TABLE other (id int PRIMARY KEY, v text)")
    one.start()
    with Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("INSERT INTO t VALUES (1, 'plain'), (2, E'caf\\xe9')")
        reader.read_count(2)
        assert rows(reader, one.topic("t")) == [{"id": 1, "v": "plain"},
                                                {"id": 2, "v": "\\x636166e9"}]
        assert [dict(record.headers or ()) for record in reader.of(one.topic("t"))] == [
            {}, {"__penstock_bytes": b'["v"]'}]
        one.execute("INSERT INTO other VALUES (1, E'caf\\xe9')")
        ends_with(one, 5, "marked_value")


def test_a_renamed_table_goes_on_where_it_was_where_that_is_chosen(pipe):
    one = pipe(topics={"on_rename": "keep"})
    one.execute("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE s (id int PRIMARY KEY)")
    one.start()
    with Reader(one.kafka.bootstrap, [one.topic("t"), one.topic("s")]) as reader:
        one.execute("INSERT INTO t VALUES (1); INSERT INTO s VALUES (1)")
        one.execute("ALTER TABLE t RENAME TO x; ALTER TABLE s RENAME TO t; "
                    "ALTER TABLE x RENAME TO s")
        one.execute("INSERT INTO s VALUES (2); INSERT INTO t VALUES (-2)")
        one.confirmed()
        one.kill()
        one.execute("ALTER TABLE s RENAME TO u")
        one.start()
        one.execute("INSERT INTO u VALUES (3)")
        reader.read_count(5)
        one.confirmed()
        reader.read_to_end()
        records = reader.of(one.topic("t"))
        assert [(r.json()["after"]["id"], r.json()["source"]["table"]) for r in records] == [
            (1, "t"), (2, "t"), (3, "t")]
        assert [row["id"] for row in rows(reader, one.topic("s"))] == [1, -2]
        assert not one.kafka.has_topic(one.topic("u"))
        # The name is another table's now; its topic is not.
        one.execute("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (9)")
        ends_with(one, 4, "topic_collision")


def test_a_table_that_would_have_a_topic_of_the_program_is_refused(pipe):
    one = pipe()
    one.execute('CREATE SCHEMA __penstock_state; '
                'CREATE TABLE __penstock_state.t (id int PRIMARY KEY)')
    one.start()
    one.execute("INSERT INTO __penstock_state.t VALUES (1)")
    ends_with(one, 4, "topic_name")


def test_check_says_which_table_lacks_what_the_preset_needs(pipe):
    one = pipe(filter={"table_exclude": [r"public\.ignored"]})
    one.execute("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE ignored (id int)")
    assert one.call("check").returncode == 0
    looked = one.call("check", "--preset", "flink")
    assert looked.returncode != 0
    assert 'ALTER TABLE "public"."t" REPLICA IDENTITY FULL;' in looked.stdout
    assert "ignored" not in looked.stdout.split("preset flink")[1]
    one.execute("ALTER TABLE t REPLICA IDENTITY FULL")
    assert one.call("check", "--preset", "flink").returncode == 0


def test_a_pattern_that_cannot_be_read_is_refused_before_the_start(pipe):
    one = pipe(filter={"table_include": ["a("]})
    looked = one.call("check")
    assert looked.returncode == 2
    assert "filter.table_include" in looked.stdout + looked.stderr
