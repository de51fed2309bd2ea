"""Build the polygon and line layers: ``python geodata/build/layers.py [--cache DIR]``."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import geojson
import names
import numpy as np
import region
import shapely
import sources
from coverage import Coverage, length_km, shared_edges
from geojson import NATURAL_EARTH, ODBL, OSM, PUBLIC_DOMAIN, Feature
from shapely.geometry.base import BaseGeometry

LAYERS = Path(__file__).resolve().parent.parent / "layers"
HYBRID = f"{OSM}; {NATURAL_EARTH}"
SAME_LINE = 1e-4
"""Two lines this close, in degrees, are one."""


def unit_feature(code: str, unit: names.Unit, geometry: BaseGeometry) -> Feature:
    """A feature of ``states.geojson`` or ``yunnan.geojson``."""
    properties = {
        "code": code,
        **unit._asdict(),
        "featured": code in names.FEATURED,
        "includes": names.INCLUDES.get(code, []),
    }
    return Feature(code, geometry, properties)


def country_features(countries: Coverage) -> Iterator[Feature]:
    """Features of ``countries.geojson``."""
    for code, geometry in countries.items():
        name, name_zh = names.COUNTRIES[code]
        yield Feature(code, geometry, {"code": code, "name": name, "name_zh": name_zh})


def boundary_features(countries: Coverage, disputed: BaseGeometry) -> Iterator[Feature]:
    """International boundaries but the one between China and Myanmar.

    Parameters
    ----------
    countries : mapping of str to geometry
        A coverage.
    disputed : geometry
        Lines that Natural Earth flags as disputed.
    """
    for sides, line in shared_edges(countries).items():
        if len(sides) != 2 or sides == ("CN", "MM"):
            continue
        left, right = sides
        segments = np.array(
            [
                shapely.LineString(ends)
                for part in shapely.get_parts(line)
                for ends in itertools.pairwise(part.coords)
            ]
        )
        middles = shapely.line_interpolate_point(segments, 0.5, normalized=True)
        contested = shapely.dwithin(middles, disputed, SAME_LINE)
        for flag in np.unique(contested).tolist():
            part = shapely.line_merge(shapely.multilinestrings(segments[contested == flag]))
            suffix = "-disputed" if flag else ""
            yield Feature(
                f"{left}-{right}{suffix}".lower(),
                _keeping_left(part, countries[left]),
                {"left": left, "right": right, "disputed": flag},
            )


def _keeping_left(line: BaseGeometry, polygon: BaseGeometry) -> BaseGeometry:
    """The lines, each directed so that the polygon whose edge it is lies on its left."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(polygon)))
    following = {
        (*start, *end)
        for ring in rings
        for start, end in itertools.pairwise(shapely.get_coordinates(ring).tolist())
    }
    parts = shapely.get_parts(line)
    return shapely.MultiLineString(
        [
            part if (*part.coords[0], *part.coords[1]) in following else part.reverse()
            for part in parts
        ]
    )


def coast_features(countries: Coverage) -> Iterator[Feature]:
    """Coasts by country; the frame of the window is left out."""
    for owners, line in shared_edges(countries).items():
        coast = shapely.line_merge(shapely.difference(line, region.WINDOW.boundary))
        if len(owners) == 1 and not coast.is_empty:
            yield Feature(owners[0], coast, {"code": owners[0]})


def river_features(cache: Path) -> Iterator[Feature]:
    """Main rivers; the parts of one name are one feature."""
    table = sources.rivers(cache, region.WINDOW)
    table["name"] = table["name"].map(names.RIVERS)
    for name, parts in table.dropna(subset="name").groupby("name"):
        line = shapely.line_merge(shapely.union_all(parts.geometry, grid_size=region.GRID))
        slug = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
        yield Feature(slug, line, {"name": name, "rank": int(parts["scalerank"].min())})


def border_feature(countries: Coverage) -> Feature:
    """The China-Myanmar border, from the north-west to the south-east."""
    line = shared_edges(countries)["CN", "MM"]
    if line.coords[0][1] < line.coords[-1][1]:
        line = line.reverse()
    properties = {"name": "China–Myanmar border", "length_km": round(length_km(line), 1)}
    return Feature("china-myanmar-border", line, properties)


def main() -> None:
    """Build every layer and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=Path("build-cache"), help="folder for source packages"
    )
    cache = parser.parse_args().cache
    area = region.build(cache)
    lines = sources.boundary_lines(cache, region.WINDOW)
    disputed = lines[lines["featurecla"].str.contains("Disputed")].union_all()

    geojson.write(
        LAYERS / "states.geojson",
        [unit_feature(code, unit, area.units[code]) for code, unit in names.STATES.items()],
        description="States and regions of Myanmar: outline from OpenStreetMap, inner lines "
        "from Natural Earth 10m. Naypyidaw Union Territory (MM-18) is part of MM-04 here.",
        license=ODBL,
        attribution=HYBRID,
    )
    geojson.write(
        LAYERS / "yunnan.geojson",
        [unit_feature(names.YUNNAN, names.YUNNAN_UNIT, area.units[names.YUNNAN])],
        description="Yunnan: international boundary from OpenStreetMap, lines to other "
        "provinces from Natural Earth 10m. One coverage with the states of Myanmar.",
        license=ODBL,
        attribution=HYBRID,
    )
    geojson.write(
        LAYERS / "countries.geojson",
        country_features(area.countries),
        description="Countries around, 88-110 E, 5-32 N: Natural Earth 10m, fitted to the "
        "OpenStreetMap outlines of Myanmar and Yunnan.",
        license=ODBL,
        attribution=HYBRID,
    )
    geojson.write(
        LAYERS / "boundaries.geojson",
        boundary_features(area.countries, disputed),
        description="International boundaries in the window except the China-Myanmar border; "
        "disputed ones flagged as Natural Earth does. Indicative only.",
        license=ODBL,
        attribution=HYBRID,
    )
    geojson.write(
        LAYERS / "coastline.geojson",
        coast_features(area.countries),
        description="Coast by country: OpenStreetMap for Myanmar, Natural Earth 10m elsewhere.",
        license=ODBL,
        attribution=HYBRID,
    )
    geojson.write(
        LAYERS / "rivers.geojson",
        river_features(cache),
        description="Main rivers, centre lines of Natural Earth 10m; rank 1 is the largest.",
        license=PUBLIC_DOMAIN,
        attribution=NATURAL_EARTH,
    )
    geojson.write(
        LAYERS / "border.geojson",
        [border_feature(area.countries)],
        description="The line that Myanmar and China share in OpenStreetMap. Indicative; not "
        "the line of any treaty map.",
        license=ODBL,
        attribution=OSM,
    )


if __name__ == "__main__":
    main()
