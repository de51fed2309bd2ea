"""Records as the marks of a printed map.

A record has one mark for each of its places. Where few marks would lie on one another they
are drawn as one group with the number of its records; of very many see
:mod:`bordermap.snapshot.sheets.density`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.model.vocabulary import (
    CATEGORIES,
    POINT_PRECISIONS,
    Family,
    GeoPrecision,
    Kind,
    Role,
)
from bordermap.snapshot.frame import project

POINTS = frozenset({GeoPrecision.EXACT, GeoPrecision.NEAR})
_SINGLE_RADIUS = 4.6
_GROUP_RADIUS = 5.8
_GROWTH = 0.95
_MOST_RADIUS = 15.0
_CELL = 4.0
"""Points: marks of one cell of this size are together whatever their symbols."""
_TOUCH = 0.88
"""Share of their size by which two symbols may come near each other."""


Codes = npt.NDArray[np.int64]

_KINDS = tuple(Kind)
_FAMILIES = tuple(Family)
_PRECISIONS = tuple(GeoPrecision)


@dataclass(frozen=True)
class Mark:
    """A record at one of its places; ``x`` and ``y`` in metres of the plane.

    Attributes
    ----------
    subject : bool
        The record concerns the place; it was not there.
    """

    record: int
    kind: str
    family: Family
    place: str
    region: str | None
    precision: str
    subject: bool
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class Marks(Sequence[Mark]):
    """Marks as columns, in the order of their records; one by one they are each a `Mark`.

    Attributes
    ----------
    record : array of int64
        Row of the record.
    kind, family, precision : array of int
        Numbers of terms of `Kind`, `Family` and `GeoPrecision`.
    place, region : array of int
        Index into ``names`` and ``regions``.
    subject : array of bool
    x, y : array of float64
        Metres of the plane.
    names : tuple of str
    regions : tuple of str or None
    """

    record: npt.NDArray[np.int64]
    kind: Codes
    family: Codes
    precision: Codes
    place: Codes
    region: Codes
    subject: npt.NDArray[np.bool_]
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    names: tuple[str, ...]
    regions: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.record)

    @overload
    def __getitem__(self, wanted: int) -> Mark: ...

    @overload
    def __getitem__(self, wanted: slice | npt.NDArray[Any]) -> Marks: ...

    def __getitem__(self, wanted: int | slice | npt.NDArray[Any]) -> Mark | Marks:
        """Return one mark, or those that a slice, numbers or a truth for each choose."""
        if isinstance(wanted, slice | np.ndarray):
            chosen = {name: getattr(self, name)[wanted] for name in _COLUMNS}
            return replace(self, **chosen)
        return Mark(
            record=int(self.record[wanted]),
            kind=_KINDS[self.kind[wanted]],
            family=_FAMILIES[self.family[wanted]],
            place=self.names[self.place[wanted]],
            region=self.regions[self.region[wanted]],
            precision=_PRECISIONS[self.precision[wanted]],
            subject=bool(self.subject[wanted]),
            x=float(self.x[wanted]),
            y=float(self.y[wanted]),
        )

    def known_to(self, *precisions: str) -> npt.NDArray[np.bool_]:
        """Return which marks are of places that are known so exactly."""
        return np.isin(self.precision, [_PRECISIONS.index(one) for one in precisions])


_COLUMNS = tuple(field.name for field in fields(Marks) if field.name not in ("names", "regions"))


@dataclass(frozen=True)
class Group:
    """Marks that are drawn as one, at the place that has most of them.

    Attributes
    ----------
    x, y : float
        Metres of the plane.
    name : str
        Of the place.
    marks : tuple of Mark
    """

    x: float
    y: float
    name: str
    marks: tuple[Mark, ...]

    def of(self, kind: str) -> tuple[Mark, ...]:
        """Return the marks of a kind."""
        return tuple(mark for mark in self.marks if mark.kind == kind)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that occur, incidents first."""
        return tuple(kind for kind in Kind if any(mark.kind == kind for mark in self.marks))


def count(marks: Iterable[Mark]) -> int:
    """Return how many records marks stand for."""
    return len({mark.record for mark in marks})


def families(marks: Iterable[Mark]) -> Counter[Family]:
    """Return how many records of each family marks stand for."""
    return Counter(family for _, family in {(mark.record, mark.family) for mark in marks})


def radius(records: int) -> float:
    """Return the radius, in points, of the symbol of so many records."""
    if records == 1:
        return _SINGLE_RADIUS
    return min(_GROUP_RADIUS + _GROWTH * math.sqrt(records), _MOST_RADIUS)


def marks_of(records: pa.Table, anchors: Mapping[str, tuple[float, float]]) -> Marks:
    """Return the marks of records; a record has one mark at a place.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    anchors : mapping of region code to (longitude, latitude)
        Where that which is known only to a state stands.
    """
    lists = flat(records["places"])
    places = pc.list_flatten(lists)
    record = pc.list_parent_indices(lists).to_numpy()
    precision = codes(places.field("geo_precision"), _PRECISIONS)
    longitude, latitude = (
        np.array(places.field(name).to_numpy(zero_copy_only=False), float)
        for name in ("longitude", "latitude")
    )
    name, names = numbered(places.field("name"))
    region, regions = numbered(places.field("region_code"))

    has_point = np.isin(precision, [_PRECISIONS.index(one) for one in POINT_PRECISIONS])
    anchored = np.array([code in anchors for code in regions], bool)[region]
    anchored &= ~has_point & (precision != _PRECISIONS.index(GeoPrecision.COUNTRY))
    points = np.array([anchors.get(code or "", (0.0, 0.0)) for code in regions]).reshape(-1, 2)
    longitude[anchored], latitude[anchored] = points[region[anchored]].T
    precision[anchored] = _PRECISIONS.index(GeoPrecision.STATE)
    name[anchored] = len(names) + region[anchored]

    kept = np.flatnonzero((has_point & np.isfinite(longitude)) | anchored)
    spots = record[kept].astype(np.int64) * (len(names) + len(regions)) + name[kept]
    kept = kept[np.sort(np.unique(spots, return_index=True)[1])]
    kind, family = kinds_and_families(records)
    x, y = project(longitude[kept], latitude[kept])
    owner = record[kept]
    return Marks(
        record=owner.astype(np.int64),
        kind=kind[owner],
        family=family[owner],
        precision=precision[kept],
        place=name[kept],
        region=region[kept],
        subject=pc.equal(places.field("role"), Role.SUBJECT).to_numpy(zero_copy_only=False)[kept],
        x=np.asarray(x, float),
        y=np.asarray(y, float),
        names=(*map(str, names), *(code or "" for code in regions)),
        regions=regions,
    )


def kinds_and_families(records: pa.Table) -> tuple[Codes, Codes]:
    """Return the number of the kind and of the family of each record."""
    kind = codes(flat(records["kind"]), _KINDS)
    category, terms = numbered(flat(records["category"]))
    family_of = np.array(
        [
            [_FAMILIES.index(CATEGORIES[one].get(term or "", Family.OTHER)) for term in terms]
            for one in _KINDS
        ],
        np.int64,
    )
    return kind, family_of[kind, category]


def flat(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def numbered(values: pa.Array) -> tuple[Codes, tuple[str | None, ...]]:
    """Return texts as numbers of terms, and the terms; the last term is None."""
    encoded = values.dictionary_encode()
    terms = encoded.dictionary.to_pylist()
    return pc.fill_null(encoded.indices, len(terms)).to_numpy().astype(np.int64), (*terms, None)


def codes(values: pa.Array, terms: Sequence[str]) -> Codes:
    """Return the place of each text among terms, all of which are known."""
    found, own = numbered(values)
    return np.array([terms.index(term) if term else -1 for term in own], np.int64)[found]


def groups(marks: Iterable[Mark], metres_per_point: float) -> list[Group]:
    """Return marks by place, merged until no two symbols overlap.

    The largest are placed first; each of the rest is placed too, or taken in by those
    that it touches, which together may touch others.

    Parameters
    ----------
    metres_per_point : float
        Of the plane, on paper.
    """
    cell = _CELL * metres_per_point
    cells: dict[tuple[int, int], _Cluster] = {}
    for mark in marks:
        key = (math.floor(mark.x / cell), math.floor(mark.y / cell))
        cells.setdefault(key, _Cluster()).add(mark)
    waiting = sorted(cells.values(), key=lambda one: (one.records, one.heart))
    placed: list[_Cluster] = []
    boxes = np.empty((0, 4))
    while waiting:
        cluster = waiting.pop()
        box = cluster.box(metres_per_point)
        near = np.abs(boxes[:, :2] - box[:2]) < _TOUCH * (boxes[:, 2:] + box[2:])
        touched = np.flatnonzero(near.all(axis=1))
        if not touched.size:
            placed.append(cluster)
            boxes = np.vstack([boxes, box])
            continue
        for index in touched[::-1]:
            cluster = placed.pop(index).joined(cluster)
        boxes = np.delete(boxes, touched, axis=0)
        waiting.append(cluster)
    return [one.group() for one in placed]


def half_size(group: Group) -> tuple[float, float]:
    """Return half the width and half the height of a group's symbols, in points."""
    radii = [radius(count(group.of(kind))) for kind in group.kinds]
    return sum(radii), max(radii)


class _Cluster:
    """Marks on their way to a group.

    Attributes
    ----------
    heart : (float, float)
        The point that has most marks.
    """

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.heart = (0.0, 0.0)
        self._of_place: Counter[tuple[float, float]] = Counter()
        self._of_kind: dict[str, set[int]] = {}

    def add(self, mark: Mark) -> None:
        self.marks.append(mark)
        point = (mark.x, mark.y)
        self._of_place[point] += 1
        if self._of_place[point] > self._of_place[self.heart]:
            self.heart = point
        self._of_kind.setdefault(mark.kind, set()).add(mark.record)

    def joined(self, other: _Cluster) -> _Cluster:
        """Return the larger of two, with the marks of the smaller."""
        large, small = (self, other) if len(self.marks) >= len(other.marks) else (other, self)
        for mark in small.marks:
            large.add(mark)
        return large

    @property
    def records(self) -> int:
        return len(set().union(*self._of_kind.values()))

    def group(self) -> Group:
        """Return the marks as they are drawn, with the name that is most used at the point."""
        names = Counter(mark.place for mark in self.marks if (mark.x, mark.y) == self.heart)
        return Group(*self.heart, max(names, key=lambda name: names[name]), tuple(self.marks))

    def box(self, metres_per_point: float) -> npt.NDArray[np.float64]:
        """Return the middle and half the size of the symbols, in metres."""
        radii = [radius(len(records)) for records in self._of_kind.values()]
        half = (sum(radii) * metres_per_point, max(radii) * metres_per_point)
        return np.array([*self.heart, *half])
