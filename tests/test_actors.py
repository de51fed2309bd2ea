"""Actors: their names, and what they take part in, against plain counting."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from bordermap.catalog import Catalog
from bordermap.cli import main
from bordermap.queries import Dataset, actors_by_name, known
from bordermap.selection import DEFAULT_VIEW, Selection

if TYPE_CHECKING:
    from conftest import Package

KIA = "Kachin Independence Army (KIA)"
HAN = "克钦独立军"
NEW = "Nine Villages Watch"


def day(record: dict[str, Any]) -> date | None:
    return record["date_start"] or record["date_end"]


def matching(catalog: Catalog, chosen: Selection) -> Iterator[dict[str, Any]]:
    for record in catalog.records.to_pylist():
        if not chosen.scopes or record["scope"] in chosen.scopes:
            yield record


def with_new_actor(package: Package) -> Package:
    """A package in which one actor takes part in four records of our own, one of them context."""
    package.add(
        "actors",
        {"id": "nine", "name": NEW, "name_zh": "九村", "name_my": "", "aliases": "9VW;Nine V."},
    )
    base = {"actors": NEW, "figures": "", "participants": "", "sources": "scmp-2023-12-mekong"}
    muse = {"places": "location:muse", "kind": "incident", "category": "other", "scope": "border"}
    beijing = {**muse, "places": "venue:beijing", "kind": "meeting", "actors": f"{NEW};{KIA}"}
    package.add(
        "records",
        {**base, **muse, "id": "1971-nine", "date_edtf": "1971", "category": "armed_clash"},
        {**base, **muse, "id": "1972-05-nine", "date_edtf": "1972-05~/1972-06~"},
        {**base, **beijing, "id": "1972-01-02-nine", "date_edtf": "1972-01-02"},
        {**base, **muse, "id": "undated-nine", "date_edtf": "", "scope": "context"},
    )
    return package


@pytest.mark.parametrize("chosen", [Selection(), DEFAULT_VIEW, Selection(text="no such text")])
def test_sums_equal_plain_counting(catalog: Catalog, dataset: Dataset, chosen: Selection) -> None:
    records = [] if chosen.text else list(matching(catalog, chosen))
    counted = Counter((name, r["kind"]) for r in records for name in r["actors"])
    names = {name for name, _ in counted}
    rows = dataset.actors(chosen).to_pylist()
    assert {row["actor"] for row in rows} == names
    for row in rows:
        incidents, meetings = (counted[row["actor"], kind] for kind in ("incident", "meeting"))
        days = {r["date_edtf"]: day(r) for r in records if row["actor"] in r["actors"] and day(r)}
        assert (row["incidents"], row["meetings"]) == (incidents, meetings)
        assert row["records"] == incidents + meetings
        assert days.get(row["first"]) == min(days.values(), default=None)
        assert days.get(row["last"]) == max(days.values(), default=None)
    assert rows == sorted(rows, key=lambda row: (-row["records"], row["actor"]))


@pytest.mark.parametrize("field", ["actors", "category"])
@pytest.mark.parametrize(("unit", "months"), [("month", 1), ("quarter", 3), ("year", 12)])
def test_counts_over_time_equal_plain_counting(
    catalog: Catalog, dataset: Dataset, field: str, unit: str, months: int
) -> None:
    counted: Counter[tuple[date, str]] = Counter()
    for record in matching(catalog, DEFAULT_VIEW):
        if start := day(record):
            period = date(start.year, (start.month - 1) // months * months + 1, 1)
            values = record[field] if isinstance(record[field], list) else [record[field]]
            counted.update((period, value) for value in values)
    rows = dataset.over_time(field, unit, DEFAULT_VIEW).to_pylist()
    assert {(row["period"], row["value"]): row["records"] for row in rows} == counted
    assert len(rows) == len(counted)


def test_one_actor_of_known_records(package: Package) -> None:
    catalog = with_new_actor(package).load()
    dataset = Dataset.of(catalog)
    (row,) = (row for row in dataset.actors(Selection()).to_pylist() if row["actor"] == NEW)
    assert row == {
        **{"actor": NEW, "records": 4, "incidents": 3, "meetings": 1},
        **{"first": "1971", "last": "1972-05~/1972-06~"},
    }
    (row,) = (row for row in dataset.actors(DEFAULT_VIEW).to_pylist() if row["actor"] == NEW)
    assert (row["records"], row["incidents"]) == (3, 2)
    quarters = dataset.over_time("category", "quarter", Selection(actors=(NEW,))).to_pylist()
    assert [(row["period"].isoformat(), row["value"], row["records"]) for row in quarters] == [
        ("1971-01-01", "armed_clash", 1),
        ("1972-01-01", "other", 1),
        ("1972-04-01", "other", 1),
    ]
    assert dataset.counts("actors", Selection(actors=(NEW,))) == {NEW: 4, KIA: 1}


def test_an_actor_by_any_of_its_names(package: Package) -> None:
    package.edit("actors", "kia", name_zh=HAN)
    catalog = package.load()
    dataset = Dataset.of(catalog)
    for name in ("KIA", "kia", "Kachin Independence Organization", "KIO/KIA", KIA, HAN, "k.i.a"):
        chosen = known(dataset, catalog, Selection(actors=(name, KIA)))
        assert chosen == (Selection(actors=(KIA,)), []), name


def test_an_actor_without_records_is_known(package: Package) -> None:
    package.add("actors", {"id": "nine", "name": NEW, "name_zh": "", "aliases": "9VW"})
    catalog = package.load()
    chosen, unknown = known(Dataset.of(catalog), catalog, Selection(actors=("9vw",)))
    assert (chosen.actors, unknown) == ((NEW,), [])


def test_an_unknown_actor_is_named_with_what_is_near(catalog: Catalog, dataset: Dataset) -> None:
    chosen, unknown = known(dataset, catalog, Selection(actors=("Kachin Independence Arm",)))
    assert chosen == Selection()
    assert unknown == [
        f"actor: nothing is known of 'Kachin Independence Arm'; did you mean {KIA!r}?"
    ]


def test_every_name_of_every_actor_leads_to_it(catalog: Catalog) -> None:
    by_name = actors_by_name(catalog)
    assert set(by_name.values()) == set(catalog.actors.values())
    assert by_name["kachinindependencearmykia"].name == by_name["kia"].name == KIA


def test_the_command_line_takes_a_short_name() -> None:
    printed = [
        {
            json.loads(line)["id"]
            for line in CliRunner()
            .invoke(main, ["records", "--format", "jsonl", "--actor", name])
            .stdout.splitlines()
        }
        for name in ("KIA", KIA)
    ]
    assert printed[0] == printed[1] != set()
