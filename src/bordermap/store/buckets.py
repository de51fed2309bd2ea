"""Some years of events, sorted and written; a pure task for a thread or another process."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bordermap.errors import StoreError
from bordermap.model.vocabulary import GeoPrecision
from bordermap.store import parts, shuffle
from bordermap.store.database import database, faults
from bordermap.store.parts import Part
from bordermap.store.shuffle import Order
from bordermap.store.sql import listed, quoted

_OF_POINTS = ("gate_id", "gate_km", "border_km", "geometry", "bbox")
PRECISE = f"('{GeoPrecision.EXACT}', '{GeoPrecision.NEAR}')"


@dataclass(frozen=True)
class Layout:
    """Where the parts of a build stand; picklable.

    Attributes
    ----------
    folder : Path
        Folder of the build.
    """

    folder: Path

    @property
    def spill(self) -> Path:
        """The events and issues as they were read."""
        return self.folder / "spill"

    @property
    def issues(self) -> Path:
        """What was found wrong as they were read."""
        return self.spill / "issues"

    @property
    def data(self) -> Path:
        """What becomes the dataset."""
        return self.folder / "data"

    @property
    def scratch(self) -> Path:
        """What is only needed while it is made."""
        return self.folder / "work"

    @property
    def template(self) -> Path:
        """No events, but the columns that all files have together.

        DuckDB reads a list of files as if all were like the first, fields of structs too.
        """
        return self.scratch / "template.parquet"

    @property
    def left_out(self) -> Path:
        """Events that do not stay: ``year``, ``path``, and ``position`` in that file."""
        return self.scratch / "left-out.parquet"

    @property
    def shared(self) -> Path:
        """Coordinates that many share and no place has: ``longitude``, ``latitude``, ``events``."""
        return self.scratch / "shared.parquet"

    def summary(self, bucket: Bucket) -> Path:
        """Counts of the events of a bucket."""
        return self.scratch / f"summary-{bucket.first_part:05d}.parquet"


@dataclass(frozen=True)
class Bucket:
    """Consecutive years of events.

    Attributes
    ----------
    name : str
        Of the dataset, for errors.
    layout : Layout
    years : tuple of int or None
        None for undated events.
    files : tuple of str
        All that hold such events.
    first_part, first_row, rows : int
        Numbers of the first part and the first row, and how many rows there are.
    """

    name: str
    layout: Layout
    years: tuple[int | None, ...]
    files: tuple[str, ...]
    first_part: int
    first_row: int
    rows: int


def write_bucket(bucket: Bucket) -> list[Part]:
    """Sort and write the events of a bucket, and their summary.

    The result depends on the bucket only; to run it twice, or twice at once, does no harm.

    Raises
    ------
    StoreError
        If something cannot be read or written.
    """
    layout = bucket.layout
    with (
        faults(f"writing dataset {bucket.name!r}"),
        database(layout.scratch) as connection,
        tempfile.TemporaryDirectory(dir=layout.scratch, ignore_cleanup_errors=True) as folder,
    ):
        columns = pq.read_schema(layout.template)
        order = _order(connection, bucket)
        if len(order.position) != bucket.rows:
            raise StoreError(f"writing dataset {bucket.name!r} failed: its files changed meanwhile")
        written = parts.write(
            _lowered(shuffle.arranged(order, columns, Path(folder)), order.lowered),
            columns,
            layout.data,
            layout.scratch,
            first_part=bucket.first_part,
            first_row=bucket.first_row,
        )
        events = listed(layout.data / part.name for part in written)
        summary = layout.summary(bucket)
        temporary = summary.with_suffix(f".{secrets.token_hex(4)}")
        connection.execute(
            "copy (select date_start as day, region_code, category, count(*) as events,"
            " sum(fatalities_best)::bigint as fatalities_best"
            f" from read_parquet({events}) group by all)"
            f" to {quoted(temporary)} (format parquet)"
        )
        temporary.replace(summary)
    return written


def rows_of(files: Iterable[Path | str]) -> str:
    """Return the events of files in SQL, with ``year``, ``path`` and ``position``.

    The first file is to be the template.
    """
    return (
        "(select *, year(date_start) as year, filename as path, file_row_number as position,"
        f" file_index as file_number from read_parquet({listed(files)}))"
    )


def _order(connection: duckdb.DuckDBPyConnection, bucket: Bucket) -> Order:
    """Return which events follow each other."""
    layout = bucket.layout
    dated = ", ".join(str(year) for year in bucket.years if year is not None)
    of_years = f"year in ({dated})" if dated else "false"
    if None in bucket.years:
        of_years += " or year is null"
    found = connection.sql(
        f"""
        select e.file_number::integer, e.position::integer, s.events is not null
        from (
            select * from {rows_of([layout.template, *bucket.files])} where {of_years}
        ) as e
        anti join (
            select path, position from read_parquet({quoted(layout.left_out)}) where {of_years}
        ) as l on l.path = e.path and l.position = e.position
        left join read_parquet({quoted(layout.shared)}) as s
            on s.longitude = e.longitude and s.latitude = e.latitude
            and e.geo_precision in {PRECISE}
        order by date_trunc('month', e.date_start) nulls last,
            hilbert(e.longitude, e.latitude) nulls last, e.date_start nulls last, e.id
        """
    ).to_arrow_table()
    number, position, lowered = (column.to_numpy() for column in found.columns)
    return Order(bucket.files, number - 1, position, lowered)


def _lowered(tables: Iterable[pa.Table], lowered: npt.NDArray[np.bool_]) -> Iterator[pa.Table]:
    """Make states of the places where an event is at a coordinate that many share."""
    first = 0
    for table in tables:
        here = lowered[first : first + len(table)]
        first += len(table)
        if here.any():
            mask = pa.array(here)
            new = {
                "geo_precision": pa.scalar(str(GeoPrecision.STATE)),
                "region_code": pc.coalesce(table["stated_region"], table["region_code"]),
            }
            for name in ("geo_precision", "region_code", *_OF_POINTS):
                field = table.schema.field(name)
                value = new.get(name, pa.scalar(None, field.type))
                changed = pc.if_else(mask, value, table[name])
                table = table.set_column(table.schema.get_field_index(name), field, changed)
        yield table
