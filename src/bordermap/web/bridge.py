"""The component that joins the app and the map."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from bordermap.analysis.ledger import Span, in_words
from bordermap.model.dates import PartialDate
from bordermap.web import data

_KEY = "bridge"
_component = st.components.v2.component(
    "bordermap_bridge", js=Path(__file__).with_name("bridge.js").read_text("utf-8")
)


def bridge(
    rows: npt.NDArray[np.int64],
    total: int,
    digest: str,
    chosen: int | None,
    gates: Mapping[str, Span],
    day: date,
    *,
    on_choose: Callable[[list[int]], None],
    on_region: Callable[[str], None],
    on_gate: Callable[[str], None],
) -> None:
    """Show rows on the map and hear what is clicked there.

    Parameters
    ----------
    rows : array of int
        Numbers of the records to show, of ``total``.
    digest : str
        Of the dataset that the numbers belong to.
    chosen : int or None
        Number of the record to mark.
    gates : mapping of str to Span
        What is known of each gate on ``day``.
    day : datetime.date
    on_choose, on_region, on_gate : callable
        Called before the next run with the clicked records' rows, the region's code or
        the gate's id.
    """
    bits = np.zeros(total, dtype=bool)
    bits[rows] = True
    mask = base64.b64encode(np.packbits(bits, bitorder="little").tobytes()).decode()

    def said(name: str, act: Callable[[Any], None]) -> Callable[[], None]:
        def callback() -> None:
            value = getattr(st.session_state[_KEY], name)
            if value is not None:
                act(value)

        return callback

    _component(
        key=_KEY,
        data={
            "mask": mask,
            "records": data.addresses(digest),
            "chosen": chosen,
            "day": str(PartialDate.parse(day.isoformat())),
            "gates": {
                gate: {"statuses": list(span.statuses), "words": in_words(span)}
                for gate, span in gates.items()
            },
        },
        height=1,
        on_choose_change=said("choose", on_choose),
        on_region_change=said("region", on_region),
        on_gate_change=said("gate", on_gate),
    )
