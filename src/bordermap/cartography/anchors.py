"""Points that stand for areas; light to import, as every picture needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import shapely


def anchors(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, tuple[float, float]]:
    """Return where a record that is known only to a state or province is drawn.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Of which ``states`` and ``yunnan`` are used where present.

    Returns
    -------
    dict
        Region code (ISO 3166-2) -> longitude, latitude of a point well inside it.
    """
    return {
        code: (point.x, point.y)
        for key in ("states", "yunnan")
        if (table := layers.get(key)) is not None
        for code, point in zip(table["code"], map(interior_point, table.geometry), strict=True)
    }


def interior_point(area: shapely.Polygon | shapely.MultiPolygon) -> shapely.Point:
    """Return the centre of the largest circle inside an area, good to some 0.05 degrees."""
    # Thinned this quickly, an outline can touch itself.
    outline: Any = shapely.make_valid(area.simplify(0.01, preserve_topology=False))
    circle = shapely.maximum_inscribed_circle(outline, tolerance=0.05)
    centre: shapely.Point = shapely.get_point(circle, 0)
    return centre
