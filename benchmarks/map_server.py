"""One map on one local server, which says what it took.

``python -m benchmarks.map_server PEER DATA FLAT`` prints its address and serves until it is
ended: ``/frame/a/map.html?category=armed_clash`` is the map, ``/took`` what was asked since it
was last read, and ``/empty`` a page from which a browser that is ready can set out. The events
are there before the address is printed, and all that does not depend on them.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.imports import NAME
from benchmarks.map_peers import ALONE, OWN
from benchmarks.measure import PER_MEGABYTE

PAGE = "/frame/a/map.html"
TOOK = "/took"
EMPTY = "/empty"
Page = Callable[[str], str]


class Account:
    """Counts what an application answers.

    Seconds are those in which an answer is made, of any number at once; what follows when
    it is ready, the sending, does not count.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._seconds, self._bytes = 0.0, 0
        self._making, self._since = 0, 0.0
        self._bodies: list[tuple[bytes, bool]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or with what was counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == TOOK:
            await JSONResponse(self._took())(scope, receive, send)
            return
        if scope["path"] == EMPTY:
            await HTMLResponse("<title>Empty</title>")(scope, receive, send)
            return
        ready = packed = False
        if not self._making:
            self._since = time.perf_counter()
        self._making += 1

        async def counted(message: Message) -> None:
            nonlocal ready, packed
            if message["type"] == "http.response.start":
                packed = (b"content-encoding", b"gzip") in message["headers"]
            elif not ready:
                ready = True
                self._making -= 1
                if not self._making:
                    self._seconds += time.perf_counter() - self._since
            if body := message.get("body", b""):
                self._bytes += len(body)
                self._bodies.append((bytes(body), packed))
            await send(message)

        await self._app(scope, receive, counted)

    def _took(self) -> dict[str, Any]:
        said = {"seconds": self._seconds, "bytes": self._bytes, "peak_mb": _peak()}
        bodies, self._bodies = self._bodies, []
        self._seconds, self._bytes = 0.0, 0
        return {**said, "gzipped": sum(_gzipped(*body) for body in bodies)}


def _gzipped(body: bytes, packed: bool) -> int:
    return len(body) if packed else len(zlib.compress(body, 6))


def _peak() -> float:
    """Return the highest resident memory of this process so far, in megabytes."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MEGABYTE
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def ours(data: Path, *, alone: bool = False) -> list[BaseRoute]:
    """Return the routes of the app and the map that it frames; the dataset is open.

    Alone, the events are drawn on an empty ground.

    The map is that of the app, but that it begins with the imported events, which the app
    would name to it once it is there. Where there is no data directory, it is the curated
    records that are shown.
    """
    from bordermap.cartography.basemap import base_map
    from bordermap.cartography.event_layer import EventLayer
    from bordermap.store import DATA_VARIABLE
    from bordermap.web import data as shared
    from bordermap.web import server

    os.environ[DATA_VARIABLE] = str(data)
    opened = shared.dataset(NAME if data.is_dir() else "")
    shared.prepare()

    events = EventLayer(**shared.addresses(opened.digest), scripts="../../assets")
    if alone:
        drawn = base_map({}, events, assets="../../assets/leaflet")
    else:
        drawn = shared.ground().with_events(events)
    html = drawn.get_root().render()

    def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(html)

    return [*server.routes(), Route(PAGE, page)]


def theirs(peer: str, flat: Path) -> list[BaseRoute]:
    """Return the routes of a peer, which makes its page anew for every filter."""
    import pandas as pd

    from benchmarks.map_pages import BUILDERS, VENDORED, MissingError

    events = pd.read_parquet(flat)

    def page(request: Request) -> HTMLResponse | PlainTextResponse:
        category = request.query_params.get("category", "")
        chosen = events[events["category"] == category] if category else events
        try:
            return HTMLResponse(BUILDERS[peer](chosen))
        except MissingError as error:
            return PlainTextResponse(str(error), status_code=501)

    def vendored(request: Request) -> FileResponse:
        return FileResponse(VENDORED[request.path_params["name"]])

    return [Route(PAGE, page), Route("/vendored/{name}", vendored)]


def serve(routes: list[BaseRoute]) -> None:
    """Serve on a free port of this machine; the address is printed as JSON."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(
            Account(Starlette(routes=routes)), log_level="error", lifespan="off"
        )
        print(json.dumps(f"http://127.0.0.1:{listening.getsockname()[1]}"), flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    asked, data_folder, flat_file = sys.argv[1:]
    if asked in OWN:
        serve(ours(Path(data_folder), alone=asked == ALONE))
    else:
        serve(theirs(asked, Path(flat_file)))
