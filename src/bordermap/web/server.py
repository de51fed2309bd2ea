"""The HTTP routes beside the app."""

from __future__ import annotations

import mimetypes
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
from bordermap.queries import known
from bordermap.selection import Selection
from bordermap.snapshot import tables
from bordermap.web import data

SCRIPT = Path(__file__).with_name("main.py")
"""The script that Streamlit runs for every session."""


def routes() -> list[BaseRoute]:
    """Return the routes, under ``server.baseUrlPath`` where one is set."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    base = f"/{path}" if path else ""
    return [
        Mount(f"{base}/assets/leaflet", StaticFiles(directory=leaflet.BASE_DIR)),
        Route(f"{base}/assets/{{name}}", _asset),
        Route(f"{base}/api/events/{{digest}}", _events),
        Route(f"{base}/api/text/{{digest}}", _text),
        Route(f"{base}/api/layers/{{digest}}", _layers),
        Route(f"{base}/api/records", _records),
        Route(f"{base}/healthz", _health),
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
    body = _assets().get(request.path_params["name"])
    if body is None:
        return PlainTextResponse("No such file.", status_code=404)
    media_type = mimetypes.guess_type(request.path_params["name"])[0]
    return Response(body, media_type=media_type)


@cache
def _assets() -> dict[str, bytes]:
    folder = resources.files("bordermap.cartography")
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.name.endswith((".js", ".css"))
    }


def _events(request: Request) -> Response:
    return _unchanging(request, data.dataset().digest, data.columns(), "application/octet-stream")


def _text(request: Request) -> Response:
    return _unchanging(request, data.dataset().digest, data.texts(), "application/json")


def _layers(request: Request) -> Response:
    script = data.base().data_script.encode()
    return _unchanging(request, data.catalog().digest, script, "text/javascript; charset=utf-8")


def _unchanging(request: Request, digest: str, body: bytes, media_type: str) -> Response:
    """Answer with what belongs to one digest of the data, and never changes."""
    if request.path_params["digest"] != digest:
        return PlainTextResponse("No such data; reload the page.", status_code=404)
    headers = {"ETag": f'"{digest}"', "Cache-Control": "max-age=31536000, immutable"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _records(request: Request) -> Response:
    params = {key: request.query_params.getlist(key) for key in request.query_params}
    selection, ignored = Selection.from_query(params)
    selection, unknown = known(data.dataset(), data.catalog(), selection)
    if ignored or unknown:
        return PlainTextResponse("\n".join(ignored + unknown) + "\n", status_code=400)
    body = tables.to_geojson(data.dataset().select(selection), data.catalog(), selection)
    return Response(body, media_type="application/geo+json")
