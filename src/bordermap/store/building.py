"""A version of a dataset while it is made."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bordermap.errors import StoreError
from bordermap.store import datasets, disk, versions
from bordermap.store.buckets import Layout
from bordermap.store.database import faults
from bordermap.store.datasets import StoredDataset
from bordermap.store.finish import Run, finish
from bordermap.store.lock import Lock


def _end(folder: Path, build: Path, lock: Lock, process: int) -> None:
    """Delete what is left of a build, and let others write."""
    if process != os.getpid():  # a fork has no say
        return
    disk.delete(build)
    with contextlib.suppress(OSError):
        if [entry.name for entry in folder.iterdir()] == [lock.path.name]:
            versions.remove(folder)
    lock.release()


class Building:
    """A version that is being made; a context manager that leaves nothing behind.

    What is written to ``spill`` is ``spill/YEAR/CHUNK.parquet``, YEAR being that of
    ``date_start`` or ``undated``, with :data:`~bordermap.model.event.EVENT_SCHEMA` and a
    struct of text ``original``; and ``spill/issues/CHUNK.parquet`` with
    :data:`~bordermap.model.event.ISSUE_SCHEMA`. Names of chunks sort as text in the order
    of the files of source and their lines. Other suffixes are ignored.

    Attributes
    ----------
    name : str
    folder : Path
        Where it is made, on the disk of the store.
    spill : Path
    """

    def __init__(self, name: str, home: Path, lock: Lock) -> None:
        self.name = name
        self._home = home
        self._version = versions.fresh()
        self._staged = False
        with disk.faults(f"writing dataset {name!r}"):
            self.folder = versions.workplace(home, self._version)
            self.end = weakref.finalize(self, _end, home, self.folder, lock, os.getpid())
            self._layout = Layout(self.folder)
            self._layout.issues.mkdir(parents=True)
        self.spill = self._layout.spill

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None or not self._staged:
            self.end()
        if isinstance(error, OSError) and disk.is_full(error):
            with disk.faults(f"writing dataset {self.name!r}"):
                raise error

    def finish(
        self,
        previous: StoredDataset | None = None,
        run: Run = map,
        progress: Callable[[float], None] = lambda _: None,
        *,
        mapping: str = "",
        source: Mapping[str, Any] | None = None,
    ) -> Staged:
        """Make the dataset of what was spilled.

        Of events with one id the first stays; the others become issues. On a coordinate
        in whole half degrees that ten or more events share, none is known better than to
        its state.

        Parameters
        ----------
        previous : StoredDataset, optional
            To append: its events stay where no new one has their id, and its issues where
            their file is not read again.
        run : callable
            Applies a function to tasks, both picklable, and yields the results in any
            order.
        progress : callable
            Is told how much is done, from 0 to 1, in this thread; may raise.
        mapping : str
            The mapping that was used, in TOML.
        source : mapping, optional
            Facts on the source for the manifest, ready for JSON.

        Returns
        -------
        Staged
            To be kept or discarded; until then nobody else can write to the dataset.

        Raises
        ------
        StoreError
            If something cannot be written, or what was spilled cannot be read.
        """
        with faults(f"writing dataset {self.name!r}"):
            made = finish(self.name, self._layout, previous, run, progress)
            manifest = {
                "format": datasets.FORMAT,
                "name": self.name,
                "version": self._version,
                **made,
                "mapping": mapping,
                "source": dict(source or {}),
            }
            data = self._layout.data
            disk.write_json(data / datasets.MANIFEST, manifest)
            disk.delete(self.spill)
        self._staged = True
        return Staged(self, StoredDataset(self.name, self._version, data, manifest), self._home)


class Staged:
    """A finished version that others do not see yet; a context manager.

    Attributes
    ----------
    dataset : StoredDataset
        Can be read until it is kept or discarded.
    """

    def __init__(self, building: Building, dataset: StoredDataset, home: Path) -> None:
        self._building = building
        self.dataset = dataset
        self._home = home

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def set_report(self, report: Mapping[str, Any]) -> None:
        """Put the report of the import, ready for JSON, beside the events."""
        with disk.faults(f"writing dataset {self.dataset.name!r}"):
            disk.write_json(self.dataset.folder / datasets.REPORT, report)

    def commit(self) -> StoredDataset:
        """Make it the current version.

        Raises
        ------
        StoreError
            If it was discarded or kept before, or cannot be written; the version before
            is then still the current one.
        """
        staged = self.dataset
        if not self._building.end.alive:
            raise StoreError(f"the import into {staged.name!r} was kept or discarded before")
        with disk.faults(f"writing dataset {staged.name!r}"):
            versions.publish(self._home, staged.version, staged.folder)
        self.discard()
        return replace(staged, folder=self._home / staged.version)

    def discard(self) -> None:
        """Delete it if it was not kept; others can then write to the dataset."""
        self._building.end()
