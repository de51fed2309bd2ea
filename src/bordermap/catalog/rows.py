"""Rows of the tables to places, gates, sources, claims and record drafts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.tables import Row
from bordermap.model import record as model
from bordermap.model.vocabulary import (
    CATEGORIES,
    Confidence,
    GateClass,
    GeoPrecision,
    Kind,
    Qualifier,
    Role,
    Scope,
    SiteClass,
)

POINT_PRECISIONS = (GeoPrecision.EXACT, GeoPrecision.NEAR, GeoPrecision.DISTRICT)
"""Precisions that come with a point; the worse ones are areas."""

_FIGURE = re.compile(r"[a-z][a-z0-9_]*=-?[0-9]{1,15}(\.[0-9]+)?", re.ASCII)
_ROLE_ORDER = {str(role): rank for rank, role in enumerate(Role)}


def source(row: Row) -> model.Source:
    """Return a source."""
    url = row.text("url", required=True)
    _web_addresses(row, "url", [url])
    return model.Source(
        id=row.slug("id"),
        publisher=row.text("publisher", required=True),
        title=row.text("title", required=True),
        url=url,
        published=row.day("published"),
        accessed=row.day("accessed"),
        language=row.text("language", required=True),
        reprint_of=row.text("reprint_of"),
        note=row.text("note"),
    )


def _point(row: Row) -> tuple[float | None, float | None]:
    longitude = row.number("longitude", -180, 180)
    latitude = row.number("latitude", -90, 90)
    if (longitude is None) != (latitude is None):
        row.fault("longitude", "and latitude must be given both or neither")
    return longitude, latitude


def place(row: Row) -> model.Place:
    """Return a place of the gazetteer."""
    longitude, latitude = _point(row)
    precision = row.choice("geo_precision", GeoPrecision)
    if longitude is None and precision in POINT_PRECISIONS:
        row.fault("geo_precision", f"{precision!r} needs a longitude and latitude")
    return model.Place(
        id=row.slug("id"),
        name=row.text("name", required=True),
        name_zh=row.text("name_zh"),
        name_my=row.text("name_my"),
        aliases=row.items("aliases"),
        names_verified=row.flag("names_verified"),
        country=row.text("country"),
        region=row.region("region"),
        kind=row.text("kind", required=True),
        longitude=longitude,
        latitude=latitude,
        geo_precision=precision,
        coordinate_source=row.text("coordinate_source", required=longitude is not None),
        site_class=row.choice("site_class", SiteClass, empty=True),
        note=row.text("note"),
    )


def gate(row: Row, gazetteer: Gazetteer) -> model.Gate:
    """Return a gate."""
    longitude, latitude = _point(row)
    for field in ("myanmar_place", "china_place"):
        _known_place(row, field, row.text(field), gazetteer)
    _web_addresses(row, "sources", row.items("sources"))
    return model.Gate(
        id=row.slug("id"),
        name=row.text("name", required=True),
        name_zh=row.text("name_zh"),
        name_my=row.text("name_my"),
        names_verified=row.flag("names_verified"),
        aliases=row.items("aliases"),
        myanmar_side=row.text("myanmar_side"),
        china_side=row.text("china_side"),
        myanmar_place=row.text("myanmar_place"),
        china_place=row.text("china_place"),
        gate_class=row.choice("gate_class", GateClass),
        modes=row.items("modes"),
        region=row.region("region"),
        myanmar_township=row.text("myanmar_township"),
        yunnan_prefecture=row.text("yunnan_prefecture"),
        yunnan_county=row.text("yunnan_county"),
        longitude=longitude,
        latitude=latitude,
        geo_precision=row.choice("geo_precision", GeoPrecision),
        coordinate_source=row.text("coordinate_source", required=longitude is not None),
        sources=row.items("sources"),
        note=row.text("note"),
    )


def claim(
    row: Row, gazetteer: Gazetteer, sources: Mapping[str, tuple[Row, model.Source]]
) -> model.Claim:
    """Return a claim."""
    value = row.number("value")
    if value is None and not row.text("value"):
        row.fault("value", "is empty and must not be")
    _known_place(row, "place", row.text("place"), gazetteer)
    _known_sources(row, "source", [row.text("source", required=True)], sources)
    return model.Claim(
        id=row.slug("id"),
        subject=row.slug("subject"),
        statement=row.text("statement", required=True),
        value=value or 0.0,
        qualifier=row.choice("qualifier", Qualifier),
        unit=row.text("unit", required=True),
        date_edtf=row.partial_date("date_edtf").edtf,
        place=row.text("place"),
        source=row.text("source"),
        confidence=row.choice("confidence", Confidence),
        notes=row.text("notes"),
    )


@dataclass(frozen=True)
class Draft:
    """A record as its row has it, before it is joined to places, gates and border."""

    id: str
    kind: str
    category: str
    title: str
    summary: str
    date_edtf: str
    date_note: str
    places: tuple[str, ...]
    actors: tuple[str, ...]
    participants: tuple[str, ...]
    topics: tuple[str, ...]
    figures: tuple[tuple[str, float], ...]
    fatalities_best: int | None
    fatalities_low: int | None
    fatalities_high: int | None
    scope: str
    sources: tuple[str, ...]
    confidence: str
    notes: str
    roles: tuple[tuple[str, str], ...] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        pairs = [item.partition(":")[::2] for item in self.places]
        ordered = sorted(pairs, key=lambda pair: _ROLE_ORDER.get(pair[0], len(_ROLE_ORDER)))
        object.__setattr__(self, "roles", tuple(ordered))


def record(
    row: Row, gazetteer: Gazetteer, sources: Mapping[str, tuple[Row, model.Source]]
) -> Draft:
    """Return a record, not yet joined to its places."""
    kind = row.choice("kind", Kind)
    categories = CATEGORIES.get(Kind(kind), {}) if kind in list(Kind) else {}
    for item in row.items("places"):
        role, _, place = item.partition(":")
        if not place or role not in _ROLE_ORDER:
            row.fault("places", f"{item!r} is not role:place with one of {', '.join(_ROLE_ORDER)}")
        else:
            _known_place(row, "places", place, gazetteer)
    if not row.items("sources"):
        row.fault("sources", "is empty; every record needs a source")
    _known_sources(row, "sources", row.items("sources"), sources)
    return Draft(
        id=row.slug("id"),
        kind=kind,
        category=row.choice("category", frozenset(categories)) if categories else "",
        title=row.text("title", required=True),
        summary=row.text("summary"),
        date_edtf=row.partial_date("date_edtf").edtf,
        date_note=row.text("date_note"),
        places=row.items("places"),
        actors=row.items("actors"),
        participants=row.items("participants"),
        topics=row.items("topics"),
        figures=_figures(row),
        fatalities_best=row.count("fatalities_best"),
        fatalities_low=row.count("fatalities_low"),
        fatalities_high=row.count("fatalities_high"),
        scope=row.choice("scope", Scope),
        sources=row.items("sources"),
        confidence=row.choice("confidence", Confidence),
        notes=row.text("notes"),
    )


def _figures(row: Row) -> tuple[tuple[str, float], ...]:
    figures: dict[str, float] = {}
    for item in row.items("figures"):
        name, _, value = item.partition("=")
        if not _FIGURE.fullmatch(item):
            row.fault("figures", f"{item!r} is not name=number, the name in snake_case")
        elif name in figures:
            row.fault("figures", f"{name!r} is given twice")
        else:
            figures[name] = float(value)
    return tuple(figures.items())


def _web_addresses(row: Row, field: str, urls: Sequence[str]) -> None:
    for url in urls:
        if url and not url.startswith(("https://", "http://")):
            row.fault(field, f"{url!r} is not a web address")


def _known_place(row: Row, field: str, place: str, gazetteer: Gazetteer) -> None:
    if place and place not in gazetteer.places:
        near = gazetteer.suggest(place)
        hint = f"; did you mean {near!r}?" if near else ""
        row.fault(field, f"{place!r} is not in records/places.csv or is faulty there{hint}")


def _known_sources(
    row: Row, field: str, ids: Sequence[str], sources: Mapping[str, tuple[Row, model.Source]]
) -> None:
    for source in ids:
        if source and source not in sources:
            row.fault(field, f"{source!r} is not in records/sources.csv or is faulty there")
