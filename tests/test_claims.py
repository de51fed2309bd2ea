"""Which claims of one subject disagree."""

from __future__ import annotations

import itertools
import math
import random
from types import SimpleNamespace
from typing import Any

import pytest

from bordermap.analysis.claims import (
    admitted,
    by_subject,
    disagreements,
    grows,
    is_timeless,
    needs_logarithm,
)
from bordermap.catalog import Catalog
from bordermap.model.record import Claim
from bordermap.model.vocabulary import Qualifier
from bordermap.web.views import claims as page

_NUMBERS = itertools.count()


def claim(
    value: float,
    date: str = "2023-08",
    qualifier: str = "exact",
    *,
    subject: str = "held",
    unit: str = "people",
    source: str | None = None,
) -> Claim:
    number = next(_NUMBERS)
    return Claim(
        id=f"claim-{number}",
        subject=subject,
        statement=f"It is {value}.",
        value=value,
        qualifier=qualifier,
        unit=unit,
        date_edtf=date,
        place="",
        source=source or f"source-{number}",
        confidence="medium",
        notes="",
    )


def spans(claims: list[Claim]) -> list[tuple[float, float]]:
    return [(found.lowest, found.highest) for found in disagreements(claims)]


@pytest.mark.parametrize(
    ("qualifier", "value", "low", "high"),
    [
        ("exact", 200, 200, 200),
        ("about", 200, 180, 220),
        ("about", -200, -220, -180),
        ("almost", 200, 180, 200),
        ("at_least", 200, 200, math.inf),
        ("over", 200, 200, math.inf),
    ],
)
def test_what_a_qualifier_allows(qualifier: str, value: float, low: float, high: float) -> None:
    assert admitted(claim(value, qualifier=qualifier)) == pytest.approx((low, high))


def test_every_qualifier_admits_its_own_figure() -> None:
    for qualifier in Qualifier:
        low, high = admitted(claim(31000, qualifier=qualifier))
        assert low <= 31000 <= high


@pytest.mark.parametrize(
    ("first", "second", "disagree"),
    [
        (claim(100), claim(100), False),
        (claim(100), claim(101), True),
        (claim(100, qualifier="about"), claim(109), False),
        (claim(100, qualifier="about"), claim(111), True),
        (claim(100, qualifier="at_least"), claim(100_000), False),
        (claim(100, qualifier="over"), claim(90, qualifier="at_least"), False),
        (claim(100, qualifier="over"), claim(99), True),
        (claim(100, qualifier="almost"), claim(95, qualifier="about"), False),
        (claim(100, qualifier="almost"), claim(101), True),
    ],
)
def test_figures_disagree_beyond_their_qualifiers(
    first: Claim, second: Claim, disagree: bool
) -> None:
    for pair in ([first, second], [second, first]):
        assert bool(disagreements(pair)) is disagree


def test_figures_of_different_times_do_not_disagree() -> None:
    assert disagreements([claim(200, "2023-08"), claim(100, "2023-09")]) == []
    assert spans([claim(200, "2023-08"), claim(100, "2023-08-31/2023-09")]) == [(100, 200)]


def test_units_and_subjects_are_not_compared() -> None:
    assert disagreements([claim(5, unit="towns"), claim(6, unit="posts")]) == []
    assert disagreements([claim(5, subject="towns"), claim(6, subject="posts")]) == []


def test_what_has_no_date_is_compared_at_all_times() -> None:
    length = [
        claim(2200, "2023-08", "over", unit="km"),
        claim(2000, "2023-12", unit="km"),
        claim(2188, "", "about", unit="km"),
    ]
    assert is_timeless(length)
    assert not grows(length)
    (found,) = disagreements(length)
    assert [one.value for one in found.claims] == [2000, 2200]
    assert disagreements(length[1:]) == []  # 2,000 is within a tenth of 2,188


def test_a_total_that_grows_is_no_disagreement() -> None:
    total = [
        claim(31000, "2023-11-18"),
        claim(35000, "2023-11"),
        claim(41000, "2023-11-21/2023-11-30"),
        claim(45000, "2024-04", "almost"),
    ]
    assert grows(total)
    assert disagreements(total) == []


def test_two_totals_of_one_day_disagree_even_where_the_total_grows() -> None:
    total = [claim(31000, "2023-11-18"), claim(36000, "2023-11-18"), claim(45000, "2024-04")]
    assert grows(total)
    assert spans(total) == [(31000, 36000)]


def test_a_larger_figure_of_an_earlier_day_is_no_growth() -> None:
    total = [claim(40000, "2023-11-18"), claim(31000, "2023-11"), claim(45000, "2024-04")]
    assert spans(total) == [(31000, 40000)]


def test_what_goes_up_and_down_does_not_grow() -> None:
    held = [claim(100, "2022"), claim(300, "2023"), claim(200, "2024")]
    assert not grows(held)
    assert disagreements(held) == []
    assert not grows([claim(100, "2022"), claim(100, "2023")])
    assert not grows([claim(100, "2022")])
    assert not grows([])


def test_a_sum_over_a_longer_time_is_no_disagreement() -> None:
    year = claim(119, "2023-04-01/2024-03-31", "about", unit="USD")
    months = claim(33, "2023-04/2023-08", unit="USD")
    assert disagreements([year, months]) == []
    assert disagreements([claim(119, "2023"), months]) == []
    too_much = claim(150, "2023-04/2023-08", unit="USD")
    assert spans([year, too_much]) == [(119, 150)]


def test_an_imprecise_date_is_no_longer_time() -> None:
    assert spans([claim(120, "2023-08"), claim(100, "2023-08-29")]) == [(100, 120)]


def test_claims_that_are_linked_are_one_disagreement() -> None:
    chain = [claim(130, "2023-01"), claim(100, "2023-01/2023-02"), claim(120, "2023-02")]
    apart = [claim(1, "2020-05"), claim(2, "2020-05")]
    assert sorted(spans(chain + apart)) == [(1, 2), (100, 130)]


def test_one_source_may_contradict_itself() -> None:
    (found,) = disagreements(
        [claim(3, source="scmp"), claim(4, "2023-08", "almost", source="scmp")]
    )
    assert found.within_one_source
    (found,) = disagreements([claim(3, source="scmp"), claim(4)])
    assert not found.within_one_source


def test_the_order_of_claims_does_not_matter() -> None:
    some = random.Random(5)
    dates = ["2023", "2023-08", "2023-08-29", "2023-07/2023-09", "2024-04~", "2023-10/..", ""]
    for _ in range(60):
        claims = [
            claim(some.choice([90, 100, 112, 300]), some.choice(dates), some.choice([*Qualifier]))
            for _ in range(5)
        ]
        expected = {frozenset(found.claims) for found in disagreements(claims)}
        some.shuffle(claims)
        assert {frozenset(found.claims) for found in disagreements(claims)} == expected


@pytest.mark.parametrize(
    ("values", "needed"),
    [([1, 50], False), ([1, 51], True), ([0, 1000], False), ([-1, 1000], False), ([], False)],
)
def test_when_a_scale_is_logarithmic(values: list[float], needed: bool) -> None:
    assert needs_logarithm(values) is needed


def test_subjects_keep_every_claim_in_order(catalog: Catalog) -> None:
    groups = by_subject(catalog.claims)
    assert sorted(c.id for group in groups.values() for c in group) == sorted(
        c.id for c in catalog.claims
    )
    assert [len(group) for group in groups.values()] == sorted(
        map(len, groups.values()), reverse=True
    )
    for subject, group in groups.items():
        assert {c.subject for c in group} == {subject}
        assert [c.date_edtf for c in group] == sorted(c.date_edtf for c in group)


def test_sources_disagree_on_the_length_of_the_border(catalog: Catalog) -> None:
    group = by_subject(catalog.claims)["border-length"]
    assert is_timeless(group)
    assert disagreements(group)


def chart_of(monkeypatch: pytest.MonkeyPatch, claims: list[Claim]) -> dict[str, Any]:
    """Return what the page hands to the browser to draw."""
    charts: list[Any] = []
    sources = {one.source: f"The paper {one.source}" for one in claims}
    monkeypatch.setattr(page.data, "catalog", lambda: SimpleNamespace(sources=sources))
    monkeypatch.setattr(page.st, "altair_chart", lambda chart, **_: charts.append(chart))
    page._chart("people", claims, {c.id for found in disagreements(claims) for c in found.claims})
    (chart,) = charts
    drawn: dict[str, Any] = chart.to_dict()
    return drawn


def test_every_mark_has_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [
        claim(24, "2023-08", "at_least", source="scmp"),
        claim(24, "2023-08-26", source="agb"),
        claim(24, "2023-08-26", source="xinhua"),
        claim(26, "2023-08-26", "over", source="ap"),
    ]
    chart = chart_of(monkeypatch, claims)
    (rows,) = chart["datasets"].values()
    assert {(row["figure"], row["source"], row["status"], row["qualifier"]) for row in rows} == {
        ("at least 24 people", "The paper scmp", "in line with the others", "at least"),
        ("24 people", "The paper agb; The paper xinhua", "disagrees", "no qualifier"),
        ("over 26 people", "The paper ap", "disagrees", "over"),
    }
    points = chart["layer"][-1]["encoding"]
    assert {tip["field"] for tip in points["tooltip"]} >= {"statement", "source", "qualifier"}
    assert points["y"]["scale"]["type"] == "linear"
    shapes = points["shape"]["scale"]
    assert len(set(shapes["range"])) == len(shapes["domain"]) == 3
    month = next(row for row in rows if row["qualifier"] == "at least")
    assert (month["start"][:10], month["end"][:10]) == ("2023-08-01", "2023-09-01")


def test_figures_far_apart_have_a_logarithmic_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chart_of(monkeypatch, [claim(10, "2022"), claim(1000, "2023")])
    assert chart["layer"][-1]["encoding"]["y"]["scale"]["type"] == "log"


def test_figures_of_which_none_is_dated_stand_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chart_of(monkeypatch, [claim(10, ""), claim(12, "", "about")])
    assert chart["encoding"]["x"]["field"] == "source"


def test_an_open_date_reaches_to_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chart_of(monkeypatch, [claim(10, "2023-10/.."), claim(12, "../2023-12"), claim(11, "")])
    (rows,) = chart["datasets"].values()
    assert all(row["start"] < row["end"] and row["at"] for row in rows)
