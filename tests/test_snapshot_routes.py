"""The addresses of snapshots and of the page to embed, over HTTP on this machine."""

from __future__ import annotations

import http.client
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html import unescape
from urllib.parse import quote, urlencode

import psutil
import pytest
import streamlit as st
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from bordermap.catalog import Catalog
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot import making
from bordermap.snapshot.making import FORMATS, Made
from bordermap.snapshot.spec import Spec
from bordermap.web import data, orders, snapshots
from bordermap.web.server import routes

HOST = "127.0.0.1"
PATIENCE = 60
FEW = "region=MM-11&from=2024-04-01&to=2024-04-30&made=2024-05-01&dpi=50"
FEW_SPEC = Spec(
    selection=Selection(regions=("MM-11",), date_from=date(2024, 4, 1), date_to=date(2024, 4, 30)),
    made_on=date(2024, 5, 1),
    dpi=50,
)
POLICY = "Content-Security-Policy"
MOST_GROWTH = 250 * 1024 * 1024
"""Bytes that 200 requests may add: what drawing takes, and what is kept of six pictures."""

STILL = [suffix for suffix, one in FORMATS.items() if not one.moves]


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def lines(self) -> list[str]:
        """The lines of a text that is one to people."""
        assert self.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert self.headers["X-Content-Type-Options"] == "nosniff"
        return self.body.decode().splitlines()


def get(port: int, address: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request("GET", address, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The routes in this process, without the app."""
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes()), log_config=None, lifespan="off")
    )
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("suffix", STILL)
def test_a_file_is_what_is_made_of_the_same_spec(
    port: int, suffix: str, catalog: Catalog, dataset: Dataset
) -> None:
    answer = get(port, f"/snapshot{suffix}?{FEW}")
    made = making.make(FEW_SPEC, suffix, catalog, dataset)
    assert answer.status == 200
    assert answer.body == made.body
    assert answer.headers["Content-Type"] == FORMATS[suffix].media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Bordermap-Records"] == str(made.records)
    name = f"bordermap_2024-04-01_2024-04-30_MM-11{suffix}"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
    saved = get(port, f"/snapshot{suffix}?{FEW}&download")
    assert saved.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert saved.body == answer.body
    beside = get(port, f"/snapshot{suffix}.json?{FEW}")
    assert beside.headers["Content-Disposition"] == f'inline; filename="{name}.json"'
    assert beside.headers["Content-Type"] == "application/json"
    assert beside.body == made.sidecar(name)


@pytest.mark.parametrize(
    ("query", "selection"),
    [
        ("", DEFAULT_VIEW),
        ("region=Kachin&kind=meeting", Selection(regions=("MM-11",), kinds=("meeting",))),
        ("gate=ruili-muse&text=trade", Selection(gates=("ruili-muse",), text="trade")),
        ("region=MM-11&view=25.4,97.4,8&record=x", Selection(regions=("MM-11",))),
    ],
)
def test_the_keys_are_those_of_the_address_of_the_app(
    port: int, query: str, selection: Selection, dataset: Dataset
) -> None:
    answer = get(port, f"/snapshot.jsonl?{query}")
    found = {json.loads(line)["id"] for line in answer.body.splitlines()}
    assert found == set(dataset.select(selection)["id"].to_pylist())


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("kind=%3Cscript%3E", ["<script>"]),
        ("region=Nowhere", ["Nowhere"]),
        ("dataset=none", ["none"]),
        ("from=2024-13-01", ["2024-13-01"]),
        ("from=2024-02-01&to=2024-01-01", ["2024-02-01"]),
        ("layout=napkin&names=fr&shade=x&hide=sky", ["napkin", "'fr'", "'x'", "sky"]),
        ("dpi=0", ["dpi: 0"]),
        ("dpi=100000", ["dpi: 100000"]),
        ("dpi=%D9%A1%D9%A2", ["whole number"]),
        ("dpi=600&layout=a3", ["70 million pixels"]),
        ("show=MM-99", ["MM-99"]),
        ("show=1,2,3,x", ["1,2,3,x"]),
        ("view=900,0,3", ["900,0,3"]),
        ("made=yesterday", ["yesterday"]),
        ("regoin=MM-11", ["'regoin'"]),
        ("a%0D%0AX-Bad:%201=1", ["'a X-Bad: 1'"]),
    ],
)
def test_bad_input_is_named_line_by_line(port: int, query: str, named: list[str]) -> None:
    for route in ("/snapshot.png", "/snapshot.png.json", "/snapshot.png.progress"):
        answer = get(port, f"{route}?{query}")
        while route.endswith("progress") and answer.status == 200:  # known once it is drawn
            answer = get(port, f"{route}?{query}")
        assert answer.status == 400
        lines = answer.lines
        assert len(lines) == len(named)
        assert all(word in line for word, line in zip(named, lines, strict=True))
        assert "X-Bad" not in answer.headers


@pytest.mark.parametrize("ending", ["", ".", ".bmp", ".json", ".png.exe", ".PNG", "%2e%2e", "s"])
def test_what_is_no_format_is_not_found(port: int, ending: str) -> None:
    answer = get(port, f"/snapshot{ending}")
    assert answer.status == 404


def test_any_text_may_be_a_title(port: int) -> None:
    title = "<b>&amp;</b> \U0001f418 \u202eעברית\u0000\r\n]]>" + "long " * 1000
    drawn = get(port, f"/snapshot.svg?{FEW}&title={quote(title)}")
    assert drawn.status == 200
    assert b"<b>" not in drawn.body
    embedded = get(port, f"/embed?{FEW}&title={quote('</script><b>')}")
    assert embedded.status == 200
    assert b"<b>" not in embedded.body


def test_an_empty_selection_is_a_sheet_and_a_page_too(port: int) -> None:
    for route in ("/snapshot.png", "/embed"):
        answer = get(port, f"{route}?text=nothingatallisnamedso&dpi=50")
        assert answer.status == 200


def test_a_film_says_how_far_it_is(port: int) -> None:
    address = f"/snapshot.gif.progress?{FEW}&step=week&layout=square"
    said = [json.loads(get(port, address).body)]
    deadline = time.monotonic() + PATIENCE
    while said[-1]["state"] != "ready":
        assert time.monotonic() < deadline
        said.append(json.loads(get(port, address).body))
    assert (said[-1]["done"], said[-1]["of"]) == (5, 5)
    steps = [one["done"] for one in said if one["done"] is not None]
    assert steps == sorted(steps)
    film = get(port, f"/snapshot.gif?{FEW}&step=week&layout=square")
    assert film.headers["Content-Type"] == "image/gif"
    with Image.open(io.BytesIO(film.body)) as frames:
        assert frames.n_frames == 5  # type: ignore[attr-defined]


def test_too_many_records_are_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "MAX_RECORDS", 10)
    for route in ("/snapshot.csv", "/embed"):
        answer = get(port, f"{route}?region=MM-17&made=2001-01-01")
        assert answer.status == 400
        assert "more than the 10" in answer.lines[0]


class Kitchen:
    """Counts what is made, and holds tables back where it should."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Spec] = []
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()
        self._make = making.make
        monkeypatch.setattr(making, "make", self)

    def __call__(self, spec: Spec, suffix: str, *rest: object) -> Made:
        self.asked.append(spec)
        self.begun.set()
        assert suffix != ".csv" or self.may_end.wait(PATIENCE)
        return self._make(spec, suffix, *rest)  # type: ignore[arg-type]


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kitchen]:
    held = Kitchen(monkeypatch)
    yield held
    held.may_end.set()


def test_a_browser_that_has_it_is_told_so_and_nothing_is_drawn(
    port: int, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/snapshot.csv?{FEW}&text=a"
    first = get(port, address)
    assert len(kitchen.asked) == 1
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]
    again = get(port, address, **{"If-None-Match": tag})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert get(port, address).body == first.body
    assert len(kitchen.asked) == 1
    others = [
        get(port, f"/snapshot.csv?{FEW}&text=b"),
        get(port, f"/snapshot.csv.json?{FEW}&text=a"),
        get(port, f"/snapshot.jsonl?{FEW}&text=a"),
    ]
    assert len({tag, *(other.headers["ETag"] for other in others)}) == 4
    monkeypatch.setitem(vars(data.dataset()), "digest", "another")
    changed = get(port, address, **{"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag
    made = len(kitchen.asked)
    monkeypatch.setattr(orders, "versions", lambda _packages: {"matplotlib": "another"})
    assert get(port, address).headers["ETag"] != changed.headers["ETag"]
    assert len(kitchen.asked) == made + 1


def test_progress_begins_the_work_and_says_when_it_is_ready(port: int, kitchen: Kitchen) -> None:
    kitchen.may_end.clear()
    address = f"/snapshot.csv.progress?{FEW}&text=c"
    first = get(port, address)
    assert first.headers["Cache-Control"] == "no-store"
    assert json.loads(first.body)["state"] in ("waiting", "drawing")
    assert kitchen.begun.wait(PATIENCE)
    state = json.loads(get(port, address).body)
    assert state == {"state": "drawing", "done": None, "of": None, "ahead": 0}
    waiting = json.loads(get(port, f"/snapshot.csv.progress?{FEW}&text=d").body)
    assert (waiting["state"], waiting["ahead"]) == ("waiting", 1)
    kitchen.may_end.set()
    deadline = time.monotonic() + PATIENCE
    while state["state"] != "ready":
        assert time.monotonic() < deadline
        state = json.loads(get(port, address).body)
    made = len(kitchen.asked)
    assert get(port, f"/snapshot.csv?{FEW}&text=c&download").status == 200
    assert len([spec for spec in kitchen.asked[:made] if spec.selection.text == "c"]) == 1


def test_equal_requests_at_once_are_made_once(port: int, kitchen: Kitchen) -> None:
    kitchen.may_end.clear()
    with ThreadPoolExecutor(5) as clients:
        same = [clients.submit(get, port, f"/snapshot.csv?{FEW}&text=s") for _ in range(5)]
        assert kitchen.begun.wait(PATIENCE)
        assert get(port, "/healthz").status == 200
        kitchen.may_end.set()
        assert {one.result().status for one in same} == {200}
    assert len(kitchen.asked) == 1


def test_what_would_wait_too_long_is_put_off(
    port: int, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots._WRITTEN, "_most_waiting", 3)
    kitchen.may_end.clear()
    for number in range(3):
        asked = get(port, f"/snapshot.csv.progress?{FEW}&text=u{number}")
        assert asked.status == 200
    for route in ("snapshot.csv", "snapshot.csv.progress", "embed"):
        refused = get(port, f"/{route}?{FEW}&text=u3")
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert len(refused.lines) == 1
    assert get(port, f"/snapshot.csv.progress?{FEW}&text=u0").status == 200
    assert get(port, f"/snapshot.png?{FEW}").status == 200
    kitchen.may_end.set()
    assert get(port, f"/snapshot.csv?{FEW}&text=u2").status == 200
    assert get(port, f"/snapshot.csv?{FEW}&text=u3").status == 200


def test_what_goes_wrong_unexpectedly_tells_nothing_of_the_inside(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Made:
        raise ZeroDivisionError("a secret of the test")

    monkeypatch.setattr(making, "make", broken)
    answer = get(port, f"/snapshot.csv?{FEW}&text=v")
    assert answer.status == 500
    assert "secret" not in answer.lines[0]


def test_a_page_to_embed_is_framed_by_anybody_and_can_do_little(port: int) -> None:
    answer = get(port, f"/embed?{FEW}&names=my")
    assert answer.status == 200
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers[POLICY].split(";"))
    assert policy["frame-ancestors"] == "*"
    assert policy["connect-src"] == "'none'"
    assert "allow-same-origin" not in policy["sandbox"]
    source = re.search(r'<a id="bm-source" href="([^"]*)"', answer.body.decode())
    assert source is not None
    spelled = urlencode(FEW_SPEC.selection.to_address(), doseq=True)
    assert unescape(source[1]) == f"./?{spelled}&names=my"
    assert (
        get(port, f"/embed?{FEW}&names=my", **{"If-None-Match": answer.headers["ETag"]}).status
        == 304
    )
    own = get(port, f"/snapshot.html?{FEW}")
    assert "frame-ancestors 'self'" in own.headers[POLICY]
    assert b'id="bm-source"' not in own.body
    assert "default-src 'none'" in get(port, f"/snapshot.svg?{FEW}").headers[POLICY]


def test_a_proxy_may_put_it_all_under_a_path() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "get_option", lambda name: "/map/" if "base" in name else None)
        paths = {route.path for route in routes()}  # type: ignore[attr-defined]
    assert {"/map/embed", "/map/snapshot{ending}"} <= paths


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, psutil.Process]]:
    """The whole app as a process."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "bordermap", "serve", "--no-browser", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, "BORDERMAP_DATA": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            assert get(port, "/healthz").status == 200
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
    yield port, psutil.Process(process.pid)
    process.terminate()
    process.wait(PATIENCE)


def test_twenty_clients_get_two_hundred_pictures_while_the_app_answers(
    app: tuple[int, psutil.Process],
) -> None:
    port, process = app
    queries = [f"region={region}&dpi=50" for region in ("MM-11", "MM-17", "MM-12")]
    queries += [f"names={names}&layout=square&dpi=50" for names in ("en", "zh", "my")]
    chance = random.Random(6)
    asked = queries * 2 + chance.choices(queries, k=200 - 2 * len(queries))
    chance.shuffle(asked)
    assert get(port, "/snapshot.png?dpi=50").status == 200
    before, most, healthy = process.memory_info().rss, 0, 0
    with ThreadPoolExecutor(20) as clients:
        answers = [clients.submit(get, port, f"/snapshot.png?{query}") for query in asked]
        while not all(one.done() for one in answers):
            assert get(port, "/healthz").status == 200
            assert get(port, "/").status == 200
            healthy += 1
            most = max(most, process.memory_info().rss)
    assert {one.result().status for one in answers} == {200}
    bodies = dict(zip(asked, (one.result().body for one in answers), strict=True))
    assert all(
        one.result().body == bodies[query] for query, one in zip(asked, answers, strict=True)
    )
    assert len(set(bodies.values())) == len(queries)
    assert healthy >= len(queries)  # it answered more often than there was to draw
    assert most - before < MOST_GROWTH


def test_a_browser_that_leaves_does_not_hold_up_the_next(app: tuple[int, psutil.Process]) -> None:
    port, _ = app
    for number in range(30):
        with socket.create_connection((HOST, port)) as leaving:
            address = f"/snapshot.png?dpi=300&layout=a3&made=2001-01-{number + 1:02}"
            leaving.sendall(f"GET {address} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    deadline = time.monotonic() + PATIENCE
    while get(port, "/snapshot.png?dpi=50&made=2001-01-01").status != 200:
        assert time.monotonic() < deadline
    state = json.loads(get(port, "/snapshot.png.progress?dpi=51&made=2001-01-01").body)
    assert state["ahead"] <= 1
