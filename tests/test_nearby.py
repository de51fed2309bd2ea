"""Records close to one another, against a plain double loop."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from itertools import product
from typing import Any

import pyarrow as pa
import pytest
from pyproj import Geod

from bordermap.analysis.nearby import Neighbour, nearby
from bordermap.model.dates import PartialDate
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import GeoPrecision, Role
from bordermap.queries import Dataset

Record = dict[str, Any]
Place = tuple[str, str, float | None, float | None]
GEOD = Geod(ellps="WGS84")
MUSE = (97.9, 23.98)


def place(role: str, precision: str, longitude: float | None, latitude: float | None) -> Record:
    return {
        "place_id": "p", "name": "P", "role": role, "geo_precision": precision,
        "longitude": longitude, "latitude": latitude,
    }  # fmt: skip


def record(identifier: str, edtf: str, *places: Place) -> Record:
    when = PartialDate.parse(edtf)
    return {
        "id": identifier, "dataset": "test", "kind": "incident", "category": "other",
        "title": identifier, "date_start": when.start, "date_end": when.end, "date_edtf": edtf,
        "date_precision": str(when.precision), "places": [place(*one) for one in places],
        "geo_precision": "exact", "region_codes": [], "actors": [], "participants": [],
        "topics": [], "figures": {}, "scope": "border", "sources": [], "confidence": "high",
    }  # fmt: skip


def table(*records: Record) -> pa.Table:
    return pa.Table.from_pylist(list(records), schema=RECORD_SCHEMA)


def slowly(records: pa.Table, row: int, days: int = 30, kilometres: float = 50.0) -> list[Any]:
    rows = records.to_pylist()
    found = []
    for other in range(len(rows)):
        gap, km = days_between(rows[row], rows[other]), km_between(rows[row], rows[other])
        if other != row and gap is not None and gap <= days and km <= kilometres:
            found.append((gap, km, other))
    return [Neighbour(other, km, gap) for gap, km, other in sorted(found)]


def days_between(one: Record, other: Record) -> int | None:
    if "unknown" in (one["date_precision"], other["date_precision"]):
        return None
    first = min(one, other, key=lambda r: r["date_end"] or date.max)
    second = other if first is one else one
    if first["date_end"] is None or second["date_start"] is None:
        return 0
    return max(0, (second["date_start"] - first["date_end"]).days)


def km_between(one: Record, other: Record) -> float:
    return min(
        (
            GEOD.inv(a["longitude"], a["latitude"], b["longitude"], b["latitude"])[2] / 1000
            for a, b in product(standing(one), standing(other))
        ),
        default=math.inf,
    )


def standing(record: Record) -> list[Record]:
    places = [p for p in record["places"] if p["role"] != "subject"] or record["places"]
    return [
        p for p in places
        if p["geo_precision"] in ("exact", "near", "district") and p["longitude"] is not None
    ]  # fmt: skip


def made_up(seed: int, size: int = 60) -> pa.Table:
    chance = random.Random(seed)

    def day() -> str:
        return (date(2024, 1, 1) + timedelta(chance.randrange(150))).isoformat()

    def edtf() -> str:
        first, last = sorted((day(), day()))
        return chance.choice(
            [
                first,
                first,
                f"{first}/{last}",
                f"{first}/..",
                f"../{last}",
                "2024-03",
                f"{first}~",
                "",
            ]
        )

    def somewhere() -> Place:
        here = (MUSE[0] + chance.uniform(-0.6, 0.6), MUSE[1] + chance.uniform(-0.6, 0.6))
        point = chance.choice([here, here, here, (None, None)])
        return (chance.choice(list(Role)), chance.choice(list(GeoPrecision)), *point)

    return table(
        *(
            record(str(n), edtf(), *(somewhere() for _ in range(chance.randrange(4))))
            for n in range(size)
        )
    )


@pytest.mark.parametrize("seed", range(8))
def test_it_finds_what_a_double_loop_finds(seed: int) -> None:
    records = made_up(seed)
    for row in range(len(records)):
        found, wanted = nearby(records, row), slowly(records, row)
        assert [(one.row, one.days) for one in found] == [(one.row, one.days) for one in wanted]
        assert [one.km for one in found] == pytest.approx([one.km for one in wanted])


def test_it_finds_the_neighbours_of_the_real_records(dataset: Dataset) -> None:
    for name in ("2024-04-lwegel-kia", "2024-04-02-pla-live-fire-exercise"):
        row = dataset.row_of[name]
        assert [one.row for one in nearby(dataset.records, row)] == [
            one.row for one in slowly(dataset.records, row)
        ]


def test_lwegel_and_the_exercise_are_neighbours_of_each_other(dataset: Dataset) -> None:
    lwegel = dataset.row_of["2024-04-lwegel-kia"]
    exercise = dataset.row_of["2024-04-02-pla-live-fire-exercise"]
    (forth,) = (one for one in nearby(dataset.records, lwegel) if one.row == exercise)
    (back,) = (one for one in nearby(dataset.records, exercise) if one.row == lwegel)
    assert forth.days == back.days == 0
    assert forth.km == pytest.approx(back.km)
    assert 1 < forth.km < 50


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        ("2024-01-01", "2024-01-01", 0),
        ("2024-01-01", "2024-01-31", 30),
        ("2024-01-01", "2024-02-01", None),
        ("2024-01-01/2024-01-20", "2024-01-10/2024-03-01", 0),
        ("2024-01", "2024-03-01", 30),
        ("2024-01", "2024-03-02", None),
        ("2024-01-01/..", "2030-01-01", 0),
        ("2024-01-01/..", "2023-12-30", 2),
        ("2024-01-01/..", "2023-06", None),
        ("../2024-01-01", "2010", 0),
        ("../2024-01-01", "2024-01-04/..", 3),
        ("../2024-01-01", "2024-06/..", None),
        ("../2024-01-01", "../2020", 0),
        ("", "2024-01-01", None),
        ("", "", None),
        ("", "2024-01-01/..", None),
    ],
)
def test_dates_are_all_the_days_they_may_cover(one: str, other: str, days: int | None) -> None:
    here = (Role.LOCATION, GeoPrecision.EXACT, *MUSE)
    records = table(record("a", one, here), record("b", other, here))
    for row in (0, 1):
        assert [found.days for found in nearby(records, row)] == ([] if days is None else [days])


def test_a_place_only_concerned_stands_in_where_there_is_no_other() -> None:
    day = "2024-01-01"
    at_muse = (Role.SUBJECT, GeoPrecision.EXACT, *MUSE)
    beijing = (Role.VENUE, GeoPrecision.EXACT, 116.4, 39.9)
    country = (Role.VENUE, GeoPrecision.COUNTRY, None, None)
    records = table(
        record("here", day, (Role.LOCATION, GeoPrecision.NEAR, *MUSE)),
        record("about", day, at_muse),
        record("talks", day, beijing, at_muse),
        record("vague", day, country, at_muse),
    )
    assert [one.row for one in nearby(records, 0)] == [1]
    assert nearby(records, 2) == nearby(records, 3) == []


@pytest.mark.parametrize("precision", [GeoPrecision.STATE, GeoPrecision.COUNTRY, GeoPrecision.NONE])
def test_a_point_of_an_area_is_not_measured(precision: str) -> None:
    records = table(
        record("a", "2024-01-01", (Role.LOCATION, GeoPrecision.EXACT, *MUSE)),
        record("b", "2024-01-01", (Role.LOCATION, precision, *MUSE)),
    )
    assert nearby(records, 0) == nearby(records, 1) == []


def test_the_closest_in_time_comes_first() -> None:
    east = (Role.LOCATION, GeoPrecision.EXACT, MUSE[0] + 0.3, MUSE[1])
    here = (Role.LOCATION, GeoPrecision.EXACT, *MUSE)
    records = table(
        record("a", "2024-01-10", here),
        record("later", "2024-01-12", here),
        record("same day, further", "2024-01-10", east),
        record("same day", "2024-01-10", here),
    )
    found = nearby(records, 0)
    assert [one.row for one in found] == [3, 2, 1]
    assert found[1].km == pytest.approx(30.5, abs=0.2)
    assert nearby(records, 0, days=1, kilometres=1) == [Neighbour(3, 0.0, 0)]
