"""The layer of events: records as columns, drawn in the browser by one script of ours.

Layout of the columns (all integers little-endian)::

    b"BMEV"  uint32 length of the header  header  column  column ...

The header is UTF-8 JSON, padded with spaces so that the columns start at a multiple of
eight; ``offset`` of a column counts bytes from that start and is a multiple of eight.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from bordermap.cartography.markup import INLINE, InlineFile, to_script
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import FAMILIES, GeoPrecision, Kind, Role

SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("event_data.js", "event_layer.js"))
"""The scripts of the layer, in the order in which they run."""

TEXTS_AT_ONCE = 20_000
"""Most records whose texts are fetched all at once; those of more are fetched by row."""

ROWS_PER_REQUEST = 100
"""Most rows of one request ``text?rows=1,2,3``."""

REGION = (91.5, 15.5, 103.0, 28.7)
"""West, south, east, north of the border region, from Rakhine to Kunming.

A mark outside it never moves the view; where it is out of sight it is offered as a chip.
"""

OPEN_START = np.iinfo(np.int32).min
OPEN_END = np.iinfo(np.int32).max

_KINDS = [str(kind) for kind in Kind]
_CATEGORIES = list(FAMILIES)
_PRECISIONS = [str(precision) for precision in GeoPrecision]
_POINT_OR_AREA = [
    GeoPrecision.EXACT,
    GeoPrecision.NEAR,
    GeoPrecision.DISTRICT,
    GeoPrecision.STATE,
]
_TYPES = {"i32": "<i4", "u32": "<u4", "u8": "u1"}

Columns = list[tuple[str, str, "np.ndarray[Any, Any]"]]


class EventLayer(JSCSSMixin, Layer):
    """The layer of events of a `base_map`.

    Parameters
    ----------
    columns : str or None
        URL of what `encode` returns.
    embedded : bytes or None
        The same bytes as a part of the page; one of the two is given.
    text : str or list of dict
        What `texts` returns, or the URL of it as JSON; where there are more than
        `TEXTS_AT_ONCE` records, ``URL?rows=7,1`` answers for these rows, in this order.
    bus : {"parent", "self"}
        Which document carries the messages: the one around the frame, or its own.
    scripts : str
        URL prefix under which `SCRIPTS` and the base map's script are served, or `INLINE`.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = bordermap.eventLayer({{ this.config }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        *,
        columns: str | None = None,
        embedded: bytes | None = None,
        text: str | list[dict[str, str]],
        bus: str = "parent",
        scripts: str = INLINE,
    ) -> None:
        if (columns is None) == (embedded is None):
            raise ValueError("give either the URL of the columns or the columns themselves")
        super().__init__(name="Events", overlay=True)
        self._name = "EventLayer"
        self.scripts = scripts
        if scripts == INLINE:
            self.default_js = []
        else:
            self.default_js = [(file.stem, f"{scripts}/{file.name}") for file in SCRIPTS]
        self.config = to_script(
            {
                "columns": columns,
                "embedded": base64.b64encode(embedded).decode("ascii") if embedded else None,
                "text": text,
                "bus": bus,
                "region": REGION,
                "texts_at_once": TEXTS_AT_ONCE,
                "rows_per_request": ROWS_PER_REQUEST,
            }
        )

    def render(self, **kwargs: Any) -> str:
        """Render into the figure, the scripts first where they are part of the page."""
        if self.scripts == INLINE:
            header = self.get_root().header  # type: ignore[attr-defined]
            for file in SCRIPTS:
                header.add_child(InlineFile(file), name=file.name)
        text: str = super().render(**kwargs)  # type: ignore[no-untyped-call]
        return text


def anchors(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, tuple[float, float]]:
    """Return where a record that is known only to a state or province is drawn.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Of which ``states`` and ``yunnan`` are used where present.

    Returns
    -------
    dict
        Region code (ISO 3166-2) -> longitude, latitude of a point well inside it.
    """
    return {
        code: (point.x, point.y)
        for key in ("states", "yunnan")
        if (table := layers.get(key)) is not None
        for code, point in zip(table["code"], map(interior_point, table.geometry), strict=True)
    }


def interior_point(area: shapely.Polygon | shapely.MultiPolygon) -> shapely.Point:
    """Return the centre of the largest circle inside an area, good to some 0.05 degrees."""
    outline: Any = area.simplify(0.01)
    circle = shapely.maximum_inscribed_circle(outline, tolerance=0.05)
    centre: shapely.Point = shapely.get_point(circle, 0)
    return centre


def texts(records: pa.Table) -> list[dict[str, str]]:
    """Return what the layer says about each record, row by row.

    Returns
    -------
    list of dict
        ``id``, ``title``, ``date`` in words and ``place``, the names of its places.
    """
    dates = {edtf: str(PartialDate.parse(edtf)) for edtf in set(records["date_edtf"].to_pylist())}
    return [
        {
            "id": row["id"],
            "title": row["title"],
            "date": dates[row["date_edtf"]],
            "place": ", ".join(dict.fromkeys(place["name"] for place in row["places"])),
        }
        for row in records.select(["id", "title", "date_edtf", "places"]).to_pylist()
    ]


def encode(records: pa.Table, anchors: Mapping[str, tuple[float, float]]) -> bytes:
    """Encode records as the columns that the layer draws.

    There is one mark for every place of a record that can be drawn: at its own point
    where that is known to a state or better; else, for a place inside a region of
    `anchors`, at the anchor, as an area of the precision ``state``. A country and an
    unplaced place give no mark.

    Parameters
    ----------
    records : pyarrow.Table
        In the schema of the record model.
    anchors : mapping
        Region code -> longitude, latitude.

    Returns
    -------
    bytes
        Per record ``kind, category`` (u8) and ``day_start, day_end`` (i32, days since
        1970-01-01; `OPEN_START`, `OPEN_END` where unknown or open); per mark ``record``
        (u32), ``x, y`` (i32, longitude and latitude times 1e6), ``geo_precision,
        region`` (u8) and ``place`` (u32). ``u8`` columns and ``place`` are indices
        into the dictionaries of the header.
    """
    marks, regions, places = _marks(records, anchors)
    columns: Columns = [
        ("kind", "u8", _codes(records["kind"], _KINDS, _KINDS[0])),
        ("category", "u8", _codes(records["category"], _CATEGORIES, "other")),
        ("day_start", "i32", _days(records["date_start"], OPEN_START)),
        ("day_end", "i32", _days(records["date_end"], OPEN_END)),
        *marks,
    ]
    header: dict[str, Any] = {
        "version": 1,
        "records": records.num_rows,
        "marks": len(marks[0][2]),
        "columns": [],
        "dictionaries": {
            "kind": _KINDS,
            "category": _CATEGORIES,
            "geo_precision": _PRECISIONS,
            "region": regions,
            "place": places,
        },
    }
    buffers: list[bytes] = []
    offset = 0
    for name, kind, values in columns:
        data = values.astype(_TYPES[kind]).tobytes()
        entry = {"name": name, "type": kind, "offset": offset, "length": len(values)}
        header["columns"].append(entry)
        buffers.append(_padded(data, b"\0"))
        offset += len(buffers[-1])
    text = _padded(json.dumps(header, ensure_ascii=False).encode(), b" ")
    return b"".join([b"BMEV", len(text).to_bytes(4, "little"), text, *buffers])


def _marks(
    records: pa.Table, anchors: Mapping[str, tuple[float, float]]
) -> tuple[Columns, list[str], list[str]]:
    """Return the columns of the marks and the dictionaries of regions and of places."""
    lists = pa.concat_arrays(records["places"].chunks or [pa.array([], records["places"].type)])
    owner = pc.list_parent_indices(lists).to_numpy()
    flat = pc.list_flatten(lists)

    precision = _codes(flat.field("geo_precision"), _PRECISIONS, GeoPrecision.NONE)
    longitude = _floats(flat.field("longitude"))
    latitude = _floats(flat.field("latitude"))
    drawable = np.isin(precision, [_PRECISIONS.index(term) for term in _POINT_OR_AREA])
    own_point = np.isfinite(longitude) & np.isfinite(latitude) & drawable

    codes = list(anchors)
    points = np.array([anchors[code] for code in codes], dtype=float).reshape(-1, 2)
    anchor = pc.index_in(flat.field("region_code"), value_set=pa.array(codes, pa.string()))
    anchor = pc.fill_null(anchor, -1).to_numpy()
    country = precision == _PRECISIONS.index(GeoPrecision.COUNTRY)
    at_anchor = ~own_point & (anchor >= 0) & ~country
    longitude[at_anchor], latitude[at_anchor] = points[anchor[at_anchor]].T
    precision[at_anchor] = _PRECISIONS.index(GeoPrecision.STATE)

    drawn = own_point | at_anchor
    region, regions = _dictionary(flat.field("region_code").filter(pa.array(drawn)))
    place, places = _dictionary(flat.field("name").filter(pa.array(drawn)))
    if len(regions) > 256:
        raise ValueError("more than 256 regions do not fit into a byte")
    columns: Columns = [
        ("record", "u32", owner[drawn]),
        ("x", "i32", np.rint(longitude[drawn] * 1e6)),
        ("y", "i32", np.rint(latitude[drawn] * 1e6)),
        ("geo_precision", "u8", precision[drawn]),
        ("subject", "u8", pc.equal(flat.field("role"), Role.SUBJECT).to_numpy(False)[drawn]),
        ("region", "u8", region),
        ("place", "u32", place),
    ]
    return columns, regions, places


def _codes(values: Any, terms: list[str], fallback: str) -> np.ndarray[Any, Any]:
    index = pc.index_in(values, value_set=pa.array(terms))
    return np.array(pc.fill_null(index, terms.index(fallback)))


def _dictionary(values: pa.Array) -> tuple[np.ndarray[Any, Any], list[str]]:
    encoded = pc.fill_null(values, "").dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def _floats(values: pa.Array) -> np.ndarray[Any, Any]:
    return np.array(values.to_numpy(zero_copy_only=False), dtype=float)


def _days(values: pa.ChunkedArray, missing: int) -> np.ndarray[Any, Any]:
    return np.asarray(pc.fill_null(values.cast(pa.int32()), missing))


def _padded(data: bytes, filler: bytes) -> bytes:
    return data + filler * (-len(data) % 8)
