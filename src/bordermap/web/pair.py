"""Two windows of time on the map: side by side, or on the two sides of a divider."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from bordermap.cartography.basemap import BorderMap
from bordermap.cartography.swipe import Swipe
from bordermap.web import data
from bordermap.web.frame import frame

CHANNELS = ("a", "b")
"""Of the left and the right map, or side of the divider."""

_KEY = "pair"
_SWIPED = "ab"
_component = st.components.v2.component(
    "bordermap_pair",
    js="".join(Path(__file__).with_name(n).read_text("utf-8") for n in ("address.js", "pair.js")),
)


def side(channel: str, height: int) -> None:
    """Draw the map of one channel."""
    _draw(channel, height)


def swiped(height: int) -> None:
    """Draw one map with the events of both channels, each on its side of a divider."""
    _draw(_SWIPED, height)


def _draw(which: str, height: int) -> None:
    with st.container(key=f"pair-{which}"):
        frame(_map(which), f"pair-{which}-{data.catalog().digest[:16]}", height)


@cache
def _map(which: str) -> BorderMap:
    if which != _SWIPED:
        return data.ground().with_events(data.events(which))
    left, right = (data.events(channel, furniture=channel == "a") for channel in CHANNELS)
    for layer in (left, right):  # which the switch of layers could only hide one by one
        layer.control = False
    return data.ground().with_events(left, right, Swipe(left, right))


def join(
    digest: str,
    mask: str | None,
    chosen: int | None,
    *,
    in_step: bool,
    on_choose: Callable[[list[int]], None],
) -> None:
    """Say on the maps which records match, and keep them in step.

    Parameters
    ----------
    digest : str
        Of the dataset.
    mask : str or None
        Address of the bits of the records that match, whenever they were; None for all.
    chosen : int or None
        Row of the record to mark.
    in_step : bool
        There are two maps, which move together.
    on_choose : callable
        Called before the next run with the rows of what was clicked.
    """

    def clicked() -> None:
        rows = st.session_state[_KEY].choose
        if rows is not None:
            on_choose(rows)

    _component(
        key=_KEY,
        data={"mask": mask, "records": data.addresses(digest), "chosen": chosen, "inStep": in_step},
        height=1,
        on_choose_change=clicked,
    )
