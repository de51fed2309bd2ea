"""Points to region, gate and border, against slower and independent ways."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from bordermap.catalog import Catalog
from bordermap.catalog.join import labeller as labeller_of
from bordermap.labels import Labeller, PointIndex, length_km
from bordermap.labels.line import LineIndex
from bordermap.labels.regions import CELLS, RegionIndex

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer]
GEOD = Geod(ellps="WGS84")
TO_PLANE = Transformer.from_crs(
    "EPSG:4326",
    "+proj=lcc +lat_1=21.5 +lat_2=27.5 +lat_0=24.5 +lon_0=98.5 +ellps=WGS84",
    always_xy=True,
)
SEED = 20240425
FAR = {"Yangon": (96.15611, 16.80528), "Beijing": (116.39723, 39.9075), "Delhi": (77.2, 28.6)}
MANY = 40_000
"""Points that are enough for several slices and for all indices."""


@pytest.fixture(scope="module")
def labeller(catalog: Catalog) -> Labeller:
    return labeller_of(catalog.gates, catalog.layers)


@pytest.fixture(scope="module")
def border(catalog: Catalog) -> shapely.LineString:
    line: shapely.LineString = catalog.layers["border"].geometry.iloc[0]
    return line


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(SEED)


def around(units: gpd.GeoDataFrame, count: int, random: np.random.Generator) -> Floats:
    """Points over the bounds of polygons and beyond, shape (2, n)."""
    west, south, east, north = units.total_bounds
    return np.stack(
        [random.uniform(west - 1, east + 1, count), random.uniform(south - 1, north + 1, count)]
    )


def awkward(shapes: npt.NDArray[np.object_]) -> Floats:
    """Vertices of polygons, what is next to them, points on edges, corners of the grid's cells."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    one, other = (end[ring[1:] == ring[:-1]] for end in (vertices[:-1], vertices[1:]))
    on_edges = [one + (other - one) * share for share in (0.5, 0.25, 1 / 3)]
    beside = [
        np.nextafter(vertices, vertices + step) for step in ([1, 0], [-1, 0], [0, 1], [0, -1])
    ]
    low, high = np.split(shapely.total_bounds(shapes), 2)
    lines = np.linspace(0, CELLS, 65)
    corners = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(-1, 2)
    corners = low + corners * ((high - low) / CELLS)
    return np.concatenate([vertices, *on_edges, *beside, corners]).T


def joined(longitude: Floats, latitude: Floats, units: gpd.GeoDataFrame) -> Indices:
    """Positions in the sorted codes of the first unit that a spatial join finds; -1 for none."""
    by_code = units.sort_values("code", ignore_index=True)[["geometry"]]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(longitude, latitude), crs=units.crs)
    pairs = gpd.sjoin(by_code, points, predicate="intersects")
    first = pairs["index_right"].reset_index().groupby("index_right")["index"].min()
    return first.reindex(range(len(points)), fill_value=-1).to_numpy()


# ---------------------------------------------------------------- regions


def test_regions_equal_a_spatial_join_of_a_million_points(
    catalog: Catalog, labeller: Labeller, random: np.random.Generator
) -> None:
    special = awkward(catalog.units.geometry.to_numpy())
    x, y = np.concatenate([special, around(catalog.units, 10**6, random)], axis=1)
    found = labeller.regions(x, y)
    assert special.shape[1] > 500_000 and np.array_equal(found, joined(x, y, catalog.units))
    assert set(found) == {-1, *range(len(labeller.codes))}
    assert (found[: shapely.get_num_coordinates(catalog.units.geometry).sum()] >= 0).all()
    assert labeller.codes == tuple(sorted(catalog.units["code"]))


def test_few_points_equal_a_spatial_join(catalog: Catalog, random: np.random.Generator) -> None:
    special = awkward(catalog.units.geometry.to_numpy())[:, ::400]
    x, y = np.concatenate([special, around(catalog.units, 1500, random)], axis=1)
    found = Labeller(catalog.units).regions(x, y)
    assert np.array_equal(found, joined(x, y, catalog.units))


def test_the_lowest_code_wins_on_a_shared_edge_whatever_the_order() -> None:
    squares = gpd.GeoDataFrame(
        {"code": ["XX-3", "XX-1", "XX-2"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 1, 2, 2)],
        crs="EPSG:4326",
    )
    x, y = np.array([1.0, 1.0, 0.5, 1.5, 0.5, 3.0, 2.0]), np.array([0.5, 1.0, 1, 1, 0.5, 3, 0])
    expected = ["XX-1", "XX-1", "XX-2", "XX-1", "XX-3", None, "XX-1"]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        for built in (Labeller(squares.iloc[order]), Labeller(squares.iloc[order]).build()):
            found = [built.codes[unit] if unit >= 0 else None for unit in built.regions(x, y)]
            assert found == expected


@st.composite
def mosaics(draw: st.DrawFn) -> npt.NDArray[np.object_]:
    """Polygons of triangles that share edges, with gaps, holes, slivers, parts and overlaps."""
    corner = st.tuples(st.integers(0, 40), st.integers(0, 40))
    corners = draw(st.lists(corner, min_size=4, max_size=25, unique=True))
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(corners)))
    owners = draw(st.lists(st.integers(-1, 3), min_size=len(triangles), max_size=len(triangles)))
    shapes = [
        shapely.union_all(
            [piece for piece, by in zip(triangles, owners, strict=True) if by == unit]
        )
        for unit in range(4)
    ]
    across = draw(st.lists(corner, min_size=3, max_size=3, unique=True))
    shapes.insert(draw(st.integers(0, 4)), shapely.Polygon(across))
    stretch = draw(st.sampled_from([(1.0, 1.0), (0.1, 0.3), (1e-6, 4.0), (7.3, 1e-4)]))
    moved = shapely.transform(np.array(shapes), lambda xy: xy * stretch + [97.7, 21.3])
    kept = [shape for shape in moved if shape.area > 0 and shapely.is_valid(shape)]
    return np.array(kept, dtype=object)


@given(mosaics())
def test_a_grid_answers_as_the_polygons_do(shapes: npt.NDArray[np.object_]) -> None:
    index = RegionIndex(shapes)
    index.build()
    if not len(shapes):
        assert list(index.locate(np.zeros(1), np.zeros(1))) == [-1]
        return
    x, y = awkward(shapes)
    hits = shapely.intersects(shapes[:, None], shapely.points(x, y))
    expected = np.where(hits.any(axis=0), hits.argmax(axis=0), -1)
    assert np.array_equal(index.locate(x, y), expected)


# ---------------------------------------------------------------- gates


def nearest_by_force(x: Floats, y: Floats, to_x: Floats, to_y: Floats) -> tuple[Indices, Floats]:
    metres = np.stack(
        [
            GEOD.inv(x, y, np.full_like(x, gate_x), np.full_like(y, gate_y))[2]
            for gate_x, gate_y in zip(to_x, to_y, strict=True)
        ]
    )
    return metres.argmin(axis=0), metres.min(axis=0) / 1000


def test_nearest_gate_equals_brute_force(
    catalog: Catalog, labeller: Labeller, random: np.random.Generator
) -> None:
    gates = {gate.id: gate for gate in catalog.gates.values() if gate.longitude is not None}
    assert labeller.gate_ids == tuple(gates)
    to_x, to_y = np.array([(gate.longitude, gate.latitude) for gate in gates.values()]).T
    x, y = np.concatenate(
        [
            around(catalog.units, MANY, random),
            [to_x, to_y],
            np.stack([to_x, to_y]) + random.normal(0, 1e-7, (2, len(to_x))),
        ],
        axis=1,
    )
    index, kilometres = labeller.gates(x, y)
    expected, expected_km = nearest_by_force(x, y, to_x, to_y)
    assert np.array_equal(index, expected) and np.array_equal(kilometres, expected_km)


def test_nearest_points_all_over_the_globe_equal_brute_force(random: np.random.Generator) -> None:
    to_x, to_y = random.uniform(-180, 180, 150), random.uniform(-90, 90, 150)
    to_x[100:], to_y[100:] = to_x[:50] + 1e-7, to_y[:50]
    x, y = random.uniform(-180, 180, 4000), random.uniform(-90, 90, 4000)
    x[:1000], y[:1000] = 0, 0
    ring = np.linspace(0, 2 * np.pi, 50)  # about as far, in all directions
    to_x[:50], to_y[:50], _ = GEOD.fwd(
        np.zeros(50), np.zeros(50), np.degrees(ring), 4e6 + random.uniform(-1, 1, 50)
    )
    x, y = np.append(x, [0, 180, -180, 12]), np.append(y, [90, 0, 0, -90])
    index, kilometres = PointIndex(to_x, to_y).nearest(x, y)
    expected, expected_km = nearest_by_force(x, y, to_x, to_y)
    assert np.array_equal(index, expected) and np.array_equal(kilometres, expected_km)


def test_the_first_of_gates_at_one_place_wins() -> None:
    index, kilometres = PointIndex([10.0, 98.0, 98.0], [0.0, 24.0, 24.0]).nearest(
        np.array([97.9, 98.0]), np.array([24.0, 24.0])
    )
    assert list(index) == [1, 1]
    assert kilometres == pytest.approx([10.17, 0], abs=0.01)


# ---------------------------------------------------------------- border


def by_tree(longitude: Floats, latitude: Floats, border: shapely.LineString) -> Floats:
    """Kilometres to the nearest point in the plane, by a tree over all segments."""
    line = np.column_stack(TO_PLANE.transform(*shapely.get_coordinates(border).T))
    segments = np.asarray(shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1)))
    points = shapely.points(*TO_PLANE.transform(longitude, latitude))
    _, nearest = shapely.STRtree(segments).query_nearest(points, all_matches=False)
    foot = shapely.get_coordinates(shapely.shortest_line(points, segments[nearest]))[1::2]
    foot_x, foot_y = TO_PLANE.transform(*foot.T, direction="INVERSE")
    return np.asarray(GEOD.inv(longitude, latitude, foot_x, foot_y)[2]) / 1000


@pytest.mark.parametrize("built", [True, False])
def test_border_distance_equals_a_search_in_the_plane(
    catalog: Catalog, border: shapely.LineString, random: np.random.Generator, built: bool
) -> None:
    line = shapely.get_coordinates(border)[random.integers(0, 17_000, MANY // 4)]
    near = line + random.normal(0, [[1e-6], [1e-3], [0.03], [0.3]] * (MANY // 16), line.shape)
    globe = np.stack([random.uniform(-180, 180, 500), random.uniform(-89, 90, 500)])
    far = around(catalog.units, MANY // 2, random)
    x, y = np.concatenate([line.T, near.T, globe, far], axis=1)[:, :: 1 if built else 20]
    index = LineIndex(border)
    if built:
        index.build()
    assert index.distance(x, y) == pytest.approx(by_tree(x, y, border), rel=0, abs=1e-6)


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=60, unique=True
    ),
    st.sampled_from([1e-4, 0.01, 0.2]),
)
def test_distance_to_any_line_equals_a_search_in_the_plane(
    corners: list[tuple[int, int]], stretch: float
) -> None:
    line = shapely.LineString(np.array(corners) * stretch + [97, 22])
    index = LineIndex(line)
    index.build()
    random = np.random.default_rng(SEED)
    spread = random.choice([0.01, 1.0, 10.0, 500.0], (300, 1))
    offset = random.normal(0.5, spread, (300, 2)) * 30 * stretch
    x, y = np.clip(offset + np.array([97, 22]), [-180, -80], [180, 89]).T
    assert index.distance(x, y) == pytest.approx(by_tree(x, y, line), rel=0, abs=1e-6)


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


def test_border_distance_is_geodesic_on_both_sides(
    labeller: Labeller, border: shapely.LineString, random: np.random.Generator
) -> None:
    line = shapely.get_coordinates(border)
    on_line = line[random.integers(0, len(line), 42)]
    near = on_line + random.normal(0, [[0.02], [0.5], [2.0]] * 14, (42, 2))
    x, y = near.T
    expected = [geodesic_distance(*point, line) / 1000 for point in near]
    assert labeller.border_km(x, y) == pytest.approx(expected, rel=1e-3, abs=0.02)
    sides = {labeller.codes[unit] for unit in labeller.regions(x, y)}
    assert {"CN-YN", "MM-11", "MM-17"} <= sides


@pytest.mark.parametrize("city", FAR)
def test_border_distance_far_away(
    labeller: Labeller, border: shapely.LineString, city: str
) -> None:
    (found,) = labeller.border_km(*np.array([FAR[city]]).T)
    expected = geodesic_distance(*FAR[city], shapely.get_coordinates(border)) / 1000
    assert found == pytest.approx(expected, rel=5e-3)


def test_border_distance_is_zero_on_the_line(
    labeller: Labeller, border: shapely.LineString
) -> None:
    x, y = shapely.get_coordinates(border)[::500].T
    assert labeller.border_km(x, y) == pytest.approx(0, abs=1e-3)


# ---------------------------------------------------------------- all three


def test_labels_do_not_depend_on_slices_copies_or_threads(
    catalog: Catalog, labeller: Labeller, random: np.random.Generator
) -> None:
    x, y = around(catalog.units, MANY, random)

    def labels(by: Labeller, which: slice) -> list[npt.NDArray[np.generic]]:
        return [
            by.regions(x[which], y[which]),
            *by.gates(x[which], y[which]),
            by.border_km(x[which], y[which]),
        ]

    whole = labels(labeller, slice(None))
    slices = [slice(0, 1), *(slice(start, start + 777) for start in range(1, MANY, 777))]
    fresh = labeller_of(catalog.gates, catalog.layers)
    for copy in (fresh, pickle.loads(pickle.dumps(labeller)), pickle.loads(pickle.dumps(fresh))):
        with ThreadPoolExecutor(8) as threads:
            parts = list(threads.map(labels, [copy] * len(slices), slices))
        for expected, found in zip(whole, zip(*parts, strict=True), strict=True):
            assert np.array_equal(expected, np.concatenate(found))
        assert (copy.codes, copy.gate_ids) == (labeller.codes, labeller.gate_ids)


MISSING = [np.nan, np.inf, -np.inf, 180.5, -1e308, 1e308]


@pytest.mark.parametrize("repeats", [1, MANY])
def test_missing_points_have_no_label(labeller: Labeller, repeats: int) -> None:
    x = np.array([97.9, 97.9, *MISSING, *[97.9] * len(MISSING), 97.9] * repeats)[:MANY]
    y = np.array([24.0, 90.5, *[24.0] * len(MISSING), *MISSING, 24.0] * repeats)[:MANY]
    missing = (x != 97.9) | (y != 24.0)
    gate, gate_km = labeller.gates(x, y)
    regions, border_km = labeller.regions(x, y), labeller.border_km(x, y)
    assert {tuple(regions[~missing]), tuple(gate[~missing])}.isdisjoint({(-1,)})
    for found in (regions < 0, gate < 0, np.isnan(gate_km), np.isnan(border_km)):
        assert np.array_equal(found, missing)


def test_the_ends_of_the_earth_are_far_from_the_border(labeller: Labeller) -> None:
    x, y = np.array([0.0, 180, -180, 98.5, 98.5]), np.array([0.0, 0, 0, 90, -90])
    assert list(labeller.regions(x, y)) == [-1] * 5
    assert (labeller.gates(x, y)[1] > 6000).all()
    *near, pole = labeller.border_km(x, y)
    assert min(near) > 6000 and np.isnan(pole)


def test_no_points_no_gates_no_border_and_no_units(labeller: Labeller) -> None:
    none, one = np.array([], dtype=float), np.array([97.9])
    assert [len(labeller.regions(none, none)), len(labeller.border_km(none, none))] == [0, 0]
    assert [len(found) for found in labeller.gates(none, none)] == [0, 0]
    nowhere = gpd.GeoDataFrame({"code": []}, geometry=[], crs="EPSG:4326")
    for empty in (Labeller(nowhere), Labeller(nowhere).build()):
        assert list(empty.regions(one, one)) == [-1] and empty.codes == ()
        index, kilometres = empty.gates(one, one)
        assert list(index) == [-1] and np.isnan(kilometres).all()
        assert np.isnan(empty.border_km(one, one)).all()


def test_length_is_geodesic() -> None:
    equator = shapely.LineString([(0, 0), (90, 0)])
    assert length_km(equator) == pytest.approx(10018.754, abs=0.001)
