"""Dates with precision, in a subset of the Extended Date/Time Format (ISO 8601-2:2019).

Supported: a day ``2023-03-20``, a month ``2023-11``, a year ``2021``, each with
an optional ``~`` (approximate); an interval of two of these ``2023-10-27/2023-10-29``,
open at either end with ``..`` (``2023-10-27/..``); the empty string for unknown.

Reference: Library of Congress, EDTF specification, levels 0 and 1.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from bordermap.errors import DateError
from bordermap.model.vocabulary import DatePrecision

_POINT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(~?)", re.ASCII)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", re.ASCII)
_OPEN = ".."
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class PartialDate:
    """What is known of when something happened.

    Attributes
    ----------
    edtf : str
        The date as written, in the supported subset of EDTF.
    start, end : datetime.date or None
        First and last calendar day it may cover, both inclusive; None is an
        open end, and both are None where nothing is known.
    precision : DatePrecision
    """

    edtf: str
    start: date | None
    end: date | None
    precision: DatePrecision

    @classmethod
    def parse(cls, edtf: str) -> PartialDate:
        """Read a date.

        Raises
        ------
        DateError
            If the text is not in the subset, names a day that does not exist,
            or is an interval that ends before it starts.
        """
        if not edtf:
            return cls("", None, None, DatePrecision.UNKNOWN)
        if _DAY_OR_MONTH_FIRST.fullmatch(edtf):
            raise DateError(f"{edtf!r} is ambiguous; write year, month, day: 2024-04-03")
        head, slash, tail = edtf.partition("/")
        if not slash:
            return cls(edtf, *_point(head))
        if head == tail == _OPEN:
            raise DateError("'../..' says nothing; leave an unknown date empty")
        first = None if head == _OPEN else _point(head)
        last = None if tail == _OPEN else _point(tail)
        start = first[0] if first else None
        end = last[1] if last else None
        if start and end and end < start:
            raise DateError(f"{edtf!r} ends before it starts")
        approximate = any(point and point[2] is DatePrecision.APPROX for point in (first, last))
        return cls(edtf, start, end, DatePrecision.APPROX if approximate else DatePrecision.RANGE)

    def overlaps(self, other: PartialDate) -> bool:
        """Return whether the two may share a day; an unknown date shares none."""
        if DatePrecision.UNKNOWN in (self.precision, other.precision):
            return False
        starts = [when.start for when in (self, other) if when.start]
        ends = [when.end for when in (self, other) if when.end]
        return not (starts and ends) or max(starts) <= min(ends)

    def __str__(self) -> str:
        """Return the date in words, its precision included.

        Examples
        --------
        >>> str(PartialDate.parse("2024-04-01~/2024-04-10~"))
        'about 1–10 Apr 2024'
        """
        if self.precision is DatePrecision.UNKNOWN:
            return "undated"
        head, _, tail = self.edtf.partition("/")
        about = "about " if self.precision is DatePrecision.APPROX else ""
        if not tail:
            return about + _words(head)
        if head == _OPEN:
            return f"until {about}{_words(tail)}"
        if tail == _OPEN:
            return f"since {about}{_words(head)}"
        first, last = _words(head).split(), _words(tail).split()
        if first == last:
            return about + " ".join(last)
        shared = 0
        while len(first) == len(last) and first[-1 - shared] == last[-1 - shared]:
            shared += 1
        first = first[: len(first) - shared]
        dash = "–" if len(first) == 1 and shared else " – "
        return about + " ".join(first) + dash + " ".join(last)


def _point(text: str) -> tuple[date, date, DatePrecision]:
    match = _POINT.fullmatch(text)
    if not match:
        raise DateError(
            f"{text!r} is not a date; write 2023-03-20, 2023-03, 2023-03-20~ or an interval a/b"
        )
    year, month, day, approximate = match.groups()
    try:
        if day:
            start = end = date(int(year), int(month), int(day))
            precision = DatePrecision.DAY
        elif month:
            start = date(int(year), int(month), 1)
            end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
            precision = DatePrecision.MONTH
        else:
            start, end = date(int(year), 1, 1), date(int(year), 12, 31)
            precision = DatePrecision.RANGE
    except ValueError as error:
        raise DateError(f"{text!r} is not a day of the calendar ({error})") from None
    return start, end, DatePrecision.APPROX if approximate else precision


def _words(point: str) -> str:
    parts = point.rstrip("~").split("-")
    words = [parts[0]]
    if len(parts) > 1:
        words.insert(0, _MONTHS[int(parts[1]) - 1])
    if len(parts) > 2:
        words.insert(0, str(int(parts[2])))
    return " ".join(words)
