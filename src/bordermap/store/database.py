"""DuckDB in bounded memory."""

from __future__ import annotations

import contextlib
import errno
import secrets
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from duckdb.func import FunctionNullHandling, PythonUDFType
from geopandas import GeoSeries

from bordermap.errors import StoreError
from bordermap.store import disk

_MEMORY = "128MB"
_FULL = ("No space left", "File too large", "Disk quota", "max_temp_directory_size")
_WORLD = (-180.0, -90.0, 180.0, 90.0)


@contextlib.contextmanager
def database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that overflows to disk.

    It has the function ``hilbert(longitude, latitude)``: the place on a Hilbert curve over
    the world, null where there is no place.

    Parameters
    ----------
    scratch : Path
        Existing folder for what does not fit.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "enable_external_file_cache": False,
        "memory_limit": _MEMORY,
        "preserve_insertion_order": False,
        "temp_directory": str(scratch / f"overflow-{secrets.token_hex(4)}"),
    }
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute("set enable_geoparquet_conversion = false")
        connection.create_function(
            "hilbert",
            _hilbert,
            ["double", "double"],
            "uinteger",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )
        yield connection


def _hilbert(longitude: pa.ChunkedArray, latitude: pa.ChunkedArray) -> pa.Array:
    x, y = longitude.to_numpy(), latitude.to_numpy()
    known = np.isfinite(x) & np.isfinite(y)
    place = np.zeros(len(x), np.uint32)
    if known.any():
        points = GeoSeries(shapely.points(x[known], y[known]))
        place[known] = points.hilbert_distance(total_bounds=_WORLD)
    return pa.array(place, pa.uint32(), mask=~known)


@contextlib.contextmanager
def faults(what: str) -> Iterator[None]:
    """Turn what DuckDB, Arrow or the file system raise into a :class:`StoreError` of one line.

    Parameters
    ----------
    what : str
        What was being done, as in ``{what} failed``.
    """
    with disk.faults(what):
        try:
            yield
        except (duckdb.Error, pa.ArrowException) as error:
            if isinstance(error, OSError):
                raise
            text = str(error)
            if any(words in text for words in _FULL):
                raise OSError(errno.ENOSPC, text) from error
            raise StoreError(f"{what} failed: {text.strip().splitlines()[0]}") from error
