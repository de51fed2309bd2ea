"""Chromium without a window or a GPU, and what its pages take.

The first marks of a page are there when its own test says so and two more animation frames
have begun: the first of them is drawn with the marks, the second begins after that.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import measure
from tests.browser import chromium as of_this_machine

FLAGS = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
SIZE = {"width": 1280, "height": 800}
LOCALE = "en-GB"

_WATCH = """
window.benchmarkWatch = (test) => new Promise((resolve) => {
    const look = () => {
        if (!test()) return requestAnimationFrame(look);
        requestAnimationFrame(() => resolve(performance.now()));
    };
    requestAnimationFrame(look);
});
window.benchmarkFirst = benchmarkWatch(%s);
"""


@contextmanager
def chromium(*, limit: float, flags: Sequence[str] = ()) -> Iterator[Browser]:
    """Start a browser; what it does after so many seconds fails, for it is ended.

    Raises
    ------
    RuntimeError
        If there is no Chromium.
    """
    executable = of_this_machine.find()
    if executable is None:
        raise RuntimeError(of_this_machine.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[*FLAGS, *flags],
            chromium_sandbox=not of_this_machine.is_root(),
        )
        watchdog = threading.Timer(limit, _end_browsers)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield browser
        finally:
            watchdog.cancel()
            browser.close()


def opened(browser: Browser, painted: str = "() => false") -> Page:
    """Return an empty page that will watch for first marks.

    Parameters
    ----------
    painted : str
        JavaScript function: whether the page has its marks.
    """
    page = browser.new_context(viewport=SIZE, locale=LOCALE).new_page()
    page.add_init_script(_WATCH % painted)
    return page


def first_marks(page: Page, address: str) -> float:
    """Go to a page and return the seconds from the navigation to its first marks.

    Raises
    ------
    RuntimeError
        If the server has no such page; the message is the server's.
    """
    answer = page.goto(address, wait_until="commit", timeout=0)
    if answer is not None and not answer.ok:
        raise RuntimeError(answer.text())
    return float(page.evaluate("benchmarkFirst")) / 1000


def masked(page: Page, query: str) -> float:
    """Filter our map and return the milliseconds to the new marks, fetch and all.

    Parameters
    ----------
    query : str
        Query of a selection; it must change how many records match.
    """
    took: float = page.evaluate(
        """(query) => new Promise((resolve) => {
            const columns = performance.getEntriesByType("resource").map((entry) => entry.name)
                .find((name) => name.includes("/api/events/"));
            const mask = columns.replace("/events/", "/mask/").split("?")[0] + "?" + query;
            const before = bordermapLayer.visibleRecords().length;
            const started = performance.now();
            const heard = (event) => {
                if (event.detail.records === before) return;
                document.removeEventListener("bordermap:drawn", heard);
                requestAnimationFrame(() =>
                    requestAnimationFrame(() => resolve(performance.now() - started)));
            };
            document.addEventListener("bordermap:drawn", heard);
            const detail = { channel: "a", mask, chosen: null, view: null };
            document.dispatchEvent(new CustomEvent("bordermap:selection", { detail }));
        })""",
        query,
    )
    return took


def settled_memory(page: Page) -> float | None:
    """Return the resident megabytes of the pages of the browsers that this process started.

    Garbage is collected first, and a second passes. Of what processes share, each counts
    its part. None where the system does not tell.
    """
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    time.sleep(1)
    found = [_resident(pid) for pid in _browsers() if b"--type=renderer" in _command(pid)]
    return sum(found) if found else None


def _browsers() -> list[int]:
    """Return the processes of browsers that this process has started."""
    return [pid for pid in measure.family(os.getpid()) if b"chrom" in _command(pid)[:200]]


def _end_browsers() -> None:
    for pid in _browsers():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _resident(pid: int) -> float:
    try:
        shares = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(shares.split("Pss:")[1].split()[0]) / 1024 if "Pss:" in shares else 0.0
