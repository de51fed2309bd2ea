"""The commands import and datasets."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bordermap.cli.options import DATA, FOUND_FAULTS, GEODATA, by_suffix
from bordermap.errors import ImportFileError, StoreError

if TYPE_CHECKING:
    from bordermap.catalog import Catalog
    from bordermap.engine import Plan, Progress
    from bordermap.importers.mapping import Mapping as ColumnMapping
    from bordermap.store import StoredDataset

_ORDERS = {"day-first": "dmy", "month-first": "mdy"}


@click.command("import")
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
    write_report = by_suffix(report_file, _REPORTS) if report_file else None
    from bordermap import catalog as catalogs
    from bordermap.engine import Threads, default_name, stage, survey
    from bordermap.engine.cluster import dask
    from bordermap.snapshot.files import write_atomically
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
    from bordermap.snapshot.files import write_atomically

    write_atomically(path, (piece.encode() for piece in to_json(dataset)))


def _html_report(dataset: StoredDataset, path: Path) -> None:
    from bordermap.engine.report_page import to_html
    from bordermap.snapshot.files import write_atomically

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


@click.group(invoke_without_command=True)
@click.pass_context
def datasets(ctx: click.Context) -> None:
    """List, show or remove imported datasets. Without a command: list them.

    \b
    Example:
      bordermap datasets show acled
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_datasets)


@datasets.command("list")
@DATA
def list_datasets(data: Path | None) -> None:
    """Name the imported datasets.

    \b
    Example:
      bordermap datasets list
    """
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

    write_report = by_suffix(report_file, _REPORTS) if report_file else None
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
