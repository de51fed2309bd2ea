"""The command atlas."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from bordermap.cli.picking import Picked, selection_options
from bordermap.cli.sheets import progress_bar, sheet_options, take_sheet
from bordermap.errors import OutputError

_INTERRUPTED = 130


@click.command()
@click.argument("out_dir", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--by",
    type=click.Choice(["region", "month", "gate"]),
    required=True,
    help="A sheet for each of these that has records.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["png", "pdf"]),
    default="png",
    show_default=True,
    help="Of the sheets.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes that draw side by side; by default as many as there are processors.",
)
@sheet_options
@selection_options
def atlas(out_dir: Path, by: str, format_: str, workers: int | None, **options: Any) -> None:
    """Draw a sheet for each region, month or gate of a selection, and an index page.

    Sheets that are there already and would be the same are kept, so that an atlas that was
    stopped goes on where it ended.

    \b
    Example:
      bordermap atlas months --by month --from 2023-10-01 --region Shan --layout landscape
    """
    from bordermap.snapshot import atlas as atlases
    from bordermap.snapshot import atlas_page
    from bordermap.snapshot.files import write_atomically
    from bordermap.snapshot.making import Material
    from bordermap.snapshot.spec import Spec

    data = atlases.Data(options["geodata"], options["data"])
    sheet = take_sheet(options)
    picked = Picked(options)
    spec = Spec(selection=picked.selection, made_on=date.today(), **sheet)
    sheets = atlases.sheets(spec, by, picked.catalog, picked.dataset)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"{out_dir} cannot be made: {reason}") from None
    suffix = f".{format_}"
    done = 0
    try:
        with progress_bar("sheets") as show:

            def progress(now: int, total: int) -> None:
                nonlocal done
                done = now
                show(now, total)

            drawn = atlases.draw(
                out_dir,
                sheets,
                suffix,
                data,
                workers=workers or os.cpu_count() or 1,
                progress=progress,
            )
    except KeyboardInterrupt:
        click.echo(
            f"stopped: {done} of {len(sheets)} sheets are done; the same command goes on", err=True
        )
        sys.exit(_INTERRUPTED)
    page = atlas_page.render(
        Material(spec, picked.catalog, picked.dataset, picked.records), drawn, suffix
    )
    index = out_dir / atlas_page.NAME
    write_atomically(index, page.encode())
    kept = sum(one.kept for one in drawn)
    click.echo(f"{index}: {len(drawn)} sheets, {kept} of them kept", err=True)
