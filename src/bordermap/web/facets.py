"""The component that counts what is selected, and selects by its bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from bordermap.cartography.style import FAMILY_COLOURS
from bordermap.columns import Matching
from bordermap.model.vocabulary import FAMILIES, Family, label
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.web import data

MOST = 8
"""Most regions and actors that are shown beside those that are selected."""

_KEY = "facets"
_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "bordermap_facets",
    html='<div class="bm-facets"></div>',
    css=(_HERE / "facets.css").read_text("utf-8"),
    js=(_HERE / "facets.js").read_text("utf-8"),
)

Facet = dict[str, Any]


def facets(
    dataset: Dataset,
    selection: Selection,
    matching: Matching,
    *,
    on_click: Callable[[str, str], None],
) -> None:
    """Draw a bar for each family of categories, region and frequent actor.

    Each group counts what matches all filters but its own, so that what else could be
    picked stays in sight.

    Parameters
    ----------
    dataset : Dataset
    selection : Selection
    matching : Matching
        What matches the selection.
    on_click : callable
        Called before the next run with the kind and the value of a bar, for :func:`picked`.
    """

    def counted(field: str, column: str) -> dict[str, int]:
        others = selection.replace(**{field: ()})
        return (matching if others == selection else dataset.matching(others)).counts(column)

    def clicked() -> None:
        click = st.session_state[_KEY].click
        if click is not None:
            on_click(click["kind"], click["value"])

    groups = [
        _categories(counted("categories", "category"), selection.categories),
        _values("regions", "Region", counted("regions", "region_codes"), selection.regions),
        _values("actors", "Actor", counted("actors", "actors"), selection.actors),
    ]
    for bar in (bar for group in groups for bar in group["bars"]):
        field, values = picked(selection, bar["kind"], bar["value"])
        bar["mask"] = data.mask_address(dataset.digest, selection.replace(**{field: values}))
    _component(key=_KEY, data={"facets": groups}, on_click_change=clicked)


def picked(selection: Selection, kind: str, value: str) -> tuple[str, tuple[str, ...]]:
    """Return a field of the selection and its values after a click on a bar."""
    if kind == "family":
        return "categories", with_family(selection.categories, Family(value))
    if kind == "categories":
        return kind, with_category(selection.categories, value)
    held = getattr(selection, kind)
    rest = tuple(one for one in held if one != value)
    return kind, rest if value in held else (*held, value)


def with_family(picked: Sequence[str], family: Family) -> tuple[str, ...]:
    """Return the categories after a click on a family: all of it, or none where there was any."""
    rest = tuple(one for one in picked if FAMILIES[one] is not family)
    return rest if len(rest) < len(picked) else (*rest, *_MEMBERS[family])


def with_category(picked: Sequence[str], category: str) -> tuple[str, ...]:
    """Return the categories after a click on one of a family of which some are picked.

    Of a whole family it leaves only this one; a second click takes the whole family again.
    """
    members = _MEMBERS[FAMILIES[category]]
    rest = tuple(one for one in picked if one not in members)
    here = [one for one in members if one in picked]
    if len(here) == len(members):
        return (*rest, category)
    left = [one for one in here if one != category] if category in here else [*here, category]
    return (*rest, *(left or members))


_MEMBERS: Mapping[Family, list[str]] = {
    family: [category for category, its in FAMILIES.items() if its is family] for family in Family
}


def _categories(counts: Mapping[str, int], picked: Sequence[str]) -> Facet:
    families = dict.fromkeys(Family, 0)
    for category, records in counts.items():
        families[FAMILIES[category]] += records
    bars = []
    for family in sorted(Family, key=lambda family: -families[family]):
        members = _MEMBERS[family]
        here = [category for category in members if category in picked]
        if not (families[family] or here):
            continue
        whole = len(here) == len(members)
        state = "true" if whole else "mixed" if here else "false"
        colour = FAMILY_COLOURS[family]
        bars.append(_bar("family", family, families[family], state, colour))
        narrowed = [] if whole else here
        if here and len(members) > 1:
            bars += [
                _bar("categories", one, counts.get(one, 0), _pressed(one in narrowed), colour)
                for one in sorted(members, key=lambda one: -counts.get(one, 0))
                if one in counts or one in narrowed
            ]
    return {"title": "Subject", "bars": bars, "rest": 0}


def _values(field: str, title: str, counts: Mapping[str, int], picked: Sequence[str]) -> Facet:
    shown = list(dict.fromkeys([*list(counts)[:MOST], *picked]))
    return {
        "title": title,
        "bars": [_bar(field, one, counts.get(one, 0), _pressed(one in picked)) for one in shown],
        "rest": len(counts.keys() - set(shown)),
    }


def _bar(
    kind: str, value: str, records: int, pressed: str, colour: str = "#8d949a"
) -> dict[str, Any]:
    return {
        "kind": kind,
        "value": value,
        "label": value if kind == "actors" else label(value),
        "records": records,
        "pressed": pressed,
        "colour": colour,
    }


def _pressed(on: bool) -> str:
    return "true" if on else "false"
