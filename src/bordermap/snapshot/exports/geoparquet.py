"""Records as GeoParquet 1.1."""

from __future__ import annotations

import io
import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from bordermap.model.vocabulary import POINT_PRECISIONS
from bordermap.snapshot.making import Material
from bordermap.snapshot.proofs.proof import PROOF_KEY

GEOMETRY = "geometry"

_ROWS = 50_000


def render(material: Material, proof: str = "") -> bytes:
    """Return records as a table with every field as it is, nested, and a geometry (WKB).

    The geometry is the point of a record that is known to a district or better, else null.

    Parameters
    ----------
    material : Material
    proof : str
        Value of the key `PROOF_KEY` in the file's metadata, if any.
    """
    records = material.records
    points = points_at(
        records["longitude"],
        records["latitude"],
        pc.is_in(records["geo_precision"], pa.array(POINT_PRECISIONS)),
    )
    table = records.replace_schema_metadata().append_column(
        pa.field(GEOMETRY, pa.binary()), pa.array(shapely.to_wkb(points), pa.binary())
    )
    metadata = {"geo": json.dumps(_geo(points))} | ({PROOF_KEY: proof} if proof else {})
    file = io.BytesIO()
    with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
        writer.write_table(table, row_group_size=_ROWS)
        writer.add_key_value_metadata(metadata)
    return file.getvalue()


def points_at(
    longitude: pa.ChunkedArray, latitude: pa.ChunkedArray, placed: pa.ChunkedArray
) -> npt.NDArray[np.object_]:
    """Return points, or None where they are not to be placed or have no coordinates.

    Parameters
    ----------
    longitude, latitude : pyarrow.ChunkedArray
        Degrees.
    placed : pyarrow.ChunkedArray
        Whether to place each.
    """
    x, y = longitude.to_numpy(), latitude.to_numpy()
    points = np.full(len(x), None, object)
    here = placed.to_numpy() & ~np.isnan(x) & ~np.isnan(y)
    points[here] = shapely.points(x[here], y[here])
    return points


def _geo(points: npt.NDArray[np.object_]) -> dict[str, object]:
    column: dict[str, object] = {"encoding": "WKB", "geometry_types": ["Point"]}
    placed = points[~shapely.is_missing(points)]
    if len(placed):
        column["bbox"] = shapely.total_bounds(placed).tolist()
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
