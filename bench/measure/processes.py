"""What a process has used, from the kernel's own books."""
import os
from pathlib import Path


def cpu_seconds(pid):
    """CPU seconds of a process so far. The kernel counts those of its living threads to the
    nanosecond, and those of all it ever had in clock ticks: whichever is more is nearer the truth,
    for a JVM's compiler threads and our readers of a snapshot come and go."""
    living = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            living += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            pass  # It ended while we looked; the ticks have it.
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ever = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return max(living / 1e9, ever)


def family_cpu_seconds(pid):
    """CPU seconds of a process's children so far: of those that have ended (in clock ticks) and of
    those that live. For a server whose backends come and go."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    total = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            total += cpu_seconds(child)
        except FileNotFoundError:
            pass  # It has ended meanwhile; the next look finds it among the others.
    return total


def peak_rss_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def busy_share(seconds=2.0):
    """Share of all cores that was in use during the next seconds."""
    import time

    def read():
        fields = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    total, idle = read()
    time.sleep(seconds)  # A measuring window, not a wait for a condition.
    total_after, idle_after = read()
    return 1 - (idle_after - idle) / max(total_after - total, 1)


def quiet(limit=0.10, rounds=60):
    """Waits until the machine is idle enough for a measurement; returns the share in use."""
    share = 1.0
    for _ in range(rounds):
        share = busy_share()
        if share < limit:
            break
    return round(share, 3)
