"""Rows of the tables to places, gates, sources, claims and record drafts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.tables import Row
from bordermap.catalog.wording import Wording
from bordermap.model import record as model
from bordermap.model.vocabulary import (
    CATEGORIES,
    CURATED_SCOPES,
    POINT_PRECISIONS,
    ActorKind,
    Basis,
    Confidence,
    GateClass,
    GateState,
    GeoPrecision,
    Kind,
    Qualifier,
    RelationType,
    Role,
    SiteClass,
    Topic,
)

_FIGURE = re.compile(r"[a-z][a-z0-9_]*=-?[0-9]{1,15}(\.[0-9]+)?", re.ASCII)
_ROLE_ORDER = {str(role): rank for rank, role in enumerate(Role)}


class Known:
    """What a row may name.

    Parameters
    ----------
    gazetteer : Gazetteer
    sources : collection of str
        Ids.
    actors : iterable of Actor
    """

    def __init__(
        self, gazetteer: Gazetteer, sources: Container[str], actors: Iterable[model.Actor]
    ) -> None:
        self._gazetteer = gazetteer
        self._sources = sources
        self._actors: dict[str, str] = {}
        for actor in actors:
            for name in (actor.id, *actor_names(actor)):
                self._actors[Gazetteer.fold(name)] = actor.name
        self._wording = Wording(name for actor in actors for name in actor_names(actor))

    def place_of(self, row: Row, field: str, place: str) -> None:
        """Note a place that is not in the gazetteer."""
        if place and place not in self._gazetteer.places:
            near = self._gazetteer.suggest(place)
            hint = f"; did you mean {near!r}?" if near else ""
            row.fault(field, f"{place!r} is not in records/places.csv or is faulty there{hint}")

    def sources_of(self, row: Row, field: str) -> None:
        """Note sources that are not in their table, and where there is none."""
        if not row.items(field):
            row.fault(field, "is empty; every row needs a source")
        for source in row.items(field):
            if source not in self._sources:
                row.fault(field, f"{source!r} is not in records/sources.csv or is faulty there")

    def actors_of(self, row: Row, field: str) -> None:
        """Note actors that are not in their table or are spelled otherwise there."""
        for actor in row.items(field):
            name = self._actors.get(Gazetteer.fold(actor))
            if name is None:
                row.fault(field, f"{actor!r} is not in records/actors.csv or is faulty there")
            elif name != actor:
                row.fault(field, f"{actor!r} is spelled {name!r} in records/actors.csv")

    def wording_of(self, row: Row, *fields: str) -> None:
        """Note markup and loaded words."""
        for field in fields:
            for problem in self._wording.problems(row.text(field)):
                row.fault(field, problem)


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


def gate(row: Row, known: Known) -> model.Gate:
    """Return a gate."""
    longitude, latitude = _point(row)
    for field in ("myanmar_place", "china_place"):
        known.place_of(row, field, row.text(field))
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


def actor(row: Row) -> model.Actor:
    """Return an actor."""
    return model.Actor(
        id=row.slug("id"),
        name=row.text("name", required=True),
        name_zh=row.text("name_zh"),
        name_my=row.text("name_my"),
        names_verified=row.flag("names_verified"),
        aliases=row.items("aliases"),
        kind=row.choice("kind", ActorKind),
        country=row.text("country"),
        note=row.text("note"),
    )


def actor_names(actor: model.Actor) -> Iterator[str]:
    """Yield every name of an actor."""
    yield from filter(None, (actor.name, actor.name_zh, actor.name_my, *actor.aliases))


def review(row: Row, checks: frozenset[str]) -> model.Review:
    """Return the reason why something that a check would report is right."""
    return model.Review(
        check=row.choice("check", checks),
        item=row.text("item", required=True),
        other=row.text("other"),
        reason=row.text("reason", required=True),
    )


def relation(row: Row, records: Container[str]) -> model.Relation:
    """Return how two records hang together."""
    for field in ("from_record", "to_record"):
        if (record := row.text(field, required=True)) and record not in records:
            row.fault(field, f"{record!r} is not in records/records.csv or is faulty there")
    if row.text("from_record") == row.text("to_record"):
        row.fault("to_record", "is the record itself")
    return model.Relation(
        from_record=row.text("from_record"),
        to_record=row.text("to_record"),
        type=row.choice("type", RelationType),
        note=row.text("note"),
    )


def gate_status(row: Row, gates: Container[str], known: Known) -> model.GateStatus:
    """Return what a source says of a gate."""
    if (gate := row.text("gate", required=True)) and gate not in gates:
        row.fault("gate", f"{gate!r} is not in records/gates.csv or is faulty there")
    if not row.text("date_edtf"):
        row.fault("date_edtf", "is empty; a status needs a date")
    known.actors_of(row, "holder")
    known.sources_of(row, "sources")
    known.wording_of(row, "statement", "date_note", "notes")
    return model.GateStatus(
        id=row.slug("id"),
        gate=gate,
        status=row.choice("status", GateState),
        holder=row.items("holder"),
        date_edtf=row.partial_date("date_edtf").edtf,
        until_edtf=row.partial_date("until_edtf").edtf,
        basis=row.choice("basis", Basis),
        statement=row.text("statement", required=True),
        date_note=row.text("date_note"),
        dispute=row.text("dispute"),
        sources=row.items("sources"),
        confidence=row.choice("confidence", Confidence),
        notes=row.text("notes"),
    )


def subject(row: Row) -> model.Subject:
    """Return what comparable claims are about."""
    return model.Subject(id=row.slug("id"), name=row.text("name", required=True))


def claim(row: Row, subjects: Container[str], known: Known) -> model.Claim:
    """Return a claim."""
    if (subject := row.slug("subject")) and subject not in subjects:
        row.fault("subject", f"{subject!r} is not in records/subjects.csv or is faulty there")
    value = row.number("value")
    if value is None and not row.text("value"):
        row.fault("value", "is empty and must not be")
    known.place_of(row, "place", row.text("place"))
    row.text("source", required=True)
    known.sources_of(row, "source")
    known.wording_of(row, "statement", "notes")
    return model.Claim(
        id=row.slug("id"),
        subject=subject,
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


def record(row: Row, known: Known) -> Draft:
    """Return a record, not yet joined to its places."""
    kind = row.choice("kind", Kind)
    categories = CATEGORIES.get(Kind(kind), {}) if kind in list(Kind) else {}
    for item in row.items("places"):
        role, _, place = item.partition(":")
        if not place or role not in _ROLE_ORDER:
            row.fault("places", f"{item!r} is not role:place with one of {', '.join(_ROLE_ORDER)}")
        else:
            known.place_of(row, "places", place)
    for topic in row.items("topics"):
        if topic not in list(Topic):
            row.fault("topics", f"{topic!r} is not one of {', '.join(sorted(Topic))}")
    known.actors_of(row, "actors")
    known.sources_of(row, "sources")
    known.wording_of(row, "title", "summary", "date_note", "notes")
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
        scope=row.choice("scope", CURATED_SCOPES),
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
