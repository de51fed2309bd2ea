"""Parquet and GeoParquet as batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from bordermap.errors import ImportFileError
from bordermap.importers.reading.geometry import GEOMETRY_COLUMNS, Locator
from bordermap.importers.reading.layout import (
    Batch,
    Chunk,
    Layout,
    batch,
    check_width,
    column_names,
)
from bordermap.importers.reading.source import MAX_RATIO, MAX_UNPACKED, reading
from bordermap.importers.reading.values import plain_storage, text_columns

MAX_ROW_BYTES = 64 << 20
_ROWS = 8192
_NESTED_ROWS = 256
_ROWS_PER_BYTE = 1000
_LISTED_PER_BYTE = 100
_WKB = ("geoarrow.wkb", "ogc.wkb")


def parquet_layout(path: Path) -> Layout:
    """Find out the columns of a Parquet file.

    Raises
    ------
    ImportFileError
        The file cannot be read, or says of itself what cannot be.
    """
    with _opened(path) as file:
        names = list(file.schema_arrow.names)
        check_width(path, len(names))
        geometry = _geometry(file)
        cells = [name for position, name in enumerate(names) if position != geometry.position]
        if geometry.position >= 0:
            cells += GEOMETRY_COLUMNS
        return Layout("parquet", column_names(path, cells))


def chunks(path: Path, layout: Layout, size: int | None) -> Iterator[Chunk]:
    """Divide a file between its row groups.

    Parameters
    ----------
    path : Path
    layout : Layout
    size : int or None
        Bytes of a chunk, at least; None gives one chunk.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    chunk = Chunk(path, layout, number=0, start=0, end=None, first_line=1)
    if size is not None:
        with _opened(path) as file:
            held, line = 0, 1
            for group in range(file.metadata.num_row_groups):
                if held >= size:
                    yield replace(chunk, end=group)
                    chunk = replace(chunk, number=chunk.number + 1, start=group, first_line=line)
                    held = 0
                held += _packed(file.metadata.row_group(group))
                line += file.metadata.row_group(group).num_rows
    yield chunk


def read(chunk: Chunk, block: int) -> Iterator[Batch]:
    """Read the rows of a chunk.

    Parameters
    ----------
    chunk : Chunk
    block : int
        Bytes of text that a batch holds, about.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    path, layout = chunk.path, chunk.layout
    row = chunk.first_line
    with _opened(path) as file:
        geometry = _geometry(file)
        locator = Locator(path, geometry.crs)
        end = file.metadata.num_row_groups if chunk.end is None else chunk.end
        groups = list(range(chunk.start, end))
        packed = sum(_packed(file.metadata.row_group(group)) for group in groups)
        count = sum(file.metadata.row_group(group).num_rows for group in groups)
        flat = not any(pa.types.is_nested(field.type) for field in file.schema_arrow)
        rows = _ROWS if flat else _NESTED_ROWS
        for found in file.iter_batches(batch_size=rows, row_groups=groups, use_threads=False):
            for part in _parts(path, found, block):
                arrays = [
                    part.column(position)
                    for position in range(part.num_columns)
                    if position != geometry.position
                ]
                if geometry.position >= 0:
                    arrays += locator.columns(plain_storage(part.column(geometry.position)))
                table, issues = text_columns(layout.columns, arrays, row)
                lines = np.arange(row, row + len(table), dtype=np.int64)
                row += len(table)
                consumed = packed * (row - chunk.first_line) // max(count, 1)
                yield batch(path, table, lines, issues, consumed)


@dataclass(frozen=True)
class _Geometry:
    position: int = -1
    crs: Any = None


def _geometry(file: parquet.ParquetFile) -> _Geometry:
    schema = file.schema_arrow
    try:
        geo = json.loads((schema.metadata or {})[b"geo"])
        name = geo["primary_column"]
        column = geo["columns"][name]
        position = schema.names.index(name)
        if column["encoding"] == "WKB" and _is_binary(schema.field(position).type):
            return _Geometry(position, column.get("crs"))
    except (KeyError, TypeError, ValueError):
        pass
    for position, field in enumerate(schema):
        if getattr(field.type, "extension_name", "") in _WKB and _is_binary(
            getattr(field.type, "storage_type", field.type)
        ):
            return _Geometry(position)
    return _Geometry()


def _is_binary(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind in (pa.binary(), pa.large_binary(), pa.binary_view())


def _parts(path: Path, found: pa.RecordBatch, block: int) -> Iterator[pa.RecordBatch]:
    """Divide rows so that none takes much more text than a block.

    Text arrives as dictionaries: a value that is repeated takes its room only once, here
    not yet in each row.
    """
    sizes = np.ones(len(found), dtype=np.int64)
    for column in found.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).cast(pa.int64())
            sizes += pc.fill_null(lengths.take(column.indices), 0).to_numpy(zero_copy_only=False)
    if len(sizes) and int(sizes.max()) > MAX_ROW_BYTES:
        raise ImportFileError(f"{path.name}: has a row of more than {MAX_ROW_BYTES >> 20} MiB")
    start, held = 0, np.cumsum(sizes)
    while start < len(found):
        before = int(held[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(held, before + block, side="right")))
        yield found.slice(start, stop - start)
        start = stop


def _packed(group: parquet.RowGroupMetaData) -> int:
    return sum(group.column(column).total_compressed_size for column in range(group.num_columns))


@contextmanager
def _opened(path: Path) -> Iterator[parquet.ParquetFile]:
    with reading(path), path.open("rb"):
        pass
    try:
        with parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            _check(path, file)
            texts = _texts(file)
        with parquet.ParquetFile(
            path, pre_buffer=False, buffer_size=1 << 20, read_dictionary=texts
        ) as file:
            yield file
    except (ImportFileError, GeneratorExit):
        raise
    except FileNotFoundError as error:
        raise ImportFileError(f"{path.name}: is not there (any more): check the path") from error
    except Exception as error:
        raise ImportFileError(
            f"{path.name}: is damaged, incomplete or no Parquet file: fetch or write it again"
        ) from error


def _texts(file: parquet.ParquetFile) -> list[str]:
    schema = file.schema_arrow
    return [
        name
        for name, field in zip(schema.names, schema, strict=True)
        if field.type in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())
    ]


def _check(path: Path, file: parquet.ParquetFile) -> None:
    """Refuse a file whose footer says what cannot be."""
    meta, size = file.metadata, path.stat().st_size
    groups = [meta.row_group(group) for group in range(meta.num_row_groups)]
    unpacked = sum(
        max(group.column(column).total_uncompressed_size, 0)
        for group in groups
        for column in range(group.num_columns)
    )
    rows = [group.num_rows for group in groups]
    listed = max(
        (
            group.column(column).num_values
            for group in groups
            for column in range(group.num_columns)
            if file.schema.column(column).max_repetition_level
        ),
        default=0,
    )
    lies = (
        any(count < 0 for count in rows)
        or sum(rows) != meta.num_rows
        or any(not 0 <= _packed(group) <= size for group in groups)
        or meta.num_rows > _ROWS_PER_BYTE * size
        or listed > _LISTED_PER_BYTE * size
    )
    if lies:
        raise ImportFileError(
            f"{path.name}: its footer contradicts the file: it is damaged; fetch or write it again"
        )
    if unpacked > MAX_UNPACKED and unpacked > MAX_RATIO * size:
        raise ImportFileError(
            f"{path.name}: unpacks to more than {MAX_RATIO} times its size: is it right?"
        )
