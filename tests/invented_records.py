"""Places and records of the record model, made up."""

from __future__ import annotations

from datetime import date


def a_place(name, longitude, latitude, precision="exact", role="location", region="MM-11"):
    return {
        "place_id": name.lower(),
        "name": name,
        "role": role,
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": precision,
        "region_code": region,
        "gate_id": None,
        "gate_km": None,
        "border_km": None,
    }


def a_record(identifier, places, **fields):
    record = {
        "id": identifier,
        "dataset": "test",
        "kind": "incident",
        "category": "armed_clash",
        "title": "A clash",
        "summary": "",
        "date_start": date(2024, 4, 1),
        "date_end": date(2024, 4, 1),
        "date_edtf": "2024-04-01",
        "date_precision": "day",
        "date_note": "",
        "places": places,
        "geo_precision": "exact",
        "region_codes": ["MM-11"],
        "actors": [],
        "participants": [],
        "topics": [],
        "figures": {},
        "scope": "border",
        "sources": [],
        "confidence": "high",
        "notes": "",
    }
    return record | fields
