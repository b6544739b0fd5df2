"""What the fault tests share: a world of three servers and the configuration of one pipe in it."""
from contextlib import contextmanager

from servers import Kafka, KafkaProxy, Penstock, Postgres, until


def configuration(postgres, brokers, *, slot="pipe", prefix="pipe", tables=("public.ledger_*",),
                  partitions=2, extra=None):
    """One broker accepted by name, PostgreSQL over TCP; `extra` is section to (key to value)."""
    config = {
        "source": {"url": postgres.url(), "tables": list(tables)},
        "slot": {"name": slot},
        "kafka": {"brokers": brokers, "single_broker": True},
        "topics": {"prefix": prefix, "partitions": partitions},
        "snapshot": {"mode": "never"},
    }
    for section, values in (extra or {}).items():
        config.setdefault(section, {}).update(values)
    return config


@contextmanager
def world(folder, *, settings=None, kafka_properties=None):
    """PostgreSQL, Kafka and a proxy in front of Kafka that only the consumer uses."""
    with Postgres(folder / "pg", settings=settings) as postgres, \
            Kafka(folder / "kafka", properties=kafka_properties) as kafka, \
            KafkaProxy(kafka.proxied_port, kafka.proxy_port) as proxy:
        # A selection that finds no table is refused at the start; this one never changes.
        postgres.execute("CREATE TABLE ledger_idle (id int PRIMARY KEY)")
        yield postgres, kafka, proxy


def start_streaming(pipe, postgres, slot="pipe"):
    """Starts the consumer and returns when it holds the slot."""
    pipe.start()
    wait_streaming(pipe, postgres, slot)
    return pipe


def wait_streaming(pipe, postgres, slot="pipe", timeout=40):
    def holds():
        assert pipe.running(), pipe.log_tail()
        return postgres.walsender_pid(slot)
    until(holds, timeout, lambda: pipe.log_tail())


def ends_with(pipe, exit_code, name, timeout=40):
    """The consumer stops by itself, with this exit code and this error name."""
    code = pipe.wait(timeout)
    log = pipe.log_text()
    assert code == exit_code, f"exit code {code}, wanted {exit_code}:\n{pipe.log_tail()}"
    assert f"ERROR:  {name}" in log, f"no {name} in:\n{pipe.log_tail()}"
    assert "HINT:" in log, pipe.log_tail()


def topics(prefix="pipe"):
    return [f"{prefix}.public.ledger_a", f"{prefix}.public.ledger_b"]


__all__ = ["Penstock", "configuration", "ends_with", "start_streaming", "topics", "wait_streaming",
           "world"]
