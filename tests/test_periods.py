"""Two windows in numbers against a slow count of the same records, and their spellings."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from bordermap.analysis import periods
from bordermap.analysis.periods import Comparison, Difference, Group, Period, compare
from bordermap.cartography.timeline import axis
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.errors import SelectionError
from bordermap.model.dates import PartialDate
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import FAMILIES
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot.exports import differences
from bordermap.web.views import periods as page

ZERO = date(2024, 1, 1)
DATES = (
    *("2024-01-03", "2024-01-20", "2024-02-29", "2024-01", "2024-03", "2024", "2024-02-10~"),
    *("2024-01-30/2024-02-02", "../2024-01-15", "2024-02-20/..", "", "2023-12-31"),
)
KINDS = (
    ("incident", "armed_clash"),
    ("incident", "drug_seizure"),
    ("meeting", "border_trade_talks"),
)
HOSTILE = "=1+1 <img> | [x](y)"


def record(number: int, edtf: str = "2024-01-03", **fields: Any) -> dict[str, Any]:
    when = PartialDate.parse(edtf)
    return {
        "id": f"r{number}",
        "dataset": "made up",
        "kind": "incident",
        "category": "armed_clash",
        "title": f"Record {number}",
        "date_start": when.start,
        "date_end": when.end,
        "date_edtf": edtf,
        "date_precision": when.precision,
        "places": [],
        "geo_precision": "none",
        "region_codes": [],
        "actors": [],
        "participants": [],
        "topics": [],
        "figures": {},
        "fatalities_best": None,
        "scope": "border",
        "sources": [],
        "confidence": "high",
    } | fields


def dataset_of(records: Iterable[dict[str, Any]]) -> Dataset:
    return Dataset(pa.Table.from_pylist(list(records), schema=RECORD_SCHEMA), Gazetteer({}))


def days(first: int, last: int) -> Period:
    return Period(ZERO + timedelta(first), ZERO + timedelta(last))


def lies_in(record: dict[str, Any], window: Period) -> bool:
    """Say day by day whether a record may lie in a window."""
    if record["date_precision"] == "unknown":
        return False
    start, end = record["date_start"] or date.min, record["date_end"] or date.max
    return any(start <= window.first + timedelta(n) <= end for n in range(window.days))


@st.composite
def made_up(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for number in range(draw(st.integers(0, 30))):
        kind, category = draw(st.sampled_from(KINDS))
        regions = draw(st.lists(st.sampled_from(["MM-11", "MM-17", "CN-YN"]), unique=True))
        rows.append(
            record(
                number,
                draw(st.sampled_from(DATES)),
                kind=kind,
                category=category,
                region_codes=regions,
                actors=draw(st.lists(st.sampled_from(["One", "Two", HOSTILE]), unique=True)),
                fatalities_best=draw(st.sampled_from([None, 0, 3, 40])),
                scope=draw(st.sampled_from(["border", "context"])),
            )
        )
    return rows


windows = st.tuples(st.integers(-20, 70), st.integers(0, 60)).map(
    lambda pair: days(pair[0], pair[0] + pair[1])
)


@given(made_up(), windows, windows, st.sampled_from([Selection(), DEFAULT_VIEW]))
def test_every_number_is_that_of_a_slow_count(records, a, b, selection):
    found = compare(dataset_of(records), selection.replace(date_from=ZERO), a, b)
    chosen = [r for r in records if not selection.scopes or r["scope"] in selection.scopes]
    sides = [[r for r in chosen if lies_in(r, window)] for window in (a, b)]

    def pairs(of: Callable[[dict[str, Any]], Iterable[str]]) -> dict[str, tuple[int, int]]:
        before, after = (Counter(term for r in side for term in of(r)) for side in sides)
        return {term: (before[term], after[term]) for term in before | after}

    def shown(rows: Iterable[Difference]) -> dict[str, tuple[int | None, int | None]]:
        return {one.term: (one.a, one.b) for one in rows}

    assert shown(found.regions) == pairs(lambda r: r["region_codes"])
    assert shown(found.actors) == pairs(lambda r: r["actors"])
    assert shown(found.categories) == pairs(lambda r: [r["category"]])
    assert shown(found.families) == pairs(lambda r: [FAMILIES[r["category"]]])
    stated = [[r["fatalities_best"] for r in s if r["fatalities_best"] is not None] for s in sides]
    assert found.stated == (len(stated[0]), len(stated[1]))
    assert shown(found.totals) == {
        "records": (len(sides[0]), len(sides[1])),
        **{
            f"{kind}s": tuple(sum(r["kind"] == kind for r in side) for side in sides)
            for kind in ("incident", "meeting")
        },
        "fatalities": tuple(sum(numbers) if numbers else None for numbers in stated),
    }
    assert found.shared == sum(r in sides[1] for r in sides[0])
    assert found.records == (len(sides[0]), len(sides[1]))


def test_the_windows_hold_what_the_map_shows_there(dataset):
    a, b = periods.last_years(Period(*dataset.days))
    found = compare(dataset, DEFAULT_VIEW, a, b)
    for window, records in zip((a, b), found.records, strict=True):
        dated = DEFAULT_VIEW.replace(date_from=window.first, date_to=window.last)
        assert records == len(dataset.rows(dated)) > 10
        regions = dataset.counts("region_codes", dated)
        position = (a, b).index(window)
        assert regions == {one.term: n for one in found.regions if (n := (one.a, one.b)[position])}


def test_an_empty_dataset_has_nothing_in_either_window():
    found = compare(dataset_of([]), Selection(), days(0, 9), days(10, 19))
    assert found.records == (0, 0)
    assert found.covered_a is found.covered_b is None
    assert [(one.a, one.ratio) for one in found.totals] == [(0, None)] * 3 + [(None, None)]
    assert found.regions == found.actors == ()


def difference(a: int | None, b: int | None, days_a: int = 30, days_b: int = 30) -> Difference:
    return Difference(Group.TOTAL, "records", a, b, (a or 0) + (b or 0), days_a, days_b)


@pytest.mark.parametrize(
    ("one", "ratio"),
    [
        (difference(4, 6), 1.5),
        (difference(4, 5), None),  # nine together
        (difference(0, 10), None),
        (difference(10, 0), 0.0),
        (difference(None, 10), None),
        (difference(10, None), None),
        (difference(20, 10, 60, 30), 1.0),
        (difference(10, 10, 365, 366), 1.0),  # a leap year is no longer year
        (difference(10, 10, 30, 0), None),
    ],
)
def test_ratios_are_told_only_where_they_mean_something(one, ratio):
    assert one.ratio == (None if ratio is None else pytest.approx(ratio))


def test_counts_are_told_per_month_of_the_days_that_the_records_reach():
    records = [record(n, (ZERO + timedelta(n)).isoformat()) for n in range(60)]
    found = compare(dataset_of(records), Selection(), days(-300, 29), days(30, 59))
    assert found.covered_a == days(0, 29)
    assert found.alike
    assert found.totals[0].ratio == 1
    assert found.totals[0].per_month == pytest.approx((periods.MONTH_DAYS,) * 2)
    longer = compare(dataset_of(records), Selection(), days(0, 9), days(10, 59))
    assert not longer.alike
    assert longer.totals[0].ratio == pytest.approx(1)


def test_many_deaths_in_few_records_are_no_ratio():
    records = [record(n, fatalities_best=50 if n < 9 else None) for n in range(20)]
    found = compare(dataset_of(records), Selection(), days(0, 9), days(0, 9))
    assert found.stated == (9, 9)
    assert found.totals[3].ratio == 1
    found = compare(dataset_of(records), Selection(), days(0, 9), days(10, 19))
    assert (found.totals[3].a, found.totals[3].b) == (450, None)
    assert found.totals[3].few
    assert not found.totals[0].few


def test_what_lies_in_both_windows_is_said():
    records = [record(1, "2024-01"), record(2, "2024-01-12"), record(3, "2024-01-30")]
    found = compare(dataset_of(records), Selection(), days(0, 14), days(10, 29))
    assert (found.shared, found.records) == (2, (2, 3))
    assert found.overlap == days(10, 14)
    apart = compare(dataset_of(records), Selection(), days(0, 9), days(20, 29))
    assert (apart.shared, apart.overlap) == (1, None)


@given(windows)
def test_a_period_is_read_as_it_is_written(window):
    assert Period.parse(str(window)) == window


@pytest.mark.parametrize(
    "text", ["", "2024-01-01", "2024-01-01..", "2024-02-30..2024-03-01", "2..1", "a..b..c"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(SelectionError, match="is not two days"):
        Period.parse(text)


def test_a_period_ends_after_it_begins():
    with pytest.raises(SelectionError, match="is after"):
        Period.parse("2024-02-01..2024-01-01")


@pytest.mark.parametrize("last", [date(2025, 6, 30), date(2024, 2, 29), date(2025, 2, 28)])
def test_the_last_two_years_lie_one_after_the_other(last):
    a, b = periods.last_years(Period(date(2020, 1, 1), last))
    assert b.last == last
    assert a.last + timedelta(1) == b.first
    assert {a.days, b.days} <= {365, 366}


@given(st.integers(1, 800))
def test_where_there_are_not_two_years_both_windows_are_covered(length):
    covered = Period(ZERO, ZERO + timedelta(length))
    a, b = periods.last_years(covered)
    assert covered.overlap(a) == a
    assert covered.overlap(b) == b
    assert abs(a.days - b.days) <= 1


@given(windows)
def test_beside_a_window_is_one_as_long(window):
    covered = days(0, 60)
    a, b = periods.beside(window, covered)
    assert window in (a, b)
    assert a.days == b.days == window.days
    assert a.last + timedelta(1) == b.first
    assert (b == window) == (window.first > covered.first)


def rows_of(found: Comparison) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(differences.to_csv(found).decode())))


def test_the_file_holds_all_numbers_and_no_formula():
    records = [record(n, actors=[HOSTILE], region_codes=["MM-11"]) for n in range(12)]
    records.append(record(99, "2024-01-20", region_codes=["MM-17"]))
    found = compare(dataset_of(records), Selection(), days(0, 9), days(10, 29))
    rows = rows_of(found)
    assert [(row["group"], row["term"].removeprefix("'")) for row in rows] == [
        (one.group, one.term) for one in found.all
    ]
    by = {(row["group"], row["of"]): row for row in rows}
    actor = by["actor", "'" + HOSTILE]
    assert (actor["a"], actor["b"], actor["difference"], actor["ratio"]) == (
        "12",
        "0",
        "-12",
        "0.0",
    )
    few = by["region", "Shan State"]
    assert (few["a"], few["b"], few["ratio"], few["note"]) == ("0", "1", "", differences.FEW)
    assert by["total", "Fatalities"]["a"] == ""
    assert {row["a_period"] for row in rows} == {"2024-01-01..2024-01-10"}


def script() -> None:
    import streamlit as st

    from bordermap.web import links
    from bordermap.web.views import map, periods, record

    pages = {
        "periods": st.Page(periods.show, title="Two periods", default=True),
        "map": st.Page(map.show, title="Map", url_path="map"),
        "record": st.Page(record.show, title="Record", url_path="record"),
    }
    links.declare(pages)
    st.navigation(list(pages.values())).run()


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=120)
    app.query_params.update(query)
    return app.run()


def metric(app: AppTest, name: str) -> str:
    (found,) = (one.value for one in app.metric if one.label == name)
    return str(found)


def test_what_the_browser_keeps_in_the_address_is_left_alone():
    app = opened(
        a="2023-01-01..2023-12-31", b="2024-01-01..2024-12-31", hide="rivers", view="1,2,6"
    )
    records = metric(app, "Records")
    app.session_state["periods-mode"] = "swipe"
    app.run()
    assert app.query_params == {
        "a": "2023-01-01..2023-12-31",
        "b": "2024-01-01..2024-12-31",
        "mode": "swipe",
        "hide": "rivers",
        "view": "1,2,6",
    }
    app.run()
    assert app.query_params["mode"] == "swipe"
    assert metric(app, "Records") == records


def test_an_address_of_the_past_is_taken_over_again():
    app = opened(a="2023-01-01..2023-12-31", region="MM-11")
    kachin = metric(app, "Records")
    for region in ("MM-17", "MM-11"):
        app.query_params["region"] = region
        app.run()
    assert metric(app, "Records") == kachin
    assert app.session_state["selection"] == Selection(regions=("MM-11",))


@pytest.mark.parametrize(
    ("when", "windows"),
    [
        ({}, None),
        (
            {"date_from": date(2024, 1, 1), "date_to": date(2024, 6, 30)},
            ("2023-07-03", "2024-01-01"),
        ),
        ({"date_to": date(2022, 6, 30)}, ("2021-01-01", "2022-07-01")),
        ({"date_from": "last"}, ("before", "last")),
    ],
)
def test_the_map_leads_to_its_window_and_the_one_beside_it(monkeypatch, dataset, when, windows):
    said = Mock()
    monkeypatch.setattr(page.links, "to", said)
    _, last = axis(dataset.days)
    before = (last - timedelta(1)).isoformat()
    if when.get("date_from") == "last":  # a day after the last record
        when, windows = {"date_from": last}, (before, last.isoformat())
    page.link(Selection(regions=("MM-17",), **when))
    query = said.call_args.kwargs
    assert query["region"] == ["MM-17"]
    if windows is None:
        assert not {"a", "b", "from", "to"} & set(query)
    else:
        assert [Period.parse(query[side][0]).first.isoformat() for side in "ab"] == list(windows)


def test_an_address_of_a_dataset_that_is_gone_leads_to_the_chronology():
    app = opened(dataset="gone", a="2023-01-01..2023-12-31", b="2024-01-01..2024-12-31")
    (warning,) = app.warning
    assert "there is no" in warning.value
    assert not app.exception
    assert "dataset" not in app.query_params
    assert int(metric(app, "Records").split(" ")[0]) > 50
