"""Events and issues of one piece of a file on disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bordermap.engine import spill as spills
from bordermap.engine.spill import Spill
from bordermap.model.event import ISSUE_SCHEMA

NO_ISSUES = ISSUE_SCHEMA.empty_table()


def events(*days: date | None) -> pa.Table:
    original = pa.array([{"a": str(day)} for day in days], pa.struct([("a", pa.string())]))
    return pa.table(
        {
            "id": [str(number) for number in range(len(days))],
            "date_start": pa.array(days, pa.date32()),
            "original": original,
        }
    )


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_events_are_sorted_into_years_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spills, "_HELD_BYTES", 1)
    with Spill(tmp_path, "000003") as spill:
        spill.add(events(date(2021, 1, 1), None, date(2020, 12, 31), date(2021, 5, 1)), NO_ISSUES)
        spill.add(events(date(2020, 1, 1)), NO_ISSUES)
        assert not list(tmp_path.glob("*/*.parquet"))
    assert files(tmp_path) == [
        "2020/000003.parquet",
        "2021/000003.parquet",
        "undated/000003.parquet",
    ]
    found = pq.read_table(tmp_path / "2020" / "000003.parquet", partitioning=None)
    assert found["id"].to_pylist() == ["2", "0"]
    assert found["original"].to_pylist() == [{"a": "2020-12-31"}, {"a": "2020-01-01"}]
    assert pq.read_table(tmp_path / "2021" / "000003.parquet", partitioning=None)[
        "id"
    ].to_pylist() == ["0", "3"]


def test_a_block_that_fails_leaves_no_file(tmp_path: Path) -> None:
    issue = {"file": "f", "line": 1, "action": "rejected", "field": "", "value": "", "reason": "r"}
    issues = pa.Table.from_pylist([issue], schema=ISSUE_SCHEMA)
    with pytest.raises(ZeroDivisionError), Spill(tmp_path, "0") as spill:
        spill.add(events(date(2021, 1, 1)), issues)
        raise ZeroDivisionError
    assert files(tmp_path) == []


def test_two_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    table = events(date(2021, 1, 1))
    with Spill(tmp_path, "0") as first, Spill(tmp_path, "0") as second:
        first.add(table, NO_ISSUES)
        second.add(table, NO_ISSUES)
    assert files(tmp_path) == ["2021/0.parquet"]
    assert pq.read_table(tmp_path / "2021" / "0.parquet", partitioning=None).equals(table)


def test_nothing_is_no_file(tmp_path: Path) -> None:
    with Spill(tmp_path, "0") as spill:
        spill.add(events(), NO_ISSUES)
    assert files(tmp_path) == []
