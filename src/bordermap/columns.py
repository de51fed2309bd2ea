"""What the map page asks of all records at once, as arrays in memory.

A dataset has one set of columns, about 20 bytes a record, which all sessions share. With
the bits of the records that match all filters but time (:class:`Matching`), everything
that is counted or listed by date follows without a query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.model.vocabulary import DatePrecision

FIELDS = ("kind", "category", "date_precision", "region_codes", "actors")
"""Fields of the record schema whose values can be counted."""

SOURCE_SCHEMA = pa.schema(
    [
        pa.field("date_start", pa.date32()),
        pa.field("date_end", pa.date32()),
        *(pa.field(name, pa.string()) for name in FIELDS[:3]),
        *(pa.field(name, pa.list_(pa.string())) for name in FIELDS[3:]),
    ]
)
"""What :meth:`Columns.of` reads, of the record schema."""

Days = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

_EVER = np.iinfo(np.int32)


@dataclass(frozen=True)
class Values:
    """The values of a field, row after row.

    Attributes
    ----------
    terms : tuple of str
    codes : array of unsigned int
        Index into ``terms`` of every value.
    each : array of uint8 or uint16, or None
        How many of the values each row has; None where every row has one.
    """

    terms: tuple[str, ...]
    codes: npt.NDArray[Any]
    each: npt.NDArray[Any] | None

    def counts(self, chosen: npt.NDArray[np.bool_]) -> dict[str, int]:
        """Count the values in the chosen rows, the most frequent first."""
        taken = chosen if self.each is None else np.repeat(chosen, self.each)
        numbers = np.bincount(self.codes[taken], minlength=len(self.terms)).tolist()
        found = [(-n, term) for term, n in zip(self.terms, numbers, strict=True) if n]
        return {term: -n for n, term in sorted(found)}

    def among(self, terms: Collection[str]) -> npt.NDArray[np.bool_]:
        """Return which rows have one of the terms."""
        wanted = np.array([term in terms for term in self.terms], bool)
        found = np.take(wanted, self.codes)
        if self.each is None:
            return found
        ends = np.cumsum(self.each, dtype=np.int64)
        chosen = np.zeros(len(self.each), bool)
        chosen[np.searchsorted(ends, np.flatnonzero(found), side="right")] = True
        return chosen


@dataclass(frozen=True)
class Columns:
    """Columns of all records of a dataset.

    Attributes
    ----------
    start, end : array of int32
        Days since 1970-01-01, both inclusive; the ends of the type where a record is open
        on that side. An undated record ends before it starts, so that it meets no period.
    by_date : array of uint32
        All rows in order of the date on which they start; those without one come last.
    starting : int
        How many rows have a date on which they start.
    values : dict of str to Values
        By the names in :data:`FIELDS`.
    """

    start: Days
    end: Days
    by_date: npt.NDArray[np.uint32]
    starting: int
    values: dict[str, Values]

    @classmethod
    def of(cls, length: int, batches: Iterable[pa.RecordBatch]) -> Columns:
        """Read columns.

        Parameters
        ----------
        length : int
            Number of all rows.
        batches : iterable of pyarrow.RecordBatch
            Of :data:`SOURCE_SCHEMA`, in the order of the rows.
        """
        start, end = np.empty(length, np.int32), np.empty(length, np.int32)
        undated = np.empty(length, bool)
        read = {name: _Reading() for name in FIELDS}
        first = 0
        for batch in batches:
            here = slice(first, first + len(batch))
            start[here] = _days(batch["date_start"], _EVER.min)
            end[here] = _days(batch["date_end"], _EVER.max)
            undated[here] = pc.equal(batch["date_precision"], DatePrecision.UNKNOWN)
            for name, reading in read.items():
                reading.add(batch[name])
            first = here.stop
        missing = undated | (start == _EVER.min)
        order = np.argsort(np.where(missing, _EVER.max, start), kind="stable")
        start[undated], end[undated] = _EVER.max, _EVER.min
        values = {name: reading.values() for name, reading in read.items()}
        starting = int(np.count_nonzero(~missing))
        return cls(start, end, order.astype(np.uint32), starting, values)

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        arrays = [self.start, self.end, self.by_date]
        for values in self.values.values():
            arrays += [values.codes, *([] if values.each is None else [values.each])]
        return sum(array.nbytes for array in arrays)

    def meeting(self, first: date | None, last: date | None) -> npt.NDArray[np.bool_] | None:
        """Return which rows may lie between two days, both inclusive; None for all."""
        if not (first or last):
            return None
        chosen = self.start <= self.end
        if first:
            chosen &= self.end >= _day(first)
        if last:
            chosen &= self.start <= _day(last)
        return chosen


class Matching:
    """The rows that match a selection.

    Parameters
    ----------
    columns : Columns
    mask : array of uint8
        Bit ``i & 7`` of byte ``i >> 3`` is row ``i``; which rows match all but the dates.
    first, last : datetime.date or None
        The dates, both inclusive.
    """

    def __init__(self, columns: Columns, mask: Bits, first: date | None, last: date | None) -> None:
        self._columns = columns
        chosen = np.unpackbits(mask, count=len(columns.start), bitorder="little").view(bool)
        in_time = columns.meeting(first, last)
        self._chosen = chosen if in_time is None else chosen & in_time

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        return int(np.count_nonzero(self._chosen))

    def __contains__(self, row: int) -> bool:
        return 0 <= row < len(self._chosen) and bool(self._chosen[row])

    @cached_property
    def rows(self) -> npt.NDArray[np.uint32]:
        """The rows in order of date, those without a start last."""
        by_date = self._columns.by_date
        return by_date[self._chosen[by_date]]

    def counts(self, field: str) -> dict[str, int]:
        """Count by the values of one of :data:`FIELDS`, the most frequent first."""
        return self._columns.values[field].counts(self._chosen)

    def latest(self, most: int) -> list[int]:
        """Return the rows that start last, the latest first."""
        by_date = self._columns.by_date[: self._columns.starting]
        return [int(row) for row in by_date[self._chosen[by_date]][: -most - 1 : -1]]

    def unmapped(self, unplaced: Rows) -> pa.Table:
        """Return the rows that are undated or that the map cannot draw.

        Parameters
        ----------
        unplaced : array of int
            All rows that the map cannot draw.

        Returns
        -------
        pyarrow.Table
            ``row`` (int64), ``undated``, ``unplaced`` (bool), in order of date.
        """
        aside = np.zeros(len(self._chosen), bool)
        aside[unplaced] = True
        undated = self._columns.start > self._columns.end
        by_date = self._columns.by_date
        rows = by_date[(self._chosen & (aside | undated))[by_date]]
        return pa.table(
            {
                "row": pa.array(rows.astype(np.int64)),
                "undated": pa.array(undated[rows]),
                "unplaced": pa.array(aside[rows]),
            }
        )


class _Reading:
    """Values of a field while they are read, batch after batch."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        self._codes: list[npt.NDArray[Any]] = []
        self._each: list[npt.NDArray[Any]] = []

    def add(self, values: pa.Array) -> None:
        if pa.types.is_list(values.type):
            self._each.append(_narrow(pc.list_value_length(values).to_numpy()))
            values = pc.list_flatten(values)
        encoded = values.dictionary_encode()
        known = [self._terms.setdefault(t, len(self._terms)) for t in encoded.dictionary.tolist()]
        codes = np.array(known, np.uint32)[encoded.indices.to_numpy()]
        self._codes.append(_narrow(codes))

    def values(self) -> Values:
        each = _joined(self._each) if self._each else None
        if each is not None and (each == 1).all():
            each = None
        return Values(tuple(self._terms), _joined(self._codes), each)


def _narrow(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return numbers.astype(np.min_scalar_type(numbers.max(initial=0)))


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, np.uint8)


def _days(values: pa.Array, missing: int) -> Days:
    return np.asarray(pc.fill_null(values.cast(pa.int32()), missing))


def _day(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
