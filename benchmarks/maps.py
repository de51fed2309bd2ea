"""Our map against folium and pydeck: the same events, each on a page of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import map_events, measure, tables
from benchmarks.map_peers import OURS, OWN, PEERS, Peer
from benchmarks.map_visit import Visit

SIZES = (1_000, 10_000, 100_000, 1_000_000, 3_000_000)

_VISITS = 3
"""How often a map is visited, each time on a new server; the visit in the middle counts."""

_ONCE_FROM = 1_000_000
"""Events from which one visit must do."""

_LEEWAY = 60
"""Seconds beyond the limit of a visit, in which events are loaded and all is ended."""


class MapRow(Visit, total=False):
    """A line of the table of maps; what was not measured is absent.

    Attributes
    ----------
    map : str
        Title of the peer.
    rows : int
    hover, click : bool
    slower, larger, larger_gzipped : float
        Multiple of our ``first_s``, ``sent`` and ``gzipped``.
    """

    map: str
    rows: int
    hover: bool
    click: bool
    slower: float
    larger: float
    larger_gzipped: float


def rows(
    sizes: Sequence[int],
    folder: Path,
    *,
    limit: float,
    import_limit: float,
    peers: Sequence[str] = tuple(PEERS),
) -> Iterator[MapRow]:
    """Measure all maps at all sizes, ours first.

    A peer that does not finish at one size is not run at larger ones.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of events.
    folder : Path
        Where event files, datasets and the peers' rows are made, or are from the last time.
    limit : float
        Seconds that a peer may take for both pictures of one size, the browser included.
    import_limit : float
        Seconds that an import may take.
    peers : sequence of str, optional
        Keys of `PEERS`.

    Raises
    ------
    RuntimeError
        If the events cannot be made.
    """
    ended: dict[str, str] = {}
    for size in sorted(sizes):
        events = map_events.prepare(size, folder, limit=import_limit)
        ours: MapRow = {}
        for key in peers:
            row = _named(PEERS[key], size)
            if key in ended:
                yield {**row, "failure": ended[key]}
                continue
            visits = [_visited(key, events, limit)]
            if size < _ONCE_FROM and "failure" not in visits[0]:
                visits += [_visited(key, events, limit) for _ in range(_VISITS - 1)]
            row.update(_middle(visits))
            if failure := row.get("failure"):
                finished = failure.startswith("could not run")
                ended[key] = failure if finished else f"not run: {size:,} were too many"
            if key == OURS:
                ours = row
            elif "first_s" in row and "first_s" in ours:
                row["slower"] = row["first_s"] / ours["first_s"]
                row["larger"] = row["sent"] / ours["sent"]
                row["larger_gzipped"] = row["gzipped"] / ours["gzipped"]
            yield row


def _named(peer: Peer, size: int) -> MapRow:
    return {"map": peer.title, "rows": size, "hover": peer.hover, "click": peer.click}


def _middle(visits: Sequence[Visit]) -> Visit:
    done = sorted((one for one in visits if "first_s" in one), key=lambda one: one["first_s"])
    return done[len(done) // 2] if done else visits[0]


def _visited(key: str, events: map_events.Events, limit: float) -> Visit:
    command = measure.module("benchmarks.map_visit", key, events.data, events.flat, limit)
    done = measure.run(command, limit=limit + _LEEWAY)
    if done.failure:
        return {"failure": done.failure}
    found: Visit = json.loads(done.output)
    return found


_HEADINGS = (
    "map", "events", "hover, click", "first marks, s", "× ours", "server, s", "MB sent",
    "× ours", "MB gzipped", "× ours", "filter, s", "browser, MB", "server, MB", "note",
)  # fmt: skip


def table(found: Sequence[MapRow]) -> str:
    """Return the rows as a table in Markdown."""
    return tables.markdown(_HEADINGS, [_cells(row) for row in found])


def summary(found: Sequence[MapRow]) -> list[str]:
    """Return for each size how ours compares with the quickest peer with hover and click."""
    complete = {peer.title for key, peer in PEERS.items() if peer.complete and key not in OWN}
    said = []
    for size in sorted({row["rows"] for row in found}):
        rivals = [
            row
            for row in found
            if row["rows"] == size and row["map"] in complete and "slower" in row
        ]
        if rivals:
            quickest = min(rivals, key=lambda row: row["slower"])
            smallest = min(rivals, key=lambda row: row["larger"])
            said.append(
                f"{size:,} events: the quickest peer with hover and click ({quickest['map']})"
                f" takes {quickest['slower']:.1f} times as long to the first marks, the smallest"
                f" ({smallest['map']}) {smallest['larger']:.1f} times the bytes as sent"
                f" ({smallest['larger_gzipped']:.1f} times where its answer is gzipped too)"
            )
        else:
            said.append(f"{size:,} events: no peer with hover and click finished")
    return said


def _cells(row: MapRow) -> list[str]:
    offered = [name for name in ("hover", "click") if row[name]]  # type: ignore[literal-required]
    return [
        row["map"],
        f"{row['rows']:,}",
        ", ".join(offered) or "neither",
        tables.number(row.get("first_s"), ".2f"),
        tables.number(row.get("slower"), ".1f"),
        tables.number(row.get("server_s"), ".2f"),
        tables.number(_mega(row.get("sent")), ".2f"),
        tables.number(row.get("larger"), ".1f"),
        tables.number(_mega(row.get("gzipped")), ".2f"),
        tables.number(row.get("larger_gzipped"), ".1f"),
        tables.number(row.get("filter_s"), ".2f"),
        tables.number(row.get("browser_mb"), ".0f"),
        tables.number(row.get("server_mb"), ".0f"),
        row.get("failure", ""),
    ]


def _mega(size: int | None) -> float | None:
    return None if size is None else size / 1e6
