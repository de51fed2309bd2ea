"""Invented events, spilled as an import does."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from bordermap.model.event import EVENT_SCHEMA, ISSUE_SCHEMA
from bordermap.model.vocabulary import POINT_PRECISIONS
from bordermap.store import Building, Staged, Store, StoredDataset

Event = dict[str, Any]


def event(
    name: str,
    line: int,
    date: str | None = "2021-03-04",
    place: tuple[float, float] | None = (97.1234, 22.4321),
    geo_precision: str = "exact",
    original: Mapping[str, str | None] | None = None,
    **fields: Any,
) -> Event:
    """Return an event with its labels as an import makes it."""
    day = datetime.date.fromisoformat(date) if date else None
    pinned = place is not None and geo_precision in POINT_PRECISIONS
    longitude, latitude = place or (None, None)
    return {
        "id": name,
        "file": "events.csv",
        "line": line,
        "kind": "incident",
        "category": "armed_clash",
        "title": f"Clash {name}",
        "date_start": day,
        "date_end": day,
        "date_precision": "day" if day else "unknown",
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": geo_precision if place else "none",
        "actors": ["Tatmadaw"],
        "participants": ["Tatmadaw (state forces)"],
        "confidence": "medium",
        "region_code": "MM-17" if place else None,
        "gate_id": "muse" if pinned else None,
        "gate_km": 12.5 if pinned else None,
        "border_km": 11.0 if pinned else None,
        "geometry": shapely.to_wkb(shapely.Point(place)) if pinned else None,
        "bbox": dict(zip(("xmin", "ymin", "xmax", "ymax"), place * 2, strict=True))
        if pinned
        else None,
        "original": {"event_id": name} if original is None else dict(original),
        **fields,
    }


def spill(building: Building, chunk: int, events: Sequence[Event]) -> None:
    """Write events to the files of their years."""
    names = list(dict.fromkeys(name for found in events for name in found["original"]))
    struct = pa.struct([pa.field(name, pa.string()) for name in names])
    schema = pa.schema([*EVENT_SCHEMA, pa.field("original", struct)])
    years: dict[str, list[Event]] = {}
    for found in events:
        day = found["date_start"]
        years.setdefault(str(day.year) if day else "undated", []).append(found)
    for year, some in years.items():
        folder = building.spill / year
        folder.mkdir(exist_ok=True)
        table = pa.Table.from_pylist(some, schema=schema)
        pq.write_table(table, folder / f"{chunk:06d}.parquet")


def spill_issues(building: Building, chunk: int, issues: Sequence[Mapping[str, Any]]) -> None:
    """Write what was found wrong."""
    table = pa.Table.from_pylist(list(issues), schema=ISSUE_SCHEMA)
    pq.write_table(table, building.spill / "issues" / f"{chunk:06d}.parquet")


def staged(store: Store, name: str, *chunks: Sequence[Event], **options: Any) -> Staged:
    """Import chunks of events up to the question whether they shall be kept."""
    with store.build(name) as building:
        for number, events in enumerate(chunks):
            spill(building, number, events)
        return building.finish(**options)


def stored(store: Store, name: str, *chunks: Sequence[Event], **options: Any) -> StoredDataset:
    """Import chunks of events."""
    return staged(store, name, *chunks, **options).commit()


def many(count: int, prefix: str = "e", text: Callable[[int], str] = str) -> list[Event]:
    """Return events over some years and places."""
    return [
        event(
            f"{prefix}{number}",
            number + 2,
            f"{2010 + number % 9}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            (95 + number % 97 / 20 + 0.01, 18 + number % 89 / 15 + 0.01),
            original={"event_id": str(number), "notes": text(number)},
            fatalities_best=number % 4 or None,
        )
        for number in range(count)
    ]


def entries(folder: Path) -> set[str]:
    """Return the names of everything below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
