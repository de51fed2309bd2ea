"""Files of events as batches of text columns with the lines they stand on.

The form of a file is told by what it holds, not by its name alone: delimited text (plain,
gzipped or alone in a ZIP archive), Excel sheets, layers of features, and Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.errors import ImportFileError
from bordermap.importers.reading import features, parquet, sheet, text
from bordermap.importers.reading.guess import text_layout
from bordermap.importers.reading.layout import Batch, Chunk, Layout, text_schema
from bordermap.importers.reading.source import archive_names, opened, packing, reading
from bordermap.model.event import ISSUE_SCHEMA

__all__ = ["SUFFIXES", "Batch", "Chunk", "Layout", "chunks", "detect", "parts", "read", "sample"]

SUFFIXES = (
    "csv", "tsv", "txt", "tab", "gz", "zip", "xlsx", "xlsm",
    "geojson", "json", "gpkg", "shp", "parquet", "geoparquet",
)  # fmt: skip
"""Endings of the names of files that can be read."""

_PARQUET = b"PAR1"
_SQLITE = b"SQLite format 3\0"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHAPEFILE = b"\x00\x00\x27\x0a"
_REFUSED = {
    b"%PDF": "is a PDF: copy its table into a spreadsheet and save that as CSV",
    b"7z\xbc\xaf": "is a 7z archive: unpack it first",
    b"Rar!": "is a RAR archive: unpack it first",
    b"BZh": "is packed with bzip2: unpack it first",
    b"\xfd7zXZ": "is packed with xz: unpack it first",
    b"\x28\xb5\x2f\xfd": "is packed with zstd: unpack it first",
    b"RDX3": "is data of R: save it as CSV",
}
_HEAD = 64 << 10
_SAMPLE_BLOCK = 256 << 10


def detect(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    part: str | None = None,
) -> Layout:
    """Find out how a file is laid out.

    Parameters
    ----------
    path : Path
    encoding, delimiter : str, optional
        Of text; guessed by default.
    header : bool, optional
        Of text or a sheet: whether the first row names the columns; guessed by default.
    part : str, optional
        Name of the sheet or layer; by default the first one (of sheets: that has rows).

    Raises
    ------
    ImportFileError
        The file cannot be read, is empty, holds no table, or one of more than 1,000 columns.
    """
    form, driver = _form(path)
    if form == "sheet":
        return sheet.sheet_layout(path, header=header, part=part)
    if form == "features":
        return features.features_layout(path, driver, part)
    if form == "parquet":
        return parquet.parquet_layout(path)
    return text_layout(path, encoding=encoding, delimiter=delimiter, header=header)


def parts(path: Path) -> list[str]:
    """Return the names of the sheets or layers of a file; none for other forms.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    form, driver = _form(path)
    if form == "sheet":
        return sheet.sheets(path)
    return features.layers(path, driver) if form == "features" else []


def chunks(path: Path, layout: Layout, size: int | None = None) -> Iterator[Chunk]:
    """Divide a file into shares that together have exactly its rows.

    Parameters
    ----------
    path : Path
    layout : Layout
    size : int, optional
        Bytes of a chunk, at least; one chunk by default. Only plain text in UTF-8 or
        Windows-1252 and Parquet (between row groups) are divided.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    if layout.form == "text":
        yield from text.chunks(path, layout, size)
    elif layout.form == "parquet":
        yield from parquet.chunks(path, layout, size)
    else:
        yield Chunk(path, layout, number=0, start=0, end=None, first_line=1)


def read(chunk: Chunk, batch_bytes: int = text.BLOCK) -> Iterator[Batch]:
    """Read the rows of a chunk, in order, a block at a time.

    Parameters
    ----------
    chunk : Chunk
    batch_bytes : int
        Bytes of the file, or of text, that a batch holds, about. The rows do not depend
        on it.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    form = chunk.layout.form
    if form == "sheet":
        yield from sheet.read(chunk)
    elif form == "features":
        yield from features.read(chunk, _form(chunk.path)[1])
    elif form == "parquet":
        yield from parquet.read(chunk, batch_bytes)
    else:
        yield from text.read(chunk, batch_bytes)


def sample(path: Path, layout: Layout, rows: int = 500) -> Batch:
    """Read the first rows of a file, kept or rejected.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    found: list[Batch] = []
    (whole,) = chunks(path, layout)
    for batch in read(whole, _SAMPLE_BLOCK):
        found.append(batch)
        if sum(len(part.columns) + part.rejected for part in found) >= rows:
            break
    schema = text_schema(layout.columns)
    columns = pa.concat_tables([schema.empty_table(), *(part.columns for part in found)])
    lines = np.concatenate([np.zeros(0, dtype=np.int64), *(part.lines for part in found)])
    issues = pa.concat_tables([ISSUE_SCHEMA.empty_table(), *(part.issues for part in found)])
    rejected = pc.unique(issues.filter(pc.equal(issues["action"], "rejected"))["line"]).to_numpy()
    last = np.sort(np.concatenate([lines, rejected]))[:rows].max(initial=0)
    return Batch(
        columns.slice(0, int(np.searchsorted(lines, last, side="right"))),
        lines[lines <= last],
        issues.filter(pc.less_equal(issues["line"], int(last))),
        int(np.count_nonzero(rejected <= last)),
        found[-1].consumed if found else 0,
    )


def _form(path: Path) -> tuple[str, str]:
    """Return the form of a file and, of features, how GDAL is told the driver."""
    with reading(path):
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ImportFileError(f"{path.name}: is no file: name a file")
        with path.open("rb") as file:
            head = file.read(_HEAD)
    if not head:
        raise ImportFileError(f"{path.name}: is empty: nothing to import")
    for magic, reason in _REFUSED.items():
        if head.startswith(magic):
            raise ImportFileError(f"{path.name}: {reason}")
    suffix = path.suffix.lower()
    if head.startswith(_PARQUET) or suffix in (".parquet", ".geoparquet"):
        return "parquet", ""
    if head.startswith(_SQLITE) or suffix == ".gpkg":
        return "features", features.GEOPACKAGE
    if suffix == ".shp":
        if not head.startswith(_SHAPEFILE):
            raise ImportFileError(f"{path.name}: is no shapefile: save it as GeoPackage or CSV")
        return "features", features.SHAPEFILE
    if suffix in (".geojson", ".json") or _is_geojson(head):
        return "features", features.GEOJSON
    if head.startswith(_OLE):
        raise ImportFileError(f"{path.name}: {_old_excel(path)}")
    if _is_workbook(path) or suffix in (".xlsx", ".xlsm"):
        return "sheet", ""
    if packing(path):
        with opened(path) as source:
            if _is_geojson(source.read(_HEAD)):
                raise ImportFileError(f"{path.name}: is packed GeoJSON: unpack it first")
    return "text", ""


def _is_geojson(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start == b"{" and b'"FeatureCollection"' in head


def _old_excel(path: Path) -> str:
    with reading(path), path.open("rb") as file:
        encrypted = _ENCRYPTED in file.read(1 << 20)
    if encrypted:
        return "is an encrypted workbook: save it without a password"
    return "is an old Excel file (.xls): save it as .xlsx or CSV"


def _is_workbook(path: Path) -> bool:
    if packing(path) != "zip":
        return False
    with reading(path):
        names = archive_names(path)
    if "mimetype" in names and "content.xml" in names:
        raise ImportFileError(f"{path.name}: is an OpenDocument file: save it as .xlsx or CSV")
    if "xl/workbook.bin" in names:
        raise ImportFileError(f"{path.name}: is a binary workbook (.xlsb): save it as .xlsx or CSV")
    if any(name.lower().endswith(".shp") for name in names):
        raise ImportFileError(f"{path.name}: holds a shapefile: unpack it and import the .shp")
    return "xl/workbook.xml" in names
