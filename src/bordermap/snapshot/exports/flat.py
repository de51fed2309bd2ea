"""Records as rows: with what is known of their sources, and flattened to plain columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from bordermap.catalog import Catalog
from bordermap.model.vocabulary import POINT_PRECISIONS

COLUMNS = (
    "id",
    "dataset",
    "kind",
    "category",
    "title",
    "summary",
    "date_start",
    "date_end",
    "date_edtf",
    "date_precision",
    "date_note",
    "places",
    "place_roles",
    "place_ids",
    "place_precisions",
    "longitude",
    "latitude",
    "geo_precision",
    "region_codes",
    "gate_id",
    "gate_km",
    "border_km",
    "actors",
    "participants",
    "topics",
    "figures",
    "fatalities_best",
    "fatalities_low",
    "fatalities_high",
    "scope",
    "sources",
    "source_publishers",
    "source_urls",
    "confidence",
    "notes",
)
"""Of a record that is one row of a table; places, figures and sources are lists of text."""

_ROWS = 10_000
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def rows(records: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield records as mappings of field to value, a few thousand at a time in memory.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    """
    for batch in records.to_batches(max_chunksize=_ROWS):
        columns = [column.to_pylist(maps_as_pydicts="strict") for column in batch.columns]
        for values in zip(*columns, strict=True):
            yield dict(zip(batch.schema.names, values, strict=True))


def flattened(record: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return a record as values of `COLUMNS`: text, numbers, days, lists of text or None."""
    sources = sources_of(record, catalog)
    columns = {
        **record,
        "places": [place["name"] for place in record["places"]],
        "place_roles": [place["role"] for place in record["places"]],
        "place_ids": [place["place_id"] for place in record["places"]],
        "place_precisions": [place["geo_precision"] for place in record["places"]],
        "figures": [f"{name}={_number(value)}" for name, value in record["figures"].items()],
        "source_publishers": [source.get("publisher", "") for source in sources],
        "source_urls": [source.get("url", "").replace(";", "%3B") for source in sources],
    }
    return {column: columns[column] for column in COLUMNS}


def sources_of(record: Mapping[str, Any], catalog: Catalog) -> list[dict[str, Any]]:
    """Return what is known of a record's sources; of one that is not on file, its id."""
    return [
        {
            "id": source.id,
            "publisher": source.publisher,
            "title": source.title,
            "url": source.url,
            "published": source.published,
            "language": source.language,
        }
        if (source := catalog.sources.get(key))
        else {"id": key}
        for key in record["sources"]
    ]


def points_of(record: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Return longitude and latitude of the places known to a district or better, once each."""
    points = (
        (place["longitude"], place["latitude"])
        for place in record["places"]
        if place["geo_precision"] in POINT_PRECISIONS and place["longitude"] is not None
    )
    return list(dict.fromkeys(points))


def for_xml(text: str) -> str:
    """Return text without the characters that XML 1.0 has no way to hold."""
    return _NOT_IN_XML.sub("", text)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
