"""A change travels from SQL to a topic once and in order, over clean restarts and kills, too."""
from servers import OracleSlot, Reader


def bodies(reader, topic):
    """(op, before, after) of the records of a topic; None stands for a tombstone."""
    found = [record.json() for record in reader.of(topic)]
    return [body and (body["op"], body["before"], body["after"]) for body in found]


def test_insert_update_delete_arrive_in_order_with_a_tombstone(pipe):
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        one.execute("INSERT INTO t VALUES (1, 'a')")
        one.execute("UPDATE t SET v = 'b'")
        one.execute("DELETE FROM t")
        reader.read_count(4)
        one.confirmed()
        reader.read_to_end()
        assert bodies(reader, one.topic("t")) == [
            ("c", None, {"id": 1, "v": "a"}), ("u", None, {"id": 1, "v": "b"}),
            ("d", {"id": 1, "v": None}, None), None]
        assert {record.json_key()["id"] for record in reader.records} == {1}


def test_a_key_update_is_a_delete_and_a_create(pipe):
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        one.execute("INSERT INTO t VALUES (1, 'a')")
        one.execute("UPDATE t SET id = 2")
        reader.read_count(4)
        keys = [record.json_key()["id"] for record in reader.of(one.topic("t"))]
        operations = [body and body[0] for body in bodies(reader, one.topic("t"))]
        assert list(zip(keys, operations)) == [(1, "c"), (1, "d"), (1, None), (2, "c")]


def test_the_full_old_row_is_there_with_identity_full(pipe):
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        one.execute("ALTER TABLE t REPLICA IDENTITY FULL")
        one.execute("INSERT INTO t VALUES (1, 'a')")
        one.execute("UPDATE t SET v = 'b'")
        reader.read_count(2)
        assert bodies(reader, one.topic("t"))[1] == ("u", {"id": 1, "v": "a"},
                                                     {"id": 1, "v": "b"})


def test_an_aborted_transaction_and_savepoint_leave_no_record(pipe):
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY)")
        one.execute("BEGIN; INSERT INTO t VALUES (1); ROLLBACK")
        one.execute("BEGIN; INSERT INTO t VALUES (2); SAVEPOINT s; INSERT INTO t VALUES (3); "
                    "ROLLBACK TO s; INSERT INTO t VALUES (4); COMMIT")
        reader.read_count(2)
        one.confirmed()
        assert [record.json_key()["id"] for record in reader.read_to_end()] == [2, 4]


def test_tables_outside_of_the_selection_stay_outside(pipe):
    one = pipe(source={"tables": ["public.wanted_*"]})
    one.execute("CREATE TABLE wanted_a (id int PRIMARY KEY); "
                "CREATE TABLE other (id int PRIMARY KEY)")
    with one, Reader(one.kafka.bootstrap) as reader:
        one.execute("INSERT INTO other VALUES (1); INSERT INTO wanted_a VALUES (1)")
        reader.read_until(lambda records: any(r.topic == one.topic("wanted_a") for r in records))
        one.confirmed()
        mine = {r.topic for r in reader.read_to_end() if r.topic.startswith(one.prefix + ".")}
        assert mine == {one.topic("wanted_a")}


def test_clean_stops_and_kills_neither_lose_nor_double(pipe):
    one = pipe()
    one.execute("CREATE TABLE t (id int PRIMARY KEY, n int)")
    with one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        oracle = OracleSlot(one.postgres, one.slot + "_oracle", one.database)
        for turn in range(6):
            with one.postgres.connect(one.database, autocommit=False) as session:
                for number in range(200):
                    session.execute("INSERT INTO t VALUES (%s, %s)", (turn * 200 + number, turn))
                    if number % 7 == 0:
                        session.commit()
            if turn % 2:
                one.kill()
            else:
                assert one.stop() == 0, one.log_tail()
            one.start()
        one.confirmed()
        committed = [int(change.columns["id"]) for change in oracle.changes()]
        received = [record.json_key()["id"] for record in reader.read_to_end()]
        assert len(committed) == 1200
        assert received == committed


def test_a_big_transaction_arrives_whole(pipe):
    with pipe() as one, Reader(one.kafka.bootstrap, [one.topic("t")]) as reader:
        one.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        one.execute("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i")
        reader.read_count(20000)
        one.confirmed()
        keys = [record.json_key()["id"] for record in reader.read_to_end()]
        assert keys == list(range(1, 20001))


def test_an_idle_database_moves_the_slot(pipe):
    with pipe() as one:
        # Another database writes; nothing of it is for this slot.
        one.postgres.execute("CREATE TABLE IF NOT EXISTS elsewhere (id int); "
                             "INSERT INTO elsewhere SELECT generate_series(1, 1000)")
        target = one.postgres.lsn()
        one.postgres.wait_confirmed(one.slot, target, timeout=3)
