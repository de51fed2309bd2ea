"""Two periods in numbers as CSV."""

from __future__ import annotations

import csv
import io

from bordermap.analysis.periods import Comparison, Difference, Group
from bordermap.model.vocabulary import label
from bordermap.snapshot.exports.tables import disarmed

FEW = "too few to compare"
"""Said of a number that is too small for a ratio."""

NO_REGION = "No region stated"

_HEAD = (
    *("group", "of", "term", "a", "b", "difference", "ratio", "note"),
    *("a_per_month", "b_per_month", "a_period", "b_period", "a_days", "b_days"),
)
_DECIMALS = 4


def name(one: Difference) -> str:
    """Return words for what is counted."""
    if one.group == Group.ACTOR:
        return one.term
    if one.group == Group.TOTAL:
        return one.term.capitalize()
    return label(one.term) if one.term else NO_REGION


def to_csv(compared: Comparison) -> bytes:
    """Return a comparison as CSV: UTF-8, one row for each thing that was counted.

    ``a_days`` and ``b_days`` are the days of each window that the records reach. Cells are
    disarmed as in `bordermap.snapshot.exports.tables.to_csv`.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for one in compared.all:
        cells = [
            *(one.group.value, name(one), one.term, one.a, one.b, one.difference),
            _rounded(one.ratio),
            FEW if one.few else None,
            *map(_rounded, one.per_month),
            *(str(compared.a), str(compared.b), one.days_a, one.days_b),
        ]
        writer.writerow([disarmed(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue().encode()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
