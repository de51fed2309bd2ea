"""Dates as files write them, to calendar days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.errors import DateError
from bordermap.importers.columns import Words
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import DatePrecision

PRECISIONS = tuple(DatePrecision)
"""Precisions by their codes in arrays."""

EARLIEST = date(1900, 1, 1)
AHEAD = timedelta(days=366)
"""How far after today the day of an event may lie."""

AMBIGUOUS = "may be read as day and month in two ways"
"""The fault of 04/03/2021 where nothing says which of its numbers is the month."""

_ZONE = r"(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d))?"
_TIME = rf"(?:[T ]\s?\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?{_ZONE})?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{6})?", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.ASCII)
_SHORT_YEAR = re.compile(rf"\d{{1,2}}([-/.])\d{{1,2}}\1\d{{2}}{_TIME}", re.ASCII)
_GAP = r"[\s,./-]+"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[\s,.]+)?"
_DAY_PART = r"(?P<day>\d{1,2})"
_DAY_NTH = _DAY_PART + r"(?:st|nd|rd|th)?"
_MONTH_PART = r"(?P<month>[a-z]{3,9})"
_YEAR_PART = r"(?P<year>\d{4})"
_NAMED = tuple(
    re.compile(_WEEKDAY + form + _TIME, re.ASCII | re.IGNORECASE)
    for form in (
        rf"{_DAY_NTH}{_GAP}(?:of )?{_MONTH_PART}{_GAP}{_YEAR_PART}",
        rf"{_MONTH_PART}{_GAP}{_DAY_NTH}{_GAP}{_YEAR_PART}",
        rf"{_YEAR_PART}{_GAP}{_MONTH_PART}{_GAP}{_DAY_PART}",
        rf"{_MONTH_PART}{_GAP}{_YEAR_PART}(?P<day>)",
    )
)
_MONTH_YEAR = re.compile(r"(\d{1,2})[/-](\d{4})", re.ASCII)
_EDTF = re.compile(r"[\d~/.-]{4,24}", re.ASCII)
_MONTHS = {
    **{name.lower(): n for n, name in enumerate(calendar.month_name) if n},
    **{name.lower(): n for n, name in enumerate(calendar.month_abbr) if n},
    "sept": 9,
}
_TIMESTAMP = r"^(\d{4}-\d{2}-\d{2})[T ]\d{1,2}:\d{2}(:\d{2}([.]\d+)?)?(Z|[+-]\d\d:?\d\d)?$"
_MANY = 1000
_LONGEST = 64
"""Characters of a date at most; what is longer is cut to one more, and is none."""

_NO_DATE = "is not a date"
_NO_DAY = "is not a day of the calendar"
_OTHER_ORDER = "has no such month in this order of day and month"
_SHORT = "has a year of two digits; write four"
_SERIAL = "is a number, perhaps a spreadsheet's count of days; format the column as a date"
_OPEN = "is a period with no end or no start"
_EARLY = "is before 1900"
_LATE = "is more than a year after today"

FAULTS = (
    "", AMBIGUOUS, _NO_DATE, _NO_DAY, _OTHER_ORDER, _SHORT, _SERIAL, _OPEN, _EARLY, _LATE,
)  # fmt: skip
"""What may be wrong with a date, by its code in arrays; 0 is nothing."""


@dataclass(frozen=True)
class Dates:
    """A column of dates.

    Attributes
    ----------
    start, end : numpy array of int64
        First and last day, counted from 1970-01-01; both inclusive.
    precision : numpy array of int8
        Index into ``PRECISIONS``; that of unknown where there is no date.
    fault : numpy array of int8
        Index into ``FAULTS``.
    """

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    precision: npt.NDArray[np.int8]
    fault: npt.NDArray[np.int8]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Where there is a date that could be read."""
        return np.not_equal(self.precision, UNKNOWN)


DAY, RANGE, MONTH, APPROX, UNKNOWN = range(5)
_EPOCH = date(1970, 1, 1).toordinal()


def read_dates(words: Words, order: str, today: date) -> Dates:
    """Read a column of dates; each spelling is parsed once.

    Parameters
    ----------
    words : Words
    order : str
        ``dmy``, ``mdy``, or empty where no date may depend on it.
    today : datetime.date
        Events more than ``AHEAD`` after it are faulty, and those before ``EARLIEST``.
    """
    codes, texts = words.codes, words.texts
    if len(texts) > _MANY:
        short = pc.replace_substring_regex(texts, _TIMESTAMP, r"\1").dictionary_encode()
        again = short.indices.to_numpy(zero_copy_only=False)
        codes, texts = np.where(codes < 0, -1, again[codes]), short.dictionary
    read = [_parsed(text[: _LONGEST + 1], order) for text in texts.to_pylist()]
    found = np.array([*read, (0, 0, UNKNOWN, 0)], dtype=np.int64).reshape(-1, 4)
    start, end, precision, fault = found.T
    dated = precision != UNKNOWN
    first, last = (EARLIEST.toordinal() - _EPOCH, (today + AHEAD).toordinal() - _EPOCH)
    fault[dated & (start < first)] = FAULTS.index(_EARLY)
    fault[dated & (end > last)] = FAULTS.index(_LATE)
    precision[fault > 0] = UNKNOWN
    return Dates(
        start[codes], end[codes], precision.astype(np.int8)[codes], fault.astype(np.int8)[codes]
    )


def orders(text: str) -> set[str]:
    """Return the orders of day and month that a date may be in; none where it needs none.

    Examples
    --------
    >>> sorted(orders("04/03/2021")), orders("31/03/2021"), orders("2021-03-04")
    (['dmy', 'mdy'], {'dmy'}, set())
    """
    match = _YEAR_LAST.fullmatch(text)
    if not match or match[1] == match[3]:
        return set()
    first, second = int(match[1]), int(match[3])
    return {order for order, month in (("dmy", second), ("mdy", first)) if 1 <= month <= 12}


def is_date(text: str) -> bool:
    """Return whether a text is a date, in whichever order of day and month."""
    text = text[: _LONGEST + 1]
    return any(fault == 0 for *_, fault in (_parsed(text, "dmy"), _parsed(text, "mdy")))


@lru_cache(maxsize=1 << 16)
def _parsed(text: str, order: str) -> tuple[int, int, int, int]:
    """Return first day, last day, precision and fault of a date."""
    try:
        start, end, precision = _parse(text, order)
    except DateError as error:
        return 0, 0, UNKNOWN, FAULTS.index(str(error))
    except ValueError:
        return 0, 0, UNKNOWN, FAULTS.index(_NO_DAY)
    return start.toordinal() - _EPOCH, end.toordinal() - _EPOCH, precision, 0


def _parse(text: str, order: str) -> tuple[date, date, int]:
    if len(text) > _LONGEST:
        raise DateError(_NO_DATE)
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _day(match[1], match[3], match[4])
    match = _YEAR_LAST.fullmatch(text)
    if match:
        return _in_order(int(match[1]), int(match[3]), int(match[4]), order)
    match = _COMPACT.fullmatch(text)
    if match:
        return _day(*match.groups())
    if _SHORT_YEAR.fullmatch(text):
        raise DateError(_SHORT)
    for form in _NAMED:
        match = form.fullmatch(text)
        month = match and _MONTHS.get(match["month"].lower())
        if match and month:
            if match["day"]:
                return _day(match["year"], month, match["day"])
            return _month(int(match["year"]), month)
    match = _MONTH_YEAR.fullmatch(text)
    if match:
        return _month(int(match[2]), int(match[1]))
    if re.fullmatch(r"\d{5,}(?:\.\d+)?", text, re.ASCII):
        raise DateError(_SERIAL)
    return _edtf(text)


def _edtf(text: str) -> tuple[date, date, int]:
    if not _EDTF.fullmatch(text):
        raise DateError(_NO_DATE)
    try:
        when = PartialDate.parse(text)
    except DateError:
        raise DateError(_NO_DATE) from None
    if when.start is None or when.end is None:
        raise DateError(_OPEN)
    return when.start, when.end, PRECISIONS.index(when.precision)


def _in_order(first: int, second: int, year: int, order: str) -> tuple[date, date, int]:
    if not order:
        if first != second and first <= 12 and second <= 12:
            raise DateError(AMBIGUOUS)
        order = "mdy" if second > 12 else "dmy"
    day, month = (first, second) if order == "dmy" else (second, first)
    if month > 12 and day <= 12:
        raise DateError(_OTHER_ORDER)
    return _day(year, month, day)


def _day(year: str | int, month: str | int, day: str | int) -> tuple[date, date, int]:
    when = date(int(year), int(month), int(day))
    return when, when, DAY


def _month(year: int, month: int) -> tuple[date, date, int]:
    start = date(year, month, 1)
    return start, start.replace(day=calendar.monthrange(year, month)[1]), MONTH


@dataclass(frozen=True)
class Spans:
    """When events were: days from 1970-01-01, and an index into ``PRECISIONS``."""

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    precision: npt.NDArray[np.int8]

    def column(self, days: npt.NDArray[np.int64]) -> pa.Array:
        """Return days as an Arrow column, null where there is no date."""
        return pa.array(days.astype(np.int32), mask=self.precision == UNKNOWN).cast(pa.date32())


def spans(start: Dates, end: Dates | None, stated: npt.NDArray[np.int8] | None) -> Spans:
    """Join first days, last days and what a file says of their precision.

    Parameters
    ----------
    start : Dates
    end : Dates or None
        None where the file has no column for it: a single date may then stand for a month.
    stated : numpy array of int8 or None
        Indices into ``PRECISIONS``, -1 where the file says nothing.
    """
    first, precision = start.start.copy(), start.precision.copy()
    last = start.end.copy()
    if end is not None:
        ended = end.known & start.known
        last = np.where(ended, end.end, last)
        both = ended & (precision == DAY) & (end.precision == DAY)
        precision = np.where(ended & ~both & (precision != APPROX), np.int8(RANGE), precision)
    if stated is not None:
        precision = np.where((stated >= 0) & (precision == DAY), stated, precision)
    if end is None:
        months = (precision == MONTH) & (first == last)
        begins = first.astype("datetime64[D]").astype("datetime64[M]")
        first = np.where(months, begins.astype("datetime64[D]").astype(np.int64), first)
        ends = (begins + 1).astype("datetime64[D]").astype(np.int64) - 1
        last = np.where(months, ends, last)
    whole = _first_of_month(first) & _first_of_month(last + 1)
    precision = np.where((precision == MONTH) & ~whole, np.int8(RANGE), precision)
    precision = np.where((precision == DAY) & (first != last), np.int8(RANGE), precision)
    precision = np.where((precision == RANGE) & (first == last), np.int8(APPROX), precision)
    return Spans(first, last, precision)


def _first_of_month(days: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    dates = days.astype("datetime64[D]")
    return np.asarray(dates == dates.astype("datetime64[M]").astype("datetime64[D]"))
