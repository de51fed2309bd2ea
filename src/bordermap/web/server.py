"""The HTTP routes beside the app."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from xstatic.pkg import leaflet

from bordermap import __version__
from bordermap.cartography import basemap, event_layer
from bordermap.cartography.event_layer import ROWS_PER_REQUEST, TEXTS_AT_ONCE
from bordermap.queries import Dataset, known, known_dataset
from bordermap.selection import QUERY_KEYS, Selection
from bordermap.snapshot.exports import tables
from bordermap.web import data, snapshots

SCRIPT = Path(__file__).with_name("main.py")
"""The script that Streamlit runs for every session."""

_BYTES, _JSON = "application/octet-stream", "application/json"
_UNCHANGING = "max-age=31536000, immutable"
_NOT_IN_MASK = tuple(QUERY_KEYS[field] for field in ("dataset", "date_from", "date_to"))


def routes() -> list[BaseRoute]:
    """Return the routes, under ``server.baseUrlPath`` where one is set."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    base = f"/{path}" if path else ""
    return [
        Mount(f"{base}/assets/leaflet", StaticFiles(directory=leaflet.BASE_DIR)),
        Route(f"{base}/assets/{{name}}", _asset),
        Route(f"{base}/api/events/{{digest}}", _events),
        Route(f"{base}/api/text/{{digest}}", _text),
        Route(f"{base}/api/mask/{{digest}}", _mask),
        Route(f"{base}/api/layers/{{digest}}", _layers),
        Route(f"{base}/api/records", _records),
        Route(f"{base}/healthz", _health),
        *snapshots.routes(base),
    ]


def _health(request: Request) -> Response:  # noqa: ARG001
    faults = len(data.catalog().faults)
    return JSONResponse(
        {
            "status": "ok",
            "version": __version__,
            "records": len(data.dataset().records),
            "faults": faults,
        }
    )


def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    body = _assets().get(name)
    if body is None:
        return PlainTextResponse("No such file.", status_code=404)
    media_type = mimetypes.guess_type(name)[0] or _BYTES
    return _compressed(request, lambda: body, _tag(body), "no-cache", media_type)


@cache
def _assets() -> dict[str, bytes]:
    folder = resources.files("bordermap.cartography")
    files = {file.name: file.read_bytes() for file in folder.iterdir() if _is_asset(file.name)}
    for scripts in (basemap, event_layer):
        files[scripts.BUNDLE] = b"\n".join(path.read_bytes() for path in scripts.SCRIPTS)
    return {name: data.compressed(body) for name, body in files.items()}


def _is_asset(name: str) -> bool:
    return name.endswith((".js", ".css"))


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def _events(request: Request) -> Response:
    dataset = _asked(request)
    if dataset is None:
        return _no_data()
    tag = f'"{dataset.digest}-{event_layer.VERSION}"'
    return _compressed(request, lambda: data.columns(dataset), tag, _UNCHANGING, _BYTES)


def _mask(request: Request) -> Response:
    """Answer with a bit for each record: whether it matches, whenever it was."""
    dataset = _asked(request)
    if dataset is None:
        return _no_data()
    params = {key: request.query_params.getlist(key) for key in request.query_params}
    selection, problems = Selection.from_query(params)
    problems += [f"{key}: no part of a mask" for key in _NOT_IN_MASK if key in params]
    problems += [f"{key}: not known" for key in params if key not in QUERY_KEYS.values()]
    if problems:
        return PlainTextResponse("\n".join(problems) + "\n", status_code=400)
    body = data.mask(dataset, selection)
    return _compressed(request, lambda: body, _tag(body), "no-cache", _BYTES)


def _text(request: Request) -> Response:
    """Answer with the texts of all records, or of the rows that are asked for."""
    dataset = _asked(request)
    if dataset is None:
        return _no_data()
    rows = None
    if "rows" in request.query_params or len(dataset) > TEXTS_AT_ONCE:
        spelled = request.query_params.get("rows", "").split(",")
        rows = [int(row) for row in spelled if row.isascii() and row.isdigit() and len(row) < 16]
        if not 0 < len(rows) == len(spelled) <= ROWS_PER_REQUEST or max(rows) >= len(dataset):
            wanted = f"rows=1,2,3: at most {ROWS_PER_REQUEST} of {len(dataset)}"
            return PlainTextResponse(f"{wanted}\n", status_code=400)
    return _compressed(
        request, lambda: data.texts(dataset, rows), f'"{dataset.digest}"', _UNCHANGING, _JSON
    )


def _layers(request: Request) -> Response:
    digest = data.catalog().digest
    if request.path_params["digest"] != digest:
        return _no_data()
    return _compressed(request, data.layers, f'"{digest}"', _UNCHANGING, _JSON)


def _asked(request: Request) -> Dataset | None:
    data.dataset()  # which every page may ask for, also of a server that has just started
    return data.by_digest(request.path_params["digest"])


def _no_data() -> Response:
    return PlainTextResponse("No such data; reload the page.", status_code=404)


def _compressed(
    request: Request, body: Callable[[], bytes], tag: str, caching: str, media_type: str
) -> Response:
    """Answer with bytes that are compressed already; plain to those who do not take gzip."""
    headers = {"ETag": tag, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if not _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(gzip.decompress(body()), media_type=media_type, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(body(), media_type=media_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for offer in accepted.lower().split(","):
        coding, *parameters = (part.strip() for part in offer.split(";"))
        if coding in ("gzip", "*"):
            return not any(re.fullmatch(r"q=0(\.0*)?", one) for one in parameters)
    return False


def _records(request: Request) -> Response:
    params = {key: request.query_params.getlist(key) for key in request.query_params}
    selection, ignored = Selection.from_query(params)
    selection, missing = known_dataset(selection, data.store().names())
    dataset, catalog = data.dataset(selection.dataset), data.catalog(selection.dataset)
    selection, unknown = known(dataset, catalog, selection)
    if problems := ignored + missing + unknown:
        return PlainTextResponse("\n".join(problems) + "\n", status_code=400)
    body = tables.to_geojson(dataset.select(selection), catalog, selection)
    return Response(body, media_type="application/geo+json")
