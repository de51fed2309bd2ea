"""The component that says what part of the map is on the screen."""

from __future__ import annotations

import math

import streamlit as st
from pyproj import Transformer

from bordermap.selection import BBox

_KEY = "screen"
_MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
_EQUATOR = 2 * math.pi * 6378137.0
_component = st.components.v2.component(
    "bordermap_screen",
    js="""
export default function ({ data, setStateValue }) {
  const view = new URLSearchParams(location.search).get("view");
  const map = document.querySelector(".st-key-map iframe")?.getBoundingClientRect();
  if (!view || !map) return;
  const screen = `${view},${Math.round(map.width)},${Math.round(map.height)}`;
  if (screen !== data.screen) setStateValue("screen", screen);
}
""",
)


def screen_frame() -> BBox | None:
    """Return west, south, east, north of the map on the screen, in degrees.

    None until the browser has answered, which runs the enclosing fragment once more.
    """
    state = st.session_state.get(_KEY) or {}
    spelled = state.get("screen") or ""
    _component(key=_KEY, data={"screen": spelled}, height=1, on_screen_change=lambda: None)
    try:
        latitude, longitude, zoom, width, height = (float(part) for part in spelled.split(","))
    except ValueError:
        return None
    return frame(latitude, longitude, zoom, width, height)


def frame(
    latitude: float, longitude: float, zoom: float, width: float, height: float
) -> BBox | None:
    """Return west, south, east, north of a Web Mercator map of 256 pixels at zoom 0.

    Parameters
    ----------
    latitude, longitude : float
        Of the centre, in degrees.
    zoom : float
    width, height : float
        In pixels.

    Returns
    -------
    BBox or None
        None where the numbers are not those of a map.
    """
    numbers = (latitude, longitude, zoom, width, height)
    if not all(map(math.isfinite, numbers)) or not (
        abs(latitude) <= 85 and abs(longitude) <= 180 and 0 <= zoom <= 22 and width > 0 < height
    ):
        return None
    metres = _EQUATOR / (256 * 2**zoom)
    x, y = _MERCATOR.transform(longitude, latitude)
    across, up = width / 2 * metres, height / 2 * metres
    west, south = _MERCATOR.transform(x - across, y - up, direction="INVERSE")
    east, north = _MERCATOR.transform(x + across, y + up, direction="INVERSE")
    return west, max(south, -85.0), east, min(north, 85.0)
