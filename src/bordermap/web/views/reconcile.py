"""Two datasets side by side: what both have, and what only one of them has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import altair
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from bordermap.analysis import reconcile as reconciling
from bordermap.analysis.reconcile import MOST_DAYS, MOST_KILOMETRES, Reconciliation
from bordermap.cartography.style import ACCENT
from bordermap.catalog.join import CURATED
from bordermap.errors import SelectionError, StoreError
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import POINT_PRECISIONS, REGION_NAMES, label
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot import words
from bordermap.snapshot.exports import reconciliation
from bordermap.snapshot.making import FORMATS
from bordermap.web import data, links
from bordermap.web.markdown import escaped
from bordermap.web.reconcile_question import FIRST_DAY, LAST_DAY, Question

MOST_RECORDS = 1_000_000
"""Largest dataset that is compared as a whole."""

LISTED = 1000
TABLE_HEIGHT = 320
CHART_HEIGHT = 90
LABEL_HEIGHT = 18
FURTHER = 5
"""How many further candidates of a record are named."""

STYLE = """<style>
.st-key-reconcile-numbers > div { flex: 1 1 0; min-width: 8rem; }
.st-key-reconcile-numbers [data-testid="stMetricValue"] { font-size: 1.6rem; }
</style>"""
"""Trusted text of our own."""

_STATE = "reconcile-state"
_WRITTEN = "reconcile-written"
_IGNORED = "reconcile-ignored"
_COLOURS = (ACCENT, "#d98e04", "#8a4f9e")
_AXIS = 36
_ENDS = ("first", "second")
_WIDTHS = {"Date": 150, "Title": 300, "Place": 160, "Why": 220}

Rows = npt.NDArray[np.int64]


_KEYS = {name: f"reconcile-{name}" for name in Question._fields}


class Side(NamedTuple):
    """One of the two datasets."""

    name: str
    records: Dataset
    shown: Rows

    def link(self, row: int, text: str = "On the map") -> None:
        """Draw a link to a record on the map."""
        dataset = {} if self.name == CURATED else {"dataset": self.name}
        key = self.records.key(row)
        links.to("map", text, icon=":material/map:", **dataset, record=key)


def show() -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="reconcile"):
        st.markdown("# Reconcile")
        st.caption(
            "Which records of two datasets are close in time and space, and so may be the same"
            " event, and what only one of them has."
        )
        imported = data.store().names()
        if imported:
            _page([CURATED, *imported])
        else:
            st.markdown("**There is nothing to compare with the chronology yet.**")
            st.markdown(
                "Import a file of events, such as an export of ACLED or UCDP; here you then see "
                "which events both have, and what only one of them has."
            )
            links.to("import", "Import a file", icon=":material/upload_file:")


def _page(names: list[str]) -> None:
    _take_over(names)
    with st.container(key="reconcile-controls"):
        _controls(names)
    asked = _held()
    st.session_state[_STATE] = asked
    _write(asked)
    seeded, ignored = st.session_state.get(_IGNORED, (asked, []))
    with st.container():
        if ignored and seeded == asked:
            lines = "\n".join(f"- {escaped(line)}" for line in ignored)
            st.warning(f"Parts of the address could not be used and were replaced:\n{lines}")
    if asked.first == asked.second:
        st.info("Choose two different datasets.")
        return
    try:
        _answer(asked)
    except (SelectionError, StoreError) as error:
        st.warning(escaped(str(error)))


# ---------------------------------------------------------------------- what is asked


def _take_over(names: list[str]) -> None:
    """Set the widgets to the address where it says something new."""
    address = {key: st.query_params.get_all(key) for key in st.query_params}
    held = all(key in st.session_state for key in _KEYS.values())
    if held:
        gone = {st.session_state[_KEYS[side]] for side in ("first", "second")} - set(names)
        written = st.session_state.get(_WRITTEN)
        if not gone and (not address or address == written or _held().to_params() != written):
            return
    ignored: list[str] = []
    asked = st.session_state.get(_STATE)
    if address or not asked or not {asked.first, asked.second} <= set(names):
        asked, ignored = Question.read(address, names)
    for name, key in _KEYS.items():
        st.session_state[key] = getattr(asked, name)
    st.session_state[_IGNORED] = (asked, ignored)


def _held() -> Question:
    held = {name: st.session_state[key] for name, key in _KEYS.items()}
    return Question(**{**held, "regions": tuple(held["regions"])})


def _write(asked: Question) -> None:
    spelled = asked.to_params()
    st.session_state[_WRITTEN] = spelled
    if {key: st.query_params.get_all(key) for key in st.query_params} != spelled:
        st.query_params.from_dict(spelled)


def _controls(names: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for side, text in (("first", "First dataset"), ("second", "Second dataset")):
            st.selectbox(text, names, key=_KEYS[side], format_func=words.dataset, width=260)
        st.number_input("Days apart, at most", 0, MOST_DAYS, key=_KEYS["days"], step=1, width=160)
        st.number_input(
            "Kilometres apart, at most",
            0.0,
            MOST_KILOMETRES,
            key=_KEYS["km"],
            step=5.0,
            format="%g",
            width=190,
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, text in (("date_from", "From"), ("date_to", "To")):
            st.date_input(
                text,
                key=_KEYS[name],
                min_value=FIRST_DAY,
                max_value=LAST_DAY,
                format="YYYY-MM-DD",
                width=140,
            )
        st.multiselect(
            "Regions",
            list(REGION_NAMES),
            key=_KEYS["regions"],
            format_func=label,
            placeholder="Any",
            width=260,
        )
        st.toggle("Only the same group of categories", key=_KEYS["same_family"])
        st.toggle("Only incidents", key=_KEYS["incidents"])


# ---------------------------------------------------------------------- the answer


class Answer(NamedTuple):
    """What was found, and what of it is shown."""

    asked: Question
    sides: tuple[Side, Side]
    found: Reconciliation
    shown: Reconciliation


def _answer(asked: Question) -> None:
    first, second = (_side(name, asked.shown()) for name in (asked.first, asked.second))
    with st.spinner("Comparing…"):
        found = _reconciled(first.records, second.records, asked.days, asked.km, asked.same_family)
    answer = Answer(asked, (first, second), found, found.within(first.shown, second.shown))
    with st.container():
        _reach(answer)
    _numbers(answer)
    if not any(map(len, vars(answer.shown).values())):
        st.markdown("**Neither dataset has a record in this period and these regions.**")
        return
    _chart(answer)
    _lists(answer)
    _download(answer)
    _method(answer)


def _side(name: str, shown: Selection) -> Side:
    records = data.dataset(name)
    if len(records) > MOST_RECORDS:
        raise SelectionError(
            f"{words.dataset(name)} has {len(records):,} records; at most {MOST_RECORDS:,} can be"
            " compared"
        )
    return Side(name, records, records.rows(shown))


@lru_cache(maxsize=4)
def _reconciled(
    first: Dataset, second: Dataset, days: int, km: float, same_family: bool
) -> Reconciliation:
    return reconciling.reconcile(
        _compared(first), _compared(second), days=days, kilometres=km, same_family=same_family
    )


@lru_cache(maxsize=4)
def _compared(records: Dataset) -> pa.Table:
    return records.table(reconciling.COLUMNS)


def _name(side: Side) -> str:
    return "the chronology" if side.name == CURATED else side.name


def _heading(side: Side) -> str:
    return "Chronology" if side.name == CURATED else side.name


def _groups(answer: Answer) -> tuple[str, str, str]:
    first, second = map(_name, answer.sides)
    return "Matched", f"Only in {first}", f"Only in {second}"


def _reach(answer: Answer) -> None:
    """Say where one dataset reaches further than the other, and offer to leave that out."""
    spans = [span for side in answer.sides if (span := side.records.days)]
    if len(spans) < len(answer.sides):
        return
    begins, ends = zip(*spans, strict=True)
    first, last = max(begins), min(ends)
    asked = answer.asked
    shown = (asked.date_from or min(begins), asked.date_to or max(ends))
    if first > last or first <= shown[0] <= shown[1] <= last:
        return
    reaches = "; ".join(
        f"{_name(side)} from {words.day(span[0])} to {words.day(span[1])}"
        for side, span in zip(answer.sides, spans, strict=True)
    )
    st.caption(escaped(f"Covered: {reaches}. Outside of both, only one can have a record."))
    st.button(
        "Only the time that both cover",
        icon=":material/date_range:",
        type="tertiary",
        key="reconcile-common",
        on_click=_narrow,
        args=(first, last),
    )


def _narrow(first: date, last: date) -> None:
    st.session_state[_KEYS["date_from"]] = first
    st.session_state[_KEYS["date_to"]] = last


def _numbers(answer: Answer) -> None:
    shown = answer.shown
    incomparable = len(shown.incomparable_first) + len(shown.incomparable_second)
    numbers = (len(shown.matches), len(shown.only_first), len(shown.only_second), incomparable)
    with st.container(horizontal=True, key="reconcile-numbers"):
        for name, number in zip((*_groups(answer), "Cannot be compared"), numbers, strict=True):
            st.metric(escaped(name), f"{number:,}", border=True)


def _chart(answer: Answer) -> None:
    """Draw the months of each group on its own scale: one is often far larger than another."""
    first, second = answer.sides
    shown = answer.shown
    counted = (
        _months(first, shown.matches["first"].to_numpy()),
        _months(first, shown.only_first),
        _months(second, shown.only_second),
    )
    months = [month for part in counted for month in part["month"]]
    if not months:
        return
    ends = [min(months), max(months) + timedelta(days=31)]
    domain = [altair.DateTime(year=day.year, month=day.month, date=1) for day in ends]
    parts = zip(_groups(answer), counted, _COLOURS, strict=True)
    drawn = [(name, part, colour) for name, part, colour in parts if len(part)]
    for name, part, colour in drawn:
        is_last = name == drawn[-1][0]
        chart = altair.Chart(part, title=altair.Title(name, anchor="start", fontSize=13, offset=4))
        bars = chart.mark_bar(color=colour).encode(
            x=altair.X(
                "yearmonth(month):T",
                title=None,
                scale=altair.Scale(domain=domain),
                axis=altair.Axis(labels=is_last, ticks=False, labelBound=True),
            ),
            y=altair.Y(
                "records:Q",
                title=None,
                axis=altair.Axis(
                    tickMinStep=1, tickCount=3, format="d", minExtent=_AXIS, maxExtent=_AXIS
                ),
            ),
            tooltip=[
                altair.Tooltip("yearmonth(month):T", title="Month"),
                altair.Tooltip("records:Q", title=name),
            ],
        )
        bars = bars.properties(padding={"left": 0, "right": 5, "top": 0, "bottom": 0})
        st.altair_chart(bars, height=CHART_HEIGHT + (LABEL_HEIGHT if is_last else 0))
    st.caption(
        "By the month in which a record starts, each on its own scale. A match counts once, in the"
        f" month of its record in {escaped(_name(first))}."
    )


def _months(side: Side, rows: Rows) -> pd.DataFrame:
    months = pc.floor_temporal(_starts(side).take(pa.array(rows)), unit="month").value_counts()
    return pd.DataFrame({"month": months.field("values"), "records": months.field("counts")})


def _starts(side: Side) -> pa.Array:
    """Return the first known day of each record."""
    columns = _compared(side.records)
    return pc.coalesce(columns["date_start"], columns["date_end"]).combine_chunks()


# ---------------------------------------------------------------------- the records


def _lists(answer: Answer) -> None:
    first, second = answer.sides
    shown = answer.shown
    aside = (shown.incomparable_first, shown.incomparable_second)
    numbers = (len(shown.matches), len(shown.only_first), len(shown.only_second))
    tabs = st.tabs(
        [
            escaped(f"{name} ({number:,})")
            for name, number in zip(
                (*_groups(answer), "Cannot be compared"),
                (*numbers, sum(map(len, aside))),
                strict=True,
            )
        ]
    )
    with tabs[0]:
        _matches(answer)
    for number, rows in enumerate((shown.only_first, shown.only_second)):
        with tabs[1 + number]:
            _only(answer, number, rows)
    with tabs[3]:
        st.caption("Undated, or not placed to a district or better.")
        for side, rows in zip((first, second), aside, strict=True):
            _incomparable(answer, side, rows)


def _matches(answer: Answer) -> None:
    first, second = answer.sides
    pairs = answer.shown.matches
    starts = _starts(first).take(pairs["first"])
    pairs = pairs.take(pc.sort_indices(starts)).slice(0, LISTED)
    ones, others = _records(first, pairs["first"]), _records(second, pairs["second"])
    names = [_heading(side) for side in answer.sides]
    frame = pd.DataFrame(
        {
            "Days": pairs["days"].to_pylist(),
            "km": pairs["km"].to_pylist(),
            **{
                f"{name}: {column}": values
                for name, records in zip(names, (ones, others), strict=True)
                for column, values in _brief(records).items()
            },
        }
    )
    at = _table(answer, "matched", frame, len(answer.shown.matches))
    if at is None:
        return
    pair = pairs.slice(at, 1).to_pylist()[0]
    st.markdown(f"**{_apart(pair).capitalize()}**")
    for number, (column, record) in enumerate(
        zip(st.columns(2, gap="medium"), (ones[at], others[at]), strict=True)
    ):
        with column, st.container(border=True):
            _record(answer, number, pair[_ENDS[number]], record)


def _only(answer: Answer, number: int, rows: Rows) -> None:
    side = answer.sides[number]
    listed = _by_date(side, rows)
    records = _records(side, listed)
    further = np.bincount(
        answer.found.further[_ENDS[number]].to_numpy(), minlength=len(side.records)
    )
    frame = pd.DataFrame(
        {
            **_brief(records),
            "Category": [label(record["category"]) for record in records],
            "Place": [_place(record) for record in records],
            "Further candidates": further[np.asarray(listed, dtype=np.int64)],
        }
    )
    at = _table(answer, f"only-{number}", frame, len(rows))
    if at is not None:
        with st.container(border=True):
            _record(answer, number, int(listed[at].as_py()), records[at])


def _incomparable(answer: Answer, side: Side, rows: Rows) -> None:
    if not len(rows):
        return
    number = answer.sides.index(side)
    st.markdown(f"**{escaped(_heading(side))} ({len(rows):,})**")
    listed = _by_date(side, rows)
    records = _records(side, listed)
    frame = pd.DataFrame(
        {
            **_brief(records),
            "Place": [_place(record) for record in records],
            "Why": [_why(record) for record in records],
        }
    )
    at = _table(answer, f"aside-{number}", frame, len(rows))
    if at is not None:
        with st.container(border=True):
            _record(answer, number, int(listed[at].as_py()), records[at])


def _by_date(side: Side, rows: Rows) -> pa.Array:
    """Return the earliest rows that are listed."""
    found = pa.array(rows)
    return found.take(pc.sort_indices(_starts(side).take(found))).slice(0, LISTED)


def _records(side: Side, rows: pa.Array | pa.ChunkedArray) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = side.records.take(rows.to_numpy()).to_pylist(
        maps_as_pydicts="strict"
    )
    return found


def _brief(records: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    return {"Date": list(map(_date, records)), "Title": [record["title"] for record in records]}


def _date(record: dict[str, Any]) -> str:
    return str(PartialDate.parse(record["date_edtf"]))


def _place(record: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(place["name"] for place in record["places"]))


def _why(record: dict[str, Any]) -> str:
    reasons = []
    if record["date_start"] is None and record["date_end"] is None:
        reasons.append("undated")
    if record["longitude"] is None or record["geo_precision"] not in POINT_PRECISIONS:
        reasons.append(f"place: {label(record['geo_precision'])}")
    return ", ".join(reasons)


def _apart(pair: dict[str, Any]) -> str:
    days = {0: "same days", 1: "1 day"}.get(pair["days"], f"{pair['days']} days")
    return f"{days}, {pair['km']:.1f} km apart"


def _table(answer: Answer, name: str, frame: pd.DataFrame, total: int) -> int | None:
    """Draw a table and return which of its rows is chosen."""
    if frame.empty:
        st.caption("None.")
        return None
    if total > len(frame):
        st.caption(
            f"The {len(frame):,} earliest of {total:,} are listed; the download has all of them."
        )
    widths = {
        column: width
        for column in map(str, frame.columns)
        for ending, width in _WIDTHS.items()
        if column.endswith(ending)
    }
    chosen = st.dataframe(
        frame,
        key=f"reconcile-{name}-{abs(hash(answer.asked))}",
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(frame)),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "km": st.column_config.NumberColumn(format="%.1f", width=70),
            "Days": st.column_config.NumberColumn(width=60),
            **{column: st.column_config.TextColumn(width=w) for column, w in widths.items()},
        },
    )
    rows = chosen["selection"]["rows"]
    return rows[0] if rows and rows[0] < len(frame) else None


def _record(answer: Answer, number: int, row: int, record: dict[str, Any]) -> None:
    """Draw a record, what else it may be in the other dataset, and where both are on the map."""
    side, other = answer.sides[number], answer.sides[1 - number]
    st.caption(escaped(_heading(side)))
    st.markdown(f"**{escaped(_date(record))}**: {escaped(record['title'])}")
    place = _place(record)
    st.caption(
        escaped(f"{label(record['category'])}. {place or 'No place'}")
        + f" ({label(record['geo_precision'])})"
    )
    side.link(row)
    further = answer.found.further
    pairs = further.filter(pc.equal(further[_ENDS[number]], row))
    if not len(pairs):
        return
    st.markdown(f"Further candidates in {escaped(_name(other))} ({len(pairs):,}):")
    pairs = pairs.slice(0, FURTHER)
    candidates = _records(other, pairs[_ENDS[1 - number]])
    for pair, candidate in zip(pairs.to_pylist(), candidates, strict=True):
        text = f"{_date(candidate)}: {candidate['title']} ({_apart(pair)})"
        other.link(pair[_ENDS[1 - number]], words.plain(text))


def _download(answer: Answer) -> None:
    asked = answer.asked
    st.download_button(
        "Download (CSV)",
        data=lambda: reconciliation.to_csv(
            answer.shown,
            *(side.records.table(reconciliation.COLUMNS) for side in answer.sides),
        ),
        file_name=(
            f"bordermap_reconcile_{asked.first}_{asked.second}"
            f"_{asked.days}-days_{asked.km:g}-km.csv"
        ),
        mime=FORMATS[".csv"].media_type,
        on_click="ignore",
        icon=":material/download:",
        key="reconcile-download",
    )


def _method(answer: Answer) -> None:
    asked = answer.asked
    with st.expander("How this is matched"):
        st.markdown(
            f"- Two records are candidates if at most {asked.days} days lie between the days that"
            " their dates may cover (none where they overlap), and their points are at most"
            f" {asked.km:g} km apart on the ground. A date with one end open stands for the end"
            " that is known.\n"
            "- Each record is matched once at most. The closest in days goes first, then the"
            " closest in kilometres. What else is close enough are further candidates.\n"
            "- A match says that two records are close, not that they are the same event: places"
            " are known to some 15 km or to a district only, and a record of several weeks is"
            " close to all that happened there in that time.\n"
            "- Records that are undated, or placed no better than to a state, cannot be"
            " compared. A record with several places is compared at the best known one.\n"
            "- Period, regions and “Only incidents” narrow what is shown, not what is matched: a"
            " pair is shown if one of its records is within. An undated record is in no period."
        )
