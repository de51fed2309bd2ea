"""How a film moves: its steps through time, its speed, and the moments that are its frames.

A query spells it with the keys ``step, speed, mode``, beside those of a spec.
"""

from __future__ import annotations

import math
from calendar import month_name
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from bordermap.errors import SelectionError
from bordermap.snapshot import words

STEPS = ("", "day", "week", "month")
"""How much time a frame is of; empty: the shortest that makes a film of `USUAL_FRAMES` or fewer."""

MODES = ("window", "growing")
"""A frame shows what was in its own days, or all that was until then."""

MIN_SPEED, MAX_SPEED = 0.5, 25.0
"""Frames a second."""

MAX_FRAMES = 600
USUAL_FRAMES = 120

_SHOWN = 80
_DAY = timedelta(days=1)


class Moment(NamedTuple):
    """A frame's days, both inclusive."""

    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class Motion:
    """How a film moves.

    Attributes
    ----------
    step : str
        Of `STEPS`: weeks begin on Monday, months on their first day.
    speed : float
        Frames a second, from `MIN_SPEED` to `MAX_SPEED`.
    mode : str
        Of `MODES`.

    Raises
    ------
    SelectionError
        If a value is none of these.
    """

    step: str = STEPS[0]
    speed: float = 4.0
    mode: str = MODES[0]

    def __post_init__(self) -> None:
        for key, known in (("step", STEPS), ("mode", MODES)):
            value = getattr(self, key)
            if value not in known:
                wanted = ", ".join(filter(None, known))
                raise SelectionError(f"{key}: {value[:_SHOWN]!r} is not one of {wanted}")
        if not MIN_SPEED <= self.speed <= MAX_SPEED:
            raise SelectionError(
                f"speed: {self.speed:g} is not between {MIN_SPEED:g} and {MAX_SPEED:g}"
                " frames a second"
            )

    def to_params(self) -> dict[str, list[str]]:
        """Return the query as a mapping of key to values, without what is as by default."""
        spelled = {"step": self.step, "speed": f"{self.speed:g}", "mode": self.mode}
        return {
            key: [value]
            for key, value in spelled.items()
            if getattr(self, key) != getattr(_USUAL, key)
        }

    @classmethod
    def from_params(cls, params: Mapping[str, Sequence[str]]) -> tuple[Motion, list[str]]:
        """Read a query.

        Returns
        -------
        motion : Motion
        ignored : list of str
            One line for each value that cannot be used; it is left out.
        """
        motion, ignored = cls(), []
        for key in KEYS:
            for value in list(params.get(key, ()))[-1:]:
                try:
                    motion = cls(**{**vars(motion), key: _read(key, value)})
                except SelectionError as error:
                    ignored.append(str(error))
        return motion, ignored

    def moments(self, first: date, last: date) -> list[Moment]:
        """Return the frames of a film of these days, both inclusive.

        Raises
        ------
        SelectionError
            If there are more than `MAX_FRAMES`.
        """
        step = self.step or next(
            (one for one in STEPS[1:] if _frames(first, last, one) <= USUAL_FRAMES), STEPS[-1]
        )
        if (frames := _frames(first, last, step)) > MAX_FRAMES:
            longer = STEPS[STEPS.index(step) + 1 :]
            other = f"take the step {' or '.join(longer)}, or fewer" if longer else "take fewer"
            raise SelectionError(
                f"{words.period(first, last)} in steps of a {step} are {frames:,} frames, and a"
                f" film has at most {MAX_FRAMES}; {other} days"
            )
        return list(_walk(first, last, step))

    def shown(self, moment: Moment, first: date) -> Moment:
        """Return the days whose records a frame shows, in a film that begins on ``first``."""
        return Moment(first, moment.last) if self.mode == "growing" else moment


_USUAL = Motion()
KEYS = ("step", "speed", "mode")
"""Keys of a query."""


def said(moment: Moment) -> str:
    """Return days in words: a whole month as ``April 2024``."""
    if moment == _around(moment.first, "month"):
        return f"{month_name[moment.first.month]} {moment.first.year}"
    return words.period(*moment)


def _read(key: str, value: str) -> Any:
    if key != "speed":
        return value
    try:
        speed = float(value)
    except ValueError:
        speed = math.nan
    if not math.isfinite(speed):
        raise SelectionError(f"speed: {value[:_SHOWN]!r} is not a number of frames a second")
    return speed


def _around(day: date, step: str) -> Moment:
    """Return the day, week or month that a day is in."""
    if step == "day":
        return Moment(day, day)
    if step == "week":
        monday = day - timedelta(days=day.weekday())
        return Moment(monday, monday + timedelta(days=6))
    next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Moment(day.replace(day=1), next_month - _DAY)


def _walk(first: date, last: date, step: str) -> Iterator[Moment]:
    day = first
    while day <= last:
        whole = _around(day, step)
        yield Moment(max(whole.first, first), min(whole.last, last))
        day = whole.last + _DAY


_COUNTS: Mapping[str, Callable[[date], int]] = MappingProxyType(
    {
        "day": lambda day: day.toordinal(),
        "week": lambda day: (day.toordinal() - 1) // 7,
        "month": lambda day: day.year * 12 + day.month,
    }
)


def _frames(first: date, last: date, step: str) -> int:
    return _COUNTS[step](last) - _COUNTS[step](first) + 1
