"""Start to first record, and SIGKILL to next record, under a light steady load."""
import statistics
import subprocess
import time

from servers import Kafka, Penstock, Reader, until

from . import loads, pipe

KILLS = 40


def measure(folder):
    with loads.cluster(folder / "pg") as postgres, Kafka(folder / "kafka") as kafka:
        postgres.execute("CREATE TABLE beat (id bigserial PRIMARY KEY, at timestamptz)")
        config = pipe.settings(postgres, kafka, prefix="beat", tables=["public.beat"])
        pipe.prepared(folder / "first", postgres, config)
        (folder / "beat.sql").write_text("INSERT INTO beat (at) VALUES (clock_timestamp());\n")
        (folder / "beat.sql").chmod(0o644)
        load = subprocess.Popen(
            [postgres.bin / "pgbench", "-h", "127.0.0.1", "-p", str(postgres.port), "-U",
             "postgres", "-n", "-f", folder / "beat.sql", "-R", "200", "-c", "1", "-T", "600",
             "postgres"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            starts, recoveries = [], []
            with Reader(kafka.bootstrap, ["beat.public.beat"]) as reader:
                for number in range(KILLS):
                    process = Penstock(folder / f"run{number}", config)
                    (starts if number == 0 else recoveries).append(first_record(process, reader))
                    until(lambda: reader.poll(0.1), 30, "records to flow")
                    process.kill()
        finally:
            load.kill()
    recoveries.sort()
    return {"rows": [{"kills": len(recoveries), "start_s": round(starts[0], 2),
                      "after_kill_p50_s": round(statistics.median(recoveries), 2),
                      "after_kill_p99_s": round(recoveries[int(len(recoveries) * 0.99)], 2),
                      "after_kill_max_s": round(recoveries[-1], 2)}]}


def first_record(process, reader):
    """Seconds from exec to the first new record at a read_committed reader."""
    while reader.poll(0.3):
        pass
    began = time.monotonic()
    process.start()
    until(lambda: reader.poll(0.02), 60, lambda: process.log_tail(), interval=0)
    return time.monotonic() - began
