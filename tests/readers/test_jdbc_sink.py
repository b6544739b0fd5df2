"""Debezium's JDBC sink reads the topics as it reads Debezium's, makes the tables and keeps them: in
the end they are those that they come from."""
import pytest
from servers import ConnectWorker, until
from shop import ORDERS, busy_day

SINK = {
    "name": "sink", "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
    "insert.mode": "upsert", "delete.enabled": "true", "primary.key.mode": "record_key",
    "schema.evolution": "basic", "connection.username": "postgres", "connection.password": "none",
    "consumer.override.isolation.level": "read_committed",
    "consumer.override.auto.offset.reset": "earliest",
}
EVERYTHING = """CREATE TABLE everything (
    id bigint PRIMARY KEY, truth boolean, small smallint, real8 double precision, word varchar(20),
    bytes bytea, day date, moment timestamp, hour time, document jsonb, number uuid);
ALTER TABLE everything REPLICA IDENTITY FULL;
INSERT INTO everything VALUES
    (1, true, -7, 0.1, 'caf\u00e9', '\\x00ff', '2024-02-29', '2024-02-29 23:59:59.123456',
     '23:59:59.123456', '{"a": [1, null]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"""


@pytest.fixture(name="target")
def fixture_target(postgres, pipe):
    """The name of the database that the sink writes to; gone with the pipe's own."""
    name = "sink_target"
    postgres.create_database(name)
    yield name
    postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_tables_of_both_sides_are_equal(pipe, postgres, kafka, target, seed, tmp_path):
    made = pipe(format={"value": "debezium-json", "schemas": True})
    made.execute(ORDERS)
    made.execute("CREATE TABLE everything (id bigint PRIMARY KEY)")
    made.execute("DROP TABLE everything")
    busy_day(made, seed)
    made.execute(EVERYTHING)
    made.execute("UPDATE everything SET small = small + 1, word = upper(word)")
    made.confirmed()
    topics = {table: made.topic(table) for table in ("orders", "everything")}
    with ConnectWorker(tmp_path / "connect", kafka, plugins="reader-plugins", connector={
            **SINK, "topics": ",".join(topics.values()),
            "connection.url": f"jdbc:postgresql://127.0.0.1:{postgres.port}/{target}"}) as worker:
        for table, topic in topics.items():
            columns = ", ".join(name for name, in made.query(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
                "ORDER BY attnum", (table,)))
            wanted = made.query(f"SELECT {columns} FROM {table} ORDER BY id")
            copy = topic.replace(".", "_")

            def equal(copy=copy, columns=columns, wanted=wanted):
                assert worker.running(), worker.log_tail()
                there = postgres.query("SELECT to_regclass(%s) IS NOT NULL", (copy,), target)[0][0]
                return there and postgres.query(
                    f"SELECT {columns} FROM {copy} ORDER BY id", None, target) == wanted
            until(equal, 90, lambda copy=copy: f"{copy} to be equal:\n" + worker.log_tail())
