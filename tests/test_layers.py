"""The polygon and line layers as they are shipped in geodata/layers/."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

LAYERS = Path(__file__).resolve().parent.parent / "geodata" / "layers"
PROPERTIES = {
    "states": {"code", "name", "name_zh", "name_my", "type", "featured", "includes"},
    "yunnan": {"code", "name", "name_zh", "name_my", "type", "featured", "includes"},
    "countries": {"code", "name", "name_zh"},
    "boundaries": {"left", "right", "disputed"},
    "coastline": {"code"},
    "rivers": {"name", "rank"},
    "border": {"name", "length_km"},
}
POLYGONS = ("states", "yunnan", "countries")
NAMES = tuple(PROPERTIES)

TOWNS = [
    ("Ruili", 97.86499, 24.00139, "CN-YN"),
    ("Jiegao", 97.885, 23.985, "CN-YN"),
    ("Wanding", 98.067, 24.083, "CN-YN"),
    ("Zhangfeng", 97.80191, 24.19064, "CN-YN"),
    ("Nansan", 98.80397, 23.79575, "CN-YN"),
    ("Houqiao", 98.27802, 25.32356, "CN-YN"),
    ("Pianma", 98.615, 26.015, "CN-YN"),
    ("Daluo", 100.040, 21.690, "CN-YN"),
    ("Muse", 97.90109, 23.99742, "MM-17"),
    ("Pang Hseng", 98.060, 24.070, "MM-17"),
    ("Namhkam", 97.67984, 23.83342, "MM-17"),
    ("Mong Ko", 98.31264, 24.10051, "MM-17"),
    ("Laukkai", 98.76214, 23.69611, "MM-17"),
    ("Chinshwehaw", 98.8242, 23.4756, "MM-17"),
    ("Hopang", 98.75187, 23.42526, "MM-17"),
    ("Pangkham", 99.16666, 22.17924, "MM-17"),
    ("Mong La", 100.01267, 21.67112, "MM-17"),
    ("Lweje", 97.7167, 24.2000, "MM-11"),
    ("Laiza", 97.5633, 24.7600, "MM-11"),
    ("Kan Paik Ti", 98.13, 25.42, "MM-11"),
    ("Myawaddy", 98.50893, 16.68911, "MM-13"),
    ("Shwe Kokko", 98.53085, 16.82082, "MM-13"),
    ("KK Park", 98.557, 16.631, "MM-13"),
    ("Naypyidaw", 96.12972, 19.745, "MM-04"),
    ("Kyaukphyu", 93.55134, 19.42793, "MM-16"),
]


@pytest.fixture(scope="module")
def raw() -> dict[str, dict[str, Any]]:
    return {name: json.loads((LAYERS / f"{name}.geojson").read_text("utf-8")) for name in NAMES}


@pytest.fixture(scope="module")
def tables() -> dict[str, gpd.GeoDataFrame]:
    return {name: gpd.read_file(LAYERS / f"{name}.geojson") for name in NAMES}


@pytest.fixture(scope="module")
def units(tables: dict[str, gpd.GeoDataFrame]) -> dict[str, BaseGeometry]:
    return {
        code: geometry
        for name in ("states", "yunnan")
        for code, geometry in zip(tables[name]["code"], tables[name].geometry, strict=True)
    }


def edge_set(geometry: BaseGeometry) -> set[frozenset[tuple[float, float]]]:
    """Undirected segments of a line or of a polygon's rings."""
    edges = set()
    lines = geometry if shapely.get_dimensions(geometry) == 1 else geometry.boundary
    for line in shapely.get_parts(lines):
        vertices = [tuple(xy) for xy in shapely.get_coordinates(line).tolist()]
        edges |= {frozenset(pair) for pair in itertools.pairwise(vertices)}
    return edges


@pytest.mark.parametrize("name", NAMES)
def test_collection_is_described_and_has_no_crs(raw: dict[str, Any], name: str) -> None:
    collection = raw[name]
    assert collection["type"] == "FeatureCollection"
    assert collection["name"] == name
    assert "crs" not in collection
    assert all(collection[member] for member in ("license", "attribution", "description"))
    openstreetmap = "OpenStreetMap" in collection["attribution"]
    assert collection["license"] == ("ODbL-1.0" if openstreetmap else "CC-PDM-1.0")


@pytest.mark.parametrize("name", NAMES)
def test_features_have_unique_ids_and_the_agreed_properties(raw: dict[str, Any], name: str) -> None:
    features = raw[name]["features"]
    ids = [feature["id"] for feature in features]
    assert ids and len(set(ids)) == len(ids)
    assert all(set(feature["properties"]) == PROPERTIES[name] for feature in features)


@pytest.mark.parametrize("name", NAMES)
def test_coordinates_are_degrees_with_six_decimals_at_most(name: str) -> None:
    text = (LAYERS / f"{name}.geojson").read_text("utf-8")
    assert not re.search(r"\d\.\d{7}", text)


@pytest.mark.parametrize("name", NAMES)
def test_geometries_are_valid_and_in_the_window(
    tables: dict[str, gpd.GeoDataFrame], name: str
) -> None:
    geometries = tables[name].geometry
    assert geometries.is_valid.all() and not geometries.is_empty.any()
    west, south, east, north = geometries.total_bounds
    assert 88 <= west < east <= 110 and 5 <= south < north <= 32


@pytest.mark.parametrize("name", POLYGONS)
def test_rings_follow_the_right_hand_rule(tables: dict[str, gpd.GeoDataFrame], name: str) -> None:
    for polygon in tables[name].geometry.explode():
        assert shapely.is_ccw(polygon.exterior)
        assert not any(shapely.is_ccw(ring) for ring in polygon.interiors)


def test_all_first_level_units_are_there(units: dict[str, BaseGeometry]) -> None:
    states = {f"MM-{number:02}" for number in (*range(1, 8), *range(11, 18))}
    assert set(units) == states | {"CN-YN"}


def test_naypyidaw_is_declared_part_of_mandalay(raw: dict[str, Any]) -> None:
    included = {f["id"]: f["properties"]["includes"] for f in raw["states"]["features"]}
    assert included.pop("MM-04") == ["MM-18"]
    assert not any(included.values())


def test_featured_states(raw: dict[str, Any]) -> None:
    featured = {f["id"] for f in raw["states"]["features"] if f["properties"]["featured"]}
    assert featured == {"MM-11", "MM-13", "MM-16", "MM-17"}


def test_units_and_countries_are_one_coverage(
    units: dict[str, BaseGeometry], tables: dict[str, gpd.GeoDataFrame]
) -> None:
    countries = tables["countries"].set_index("code").geometry.to_dict()
    assert shapely.coverage_is_valid(list(units.values()))
    assert shapely.coverage_is_valid(list(countries.values()))
    around = [shape for code, shape in countries.items() if code not in ("MM", "CN")]
    assert shapely.coverage_is_valid([*units.values(), *around])


def test_states_make_up_myanmar(
    units: dict[str, BaseGeometry], tables: dict[str, gpd.GeoDataFrame]
) -> None:
    whole = shapely.coverage_union_all([g for code, g in units.items() if code != "CN-YN"])
    myanmar = tables["countries"].set_index("code").geometry["MM"]
    assert whole.normalize() == myanmar.normalize()


def test_border_is_one_line_of_the_stated_length(tables: dict[str, gpd.GeoDataFrame]) -> None:
    [line] = tables["border"].geometry
    assert line.geom_type == "LineString" and line.is_simple
    assert tables["border"]["length_km"].tolist() == [2188.0]
    assert Geod(ellps="WGS84").geometry_length(line) / 1e3 == pytest.approx(2188.0, abs=0.05)
    assert line.coords[0][1] > 28
    assert line.coords[-1][1] < 22


def test_border_runs_along_the_states_vertex_for_vertex(
    units: dict[str, BaseGeometry], tables: dict[str, gpd.GeoDataFrame]
) -> None:
    border = edge_set(tables["border"].geometry[0])
    assert border <= edge_set(units["MM-11"]) | edge_set(units["MM-17"])


def test_border_is_all_that_the_states_and_yunnan_share(
    units: dict[str, BaseGeometry], tables: dict[str, gpd.GeoDataFrame]
) -> None:
    border = edge_set(tables["border"].geometry[0])
    yunnan = edge_set(units["CN-YN"])
    for code, geometry in units.items():
        shared = edge_set(geometry) & yunnan if code != "CN-YN" else set()
        assert shared <= border
        assert bool(shared) == (code in ("MM-11", "MM-17"))


def test_yunnan_runs_along_the_border_without_a_break(
    units: dict[str, BaseGeometry], tables: dict[str, gpd.GeoDataFrame]
) -> None:
    border, yunnan = edge_set(tables["border"].geometry[0]), edge_set(units["CN-YN"])
    runs = {
        "along Yunnan": shapely.MultiLineString([tuple(edge) for edge in border & yunnan]),
        "north of it": shapely.MultiLineString([tuple(edge) for edge in border - yunnan]),
    }
    for run in runs.values():
        assert shapely.line_merge(run).geom_type == "LineString"
    assert runs["north of it"].bounds[1] > 28


@pytest.mark.parametrize(
    ("longitude", "latitude", "code"), [pytest.param(*where, id=town) for town, *where in TOWNS]
)
def test_towns_lie_on_their_side(
    units: dict[str, BaseGeometry], longitude: float, latitude: float, code: str
) -> None:
    point = shapely.Point(longitude, latitude)
    assert [c for c, geometry in units.items() if geometry.covers(point)] == [code]


@pytest.mark.parametrize(
    ("code", "square_km"),
    [
        ("MM-17", 155_800),
        ("MM-11", 89_041),
        ("MM-13", 30_383),
        ("MM-16", 36_778),
        ("CN-YN", 394_000),
    ],
)
def test_areas_are_near_the_published_ones(
    units: dict[str, BaseGeometry], code: str, square_km: float
) -> None:
    area = abs(Geod(ellps="WGS84").geometry_area_perimeter(units[code])[0]) / 1e6
    assert area == pytest.approx(square_km, rel=0.08)


def test_boundaries_leave_out_the_border_and_keep_countries_on_their_side(
    tables: dict[str, gpd.GeoDataFrame],
) -> None:
    boundaries = tables["boundaries"]
    assert not ({"CN", "MM"} == boundaries[["left", "right"]].agg(set, axis=1)).any()
    countries = tables["countries"].set_index("code").geometry
    for left, right, geometry in zip(
        boundaries["left"], boundaries["right"], boundaries.geometry, strict=True
    ):
        assert left != right
        for part in shapely.get_parts(geometry):
            start, end = np.array(part.coords[:2])
            across = np.array([start[1] - end[1], end[0] - start[0]])
            nudge = across / np.hypot(*across) * 1e-6
            middle = (start + end) / 2
            assert countries[left].distance(shapely.Point(middle + nudge)) < 1e-9
            assert countries[right].distance(shapely.Point(middle - nudge)) < 1e-9


def test_disputed_boundaries_are_flagged(tables: dict[str, gpd.GeoDataFrame]) -> None:
    boundaries = tables["boundaries"]
    disputed = boundaries[boundaries["disputed"]]
    assert set(zip(disputed["left"], disputed["right"], strict=True)) == {
        ("CN", "IN"),
        ("BT", "CN"),
    }


def test_coast_is_the_edge_of_the_land(tables: dict[str, gpd.GeoDataFrame]) -> None:
    countries = tables["countries"].set_index("code").geometry
    for code, coast in zip(tables["coastline"]["code"], tables["coastline"].geometry, strict=True):
        assert edge_set(coast) <= edge_set(countries[code])


def test_main_rivers_are_named(tables: dict[str, gpd.GeoDataFrame]) -> None:
    wanted = {"Ayeyarwady (Irrawaddy)", "Chindwin", "Sittaung"}
    wanted |= {"Salween (Thanlwin, Nu)", "Mekong (Lancang)"}
    assert wanted <= set(tables["rivers"]["name"])


@pytest.mark.parametrize("name", NAMES)
def test_files_stay_small(name: str) -> None:
    limit = 3.0e6 if name == "countries" else 2.2e6
    assert (LAYERS / f"{name}.geojson").stat().st_size < limit
