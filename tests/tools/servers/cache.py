"""Where downloads lie: outside of the build folder, so that a second run is quick."""
import os
from pathlib import Path


def folder_of(name):
    """The folder of what tools/fetch-jars or tools/setup put there; AssertionError without it."""
    cache = os.environ.get("PENSTOCK_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "penstock")
    folder = Path(cache) / name
    assert folder.exists(), f"{name} is not in the cache"
    return folder
