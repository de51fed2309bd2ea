"""How our map keeps up: frames while it plays, brush, hover, filter; the app and many readers."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

from benchmarks import map_events, measure, tables

SIZES = (100_000, 1_000_000, 3_000_000)
"""Beside the curated records, which are always measured."""

APP_SIZE = 1_000_000
SESSIONS = 20

_WORDS = {
    "moving": "frame, window of 90 days moving",
    "growing": "frame, window growing from the first day",
    "brush": "from the brush to the redrawn map",
    "hover": "frame while the pointer moves",
    "mask": "from another filter to its marks, fetched",
}
_LEEWAY = 60


class PlayRow(TypedDict, total=False):
    """A line of the table of playing, in milliseconds.

    Attributes
    ----------
    what : str
    rows : int
        Events; 0 stands for the curated records.
    count : int
        How many were measured.
    median, high : float
        Median and 95th percentile.
    note : str
    """

    what: str
    rows: int
    count: int
    median: float
    high: float
    note: str


def rows(
    sizes: Sequence[int], folder: Path, *, limit: float, import_limit: float, sessions: int
) -> Iterator[PlayRow]:
    """Measure our map alone at all sizes, then the app at the size nearest to `APP_SIZE`.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of imported events.
    folder : Path
        Where event files and datasets are made, or are from the last time.
    limit : float
        Seconds that one visit may take.
    import_limit : float
        Seconds that an import may take.
    sessions : int
        How many readers play at once.

    Raises
    ------
    RuntimeError
        If the events cannot be made.
    """
    yield from _layer(0, folder / "map-no-data", limit)
    made = {size: map_events.prepare(size, folder, limit=import_limit) for size in sorted(sizes)}
    for size, events in made.items():
        yield from _layer(size, events.data, limit)
    if made:
        size = min(made, key=lambda one: abs(one - APP_SIZE))
        yield from _app(size, made[size].data, limit, sessions)


def _layer(size: int, data: Path, limit: float) -> Iterator[PlayRow]:
    found, failure = _visited(limit, "layer", data)
    if failure:
        yield {"what": "the map alone", "rows": size, "note": failure}
    for key, values in found.items():
        if key == "brush":
            later = max(values["frames"])
            note = f"at most {later} frame{'s' * (later != 1)} later"
            yield {**_timed(_WORDS[key], size, values["ms"]), "note": note}
        else:
            yield _timed(_WORDS[key], size, values)


def _app(size: int, data: Path, limit: float, sessions: int) -> Iterator[PlayRow]:
    found, failure = _visited(limit, "app", data, sessions)
    if failure:
        yield {"what": "the app", "rows": size, "note": failure}
        return
    for way, done in (("a click on a category", "changes"), ("a category in the sidebar", "picks")):
        for key in ("marks", "counts"):
            values = [change[key] for change in found[done]]
            yield _timed(f"app: from {way} to new {key}", size, values)
    memory = found["server_mb"]
    bytes_an_event = (memory["one"] - memory["empty"]) * 2**20 / size
    yield {
        "what": "app: memory of the server",
        "rows": size,
        "note": f"{memory['one']:.0f} MB, {bytes_an_event:.0f} B an event above the app without"
        f" them; with {sessions} readers {memory['many']:.0f} MB",
    }
    drawn = found["drawn"]
    yield {
        "what": f"app: {sessions} readers play at once",
        "rows": size,
        "note": f"{sum(one > 0 for one in drawn)} of {len(drawn)} maps move; all run in one"
        f" browser on this machine, which draws {min(drawn)} to {max(drawn)} pictures of each"
        " in three seconds",
    }


def _visited(limit: float, *asked: object) -> tuple[dict[str, Any], str]:
    part, data, *more = asked
    command = measure.module("benchmarks.play_visit", part, data, limit, *more)
    done = measure.run(command, limit=limit + _LEEWAY)
    return ({}, done.failure) if done.failure else (json.loads(done.output), "")


def _timed(what: str, size: int, values: Sequence[float]) -> PlayRow:
    high = statistics.quantiles(values, n=20, method="inclusive")[-1]
    median = statistics.median(values)
    return {"what": what, "rows": size, "count": len(values), "median": median, "high": high}


def table(found: Iterable[PlayRow]) -> str:
    """Return the rows as a table in Markdown."""
    return tables.markdown(
        ("what", "events", "times", "median, ms", "95 %, ms", "note"),
        [
            [
                row["what"],
                f"{row['rows']:,}" if row["rows"] else "curated",
                tables.number(row.get("count"), ",d"),
                tables.number(row.get("median"), ".0f"),
                tables.number(row.get("high"), ".0f"),
                row.get("note", ""),
            ]
            for row in found
        ],
    )
