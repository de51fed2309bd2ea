"""Whether the first row of a table names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VALUE = re.compile(
    r"[-+]?\d[\d\s.,]*(e[-+]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ][\d:.]+Z?)?", re.IGNORECASE
)
"""A number or a date in digits."""


def has_header(first: Sequence[str | None], rows: Sequence[Sequence[str | None]]) -> bool:
    """Tell whether a row names the columns of those that follow.

    It does not where it holds numbers or dates in most of the columns that hold them
    below it. Without any below it, it does if it holds none itself.
    """
    numeric = [
        position
        for position in range(len(first))
        if _mostly_values([row[position] for row in rows if position < len(row)])
    ]
    in_first = [cell for cell in first if _is_value(cell)]
    if not numeric:
        return not in_first
    named = [position for position in numeric if first[position] and not _is_value(first[position])]
    return len(named) >= sum(_is_value(first[position]) for position in numeric)


def _is_value(cell: str | None) -> bool:
    return bool(cell) and _VALUE.fullmatch((cell or "").strip()) is not None


def _mostly_values(cells: Sequence[str | None]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(_is_value, filled)) >= 0.8 * len(filled)
