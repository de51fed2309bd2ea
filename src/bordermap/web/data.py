"""What all sessions of one process share, loaded once and, but for the map, never changed."""

from __future__ import annotations

import json
import os
import threading
from functools import cache
from pathlib import Path

from bordermap import catalog as catalogs
from bordermap.cartography import event_layer
from bordermap.cartography.basemap import BorderMap, base_map
from bordermap.cartography.event_layer import EventLayer
from bordermap.catalog import Catalog
from bordermap.queries import Dataset

DRAWING = threading.Lock()
"""Held while matplotlib draws, which two threads may not do at once."""

GEODATA_VARIABLE = "BORDERMAP_GEODATA"
"""Environment variable that names another data package to show."""


@cache
def catalog() -> Catalog:
    """Return the data package that this process shows."""
    root = os.environ.get(GEODATA_VARIABLE)
    return catalogs.load(Path(root) if root else None)


@cache
def dataset() -> Dataset:
    """Return the curated records."""
    return Dataset.of(catalog())


@cache
def columns() -> bytes:
    """Return the records as the columns of the event layer."""
    return event_layer.encode(dataset().records, event_layer.anchors(catalog().layers))


@cache
def base() -> BorderMap:
    """Return the map without records; all that it needs is served beside the app.

    Rendering changes it: only one session may do so at a time.
    """
    digest, drawn = dataset().digest, catalog().digest
    events = EventLayer(
        columns=f"../../api/events/{digest}",
        text=f"../../api/text/{digest}",
        scripts="../../assets",
    )
    return base_map(
        catalog().layers,
        events,
        assets="../../assets/leaflet",
        data=f"../../api/layers/{drawn}",
    )


@cache
def texts() -> bytes:
    """Return what the map says of each record under the pointer, as JSON."""
    return json.dumps(event_layer.texts(dataset().records), ensure_ascii=False).encode()
