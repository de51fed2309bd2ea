"""Run the benchmarks and print a table; see docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from benchmarks import imports, measure, queries

SECTIONS = ("labels", "imports", "queries")
SIZES = "10000,100000,1000000,4000000,5000000"
QUICK = "2000"

_LABELS = "import json; from benchmarks.labels import measure; print(json.dumps(measure()))"
_VERSIONS = ("numpy", "pyarrow", "duckdb", "pandas", "geopandas", "shapely", "pyproj")


@click.command()
@click.option("--sizes", help=f"Numbers of rows, with commas between.  [default: {SIZES}]")
@click.option("--only", multiple=True, type=click.Choice(SECTIONS), help="Only this part.")
@click.option("--quick", is_flag=True, help="A few thousand rows, to see that all runs.")
@click.option("--full", is_flag=True, help="Run peers also on more than a million rows (hours).")
@click.option("--filters", default=20, show_default=True, help="Filters of each shape.")
@click.option("--limit", default=1800.0, show_default=True, help="Seconds that a run may take.")
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
    folder: Path | None,
    out: Path | None,
) -> None:
    """Compare with the tools that an analyst would use otherwise.

    \b
    Example:
      python -m benchmarks --only imports --sizes 100000
    """
    try:
        chosen = [int(size) for size in (sizes or (QUICK if quick else SIZES)).split(",")]
    except ValueError:
        raise click.UsageError(f"--sizes: {sizes!r} is not numbers with commas between") from None
    about = machine()
    found: list[measure.Row] = []
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
        )
        failure = ""
        try:
            for row in plan.rows():
                click.echo(f"{row['what']}, {row['rows']:,} rows: done", err=True)
                found.append(row)
        except RuntimeError as error:
            failure = str(error)
    click.echo(table(found))
    click.echo("\n" + "; ".join(f"{name}: {value}" for name, value in about.items()))
    if out is not None:
        out.write_text(json.dumps({"machine": about, "results": found}, indent=1), "utf-8")
    if failure:
        raise click.ClickException(failure)


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

    def rows(self) -> Iterator[measure.Row]:
        """Measure part after part.

        Raises
        ------
        RuntimeError
            If a part cannot be measured.
        """
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
                    self.sizes,
                    self.folder,
                    data,
                    repeats=self.repeats,
                    full=self.full,
                    limit=self.limit,
                )
        if "queries" in self.sections:
            size = max(self.sizes)
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
    cells = [list(_HEADINGS), *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cells(row: measure.Row) -> list[str]:
    def number(key: str, form: str) -> str:
        value = row.get(key)
        return "" if value is None else format(value, form)

    return [
        row["what"],
        number("rows", ","),
        number("ours_s", ".3f"),
        row.get("peer", ""),
        number("peer_s", ".3f"),
        number("ratio", ".1f"),
        number("ours_mb", ",.0f"),
        number("peer_mb", ",.0f"),
        number("memory_ratio", ".0%"),
        row.get("note", "").replace("|", "/"),
    ]


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
