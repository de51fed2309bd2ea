"""Starting the dashboard from the command line."""

from __future__ import annotations

import os
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import streamlit as st

from bordermap.store import DATA_VARIABLE
from bordermap.web.announce import announce
from bordermap.web.data import GEODATA_VARIABLE
from bordermap.web.server import SCRIPT, routes


def launch(
    *,
    host: str,
    port: int,
    base_path: str,
    browser: bool,
    geodata: Path | None,
    data: Path | None,
) -> None:
    """Serve the dashboard until it is stopped.

    Parameters
    ----------
    host : str
    port : int
    base_path : str
        Path under which a proxy serves the dashboard; empty for none.
    browser : bool
        Open a browser once the server listens.
    geodata : Path, optional
        Another data package than the one that came along.
    data : Path, optional
        Folder of the imported datasets, where it is not the user's own.
    """
    if data is not None:
        os.environ[DATA_VARIABLE] = str(data)
    if geodata is not None:
        os.environ[GEODATA_VARIABLE] = str(geodata)
    options = {
        **_settings(),
        "server.address": host,
        "server.port": port,
        "server.baseUrlPath": base_path,
        "server.headless": not browser,
    }
    for name, value in options.items():
        st.config.set_option(name, value, "bordermap serve")
    st.App(SCRIPT, routes=routes(), lifespan=announce).run(config=options)


def _settings() -> dict[str, Any]:
    """Return Streamlit's settings as they came with bordermap, under dotted names."""
    package = resources.files("bordermap")
    found = (package / "web" / "config.toml", package / ".." / ".." / ".streamlit" / "config.toml")
    text = next(path.read_text("utf-8") for path in found if path.is_file())
    return dict(_dotted(tomllib.loads(text), ""))


def _dotted(table: dict[str, Any], prefix: str) -> Any:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
