"""Records as CSV, JSON Lines and GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from bordermap.catalog import Catalog
from bordermap.selection import Selection
from bordermap.snapshot.exports.flat import COLUMNS, flattened, points_of, rows, sources_of
from bordermap.snapshot.notices import license_of

ATTRIBUTION = (
    "bordermap contributors; places from GeoNames (CC BY 4.0) and OpenStreetMap contributors (ODbL)"
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Encoder = Callable[[pa.Table, Catalog, Selection], bytes]


def to_csv(records: pa.Table, catalog: Catalog, selection: Selection) -> bytes:  # noqa: ARG001
    """Return records as CSV: UTF-8, one row a record, lists joined by ``;``.

    A cell that a spreadsheet would take for a formula is prefixed with an apostrophe.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in rows(records):
        writer.writerow(
            {column: _cell(value) for column, value in flattened(record, catalog).items()}
        )
    return text.getvalue().encode()


def to_jsonl(records: pa.Table, catalog: Catalog, selection: Selection) -> bytes:  # noqa: ARG001
    """Return records as JSON Lines: every field, nested, with ISO dates and full sources."""
    lines = (_json({**record, "sources": sources_of(record, catalog)}) for record in rows(records))
    return b"".join(f"{line}\n".encode() for line in lines)


def to_geojson(records: pa.Table, catalog: Catalog, selection: Selection, proof: str = "") -> bytes:
    """Return records as a GeoJSON FeatureCollection (RFC 7946), one feature a record.

    The geometry holds the places that are known to a district or better: a Point, a
    MultiPoint, or null. What is known only to a state or country is no point; it stands
    with its representative coordinates among the properties.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    proof : str
        JSON that is the member ``proof``, if any.
    """
    collection = {
        "type": "FeatureCollection",
        "name": "bordermap",
        "attribution": ATTRIBUTION,
        "license": license_of(records),
        "selection": selection.to_params(),
        **({"proof": json.loads(proof)} if proof else {}),
        "features": [],
    }
    head, tail = _json(collection).rsplit("]", 1)
    features = (_json(_feature(record, catalog)).encode() for record in rows(records))
    return b"".join([head.encode(), b", ".join(features), f"]{tail}".encode()])


def _feature(record: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": record["id"],
        "geometry": _geometry(points_of(record)),
        "properties": {**record, "sources": sources_of(record, catalog)},
    }


FORMATS: Mapping[str, Encoder] = MappingProxyType(
    {".csv": to_csv, ".jsonl": to_jsonl, ".geojson": to_geojson}
)
"""Encoder of each suffix whose files are text."""


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = ";".join(value)
    return disarmed(value) if isinstance(value, str) else value


def disarmed(text: str) -> str:
    """Return the text of a cell so that no spreadsheet takes it for a formula or two rows."""
    guarded = "'" + text if text.startswith(_FORMULA) and not _is_number(text) else text
    return guarded.replace("\r\n", "\n").replace("\r", "\n")  # a lone CR would end the row


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _geometry(points: list[tuple[float, float]]) -> dict[str, Any] | None:
    if not points:
        return None
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "MultiPoint", "coordinates": points}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_iso)


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
