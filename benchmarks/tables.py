"""Tables in Markdown that are also read as they stand."""

from __future__ import annotations

from collections.abc import Sequence


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns of even width; a bar in a cell becomes a slash."""
    cells = [list(headings), *([cell.replace("|", "/") for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def number(value: float | None, form: str) -> str:
    """Return a number in a format, or nothing where there is none."""
    return "" if value is None else format(value, form)
