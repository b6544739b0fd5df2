"""`make demo` and `make test` in a fresh clone without a compiler cache; downloads are kept."""
import os
import re
import subprocess
import time

from .report import BENCH

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)


def measure(folder):
    clone = folder / "penstock"
    subprocess.run(["git", "clone", "-q", BENCH.parent, clone], check=True)
    return {"rows": [timed(clone, "demo"), timed(clone, "test")]}


def timed(clone, target):
    """Fails with the end of what it printed when the target fails: that is no time of anything."""
    log = clone.parent / f"{target}.log"
    began = time.monotonic()
    with log.open("w") as out:
        code = subprocess.run(["make", target], cwd=clone, stdout=out, stderr=subprocess.STDOUT,
                              env={**os.environ, "CCACHE_DISABLE": "1"}, check=False).returncode
    seconds = round(time.monotonic() - began)
    text = log.read_text(errors="replace")
    assert code == 0, f"make {target} ended with {code}:\n{text[-20000:]}"
    counts = COUNTS.findall(text)
    row = {"name": f"make {target}", "seconds": seconds,
           "counts": "{} passed, {} failed, {} skipped".format(*counts[-1]) if counts else ""}
    print(row, flush=True)
    return row
