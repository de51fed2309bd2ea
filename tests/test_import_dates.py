"""Dates as files write them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bordermap.importers import dates
from bordermap.importers.columns import Words

TODAY = date(2026, 1, 15)
MARCH = date(2021, 3, 4)


def words(*texts: str | None) -> Words:
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(codes.astype(np.int32), encoded.dictionary)


def read(text: str | None, order: str = "") -> tuple[date, date, str] | str:
    """Return first day, last day and precision of a text, or what is wrong with it."""
    found = dates.read_dates(words(text), order, TODAY)
    if found.fault[0]:
        assert not found.known[0]
        return dates.FAULTS[found.fault[0]]
    days = [date(1970, 1, 1) + timedelta(days=int(day[0])) for day in (found.start, found.end)]
    return days[0], days[1], str(dates.PRECISIONS[found.precision[0]])


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-04",
        "2021-3-4",
        "2021/03/04",
        "2021.03.04",
        "20210304",
        "20210304153000",
        "2021-03-04T00:00:00Z",
        "2021-03-04T23:59:59+06:30",
        "2021-03-04 00:00:00.000",
        "2021-03-04 12:30",
        "04 March 2021",
        "4 Mar 2021",
        "4-Mar-2021",
        "04. MARCH 2021",
        "4th of March, 2021",
        "March 4, 2021",
        "Mar. 4th 2021",
        "Thursday, 4 March 2021",
        "2021-Mar-04",
    ],
)
@pytest.mark.parametrize("order", ["", "dmy", "mdy"])
def test_days_that_need_no_order(text, order):
    assert read(text, order) == (MARCH, MARCH, "day")


@pytest.mark.parametrize("text", ["04-03-2021", "04/03/2021", "4.3.2021", "04/03/2021 10:15 PM"])
def test_days_that_need_an_order(text):
    assert read(text) == dates.AMBIGUOUS
    assert read(text, "dmy") == (MARCH, MARCH, "day")
    assert read(text, "mdy") == (date(2021, 4, 3), date(2021, 4, 3), "day")


def test_a_day_decides_itself_but_never_against_the_order():
    last = date(2021, 12, 31)
    assert read("31/12/2021") == read("31/12/2021", "dmy") == (last, last, "day")
    assert read("12/31/2021") == read("12/31/2021", "mdy") == (last, last, "day")
    assert "no such month" in read("12/31/2021", "dmy")
    assert "no such month" in read("31/12/2021", "mdy")
    assert read("05/05/2021") == (date(2021, 5, 5), date(2021, 5, 5), "day")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03", (date(2021, 3, 1), date(2021, 3, 31), "month")),
        ("March 2021", (date(2021, 3, 1), date(2021, 3, 31), "month")),
        ("02/2024", (date(2024, 2, 1), date(2024, 2, 29), "month")),
        ("2021", (date(2021, 1, 1), date(2021, 12, 31), "range")),
        ("2021-03-04~", (MARCH, MARCH, "approx")),
        ("2021-03-04/2021-03-09", (MARCH, date(2021, 3, 9), "range")),
        (None, (date(1970, 1, 1), date(1970, 1, 1), "unknown")),
    ],
)
def test_dates_that_are_less_than_a_day(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("soon", "is not a date"),
        ("4 Foo 2021", "is not a date"),
        ("2021-02-30", "is not a day of the calendar"),
        ("0000-01-01", "is not a day of the calendar"),
        ("32/01/2021", "is not a day of the calendar"),
        ("04/03/21", "two digits"),
        ("44259", "spreadsheet"),
        ("44259.5", "spreadsheet"),
        ("1614816000", "spreadsheet"),
        ("2021-03-04/..", "no end"),
        ("0202-03-04", "before 1900"),
        ("1899-12-31", "before 1900"),
        ("2203-03-04", "more than a year after today"),
        ("2027-01-17", "more than a year after today"),
        ("2021-03-04 foo", "is not a date"),
        ("٢٠٢١-٠٣-٠٤", "is not a date"),
    ],
)
def test_what_is_refused(text, reason):
    assert reason in read(text)


def test_the_limits_are_inside():
    assert read("1900-01-01")[2] == "day"
    assert read("2027-01-16")[2] == "day"


def test_many_timestamps_are_read_by_their_day():
    texts = [
        f"2021-03-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:{n // 60 % 60:02}Z" for n in range(5000)
    ]
    texts[17] = None
    texts[18] = "2021-03-04T99"
    found = dates.read_dates(words(*texts), "", TODAY)
    assert not found.known[17] and not found.fault[17]
    assert dates.FAULTS[found.fault[18]] == "is not a date"
    for n in (0, 16, 19, 4999):
        day = date(2021, 3, 1 + n % 28)
        assert found.start[n] == found.end[n] == (day - date(1970, 1, 1)).days


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)))
def test_every_form_says_the_same_day(day):
    forms = ["%Y-%m-%d", "%Y%m%d", "%d %B %Y", "%d-%b-%Y", "%B %d, %Y", "%Y-%m-%dT%H:%M:%S"]
    texts = [day.strftime(form) for form in forms]
    assert {read(text) for text in texts} == {(day, day, "day")}
    assert read(day.strftime("%d/%m/%Y"), "dmy") == (day, day, "day")
    assert read(day.strftime("%m-%d-%Y"), "mdy") == (day, day, "day")


@given(st.text(max_size=24) | st.from_regex(r"[\d/. :TZ-]{1,20}"), st.sampled_from(["", "dmy"]))
def test_any_text_is_a_date_or_has_a_fault(text, order):
    found = read(text, order)
    assert isinstance(found, str) or found[2] != "unknown"


@given(st.text(max_size=12) | st.dates().map(lambda day: day.strftime("%d/%m/%Y")))
def test_orders_are_those_that_can_be_read(text):
    for order in dates.orders(text):
        assert read(text, order) != dates.AMBIGUOUS
    if len(dates.orders(text)) == 2:
        assert read(text) in (dates.AMBIGUOUS, dates.FAULTS[3])
