"""Our consumer as a process: its configuration file, its log, its ends."""
import json
import os
import signal
import subprocess
from pathlib import Path

from .process import Process

ROOT = Path(__file__).resolve().parents[3]


def binary():
    """The consumer under test: PENSTOCK_BINARY, else the release build."""
    return Path(os.environ.get("PENSTOCK_BINARY", ROOT / "build/release/penstock"))


class Penstock(Process):
    """`penstock VERB --config FILE` in `folder`. Starts on entry of a with block.

    config: section to (key to value), written as TOML; or the text of the file.
    Several objects may share one folder's parent but not the folder: it holds file and log.
    """

    def __init__(self, folder, config, *, verb="run", arguments=(), environment=None,
                 program=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        super().__init__(self.folder / "log")
        self.config_path = self.folder / "penstock.toml"
        self.config_path.write_text(config if isinstance(config, str) else toml(config))
        self.program = Path(program) if program else binary()
        self.command = [self.program, verb, "--config", self.config_path, *arguments]
        # The socket for commands lies in the folder, too.
        self.environment = {"XDG_RUNTIME_DIR": str(self.folder), **(environment or {})}

    def start(self):
        self.launch(self.command, cwd=self.folder, env={**os.environ, **self.environment})
        return self

    def stop(self, timeout=30.0):
        """SIGTERM, the clean stop; returns the exit code."""
        if self.running():
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def restart(self):
        """SIGKILL and a new start with the same file."""
        self.kill()
        return self.start()

    def __enter__(self):
        return self if self.running() else self.start()

    def __exit__(self, *_):
        self.kill()

    def call(self, *words, timeout=60.0, check=False):
        """Runs another verb with the same file to its end; a subprocess.CompletedProcess."""
        return subprocess.run(
            [str(word) for word in (self.program, *words, "--config", self.config_path)],
            cwd=self.folder, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout, check=check)


def toml(config):
    """A dict of sections as TOML. Values: str, bool, int, float, lists of these; a dict in a
    section is a sub-section."""
    lines = []

    def emit(prefix, table):
        plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
        if prefix and plain:
            lines.append(f"[{prefix}]")
        lines.extend(f"{key} = {_value(value)}" for key, value in plain.items())
        for key, value in table.items():
            if isinstance(value, dict):
                name = key if key.replace("_", "").isalnum() else json.dumps(key)
                emit(f"{prefix}.{name}" if prefix else name, value)
    emit("", config)
    return "\n".join(lines) + "\n"


def _value(value):
    # TOML's basic strings, numbers, booleans and lists are written as JSON writes them.
    return json.dumps(value, ensure_ascii=False)
