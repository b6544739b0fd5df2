"""State, slot and server that do not belong together any more: each stops by its own name, before
anything is published, and goes on when what was changed is put back."""
import pytest
from confluent_kafka.admin import NewPartitions
from pipes import configuration, ends_with, start_streaming, wait_streaming
from servers import Penstock, Postgres, Reader, until


def stopped_pipe(folder, postgres, kafka, name):
    """A pipe that has published one row and was stopped cleanly."""
    postgres.execute("CREATE TABLE IF NOT EXISTS ledger_t (id int PRIMARY KEY)")
    config = configuration(postgres, kafka.bootstrap, slot=name, prefix=name, partitions=1)
    pipe = start_streaming(Penstock(folder / name, config), postgres, name)
    postgres.execute("INSERT INTO ledger_t VALUES (1)")
    topic = f"{name}.public.ledger_t"
    until(lambda: topic in kafka.topics(), 30, lambda: pipe.log_tail())
    postgres.wait_confirmed(name)
    assert pipe.stop() == 0, pipe.log_tail()
    return pipe, topic


def keys(kafka, topic):
    with Reader(kafka.bootstrap, [topic]) as reader:
        return [record.json_key()["id"] for record in reader.read_to_end()]


def test_B3_a_slot_whose_wal_is_gone_stops_by_name(tmp_path, kafka):
    settings = {"max_slot_wal_keep_size": "'1MB'", "max_wal_size": "'32MB'",
                "min_wal_size": "'32MB'"}
    with Postgres(tmp_path / "pg", settings=settings) as postgres:
        pipe, topic = stopped_pipe(tmp_path, postgres, kafka, "lost")

        def is_lost():
            postgres.execute("CREATE TABLE IF NOT EXISTS filler (id int)")
            postgres.execute("INSERT INTO filler VALUES (1)")
            postgres.execute("SELECT pg_switch_wal()")
            postgres.execute("CHECKPOINT")
            return postgres.slot("lost")["wal_status"] == "lost"
        until(is_lost, 60, lambda: str(postgres.slot("lost")))
        postgres.execute("INSERT INTO ledger_t VALUES (2)")
        pipe.start()
        ends_with(pipe, 6, "slot_lost")
        assert "pg_drop_replication_slot" in pipe.log_text()
        assert keys(kafka, topic) == [1]


def test_G8_more_partitions_stop_by_name(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        pipe, topic = stopped_pipe(tmp_path, postgres, kafka, "partitions")
        for done in kafka.admin().create_partitions([NewPartitions(topic, 3)]).values():
            done.result(20)
        confirmed = postgres.slot("partitions")["confirmed_flush_lsn"]
        postgres.execute("INSERT INTO ledger_t VALUES (2)")
        pipe.start()
        ends_with(pipe, 4, "partitions_changed")
        assert keys(kafka, topic) == [1]
        assert postgres.slot("partitions")["confirmed_flush_lsn"] == confirmed


def test_G8_a_topic_is_compared_at_the_start_though_its_table_has_nothing_new(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        pipe, topic = stopped_pipe(tmp_path, postgres, kafka, "quiet")
        for done in kafka.admin().create_partitions([NewPartitions(topic, 2)]).values():
            done.result(20)
        pipe.start()
        ends_with(pipe, 4, "partitions_changed")
        assert topic in pipe.log_text().rsplit("ERROR", 1)[-1]


@pytest.mark.parametrize("anew", [False, True])
def test_G8_a_deleted_topic_stops_by_name_and_goes_on_when_that_was_meant(tmp_path, kafka, anew):
    name = f"deleted_{anew}".lower()
    with Postgres(tmp_path / "pg") as postgres:
        pipe, topic = stopped_pipe(tmp_path, postgres, kafka, name)
        kafka.delete_topic(topic)
        if anew:
            kafka.create_topic(topic)
        confirmed = postgres.slot(name)["confirmed_flush_lsn"]
        postgres.execute("INSERT INTO ledger_t VALUES (2)")
        pipe.start()
        ends_with(pipe, 4, "topic_lost")
        assert topic in pipe.log_text().rsplit("ERROR", 1)[-1]
        assert postgres.slot(name)["confirmed_flush_lsn"] == confirmed
        accepted = configuration(postgres, kafka.bootstrap, slot=name, prefix=name, partitions=1,
                                 extra={"topics": {"lost": "go_on"}})
        again = start_streaming(Penstock(tmp_path / "again", accepted), postgres, name)
        postgres.wait_confirmed(name)
        assert f"topic_lost topic={topic}" in again.log_text()
        assert again.stop() == 0, again.log_tail()
        assert keys(kafka, topic) == [2]
        start_streaming(pipe, postgres, name)
        assert pipe.stop() == 0, pipe.log_tail()


def test_G8_partitions_added_to_a_topic_in_use_stop_by_name(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        pipe, topic = stopped_pipe(tmp_path, postgres, kafka, "in_use")
        before = len(pipe.log_text())
        start_streaming(pipe, postgres, "in_use")
        pipe.wait_log("engine streaming", after=before)  # The look of the start is over.
        postgres.execute("INSERT INTO ledger_t VALUES (0)")
        postgres.wait_confirmed("in_use")
        for done in kafka.admin().create_partitions([NewPartitions(topic, 3)]).values():
            done.result(20)
        written = iter(range(2, 100_000))

        def has_ended():
            postgres.execute("INSERT INTO ledger_t VALUES (%s)", (next(written),))
            return not pipe.running()
        until(has_ended, 40, lambda: pipe.log_tail(), interval=0.2)
        ends_with(pipe, 4, "partitions_changed")


def test_A9_a_configuration_that_points_at_another_server_fences_nobody(tmp_path, kafka):
    """A copy of the configuration for a copy of the database must not stop production."""
    with Postgres(tmp_path / "pg") as postgres, Postgres(tmp_path / "copy") as copy:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        copy.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        config = configuration(postgres, kafka.bootstrap, slot="copied", prefix="copied",
                               partitions=1)
        pipe = start_streaming(Penstock(tmp_path / "pipe", config), postgres, "copied")
        postgres.execute("INSERT INTO ledger_t VALUES (1)")
        postgres.wait_confirmed("copied")
        config["source"]["url"] = copy.url()
        other = Penstock(tmp_path / "other", config).start()
        ends_with(other, 6, "other_server")
        assert copy.slot("copied") is None
        postgres.execute("INSERT INTO ledger_t VALUES (2)")
        postgres.wait_confirmed("copied")
        assert pipe.running() and "recovering" not in pipe.log_text(), pipe.log_tail()
        assert pipe.stop() == 0, pipe.log_tail()
        assert keys(kafka, "copied.public.ledger_t") == [1, 2]


@pytest.mark.parametrize("section, key, value", [
    ("topics", "prefix", "moved"),
    ("source", "plugin", "test_decoding"),
])
def test_A14_what_may_not_change_stops_by_name_and_may_be_put_back(tmp_path, kafka, section, key,
                                                                   value):
    with Postgres(tmp_path / "pg") as postgres:
        name = f"keep-{key}".replace("-", "_")
        _, topic = stopped_pipe(tmp_path, postgres, kafka, name)
        changed = configuration(postgres, kafka.bootstrap, slot=name, prefix=name, partitions=1)
        changed[section][key] = value
        pipe = Penstock(tmp_path / "changed", changed).start()
        code = pipe.wait(40)
        assert code in (2, 3, 6), pipe.log_tail()
        assert "ERROR:  " in pipe.log_text() and "HINT:  " in pipe.log_text()
        assert keys(kafka, topic) == [1]
        postgres.execute("INSERT INTO ledger_t VALUES (2)")
        config = configuration(postgres, kafka.bootstrap, slot=name, prefix=name, partitions=1)
        again = Penstock(tmp_path / "again", config).start()
        wait_streaming(again, postgres, name)
        postgres.wait_confirmed(name)
        assert again.stop() == 0, again.log_tail()
        assert keys(kafka, topic) == [1, 2]
