"""The initial snapshot: ours with 1, 2 and 4 readers, plain COPY and a live Debezium, one table,
one run. PENSTOCK_BENCH_ROWS and PENSTOCK_BENCH_LARGE_ROWS make it smaller for a trial."""
import os
import re
import time

from servers import Kafka, Penstock, until

from . import debezium, loads, pipe, processes

ROWS = int(os.environ.get("PENSTOCK_BENCH_ROWS", "1000000"))
LARGE_ROWS = int(os.environ.get("PENSTOCK_BENCH_LARGE_ROWS", "10000000"))
READERS = (1, 2, 4)
# The columns and the mix of values of the other loads.
FILL = """
INSERT INTO {name}
SELECT i, i*7 % 1000003, (i % 99991)::numeric(12,2) + 0.37, substr(md5(i::text),1,20),
       clock_timestamp(), i%3=0, md5(i::text||'u')::uuid,
       jsonb_build_object('k', i % 1000, 'tag', substr(md5(i::text),1,6)), i*1.000123
FROM generate_series(1, {rows}) i;
"""
DONE = re.compile(r"T(\d\d):(\d\d):([\d.]+)\S* info engine (snapshot|snapshot_done) ")


def measure(folder):
    with loads.cluster(folder / "pg") as postgres, Kafka(folder / "kafka") as kafka:
        postgres.create_extension()
        fill(postgres, "bench", ROWS)
        rows = [copy(postgres, "plain COPY, binary", "public.bench"),
                copy(postgres, "COPY of encode_row, binary",
                     "(SELECT ctid, penstock.encode_row(b.*) FROM public.bench b)")]
        # The first run is for the broker alone: a JVM that was just started compiles for a while.
        ours(folder / "warm", postgres, kafka, "warm", 2)
        for readers in READERS:
            rows.append(ours(folder / f"r{readers}", postgres, kafka, f"r{readers}", readers))
            print(rows[-1], flush=True)
        rows.append(peer(folder / "debezium", postgres, kafka))
        print(rows[-1], flush=True)
        postgres.execute("DROP TABLE bench")
        fill(postgres, "bench", LARGE_ROWS)
        rows.append({**ours(folder / "large", postgres, kafka, "large", 4, LARGE_ROWS),
                     "name": f"penstock, {LARGE_ROWS:,} rows"})
        print(rows[-1], flush=True)
    return {"rows": rows}


def fill(postgres, name, rows):
    postgres.execute(loads.TABLE.format(name=name))
    loads.write(postgres, FILL.format(name=name, rows=rows))
    postgres.execute(f"VACUUM (ANALYZE) {name}")
    postgres.execute("CHECKPOINT")


def copy(postgres, name, what):
    """One session, to a client that throws all away; the second of two runs, with a warm cache."""
    with postgres.connect() as session:
        session.execute("SELECT penstock.pin_settings()")
        pid = session.info.backend_pid
        for _ in range(2):
            quiet = processes.quiet()
            began, used, size = time.monotonic(), processes.cpu_seconds(pid), 0
            with session.cursor().copy(f"COPY {what} TO STDOUT (FORMAT binary)") as data:
                for piece in data:
                    size += len(piece)
            seconds = time.monotonic() - began
            server = processes.cpu_seconds(pid) - used
    row = {"name": name, "rows": ROWS, "seconds": round(seconds, 2), "quiet": quiet,
           "rows_per_s": round(ROWS / seconds), "server_cpu_s": round(server, 2), "bytes": size}
    print(row, flush=True)
    return row


def ours(folder, postgres, kafka, prefix, readers, rows=None):
    """From the line that says what is to be read to the one that says that all of it is."""
    rows = rows or ROWS
    config = pipe.settings(postgres, kafka, prefix=prefix, tables=["public.bench"],
                           extra={"snapshot": {"mode": "initial", "readers": readers}})
    quiet = processes.quiet()
    broker, server = kafka.cpu_seconds(), processes.family_cpu_seconds(postgres.pid)
    with Penstock(folder, config) as process:
        def done():
            if not process.running():
                raise AssertionError(process.log_tail())
            return "engine snapshot_done" in process.log_text()
        until(done, 1800, lambda: process.log_tail())
        row = {"client_cpu_s": processes.cpu_seconds(process.pid),
               "client_peak_rss_mib": processes.peak_rss_mib(process.pid)}
        until(lambda: "engine streaming" in process.log_text(), 60, lambda: process.log_tail())
        row["server_cpu_s"] = processes.family_cpu_seconds(postgres.pid) - server
        row["broker_cpu_s"] = kafka.cpu_seconds() - broker
        process.stop()
        at = {word: int(hour) * 3600 + int(minute) * 60 + float(second)
              for hour, minute, second, word in DONE.findall(process.log_text())}
    postgres.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                     "WHERE NOT active")
    seconds = (at["snapshot_done"] - at["snapshot"]) % 86400
    return {"name": f"penstock, {readers} reader{'s' if readers > 1 else ''}", "rows": rows,
            "seconds": round(seconds, 2), "quiet": quiet,
            "rows_per_s": round(rows / max(seconds, 0.01)),
            **{key: round(value, 2) for key, value in row.items()}}


def peer(folder, postgres, kafka):
    """Debezium, tuned, one thread: from its first record to its last, and its warm second half."""
    one = debezium.Debezium(folder, postgres, kafka, "snapshot", "bench", snapshot="initial")
    postgres.execute(f"CREATE PUBLICATION {one.slot} FOR TABLE bench")
    kafka.create_topic(one.topic)
    quiet = processes.quiet()
    broker, server = kafka.cpu_seconds(), processes.family_cpu_seconds(postgres.pid)
    end, first, half = pipe.EndOffset(kafka, one.topic), None, {}
    one.start()
    try:
        deadline = time.monotonic() + 1800
        while (offset := end.value()) < ROWS:
            assert one.running() and time.monotonic() < deadline, one.log_tail()
            now = time.monotonic()
            first = first or (now if offset else None)
            if not half and offset >= ROWS // 2:
                half = {"at": now, "offset": offset, "cpu": processes.cpu_seconds(one.pid)}
            time.sleep(0.02)  # The resolution of the measurement.
        seconds = time.monotonic() - (first or time.monotonic())
        used, warm = processes.cpu_seconds(one.pid), ROWS - half["offset"]
        return {"name": "debezium tuned", "rows": ROWS, "seconds": round(seconds, 2),
                "quiet": quiet, "rows_per_s": round(ROWS / max(seconds, 0.01)),
                "client_cpu_s": round(used, 2),
                "client_peak_rss_mib": round(processes.peak_rss_mib(one.pid), 2),
                "server_cpu_s": round(processes.family_cpu_seconds(postgres.pid) - server, 2),
                "broker_cpu_s": round(kafka.cpu_seconds() - broker, 2),
                "warm_client_cpu_s_per_m": round((used - half["cpu"]) / max(warm, 1) * 1e6, 1)}
    finally:
        one.kill()
