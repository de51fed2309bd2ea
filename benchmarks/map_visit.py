"""A visit to one map: ``python -m benchmarks.map_visit PEER DATA FLAT LIMIT`` prints JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypedDict
from urllib.request import urlopen

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from benchmarks import browser, measure
from benchmarks.map_peers import OWN, PEERS
from benchmarks.map_server import EMPTY, PAGE, TOOK

CATEGORY = "armed_clash"
"""What is filtered by; some three in ten of the events."""

_STARTED = 1.0
"""Seconds after its first page in which a browser is done with starting."""


class Visit(TypedDict, total=False):
    """What a visit took; what was not measured is absent.

    Attributes
    ----------
    server_s : float
        In which the server makes all answers up to the first marks.
    sent, gzipped : int
        Bytes of these answers, as sent and as they would be with gzip.
    first_s : float
        From the navigation to the first marks painted, the server's time included.
    filter_s : float
        From a filter by one category to the changed marks painted.
    browser_mb, server_mb : float
        Resident memory of the page at rest, and the peak of the server.
    failure : str
        Why there are no numbers, or not all.
    """

    server_s: float
    sent: int
    gzipped: int
    first_s: float
    filter_s: float
    browser_mb: float | None
    server_mb: float
    failure: str


@contextmanager
def server(peer: str, data: object, flat: object) -> Iterator[str]:
    """Start the server of a peer and give its address."""
    command = measure.module("benchmarks.map_server", peer, data, flat)
    with subprocess.Popen(command, cwd=measure.ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline() or '""')
        finally:
            process.kill()  # which may be making a page that nobody waits for


def took(address: str) -> dict[str, Any]:
    """Return what a server says of what it was asked since the last time."""
    with urlopen(address + TOOK, timeout=120) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def visit(peer: str, data: object, flat: object, limit: float) -> Visit:
    """Open the map, filter it by a category, and return what both took."""
    found: Visit = {}
    with server(peer, data, flat) as address:
        started = time.monotonic()
        try:
            with browser.chromium(limit=limit, flags=PEERS[peer].flags) as chromium:
                page = browser.opened(chromium, PEERS[peer].painted)
                page.goto(address + EMPTY)
                time.sleep(_STARTED)
                found["first_s"] = browser.first_marks(page, address + PAGE)
                found["browser_mb"] = browser.settled_memory(page)
                said = took(address)
                found["server_s"], found["sent"] = said["seconds"], said["bytes"]
                found["gzipped"] = said["gzipped"]
                filtered = _filtered_ours if peer in OWN else _filtered_peer
                found["filter_s"] = filtered(page, address)
                found["server_mb"] = took(address)["peak_mb"]
        except RuntimeError as error:
            found["failure"] = f"could not run: {error}"
        except BrowserError as error:
            late = time.monotonic() - started >= limit
            first = str(error).splitlines()[0]
            found["failure"] = f"not done after {limit:.0f} s" if late else first
    return found


def _filtered_peer(page: Page, address: str) -> float:
    return browser.first_marks(page, f"{address}{PAGE}?category={CATEGORY}")


def _filtered_ours(page: Page, _address: str) -> float:
    return browser.masked(page, f"category={CATEGORY}") / 1000


if __name__ == "__main__":
    asked, *files, seconds = sys.argv[1:]
    print(json.dumps(visit(asked, *files, float(seconds))))
