"""Writes bench/README.md from bench/results/: every figure beside its peer and its mark."""
import datetime
import json
import subprocess
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
RESULTS = BENCH / "results"

INTRO = """# Figures

Written by `make bench`; edit nothing here. Each table is one run on one machine in which ours and
the peers read the same WAL and write to the same broker. The machine is shared and has two cores
for everything: trust CPU seconds and ratios, not absolute times. A mark that was missed stays;
where its time goes is in [the profiles](PROFILES.md).
"""


def save(name, result):
    RESULTS.mkdir(exist_ok=True)
    result["where"] = where()
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def where():
    """Date, processor, cores, kernel, commit: what a figure is worth nothing without."""
    processor = next((line.split(":", 1)[1].strip()
                      for line in Path("/proc/cpuinfo").read_text().splitlines()
                      if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=BENCH, check=True,
                            capture_output=True, text=True).stdout.strip()
    dirty = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no", "--",
                            "../plugin", "../consumer"], cwd=BENCH, check=True,
                           capture_output=True, text=True).stdout.strip()
    return {"date": datetime.date.today().isoformat(), "processor": processor,
            "cores": len(list(Path("/sys/devices/system/cpu").glob("cpu[0-9]*"))),
            "commit": commit + (" and changes" if dirty else "")}


def write():
    parts = [INTRO]
    for name, section in SECTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            result = json.loads(path.read_text())
            place = result["where"]
            parts.append(section(result["rows"]))
            parts.append(f"*{place['date']}, {place['processor']}, {place['cores']} cores, commit "
                         f"{place['commit']}.*\n")
    (BENCH / "README.md").write_text("\n".join(parts))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def mark(text, value, limit, unit="", at_least=False):
    """One row of a table of marks."""
    reached = value >= limit if at_least else value <= limit
    sign = ">=" if at_least else "<="
    return [text, f"{value:,.2f}{unit}".replace(".00", ""), f"{sign} {limit:g}{unit}",
            "reached" if reached else "**missed**"]


def marks(rows):
    return table(["mark", "measured", "wanted", ""], rows)


def by(rows, load, name):
    return next(row for row in rows if row["load"] == load and row["name"] == name)


def walsender(rows):
    text = ["## Walsender: CPU and bytes", "",
            "`mixed`: 850,000 changes of 9 columns, identity FULL, 1,000 rows a transaction. "
            "`single`: 500,000 transactions of one insert. CPU seconds of the walsender, best of "
            "two; bytes as received by the client over TCP.", ""]
    for load in ("mixed", "single"):
        mine = [row for row in rows if row["load"] == load]
        text.append(table([load, "CPU s, TCP", "CPU s, Unix socket", "bytes", "bytes per change"],
                          [[row["name"], row["tcp_cpu_s"], row["unix_cpu_s"], f"{row['bytes']:,}",
                            round(row["bytes"] / row["changes"], 1)] for row in mine]))
    mixed, ours = by(rows, "mixed", "pgoutput binary"), by(rows, "mixed", "penstock")
    floor = by(rows, "mixed", "empty")["unix_cpu_s"]
    single = by(rows, "single", "penstock")
    one_write = by(rows, "single", "empty, one write per commit")
    skip = by(rows, "mixed", "penstock, skip_unchanged_before")
    images = 500_000 + 2 * 250_000 + 100_000
    text.append(marks([
        mark("mixed, TCP: CPU of pgoutput binary", ours["tcp_cpu_s"] / mixed["tcp_cpu_s"], 0.6),
        mark("mixed, Unix socket: CPU of pgoutput binary",
             ours["unix_cpu_s"] / mixed["unix_cpu_s"], 0.6),
        mark("mixed, Unix socket: CPU against 1.1 x empty + 0.35 us an image",
             ours["unix_cpu_s"], round(1.1 * floor + 0.35e-6 * images, 2), " s"),
        mark("single, TCP: CPU of empty with one write per commit",
             single["tcp_cpu_s"] / one_write["tcp_cpu_s"], 1.15),
        mark("single, Unix socket: CPU of empty with one write per commit",
             single["unix_cpu_s"] / one_write["unix_cpu_s"], 1.15),
        mark("mixed: bytes of pgoutput binary", ours["bytes"] / mixed["bytes"], 0.8),
        mark("mixed, skip_unchanged_before: bytes of pgoutput binary",
             skip["bytes"] / mixed["bytes"], 0.7),
        mark("single inserts: bytes of pgoutput binary",
             single["bytes"] / by(rows, "single", "pgoutput binary")["bytes"], 0.65),
    ]))
    return "\n".join(text)


def end_to_end(rows):
    text = ["## End to end: WAL to topic, exactly once", "",
            "A prepared backlog, one topic with one partition, one broker. Records include one "
            "tombstone per delete. CPU from start to last record (the JVM's cold start included; "
            "its warm second half in columns of its own). Debezium is tuned, not exactly once.", ""]
    for load in ("mixed", "single"):
        text.append(table(
            [load, "records", "records/s", "client CPU s per M", "walsender", "broker", "all three",
             "client peak RSS MiB", "warm: records/s", "warm: client CPU s per M"],
            [[row["name"], f"{row['records']:,}", f"{row['records_per_s']:,}",
              *(per_million(row, key) for key in ("client", "walsender", "broker")),
              round(sum(per_million(row, key) for key in ("client", "walsender", "broker")), 1),
              round(row["client_peak_rss_mib"]), row.get("warm_records_per_s", ""),
              row.get("warm_client_cpu_s_per_m", "")] for row in rows if row["load"] == load]))
    ours, peer = by(rows, "mixed", "penstock debezium-json"), by(rows, "mixed", "debezium tuned")
    single = by(rows, "single", "penstock debezium-json")
    all_ours = sum(per_million(ours, key) for key in ("client", "walsender", "broker"))
    all_peer = peer["warm_client_cpu_s_per_m"] + sum(
        per_million(peer, key) for key in ("walsender", "broker"))
    text.append(marks([
        mark("mixed: records/s", ours["records_per_s"], 200_000, at_least=True),
        mark("mixed: client CPU per million records", per_million(ours, "client"), 4, " s"),
        mark("mixed: all three, times less than Debezium tuned and warm", all_peer / all_ours, 8,
             at_least=True),
        mark("single: transactions/s", single["records_per_s"], 100_000, at_least=True),
        mark("client peak RSS", max(row["client_peak_rss_mib"] for row in rows
                                    if row["name"].startswith("penstock")), 128, " MiB"),
    ]))
    return "\n".join(text)


def per_million(row, key):
    return round(row[f"{key}_cpu_s"] / row["records"] * 1e6, 2)


def latency(rows):
    text = ["## Latency at 500 one-row transactions a second", "",
            "From the commit's time in the record to its arrival at a read_committed reader on the "
            "same host (the reader runs in Python and needs some of the same two cores).", "",
            table(["", "p50 ms", "p95 ms", "p99 ms", "max ms", "client cores", "walsender cores",
                   "broker cores", "client peak RSS MiB"],
                  [[row["name"], row["p50_ms"], row["p95_ms"], row["p99_ms"], row["max_ms"],
                    row["client_cores"], row["walsender_cores"], row["broker_cores"],
                    row["client_peak_rss_mib"]] for row in rows])]
    exact, least = rows[0], rows[1]
    text.append(marks([
        mark("exactly once, p50", exact["p50_ms"], 10, " ms"),
        mark("exactly once, p99", exact["p99_ms"], 35, " ms"),
        mark("exactly once, broker", exact["broker_cores"], 0.25, " cores"),
        mark("exactly once, client", exact["client_cores"], 0.08, " cores"),
        mark("at-least-once, p50", least["p50_ms"], 3, " ms"),
        mark("at-least-once, p99", least["p99_ms"], 12, " ms"),
        mark("client RSS", exact["client_peak_rss_mib"], 48, " MiB"),
    ]))
    return "\n".join(text)


def recovery(rows):
    row = rows[0]
    return "\n".join(["## Start and recovery", "",
                      f"200 one-row transactions a second; {row['kills']} times SIGKILL and a new "
                      "start; from exec to the next record at a read_committed reader.", "",
                      marks([mark("start to first record", row["start_s"], 1.5, " s"),
                             mark("after SIGKILL, p50", row["after_kill_p50_s"], 1.5, " s"),
                             mark("after SIGKILL, p99", row["after_kill_p99_s"], 2.5, " s")])])


def snapshot(rows):
    text = ["## Initial snapshot", "",
            "One table of 9 columns, read from a warm cache. Plain COPY goes to a client that "
            "throws all away; penstock and Debezium to one topic with one partition. Server CPU is "
            "that of all its processes; client CPU from the process's start on (of Debezium also "
            "of its second half, when it is warm).", "",
            table(["", "rows/s", "server CPU s per M", "client CPU s per M", "broker CPU s per M",
                   "client peak RSS MiB", "warm: client CPU s per M"],
                  [[row["name"], f"{row['rows_per_s']:,}",
                    *(round(row[f"{side}_cpu_s"] / row["rows"] * 1e6, 2) if f"{side}_cpu_s" in row
                      else "" for side in ("server", "client", "broker")),
                    round(row["client_peak_rss_mib"]) if "client_peak_rss_mib" in row else "",
                    row.get("warm_client_cpu_s_per_m", "")] for row in rows])]
    plain, peer, large = by_name(rows, "plain COPY"), by_name(rows, "debezium"), rows[-1]
    mine = [row for row in rows if "reader" in row["name"]]
    least = min(row["client_cpu_s"] for row in mine)
    text.append(marks([
        mark("rows per CPU second of the server, of those of plain COPY",
             plain["server_cpu_s"] / min(row["server_cpu_s"] for row in mine), 0.5, at_least=True),
        mark("client CPU, times less than Debezium", peer["client_cpu_s"] / least, 10,
             at_least=True),
        mark("client CPU, times less than Debezium warm",
             peer["warm_client_cpu_s_per_m"] / (least / mine[0]["rows"] * 1e6), 10, at_least=True),
        mark(f"client peak RSS, {large['rows']:,} rows", large["client_peak_rss_mib"], 128, " MiB"),
    ]))
    return "\n".join(text)


def by_name(rows, start):
    return next(row for row in rows if row["name"].startswith(start))


def encoders(rows):
    limits = {"debezium_json_one_image": 250, "debezium_json_both_images": 400,
              "debezium_avro_both_images": 150,
              "protobuf_one_image": 60, "protobuf_both_images": 60}
    text = ["## Record encoders, one row of 9 columns", "",
            table(["", "ns per row", "bytes per row", "wanted", ""],
                  [[row["name"], row["ns"], row["bytes"] or "",
                    f"<= {limits[row['name']]}" if row["name"] in limits else "",
                    ("reached" if row["ns"] <= limits[row["name"]] else "**missed**")
                    if row["name"] in limits else ""] for row in rows])]
    return "\n".join(text)


def fresh(rows):
    return "\n".join(["## From a fresh clone", "",
                      "Nothing built and no compiler cache; packages, jars and librdkafka are "
                      "there already. `make test` finds what `make demo` has built.", "",
                      table(["", "seconds", ""],
                            [[row["name"], row["seconds"], row["counts"]] for row in rows]),
                      marks([mark("make test", by_name(rows, "make test")["seconds"], 1800,
                                  " s")])])


SECTIONS = {"walsender": walsender, "end_to_end": end_to_end, "latency": latency,
            "recovery": recovery, "snapshot": snapshot, "encoders": encoders, "fresh": fresh}
