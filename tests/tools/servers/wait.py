"""Waiting for conditions instead of for time, and finding free ports."""
import random
import socket
import time


def until(condition, timeout=30.0, what="the condition", interval=0.02):
    """Calls `condition` until it returns something true and returns that.

    An exception inside `condition` counts as "not yet"; the last one is named when time is up.
    `what` may be a string or a function that describes the state at the end.
    """
    deadline = time.monotonic() + timeout
    last_error = None
    while True:
        try:
            result = condition()
            if result:
                return result
            last_error = None
        except Exception as error:  # pylint: disable=broad-except
            last_error = error
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what
            because = f" (last error: {last_error!r})" if last_error else ""
            raise TimeoutError(f"waited {timeout:.0f} s for {text}{because}")
        time.sleep(interval)


_given = set()


def free_port():
    """A TCP port of 127.0.0.1 that is free now, below the range the kernel hands out to clients,
    so that no outgoing connection takes it before the server does."""
    while True:
        port = random.SystemRandom().randrange(18000, 32000)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
