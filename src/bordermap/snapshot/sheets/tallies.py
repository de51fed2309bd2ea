"""What is counted of selected records, all of them at once: a sheet may be of very many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.model.vocabulary import REGION_NAMES, DatePrecision, Family, GeoPrecision, Kind
from bordermap.snapshot.sheets.marks import Marks, flat, kinds_and_families


def by_family(
    records: pa.Table, chosen: npt.NDArray[np.bool_] | None = None
) -> Counter[tuple[str, Family]]:
    """Count records, all or those that are chosen, by kind and family."""
    kind, family = kinds_and_families(records)
    if chosen is not None:
        kind, family = kind[chosen], family[chosen]
    kinds, families = list(Kind), list(Family)
    counts = np.bincount(kind * len(families) + family, minlength=len(kinds) * len(families))
    return Counter(
        {
            (str(kinds[number // len(families)]), families[number % len(families)]): int(count)
            for number, count in enumerate(counts)
            if count
        }
    )


def by_source(records: pa.Table) -> Counter[str]:
    """Count records by source, in the order in which the sources first occur."""
    return _counted(pc.list_flatten(flat(records["sources"])))


def in_states(marks: Marks) -> dict[str, int]:
    """Count records that are known to a state only, by the code of it."""
    only = marks[marks.known_to(GeoPrecision.STATE)]
    pairs = np.unique(np.column_stack([only.region, only.record]), axis=0)
    codes, counts = np.unique(pairs[:, 0], return_counts=True)
    return {str(only.regions[code]): int(count) for code, count in zip(codes, counts, strict=True)}


@dataclass(frozen=True)
class Missing:
    """Records that a map cannot show.

    Attributes
    ----------
    outside : Counter of str
        By the place, or the code of the region, where they are.
    wide : Counter of str
        Those that are known to a country or a wider area, by its name.
    unplaced : int
    undated : int
        These are drawn, though nothing says when.
    """

    outside: Counter[str]
    wide: Counter[str]
    unplaced: int
    undated: int

    def lines(self, most_named: int) -> list[str]:
        """Say how many there are and why, with so many of their places."""
        said = []
        if self.outside:
            said.append(f"Outside the map: {_listed(self.outside, most_named)}.")
        if self.wide:
            listed = _listed(self.wide, most_named)
            said.append(f"Known only to a country or a wider area: {listed}.")
        if self.unplaced:
            said.append(f"Not placed: {self.unplaced:,}.")
        if self.undated:
            said.append(f"Undated, but counted and drawn: {self.undated:,}.")
        return said


def missing(records: pa.Table, marks: Marks, shown: npt.NDArray[np.bool_]) -> Missing:
    """Count the records that a map cannot show.

    Parameters
    ----------
    records : pyarrow.Table
        In the record schema.
    marks : Marks
        Of these records.
    shown : array of bool
        Which of the marks are on the map.
    """
    drawn, seen = (np.zeros(len(records), bool) for _ in range(2))
    drawn[marks.record] = True
    seen[marks.record[shown]] = True
    wide = _wide(records, drawn)
    undated = pc.sum(pc.equal(records["date_precision"], DatePrecision.UNKNOWN)).as_py()
    return Missing(
        outside=_outside(marks, seen),
        wide=wide,
        unplaced=int(np.count_nonzero(~drawn)) - wide.total(),
        undated=undated or 0,
    )


def _outside(marks: Marks, seen: npt.NDArray[np.bool_]) -> Counter[str]:
    """Count records of which no mark is seen, by the place of their first mark."""
    record, first = np.unique(marks.record, return_index=True)
    places = marks.place[first[~seen[record]]]
    return _counted(pa.array(np.array(marks.names, object)[places], pa.string()))


def _wide(records: pa.Table, drawn: npt.NDArray[np.bool_]) -> Counter[str]:
    """Count records that are not drawn and known to a country, by its name."""
    lists = flat(records["places"])
    places = pc.list_flatten(lists)
    owner = pc.list_parent_indices(lists).to_numpy()
    country = pc.equal(places.field("geo_precision"), GeoPrecision.COUNTRY)
    wanted = np.flatnonzero(country.to_numpy(zero_copy_only=False) & ~drawn[owner])
    firsts = wanted[np.unique(owner[wanted], return_index=True)[1]]
    return _counted(places.field("name").take(pa.array(firsts)))


def _counted(values: pa.Array) -> Counter[str]:
    return Counter({one["values"]: one["counts"] for one in pc.value_counts(values).to_pylist()})


def _listed(places: Counter[str], most_named: int) -> str:
    ranked = places.most_common()
    said = [f"{REGION_NAMES.get(place, place)} {number:,}" for place, number in ranked[:most_named]]
    if rest := sum(number for _, number in ranked[most_named:]):
        said.append(f"elsewhere {rest:,}" if said else f"{rest:,}")
    return ", ".join(said)
