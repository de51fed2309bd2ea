"""The small map of one record."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageColor

from bordermap.cartography.style import FAMILY_COLOURS
from bordermap.catalog import Catalog
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import Family, GeoPrecision, Role
from bordermap.queries import Dataset
from bordermap.snapshot.sheets.record_map import DPI, HEIGHT, WIDTH, record_map

LWEJE = {"name": "Lweje", "longitude": 97.68, "latitude": 24.2, "region_code": "MM-11"}
BEIJING = {"name": "Beijing", "longitude": 116.4, "latitude": 39.9, "region_code": "CN-BJ"}
RAKHINE = {"name": "Rakhine State", "region_code": "MM-16", "geo_precision": GeoPrecision.STATE}
FIGHTING = ImageColor.getrgb(FAMILY_COLOURS[Family.FIGHTING])
CHINA = {"name": "China", "geo_precision": GeoPrecision.COUNTRY}


def record(dataset: Dataset, *places: dict[str, Any]) -> pa.Table:
    blank = {"place_id": "p", "role": Role.LOCATION, "geo_precision": GeoPrecision.EXACT}
    row = dataset.record(dataset.row_of["2024-04-lwegel-kia"])
    row["places"] = [blank | place for place in places]
    return pa.Table.from_pylist([row], schema=RECORD_SCHEMA)


def pixels(picture: bytes | None) -> Any:
    assert picture is not None
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=int)


def coloured(picture: bytes | None) -> int:
    """Count the pixels in the colour of the record's family."""
    return int((np.abs(pixels(picture) - FIGHTING).max(axis=2) < 40).sum())


def test_a_point_is_in_the_middle_of_the_picture(catalog: Catalog, dataset: Dataset) -> None:
    drawn = record_map(record(dataset, LWEJE), catalog)
    seen = pixels(drawn.picture)
    assert seen.shape == (round(HEIGHT * DPI), round(WIDTH * DPI), 3)
    middle = seen[seen.shape[0] // 2, seen.shape[1] // 2]
    red, green, blue = middle
    assert red > 150 and green < 120 and blue < 100
    assert drawn.notes == []


def test_the_same_record_gives_the_same_bytes(catalog: Catalog, dataset: Dataset) -> None:
    row = record(dataset, LWEJE)
    assert record_map(row, catalog) == record_map(row, catalog)


@pytest.mark.parametrize(
    ("place", "note"),
    [
        (LWEJE | {"geo_precision": GeoPrecision.NEAR}, "within some 15 km"),
        (LWEJE | {"geo_precision": GeoPrecision.DISTRICT}, "district only"),
        (LWEJE | {"role": Role.SUBJECT}, "A hollow mark"),
        (RAKHINE, "A shaded state"),
    ],
)
def test_what_is_not_exact_looks_different_and_is_explained(
    catalog: Catalog, dataset: Dataset, place: dict[str, Any], note: str
) -> None:
    drawn = record_map(record(dataset, place), catalog)
    assert len(drawn.notes) == 1
    assert note in drawn.notes[0]
    assert drawn.picture != record_map(record(dataset, LWEJE), catalog).picture


def test_every_place_has_its_mark(catalog: Catalog, dataset: Dataset) -> None:
    one = coloured(record_map(record(dataset, LWEJE), catalog).picture)
    laiza = LWEJE | {"name": "Laiza", "longitude": 97.56, "latitude": 24.76}
    two = coloured(record_map(record(dataset, LWEJE, laiza), catalog).picture)
    assert one > 300
    assert two == pytest.approx(2 * one, rel=0.25)


def test_a_place_outside_the_layers_stands_at_the_edge(catalog: Catalog, dataset: Dataset) -> None:
    for places in ((BEIJING,), (LWEJE, BEIJING)):
        drawn = record_map(record(dataset, *places), catalog)
        assert drawn.notes == ["The arrow points to Beijing, outside the map."]
        assert coloured(drawn.picture) > len(places) * 250
    corner = pixels(drawn.picture)[: int(HEIGHT * DPI / 3), int(WIDTH * DPI / 2) :]
    assert (np.abs(corner - FIGHTING).max(axis=2) < 40).sum() > 250


def test_what_cannot_be_placed_is_named(catalog: Catalog, dataset: Dataset) -> None:
    drawn = record_map(record(dataset, CHINA), catalog)
    assert drawn == (None, ["Not on the map: China (country)."])
    drawn = record_map(record(dataset, CHINA, LWEJE), catalog)
    assert drawn.picture is not None
    assert drawn.notes == ["Not on the map: China (country)."]
    assert record_map(record(dataset), catalog) == (None, [])


def test_records_of_every_make_up_of_places_are_drawn(catalog: Catalog, dataset: Dataset) -> None:
    seen = set()
    for row in range(len(dataset.records)):
        places = dataset.record(row)["places"]
        make_up = tuple(sorted({(place["geo_precision"], place["role"]) for place in places}))
        if make_up not in seen and len(seen) < 12:
            seen.add(make_up)
            drawn = record_map(dataset.records.slice(row, 1), catalog)
            point = any(place["geo_precision"] in ("exact", "near") for place in places)
            assert drawn.picture or not point
