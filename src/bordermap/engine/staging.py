"""An import from files to a dataset that only has to be kept or discarded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from bordermap.catalog import Catalog, join
from bordermap.engine.chunk import Counts, Job, Task, run_task
from bordermap.engine.labelling import label
from bordermap.engine.progress import Meter, Progress
from bordermap.engine.report import report
from bordermap.engine.runner import Runner, Threads
from bordermap.engine.sources import Plan, Source, sha256, survey
from bordermap.errors import ImportFileError
from bordermap.importers import reading
from bordermap.importers.interpret import Interpreted, Names, interpret
from bordermap.importers.mapping import Mapping
from bordermap.importers.reading import Layout
from bordermap.model.names import fold
from bordermap.store import Staged, Store

_HASHED, _READ, _FINISHED = 0.05, 0.65, 0.97
"""Share of the import that is done when a step ends."""

_LEAST_PIECE = 32 << 20
_MOST_PIECES = 2000


def stage(
    store: Store,
    paths: Sequence[Path] | Plan,
    name: str,
    *,
    catalog: Catalog,
    mapping: Mapping | None = None,
    layout: Layout | None = None,
    append: bool = False,
    runner: Runner | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Staged:
    """Read files into a new version of a dataset, which is not yet seen by others.

    Whatever fails, the dataset stays as it was.

    Parameters
    ----------
    store : Store
    paths : sequence of Path, or Plan
        Files, folders and patterns, or what :func:`survey` found them to be.
    name : str
        Of the dataset.
    catalog : Catalog
        With the units, gates, border and names that events are joined to.
    mapping, layout : optional
        As for :func:`survey`.
    append : bool
        Keep the events that the dataset holds, except those whose id comes again.
    runner : Runner, optional
        By default threads of this process.
    progress : callable, optional
        Called in this thread, some times a second; what it raises ends the import.

    Raises
    ------
    ImportFileError
        If a file cannot be read, changed while it was read, or none holds a row.
    StoreError
        If the dataset cannot be written, or is being written by another import.
    """
    plan = paths if isinstance(paths, Plan) else survey(paths, mapping=mapping, layout=layout)
    if plan.questions:
        raise ImportFileError(plan.questions[0].text)
    meter, runner = Meter(progress), runner or Threads()
    labeller = join.labeller(catalog.gates, catalog.layers)
    if not runner.shares_memory:
        labeller.build()
    with store.build(name) as building:
        previous = store.get(name) if append and store.version(name) else None
        digests = _digests(plan, runner, meter)
        job = Job(plan.mapping, _names(catalog), labeller, _columns(plan), building.spill)
        counts = _read(plan, job, runner, meter)
        if not counts.read:
            raise ImportFileError(f"{_together(plan)}: there is no row to import")
        for source in plan.sources:
            source.check_unchanged()
        meter.begin("Sorting and writing", _READ, _FINISHED)
        staged = building.finish(
            previous,
            run=lambda function, tasks: runner.run(function, tasks, meter),
            progress=meter.tell,
            mapping=plan.mapping.to_toml(),
            source={
                "format": plan.mapping.format,
                "files": [_facts(*pair) for pair in zip(plan.sources, digests, strict=True)],
                "ignored": list(plan.ignored),
            },
        )
    try:
        meter.begin("Writing the report", _FINISHED, 1.0)
        staged.set_report(
            report(staged.dataset, counts, labeller, previous.rows if previous else 0)
        )
        meter.tell(1.0)
    except BaseException:
        staged.discard()
        raise
    return staged


def preview(plan: Plan, catalog: Catalog, rows: int = 500) -> Interpreted:
    """Return the first events of the first file as an import would keep them, and the issues.

    Raises
    ------
    ImportFileError
        If the file cannot be read.
    """
    source = plan.sources[0]
    batch = reading.sample(source.path, source.layout, rows)
    found = interpret(batch, plan.mapping, source.name, _names(catalog))
    issues = pa.concat_tables([batch.issues, found.issues])
    return Interpreted(label(found.events, join.labeller(catalog.gates, catalog.layers)), issues)


def _digests(plan: Plan, runner: Runner, meter: Meter) -> list[str]:
    """Return the SHA-256 of every file, in their order."""
    meter.begin("Taking fingerprints", 0.0, _HASHED, plan.size)
    hashed = partial(_digest, meter.add if runner.shares_memory else None)
    digests: dict[Path, str] = {}
    for path, size, digest in runner.run(hashed, [source.path for source in plan.sources], meter):
        digests[path] = digest
        if not runner.shares_memory:
            meter.add(size, 0)
    return [digests[source.path] for source in plan.sources]


def _digest(counted: Callable[[int, int], None] | None, path: Path) -> tuple[Path, int, str]:
    return path, path.stat().st_size, sha256(path, counted)


def _read(plan: Plan, job: Job, runner: Runner, meter: Meter) -> Counts:
    """Spill the events and issues of all files."""
    meter.begin("Reading", _HASHED, _READ, plan.size)
    work = partial(run_task, job, meter.add if runner.shares_memory else None)
    total = Counts()
    for counts in runner.run(work, _tasks(plan), meter):
        total += counts
        if not runner.shares_memory:
            meter.add(counts.size, counts.read)
    pa.default_memory_pool().release_unused()  # for DuckDB, which sorts next
    return total


def _tasks(plan: Plan) -> Iterator[Task]:
    """Yield the pieces of all files; where they are cut depends on the files alone."""
    size = max(_LEAST_PIECE, plan.size // _MOST_PIECES)
    number = 0
    for source in plan.sources:
        for chunk in reading.chunks(source.path, source.layout, size):
            yield Task(number, source.name, chunk)
            number += 1


def _columns(plan: Plan) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(column for source in plan.sources for column in source.layout.columns)
    )


def _names(catalog: Catalog) -> Names:
    """Return the regions that can be told by a name, of the layers and of the gazetteer."""
    units = dict(zip(catalog.units["name"].map(fold), catalog.units["code"], strict=True))
    places = {
        fold(name): place.region
        for place in catalog.gazetteer.places.values()
        if place.kind == "state" and place.region
        for name in catalog.gazetteer.names(place)
    }
    return Names(units | places)


def _facts(source: Source, digest: str) -> dict[str, Any]:
    modified = datetime.fromtimestamp(source.modified // 10**9, UTC)
    layout = source.layout
    return {
        "name": source.name,
        "size": source.size,
        "sha256": digest,
        "modified": modified.isoformat(),
        "form": layout.form,
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "part": layout.part,
        "columns": list(layout.columns),
    }


def _together(plan: Plan) -> str:
    return ", ".join(source.name for source in plan.sources[:3]) + (
        f" and {len(plan.sources) - 3} more" if len(plan.sources) > 3 else ""
    )
