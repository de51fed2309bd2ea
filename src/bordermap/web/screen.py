"""The component that says what part of the map is on the screen."""

from __future__ import annotations

import streamlit as st

from bordermap.selection import BBox
from bordermap.snapshot.frame import on_screen

_KEY = "screen"
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
    return on_screen(latitude, longitude, zoom, width, height)
