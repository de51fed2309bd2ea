"""A selection in words: titles, chips, citations and file names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from bordermap.areas import Area, bounds
from bordermap.catalog import Catalog
from bordermap.catalog.join import CURATED
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import FAMILIES, Family, Kind, label
from bordermap.selection import ALL_DATASETS, DEFAULT_VIEW, BBox, Selection

WITHOUT_CONTEXT = "without context"
"""Stands for all scopes but context, the usual restriction, in one chip."""

MAX_TITLE = 200
"""Longest title, in characters; a longer one ends in an ellipsis."""

_MAX_FILENAME = 120
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Chip(NamedTuple):
    """One active restriction: its field, the value that it adds there, and its words."""

    field: str
    value: Any
    words: str


def plain(text: str, limit: int | None = None) -> str:
    """Return text on one line, without control and formatting characters.

    Parameters
    ----------
    limit : int, optional
        Longest result, in characters; a longer text ends in an ellipsis.
    """
    kept = "".join(" " if unicodedata.category(c) in _DROPPED else c for c in text)
    line = " ".join(kept.split())
    if limit is not None and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return line


def day(value: date) -> str:
    """Return a day as in ``5 Apr 2024``."""
    return str(PartialDate.parse(value.isoformat()))


def period(first: date | None, last: date | None) -> str:
    """Return a range of days, either end of which may be open; empty where both are."""
    if first is None and last is None:
        return ""
    if first == last and first is not None:
        return day(first)
    ends = (".." if end is None else end.isoformat() for end in (first, last))
    return str(PartialDate.parse("/".join(ends)))


def listed(items: Sequence[str]) -> str:
    """Return items as in ``Shan State, Kachin State and Yunnan``."""
    head = ", ".join(items[:-1])
    return f"{head} and {items[-1]}" if head else "".join(items)


def title(selection: Selection, catalog: Catalog | None = None) -> str:
    """Return what, where and when, and every other restriction of the selection.

    Parameters
    ----------
    catalog : Catalog, optional
        Gives gates and sources their names; without it their ids stand.

    Examples
    --------
    >>> title(Selection(regions=("MM-17", "MM-11"), date_from=date(2023, 10, 27)))
    'Incidents and meetings, Shan State and Kachin State, since 27 Oct 2023'
    """
    say = _phrases(catalog)
    parts = [_subject(selection)]
    for field, phrase in say.items():
        values = _values(selection, field)
        if values and values != (WITHOUT_CONTEXT,) and field not in _SAID_ELSEWHERE:
            parts.append(phrase.prefix + listed([phrase.words(value) for value in values]))
    if len(parts) == 1:
        parts.append("China–Myanmar border")
    if when := period(selection.date_from, selection.date_to):
        parts.append(when)
    return plain(", ".join(parts))


def chips(selection: Selection, catalog: Catalog) -> list[Chip]:
    """Return every active restriction, each of which :func:`without` takes away."""
    return [
        Chip(field, value, plain(phrase.prefix + phrase.words(value)))
        for field, phrase in _phrases(catalog).items()
        for value in _values(selection, field)
    ]


def without(selection: Selection, field: str, value: Any) -> Selection:
    """Return the selection without one restriction."""
    if value == WITHOUT_CONTEXT:
        return selection.replace(scopes=())
    if isinstance(value, Family):
        kept = tuple(one for one in selection.categories if FAMILIES[one] is not value)
        return selection.replace(categories=kept)
    if field in _MULTIPLE_FIELDS:
        kept = tuple(one for one in getattr(selection, field) if one != value)
        return selection.replace(**{field: kept})
    return selection.replace(**{field: getattr(Selection(), field)})


def dataset(name: str) -> str:
    """Return words for the name of a dataset, as a selection spells it."""
    if name in ("", CURATED):
        return "Chronology"
    return "All datasets" if name == ALL_DATASETS else f"Dataset {name}"


def citation(
    selection: Selection, made_on: date, version: str, catalog: Catalog | None = None
) -> str:
    """Return how to cite a map or table of the selection."""
    query = selection.to_query()
    what = f"{title(selection, catalog)} [{query}]" if query else title(selection, catalog)
    return f"bordermap {version} ({made_on.year}). {what}. Made on {day(made_on)}."


def filename(selection: Selection, suffix: str) -> str:
    """Return a name for a download, with letters, digits, ``-``, ``_`` and ``.`` only.

    Examples
    --------
    >>> filename(Selection(date_from=date(2024, 4, 1), regions=("MM-11",)), ".png")
    'bordermap_from-2024-04-01_MM-11.png'
    """
    parts = ["bordermap"]
    if selection.date_from and selection.date_to:
        parts += [str(selection.date_from), str(selection.date_to)]
    elif selection.date_from or selection.date_to:
        first, last = selection.date_from, selection.date_to
        parts.append(f"from-{first}" if first else f"to-{last}")
    for field in ("regions", "gates", "kinds", "categories", "actors", "topics"):
        parts += _values(selection, field)
    parts.append(selection.text)
    slugs = (re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-") for part in parts)
    stem = "_".join(slug for slug in slugs if slug)
    return stem[: _MAX_FILENAME - len(suffix)].rstrip("-_") + suffix


def _values(selection: Selection, field: str) -> tuple[Any, ...]:
    value = getattr(selection, field)
    if field == "scopes" and set(value) == set(DEFAULT_VIEW.scopes):
        return (WITHOUT_CONTEXT,)
    if field == "categories":
        return _grouped(value)
    if field in _MULTIPLE_FIELDS:
        return tuple(value)
    return () if value in (None, "") else (value,)


def _grouped(categories: Sequence[str]) -> tuple[str, ...]:
    """Return categories, in the place of all those of one family the family."""
    sizes = Counter(FAMILIES.values())
    picked = Counter(FAMILIES[one] for one in categories)
    return tuple(
        dict.fromkeys(
            family if picked[family] == sizes[family] > 1 else one
            for one in categories
            for family in [FAMILIES[one]]
        )
    )


def _subject(selection: Selection) -> str:
    if selection.categories:
        names = [label(one) for one in _grouped(selection.categories)]
        return listed([names[0], *(_lower(name) for name in names[1:])])
    kinds = [kind for kind in Kind if not selection.kinds or kind in selection.kinds]
    return listed([f"{kind}s" for kind in kinds]).capitalize()


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


class _Phrase(NamedTuple):
    prefix: str
    words: Callable[[Any], str]


def _phrases(catalog: Catalog | None) -> Mapping[str, _Phrase]:
    def gate(key: str) -> str:
        return catalog.gates[key].name if catalog and key in catalog.gates else key

    def source(key: str) -> str:
        return str(catalog.sources[key]) if catalog and key in catalog.sources else key

    def kilometres(value: float) -> str:
        return f"{value:g} km"

    return {
        "kinds": _Phrase("", lambda kind: f"{kind}s".capitalize()),
        "categories": _Phrase("", label),
        "regions": _Phrase("", label),
        "gates": _Phrase("near ", gate),
        "near_gate_km": _Phrase("at most ", lambda value: f"{kilometres(value)} from a gate"),
        "near_border_km": _Phrase("at most ", lambda value: f"{kilometres(value)} from the border"),
        "actors": _Phrase("with ", str),
        "topics": _Phrase("about ", lambda topic: _lower(label(topic))),
        "text": _Phrase("", lambda text: f"“{text}”"),
        "scopes": _Phrase("", _scope),
        "sources": _Phrase("as reported by ", source),
        "geo_precision": _Phrase("place known to ", lambda value: _lower(label(value))),
        "confidence": _Phrase("confidence ", _lower),
        "dataset": _Phrase("", lambda name: _lower(dataset(name))),
        "bbox": _Phrase("within ", _box),
        "area": _Phrase("within ", _drawn),
        "date_from": _Phrase("since ", day),
        "date_to": _Phrase("until ", day),
    }


_MULTIPLE_FIELDS = frozenset(
    field for field, value in vars(Selection()).items() if isinstance(value, tuple)
)
_SAID_ELSEWHERE = frozenset({"kinds", "categories", "date_from", "date_to"})


def _scope(scope: str) -> str:
    return "Context left out" if scope == WITHOUT_CONTEXT else f"scope {_lower(label(scope))}"


def _box(box: BBox) -> str:
    west, south, east, north = box
    return (
        f"{_degrees(west, 'W', 'E')} – {_degrees(east, 'W', 'E')},"
        f" {_degrees(south, 'S', 'N')} – {_degrees(north, 'S', 'N')}"
    )


def _drawn(area: Area) -> str:
    return f"a drawn area, {_box(bounds(area))}"


def _degrees(value: float, negative: str, positive: str) -> str:
    return f"{abs(value):.4g}° {negative if value < 0 else positive}"
