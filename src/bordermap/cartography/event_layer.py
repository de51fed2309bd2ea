"""The layer of events: records as columns, drawn in the browser by scripts of ours.

Layout of the columns (all integers little-endian)::

    b"BMEV"  uint32 length of the header  header  column  column ...

The header is UTF-8 JSON, padded with spaces so that the columns start at a multiple of
eight; ``offset`` of a column counts bytes from that start and is a multiple of eight.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from bordermap.cartography.markup import INLINE, InlineFile, to_script
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import (
    CATEGORIES,
    FAMILIES,
    DatePrecision,
    GeoPrecision,
    Kind,
    Role,
)

SCRIPTS = tuple(
    Path(__file__).with_name(name)
    for name in (
        "event_data.js",
        "event_matching.js",
        "event_density.js",
        "event_view.js",
        "event_symbols.js",
        "event_shapes.js",
        "event_legend.js",
        "event_drawing.js",
        "event_pointer.js",
        "event_chips.js",
        "event_layer.js",
    )
)
"""The scripts of the layer, in the order in which they run."""

BUNDLE = "events.js"
"""Under which name they are served as one, so that a page asks once."""

TEXTS_AT_ONCE = 20_000
"""Most records whose texts are fetched all at once; those of more are fetched by row."""

ROWS_PER_REQUEST = 100
"""Most rows of one request ``text?rows=1,2,3``."""

REGION = (91.5, 15.5, 103.0, 28.7)
"""West, south, east, north of the border region, from Rakhine to Kunming.

A mark outside it never moves the view; where it is out of sight it is offered as a chip.
"""

VERSION = 2
"""Of the layout of the columns."""

ONLY_CONCERNS = 128
"""Added to the precision of a mark where the record concerns the place and was not there."""

LONGEST_SPAN = 65_000
"""From so many days on, days take four bytes and not two."""

FLAT = (
    *("kind", "category", "date_start", "date_end", "date_precision"),
    *("longitude", "latitude", "geo_precision", "region_code", "place_name"),
)
"""Columns of an imported event that the layer draws."""

_PLACE = ("longitude", "latitude", "geo_precision", "region_code")
_KINDS = [str(kind) for kind in Kind]
_CATEGORIES = [[str(kind), name] for kind, names in CATEGORIES.items() for name in names]
_PRECISIONS = [str(precision) for precision in GeoPrecision]
_POINT_OR_AREA = [
    GeoPrecision.EXACT,
    GeoPrecision.NEAR,
    GeoPrecision.DISTRICT,
    GeoPrecision.STATE,
]
_COLUMNS = (
    *("marks", "category", "day_start", "day_end"),
    *("x", "y", "precision", "region", "place"),
)
_NARROWED = ("marks", "region", "place")
_OPEN = np.iinfo(np.int32).min
_NEVER = np.iinfo(np.int32).max

Array = npt.NDArray[Any]


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
    channel : str
        What the messages from and to this layer are marked with.
    furniture : bool
        Whether the layer brings legend, chips and notices; a second layer of a map does not,
        and says nothing of how the map is moved.
    scripts : str
        URL prefix under which `BUNDLE` and that of the base map are served, or `INLINE`.
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
        channel: str = "a",
        furniture: bool = True,
        scripts: str = INLINE,
    ) -> None:
        if (columns is None) == (embedded is None):
            raise ValueError("give either the URL of the columns or the columns themselves")
        super().__init__(name="Events", overlay=True, control=furniture)
        self._name = "EventLayer"
        self.scripts = scripts
        self.bus = bus
        self.channel = channel
        self.columns = columns
        if scripts == INLINE:
            self.default_js = []
        else:
            self.default_js = [("bordermap_events", f"{scripts}/{BUNDLE}")]
        self.config = to_script(
            {
                "columns": columns,
                "embedded": base64.b64encode(embedded).decode("ascii") if embedded else None,
                "text": text,
                "channel": channel,
                "furniture": furniture,
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


def encode(
    records: pa.Table,
    anchors: Mapping[str, tuple[float, float]],
    events: Iterable[pa.Table] = (),
) -> bytes:
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
    events : iterable of pyarrow.Table
        Imported events, whose rows follow those of ``records``: the columns `FLAT`, texts
        plain or as dictionaries. They may come in parts, so that all of them are never in
        memory as texts.

    Returns
    -------
    bytes
        Per record ``marks``, how many marks follow for it, ``category``, and ``day_start,
        day_end``, days since ``day_zero`` of the header (itself days since 1970-01-01):
        0 is an open start, the largest value of the type an open end; an undated record
        starts at the largest value and ends at 0, and so lies in no window of days. Per
        mark ``x, y``, parts in 2**32 of the world's square in Web Mercator, x to the east
        and y to the south; ``precision``, an index of ``geo_precision``, plus
        `ONLY_CONCERNS` where the record only concerns the place; ``region`` and
        ``place``. Marks stand in the order of their records. Indices are those of the
        header's dictionaries, of which ``category`` is pairs of kind and category;
        columns have the smallest type that holds them.
    """
    column = _Columns(anchors)
    column.add_records(records)
    for part in events:
        column.add_events(part)
    return column.encoded()


class _Columns:
    """Columns that grow by parts of records."""

    def __init__(self, anchors: Mapping[str, tuple[float, float]]) -> None:
        self._anchor_codes = pa.array(list(anchors), pa.string())
        self._anchor_points = np.array(list(anchors.values()), dtype=float).reshape(-1, 2)
        self._parts: dict[str, list[Array]] = {name: [] for name in _COLUMNS}
        self._regions: dict[str, int] = {}
        self._places: dict[str, int] = {}

    def add_records(self, records: pa.Table) -> None:
        """Add records with lists of places."""
        lists = _flat(records["places"])
        places = pc.list_flatten(lists)
        owner = pc.list_parent_indices(lists).to_numpy()
        subject = pc.equal(places.field("role"), Role.SUBJECT).to_numpy(zero_copy_only=False)
        named = {field: places.field(field) for field in _PLACE}
        self._add(records, named, places.field("name"), owner, subject)

    def add_events(self, events: pa.Table) -> None:
        """Add events with one place each."""
        owner = np.arange(events.num_rows)
        named = {field: _flat(events[field]) for field in _PLACE}
        subject = np.zeros(events.num_rows, dtype=bool)
        self._add(events, named, _flat(events["place_name"]), owner, subject)

    def _add(
        self,
        records: pa.Table,
        places: Mapping[str, pa.Array],
        names: pa.Array,
        owner: Array,
        subject: Array,
    ) -> None:
        precision = _indices(places["geo_precision"], _PRECISIONS)
        precision[precision < 0] = _PRECISIONS.index(GeoPrecision.NONE)
        longitude, latitude = (_floats(places[field]) for field in ("longitude", "latitude"))
        own_point = np.isfinite(longitude) & np.isfinite(latitude)
        own_point &= np.isin(precision, [_PRECISIONS.index(term) for term in _POINT_OR_AREA])

        anchor = _indices(places["region_code"], self._anchor_codes.to_pylist())
        country = precision == _PRECISIONS.index(GeoPrecision.COUNTRY)
        at_anchor = ~own_point & (anchor >= 0) & ~country
        longitude[at_anchor], latitude[at_anchor] = self._anchor_points[anchor[at_anchor]].T
        precision[at_anchor] = _PRECISIONS.index(GeoPrecision.STATE)

        drawn = own_point | at_anchor
        kept = pa.array(drawn)
        x, y = _world(longitude[drawn], latitude[drawn])
        marks = np.bincount(owner[drawn], minlength=records.num_rows)
        start, end = _days(records)
        columns = {
            "marks": marks.astype(np.uint32),
            "category": _categories(records).astype(np.uint8),
            "day_start": start,
            "day_end": end,
            "x": x,
            "y": y,
            "precision": (precision[drawn] + ONLY_CONCERNS * subject[drawn]).astype(np.uint8),
            "region": _grown(self._regions, places["region_code"].filter(kept)),
            "place": _grown(self._places, names.filter(kept)),
        }
        for name, values in columns.items():
            self._parts[name].append(values)

    def encoded(self) -> bytes:
        """Return header and columns."""
        columns = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        start, end = columns["day_start"], columns["day_end"]
        dated = np.concatenate([days[(days > _OPEN) & (days < _NEVER)] for days in (start, end)])
        zero = int(dated.min()) - 1 if len(dated) else 0
        span = int(dated.max()) - zero if len(dated) else 0
        kind = np.uint16 if span < LONGEST_SPAN else np.int32
        for name in ("day_start", "day_end"):
            columns[name] = _counted_from(zero, columns[name], kind)
        header: dict[str, Any] = {
            "version": VERSION,
            "records": len(start),
            "marks": len(columns["x"]),
            "day_zero": zero,
            "columns": [],
            "dictionaries": {
                "category": _CATEGORIES,
                "geo_precision": _PRECISIONS,
                "region": list(self._regions),
                "place": list(self._places),
            },
        }
        buffers: list[bytes] = []
        offset = 0
        for name in _COLUMNS:
            values = columns[name]
            if name in _NARROWED:
                values = values.astype(np.min_scalar_type(values.max(initial=0)))
            kind_name = f"{'i' if values.dtype.kind == 'i' else 'u'}{8 * values.dtype.itemsize}"
            header["columns"].append(
                {"name": name, "type": kind_name, "offset": offset, "length": len(values)}
            )
            buffers.append(_padded(values.astype(values.dtype.newbyteorder("<")).tobytes(), b"\0"))
            offset += len(buffers[-1])
        text = _padded(json.dumps(header, ensure_ascii=False).encode(), b" ")
        return b"".join([b"BMEV", len(text).to_bytes(4, "little"), text, *buffers])


def _flat(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, a dictionary as the one of all its chunks."""
    if not column.num_chunks:
        return pa.array([], column.type)
    unified = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
    return pa.concat_arrays(unified.chunks)


def _dictionary(values: pa.Array) -> pa.DictionaryArray:
    return values if pa.types.is_dictionary(values.type) else values.dictionary_encode()


def _indices(values: pa.Array, terms: Sequence[str]) -> Array:
    """Return the place of each text among the terms, -1 for null and for others."""
    encoded = _dictionary(values)
    known = {term: place for place, term in enumerate(terms)}
    places = [known.get(text, -1) for text in encoded.dictionary.to_pylist()]
    found: Array = np.array([*places, -1])[pc.fill_null(encoded.indices, -1).to_numpy()]
    return found


def _grown(known: dict[str, int], values: pa.Array) -> Array:
    """Return the number of each text, the number of a new text being the next one."""
    encoded = _dictionary(values)
    indices = pc.fill_null(encoded.indices, -1).to_numpy()
    texts = np.array([*encoded.dictionary.to_pylist(), ""], dtype=object)
    used = np.unique(indices)
    codes = np.zeros(len(texts), dtype=np.uint32)
    codes[used] = [known.setdefault(text, len(known)) for text in texts[used]]
    found: Array = codes[indices]
    return found


def _categories(records: pa.Table) -> Array:
    kinds = _indices(_flat(records["kind"]), _KINDS)
    kinds[kinds < 0] = 0
    terms = list(FAMILIES)
    categories = _indices(_flat(records["category"]), terms)
    pairs = {tuple(pair): code for code, pair in enumerate(_CATEGORIES)}
    codes = np.array(
        [
            [pairs.get((kind, category), pairs[kind, "other"]) for category in (*terms, "other")]
            for kind in _KINDS
        ]
    )
    found: Array = codes[kinds, categories]
    return found


def _days(records: pa.Table) -> tuple[Array, Array]:
    """Return first and last days since 1970-01-01, `_OPEN` and `_NEVER` where they are none."""
    undated = pc.equal(records["date_precision"], DatePrecision.UNKNOWN).to_numpy()
    start = pc.fill_null(records["date_start"].cast(pa.int32()), _OPEN).to_numpy()
    end = pc.fill_null(records["date_end"].cast(pa.int32()), _NEVER).to_numpy()
    return np.where(undated, _NEVER, start), np.where(undated, _OPEN, end)


def _counted_from(zero: int, days: Array, kind: type[np.uint16] | type[np.int32]) -> Array:
    largest = np.iinfo(kind).max
    counted = np.where(days == _NEVER, largest, np.where(days == _OPEN, 0, days - np.int64(zero)))
    return counted.astype(kind)


def _world(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """Return Web Mercator in parts of 2**32 of the world's square, y to the south."""
    sine = np.sin(np.radians(latitude)).clip(-0.9999, 0.9999)
    x, y = (
        np.rint(part * 2**32).clip(0, 2**32 - 1).astype(np.uint32)
        for part in (longitude / 360 + 0.5, 0.5 - np.arctanh(sine) / (2 * np.pi))
    )
    return x, y


def _floats(values: pa.Array) -> Array:
    return np.array(values.to_numpy(zero_copy_only=False), dtype=float)


def _padded(data: bytes, filler: bytes) -> bytes:
    return data + filler * (-len(data) % 8)
