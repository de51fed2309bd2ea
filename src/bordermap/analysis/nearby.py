"""Records that lie close to one another in space and time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import Geod

from bordermap.model.vocabulary import POINT_PRECISIONS, DatePrecision, Role

DAYS = 30
KILOMETRES = 50.0

_GEOD = Geod(ellps="WGS84")
_OPEN = 1 << 40
"""Days: further away than any date, so that an open end reaches everything beyond it."""

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class Neighbour(NamedTuple):
    """A record close to another.

    Attributes
    ----------
    row : int
    km : float
        Geodesic kilometres between the two places, one of each record, that are closest.
    days : int
        Days from the end of the earlier record to the start of the later; 0 where the
        dates may overlap.
    """

    row: int
    km: float
    days: int


def nearby(
    records: pa.Table, row: int, *, days: int = DAYS, kilometres: float = KILOMETRES
) -> list[Neighbour]:
    """Return the records close to one of them, the closest in time first.

    Only places that are known to a district or better are measured. A place that a
    record only concerns stands for it where the record names no other place. A record
    without a date or without such a place is close to nothing.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    row : int
        Number of the record whose neighbours are wanted.
    days : int
        Most days apart; a date is all the days that it may cover.
    kilometres : float
        Most geodesic kilometres apart, on WGS 84.

    Returns
    -------
    list of Neighbour
        In order of days, kilometres and row.
    """
    apart = _days_apart(records, row)
    owner, longitude, latitude = _whereabouts(records)
    here = np.flatnonzero(owner == row)
    there = np.flatnonzero((owner != row) & (apart[owner] <= days))
    first, second = np.repeat(here, len(there)), np.tile(there, len(here))
    metres = _GEOD.inv(longitude[first], latitude[first], longitude[second], latitude[second])[2]
    closest = np.full(len(records), np.inf)
    np.minimum.at(closest, owner[second], np.asarray(metres) / 1000)
    found = np.flatnonzero(closest <= kilometres)
    return sorted(
        (Neighbour(int(n), float(closest[n]), int(apart[n])) for n in found),
        key=lambda one: (one.days, one.km, one.row),
    )


def _days_apart(records: pa.Table, row: int) -> IntArray:
    """Return the days between each record and one of them; undated ones are never close."""
    start = _days(records["date_start"], -_OPEN)
    end = _days(records["date_end"], _OPEN)
    apart: IntArray = np.maximum(0, np.maximum(start - end[row], start[row] - end))
    undated = np.asarray(records["date_precision"].to_numpy() == DatePrecision.UNKNOWN)
    apart[undated | undated[row]] = _OPEN
    return apart


def _days(column: pa.ChunkedArray, missing: int) -> IntArray:
    numbers = pc.fill_null(column.cast(pa.int32()).cast(pa.int64()), missing)
    return np.asarray(numbers.to_numpy(), dtype=np.int64)


def _whereabouts(records: pa.Table) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return row, longitude and latitude of the places where records are to be found."""
    lists = records["places"].combine_chunks()
    places = pc.list_flatten(lists)
    owner = np.asarray(pc.list_parent_indices(lists).to_numpy(), dtype=np.int64)

    def column(name: str) -> npt.NDArray[np.object_]:
        return np.asarray(pc.struct_field(places, name).to_numpy(zero_copy_only=False))

    longitude = column("longitude").astype(np.float64)
    latitude = column("latitude").astype(np.float64)
    concerned = column("role") == Role.SUBJECT
    was_somewhere = np.bincount(owner[~concerned], minlength=len(records)) > 0
    stands = (
        np.isin(column("geo_precision"), list(POINT_PRECISIONS))
        & np.isfinite(longitude)
        & np.isfinite(latitude)
        & ~(concerned & was_somewhere[owner])
    )
    return owner[stands], longitude[stands], latitude[stands]
