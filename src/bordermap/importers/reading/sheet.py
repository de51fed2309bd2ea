"""Sheets of Excel workbooks (.xlsx) as batches."""

from __future__ import annotations

import datetime
import itertools
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import openpyxl
import pyarrow as pa

from bordermap.errors import ImportFileError
from bordermap.importers.reading.header import has_header
from bordermap.importers.reading.layout import (
    Batch,
    Chunk,
    Issue,
    Layout,
    batch,
    check_width,
    column_names,
    text_schema,
)
from bordermap.importers.reading.source import STREAMED, check_unpacked, reading

MAX_ROW = 1_048_576
"""The last row that a sheet can have."""

MAX_ROW_BYTES = 64 << 20
MAX_STRINGS_BYTES = 512 << 20

_ROWS = 8192
_STREAMED_PARTS = ("xl/worksheets/", "xl/media/", "xl/pivot")

Cells = list[str | None]


class _Sheet(Protocol):
    title: str
    _get_source: Callable[[], IO[bytes]]

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, min_row: int, values_only: bool) -> Iterator[Sequence[Any]]: ...


def sheets(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    with _workbook(path) as (found, _):
        return list(found)


def sheet_layout(path: Path, *, header: bool | None = None, part: str | None = None) -> Layout:
    """Find out the columns of a sheet.

    Parameters
    ----------
    path : Path
    header : bool, optional
        Whether its first row that is not blank names the columns; guessed by default.
    part : str, optional
        Name of the sheet; the first one with rows by default.

    Raises
    ------
    ImportFileError
        The file cannot be read, has no such sheet, or none with rows.
    """
    with _workbook(path) as (found, _):
        if part is not None and part not in found:
            raise ImportFileError(f"{path.name}: has no sheet {part!r}, but {', '.join(found)}")
        for name in found if part is None else [part]:
            begin = _taken(_rows(path, found[name]), 200)
            if begin:
                (_, first), *others = begin
                rows = [cells for _, cells in others]
                named = has_header(first, rows) if header is None else header
                width = max(len(cells) for _, cells in begin)
                cells = (first if named else []) + [None] * width
                return Layout("sheet", column_names(path, cells[:width]), header=named, part=name)
    raise ImportFileError(f"{path.name}: has no rows: nothing to import")


def read(chunk: Chunk) -> Iterator[Batch]:
    """Read all rows of a sheet; blank ones are left out.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    path, layout = chunk.path, chunk.layout
    schema = text_schema(layout.columns)
    width = len(schema)
    with _workbook(path) as (found, file):
        if layout.part not in found:
            raise ImportFileError(f"{path.name}: has no sheet {layout.part!r} (any more)")
        rows = _rows(path, found[layout.part])
        if layout.header:
            _taken(rows, 1)
        while block := _taken(rows, _ROWS):
            cells = [row[:width] + [None] * (width - len(row)) for _, row in block]
            table = pa.table(
                [pa.array(column, pa.string()) for column in zip(*cells, strict=True)],
                schema=schema,
            )
            lines = np.array([number for number, _ in block], dtype=np.int64)
            issues = [issue for number, row in block for issue in _beside(number, row, width)]
            yield batch(path, table, lines, issues, file.tell())


def _taken(rows: Iterator[tuple[int, Cells]], count: int) -> list[tuple[int, Cells]]:
    with warnings.catch_warnings(action="ignore"):
        return list(itertools.islice(rows, count))


def _beside(number: int, row: Cells, width: int) -> Iterator[Issue]:
    for column, cell in enumerate(row[width:], start=width + 1):
        if cell is not None:
            reason = "stands beside the columns of the table: left out"
            yield Issue(number, "repaired", reason, cell, f"column {column}")


def _rows(path: Path, sheet: _Sheet) -> Iterator[tuple[int, Cells]]:
    """Yield the number and cells of rows that are not blank, without empty cells at the end."""
    source = _Metered(path, sheet._get_source)
    sheet._get_source = source.open
    sheet.reset_dimensions()
    for number, values in enumerate(sheet.iter_rows(min_row=1, values_only=True), start=1):
        source.since_row = 0
        if number > MAX_ROW:
            raise ImportFileError(
                f"{path.name}: has a row beyond {MAX_ROW:,}, the last one that a sheet can have"
            )
        cells = [_text(value) for value in values]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            check_width(path, len(cells))
            yield number, cells


class _Metered:
    """Opens the XML of a sheet and refuses a row that would not fit into memory."""

    def __init__(self, path: Path, opener: Callable[[], IO[bytes]]) -> None:
        self._path, self._opener = path, opener
        self.since_row = 0

    def open(self) -> IO[bytes]:
        file = self._opener()
        plain = file.read

        def read(size: int = -1) -> bytes:
            data = plain(size)
            self.since_row += len(data)
            if self.since_row > MAX_ROW_BYTES:
                raise ImportFileError(
                    f"{self._path.name}: has a row of more than {MAX_ROW_BYTES >> 20} MiB: "
                    "save the sheet as CSV in UTF-8"
                )
            return data

        file.read = read  # type: ignore[method-assign]
        return file


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).replace("\0", "") or None


@contextmanager
def _workbook(path: Path) -> Iterator[tuple[dict[str, _Sheet], IO[bytes]]]:
    with reading(path), path.open("rb") as file:
        try:
            _check_parts(path, file)
            with warnings.catch_warnings(action="ignore"):
                workbook = openpyxl.load_workbook(
                    file, read_only=True, data_only=True, keep_links=False
                )
            yield {sheet.title: sheet for sheet in workbook.worksheets}, file
        except (ImportFileError, GeneratorExit):
            raise
        except Exception as error:
            raise ImportFileError(
                f"{path.name}: is damaged or no Excel workbook: "
                "open it in a spreadsheet and save it as .xlsx or CSV"
            ) from error


def _check_parts(path: Path, file: IO[bytes]) -> None:
    parts = zipfile.ZipFile(file).infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise ImportFileError(f"{path.name}: is encrypted: save it without a password")
    if any(part.compress_type not in STREAMED for part in parts):
        raise ImportFileError(f"{path.name}: is packed in an unusual way: save it again as .xlsx")
    check_unpacked(
        path.name,
        sum(part.file_size for part in parts),
        max(1, min(sum(part.compress_size for part in parts), path.stat().st_size)),
    )
    for part in parts:
        if part.filename.startswith(_STREAMED_PARTS):
            continue
        strings = part.filename.lower().endswith("sharedstrings.xml")
        if part.file_size > (MAX_STRINGS_BYTES if strings else MAX_ROW_BYTES):
            raise ImportFileError(
                f"{path.name}: its part {part.filename} is too large to be read: "
                "save the sheet as CSV in UTF-8"
            )
