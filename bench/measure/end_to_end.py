"""A backlog from WAL to topic, exactly once: ours and a tuned Debezium, same WAL, same broker."""
from servers import FakeRegistry, Kafka, Penstock, until

from . import debezium, loads, pipe, processes

LOADS = (("mixed", "bench", loads.MIXED, loads.MIXED_CHANGES),
         ("single", "single", loads.SINGLE, loads.SINGLE_CHANGES))
# The first run is for the broker alone: a JVM that was just started compiles for half a minute.
WARM_UP = "warm"
RUNS = ((WARM_UP, "debezium-json"), ("json", "debezium-json"), ("avro", "debezium-avro"),
        ("flat_json", "flat-json"), ("flat_avro", "flat-avro"), ("protobuf", "protobuf"))


def measure(folder):
    rows = []
    with loads.cluster(folder / "pg") as postgres, Kafka(folder / "kafka") as kafka, \
            FakeRegistry() as registry:
        for load, table, script, changes in LOADS:
            postgres.execute(loads.TABLE.format(name=table))
            ours = {name: configuration(postgres, kafka, f"{load}_{name}", table, form,
                                        registry)
                    for name, form in RUNS}
            for name, config in ours.items():
                pipe.prepared(folder / f"{load}-{name}", postgres, config)
            peer = debezium.Debezium(folder / f"debezium-{load}", postgres, kafka, load, table)
            peer.prepare()
            loads.write(postgres, script)
            postgres.execute("CHECKPOINT")
            for name, config in ours.items():
                row = {"load": load, "name": f"penstock {config['format']['value']}",
                       "changes": changes,
                       **run_ours(folder / f"{load}-{name}", postgres, kafka, config, table)}
                print(row, flush=True)
                if name != WARM_UP:
                    rows.append(row)
            rows.append({"load": load, "name": "debezium tuned", "changes": changes,
                         **peer.drain(changes)})
            print(rows[-1], flush=True)
    return {"rows": rows}


def configuration(postgres, kafka, prefix, table, form, registry):
    # A registry is asked once for a table, so it may be one that costs us nothing to start.
    asked = {"registry": {"url": registry.url}} if form.endswith("avro") else {}
    return pipe.settings(postgres, kafka, prefix=prefix, tables=[f"public.{table}"],
                         extra={"format": {"value": form}, **asked})


def run_ours(folder, postgres, kafka, config, table):
    slot, topic = config["slot"]["name"], f"{config['topics']['prefix']}.public.{table}"
    end = postgres.lsn()
    quiet = processes.quiet()
    with Penstock(folder / "drain", config) as process:
        until(lambda: postgres.walsender_pid(slot), 60, lambda: process.log_tail())

        def finished():
            if not process.running():
                raise AssertionError(process.log_tail())
            return postgres.value("SELECT confirmed_flush_lsn >= %s::pg_lsn FROM "
                                  "pg_replication_slots WHERE slot_name = %s", (end, slot))
        result = pipe.drain(postgres, kafka, process.pid,
                            lambda: postgres.walsender_pid(slot), topic, finished)
        process.stop()
    records = pipe.count_records(kafka, topic)
    return {**result, "records": records, "quiet": quiet,
            "records_per_s": round(records / max(result["drain_s"], 0.01))}
