"""The records that the map or its timeline cannot show, with the reason for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import GeoPrecision, label
from bordermap.queries import Dataset

HEIGHT = 420
ROWS = 2000

_KEY = "tray"


def show(dataset: Dataset, unmapped: pa.Table, *, on_choose: Callable[[int], None]) -> None:
    """Draw the tray.

    Parameters
    ----------
    dataset : Dataset
    unmapped : pyarrow.Table
        As :meth:`bordermap.queries.Dataset.unmapped` returns it.
    on_choose : callable
        Called with the row of a record that the reader picked, before the next run.
    """
    if not len(unmapped):
        st.caption("All records that match these filters have a date and a place on the map.")
        return
    undated = sum(unmapped["undated"].to_pylist())
    unplaced = sum(unmapped["unplaced"].to_pylist())
    st.caption(
        f"{undated:,} undated, {unplaced:,} without a place that can be drawn. The period is not "
        "applied here: an undated record never matches one."
    )
    listed = unmapped.slice(0, ROWS).to_pylist()
    rows = [entry["row"] for entry in listed]
    if len(rows) < len(unmapped):
        st.caption(f"The first {len(rows):,} of {len(unmapped):,} are listed.")
    records = dataset.take(rows).to_pylist()
    st.dataframe(
        pd.DataFrame(list(map(_row, listed, records))),
        key=_KEY,
        hide_index=True,
        height=min(HEIGHT, 38 + 35 * len(rows)),
        on_select=lambda: _picked(rows, on_choose),
        selection_mode="single-row",
        column_config={
            "Date as known": st.column_config.TextColumn(width=150),
            "Title": st.column_config.TextColumn(width=320),
            "Why it is here": st.column_config.TextColumn(width=460),
            "Notes": st.column_config.TextColumn(width=380),
        },
    )


def _picked(rows: list[int], on_choose: Callable[[int], None]) -> None:
    picked = st.session_state[_KEY].selection.rows
    if picked and picked[0] < len(rows):
        on_choose(rows[picked[0]])


def _row(entry: dict[str, Any], record: dict[str, Any]) -> dict[str, str]:
    reasons = []
    if entry["undated"]:
        reasons.append(why_undated(record))
    if entry["unplaced"]:
        reasons.append(why_unplaced(record))
    return {
        "Date as known": str(PartialDate.parse(record["date_edtf"])),
        "Title": record["title"],
        "Why it is here": " ".join(reasons),
        "Notes": record["notes"] or "",
    }


def why_undated(record: dict[str, Any]) -> str:
    """Say why a record has no date, in the words of its row where there are any.

    Parameters
    ----------
    record : dict
        As :meth:`bordermap.queries.Dataset.record` returns it.
    """
    return f"Undated: {record['date_note']}" if record["date_note"] else "Undated."


def why_unplaced(record: dict[str, Any]) -> str:
    """Say why a record has no mark on the map.

    Parameters
    ----------
    record : dict
        As :meth:`bordermap.queries.Dataset.record` returns it.
    """
    if not record["places"]:
        return "No place is given."
    names: dict[str, str] = {
        place["name"]: "country or wider area"
        if place["geo_precision"] == GeoPrecision.COUNTRY
        else label(place["geo_precision"])
        for place in record["places"]
    }
    known = ", ".join(f"{name} ({precision})" for name, precision in names.items())
    return f"Cannot be drawn: {known}."
