"""Names on a printed map, each where there is room, the most important first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import shapely

_AT_ONCE = 64

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points, e.g. ``(10.0, 10.0, 52.0, 18.0)``."""


class Room:
    """What is still free of a rectangle, in points from its lower left corner."""

    def __init__(self, width: float, height: float, margin: float = 3.0) -> None:
        self._limits = (margin, margin, width - margin, height - margin)
        self._taken = np.empty((0, 4))

    def take(self, box: Box) -> None:
        """Keep names off a box."""
        self._taken = np.vstack([self._taken, box])

    def free(self, box: Box) -> bool:
        """Return whether a box lies inside and touches nothing."""
        left, bottom, right, top = box
        limits = self._limits
        if left < limits[0] or bottom < limits[1] or right > limits[2] or top > limits[3]:
            return False
        taken = self._taken
        apart = (
            (taken[:, 0] >= right)
            | (taken[:, 2] <= left)
            | (taken[:, 1] >= top)
            | (taken[:, 3] <= bottom)
        )
        return bool(apart.all())

    def place(self, candidates: Iterable[Box]) -> Box | None:
        """Take the first box that is free, if any is."""
        for box in candidates:
            if self.free(box):
                self.take(box)
                return box
        return None


def around(x: float, y: float, half: tuple[float, float], size: tuple[float, float]) -> list[Box]:
    """Return where a name may stand beside a symbol, the best place first.

    Parameters
    ----------
    half : (float, float)
        Half the width and height of the symbol.
    size : (float, float)
        Width and height of the name.
    """
    gap = 2.4
    (dx, dy), (width, height) = half, size
    right, left = x + dx + gap, x - dx - gap - width
    above, below = y + dy + gap * 0.4, y - dy - gap * 0.4 - height
    corners = [
        (right, y - height / 2),
        (left, y - height / 2),
        (x - width / 2, above),
        (x - width / 2, below),
        (right - dx * 0.4, y + dy * 0.4),
        (right - dx * 0.4, y - dy * 0.4 - height),
        (left + dx * 0.4, y + dy * 0.4),
        (left + dx * 0.4, y - dy * 0.4 - height),
    ]
    return [(a, b, a + width, b + height) for a, b in corners]


def within(area: Any, size: tuple[float, float], step: float = 7.0) -> Iterator[Box]:
    """Yield where a name may stand inside an area, from its middle outwards.

    Parameters
    ----------
    area : shapely geometry
        In points.
    """
    parts = shapely.get_parts(area)
    parts = parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]
    if not len(parts):
        return
    part = parts[np.argmax(shapely.area(parts))]
    width, height = size
    left, bottom, right, top = part.bounds
    if right - left < width or top - bottom < height:
        return
    middle = shapely.get_point(shapely.maximum_inscribed_circle(part, tolerance=step), 0)
    columns, rows = np.meshgrid(np.arange(left, right, step), np.arange(bottom, top, step))
    x, y = np.append(columns, middle.x), np.append(rows, middle.y)
    order = np.argsort(np.hypot(x - middle.x, (y - middle.y) * 1.5), kind="stable")
    shapely.prepare(part)
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        sides = np.column_stack([x, y, x, y])[some] + [
            -width / 2,
            -height / 2,
            width / 2,
            height / 2,
        ]
        for box in sides[shapely.contains_properly(part, shapely.box(*sides.T))].tolist():
            yield tuple(box)
