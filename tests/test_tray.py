"""The records that the map cannot show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bordermap.cartography import event_layer
from bordermap.cartography.anchors import anchors
from bordermap.catalog import Catalog
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.web.tray import why_undated, why_unplaced

if TYPE_CHECKING:
    from conftest import Package


def drawn(catalog: Catalog) -> set[int]:
    """Return the rows that have a mark, as the browser reads them."""
    body = event_layer.encode(catalog.records, anchors(catalog.layers))
    length = int.from_bytes(body[4:8], "little")
    header = json.loads(body[8 : 8 + length])
    (column,) = (column for column in header["columns"] if column["name"] == "marks")
    marks = np.frombuffer(
        body,
        column["type"][0] + str(int(column["type"][1:]) // 8),
        column["length"],
        8 + length + column["offset"],
    )
    return set(np.flatnonzero(marks).tolist())


def in_tray(catalog: Catalog, chosen: Selection) -> dict[str, tuple[bool, bool]]:
    table = Dataset.of(catalog).unmapped(chosen, list(catalog.units["code"]))
    ids = catalog.records["id"].to_pylist()
    return {ids[r["row"]]: (r["undated"], r["unplaced"]) for r in table.to_pylist()}


def test_what_has_no_mark_or_no_date_is_in_the_tray(catalog: Catalog) -> None:
    marked = drawn(catalog)
    records = catalog.records.to_pylist()
    expected = {
        record["id"]: (not record["date_edtf"], row not in marked)
        for row, record in enumerate(records)
        if not record["date_edtf"] or row not in marked
    }
    assert in_tray(catalog, Selection()) == expected
    assert "undated-kachin-fighting" in expected


def test_the_tray_follows_the_selection(package: Package) -> None:
    base = {"actors": "", "figures": "", "participants": "", "kind": "incident"}
    base |= {"category": "other", "scope": "border", "sources": "scmp-2023-12-mekong"}
    package.add(
        "records",
        {**base, "id": "1971-nowhere", "date_edtf": "1971", "places": ""},
        {**base, "id": "1971-country", "date_edtf": "1971", "places": "location:myanmar"},
        {**base, "id": "1971-muse", "date_edtf": "1971", "places": "location:muse;subject:myanmar"},
        {**base, "id": "undated-muse", "date_edtf": "", "places": "location:muse"},
        {**base, "id": "undated-nowhere", "date_edtf": "", "places": ""},
    )
    catalog = package.load()
    ours = {"1971-nowhere", "1971-country", "1971-muse", "undated-muse", "undated-nowhere"}
    found = in_tray(catalog, Selection(kinds=("incident",)))
    assert {name: why for name, why in found.items() if name in ours} == {
        "1971-nowhere": (False, True),
        "1971-country": (False, True),
        "undated-muse": (True, False),
        "undated-nowhere": (True, True),
    }
    assert not ours & set(in_tray(catalog, Selection(kinds=("meeting",))))


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([], "No place is given."),
        (
            [{"name": "Mekong River", "geo_precision": "none"}],
            "Cannot be drawn: Mekong River (not placed).",
        ),
        (
            [{"name": "China", "geo_precision": "country"}] * 2,
            "Cannot be drawn: China (country or wider area).",
        ),
    ],
)
def test_why_a_record_is_not_on_the_map(places: list[dict[str, Any]], words: str) -> None:
    assert why_unplaced({"places": places}) == words


def test_why_a_record_is_undated() -> None:
    assert why_undated({"date_note": "No day is given."}) == "Undated: No day is given."
    assert why_undated({"date_note": None}) == "Undated."
