"""The schema registry: what comes out with it, and each way in which it can fail."""
import subprocess

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from pipes import ends_with
from registries import decoded, decoded_key, official, values
from servers import Apicurio, FakeRegistry, Penstock, Reader, until
from servers.registry import server_tls

REFUSED = 7


@pytest.fixture
def fake():
    with FakeRegistry() as registry:
        yield registry


@pytest.fixture
def avro(pipe, fake):
    """make(**keys of [registry]) -> a pipe with a table t of two columns, not started."""
    def make(**keys):
        made = pipe(format={"value": "debezium-avro"},
                    registry={"url": fake.url, "timeout": "1s", **keys},
                    limits={"backoff_min": "20ms", "backoff_max": "100ms"})
        made.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
        return made
    return make


def insert(pipe, number, table="t"):
    pipe.execute(f"INSERT INTO {table} (id, name) VALUES ({number}, 'n{number}')")


def refused(pipe, name):
    """A start that is refused by name before anything is published."""
    Penstock.start(pipe)
    ends_with(pipe, REFUSED, name)
    assert not [topic for topic in pipe.kafka.topics() if topic.startswith(pipe.prefix + ".public")]


def test_records_carry_the_ids_that_the_registry_gave(avro, fake, kafka):
    pipe = avro().start()
    insert(pipe, 1)
    insert(pipe, 2)
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        records = reader.read_count(2)
    assert [decoded(record, fake.schema)["after"] for record in records] == [
        {"id": 1, "name": "n1"}, {"id": 2, "name": "n2"}]
    assert [decoded_key(record, fake.schema) for record in records] == [{"id": 1}, {"id": 2}]
    assert set(fake.subjects) == {pipe.topic("t") + "-key", pipe.topic("t") + "-value"}
    assert fake.asked("POST", r"^/subjects/[^/]+/versions$") == 2
    before = len(fake.requests)
    insert(pipe, 3)
    pipe.confirmed()
    assert len(fake.requests) == before, "a known schema is asked for again"


def test_a_registry_that_is_down_holds_new_schemas_and_not_known_ones(avro, fake, kafka):
    pipe = avro().start()
    insert(pipe, 1)
    pipe.confirmed()
    fake.stop()
    insert(pipe, 2)
    pipe.confirmed()
    pipe.execute("CREATE TABLE later (id int PRIMARY KEY, name text)")
    insert(pipe, 3, "later")
    insert(pipe, 4)
    pipe.wait_log("registry_unreachable")
    with Reader(kafka.bootstrap) as reader:
        reader.topics = [pipe.topic("t")]
        reader.read_to_end()
        assert values(reader.of(pipe.topic("t")), fake.schema) == [1, 2]
        fake.start()
        pipe.confirmed()
        reader.topics = [pipe.topic("t"), pipe.topic("later")]
        reader.read_count(4)
        assert values(reader.of(pipe.topic("t")), fake.schema) == [1, 2, 4]
        assert values(reader.of(pipe.topic("later")), fake.schema) == [3]
    assert pipe.stop() == 0, pipe.log_tail()


def test_a_start_without_the_registry_goes_by_the_ids_of_the_state(avro, fake, kafka):
    pipe = avro().start()
    insert(pipe, 1)
    pipe.confirmed()
    assert pipe.stop() == 0, pipe.log_tail()
    fake.stop()
    pipe.start()
    insert(pipe, 2)
    pipe.confirmed()
    assert "registry away" in pipe.log_text()
    pipe.execute("CREATE TABLE later (id int PRIMARY KEY, name text)")
    insert(pipe, 3, "later")
    pipe.wait_log("registry waiting")
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        reader.read_count(2)
        assert values(reader.of(pipe.topic("t")), fake.schema) == [1, 2]
    fake.start()
    pipe.confirmed()
    with Reader(kafka.bootstrap, [pipe.topic("later")]) as reader:
        reader.read_count(1)
        assert values(reader.of(pipe.topic("later")), fake.schema) == [3]
    assert pipe.stop() == 0, pipe.log_tail()


def test_status_tells_of_a_registry_that_is_away(avro, fake):
    pipe = avro().start()
    assert f'"{fake.url}" answers' in pipe.call("status").stdout
    fake.stop()
    insert(pipe, 1)
    pipe.wait_log("registry_unreachable")
    told = pipe.call("status")
    assert told.returncode == 0, told.stderr
    assert "registry_unreachable" in told.stdout or "does not answer" in told.stdout, told.stdout
    assert "rows with a new schema wait for it" in told.stdout
    waits = f"for the schema registry, subject {pipe.topic('t')}-key: "
    until(lambda: waits in pipe.call("status").stdout, 30, lambda: pipe.call("status").stdout)
    fake.start()
    pipe.confirmed()
    assert "subject" not in pipe.call("status").stdout


def test_a_wait_inside_a_transaction_outlasts_kafkas_patience(avro, fake, kafka):
    pipe = avro()
    pipe.config_path.write_text(pipe.config_path.read_text().replace(
        "[kafka]", '[kafka]\ntransaction_timeout = "10s"'))
    pipe.start()
    insert(pipe, 1)
    pipe.confirmed()
    fake.stop()
    pipe.execute("BEGIN; INSERT INTO t VALUES (2, 'before'); "
                 "CREATE TABLE later (id int PRIMARY KEY, name text); "
                 "INSERT INTO later VALUES (3, 'new'); INSERT INTO t VALUES (4, 'behind'); COMMIT")
    # Between 50 and 100 ms each.
    until(lambda: pipe.log_text().count("registry waiting") > 240, 120, pipe.log_tail)
    assert pipe.running()
    fake.start()
    pipe.confirmed()
    with Reader(kafka.bootstrap, [pipe.topic("t"), pipe.topic("later")]) as reader:
        reader.read_count(4)
        reader.read_to_end()
    assert values(reader.of(pipe.topic("t")), fake.schema) == [1, 2, 4]
    assert values(reader.of(pipe.topic("later")), fake.schema) == [3]
    assert pipe.stop() == 0 and "recoveries=0" in pipe.log_text(), pipe.log_tail()


def test_a_wait_for_the_registry_ends_at_a_clean_stop(avro, fake):
    pipe = avro().start()
    fake.stop()
    insert(pipe, 1)
    pipe.wait_log("registry_unreachable")
    assert pipe.stop(10) == 0, pipe.log_tail()


@pytest.mark.parametrize("fault", [(503, 50003, "no leader"), (500, 50001, "store"), "hang"])
def test_what_passes_by_itself_is_waited_for(avro, fake, kafka, fault):
    pipe = avro().start()
    fake.fault = lambda method, path: fault
    insert(pipe, 1)
    pipe.wait_log("registry_unreachable")
    assert pipe.running()
    fake.fault = None
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        assert values(reader.read_count(1), fake.schema) == [1]


def test_the_next_address_is_asked_when_one_is_away(avro, fake, kafka):
    with FakeRegistry() as other:
        pipe = avro(url=f"{other.url}, {fake.url}").start()
        other.stop()
        insert(pipe, 1)
        with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
            assert values(reader.read_count(1), fake.schema) == [1]
        assert "registry_unreachable" not in pipe.log_text()


@pytest.mark.parametrize("checked", [True, False], ids=["dry_run", "409"])
def test_an_incompatible_schema_stops_with_both_schemas_and_the_remedy_works(
        avro, fake, kafka, checked):
    pipe = avro(check_compatibility=checked).start()
    insert(pipe, 1)
    pipe.confirmed()
    fake.incompatible.add(pipe.topic("t") + "-value")
    pipe.execute("ALTER TABLE t ADD COLUMN extra int")
    insert(pipe, 2)
    ends_with(pipe, REFUSED, "schema_incompatible")
    log = pipe.log_text()
    writer, reader_schema = log.split("The writer's schema:")[1].split("The reader's schema")
    assert "extra" in writer and "extra" not in reader_schema.split("HINT")[0]
    registered = fake.asked("POST", r"/versions$")
    assert registered == (2 if checked else 3)
    fake.incompatible.clear()
    pipe.start()
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        assert values(reader.read_count(2), fake.schema) == [1, 2]


def test_a_schema_that_the_registry_takes_for_none_stops_by_name(avro, fake, kafka):
    pipe = avro().start()
    fake.fault = lambda method, path: (422, 42201, "Invalid schema") if method == "POST" else None
    insert(pipe, 1)
    ends_with(pipe, REFUSED, "schema_invalid")
    fake.fault = None
    pipe.start()
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        assert values(reader.read_count(1), fake.schema) == [1]


def test_schemas_that_must_be_there_already(avro, fake, kafka):
    pipe = avro(auto_register=False).start()
    insert(pipe, 1)
    ends_with(pipe, REFUSED, "schema_unregistered")
    assert not fake.subjects
    detail = pipe.log_text().split("DETAIL:  The schema: ")[1].split(".\nHINT")[0]
    assert pipe.topic("t") + "-key" in pipe.log_text()
    # The remedy, once for the key and once for the value.
    fake.post(f"/subjects/{pipe.topic('t')}-key/versions", _body(detail), {})
    Penstock.start(pipe)
    ends_with(pipe, REFUSED, "schema_unregistered")
    detail = pipe.log_text().split("DETAIL:  The schema: ")[2].split(".\nHINT")[0]
    fake.post(f"/subjects/{pipe.topic('t')}-value/versions", _body(detail), {})
    pipe.start()
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        assert values(reader.read_count(1), fake.schema) == [1]


# --- who may ask ------------------------------------------------------------------------------


def test_refused_credentials_stop_before_the_first_record(avro, fake):
    fake.authorization = "Basic somebody-else"
    refused(avro(), "registry_authorization")


def test_credentials_that_are_taken_away_stop_by_name(avro, fake, kafka):
    pipe = avro().start()
    fake.fault = lambda method, path: (403, 40301, "Forbidden")
    insert(pipe, 1)
    ends_with(pipe, REFUSED, "registry_authorization")
    fake.fault = None
    pipe.start()
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        assert values(reader.read_count(1), fake.schema) == [1]


@pytest.mark.parametrize("kind", ["basic", "bearer", "oauth"])
def test_each_kind_of_credentials(avro, fake, kafka, tmp_path, kind):
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    keys = {"auth": kind}
    if kind == "basic":
        keys |= {"username": "pipe", "password_file": str(secret)}
        fake.authorization = "Basic cGlwZTpvcGVuIHNlc2FtZQ=="
    elif kind == "bearer":
        secret.write_text("sesame\n")
        keys |= {"token_file": str(secret)}
        fake.authorization = "Bearer sesame"
    else:
        keys |= {"oauth_token_url": fake.url + "/token", "oauth_client_id": "pipe",
                 "oauth_client_secret_file": str(secret)}
        fake.tokens[("pipe", "open sesame")] = "just-made"
        fake.authorization = "Bearer just-made"
    pipe = avro(**keys).start()
    insert(pipe, 1)
    with Reader(kafka.bootstrap, [pipe.topic("t")]) as reader:
        assert values(reader.read_count(1), fake.schema) == [1]
    said = pipe.log_text() + pipe.call("check").stdout
    assert "sesame" not in said and "just-made" not in said
    assert "unencrypted" in said


def test_a_certificate_of_ours(pipe, kafka, tmp_path):
    make_certificates(tmp_path)
    tls = server_tls(tmp_path / "host.pem", tmp_path / "host.key", tmp_path / "ca.pem")
    with FakeRegistry(tls=tls) as fake:
        ours = {"ssl_certificate_location": str(tmp_path / "pipe.pem"),
                "ssl_key_location": str(tmp_path / "pipe.key")}
        trust = {"ssl_ca_location": str(tmp_path / "ca.pem")}
        for missing, keys in [("certificate", trust), ("authority", ours)]:
            without = pipe(format={"value": "debezium-avro"},
                           registry={"url": fake.url, "timeout": "2s", **keys})
            without.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
            looked = without.call("check")
            assert looked.returncode == REFUSED, missing + looked.stdout
            assert "registry_unreachable" in looked.stdout
        both = pipe(format={"value": "debezium-avro"},
                    registry={"url": fake.url, **ours, **trust})
        both.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
        both.start()
        insert(both, 1)
        with Reader(kafka.bootstrap, [both.topic("t")]) as reader:
            assert values(reader.read_count(1), fake.schema) == [1]


# --- before the start -------------------------------------------------------------------------


def test_check_tells_what_the_registry_is(avro, fake):
    pipe = avro()
    told = pipe.call("check")
    assert told.returncode == 0, told.stdout + told.stderr
    for word in (fake.url, "READWRITE", "BACKWARD"):
        assert word in told.stdout
    fake.level = "NONE"
    told = pipe.call("check")
    assert told.returncode == 0 and "PUT" in told.stdout, told.stdout
    fake.stop()
    told = pipe.call("check")
    assert told.returncode == REFUSED and "registry_unreachable" in told.stdout, told.stdout


def test_a_registry_that_takes_no_schemas_is_refused(avro, fake):
    fake.mode = "READONLY"
    refused(avro(), "registry_read_only")


def test_an_address_that_is_no_registry_is_refused(avro, fake):
    refused(avro(url=fake.url + "/nothing/here"), "registry_answer")


def test_an_address_that_is_no_registry_any_more_stops_by_name(avro, fake):
    pipe = avro().start()
    fake.fault = lambda method, path: (404, 404, "HTTP 404 Not Found")
    insert(pipe, 1)
    ends_with(pipe, REFUSED, "registry_answer")


def test_a_format_with_schema_ids_needs_a_registry(pipe):
    made = pipe(format={"value": "debezium-avro"})
    Penstock.start(made)
    ends_with(made, 2, "configuration_invalid")
    assert "registry.url" in made.log_text()


# --- a registry that nobody here wrote ------------------------------------------------------


@pytest.fixture(scope="module")
def apicurio(tmp_path_factory):
    with Apicurio(tmp_path_factory.mktemp("apicurio")) as registry:
        yield registry


def schemas_of(apicurio):
    def schema(number):
        found = apicurio.ask("GET", f"/schemas/ids/{number}")
        return found.get("schemaType", "AVRO"), found["schema"]
    return schema


def test_apicurio_follows_a_table_that_grows_and_stops_one_that_breaks(pipe, kafka, apicurio):
    made = pipe(format={"value": "debezium-avro"}, registry={"url": apicurio.url})
    topic = made.topic("t")
    made.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
    made.start()
    insert(made, 1)
    made.confirmed()
    apicurio.set_level("BACKWARD", topic + "-value")
    made.execute("ALTER TABLE t ADD COLUMN extra int")
    insert(made, 2)
    made.confirmed()
    assert len(apicurio.ask("GET", f"/subjects/{topic}-value/versions")) == 2
    made.execute("ALTER TABLE t ALTER COLUMN extra TYPE text")
    insert(made, 3)
    ends_with(made, REFUSED, "schema_incompatible")
    assert len(apicurio.ask("GET", f"/subjects/{topic}-value/versions")) == 2
    # The remedy that the hint names.
    assert f"PUT /config/{topic}-value" in made.log_text()
    apicurio.set_level("NONE", topic + "-value")
    made.start()
    with Reader(kafka.bootstrap, [topic]) as reader:
        records = reader.read_count(3)
    afters = [decoded(record, schemas_of(apicurio))["after"] for record in records]
    assert afters == [{"id": 1, "name": "n1"}, {"id": 2, "name": "n2", "extra": None},
                      {"id": 3, "name": "n3", "extra": None}]
    with SchemaRegistryClient({"url": apicurio.url}) as client:
        read = [official(record, client) for record in records]
    assert [key for key, _ in read] == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert [value["after"] for _, value in read] == afters


# What the page docs/guide/schema-registry.md says about changes of a table under BACKWARD.
FITS = {
    "nullable": "ADD COLUMN added int",
    "defaulted": "ADD COLUMN added int NOT NULL DEFAULT 5",
    "dropped": "DROP COLUMN note",
    "widened": "ALTER COLUMN number TYPE bigint",
    "doubled": "ALTER COLUMN real TYPE double precision",
    "renamed": "RENAME COLUMN note TO remark",
}
REFUSES = {
    "required": "ADD COLUMN added int NOT NULL",
    "retyped": "ALTER COLUMN number TYPE text",
    "required_renamed": "RENAME COLUMN number TO amount",
}


def make_table(pipe, apicurio, name):
    pipe.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, number int NOT NULL, real real, "
                 "note text)")
    pipe.execute(f"INSERT INTO {name} VALUES (1, 1, 1.5, 'one')")
    until(lambda: len(apicurio.ask("GET", f"/subjects/{pipe.topic(name)}-value/versions")) == 1,
          30, "the first version")
    apicurio.set_level("BACKWARD", pipe.topic(name) + "-value")


def change_table(pipe, name, change):
    pipe.execute(f"DELETE FROM {name}; ALTER TABLE {name} {change}")
    columns = pipe.query("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) "
                         "FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
                         "AND NOT attisdropped", (name,))[0][0].split(", ")
    pipe.execute(f"INSERT INTO {name} SELECT {', '.join('2' for _ in columns)}")


def test_changes_that_readers_can_follow_go_on(pipe, kafka, apicurio):
    made = pipe(format={"value": "debezium-avro"}, registry={"url": apicurio.url})
    made.execute("CREATE TABLE first (id int PRIMARY KEY)")
    made.start()
    for name, change in FITS.items():
        make_table(made, apicurio, name)
        change_table(made, name, change)
    made.confirmed()
    for name in FITS:
        versions = apicurio.ask("GET", f"/subjects/{made.topic(name)}-value/versions")
        assert len(versions) == 2, name
    assert made.stop() == 0, made.log_tail()


@pytest.mark.parametrize("name", REFUSES)
def test_a_change_that_readers_cannot_follow_stops(pipe, apicurio, name):
    made = pipe(format={"value": "debezium-avro"}, registry={"url": apicurio.url})
    made.execute("CREATE TABLE first (id int PRIMARY KEY)")
    made.start()
    make_table(made, apicurio, name)
    change_table(made, name, REFUSES[name])
    ends_with(made, REFUSED, "schema_incompatible")
    assert "The registry says" in made.log_text()


def test_apicurio_answers_check(pipe, apicurio):
    made = pipe(format={"value": "debezium-avro"}, registry={"url": apicurio.url})
    made.execute("CREATE TABLE t (id int PRIMARY KEY)")
    told = made.call("check")
    assert told.returncode == 0, told.stdout + told.stderr
    assert apicurio.url in told.stdout


# --- what the tests above need --------------------------------------------------------------


def _body(schema):
    return '{"schema": ' + _json_text(schema) + "}"


def _json_text(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def make_certificates(folder):
    """ca.pem and, signed by it, host (127.0.0.1) and pipe, each with a key."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test ca",
            "-keyout", "ca.key", "-out", "ca.pem")
    for name, extension in (("host", "subjectAltName=IP:127.0.0.1"),
                            ("pipe", "keyUsage=digitalSignature")):
        (folder / f"{name}.ext").write_text(extension + "\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "1", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    until(lambda: (folder / "pipe.pem").exists(), 5, "the certificates")
