"""Derive the layers that come from the tables: ``python geodata/build/points.py``.

Writes ``gates``, ``sites``, ``places`` and ``corridor.geojson`` from ``records/*.csv``.
The corridor is schematic: straight lines between places of the gazetteer.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

GEODATA = Path(__file__).resolve().parent.parent
LISTS = frozenset({"aliases", "modes", "sources"})
FLAGS = frozenset({"names_verified"})
POSITION = ("longitude", "latitude")
ATTRIBUTION = "The bordermap contributors; GeoNames (CC BY 4.0); © OpenStreetMap contributors"

Row = dict[str, str]
Feature = dict[str, Any]
Collection = dict[str, Any]


class Route(NamedTuple):
    """A schematic line through places, named by their ids."""

    id: str
    name: str
    kind: str
    places: tuple[str, ...]
    note: str


SCHEMATIC = "Straight lines between towns on the route, not the surveyed course."
TRUNK = (
    "ann",
    "minbu",
    "mandalay",
    "hsipaw",
    "lashio",
    "muse",
    "ruili",
    "mangshi",
    "baoshan",
    "dali",
    "chuxiong",
)
"""The stretch that the two pipelines share."""
ROUTES = (
    Route(
        "oil-pipeline",
        "China–Myanmar crude oil pipeline",
        "oil_pipeline",
        ("maday-oil-terminal", *TRUNK, "anning"),
        f"{SCHEMATIC} From Maday Island to the refinery near Anning.",
    ),
    Route(
        "gas-pipeline",
        "China–Myanmar gas pipeline",
        "gas_pipeline",
        ("kyaukphyu-gas-terminal", *TRUNK, "kunming"),
        f"{SCHEMATIC} From Kyaukphyu; beyond Kunming the gas goes on to other provinces.",
    ),
    Route(
        "corridor-kunming-mandalay",
        "China–Myanmar Economic Corridor: Kunming – Mandalay",
        "economic_corridor",
        (
            "kunming",
            "chuxiong",
            "dali",
            "baoshan",
            "ruili",
            "muse",
            "kutkai",
            "lashio",
            "kyaukme",
            "pyin-oo-lwin",
            "mandalay",
        ),
        f"{SCHEMATIC} Stem of the corridor, by Ruili and Muse.",
    ),
    Route(
        "corridor-mandalay-yangon",
        "China–Myanmar Economic Corridor: Mandalay – Yangon",
        "economic_corridor",
        ("mandalay", "naypyidaw", "bago", "yangon"),
        f"{SCHEMATIC} Southern arm of the corridor.",
    ),
    Route(
        "corridor-mandalay-kyaukphyu",
        "China–Myanmar Economic Corridor: Mandalay – Kyaukphyu",
        "economic_corridor",
        ("mandalay", "magway", "ann", "kyaukphyu"),
        f"{SCHEMATIC} Western arm of the corridor, to the Indian Ocean.",
    ),
)


def read(table: Path) -> list[Row]:
    """Return the rows of a CSV table."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def position(row: Row) -> list[float] | None:
    """Return longitude and latitude (WGS 84, degrees), or None where the cells are empty."""
    if not row["longitude"]:
        return None
    return [round(float(row[axis]), 6) for axis in POSITION]


def cell(column: str, text: str) -> str | bool | list[str] | None:
    """Return a cell as JSON has it: lists as arrays, flags as booleans, empty cells as null."""
    if column in LISTS:
        return text.split(";") if text else []
    if column in FLAGS:
        return text == "true"
    return text or None


def point_feature(row: Row) -> Feature:
    """Return a row as a point; its geometry is null where the position is unknown."""
    at = position(row)
    return {
        "type": "Feature",
        "id": row["id"],
        "properties": {
            column: cell(column, text)
            for column, text in row.items()
            if column not in ("id", *POSITION)
        },
        "geometry": {"type": "Point", "coordinates": at} if at else None,
    }


def route_feature(route: Route, positions: dict[str, list[float]]) -> Feature:
    """Return a route as a line through the positions of its places.

    Raises
    ------
    KeyError
        If a place is not in the gazetteer or has no position.
    """
    return {
        "type": "Feature",
        "id": route.id,
        "properties": {
            "name": route.name,
            "kind": route.kind,
            "schematic": True,
            "note": route.note,
            "places": list(route.places),
        },
        "geometry": {
            "type": "LineString",
            "coordinates": [positions[place] for place in route.places],
        },
    }


def collection(name: str, description: str, features: list[Feature]) -> Collection:
    """Return an RFC 7946 feature collection with our licence as foreign members."""
    return {
        "type": "FeatureCollection",
        "name": name,
        "description": description,
        "license": "CC-BY-4.0",
        "attribution": ATTRIBUTION,
        "features": features,
    }


def layers(records: Path) -> list[Collection]:
    """Return the derived layers.

    Parameters
    ----------
    records : Path
        Folder of the tables ``places.csv`` and ``gates.csv``.
    """
    places = read(records / "places.csv")
    positions = {row["id"]: at for row in places if (at := position(row))}
    return [
        collection(
            "gates",
            "Border gates and crossings; geometry is null where no point is known.",
            [point_feature(row) for row in read(records / "gates.csv")],
        ),
        collection(
            "sites",
            "Places with a part of their own: ports, zones, terminals, seats, venues.",
            [point_feature(row) for row in places if row["site_class"]],
        ),
        collection(
            "places",
            "The gazetteer; geometry is null for areas and lines.",
            [point_feature(row) for row in places],
        ),
        collection(
            "corridor",
            "Pipelines and economic corridor as schematic lines.",
            [route_feature(route, positions) for route in ROUTES],
        ),
    ]


def dumps(layer: Collection) -> str:
    """Return a layer as text, one feature to a line."""
    head = {key: value for key, value in layer.items() if key != "features"}
    body = ",\n".join(_compact(feature) for feature in layer["features"])
    return f'{_compact(head)[:-1]},"features":[\n{body}\n]}}\n'


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Write the layers."""
    for layer in layers(GEODATA / "records"):
        path = GEODATA / "layers" / f"{layer['name']}.geojson"
        path.write_text(dumps(layer), encoding="utf-8")


if __name__ == "__main__":
    main()
