"""The command that checks a file by its proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bordermap.cli.options import DATA, FOUND_FAULTS, GEODATA
from bordermap.cli.picking import open_data

if TYPE_CHECKING:
    from bordermap.catalog import Catalog
    from bordermap.queries import Dataset
    from bordermap.selection import Selection


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@GEODATA
@DATA
def verify(file: Path, geodata: Path | None, data: Path | None) -> None:
    """Make a file again from the proof that it holds, and say what differs.

    The status is 0 where it is identical, and 1 where anything differs or cannot be checked.

    \b
    Example:
      bordermap verify april.png
    """
    from bordermap import catalog as catalogs
    from bordermap.snapshot.proofs.verify import State
    from bordermap.snapshot.proofs.verify import verify as check
    from bordermap.store import Store

    def opener(selection: Selection) -> tuple[Catalog, Dataset]:
        return open_data(catalogs.load(geodata), Store(data), selection.dataset)

    verdict = check(file, opener)
    lines = verdict.lines
    if verdict.state is State.IDENTICAL:
        lines = (f"made again of {verdict.records:,} records, it is the same to the byte",)
    for line in lines:
        click.echo(f"{file}: {verdict.state.value}: {line}")
    for note in verdict.notes:
        click.echo(f"{file}: note: {note}")
    if verdict.state is not State.IDENTICAL:
        sys.exit(FOUND_FAULTS)
