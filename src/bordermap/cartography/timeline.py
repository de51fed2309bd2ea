"""What the timeline needs from the server: its axis, its periods and its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

SCRIPTS = tuple(
    Path(__file__).with_name(name)
    for name in ("calendar.js", "timeline_parts.js", "timeline_bars.js", "timeline.js")
)
"""The scripts of the timeline, in the order in which they run."""

STYLE = Path(__file__).with_name("timeline.css")

Days = tuple[date, date]
"""First and last day, both inclusive."""

_MANY_YEARS = 12
_NAMED: Mapping[str, Days] = {"Oct 2023 offensive": (date(2023, 10, 27), date(2024, 1, 11))}


def axis(days: Days | None) -> Days:
    """Widen the days that records cover to whole months; some years where there are none."""
    if days is None:
        return date(2021, 1, 1), date.today()
    first, last = days[0].replace(day=1), days[1]
    return first, (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def presets(first: date, last: date) -> list[dict[str, str]]:
    """Return the periods to choose from: all, years or decades, and named ones.

    Returns
    -------
    list of dict
        ``label``, and ``from`` and ``to`` as ISO days, cut to the axis.
    """
    step = 1 if last.year - first.year < _MANY_YEARS else 10
    years = {
        str(year) if step == 1 else f"{year}s": (
            max(first, date(year, 1, 1)),
            min(last, date(year + step - 1, 12, 31)),
        )
        for year in range(first.year - first.year % step, last.year + 1, step)
    }
    within = {n: d for n, d in _NAMED.items() if first <= d[0] and d[1] <= last}
    return [
        {"label": name, "from": days[0].isoformat(), "to": days[1].isoformat()}
        for name, days in {"All dates": (first, last), **years, **within}.items()
    ]
