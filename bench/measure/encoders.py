"""Nanoseconds and bytes per row of each record encoder, by Google Benchmark."""
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def measure(folder):
    out = folder / "encoders.json"
    subprocess.run([ROOT / "build/release/encoder_bench", f"--benchmark_out={out}",
                    "--benchmark_out_format=json", "--benchmark_repetitions=5",
                    "--benchmark_report_aggregates_only=true"], check=True)
    rows = []
    for entry in json.loads(out.read_text())["benchmarks"]:
        if entry.get("aggregate_name") == "median":
            rows.append({"name": entry["run_name"], "ns": round(entry["cpu_time"], 1),
                         "bytes": round(entry.get("record_bytes", 0))})
    return {"rows": rows}
