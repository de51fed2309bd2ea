"""What stands beside a map, fitted to the room that there is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bordermap.snapshot.sheets.legend import Block

PITCHES = (1.0, 0.93, 0.87)
LOCATOR_HEIGHTS = (210.0, 165.0, 120.0)

_GAP = 10.0


@dataclass(frozen=True)
class Column:
    """Room for blocks on a sheet whose y runs downwards, in points."""

    left: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Seat:
    """Where a block stands."""

    block: Block
    left: float
    top: float


@dataclass(frozen=True)
class Plan:
    """What stands where.

    Attributes
    ----------
    seats : tuple of Seat
    pitch : float
        By which rows are set closer.
    locator : (float, float, float) or None
        Left, top and height of the locator with its heading; None where it has no room here.
    """

    seats: tuple[Seat, ...]
    pitch: float
    locator: tuple[float, float, float] | None

    def draw(self, width: float) -> None:
        """Draw the blocks in columns of a width."""
        for seat in self.seats:
            seat.block.draw(seat.left, seat.top, width, self.pitch)


def plan(
    columns: Sequence[Column],
    choices: Iterable[Sequence[Block]],
    *,
    locator: bool,
) -> Plan:
    """Fit blocks into columns, the locator with them if it has room.

    Parameters
    ----------
    columns : sequence of Column
        One or two.
    choices : iterable of sequences of Block
        What to show, the fullest first; of the last, what does not fit is left out.
    locator : bool
        Whether there is one.
    """
    shown = list(choices)
    for height in _heights(locator):
        left_over, where = _with_locator(columns, height)
        for blocks in shown:
            for pitch in PITCHES:
                if (seats := _seated(left_over, blocks, pitch)) is not None:
                    return Plan(seats, pitch, where and _risen(where, seats, pitch, left_over))
    kept: list[Block] = []
    for block in shown[-1]:
        if _seated(columns, [*kept, block], PITCHES[-1]) is not None:
            kept.append(block)
    return Plan(_seated(columns, kept, PITCHES[-1]) or (), PITCHES[-1], None)


def _heights(locator: bool) -> Iterator[float]:
    if locator:
        yield from LOCATOR_HEIGHTS
    yield 0.0


def _with_locator(
    columns: Sequence[Column], height: float
) -> tuple[Sequence[Column], tuple[float, float, float] | None]:
    """Take the locator off the last column: its foot if it is the only one, else its head."""
    last = columns[-1]
    if not height:
        return columns, None
    if len(columns) == 1:
        top = last.bottom - height
        return [Column(last.left, last.top, top)], (last.left, top, height)
    under = Column(last.left, last.top + height + _GAP, last.bottom)
    return [*columns[:-1], under], (last.left, last.top, height)


def _risen(
    where: tuple[float, float, float],
    seats: Sequence[Seat],
    pitch: float,
    columns: Sequence[Column],
) -> tuple[float, float, float]:
    """Let a locator at the foot grow into the room that blocks left above it."""
    left, top, height = where
    if len(columns) > 1 or not seats:
        return where
    used = max(seat.top + seat.block.height * pitch for seat in seats)
    grown = min(top + height - used, LOCATOR_HEIGHTS[0] + 40)
    return left, top + height - grown, grown


def _seated(
    columns: Sequence[Column], blocks: Sequence[Block], pitch: float
) -> tuple[Seat, ...] | None:
    """Return where blocks stand, in their order and as level as may be; None if they do not fit."""
    found: list[tuple[float, tuple[Seat, ...]]] = []
    for first in range(len(blocks), -1, -1) if len(columns) > 1 else [len(blocks)]:
        seats: list[Seat] = []
        lowest = 0.0
        for column, part in zip(columns, (blocks[:first], blocks[first:]), strict=False):
            top = column.top
            for block in part:
                seats.append(Seat(block, column.left, top))
                top += block.height * pitch
            lowest = max(lowest, top if top <= column.bottom + _GAP else math.inf)
        found.append((lowest, tuple(seats)))
    lowest, level = min(found, key=lambda one: one[0])
    return None if lowest == math.inf else level
