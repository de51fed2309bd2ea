"""Record drafts joined to their places, and those to region, gate and border."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from geopandas import GeoDataFrame

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.layers import units
from bordermap.catalog.rows import Draft
from bordermap.labels import Labeller
from bordermap.model import record as model
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import POINT_PRECISIONS, GeoPrecision, Role

CURATED = "curated"
"""Name of the dataset that the package itself holds."""

_PRECISION_ORDER = {str(precision): rank for rank, precision in enumerate(GeoPrecision)}


def labeller(gates: Mapping[str, model.Gate], layers: Mapping[str, GeoDataFrame]) -> Labeller:
    """Return what labels points with units, gates and the border of a data package."""
    placed = [gate for gate in gates.values() if gate.longitude is not None]
    border = layers.get("border")
    return Labeller(
        units(layers),
        [gate.id for gate in placed],
        np.array([gate.longitude for gate in placed], dtype=float),
        np.array([gate.latitude for gate in placed], dtype=float),
        None if border is None or border.empty else border.geometry.iloc[0],
    )


def assemble(
    drafts: Sequence[Draft],
    gazetteer: Gazetteer,
    gates: Mapping[str, model.Gate],
    layers: Mapping[str, GeoDataFrame],
) -> pa.Table:
    """Join drafts to their places and label the places by region, gate and border."""
    located = _label_places(gazetteer, gates, layers)
    rows = [_row(draft, located) for draft in drafts]
    rows.sort(key=lambda row: (row["date_start"] is None, str(row["date_start"]), row["id"]))
    return pa.Table.from_pylist(rows, schema=model.RECORD_SCHEMA)


def _label_places(
    gazetteer: Gazetteer, gates: Mapping[str, model.Gate], layers: Mapping[str, GeoDataFrame]
) -> dict[str, dict[str, Any]]:
    places = list(gazetteer.places.values())
    near_enough = [place.geo_precision in POINT_PRECISIONS for place in places]
    x = np.array([np.nan if p.longitude is None else p.longitude for p in places], dtype=float)
    y = np.array([np.nan if p.latitude is None else p.latitude for p in places], dtype=float)
    measured_x = np.where(near_enough, x, np.nan)
    measured_y = np.where(near_enough, y, np.nan)
    labels = labeller(gates, layers)
    region = labels.regions(measured_x, measured_y)
    gate, gate_km = labels.gates(measured_x, measured_y)
    border_km = labels.border_km(measured_x, measured_y)
    return {
        place.id: {
            "place_id": place.id,
            "name": place.name,
            "longitude": place.longitude,
            "latitude": place.latitude,
            "geo_precision": place.geo_precision,
            "region_code": place.region or _named(labels.codes, region[index]),
            "gate_id": _named(labels.gate_ids, gate[index]),
            "gate_km": _rounded(gate_km[index]),
            "border_km": _rounded(border_km[index]),
        }
        for index, place in enumerate(places)
    }


def _named(names: Sequence[str], index: int) -> str | None:
    return None if index < 0 else names[index]


def _rounded(kilometres: float) -> float | None:
    return None if np.isnan(kilometres) else round(float(kilometres), 1)


def _row(draft: Draft, located: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    when = PartialDate.parse(draft.date_edtf)
    places = [{**located[place], "role": role} for role, place in draft.roles]
    best = min(places, key=_rank, default=None)
    by_gate = [place for place in places if place["gate_km"] is not None]
    at_gate = min(by_gate, key=lambda place: float(place["gate_km"]), default=None)
    border = [place["border_km"] for place in places if place["border_km"] is not None]
    return {
        **{
            field: getattr(draft, field)
            for field in model.RECORD_SCHEMA.names
            if hasattr(draft, field)
        },
        "dataset": CURATED,
        "date_start": when.start,
        "date_end": when.end,
        "date_precision": when.precision,
        "places": places,
        "longitude": best["longitude"] if best else None,
        "latitude": best["latitude"] if best else None,
        "geo_precision": best["geo_precision"] if best else GeoPrecision.NONE,
        "region_codes": sorted({place["region_code"] for place in places if place["region_code"]}),
        "gate_id": at_gate["gate_id"] if at_gate else None,
        "gate_km": at_gate["gate_km"] if at_gate else None,
        "border_km": min(border, default=None),
    }


def _rank(place: dict[str, Any]) -> tuple[bool, int]:
    """Order places by how well they stand for a record: where it was before what it concerns."""
    return place["role"] == Role.SUBJECT, _PRECISION_ORDER[place["geo_precision"]]
