"""The lens against a slow reading of the same records, day by day."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyproj import Geod

from bordermap.analysis import lens as lenses
from bordermap.analysis.centre import Centre, centre_of
from bordermap.analysis.chance import CAVEAT, LEAST_INCIDENTS, Finding, binomial_p, verdict
from bordermap.analysis.lens import Lens, Window, lens
from bordermap.catalog import Catalog
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.errors import SelectionError
from bordermap.model.dates import PartialDate
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import INCIDENT_CATEGORIES, MEETING_CATEGORIES
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection

GEOD = Geod(ellps="WGS84")
MEETING = "2024-01-10/2024-01-11"
HERE = ("Here", 98.0, 24.0)
ONE = timedelta(days=1)


def place(
    x: float | None = 98.0,
    y: float | None = 24.0,
    *,
    precision: str = "exact",
    region: str | None = "MM-17",
    border_km: float | None = None,
    role: str = "location",
) -> dict[str, Any]:
    return {
        "place_id": f"{x}-{y}",
        "name": "A place",
        "role": role,
        "longitude": x,
        "latitude": y,
        "geo_precision": precision,
        "region_code": region,
        "gate_id": None,
        "gate_km": None,
        "border_km": border_km,
    }


def record(identifier: str, edtf: str, *places: dict[str, Any], **fields: Any) -> dict[str, Any]:
    when = PartialDate.parse(edtf)
    return {
        "id": identifier,
        "dataset": "made up",
        "kind": "incident",
        "category": "armed_clash",
        "title": identifier,
        "date_start": when.start,
        "date_end": when.end,
        "date_edtf": edtf,
        "date_precision": when.precision,
        "places": list(places),
        "geo_precision": "exact",
        "region_codes": sorted({p["region_code"] for p in places if p["region_code"]}),
        "border_km": min((p["border_km"] for p in places if p["border_km"]), default=None),
        "actors": [],
        "participants": [],
        "topics": [],
        "figures": {},
        "scope": "border",
        "sources": [],
        "confidence": "high",
    } | fields


def dataset_of(*records: dict[str, Any]) -> Dataset:
    """Records with two at the ends of time, so that no window is cut."""
    ends = [record("first", "2001-01-01"), record("last", "2041-01-01")]
    return Dataset(pa.Table.from_pylist([*ends, *records], schema=RECORD_SCHEMA), Gazetteer({}))


def meeting(edtf: str = MEETING, *places: dict[str, Any]) -> dict[str, Any]:
    return record("meeting", edtf, *places, kind="meeting", category="ceasefire_talks")


def side_of(edtf: str, *, days: int = 30, anchor: str = MEETING) -> str:
    """Return where an incident of a date belongs; empty where it does not count."""
    seen = looked_at(dataset_of(meeting(anchor), record("it", edtf, place())), days=days)
    names = ("before", "during", "after", "straddling", "undated")
    found = [name for name in names if getattr(seen, name)]
    assert len(found) <= 1
    return "".join(found)


def looked_at(dataset: Dataset, *, days: int = 30, km: float | None = None, **more: Any) -> Lens:
    centre = more.pop("centre", Centre())
    return lens(dataset, dataset.row_of["meeting"], days, km, centre, **more)


@pytest.mark.parametrize(
    ("edtf", "side"),
    [
        ("2024-01-09", "before"),
        ("2024-01-10", "during"),
        ("2024-01-11", "during"),
        ("2024-01-12", "after"),
        ("2023-12-11", "before"),
        ("2023-12-10", ""),
        ("2024-02-10", "after"),
        ("2024-02-11", ""),
        ("2024-01-09~", "before"),
        ("2024-01-10~", "during"),
        ("", "undated"),
    ],
)
def test_a_day_lies_on_one_side(edtf, side):
    assert side_of(edtf) == side


@pytest.mark.parametrize(
    ("edtf", "side"),
    [
        ("2024-01", "straddling"),  # any day of the month, on either side
        ("2023-12", "straddling"),  # the window begins on 11 December
        ("2024-02", "straddling"),  # and ends on 10 February
        ("2023-11", ""),
        ("2024-03", ""),
        ("2024", "straddling"),
        ("2024-01-05~/2024-01-15~", "straddling"),
        ("2024-01-01~/2024-01-09~", "before"),
        ("2024-01-12~/2024-01-20~", "after"),
        ("2024-01-05~/2024-01-09", "before"),
        ("2023-12-05~/2023-12-15~", "straddling"),
        ("../2024-01-05", "straddling"),
        ("../2023-12-10", ""),
        ("2024-01-10~/2024-01-11~", "during"),
    ],
)
def test_what_a_date_leaves_open_is_on_no_side(edtf, side):
    assert side_of(edtf) == side


@pytest.mark.parametrize(
    ("edtf", "side"),
    [
        ("2024-01-05/2024-01-09", "before"),
        ("2024-01-05/2024-01-10", "during"),  # ran into the meeting
        ("2024-01-11/2024-01-20", "during"),
        ("2023-10-27/..", "during"),  # still going on
        ("2023-12-05/2023-12-15", ""),  # began before the window
        ("2024-02-08/2024-02-20", "after"),  # began within the window
        ("2024-01-20/..", "after"),
        ("2024-02-11/..", ""),
        ("2023-11/2024-02", "during"),
        ("2023-11/2024-01", "straddling"),  # may have ended before the meeting
        ("2024-01/2024-03", "straddling"),  # may have begun after it
        ("2024-01-12/2024-03~", "after"),
        ("2024-01-05/2024-01-20~", "straddling"),
    ],
)
def test_an_event_of_several_days_counts_on_the_day_on_which_it_began(edtf, side):
    assert side_of(edtf) == side


def test_a_meeting_that_is_dated_to_a_month_is_that_long():
    assert side_of("2023-12-31", anchor="2024-01") == "before"
    assert side_of("2024-01-20", anchor="2024-01") == "during"
    assert side_of("2024-02-01", anchor="2024-01") == "after"


@pytest.mark.parametrize("edtf", ["", "2024-01-10/..", "../2024-01-10"])
def test_a_meeting_without_both_ends_has_no_before_and_after(edtf):
    anchor = meeting(edtf)
    assert not lenses.can_anchor(anchor)
    with pytest.raises(SelectionError, match="meeting"):
        looked_at(dataset_of(anchor))
    assert not lenses.can_anchor(record("incident", "2024-01-10"))
    assert lenses.can_anchor(meeting())


def test_a_window_must_have_days():
    with pytest.raises(SelectionError, match="days"):
        looked_at(dataset_of(meeting()), days=0)


# ---------------------------------------------------------------------- against brute force

DATES = (
    "{0}",
    "{0}~",
    "{0}/{1}",
    "{0}/..",
    "../{0}",
    "{0}~/{1}~",
    "{0}/{1}~",
    "{0:%Y-%m}",
    "{0:%Y-%m}~",
    "{0:%Y}",
    "{0:%Y-%m}/{1:%Y-%m}",
    "{0:%Y-%m}/{1}",
    "",
)
FAR = timedelta(days=400)


def happenings(edtf: str) -> list[tuple[date, date]]:
    """Return all the first and last days that an event of a date may have had."""
    head, slash, tail = edtf.partition("/")
    first, last = PartialDate.parse(edtf).start, PartialDate.parse(edtf).end
    early, late = date(2023, 6, 1) - FAR, date(2024, 9, 1) + FAR
    loose = not slash or head == ".." or head.endswith("~")
    if loose:
        begins = (first or early, last or late)
    else:
        begins = (PartialDate.parse(head).start, PartialDate.parse(head).end)
    ends = (first or early, last or late)
    if slash and not loose and tail == "..":
        ends = (late, late)
    elif slash and not loose and not tail.endswith("~"):
        ends = (PartialDate.parse(tail).start, PartialDate.parse(tail).end)
    corners = {
        (begin, end)
        for begin in every_day(*begins)
        for end in (max(begin, ends[0]), ends[1])
        if begin <= end <= ends[1]
    }
    if not slash:  # one day, whichever it was
        corners = {(begin, begin) for begin, _ in corners}
    return sorted(corners)


def every_day(first: date, last: date) -> list[date]:
    return [first + ONE * n for n in range((last - first).days + 1)]


def slow_side(edtf: str, first: date, last: date, days: int) -> str | None:
    if not edtf:
        return "undated"
    found = set()
    for begin, end in happenings(edtf):
        if begin <= last and end >= first:
            found.add("during")
        elif first - days * ONE <= begin < first:
            found.add("before")
        elif last < begin <= last + days * ONE:
            found.add("after")
        else:
            found.add(None)
    if len(found) == 1:
        return found.pop()
    return "straddling"


def slow_near(one: dict[str, Any], centre: Centre, km: float | None) -> bool:
    if km is None or not (centre.points or centre.regions or centre.border):
        return True
    where = [p for p in one["places"] if p["role"] != "subject"] or one["places"]
    for there in where:
        if there["region_code"] in [code for code, _ in centre.regions]:
            return True
        if centre.border and there["border_km"] is not None and there["border_km"] <= km:
            return True
        if there["geo_precision"] in ("exact", "near", "district"):
            for _, x, y in centre.points:
                metres = GEOD.inv(x, y, there["longitude"], there["latitude"])[2]
                if metres <= km * 1000:
                    return True
    return False


def made_up(dice: random.Random, number: int) -> dict[str, Any]:
    first = date(2023, 10, 1) + ONE * dice.randrange(200)
    last = first + ONE * dice.choice([0, 1, 5, 40])
    places = [
        place(
            round(dice.uniform(96, 100), 3),
            round(dice.uniform(22, 26), 3),
            precision=dice.choice(["exact", "near", "district", "state"]),
            region=dice.choice(["MM-17", "MM-11", "CN-YN", None]),
            border_km=dice.choice([None, 1.0, 49.9, 50.0, 50.1, 300.0]),
            role=dice.choice(["location", "origin", "subject"]),
        )
        for _ in range(dice.randrange(4))
    ]
    return record(
        f"r{number}",
        dice.choice(DATES).format(first, last),
        *places,
        kind=dice.choice(["incident", "incident", "incident", "meeting"]),
        category=dice.choice(["armed_clash", "airstrike_shelling", "trade", "other"]),
        scope=dice.choice(["border", "context"]),
    )


CENTRES = [
    Centre(),
    Centre(points=(HERE,)),
    Centre(points=(HERE, ("There", 99.0, 25.0))),
    Centre(regions=(("MM-11", "Kachin State"),)),
    Centre(border=True),
    Centre(border=True, regions=(("CN-YN", "Yunnan"),)),
]


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("seed", range(4))
def test_every_incident_is_where_a_slow_reading_puts_it(centre, seed):
    dice = random.Random(seed)
    records = [made_up(dice, number) for number in range(220)]
    dataset = dataset_of(meeting(), *records)
    first, last = date(2024, 1, 10), date(2024, 1, 11)
    for days, km in ((7, 50.0), (30, 100.0), (90, 25.0), (30, None)):
        seen = looked_at(dataset, days=days, km=km, centre=centre, selection=DEFAULT_VIEW)
        wanted: dict[str | None, set[str]] = {}
        for one in records:
            counts = one["kind"] == "incident" and one["scope"] != "context"
            if counts and slow_near(one, centre, km):
                side = slow_side(one["date_edtf"], first, last, days)
                wanted.setdefault(side, set()).add(one["id"])
        for side in ("before", "during", "after", "straddling", "undated"):
            ids = [dataset.record(row)["id"] for row in getattr(seen, side)]
            assert len(ids) == len(set(ids))
            assert set(ids) == wanted.get(side, set()), side
        for number, side in enumerate(("before", "after")):
            for terms in (seen.categories, seen.families):
                assert sum(counts[number] for counts in terms.values()) == len(
                    wanted.get(side, set())
                )
        assert set(seen.categories) == {
            one["category"]
            for one in records
            if one["id"] in wanted.get("before", set()) | wanted.get("after", set())
        }


def test_the_slow_reading_meets_every_side():
    dice = random.Random(0)
    records = [made_up(dice, number) for number in range(220)]
    sides = {
        slow_side(one["date_edtf"], date(2024, 1, 10), date(2024, 1, 11), 30) for one in records
    }
    assert sides == {"before", "during", "after", "straddling", "undated", None}


def test_days_are_counted_where_they_are_known():
    seen = looked_at(
        dataset_of(
            meeting(),
            record("a", "2024-01-02", place()),
            record("b", "2024-01-02/2024-01-05", place()),
            record("c", "2024-01-13~/2024-01-15~", place()),
            record("d", "2024-01-20", place(), category="trade"),
            record("e", "2024-01-10", place()),
        )
    )
    assert seen.per_day == ((date(2024, 1, 2), 2), (date(2024, 1, 20), 1))
    assert seen.categories == {"armed_clash": (2, 1), "trade": (0, 1)}
    assert seen.families == {
        INCIDENT_CATEGORIES["armed_clash"]: (2, 1),
        INCIDENT_CATEGORIES["trade"]: (0, 1),
    }


def test_the_selection_narrows_what_counts_but_not_when_or_what_kind():
    dataset = dataset_of(
        meeting(),
        record("a", "2024-01-02", place(), category="trade"),
        record("b", "2024-01-03", place()),
    )
    narrow = Selection(categories=("trade",), kinds=("meeting",), date_from=date(2030, 1, 1))
    seen = looked_at(dataset, selection=narrow)
    assert [dataset.record(row)["id"] for row in seen.before] == ["a"]


# ---------------------------------------------------------------------- windows


def test_a_window_ends_where_the_records_end():
    records = [
        meeting(),
        record("first", "2024-01-04", place()),
        record("last", "2024-01-20", place()),
    ]
    dataset = Dataset(pa.Table.from_pylist(records, schema=RECORD_SCHEMA), Gazetteer({}))
    seen = looked_at(dataset)
    assert lenses.reach(dataset) == (date(2024, 1, 4), date(2024, 1, 20))
    assert seen.window_before == Window(date(2024, 1, 4), date(2024, 1, 9), 30)
    assert seen.window_after == Window(date(2024, 1, 12), date(2024, 1, 20), 30)
    assert (seen.window_before.days, seen.window_after.days) == (6, 9)
    assert seen.window_before.truncated
    assert (len(seen.before), len(seen.after)) == (1, 1)
    short = looked_at(dataset, days=5)
    assert not short.window_before.truncated
    assert not short.window_after.truncated


def test_a_side_that_the_records_do_not_reach_is_not_compared():
    dataset = Dataset(
        pa.Table.from_pylist(
            [meeting(), *(record(f"r{n}", "2024-01-04", place()) for n in range(20))],
            schema=RECORD_SCHEMA,
        ),
        Gazetteer({}),
    )
    seen = looked_at(dataset)
    assert seen.window_after.days == 0
    assert seen.after == ()
    assert seen.verdict.finding is Finding.UNCOVERED
    assert "after" in seen.verdict.words
    assert seen.verdict.p is None


# ---------------------------------------------------------------------- the guard


@pytest.mark.parametrize(
    ("hits", "trials", "share", "rest", "p"),
    [  # from the manuals of R and SciPy, and by hand
        (0, 0, 1, 1, 1.0),
        (5, 10, 1, 1, 1.0),
        (8, 10, 1, 1, 0.109375),
        (9, 10, 1, 1, 0.021484375),
        (10, 10, 1, 1, 0.001953125),
        (3, 15, 1, 9, 0.1840610691063),
        (682, 925, 3, 1, 0.3824915595748),
        (0, 4, 1, 2, 25 / 81),
    ],
)
def test_the_binomial_test_gives_known_values(hits, trials, share, rest, p):
    assert binomial_p(hits, trials, share, rest) == pytest.approx(p, rel=1e-9)
    assert binomial_p(hits, trials, 30 * share, 30 * rest) == pytest.approx(p, rel=1e-9)
    assert binomial_p(trials - hits, trials, rest, share) == pytest.approx(p, rel=1e-9)


def test_the_binomial_test_is_exact_for_many():
    assert 0 < binomial_p(900, 1000) < 1e-150
    assert binomial_p(500, 1000) == 1.0


def test_too_few_say_nothing_however_one_sided():
    for before in range(LEAST_INCIDENTS):
        said = verdict(before, LEAST_INCIDENTS - 1 - before, 30, 30)
        assert said.finding is Finding.FEW
        assert said.words.startswith("Too few to conclude anything")
        assert said.p is None
    assert verdict(0, LEAST_INCIDENTS, 30, 30).finding is Finding.UNUSUAL


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (5, 5, Finding.USUAL),
        (2, 8, Finding.USUAL),
        (8, 2, Finding.USUAL),
        (1, 9, Finding.UNUSUAL),
        (9, 1, Finding.UNUSUAL),
        (6, 18, Finding.UNUSUAL),  # p = 0.023
        (7, 17, Finding.USUAL),  # p = 0.064
    ],
)
def test_equal_windows_compare_counts(before, after, finding):
    said = verdict(before, after, 30, 30)
    assert said.finding is finding
    assert f"{before} before, {after} after" in said.words
    assert ("not unusual by chance" in said.words) == (finding is Finding.USUAL)
    assert ("would be unusual by chance" in said.words) == (finding is Finding.UNUSUAL)


def test_unequal_windows_compare_rates():
    assert verdict(20, 10, 60, 30).p == pytest.approx(1.0)
    assert verdict(15, 15, 30, 30).finding is Finding.USUAL
    said = verdict(15, 15, 60, 30)
    assert said.p == pytest.approx(binomial_p(15, 30, 1, 2))
    assert "15 in 60 days before, 15 in 30 days after (0.25 and 0.50 a day)" in said.words
    assert verdict(5, 15, 90, 1).finding is Finding.UNUSUAL
    assert "1 day after" in verdict(5, 15, 90, 1).words


def test_the_caveat_says_what_the_test_cannot():
    for words in ("reported events", "not all events", "came because of it"):
        assert words in CAVEAT


# ---------------------------------------------------------------------- the centre


def test_the_circle_is_drawn_around_what_the_meeting_concerned(catalog: Catalog):
    places = catalog.gazetteer.places
    anchor = concerning(catalog, "muse", "northern-shan", "china-myanmar-border", venue="kunming")
    muse = places["muse"]
    centre = centre_of(anchor, "subject", catalog.gazetteer)
    assert centre == Centre(points=((muse.name, muse.longitude, muse.latitude),))
    assert centre.words(50) == "within 50 km of Muse"
    assert centre.words(None) == "at any place"
    (venue,) = centre_of(anchor, "venue", catalog.gazetteer).points
    assert venue[0] == "Kunming"
    assert centre_of(anchor, "anywhere", catalog.gazetteer).anywhere


def test_areas_stand_for_their_states_and_the_border_for_its_line(catalog: Catalog):
    anchor = concerning(catalog, "northern-shan", "kachin-state", "china-myanmar-border")
    centre = centre_of(anchor, "subject", catalog.gazetteer)
    assert centre.codes == {"MM-17", "MM-11"}
    assert centre.border
    assert centre.points == ()
    assert centre.words(50) == (
        "within 50 km of the China–Myanmar border or in Shan State or Kachin State"
    )
    assert "Northern Shan State is known to its state only" in centre.note
    only = centre_of(concerning(catalog, "kachin-state"), "subject", catalog.gazetteer)
    assert only.words(50) == "in Kachin State"
    assert "whatever the distance" in only.note


@pytest.mark.parametrize("subjects", [(), ("myanmar",), ("myanmar-thailand-border",)])
def test_the_border_stands_in_for_what_cannot_be_measured(catalog: Catalog, subjects):
    centre = centre_of(concerning(catalog, *subjects), "subject", catalog.gazetteer)
    assert (centre.border, centre.points, centre.regions) == (True, (), ())
    assert "is taken instead" in centre.note
    for subject in subjects:
        assert catalog.gazetteer.places[subject].name in centre.note


def test_any_place_of_the_gazetteer_can_be_the_centre(catalog: Catalog):
    anchor = concerning(catalog)
    for name in ("lweje", "Loije", "雷基"):
        (point,) = centre_of(anchor, name, catalog.gazetteer).points
        assert point[0] == catalog.gazetteer.places["lweje"].name
    assert centre_of(anchor, "kachin-state", catalog.gazetteer).codes == {"MM-11"}
    for name in ("atlantis", "myanmar", "", "<script>"):
        with pytest.raises(SelectionError, match="centre"):
            centre_of(anchor, name, catalog.gazetteer)


def concerning(catalog: Catalog, *subjects: str, venue: str | None = None) -> dict[str, Any]:
    roles = [("subject", subject) for subject in subjects]
    roles += [("venue", venue)] if venue else []
    known = catalog.gazetteer.places
    places = [
        {**place(known[one].longitude, known[one].latitude, role=role), "place_id": one}
        for role, one in roles
    ]
    return meeting(MEETING, *places)


def test_the_circle_is_measured_on_the_ellipsoid():
    east, north, _ = GEOD.fwd(98.0, 24.0, 90.0, 50_000)
    inside, outside = (GEOD.fwd(98.0, 24.0, 90.0, metres)[:2] for metres in (49_990, 50_010))
    dataset = dataset_of(
        meeting(),
        record("in", "2024-01-05", place(*inside)),
        record("out", "2024-01-05", place(*outside)),
        record("state", "2024-01-05", place(98.0, 24.0, precision="state")),
        record("concerned", "2024-01-05", place(99.9, 24.0), place(role="subject")),
        record("only concerned", "2024-01-05", place(role="subject")),
        record("nowhere", "2024-01-05"),
    )
    seen = looked_at(dataset, km=50, centre=Centre(points=(HERE,)))
    assert {dataset.record(row)["id"] for row in seen.before} == {"in", "only concerned"}
    assert len(looked_at(dataset, km=None, centre=Centre(points=(HERE,))).before) == 6
    assert (east, north) != inside


def test_shipped_meetings_can_all_be_looked_at(catalog: Catalog, dataset: Dataset):
    meetings = [
        row for row in range(len(dataset.records)) if lenses.can_anchor(dataset.record(row))
    ]
    assert meetings
    for row in meetings:
        centre = centre_of(dataset.record(row), "subject", catalog.gazetteer)
        seen = lens(dataset, row, 30, 100, centre, DEFAULT_VIEW)
        assert seen.where
        for number in (*seen.before, *seen.during, *seen.after):
            assert dataset.record(number)["category"] not in set(MEETING_CATEGORIES) - {"other"}
