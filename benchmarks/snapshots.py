"""A picture of the map as a file: our sheet against a browser's screenshot and two libraries."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from benchmarks import map_events, measure, tables
from benchmarks.imports import NAME
from benchmarks.map_peers import OURS
from benchmarks.map_server import PAGE
from benchmarks.map_visit import server

CURATED = 0
"""As a number of events: the curated records."""

SIZES = (CURATED, 50, 5_000, 100_000)

_DPI = 200


@dataclass(frozen=True)
class Way:
    """One way to a picture.

    Attributes
    ----------
    title : str
    pictures : int
        How many are made by one process; the first is not counted among the warm ones, of which
        there are none where it is the only one.
    """

    title: str
    pictures: int = 4


OWN = "ours"
WAYS = {
    OWN: Way("bordermap"),
    "chromium": Way("screenshot of our map by headless Chromium"),
    "served": Way("the same, its server started for it", 1),
    "folium": Way("folium `_to_png`", 2),
    "geopandas": Way("`GeoDataFrame.plot`"),
}


class SnapshotRow(TypedDict, total=False):
    """A line of the table of snapshots; what was not measured is absent.

    Attributes
    ----------
    way : str
        Title of the way.
    rows : int
        Events, or `CURATED`.
    warm_s : float
        Of a picture that is not the first of a process, the median.
    cold_s : float
        Of a process that makes one picture, from its start to its end, the shortest.
    warm_ratio, cold_ratio : float
        Multiple of ours.
    megabytes : float
        Peak memory of the process of one picture, with those that it starts.
    size : int
        Bytes of the file.
    failure : str
        Why there are no numbers, or not all.
    """

    way: str
    rows: int
    warm_s: float
    cold_s: float
    warm_ratio: float
    cold_ratio: float
    megabytes: float
    size: int
    failure: str


def rows(
    sizes: Sequence[int],
    folder: Path,
    *,
    limit: float,
    import_limit: float,
    repeats: int = 3,
    ways: Sequence[str] = tuple(WAYS),
) -> Iterator[SnapshotRow]:
    """Measure all ways at all sizes, ours first.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of imported events, or `CURATED`.
    folder : Path
        Where event files and datasets are made, or are from the last time.
    limit : float
        Seconds that a process may take.
    import_limit : float
        Seconds that an import may take.
    repeats : int, optional
        How often a process of one picture is run.
    ways : sequence of str, optional
        Keys of `WAYS`.

    Raises
    ------
    RuntimeError
        If the events cannot be made.
    """
    for size in sorted(sizes):
        events = (
            _curated(folder)
            if size == CURATED
            else map_events.prepare(size, folder, limit=import_limit)
        )
        ours: SnapshotRow = {}
        for key in ways:
            row: SnapshotRow = {"way": WAYS[key].title, "rows": events.size}
            row.update(_measured(key, events, folder / "snapshot.png", limit, repeats))
            if key == OWN:
                ours = row
            if key != OWN and "cold_s" in row and "cold_s" in ours:
                row["cold_ratio"] = row["cold_s"] / ours["cold_s"]
            if key != OWN and "warm_s" in row and "warm_s" in ours:
                row["warm_ratio"] = row["warm_s"] / ours["warm_s"]
            yield row


def _curated(folder: Path) -> map_events.Events:
    made = map_events.Events(CURATED, folder / "map-no-data", folder / "map-0.parquet")
    if not made.flat.is_file():
        done = measure.run(_command("curated", made, folder, 1))
        if done.failure:
            raise RuntimeError(f"curated records for the pictures: {done.failure}")
    return made


def _command(way: str, events: map_events.Events, out: Path, times: int) -> list[str]:
    return measure.module(
        "benchmarks.snapshot_run", way, events.data, events.flat, out, f"--times={times}"
    )


def _measured(
    key: str, events: map_events.Events, out: Path, limit: float, repeats: int
) -> SnapshotRow:
    out.unlink(missing_ok=True)
    if key == "chromium":
        with server(OURS, events.data, events.flat) as address:
            command = measure.module(
                "benchmarks.snapshot_run", key, address + PAGE, events.flat, out, "--times"
            )
            return _taken([*command, "1"], [*command, str(WAYS[key].pictures)], out, limit, repeats)
    pictures = WAYS[key].pictures
    warm = _command(key, events, out, pictures) if pictures > 1 else None
    if key != OWN:
        return _taken(_command(key, events, out, 1), warm, out, limit, repeats)
    chosen = () if events.size == CURATED else ("--dataset", NAME)
    cold = measure.module(
        "bordermap", "snapshot", out, "--data", events.data, "--dpi", _DPI, *chosen
    )
    return _taken(cold, warm, out, limit, repeats)


def _taken(
    cold: Sequence[str], warm: Sequence[str] | None, out: Path, limit: float, repeats: int
) -> SnapshotRow:
    """Run a process of one picture, and one of several if there is any."""
    alone = measure.run(cold, repeats=repeats, limit=limit)
    if alone.best is None:
        return {"failure": f"could not run: {alone.failure}"}
    row: SnapshotRow = {
        "cold_s": alone.best,
        "megabytes": alone.megabytes,
        "size": out.stat().st_size,
    }
    if warm is None:
        return row
    several = measure.run(warm, limit=limit)
    if several.failure:
        row["failure"] = f"a second picture: {several.failure}"
    else:
        row["warm_s"] = statistics.median(json.loads(several.output)[1:])
    return row


_HEADINGS = (
    "picture", "events", "in a running process, s", "× ours", "from a cold start, s", "× ours",
    "memory, MB", "file, kB", "note",
)  # fmt: skip


def table(found: Sequence[SnapshotRow]) -> str:
    """Return the rows as a table in Markdown."""
    return tables.markdown(_HEADINGS, [_cells(row) for row in found])


def _cells(row: SnapshotRow) -> list[str]:
    size = row.get("size")
    return [
        row["way"],
        "curated" if row["rows"] == CURATED else f"{row['rows']:,}",
        tables.number(row.get("warm_s"), ".2f"),
        tables.number(row.get("warm_ratio"), ".1f"),
        tables.number(row.get("cold_s"), ".2f"),
        tables.number(row.get("cold_ratio"), ".1f"),
        tables.number(row.get("megabytes"), ",.0f"),
        tables.number(None if size is None else size / 1000, ",.0f"),
        row.get("failure", ""),
    ]
