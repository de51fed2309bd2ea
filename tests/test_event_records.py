"""Imported events as records: one model, and one meaning of a selection."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from test_queries import selections

from bordermap import event_records
from bordermap.catalog import Catalog
from bordermap.details import details
from bordermap.errors import StoreError
from bordermap.model.dates import PartialDate
from bordermap.model.event import EVENT_SCHEMA
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import DatePrecision, GeoPrecision
from bordermap.queries import Dataset, members, with_sources
from bordermap.selection import Selection
from bordermap.store import Store, StoredDataset

EVENTS = 400


def an_event(number: int, **changes: Any) -> dict[str, Any]:
    """A plain event: one day, an exact place with labels."""
    event = {
        "id": f"E{number}",
        "file": "acled.csv",
        "line": number + 2,
        "kind": "incident",
        "category": "armed_clash",
        "title": f"Armed clash, Muse {number}",
        "summary": "Fighting at the telecom station.",
        "date_start": date(2024, 4, 1),
        "date_end": date(2024, 4, 1),
        "date_precision": "day",
        "place_name": "Muse",
        "longitude": 97.9,
        "latitude": 23.98,
        "geo_precision": "exact",
        "stated_region": "MM-17",
        "region_text": "Shan-North",
        "actors": ["Kachin Independence Army"],
        "participants": ["Kachin Independence Army (rebel group)"],
        "fatalities_best": 2,
        "fatalities_low": None,
        "fatalities_high": 3,
        "cited": "Irrawaddy",
        "confidence": "medium",
        "region_code": "MM-17",
        "gate_id": "ruili-muse",
        "gate_km": 1.5,
        "border_km": 0.9,
        "geometry": None,
        "bbox": None,
    }
    return event | changes


def some_events(seed: int) -> list[dict[str, Any]]:
    """Events of every precision in the days and places of the chronology."""
    dice = random.Random(seed)
    events = []
    for number in range(EVENTS):
        precision = dice.choice(list(DatePrecision))
        start = date(2021, 12, 1) + timedelta(dice.randrange(1000))
        if precision == "month":
            start = start.replace(day=1)
            end = (start + timedelta(31)).replace(day=1) - timedelta(1)
        else:
            spans = {"day": 0, "range": 9, "approx": dice.choice([0, 20])}
            end = start + timedelta(spans.get(precision, 0))
        dated = precision != "unknown"
        geo = dice.choice(list(GeoPrecision))
        placed = geo != "none"
        measured = geo in ("exact", "near", "district")
        events.append(
            an_event(
                number,
                kind=dice.choice(["incident", "incident", "meeting"]),
                category=dice.choice(["armed_clash", "other", "trade", "joint_patrol"]),
                title=dice.choice(["Clash at Möng Ko", "border talks", "100% _ {where}", "x"]),
                summary=dice.choice([None, "telecom café", "Kachin"]),
                date_start=start if dated else None,
                date_end=end if dated else None,
                date_precision=precision,
                place_name=dice.choice([None, "Somewhere"]),
                longitude=dice.choice([97.9, 98.0, 97.2]) if placed else None,
                latitude=dice.choice([23.98, 24.1, 25.0]) if placed else None,
                geo_precision=geo,
                region_code=dice.choice([None, "MM-17", "MM-11", "CN-YN"]) if placed else None,
                gate_id=dice.choice(["ruili-muse", "lwegel-lameng"]) if measured else None,
                gate_km=dice.choice([0.0, 4.2, 55.0]) if measured else None,
                border_km=dice.choice([0.2, 5.0, 301.0]) if measured else None,
                confidence=dice.choice(["high", "medium", "low"]),
                fatalities_best=dice.choice([None, 0, 12]),
            )
        )
    return events


@pytest.fixture
def store_events(tmp_path: Path) -> Any:
    def store(*events: dict[str, Any], name: str = "acled") -> StoredDataset:
        table = pa.Table.from_pylist(list(events), schema=EVENT_SCHEMA)
        original = pa.array([{"event_id_cnty": event["id"]} for event in events])
        source = {"format": name, "files": [{"name": "acled.csv"}]}
        with Store(tmp_path).build(name) as building:
            folder = building.spill / "2024"
            folder.mkdir(parents=True)
            pq.write_table(table.append_column("original", original), folder / "000000.parquet")
            return building.finish(source=source).commit()

    return store


@pytest.mark.parametrize("seed", [1, 2])
def test_a_selection_means_the_same_for_events_on_disk_and_records_in_memory(
    seed: int, catalog: Catalog, store_events: Any
) -> None:
    stored = Dataset.of(catalog, [store_events(*some_events(seed))], curated=False)
    records = stored.records
    assert records.schema == RECORD_SCHEMA
    by_date = sorted(
        range(len(records)),
        key=lambda row: (
            records["date_start"][row].as_py() is None,
            str(records["date_start"][row]),
            row,
        ),
    )
    memory = Dataset(records, catalog.gazetteer)
    assert stored.rows(Selection()).tolist() == by_date

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(chosen=selections())
    def same(chosen: Selection) -> None:
        wanted = memory.rows(chosen).tolist()
        assert stored.rows(chosen).tolist() == wanted
        assert stored.select(chosen) == memory.select(chosen)
        assert stored.over_time("kind", "month", chosen) == memory.over_time(
            "kind", "month", chosen
        )
        for field in ("category", "region_codes", "actors", "dataset"):
            assert stored.counts(field, chosen) == memory.counts(field, chosen)
        regions = list(catalog.units["code"])
        assert stored.unmapped(chosen, regions) == memory.unmapped(chosen, regions)

    same()


def test_dates_in_words_are_the_dates_in_columns(catalog: Catalog, store_events: Any) -> None:
    dataset = Dataset.of(catalog, [store_events(*some_events(3))], curated=False)
    seen = set()
    for record in dataset.records.to_pylist():
        when = PartialDate.parse(record["date_edtf"])
        assert (when.start, when.end) == (record["date_start"], record["date_end"])
        assert when.precision == record["date_precision"]
        seen.add(when.precision)
    assert seen == set(DatePrecision)


def test_an_event_is_a_record_with_its_place_and_its_sources(
    catalog: Catalog, store_events: Any
) -> None:
    stored = store_events(an_event(0), an_event(1, place_name=None))
    dataset = Dataset.of(catalog, [stored])
    known = with_sources(catalog, [stored])
    row = dataset.find("acled/E0")
    assert row is not None
    assert dataset.key(row) == "acled/E0"
    shown = details(dataset.record(row), known)
    assert shown["places"][0]["where"].startswith("Shan State · 0.9 km from the border")
    assert shown["sources"][0]["name"] == "ACLED"
    assert "Irrawaddy" in shown["notes"]
    assert "Line 2 of acled.csv" in shown["notes"]
    assert {"name": "Fatalities best", "value": "2"} in shown["figures"]
    assert dataset.record(row + 1)["places"][0]["name"] == "Unnamed place"


def test_the_chronology_and_datasets_are_asked_together(
    catalog: Catalog, store_events: Any
) -> None:
    one = store_events(*(an_event(n) for n in range(3)))
    two = store_events(an_event(0), name="ucdp")
    together = Dataset.of(catalog, [one, two])
    curated = len(catalog.records)
    assert len(together) == curated + 4
    assert together.counts("dataset") == {"curated": curated, "acled": 3, "ucdp": 1}
    assert together.find("ucdp/E0") == curated + 3
    assert together.find("other/E0") is None
    assert together.find("acled/nothing") is None
    assert together.find(catalog.records["id"][7].as_py()) == 7
    rows = [curated + 3, 5, curated]
    assert together.take(rows)["dataset"].to_pylist() == ["ucdp", "curated", "acled"]
    assert together.take([])["id"].to_pylist() == []
    days = together.table(["date_start", "row"])
    assert days["row"].to_pylist() == list(range(curated + 4))
    assert together.digest != Dataset.of(catalog, [one]).digest
    assert together.digest == Dataset.of(catalog, [one, two]).digest


@pytest.mark.parametrize("text", ["Loije", "雷基", "lweje", "LWEGEL"])
def test_events_are_found_by_any_name_of_their_place(
    text: str, catalog: Catalog, store_events: Any
) -> None:
    there = an_event(0, title="x", place_name="Lwegel")
    dataset = Dataset.of(catalog, [store_events(there, an_event(1, title="x"))], curated=False)
    assert dataset.select(Selection(text=text))["id"].to_pylist() == ["E0"]
    together = Dataset.of(catalog, [store_events(there, name="other")])
    assert "other" in together.counts("dataset", Selection(text=text))
    assert "curated" in together.counts("dataset", Selection(text=text))


def test_an_id_is_data(catalog: Catalog, store_events: Any) -> None:
    hostile = "x'; drop view imported_0; --/y"
    dataset = Dataset.of(catalog, [store_events(an_event(0, id=hostile))])
    assert dataset.find(f"acled/{hostile}") == len(catalog.records)


def test_days_are_none_without_dates(catalog: Catalog, store_events: Any) -> None:
    undated = an_event(0, date_start=None, date_end=None, date_precision="unknown")
    assert Dataset.of(catalog, [store_events(undated)], curated=False).days is None
    dated = store_events(undated, an_event(1), name="other")
    assert Dataset.of(catalog, [dated], curated=False).days == (date(2024, 4, 1),) * 2


def test_files_that_vanish_give_one_line(catalog: Catalog, store_events: Any) -> None:
    stored = store_events(an_event(0))
    dataset = Dataset.of(catalog, [stored])
    for part in stored.parts:
        part.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        dataset.rows(Selection())


def test_names_of_datasets() -> None:
    assert members("", ["b", "a"]) == ([], True)
    assert members("all", ["b", "a"]) == (["a", "b"], True)
    assert members("b", ["b", "a"]) == (["b"], False)


def test_the_source_names_its_files(store_events: Any) -> None:
    found = event_records.source(store_events(an_event(0), name="mine"))
    assert found.id == "dataset-mine"
    assert found.publisher == "mine"
    assert "acled.csv" in found.note
