"""One server process: started in its own group, guarded, paused, killed, measured.

Base of Postgres, Kafka and Penstock. Not thread safe: start and stop from one thread at a time.
"""
import os
import signal
import subprocess
import time
from pathlib import Path

from . import guard
from .wait import until


class Process:
    """A child process with its output in `log_path`."""

    def __init__(self, log_path):
        self.log_path = Path(log_path)
        self.popen = None
        self.started_at = 0.0

    def launch(self, command, **options):
        """Starts `command`; output is appended to the log. OSError if it cannot be executed."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **options)
        self.started_at = time.monotonic()
        guard.watch(self.popen)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        """Whether the process is there (a stopped one is)."""
        return self.popen is not None and self.popen.poll() is None

    def exit_code(self):
        """None while it runs; negative for a signal, as in subprocess."""
        return self.popen.poll()

    def wait(self, timeout=30.0):
        """Waits for the end and returns the exit code; subprocess.TimeoutExpired after that."""
        code = self.popen.wait(timeout)
        guard.forget(self.popen)
        return code

    def signal(self, number):
        os.kill(self.pid, number)

    def suspend(self):
        """SIGSTOP, and waits until the process really stands still."""
        self.signal(signal.SIGSTOP)
        until(lambda: self.state() == "T", 5, f"process {self.pid} to stand still")

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL to the whole group; returns when it is gone. Does nothing when it is."""
        if self.running():
            os.killpg(self.pid, signal.SIGKILL)
            self.wait()

    def state(self):
        """The letter of /proc/PID/stat: R, S, T, Z..."""
        return self._stat()[0]

    def cpu_seconds(self):
        """User and system time so far, of this process alone."""
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self):
        return self._status("VmRSS") / 1024

    def peak_rss_mib(self):
        return self._status("VmHWM") / 1024

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=25):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def wait_log(self, text, timeout=30.0, after=0):
        """Waits until `text` stands in the log behind character `after`; fails early when the
        process has ended without saying it. Returns the line that holds it."""
        def found():
            log = self.log_text()
            at = log.find(text, after)
            if at >= 0:
                return log[log.rfind("\n", 0, at) + 1:].splitlines()[0]
            return "" if self.running() else None

        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            line = found()
            if line:
                return line
            if line is None and found() is None:
                raise AssertionError(f"ended with {self.exit_code()} before {text!r}:\n"
                                     + self.log_tail())
            time.sleep(0.02)
        raise TimeoutError(f"waited {timeout:.0f} s for {text!r} in the log:\n" + self.log_tail())

    def _stat(self):
        text = Path(f"/proc/{self.pid}/stat").read_text()
        return text.rsplit(")", 1)[1].split()

    def _status(self, key):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise ProcessLookupError(f"no {key} for process {self.pid}")
