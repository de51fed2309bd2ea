"""Imported events and what an import found wrong; the Arrow schemas of both."""

from __future__ import annotations

import pyarrow as pa

_INTERPRETED = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("file", pa.string(), nullable=False),
    pa.field("line", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("category", pa.string(), nullable=False),
    pa.field("title", pa.string(), nullable=False),
    pa.field("summary", pa.string()),
    pa.field("date_start", pa.date32()),
    pa.field("date_end", pa.date32()),
    pa.field("date_precision", pa.string(), nullable=False),
    pa.field("place_name", pa.string()),
    pa.field("longitude", pa.float64()),
    pa.field("latitude", pa.float64()),
    pa.field("geo_precision", pa.string(), nullable=False),
    pa.field("stated_region", pa.string()),
    pa.field("region_text", pa.string()),
    pa.field("actors", pa.list_(pa.string()), nullable=False),
    pa.field("participants", pa.list_(pa.string()), nullable=False),
    pa.field("fatalities_best", pa.int32()),
    pa.field("fatalities_low", pa.int32()),
    pa.field("fatalities_high", pa.int32()),
    pa.field("cited", pa.string()),
    pa.field("confidence", pa.string(), nullable=False),
]

INTERPRETED = pa.schema(_INTERPRETED)
"""What is read from a row of a file, one event each.

``file`` and ``line`` say where the row stands: the line as a text editor counts, the row
of a sheet, or the number of a feature. ``region_text`` is the region as the file writes
it and ``stated_region`` the ISO 3166-2 code that it stands for. ``cited`` names the
sources that the row gives. Coordinates are WGS 84 degrees; dates are calendar days, both
inclusive.
"""

BBOX_TYPE = pa.struct([pa.field(name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")])

EVENT_SCHEMA = pa.schema(
    [
        *_INTERPRETED,
        pa.field("region_code", pa.string()),
        pa.field("gate_id", pa.string()),
        pa.field("gate_km", pa.float64()),
        pa.field("border_km", pa.float64()),
        pa.field("geometry", pa.binary()),
        pa.field("bbox", BBOX_TYPE),
    ]
)
"""An imported event with its labels, as it is stored.

A column ``original`` stands beside these: a struct of strings with all columns of the
file as they were. ``geometry`` (WKB) and ``bbox`` are null where the place is known less
well than to a district; ``gate_km`` and ``border_km`` are geodesic kilometres.
"""

ISSUE_SCHEMA = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("value", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""One thing that is wrong with one row of a file.

``action`` is ``rejected`` (the row was left out) or ``repaired`` (it was kept, the value
was not); ``value`` is cut at 200 characters.
"""
