"""The reference pages are what the program itself writes, so they cannot drift from it."""
import subprocess

import pytest
from servers.penstock import ROOT, binary


@pytest.mark.parametrize("page", ["configuration", "errors"])
def test_the_page_is_the_one_the_program_writes(page):
    written = subprocess.run([binary(), "reference", page], capture_output=True, text=True,
                             check=True).stdout
    kept = (ROOT / f"docs/reference/{page}.md").read_text()
    assert written == kept, f"run: penstock reference {page} > docs/reference/{page}.md"
