"""A selection as an atlas: a folder with a sheet for each region, month or gate, and an index.

Sheets are made by processes side by side. One that is there already, and is what would be made,
is kept: an atlas that was stopped goes on where it ended.
"""

from __future__ import annotations

import base64
import io
import multiprocessing
import signal
import threading
from calendar import month_name, monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from bordermap import catalog as catalogs
from bordermap.catalog import Catalog
from bordermap.errors import OutputError, SelectionError
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.queries import Dataset, members, with_sources
from bordermap.selection import Selection
from bordermap.snapshot import making
from bordermap.snapshot.proofs import sidecar
from bordermap.snapshot.spec import MIN_DPI, Spec
from bordermap.store import Store

SUFFIXES = (".png", ".pdf")
"""What sheets can be."""

MAX_SHEETS = 1000

_SMALL = (320, 320)
"""Pixels that the small picture of a sheet fits in."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sheet:
    """A sheet of an atlas.

    Attributes
    ----------
    name : str
        Of the file, without suffix.
    words : str
    records : int
    spec : Spec
    """

    name: str
    words: str
    records: int
    spec: Spec


@dataclass(frozen=True)
class Drawn:
    """A sheet that is there.

    Attributes
    ----------
    picture : str
        A small one, as an address that holds it.
    kept : bool
        Whether it was there before.
    """

    sheet: Sheet
    picture: str
    kept: bool


@dataclass(frozen=True)
class Data:
    """Where the data is, so that each process opens it for itself.

    Attributes
    ----------
    geodata : Path or None
        Folder of the data package; None: the one that came along.
    store : Path or None
        Folder of imported datasets; None: the usual one.
    """

    geodata: Path | None
    store: Path | None

    def open(self, name: str) -> tuple[Catalog, Dataset]:
        """Return the catalog and a dataset by the name that a selection spells."""
        store = Store(self.store)
        catalog = catalogs.load(self.geodata)
        picked, curated = members(name, store.names())
        imported = [store.get(one) for one in picked]
        dataset = Dataset.of(catalog, imported, curated=curated)
        return with_sources(catalog, imported), dataset


def sheets(spec: Spec, by: str, catalog: Catalog, dataset: Dataset) -> list[Sheet]:
    """Return the sheets of an atlas: those that have records.

    Parameters
    ----------
    spec : Spec
        Of the whole. A title stands before that of each sheet.
    by : str
        A key of `DIVISIONS`.

    Raises
    ------
    SelectionError
        If no record matches, or there are more than `MAX_SHEETS`.
    """
    found = list(DIVISIONS[by](spec.selection, catalog, dataset))
    if not found:
        raise SelectionError(f"no record of the selection has a {by}: there is nothing to draw")
    if len(found) > MAX_SHEETS:
        raise SelectionError(f"{len(found):,} sheets are too many; an atlas has up to {MAX_SHEETS}")
    return [
        Sheet(
            part.name,
            part.words,
            part.records,
            spec.replace(
                selection=part.selection,
                title=f"{spec.title}: {part.words}" if spec.title else "",
            ),
        )
        for part in found
    ]


def draw(
    folder: Path,
    wanted: Sequence[Sheet],
    suffix: str,
    data: Data,
    *,
    workers: int,
    progress: Progress = lambda _done, _total: None,
) -> list[Drawn]:
    """Draw sheets into a folder, each with its sidecar; keep those that are there.

    Where it is interrupted, sheets that are begun are finished, no other is begun, and no file is
    half there.

    Parameters
    ----------
    suffix : str
        Of `SUFFIXES`.
    workers : int
        Processes.
    progress : callable, optional
        Called with the number of sheets that are done, and of all.

    Raises
    ------
    OutputError
        If a file cannot be written, or a process dies.
    """
    if not wanted:
        return []
    drawn: dict[str, Drawn] = {}
    progress(0, len(wanted))
    pool = ProcessPoolExecutor(
        min(workers, len(wanted)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(data, wanted[0].spec.selection.dataset),
    )
    try:
        with _without_interrupts():
            waiting: list[Future[Drawn]] = [
                pool.submit(_draw, folder / f"{sheet.name}{suffix}", sheet) for sheet in wanted
            ]
        for done in as_completed(waiting):
            one = done.result()
            drawn[one.sheet.name] = one
            progress(len(drawn), len(wanted))
    except BrokenProcessPool:
        raise OutputError(
            f"a process that drew sheets has died; {len(drawn)} of {len(wanted)} are done"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [drawn[sheet.name] for sheet in wanted]


# ------------------------------------------------------------------ divisions


@dataclass(frozen=True)
class _Part:
    name: str
    words: str
    records: int
    selection: Selection


def _regions(selection: Selection, _catalog: Catalog, dataset: Dataset) -> Iterator[_Part]:
    held = dataset.counts("region_codes", selection)
    for code in selection.regions or REGION_NAMES:
        if held.get(code):
            words = REGION_NAMES.get(code, code)
            yield _Part(code, words, held[code], selection.replace(regions=(code,)))


def _gates(selection: Selection, catalog: Catalog, dataset: Dataset) -> Iterator[_Part]:
    for gate in selection.gates or catalog.gates:
        near = selection.replace(gates=(gate,))
        if records := len(dataset.matching(near)):
            words = catalog.gates[gate].name if gate in catalog.gates else gate
            yield _Part(gate, words, records, near)


def _months(selection: Selection, _catalog: Catalog, dataset: Dataset) -> Iterator[_Part]:
    columns, rows = dataset.columns, dataset.rows(selection)
    starts, ends = columns.start[rows], columns.end[rows]
    known = np.concatenate([starts, ends])[np.tile(starts <= ends, 2)]
    known = known[(known != _OPEN.min) & (known != _OPEN.max)]
    if not known.size:
        return
    first, last = np.array([known.min(), known.max()], "datetime64[D]").tolist()
    first = max(first, selection.date_from or first)
    last = min(last, selection.date_to or last)
    for year, month in _calendar(first, last):
        within = selection.replace(
            date_from=max(date(year, month, 1), selection.date_from or date.min),
            date_to=min(
                date(year, month, monthrange(year, month)[1]), selection.date_to or date.max
            ),
        )
        if records := len(dataset.matching(within)):
            yield _Part(f"{year}-{month:02}", f"{month_name[month]} {year}", records, within)


def _calendar(first: date, last: date) -> Iterator[tuple[int, int]]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = divmod(number, 12)
        yield year, month + 1


_OPEN = np.iinfo(np.int32)

DIVISIONS: Mapping[str, Callable[[Selection, Catalog, Dataset], Iterable[_Part]]] = (
    MappingProxyType({"region": _regions, "month": _months, "gate": _gates})
)
"""By what an atlas can be divided."""


# ------------------------------------------------------------------ in the processes

_opened: list[tuple[Catalog, Dataset]] = []
"""The data of a process that draws sheets."""


def _begin(data: Data, dataset: str) -> None:
    _opened[:] = [data.open(dataset)]


def _draw(out: Path, sheet: Sheet) -> Drawn:
    ((catalog, dataset),) = _opened
    kept = sidecar.is_current(out, sheet.spec, catalog, dataset)
    if not kept:
        sidecar.write_both(out, making.make(sheet.spec, out.suffix, catalog, dataset))
    if out.suffix == ".png":
        picture = out.read_bytes()
    else:
        small = sheet.spec.replace(dpi=MIN_DPI)
        picture = making.make(small, ".png", catalog, dataset).body
    return Drawn(sheet, _small(picture), kept)


def _small(picture: bytes) -> str:
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB")
    small.thumbnail(_SMALL, reducing_gap=2.0)
    body = io.BytesIO()
    small.save(body, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(body.getvalue()).decode()}"


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C, which is for this one alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
