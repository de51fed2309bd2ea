"""Which records of two datasets may be the same event, and what only one of them has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import Geod, Transformer

from bordermap.errors import SelectionError
from bordermap.model.vocabulary import FAMILIES, POINT_PRECISIONS, Family

COLUMNS = ("id", "date_start", "date_end", "longitude", "latitude", "geo_precision", "category")
"""What is read of a record."""

DAYS = 3
KILOMETRES = 20.0

MOST_DAYS = 366
MOST_KILOMETRES = 1000.0

MOST_PAIRS = 5_000_000
"""Most candidates that are held at once."""

PAIRS = pa.schema(
    [
        pa.field("first", pa.int64()),
        pa.field("second", pa.int64()),
        pa.field("days", pa.int32()),
        pa.field("km", pa.float64()),
    ]
)
"""Pairs of records: the rows of both, the days and the kilometres between them."""

_FAMILIES = list(Family)
_GEOD = Geod(ellps="WGS84")
_TO_GEOCENTRIC = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
_LEAST_CELL_KM = 1.0
_LEAST_SPAN_DAYS = 31
_BATCH = 100_000
_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """Two datasets side by side.

    Attributes
    ----------
    matches : pyarrow.Table
        `PAIRS`, each record in one at most, the closest first.
    further : pyarrow.Table
        `PAIRS`: the other candidates, of which one record at least is matched already.
    only_first, only_second : array of int
        Rows that are compared and have no match, ascending.
    incomparable_first, incomparable_second : array of int
        Rows that are undated or not placed to a district or better, ascending.
    """

    matches: pa.Table
    further: pa.Table
    only_first: IntArray
    only_second: IntArray
    incomparable_first: IntArray
    incomparable_second: IntArray

    def within(self, first: IntArray, second: IntArray) -> Reconciliation:
        """Return what concerns some rows of the two datasets: a pair if either is among them.

        Who is matched with whom stays as it is.
        """

        def pairs(table: pa.Table) -> pa.Table:
            either = np.isin(table["first"], first) | np.isin(table["second"], second)
            return table.filter(pa.array(either))

        return Reconciliation(
            pairs(self.matches),
            pairs(self.further),
            np.intersect1d(self.only_first, first),
            np.intersect1d(self.only_second, second),
            np.intersect1d(self.incomparable_first, first),
            np.intersect1d(self.incomparable_second, second),
        )


def reconcile(
    first: pa.Table,
    second: pa.Table,
    *,
    days: int = DAYS,
    kilometres: float = KILOMETRES,
    same_family: bool = True,
    most_pairs: int = MOST_PAIRS,
) -> Reconciliation:
    """Match the records of two datasets in time and space, one to one.

    A record is compared if it is dated and placed to a district or better. Two such
    records are candidates if the days that their dates may cover are at most `days`
    apart, 0 where they overlap, and their points are at most `kilometres` apart, to the
    metre on the ground. A date with one end open stands for the end that is known.

    Candidates are matched in order of days, kilometres, id of the first record and id of
    the second; a pair is passed over when one of the two is matched already. The result
    does not depend on the order of the rows, as long as an id occurs once.

    Parameters
    ----------
    first, second : pyarrow.Table
        With `COLUMNS`: calendar days (date32), both inclusive, degrees on WGS 84, and
        terms of the vocabularies.
    days : int
        0 to `MOST_DAYS`.
    kilometres : float
        0 to `MOST_KILOMETRES`.
    same_family : bool
        Whether the categories of two candidates must be of one family.
    most_pairs : int
        How many candidates may be held; each takes some 60 bytes at most.

    Raises
    ------
    SelectionError
        If days or kilometres are out of range, or more than `most_pairs` are that close.
    """
    if not 0 <= days <= MOST_DAYS:
        raise SelectionError(f"days: {days!r} is not between 0 and {MOST_DAYS}")
    if not 0 <= kilometres <= MOST_KILOMETRES:
        raise SelectionError(f"km: {kilometres!r} is not between 0 and {MOST_KILOMETRES:g}")
    sides = (_Side.of(first), _Side.of(second))
    pairs = _in_order(_candidates(*sides, days, kilometres, same_family, most_pairs), *sides)
    matched = _one_to_one(pairs, len(first), len(second))
    matches = pairs.filter(pa.array(matched))
    return Reconciliation(
        matches,
        pairs.filter(pa.array(~matched)),
        np.setdiff1d(sides[0].row, matches["first"].to_numpy()),
        np.setdiff1d(sides[1].row, matches["second"].to_numpy()),
        np.setdiff1d(np.arange(len(first)), sides[0].row),
        np.setdiff1d(np.arange(len(second)), sides[1].row),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """The records of one dataset that can be compared.

    ``start`` and ``end`` are days since 1970-01-01; ``rank`` is the place of a row's id
    among all ids of the table.
    """

    row: IntArray
    start: IntArray
    end: IntArray
    longitude: FloatArray
    latitude: FloatArray
    family: IntArray
    rank: IntArray

    @classmethod
    def of(cls, records: pa.Table) -> _Side:
        placed = pc.is_in(records["geo_precision"], value_set=pa.array(POINT_PRECISIONS))
        dated = pc.or_(pc.is_valid(records["date_start"]), pc.is_valid(records["date_end"]))
        longitude, latitude = _degrees(records["longitude"]), _degrees(records["latitude"])
        on_earth = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)
        row = np.flatnonzero(np.asarray(pc.and_(placed, dated)) & on_earth)
        rank = np.empty(len(records), dtype=np.int64)
        rank[np.asarray(pc.sort_indices(records["id"]))] = np.arange(len(records))
        return cls(
            row,
            _days(records["date_start"], records["date_end"])[row],
            _days(records["date_end"], records["date_start"])[row],
            longitude[row],
            latitude[row],
            _families(records["category"])[row],
            rank[row],
        )

    def geocentric(self) -> list[FloatArray]:
        """Return x, y, z in kilometres: a straight line is never longer than the ground."""
        metres = _TO_GEOCENTRIC.transform(self.longitude, self.latitude, np.zeros(len(self.row)))
        return [np.asarray(axis) / 1000 for axis in metres]


def _degrees(column: pa.ChunkedArray) -> FloatArray:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _days(column: pa.ChunkedArray, otherwise: pa.ChunkedArray) -> IntArray:
    numbers = pc.fill_null(pc.coalesce(column, otherwise).cast(pa.int32()).cast(pa.int64()), 0)
    return np.asarray(numbers)


def _families(categories: pa.ChunkedArray) -> IntArray:
    codes = [_FAMILIES.index(family) for family in FAMILIES.values()]
    found = pc.index_in(categories, value_set=pa.array(list(FAMILIES)))
    position = pc.fill_null(found, list(FAMILIES).index("other"))
    family: IntArray = np.array(codes, dtype=np.int64)[np.asarray(position)]
    return family


def _candidates(
    first: _Side, second: _Side, days: int, kilometres: float, same_family: bool, most: int
) -> pa.Table:
    """Return `PAIRS` of positions in the two sides, in no order."""
    found: list[pa.RecordBatch] = []
    total = 0
    for batch in _close(first, second, days, kilometres, same_family):
        one, other = (np.asarray(batch[name]) for name in ("first", "second"))
        metres = _GEOD.inv(
            first.longitude[one],
            first.latitude[one],
            second.longitude[other],
            second.latitude[other],
        )[2]
        km = np.rint(metres) / 1000
        near = pa.array(km <= kilometres)
        found.append(batch.append_column("km", pa.array(km)).filter(near))
        total += found[-1].num_rows
        if total > most:
            raise SelectionError(
                f"more than {most:,} pairs of records are within {days} days and"
                f" {kilometres:g} km of each other; choose fewer days or kilometres"
            )
    return pa.Table.from_batches(found, PAIRS)


def _close(
    first: _Side, second: _Side, days: int, kilometres: float, same_family: bool
) -> Iterator[pa.RecordBatch]:
    """Yield positions and days of the pairs that may be close enough, each once.

    The records meet in cells of space and buckets of days. One of the first side is in
    the cell of its point, one of the second in all that its circle may touch. A pair
    that meets in several buckets counts in that in which its common days begin.
    """
    if not len(first.row) or not len(second.row):
        return
    reach = kilometres + 0.01
    edge = max(2.1 * reach, _LEAST_CELL_KM)  # a circle touches two cells of an axis at most
    origin = int(min(first.start.min(), second.start.min())) - days
    lengths = np.concatenate([first.end - first.start, second.end - second.start])
    span = max(2 * days + 1, _LEAST_SPAN_DAYS, int(lengths.mean()))
    database = duckdb.connect(":memory:", config=_OFFLINE)
    try:
        database.register("first", _in_cells(first, origin, edge, 0.0))
        database.register("second", _in_cells(second, origin, edge, reach))
        result = database.sql(
            f"""with one as (
                select *, unnest(range(start // {span}, stop // {span} + 1)) as bucket from first),
            other as (
                select *, unnest(range((start - $days) // {span}, (stop + $days) // {span} + 1))
                    as bucket from second)
            select one.position as first, other.position as second,
                greatest(0, one.start - other.stop, other.start - one.stop)::int as days
            from one join other using (cell_x, cell_y, cell_z, bucket)
            where greatest(0, one.start - other.stop, other.start - one.stop) <= $days
                and bucket = greatest(one.start, other.start - $days) // {span}
                and (one.x - other.x) ** 2 + (one.y - other.y) ** 2 + (one.z - other.z) ** 2
                    <= $reach * $reach
                and (one.family = other.family or not $same_family)""",
            params={"days": days, "reach": reach, "same_family": same_family},
        )
        yield from result.to_arrow_reader(_BATCH)
    finally:
        database.close()


def _in_cells(side: _Side, origin: int, edge: float, reach: float) -> pa.Table:
    """Return a row for each cell of `edge` kilometres within `reach` of each record."""
    axes = side.geocentric()
    low = [np.floor((axis - reach) / edge).astype(np.int64) for axis in axes]
    high = [np.floor((axis + reach) / edge).astype(np.int64) for axis in axes]
    parts = []
    for corner in product(*([(False, True)] * 3 if reach else [(False,)] * 3)):
        cells = [high[k] if far else low[k] for k, far in enumerate(corner)]
        distinct = [high[k] > low[k] for k, far in enumerate(corner) if far]
        position = np.flatnonzero(np.all(distinct, axis=0)) if distinct else np.arange(len(low[0]))
        parts.append((position, *(cell[position] for cell in cells)))
    position, *cells = map(np.concatenate, zip(*parts, strict=True))
    return pa.table(
        {
            "position": position,
            "start": side.start[position] - origin,
            "stop": side.end[position] - origin,
            "family": side.family[position],
            **{name: axis[position] for name, axis in zip("xyz", axes, strict=True)},
            **{f"cell_{name}": cell for name, cell in zip("xyz", cells, strict=True)},
        }
    )


def _in_order(pairs: pa.Table, first: _Side, second: _Side) -> pa.Table:
    """Return pairs of rows, the closest first, of pairs of positions."""
    one, other = np.asarray(pairs["first"]), np.asarray(pairs["second"])
    order = np.lexsort((second.rank[other], first.rank[one], pairs["km"], pairs["days"]))
    return pa.table(
        [
            first.row[one[order]],
            second.row[other[order]],
            *(pairs[name].take(pa.array(order)) for name in ("days", "km")),
        ],
        schema=PAIRS,
    )


def _one_to_one(pairs: pa.Table, first: int, second: int) -> npt.NDArray[np.bool_]:
    """Return which pairs are matches, taking them in their order."""
    taken_first, taken_second = np.zeros(first, dtype=bool), np.zeros(second, dtype=bool)
    matched = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _BATCH):
        one, other = (np.asarray(pairs[name].slice(start, _BATCH)) for name in ("first", "second"))
        free = np.flatnonzero(~taken_first[one] & ~taken_second[other])
        for at, a, b in zip(free.tolist(), one[free].tolist(), other[free].tolist(), strict=True):
            if not taken_first[a] and not taken_second[b]:
                taken_first[a] = taken_second[b] = True
                matched[start + at] = True
    return matched
