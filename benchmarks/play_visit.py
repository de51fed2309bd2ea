"""Frames of our map while it plays, and of the whole app.

``python -m benchmarks.play_visit layer DATA LIMIT`` measures the map alone, on its own page;
``python -m benchmarks.play_visit app DATA LIMIT SESSIONS`` the app. Both print JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Page

from benchmarks import browser, measure
from benchmarks.imports import NAME
from benchmarks.map_peers import OURS, PEERS
from benchmarks.map_server import PAGE
from benchmarks.map_visit import CATEGORY, server

FRAMES = 300
WINDOW_DAYS = 90
BRUSHES = 30
HOVERS = 120
PICKED = ("Protest", "Riot", "Arrest", "Shelling")
REST_MS = 1500
COUNTED_MS = 3000

_PLAY = """({ days, frames }) => new Promise((resolve) => {
    const [first, last] = bordermapLayer.days;
    const between = [];
    let previous = null;
    const heard = () => {
        const now = performance.now();
        if (previous !== null) between.push(now - previous);
        previous = now;
    };
    document.addEventListener("bordermap:drawn", heard);
    let frame = 0;
    const step = () => {
        if (frame === frames) {
            document.removeEventListener("bordermap:drawn", heard);
            return resolve(between);
        }
        const to = Math.round(first + ((last - first) * ++frame) / frames);
        const detail = { channel: "a", from: days ? to - days + 1 : first, to };
        document.dispatchEvent(new CustomEvent("bordermap:time", { detail }));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""

_BRUSH = """async ({ times }) => {
    const [first, last] = bordermapLayer.days;
    const found = { ms: [], frames: [] };
    for (let k = 0; k < times; k++) {
        await new Promise(requestAnimationFrame);
        await new Promise((resolve) => setTimeout(resolve));
        const started = performance.now();
        let frames = 0;
        await new Promise((resolve) => {
            const count = () => { frames++; counting = requestAnimationFrame(count); };
            let counting = requestAnimationFrame(count);
            document.addEventListener("bordermap:drawn", () => {
                cancelAnimationFrame(counting);
                resolve();
            }, { once: true });
            const from = Math.round(first + ((last - first) * ((k * 7) % times)) / times);
            const detail = { channel: "a", from, to: from + 30 + 20 * k };
            document.dispatchEvent(new CustomEvent("bordermap:time", { detail }));
        });
        found.ms.push(performance.now() - started);
        found.frames.push(frames);
    }
    return found;
}"""

_HOVER = """({ times }) => new Promise((resolve) => {
    const box = document.querySelector(".folium-map").getBoundingClientRect();
    const found = [];
    let previous = null, step = 0;
    const move = (now) => {
        if (previous !== null) found.push(now - previous);
        previous = now;
        if (step++ === times) return resolve(found);
        const clientX = box.left + box.width * (0.3 + 0.4 * ((step * 0.37) % 1));
        const clientY = box.top + box.height * (0.2 + 0.6 * ((step * 0.61) % 1));
        const under = document.elementFromPoint(clientX, clientY);
        under.dispatchEvent(new MouseEvent("mousemove", { clientX, clientY, bubbles: true }));
        requestAnimationFrame(move);
    };
    requestAnimationFrame(move);
})"""

_COUNT = """(milliseconds) => {
    let drawn = 0;
    document.addEventListener("bordermap:drawn", () => drawn++);
    window.benchmarkDrawn = new Promise((resolve) => {
        setTimeout(() => resolve(drawn), milliseconds);
    });
}"""

_CHANGE = """() => {
    const records = () => document.querySelector(".st-key-header").textContent;
    const said = records();
    let count = null;
    window.benchmarkChange = new Promise((resolve) => {
        const found = {};
        let started;
        const start = (event) => {
            if (event.type === "click" || event.key === "Enter") started ??= performance.now();
        };
        for (const type of ["click", "keydown"]) document.addEventListener(type, start, true);
        const done = () => { if (found.marks && found.counts) resolve(found); };
        const heard = (event) => {
            if (started === undefined || event.detail.records === count) {
                count = event.detail.records;
                return;
            }
            document.removeEventListener("bordermap:drawn", heard);
            requestAnimationFrame(() => requestAnimationFrame(() => {
                found.marks = performance.now() - started;
                done();
            }));
        };
        document.addEventListener("bordermap:drawn", heard);
        const look = () => {
            if (started === undefined || records() === said) return requestAnimationFrame(look);
            found.counts = performance.now() - started;
            done();
        };
        look();
    });
}"""


def layer(data: Path, limit: float) -> dict[str, Any]:
    """Return milliseconds of frames, and of other answers, of the map alone."""
    with server(OURS, data, "") as address, browser.chromium(limit=limit) as chromium:
        page = browser.opened(chromium, PEERS[OURS].painted)
        browser.first_marks(page, address + PAGE)
        found: dict[str, Any] = {
            "moving": page.evaluate(_PLAY, {"days": WINDOW_DAYS, "frames": FRAMES}),
            "growing": page.evaluate(_PLAY, {"days": 0, "frames": FRAMES}),
            "brush": page.evaluate(_BRUSH, {"times": BRUSHES}),
        }
        detail = "{ channel: 'a', from: null, to: null }"
        page.evaluate(
            f"document.dispatchEvent(new CustomEvent('bordermap:time', {{ detail: {detail} }}))"
        )
        found["hover"] = page.evaluate(_HOVER, {"times": HOVERS})
        if data.is_dir():
            found["mask"] = [
                browser.masked(page, query)
                for query in (f"category={CATEGORY}", "category=protest", "region=MM-17")
            ]
        return found


def app(data: Path, limit: float, sessions: int) -> dict[str, Any]:
    """Return what the whole app takes: one reader, then many who play at once."""
    with app_server(data) as (address, pid), browser.chromium(limit=limit) as chromium:
        loaded(chromium, address)
        empty = _settled(pid)
        page = loaded(chromium, f"{address}/?dataset={NAME}")
        page.wait_for_timeout(REST_MS)
        changes = [_clicked(page) for _ in range(4)]
        picks = [_picked(page, category) for category in PICKED]
        one = _settled(pid)
        pages = [page, *(loaded(chromium, page.url) for _ in range(sessions - 1))]
        for each in pages:
            each.get_by_role("button", name="Play", exact=True).click()
        for each in pages:
            each.evaluate(_COUNT, COUNTED_MS)
        drawn = [each.evaluate("benchmarkDrawn") for each in pages]
        many = _settled(pid)
        return {
            "changes": changes,
            "picks": picks,
            "server_mb": {"empty": empty, "one": one, "many": many},
            "drawn": drawn,
        }


def _clicked(page: Page) -> dict[str, float]:
    """Click the first bar of the overview; milliseconds to new marks and new counts."""
    page.evaluate(_CHANGE)
    page.locator(".st-key-panel button[aria-pressed]").first.click()
    return _changed(page)


def _picked(page: Page, category: str) -> dict[str, float]:
    """Pick a category more in the sidebar; milliseconds to new marks and new counts."""
    box = page.locator(".st-key-filter-categories input")
    box.click()
    box.fill(category)
    page.get_by_role("option").first.wait_for()
    page.wait_for_timeout(REST_MS)
    page.evaluate(_CHANGE)
    box.press("Enter")
    found = _changed(page)
    box.press("Escape")
    return found


def _changed(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate("benchmarkChange")
    page.wait_for_timeout(REST_MS)
    return found


def loaded(chromium: Browser, address: str) -> Page:
    """Open the app in a context of its own and wait for its map and timeline."""
    page = chromium.new_context(viewport=browser.SIZE, locale=browser.LOCALE).new_page()
    page.goto(address, timeout=0)
    status = page.frame_locator(".st-key-map iframe").get_by_test_id("bordermap-status")
    status.filter(has_text="drawn").wait_for(state="attached", timeout=0)
    page.get_by_role("button", name="Play", exact=True).wait_for(timeout=0)
    return page


def _settled(pid: int) -> float:
    time.sleep(2)
    return measure.resident(pid)


@contextmanager
def app_server(data: Path) -> Iterator[tuple[str, int]]:
    """Start the app over a data directory; give its address and the number of its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = measure.module("bordermap", "serve", "--no-browser", "--port", port, "--data", data)
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        command, cwd=measure.ROOT, stdout=subprocess.DEVNULL, env=os.environ
    ) as process:
        try:
            _wait(f"{address}/healthz")
            yield address, process.pid
        finally:
            process.terminate()


def _wait(address: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urlopen(address, timeout=60):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    part, folder, seconds, *how_many = sys.argv[1:]
    if part == "layer":
        print(json.dumps(layer(Path(folder), float(seconds))))
    else:
        print(json.dumps(app(Path(folder), float(seconds), int(how_many[0]))))
