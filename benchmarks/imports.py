"""Importing event files, from the command line to a finished dataset, against peers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import measure

PEERS = {
    "plain": "pandas + geopandas",
    "tuned": "the same, border in segments",
}
"""The variants of :mod:`benchmarks.peers`."""

LARGEST_FOR_PEERS = 1_000_000
NAME = "bench"

_REPEATED_TO = 100_000


def make(kind: str, size: int, folder: Path) -> Path:
    """Return an event file, made in a process of its own if it is not there.

    Parameters
    ----------
    kind : str
        ``acled`` or ``ucdp``.
    size : int
        Number of rows.
    folder : Path

    Raises
    ------
    RuntimeError
        If it cannot be made.
    """
    done = measure.run(measure.module("benchmarks.events", kind, size, folder))
    if done.failure:
        raise RuntimeError(f"{kind}, {size} rows: {done.failure}")
    return Path(done.output.strip())


def ours(path: Path, data: Path, *, repeats: int = 1, limit: float) -> measure.Measured:
    """Import a file into an empty data directory; the dataset of the last run stays.

    Parameters
    ----------
    path : Path
    data : Path
        The data directory; what is in it is removed before each run.
    repeats : int, optional
    limit : float
        Seconds that a run may take.
    """
    return measure.run(
        measure.module("bordermap", "import", path, "--dataset", NAME, "--data", data),
        repeats=repeats,
        limit=limit,
        before=lambda: shutil.rmtree(data, ignore_errors=True),
    )


def rows(
    kind: str,
    sizes: Sequence[int],
    folder: Path,
    data: Path,
    *,
    repeats: int,
    full: bool,
    limit: float,
) -> Iterator[measure.Row]:
    """Measure imports of one kind of file; the dataset of the largest stays in the store.

    Parameters
    ----------
    kind : str
        ``acled`` or ``ucdp``.
    sizes : sequence of int
        Numbers of rows.
    folder : Path
        Where the files are made.
    data : Path
        The data directory, emptied before each run.
    repeats : int
        How often a run on at most 100,000 rows is repeated; larger ones are done once.
    full : bool
        Run the peers also on more than a million rows.
    limit : float
        Seconds that a run may take.
    """
    peaks: dict[int, float] = {}
    for size in sorted(sizes):
        path = make(kind, size, folder)
        times = repeats if size <= _REPEATED_TO else 1
        here = ours(path, data, repeats=times, limit=limit)
        row: measure.Row = {
            "what": f"import {kind}",
            "rows": size,
            "ours_s": here.best,
            "ours_mb": here.megabytes,
            "ours_cpu_s": here.processor_seconds,
            "note": here.failure,
        }
        if not here.failure:
            peaks[size] = here.megabytes
            if size > LARGEST_FOR_PEERS in peaks:
                growth = here.megabytes / peaks[LARGEST_FOR_PEERS]
                row["note"] = f"peak {growth:.2f} × that of {LARGEST_FOR_PEERS:,} rows"
        if size > LARGEST_FOR_PEERS and not full:
            yield {**row, "peer": "not run"}
            continue
        for variant, peer in PEERS.items():
            yield {**row, "peer": peer, **_against(variant, path, here, times, limit)}


def _against(
    variant: str, path: Path, here: measure.Measured, repeats: int, limit: float
) -> measure.Row:
    out = path.with_name("peer.parquet")
    there = measure.run(
        measure.module("benchmarks.peers", variant, path, out), repeats=repeats, limit=limit
    )
    out.unlink(missing_ok=True)
    if there.failure:
        return {"note": "; ".join(filter(None, [here.failure, f"peer: {there.failure}"]))}
    row: measure.Row = {
        "peer_s": there.best,
        "peer_mb": there.megabytes,
        "peer_cpu_s": there.processor_seconds,
    }
    if here.best and there.best:
        row["ratio"] = there.best / here.best
        row["memory_ratio"] = here.megabytes / there.megabytes
    return row
