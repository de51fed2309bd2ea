"""A polygon drawn on the map: its vertices, its spelling, and a test in SQL."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bordermap.errors import SelectionError

Area = tuple[tuple[float, float], ...]
"""Vertices, longitude and latitude in degrees; the last joins the first."""

MAX_VERTICES = 100
"""Most vertices of an area."""

MERCATOR_END = 85.05
"""Degrees of latitude, north and south, at which the map in Web Mercator ends."""

_SHOWN = 80
_LEAST_RISE = 1e-12


def ring(vertices: Iterable[Sequence[float]]) -> Area:
    """Return the vertices of an area, without one at the end that repeats the first.

    Raises
    ------
    SelectionError
        If there are fewer than three vertices or more than `MAX_VERTICES`, or one is not
        on the map.
    """
    kept = tuple((float(longitude), float(latitude)) for longitude, latitude in vertices)
    for longitude, latitude in kept:
        if not (abs(longitude) <= 180 and abs(latitude) <= MERCATOR_END):
            raise SelectionError(
                f"area: {longitude},{latitude} is not longitude,latitude in degrees,"
                f" at most {MERCATOR_END:g} from the equator"
            )
    if len(kept) > 1 and kept[0] == kept[-1]:
        kept = kept[:-1]
    corners = len(kept) if len(kept) > MAX_VERTICES else len(set(kept))
    if not 3 <= corners <= MAX_VERTICES:
        raise SelectionError(f"area: {corners} corners, where 3 to {MAX_VERTICES} are wanted")
    return kept


def parsed(text: str) -> Area:
    """Return the area that is spelled as ``lon,lat lon,lat lon,lat``.

    Raises
    ------
    SelectionError
        If it makes no area.
    """
    try:
        pairs = [[float(part) for part in pair.split(",")] for pair in text.split()]
        vertices = [(longitude, latitude) for longitude, latitude in pairs]
    except ValueError:
        shown = text[:_SHOWN]
        raise SelectionError(
            f"area: {shown!r} is not longitude,latitude pairs with spaces between them"
        ) from None
    return ring(vertices)


def spelled(area: Area) -> str:
    """Return what :func:`parsed` reads the same area from."""
    return " ".join(f"{longitude!r},{latitude!r}" for longitude, latitude in area)


def bounds(area: Area) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees."""
    longitudes, latitudes = zip(*area, strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


class _Edge(NamedTuple):
    low: float
    high: float
    is_right: str


def condition(area: Area) -> tuple[str, dict[str, float]]:
    """Return SQL for DuckDB: ``place.longitude`` and ``place.latitude`` lie in the area.

    Edges are straight in Web Mercator, and a point is inside where a ray to the east
    crosses an odd number of them. Its bounding box is tested first. A tree of latitudes
    leads each point past the edges that it is not level with.

    Returns
    -------
    condition : str
        With named parameters only.
    parameters : dict
    """
    parameters: dict[str, float] = {}
    edges = []
    for number, ((x, low), (x_end, high)) in enumerate(
        zip(area, (*area[1:], area[0]), strict=True)
    ):
        if low == high:
            continue
        start, rise = _northing(low), _northing(high) - _northing(low)
        parameters |= {
            f"area_x{number}": x,
            f"area_y{number}": start,
            f"area_slope{number}": (x_end - x) / rise if abs(rise) > _LEAST_RISE else 0.0,
        }
        is_right = (
            f"cast(place.longitude < $area_x{number} + (asinh(tan(radians(place.latitude)))"
            f" - $area_y{number}) * $area_slope{number} as int)"
        )
        edges.append(_Edge(min(low, high), max(low, high), is_right))
    west, south, east, north = bounds(area)
    parameters |= {
        "area_west": west,
        "area_south": south,
        "area_east": east,
        "area_north": north,
    }
    box = (
        "place.longitude between $area_west and $area_east"
        " and place.latitude >= $area_south and place.latitude < $area_north"
    )
    levels = sorted({latitude for edge in edges for latitude in (edge.low, edge.high)})
    if not levels:
        return "false", {}

    def crossed(first: int, last: int, near: list[_Edge]) -> str:
        """Count the edges east of a point between two levels, of those that reach in there."""
        south, north = levels[first], levels[last]
        through = [edge.is_right for edge in near if edge.low <= south and edge.high >= north]
        rest = [edge for edge in near if not (edge.low <= south and edge.high >= north)]
        if rest:
            middle = (first + last) // 2
            parameters[f"area_level{middle}"] = levels[middle]
            below = crossed(first, middle, [e for e in rest if e.low < levels[middle]])
            above = crossed(middle, last, [e for e in rest if e.high > levels[middle]])
            through.append(
                f"case when place.latitude < $area_level{middle} then {below} else {above} end"
            )
        return f"({' + '.join(through) or '0'})"

    inside = f"{crossed(0, len(levels) - 1, edges)} % 2 = 1"
    return f"case when {box} then {inside} else false end", parameters


def _northing(latitude: float) -> float:
    """Return the ordinate of Web Mercator, the globe's radius being one."""
    return math.asinh(math.tan(math.radians(latitude)))
