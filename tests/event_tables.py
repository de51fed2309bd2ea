"""Small tables of events for the tests of importers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping as Map
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from bordermap.importers.formats import recognise
from bordermap.importers.interpret import Interpreted, Names, interpret
from bordermap.importers.mapping import Mapping
from bordermap.importers.reading import Batch, Layout
from bordermap.model.event import INTERPRETED, ISSUE_SCHEMA

TODAY = date(2026, 1, 15)

(ACLED,) = csv.reader(
    [
        "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,"
        "actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,civilian_targeting,"
        "iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,"
        "source_scale,notes,fatalities,tags,timestamp"
    ]
)
"""Columns of a current export."""

ACLED_ROW = {
    "event_id_cnty": "MMR90001",
    "event_date": "2023-11-02",
    "year": "2023",
    "time_precision": "1",
    "disorder_type": "Political violence",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": "Military Forces of Myanmar (2021-)",
    "assoc_actor_1": "",
    "inter1": "State forces",
    "actor2": "KIO/KIA: Kachin Independence Organization/Kachin Independence Army",
    "assoc_actor_2": "PDF: People's Defense Force; Local Militia (Invented)",
    "inter2": "Rebel group",
    "iso": "104",
    "region": "Southeast Asia",
    "country": "Myanmar",
    "admin1": "Kachin",
    "admin2": "Bhamo",
    "admin3": "Momauk",
    "location": "Momauk",
    "latitude": "24.25",
    "longitude": "97.35",
    "geo_precision": "1",
    "source": "Invented Daily",
    "notes": "An invented clash near an invented hill.",
    "fatalities": "3",
}
"""An invented event in the form of a current export."""


def acled(**cells: str) -> dict[str, str]:
    return dict.fromkeys(ACLED, "") | ACLED_ROW | cells


def batch(rows: Sequence[Map[str, str | None]], columns: Sequence[str] | None = None) -> Batch:
    """Return rows as a reader would: text, null where a cell is empty, the header on line 1."""
    names = list(columns if columns is not None else dict.fromkeys(k for row in rows for k in row))
    cells = {n: pa.array([row.get(n) or None for row in rows], pa.string()) for n in names}
    lines = np.arange(2, len(rows) + 2, dtype=np.int64)
    return Batch(pa.table(cells), lines, ISSUE_SCHEMA.empty_table(), 0, 0)


def from_csv(text: str, delimiter: str = ",") -> Batch:
    return batch(list(csv.DictReader(io.StringIO(text), delimiter=delimiter)))


def layout(sample: Batch, **changes: Any) -> Layout:
    return Layout("text", tuple(sample.columns.column_names), "utf-8", ",", **changes)


def mapping_of(sample: Batch) -> Mapping:
    """Return the mapping that is recognised; there must be no question."""
    _, mapping, questions = recognise(layout(sample), sample)
    assert questions == []
    return mapping


def read(
    sample: Batch, mapping: Mapping | None = None, names: Map[str, str] | None = None
) -> Interpreted:
    """Interpret a batch and check what holds for every batch."""
    mapping = mapping or mapping_of(sample)
    found = interpret(sample, mapping, "some/events.csv", Names(names or {}), TODAY)
    check(sample, found)
    return found


def check(sample: Batch, found: Interpreted) -> None:
    """Check that no row is lost and that the tables are of their schemas."""
    rejected = set(rejections(found))
    assert len(found.events) + len(rejected) == len(sample.columns)
    assert found.events.drop(["original"]).schema.equals(INTERPRETED)
    assert found.issues.schema.equals(ISSUE_SCHEMA)
    found.events.validate(full=True)
    found.issues.validate(full=True)
    for field in INTERPRETED:
        assert field.nullable or not found.events[field.name].null_count, field.name
    kept = [int(line) for line in sample.lines if line not in rejected]
    assert found.events["line"].to_pylist() == kept
    by_line = dict(zip(sample.lines.tolist(), sample.columns.to_pylist(), strict=True))
    assert found.events["original"].to_pylist() == [by_line[line] for line in kept]
    lines = found.issues["line"].to_pylist()
    assert lines == sorted(lines)
    repaired = {i["line"] for i in found.issues.to_pylist() if i["action"] == "repaired"}
    assert not repaired & rejected


def rejections(found: Interpreted) -> list[int]:
    return [i["line"] for i in found.issues.to_pylist() if i["action"] == "rejected"]


def one(found: Interpreted) -> dict[str, Any]:
    """Return the only event."""
    (event,) = found.events.to_pylist()
    return dict(event)


def issue(found: Interpreted) -> tuple[str, str, str, str]:
    """Return action, field, value and reason of the only issue."""
    (only,) = found.issues.to_pylist()
    return only["action"], only["field"], only["value"], only["reason"]
