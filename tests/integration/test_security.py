"""TLS on both sides, SASL, and the least rights that a broker may grant."""
import subprocess

import pytest
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, ResourcePatternType,
                                   ResourceType)
from pipes import configuration, ends_with, start_streaming, world
from servers import Kafka, Penstock, Postgres, Reader, TcpProxy, until

SASL = {
    "listener.security.protocol.map":
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:SASL_PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "listener.name.proxied.plain.sasl.jaas.config":
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_cdc=\"secret\";",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}

# What docs and hint name, and no more.
GRANTS = (
    (ResourceType.TOPIC, "pipe.", AclOperation.WRITE),
    (ResourceType.TOPIC, "pipe.", AclOperation.DESCRIBE),
    (ResourceType.TOPIC, "pipe.", AclOperation.DESCRIBE_CONFIGS),
    (ResourceType.TOPIC, "pipe.", AclOperation.CREATE),
    (ResourceType.TOPIC, "pipe.__penstock_state.", AclOperation.READ),
    (ResourceType.TRANSACTIONAL_ID, "penstock.pipe.pipe.", AclOperation.WRITE),
    (ResourceType.TRANSACTIONAL_ID, "penstock.pipe.pipe.", AclOperation.DESCRIBE),
)


def grant(kafka):
    bindings = [AclBinding(kind, name, ResourcePatternType.PREFIXED, "User:cdc", "*", operation,
                           AclPermissionType.ALLOW) for kind, name, operation in GRANTS]
    for done in kafka.admin().create_acls(bindings).values():
        done.result(20)


def sasl(password):
    return {"kafka": {"security_protocol": "sasl_plaintext", "sasl_mechanism": "PLAIN",
                      "sasl_username": "cdc", "sasl_password": password}}


def arrives(postgres, kafka, pipe):
    postgres.execute("CREATE TABLE ledger_t (id int PRIMARY KEY)")
    postgres.execute("INSERT INTO ledger_t VALUES (7)")
    with Reader(kafka.bootstrap, ["pipe.public.ledger_t"]) as reader:
        until(lambda: "pipe.public.ledger_t" in kafka.topics(), 30, lambda: pipe.log_tail())
        assert [record.json_key() for record in reader.read_count(1)] == [{"id": 7}]
    postgres.wait_confirmed("pipe")


def test_sasl_and_the_least_rights(tmp_path):
    with world(tmp_path, kafka_properties=SASL) as (postgres, kafka, _):
        brokers = kafka.proxy_bootstrap
        refused = Penstock(tmp_path / "wrong", configuration(postgres, brokers,
                                                             extra=sasl("mistaken"))).start()
        ends_with(refused, 4, "kafka_authorization")
        assert "mistaken" not in refused.log_text()
        pipe = Penstock(tmp_path / "pipe", configuration(postgres, brokers, extra=sasl("secret")))
        pipe.start()
        ends_with(pipe, 4, "kafka_authorization")
        assert postgres.slot("pipe") is None, "nothing may be left behind"
        grant(kafka)
        start_streaming(pipe, postgres)
        arrives(postgres, kafka, pipe)
        assert pipe.stop() == 0, pipe.log_tail()


@pytest.fixture(name="authority")
def fixture_authority(tmp_path):
    """Makes certificates: authority(name) is a folder with ca.pem, a key and a certificate for
    localhost and 127.0.0.1 that this authority signed."""
    def make(name):
        folder = tmp_path / name
        folder.mkdir(mode=0o755)

        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
                "ca.pem", "-days", "2", "-subj", f"/CN={name}")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out",
                "server.csr", "-subj", "/CN=localhost")
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", "server.key", "-out", "server.p8")
        return folder
    return make


def pem(path):
    """A PEM file as one line of a properties file."""
    return path.read_text().strip().replace("\n", "\\n")


def test_tls_on_both_sides_is_verified(tmp_path, authority):
    ours, other = authority("ours"), authority("other")
    properties = {
        "listener.security.protocol.map":
            "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:SSL",
        "listener.name.proxied.ssl.keystore.type": "PEM",
        "listener.name.proxied.ssl.keystore.certificate.chain": pem(ours / "server.pem"),
        "listener.name.proxied.ssl.keystore.key": pem(ours / "server.p8"),
    }
    with Postgres(tmp_path / "pg") as postgres, \
            Kafka(tmp_path / "kafka", properties=properties) as kafka, \
            TcpProxy(kafka.proxied_port, kafka.proxy_port):
        postgres.execute("CREATE TABLE ledger_idle (id int PRIMARY KEY)")
        serve_tls(postgres, ours)

        def config(folder, postgres_ca, kafka_ca):
            made = configuration(postgres, kafka.proxy_bootstrap, extra={
                "kafka": {"security_protocol": "ssl", "request_timeout": "3s",
                          "ssl_ca_location": str(kafka_ca / "ca.pem")}})
            made["source"]["url"] += f"?sslmode=verify-full&sslrootcert={postgres_ca / 'ca.pem'}"
            return Penstock(tmp_path / folder, made)
        looked = config("no-postgres", other, ours).call("check")
        assert looked.returncode == 3, looked.stdout
        assert "certificate verify failed" in looked.stdout + looked.stderr
        looked = config("no-kafka", ours, other).call("check")
        assert looked.returncode == 4, looked.stdout
        assert "certificate verify failed" in looked.stdout + looked.stderr
        pipe = config("pipe", ours, ours)
        start_streaming(pipe, postgres)
        assert postgres.value("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_replication "
                              "USING (pid)")
        arrives(postgres, kafka, pipe)
        assert pipe.stop() == 0, pipe.log_tail()


def serve_tls(postgres, folder):
    """Gives the server its key and admits nobody without TLS but the tests' own sessions."""
    for name in ("server.key", "server.pem"):
        target = postgres.data / name
        target.write_bytes((folder / name).read_bytes())
        target.chmod(0o600)
        postgres.give(target)
    postgres.execute("ALTER SYSTEM SET ssl_cert_file = 'server.pem'")
    postgres.execute("ALTER SYSTEM SET ssl_key_file = 'server.key'")
    postgres.execute("ALTER SYSTEM SET ssl = on")
    postgres.execute("SELECT pg_reload_conf()")
    until(lambda: postgres.value("SHOW ssl") == "on", 10, "TLS")
