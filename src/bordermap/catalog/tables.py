"""Rows of a CSV table, read field by field with every fault noted.

A reader returns a usable value or notes a :class:`~bordermap.errors.Fault` and returns
a neutral one, so that all that is wrong with a row is known at once.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path

from bordermap.errors import DateError, Fault
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import REGION_NAMES

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Row:
    """One row of a table.

    Parameters
    ----------
    file : str
        Name of the table for faults.
    line : int
        First line of the row in the file, the header being line 1.
    cells : dict of str to str
    """

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        self.file = file
        self.line = line
        self.cells = cells
        self.faults: list[Fault] = []

    def fault(self, field: str, reason: str) -> None:
        """Note that a field is wrong."""
        self.faults.append(Fault(self.file, self.line, field, reason))

    def text(self, field: str, *, required: bool = False) -> str:
        """Return the cell without outer white space."""
        value = self.cells.get(field, "").strip()
        if required and not value:
            self.fault(field, "is empty and must not be")
        if _CONTROL.search(value):
            self.fault(field, "holds a control character; remove it")
        return value

    def slug(self, field: str) -> str:
        """Return an identifier: lower-case words joined by hyphens."""
        value = self.text(field, required=True)
        if value and not _SLUG.fullmatch(value):
            self.fault(field, f"{value!r} is not an id; use lower-case letters, digits, hyphens")
        return value

    def region(self, field: str) -> str | None:
        """Return an ISO 3166-2 code, or None for an empty cell."""
        value = self.text(field)
        known = value in REGION_NAMES or not value.startswith("MM-")
        if value and not (known and _REGION.fullmatch(value)):
            self.fault(field, f"{value!r} is not an ISO 3166-2 code like MM-17")
        return value or None

    def choice(
        self, field: str, allowed: type[StrEnum] | frozenset[str], *, empty: bool = False
    ) -> str:
        """Return a term of a closed vocabulary."""
        value = self.text(field, required=not empty)
        terms = [str(term) for term in allowed]
        if value and value not in terms:
            self.fault(field, f"{value!r} is not one of {', '.join(sorted(terms))}")
        return value

    def items(self, field: str) -> tuple[str, ...]:
        """Return a list cell; items are separated by semicolons."""
        return tuple(item.strip() for item in self.text(field).split(";") if item.strip())

    def number(self, field: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Return a finite number within bounds, or None for an empty cell."""
        value = self.text(field)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            self.fault(field, f"{value!r} is not a number")
            return None
        if not math.isfinite(number):
            self.fault(field, f"{value!r} is not a finite number")
            return None
        if not low <= number <= high:
            self.fault(field, f"{value} is not between {low:g} and {high:g}")
            return None
        return number

    def count(self, field: str) -> int | None:
        """Return a whole number of at least zero, or None for an empty cell."""
        number = self.number(field, 0, 2**31 - 1)
        if number is not None and number != int(number):
            self.fault(field, f"{number:g} is not a whole number")
            return None
        return None if number is None else int(number)

    def flag(self, field: str) -> bool:
        """Return true or false."""
        return self.choice(field, frozenset({"true", "false"})) == "true"

    def day(self, field: str) -> date | None:
        """Return a calendar day, or None for an empty cell."""
        value = self.text(field)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.fault(field, f"{value!r} is not a day like 2023-03-20")
            return None

    def partial_date(self, field: str) -> PartialDate:
        """Return a date with precision; an empty cell is an unknown date."""
        try:
            return PartialDate.parse(self.text(field))
        except DateError as error:
            self.fault(field, str(error))
            return PartialDate.parse("")


def read(path: Path, file: str, columns: tuple[str, ...], faults: list[Fault]) -> Iterator[Row]:
    """Read a CSV table.

    Parameters
    ----------
    path : Path
    file : str
        Name of the table for faults.
    columns : tuple of str
        The header that the table must have.
    faults : list of Fault
        What is wrong with the file as a whole, or with the shape of a row, is added
        here; such a row is not yielded.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        faults.append(Fault(file, 0, "", f"cannot be read: {error.strerror}"))
        return
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.append(Fault(file, line, "", "is not UTF-8 text; save it as UTF-8"))
        return
    numbered = _numbered(text, file, faults)
    _, header = next(numbered, (1, []))
    missing = [column for column in columns if column not in header]
    if missing:
        faults.append(Fault(file, 1, "", f"lacks the column(s) {', '.join(missing)}"))
        return
    for line, cells in numbered:
        if len(cells) == len(header):
            yield Row(file, line, dict(zip(header, cells, strict=True)))
        else:
            reason = f"has {len(cells)} cells where the header has {len(header)}"
            faults.append(Fault(file, line, "", reason))


def _numbered(text: str, file: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with the line that it starts on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(file, line, "", f"is not well-formed CSV: {error}"))
        else:
            if cells:
                yield line, cells
