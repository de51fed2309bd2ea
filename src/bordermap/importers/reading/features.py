"""Layers of features (GeoJSON, GeoPackage, shapefile) as batches."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio

from bordermap.errors import ImportFileError
from bordermap.importers.reading.geometry import GEOMETRY_COLUMNS, Locator
from bordermap.importers.reading.layout import Batch, Chunk, Layout, batch, column_names
from bordermap.importers.reading.source import reading
from bordermap.importers.reading.values import plain_storage, text_columns

GEOJSON, GEOPACKAGE, SHAPEFILE = "GeoJSON:", "GPKG:", ""
"""How GDAL is told the driver, so that a file that lies does not choose another one; of
shapefiles the first bytes are known."""

_ROWS = 8192
_WKB = (b"geoarrow.wkb", b"ogc.wkb")

logging.getLogger("pyogrio").addHandler(logging.NullHandler())


def features_layout(path: Path, driver: str, part: str | None = None) -> Layout:
    """Find out the columns of a layer.

    Parameters
    ----------
    path : Path
    driver : str
        ``GEOJSON``, ``GEOPACKAGE`` or ``SHAPEFILE``.
    part : str, optional
        Name of the layer; the first one by default.

    Raises
    ------
    ImportFileError
        The file cannot be read, or has no such layer.
    """
    names = layers(path, driver)
    if not names:
        raise ImportFileError(f"{path.name}: has no layer: nothing to import")
    if part is not None and part not in names:
        raise ImportFileError(f"{path.name}: has no layer {part!r}, but {', '.join(names)}")
    layer = part if part is not None else names[0]
    with (
        _gdal(path),
        pyogrio.open_arrow(
            driver + str(path.resolve()), layer=layer, use_pyarrow=True, **_options(driver)
        ) as (_, reader),
    ):
        properties, geometry = _fields(reader.schema)
    cells = [reader.schema.field(position).name for position in properties]
    if geometry is not None:
        cells += GEOMETRY_COLUMNS
    return Layout("features", column_names(path, cells), part=layer)


def layers(path: Path, driver: str) -> list[str]:
    """Return the names of the layers of a file.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    with _gdal(path), warnings.catch_warnings(action="ignore"):
        return [str(name) for name, _ in pyogrio.list_layers(driver + str(path.resolve()))]


def read(chunk: Chunk, driver: str) -> Iterator[Batch]:
    """Read all features of a layer.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    path, layout = chunk.path, chunk.layout
    source = driver + str(path.resolve())
    row = 1
    with reading(path):
        size = path.stat().st_size
    with _gdal(path), contextlib.ExitStack() as stack:
        with warnings.catch_warnings(action="ignore"):
            count = int(pyogrio.read_info(source, layer=layout.part)["features"])
            meta, reader = stack.enter_context(
                pyogrio.open_arrow(
                    source,
                    layer=layout.part,
                    use_pyarrow=True,
                    batch_size=_ROWS,
                    **_options(driver),
                )
            )
        properties, geometry = _fields(reader.schema)
        locator = Locator(path, meta["crs"])
        while (found := _next(reader)) is not None:
            arrays = [found.column(position) for position in properties]
            if geometry is not None:
                arrays += locator.columns(plain_storage(found.column(geometry)))
            table, issues = text_columns(layout.columns, arrays, row)
            lines = np.arange(row, row + len(table), dtype=np.int64)
            row += len(table)
            consumed = size if row > count else size * (row - 1) // count
            yield batch(path, table, lines, issues, consumed)


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    with warnings.catch_warnings(action="ignore"):
        return next(iter(reader), None)


def _options(driver: str) -> dict[str, Any]:
    return {"DATE_AS_STRING": "YES"} if driver == GEOJSON else {"datetime_as_string": True}


def _fields(schema: pa.Schema) -> tuple[list[int], int | None]:
    """Return the positions of the properties, and of the geometry if there is one."""
    shapes = [
        position
        for position, field in enumerate(schema)
        if (field.metadata or {}).get(b"ARROW:extension:name") in _WKB
        or getattr(field.type, "extension_name", "").encode() in _WKB
    ]
    properties = [position for position in range(len(schema)) if position not in shapes]
    return properties, shapes[0] if shapes else None


@contextlib.contextmanager
def _gdal(path: Path) -> Iterator[None]:
    """Turn whatever GDAL or Arrow says of a file into one clear line."""
    with reading(path), path.open("rb"):
        pass
    try:
        yield
    except (ImportFileError, GeneratorExit):
        raise
    except Exception as error:
        reason = str(error).replace(str(path.resolve()), path.name).split("\n")[0]
        raise ImportFileError(
            f"{path.name}: cannot be read as {path.suffix.lstrip('.') or 'features'}: {reason}"
        ) from error
