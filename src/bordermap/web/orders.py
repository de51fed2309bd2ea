"""What a request for a snapshot asks for, read from its query and held to the limits of HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from bordermap.catalog import Catalog
from bordermap.errors import SelectionError
from bordermap.queries import Dataset, known, known_dataset
from bordermap.selection import QUERY_KEYS
from bordermap.snapshot import making, motion, words
from bordermap.snapshot import spec as specs
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import Made, Material, Progress
from bordermap.snapshot.motion import Motion
from bordermap.snapshot.proofs.software import versions
from bordermap.snapshot.spec import Spec
from bordermap.web import data

MAX_PIXELS = 40_000_000
"""Most pixels of a picture over HTTP; an A4 sheet at 600 dots per inch has 35 million."""

MAX_RECORDS = 150_000
"""Most records of a file over HTTP."""

DOWNLOAD = "download"
"""Key of a query that asks for a file to be saved instead of shown."""

PAGE = ".html"

_KEYS = frozenset({*QUERY_KEYS.values(), *specs.KEYS, *motion.KEYS, DOWNLOAD})
_SHOWN = 80


class RefusedError(Exception):
    """A query that cannot be honoured.

    Attributes
    ----------
    lines : sequence of str
        Each says one thing that is wrong.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Order:
    """A file that somebody asks for.

    Attributes
    ----------
    suffix : str
        A key of :data:`bordermap.snapshot.making.FORMATS`.
    spec : Spec
    motion : Motion
        Of a film.
    catalog : Catalog
    dataset : Dataset
    """

    suffix: str
    spec: Spec
    motion: Motion
    catalog: Catalog
    dataset: Dataset

    @property
    def is_drawn(self) -> bool:
        """Whether it takes matplotlib to make it."""
        return is_drawn(self.suffix)

    @property
    def is_long(self) -> bool:
        """Whether it is a film."""
        return making.FORMATS[self.suffix].moves

    @property
    def query(self) -> str:
        """What was understood, spelled always in the same way."""
        return urlencode({**self.spec.to_params(), **self.motion.to_params()}, doseq=True)

    def key(self, what: str) -> str:
        """Return a digest, hexadecimal: equal for equal orders, data and software.

        Parameters
        ----------
        what : str
            What of the order is meant, such as its sidecar.
        """
        software = versions(making.FORMATS[self.suffix].packages)
        digests = (self.catalog.digest, self.dataset.digest)
        parts = (*software.values(), *digests, self.suffix, what, self.query)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def make(self, progress: Progress | None = None) -> Made:
        """Make the file.

        Parameters
        ----------
        progress : callable, optional
            Told how much of how much is done.

        Raises
        ------
        SelectionError, OutputError
            If it cannot be made of this, or holds too much.
        """
        self._count()
        return making.make(
            self.spec, self.suffix, self.catalog, self.dataset, self.motion, progress
        )

    def material(self) -> Material:
        """Return what the file is made of.

        Raises
        ------
        SelectionError
            If it holds too much.
        """
        self._count()
        records = self.dataset.select(self.spec.selection)
        return Material(self.spec, self.catalog, self.dataset, records)

    def _count(self) -> None:
        count = len(self.dataset.rows(self.spec.selection))
        if count > MAX_RECORDS:
            raise SelectionError(
                f"{count:,} records are more than the {MAX_RECORDS:,} of a file made here;"
                " the command line has no such bound"
            )


def is_drawn(suffix: str) -> bool:
    """Return whether it takes matplotlib to make such a file."""
    return suffix != PAGE and making.FORMATS[suffix].is_picture


def read(params: Mapping[str, Sequence[str]], suffix: str) -> Order:
    """Read a query.

    Parameters
    ----------
    params : mapping of str to sequence of str
        The keys of the dashboard's address, of a spec, of a film, and :data:`DOWNLOAD`.
    suffix : str
        A key of :data:`bordermap.snapshot.making.FORMATS`.

    Raises
    ------
    RefusedError
        If a key is not known, a value cannot be used, or a picture has too many pixels.
    """
    spec, problems = Spec.from_params(params, today=date.today())
    moved, unread = Motion.from_params(params)
    selection, missing = known_dataset(spec.selection, data.store().names())
    dataset, catalog = data.dataset(selection.dataset), data.catalog(selection.dataset)
    selection, unknown = known(dataset, catalog, selection)
    problems += unread + missing + unknown
    problems += [f"{words.plain(key, _SHOWN)!r}: no such key" for key in params if key not in _KEYS]
    spec = spec.replace(selection=selection)
    layout = LAYOUTS[spec.layout]
    pixels = layout.width * spec.dpi * layout.height * spec.dpi
    if is_drawn(suffix) and pixels > MAX_PIXELS:
        problems.append(
            f"dpi: {spec.dpi} on the layout {spec.layout} are {pixels / 1e6:.0f} million pixels;"
            f" a picture made here has at most {MAX_PIXELS / 1e6:.0f}"
        )
    if problems:
        raise RefusedError(problems)
    return Order(suffix, spec, moved, catalog, dataset)
