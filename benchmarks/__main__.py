"""Run the benchmarks and print a table; see docs/benchmarks.md."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from benchmarks import imports, maps, measure, playing, queries, snapshots, tables

SECTIONS = ("labels", "imports", "queries", "maps", "playing", "snapshots")
SIZES = "10000,100000,1000000,4000000,5000000"
MAP_SIZES = ",".join(map(str, maps.SIZES))
QUICK = "2000"

_VISIT = 300.0
"""Seconds that a visit to our own map or app may take, and a process that makes a picture."""

_LABELS = "import json; from benchmarks.labels import measure; print(json.dumps(measure()))"
_VERSIONS = (
    "numpy",
    "pyarrow",
    "duckdb",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "folium",
    "pydeck",
    "matplotlib",
)


@click.command()
@click.option(
    "--sizes",
    help=f"Numbers of rows, with commas between.  [default: {SIZES}; of maps {MAP_SIZES}]",
)
@click.option("--only", multiple=True, type=click.Choice(SECTIONS), help="Only this part.")
@click.option("--quick", is_flag=True, help="A few thousand rows, to see that all runs.")
@click.option("--full", is_flag=True, help="Run peers also on more than a million rows (hours).")
@click.option("--filters", default=20, show_default=True, help="Filters of each shape.")
@click.option("--limit", default=1800.0, show_default=True, help="Seconds that a run may take.")
@click.option(
    "--page-limit", default=60.0, show_default=True, help="Seconds that a peer's map may take."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the event files and the store here instead of in a temporary folder.",
)
@click.option("--json", "out", type=click.Path(path_type=Path), help="Write the results here too.")
def main(
    sizes: str | None,
    only: tuple[str, ...],
    quick: bool,
    full: bool,
    filters: int,
    limit: float,
    page_limit: float,
    folder: Path | None,
    out: Path | None,
) -> None:
    """Compare with the tools that an analyst would use otherwise.

    \b
    Example:
      python -m benchmarks --only imports --sizes 100000
    """
    try:
        chosen = [int(size) for size in (sizes or (QUICK if quick else "")).split(",") if size]
    except ValueError:
        raise click.UsageError(f"--sizes: {sizes!r} is not numbers with commas between") from None
    about = machine()
    results = Results()
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bordermap-")))
        plan = Plan(
            sections=only or (SECTIONS[1:] if quick else SECTIONS),
            sizes=chosen,
            folder=folder,
            repeats=1 if quick else 3,
            filters=2 if quick else filters,
            full=full,
            limit=limit,
            page_limit=page_limit,
            sessions=2 if quick else playing.SESSIONS,
        )
        failure = ""
        try:
            plan.fill(results)
        except RuntimeError as error:
            failure = str(error)
    click.echo("\n\n".join(results.tables()))
    click.echo("\n" + "; ".join(f"{name}: {value}" for name, value in about.items()))
    if out is not None:
        text = json.dumps({"machine": about, **dataclasses.asdict(results)}, indent=1)
        out.write_text(text, "utf-8")
    if failure:
        raise click.ClickException(failure)


@dataclass
class Results:
    """What was measured, part after part."""

    results: list[measure.Row] = field(default_factory=list)
    maps: list[maps.MapRow] = field(default_factory=list)
    playing: list[playing.PlayRow] = field(default_factory=list)
    snapshots: list[snapshots.SnapshotRow] = field(default_factory=list)

    def tables(self) -> Iterator[str]:
        """Yield the parts that were measured as tables in Markdown."""
        if self.results:
            yield table(self.results)
        if self.maps:
            yield maps.table(self.maps)
            yield "\n".join(f"- {line}" for line in maps.summary(self.maps))
        if self.playing:
            yield playing.table(self.playing)
        if self.snapshots:
            yield snapshots.table(self.snapshots)


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    sections: Sequence[str]
    sizes: Sequence[int]
    folder: Path
    repeats: int
    filters: int
    full: bool
    limit: float
    page_limit: float
    sessions: int

    def fill(self, results: Results) -> None:
        """Measure part after part, and say what is done.

        Raises
        ------
        RuntimeError
            If a part cannot be measured; what was measured before is in the results.
        """
        for row in self.rows():
            click.echo(f"{row['what']}, {row['rows']:,} rows: done", err=True)
            results.results.append(row)
        events = {"folder": self.folder, "import_limit": self.limit}
        if "maps" in self.sections:
            for at in maps.rows(self.sizes or maps.SIZES, limit=self.page_limit, **events):
                click.echo(f"{at['map']}, {at['rows']:,} events: done", err=True)
                results.maps.append(at)
        if "playing" in self.sections:
            for frame in playing.rows(
                self.sizes or playing.SIZES, limit=_VISIT, sessions=self.sessions, **events
            ):
                click.echo(f"{frame['what']}, {frame['rows']:,} events: done", err=True)
                results.playing.append(frame)
        if "snapshots" in self.sections:
            for picture in snapshots.rows(
                self.sizes or snapshots.SIZES, limit=_VISIT, repeats=self.repeats, **events
            ):
                click.echo(f"{picture['way']}, {picture['rows']:,} events: done", err=True)
                results.snapshots.append(picture)

    def rows(self) -> Iterator[measure.Row]:
        """Measure labels, imports and queries.

        Raises
        ------
        RuntimeError
            If a part cannot be measured.
        """
        sizes = self.sizes or [int(size) for size in SIZES.split(",")]
        data = self.folder / "store"
        if "labels" in self.sections:
            done = measure.run([sys.executable, "-c", _LABELS], limit=self.limit)
            if done.failure:
                raise RuntimeError(f"labels: {done.failure}")
            yield from json.loads(done.output)
        if "imports" in self.sections:
            for kind in ("ucdp", "acled"):
                yield from imports.rows(
                    kind,
                    sizes,
                    self.folder,
                    data,
                    repeats=self.repeats,
                    full=self.full,
                    limit=self.limit,
                )
        if "queries" in self.sections:
            size = max(sizes)
            if "imports" not in self.sections:
                file = imports.make("acled", size, self.folder)
                done = imports.ours(file, data, limit=self.limit)
                if done.failure:
                    raise RuntimeError(f"import for the queries: {done.failure}")
            yield from queries.rows(data, imports.NAME, size, each=self.filters, limit=self.limit)


def machine() -> dict[str, Any]:
    """Return what the numbers depend on: the day, the machine and the versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.now().date().isoformat(),
        "processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "memory": f"{memory / 2**30:.0f} GB",
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "system": platform.system(),
        "Python": platform.python_version(),
        **{name: version(name) for name in _VERSIONS},
    }


_HEADINGS = (
    "what", "rows", "ours, s", "peer", "peer, s", "times faster", "ours, MB", "peer, MB",
    "memory of the peer's", "note",
)  # fmt: skip


def table(rows: list[measure.Row]) -> str:
    """Return the results as a table in Markdown that is also read as it stands."""
    return tables.markdown(_HEADINGS, [_cells(row) for row in rows])


def _cells(row: measure.Row) -> list[str]:
    return [
        row["what"],
        tables.number(row.get("rows"), ","),
        tables.number(row.get("ours_s"), ".3f"),
        row.get("peer", ""),
        tables.number(row.get("peer_s"), ".3f"),
        tables.number(row.get("ratio"), ".1f"),
        tables.number(row.get("ours_mb"), ",.0f"),
        tables.number(row.get("peer_mb"), ",.0f"),
        tables.number(row.get("memory_ratio"), ".0%"),
        row.get("note", ""),
    ]


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
