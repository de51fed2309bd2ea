"""The events of the map benchmarks: imported once by us, and the same rows for the peers.

``python -m benchmarks.map_events DATA OUT`` writes the rows of the dataset in a data
directory as one flat Parquet file: what the peers show of an event, and no more.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import imports, measure

COLUMNS = {
    "longitude": "longitude",
    "latitude": "latitude",
    "category": "category",
    "date": "coalesce(date_start, date_end)",
    "title": "title",
    "place": "coalesce(place_name, '')",
}
"""Columns of the file of the peers, and what they are in SQL over the stored events."""


@dataclass(frozen=True)
class Events:
    """Events of one size.

    Attributes
    ----------
    size : int
        Rows that were imported; a thousandth of them has no coordinates.
    data : Path
        The data directory with our dataset, named `imports.NAME`.
    flat : Path
        Parquet file with `COLUMNS`, the rows in the order of the dataset.
    """

    size: int
    data: Path
    flat: Path


def prepare(size: int, folder: Path, *, limit: float) -> Events:
    """Return events, imported if they are not there.

    Raises
    ------
    RuntimeError
        If they cannot be made or imported.
    """
    made = Events(size, folder / f"map-{size}", folder / f"map-{size}.parquet")
    if _rows(made.data) != size:
        made.flat.unlink(missing_ok=True)
        done = imports.ours(imports.make("acled", size, folder), made.data, limit=limit)
        if done.failure:
            raise RuntimeError(f"import for the maps: {done.failure}")
    if not made.flat.is_file():
        done = measure.run(measure.module("benchmarks.map_events", made.data, made.flat))
        if done.failure:
            raise RuntimeError(f"events for the maps: {done.failure}")
    return made


def _rows(data: Path) -> int | None:
    """Return how many rows a finished dataset has, without loading what is large."""
    found = list((data / imports.NAME).glob("*/dataset.json"))
    return json.loads(found[0].read_text("utf-8"))["rows"] if len(found) == 1 else None


def write(data: Path, out: Path) -> None:
    """Write the flat file of the dataset in a data directory."""
    import duckdb

    from bordermap.store import Store

    chosen = ", ".join(f"{sql} as {name}" for name, sql in COLUMNS.items())
    with duckdb.connect() as database:
        found: pa.Table = database.sql(
            f"select {chosen} from {Store(data).get(imports.NAME).relation}"
            " where longitude is not null order by row"
        ).to_arrow_table()
    unfinished = out.with_suffix(".unfinished")
    pq.write_table(found, unfinished)
    unfinished.replace(out)


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
