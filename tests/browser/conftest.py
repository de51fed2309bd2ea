"""The app as a process and a browser to look at it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import chromium as chromium_of_the_machine
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

StartApp = Callable[..., str]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window; of one module, so that another can start Playwright itself."""
    executable = chromium_of_the_machine.find()
    if executable is None:
        pytest.fail(chromium_of_the_machine.MISSING, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=list(FLAGS),
            chromium_sandbox=not chromium_of_the_machine.is_root(),
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of its own context, the size of a small laptop's screen."""
    with chromium.new_context(
        viewport={"width": 1280, "height": 800}, accept_downloads=True, locale="en-GB"
    ) as context:
        yield context.new_page()


@pytest.fixture
def requests_made(page: Page) -> list[str]:
    """The address of every request and socket of the page and its frames, as they come."""
    made: list[str] = []
    page.on("request", lambda request: made.append(request.url))
    page.on("websocket", lambda socket: made.append(socket.url))
    return made


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, without a slash at its end."""
    with _running_app(tmp_path_factory.mktemp("app") / "log") as address:
        yield address


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[StartApp]:
    """Start the app once more: ``start_app("--server.baseUrlPath", "map", env={...})``."""
    with ExitStack() as stack:

        def start(*options: str, env: dict[str, str] | None = None) -> str:
            log = tmp_path / f"app-{time.monotonic_ns()}.log"
            return stack.enter_context(_running_app(log, *options, env=env))

        yield start


@contextmanager
def _running_app(log: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[str]:
    port = _free_port()
    command = [
        *(sys.executable, "-m", "streamlit", "run", "app.py"),
        *("--server.headless", "true", "--server.address", HOST, "--server.port", str(port)),
        *options,
    ]
    environment = {key: value for key, value in os.environ.items() if key != "BORDERMAP_GEODATA"}
    environment["BORDERMAP_DATA"] = str(log.with_suffix(".data"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        base = dict(zip(options[::2], options[1::2], strict=False)).get("--server.baseUrlPath", "")
        _wait_until_healthy(process, port, f"/{base}/healthz".replace("//", "/"), log)
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _status(port, path) == http.client.OK:
            return
        time.sleep(0.1)
    state = "is not healthy" if process.poll() is None else f"ended with {process.returncode}"
    pytest.fail(f"the app {state}:\n{log.read_text('utf-8', 'replace')[-4000:]}", pytrace=False)


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
