"""The map, its filters, the chosen record, the table and the chart."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from importlib import resources
from typing import Any

import altair
import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from bordermap.analysis.ledger import status_on
from bordermap.cartography.style import FAMILY_COLOURS
from bordermap.catalog import Catalog
from bordermap.catalog.join import CURATED
from bordermap.details import details
from bordermap.errors import StoreError
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import FAMILIES, DatePrecision, Family, Kind, label
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot import words
from bordermap.web import address, data, download, filters, links, tray
from bordermap.web.bridge import bridge
from bordermap.web.markdown import escaped
from bordermap.web.record_panel import record_panel
from bordermap.web.strips import north_to_south, strips

STYLE = f"<style>{(resources.files('bordermap.web') / 'style.css').read_text('utf-8')}</style>"
"""Style sheet of the app; trusted text of our own."""

MAP_HEIGHT = 470
TABLE_HEIGHT = 420
TABLE_ROWS = 2000
LATEST = 5

_RENDERING = threading.Lock()
"""Folium changes a map while it renders it, and all sessions share one."""

Rows = npt.NDArray[np.int64]


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
        st.session_state["here"] = []
        st.session_state["ignored"] = (filters.current(), ignored + filters.outside(selection))
    with st.sidebar:
        filters.sidebar()
    selection = filters.current()
    st.session_state["selection"] = selection
    rows = _dataset().rows(selection)
    address.write(selection, st.session_state.get("record"))

    # What may come and go stands in containers that are always there: the frame of the
    # map is loaded anew when its position among the elements changes.
    with st.container(key="top"):
        _header(selection, rows)
    with st.container():
        _notices(selection)
    left, right = st.columns([0.66, 0.34], gap="medium")
    with left:
        _map(selection, rows)
    with right, st.container(height=MAP_HEIGHT, border=True, key="panel"):
        _panel(selection, rows)
    filters.time_slider()
    _below(selection, rows)


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


def _header(selection: Selection, rows: Rows) -> None:
    total = len(_dataset())
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        st.markdown("**China–Myanmar border**", width="content")
        st.markdown(f"{len(rows):,} of {total:,} records", width="stretch")
        if st.button("Download", icon=":material/download:", key="open-download"):
            download.dialog(selection)
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


def _map(selection: Selection, rows: Rows) -> None:
    record, dataset = st.session_state.get("record"), _dataset()
    day = _period(selection)[1]
    with st.container(key="map"), _RENDERING:
        st_folium(
            data.base(),
            key=f"map{data.catalog().digest[:16]}",
            height=MAP_HEIGHT,
            use_container_width=True,
            returned_objects=[],
        )
    bridge(
        rows,
        len(dataset),
        dataset.digest,
        dataset.find(record) if record else None,
        status_on(data.catalog().statuses, data.catalog().gates, day),
        day,
        on_choose=_choose,
        on_region=lambda code: filters.toggle("regions", code),
        on_gate=lambda gate: filters.toggle("gates", gate),
    )


def _choose(rows: list[int]) -> None:
    here = [int(row) for row in rows if 0 <= int(row) < len(_dataset())]
    if here:
        st.session_state["here"] = here
        _choose_among(here[0])


def _choose_among(row: int) -> None:
    st.session_state["record"] = _dataset().key(row)


def _close() -> None:
    st.session_state["record"] = None
    st.session_state["here"] = []


def _panel(selection: Selection, rows: Rows) -> None:
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
        if row not in rows:
            st.caption("This record is outside the current filters.")
        at_place = st.session_state.get("here", [])
        here = _briefs([other for other in at_place if other in rows]) if row in at_place else []
        shown = details(record, _catalog())
        related = {other["id"]: dataset.row_of[other["id"]] for other in shown["relations"]}
        record_panel(row, shown, here, related, on_choose=_choose_among)
    elif not len(rows):
        st.markdown("**No record matches these filters.**")
        st.caption("Remove a filter above the map, or start again.")
        st.button("Start again", on_click=filters.reset, type="primary")
    else:
        _overview(selection, rows)


def _briefs(rows: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"row": row, "title": record["title"], "date": str(PartialDate.parse(record["date_edtf"]))}
        for row, record in zip(rows, _dataset().take(rows).to_pylist(), strict=True)
    ]


def _overview(selection: Selection, rows: Rows) -> None:
    st.markdown("**At a glance**")
    counts = _dataset().counts("category", selection)
    families = dict.fromkeys(Family, 0)
    for category, records in counts.items():
        families[FAMILIES[category]] += records
    groups = [(label(family), family, n) for family, n in families.items() if n]
    if len(groups) == 1:
        groups = [(label(category), FAMILIES[category], n) for category, n in counts.items()]
    frame = pd.DataFrame(groups, columns=["group", "family", "records"])
    frame = frame.sort_values("records", ascending=False)
    bars = altair.Chart(frame).encode(
        y=altair.Y(
            "group:N", sort=list(frame["group"]), title=None, axis=altair.Axis(labelLimit=190)
        ),
        x=altair.X("records:Q", title=None, axis=None),
    )
    colour = altair.Color(
        "family:N",
        scale=altair.Scale(domain=list(FAMILY_COLOURS), range=list(FAMILY_COLOURS.values())),
        legend=None,
    )
    text = bars.mark_text(align="left", dx=4).encode(text="records:Q")
    st.altair_chart(bars.mark_bar().encode(color=colour) + text, height=28 * len(frame) + 10)
    undated = _dataset().counts("date_precision", selection).get(DatePrecision.UNKNOWN, 0)
    if undated:
        st.caption(f"{undated} of these have no date; they are in the table below.")
    st.caption(
        "Circles are incidents, diamonds are meetings. Choose one to read it with its sources; "
        "click a state to filter by it, and again to undo."
    )
    st.markdown("**Most recent**")
    dated = rows[: len(rows) - undated]
    for brief in _briefs([int(row) for row in reversed(dated[-LATEST:])]):
        st.button(
            f"{brief['date']}: {escaped(brief['title'])}",
            key=f"latest-{brief['row']}",
            type="tertiary",
            on_click=_choose,
            args=([brief["row"]],),
        )


def _below(selection: Selection, rows: Rows) -> None:
    catalog = data.catalog()
    whenever = selection.replace(date_from=None, date_to=None)
    unmapped = _dataset().unmapped(whenever, list(catalog.units["code"]))
    table, chart, gates, aside = st.tabs(["Table", "By month", "Gates", "Undated and unplaced"])
    with table:
        _table(rows)
    with chart:
        _chart(selection)
    with gates:
        _strips(selection)
    with aside:
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


def _table(rows: Rows) -> None:
    total, rows = len(rows), rows[:TABLE_ROWS]
    records = _dataset().take(rows).to_pylist()
    sources = _catalog().sources
    frame = pd.DataFrame(
        {
            "Start": pd.to_datetime([record["date_start"] for record in records]).date,
            "Date as known": [str(PartialDate.parse(record["date_edtf"])) for record in records],
            "Kind": [label(record["kind"]) for record in records],
            "Category": [label(record["category"]) for record in records],
            "Title": [record["title"] for record in records],
            "Places": [
                ", ".join(dict.fromkeys(place["name"] for place in record["places"]))
                for record in records
            ],
            "To border, km": [record["border_km"] for record in records],
            "Sources": [
                "; ".join(str(sources[source]) for source in record["sources"])
                for record in records
            ],
        }
    )
    if frame.empty:
        st.caption("No record matches these filters.")
        return
    if total > len(rows):
        st.caption(
            f"The first {len(rows):,} of {total:,} records by date; a download holds all of them."
        )
    st.dataframe(
        frame,
        key="table",
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(frame)),
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


def _from_table(rows: Rows) -> None:
    picked = st.session_state["table"].selection.rows
    if picked and picked[0] < len(rows):
        _choose([int(rows[picked[0]])])


def _chart(selection: Selection) -> None:
    months = _dataset().months(selection).to_pandas()
    if months.empty:
        st.caption("No dated record matches these filters.")
        return
    months["kind"] = months["kind"].map(label)
    kinds = [label(kind) for kind in Kind]
    chart = (
        altair.Chart(months)
        .mark_bar()
        .encode(
            x=altair.X("yearmonth(month):T", title=None),
            y=altair.Y("records:Q", title="Records", axis=altair.Axis(tickMinStep=1, format="d")),
            color=altair.Color(
                "kind:N",
                title=None,
                scale=altair.Scale(domain=kinds, range=["#b0543a", "#332288"]),
                legend=altair.Legend(orient="top"),
            ),
            tooltip=[
                altair.Tooltip("yearmonth(month):T", title="Month"),
                altair.Tooltip("kind:N", title="Kind"),
                altair.Tooltip("records:Q", title="Records"),
            ],
        )
    )
    st.altair_chart(chart, height=260)
    st.caption("Each record is counted once, in the month in which it starts.")
