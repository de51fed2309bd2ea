"""The component that shows the chosen record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any

import streamlit as st

from bordermap.cartography.style import FAMILY_COLOURS
from bordermap.details import Details

_KEY = "record-panel"
_CARTOGRAPHY = resources.files("bordermap.cartography")
_CHOOSER = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".bm-root");
  const opens = (id) => {
    const row = data.related[id];
    return row === undefined ? null : () => setTriggerValue("choose", row);
  };
  root.replaceChildren(bordermapRecordPanel(data.details, data.colours, opens));
  if (data.here.length < 2) return;
  const here = document.createElement("nav");
  const heading = document.createElement("p");
  heading.className = "bm-note";
  const listed = data.here.length.toLocaleString("en");
  heading.textContent =
    data.total > data.here.length
      ? `The latest ${listed} of ${data.total.toLocaleString("en")} records at this place`
      : `${listed} records at this place`;
  here.append(heading);
  for (const { row, title, date } of data.here) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${date}: ${title}`;
    button.setAttribute("aria-current", String(row === data.row));
    button.onclick = () => setTriggerValue("choose", row);
    here.append(button);
  }
  root.prepend(here);
}
"""
_STYLE = """
nav {
  border-bottom: 1px solid #ddd8cc; margin-bottom: 0.7rem; max-height: 11rem; overflow-y: auto;
}
nav button {
  background: none; border: 0; border-left: 3px solid transparent; color: #0b5cad;
  cursor: pointer; display: block; font: inherit; font-size: 0.84rem;
  padding: 0.2rem 0.5rem; text-align: left; width: 100%;
}
nav button[aria-current="true"] { border-left-color: #0b5cad; color: #22282e; font-weight: 600; }
nav button:hover, nav button:focus-visible { background: #f5f3ee; }
"""
_component = st.components.v2.component(
    "bordermap_record",
    html='<div class="bm-root" data-testid="record-panel"></div>',
    css=(_CARTOGRAPHY / "record_panel.css").read_text("utf-8") + _STYLE,
    js=(_CARTOGRAPHY / "record_panel.js").read_text("utf-8") + _CHOOSER,
)


def record_panel(
    row: int,
    details: Details,
    here: Sequence[dict[str, Any]],
    related: Mapping[str, int],
    *,
    total: int = 0,
    on_choose: Callable[[int], None],
) -> None:
    """Show a record, and above it the others at the same place.

    Parameters
    ----------
    row : int
    details : Details
    here : sequence of dict
        ``row``, ``title`` and ``date`` of the records at the place that was clicked.
    related : mapping of record id to row
        The records that can be opened from here.
    total : int
        How many records are at the place, where they are too many to be listed.
    on_choose : callable
        Called with the row of another record before the next run.
    """

    def chosen() -> None:
        value = st.session_state[_KEY].choose
        if value is not None:
            on_choose(value)

    _component(
        key=_KEY,
        data={
            "row": row,
            "details": details,
            "colours": dict(FAMILY_COLOURS),
            "here": list(here),
            "total": total,
            "related": dict(related),
        },
        on_choose_change=chosen,
    )
