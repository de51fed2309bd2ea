"""Rows of many Parquet files in another order, with few of them in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

_HELD_BYTES = 32 << 20
_HELD_ROWS = 75_000
_BYTES_PER_COLUMN = 8
_RANK = pa.field("rank", pa.int64())
_LIGHT = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class Order:
    """Rows of files in the order wanted.

    Attributes
    ----------
    files : tuple of str
    number, position : array of int, shape (n,)
        The number of each row's file, and of the row in it; both from 0.
    lowered : array of bool, shape (n,)
        Whether the row's place is known less well than it says.
    """

    files: tuple[str, ...]
    number: npt.NDArray[np.int32]
    position: npt.NDArray[np.int32]
    lowered: npt.NDArray[np.bool_]


def together(files: Iterable[Path]) -> pa.StructType:
    """Return the type of ``original`` that holds the columns of all files.

    Two names that differ in case only are one column.
    """
    schemas = dict.fromkeys(tuple(_names(pq.read_schema(path))) for path in files)
    names: dict[str, str] = {}
    for schema in schemas:
        for name in schema:
            names.setdefault(name.lower(), name)
    return pa.struct([pa.field(name, pa.string()) for name in names.values() or ("column 1",)])


def arranged(order: Order, columns: pa.Schema, scratch: Path) -> Iterator[pa.Table]:
    """Yield the rows in order, all with the same columns.

    They are first dealt out to files, one for each stretch of the order, and each of
    these is then put in order.

    Parameters
    ----------
    order : Order
    columns : pyarrow.Schema
        Of which the columns of each file are a part, and the fields of ``original`` too.
    scratch : Path
        Empty folder.
    """
    rows = len(order.number)
    stretch = _stretch(order.files, columns)
    if rows > stretch:  # dealt, sorted and being written: three are in memory at a time
        stretch = max(1, stretch // 3)
    pieces = _ranked(order, columns.append(_RANK), max(1, stretch // 2))
    if 0 < rows <= stretch:
        yield _sorted(list(pieces))
    elif rows:
        _deal(pieces, stretch, scratch)
        for number in range(-(-rows // stretch)):
            yield _sorted(_read(scratch / str(number)))
            pa.default_memory_pool().release_unused()


def _ranked(order: Order, columns: pa.Schema, rows: int) -> Iterator[pa.Table]:
    """Yield the rows that are wanted, file by file, with their rank in the order."""
    by_file = np.lexsort((order.position, order.number))
    ends = np.searchsorted(order.number[by_file], np.arange(len(order.files) + 1))
    for path, start, end in zip(order.files, ends, ends[1:], strict=False):
        ranks = by_file[start:end]
        wanted = order.position[ranks]
        first = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(rows):
                rows_read = len(batch)
                begin, stop = np.searchsorted(wanted, (first, first + len(batch)))
                if begin < stop:
                    if stop - begin < len(batch):
                        batch = batch.take(pa.array(wanted[begin:stop] - first))
                    yield _conformed(batch, columns, pa.array(ranks[begin:stop]))
                first += rows_read


def _deal(pieces: Iterable[pa.Table], stretch: int, scratch: Path) -> None:
    """Append rows to files by the stretch of the order that they belong to."""
    for piece in pieces:
        piece = _sorted([piece])
        which = piece["rank"].to_numpy() // stretch
        found, first = np.unique(which, return_index=True)
        for number, start, end in zip(found, first, [*first[1:], len(piece)], strict=True):
            with (
                pa.OSFile(str(scratch / str(number)), "ab") as file,
                pa.ipc.new_stream(file, piece.schema, options=_LIGHT) as stream,
            ):
                stream.write_table(piece.slice(start, end - start))


def _read(path: Path) -> list[pa.Table]:
    tables = []
    with pa.OSFile(str(path)) as file:
        while file.tell() < file.size():
            with pa.ipc.open_stream(file) as stream:
                tables.append(stream.read_all())
    path.unlink()
    return tables


def _sorted(tables: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(tables)
    tables.clear()
    return table.take(pa.array(np.argsort(table["rank"].to_numpy())))


def _conformed(batch: pa.RecordBatch, columns: pa.Schema, rank: pa.Array) -> pa.Table:
    original = batch.column("original")
    fields = dict(
        zip((name.lower() for name in _names(batch.schema)), original.flatten(), strict=True)
    )
    absent = pa.nulls(len(batch), pa.string())
    kind = columns.field("original").type
    whole = pa.StructArray.from_arrays(
        [fields.get(field.name.lower(), absent) for field in kind], fields=list(kind)
    )
    arrays = [
        {"original": whole, "rank": rank}[name]
        if name in ("original", "rank")
        else batch.column(name)
        for name in columns.names
    ]
    return pa.Table.from_arrays(arrays, columns.names).cast(columns)


def _names(columns: pa.Schema) -> list[str]:
    """Return names for the fields of ``original``, unlike each other in any case, none empty."""
    names: dict[str, str] = {}
    for column, field in enumerate(columns.field("original").type, 1):
        given = name = field.name or f"column {column}"
        number = 0
        while name.lower() in names:
            number += 1
            name = f"{given}_{number}"
        names[name.lower()] = name
    return list(names.values())


def _stretch(files: Sequence[str], columns: pa.Schema) -> int:
    """Return how many rows can be held at once."""
    rows = size = 0
    for path in files:
        metadata = pq.read_metadata(path)
        rows += metadata.num_rows
        size += sum(
            metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)
        )
    wide = _BYTES_PER_COLUMN * (len(columns) + columns.field("original").type.num_fields)
    return max(100, min(_HELD_ROWS, int(_HELD_BYTES / (size / max(rows, 1) + wide))))
