"""The demo: a real PostgreSQL, a real Kafka, a shop, and a consumer that is killed at work.

Run it by `make demo` (tools/demo). Ends by itself in about a minute, leaves nothing running and
nothing behind; `make demo KEEP=1` stays up and says how to connect.
"""
import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import reckoning
from screen import Steps, bad, change, fact, paint, say, table, title
from servers import (Kafka, KafkaUnavailable, OracleSlot, Penstock, Postgres, Reader, guard,
                     until)
from servers.kafka import VERSION as KAFKA_VERSION, jars
from shop import Shop

TABLES = ["customers", "products", "orders", "order_lines"]
DATABASE = "shop"
SLOT = "demo"
PREFIX = "demo"
WORK_SECONDS = 24
KILLS_AT = (8, 15)
FEED_LINES_A_SECOND = 3


class Feed(threading.Thread):
    """Reads the topics as any reader would and shows some of what arrives."""

    def __init__(self, kafka):
        super().__init__(daemon=True)
        self.reader = Reader(kafka.bootstrap, [f"{PREFIX}.shop.{name}" for name in TABLES])
        self.delays_ms = []
        self.arrivals = []     # time.monotonic() of each change
        self._show_after = 0.0
        self._end = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self._end.is_set():
                for record in self.reader.poll(0.1):
                    self._take(record)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def stop(self):
        self._end.set()
        self.join()

    def _take(self, record):
        body = record.json()
        if body is None:
            return
        delay = time.time() * 1000 - body["source"]["ts_us"] / 1000
        self.delays_ms.append(delay)
        self.arrivals.append(time.monotonic())
        if time.monotonic() >= self._show_after:
            self._show_after = time.monotonic() + 1 / FEED_LINES_A_SECOND
            change(record, body, delay)


def configuration(postgres, kafka):
    return {
        "source": {"url": postgres.url(DATABASE), "tables": ["shop.*"]},
        "slot": {"name": SLOT},
        "kafka": {"brokers": kafka.bootstrap, "single_broker": True},
        "topics": {"prefix": PREFIX},
        "format": {"decimal": "string"},
    }


def start_postgres(folder):
    began = time.monotonic()
    postgres = Postgres(folder / "postgres").start()
    postgres.create_database(DATABASE)
    version = postgres.value("SHOW server_version").split()[0]
    fact("PostgreSQL " + version, f"port {postgres.port}",
         f"throw-away cluster, plugin loaded, {time.monotonic() - began:.1f} s")
    return postgres


def start_kafka(folder):
    began = time.monotonic()
    kafka = Kafka(folder / "kafka").start()
    fact("Apache Kafka " + KAFKA_VERSION, f"port {kafka.port}",
         f"one node, KRaft, {time.monotonic() - began:.1f} s")
    return kafka


def start_consumer(folder, postgres, kafka):
    consumer = Penstock(folder / "penstock", configuration(postgres, kafka)).start()

    def streaming():
        if not consumer.running():
            raise SystemExit("penstock ended with "
                             f"{consumer.exit_code()}:\n{consumer.log_tail()}")
        return postgres.walsender_pid(SLOT)
    until(streaming, 30, lambda: "penstock to stream:\n" + consumer.log_tail())
    fact("penstock", f"pid {consumer.pid}",
         f"slot {SLOT} -> topics {PREFIX}.shop.*, {consumer.rss_mib():.0f} MiB")
    return consumer


def kill_and_start(consumer, postgres, feed):
    """SIGKILL in mid-flow; the writers go on, the new process takes up where the old one fell."""
    victim = consumer.pid
    consumer.kill()
    killed = time.monotonic()
    say("     " + paint("bold red", f"kill -9 {victim}") +
        "  the consumer is gone; the shop goes on selling")
    time.sleep(1.0)
    consumer.start()
    started = time.monotonic()
    until(lambda: postgres.walsender_pid(SLOT) and feed.arrivals[-1] > started, 30,
          lambda: "records after the restart:\n" + consumer.log_tail())
    say("     " + paint("bold green", f"pid {consumer.pid}") +
        f"  took over: first record {feed.arrivals[-1] - started:.1f} s after its start, "
        f"{time.monotonic() - killed:.1f} s after the kill")


def shop_at_work(postgres, consumer, feed):
    shop = Shop(postgres, DATABASE)
    shop.start()
    began = time.monotonic()
    for moment in KILLS_AT:
        time.sleep(max(0.0, began + moment - time.monotonic()))
        kill_and_start(consumer, postgres, feed)
    time.sleep(max(0.0, began + WORK_SECONDS - time.monotonic()))
    shop.stop()
    if shop.failures:
        raise shop.failures[0]
    return shop


def settle_accounts(postgres, feed, oracle):
    """Waits until Kafka has what PostgreSQL committed (or time is up), then compares."""
    committed = reckoning.from_postgres(oracle.changes())
    wanted = sum(len(changes) for changes in committed.values())
    try:
        until(lambda: len(feed.arrivals) >= wanted, 30, "the last records")
    except TimeoutError:
        pass  # the table below tells what is missing
    feed.stop()
    feed.reader.read_to_end()
    accounts = []
    for name in TABLES:
        rows = postgres.query(f"SELECT id, revision FROM shop.{name}", database=DATABASE)
        accounts.append(reckoning.settle(f"shop.{name}", committed[f"shop.{name}"],
                                         feed.reader.of(f"{PREFIX}.shop.{name}"), rows))
    return accounts


def show_accounts(accounts):
    table(["table", "changes committed", "records in Kafka", "lost", "twice", "in order",
           "rows now", "rebuilt from Kafka"],
          [[a.table, a.committed, a.received, a.lost, a.doubled, "yes" if a.in_order else "NO",
            a.rows, "equal" if a.rebuilt else "DIFFERENT"] for a in accounts])
    say()
    total = sum(a.committed for a in accounts)
    if all(a.clean() for a in accounts) and total:
        say("  " + paint("bold green", f"{total} changes committed in PostgreSQL, {total} records "
                         "in Kafka: none lost, none twice, in order."))
        return 0
    say("  " + paint("bold red", f"{total} changes committed, "
                     f"{sum(a.received for a in accounts)} records: "
                     f"{sum(a.lost for a in accounts)} lost, "
                     f"{sum(a.doubled for a in accounts)} twice."))
    return 1


def show_delays(feed):
    delays = sorted(feed.delays_ms)
    p50, p99 = statistics.median(delays), delays[int(len(delays) * 0.99)]
    fact("commit to reader", f"{p50:.0f} ms", f"median of {len(delays)}; p99 {p99:.0f} ms, "
         "the restarts included")


def stay_up(postgres, kafka, consumer):
    say()
    say("  Still running; Ctrl-C ends it.")
    say(f"     psql '{postgres.url(DATABASE)}'")
    say(f"     kcat -b {kafka.bootstrap} -t {PREFIX}.shop.orders -C")
    say(f"     {consumer.program} status --config {consumer.config_path}")
    say(f"     tail -f {consumer.log_path}")
    threading.Event().wait()


def with_kafka(folder, step, keep):
    step("Starting a throw-away PostgreSQL, a real Kafka, and the consumer between them")
    with start_postgres(folder) as postgres, start_kafka(folder) as kafka:
        shop = Shop(postgres, DATABASE)
        shop.open()
        oracle = OracleSlot(postgres, database=DATABASE)
        with start_consumer(folder, postgres, kafka) as consumer:
            step("First changes, as an independent reader finds them in Kafka")
            shop.stock()
            feed = Feed(kafka)
            feed.start()
            until(lambda: len(feed.arrivals) >= 10, 30,
                  lambda: f"the first records ({feed.failure}):\n" + consumer.log_tail())
            step(f"The shop opens for {WORK_SECONDS} s; the consumer will be killed twice at work")
            busy = shop_at_work(postgres, consumer, feed)
            fact("transactions", busy.transactions, "by three clerks at once")
            show_delays(feed)
            step("The reckoning: PostgreSQL's own decoding against what the reader got")
            result = show_accounts(settle_accounts(postgres, feed, oracle))
            if result:
                bad("the consumer's log, its last lines:")
                say(consumer.log_tail())
            if keep:
                stay_up(postgres, kafka, consumer)
            feed.reader.close()
            return result


def without_kafka(folder, step, reason):
    """Shows the changes in the terminal, by `penstock tail`."""
    bad(f"Kafka part not possible here: {reason}")
    step("Starting a throw-away PostgreSQL, and penstock tail on it")
    with start_postgres(folder) as postgres:
        shop = Shop(postgres, DATABASE, rate=10)
        shop.open()
        url = postgres.url(DATABASE)
        tail = Penstock(folder / "tail", "", verb="tail")
        tail.command = [tail.program, "tail", url]
        with tail:
            until(lambda: postgres.value("SELECT count(*) FROM pg_replication_slots "
                                         "WHERE active"), 30, tail.log_tail)
            shop.stock()
            shop.start()
            shown = 0
            end = time.monotonic() + 8
            while time.monotonic() < end:
                lines = tail.log_text().splitlines()
                for line in lines[shown:]:
                    say("     " + line[:110])
                shown = len(lines)
                time.sleep(0.2)
            shop.stop()
            tail.stop()
        left = postgres.value("SELECT count(*) FROM pg_replication_slots")
        fact("changes shown", shown, f"slots left behind: {left}")
    say()
    say("  " + paint("bold yellow", "Kafka part not shown"))
    return 0 if shown and not left else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="stay up at the end")
    keep = parser.parse_args().keep
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="penstock-demo."))
    folder.chmod(0o755)
    guard.remove_at_end(folder)  # also when this process is killed
    step = Steps()
    title("penstock", "every committed change of a PostgreSQL database in Kafka, exactly once")
    try:
        try:
            jars()  # says why Kafka cannot be had
        except KafkaUnavailable as reason:
            return without_kafka(folder, step, reason)
        return with_kafka(folder, step, keep)
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        say(paint("dim", f"  {time.monotonic() - began:.0f} s; everything is stopped and removed"))


if __name__ == "__main__":
    sys.exit(main())
