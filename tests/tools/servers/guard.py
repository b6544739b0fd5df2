"""Ends every server when the Python process that started it ends, however it ends.

A helper process holds the read end of a pipe. When this process dies, even by SIGKILL, the pipe
closes and the helper kills the process groups it was told of and removes the folders it was told
of. (PR_SET_PDEATHSIG will not do: it fires when the *thread* that forked ends.)
"""
import subprocess
import sys
import threading

_HELPER = r"""
import os, shutil, signal, sys
groups, folders = set(), []
for line in sys.stdin:
    verb, value = line.rstrip("\n").split(" ", 1)
    if verb == "watch": groups.add(int(value))
    elif verb == "forget": groups.discard(int(value))
    elif verb == "remove": folders.append(value)
    elif verb == "keep": folders = [f for f in folders if f != value]
for group in groups:
    try: os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError): pass
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""

_lock = threading.Lock()
_helper = None


def _tell(text):
    global _helper  # pylint: disable=global-statement
    with _lock:
        if _helper is None:
            _helper = subprocess.Popen([sys.executable, "-c", _HELPER], stdin=subprocess.PIPE,
                                       text=True, start_new_session=True, close_fds=True)
        _helper.stdin.write(text + "\n")
        _helper.stdin.flush()


def watch(process):
    """`process` was started with start_new_session=True; its whole group dies with us."""
    _tell(f"watch {process.pid}")


def forget(process):
    """`process` has ended; its number may be somebody else's by now."""
    _tell(f"forget {process.pid}")


def remove_at_end(folder):
    """The folder is removed after this process has ended."""
    _tell(f"remove {folder}")


def keep(folder):
    """Takes remove_at_end back, for a failed test whose logs are wanted."""
    _tell(f"keep {folder}")
