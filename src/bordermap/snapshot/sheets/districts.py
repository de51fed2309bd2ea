"""What is known to a district only: soft discs with a number, merged where they would pile up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bordermap.cartography import style
from bordermap.model.vocabulary import Family
from bordermap.snapshot.sheets.marks import Marks
from bordermap.snapshot.sheets.symbols import POINTS_PER_PIXEL

_APART = (26 * POINTS_PER_PIXEL, 64 * POINTS_PER_PIXEL)
"""Points between the middles of discs, or they are one: beside few marks, and beside many."""
_CELL = 2.0
"""Points: places of one cell of this size are one from the start."""


@dataclass(frozen=True)
class District:
    """A disc.

    Attributes
    ----------
    x, y : float
        Metres of the plane.
    records : int
    family : Family or None
        Of the records; None where they are of several.
    """

    x: float
    y: float
    records: int
    family: Family | None

    @property
    def colour(self) -> str:
        """That of the family."""
        return style.FAMILY_COLOURS[self.family] if self.family else style.MUTED


def districts(marks: Marks, metres_per_point: float, *, many: bool) -> list[District]:
    """Return discs that stand for marks, those of most records first.

    Parameters
    ----------
    metres_per_point : float
        Of the plane, on paper.
    many : bool
        Whether they stand among densities and are fewer therefore.
    """
    if not len(marks):
        return []
    cell = _CELL * metres_per_point
    squares = np.column_stack([np.floor(marks.x / cell), np.floor(marks.y / cell)])
    _, spot = np.unique(squares, axis=0, return_inverse=True)
    sizes = np.bincount(spot)
    x, y = (np.bincount(spot, values) / sizes for values in (marks.x, marks.y))
    disc_of = _merged(x, y, sizes, _APART[many] * metres_per_point)
    discs, disc = np.unique(disc_of[spot], return_inverse=True)

    told = np.unique(np.column_stack([disc, marks.record, marks.family]), axis=0)
    records = np.bincount(np.unique(told[:, :2], axis=0)[:, 0])
    families = np.zeros((len(discs), len(Family)), bool)
    families[told[:, 0], told[:, 2]] = True
    order = list(Family)
    found = [
        District(
            x=float(x[heart]),
            y=float(y[heart]),
            records=int(number),
            family=order[int(present.argmax())] if present.sum() == 1 else None,
        )
        for heart, number, present in zip(discs, records, families, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.records, one.y, one.x))


def _merged(x: np.ndarray, y: np.ndarray, sizes: np.ndarray, apart: float) -> np.ndarray:
    """Return for each spot the one whose disc it joins: the largest that is near."""
    joined = np.full(len(x), -1)
    for spot in np.lexsort((x, y, -sizes)):
        if joined[spot] < 0:
            near = (joined < 0) & (np.hypot(x - x[spot], y - y[spot]) < apart)
            joined[near] = spot
    return joined
