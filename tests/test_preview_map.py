"""Many events as a small map."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageColor

from bordermap.cartography.style import FAMILY_COLOURS
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import Family
from bordermap.snapshot.sheets.preview_map import DPI, HEIGHT, WIDTH, preview_map

FIGHTING = ImageColor.getrgb(FAMILY_COLOURS[Family.FIGHTING])
NOTHING = pa.table(
    {
        "longitude": pa.array([], pa.float64()),
        "latitude": pa.array([], pa.float64()),
        "geo_precision": pa.array([], pa.string()),
        "category": pa.array([], pa.string()),
        "events": pa.array([], pa.int64()),
    }
)


def points(*rows: tuple[float, float, str, int]) -> pa.Table:
    longitude, latitude, precision, events = zip(*rows, strict=True)
    return pa.table(
        {
            "longitude": longitude,
            "latitude": latitude,
            "geo_precision": precision,
            "category": ["armed_clash"] * len(rows),
            "events": events,
        }
    )


def pixels(picture: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=int)


def strong(picture: bytes) -> int:
    """Count the pixels in the full colour of fighting."""
    return int((np.abs(pixels(picture) - FIGHTING).max(axis=2) < 30).sum())


def test_a_known_place_is_a_dot_in_its_place(catalog: Catalog) -> None:
    drawn = preview_map(points((97.5, 24.5, "exact", 1)), {}, catalog)
    seen = pixels(drawn.picture)
    assert seen.shape == (round(HEIGHT * DPI), round(WIDTH * DPI), 3)
    red, green, blue = seen[seen.shape[0] // 2, seen.shape[1] // 2]
    assert red > 150 and green < 130 and blue < 110
    assert drawn.outside == 0


def test_a_district_is_a_soft_disc_and_no_dot(catalog: Catalog) -> None:
    drawn = preview_map(points((97.5, 24.5, "district", 900)), {}, catalog)
    assert strong(drawn.picture) == 0
    elsewhere = preview_map(points((97.5, 24.5, "exact", 1)), {}, catalog)
    changed = (pixels(drawn.picture) != pixels(elsewhere.picture)).any(axis=2)
    assert changed.mean() > 0.05  # some 25 km around


def test_many_events_at_a_place_are_a_larger_dot(catalog: Catalog) -> None:
    few, many = (
        strong(preview_map(points((97.5, 24.5, "near", n)), {}, catalog).picture) for n in (1, 1000)
    )
    assert many > 2 * few > 0


def test_what_lies_elsewhere_is_counted(catalog: Catalog) -> None:
    here, far = (97.5, 24.5, "exact", 2), (10.0, 50.0, "exact", 5)
    drawn = preview_map(points(here, far), {}, catalog)
    assert drawn.outside == 5
    assert drawn.picture == preview_map(points(here), {}, catalog).picture


def test_what_is_known_to_a_state_is_a_number(catalog: Catalog) -> None:
    assert preview_map(NOTHING, {"MM-17": 3}, catalog) != preview_map(NOTHING, {}, catalog)


@pytest.mark.parametrize("category", ["no such thing", "=1+1"])
def test_an_unknown_category_is_drawn(catalog: Catalog, category: str) -> None:
    table = points((97.5, 24.5, "exact", 1))
    odd = table.set_column(3, "category", pa.array([category]))
    assert preview_map(odd, {}, catalog).outside == 0
