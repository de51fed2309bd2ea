"""Records that nobody has lived through, for pictures that must not change with the data."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import pyarrow as pa
from invented_records import a_place, a_record

from bordermap.catalog import Catalog
from bordermap.model.record import RECORD_SCHEMA
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot.making import Material
from bordermap.snapshot.spec import Spec

MADE_ON = date(2026, 5, 1)
PLACES = {
    "Laiza": (97.5633, 24.76, "exact", "MM-11"),
    "Muse": (97.9047, 23.9917, "exact", "MM-17"),
    "Laukkai": (98.7667, 23.6956, "near", "MM-17"),
    "Lashio": (97.7498, 22.9359, "exact", "MM-17"),
    "Mong La": (100.0336, 21.6722, "near", "MM-17"),
    "Tengchong": (98.4919, 25.0248, "exact", "CN-YN"),
    "Chipwi Township": (98.3, 25.9, "district", "MM-11"),
    "Kachin State": (None, None, "state", "MM-11"),
    "Beijing": (116.4, 39.9, "exact", "CN-BJ"),
}
_TOLD = (
    ("incident", "armed_clash"),
    ("incident", "border_closure"),
    ("meeting", "ceasefire_talks"),
    ("incident", "scam_raid"),
    ("meeting", "bilateral_talks"),
)


def dataset(catalog: Catalog) -> Dataset:
    """Return five records at each place, over two and a half years."""
    records = [
        _record(number, name, *told) for number, (name, told) in enumerate(product(PLACES, _TOLD))
    ]
    return Dataset(pa.Table.from_pylist(records, schema=RECORD_SCHEMA), catalog.gazetteer)


def material(catalog: Catalog, selection: Selection | None = None, **asked: Any) -> Material:
    """Return what a sheet of them is made of."""
    spec = Spec(selection=selection or Selection(), made_on=MADE_ON, **asked)
    whole = dataset(catalog)
    return Material(spec, catalog, whole, whole.select(spec.selection))


def _record(number: int, name: str, kind: str, category: str) -> dict[str, Any]:
    longitude, latitude, precision, region = PLACES[name]
    day = date(2023, 7, 1) + timedelta(days=21 * number)
    place = a_place(name, longitude, latitude, precision, region=region)
    return a_record(
        f"r{number}",
        [place | {"place_id": name.lower().replace(" ", "-")}],
        dataset="invented",
        kind=kind,
        category=category,
        title="Something that did not happen",
        date_start=day,
        date_end=day,
        date_edtf=day.isoformat(),
        geo_precision=precision,
        region_codes=[region],
    )
