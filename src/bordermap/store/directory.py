"""The folder that holds the imported datasets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import platformdirs

from bordermap.errors import StoreError
from bordermap.store import datasets, disk, versions
from bordermap.store.building import Building
from bordermap.store.datasets import StoredDataset
from bordermap.store.lock import Lock

_NAME = re.compile(r"[a-z0-9_-]{1,60}")
_RESERVED = ("curated", "all")
DATA_VARIABLE = "BORDERMAP_DATA"
"""Environment variable that says where the datasets are."""
PATIENCE = 60.0
"""Seconds that a writer waits for another one of the same name."""


class Store:
    """Imported datasets under a folder.

    Any number of processes may read while others write. Of one name there is one writer
    at a time.

    Parameters
    ----------
    root : Path, optional
        The folder; by default ``$BORDERMAP_DATA`` or else the user's data folder. It is
        made when something is first written.
    """

    def __init__(self, root: Path | None = None) -> None:
        chosen = os.environ.get(DATA_VARIABLE)
        if root is None:
            root = (
                Path(chosen)
                if chosen
                else platformdirs.user_data_path("bordermap", appauthor=False)
            )
        self.root = Path(root).expanduser().absolute()

    def names(self) -> list[str]:
        """Return the names of the datasets, sorted; damaged ones too."""
        try:
            return sorted(
                entry.name
                for entry in self.root.iterdir()
                if is_name(entry.name) and (entry / versions.POINTER).is_file()
            )
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"the data folder {self.root} cannot be read") from error

    def version(self, name: str) -> str | None:
        """Return the version of a dataset, or None where there is no such dataset."""
        return versions.current(self._folder(name))

    def get(self, name: str) -> StoredDataset:
        """Return the newest version of a dataset.

        Raises
        ------
        StoreError
            If there is no dataset of this name, it is damaged, or a newer program wrote it.
        """
        version = self.version(name)
        while version is not None:
            try:
                return datasets.load(name, version, self._folder(name) / version)
            except StoreError:
                newer = self.version(name)
                if newer == version:
                    raise
                version = newer
        if (self._folder(name) / versions.POINTER).exists():
            raise datasets.damaged(name, f"{versions.POINTER} names no version")
        known = ", ".join(self.names()) or "none"
        raise StoreError(f"there is no dataset {name!r}; known: {known}")

    def build(
        self,
        name: str,
        *,
        patience: float = PATIENCE,
        waiting: Callable[[], None] | None = None,
    ) -> Building:
        """Start a new version of a dataset; nobody else can until it is finished with.

        Parameters
        ----------
        name : str
            Lower-case letters, digits, ``-`` and ``_``.
        patience : float
            Seconds to wait for another import into the same dataset.
        waiting : callable, optional
            Called once if there is such an import.

        Raises
        ------
        StoreError
            If the name cannot be one, the other import goes on for too long, or nothing
            can be written.
        """
        if name in _RESERVED:
            raise StoreError(f"the name {name!r} is taken by bordermap itself; choose another")
        folder = self._folder(name)
        lock = self._lock(name, patience, waiting)
        try:
            return Building(name, folder, lock)
        except BaseException:
            lock.release()
            raise

    def remove(self, name: str, *, patience: float = PATIENCE) -> None:
        """Remove a dataset with all its versions.

        Raises
        ------
        StoreError
            If there is none of this name, or an import into it goes on for too long.
        """
        folder = self._folder(name)
        if versions.current(folder) is None and not (folder / versions.POINTER).exists():
            raise StoreError(f"there is no dataset {name!r} to remove")
        lock = self._lock(name, patience, None)
        try:
            with disk.faults(f"removing dataset {name!r}"):
                versions.remove(folder)
        finally:
            lock.release()

    def _lock(self, name: str, patience: float, waiting: Callable[[], None] | None) -> Lock:
        lock = Lock(self._folder(name) / "lock")
        with disk.faults(f"writing dataset {name!r}"):
            if not lock.acquire(patience, waiting):
                raise StoreError(
                    f"another import into {name!r} is going on or waits to be kept or"
                    f" discarded; it was waited for {patience:.0f} s: try again later"
                )
        return lock

    def _folder(self, name: str) -> Path:
        if not is_name(name):
            raise StoreError(
                f"{name[:80]!r} cannot be the name of a dataset: use up to 60 lower-case"
                " letters, digits, '-' and '_'"
            )
        return self.root / name


def is_name(name: str) -> bool:
    """Whether a dataset may be called so."""
    return _NAME.fullmatch(name) is not None and name not in _RESERVED
