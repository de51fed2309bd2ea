"""One piece of a file to events and issues on disk: the task that runs anywhere.

A task depends on nothing but its arguments and may be carried out twice, at the same
time even: what it writes has hidden names until all of it is there, and the same task
writes the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from bordermap.engine.labelling import label
from bordermap.engine.spill import Spill
from bordermap.errors import StoreError
from bordermap.importers import reading
from bordermap.importers.interpret import Names, interpret
from bordermap.importers.mapping import Mapping
from bordermap.importers.reading import Chunk
from bordermap.labels import Labeller
from bordermap.model.event import ISSUE_SCHEMA


@dataclass(frozen=True)
class Job:
    """What all tasks of an import share.

    Attributes
    ----------
    mapping : Mapping
    names : Names
    labeller : Labeller
    columns : tuple of str
        Of all files together: the fields of ``original``.
    spill : Path
        Folder to write below, which every worker must reach.
    """

    mapping: Mapping
    names: Names
    labeller: Labeller
    columns: tuple[str, ...]
    spill: Path


@dataclass(frozen=True)
class Task:
    """A piece of a file.

    Attributes
    ----------
    number : int
        Position among all pieces of all files, which is the order of their rows.
    file : str
        What the file is called in events and issues.
    chunk : Chunk
    """

    number: int
    file: str
    chunk: Chunk


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a piece; every row read was kept or rejected."""

    read: int = 0
    kept: int = 0
    rejected: int = 0
    size: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.read + other.read,
            self.kept + other.kept,
            self.rejected + other.rejected,
            self.size + other.size,
        )


def run_task(job: Job, counted: Callable[[int, int], None] | None, task: Task) -> Counts:
    """Read, interpret and label a piece of a file and write it below the spill folder.

    Events go to ``<year of date_start or undated>/<number>.parquet``, issues to
    ``issues/<number>.parquet``. Memory is bounded by the batch, not by the piece.

    Parameters
    ----------
    job : Job
    counted : callable, optional
        Called with bytes and rows after each batch.
    task : Task

    Raises
    ------
    ImportFileError
        If the file cannot be read.
    StoreError
        If the folder cannot be written.
    """
    try:
        return _run(job, counted, task)
    except OSError as error:
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        raise StoreError(f"{job.spill} cannot be written: {reason}") from None


def _run(job: Job, counted: Callable[[int, int], None] | None, task: Task) -> Counts:
    counts = Counts()
    with Spill(job.spill, f"{task.number:06d}") as spill:
        for batch in reading.read(task.chunk):
            interpreted = interpret(batch, job.mapping, task.file, job.names)
            events = _conformed(label(interpreted.events, job.labeller), job.columns)
            spill.add(
                events, pa.concat_tables([_named(batch.issues, task.file), interpreted.issues])
            )
            kept, read = len(events), len(batch.columns) + batch.rejected
            advanced = Counts(read, kept, read - kept, batch.consumed - counts.size)
            counts += advanced
            if counted:
                counted(advanced.size, advanced.read)
    return counts


def _conformed(events: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """Return events whose ``original`` has the columns of all files."""
    original = events["original"].combine_chunks()
    names = [field.name for field in original.type]
    if tuple(names) == columns:
        return events
    absent = pa.nulls(len(events), pa.string())
    values = dict(zip(names, original.flatten(), strict=True))
    whole = pa.StructArray.from_arrays(
        [values.get(column, absent) for column in columns], names=list(columns)
    )
    return events.set_column(events.schema.get_field_index("original"), "original", whole)


def _named(issues: pa.Table, file: str) -> pa.Table:
    """Return issues of the reader under the name that the file has in this import."""
    index = ISSUE_SCHEMA.get_field_index("file")
    return issues.set_column(
        index, ISSUE_SCHEMA.field(index), pa.repeat(pa.scalar(file), len(issues))
    )
