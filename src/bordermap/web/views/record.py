"""One record with all that is known of it, what it hangs together with, and how to cite it."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from bordermap import citation
from bordermap.analysis.nearby import DAYS, KILOMETRES, Neighbour, nearby
from bordermap.details import Details, details
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import Kind, Scope
from bordermap.selection import DEFAULT_VIEW, QUERY_KEYS, Selection
from bordermap.snapshot.sheets.record_map import RecordMap, record_map
from bordermap.web import data, links
from bordermap.web.address import RECORD
from bordermap.web.markdown import escaped, linked

ID = "id"
"""Key of the record in the address of the page."""

STYLE = """<style>
.st-key-record :is(.stHeading, .stMarkdown) h2 { font-size: 1.02rem; padding: 0.5rem 0 0; }
.st-key-record .stHeading [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-cite { max-width: 46rem; }
</style>"""
"""Trusted text of our own."""

_COLUMNS = [0.56, 0.44]
_FIRST = 10
_FOUND = 20
_SHOWN = 80


def show() -> None:
    """Draw the page of the record that the address names."""
    wanted = st.query_params.get(ID, "")
    row = data.dataset().row_of.get(wanted)
    st.html(STYLE)
    with st.container(key="record"):
        if row is None:
            with st.container(key="prose"):
                _missing(wanted)
        else:
            # A link from record to record changes no page: the browser hears of it here.
            st.query_params.from_dict({ID: wanted})
            _record(row)


# -------------------------------------------------------------------- no such record


def _missing(wanted: str) -> None:
    st.title("Record not found" if wanted else "No record chosen", anchor=False)
    if wanted:
        st.markdown(
            f"There is no record “{escaped(wanted[:_SHOWN])}”. Its address may be mistyped."
        )
    else:
        st.markdown("The address of a record's page ends in its id.")
    dataset = data.dataset()
    if near := difflib.get_close_matches(wanted[:_SHOWN], dataset.row_of, n=3):
        st.markdown("**Did you mean**")
        for record in near:
            _link(dataset.row_of[record])
    text = st.text_input("Search the records", placeholder="Lweje, trade, Kachin …")
    if text.strip():
        rows = dataset.rows(Selection(text=text))
        for row in rows[:_FOUND]:
            _link(int(row))
        if not len(rows):
            st.caption("No record has these words.")
        elif len(rows) > _FOUND:
            st.caption(f"and {len(rows) - _FOUND} more; add a word to find fewer.")
    links.to("map", "Go to the map", icon=":material/map:")


# -------------------------------------------------------------------- the record


def _record(row: int) -> None:
    record = data.dataset().record(row)
    shown = details(record, data.catalog())
    st.set_page_config(page_title=f"{record['title']} · bordermap")
    st.caption(f"{shown['kind'].capitalize()} · {escaped(shown['category'])}")
    st.title(escaped(record["title"]), anchor=False)
    text, around = st.columns(_COLUMNS, gap="large")
    with text, st.container(key="prose"):
        _text(shown)
    with around:
        _map(row, record["id"])
        _related(shown)
        _nearby(row)
    with st.container(key="cite"):
        _cite(record)


def _text(shown: Details) -> None:
    precision = f" ({shown['date_precision']})" if shown["date_precision"] else ""
    st.markdown(f"**{escaped(shown['date'])}**{precision}")
    if shown["date_note"]:
        st.caption(escaped(shown["date_note"]))
    if shown["summary"]:
        st.markdown(escaped(shown["summary"]))
    _section("Places", [_place(place) for place in shown["places"]])
    _actors(shown["actors"])
    _section("Participants", map(escaped, shown["participants"]))
    _paragraph("Topics", ", ".join(shown["topics"]))
    figures = [f"{escaped(one['name'])}: **{escaped(one['value'])}**" for one in shown["figures"]]
    _section("Figures as reported", figures)
    _paragraph("Where sources differ, and what is inferred", shown["notes"])
    _section("Sources", [_source(source) for source in shown["sources"]])
    facts = (
        shown["confidence"],
        f"scope: {shown['scope'].lower()}",
        f"data set: {shown['dataset']}",
        f"id: {shown['id']}",
    )
    st.caption(escaped(" · ".join(facts)))


def _section(heading: str, items: Iterable[str]) -> None:
    if lines := [f"- {item}" for item in items]:
        _heading(heading)
        st.markdown("\n".join(lines))


def _paragraph(heading: str, text: str) -> None:
    if text:
        _heading(heading)
        st.markdown(escaped(text))


def _heading(words: str) -> None:
    st.header(words, anchor=False)


def _place(place: dict[str, str]) -> str:
    where = f" · {escaped(place['where'])}" if place["where"] else ""
    return f"**{escaped(place['name'])}**, {place['role']} ({place['precision']}){where}"


def _actors(names: Sequence[str]) -> None:
    ids = {actor.name: actor.id for actor in data.catalog().actors.values()}
    if names:
        _heading("Actors")
    with st.container(gap=None):
        for name in names:
            if name in ids:
                links.to("actors", name, actor=ids[name])
            else:
                st.markdown(escaped(name))


def _source(source: dict[str, str]) -> str:
    title = linked(source["title"], source["url"])
    remarks = [source["language"], source["reprint"], source["note"]]
    said = " · ".join(escaped(remark) for remark in remarks if remark)
    return f"{escaped(source['name'])}: {title}" + (f" · {said}" if said else "")


def _map(row: int, record: str) -> None:
    drawn = _drawn(row)
    if drawn.picture:
        st.image(drawn.picture, width="stretch")
    else:
        st.info("No place of this record is known closely enough for a map.")
    if drawn.notes:
        st.caption(escaped(" ".join(drawn.notes)))
    outside = row not in data.dataset().rows(DEFAULT_VIEW)
    everything = {QUERY_KEYS["scopes"]: [str(scope) for scope in Scope]} if outside else {}
    links.to("map", "Show on the map", icon=":material/map:", **{RECORD: record}, **everything)
    if data.dataset().record(row)["kind"] == Kind.MEETING:
        links.to("compare", "Before and after", icon=":material/compare_arrows:", record=record)


@lru_cache(maxsize=128)
def _drawn(row: int) -> RecordMap:
    with data.DRAWING:
        return record_map(data.dataset().records.slice(row, 1), data.catalog())


# -------------------------------------------------------------------- other records


def _related(shown: Details) -> None:
    if not shown["relations"]:
        return
    _heading("Related records")
    groups: dict[str, list[dict[str, str]]] = {}
    for relation in shown["relations"]:
        groups.setdefault(relation["words"], []).append(relation)
    for words, relations in groups.items():
        st.caption(escaped(words))
        with st.container(gap=None):
            for relation in relations:
                _link(data.dataset().row_of[relation["id"]])
                if relation["note"]:
                    st.caption(escaped(relation["note"]))


def _nearby(row: int) -> None:
    _heading(f"Within {DAYS} days and {KILOMETRES:g} km")
    found = nearby(data.dataset().records, row)
    if not found:
        st.caption("No other record, or this one has no date or no place known to a district.")
        return
    with st.container(gap=None):
        for neighbour in found[:_FIRST]:
            _neighbour(neighbour)
    if len(found) > _FIRST:
        with st.expander(f"{len(found) - _FIRST} more"), st.container(gap=None):
            for neighbour in found[_FIRST:]:
                _neighbour(neighbour)
    st.caption("Distances are between points; that of a district is its middle.")


def _neighbour(neighbour: Neighbour) -> None:
    days = f"{neighbour.days} day{'' if neighbour.days == 1 else 's'} apart"
    _link(
        neighbour.row,
        f" · {'same place' if neighbour.km < 0.05 else f'{neighbour.km:.1f} km'}"
        f" · {days if neighbour.days else 'overlapping dates'}",
    )


def _link(row: int, remark: str = "") -> None:
    record = data.dataset().record(row)
    when = str(PartialDate.parse(record["date_edtf"]))
    links.to("record", f"{when}: {record['title']}{remark}", id=record["id"])


# -------------------------------------------------------------------- citing


def _cite(record: dict[str, Any]) -> None:
    _heading("Cite this record")
    today, address = date.today(), _permalink(record["id"])
    st.code(citation.plain(record, data.catalog(), today, address), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        for suffix, name in ((".bib", "BibTeX"), (".ris", "RIS"), (".txt", "Text")):
            st.download_button(
                name,
                data=citation.FORMATS[suffix](record, data.catalog(), today, address).encode(),
                file_name=f"bordermap-{record['id']}{suffix}",
                mime=citation.MEDIA_TYPES[suffix],
                on_click="ignore",
                icon=":material/download:",
                key=f"cite{suffix}",
            )


def _permalink(record: str) -> str:
    """Return the address of the page, unless it is of use on this computer only."""
    page = st.context.url or ""
    host = urlsplit(page).hostname or ""
    return "" if _is_local(host) else f"{page}?{urlencode({ID: record})}"


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")
