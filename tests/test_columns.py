"""Counts and lists from columns in memory, and answers that are made once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_files import event, many, stored

from bordermap.catalog import Catalog
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.columns import FIELDS
from bordermap.once import Once
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.store import Store

NAMES = 300
"""Actors, more than fit into a byte."""


@pytest.fixture
def events(tmp_path: Path, catalog: Catalog) -> Dataset:
    some = many(4000)
    for number, one in enumerate(some):
        one["category"] = ("armed_clash", "protest", "other")[number % 3]
        one["actors"] = [f"Actor {n % NAMES}" for n in range(number, number + number % 4)]
    undated = event("undated", 5000, date=None)
    unplaced = event("unplaced", 5001, place=None)
    return Dataset.of(catalog, [stored(Store(tmp_path), "some", [*some, undated, unplaced])])


def queries(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what grows with every query of a dataset."""
    asked: list[str] = []
    query = dataset._query

    def counted(sql: str, *rest: Any, **more: Any) -> Any:
        asked.append(sql)
        return query(sql, *rest, **more)

    monkeypatch.setattr(dataset, "_query", counted)
    return asked


def everything(dataset: Dataset, chosen: Selection, regions: list[str]) -> tuple[Any, ...]:
    """Ask all that the page of the map shows."""
    matching = dataset.matching(chosen)
    whenever = chosen.replace(date_from=None, date_to=None)
    return (
        len(matching),
        matching.rows[:2000].tolist(),
        matching.latest(5),
        {field: matching.counts(field) for field in FIELDS},
        dataset.unmapped(whenever, regions),
    )


def test_neither_another_window_nor_what_the_columns_hold_is_a_query(
    events: Dataset, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = list(catalog.units["code"])
    everything(events, Selection(), regions)
    asked = queries(events, monkeypatch)
    first = everything(events, Selection(near_border_km=500), regions)
    assert len(asked) == 1
    days = {"date_from": date(2011, 1, 1), "date_to": date(2014, 6, 30)}
    held = {"categories": ("protest",), "regions": ("MM-11", "MM-17"), "kinds": ("incident",)}
    second = everything(events, Selection(near_border_km=500, **days), regions)
    third = everything(events, Selection(near_border_km=500, **held), regions)
    everything(events, Selection(**days), regions)
    everything(events, Selection(**held), regions)
    assert len(asked) == 1
    assert 0 < second[0] < first[0]
    assert 0 < third[0] < first[0]


@pytest.mark.parametrize(
    "chosen",
    [
        Selection(categories=("protest",)),
        Selection(categories=("protest", "other", "scam_raid"), kinds=("incident",)),
        Selection(kinds=("meeting",)),
        Selection(regions=("MM-17",)),
        Selection(actors=("Actor 7",)),
        Selection(actors=("Actor 7", "Actor 299", "nobody"), categories=("other",)),
        Selection(actors=("Actor 7",), near_border_km=400),
        Selection(text="nothing says this", regions=("MM-17",)),
    ],
    ids=Selection.to_query,
)
def test_what_the_columns_hold_matches_as_a_query_does(events: Dataset, chosen: Selection) -> None:
    for dataset in (events, Dataset(events.records.slice(100, 1001), Gazetteer({}))):
        asked = dataset.table(["row"], chosen)["row"].to_pylist()
        assert sorted(dataset.matching(chosen).rows.tolist()) == asked


def test_counts_equal_a_query_of_the_records(events: Dataset) -> None:
    chosen = Selection(categories=("protest", "armed_clash"), date_from=date(2014, 1, 1))
    for field in FIELDS:
        sql = events.table([field], chosen)[field].to_pylist()
        values = [one for some in sql for one in (some if isinstance(some, list) else [some])]
        assert events.counts(field, chosen) == {one: values.count(one) for one in set(values)}
    assert len(events.counts("actors", Selection(date_from=date(1900, 1, 1)))) > NAMES


def test_the_latest_are_those_that_start_last(events: Dataset) -> None:
    matching = events.matching(Selection(categories=("other",)))
    rows = matching.rows
    dated = [row for row in rows if events.record(int(row))["date_start"]]
    assert matching.latest(3) == [int(row) for row in dated[:-4:-1]]
    found = events.find("some/undated")
    assert found is not None
    assert found in events.matching(Selection())
    assert found not in events.matching(Selection(date_from=date(1900, 1, 1)))
    assert len(events) not in matching
    assert -1 not in matching


def test_columns_are_small(events: Dataset) -> None:
    assert events.columns.nbytes <= 22 * len(events)


def test_a_mask_is_shared_and_cannot_be_spoiled(events: Dataset) -> None:
    chosen = Selection(categories=("protest",))
    mask = events.mask(chosen)
    assert mask is events.mask(chosen.replace(date_from=date(2012, 1, 1), dataset="some"))
    assert mask.nbytes == -(-len(events) // 8)
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = 0
    rows = np.flatnonzero(np.unpackbits(mask, bitorder="little")).tolist()
    assert rows == sorted(events.rows(chosen).tolist())


def test_taken_records_are_those_of_the_table(events: Dataset) -> None:
    rows = [len(events) - 1, 3, 600, 3, 2000, 599]
    columns = ["title", "date_edtf", "places", "sources"]
    every = events.table([*columns, "row"])
    assert every["row"].to_pylist() == list(range(len(events)))
    assert events.take(rows, columns) == every.take(rows).select(columns)
    for wrong in ([len(events)], [-1], [0, 10**9]):
        with pytest.raises(IndexError):
            events.take(wrong)


def test_callers_at_once_share_one_answer() -> None:
    made: list[str] = []
    all_here = threading.Barrier(8)
    let_go = threading.Event()

    def make(key: str) -> str:
        made.append(key)
        assert let_go.wait(30)
        return key.upper()

    once = Once(make, most=4)

    def ask(_: int) -> str:
        all_here.wait(30)
        let_go.set()
        return once("a")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["A"] * 8
    assert made == ["a"]


def test_the_least_recently_used_answer_is_forgotten() -> None:
    made: list[int] = []
    once = Once(lambda key: made.append(key) or key, most=2)
    for key in (1, 2, 1, 3, 1, 2):
        assert once(key) == key
    assert made == [1, 2, 3, 2]


def test_a_failure_is_no_answer() -> None:
    tries: list[int] = []

    def make(key: int) -> int:
        tries.append(key)
        if len(tries) == 1:
            raise ValueError("not this time")
        return key

    once = Once(make, most=2)
    with pytest.raises(ValueError, match="not this time"):
        once(7)
    assert once(7) == 7
