"""Areas that were drawn on the map, against shapely."""

from __future__ import annotations

import math
import random

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from bordermap import areas
from bordermap.errors import SelectionError
from bordermap.selection import Selection

TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
NEAR = 1.0  # metres around an edge where rounding may decide

# Beyond what can be an area too, and where no place is known.
POINTS = [
    (dice.uniform(80, 115), dice.uniform(-5, 45))
    for dice in [random.Random(5)]
    for _ in range(2000)
] + [(x, y) for x in (90.0, 95.0, 100.0) for y in (-90.0, -85.05, 20.0, 25.0, 85.05, 90.0)]


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    """Points as imported events are, and as places of records with a second, unknown one."""
    rows = [*POINTS, (None, None)]
    one = pa.table({"row": range(len(rows)), "longitude": pa.array([x for x, _ in rows], "f8"),
                    "latitude": pa.array([y for _, y in rows], "f8")})  # fmt: skip
    many = pa.table({"row": range(len(rows)), "places": [
        [{"longitude": None, "latitude": None}, {"longitude": x, "latitude": y}] for x, y in rows
    ]})  # fmt: skip
    connection = duckdb.connect(":memory:")
    connection.register("one", one)
    connection.register("many", many)
    return connection


def found(database: duckdb.DuckDBPyConnection, area: areas.Area) -> set[int]:
    """Rows that both spellings of the condition find."""
    answers = []
    for table, one_place in (("one", True), ("many", False)):
        where, values = Selection(area=area).where(one_place=one_place)
        sql = f"select row from {table} where {where}"
        answers.append({row for (row,) in database.execute(sql, values).fetchall()})
    assert answers[0] == answers[1]
    return answers[0]


@st.composite
def stars(draw: st.DrawFn) -> areas.Area:
    """Polygons that do not cross themselves: corners around a middle, in turn."""
    count = draw(st.integers(3, areas.MAX_VERTICES))
    dice = random.Random(draw(st.integers(0, 10**9)))
    middle = draw(st.tuples(st.floats(92, 103), st.floats(8, 33)))
    turns = sorted(dice.uniform(0, 2 * math.pi) for _ in range(count))
    flat = draw(st.booleans())  # with many a corner level with others
    corners = []
    for turn in turns:
        away = dice.uniform(0.5, 9)
        x, y = middle[0] + away * math.cos(turn), middle[1] + away * math.sin(turn)
        corners.append((x, float(round(y))) if flat else (x, y))
    return tuple(corners)


@settings(max_examples=40)
@given(area=stars())
def test_both_spellings_find_what_shapely_finds(
    database: duckdb.DuckDBPyConnection, area: areas.Area
) -> None:
    polygon = shapely.Polygon(zip(*TO_MAP.transform(*zip(*area, strict=True)), strict=True))
    points = np.array(POINTS)
    on_map = np.abs(points[:, 1]) <= areas.MERCATOR_END
    x, y = TO_MAP.transform(points[:, 0], np.where(on_map, points[:, 1], 0.0))
    assume(polygon.is_valid)
    inside = shapely.contains_xy(polygon, x, y) & on_map
    rows = found(database, area)
    clear = shapely.distance(polygon.boundary, shapely.points(x, y)) > NEAR
    assert {row for row in rows if row < len(points) and clear[row]} == set(
        np.flatnonzero(inside & clear).tolist()
    )
    assert len(points) not in rows


def test_edges_are_straight_on_the_map_and_not_in_degrees(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = found(database, ((80.0, -5.0), (115.0, 45.0), (80.0, 45.0)))
    apart = 0
    for row, (x, y) in enumerate(POINTS[:2000]):
        in_degrees = x < 80 + 35 * (y + 5) / 50
        apart += (row in rows) != in_degrees
    assert apart > 25


def test_where_edges_cross_the_even_odd_rule_holds(database: duckdb.DuckDBPyConnection) -> None:
    corners = [
        (97 + 8 * math.sin(4 * math.pi * k / 5), 20 + 8 * math.cos(4 * math.pi * k / 5))
        for k in range(5)
    ]
    rows = found(database, tuple(corners))
    middle = {row for row, (x, y) in enumerate(POINTS) if math.hypot(x - 97, y - 20) < 2.5}
    arm = {row for row, (x, y) in enumerate(POINTS) if math.hypot(x - 97, y - 25) < 0.8}
    assert middle and arm
    assert not rows & middle
    assert arm <= rows


def test_neighbours_share_no_point(database: duckdb.DuckDBPyConnection) -> None:
    left = ((90.0, 20.0), (95.0, 20.0), (95.0, 25.0), (90.0, 25.0))
    right = ((95.0, 20.0), (100.0, 20.0), (100.0, 25.0), (95.0, 25.0))
    both = ((90.0, 20.0), (100.0, 20.0), (100.0, 25.0), (90.0, 25.0))
    assert not found(database, left) & found(database, right)
    assert found(database, left) | found(database, right) == found(database, both)


def test_an_area_without_height_holds_nothing(database: duckdb.DuckDBPyConnection) -> None:
    assert found(database, ((90.0, 20.0), (95.0, 20.0), (100.0, 20.0))) == set()


def test_a_condition_stays_small() -> None:
    zigzag = tuple((90 + n / 10, 15.0 + n % 2 * 10 + n / 100) for n in range(areas.MAX_VERTICES))
    condition, values = areas.condition(zigzag)
    assert len(condition) < 120_000
    assert len(values) < 5 * areas.MAX_VERTICES
    assert all(f"${name}" in condition for name in values)


def test_a_ring_that_comes_closed_is_opened() -> None:
    corners = ((95.0, 20.0), (96.0, 20.0), (96.0, 21.0))
    assert areas.ring([*corners, corners[0]]) == corners
    assert areas.parsed("95,20 96,20 96,21 95,20") == corners
    assert areas.bounds(corners) == (95.0, 20.0, 96.0, 21.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "area: 0 corners, where 3 to 100 are wanted"),
        ("95,20 96,21", "area: 2 corners, where 3 to 100 are wanted"),
        ("95,20 96,21 95,20 96,21", "area: 2 corners, where 3 to 100 are wanted"),
        (" ".join(f"{90 + n / 100},20" for n in range(101)), "area: 101 corners, where"),
        ("95,20 96,20 96,86", "area: 96.0,86.0 is not longitude,latitude in degrees, at most"),
        ("95,20 96,20 nan,21", "area: nan,21.0 is not longitude,latitude in degrees"),
        ("95,20 96,20 1e999,21", "area: inf,21.0 is not longitude,latitude in degrees"),
        ("95,20 96,20 96", "area: '95,20 96,20 96' is not longitude,latitude pairs"),
        ("95,20 96,20 here,there", "area: '95,20 96,20 here,there' is not longitude,latitude"),
        ("95 20 96 20 96 21", "area: '95 20 96 20 96 21' is not longitude,latitude pairs"),
    ],
)
def test_what_is_no_area_is_said_in_words(text: str, said: str) -> None:
    with pytest.raises(SelectionError) as raised:
        areas.parsed(text)
    assert str(raised.value).startswith(said)
