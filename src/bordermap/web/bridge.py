"""The component that joins the app and the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from bordermap.analysis.ledger import Span, in_words
from bordermap.model.dates import PartialDate
from bordermap.selection import Selection
from bordermap.web import data

_KEY = "bridge"
_component = st.components.v2.component(
    "bordermap_bridge",
    js="".join(Path(__file__).with_name(n).read_text("utf-8") for n in ("address.js", "bridge.js")),
)


def bridge(
    selection: Selection,
    digest: str,
    chosen: int | None,
    gates: Mapping[str, Span],
    day: date,
    *,
    channel: str = "a",
    on_choose: Callable[[list[int], int], None],
    on_region: Callable[[str], None],
    on_gate: Callable[[str], None],
    on_area: Callable[[dict[str, Any]], None],
) -> None:
    """Show a selection on the map and hear what is clicked and drawn there.

    Only what is small goes this way: the map fetches the bits of the records that match.

    Parameters
    ----------
    selection : Selection
        Its dates are not told: they are the timeline's to say.
    digest : str
        Of the dataset.
    chosen : int or None
        Number of the record to mark.
    gates : mapping of str to Span
        What is known of each gate on ``day``.
    day : datetime.date
    channel : str
        Of the map.
    on_choose, on_region, on_gate, on_area : callable
        Called before the next run with the rows of the clicked records and how many were
        there, the region's code, the gate's id, or the area that was drawn (``bbox`` or
        ``polygon``; neither where it was taken away).
    """

    def said(name: str, act: Callable[[Any], None]) -> Callable[[], None]:
        def callback() -> None:
            value = getattr(st.session_state[_KEY], name)
            if value is not None:
                act(value)

        return callback

    _component(
        key=_KEY,
        data={
            "channel": channel,
            "mask": data.mask_address(digest, selection),
            "area": _area(selection),
            "records": data.addresses(digest),
            "chosen": chosen,
            "day": str(PartialDate.parse(day.isoformat())),
            "gates": {
                gate: {"statuses": list(span.statuses), "words": in_words(span)}
                for gate, span in gates.items()
            },
        },
        height=1,
        on_choose_change=said("choose", lambda here: on_choose(here["rows"], here["total"])),
        on_region_change=said("region", on_region),
        on_gate_change=said("gate", on_gate),
        on_area_change=said("area", on_area),
    )


def _area(selection: Selection) -> dict[str, list[Any]] | None:
    if selection.area is not None:
        return {"polygon": [list(vertex) for vertex in selection.area]}
    return None if selection.bbox is None else {"bbox": list(selection.bbox)}
