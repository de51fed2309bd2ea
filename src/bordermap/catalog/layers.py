"""The GeoJSON layers, read feature by feature."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas
import numpy as np
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


def read_layers(root: Path) -> tuple[dict[str, GeoDataFrame], list[Fault]]:
    """Return the layers that are usable, in WGS 84 and without their faulty features.

    They are read at once, as most of it needs no lock of the interpreter.
    """
    with ThreadPoolExecutor() as pool:
        read = dict(
            zip(LAYERS, pool.map(lambda name: _read_layer(root, name), LAYERS), strict=True)
        )
    layers = {name: layer for name, (layer, _) in read.items() if layer is not None}
    return layers, [fault for _, faults in read.values() for fault in faults]


def _read_layer(root: Path, name: str) -> tuple[GeoDataFrame | None, list[Fault]]:
    file = f"layers/{name}.geojson"
    path = root / file
    if not path.is_file():
        return None, [Fault(file, 0, "", "is missing")]
    try:
        layer = geopandas.read_file(path)
    except Exception as error:  # pyogrio raises many kinds; each is a fault of the file
        return None, [Fault(file, 0, "", f"is not readable GeoJSON: {first_line(error)}")]
    missing = [column for column in LAYERS[name] if column not in layer.columns]
    if missing or "geometry" not in layer.columns:
        reason = f"lacks the property {', '.join(missing)}" if missing else "has no geometry"
        return None, [Fault(file, 0, "", reason)]
    wrong: list[dict[str, str]] = [{} for _ in range(len(layer))]
    for column in LAYERS[name]:
        for empty in np.flatnonzero(layer[column].isna()):
            wrong[empty][column] = "is empty and must not be"
    if name in UNITS:
        for repeated in np.flatnonzero(layer["code"].duplicated()):
            wrong[repeated]["code"] = "is already that of another feature"
    for row, geometry in enumerate(layer.geometry):
        if reason := _geometry_fault(geometry, _GEOMETRIES.get(name, _LINES)):
            wrong[row]["geometry"] = reason
    faults = [
        Fault(file, row + 1, field, reason)
        for row, reasons in enumerate(wrong)
        for field, reason in reasons.items()
    ]
    keep = [
        not reasons and geometry is not None
        for reasons, geometry in zip(wrong, layer.geometry, strict=True)
    ]
    return layer[keep].reset_index(drop=True), faults


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
