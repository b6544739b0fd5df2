"""Runs the named parts (default: all) and writes the page from all results there are."""
import sys
import tempfile
from pathlib import Path

from . import encoders, end_to_end, fresh, latency, recovery, report, snapshot, walsender

PARTS = {
    "encoders": encoders.measure,
    "walsender": walsender.measure,
    "end_to_end": end_to_end.measure,
    "latency": latency.measure,
    "recovery": recovery.measure,
    "snapshot": snapshot.measure,
    "fresh": fresh.measure,
}


def main(names):
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {' '.join(unknown)}; there are: {' '.join(PARTS)}", file=sys.stderr)
        return 1
    for name in names or PARTS:
        print(f"=== {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
            Path(folder).chmod(0o755)
            report.save(name, PARTS[name](Path(folder)))
    report.write()
    return 0


sys.exit(main(sys.argv[1:]))
