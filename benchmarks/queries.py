"""Counts by month and region of imported events, for filters by date, region and category.

``python -m benchmarks.queries ENGINE DATA NAME`` asks one engine for all filters and prints
its answers and times as JSON: ``store`` is this project's, ``pandas`` holds the columns in
memory, ``duckdb`` reads the same Parquet files without this project.
"""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks import measure

REGIONS = [f"MM-{number:02d}" for number in (*range(1, 8), *range(11, 18))]
CATEGORIES = [
    "armed_clash", "airstrike_shelling", "explosive_device", "violence_against_civilians",
    "protest", "arrest", "riot", "territorial_change",
]  # fmt: skip
FIRST, LAST = date(2010, 1, 1), date(2026, 6, 30)

Answer = list[tuple[str, str, int]]
"""Month (its first day, ISO), region and number of events, in this order."""


@dataclass(frozen=True)
class Filter:
    """Days, both inclusive, regions and categories; what is empty does not restrict."""

    shape: str
    days: tuple[date, date] | None = None
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def filters(each: int, seed: int = 1) -> list[Filter]:
    """Return filters of several shapes, so many of each and of the one without limits."""
    drawn = random.Random(seed)

    def days(length: int) -> tuple[date, date]:
        start = FIRST + timedelta(drawn.randrange((LAST - FIRST).days - length))
        return start, start + timedelta(length)

    def some(values: list[str], count: int) -> tuple[str, ...]:
        return tuple(sorted(drawn.sample(values, count)))

    made: list[Filter] = []
    for _ in range(each):
        made += [
            Filter(
                "a month, a region, a category", days(30), some(REGIONS, 1), some(CATEGORIES, 1)
            ),
            Filter("a month", days(30)),
            Filter("a region", regions=some(REGIONS, 1)),
            Filter("a category", categories=some(CATEGORIES, 1)),
            Filter(
                "five years, five regions, four categories",
                days(5 * 365),
                some(REGIONS, 5),
                some(CATEGORIES, 4),
            ),
            Filter("ten years, all regions but one", days(3650), some(REGIONS, len(REGIONS) - 1)),
            Filter("everything"),
        ]
    return made


def _parts(data: Path, name: str) -> list[str]:
    from bordermap.store import Store

    return [str(part) for part in Store(data).get(name).parts]


def store(data: Path, name: str) -> Callable[[Filter], Answer]:
    """Return what answers filters as the dashboard does."""
    from bordermap import catalog
    from bordermap.queries import Dataset
    from bordermap.selection import Selection
    from bordermap.store import Store

    dataset = Dataset.of(catalog.load(), [Store(data).get(name)], curated=False)

    def answer(asked: Filter) -> Answer:
        first, last = asked.days or (None, None)
        selection = Selection(
            date_from=first, date_to=last, regions=asked.regions, categories=asked.categories
        )
        found = dataset.over_time("region_codes", "month", selection)
        months, regions, counts = (found[column].to_pylist() for column in found.column_names)
        return [
            (str(month), region, count)
            for month, region, count in zip(months, regions, counts, strict=True)
            if region is not None
        ]

    return answer


def pandas(data: Path, name: str) -> Callable[[Filter], Answer]:
    """Return what answers filters from columns in memory, with categories and months ready."""
    import pandas as pd

    columns = ["date_start", "date_end", "region_code", "category"]
    events = pd.concat([pd.read_parquet(part, columns=columns) for part in _parts(data, name)])
    events = events.reset_index(drop=True)
    for column in ("date_start", "date_end"):
        events[column] = pd.to_datetime(events[column])
    for column in ("region_code", "category"):
        events[column] = events[column].astype("category")
    events["month"] = events["date_start"].dt.to_period("M").dt.to_timestamp()

    def answer(asked: Filter) -> Answer:
        chosen = events["date_start"].notna()
        if asked.days:
            first, last = map(pd.Timestamp, asked.days)
            chosen &= (events["date_end"] >= first) & (events["date_start"] <= last)
        if asked.regions:
            chosen &= events["region_code"].isin(asked.regions)
        if asked.categories:
            chosen &= events["category"].isin(asked.categories)
        counted = events[chosen].groupby(["month", "region_code"], observed=True).size()
        return [
            (str(month.date()), str(region), int(count))
            for month, region, count in counted.sort_index().reset_index().itertuples(index=False)
        ]

    return answer


def duckdb(data: Path, name: str) -> Callable[[Filter], Answer]:
    """Return what answers filters with plain SQL over the files of the store."""
    import duckdb as database

    connection = database.connect()
    files = _parts(data, name)

    def answer(asked: Filter) -> Answer:
        wanted = ["date_start is not null", "region_code is not null"]
        values: list[object] = [files]
        if asked.days:
            wanted += ["date_end >= ?", "date_start <= ?"]
            values += asked.days
        for column, allowed in (("region_code", asked.regions), ("category", asked.categories)):
            if allowed:
                wanted.append(f"{column} in ({', '.join('?' * len(allowed))})")
                values += allowed
        found = connection.execute(
            "select date_trunc('month', date_start)::date, region_code, count(*)"
            f" from read_parquet(?) where {' and '.join(wanted)} group by all order by all",
            values,
        ).fetchall()
        return [(str(month), region, count) for month, region, count in found]

    return answer


ENGINES = {"store": store, "pandas": pandas, "duckdb": duckdb}


def times(engine: str, data: Path, name: str, each: int) -> dict[str, Any]:
    """Ask an engine for all filters.

    Returns
    -------
    dict
        ``opened``, seconds until it could answer; ``shapes``, seconds of every answer by shape;
        ``digest`` of the answers.
    """
    started = time.perf_counter()
    answer = ENGINES[engine](data, name)
    answer(Filter("everything"))
    opened = time.perf_counter() - started
    digest = hashlib.sha256()
    shapes: dict[str, list[float]] = {}
    for asked in filters(each):
        started = time.perf_counter()
        found = answer(asked)
        shapes.setdefault(asked.shape, []).append(time.perf_counter() - started)
        digest.update(json.dumps(found).encode())
    return {"opened": opened, "shapes": shapes, "digest": digest.hexdigest()}


def rows(data: Path, name: str, size: int, *, each: int, limit: float) -> Iterator[measure.Row]:
    """Measure all engines on a stored dataset.

    Parameters
    ----------
    data : Path
        The data directory.
    name : str
        Of the dataset.
    size : int
        How many events it holds.
    each : int
        How many filters of each shape.
    limit : float
        Seconds that an engine may take for all of them.

    Raises
    ------
    RuntimeError
        If an engine fails, or answers differently.
    """
    runs = {
        engine: measure.run(
            measure.module("benchmarks.queries", engine, data, name, each), limit=limit
        )
        for engine in ENGINES
    }
    for engine, done in runs.items():
        if done.failure:
            raise RuntimeError(f"queries, {engine}: {done.failure}")
    found = {engine: json.loads(done.output) for engine, done in runs.items()}
    if len({each_found["digest"] for each_found in found.values()}) > 1:
        raise RuntimeError(f"queries: {', '.join(ENGINES)} do not give the same answers")
    ours = found["store"]
    for peer in ("pandas", "duckdb"):
        for shape, seconds in ours["shapes"].items():
            against = found[peer]["shapes"][shape]
            middle, other = statistics.median(seconds), statistics.median(against)
            yield {
                "what": f"query: {shape}",
                "rows": size,
                "ours_s": middle,
                "peer": peer,
                "peer_s": other,
                "ratio": other / middle,
                "ours_mb": runs["store"].megabytes,
                "peer_mb": runs[peer].megabytes,
                "memory_ratio": runs["store"].megabytes / runs[peer].megabytes,
                "note": f"95th percentile {_high(seconds):.3f} s, {peer} {_high(against):.3f} s",
            }
        yield {
            "what": "query: until the first answer",
            "rows": size,
            "ours_s": ours["opened"],
            "peer": peer,
            "peer_s": found[peer]["opened"],
            "ratio": found[peer]["opened"] / ours["opened"],
        }


def _high(seconds: list[float]) -> float:
    if len(seconds) < 2:
        return max(seconds)
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    asked_engine, folder, dataset_name, count = sys.argv[1:]
    print(json.dumps(times(asked_engine, Path(folder), dataset_name, int(count))))
