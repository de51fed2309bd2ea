"""Planar partitions: shared edges, splitting an outline, merging layers into one coverage.

A *coverage* here is a mapping from a code to a polygon or multipolygon in which polygons do not
overlap and neighbours share the vertices of their common edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

GEOD = Geod(ellps="WGS84")

Coverage = Mapping[str, BaseGeometry]
Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


def shared_edges(coverage: Coverage) -> dict[tuple[str, ...], BaseGeometry]:
    """The edges of a coverage by the units on their two sides.

    Returns
    -------
    dict
        From the codes that own an edge (two, or one on the outer boundary; in the coverage's
        order) to the merged lines.
    """
    segments, owners = [], []
    for number, geometry in enumerate(coverage.values()):
        ends = _segments(geometry)
        segments.append(ends)
        owners.append(np.full(len(ends), number))
    ends, which = np.unique(np.concatenate(segments), axis=0, return_inverse=True)
    owner = np.concatenate(owners)
    first = np.full(len(ends), len(coverage))
    last = np.full(len(ends), -1)
    np.minimum.at(first, which.ravel(), owner)
    np.maximum.at(last, which.ravel(), owner)
    codes = list(coverage)
    edges = {}
    for low, high in np.unique(np.column_stack([first, last]), axis=0):
        chosen = ends[(first == low) & (last == high)].reshape(-1, 2, 2)
        lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(chosen)))
        edges[tuple(codes[n] for n in dict.fromkeys((low, high)))] = lines
    return edges


def _segments(geometry: BaseGeometry) -> Floats:
    """Segments of all rings, shape (n, 4), the lesser end first."""
    rings = shapely.get_rings(shapely.get_parts(geometry))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start, end = xy[:-1], xy[1:]
    pairs = np.hstack([start, end])[ring[:-1] == ring[1:]]
    swap = (pairs[:, 0] > pairs[:, 2]) | (
        (pairs[:, 0] == pairs[:, 2]) & (pairs[:, 1] > pairs[:, 3])
    )
    pairs[swap] = pairs[swap][:, [2, 3, 0, 1]]
    return np.asarray(pairs, dtype=np.float64)


def split(
    outline: BaseGeometry, units: Coverage, *, grid: float, setback: float, crumb_km2: float
) -> dict[str, BaseGeometry]:
    """Divide an outline among units that were drawn for another, coarser outline.

    The lines between the units are kept where they run at least `setback` inside the outline.
    Each end is tied to the nearest *vertex* of the outline, so that the outline gains none.

    Parameters
    ----------
    outline : Polygon or MultiPolygon
        What is divided; degrees.
    units : mapping of str to geometry
        A coverage; may exceed or fall short of the outline.
    grid : float
        Coordinates are rounded to it; degrees.
    setback : float
        Distance from the outline, degrees.
    crumb_km2 : float
        Faces up to this size that the outline cuts off from their unit go to the neighbour
        with the longest common edge, km2.
    """
    dividing = [line for codes, line in shared_edges(units).items() if len(codes) == 2]
    inner = shapely.line_merge(
        shapely.intersection(shapely.union_all(dividing), shapely.buffer(outline, -setback))
    )
    faces = _faces([outline.boundary, inner, *_ties(inner, outline)], grid)
    inside = faces[shapely.contains(outline, shapely.point_on_surface(faces))]
    overlap = np.column_stack(
        [shapely.area(shapely.intersection(inside, unit)) for unit in units.values()]
    )
    distance = np.column_stack([shapely.distance(inside, unit) for unit in units.values()])
    number = np.where(overlap.any(axis=1), overlap.argmax(axis=1), distance.argmin(axis=1))
    owner = np.array(list(units), dtype=object)[number]
    return _dissolved(inside, _with_crumbs(inside, owner, crumb_km2, coastal=True), units)


def _ties(lines: BaseGeometry, outline: BaseGeometry) -> list[BaseGeometry]:
    """Straight lines from each loose end to the nearest vertex of the outline."""
    ends = np.concatenate(
        [line.coords[:: len(line.coords) - 1] for line in shapely.get_parts(lines)]
    )
    loose, times = np.unique(ends, axis=0, return_counts=True)
    vertices = shapely.get_coordinates(outline)
    tree = shapely.STRtree([shapely.Point(vertex) for vertex in vertices])
    return [
        shapely.LineString([end, vertices[tree.nearest(shapely.Point(end))]])
        for end in loose[times == 1]
    ]


def _faces(lines: Iterable[BaseGeometry], grid: float) -> Objects:
    noded = shapely.union_all([shapely.set_precision(line, grid) for line in lines], grid_size=grid)
    return shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))


def partition(layers: Coverage, *, grid: float, crumb_km2: float) -> dict[str, BaseGeometry]:
    """Make one coverage of polygons that may overlap or leave slivers between them.

    Parameters
    ----------
    layers : mapping of str to geometry
        Where two overlap, the earlier one wins.
    grid : float
        Coordinates are rounded to it; degrees.
    crumb_km2 : float
        Enclosed gaps and enclosed exclaves up to this size go to the neighbour with the longest
        common edge, km2.
    """
    faces = _faces([geometry.boundary for geometry in layers.values()], grid)
    points = shapely.point_on_surface(faces)
    owner = np.full(len(faces), "", dtype=object)
    for code, geometry in layers.items():
        shapely.prepare(geometry)
        owner[(owner == "") & shapely.contains(geometry, points)] = code
    return _dissolved(faces, _with_crumbs(faces, owner, crumb_km2), layers)


def _with_crumbs(
    faces: Objects, owner: Objects, crumb_km2: float, *, coastal: bool = False
) -> Objects:
    """Hand small faces without an owner, or apart from their owner's others, to a neighbour.

    Faces that lie open to the sea, or to anything not in `faces`, are moved only if `coastal`.
    """
    owner = owner.copy()
    tree = shapely.STRtree(faces)
    for n in np.argsort(shapely.area(faces)):
        if area_km2(faces[n]) > crumb_km2:
            break
        near = tree.query(faces[n], predicate="touches")
        common = shapely.length(shapely.intersection(faces[near], faces[n]))
        near, common = near[common > 0], common[common > 0]
        enclosed = common.sum() > 0.99 * faces[n].length
        if owner[n] and (owner[n] in owner[near] or not (enclosed or coastal)):
            continue
        owned = owner[near] != ""
        if owned.any():
            owner[n] = owner[near][owned][common[owned].argmax()]
    return owner


def _dissolved(faces: Objects, owner: Objects, units: Iterable[str]) -> dict[str, BaseGeometry]:
    return {code: shapely.coverage_union_all(faces[owner == code]) for code in units}


def area_km2(geometry: BaseGeometry) -> float:
    """Geodesic area on WGS 84."""
    area: float = GEOD.geometry_area_perimeter(geometry)[0]
    return abs(area) / 1e6


def length_km(geometry: BaseGeometry) -> float:
    """Geodesic length on WGS 84."""
    return float(GEOD.geometry_length(geometry)) / 1e3
