"""States shaded by their records: how many, how many a month, or how that changed.

Classes, colours and words are those of the map on the screen. The classes depend on the data
and the filters, never on the dates, so that a colour means the same on every sheet of them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bordermap.cartography import style
from bordermap.queries import Dataset, timeless
from bordermap.selection import Selection
from bordermap.snapshot import words
from bordermap.snapshot.sheets.ground import HATCHED

MONTH = 30.4375
"""Days."""

FEWEST = 10
"""Records in both periods, from which they are compared."""

BURST = 10
"""Times the mean rate that the scale of rates reaches up to."""

SPAN = 500
"""From the lowest to the highest class of rates."""

BREAKS = (1 / 4, 1 / 2, 4 / 5, 5 / 4, 2.0, 4.0)
"""Ratios between the classes of change."""

_MARKS = ("", "quarter", "half", "", "", "twice", "fourfold")
_NO_PERIOD = "Change needs a period: choose the dates."
_TOO_EARLY = "The records do not reach far enough back to compare this period."

Period = tuple[date, date]
"""First and last day."""


@dataclass(frozen=True)
class Step:
    """A colour of the legend, words at its left edge (mark) and in its middle (within)."""

    colour: str
    mark: str = ""
    within: str = ""


@dataclass(frozen=True)
class Shading:
    """What the colours of the states are and say.

    Attributes
    ----------
    title : str
    fills : mapping of region code to str
        Colours, or :data:`bordermap.snapshot.sheets.ground.HATCHED`; empty where nothing is shaded.
    steps : sequence of Step
        From the lowest class to the highest.
    note : str
        Which periods are compared, or why none are.
    has_few : bool
        Whether the legend says what the stripes mean.
    """

    title: str
    fills: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    note: str = ""
    has_few: bool = False


def shading(
    dataset: Dataset, selection: Selection, how: str, codes: Collection[str]
) -> Shading | None:
    """Return how states are shaded by the records of a selection.

    Parameters
    ----------
    how : str
        ``count``, ``rate`` (a month), ``change`` (from the equally long period before), or
        nothing.
    codes : collection of str
        Of the states that the map has.

    Returns
    -------
    Shading or None
        None where nothing is asked for, or no record of the dataset has a date.
    """
    days = dataset.days
    if not how or days is None:
        return None
    if how == "change":
        return _change(dataset, selection, days, codes)
    return _amount(dataset, selection, days, codes, rated=how == "rate")


def _amount(
    dataset: Dataset, selection: Selection, days: Period, codes: Collection[str], *, rated: bool
) -> Shading:
    counts = _counts(dataset, selection, codes)
    most = max(_counts(dataset, timeless(selection), codes).values(), default=0)
    months = _months(_within(selection, days)) if rated else 1.0
    top = BURST * most / _months(days) if rated else float(most)
    breaks = _steps(top / SPAN if rated else 1.0, top)
    ramp = _spread(style.SHADES, len(breaks))

    def colour(count: int) -> str:
        place = sum(low <= count / months for low in breaks)
        return ramp[max(place - 1, 0)] if count else style.SHADE_NONE

    return Shading(
        title="Records a month, by state" if rated else "Records, by state",
        fills={code: colour(counts.get(code, 0)) for code in codes},
        steps=[
            Step(style.SHADE_NONE, within="0"),
            *(Step(shade, mark=_mark(low)) for shade, low in zip(ramp, breaks, strict=True)),
        ],
    )


def _change(
    dataset: Dataset, selection: Selection, days: Period, codes: Collection[str]
) -> Shading:
    title = "Change, by state"
    if selection.date_from is None and selection.date_to is None:
        return Shading(title, note=_NO_PERIOD)
    after = _within(selection, days)
    length = after[1] - after[0]
    before = (after[0] - length - timedelta(1), after[0] - timedelta(1))
    if after[1] < after[0] or before[0] < days[0]:
        return Shading(title, note=_TOO_EARLY)
    was, now = (
        _counts(dataset, selection.replace(date_from=first, date_to=last), codes)
        for first, last in (before, after)
    )

    def colour(code: str) -> str:
        count, other = now.get(code, 0), was.get(code, 0)
        if count + other < FEWEST:
            return HATCHED
        ratio = count / other if other else math.inf
        return style.CHANGES[sum(low <= ratio for low in BREAKS)]

    same = len(BREAKS) // 2
    return Shading(
        title=title,
        fills={code: colour(code) for code in codes},
        steps=[
            Step(shade, mark, "same" if place == same else "")
            for place, (shade, mark) in enumerate(zip(style.CHANGES, _MARKS, strict=True))
        ],
        note=f"From {words.period(*before)} to {words.period(*after)}",
        has_few=True,
    )


def _counts(dataset: Dataset, selection: Selection, codes: Collection[str]) -> dict[str, int]:
    """Return the records of each state; one of several states counts once in each."""
    found = dataset.matching(selection).counts("region_codes")
    return {code: count for code, count in found.items() if code in codes}


def _within(selection: Selection, days: Period) -> Period:
    first, last = selection.date_from or days[0], selection.date_to or days[1]
    return max(first, days[0]), min(last, days[1])


def _months(period: Period) -> float:
    return max((period[1] - period[0]).days + 1, 1) / MONTH


def _steps(lowest: float, highest: float) -> list[float]:
    """Return the steps 1, 2, 5, 10 … from about the lowest to the highest.

    Where they are more than the colours, it is every second or third.
    """
    found: list[float] = []
    decade = math.floor(math.log10(lowest or 1))
    while True:
        for digit in (1, 2, 5):
            step = float(f"{digit}e{decade}")
            if found and step > highest:
                return found[:: math.ceil(len(found) / len(style.SHADES))]
            if step >= lowest:
                found.append(step)
        decade += 1


def _spread(colours: Sequence[str], count: int) -> list[str]:
    """Return so many of the colours, from the first to the last; of one, the last."""
    last = len(colours) - 1
    if count == 1:
        return [colours[last]]
    return [colours[math.floor(place * last / (count - 1) + 0.5)] for place in range(count)]


def _mark(value: float) -> str:
    return f"{_two_digits(value)}" if value < 1e4 else f"{_two_digits(value / 1000)}k"


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.10g}"
