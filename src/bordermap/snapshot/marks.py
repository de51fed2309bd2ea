"""Records as the marks of a printed map.

A record has one mark for each of its places. Where marks would lie on one another they
are drawn as one group with the number of its records.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.model.vocabulary import CATEGORIES, Family, GeoPrecision, Kind, Role
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


def marks_of(records: pa.Table, anchors: Mapping[str, tuple[float, float]]) -> list[Mark]:
    """Return the marks of records.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    anchors : mapping of region code to (longitude, latitude)
        Where that which is known only to a state stands.
    """
    found: dict[tuple[int, str], tuple[Any, ...]] = {}
    columns = [records[name].to_pylist() for name in ("kind", "category", "places")]
    for record, (kind, category, places) in enumerate(zip(*columns, strict=True)):
        family = CATEGORIES[Kind(kind)].get(category, Family.OTHER)
        for place in places:
            precision, region = place["geo_precision"], place["region_code"]
            point = (place["longitude"], place["latitude"])
            name = place["name"]
            if precision not in POINTS and precision != GeoPrecision.DISTRICT:
                if precision == GeoPrecision.COUNTRY or region not in anchors:
                    continue
                precision, point, name = GeoPrecision.STATE, anchors[region], region
            elif point[0] is None:
                continue
            found.setdefault(
                (record, name),
                (
                    *(record, kind, family, name, region, precision),
                    place["role"] == Role.SUBJECT,
                    *point,
                ),
            )
    if not found:
        return []
    *fields, longitude, latitude = zip(*found.values(), strict=True)
    x, y = project(longitude, latitude)
    return [Mark(*values) for values in zip(*fields, x, y, strict=True)]


def areas(marks: Iterable[Mark], precision: str) -> list[Group]:
    """Return the marks of a precision by place."""
    by_place: dict[tuple[float, float], list[Mark]] = {}
    for mark in marks:
        if mark.precision == precision:
            by_place.setdefault((mark.x, mark.y), []).append(mark)
    return [Group(*point, group[0].place, tuple(group)) for point, group in by_place.items()]


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
