"""Matches of two datasets against a comparison of every pair, and what is left over."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from itertools import product
from urllib.parse import parse_qs, urlencode

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from bordermap.analysis.reconcile import MOST_DAYS, MOST_KILOMETRES, reconcile
from bordermap.errors import SelectionError
from bordermap.model.vocabulary import FAMILIES, REGION_NAMES, GeoPrecision
from bordermap.snapshot.exports import reconciliation
from bordermap.web.reconcile_question import Question

GEOD = Geod(ellps="WGS84")
DAY = date(2023, 10, 27)
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("date_start", pa.date32()),
        ("date_end", pa.date32()),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
        ("geo_precision", pa.string()),
        ("category", pa.string()),
    ]
)


def event(identifier, start=DAY, days=0, where=(98.0, 22.0), precision="near", category="riot"):
    longitude, latitude = where or (None, None)
    return {
        "id": identifier,
        "date_start": start,
        "date_end": start and start + timedelta(days),
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": precision,
        "category": category,
    }


def table(*events):
    return pa.Table.from_pylist(list(events), schema=SCHEMA)


def compared(events):
    return [
        row
        for row, one in enumerate(events)
        if one["geo_precision"] in ("exact", "near", "district")
        and one["longitude"] is not None
        and (one["date_start"] or one["date_end"])
    ]


def by_hand(first, second, days, kilometres, same_family):
    """Return matches and other candidates of two lists of events, and who is left."""
    pairs = []
    for a, b in product(compared(first), compared(second)):
        one, other = first[a], second[b]
        starts, ends = zip(
            *(
                (e["date_start"] or e["date_end"], e["date_end"] or e["date_start"])
                for e in (one, other)
            ),
            strict=True,
        )
        apart = max(0, (max(starts) - min(ends)).days)
        metres = GEOD.inv(one["longitude"], one["latitude"], other["longitude"], other["latitude"])[
            2
        ]
        km = np.rint(metres) / 1000
        alike = FAMILIES[one["category"]] == FAMILIES[other["category"]]
        if apart <= days and km <= kilometres and (alike or not same_family):
            pairs.append((apart, km, one["id"], other["id"], a, b))
    matches, further = [], []
    for apart, km, _, _, a, b in sorted(pairs):
        taken = any(a == match[0] or b == match[1] for match in matches)
        (further if taken else matches).append((a, b, apart, km))
    left = [
        sorted(set(compared(events)) - {match[side] for match in matches})
        for side, events in enumerate((first, second))
    ]
    return matches, further, *left


def rows(pairs):
    return [tuple(pair.values()) for pair in pairs.to_pylist()]


def whole(found):
    return (
        rows(found.matches),
        rows(found.further),
        found.only_first.tolist(),
        found.only_second.tolist(),
    )


places = st.one_of(
    st.tuples(st.floats(97, 99), st.floats(21, 23)),
    st.sampled_from([(98.0, 22.0), (98.1, 22.0), (180.0, 10.0), (-179.95, 10.0), (0.0, 90.0)]),
    st.tuples(st.floats(-180, 180), st.floats(89.5, 90)),
)


@st.composite
def events(draw, prefix):
    found = []
    for number in range(draw(st.integers(0, 14))):
        start = draw(st.one_of(st.none(), st.integers(-800, 800)))
        one = event(
            f"{prefix}{draw(st.integers(0, 99))}-{number}",
            start if start is None else DAY + timedelta(start % 50 if start % 3 else start),
            draw(st.one_of(st.just(0), st.integers(0, 500))) if start is not None else 0,
            draw(st.one_of(places, places, places, st.none())),
            draw(st.sampled_from([*GeoPrecision, "near", "exact", "district"])),
            draw(st.sampled_from(["riot", "protest", "armed_clash", "other"])),
        )
        for end in draw(st.sampled_from([(), (), (), ("date_start",), ("date_end",)])):
            one[end] = None
        found.append(one)
    return found


@given(
    events("a"),
    events("b"),
    st.sampled_from([0, 1, 3, 30, MOST_DAYS]),
    st.one_of(st.sampled_from([0.0, 20.0, MOST_KILOMETRES]), st.floats(0, 150)),
    st.booleans(),
)
def test_equal_to_a_comparison_of_every_pair(first, second, days, kilometres, same_family):
    found = reconcile(
        table(*first), table(*second), days=days, kilometres=kilometres, same_family=same_family
    )
    assert whole(found) == by_hand(first, second, days, kilometres, same_family)
    for left_out, side in (
        (found.incomparable_first, first),
        (found.incomparable_second, second),
    ):
        assert left_out.tolist() == sorted(set(range(len(side))) - set(compared(side)))


def test_equal_to_a_comparison_of_every_pair_where_records_are_dense():
    rng = np.random.default_rng(11)

    def many(prefix, number):
        return [
            event(
                f"{prefix}{k}",
                DAY + timedelta(int(rng.integers(0, 400))),
                int(rng.choice([0, 0, 0, 2, 40, 364])),
                (float(rng.normal(98, 0.4)), float(rng.normal(22, 0.4))),
                str(rng.choice(["exact", "near", "district", "state"])),
                str(rng.choice(list(FAMILIES))),
            )
            for k in rng.permutation(number)
        ]

    first, second = many("a", 300), many("b", 400)
    for same_family in (True, False):
        found = reconcile(
            table(*first), table(*second), days=5, kilometres=30, same_family=same_family
        )
        assert len(found.matches) > 50
        assert len(found.further) > len(found.matches) / 2
        assert whole(found) == by_hand(first, second, 5, 30, same_family)


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(random):
    first = [event(f"a{n}", DAY + timedelta(n % 3), where=(98 + n % 4 / 50, 22)) for n in range(9)]
    second = [event(f"b{n}", DAY + timedelta(n % 4), where=(98 + n % 3 / 50, 22)) for n in range(9)]

    def ids(one, other):
        found = reconcile(table(*one), table(*other), days=2, kilometres=5)
        return [(one[a]["id"], other[b]["id"], days, km) for a, b, days, km in rows(found.matches)]

    expected = ids(first, second)
    assert len(expected) == 9
    assert ids(random.sample(first, 9), random.sample(second, 9)) == expected


def test_the_closest_in_days_goes_before_the_closest_in_space():
    first = table(event("a", DAY))
    second = table(event("near", DAY + timedelta(1)), event("same-day", where=(98.1, 22.0)))
    found = reconcile(first, second, days=3, kilometres=20)
    assert rows(found.matches) == [(0, 1, 0, pytest.approx(10.3, abs=0.1))]
    assert rows(found.further) == [(0, 0, 1, 0.0)]
    assert found.only_second.tolist() == [0]


def test_a_better_pair_takes_a_record_from_a_worse_one():
    first = table(event("a1", where=(98.05, 22.0)), event("a2", where=(98.0, 22.0)))
    second = table(event("b1"), event("b2", where=(98.15, 22.0)))
    found = reconcile(first, second, kilometres=20)
    assert [(a, b) for a, b, *_ in rows(found.matches)] == [(1, 0), (0, 1)]


def test_days_count_from_the_end_of_one_to_the_start_of_the_other():
    first = table(event("a", DAY, days=4))
    second = table(event("b", DAY + timedelta(7), days=30))
    assert rows(reconcile(first, second, days=3).matches) == [(0, 0, 3, 0.0)]
    assert len(reconcile(first, second, days=2).matches) == 0
    assert rows(reconcile(second, first, days=3).matches) == [(0, 0, 3, 0.0)]


def test_an_open_date_stands_for_its_known_end():
    still_open = event("a") | {"date_end": None}
    later = event("b", DAY + timedelta(300))
    assert len(reconcile(table(still_open), table(later)).matches) == 0
    assert rows(reconcile(table(still_open), table(event("b"))).matches) == [(0, 0, 0, 0.0)]


@pytest.mark.parametrize(
    "vague",
    [
        event("a", precision="state"),
        event("a", precision="country"),
        event("a", precision="none"),
        event("a", where=None),
        event("a", None),
    ],
)
def test_what_is_known_no_better_cannot_be_compared(vague):
    found = reconcile(table(vague), table(event("b")))
    assert found.incomparable_first.tolist() == [0]
    assert found.only_first.tolist() == []
    assert found.only_second.tolist() == [0]


def test_the_family_of_categories_may_be_required():
    clash, airstrike, riot = (
        table(event("e", category=category))
        for category in ("armed_clash", "airstrike_shelling", "riot")
    )
    assert len(reconcile(clash, airstrike).matches) == 1
    assert len(reconcile(clash, riot).matches) == 0
    assert len(reconcile(clash, riot, same_family=False).matches) == 1


def test_too_many_pairs_are_refused_before_they_fill_the_memory():
    many = table(*(event(f"e{n:03}") for n in range(200)))
    with pytest.raises(SelectionError, match=r"more than 30,000 pairs .* choose fewer"):
        reconcile(many, many, most_pairs=30_000)
    found = reconcile(many, many, most_pairs=40_000)
    assert (len(found.matches), len(found.further)) == (200, 39_800)


@pytest.mark.parametrize(
    "wrong", [{"days": -1}, {"days": 999}, {"kilometres": -0.1}, {"kilometres": float("nan")}]
)
def test_days_and_kilometres_have_bounds(wrong):
    with pytest.raises(SelectionError, match="is not between"):
        reconcile(table(), table(), **wrong)


def test_what_concerns_some_rows_leaves_the_matches_as_they_are():
    first = table(event("a1"), event("a2", where=(98.1, 22.0)), event("a3", precision="state"))
    second = table(event("b1"), event("b2", where=(98.15, 22.0)), event("b3", where=(90.0, 22.0)))
    found = reconcile(first, second)
    none = np.array([], dtype=np.int64)
    some = found.within(np.array([1, 2]), none)
    assert [(a, b) for a, b, *_ in rows(some.matches)] == [(1, 1)]
    assert [(a, b) for a, b, *_ in rows(some.further)] == [(1, 0)]
    assert some.incomparable_first.tolist() == [2]
    assert some.only_second.tolist() == []
    some = found.within(none, np.array([0, 2]))
    assert [(a, b) for a, b, *_ in rows(some.matches)] == [(0, 0)]
    assert some.only_second.tolist() == [2]
    assert some.incomparable_first.tolist() == []
    everything = found.within(np.arange(3), np.arange(3))
    assert whole(everything) == whole(found)


def test_nothing_is_compared_with_nothing():
    found = reconcile(table(), table(event("b")))
    assert whole(found) == ([], [], [], [0])
    assert found.matches.schema == reconcile(table(event("a")), table(event("b"))).matches.schema


def test_the_chronology_is_matched_with_itself(dataset):
    found = reconcile(dataset.records, dataset.records, days=0, kilometres=0)
    comparable = len(dataset.records) - len(found.incomparable_first)
    assert len(found.matches) > 0.9 * comparable > 300
    assert {(days, km) for _, _, days, km in rows(found.matches)} == {(0, 0.0)}


# ---------------------------------------------------------------- as a table


def records(*events):
    """Return the columns of the record schema that a table of a reconciliation needs."""
    whole = [
        {
            **one,
            "date_edtf": one["date_start"].isoformat() if one["date_start"] else "",
            "title": f"Title of {one['id']}",
            "places": [{"name": "Muse"}, {"name": "Ruili"}],
        }
        for one in events
    ]
    return pa.Table.from_pylist(whole).select(reconciliation.COLUMNS)


def as_csv(first, second, **options):
    found = reconcile(first, second, **options)
    text = reconciliation.to_csv(found, first, second).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_record_is_in_one_row_of_the_table():
    first = records(event("a1"), event("a2", where=(98.1, 22.0)), event("a3", precision="state"))
    second = records(event("b1"), event("b2", where=(90.0, 22.0)), event("b3", precision="none"))
    table = as_csv(first, second)
    assert [(row["status"], row["first_id"], row["second_id"]) for row in table] == [
        ("matched", "a1", "b1"),
        ("only in first", "a2", ""),
        ("only in second", "", "b2"),
        ("cannot be compared", "a3", ""),
        ("cannot be compared", "", "b3"),
    ]
    assert (table[0]["days"], table[0]["km"]) == ("0", "0.0")
    assert table[0]["second_places"] == "Muse;Ruili"
    assert table[1]["first_further_candidates"] == "b1"
    assert table[0]["second_further_candidates"] == "a2"
    assert table[0]["first_further_candidates"] == ""
    assert table[3]["first_date_start"] == "2023-10-27"


def test_no_cell_of_the_table_is_a_formula():
    hostile = "=HYPERLINK(1)"
    table = as_csv(records(event(hostile)), records(event("+cmd|' /C calc'!A0")))
    assert table[0]["first_id"] == "'" + hostile
    assert table[0]["second_id"].startswith("'+")
    assert table[0]["first_title"] == f"Title of {hostile}"


# ---------------------------------------------------------------- in the address

NAMES = ["curated", "acled", "ucdp"]


@given(
    st.builds(
        Question,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.integers(0, MOST_DAYS),
        st.floats(0, MOST_KILOMETRES),
        st.booleans(),
        st.booleans(),
        st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2010, 1, 1))),
        st.one_of(st.none(), st.dates(date(2010, 1, 1), date(2020, 1, 1))),
        st.lists(st.sampled_from(list(REGION_NAMES)), unique=True).map(tuple),
    )
)
def test_a_question_survives_the_address(asked):
    params = parse_qs(urlencode(asked.to_params(), doseq=True))
    assert Question.read(params, NAMES) == (asked, [])


def test_an_address_that_says_nothing_compares_with_the_last_import():
    assert Question.read({}, NAMES) == (Question("curated", "ucdp"), [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": ["<b>"]},
        {"second": ["all"]},
        {"days": ["1.5"]},
        {"days": ["-1"]},
        {"days": ["367"]},
        {"km": ["nan"]},
        {"km": ["inf"]},
        {"km": ["1001"]},
        {"from": ["yesterday"]},
        {"to": ["0202-01-01"]},
        {"region": ["XX-1"]},
    ],
)
def test_what_an_address_says_wrongly_is_named_and_replaced(wrong):
    asked, replaced = Question.read(wrong, NAMES)
    assert asked == Question("curated", "ucdp")
    (line,) = replaced
    assert line.startswith(f"{next(iter(wrong))}: ")


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(SelectionError, match="is after"):
        Question("curated", "ucdp", date_from=date(2024, 1, 1), date_to=DAY).shown()
