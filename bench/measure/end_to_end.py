"""A backlog from WAL to topic, exactly once: ours and a tuned Debezium, same WAL, same broker."""
from servers import Kafka, Penstock, until

from . import debezium, loads, pipe, processes

LOADS = (("mixed", "bench", loads.MIXED, loads.MIXED_CHANGES),
         ("single", "single", loads.SINGLE, loads.SINGLE_CHANGES))
FORMATS = ("debezium-json", "protobuf")


def measure(folder):
    rows = []
    with loads.cluster(folder / "pg") as postgres, Kafka(folder / "kafka") as kafka:
        for load, table, script, changes in LOADS:
            postgres.execute(loads.TABLE.format(name=table))
            ours = {form: configuration(postgres, kafka, load, table, form) for form in FORMATS}
            for form, config in ours.items():
                pipe.prepared(folder / f"{load}-{form}", postgres, config)
            peer = debezium.Debezium(folder / f"debezium-{load}", postgres, kafka, load, table)
            peer.prepare()
            loads.write(postgres, script)
            for form, config in ours.items():
                rows.append({"load": load, "name": f"penstock {form}", "changes": changes,
                             **run_ours(folder / f"{load}-{form}", postgres, kafka, config, table)})
                print(rows[-1], flush=True)
            rows.append({"load": load, "name": "debezium tuned", "changes": changes,
                         **peer.drain(changes)})
            print(rows[-1], flush=True)
    return {"rows": rows}


def configuration(postgres, kafka, load, table, form):
    return pipe.settings(postgres, kafka, prefix=f"{load}_{form.split('-')[0]}",
                         tables=[f"public.{table}"], extra={"format": {"value": form}})


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
