"""An axis of days on paper: its bins and its ticks. Days are counted from 1970-01-01."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from bordermap.snapshot import words

Days = npt.NDArray[np.int64]
Unit = Literal["day", "week", "month", "quarter", "year"]

_LENGTHS: dict[Unit, float] = {
    "day": 1,
    "week": 7,
    "month": 30.4369,
    "quarter": 91.3106,
    "year": 365.2425,
}
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_MONDAY = 4
"""The first Monday: 1970-01-05."""

_TICKS: Sequence[tuple[Unit, int]] = (
    *(("day", 1), ("day", 2), ("week", 1), ("month", 1), ("month", 3)),
    *(("year", 1), ("year", 2), ("year", 5), ("year", 10), ("year", 20), ("year", 50)),
    *(("year", 100), ("year", 500), ("year", 1000)),
)
_LEAST_APART = 10.0
_LABEL_GAP = 6.0


@dataclass(frozen=True)
class Tick:
    """A tick of the axis; its label stands to the right of it.

    Attributes
    ----------
    x : float
        Points from the start of the axis.
    label : str
        Empty where there is no room for it.
    strong : bool
        Whether it says a year that begins.
    """

    x: float
    label: str
    strong: bool


def edges(first: int, last: int, unit: Unit) -> Days:
    """Return the edges of the bins of a unit that cover the days from first to last."""
    return _starts(first, last, unit, 1, beyond=True)


def unit_of_bins(days: int, width: float, least: float) -> Unit:
    """Return the finest unit whose bins are at least so wide where so many days fill a width."""
    fitting = (unit for unit, length in _LENGTHS.items() if width * length / days >= least)
    return next(fitting, "year")


def ticks(first: int, last: int, width: float, measure: Callable[[str, bool], float]) -> list[Tick]:
    """Return the ticks of an axis: the most for which there is room.

    Parameters
    ----------
    first, last : int
        Days, both inclusive.
    width : float
        Of the axis, in points.
    measure : callable
        From a label, and whether it is strong, to its width in points.
    """
    scale = width / (last + 1 - first)
    made: list[Tick] = []
    for unit, of in _TICKS:
        if scale * _LENGTHS[unit] * of < _LEAST_APART:
            continue
        days = _starts(first, last, unit, of, beyond=False)
        made = [
            Tick((day - first) * scale, label, strong)
            for day, label, strong in _labelled(days, unit)
        ]
        roomy = _roomy(made, measure)
        if roomy is not None:
            made = roomy
            break
    return [
        tick if tick.x + measure(tick.label, tick.strong) <= width else replace(tick, label="")
        for tick in made
    ]


def _starts(first: int, last: int, unit: Unit, of: int, *, beyond: bool) -> Days:
    """Return the days on which units begin, so many taken together.

    They are those from first to last, or with those right before and after.
    """
    starts: Days
    if unit in _MONTHS:
        step = _MONTHS[unit] * of
        shift = 1970 * 12 % step  # years are taken together from the year 0
        low, high = (_month(day) + shift for day in (first, last))
        months = np.arange(low // step, high // step + 2) * step - shift
        starts = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    else:
        step, anchor = (7 * of, _MONDAY) if unit == "week" else (of, 0)
        low, high = first - anchor, last - anchor
        starts = np.arange(low // step, high // step + 2) * step + anchor
    return starts if beyond else starts[(starts >= first) & (starts <= last)]


def _month(day: int) -> int:
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


def _labelled(days: Days, unit: Unit) -> list[tuple[int, str, bool]]:
    """Return each day, its label and whether that is strong; the first one names the year."""
    said = []
    before = None
    for day in days.tolist():
        number, month, year = words.day(np.datetime64(day, "D").item()).split()
        turn = year != before
        if unit == "year":
            label, strong = year, False
        elif unit == "month":
            strong = before is None or month == "Jan"
            label = year if month == "Jan" else f"{month} {year}" if strong else month
        else:
            label, strong = f"{number} {month} {year}" if turn else f"{number} {month}", turn
        before = year
        said.append((day, label, strong))
    return said


def _roomy(made: Sequence[Tick], measure: Callable[[str, bool], float]) -> list[Tick] | None:
    """Take away labels that one with a year runs into; return None where others overlap."""
    kept: list[Tick] = []
    last, end = None, -np.inf
    for tick in made:
        if end + _LABEL_GAP <= tick.x:
            last, end = tick, tick.x + measure(tick.label, tick.strong)
            kept.append(tick)
        elif last is not None and last.strong and not tick.strong:
            kept.append(replace(tick, label=""))
        else:
            return None
    return kept
