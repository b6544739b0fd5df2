"""What bad surroundings get: one named error, the exit code of its kind, a remedy, no record."""
import pytest
from pipes import configuration, ends_with, start_streaming
from servers import Penstock, Postgres, Reader, TcpProxy, free_port, until


def run_refused(folder, postgres, kafka, exit_code, name, *, user=None, extra=None):
    """Runs to the refusal; no topic of the pipe may exist after it."""
    prefix = name.replace("_", "-")
    config = configuration(postgres, kafka.bootstrap, slot=name, prefix=prefix, extra=extra)
    if user:
        config["source"]["url"] = postgres.url(user=user)
    pipe = Penstock(folder / "refused", config).start()
    ends_with(pipe, exit_code, name)
    assert not [topic for topic in kafka.topics() if topic.startswith(prefix + ".public")]
    return pipe


def waits_by_name(pipe, exit_code, name):
    """What may pass by itself is waited for, visibly; `check` says it with its exit code."""
    looked = pipe.call("check")
    assert looked.returncode == exit_code, looked.stdout + looked.stderr
    assert name in looked.stdout + looked.stderr
    pipe.start().wait_log(name)
    assert pipe.stop() == 0, pipe.log_tail()


def test_wal_level_that_is_not_logical(tmp_path, kafka):
    with Postgres(tmp_path / "pg", settings={"wal_level": "replica"}) as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        pipe = run_refused(tmp_path, postgres, kafka, 3, "wal_level")
        assert "ALTER SYSTEM SET wal_level" in pipe.log_text()


def test_D13_a_plugin_that_the_server_refuses(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        if not postgres.value("SELECT count(*) FROM pg_settings "
                              "WHERE name = 'output_plugin_libraries'"):
            pytest.skip("this server has no output_plugin_libraries")
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        postgres.execute("ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding")
        postgres.execute("SELECT pg_reload_conf()")
        until(lambda: "penstock" not in postgres.value("SHOW output_plugin_libraries"), 10)
        pipe = run_refused(tmp_path, postgres, kafka, 3, "plugin_not_allowed")
        assert "output_plugin_libraries = pgoutput, test_decoding, penstock" in pipe.log_text()


def test_D13_a_plugin_that_is_not_there(tmp_path, kafka):
    with Postgres(tmp_path / "pg", plugin=tmp_path / "nothing") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        run_refused(tmp_path, postgres, kafka, 3, "plugin_missing")


def test_H10_a_role_without_replication(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY); CREATE ROLE plain LOGIN")
        pipe = run_refused(tmp_path, postgres, kafka, 3, "role_not_replication", user="plain")
        assert "REPLICATION" in pipe.log_text()


def test_B8_no_free_slot(tmp_path, kafka):
    with Postgres(tmp_path / "pg", settings={"max_replication_slots": 1}) as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        postgres.execute("SELECT pg_create_logical_replication_slot('other', 'test_decoding')")
        config = configuration(postgres, kafka.bootstrap, slot="no_free", prefix="no-free")
        waits_by_name(Penstock(tmp_path / "no_free", config), 3, "no_free_slot")


@pytest.mark.parametrize("prepared", [False, True])
def test_A2_a_slot_that_waits_for_a_transaction_says_for_which(tmp_path, kafka, prepared):
    name = f"waits_{prepared}".lower()
    with Postgres(tmp_path / "pg", settings={"max_prepared_transactions": 2}) as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        config = configuration(postgres, kafka.bootstrap, slot=name, prefix=name, partitions=1)
        with postgres.connect(autocommit=False) as session:
            session.execute("INSERT INTO ledger_t VALUES (1)")
            whose = f"pid {session.info.backend_pid}, role"
            if prepared:
                session.execute("PREPARE TRANSACTION 'forgotten'")
                whose = 'prepared transaction "forgotten"'
            pipe = Penstock(tmp_path / "pipe", config).start()
            pipe.wait_log("engine creating_slot")
            assert f"1 must end before the slot can be made; the oldest: {whose}" in pipe.log_text()
            assert "slot_created" not in pipe.log_text()
            if not prepared:
                session.commit()
        if prepared:
            postgres.execute("COMMIT PREPARED 'forgotten'")
        pipe.wait_log("engine streaming")
        # What is prepared after the slot is there comes with its COMMIT PREPARED.
        with postgres.connect(autocommit=False) as session:
            session.execute("INSERT INTO ledger_t VALUES (2)")
            session.execute("PREPARE TRANSACTION 'later'")
        postgres.execute("INSERT INTO ledger_t VALUES (3)")
        postgres.execute("COMMIT PREPARED 'later'")
        postgres.wait_confirmed(name)
        with Reader(kafka.bootstrap, [f"{name}.public.ledger_t"]) as reader:
            assert [record.json_key()["id"] for record in reader.read_to_end()] == [3, 2]
        assert pipe.stop() == 0, pipe.log_tail()


def test_B8_no_free_sender(tmp_path, kafka):
    with Postgres(tmp_path / "pg", settings={"max_wal_senders": 1}) as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        holder = Penstock(tmp_path / "holder", configuration(
            postgres, kafka.bootstrap, slot="holder", prefix="holder"))
        start_streaming(holder, postgres, "holder")
        config = configuration(postgres, kafka.bootstrap, slot="no_sender", prefix="no-sender")
        waits_by_name(Penstock(tmp_path / "no_sender", config), 3, "no_free_sender")
        assert holder.stop() == 0, holder.log_tail()


def test_D20_a_byte_that_changes_on_the_way_stops_by_name_and_makes_no_record(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres, TcpProxy(postgres.port) as proxy:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY, pad text)")
        config = configuration(postgres, kafka.bootstrap, slot="flipped", prefix="flipped",
                               partitions=1)
        config["source"]["url"] = config["source"]["url"].replace(str(postgres.port),
                                                                  str(proxy.port))
        pipe = start_streaming(Penstock(tmp_path / "pipe", config), postgres, "flipped")
        postgres.execute("INSERT INTO ledger_t VALUES (1, 'right')")
        postgres.wait_confirmed("flipped")
        confirmed = postgres.slot("flipped")["confirmed_flush_lsn"]
        proxy.alter = lambda chunk: chunk.replace(b"second row", b"secend row")
        postgres.execute("INSERT INTO ledger_t VALUES (2, 'second row')")
        ends_with(pipe, 5, "crc_mismatch")
        assert postgres.slot("flipped")["confirmed_flush_lsn"] == confirmed
        proxy.alter = None
        start_streaming(pipe, postgres, "flipped")
        postgres.wait_confirmed("flipped")
        with Reader(kafka.bootstrap, ["flipped.public.ledger_t"]) as reader:
            rows = [record.json()["after"]["pad"] for record in reader.read_to_end()]
        assert rows == ["right", "second row"]
        assert pipe.stop() == 0, pipe.log_tail()


def test_a_selection_that_finds_no_table(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        run_refused(tmp_path, postgres, kafka, 3, "selection_empty")


def test_a_publication_that_is_not_there(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        run_refused(tmp_path, postgres, kafka, 3, "publication_missing",
                    extra={"source": {"tables": [], "publications": ["nowhere"]}})


def publish_filtered(postgres):
    """A publication whose row filter the plugin does not apply."""
    postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY, region text)")
    postgres.execute("CREATE PUBLICATION filtered FOR TABLE ledger_t WHERE (id > 10)")
    return {"tables": [], "publications": ["filtered"]}


def test_a_row_filter_that_is_not_applied_stops_before_its_first_row(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        source = publish_filtered(postgres)
        config = configuration(postgres, kafka.bootstrap, slot="filter", prefix="filter",
                               extra={"source": source})
        pipe = Penstock(tmp_path / "filter", config)
        start_streaming(pipe, postgres, "filter")
        before = postgres.lsn()
        postgres.execute("INSERT INTO ledger_t VALUES (1, 'left out'), (11, 'in')")
        ends_with(pipe, 3, "option_ignored")
        assert "row filter" in pipe.log_text()
        assert postgres.value("SELECT confirmed_flush_lsn <= %s::pg_lsn FROM "
                              "pg_replication_slots WHERE slot_name = 'filter'", (before,))
        assert "filter.public.ledger_t" not in kafka.topics()


def test_a_row_filter_is_passed_over_when_the_configuration_says_so(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        source = {**publish_filtered(postgres), "option_ignored": "go_on"}
        config = configuration(postgres, kafka.bootstrap, slot="goes_on", prefix="goes-on",
                               extra={"source": source})
        pipe = Penstock(tmp_path / "goes_on", config)
        start_streaming(pipe, postgres, "goes_on")
        postgres.execute("INSERT INTO ledger_t VALUES (1, 'in all the same')")
        postgres.wait_confirmed("goes_on")
        pipe.wait_log("option_ignored")
        assert "goes-on.public.ledger_t" in kafka.topics()
        assert pipe.stop() == 0, pipe.log_tail()


def test_brokers_that_cannot_be_reached(tmp_path):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        config = configuration(postgres, f"127.0.0.1:{free_port()}", slot="refused",
                               extra={"kafka": {"request_timeout": "2s"}})
        waits_by_name(Penstock(tmp_path / "refused", config), 4, "kafka_unreachable")
        assert postgres.slot("refused") is None


def test_A14_a_state_topic_with_another_policy(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
        kafka.create_topic("policy.__penstock_state.policy", cleanup_policy="delete")
        config = configuration(postgres, kafka.bootstrap, slot="policy", prefix="policy")
        pipe = Penstock(tmp_path / "policy", config).start()
        ends_with(pipe, 4, "topic_policy")
        assert postgres.slot("policy") is None


def test_G9_a_row_that_the_topic_refuses(tmp_path, kafka):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY, pad text)")
        config = configuration(postgres, kafka.bootstrap, slot="large", prefix="large",
                               partitions=1)
        pipe = Penstock(tmp_path / "large", config)
        start_streaming(pipe, postgres, "large")
        postgres.execute("INSERT INTO ledger_t VALUES (1, 'fits')")
        postgres.wait_confirmed("large")
        postgres.execute("INSERT INTO ledger_t VALUES (2, repeat('x', 3000000))")
        ends_with(pipe, 4, "record_too_large")
        confirmed = postgres.slot("large")["confirmed_flush_lsn"]
        postgres.execute("INSERT INTO ledger_t VALUES (3, 'behind it')")
        pipe.start()
        ends_with(pipe, 4, "record_too_large")
        assert postgres.slot("large")["confirmed_flush_lsn"] == confirmed


@pytest.mark.parametrize("section, key, value, nearest", [
    ("source", "tabels", ["public.*"], "source.tables"),
    ("kafka", "broker", "127.0.0.1:1", "kafka.brokers"),
    ("topics", "partition", 3, "topics.partitions"),
])
def test_an_unknown_key_names_the_nearest(tmp_path, postgres, section, key, value, nearest):
    config = configuration(postgres, "127.0.0.1:1", extra={section: {key: value}})
    pipe = Penstock(tmp_path / "typo", config).start()
    ends_with(pipe, 2, "configuration_unknown_key")
    assert nearest in pipe.log_text()


def test_G9_a_row_of_many_megabytes_goes_through_where_its_topic_takes_it(tmp_path, kafka):
    """More than the client's own queue is made for."""
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY, pad text)")
        kafka.create_topic("huge.public.ledger_t", max_message_bytes=64 << 20)
        config = configuration(postgres, kafka.bootstrap, slot="huge", prefix="huge", partitions=1)
        pipe = Penstock(tmp_path / "huge", config)
        start_streaming(pipe, postgres, "huge")
        postgres.execute("INSERT INTO ledger_t VALUES (1, repeat('x', 20000000))")
        postgres.execute("INSERT INTO ledger_t VALUES (2, 'small')")
        postgres.wait_confirmed("huge", timeout=40)
        with Reader(kafka.bootstrap, ["huge.public.ledger_t"]) as reader:
            rows = [record.json()["after"] for record in reader.read_to_end()]
        assert [(row["id"], len(row["pad"])) for row in rows] == [(1, 20000000), (2, 5)]
        assert pipe.stop() == 0, pipe.log_tail()


def test_G9_a_row_that_the_clients_queue_never_takes_stops_by_name(tmp_path, kafka):
    """librdkafka says "queue full" for ever to a record that is larger than the queue."""
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY, pad text)")
        kafka.create_topic("narrow.public.ledger_t", max_message_bytes=64 << 20)
        config = configuration(postgres, kafka.bootstrap, slot="narrow", prefix="narrow",
                               partitions=1, extra={"kafka": {"properties": {
                                   "queue.buffering.max.kbytes": "4096"}}})
        pipe = Penstock(tmp_path / "narrow", config)
        start_streaming(pipe, postgres, "narrow")
        postgres.execute("INSERT INTO ledger_t VALUES (1, repeat('x', 8000000))")
        ends_with(pipe, 4, "record_too_large")
        assert "queue.buffering.max.kbytes" in pipe.log_text()
        with Reader(kafka.bootstrap, ["narrow.public.ledger_t"]) as reader:
            assert reader.read_to_end() == []
