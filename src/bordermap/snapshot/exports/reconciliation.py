"""Two datasets side by side as one table."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from bordermap.analysis.reconcile import Reconciliation
from bordermap.snapshot.exports.tables import disarmed

COLUMNS = (
    "id",
    "date_edtf",
    "date_start",
    "date_end",
    "category",
    "title",
    "places",
    "geo_precision",
    "longitude",
    "latitude",
)
"""Columns of the record schema that the table holds for each record."""

_SIDES = ("first", "second")
_HEAD = (
    "status",
    "days",
    "km",
    *(f"{side}_{column}" for side in _SIDES for column in (*COLUMNS, "further_candidates")),
)


def to_csv(found: Reconciliation, first: pa.Table, second: pa.Table) -> bytes:
    """Return a reconciliation as CSV: UTF-8, one row a match or a record without one.

    ``status`` is ``matched``, ``only in first``, ``only in second`` or ``cannot be
    compared``. ``further_candidates`` are ids of the other dataset. Cells are disarmed as in
    `bordermap.snapshot.exports.tables.to_csv`.

    Parameters
    ----------
    found : Reconciliation
    first, second : pyarrow.Table
        `COLUMNS` of all records that were compared, by row.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    records = [table.select(COLUMNS).to_pylist() for table in (first, second)]
    further = _further(found, [[record["id"] for record in side] for side in records])
    for status, days, km, *rows in _rows(found):
        cells: list[Any] = [status, days, km]
        for side, row in enumerate(rows):
            if row is None:
                cells += [None] * (len(COLUMNS) + 1)
            else:
                cells += [*_cells(records[side][row]), ";".join(further[side][row])]
        writer.writerow([disarmed(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue().encode()


def _rows(
    found: Reconciliation,
) -> Iterator[tuple[str, int | None, float | None, int | None, int | None]]:
    for pair in found.matches.to_pylist():
        yield "matched", pair["days"], pair["km"], pair["first"], pair["second"]
    for row in found.only_first.tolist():
        yield "only in first", None, None, row, None
    for row in found.only_second.tolist():
        yield "only in second", None, None, None, row
    for row in found.incomparable_first.tolist():
        yield "cannot be compared", None, None, row, None
    for row in found.incomparable_second.tolist():
        yield "cannot be compared", None, None, None, row


def _further(found: Reconciliation, ids: list[list[str]]) -> list[dict[int, list[str]]]:
    """Return ids of the other dataset by row, for each of the two."""
    result: list[dict[int, list[str]]] = [defaultdict(list), defaultdict(list)]
    columns = (found.further[side].to_pylist() for side in _SIDES)
    for one, other in zip(*columns, strict=True):
        result[0][one].append(ids[1][other])
        result[1][other].append(ids[0][one])
    return result


def _cells(record: dict[str, Any]) -> Iterator[Any]:
    names = dict.fromkeys(place["name"] for place in record["places"])
    yield from {**record, "places": ";".join(names)}.values()
