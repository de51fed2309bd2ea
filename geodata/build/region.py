"""Put exact outlines and coarse inner lines together into one coverage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import names
import shapely
import sources
from coverage import Coverage, area_km2, partition, split
from shapely.geometry.base import BaseGeometry

WINDOW = shapely.box(88, 5, 110, 32)
"""Extent of the context layers, degrees."""

YUNNAN_WINDOW = shapely.box(96.5, 20.5, 107, 30)
KYAUKPHYU_WINDOW = shapely.box(93.2, 18.6, 94.2, 19.7)
"""Here even the smallest islands are kept."""

SMALLEST_ISLAND_KM2 = 0.3
GRID = 1e-6
SETBACK = 0.002
CRUMB_KM2 = 5.0
TOLERANCE = 0.0002
"""Of the simplification of every inner edge but China's, degrees."""

COASTAL = ("MMR", "BGD", "IND", "CHN", "LAO", "THA")
"""Countries whose land tells Myanmar's coast."""

MYANMAR_ZONE = "Asia/Yangon"
CHINA_ZONE = "Asia/Shanghai"
ACROSS = {
    "MM": {
        "BD": "Asia/Dhaka",
        "CN": CHINA_ZONE,
        "IN": "Asia/Kolkata",
        "LA": "Asia/Vientiane",
        "TH": "Asia/Bangkok",
    },
    names.YUNNAN: {"CN": CHINA_ZONE, "LA": "Asia/Vientiane", "VN": "Asia/Bangkok"},
}
"""Time zones on the other side of the focus areas. Northern Vietnam keeps Bangkok's."""


@dataclass(frozen=True)
class Region:
    """The pieces the layers are cut from.

    Attributes
    ----------
    units : mapping of str to geometry
        Coverage of Myanmar's states and regions and of Yunnan, by ISO 3166-2 code.
    countries : mapping of str to geometry
        Coverage of the countries in the window, by ISO 3166-1 code; it agrees with `units`.
    """

    units: Coverage
    countries: Coverage


def build(cache: Path) -> Region:
    """Build the coverage from the source packages.

    The outlines of Myanmar and Yunnan are OpenStreetMap's; the lines between their units and
    all other countries are Natural Earth's, fitted to these outlines.

    Parameters
    ----------
    cache : Path
        Folder for the source packages.
    """
    zones = sources.TimeZones(cache)
    coarse = sources.countries(cache, WINDOW).set_index("iso_a2").geometry.to_dict()
    provinces = sources.provinces(cache).set_index("iso_3166_2").geometry.make_valid()

    units = _states(zones, provinces[list(names.STATES)].to_dict(), cache)
    chinese = provinces[provinces.index.str.startswith("CN-") & provinces.intersects(YUNNAN_WINDOW)]
    coarse_yunnan = chinese[names.YUNNAN]
    other = chinese.drop(names.YUNNAN).union_all()
    units[names.YUNNAN] = _yunnan(zones, {names.YUNNAN: coarse_yunnan, "CN": other})

    focus = {"MM": coarse.pop("MM"), names.YUNNAN: coarse_yunnan}
    context = _fitted(coarse, focus, shapely.union_all(list(units.values())), zones)
    pieces = _lightened(partition(units | context, grid=GRID, crumb_km2=CRUMB_KM2))
    units = {code: pieces[code] for code in units}
    countries = {code: pieces[code] for code in context}
    countries["MM"] = shapely.coverage_union_all([units[code] for code in names.STATES])
    countries["CN"] = shapely.coverage_union(pieces["CN"], units[names.YUNNAN])
    return Region(units, dict(sorted(countries.items())))


def _states(zones: sources.TimeZones, coarse: Coverage, cache: Path) -> dict[str, BaseGeometry]:
    land = sources.land(cache, COASTAL, WINDOW)
    outline = sources.polygonal(shapely.intersection(zones.polygon(MYANMAR_ZONE), land))
    return _split(_without_islets(outline), coarse)


def _yunnan(zones: sources.TimeZones, coarse: Coverage) -> BaseGeometry:
    outline = shapely.intersection(zones.polygon(CHINA_ZONE), YUNNAN_WINDOW)
    return _split(sources.polygonal(outline), coarse)[names.YUNNAN]


def _split(outline: BaseGeometry, coarse: Coverage) -> dict[str, BaseGeometry]:
    return split(outline, coarse, grid=GRID, setback=SETBACK, crumb_km2=CRUMB_KM2)


def _without_islets(outline: BaseGeometry) -> BaseGeometry:
    kept = [
        part
        for part in shapely.get_parts(outline)
        if area_km2(part) >= SMALLEST_ISLAND_KM2 or part.intersects(KYAUKPHYU_WINDOW)
    ]
    return shapely.MultiPolygon(kept)


def _fitted(
    coarse: Coverage, focus: Coverage, fine: BaseGeometry, zones: sources.TimeZones
) -> dict[str, BaseGeometry]:
    """Coarse countries without the focus areas, their edges moved to the fine outline."""
    taken = shapely.union_all([*focus.values(), fine])
    fitted = {code: [shapely.difference(shape, taken)] for code, shape in coarse.items()}
    for code, shape in focus.items():
        freed = shapely.difference(shape, fine)
        for neighbour, zone in ACROSS[code].items():
            fitted[neighbour].append(shapely.intersection(freed, zones.polygon(zone)))
    return {code: _merged(shapes) for code, shapes in fitted.items()}


def _lightened(pieces: Coverage) -> dict[str, BaseGeometry]:
    """Simplify the edges between pieces; China's edges and the coasts stay as they are."""
    free = {code: shape for code, shape in pieces.items() if not code.startswith("CN")}
    simple = shapely.coverage_simplify(list(free.values()), TOLERANCE, simplify_boundary=False)
    rounded = shapely.set_precision(simple, GRID, mode="pointwise")
    return {**pieces, **dict(zip(free, rounded, strict=True))}


def _merged(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    return shapely.union_all([sources.polygonal(shape) for shape in shapes])
