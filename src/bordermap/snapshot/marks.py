"""Records as the marks of a printed map.

A record has one mark for each of its places. Where marks would lie on one another they
are drawn as one group with the number of its records.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from bordermap.model.vocabulary import CATEGORIES, Family, GeoPrecision, Kind
from bordermap.snapshot.frame import project

_POINTS = frozenset({GeoPrecision.EXACT, GeoPrecision.NEAR})
_SINGLE_RADIUS = 4.6
_GROUP_RADIUS = 5.8
_GROWTH = 0.95


@dataclass(frozen=True)
class Mark:
    """A record at one of its places; ``x`` and ``y`` in metres of the plane."""

    record: int
    kind: str
    family: Family
    place: str
    region: str | None
    precision: str
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
    return _SINGLE_RADIUS if records == 1 else _GROUP_RADIUS + _GROWTH * math.sqrt(records)


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
            if precision not in _POINTS and precision != GeoPrecision.DISTRICT:
                if precision == GeoPrecision.COUNTRY or region not in anchors:
                    continue
                precision, point, name = GeoPrecision.STATE, anchors[region], region
            elif point[0] is None:
                continue
            found.setdefault(
                (record, name), (record, kind, family, name, region, precision, *point)
            )
    if not found:
        return []
    *fields, longitude, latitude = zip(*found.values(), strict=True)
    x, y = project(longitude, latitude)
    return [Mark(*values) for values in zip(*fields, x, y, strict=True)]


def areas(marks: Sequence[Mark], precision: str) -> list[Group]:
    """Return the marks of a precision by place."""
    by_place: dict[tuple[float, float], list[Mark]] = {}
    for mark in marks:
        if mark.precision == precision:
            by_place.setdefault((mark.x, mark.y), []).append(mark)
    return [Group(*point, group[0].place, tuple(group)) for point, group in by_place.items()]


def groups(marks: Sequence[Mark], metres_per_point: float) -> list[Group]:
    """Return the marks at points, merged until no two symbols overlap.

    Parameters
    ----------
    metres_per_point : float
        Of the plane, on paper.
    """
    by_place: dict[tuple[float, float], list[Mark]] = {}
    for mark in marks:
        if mark.precision in _POINTS:
            by_place.setdefault((mark.x, mark.y), []).append(mark)
    waiting = [Group(*point, group[0].place, tuple(group)) for point, group in by_place.items()]
    waiting.sort(key=lambda group: (-count(group.marks), group.name))
    placed: list[Group] = []
    while waiting:
        group = waiting.pop(0)
        touched = [other for other in placed if _overlap(group, other, metres_per_point)]
        if not touched:
            placed.append(group)
            continue
        placed = [other for other in placed if other not in touched]
        heart = max((*touched, group), key=lambda one: count(one.marks))
        together = tuple(mark for one in (*touched, group) for mark in one.marks)
        waiting.insert(0, Group(heart.x, heart.y, heart.name, together))
    return placed


def half_size(group: Group) -> tuple[float, float]:
    """Return half the width and half the height of a group's symbols, in points."""
    radii = [radius(count(group.of(kind))) for kind in group.kinds]
    return sum(radii), max(radii)


def _overlap(one: Group, other: Group, metres_per_point: float) -> bool:
    width, height = (a + b for a, b in zip(half_size(one), half_size(other), strict=True))
    return (
        abs(one.x - other.x) < 0.88 * width * metres_per_point
        and abs(one.y - other.y) < 0.88 * height * metres_per_point
    )
