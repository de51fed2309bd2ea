"""Write RFC 7946 feature collections."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

ODBL = "ODbL-1.0"
PUBLIC_DOMAIN = "CC-PDM-1.0"
OSM = "© OpenStreetMap contributors"
NATURAL_EARTH = "Made with Natural Earth"


@dataclass(frozen=True)
class Feature:
    """A feature with its ``id`` member."""

    id: str
    geometry: BaseGeometry
    properties: dict[str, Any]


def write(
    path: Path,
    features: Iterable[Feature],
    *,
    description: str,
    license: str,
    attribution: str,
) -> None:
    """Write one layer; the file's stem is the collection's name.

    Coordinates are longitude, latitude in WGS 84 with at most six decimals. Outer rings run
    counter-clockwise.

    Parameters
    ----------
    path : Path
    features : iterable of Feature
    description, license, attribution : str
        Foreign members of the collection; `license` is an SPDX identifier.
    """
    head = {
        "type": "FeatureCollection",
        "name": path.stem,
        "description": description,
        "license": license,
        "attribution": attribution,
    }
    body = ",\n".join(_dumps(_member(feature)) for feature in features)
    text = f'{_dumps(head)[:-1]},"features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8")


def _member(feature: Feature) -> dict[str, Any]:
    geometry = json.loads(shapely.to_geojson(shapely.orient_polygons(feature.geometry)))
    geometry["coordinates"] = _rounded(geometry["coordinates"])
    return {
        "type": "Feature",
        "id": feature.id,
        "properties": feature.properties,
        "geometry": geometry,
    }


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, list):
        return [_rounded(part) for part in coordinates]
    return round(coordinates, 6)


def _dumps(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
