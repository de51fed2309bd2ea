"""Dates with precision."""

from __future__ import annotations

import calendar
import math
import warnings
from datetime import date, timedelta
from time import struct_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bordermap.errors import BordermapError, DateError
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import DatePrecision

with warnings.catch_warnings():  # its grammar predates a warning of pyparsing
    warnings.simplefilter("ignore")
    from edtf import parse_edtf

DAYS = st.dates(min_value=date(1000, 1, 1))
POINTS = st.builds(
    lambda day, length, about: day.isoformat()[:length] + about,
    DAYS,
    st.sampled_from([4, 7, 10]),
    st.sampled_from(["", "~"]),
)


@st.composite
def intervals(draw: st.DrawFn) -> str:
    first, last = draw(POINTS), draw(POINTS)
    if PartialDate.parse(first).start > PartialDate.parse(last).end:
        first, last = last, first
    ends = draw(st.sampled_from([(first, last), ("..", last), (first, "..")]))
    return "/".join(ends)


WRITTEN = st.one_of(POINTS, intervals())


@given(WRITTEN)
def test_a_written_date_reads_back_the_same(edtf: str) -> None:
    when = PartialDate.parse(edtf)
    assert when.edtf == edtf
    assert PartialDate.parse(when.edtf) == when
    assert when.start is not None or when.end is not None
    if when.start and when.end:
        assert when.start <= when.end


@given(WRITTEN)
def test_bounds_agree_with_an_independent_reader(edtf: str) -> None:
    def day(bound: struct_time | float) -> date | None:
        return None if isinstance(bound, float) and math.isinf(bound) else date(*bound[:3])

    when, theirs = PartialDate.parse(edtf), parse_edtf(edtf)
    assert (when.start, when.end) == (day(theirs.lower_strict()), day(theirs.upper_strict()))


@given(DAYS)
def test_a_day_covers_itself(day: date) -> None:
    when = PartialDate.parse(day.isoformat())
    assert (when.start, when.end, when.precision) == (day, day, DatePrecision.DAY)


@given(DAYS)
def test_a_month_covers_its_days_and_no_more(day: date) -> None:
    when = PartialDate.parse(f"{day:%Y-%m}".zfill(7))
    assert when.start is not None and when.end is not None
    assert when.start.day == 1
    assert when.end.day == calendar.monthrange(day.year, day.month)[1]
    assert when.start <= day <= when.end
    assert when.end == date.max or (when.end + timedelta(1)).day == 1


@given(WRITTEN)
def test_precision_follows_from_the_spelling(edtf: str) -> None:
    expected = {
        "~" in edtf: DatePrecision.APPROX,
        "/" in edtf and "~" not in edtf: DatePrecision.RANGE,
        edtf.isdecimal(): DatePrecision.RANGE,
        len(edtf) == 7 and edtf[4] == "-" and "~" not in edtf: DatePrecision.MONTH,
        len(edtf) == 10 and "/" not in edtf and "~" not in edtf: DatePrecision.DAY,
    }[True]
    assert PartialDate.parse(edtf).precision is expected


def test_nothing_known() -> None:
    assert PartialDate.parse("") == PartialDate("", None, None, DatePrecision.UNKNOWN)


@pytest.mark.parametrize(
    ("edtf", "words"),
    [
        ("", "undated"),
        ("2023-03-20", "20 Mar 2023"),
        ("2023-03-20~", "about 20 Mar 2023"),
        ("2023-11", "Nov 2023"),
        ("2024-04~", "about Apr 2024"),
        ("2021", "2021"),
        ("2024-04-01~/2024-04-10~", "about 1–10 Apr 2024"),
        ("2023-10-27/2023-11-02", "27 Oct – 2 Nov 2023"),
        ("2023-10-27/2024-01-11", "27 Oct 2023 – 11 Jan 2024"),
        ("2023-06~/2023-08~", "about Jun–Aug 2023"),
        ("2022-12/2023-01", "Dec 2022 – Jan 2023"),
        ("2022/2023", "2022 – 2023"),
        ("2023-05-02/2023-05-02", "2 May 2023"),
        ("2023-03-20/2023-03", "20 Mar 2023 – Mar 2023"),
        ("2023-03/2023-03-20", "Mar 2023 – 20 Mar 2023"),
        ("2023/2023-03-20", "2023 – 20 Mar 2023"),
        ("2023-04-30/2023-04", "30 Apr 2023 – Apr 2023"),
        ("2023-10-27/..", "since 27 Oct 2023"),
        ("../2024-01", "until Jan 2024"),
        ("2023-10~/..", "since about Oct 2023"),
    ],
)
def test_words(edtf: str, words: str) -> None:
    assert str(PartialDate.parse(edtf)) == words


@given(WRITTEN)
def test_words_are_complete(edtf: str) -> None:
    """No side of an interval is lost in words, and every year that is written is said."""
    words = str(PartialDate.parse(edtf))
    assert words == words.strip()
    assert not {"", "–"} & {words[:1], words[-1:]}
    assert words.endswith(edtf.replace("/..", "").split("/")[-1][:4])
    assert ("about" in words) == ("~" in edtf)


@pytest.mark.parametrize(
    ("edtf", "said"),
    [
        ("2023-02-29", "2023-02-29"),
        ("2023-13", "2023-13"),
        ("2023-00-10", "2023-00-10"),
        ("0000-01-01", "0000-01-01"),
        ("2023-10-29/2023-10-27", "ends before it starts"),
        ("2023-11/2023-10", "ends before it starts"),
        ("../..", "leave an unknown date empty"),
        ("..", "write 2023-03-20"),
        ("/", "write 2023-03-20"),
        ("2023-10-27/", "write 2023-03-20"),
        ("/2023-10-27", "write 2023-03-20"),
        ("2023-10-27/2023-10-28/2023-10-29", "write 2023-03-20"),
        ("12 April 2024", "write 2023-03-20"),
        ("2023-3-2", "write 2023-03-20"),
        ("20230320", "write 2023-03-20"),
        ("2023-03-20 ", "write 2023-03-20"),
        ("2023-03-20\n", "write 2023-03-20"),
        ("2023?", "write 2023-03-20"),
        ("~2023", "write 2023-03-20"),
        ("2023-03-20T10:00", "write 2023-03-20"),
        ("٢٠٢٣-٠٣-٢٠", "write 2023-03-20"),
        ("-2023", "write 2023-03-20"),
    ],
)
def test_what_is_no_date_is_refused_helpfully(edtf: str, said: str) -> None:
    with pytest.raises(DateError, match=said):
        PartialDate.parse(edtf)


@given(st.text(alphabet="0123456789-/.~ ab\x00٣", max_size=24))
def test_junk_is_refused_and_nothing_else_is_raised(text: str) -> None:
    try:
        when = PartialDate.parse(text)
    except DateError as error:
        assert str(error) and isinstance(error, BordermapError)
    else:
        assert when.edtf == text
        str(when)
