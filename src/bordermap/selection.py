"""What the user picked: one value with several spellings.

The address of the app, the options of the command line and the query of the HTTP
routes are all read into a :class:`Selection` and written from it. An empty field does
not restrict; the values of one field are alternatives, the fields are all required.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlencode

from bordermap import areas
from bordermap.errors import SelectionError
from bordermap.model.vocabulary import (
    FAMILIES,
    Confidence,
    GeoPrecision,
    Kind,
    Scope,
)

BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees, e.g. ``(97.0, 23.0, 99.5, 25.0)``."""

NEAR_GATE_KM = 50.0
"""How near a place must be to a selected gate where ``near_gate_km`` is not given."""

MAX_TEXT = 200
"""Longest text that is searched for; what is beyond it is ignored."""

ALL_DATASETS = "all"
"""Name that stands for the chronology and all imported datasets together."""

_SHOWN = 80
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

_MULTIPLE = {
    "kinds": "kind",
    "categories": "category",
    "regions": "region",
    "gates": "gate",
    "actors": "actor",
    "topics": "topic",
    "sources": "source",
    "scopes": "scope",
    "geo_precision": "precision",
    "confidence": "confidence",
}
_SINGLE = {
    "dataset": "dataset",
    "date_from": "from",
    "date_to": "to",
    "text": "text",
    "near_border_km": "near-border",
    "near_gate_km": "near-gate",
    "bbox": "bbox",
    "area": "area",
}
_TERMS: dict[str, frozenset[str]] = {
    "kinds": frozenset(Kind),
    "categories": frozenset(FAMILIES),
    "scopes": frozenset(Scope),
    "geo_precision": frozenset(GeoPrecision),
    "confidence": frozenset(Confidence),
}
QUERY_KEYS: dict[str, str] = {**_SINGLE, **_MULTIPLE}
"""Field of :class:`Selection` to key of the query string."""


@dataclass(frozen=True)
class Selection:
    """What the user picked.

    Values are kept once each and text without outer white space, so that a selection
    is the same after it was written and read.

    Attributes
    ----------
    dataset : str
        Name of an imported dataset, or `ALL_DATASETS`; empty is the chronology.
    date_from, date_to : datetime.date or None
        First and last day, both inclusive. A record matches when the days that it may
        cover overlap them; an undated record does not match any date.
    kinds, categories, scopes, geo_precision, confidence : tuple of str
        Terms of the vocabularies.
        All scopes are the same as none: they do not restrict.
    regions : tuple of str
        ISO 3166-2 codes of any of a record's places.
    gates : tuple of str
        Gate ids: a place of the record has this as its nearest gate and lies within
        ``near_gate_km`` of it.
    actors, topics, sources : tuple of str
    text : str
        All of its words occur in the title, summary, actors or participants; or it is
        part of a name of one of the places.
    near_border_km, near_gate_km : float or None
        Geodesic kilometres from any of the record's places.
    bbox : tuple of float or None
        West, south, east, north in degrees; any of the record's points lies inside.
    area : tuple of (float, float) or None
        Vertices, longitude and latitude in degrees, of a polygon in which any of the
        record's points lies. Its edges are straight in Web Mercator, as they were drawn
        on the map; where they cross, the even-odd rule says what is inside.

    Raises
    ------
    SelectionError
        If the first day is after the last one, or a distance, box or area makes no sense.
    """

    dataset: str = ""
    date_from: date | None = None
    date_to: date | None = None
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    geo_precision: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ()
    text: str = ""
    near_border_km: float | None = None
    near_gate_km: float | None = None
    bbox: BBox | None = None
    area: areas.Area | None = None

    def __post_init__(self) -> None:
        for field in ("dataset", "text"):
            object.__setattr__(self, field, _clean(getattr(self, field))[:MAX_TEXT].rstrip())
        for field in _MULTIPLE:
            values = map(_clean, getattr(self, field))
            object.__setattr__(self, field, tuple(dict.fromkeys(filter(None, values))))
        for field, terms in _TERMS.items():
            for value in getattr(self, field):
                if value not in terms:
                    wanted = ", ".join(sorted(terms))
                    raise SelectionError(
                        f"{QUERY_KEYS[field]}: {value[:_SHOWN]!r} is not one of {wanted}"
                    )
        if frozenset(Scope) <= frozenset(self.scopes):
            object.__setattr__(self, "scopes", ())
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise SelectionError(f"from {self.date_from} is after to {self.date_to}")
        for field in ("near_border_km", "near_gate_km"):
            value = getattr(self, field)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise SelectionError(f"{QUERY_KEYS[field]}: {value!r} is not a distance in km")
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
                raise SelectionError(f"bbox: {self.bbox} is not west,south,east,north in degrees")
        if self.area is not None:
            object.__setattr__(self, "area", areas.ring(self.area))

    def __bool__(self) -> bool:
        return self != Selection()

    def replace(self, **changes: Any) -> Selection:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self) -> str:
        """Return the query string, without a question mark; empty fields are left out."""
        return urlencode(self.to_params(), doseq=True)

    def to_params(self) -> dict[str, list[str]]:
        """Return the query as a mapping of key to values."""
        params: dict[str, list[str]] = {}
        for field, key in QUERY_KEYS.items():
            value = getattr(self, field)
            if field in _MULTIPLE:
                values = list(value)
            elif value is None or value == "":
                values = []
            elif field == "bbox":
                values = [",".join(repr(degrees) for degrees in value)]
            elif field == "area":
                values = [areas.spelled(value)]
            elif isinstance(value, float):
                values = [f"{value:g}" if float(f"{value:g}") == value else repr(value)]
            else:
                values = [str(value)]
            if values:
                params[key] = values
        return params

    @classmethod
    def from_query(cls, query: str | Mapping[str, Sequence[str]]) -> tuple[Selection, list[str]]:
        """Read a query string, a whole address, or a mapping of key to values.

        Returns
        -------
        selection : Selection
        ignored : list of str
            One line for each value that could not be used; it is left out. Keys that are
            not a selection's (``view``, ``record``, …) are passed over in silence.
        """
        params = _params(query)
        selection, ignored = cls(), []
        for field, key in QUERY_KEYS.items():
            if field in _MULTIPLE:
                kept: list[str] = []
                for value in params.get(key, ()):
                    try:
                        kept += getattr(cls().replace(**{field: (value,)}), field)
                    except SelectionError as error:
                        ignored.append(str(error))
                selection = selection.replace(**{field: tuple(kept)})
            else:
                for value in list(params.get(key, ()))[-1:]:
                    try:
                        selection = selection.replace(**{field: _parsed(field, key, value)})
                    except SelectionError as error:
                        ignored.append(str(error))
        return selection, ignored

    def to_address(self) -> dict[str, list[str]]:
        """Return the query as the dashboard's address: an empty one is its first view.

        A selection that restricts nothing is spelled as all scopes.
        """
        if self == DEFAULT_VIEW:
            return {}
        return self.to_params() or {QUERY_KEYS["scopes"]: [str(scope) for scope in Scope]}

    @classmethod
    def from_address(cls, params: Mapping[str, Sequence[str]]) -> tuple[Selection, list[str]]:
        """Read the dashboard's address; what is returned is that of :meth:`from_query`."""
        selection, ignored = cls.from_query(params)
        is_said = any(params.get(key) for key in QUERY_KEYS.values())
        return selection if is_said else DEFAULT_VIEW, ignored

    def where(
        self, places: Sequence[str] = (), *, one_place: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """Return a condition in DuckDB's SQL over the columns of the record schema.

        The dataset is no part of it: it says which records to ask, not which to leave out.

        Parameters
        ----------
        places : sequence of str
            Ids of the places that ``text`` names, from the gazetteer; their folded names
            where there is one place.
        one_place : bool
            For imported events, whose place is a row of columns and not a list
            (:data:`bordermap.model.event.EVENT_SCHEMA`).

        Returns
        -------
        condition : str
            With named parameters only; no value is spelled out in it.
        parameters : dict
        """
        conditions: list[str] = ["true"]
        parameters: dict[str, Any] = {}
        any_place = _the_place if one_place else _any_place

        def add(condition: str, **values: Any) -> None:
            conditions.append(condition)
            parameters.update(values)

        def among(field: str, column: str) -> None:
            values = {f"{field}{n}": value for n, value in enumerate(getattr(self, field))}
            if values:
                add(f"{column} in ({', '.join(f'${name}' for name in values)})", **values)

        def any_of(field: str, column: str) -> None:
            if getattr(self, field):
                add(f"list_has_any({column}, ${field})", **{field: list(getattr(self, field))})

        if self.date_from:
            end = "date_end >= $date_from" if one_place else _OPEN_END
            add(f"date_precision <> 'unknown' and {end}", date_from=self.date_from)
        if self.date_to:
            start = "date_start <= $date_to" if one_place else _OPEN_START
            add(f"date_precision <> 'unknown' and {start}", date_to=self.date_to)
        for field, column in (
            ("kinds", "kind"),
            ("categories", "category"),
            ("scopes", "scope"),
            ("geo_precision", "geo_precision"),
            ("confidence", "confidence"),
        ):
            among(field, column)
        if one_place:
            among("regions", "region_code")
        else:
            any_of("regions", "region_codes")
        for field in ("actors", "topics", "sources"):
            any_of(field, field)
        if self.gates:
            add(
                any_place("list_contains($gates, place.gate_id) and place.gate_km <= $gate_km"),
                gates=list(self.gates),
                gate_km=NEAR_GATE_KM if self.near_gate_km is None else self.near_gate_km,
            )
        elif self.near_gate_km is not None:
            add("gate_km <= $gate_km", gate_km=self.near_gate_km)
        if self.near_border_km is not None:
            add("border_km <= $border_km", border_km=self.near_border_km)
        if self.bbox is not None:
            west, south, east, north = self.bbox
            add(
                any_place(
                    "place.longitude between $west and $east"
                    " and place.latitude between $south and $north"
                ),
                west=west,
                south=south,
                east=east,
                north=north,
            )
        if self.area is not None:
            inside, vertices = areas.condition(self.area)
            add(any_place(inside), **vertices)
        if words := self.text.split():
            # Each by itself: one sign beyond ASCII makes the folding of a whole text slow.
            texts = ", ".join(map(_folded, ("place_name", *_TEXTS) if one_place else _TEXTS))
            found = " and ".join(
                f"contains(concat_ws(' ', {texts}), {_folded(f'$word{n}')})"
                for n in range(len(words))
            )
            named = any_place("list_contains($text_places, place.place_id)")
            if one_place:
                name = f"regexp_replace({_folded('place_name')}, '[^\\pL\\pN\\pM]', '', 'g')"
                named = f"coalesce(list_contains($text_places, {name}), false)"
            add(
                f"(({found}) or {named})",
                text_places=list(places),
                **{f"word{n}": word for n, word in enumerate(words)},
            )
        return " and ".join(f"({condition})" for condition in conditions), parameters


_OPEN_END = "(date_end is null or date_end >= $date_from)"
_OPEN_START = "(date_start is null or date_start <= $date_to)"
_TEXTS = (
    *("title", "summary", "array_to_string(actors, ' ')", "array_to_string(participants, ' ')"),
)


def _folded(text: str) -> str:
    return f"lower(strip_accents({text}))"


def _clean(text: str) -> str:
    """Return text as it survives UTF-8, without outer white space."""
    return text.encode(errors="replace").decode().strip()


def _any_place(condition: str) -> str:
    return f"len(list_filter(places, lambda place: coalesce({condition}, false))) > 0"


def _the_place(condition: str) -> str:
    return condition.replace("place.", "")


def _params(query: str | Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    if not isinstance(query, str):
        return query
    head, mark, tail = query.strip().partition("#")[0].partition("?")
    if _ADDRESS.match(head) or (mark and "=" not in head):
        return parse_qs(tail)
    return parse_qs(head + mark + tail)


def _parsed(field: str, key: str, value: str) -> Any:
    if field == "area":
        return areas.parsed(value)
    try:
        if field in ("date_from", "date_to"):
            return date.fromisoformat(value)
        if field in ("near_border_km", "near_gate_km"):
            return float(value)
        if field == "bbox":
            west, south, east, north = (float(part) for part in value.split(","))
            return west, south, east, north
    except ValueError:
        wanted = {
            "bbox": "west,south,east,north in degrees",
            "date_from": "a day like 2024-04-01",
            "date_to": "a day like 2024-04-05",
        }.get(field, "a number")
        raise SelectionError(f"{key}: {value[:_SHOWN]!r} is not {wanted}") from None
    return value


DEFAULT_VIEW = Selection(scopes=tuple(s for s in Scope if s is not Scope.CONTEXT))
"""What the dashboard shows before anything is picked: context is left out."""
