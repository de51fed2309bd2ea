"""Where events were: coordinates, how exact they are, and the stated region."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.importers.codes import CodeTable
from bordermap.importers.coding import chosen, coded
from bordermap.importers.columns import Columns, Words
from bordermap.importers.issues import Issues
from bordermap.importers.numbers import numbers
from bordermap.importers.regions import resolve
from bordermap.model.vocabulary import GeoPrecision


@dataclass(frozen=True)
class Coordinates:
    """Degrees of WGS 84, NaN where an event has no place."""

    longitude: npt.NDArray[np.float64]
    latitude: npt.NDArray[np.float64]

    @property
    def placed(self) -> npt.NDArray[np.bool_]:
        """Which events have a place."""
        return ~np.isnan(self.longitude)


def coordinates(columns: Columns, issues: Issues) -> Coordinates:
    """Read coordinates; what cannot be a place is dropped, what was exchanged is put right."""
    if not (columns.names("longitude") and columns.names("latitude")):
        nothing = np.full(columns.rows, np.nan)
        return Coordinates(nothing, nothing)
    fields = ("latitude", "longitude")
    texts = [columns.text(field) for field in fields]
    (y, no_y), (x, no_x) = (numbers(text) for text in texts)
    for field, text, unreadable in zip(fields, texts, (no_y, no_x), strict=True):
        issues.repaired(
            columns.named(field), unreadable, text, "is not a coordinate; kept without a place"
        )
    alone = (np.isnan(x) != np.isnan(y)) & ~no_x & ~no_y
    field = ", ".join(columns.named(field) for field in fields)
    empty = pa.scalar("", pa.string())
    both = pc.binary_join_element_wise(*(pc.fill_null(text, empty) for text in texts), ", ")
    issues.repaired(field, alone, both, "is only one of two coordinates; kept without a place")
    null_island = (x == 0) & (y == 0)
    issues.repaired(field, null_island, both, "stands for no place; kept without a place")
    exchanged = (np.abs(y) > 90) & (np.abs(y) <= 180) & (np.abs(x) <= 90)
    issues.repaired(field, exchanged, both, "latitude and longitude were exchanged; put right")
    x, y = np.where(exchanged, y, x), np.where(exchanged, x, y)
    outside = (np.abs(y) > 90) | (np.abs(x) > 180)
    issues.repaired(field, outside, both, "is out of range; kept without a place")
    nowhere = np.isnan(x) | np.isnan(y) | null_island | outside
    return Coordinates(np.where(nowhere, np.nan, x), np.where(nowhere, np.nan, y))


def geo_precision(
    columns: Columns,
    codes: abc.Mapping[str, abc.Mapping[str, str]],
    placed: npt.NDArray[np.bool_],
    issues: Issues,
) -> pa.StringArray:
    """Return how exactly places are known; what has no coordinates has no place."""
    terms, rows = coded(
        "geo_precision", columns, codes, str(GeoPrecision.COUNTRY), issues, among=placed
    )
    last = len(terms) - 1
    known = np.where(rows < 0, last, rows)
    return chosen([*terms, str(GeoPrecision.NONE)], np.where(placed, known, last + 1))


def stated_region(
    words: Words, codes: abc.Mapping[str, str], names: abc.Mapping[str, str]
) -> pa.StringArray:
    """Return the ISO 3166-2 codes of the regions that a file states, null where not known."""
    table = CodeTable("region", codes)
    found = [table.find([text]) or resolve(text, names) for text in words.texts.to_pylist()]
    return words.spread(pa.array(found, pa.string()))
