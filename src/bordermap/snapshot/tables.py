"""Records as CSV, JSON Lines, GeoJSON and Excel, and files that are whole or not there."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from bordermap.catalog import Catalog
from bordermap.errors import OutputError
from bordermap.model.vocabulary import GeoPrecision
from bordermap.selection import Selection
from bordermap.snapshot.notices import license_of

ATTRIBUTION = (
    "bordermap contributors; places from GeoNames (CC BY 4.0) and OpenStreetMap contributors (ODbL)"
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHEET_ROWS = 1_048_575
_CELL_CHARACTERS = 32_767
_PLACED = frozenset({GeoPrecision.EXACT, GeoPrecision.NEAR, GeoPrecision.DISTRICT})

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
    writer = csv.DictWriter(text, _CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in _rows(records):
        writer.writerow({column: _cell(value) for column, value in _flat(record, catalog).items()})
    return text.getvalue().encode()


def to_jsonl(records: pa.Table, catalog: Catalog, selection: Selection) -> bytes:  # noqa: ARG001
    """Return records as JSON Lines: every field, nested, with ISO dates and full sources."""
    lines = (_json({**record, "sources": _sources(record, catalog)}) for record in _rows(records))
    return "".join(line + "\n" for line in lines).encode()


def to_geojson(records: pa.Table, catalog: Catalog, selection: Selection) -> bytes:
    """Return records as a GeoJSON FeatureCollection (RFC 7946), one feature a record.

    The geometry holds the places that are known to a district or better: a Point, a
    MultiPoint, or null. What is known only to a state or country is no point; it stands
    with its representative coordinates among the properties.
    """
    features = []
    for record in _rows(records):
        points = [
            [place["longitude"], place["latitude"]]
            for place in record["places"]
            if place["geo_precision"] in _PLACED and place["longitude"] is not None
        ]
        features.append(
            {
                "type": "Feature",
                "id": record["id"],
                "geometry": _geometry(points),
                "properties": {**record, "sources": _sources(record, catalog)},
            }
        )
    collection = {
        "type": "FeatureCollection",
        "name": "bordermap",
        "attribution": ATTRIBUTION,
        "license": license_of(records),
        "selection": selection.to_params(),
        "features": features,
    }
    return _json(collection).encode()


def to_xlsx(records: pa.Table, catalog: Catalog, selection: Selection) -> bytes:  # noqa: ARG001
    """Return records as an Excel workbook with the columns of the CSV, one row a record.

    Text is stored as text, so that nothing in it is run as a formula. A cell that is longer
    than Excel allows is cut.

    Raises
    ------
    OutputError
        If there are more records than a sheet holds.
    """
    if len(records) > _SHEET_ROWS:
        raise OutputError(
            f"{len(records):,} records are too many for a sheet of Excel, which holds"
            f" {_SHEET_ROWS:,}; take CSV"
        )
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("records")
    sheet.freeze_panes = "B2"
    sheet.append(_CSV_COLUMNS)
    for record in _rows(records):
        sheet.append([_typed(sheet, value) for value in _flat(record, catalog).values()])
    body = io.BytesIO()
    workbook.save(body)
    return body.getvalue()


def _typed(sheet: Any, value: Any) -> Any:
    if isinstance(value, list):
        value = ";".join(value)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:_CELL_CHARACTERS])
    cell.data_type = "s"
    return cell


FORMATS: Mapping[str, Encoder] = MappingProxyType(
    {".csv": to_csv, ".jsonl": to_jsonl, ".geojson": to_geojson, ".xlsx": to_xlsx}
)
"""Encoder of each file name suffix."""


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file so that it is there in full or not at all.

    Parameters
    ----------
    path : Path
    data : bytes or iterable of bytes
        All of it, or its pieces.

    Raises
    ------
    OutputError
        If it cannot be written; what stood there before still does.
    """
    partial = path.parent / f".{secrets.token_hex(6)}.part"
    try:
        if path.exists() and not path.is_file():  # a device, a pipe: nothing to replace
            _write(path, data)
            return
        _write(partial, data)
        os.replace(partial, path)  # noqa: PTH105
    except OSError as error:
        _discard(partial)
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"{path} cannot be written: {reason}") from None
    except BaseException:
        _discard(partial)
        raise


def _write(path: Path, data: bytes | Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)


def _discard(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return


_CSV_COLUMNS = (
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


def _rows(records: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in records.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist(maps_as_pydicts="strict")


def _flat(record: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    sources = _sources(record, catalog)
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
    return {column: columns[column] for column in _CSV_COLUMNS}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = ";".join(value)
    return disarmed(value) if isinstance(value, str) else value


def disarmed(text: str) -> str:
    """Return the text of a cell so that no spreadsheet takes it for a formula or two rows."""
    guarded = "'" + text if text.startswith(_FORMULA) and not _is_number(text) else text
    return guarded.replace("\r\n", "\n").replace("\r", "\n")  # a lone CR would end the row


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _sources(record: Mapping[str, Any], catalog: Catalog) -> list[dict[str, Any]]:
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


def _geometry(points: list[list[float]]) -> dict[str, Any] | None:
    unique = list(map(list, dict.fromkeys(map(tuple, points))))
    if not unique:
        return None
    if len(unique) == 1:
        return {"type": "Point", "coordinates": unique[0]}
    return {"type": "MultiPoint", "coordinates": unique}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_iso)


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
