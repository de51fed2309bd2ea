"""Events and issues of one piece of a file on disk, by year."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

UNDATED = "undated"
ISSUES = "issues"
"""Names of folders beside those of the years."""

_HELD_BYTES = 16 << 20
"""Events that are held before they are sorted into years and written."""


class Spill:
    """Writes events to ``<year or undated>/<name>.parquet`` and issues to ``issues/``.

    The files have hidden names until the block ends, and are gone if it ends with an
    error; two tasks may write the same files at the same time.

    Parameters
    ----------
    root : Path
        An existing folder.
    name : str
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = f"{name}.parquet"
        self._hidden = f".{name}-{secrets.token_hex(4)}.part"
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._held: list[pa.Table] = []

    def __enter__(self) -> Spill:
        return self

    def add(self, events: pa.Table, issues: pa.Table) -> None:
        """Write events with a ``date_start``, and issues."""
        if len(events):
            self._held.append(events)
        if sum(table.nbytes for table in self._held) >= _HELD_BYTES:
            self._flush()
        if len(issues):
            self._write(ISSUES, issues)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._flush()
                self._publish()
        finally:
            for folder, writer in self._writers.items():
                _abandon(writer, self._root / folder / self._hidden)

    def _publish(self) -> None:
        for writer in self._writers.values():
            writer.close()
        for folder in self._writers:
            written = self._root / folder
            (written / self._hidden).replace(written / self._name)

    def _flush(self) -> None:
        if self._held:
            for folder, rows in _by_year(pa.concat_tables(self._held)):
                self._write(folder, rows)
            self._held.clear()

    def _write(self, folder: str, rows: pa.Table) -> None:
        if folder not in self._writers:
            (self._root / folder).mkdir(exist_ok=True)
            self._writers[folder] = pq.ParquetWriter(
                self._root / folder / self._hidden,
                rows.schema,
                compression="lz4",
                write_statistics=False,
            )
        self._writers[folder].write_table(rows)


def _by_year(events: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the events of each year, in their order."""
    years = pc.fill_null(pc.year(events["date_start"]), 0).to_numpy()
    order = np.argsort(years, kind="stable")
    found, first = np.unique(years[order], return_index=True)
    ordered = events.take(order)
    for year, start, end in zip(found, first, [*first[1:], len(order)], strict=True):
        yield str(year) if year else UNDATED, ordered.slice(start, end - start)


def _abandon(writer: pq.ParquetWriter, path: Path) -> None:
    try:
        writer.close()
        path.unlink(missing_ok=True)
    except OSError:  # the disk is full or gone; the folder goes with the import
        return
