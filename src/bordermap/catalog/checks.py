"""Checks across rows and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import shapely
from geopandas import GeoDataFrame

from bordermap import labels
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.layers import LAYERS, first_line, units
from bordermap.catalog.tables import Row
from bordermap.errors import Fault
from bordermap.model import record as model

P = TypeVar("P", model.Place, model.Gate)

STATED_REGION_TOLERANCE_KM = 5.0
"""How far outside its stated region a point may lie: the state lines are a kilometre or so off."""


def check_regions(
    places: dict[str, tuple[Row, P]], layers: Mapping[str, GeoDataFrame], faults: list[Fault]
) -> None:
    """Drop places or gates whose point lies well outside the region that they state."""
    outlines = units(layers).set_index("code").geometry
    for key, (row, place) in list(places.items()):
        if place.longitude is None or place.latitude is None or place.region not in outlines.index:
            continue
        point = shapely.Point(place.longitude, place.latitude)
        outline = outlines[place.region]
        if outline.contains(point):
            continue
        edge = shapely.shortest_line(point, outline)
        kilometres = labels.length_km(edge)
        if kilometres > STATED_REGION_TOLERANCE_KM:
            reason = f"the point lies {kilometres:.0f} km outside {place.region}"
            faults.append(Fault(row.file, row.line, "region", reason))
            del places[key]


def check_aliases(places: Mapping[str, tuple[Row, model.Place]]) -> list[Fault]:
    """Report names that belong to more than one place."""
    owner: dict[str, str] = {}
    faults = []
    for row, place in places.values():
        for name in sorted({Gazetteer.fold(name) for name in Gazetteer.names(place)}):
            other = owner.setdefault(name, place.id)
            if other != place.id:
                reason = f"{name!r} is also a name of {other!r}"
                faults.append(Fault(row.file, row.line, "aliases", reason))
    return faults


def check_packaged(root: Path) -> list[Fault]:
    """Report files that the package's descriptor names and that do not exist."""
    file = "datapackage.json"
    try:
        descriptor = json.loads((root / file).read_text(encoding="utf-8"))
        paths = [str(resource["path"]) for resource in descriptor["resources"]]
    except OSError as error:
        return [Fault(file, 0, "", f"cannot be read: {error.strerror}")]
    except (ValueError, KeyError, TypeError) as error:
        return [Fault(file, 0, "", f"is not a data package descriptor: {first_line(error)}")]
    read_already = {f"layers/{name}.geojson" for name in LAYERS}
    return [
        Fault(path, 0, "", "is named in datapackage.json and missing")
        for path in paths
        if path not in read_already and not path.endswith(".csv") and not (root / path).is_file()
    ]
