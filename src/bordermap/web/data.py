"""What all sessions of one process share, loaded once and, but for the map, never changed."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from weakref import WeakValueDictionary

import pyarrow as pa

from bordermap import catalog as catalogs
from bordermap.analysis.ledger import Span, status_on
from bordermap.cartography import event_layer
from bordermap.cartography.anchors import anchors
from bordermap.cartography.basemap import BorderMap, base_map
from bordermap.cartography.event_layer import EventLayer
from bordermap.catalog import Catalog
from bordermap.errors import BordermapError
from bordermap.once import Once
from bordermap.queries import Dataset, members, timeless, with_sources
from bordermap.selection import Selection
from bordermap.store import Store

DRAWING = threading.Lock()
"""Held while matplotlib draws, which two threads may not do at once."""

GEODATA_VARIABLE = "BORDERMAP_GEODATA"
"""Environment variable that names another data package to show."""

_QUICKLY = 4
_TURN = 0.2
_TO_DRAW = 7e-8
_JUST = 2.0
_REMEMBERED = 256
_ASKED: dict[tuple[str, Selection], float] = {}
_ASKING = threading.Condition()
_OPENING = threading.Lock()
_MAKING = threading.RLock()
_TOLD = ("id", "title", "date_edtf", "places")
_DRAWN = ("kind", "category", "date_start", "date_end", "date_precision", "places")


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
    threading.Thread(target=_columns_ahead, args=(opened,), daemon=True).start()
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
    return {
        "columns": f"../../api/events/{digest}?v={event_layer.VERSION}",
        "text": f"../../api/text/{digest}",
    }


def mask_address(digest: str, selection: Selection) -> str | None:
    """Return where the map fetches which records match, as seen from its frame.

    The dates and the dataset of the selection are no part of it; None where nothing else
    is left.
    """
    asked = timeless(selection)
    return f"../../api/mask/{digest}?{asked.to_query()}" if asked else None


def mask(opened: Dataset, selection: Selection) -> bytes:
    """Return the bits of the records that match, compressed by gzip, to the map that asks."""
    body = compressed(opened.mask(selection).tobytes())
    with _ASKING:
        _ASKED[opened.digest, timeless(selection)] = time.monotonic()
        if len(_ASKED) > _REMEMBERED:
            del _ASKED[next(iter(_ASKED))]
        _ASKING.notify_all()
    return body


def map_first(opened: Dataset, selection: Selection) -> None:
    """Wait a moment for the map to ask what matches, unless it just did, and to draw it.

    What the script draws next keeps the browser from drawing marks.
    """
    key, now = (opened.digest, timeless(selection)), time.monotonic()
    if timeless(selection):  # else all match, and the map need not ask
        with _ASKING:
            _ASKING.wait_for(lambda: _ASKED.get(key, 0) > now - _JUST, _TURN)
    time.sleep(min(_TO_DRAW * len(opened), _TURN))


def columns(opened: Dataset) -> bytes:
    """Return records as the columns of the event layer, compressed by gzip.

    They are made when the dataset is opened, before the map asks.
    """
    return _columns(opened)


def _made_columns(opened: Dataset) -> bytes:
    events = opened.imported(event_layer.FLAT)
    return compressed(event_layer.encode(opened.curated(_DRAWN), _anchors(), events))


_columns = Once(_made_columns, 4)


def _columns_ahead(opened: Dataset) -> None:
    with suppress(BordermapError):  # which the map is told when it asks
        _columns(opened)


@cache
def _anchors() -> dict[str, tuple[float, float]]:
    return anchors(catalog().layers)


def prepare() -> None:
    """Make what every reader needs, whatever the records are."""
    layers()
    _anchors()


def compressed(body: bytes) -> bytes:
    """Compress by gzip, the same bytes to the same bytes."""
    return gzip.compress(body, compresslevel=_QUICKLY, mtime=0)


@lru_cache(maxsize=64)
def gates_on(day: date) -> dict[str, Span]:
    """Return what is known of each gate on a day."""
    return status_on(catalog().statuses, catalog().gates, day)


def texts(opened: Dataset, rows: list[int] | None = None) -> bytes:
    """Return what the map says of records under the pointer; by default of all.

    It is JSON, compressed by gzip.
    """
    return _all_texts(opened) if rows is None else _texts(opened.take(rows, _TOLD))


@lru_cache(maxsize=4)
def _all_texts(opened: Dataset) -> bytes:
    return _texts(opened.table(_TOLD))


def _texts(records: pa.Table) -> bytes:
    return compressed(json.dumps(event_layer.texts(records), ensure_ascii=False).encode())


@cache
def layers() -> bytes:
    """Return the areas and lines of the map as JSON, compressed by gzip."""
    return compressed(ground().shapes.encode())


def ground() -> BorderMap:
    """Return the map that is copied for those that are drawn, and never drawn itself."""
    with _MAKING:
        return _ground()


@cache
def _ground() -> BorderMap:
    return base_map(
        catalog().layers,
        events("a"),
        assets="../../assets/leaflet",
        shapes=f"../../api/layers/{catalog().digest}",
    )


def base() -> BorderMap:
    """Return the map without records; all that it needs is served beside the app."""
    with _MAKING:
        return _base()


@cache
def _base() -> BorderMap:
    return _ground().with_events(events("a"))


def events(channel: str, *, furniture: bool = True) -> EventLayer:
    """Return a layer of events that is not on a map yet."""
    at = addresses(dataset().digest)
    return EventLayer(
        columns=at["columns"],
        text=at["text"],
        channel=channel,
        furniture=furniture,
        scripts="../../assets",
    )
