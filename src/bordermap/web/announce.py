"""What happens when the server starts: it says where it is, and makes the map."""

from __future__ import annotations

import contextlib
import threading
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import streamlit as st

from bordermap.errors import BordermapError
from bordermap.web import data

_EVERYWHERE = {"", "0.0.0.0", "::"}
_PATIENCE_SECONDS = 60


@asynccontextmanager
async def announce(app: st.App) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG001
    """Print the address once the server answers there; open it unless ``server.headless``.

    The map is made meanwhile, so that the first reader does not wait for it.
    """
    threading.Thread(target=_announce, daemon=True).start()
    threading.Thread(target=_prepare, daemon=True).start()
    yield {}


def address() -> str:
    """Return the address of the dashboard on this machine."""
    host = str(st.get_option("server.address") or "")
    shown = "localhost" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"http://{shown}:{st.get_option('server.port')}/{path}".rstrip("/")


def _announce() -> None:
    here = address()
    direct = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            direct.open(f"{here}/healthz", timeout=_PATIENCE_SECONDS).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            print(f"bordermap is at {here}  (stop with Ctrl+C)", flush=True)
            if not st.get_option("server.headless"):
                webbrowser.open(here)
            return


def _prepare() -> None:
    with contextlib.suppress(BordermapError):  # which the page will say
        data.prepare()
