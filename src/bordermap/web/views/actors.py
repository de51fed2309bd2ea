"""Who takes part: all actors, or one with its records, partners and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair
import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from bordermap.cartography.style import ACCENT, FAMILY_COLOURS
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.model.dates import PartialDate
from bordermap.model.record import Actor
from bordermap.model.vocabulary import FAMILIES, Family, Kind, label
from bordermap.queries import actors_by_name
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.web import data, links
from bordermap.web.markdown import escaped

ACTOR = "actor"
MOST_FREQUENT = 15
"""How many actors the overview in time shows."""

PARTNERS = 12
RECORDS_ON_A_PAGE = 20
TABLE_HEIGHT = 420

_SEARCH = "actors-search"
_TABLE = "actors-table"
_WITHOUT_CONTEXT = "actors-without-context"
_UNIT = "actors-unit"
_ORDER = "actors-order"
_PAGE = "actors-page"
_NEWEST, _OLDEST = "Newest first", "Oldest first"

Rows = npt.NDArray[np.int64]


def show() -> None:
    """Draw the page."""
    wanted = st.query_params.get(ACTOR)
    actor = actors_by_name(data.catalog()).get(Gazetteer.fold(wanted)) if wanted else None
    # A link within a page does not change the address in the browser; this does.
    st.query_params.from_dict({ACTOR: actor.id if actor else wanted} if wanted else {})
    if actor:
        _actor(actor)
        return
    st.markdown("# Actors")
    if wanted:
        st.warning(f"No actor is known as {escaped(repr(wanted[:80]))}. All actors are below.")
    _overview()


def _scope() -> Selection:
    """Draw the switch for context and return what it leaves."""
    left_out = st.toggle("Leave context out", key=_WITHOUT_CONTEXT)
    return DEFAULT_VIEW if left_out else Selection()


def _said_of(scope: Selection) -> str:
    return "without context" if scope else "context included"


def _overview() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            key=_SEARCH,
            placeholder="Any name or short name",
            max_chars=100,
            width=340,
        )
        scope = _scope()
    sums = data.dataset().actors(scope).to_pylist()
    by_name = {actor.name: actor for actor in data.catalog().actors.values()}
    found = _named(text)
    shown = [entry for entry in sums if by_name[entry["actor"]].id in found]
    st.caption(
        f"{len(shown)} of {len(sums)} actors. Counts are of all records, {_said_of(scope)}; a "
        "record with several actors counts for each. Choose a row to read more."
    )
    if not shown:
        st.info("No actor in the records has such a name.")
        return
    _table([by_name[entry["actor"]] for entry in shown], shown)
    st.subheader("The most frequent over time")
    _heat([entry["actor"] for entry in shown[:MOST_FREQUENT]], scope)


def _named(text: str) -> set[str]:
    """Return the ids of the actors one of whose names contains a text."""
    wanted = Gazetteer.fold(text)
    return {actor.id for name, actor in actors_by_name(data.catalog()).items() if wanted in name}


def _table(actors: list[Actor], sums: list[dict[str, Any]]) -> None:
    countries = _countries()
    frame = pd.DataFrame(
        {
            "Name": [actor.name for actor in actors],
            "Kind": [label(actor.kind) for actor in actors],
            "Country": [countries.get(actor.country, actor.country) for actor in actors],
            "Records": [entry["records"] for entry in sums],
            "Incidents": [entry["incidents"] for entry in sums],
            "Meetings": [entry["meetings"] for entry in sums],
            "First": [_beginning(entry["first"]) for entry in sums],
            "Last": [_beginning(entry["last"]) for entry in sums],
            "Also called": [", ".join(_other_names(actor)) for actor in actors],
        }
    )
    st.dataframe(
        frame,
        key=_TABLE,
        hide_index=True,
        height=min(TABLE_HEIGHT, 38 + 35 * len(frame)),
        on_select=lambda: _from_table(actors),
        selection_mode="single-row",
        column_config={
            "Name": st.column_config.TextColumn(width=290),
            "Kind": st.column_config.TextColumn(width=130),
            "Country": st.column_config.TextColumn(width=100),
            **{
                name: st.column_config.NumberColumn(width=82)
                for name in ("Records", "Incidents", "Meetings")
            },
            "First": st.column_config.TextColumn(
                width=100, help="When the first dated record starts, as far as known; ~ is about"
            ),
            "Last": st.column_config.TextColumn(
                width=100, help="When the last dated record starts, as far as known; ~ is about"
            ),
        },
    )


def _from_table(actors: list[Actor]) -> None:
    picked = st.session_state[_TABLE].selection.rows
    if picked and picked[0] < len(actors):
        st.query_params[ACTOR] = actors[picked[0]].id


def _countries() -> Mapping[str, str]:
    layer = data.catalog().layers.get("countries")
    return {} if layer is None else dict(zip(layer["code"], layer["name"], strict=True))


def _beginning(edtf: str | None) -> str:
    """Return when a date begins, or where that is open, when it ends."""
    head, _, tail = (edtf or "").partition("/")
    return tail if head == ".." else head


def _other_names(actor: Actor) -> list[str]:
    return [name for name in (*actor.aliases, actor.name_zh, actor.name_my) if name]


def _heat(names: list[str], scope: Selection) -> None:
    counts = data.dataset().over_time("actors", "quarter", scope).to_pandas()
    counts = counts[counts["value"].isin(names)]
    if counts.empty:
        st.caption("None of their records is dated.")
        return
    counts["period"] = pd.to_datetime(counts["period"])
    counts["quarter"] = counts["period"].dt.to_period("Q").astype(str)
    chart = (
        altair.Chart(counts)
        .mark_rect(stroke="#ffffff", strokeWidth=1)
        .encode(
            x=altair.X(
                "yearquarter(period):T",
                title=None,
                axis=altair.Axis(format="%Y", tickCount="year"),
            ),
            y=altair.Y("value:N", title=None, sort=names, axis=altair.Axis(labelLimit=190)),
            color=altair.Color(
                "records:Q",
                title="Records in a quarter",
                scale=altair.Scale(range=["#dbe7f3", ACCENT, "#072f58"], domainMin=0),
                legend=altair.Legend(orient="top", format="d", tickMinStep=1, gradientLength=130),
            ),
            tooltip=[
                altair.Tooltip("value:N", title="Actor"),
                altair.Tooltip("quarter:N", title="Quarter"),
                altair.Tooltip("records:Q", title="Records"),
            ],
        )
    )
    st.altair_chart(chart, height=80 + 24 * len(names))
    st.caption("Each record counts in the quarter in which it starts; undated records do not.")


def _actor(actor: Actor) -> None:
    links.to("actors", "All actors", icon=":material/arrow_back:")
    st.markdown(f"# {escaped(actor.name)}")
    _names(actor)
    with st.container(horizontal=True, vertical_alignment="center"):
        scope = _scope()
        selection = scope.replace(actors=(actor.name,))
        links.to("map", "Show on the map", icon=":material/map:", **selection.to_params())
    rows = data.dataset().rows(selection)
    if not len(rows):
        st.info(f"No record names this actor, {_said_of(scope)}.")
        return
    kinds = data.dataset().counts("kind", selection)
    st.markdown(
        f"**{_counted(len(rows), 'record')}**, {_said_of(scope)}: "
        f"{_counted(kinds.get(Kind.INCIDENT, 0), 'incident')}, "
        f"{_counted(kinds.get(Kind.MEETING, 0), 'meeting')}."
    )
    _over_time(selection, len(rows))
    categories, partners, places = st.columns(3, gap="medium")
    with categories:
        st.subheader("By category")
        _by_category(selection)
    with partners:
        st.subheader("With whom")
        _partners(actor, selection)
    with places:
        st.subheader("Where")
        _places(selection)
    st.subheader("Records")
    _records(actor, rows)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _names(actor: Actor) -> None:
    kind = [label(actor.kind), _countries().get(actor.country, actor.country)]
    st.markdown(escaped(" · ".join(filter(None, kind))))
    if actor.aliases:
        st.markdown(f"Also called: {escaped(', '.join(actor.aliases))}")
    local = [
        f"{name} ({language})"
        for name, language in ((actor.name_zh, "Chinese"), (actor.name_my, "Burmese"))
        if name
    ]
    if local:
        unverified = "" if actor.names_verified else "; not verified in a source"
        st.markdown(escaped(", ".join(local) + unverified))
    if actor.note:
        st.markdown(escaped(actor.note))


def _families(present: pd.Series[str], *, legend: altair.Legend | None) -> altair.Color:
    families = [family for family in Family if label(family) in set(present)]
    return altair.Color(
        "family:N",
        title=None,
        scale=altair.Scale(
            domain=[label(family) for family in families],
            range=[FAMILY_COLOURS[family] for family in families],
        ),
        legend=legend,
    )


def _over_time(selection: Selection, total: int) -> None:
    unit = st.segmented_control(
        "Over time, by",
        ["quarter", "year"],
        default="quarter",
        required=True,
        key=_UNIT,
        format_func=label,
    )
    counts = data.dataset().over_time("category", str(unit), selection).to_pandas()
    dated = int(counts["records"].sum())
    if dated:
        counts["family"] = [label(FAMILIES[category]) for category in counts["value"]]
        counts["period"] = pd.to_datetime(counts["period"])
        counts["words"] = counts["period"].dt.to_period("Q" if unit == "quarter" else "Y")
        counts["words"] = counts["words"].astype(str)
        counts = counts.groupby(["period", "words", "family"], as_index=False)["records"].sum()
        time = "yearquarter" if unit == "quarter" else "year"
        chart = (
            altair.Chart(counts)
            .mark_bar()
            .encode(
                x=altair.X(
                    f"{time}(period):T", title=None, axis=altair.Axis(format="%Y", tickCount="year")
                ),
                y=altair.Y(
                    "records:Q", title="Records", axis=altair.Axis(tickMinStep=1, format="d")
                ),
                color=_families(
                    counts["family"],
                    legend=altair.Legend(orient="top", columns=2, labelLimit=220),
                ),
                tooltip=[
                    altair.Tooltip("words:N", title=label(str(unit))),
                    altair.Tooltip("family:N", title="Family"),
                    altair.Tooltip("records:Q", title="Records"),
                ],
            )
        )
        st.altair_chart(chart, height=300)
    undated = f" {_counted(total - dated, 'undated record')} not shown." if dated < total else ""
    st.caption(f"Each record counts once, in the {unit} in which it starts.{undated}")


def _by_category(selection: Selection) -> None:
    counts = data.dataset().counts("category", selection)
    frame = pd.DataFrame(
        [(label(c), label(FAMILIES[c]), n) for c, n in counts.items()],
        columns=["category", "family", "records"],
    )
    bars = altair.Chart(frame).encode(
        y=altair.Y(
            "category:N", sort=list(frame["category"]), title=None, axis=altair.Axis(labelLimit=180)
        ),
        x=altair.X("records:Q", title=None, axis=None),
        tooltip=[
            altair.Tooltip("category:N", title="Category"),
            altair.Tooltip("family:N", title="Family"),
            altair.Tooltip("records:Q", title="Records"),
        ],
    )
    text = bars.mark_text(align="left", dx=4).encode(text="records:Q")
    drawn = bars.mark_bar().encode(color=_families(frame["family"], legend=None))
    st.altair_chart(drawn + text, height=24 * len(frame) + 16)


def _partners(actor: Actor, selection: Selection) -> None:
    identifiers = {other.name: other.id for other in data.catalog().actors.values()}
    counts = data.dataset().counts("actors", selection)
    partners = [(name, records) for name, records in counts.items() if name != actor.name]
    if not partners:
        st.caption("No other actor is named with it.")
    for name, records in partners[:PARTNERS]:
        links.to("actors", f"{name} ({records})", **{ACTOR: identifiers[name]})
    if rest := partners[PARTNERS:]:
        with st.expander(f"{len(rest)} more"):
            for name, records in rest:
                links.to("actors", f"{name} ({records})", **{ACTOR: identifiers[name]})


def _places(selection: Selection) -> None:
    counts = data.dataset().counts("region_codes", selection)
    if not counts:
        st.caption("No region is known.")
    for code, records in counts.items():
        there = selection.replace(regions=(code,)).to_params()
        links.to("map", f"{label(code)} ({records})", icon=None, **there)
    st.caption("A record in several regions counts in each.")


def _records(actor: Actor, rows: Rows) -> None:
    order = st.segmented_control(
        "Order",
        [_NEWEST, _OLDEST],
        default=_NEWEST,
        required=True,
        key=_ORDER,
        label_visibility="collapsed",
        on_change=_turn,
        args=(actor, 0),
    )
    dated = [row for row in rows if _day(row) is not None]
    ordered = dated[::-1] if order == _NEWEST else dated
    ordered += [row for row in rows if _day(row) is None]
    held, page = st.session_state.get(_PAGE, (actor.id, 0))
    last = (len(ordered) - 1) // RECORDS_ON_A_PAGE
    page = min(page, last) if held == actor.id else 0
    start = page * RECORDS_ON_A_PAGE
    shown = ordered[start : start + RECORDS_ON_A_PAGE]
    for row in shown:
        record = data.dataset().record(int(row))
        when = str(PartialDate.parse(record["date_edtf"]))
        links.to("record", f"{when}: {record['title']}", id=record["id"])
    if last:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Previous", disabled=page == 0, on_click=_turn, args=(actor, page - 1))
            st.markdown(f"{start + 1}–{start + len(shown)} of {len(ordered)}", width="content")
            st.button("Next", disabled=page == last, on_click=_turn, args=(actor, page + 1))


def _turn(actor: Actor, page: int) -> None:
    st.session_state[_PAGE] = (actor.id, page)


def _day(row: np.int64) -> object:
    """Return the day that a record starts, or where that is open, ends; None if undated."""
    records = data.dataset().records
    return records["date_start"][int(row)].as_py() or records["date_end"][int(row)].as_py()
