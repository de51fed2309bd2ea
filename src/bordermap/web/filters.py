"""The widgets that make up a selection."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from bordermap.cartography.timeline import axis, presets
from bordermap.model.vocabulary import (
    CATEGORIES,
    FEATURED_REGIONS,
    Confidence,
    GeoPrecision,
    Kind,
    Scope,
    label,
)
from bordermap.selection import ALL_DATASETS, DEFAULT_VIEW, QUERY_KEYS, Selection
from bordermap.snapshot import words
from bordermap.web import data
from bordermap.web.timeline import timeline

_LISTS = (
    "kinds",
    "categories",
    "regions",
    "gates",
    "actors",
    "topics",
    "sources",
    "scopes",
    "geo_precision",
    "confidence",
)
_SPAN = "filter-span"
_WHOLE = "filter-whole"
_REST = "filter-rest"
_DATASET = "filter-dataset"
_SEEDED = "filter-seeded"
_PUT = "filter-put"
_TOLD = "filter-told"
_DRAWING = 0.6
"""Seconds that a browser may take to draw the widgets."""
_SETTLING = 15.0
"""Seconds after which a page that was just opened is drawn for sure."""

_ANY = 0.0
_BORDER_KM = (_ANY, 5.0, 10.0, 25.0, 50.0, 100.0)


def key(field: str) -> str:
    """Return the session key of the widget for a field of the selection."""
    return f"filter-{field}"


def dataset() -> str:
    """Return the name of the dataset that is looked at."""
    held = st.session_state.get("selection", DEFAULT_VIEW)
    return str(st.session_state.get(_DATASET, held.dataset))


def span() -> tuple[date, date]:
    """Return the first and last day that the records cover, widened to whole months."""
    return axis(data.dataset(dataset()).days)


def _put(name: str, value: Any) -> None:
    """Set a widget, and remember it until the browser has drawn the widget.

    Until then a run begins with what the widgets in the browser still say, and one that is
    broken off tells them nothing.
    """
    state = st.session_state
    put = state.get(_PUT, {})
    stale, last = put.get(name, ([], state.get(name)))
    state[_PUT] = {**put, name: ([*stale, last], value)}
    state[_TOLD] = None
    state[name] = value


def _recover() -> None:
    """Set again what the browser does not show yet, unless the reader has set something else."""
    state = st.session_state
    told = state.get(_TOLD)
    if told is not None and time.monotonic() - told > _DRAWING:
        state[_PUT] = {}
    for name, (stale, value) in state.get(_PUT, {}).items():
        if state.get(name) in stale:
            state[name] = value


def seed(selection: Selection) -> None:
    """Set every widget to a selection."""
    state = st.session_state
    state[_SEEDED] = time.monotonic()
    _put(_DATASET, selection.dataset)
    for field in _LISTS:
        _put(key(field), list(getattr(selection, field)))
    _put(key("text"), selection.text)
    _put(key("near_border_km"), selection.near_border_km or _ANY)
    state[_WHOLE] = first, last = span()
    state[_SPAN] = (
        min(max(selection.date_from or first, first), last),
        max(min(selection.date_to or last, last), first),
    )
    state[_REST] = {
        "near_gate_km": selection.near_gate_km,
        "bbox": selection.bbox,
        "area": selection.area,
    }


def current() -> Selection:
    """Return the selection that the widgets hold, or will once they are drawn."""
    _recover()
    state = st.session_state
    first, last = state[_WHOLE]
    date_from, date_to = state[_SPAN]
    return Selection().replace(
        **{field: tuple(state[key(field)] or ()) for field in _LISTS},
        dataset=dataset(),
        text=state[key("text")].strip(),
        near_border_km=state[key("near_border_km")] or None,
        date_from=None if date_from <= first else date_from,
        date_to=None if date_to >= last else date_to,
        **state[_REST],
    )


def ensure() -> bool:
    """Give the widgets a state where they have none, as on the way back from a page.

    The browser is told of a value in one run only. Where the next run comes before it has drawn
    the widget, the value is lost; so for some time all are told again.

    Returns
    -------
    bool
        Whether they had none.
    """
    _recover()
    state = st.session_state
    widgets = (key("text"), key("near_border_km"), _DATASET, *map(key, _LISTS))
    if all(name in state for name in (_SEEDED, _SPAN, _WHOLE, *widgets)):
        if time.monotonic() - state[_SEEDED] < _SETTLING:
            for name in widgets:
                if name != key("text") or state[name]:  # what is being typed stays
                    state[name] = state[name]
        return False
    seed(st.session_state.get("selection", DEFAULT_VIEW))
    return True


def outside(selection: Selection) -> list[str]:
    """Say which days of a selection lie where there are no records; no widget can hold them."""
    first, last = span()
    return [
        f"{QUERY_KEYS[field]}: {day} is outside of the time of the records, {first} to {last}"
        for field, day in (("date_from", selection.date_from), ("date_to", selection.date_to))
        if day and (day > last if field == "date_from" else day < first)
    ]


def toggle(field: str, value: str) -> None:
    """Add a value to a list field, or take it out if it is there."""
    values = list(getattr(current(), field))
    rest = [other for other in values if other != value]
    _put(key(field), rest if value in values else [*values, value])


def pick(field: str, values: Sequence[str]) -> None:
    """Give a list field other values."""
    _put(key(field), list(values))


def draw(drawn: Mapping[str, Any]) -> None:
    """Select what lies in a drawn area, in the place of the last one.

    Parameters
    ----------
    drawn : mapping
        ``bbox`` (west, south, east, north) or ``polygon`` (longitudes and latitudes); neither
        takes the area away.
    """
    box, polygon = drawn.get("bbox"), drawn.get("polygon")
    asked = Selection(bbox=tuple(box) if box else None, area=polygon or None)
    st.session_state[_REST] |= {"bbox": asked.bbox, "area": asked.area}


def drop(field: str, value: Any) -> None:
    """Take one restriction away."""
    seed(words.without(current(), field, value))


def reset() -> None:
    """Go back to what is shown of the dataset before anything is picked."""
    seed(start(dataset()))


def start(name: str) -> Selection:
    """Return what is shown of a dataset before anything is picked."""
    curated = name in ("", ALL_DATASETS)
    return DEFAULT_VIEW.replace(dataset=name) if curated else Selection(dataset=name)


def sidebar() -> None:
    """Draw the filters."""
    records, catalog = data.dataset(dataset()), data.catalog(dataset())
    _choose_dataset()
    st.text_input(
        "Search", key=key("text"), placeholder="Words, or any name of a place", max_chars=200
    )
    st.pills("Kind", list(Kind), key=key("kinds"), selection_mode="multi", format_func=label)
    held = records.counts("region_codes")
    first = [code for code in FEATURED_REGIONS if code in held]
    _choose("regions", "Region", [*first, *(code for code in held if code not in first)], label)
    used = records.counts("category")
    ordered = [c for kind in CATEGORIES.values() for c in kind if c in used]
    _choose("categories", "Category", list(dict.fromkeys(ordered)), label)
    _choose(
        "gates",
        "Gate",
        list(catalog.gates),
        lambda gate: catalog.gates[gate].name if gate in catalog.gates else gate,
    )
    st.selectbox(
        "Distance to the border",
        sorted({*_BORDER_KM, st.session_state[key("near_border_km")]}),
        key=key("near_border_km"),
        format_func=lambda km: "Any" if km == _ANY else f"Within {km:g} km",
    )
    _choose("actors", "Actor", list(records.counts("actors")))
    _choose(
        "sources",
        "Source",
        list(records.counts("sources")),
        lambda source: f"{catalog.sources[source]}: {catalog.sources[source].title}",
    )
    more = ("topics", "scopes", "geo_precision", "confidence")
    narrowed = any(
        tuple(st.session_state[key(f)]) not in ((), getattr(DEFAULT_VIEW, f)) for f in more
    )
    with st.expander("More filters", expanded=narrowed):
        _choose("topics", "Topic", list(records.counts("topics")), label)
        _choose("scopes", "Scope", list(Scope), label)
        _choose("geo_precision", "How exact the place is", list(GeoPrecision), label)
        _choose("confidence", "Confidence", list(Confidence), label)
    if st.session_state.get(_TOLD) is None:
        st.session_state[_TOLD] = time.monotonic()


def _choose_dataset() -> None:
    """Draw the switch between the chronology and what was imported, where there is any."""
    names = data.store().names()
    if not names and not dataset():
        return
    options = ["", *names, ALL_DATASETS]
    shown = [*options, *({dataset()} - set(options))]
    st.selectbox(
        "Dataset",
        shown,
        key=_DATASET,
        format_func=words.dataset,
        on_change=_switch,
    )


def _switch() -> None:
    """Take to another dataset what makes sense there too."""
    held = current()
    first, last = span()
    common = (held.date_from or first) <= last and (held.date_to or last) >= first
    seed(
        held.replace(
            scopes=start(held.dataset).scopes,
            actors=(),
            topics=(),
            sources=(),
            date_from=held.date_from if common else None,
            date_to=held.date_to if common else None,
        )
    )


def time_slider() -> None:
    """Draw the timeline, with its presets and its date inputs."""
    first, last = span()
    held = current()
    timeline(
        first,
        last,
        (held.date_from, held.date_to),
        presets(first, last),
        key="timeline",
        on_window=_take,
    )


def _take(date_from: date | None, date_to: date | None) -> None:
    first, last = st.session_state[_WHOLE]
    st.session_state[_SPAN] = (date_from or first, date_to or last)


def _choose(
    field: str, text: str, options: Sequence[str], format_func: Callable[[str], str] = str
) -> None:
    missing = [value for value in st.session_state[key(field)] if value not in options]
    st.multiselect(
        text,
        [*options, *missing],
        key=key(field),
        format_func=format_func,
        placeholder="Any",
    )
