"""The report of an import, with its rejected and repaired rows and a map."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from bordermap.engine import report_rows
from bordermap.engine.report_words import NUMBER, Section, Table, field, sections
from bordermap.model.dates import PartialDate
from bordermap.model.event import ISSUE_SCHEMA
from bordermap.model.vocabulary import GeoPrecision
from bordermap.snapshot.exports import tables
from bordermap.snapshot.making import FORMATS
from bordermap.snapshot.sheets.preview_map import PreviewMap, preview_map
from bordermap.store import StoredDataset
from bordermap.store.database import database, faults
from bordermap.web import data
from bordermap.web.markdown import escaped

PAGE = 100
"""Rejected and repaired rows that are listed at once."""

DRAWN = 4000
"""Places on the map; of more a sample is drawn."""

TABLE_HEIGHT = 320

_COLUMNS = [0.57, 0.43]
_OF_REASON = ("action", "field", "reason")

Report = Mapping[str, Any]


def show(dataset: StoredDataset) -> None:
    """Draw the report of a dataset, kept or not yet.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    report = dataset.report
    if not report:
        st.info("No report was written when this dataset was imported.")
        return
    _counts(report["rows"])
    if report["dates"]["first"]:
        first, last = (str(PartialDate.parse(report["dates"][end])) for end in ("first", "last"))
        st.markdown(f"Events from {first} to {last}." if first != last else f"Events of {first}.")
    text, picture = st.columns(_COLUMNS, gap="medium")
    with picture:
        _map(dataset, report)
    with text:
        _issues(dataset, report)
        for section in sections(report):
            _section(section)
        with st.expander("Mapping"):
            st.code(report["mapping"], language="toml")


def _counts(rows: Mapping[str, int]) -> None:
    with st.container(horizontal=True, key="import-counts"):
        for name, words in {
            "read": "Rows read",
            "kept": "Kept",
            "repaired": "Repaired",
            "rejected": "Rejected",
        }.items():
            st.metric(words, f"{rows[name]:,}", width="content")


# -------------------------------------------------------------------- the rows


def _issues(dataset: StoredDataset, report: Report) -> None:
    total = report["issues"]
    if not total:
        st.markdown(":material/check: Every row was read as it is written.")
        return
    with st.expander(f"Rejected and repaired rows ({total:,} remarks)", expanded=True):
        reasons = report["reasons"]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                "Reason",
                range(len(reasons)),
                index=None,
                format_func=lambda number: _reason(reasons[number]),
                placeholder=f"All {len(reasons)} reasons",
                key=f"import-reason-{dataset.version}",
            )
            reason = None if chosen is None else reasons[chosen]
            pages = -(-_issues_of(dataset, reason)[0] // PAGE)
            page = 1
            if pages > 1:
                page = st.number_input(
                    f"Page, 1 to {pages:,}",
                    min_value=1,
                    max_value=pages,
                    key=f"import-issues-{dataset.version}-{chosen}",
                    width=140,
                )
        _list(_issues_of(dataset, reason, page)[1])
        st.download_button(
            "Download all (CSV)",
            data=lambda: issues_csv(dataset),
            file_name=f"{dataset.name}-issues.csv",
            mime=FORMATS[".csv"].media_type,
            on_click="ignore",
            icon=":material/download:",
            key="import-issues-csv",
        )


def _reason(reason: Mapping[str, Any]) -> str:
    where = f"{field(reason['field'])} " if reason["field"] else ""
    return f"{where}{reason['reason']} ({reason['rows']:,} {reason['action']})"


def _issues_of(
    dataset: StoredDataset, reason: Mapping[str, Any] | None, page: int = 1
) -> tuple[int, pd.DataFrame]:
    """Return how many issues there are, of one reason or of all, and a page of them."""
    wanted = {} if reason is None else {name: reason[name] for name in _OF_REASON}
    where = " and ".join([f"{name} = ${name}" for name in wanted] or ["true"])
    found = f"from read_parquet($issues) where {where}"
    with faults(f"reading dataset {dataset.name!r}"), database(dataset.folder.parent) as connection:
        named = {**wanted, "issues": str(dataset.issues)}
        [(total,)] = connection.execute(f"select count(*) {found}", named).fetchall()
        listed = connection.execute(
            f"select line, field, value, reason, action, file {found} "
            "order by file, line, field limit $most offset $first",
            {**named, "most": PAGE, "first": (page - 1) * PAGE},
        ).df()
    return int(total), listed


def _list(issues: pd.DataFrame) -> None:
    issues["field"] = issues["field"].map(field)
    st.dataframe(
        issues,
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(issues)),
        column_config={
            "line": st.column_config.NumberColumn("Line", format="%d", width=70),
            "field": st.column_config.TextColumn("Field", width=130),
            "value": st.column_config.TextColumn("Value", width=150),
            "reason": st.column_config.TextColumn("Reason", width=300),
            "action": st.column_config.TextColumn("Row", width=110),
            "file": st.column_config.TextColumn("File"),
        },
    )


def issues_csv(dataset: StoredDataset) -> bytes:
    """Return all rejected and repaired rows as CSV that no spreadsheet runs.

    Raises
    ------
    StoreError
        If the dataset cannot be read.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ISSUE_SCHEMA.names)
    for issue in report_rows.issues(dataset):
        writer.writerow(tables.disarmed(v) if isinstance(v, str) else v for v in issue.values())
    return text.getvalue().encode()


# -------------------------------------------------------------------- the sections


def _section(section: Section) -> None:
    with st.expander(section.heading):
        if section.text:
            st.markdown(escaped(section.text))
        for table in section.tables:
            if table.rows:
                _table(table)


def _table(table: Table) -> None:
    names = [heading.removeprefix(NUMBER) for heading in table.headings]
    frame = pd.DataFrame(table.rows, columns=names)
    st.dataframe(
        frame,
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(frame)),
        column_config={
            name: st.column_config.TextColumn(alignment="right")
            for name, heading in zip(names, table.headings, strict=True)
            if heading.startswith(NUMBER)
        },
    )


# -------------------------------------------------------------------- the map


def _map(dataset: StoredDataset, report: Report) -> None:
    drawn, places = _preview(dataset)
    st.image(drawn.picture, width="stretch")
    precision = report["places"]["precision"]
    said = ["Dots are places that are known, soft discs are districts."]
    if places > DRAWN:
        said.append(f"Of {places:,} places a sample of {DRAWN:,} is drawn.")
    if in_state := precision.get(GeoPrecision.STATE, 0):
        said.append(f"{in_state:,} events are known to a state only and have no mark.")
    nowhere = precision.get(GeoPrecision.COUNTRY, 0) + precision.get(GeoPrecision.NONE, 0)
    if nowhere:
        said.append(f"{nowhere:,} cannot be placed.")
    if drawn.outside:
        said.append(f"{drawn.outside:,} lie outside of the map.")
    st.caption(" ".join(said))


@st.cache_data(
    max_entries=8,
    show_spinner="Drawing the map",
    hash_funcs={StoredDataset: lambda dataset: dataset.version},
)
def _preview(dataset: StoredDataset) -> tuple[PreviewMap, int]:
    """Return the map of a dataset, and how many places there are."""
    with (
        faults(f"reading dataset {dataset.name!r}"),
        database(dataset.folder.parent) as connection,
    ):
        connection.read_parquet(list(map(str, dataset.parts))).create_view("events")
        connection.execute(
            "create temp table places as select longitude, latitude, geo_precision, category, "
            "count(*) as events from events where geo_precision in "
            "('exact', 'near', 'district') and longitude is not null and latitude is not null "
            "group by all"
        )
        [(places,)] = connection.execute("select count(*) from places").fetchall()
        points = connection.sql(
            "select * from places order by hash(longitude, latitude, geo_precision, category), "
            "longitude, latitude, geo_precision, category limit ?",
            params=[DRAWN],
        ).to_arrow_table()
        in_state = connection.execute(
            "select region_code, count(*) from events "
            "where geo_precision = 'state' and region_code is not null group by all order by all"
        ).fetchall()
    with data.DRAWING:
        return preview_map(points, dict(in_state), data.catalog()), int(places)
