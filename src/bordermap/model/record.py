"""Records, places, gates, sources and claims; the one Arrow schema of all records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from bordermap.model.dates import PartialDate

PLACE_TYPE = pa.struct(
    [
        pa.field("place_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("longitude", pa.float64()),
        pa.field("latitude", pa.float64()),
        pa.field("geo_precision", pa.string(), nullable=False),
        pa.field("region_code", pa.string()),
        pa.field("gate_id", pa.string()),
        pa.field("gate_km", pa.float64()),
        pa.field("border_km", pa.float64()),
    ]
)

RECORD_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("summary", pa.string()),
        pa.field("date_start", pa.date32()),
        pa.field("date_end", pa.date32()),
        pa.field("date_edtf", pa.string(), nullable=False),
        pa.field("date_precision", pa.string(), nullable=False),
        pa.field("date_note", pa.string()),
        pa.field("places", pa.list_(PLACE_TYPE), nullable=False),
        pa.field("longitude", pa.float64()),
        pa.field("latitude", pa.float64()),
        pa.field("geo_precision", pa.string(), nullable=False),
        pa.field("region_codes", pa.list_(pa.string()), nullable=False),
        pa.field("gate_id", pa.string()),
        pa.field("gate_km", pa.float64()),
        pa.field("border_km", pa.float64()),
        pa.field("actors", pa.list_(pa.string()), nullable=False),
        pa.field("participants", pa.list_(pa.string()), nullable=False),
        pa.field("topics", pa.list_(pa.string()), nullable=False),
        pa.field("figures", pa.map_(pa.string(), pa.float64()), nullable=False),
        pa.field("fatalities_best", pa.int32()),
        pa.field("fatalities_low", pa.int32()),
        pa.field("fatalities_high", pa.int32()),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("sources", pa.list_(pa.string()), nullable=False),
        pa.field("confidence", pa.string(), nullable=False),
        pa.field("notes", pa.string()),
    ]
)
"""One row per record, curated and imported alike.

``longitude`` and ``latitude`` are those of the most exactly known place where the record
was, or else of one that it concerns (WGS 84, degrees); ``gate_km`` and ``border_km``
are geodesic kilometres from the nearest of the record's places that are known to a
district or better. Dates are calendar days, both inclusive; a null ``date_end`` beside
a ``date_start`` is still open.
"""


@dataclass(frozen=True)
class Place:
    """A place of the gazetteer.

    Attributes
    ----------
    longitude, latitude : float or None
        WGS 84 degrees; None where the place is an area or could not be placed.
    region : str or None
        ISO 3166-2 code.
    """

    id: str
    name: str
    name_zh: str
    name_my: str
    aliases: tuple[str, ...]
    names_verified: bool
    country: str
    region: str | None
    kind: str
    longitude: float | None
    latitude: float | None
    geo_precision: str
    coordinate_source: str
    site_class: str
    note: str


@dataclass(frozen=True)
class Gate:
    """A border gate or crossing between Myanmar and China.

    Attributes
    ----------
    longitude, latitude : float or None
        WGS 84 degrees; None where no source gives a point.
    """

    id: str
    name: str
    name_zh: str
    name_my: str
    names_verified: bool
    aliases: tuple[str, ...]
    myanmar_side: str
    china_side: str
    myanmar_place: str
    china_place: str
    gate_class: str
    modes: tuple[str, ...]
    region: str | None
    myanmar_township: str
    yunnan_prefecture: str
    yunnan_county: str
    longitude: float | None
    latitude: float | None
    geo_precision: str
    coordinate_source: str
    sources: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Source:
    """Where a record or a claim comes from."""

    id: str
    publisher: str
    title: str
    url: str
    published: date | None
    accessed: date | None
    language: str
    reprint_of: str
    note: str

    def __str__(self) -> str:
        when = f", {PartialDate.parse(self.published.isoformat())}" if self.published else ""
        return self.publisher + when


@dataclass(frozen=True)
class Actor:
    """A party that takes part in records.

    Attributes
    ----------
    name : str
        As the ``actors`` of records spell it.
    """

    id: str
    name: str
    name_zh: str
    name_my: str
    names_verified: bool
    aliases: tuple[str, ...]
    kind: str
    country: str
    note: str


@dataclass(frozen=True)
class Relation:
    """How one record hangs together with another."""

    from_record: str
    to_record: str
    type: str
    note: str

    @property
    def id(self) -> str:
        """Return what makes the relation one of its kind."""
        return f"{self.from_record} {self.type} {self.to_record}"


@dataclass(frozen=True)
class GateStatus:
    """What a source says of a gate from a day on.

    Attributes
    ----------
    holder : tuple of str
        Names of the actors that hold the Myanmar side; empty where the source is silent.
    until_edtf : str
        When the status ended; empty where no source says so.
    basis : str
        Whether the source tells of a change or of the state that was found.
    dispute : str
        Name shared by rows of a gate that give different versions of one change.
    """

    id: str
    gate: str
    status: str
    holder: tuple[str, ...]
    date_edtf: str
    until_edtf: str
    basis: str
    statement: str
    date_note: str
    dispute: str
    sources: tuple[str, ...]
    confidence: str
    notes: str


@dataclass(frozen=True)
class Review:
    """Why something that a check would report is right nevertheless."""

    check: str
    item: str
    other: str
    reason: str

    @property
    def id(self) -> str:
        """Return what makes the review one of its kind."""
        return " ".join((self.check, *sorted((self.item, self.other))))


@dataclass(frozen=True)
class Subject:
    """What comparable claims are about."""

    id: str
    name: str


@dataclass(frozen=True)
class Claim:
    """A figure that a source states, as of a date; not an event."""

    id: str
    subject: str
    statement: str
    value: float
    qualifier: str
    unit: str
    date_edtf: str
    place: str
    source: str
    confidence: str
    notes: str
