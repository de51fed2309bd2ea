"""Geometries as columns of text: where a feature is and what shape it has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from bordermap.errors import ImportFileError

GEOMETRY_COLUMNS = ("longitude", "latitude", "geometry_type")
"""What a geometry is read as.

``longitude`` and ``latitude`` are WGS 84 degrees: of the point itself or, for any other
shape, of a point on it that only represents it. ``geometry_type`` is ``Point`` or the
name of the shape, so that a representative point is not taken for a place.
"""

_WGS84 = CRS.from_epsg(4326)


class Locator:
    """Turns geometries into ``GEOMETRY_COLUMNS``.

    Parameters
    ----------
    path : Path
        For messages.
    crs : object
        Anything that pyproj knows as a CRS; None is WGS 84.

    Raises
    ------
    ImportFileError
        The CRS is unknown.
    """

    def __init__(self, path: Path, crs: object = None) -> None:
        self._transformer: Transformer | None = None
        if crs is None:
            return
        try:
            known = CRS.from_user_input(crs)
            if not known.equals(_WGS84, ignore_axis_order=True):
                self._transformer = Transformer.from_crs(known, _WGS84, always_xy=True)
        except (ProjError, TypeError, ValueError) as error:
            raise ImportFileError(
                f"{path.name}: the coordinate reference system is not known: save it in WGS 84"
            ) from error

    def columns(self, wkb: pa.Array) -> list[pa.Array]:
        """Return longitude, latitude and type of geometries in WKB.

        All three are null where there is no geometry, or none that can be read.
        """
        shapes = shapely.from_wkb(
            np.array(wkb.to_pylist(), dtype=object), on_invalid="ignore"
        )  # bytes or None
        single = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
        single &= shapely.get_num_geometries(shapes) == 1
        shapes = np.where(single, shapely.get_geometry(shapes, 0), shapes)
        shapes[shapely.is_empty(shapes)] = None
        points = np.array([_point(shape) for shape in shapes], dtype=object)
        x, y = shapely.get_x(points), shapely.get_y(points)
        if self._transformer is not None:
            x, y = self._transformer.transform(x, y)
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        missing = ~(np.isfinite(x) & np.isfinite(y))
        kinds = [None if shape is None else shape.geom_type for shape in shapes]
        return [
            pa.array(x, mask=missing, type=pa.float64()).cast(pa.string()),
            pa.array(y, mask=missing, type=pa.float64()).cast(pa.string()),
            pc.if_else(pa.array(missing), None, pa.array(kinds, pa.string())),
        ]


def _point(shape: shapely.Geometry | None) -> shapely.Point | None:
    if shape is None or isinstance(shape, shapely.Point):
        return shape
    try:
        return shapely.point_on_surface(shape)
    except shapely.errors.ShapelyError:
        return None
