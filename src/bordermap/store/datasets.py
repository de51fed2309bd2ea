"""Imported datasets as they lie on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bordermap.errors import StoreError
from bordermap.model.event import EVENT_SCHEMA
from bordermap.store.sql import listed

FORMAT = 1
"""Version of the layout on disk that is written."""

BATCH_ROWS = 8_192
"""Most rows of a batch: more are no faster to read, and what was freed stays with the process."""

Migration = Callable[[dict[str, Any], Path], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""What makes a manifest of the next format of one of an older format.

A function is given the manifest and the folder of the version. It runs whenever the
dataset is opened, also by readers without permission to write, and so writes nothing.
"""

MANIFEST = "dataset.json"
ISSUES = "issues.parquet"
SUMMARY = "summary.parquet"
REPORT = "report.json"

_PART = re.compile(r"part-\d{5,}\.parquet")


@dataclass(frozen=True)
class StoredDataset:
    """One version of an imported dataset; its files are never changed.

    Attributes
    ----------
    name, version : str
    folder : Path
    manifest : dict
        What dataset.json says, in the newest format: ``created`` (ISO 8601), ``rows``,
        ``digest``, ``parts``, ``original`` (names of the columns of the files),
        ``mapping`` (TOML) and ``source`` (facts on the source).
    """

    name: str
    version: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def rows(self) -> int:
        """Number of events."""
        return int(self.manifest["rows"])

    @property
    def digest(self) -> str:
        """SHA-256 over the parts, hexadecimal; equal rows in equal order have the same."""
        return str(self.manifest["digest"])

    @property
    def parts(self) -> tuple[Path, ...]:
        """The GeoParquet files with the events, in order."""
        return tuple(self.folder / part["name"] for part in self.manifest["parts"])

    @property
    def issues(self) -> Path:
        """Parquet file with :data:`~bordermap.model.event.ISSUE_SCHEMA`, by file and line."""
        return self.folder / ISSUES

    @property
    def relation(self) -> str:
        """The events in SQL for DuckDB, in brackets, to stand behind ``from``.

        Columns are those of :data:`~bordermap.model.event.EVENT_SCHEMA`, then ``original``
        (struct of text) and ``row`` (bigint, 0 to ``rows`` - 1, the same in every query).
        The rows are sorted by month, place, day and id, the undated last.
        """
        columns = ", ".join(
            "st_aswkb(geometry) as geometry" if name == "geometry" else name
            for name in (*EVENT_SCHEMA.names, "original", "row")
        )
        return f"(select {columns} from read_parquet({listed(self.parts)}))"

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield columns of the events in the order of the rows, in little memory."""
        try:
            for part in self.parts:
                with pq.ParquetFile(part, pre_buffer=False) as file:
                    yield from file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise damaged(self.name, "a part cannot be read") from error

    @property
    def report(self) -> dict[str, Any]:
        """The report of the import; empty where none was written."""
        try:
            found = json.loads((self.folder / REPORT).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise damaged(self.name, f"{REPORT} cannot be read") from error
        return dict(found)

    def summary(self) -> pa.Table:
        """Return the counts of events.

        Returns
        -------
        pyarrow.Table
            ``day`` (date32, the day of the start), ``region_code``, ``category``,
            ``events`` (int64) and ``fatalities_best`` (int64, null where none is known).
        """
        try:
            return pq.read_table(self.folder / SUMMARY)
        except (OSError, pa.ArrowException) as error:
            raise damaged(self.name, f"{SUMMARY} cannot be read") from error


def load(name: str, version: str, folder: Path) -> StoredDataset:
    """Open a version of a dataset.

    Raises
    ------
    StoreError
        If it is damaged, or of a format that is newer than this program.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(name, f"{MANIFEST} cannot be read") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise damaged(name, f"{MANIFEST} says no format")
    manifest = _migrated(name, manifest, folder)
    try:
        for part in manifest["parts"]:
            _check(name, folder, part)
        if manifest["rows"] != sum(part["rows"] for part in manifest["parts"]):
            raise damaged(name, f"{MANIFEST} contradicts itself on the number of rows")
    except (KeyError, TypeError) as error:
        raise damaged(name, f"{MANIFEST} is not complete") from error
    return StoredDataset(name, version, folder, manifest)


def _migrated(name: str, manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    if manifest["format"] > FORMAT:
        raise StoreError(
            f"dataset {name!r} was written by a newer bordermap (format {manifest['format']},"
            f" known is {FORMAT}): update bordermap to read it"
        )
    while manifest["format"] < FORMAT:
        older = manifest["format"]
        if older not in MIGRATIONS:
            raise damaged(name, f"{MANIFEST} names the unknown format {older}")
        manifest = {**MIGRATIONS[older](manifest, folder), "format": older + 1}
    return manifest


def _check(name: str, folder: Path, part: Mapping[str, Any]) -> None:
    if not _PART.fullmatch(part["name"]):
        raise damaged(name, f"{MANIFEST} names a part that cannot be one")
    try:
        size = (folder / part["name"]).stat().st_size
    except OSError as error:
        raise damaged(name, f"{part['name']} is missing or cannot be read") from error
    if size != part["bytes"]:
        raise damaged(name, f"{part['name']} has {size} bytes instead of {part['bytes']}")


def damaged(name: str, how: str) -> StoreError:
    """Return the error for a dataset that is not as it was written."""
    return StoreError(f"dataset {name!r} is damaged: {how}; import its files again")
