"""From spilled events to the files of a dataset."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bordermap.model.event import EVENT_SCHEMA, ISSUE_SCHEMA
from bordermap.store import datasets, disk, shuffle
from bordermap.store.buckets import PRECISE, Bucket, Layout, rows_of, write_bucket
from bordermap.store.database import database
from bordermap.store.datasets import StoredDataset
from bordermap.store.parts import PART_ROWS, Part
from bordermap.store.sql import listed, quoted

Run = Callable[[Callable[[Bucket], list[Part]], Sequence[Bucket]], Iterable[list[Part]]]
"""Applies a function to tasks and yields the results, in any order."""

SHARED_BY = 10
"""Number of events from which on a coordinate in half degrees is not a place."""

_BUCKET_ROWS = 50_000
_ISSUE_COLUMNS = ", ".join(ISSUE_SCHEMA.names)
_SUMMARY_SCHEMA = pa.schema(
    [
        pa.field("day", pa.date32()),
        pa.field("region_code", pa.string()),
        pa.field("category", pa.string(), nullable=False),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("fatalities_best", pa.int64()),
    ]
)


def finish(
    name: str,
    layout: Layout,
    previous: StoredDataset | None,
    run: Run,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Make the files of a dataset.

    Returns
    -------
    dict
        What the manifest says of them.

    Raises
    ------
    OSError, duckdb.Error, pyarrow.ArrowException, StoreError
        If something cannot be read or written.
    """
    layout.data.mkdir()
    layout.scratch.mkdir()
    spilled = sorted(
        (path for path in layout.spill.glob("*/*.parquet") if path.parent != layout.issues),
        key=lambda path: (path.name, path.parent.name),
    )
    original = shuffle.together([*spilled, *(previous.parts if previous else ())])
    template = pa.schema([*EVENT_SCHEMA, pa.field("original", original)])
    pq.write_table(template.empty_table(), layout.template)
    with database(layout.scratch) as connection:
        connection.execute(
            f"create view new as from {rows_of([layout.template, *spilled])};"
            " create view old as from "
            + rows_of([layout.template, *(previous.parts if previous else ())])
        )
        progress(0.05)
        _leave_out(connection, layout)
        progress(0.1)
        _find_shared(connection, layout)
        buckets = list(_buckets(connection, name, layout))
        progress(0.15)
        _write_issues(connection, layout, previous)
    progress(0.2)
    rows = sum(bucket.rows for bucket in buckets)
    parts: list[Part] = []
    for written in run(write_bucket, buckets):
        parts += written
        progress(0.2 + 0.75 * sum(part.rows for part in parts) / max(rows, 1))
    parts.sort(key=lambda part: (len(part.name), part.name))
    _merge_summaries(layout, buckets)
    disk.sync(layout.data)
    progress(1.0)
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": rows,
        "digest": hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest(),
        "parts": [asdict(part) for part in parts],
        "original": [field.name for field in original],
    }


def _leave_out(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Find the new events whose id came before, and the old ones whose id comes again."""
    connection.execute(
        f"""
        create temp table repeated as select id from new group by id having count(*) > 1;
        create temp table copies as
            select id, year, path, position, file, line, parse_filename(path, true) as chunk
            from new semi join repeated using (id);
        create temp table duplicates as
            select c.*, f.first.file as earlier_file, f.first.line as earlier_line
            from copies as c join (
                select id, min(struct_pack(chunk, line, position, path, file)) as first
                from copies group by id
            ) as f using (id)
            where (c.path, c.position) <> (f.first.path, f.first.position);
        drop table copies;
        drop table repeated;
        copy (
            select year, path, position from duplicates
            union all
            select year, path, position from old semi join new using (id)
        ) to {quoted(layout.left_out)} (format parquet);
        create view kept as
            from (from new union all from old)
            anti join read_parquet({quoted(layout.left_out)}) using (path, position);
        """
    )


def _find_shared(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    connection.execute(
        "copy (select longitude, latitude, count(*) as events from kept"
        " where longitude * 2 = round(longitude * 2) and latitude * 2 = round(latitude * 2)"
        f" group by all having count(*) >= {SHARED_BY})"
        f" to {quoted(layout.shared)} (format parquet)"
    )


def _buckets(connection: duckdb.DuckDBPyConnection, name: str, layout: Layout) -> Iterator[Bucket]:
    """Yield the years in order, small ones together; at least one bucket."""
    files: dict[int | None, list[str]] = {}
    rows: dict[int | None, int] = {}
    for year, path, count in connection.execute(
        "select year, path, count(*) from kept group by all order by year nulls last, path"
    ).fetchall():
        files.setdefault(year, []).append(path)
        rows[year] = rows.get(year, 0) + count
    total = sum(rows.values())
    share = total / max(1, math.ceil(total / _BUCKET_ROWS))
    groups: dict[int, list[int | None]] = {} if rows else {0: []}
    before = 0
    for year, count in rows.items():
        groups.setdefault(int((before + count / 2) / share), []).append(year)
        before += count
    first_part = first_row = 0
    for years in groups.values():
        count = sum(rows[year] for year in years)
        paths = dict.fromkeys(path for year in years for path in files[year])
        yield Bucket(name, layout, tuple(years), tuple(paths), first_part, first_row, count)
        first_part += max(1, -(-count // PART_ROWS))
        first_row += count


def _write_issues(
    connection: duckdb.DuckDBPyConnection, layout: Layout, previous: StoredDataset | None
) -> None:
    """Write all issues, with those of the dataset before on files that are not read again."""
    none = layout.scratch / "no-issues.parquet"
    pq.write_table(ISSUE_SCHEMA.empty_table(), none)
    found = listed([none, *sorted(layout.issues.glob("*.parquet"))])
    connection.execute(
        f"""
        create view issues as
        select {_ISSUE_COLUMNS} from read_parquet({found})
        union all
        select file, line, 'rejected', 'id',
            left(id, 120) || ' (line ' || earlier_line
            || case when earlier_file = file then '' else ' of ' || left(earlier_file, 50) end
            || ')',
            'duplicate of an earlier row'
        from duplicates
        union all
        select k.file, k.line, 'repaired', 'geo_precision',
            k.longitude || ', ' || k.latitude || ' (' || k.geo_precision || ')',
            'round coordinate of {SHARED_BY} or more events: known to the state only'
        from kept as k join read_parquet({quoted(layout.shared)}) using (longitude, latitude)
        where k.geo_precision in {PRECISE}
        """
    )
    if previous:
        connection.execute(
            "create temp table read_again as"
            " select distinct file from (select file from new union all select file from issues)"
        )
    kept = (
        f" union all select {_ISSUE_COLUMNS} from read_parquet({quoted(previous.issues)})"
        " anti join read_again using (file)"
        if previous
        else ""
    )
    batches = connection.sql(
        f"select * from (from issues{kept}) order by all nulls last"
    ).to_arrow_reader()
    _write(batches, ISSUE_SCHEMA, layout.data / datasets.ISSUES)


def _merge_summaries(layout: Layout, buckets: Iterable[Bucket]) -> None:
    counts = pa.concat_tables(
        pq.read_table(layout.summary(bucket)).cast(_SUMMARY_SCHEMA) for bucket in buckets
    )
    keys = _SUMMARY_SCHEMA.names[:3]
    sums = _SUMMARY_SCHEMA.names[3:]
    merged = counts.group_by(keys).aggregate([(name, "sum") for name in sums])
    ordered = merged.sort_by([(key, "ascending") for key in keys])
    summary = ordered.rename_columns(_SUMMARY_SCHEMA.names).cast(_SUMMARY_SCHEMA)
    _write(summary.to_batches(), _SUMMARY_SCHEMA, layout.data / datasets.SUMMARY)


def _write(batches: Iterable[pa.RecordBatch], columns: pa.Schema, path: Path) -> None:
    with pq.ParquetWriter(path, columns, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(columns))
    disk.sync(path)
