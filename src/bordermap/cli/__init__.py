"""The command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bordermap import __version__
from bordermap.cli.atlas import atlas
from bordermap.cli.imports import datasets, import_
from bordermap.cli.options import DATA, FOUND_FAULTS, GEODATA, by_suffix
from bordermap.cli.picking import Picked, selection_options
from bordermap.cli.sheets import (
    motion_options,
    progress_bar,
    sheet_options,
    take_motion,
    take_sheet,
)
from bordermap.cli.verifying import verify
from bordermap.errors import BordermapError, SelectionError

if TYPE_CHECKING:
    from bordermap.snapshot.motion import Motion
    from bordermap.snapshot.spec import Spec


class _Commands(click.Group):
    """Commands whose errors are one line on standard error."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _one_line():
            return super().invoke(ctx)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        error.ctx = None  # else click puts the usage of the command before it
        raise
    except SelectionError as error:
        raise click.UsageError(str(error)) from None
    except BordermapError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise  # the reader has seen enough
        where = error.filename or "what is printed"
        raise click.ClickException(f"{where}: {error.strerror or error}") from None


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="bordermap")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A sourced map of the China–Myanmar border. Without a command: the dashboard.

    \b
    Examples:
      bordermap
      bordermap records --from 2024-04-01 --to 2024-04-05 --region MM-11
      bordermap snapshot shan.png --region Shan --kind incident
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(serve)


@main.command()
@click.option("--host", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--port", default=8501, show_default=True, help="Port to listen on.")
@click.option("--base-path", default="", help="Path under which a proxy serves the dashboard.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@GEODATA
@DATA
def serve(
    host: str, port: int, base_path: str, no_browser: bool, geodata: Path | None, data: Path | None
) -> None:
    """Start the dashboard and open it in the browser.

    \b
    Example:
      bordermap serve --port 8600 --no-browser
    """
    from bordermap.web.launch import launch

    launch(
        host=host,
        port=port,
        base_path=base_path,
        browser=not no_browser,
        geodata=geodata,
        data=data,
    )


@main.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "jsonl", "geojson"]),
    default="table",
    show_default=True,
    help="How to print them.",
)
@selection_options
def records(format_: str, **options: Any) -> None:
    """Print the records of a selection.

    \b
    Example:
      bordermap records --from 2024-04-01 --to 2024-04-05 --region MM-11 --format jsonl
    """
    from bordermap.snapshot.exports import tables

    picked = Picked(options)
    if format_ == "table":
        click.echo(_table(picked))
    else:
        body = tables.FORMATS[f".{format_}"](picked.records, picked.catalog, picked.selection)
        click.echo(body, nl=False)
    if not len(picked.records):
        click.echo("no record matches the selection", err=True)
        sys.exit(FOUND_FAULTS)


def _table(picked: Picked) -> str:
    from bordermap.model.dates import PartialDate

    lines = []
    for record in picked.records.select(["date_edtf", "kind", "title", "places"]).to_pylist():
        when = str(PartialDate.parse(record["date_edtf"]))
        where = "; ".join(dict.fromkeys(place["name"] for place in record["places"]))
        lines.append(f"{when:<24} {record['kind']:<9} {record['title']}  [{where}]")
    lines.append(f"{len(lines)} of {len(picked.dataset)} records")
    return "\n".join(lines)


@main.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@selection_options
def export(out: Path, **options: Any) -> None:
    """Write the records of a selection to OUT; the suffix is the format.

    Formats: csv, jsonl, geojson, gpkg, parquet, kml, xlsx.

    \b
    Example:
      bordermap export shan.geojson --region MM-17
    """
    from bordermap.snapshot.making import FORMATS
    from bordermap.snapshot.spec import Spec

    by_suffix(out, {suffix: one for suffix, one in FORMATS.items() if not one.is_picture})
    picked = Picked(options)
    _write(out, picked, Spec(selection=picked.selection, made_on=date.today()))


@main.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@sheet_options
@motion_options
@selection_options
def snapshot(out: Path, **options: Any) -> None:
    """Draw a selection to OUT; the suffix is the format.

    Formats: png, svg, pdf, html; a film: gif, mp4, webm.

    \b
    Examples:
      bordermap snapshot april.png --from 2024-04-01 --to 2024-04-30 --region MM-11
      bordermap snapshot 2024.gif --from 2024-01-01 --to 2024-12-31 --step week
    """
    from bordermap.snapshot.making import FORMATS
    from bordermap.snapshot.motion import Motion
    from bordermap.snapshot.spec import Spec

    pictures = {suffix: one for suffix, one in FORMATS.items() if one.is_picture}
    moves = by_suffix(out, pictures).moves
    sheet, motion = take_sheet(options), take_motion(options)
    if motion and not moves:
        films = ", ".join(suffix for suffix, one in pictures.items() if one.moves)
        raise click.UsageError(f"{out}: --step, --speed and --mode are for films: {films}")
    if moves:
        from bordermap.snapshot.film import USUAL

        sheet = {**USUAL, **sheet}
    picked = Picked(options)
    spec = Spec(selection=picked.selection, made_on=date.today(), **sheet)
    _write(out, picked, spec, Motion(**motion) if moves else None)


def _write(out: Path, picked: Picked, spec: Spec, motion: Motion | None = None) -> None:
    from bordermap.snapshot import making
    from bordermap.snapshot.proofs import sidecar

    with progress_bar("frames") if motion else nullcontext() as progress:
        made = making.make(
            spec, out.suffix.lower(), picked.catalog, picked.dataset, motion, progress
        )
    sidecar.write_both(out, made)
    _report(out, made.records, picked)


def _report(out: Path, matching: int, picked: Picked) -> None:
    click.echo(f"{out}: {matching} of {len(picked.dataset)} records", err=True)
    if not matching:
        click.echo("no record matches the selection", err=True)
        sys.exit(FOUND_FAULTS)


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
def validate(folder: Path | None) -> None:
    """Check a data package and name every fault with file, row, field and reason.

    \b
    Example:
      bordermap validate geodata
    """
    from bordermap import catalog as catalogs

    checked = catalogs.load(folder)
    for fault in checked.faults:
        click.echo(str(fault))
    held = (
        f"{len(checked.records)} records, {len(checked.relations)} relations,"
        f" {len(checked.gazetteer.places)} places, {len(checked.actors)} actors,"
        f" {len(checked.gates)} gates with {len(checked.statuses)} statuses,"
        f" {len(checked.claims)} claims, {len(checked.sources)} sources,"
        f" {len(checked.layers)} layers"
    )
    click.echo(f"{held}: {len(checked.faults)} faults", err=True)
    if checked.faults:
        sys.exit(FOUND_FAULTS)


main.add_command(import_)
main.add_command(datasets)
main.add_command(verify)
main.add_command(atlas)
