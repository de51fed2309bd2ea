"""Writing events as GeoParquet 1.1."""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bordermap.store import disk

GROUP_ROWS = 50_000
PART_ROWS = 20 * GROUP_ROWS
_ROW = pa.field("row", pa.int64(), nullable=False)
_CORNERS = (("xmin", pc.min), ("ymin", pc.min), ("xmax", pc.max), ("ymax", pc.max))


@dataclass(frozen=True)
class Part:
    """A file of events; picklable.

    Attributes
    ----------
    name : str
    rows, bytes : int
    sha256 : str
        Of the file, hexadecimal.
    """

    name: str
    rows: int
    bytes: int
    sha256: str


def write(
    tables: Iterable[pa.Table],
    columns: pa.Schema,
    folder: Path,
    scratch: Path,
    *,
    first_part: int,
    first_row: int,
) -> list[Part]:
    """Write sorted events as one part or more of at most :data:`PART_ROWS` rows.

    The bytes depend on the events and their order only, not on how they come in tables.
    A file has its name only when it is whole.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Other columns are left out.
    columns : pyarrow.Schema
        Of events; the parts have a column ``row`` more.
    folder, scratch : Path
        Where parts go, and where they are written before; on one disk.
    first_part, first_row : int
        Numbers of the first part and of the first row.
    """
    numbers = itertools.count(first_row, GROUP_ROWS)
    groups = map(_numbered, _even(tables, columns), numbers)
    columns = columns.append(_ROW)
    parts: list[Part] = []
    rows = PART_ROWS
    while rows == PART_ROWS:
        name = f"part-{first_part + len(parts):05d}.parquet"
        temporary = scratch / f"{name}-{secrets.token_hex(4)}"
        try:
            content = itertools.islice(groups, PART_ROWS // GROUP_ROWS)
            rows = _write_part(content, columns, temporary)
            if rows or not parts:
                disk.sync(temporary)
                with temporary.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                parts.append(Part(name, rows, temporary.stat().st_size, digest))
                temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)
    return parts


def _even(tables: Iterable[pa.Table], columns: pa.Schema) -> Iterator[pa.Table]:
    """Yield tables of :data:`GROUP_ROWS` rows, the last with what remains."""
    rest = columns.empty_table()
    for table in tables:
        rest = pa.concat_tables([rest, table.select(columns.names)])
        while len(rest) >= GROUP_ROWS:
            yield rest.slice(0, GROUP_ROWS)
            rest = rest.slice(GROUP_ROWS)
    if len(rest):
        yield rest


def _numbered(table: pa.Table, first: int) -> pa.Table:
    return table.append_column(_ROW, pa.array(np.arange(first, first + len(table))))


def _write_part(groups: Iterable[pa.Table], columns: pa.Schema, path: Path) -> int:
    rows, box = 0, _Box()
    with pq.ParquetWriter(path, columns, compression="zstd") as writer:
        for group in groups:
            group = group.combine_chunks()  # pages end where chunks do
            writer.write_table(group)
            box.add(group["bbox"])
            rows += len(group)
            del group  # before the next is made
            pa.default_memory_pool().release_unused()
        writer.add_key_value_metadata({"geo": json.dumps(_geo(box.corners))})
    return rows


class _Box:
    """The box around boxes; ``corners`` is empty until there is one."""

    def __init__(self) -> None:
        self.corners: list[float] = []

    def add(self, boxes: pa.ChunkedArray) -> None:
        found = [choose(pc.struct_field(boxes, corner)).as_py() for corner, choose in _CORNERS]
        if None not in found:
            both = zip(self.corners or found, found, _CORNERS, strict=True)
            self.corners = [
                min(old, new) if corner.endswith("min") else max(old, new)
                for old, new, (corner, _) in both
            ]


def _geo(box: list[float]) -> dict[str, object]:
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": ["Point"],
        "covering": {"bbox": {corner: ["bbox", corner] for corner, _ in _CORNERS}},
    }
    if box:
        column["bbox"] = box
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
