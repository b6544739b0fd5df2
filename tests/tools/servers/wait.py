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


_reserved = {}  # port -> what keeps it ours while this process lives


def _reserve(port):
    """False when a run of these tests beside ours has been given the port. Seconds pass between
    the choice of a port and the server's bind, so looking at it once is not enough. The sign is a
    socket's name without a file: it goes with the process."""
    sign = socket.socket(socket.AF_UNIX)
    try:
        sign.bind(f"\0penstock-test-port-{port}")
    except OSError:
        sign.close()
        return False
    _reserved[port] = sign
    return True


def free_port():
    """A TCP port of 127.0.0.1 that is free now and stays reserved for this process, below the
    range the kernel hands out to clients, so that no outgoing connection takes it before the
    server does."""
    while True:
        port = random.SystemRandom().randrange(18000, 32000)
        if port in _reserved or not _reserve(port):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
