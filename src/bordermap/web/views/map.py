"""The map, its filters, the chosen record, the counts and the table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib import resources
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from bordermap.catalog import Catalog
from bordermap.catalog.join import CURATED
from bordermap.columns import Matching
from bordermap.details import details
from bordermap.errors import StoreError
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import DatePrecision, Kind, label
from bordermap.queries import Dataset, timeless
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot import words
from bordermap.web import address, data, filters, links, snapshot_dialog, tray
from bordermap.web.bridge import bridge
from bordermap.web.copy_link import copy_link
from bordermap.web.facets import facets, picked
from bordermap.web.frame import frame
from bordermap.web.markdown import escaped
from bordermap.web.record_panel import record_panel
from bordermap.web.strips import north_to_south, strips
from bordermap.web.views import periods

STYLE = f"<style>{(resources.files('bordermap.web') / 'style.css').read_text('utf-8')}</style>"
"""Style sheet of the app; trusted text of our own."""

MAP_HEIGHT = 470
TABLE_HEIGHT = 420
TABLE_ROWS = 2000
LATEST = 5

HERE = 200

_LISTED = (
    *("date_start", "date_edtf", "kind", "category", "title", "places", "border_km", "sources"),
)

Rows = npt.NDArray[np.uint32]


def show() -> None:
    """Draw the page."""
    _leave_if_gone()
    seeded = filters.ensure()
    taken_over = address.arrived(
        filters.current(), st.session_state.get("record"), first_look=seeded
    )
    if taken_over:
        selection, record, ignored = taken_over
        filters.seed(selection)
        st.session_state["record"] = record
        st.session_state["here"] = ([], 0)
        st.session_state["ignored"] = (filters.current(), ignored + filters.outside(selection))
    selection = filters.current()
    st.session_state["selection"] = selection

    # What may come and go stands in containers that are always there: the frame of the
    # map is loaded anew when its position among the elements changes. The map is told
    # what is selected before anything that takes time, and the filters come last: they look
    # the same already, and the browser does nothing else while it draws them.
    top, notices = st.container(key="top"), st.container()
    left, right = st.columns([0.66, 0.34], gap="medium")
    with left:
        spot = st.container(key="map")
        _join(selection)
    matching = _dataset().matching(selection)
    if st.session_state.get("told") not in (None, timeless(selection)):
        data.map_first(_dataset(), selection)
    st.session_state["told"] = timeless(selection)
    address.write(selection, st.session_state.get("record"))
    with spot:
        frame(data.base(), f"map{data.catalog().digest[:16]}", MAP_HEIGHT)
    with top:
        _header(selection, len(matching))
    with notices:
        _notices(selection)
    with right, st.container(height=MAP_HEIGHT, border=True, key="panel"):
        _panel(selection, matching)
    filters.time_slider()
    periods.link(selection)
    _below(selection, matching)
    with st.sidebar:
        filters.sidebar()


def _dataset() -> Dataset:
    return data.dataset(filters.dataset())


def _catalog() -> Catalog:
    return data.catalog(filters.dataset())


def _leave_if_gone() -> None:
    """Go back to the chronology where the dataset was removed or cannot be read."""
    try:
        found = _dataset()
    except StoreError as error:
        filters.seed(DEFAULT_VIEW)
        st.session_state["record"] = None
        st.session_state["ignored"] = (filters.current(), [str(error)])
        return
    record = st.session_state.get("record")
    if record and found.find(record) is None:
        _close()


def _header(selection: Selection, matching: int) -> None:
    total = len(_dataset())
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        st.markdown("**China–Myanmar border**", width="content")
        st.markdown(f"{matching:,} of {total:,} records", width="stretch")
        if st.button("Snapshot", icon=":material/photo_camera:", key="open-snapshot"):
            snapshot_dialog.dialog(selection)
        copy_link()
    with st.container(horizontal=True, key="chips"):
        chips = words.chips(selection, _catalog())
        for number, (field, value, text) in enumerate(chips):
            st.button(
                escaped(text),
                key=f"chip-{number}",
                icon=":material/close:",
                on_click=filters.drop,
                args=(field, value),
                help="Remove this filter",
            )
        if selection != filters.start(selection.dataset):
            st.button("Reset all", key="reset", type="tertiary", on_click=filters.reset)


def _notices(selection: Selection) -> None:
    arrived_with, ignored = st.session_state.get("ignored", (selection, []))
    if ignored and arrived_with == selection:
        lines = "\n".join(f"- {escaped(line)}" for line in ignored)
        st.warning(f"Parts of the address could not be used and were ignored:\n{lines}")
    faults = data.catalog().faults
    if faults:
        with st.expander(
            f"Faults in the data: {len(faults)}. What cannot be used is left out.",
            icon=":material/error:",
        ):
            st.dataframe(pd.DataFrame([vars(fault) for fault in faults]), hide_index=True)


def _join(selection: Selection) -> None:
    record, dataset = st.session_state.get("record"), _dataset()
    day = _period(selection)[1]
    bridge(
        selection,
        dataset.digest,
        dataset.find(record) if record else None,
        data.gates_on(day),
        day,
        on_choose=_choose,
        on_region=lambda code: filters.toggle("regions", code),
        on_gate=lambda gate: filters.toggle("gates", gate),
        on_area=lambda area: filters.draw(area),
    )


def _choose(rows: list[int], total: int = 1) -> None:
    here = [int(row) for row in rows[:HERE] if 0 <= int(row) < len(_dataset())]
    if here:
        st.session_state["here"] = (here, max(int(total), len(here)))
        _choose_among(here[0])


def _choose_among(row: int) -> None:
    st.session_state["record"] = _dataset().key(row)


def _close() -> None:
    st.session_state["record"] = None
    st.session_state["here"] = ([], 0)


def _panel(selection: Selection, matching: Matching) -> None:
    dataset = _dataset()
    key: str = st.session_state.get("record") or ""
    row = dataset.find(key) if key else None
    if row is not None:
        record = dataset.record(row)
        curated = record["dataset"] == CURATED
        st.button(
            "Back to the overview", icon=":material/arrow_back:", type="tertiary", on_click=_close
        )
        with st.container(horizontal=True, gap="small", key="record-links"):
            if curated:
                links.to("record", "Record's page", icon=":material/article:", id=key)
            if curated and record["kind"] == Kind.MEETING:
                links.to(
                    "compare", "Before and after", icon=":material/compare_arrows:", record=key
                )
        if row not in matching:
            st.caption("This record is outside the current filters.")
        at_place, total = st.session_state.get("here", ([], 0))
        left = [other for other in at_place if other in matching] if row in at_place else []
        if len(left) < len(at_place):
            total = 0
        shown = details(record, _catalog())
        related = {other["id"]: dataset.row_of[other["id"]] for other in shown["relations"]}
        record_panel(row, shown, _briefs(left), related, total=total, on_choose=_choose_among)
    else:
        _overview(selection, matching)


def _briefs(rows: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"row": row, "title": record["title"], "date": str(PartialDate.parse(record["date_edtf"]))}
        for row, record in zip(
            rows, _dataset().take(rows, ["title", "date_edtf"]).to_pylist(), strict=True
        )
    ]


def _overview(selection: Selection, matching: Matching) -> None:
    with st.container():
        if not len(matching):
            st.markdown("**No record matches these filters.**")
            st.caption("Remove a filter above the map, or start again.")
            st.button("Start again", on_click=filters.reset, type="primary")
        else:
            st.markdown("**At a glance**")
    facets(_dataset(), selection, matching, on_click=_pick)
    if not len(matching):
        return
    undated = matching.counts("date_precision").get(DatePrecision.UNKNOWN, 0)
    if undated:
        st.caption(f"{undated:,} of these have no date; they are in the table below.")
    st.caption(
        "Circles are incidents, diamonds are meetings. Choose one to read it with its sources. "
        "A bar or a state filters when clicked, and no longer when clicked again."
    )
    st.markdown("**Most recent**")
    for brief in _briefs(matching.latest(LATEST)):
        st.button(
            f"{brief['date']}: {escaped(brief['title'])}",
            key=f"latest-{brief['row']}",
            type="tertiary",
            on_click=_choose,
            args=([brief["row"]],),
        )


def _pick(kind: str, value: str) -> None:
    filters.pick(*picked(filters.current(), kind, value))


def _below(selection: Selection, matching: Matching) -> None:
    table, gates, aside = st.tabs(
        ["Table", "Gates", "Undated and unplaced"], key="below", on_change="rerun"
    )
    with table:
        if table.open:
            _table(matching)
    with gates:
        if gates.open:
            _strips(selection)
    with aside:
        if aside.open:
            whenever = selection.replace(date_from=None, date_to=None)
            unmapped = _dataset().unmapped(whenever, list(data.catalog().units["code"]))
            tray.show(_dataset(), unmapped, on_choose=lambda row: _choose([row]))


def _strips(selection: Selection) -> None:
    st.caption("What sources say of each gate, from north to south. A name opens its ledger.")
    gate = strips(
        north_to_south(data.catalog().gates.values()),
        filters.span(),
        _period(selection),
        key="gate-strips",
    )
    if gate:
        links.go("gates", gate=gate)


def _period(selection: Selection) -> tuple[date, date]:
    first, last = filters.span()
    return selection.date_from or first, selection.date_to or last


def _table(matching: Matching) -> None:
    total, rows = len(matching), matching.rows[:TABLE_ROWS].copy()
    listed = _listed(_dataset(), rows)
    if listed.empty:
        st.caption("No record matches these filters.")
        return
    if total > len(rows):
        st.caption(
            f"The first {len(rows):,} of {total:,} records by date; a snapshot holds all of them."
        )
    st.dataframe(
        listed,
        key="table",
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(listed)),
        on_select=lambda: _from_table(rows),
        selection_mode="single-row",
        column_config={
            "Start": st.column_config.DateColumn(format="YYYY-MM-DD", width=95),
            "Date as known": st.column_config.TextColumn(width=150),
            "Kind": st.column_config.TextColumn(width=80),
            "Category": st.column_config.TextColumn(width=160),
            "Title": st.column_config.TextColumn(width=380),
            "To border, km": st.column_config.NumberColumn(format="%.1f", width=105),
        },
    )


def _listed(dataset: Dataset, rows: Rows) -> pd.DataFrame:
    table = dataset.take(rows, _LISTED)
    said = {name: table[name].to_pylist() for name in _LISTED}
    dates = {edtf: str(PartialDate.parse(edtf)) for edtf in set(said["date_edtf"])}
    known = _catalog().sources
    sources = {one: str(known[one]) for one in set(chain.from_iterable(said["sources"]))}
    return pd.DataFrame(
        {
            "Start": said["date_start"],
            "Date as known": [dates[edtf] for edtf in said["date_edtf"]],
            "Kind": [label(kind) for kind in said["kind"]],
            "Category": [label(category) for category in said["category"]],
            "Title": said["title"],
            "Places": [
                ", ".join(dict.fromkeys(place["name"] for place in places))
                for places in said["places"]
            ],
            "To border, km": table["border_km"].to_pandas(),
            "Sources": ["; ".join(sources[one] for one in some) for some in said["sources"]],
        }
    )


def _from_table(rows: Rows) -> None:
    picked = st.session_state["table"].selection.rows
    if picked and picked[0] < len(rows):
        _choose([int(rows[picked[0]])])
