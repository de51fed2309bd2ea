"""The GeoJSON layers, read feature by feature."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from bordermap.errors import Fault

LAYERS: dict[str, tuple[str, ...]] = {
    "states": ("code", "name", "featured"),
    "yunnan": ("code", "name"),
    "countries": ("code", "name"),
    "boundaries": ("disputed",),
    "coastline": (),
    "rivers": ("name",),
    "border": ("name", "length_km"),
    "corridor": ("name", "kind", "schematic"),
    "gates": ("id", "name", "gate_class"),
    "sites": ("id", "name", "site_class"),
}
"""The layers of the map and the properties that each must have."""

_LINES = ("LineString", "MultiLineString")
_AREAS = ("Polygon", "MultiPolygon")
_GEOMETRIES: dict[str, tuple[str, ...]] = {
    "states": _AREAS,
    "yunnan": _AREAS,
    "countries": _AREAS,
    "border": ("LineString",),
    "gates": ("Point",),
    "sites": ("Point",),
}

UNITS = ("states", "yunnan")
"""The layers whose polygons points are joined to; each has a unique ``code``."""


def read_layer(root: Path, name: str, faults: list[Fault]) -> GeoDataFrame | None:
    """Return a layer in WGS 84 without its faulty features, or None if it is unusable."""
    file = f"layers/{name}.geojson"
    path = root / file
    if not path.is_file():
        faults.append(Fault(file, 0, "", "is missing"))
        return None
    try:
        layer = geopandas.read_file(path)
    except Exception as error:  # pyogrio raises many kinds; each is a fault of the file
        faults.append(Fault(file, 0, "", f"is not readable GeoJSON: {first_line(error)}"))
        return None
    missing = [column for column in LAYERS[name] if column not in layer.columns]
    if missing or "geometry" not in layer.columns:
        reason = f"lacks the property {', '.join(missing)}" if missing else "has no geometry"
        faults.append(Fault(file, 0, "", reason))
        return None
    keep = []
    for number, geometry in enumerate(layer.geometry, start=1):
        feature = layer.iloc[number - 1 : number]
        wrong = {
            column: "is empty and must not be"
            for column in LAYERS[name]
            if feature[column].isna().any()
        }
        if name in UNITS and feature["code"].isin(layer["code"][: number - 1]).any():
            wrong["code"] = "is already that of another feature"
        if reason := _geometry_fault(geometry, _GEOMETRIES.get(name, _LINES)):
            wrong["geometry"] = reason
        faults += [Fault(file, number, field, reason) for field, reason in wrong.items()]
        keep.append(not wrong and geometry is not None)
    return layer[keep].reset_index(drop=True)


def _geometry_fault(geometry: BaseGeometry | None, types: tuple[str, ...]) -> str:
    if geometry is None:
        return ""
    if geometry.geom_type not in types:
        return f"is a {geometry.geom_type}, not a {' or '.join(types)}"
    if shapely.is_empty(geometry):
        return "is empty"
    if not shapely.is_valid(geometry):
        return f"is not valid: {shapely.is_valid_reason(geometry)}"
    west, south, east, north = shapely.bounds(geometry)
    if west < -180 or east > 180 or south < -90 or north > 90:
        return "is not in degrees of longitude and latitude"
    return ""


def first_line(error: Exception) -> str:
    """Return what an error says, without its further lines."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def units(layers: Mapping[str, GeoDataFrame]) -> GeoDataFrame:
    """Return the polygons that points are joined to: Myanmar's units and Yunnan."""
    parts = [layers[name] for name in UNITS if name in layers]
    if not parts:
        return GeoDataFrame({"code": [], "name": []}, geometry=[], crs="EPSG:4326")
    joined = pd.concat([part[["code", "name", "geometry"]] for part in parts], ignore_index=True)
    return joined.astype({"code": str})
