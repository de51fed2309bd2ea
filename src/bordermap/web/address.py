"""The address in the browser and the state of the session, kept the same.

The address spells the whole view: the selection, the chosen ``record`` and the ``view``
of the map. A session writes it after every run. When the address that arrives is not
the one last written, the reader followed a link or went back, and the session takes it
over; unless the widgets have changed since, for then the two crossed on their way.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st
from pyproj import Transformer

from bordermap.queries import known
from bordermap.selection import BBox, Selection
from bordermap.web import data

RECORD = "record"
VIEW = "view"

SCREEN = (620, 470)
"""Width and height of the map on a common screen, in pixels."""

_WRITTEN = "address-written"
_RADIUS = 6378137.0
_MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


def arrived() -> tuple[Selection, str | None, list[str]] | None:
    """Return the selection, the record and what was ignored, of an address to take over."""
    params = {key: st.query_params.get_all(key) for key in st.query_params}
    selection, ignored = Selection.from_query(params)
    record = st.query_params.get(RECORD)
    spelled = _spelled(params)
    if st.session_state.get(_WRITTEN) == spelled:
        return None
    first = _WRITTEN not in st.session_state
    st.session_state[_WRITTEN] = spelled
    if first and not spelled:
        return None
    selection, unknown = known(data.dataset(), data.catalog(), selection)
    if record is not None and record not in data.dataset().row_of:
        unknown.append(f"record: there is no {record[:80]!r}")
        record = None
    return selection, record, ignored + unknown


def write(selection: Selection, record: str | None) -> None:
    """Spell the state in the address; the view of the map stays as the browser has it."""
    params: dict[str, Any] = selection.to_params()
    if record:
        params[RECORD] = [record]
    spelled = _spelled(params)
    st.session_state[_WRITTEN] = spelled
    if view := st.query_params.get(VIEW):
        params[VIEW] = [view]
    if {key: st.query_params.get_all(key) for key in st.query_params} != params:
        st.query_params.from_dict(params)


def frame() -> BBox | None:
    """Return west, south, east, north of the map on the screen, if the address has its view.

    The address has the centre and the zoom level; the map is taken to be ``SCREEN``
    pixels large. Web Mercator, 256 pixels to the world at zoom level 0.
    """
    try:
        latitude, longitude, zoom = (
            float(part) for part in st.query_params.get(VIEW, "").split(",")
        )
    except ValueError:
        return None
    if not (abs(latitude) <= 85 and abs(longitude) <= 180 and 0 <= zoom <= 20):
        return None
    metres = 2 * math.pi * _RADIUS / (256 * 2**zoom)
    x, y = _MERCATOR.transform(longitude, latitude)
    half_width, half_height = SCREEN[0] / 2 * metres, SCREEN[1] / 2 * metres
    west, south = _MERCATOR.transform(x - half_width, y - half_height, direction="INVERSE")
    east, north = _MERCATOR.transform(x + half_width, y + half_height, direction="INVERSE")
    return west, south, east, north


def _spelled(params: dict[str, list[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((key, tuple(values)) for key, values in params.items() if key != VIEW))
