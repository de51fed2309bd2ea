"""Points to region, gate and border, against slower and independent ways."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from pyproj import Geod

from bordermap import labels
from bordermap.catalog import Catalog

Floats = npt.NDArray[np.float64]
GEOD = Geod(ellps="WGS84")
SEED = 20240425
FAR = {"Yangon": (96.15611, 16.80528), "Beijing": (116.39723, 39.9075), "Delhi": (77.2, 28.6)}


def joined(longitude: Floats, latitude: Floats, units: gpd.GeoDataFrame) -> list[str | None]:
    """The lowest code of all units that a spatial join finds."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(longitude, latitude), crs=units.crs)
    found = gpd.sjoin(points, units, predicate="intersects").groupby(level=0)["code"].min()
    return [found.get(index) for index in range(len(points))]


def test_regions_equal_a_spatial_join_at_random_points(catalog: Catalog) -> None:
    units = catalog.units
    west, south, east, north = units.total_bounds
    random = np.random.default_rng(SEED)
    x, y = random.uniform(west, east, 6000), random.uniform(south, north, 6000)
    found = labels.regions(x, y, units)
    assert list(found) == joined(x, y, units)
    assert {"MM-11", "MM-17", "CN-YN", None} <= set(found)


def test_regions_equal_a_spatial_join_on_edges_and_vertices(catalog: Catalog) -> None:
    units = catalog.units
    lines = [shapely.get_coordinates(shape.boundary) for shape in units.geometry]
    vertices = np.concatenate([line[::40] for line in lines])
    middles = np.concatenate([((line[1:] + line[:-1]) / 2)[::40] for line in lines])
    x, y = np.concatenate([vertices, middles]).T
    found = labels.regions(x, y, units)
    assert list(found) == joined(x, y, units)
    assert None not in set(found[: len(vertices)])


def test_the_lowest_code_wins_on_a_shared_edge_whatever_the_order() -> None:
    squares = gpd.GeoDataFrame(
        {"code": ["XX-3", "XX-1", "XX-2"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 1, 2, 2)],
        crs="EPSG:4326",
    )
    x, y = np.array([1.0, 1.0, 0.5, 1.5, 0.5, 3.0, 2.0]), np.array([0.5, 1.0, 1, 1, 0.5, 3, 0])
    expected = ["XX-1", "XX-1", "XX-2", "XX-1", "XX-3", None, "XX-1"]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        assert list(labels.regions(x, y, squares.iloc[order])) == expected


def geodesic_distance(longitude: float, latitude: float, line: Floats) -> float:
    """Metres from a point to a line, by measuring to a multitude of its points."""
    start, end = line[:-1], line[1:]
    length = GEOD.inv(*start.T, *end.T)[2]
    here = np.broadcast_to([[longitude, latitude]], line.shape)
    to_vertex = GEOD.inv(*here.T, *line.T)[2]
    near = np.flatnonzero(to_vertex[:-1] <= to_vertex.min() + length)
    share = np.linspace(0, 1, 200)[:, None, None]
    dense = (start[near] * (1 - share) + end[near] * share).reshape(-1, 2)
    here = np.broadcast_to([[longitude, latitude]], dense.shape)
    return float(GEOD.inv(*here.T, *dense.T)[2].min())


def test_border_distance_equals_brute_force_on_both_sides(catalog: Catalog) -> None:
    border = catalog.layers["border"].geometry.iloc[0]
    line = shapely.get_coordinates(border)
    random = np.random.default_rng(SEED)
    on_line = line[random.integers(0, len(line), 42)]
    near = on_line + random.normal(0, [[0.02], [0.5], [2.0]] * 14, (42, 2))
    x, y = near.T
    found = labels.border_distance(x, y, border)
    expected = [geodesic_distance(*point, line) / 1000 for point in near]
    assert found == pytest.approx(expected, rel=1e-3, abs=0.02)
    sides = set(labels.regions(x, y, catalog.units))
    assert {"CN-YN", "MM-11", "MM-17"} <= sides


@pytest.mark.parametrize("city", FAR)
def test_border_distance_far_away(catalog: Catalog, city: str) -> None:
    border = catalog.layers["border"].geometry.iloc[0]
    (found,) = labels.border_distance(*np.array([FAR[city]]).T, border)
    expected = geodesic_distance(*FAR[city], shapely.get_coordinates(border)) / 1000
    assert found == pytest.approx(expected, rel=5e-3)


def test_border_distance_is_zero_on_the_line(catalog: Catalog) -> None:
    border = catalog.layers["border"].geometry.iloc[0]
    x, y = shapely.get_coordinates(border)[::500].T
    assert labels.border_distance(x, y, border) == pytest.approx(0, abs=1e-3)


def test_nearest_gate_equals_brute_force(catalog: Catalog) -> None:
    gates = [gate for gate in catalog.gates.values() if gate.longitude is not None]
    random = np.random.default_rng(SEED)
    x, y = random.uniform(92, 104, 150), random.uniform(15, 29, 150)
    ids, kilometres = labels.nearest_gate(
        x,
        y,
        [gate.id for gate in gates],
        np.array([gate.longitude for gate in gates]),
        np.array([gate.latitude for gate in gates]),
    )
    for index, (longitude, latitude) in enumerate(zip(x, y, strict=True)):
        metres = {
            gate.id: GEOD.inv(longitude, latitude, gate.longitude, gate.latitude)[2]
            for gate in gates
        }
        nearest = min(metres, key=metres.__getitem__)
        assert ids[index] == nearest
        assert kilometres[index] == pytest.approx(metres[nearest] / 1000)


def test_the_first_of_gates_at_one_place_wins() -> None:
    one = np.array([97.9])
    ids, kilometres = labels.nearest_gate(
        one, np.array([24.0]), ["b", "a"], np.array([98.0, 98.0]), np.array([24.0, 24.0])
    )
    assert list(ids) == ["b"]
    assert kilometres[0] == pytest.approx(10.17, abs=0.01)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([np.nan], [np.nan]),
        ([97.9, np.nan, 97.9, np.nan], [24.0, 24.0, np.nan, np.nan]),
        ([np.inf, 97.9], [24.0, -np.inf]),
    ],
)
def test_missing_points_have_no_label(catalog: Catalog, x: list[float], y: list[float]) -> None:
    longitude, latitude = np.array(x, dtype=float), np.array(y, dtype=float)
    present = np.isfinite(longitude) & np.isfinite(latitude)
    regions = labels.regions(longitude, latitude, catalog.units)
    border = labels.border_distance(longitude, latitude, catalog.layers["border"].geometry.iloc[0])
    ids, kilometres = labels.nearest_gate(
        longitude, latitude, ["muse"], np.array([97.9]), np.array([24.0])
    )
    assert len(regions) == len(border) == len(ids) == len(kilometres) == len(x)
    for missing in (
        np.array([label is None for label in regions], dtype=bool),
        np.isnan(border),
        np.array([label is None for label in ids], dtype=bool),
        np.isnan(kilometres),
    ):
        assert list(missing) == list(~present)


def test_no_gates_and_no_units() -> None:
    x, y = np.array([97.9]), np.array([24.0])
    none = np.array([], dtype=float)
    ids, kilometres = labels.nearest_gate(x, y, [], none, none)
    assert list(ids) == [None] and np.isnan(kilometres).all()
    nowhere = gpd.GeoDataFrame({"code": []}, geometry=[], crs="EPSG:4326")
    assert list(labels.regions(x, y, nowhere)) == [None]


def test_length_is_geodesic() -> None:
    equator = shapely.LineString([(0, 0), (90, 0)])
    assert labels.length_km(equator) == pytest.approx(10018.754, abs=0.001)
