"""The command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bordermap import __version__
from bordermap.cli.imports import datasets, import_
from bordermap.cli.options import DATA, FOUND_FAULTS, GEODATA, by_suffix
from bordermap.errors import BordermapError, SelectionError

if TYPE_CHECKING:
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


def _selection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a selection; they reach the command as a query mapping."""
    day = click.DateTime(["%Y-%m-%d"])
    options = [
        click.option("--from", "from_", type=day, help="First day, inclusive."),
        click.option("--to", type=day, help="Last day, inclusive."),
        *(
            click.option(f"--{name}", multiple=True, help=text)
            for name, text in {
                "kind": "incident or meeting.",
                "category": "Category, e.g. armed_clash.",
                "region": "ISO 3166-2 code or name, e.g. MM-17 or Karen.",
                "gate": "Gate id; records within 50 km of it.",
                "actor": "Actor, as spelled in the records.",
                "topic": "Topic.",
                "source": "Source id.",
                "scope": "border, corridor, network, diplomacy or context.",
                "precision": "exact, near, district, state, country or none.",
                "confidence": "high, medium or low.",
            }.items()
        ),
        click.option("--text", help="Words in the title or summary, or the name of a place."),
        click.option("--near-border", type=float, metavar="KM", help="Within KM of the border."),
        click.option("--near-gate", type=float, metavar="KM", help="Within KM of a gate."),
        click.option("--bbox", metavar="W,S,E,N", help="Box in degrees."),
        click.option("--area", metavar="POLYGON", help="Polygon: 'lon,lat lon,lat lon,lat'."),
        click.option("--dataset", help="Name of an imported dataset, or 'all'."),
        click.option("--query", help="An address of the app, or its query string."),
        GEODATA,
        DATA,
    ]
    for option in reversed(options):
        command = option(command)
    return command


class _Picked:
    """The data package, its records and a selection from the options."""

    def __init__(self, options: dict[str, Any]) -> None:
        from bordermap import catalog as catalogs
        from bordermap.queries import Dataset, known, known_dataset, members, with_sources
        from bordermap.selection import Selection
        from bordermap.store import Store

        geodata, query = options.pop("geodata"), options.pop("query")
        store = Store(options.pop("data"))
        catalog = catalogs.load(geodata)
        if catalog.faults:
            click.echo(
                f"{len(catalog.faults)} faults in the data were left out;"
                " 'bordermap validate' names them",
                err=True,
            )
        asked, ignored = Selection.from_query(query or {})
        given, wrong = Selection.from_query(
            {
                key.strip("_").replace("_", "-"): [_text(value) for value in _many(values)]
                for key, values in options.items()
                if values not in (None, ())
            }
        )
        names = store.names()
        given, no_dataset = known_dataset(given, names)
        if wrong or no_dataset:
            raise SelectionError("; ".join(wrong + no_dataset))
        asked, no_dataset = known_dataset(asked, names)
        picked, curated = members(given.dataset or asked.dataset, names)
        imported = [store.get(name) for name in picked]
        self.catalog = with_sources(catalog, imported)
        self.dataset = Dataset.of(catalog, imported, curated=curated)
        given, wrong = known(self.dataset, self.catalog, given)
        if wrong:
            raise SelectionError("; ".join(wrong))
        asked, unknown = known(self.dataset, self.catalog, asked)
        for line in ignored + no_dataset + unknown:
            click.echo(f"ignored in the query: {line}", err=True)
        changes = {
            field: value
            for field in given.__dataclass_fields__
            if (value := getattr(given, field)) not in (None, (), "")
        }
        self.selection = asked.replace(**changes)
        self.records = self.dataset.select(self.selection)


def _many(values: Any) -> tuple[Any, ...]:
    return values if isinstance(values, tuple) else (values,)


def _text(value: Any) -> str:
    return value.date().isoformat() if hasattr(value, "date") else str(value)


@main.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "jsonl", "geojson"]),
    default="table",
    show_default=True,
    help="How to print them.",
)
@_selection_options
def records(format_: str, **options: Any) -> None:
    """Print the records of a selection.

    \b
    Example:
      bordermap records --from 2024-04-01 --to 2024-04-05 --region MM-11 --format jsonl
    """
    from bordermap.snapshot import tables

    picked = _Picked(options)
    if format_ == "table":
        click.echo(_table(picked))
    else:
        body = tables.FORMATS[f".{format_}"](picked.records, picked.catalog, picked.selection)
        click.echo(body, nl=False)
    if not len(picked.records):
        click.echo("no record matches the selection", err=True)
        sys.exit(FOUND_FAULTS)


def _table(picked: _Picked) -> str:
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
@_selection_options
def export(out: Path, **options: Any) -> None:
    """Write the records of a selection to OUT; the suffix is the format.

    Formats: csv, jsonl, geojson, xlsx.

    \b
    Example:
      bordermap export shan.geojson --region MM-17
    """
    from bordermap.snapshot.making import FORMATS
    from bordermap.snapshot.spec import Spec

    by_suffix(out, {suffix: one for suffix, one in FORMATS.items() if not one.is_picture})
    picked = _Picked(options)
    _write(out, picked, Spec(selection=picked.selection, made_on=date.today()))


@main.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--title", help="Title instead of the one made from the selection.")
@click.option(
    "--dpi",
    type=click.IntRange(50, 400),
    default=200,
    show_default=True,
    help="Dots per inch of a PNG.",
)
@click.option(
    "--show",
    metavar="PART",
    default="",
    help="Part of the map: border, a region's code, a gate's id, or W,S,E,N in degrees.",
)
@_selection_options
def snapshot(out: Path, title: str | None, dpi: int, show: str, **options: Any) -> None:
    """Draw a selection to OUT; the suffix is the format (png, html).

    \b
    Example:
      bordermap snapshot april.png --from 2024-04-01 --to 2024-04-30 --region MM-11
    """
    from bordermap.snapshot.making import FORMATS
    from bordermap.snapshot.spec import Spec

    by_suffix(out, {suffix: one for suffix, one in FORMATS.items() if one.is_picture})
    picked = _Picked(options)
    _write(
        out,
        picked,
        Spec(
            selection=picked.selection,
            made_on=date.today(),
            title=title or "",
            dpi=dpi,
            show=show,
        ),
    )


def _write(out: Path, picked: _Picked, spec: Spec) -> None:
    from bordermap.snapshot import making, tables

    made = making.make(spec, out.suffix.lower(), picked.catalog, picked.dataset)
    tables.write_atomically(out, made.body)
    _report(out, made.records, picked)


def _report(out: Path, matching: int, picked: _Picked) -> None:
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
