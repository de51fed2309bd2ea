"""Interpreted events with region, gate, distances and geometry."""

from __future__ import annotations

from typing import Any

import geopandas
import pyarrow as pa
import pytest
import shapely

from bordermap.engine.labelling import label
from bordermap.labels import Labeller
from bordermap.model.event import EVENT_SCHEMA, INTERPRETED

POINTS = ["exact", "near", "district"]
WEST, EAST = (97.5, 21.0), (98.5, 21.0)
"""Points in the two squares of `labeller`."""

FIXED: dict[str, Any] = {
    "file": "f.csv",
    "line": 2,
    "kind": "incident",
    "category": "other",
    "title": "Something",
    "date_precision": "unknown",
    "actors": [],
    "participants": [],
    "confidence": "low",
}


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    units = geopandas.GeoDataFrame(
        {"code": ["MM-01", "MM-02"]},
        geometry=[shapely.box(97, 20, 98, 22), shapely.box(98, 20, 99, 22)],
        crs="EPSG:4326",
    )
    border = shapely.LineString([(99, 20), (99, 22)])
    return Labeller(units, ["west", "east"], [97.5, 98.9], [21.0, 21.0], border)


def events(*rows: dict[str, Any]) -> pa.Table:
    whole = [{**FIXED, "id": str(number), **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(whole, schema=INTERPRETED)


def at(point: tuple[float, float] | None, precision: str, stated: str | None) -> dict[str, Any]:
    x, y = point or (None, None)
    return {"longitude": x, "latitude": y, "geo_precision": precision, "stated_region": stated}


def labelled(labeller: Labeller, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    found = label(events(*rows), labeller)
    assert found.schema.equals(EVENT_SCHEMA)
    return found.to_pylist()


@pytest.mark.parametrize("precision", POINTS)
def test_a_known_place_has_the_region_of_its_point(labeller: Labeller, precision: str) -> None:
    inside, outside, unplaced = labelled(
        labeller,
        at(WEST, precision, "MM-02"),
        at((10.0, 10.0), precision, "MM-02"),
        at(None, precision, "MM-02"),
    )
    assert [inside["region_code"], outside["region_code"]] == ["MM-01", "MM-02"]
    assert unplaced["region_code"] == "MM-02"
    assert shapely.from_wkb(inside["geometry"]) == shapely.Point(WEST)
    assert inside["bbox"] == {"xmin": 97.5, "ymin": 21.0, "xmax": 97.5, "ymax": 21.0}
    assert unplaced["geometry"] is None
    assert unplaced["bbox"] is None
    assert unplaced["gate_id"] is None


def test_the_point_of_a_state_is_no_place(labeller: Labeller) -> None:
    stated, found, nowhere = labelled(
        labeller,
        at(WEST, "state", "MM-02"),
        at(WEST, "state", None),
        at((10.0, 10.0), "state", None),
    )
    assert [row["region_code"] for row in (stated, found, nowhere)] == ["MM-02", "MM-01", None]
    for row in (stated, found):
        assert (row["longitude"], row["latitude"]) == WEST
        for absent in ("geometry", "bbox", "gate_id", "gate_km", "border_km"):
            assert row[absent] is None


@pytest.mark.parametrize("precision", ["country", "none"])
def test_a_country_has_no_region_but_a_stated_one(labeller: Labeller, precision: str) -> None:
    without, stated = labelled(labeller, at(WEST, precision, None), at(WEST, precision, "MM-02"))
    assert [without["region_code"], stated["region_code"]] == [None, "MM-02"]
    assert without["geometry"] is None


def test_distances_are_of_a_tenth_of_a_kilometre(labeller: Labeller) -> None:
    (row,) = labelled(labeller, at((98.899, 21.0), "exact", None))
    assert row["gate_id"] == "east"
    assert row["gate_km"] == 0.1
    assert row["border_km"] == 10.5


def test_the_columns_of_the_file_stay(labeller: Labeller) -> None:
    original = pa.StructArray.from_arrays([pa.array(["x"])], names=["a"])
    table = events(at(WEST, "exact", None)).append_column("original", original)
    found = label(table, labeller)
    assert found.column_names == [*EVENT_SCHEMA.names, "original"]
    assert found["original"].to_pylist() == [{"a": "x"}]


def test_no_events_are_no_trouble(labeller: Labeller) -> None:
    assert len(label(events(), labeller)) == 0
