"""What a file of events looks like, the shares it is read in, and what comes of reading."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.errors import ImportFileError
from bordermap.model.event import ISSUE_SCHEMA

MAX_COLUMNS = 1000
"""A file with more columns than this is refused."""

VALUE_LENGTH = 200
"""Characters of a value that an issue shows."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out.

    Attributes
    ----------
    form : str
        ``text``, ``sheet``, ``features`` or ``parquet``.
    columns : tuple of str
        Unique names; ``column 1`` and so on where there is no header.
    encoding : str
        Of text: ``utf-8``, ``windows-1252``, ``utf-16-le`` or another codec of Python.
    delimiter : str
        Of text: one ASCII character.
    quoted : bool
        Of text: False where quotes are plain characters and every line is a row.
    header : bool
        Whether the first row that is not blank names the columns.
    part : str
        Name of the sheet or layer.
    """

    form: str
    columns: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""
    quoted: bool = True
    header: bool = True
    part: str = ""


@dataclass(frozen=True)
class Chunk:
    """A share of a file that can be read by itself.

    Attributes
    ----------
    path : Path
    layout : Layout
    number : int
        From 0.
    start, end : int, int or None
        Bytes of plain text or row groups of Parquet, the end excluded; None is the end
        of the file.
    first_line : int
        Line (or row) number of what stands at ``start``.
    """

    path: Path
    layout: Layout
    number: int
    start: int
    end: int | None
    first_line: int


@dataclass(frozen=True)
class Batch:
    """Rows of a file, as text.

    Attributes
    ----------
    columns : pyarrow.Table
        All columns are strings, null where a cell is empty, named as in the layout.
    lines : array of int64, shape (rows,)
        Line as a text editor counts (the header is 1), row of a sheet, or number of a
        feature or row from 1.
    issues : pyarrow.Table
        ``ISSUE_SCHEMA``: rows that could not be split (``rejected``), text that had to
        be mended (``repaired``).
    rejected : int
        Rows rejected here; the rows read are ``len(columns) + rejected``.
    consumed : int
        Bytes of the chunk's share of the file that are read up to here.
    """

    columns: pa.Table
    lines: npt.NDArray[np.int64]
    issues: pa.Table
    rejected: int
    consumed: int


class Issue(NamedTuple):
    """One thing that is wrong with one row, before it is a row of ``ISSUE_SCHEMA``."""

    line: int
    action: str
    reason: str
    value: str | None = None
    field: str = ""


def batch(
    path: Path,
    columns: pa.Table,
    lines: npt.NDArray[np.int64],
    issues: Sequence[Issue],
    consumed: int,
) -> Batch:
    """Make a batch of rows and what is wrong with them; issues are put in order of lines."""
    ordered = sorted(issues, key=lambda issue: issue.line)
    table = pa.Table.from_pydict(
        {
            "file": [path.name] * len(ordered),
            "line": [issue.line for issue in ordered],
            "action": [issue.action for issue in ordered],
            "field": [issue.field for issue in ordered],
            "value": [issue.value and issue.value[:VALUE_LENGTH] for issue in ordered],
            "reason": [issue.reason for issue in ordered],
        },
        schema=ISSUE_SCHEMA,
    )
    rejected = len({issue.line for issue in ordered if issue.action == "rejected"})
    return Batch(columns, lines, table, rejected, consumed)


def text_schema(names: Iterable[str]) -> pa.Schema:
    """Return the schema of columns of text with these names."""
    return pa.schema([pa.field(name, pa.string()) for name in names])


def column_names(path: Path, cells: Sequence[str | None]) -> tuple[str, ...]:
    """Make unique names of the cells of a header.

    An empty cell is called ``column N``; a name that stands twice gets a number,
    ``name (2)``.

    Raises
    ------
    ImportFileError
        There are more than ``MAX_COLUMNS`` columns.
    """
    check_width(path, len(cells))
    names: dict[str, None] = {}
    taken = {_tidy(cell) for cell in cells}
    for number, cell in enumerate(cells, start=1):
        base = _tidy(cell) or f"column {number}"
        name = base
        for copy in itertools.count(2):
            if name not in names and (name == base or name not in taken):
                break
            name = f"{base} ({copy})"
        names[name] = None
    return tuple(names)


def check_width(path: Path, columns: int) -> None:
    """Refuse a file with too many columns.

    Raises
    ------
    ImportFileError
    """
    if columns > MAX_COLUMNS:
        raise ImportFileError(
            f"{path.name}: has {columns:,} columns, at most {MAX_COLUMNS:,} can be read: "
            "is the delimiter right? Leave out the columns that are not needed"
        )


def _tidy(cell: str | None) -> str:
    return " ".join((cell or "").replace("\0", "").split())[:VALUE_LENGTH]
