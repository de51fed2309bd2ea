"""Two windows of time of one selection, on two maps or on one with a divider, and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bordermap.analysis import periods
from bordermap.analysis.periods import CAVEAT, LEAST_RECORDS, Comparison, Difference, Period
from bordermap.cartography import timeline as times
from bordermap.catalog import Catalog
from bordermap.catalog.join import CURATED
from bordermap.details import details
from bordermap.errors import SelectionError, StoreError
from bordermap.model.dates import PartialDate
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot import words
from bordermap.snapshot.exports import differences
from bordermap.snapshot.making import FORMATS
from bordermap.web import address, data, links, pair
from bordermap.web.markdown import escaped
from bordermap.web.pair import CHANNELS
from bordermap.web.record_panel import record_panel
from bordermap.web.timeline import timeline

MODES = {"side": "Side by side", "swipe": "Swipe"}
MAP_HEIGHT = {"side": 400, "swipe": 500}
TABLE_HEIGHT = 420
ROWS = 50
"""Most rows of a table on the screen; the file holds all of them."""

STYLE = """<style>
.st-key-pair { display: none; }
.st-key-periods div[class*="st-key-pair-"] iframe {
  border: 1px solid #ddd8cc; border-radius: 4px; display: block;
}
.st-key-periods-numbers > div { flex: 1 1 12rem; min-width: 0; }
.st-key-periods-numbers div[class*="st-key-periods-number-"] { gap: 0; padding: 0.5rem 0.7rem; }
@media (max-width: 640px) {
  .st-key-pair-a iframe, .st-key-pair-b iframe { height: 40vh; }
  .st-key-pair-ab iframe { height: 58vh; }
  .st-key-periods-numbers > div { flex-basis: 9rem; }
}
</style>"""
"""Trusted text of our own."""

_STATE = "periods-state"
_WRITTEN = "periods-written"
_IGNORED = "periods-ignored"
_RECORD = "periods-record"
_HERE = "periods-here"
_MODE = "periods-mode"
_COMPARED = "periods-compared"
_OWN = (*CHANNELS, "mode")


class Question(NamedTuple):
    """What is compared; the address spells it."""

    selection: Selection
    a: Period
    b: Period
    mode: str = "side"

    def spelled(self) -> dict[str, list[str]]:
        """Return it as the address has it."""
        own = {"a": [str(self.a)], "b": [str(self.b)], "mode": [self.mode]}
        return {**self.selection.to_address(), **own}


def link(selection: Selection) -> None:
    """Draw a link from the map to its window beside the one before it.

    Parameters
    ----------
    selection : Selection
        With the dates of the window; without dates the link leads to the last two years.
    """
    whenever = selection.replace(date_from=None, date_to=None)
    query = whenever.to_address()
    axis = _axis(selection.dataset)
    if selection.date_from or selection.date_to:
        window = Period(selection.date_from or axis.first, selection.date_to or axis.last)
        a, b = periods.beside(window, _covered(selection.dataset))
        if a.overlap(axis) and b.overlap(axis):
            query |= {"a": [str(a)], "b": [str(b)]}
    links.to("periods", "Compare with another period", icon=":material/splitscreen_right:", **query)


def show() -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="periods"):
        _page()


def _page() -> None:
    asked = _asked()
    dataset, catalog = data.dataset(asked.selection.dataset), data.catalog(asked.selection.dataset)
    _header(asked, catalog)
    with st.container():
        _notices(asked)
    captions = _maps(asked, dataset)
    compared = _compared(asked, dataset)
    for side, caption, records in zip(CHANNELS, captions, compared.records, strict=True):
        _caption(caption, asked, side, records)
    _numbers(compared, _axis(asked.selection.dataset))
    _tables(asked, compared)
    _method()
    if st.session_state.get(_RECORD):
        _record(dataset, catalog)


# ---------------------------------------------------------------------- what is asked


def _asked() -> Question:
    """Return what the widgets and the address ask, and keep both the same."""
    _take_over()
    held = _held()
    st.session_state[_STATE] = held
    of_map = st.session_state.get("selection", DEFAULT_VIEW)
    if of_map.dataset != held.selection.dataset:
        of_map = held.selection
    st.session_state["selection"] = held.selection.replace(
        date_from=of_map.date_from, date_to=of_map.date_to
    )
    spelled = held.spelled()
    st.session_state[_WRITTEN] = spelled
    current, kept = _address()
    if current != spelled:
        st.query_params.from_dict({**spelled, **kept})
    return held


def _address() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return what the address asks, and what the browser keeps in it."""
    params = {key: st.query_params.get_all(key) for key in st.query_params}
    kept = {key: params.pop(key) for key in address.KEPT_BY_BROWSER if key in params}
    return params, kept


def _take_over() -> None:
    """Set the widgets to the address where it says something new."""
    params, _ = _address()
    written = st.session_state.get(_WRITTEN)
    if _MODE in st.session_state and _is_there(_held().selection.dataset):
        known = not params or params == written
        crossed = _held().spelled() != written
    else:
        known = crossed = False
    if known or crossed:
        return
    if params:
        asked, ignored = _read(params)
    else:
        asked, ignored = _remembered(), []
    st.session_state[_STATE] = asked
    st.session_state[_MODE] = asked.mode
    st.session_state[_RECORD] = None
    st.session_state[_IGNORED] = (asked, ignored)


def _held() -> Question:
    asked: Question = st.session_state[_STATE]
    return asked._replace(mode=st.session_state[_MODE])


def _is_there(dataset: str) -> bool:
    """Return whether a dataset can still be read."""
    try:
        data.dataset(dataset)
    except StoreError:
        return False
    return True


def _remembered() -> Question:
    """Return the map's filters, with the windows that were looked at before."""
    held = st.session_state.get("selection", DEFAULT_VIEW)
    selection = held.replace(date_from=None, date_to=None)
    if not _is_there(selection.dataset):
        selection = DEFAULT_VIEW
    asked = Question(selection, *periods.last_years(_covered(selection.dataset)))
    before: Question | None = st.session_state.get(_STATE)
    if before is None:
        return asked
    axis = _axis(selection.dataset)
    if all(window.overlap(axis) == window for window in (before.a, before.b)):
        return before._replace(selection=selection)
    return asked._replace(mode=before.mode)


def _read(params: dict[str, list[str]]) -> tuple[Question, list[str]]:
    """Return what an address asks, and one line for each part that was ignored."""
    selection, ignored = address.selected(
        {key: values for key, values in params.items() if key not in _OWN}
    )
    if selection.date_from or selection.date_to:
        ignored.append("from, to: this page has its own windows, a and b")
        selection = selection.replace(date_from=None, date_to=None)
    axis = _axis(selection.dataset)
    asked = Question(selection, *periods.last_years(_covered(selection.dataset)))
    for side in CHANNELS:
        for text in params.get(side, [])[-1:]:
            try:
                window = Period.parse(text).overlap(axis)
            except SelectionError as error:
                ignored.append(f"{side}: {error}")
                continue
            if window is None:
                ignored.append(
                    f"{side}: {text[:80]} is outside of the time of the records,"
                    f" {axis.first} to {axis.last}"
                )
            else:
                asked = _with(asked, side, window)
    for text in params.get("mode", [])[-1:]:
        if text in MODES:
            asked = asked._replace(mode=text)
        else:
            ignored.append(f"mode: {text[:80]!r} is not one of {', '.join(MODES)}")
    return asked, ignored


def _axis(dataset: str) -> Period:
    """Return the time that the windows can lie in."""
    return Period(*times.axis(data.dataset(dataset).days))


def _covered(dataset: str) -> Period:
    """Return the time of the records."""
    days = data.dataset(dataset).days
    return Period(*days) if days else _axis(dataset)


def _window(asked: Question, side: str) -> Period:
    return asked.a if side == "a" else asked.b


def _with(asked: Question, side: str, window: Period) -> Question:
    return asked._replace(a=window) if side == "a" else asked._replace(b=window)


# ---------------------------------------------------------------------- what stands above


def _header(asked: Question, catalog: Catalog) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("# Two periods", width="stretch")
        st.segmented_control(
            "Maps",
            list(MODES),
            key=_MODE,
            format_func=MODES.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chips = [chip.words for chip in words.chips(asked.selection, catalog)]
        said = escaped(" · ".join(chips)) if chips else "All records"
        st.markdown(said, width="content")
        links.to("map", "Change the filters on the map", icon=":material/filter_alt:")


def _notices(asked: Question) -> None:
    arrived_with, ignored = st.session_state.get(_IGNORED, (asked, []))
    if ignored and arrived_with == asked:
        lines = "\n".join(f"- {escaped(line)}" for line in ignored)
        st.warning(f"Parts of the address could not be used and were ignored:\n{lines}")


# ---------------------------------------------------------------------- the maps


def _maps(asked: Question, dataset: Dataset) -> list[DeltaGenerator]:
    """Draw the maps and their timelines; return where what is above each can be written."""
    record = st.session_state.get(_RECORD)
    pair.join(
        dataset.digest,
        data.mask_address(dataset.digest, asked.selection),
        dataset.find(record) if record else None,
        in_step=asked.mode == "side",
        on_choose=_choose,
    )
    captions: list[DeltaGenerator] = []

    def caption(side: str) -> None:
        captions.append(st.empty())
        _caption(captions[-1], asked, side, None)

    with st.container(key=f"periods-{asked.mode}"):
        if asked.mode == "swipe":
            one, other = st.columns([0.6, 0.4], gap="medium")
            with one:
                pair.swiped(MAP_HEIGHT["swipe"])
            with other:
                for side in CHANNELS:
                    caption(side)
                    _when(side, asked)
        else:
            for side, column in zip(CHANNELS, st.columns(2, gap="medium"), strict=True):
                with column:
                    caption(side)
                    pair.side(side, MAP_HEIGHT["side"])
                    _when(side, asked)
    return captions


def _caption(place: DeltaGenerator, asked: Question, side: str, records: int | None) -> None:
    """Write what a map shows; the timelines say it too, and where there is a divider alone."""
    parts = [f"**{side.upper()}**"]
    if asked.mode == "side":
        window = _window(asked, side)
        parts.append(escaped(words.period(window.first, window.last)))
        if records:
            parts.append(_counted(records))
    if records == 0:
        parts.append("no record matches here")
    place.markdown(" · ".join(parts))


def _when(side: str, asked: Question) -> None:
    axis = _axis(asked.selection.dataset)

    def moved(first: date | None, last: date | None) -> None:
        window = Period(first or axis.first, last or axis.last)
        st.session_state[_STATE] = _with(st.session_state[_STATE], side, window)

    window = _window(asked, side)
    timeline(
        axis.first,
        axis.last,
        (window.first, window.last),
        times.presets(axis.first, axis.last),
        key=f"periods-time-{side}",
        channel=side,
        on_window=moved,
    )


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"


def _choose(rows: Sequence[int]) -> None:
    dataset = data.dataset(st.session_state[_STATE].selection.dataset)
    here = [int(row) for row in rows if 0 <= int(row) < len(dataset)]
    if here:
        st.session_state[_HERE] = here
        st.session_state[_RECORD] = dataset.key(here[0])


def _close() -> None:
    st.session_state[_RECORD] = None


@st.dialog("Record", width="medium", on_dismiss=_close)
def _record(dataset: Dataset, catalog: Catalog) -> None:
    key = st.session_state[_RECORD]
    row = dataset.find(key) if key else None
    if row is None:
        return
    record = dataset.record(row)
    if record["dataset"] == CURATED:
        links.to("record", "Record's page", icon=":material/article:", id=key)
    shown = details(record, catalog)
    here = st.session_state[_HERE]
    briefs = [
        {"row": n, "title": one["title"], "date": str(PartialDate.parse(one["date_edtf"]))}
        for n, one in zip(here, dataset.take(here).to_pylist(), strict=True)
    ]
    related = {other["id"]: dataset.row_of[other["id"]] for other in shown["relations"]}
    record_panel(
        row,
        shown,
        briefs if row in here else [],
        related,
        on_choose=lambda other: st.session_state.update({_RECORD: dataset.key(other)}),
    )


# ---------------------------------------------------------------------- the numbers


def _compared(asked: Question, dataset: Dataset) -> Comparison:
    """Return the numbers, which a session keeps until it asks for others."""
    question = (dataset.digest, asked.selection, asked.a, asked.b)
    held, compared = st.session_state.get(_COMPARED, (None, None))
    if held != question:
        compared = periods.compare(dataset, asked.selection, asked.a, asked.b)
        st.session_state[_COMPARED] = (question, compared)
    found: Comparison = compared
    return found


def _numbers(compared: Comparison, axis: Period) -> None:
    st.markdown("## In numbers")
    with st.container(horizontal=True, key="periods-numbers"):
        for one in compared.totals:
            with st.container(key=f"periods-number-{one.term}", border=True):
                st.metric(
                    differences.name(one),
                    f"{_number(one.a)} → {_number(one.b)}",
                    _change(one),
                    delta_color="off",
                    delta_arrow="off",
                )
                if one.term == "fatalities":
                    st.caption("Stated by {:,} and {:,} records.".format(*compared.stated))
    st.caption("  \n".join(map(escaped, _said(compared, axis))))


def _number(value: int | None) -> str:
    return "not stated" if value is None else f"{value:,}"


def _change(one: Difference) -> str | None:
    if one.difference is None:
        return None
    change = f"{one.difference:+,}".replace("-", "−") if one.difference else "±0"
    if one.few:
        return f"{change} · {differences.FEW}"
    return change if one.ratio is None else f"{change} · {_times(one)}"


def _times(one: Difference) -> str:
    each = "" if periods.alike(one.days_a, one.days_b) else " per month"
    return f"×{one.ratio:.2f}{each}"


def _said(compared: Comparison, axis: Period) -> list[str]:
    """Return what has to be known of the two windows."""
    lines = [
        f"A is {words.period(compared.a.first, compared.a.last)} ({compared.a.days:,} days), "
        f"B is {words.period(compared.b.first, compared.b.last)} ({compared.b.days:,} days). "
        "The arrow leads from A to B; the difference is B less A."
    ]
    if not compared.alike:
        lines.append("The windows are not equally long: ratios compare the counts per month.")
    if compared.overlap:
        days = words.period(compared.overlap.first, compared.overlap.last)
        lines.append(f"The windows overlap, {days}: what lies there is in both.")
    if compared.shared:
        lines.append(f"{_counted(compared.shared)} may lie in both windows: counted in each.")
    for name, window, records in zip("AB", (compared.a, compared.b), compared.records, strict=True):
        if window == axis:
            lines.append(f"{name} is all of time: its map shows undated records too.")
        if not records:
            lines.append(f"No record matches in {name}. Choose other days, or other filters.")
    return lines


def _tables(asked: Question, compared: Comparison) -> None:
    groups = {
        "Region": compared.regions,
        "Category": compared.categories,
        "Family of categories": compared.families,
        "Actor": compared.actors,
    }
    tabs = st.tabs([f"By {name.lower()}" for name in groups])
    for tab, (name, rows) in zip(tabs, groups.items(), strict=True):
        with tab:
            _table(name, rows, alike=compared.alike)
    st.download_button(
        "Download all numbers (CSV)",
        data=lambda: differences.to_csv(compared),
        file_name=f"bordermap_periods_{asked.a}_{asked.b}.csv".replace("..", "_"),
        mime=FORMATS[".csv"].media_type,
        on_click="ignore",
        icon=":material/download:",
        key="periods-download",
    )


def _table(name: str, rows: Sequence[Difference], *, alike: bool) -> None:
    if not rows:
        st.caption("Nothing to count in either window.")
        return
    frame = pd.DataFrame([_row(name, one, alike=alike) for one in rows[:ROWS]])
    number, rate = (st.column_config.NumberColumn(format=f, width=90) for f in ("%d", "%.1f"))
    st.dataframe(
        frame,
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(frame)),
        placeholder="",
        column_config={
            name: st.column_config.TextColumn(width=280, pinned=True),
            **dict.fromkeys(("A", "B", "B − A"), number),
            **dict.fromkeys(("A per month", "B per month"), rate),
            "B ÷ A": st.column_config.NumberColumn(format="%.2f", width=90),
            "Remark": st.column_config.TextColumn(width=160),
        },
    )
    if len(rows) > len(frame):
        st.caption(f"The {len(frame)} most frequent of {len(rows):,}; the file holds all of them.")


def _row(name: str, one: Difference, *, alike: bool) -> dict[str, Any]:
    rates = {} if alike else dict(zip(("A per month", "B per month"), one.per_month, strict=True))
    return {
        name: words.plain(differences.name(one)),
        "A": one.a,
        "B": one.b,
        "B − A": one.difference,
        **rates,
        "B ÷ A": one.ratio,
        "Remark": differences.FEW if one.few else "",
    }


def _method() -> None:
    with st.expander("How these numbers are to be read"):
        st.markdown(
            f"- {CAVEAT}\n"
            "- A record counts in a window when the days that it may cover overlap it, as on the"
            " map; one that overlaps both windows counts in each. Undated records are in none.\n"
            "- A record with places in several regions counts in each of them, and so it does for"
            " each of its actors: these columns do not add up to the total.\n"
            "- Fatalities are the best estimates of the records that state a number. Where none"
            " does, that is not zero; and a sum grows when more records state one.\n"
            "- Where the windows are not equally long, counts are per month of"
            f" {periods.MONTH_DAYS:.1f} days, of the days that the records reach.\n"
            f"- Fewer than {LEAST_RECORDS} in both windows together are too few for a ratio."
        )
