"""The command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bordermap import __version__
from bordermap.errors import BordermapError, ImportFileError, SelectionError, StoreError

if TYPE_CHECKING:
    from bordermap.catalog import Catalog
    from bordermap.engine import Plan, Progress
    from bordermap.importers.mapping import Mapping as ColumnMapping
    from bordermap.store import StoredDataset

T = TypeVar("T")

FOUND_FAULTS = 1
"""Exit status where faults were found, or nothing matched where something was asked for."""

GEODATA = click.option(
    "--geodata",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BORDERMAP_GEODATA",
    help="Another data package than the one that came along.",
)

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BORDERMAP_DATA",
    help="Folder of the imported datasets.",
)


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
    from bordermap.snapshot import tables

    write = _by_suffix(out, tables.FORMATS)
    picked = _Picked(options)
    tables.write_atomically(out, write(picked.records, picked.catalog, picked.selection))
    _report(out, picked)


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
@click.option("--view", metavar="W,S,E,N", help="Part of the map to show, in degrees.")
@_selection_options
def snapshot(out: Path, title: str | None, dpi: int, view: str | None, **options: Any) -> None:
    """Draw a selection to OUT; the suffix is the format (png, html).

    \b
    Example:
      bordermap snapshot april.png --from 2024-04-01 --to 2024-04-30 --region MM-11
    """
    from bordermap.selection import Selection
    from bordermap.snapshot import figure, page, tables

    box, wrong = Selection.from_query({"bbox": [view] if view else []})
    if wrong:
        raise SelectionError(wrong[0].replace("bbox", "--view"))

    def png(picked: _Picked) -> bytes:
        return figure.figure(
            picked.catalog,
            picked.dataset,
            picked.selection,
            title=title,
            dpi=dpi,
            view=box.bbox,
            made_on=date.today(),
        )

    def html(picked: _Picked) -> bytes:
        text = page.page(
            picked.catalog, picked.dataset, picked.selection, title=title, view=box.bbox
        )
        return text.encode()

    draw = _by_suffix(out, {".png": png, ".html": html})
    picked = _Picked(options)
    tables.write_atomically(out, draw(picked))
    _report(out, picked)


def _by_suffix(out: Path, formats: Mapping[str, T]) -> T:
    if out.suffix.lower() not in formats:
        wanted = ", ".join(formats)
        raise click.UsageError(f"{out}: the suffix must be one of {wanted}")
    return formats[out.suffix.lower()]


def _report(out: Path, picked: _Picked) -> None:
    matching = len(picked.records)
    click.echo(f"{out}: {matching} of {len(picked.dataset)} records", err=True)
    if not matching:
        click.echo("no record matches the selection", err=True)
        sys.exit(FOUND_FAULTS)


_ORDERS = {"day-first": "dmy", "month-first": "mdy"}


@main.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--as",
    "format_",
    type=click.Choice(["acled", "ucdp", "gdelt", "table"]),
    help="Format of the files; by default it is recognised.",
)
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="M.toml",
    help="Which column is what, as --save-mapping writes it.",
)
@click.option(
    "--save-mapping",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="M.toml",
    help="Write down which column is what.",
)
@click.option("--dataset", "name", help="Name of the dataset; by default that of the file.")
@click.option("--append", is_flag=True, help="Keep what the dataset holds; equal ids replace.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="R.json|R.html",
    help="Write the report of the import.",
)
@click.option("--date-order", type=click.Choice(list(_ORDERS)), help="Of dates such as 04/03/2021.")
@click.option("--encoding", help="Of text files, e.g. windows-1252; by default detected.")
@click.option("--delimiter", help="Between the fields of a line; by default detected.")
@click.option("--sheet", help="Name of a sheet or layer; by default the first.")
@click.option("--workers", type=click.IntRange(1), help="Use a Dask cluster of N processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Use a Dask cluster, e.g. tcp://host:8786.")
@click.option("--dry-run", is_flag=True, help="Show what would be read; write nothing.")
@GEODATA
@DATA
def import_(
    paths: tuple[Path, ...],
    format_: str | None,
    mapping_file: Path | None,
    save_mapping: Path | None,
    name: str | None,
    append: bool,
    report_file: Path | None,
    date_order: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    workers: int | None,
    scheduler: str | None,
    dry_run: bool,
    geodata: Path | None,
    data: Path | None,
) -> None:
    """Import files of events: ACLED, UCDP GED, GDELT or any table.

    PATHS are files, folders or patterns. A file may be CSV, TSV, Excel, GeoJSON, GeoPackage
    or Parquet. Whatever goes wrong, the dataset stays as it was. The exit status is 1
    if rows were rejected, though the others were imported.

    \b
    Examples:
      bordermap import ged231.csv --report report.html
      bordermap import exports/ --dataset acled --workers 4
    """
    if workers and scheduler:
        raise click.UsageError("--workers starts a cluster, --scheduler uses one; give one of them")
    if mapping_file and format_:
        raise click.UsageError("--mapping names the format itself; leave out --as")
    write_report = _by_suffix(report_file, _REPORTS) if report_file else None
    from bordermap import catalog as catalogs
    from bordermap.engine import Threads, default_name, stage, survey
    from bordermap.engine.cluster import dask
    from bordermap.snapshot.tables import write_atomically
    from bordermap.store import Store

    plan = survey(
        paths,
        mapping=_read_mapping(mapping_file) if mapping_file else None,
        format=format_,
        encoding=encoding,
        delimiter=delimiter and delimiter.replace("\\t", "\t"),
        part=sheet,
    )
    if date_order:
        plan = plan.with_date_order(_ORDERS[date_order])
    for ignored in plan.ignored:
        click.echo(f"passed over: {ignored}", err=True)
    if save_mapping:
        write_atomically(save_mapping, plan.own_mapping.to_toml().encode())
    if dry_run:
        _preview(plan, catalogs.load(geodata))
        return
    for question in plan.questions:
        raise ImportFileError(f"{question.text}; say so with --date-order {' or '.join(_ORDERS)}")
    store = Store(data)
    cluster = dask(workers, scheduler) if workers or scheduler else nullcontext(Threads())
    with cluster as runner, _progress() as progress:
        staged = stage(
            store,
            plan,
            name or default_name(paths),
            catalog=catalogs.load(geodata),
            append=append,
            runner=runner,
            progress=progress,
        )
    with staged:
        if report_file and write_report:
            write_report(staged.dataset, report_file)
        dataset = staged.commit()
    _imported(dataset, report_file)


def _json_report(dataset: StoredDataset, path: Path) -> None:
    from bordermap.engine.report_rows import to_json
    from bordermap.snapshot.tables import write_atomically

    write_atomically(path, (piece.encode() for piece in to_json(dataset)))


def _html_report(dataset: StoredDataset, path: Path) -> None:
    from bordermap.engine.report_page import to_html
    from bordermap.snapshot.tables import write_atomically

    write_atomically(path, to_html(dataset).encode())


_REPORTS = {".json": _json_report, ".html": _html_report}


def _read_mapping(file: Path) -> ColumnMapping:
    from bordermap.importers.mapping import Mapping as ColumnMapping

    try:
        return ColumnMapping.from_toml(file.read_text("utf-8"))
    except OSError as error:
        raise ImportFileError(f"{file} cannot be read: {(error.strerror or '').lower()}") from None
    except UnicodeDecodeError:
        raise ImportFileError(f"{file} is no mapping: it is not UTF-8 text") from None


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None] | None]:
    """Give what shows progress on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bar: Any = click.progressbar(
        length=1000,
        file=sys.stderr,
        show_eta=False,
        item_show_func=lambda progress: _in_words(progress) if progress else "",
    )
    with bar:

        def show(progress: Progress) -> None:
            bar.update(round(1000 * progress.done) - bar.pos, progress)
            bar.render_progress()

        yield show


def _in_words(progress: Progress) -> str:
    left = progress.seconds_left
    minutes, seconds = divmod(round(left or 0), 60)
    wait = "" if left is None else f", {minutes}:{seconds:02} left"
    return f"{progress.step}: {progress.rows:,} rows{wait}"


def _preview(plan: Plan, catalog: Catalog) -> None:
    from bordermap.engine import preview

    for source in plan.sources:
        layout = source.layout
        facts = [plan.mapping.format, layout.form, layout.part, layout.encoding]
        click.echo(f"{source.name}: {', '.join(filter(None, facts))}, {source.size:,} bytes")
    click.echo(f"\n{plan.own_mapping.to_toml()}")
    for question in plan.questions:
        click.echo(f"{question.text} (--date-order)")
    if not plan.questions:
        found = preview(plan, catalog)
        click.echo(f"The first rows: {len(found.events)} events, {len(found.issues)} issues")
        columns = ("date_start", "category", "region_code", "place_name", "title")
        for event in found.events.select(columns).slice(0, 10).to_pylist():
            click.echo("  " + "  ".join(_short(event[column]) for column in columns))
        for issue in found.issues.slice(0, 10).to_pylist():
            click.echo("  line {line}: {field}: {reason}".format_map(issue))


def _short(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return f"{text[:59]}…" if len(text) > 60 else f"{text:<10}"


def _imported(dataset: StoredDataset, report_file: Path | None) -> None:
    """Say what was imported; exit with a status that tells of rejected rows."""
    _say_imported(dataset)
    click.echo(f"report: {report_file or f'bordermap datasets show {dataset.name}'}")
    click.echo(f"to see it: bordermap records --dataset {dataset.name}, or bordermap")
    if dataset.report["rows"]["rejected"]:
        sys.exit(FOUND_FAULTS)


def _say_imported(dataset: StoredDataset) -> None:
    rows, reasons = dataset.report["rows"], dataset.report["reasons"]
    click.echo(
        f"{dataset.name}: {rows['read']:,} rows read, {rows['kept']:,} kept"
        f" ({rows['repaired']:,} of them repaired), {rows['rejected']:,} rejected"
    )
    if rows["total"] != rows["kept"]:
        click.echo(f"it holds {rows['total']:,} events; {rows['replaced']:,} were replaced")
    for reason in sorted(reasons, key=lambda r: (r["action"] != "rejected", -r["rows"]))[:_GRAVEST]:
        field = f"{reason['field']}: " if reason["field"] else ""
        click.echo(f"{reason['rows']:>9,} {reason['action']}: {field}{reason['reason']}")
    if len(reasons) > _GRAVEST:
        click.echo(f"{'':>9} and {len(reasons) - _GRAVEST} more reasons")


_GRAVEST = 8
"""Reasons that are printed after an import."""


@main.group(invoke_without_command=True)
@click.pass_context
def datasets(ctx: click.Context) -> None:
    """List, show or remove imported datasets. Without a command: list them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_datasets)


@datasets.command("list")
@DATA
def list_datasets(data: Path | None) -> None:
    """Name the imported datasets."""
    from bordermap.store import Store

    store = Store(data)
    names = store.names()
    for name in names:
        try:
            found = store.get(name)
        except StoreError as error:
            click.echo(str(error), err=True)
        else:
            form = found.manifest["source"]["format"]
            made = found.manifest["created"]
            click.echo(f"{name:<24} {found.rows:>12,} events  {form:<6} {made}")
    if not names:
        click.echo(f"no datasets in {store.root}; 'bordermap import FILE' makes one", err=True)


@datasets.command("show")
@click.argument("name")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="R.json|R.html",
    help="Write the report of its import.",
)
@DATA
def show_dataset(name: str, format_: str, report_file: Path | None, data: Path | None) -> None:
    """Say what a dataset holds and how its import went, or write the report.

    \b
    Example:
      bordermap datasets show acled --report acled.html
    """
    from bordermap.store import Store

    write_report = _by_suffix(report_file, _REPORTS) if report_file else None
    found = Store(data).get(name)
    if format_ == "json":
        click.echo(json.dumps(found.report, ensure_ascii=False, indent=1))
    else:
        _say_imported(found)
        _say_held(found.report)
    if report_file and write_report:
        write_report(found, report_file)


def _say_held(report: dict[str, Any]) -> None:
    from bordermap.engine.report_words import count, sections

    for file in report["files"]:
        click.echo(f"file: {file['name']}, {count(file['size'])} bytes, sha256 {file['sha256']}")
    for section in sections(report):
        if section.heading not in ("Files", "What was wrong"):
            click.echo(f"{section.heading}: {section.text}")


@datasets.command("remove")
@click.argument("name")
@DATA
def remove_dataset(name: str, data: Path | None) -> None:
    """Remove a dataset for good."""
    from bordermap.store import Store

    Store(data).remove(name)
    click.echo(f"{name} was removed", err=True)


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
