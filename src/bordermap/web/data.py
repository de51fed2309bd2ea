"""What all sessions of one process share, loaded once and, but for the map, never changed."""

from __future__ import annotations

import json
import os
import threading
from functools import cache, lru_cache
from pathlib import Path
from weakref import WeakValueDictionary

import pyarrow as pa

from bordermap import catalog as catalogs
from bordermap.cartography import event_layer
from bordermap.cartography.basemap import BorderMap, base_map
from bordermap.cartography.event_layer import EventLayer
from bordermap.catalog import Catalog
from bordermap.queries import Dataset, members, with_sources
from bordermap.store import Store

DRAWING = threading.Lock()
"""Held while matplotlib draws, which two threads may not do at once."""

GEODATA_VARIABLE = "BORDERMAP_GEODATA"
"""Environment variable that names another data package to show."""

_OPENING = threading.Lock()
_DRAWN = ("kind", "category", "date_start", "date_end", "places")


@cache
def store() -> Store:
    """Return where the imported datasets are."""
    return Store()


def dataset(name: str = "") -> Dataset:
    """Return the records that go by a name.

    Parameters
    ----------
    name : str
        As :attr:`bordermap.selection.Selection.dataset` spells it.

    Raises
    ------
    StoreError
        If there is no such dataset or it cannot be read.
    """
    return _open(name)[0]


def catalog(name: str = "") -> Catalog:
    """Return the data package; among its sources are those of the named datasets."""
    return _open(name)[1]


def _open(name: str) -> tuple[Dataset, Catalog]:
    names, curated = members(name, store().names())
    versions = tuple((one, store().version(one)) for one in names)
    with _OPENING:  # of two that were opened at once, only one would be kept
        return _opened(versions, curated)


@lru_cache(maxsize=8)
def _opened(versions: tuple[tuple[str, str | None], ...], curated: bool) -> tuple[Dataset, Catalog]:
    imported = [store().get(name) for name, _ in versions]
    opened = Dataset.of(_package(), imported, curated=curated)
    register(opened)
    return opened, with_sources(_package(), imported)


_BY_DIGEST: WeakValueDictionary[str, Dataset] = WeakValueDictionary()


def register(opened: Dataset) -> None:
    """Let the map fetch a dataset for as long as somebody holds it."""
    _BY_DIGEST[opened.digest] = opened


def by_digest(digest: str) -> Dataset | None:
    """Return an open dataset by its digest."""
    return _BY_DIGEST.get(digest)


@cache
def _package() -> Catalog:
    root = os.environ.get(GEODATA_VARIABLE)
    return catalogs.load(Path(root) if root else None)


def addresses(digest: str) -> dict[str, str]:
    """Return where the map fetches the records of a dataset, as seen from its frame."""
    return {"columns": f"../../api/events/{digest}", "text": f"../../api/text/{digest}"}


@lru_cache(maxsize=4)
def columns(opened: Dataset) -> bytes:
    """Return records as the columns of the event layer."""
    return event_layer.encode(opened.table(_DRAWN), event_layer.anchors(catalog().layers))


def texts(opened: Dataset, rows: list[int] | None = None) -> bytes:
    """Return what the map says of records under the pointer, as JSON; by default of all."""
    return _all_texts(opened) if rows is None else _texts(opened.take(rows))


@lru_cache(maxsize=4)
def _all_texts(opened: Dataset) -> bytes:
    return _texts(opened.records)


def _texts(records: pa.Table) -> bytes:
    return json.dumps(event_layer.texts(records), ensure_ascii=False).encode()


@cache
def base() -> BorderMap:
    """Return the map without records; all that it needs is served beside the app.

    Rendering changes it: only one session may do so at a time.
    """
    at = addresses(dataset().digest)
    events = EventLayer(columns=at["columns"], text=at["text"], scripts="../../assets")
    return base_map(
        catalog().layers,
        events,
        assets="../../assets/leaflet",
        data=f"../../api/layers/{catalog().digest}",
    )
