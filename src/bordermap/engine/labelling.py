"""Interpreted events with region, gate, distance to the border and geometry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.labels import Labeller
from bordermap.model.event import BBOX_TYPE, EVENT_SCHEMA
from bordermap.model.vocabulary import POINT_PRECISIONS, GeoPrecision

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_WKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])


def label(events: pa.Table, labeller: Labeller) -> pa.Table:
    """Add to interpreted events what follows from where they were.

    Only a place that is known to a district or better has a gate, distances and a
    geometry; the point of a state is a centroid. What a point says of the region
    goes before what the file states where the point is known so well, and after it
    where it is known to a state. A country has no region unless one is stated.

    Parameters
    ----------
    events : pyarrow.Table
        With :data:`~bordermap.model.event.INTERPRETED`, and perhaps ``original``.
    labeller : Labeller

    Returns
    -------
    pyarrow.Table
        With :data:`~bordermap.model.event.EVENT_SCHEMA`, and ``original`` last.
    """
    longitude, latitude = (
        events[name].to_numpy(zero_copy_only=False) for name in ("longitude", "latitude")
    )
    placed = np.isfinite(longitude) & np.isfinite(latitude)
    is_point = placed & _is_one_of(events["geo_precision"], POINT_PRECISIONS)
    is_state = _is_one_of(events["geo_precision"], (GeoPrecision.STATE,))
    x, y = np.where(is_point, longitude, np.nan), np.where(is_point, latitude, np.nan)
    within = is_point | is_state
    lies_in = _names(
        labeller.codes,
        labeller.regions(np.where(within, longitude, np.nan), np.where(within, latitude, np.nan)),
    )
    stated = events["stated_region"].combine_chunks()
    gate, gate_km = labeller.gates(x, y)
    labels = {
        "region_code": pc.if_else(
            pa.array(is_state), pc.coalesce(stated, lies_in), pc.coalesce(lies_in, stated)
        ),
        "gate_id": _names(labeller.gate_ids, gate),
        "gate_km": _kilometres(gate_km),
        "border_km": _kilometres(labeller.border_km(x, y)),
        "geometry": _points(x, y, is_point),
        "bbox": pa.StructArray.from_arrays(
            [pa.array(values) for values in (x, y, x, y)],
            fields=list(BBOX_TYPE),
            mask=pa.array(~is_point),
        ),
    }
    columns = {**{name: events[name] for name in events.column_names}, **labels}
    names = [*EVENT_SCHEMA.names, *({"original"} & set(columns))]
    fields = [
        EVENT_SCHEMA.field(name) if name in EVENT_SCHEMA.names else events.schema.field(name)
        for name in names
    ]
    return pa.table([columns[name] for name in names], schema=pa.schema(fields))


def _is_one_of(values: pa.ChunkedArray, terms: tuple[str, ...]) -> BoolArray:
    wanted = pa.array([str(term) for term in terms])
    found: BoolArray = pc.is_in(values, wanted).to_numpy(zero_copy_only=False)
    return found


def _names(names: tuple[str, ...], index: npt.NDArray[np.integer]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(index, mask=index < 0))


def _kilometres(distance: FloatArray) -> pa.Array:
    return pa.array(np.round(distance, 1), from_pandas=True)


def _points(x: FloatArray, y: FloatArray, present: BoolArray) -> pa.Array:
    """Return points as well-known binary, little-endian."""
    points = np.empty(len(x), _WKB_POINT)
    points["order"], points["type"], points["x"], points["y"] = 1, 1, x, y
    size = pa.binary(_WKB_POINT.itemsize)
    whole = pa.Array.from_buffers(size, len(x), [None, pa.py_buffer(points.tobytes())])
    return pc.if_else(pa.array(present), whole.cast(pa.binary()), pa.scalar(None, pa.binary()))
