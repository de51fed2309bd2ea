"""One session's import: a file that came up, its reading in a thread, and what came of it."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from bordermap.catalog import Catalog
from bordermap.engine import Plan, Progress, stage, survey
from bordermap.errors import BordermapError, ImportFileError
from bordermap.importers import reading
from bordermap.importers.mapping import Mapping
from bordermap.importers.reading import Batch, Layout
from bordermap.store import Staged, Store, StoredDataset
from bordermap.web import data

FAULT = "bordermap failed at this file. Nothing was kept; the log of the server says more."
"""What the reader is told of an exception that nobody has foreseen."""

_UPLOADS = ".uploads"
"""Folder inside the data directory; no name of a dataset begins with a point."""

_STALE_SECONDS = 24 * 3600
_AWAY_SECONDS = 120
"""How long a session may be without its browser: as long as Streamlit takes it back."""

_LONGEST_FILE_NAME = 120
"""Bytes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Upload:
    """A file that came up and what was found out about it.

    Attributes
    ----------
    token : str
        Tells it, as it was looked at, from every other one.
    plan : Plan
        How it is laid out, the mapping that fits and what is open; it has one source, in a
        folder of its own inside the data directory.
    parts : tuple of str
        Its sheets or layers, of which one is read; empty where it has none.
    sample : Batch
        Its first rows.
    """

    token: str
    plan: Plan
    parts: tuple[str, ...]
    sample: Batch

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.plan.sources[0].name

    @property
    def path(self) -> Path:
        """Where it was written."""
        return self.plan.sources[0].path

    @property
    def layout(self) -> Layout:
        """How it is laid out."""
        return self.plan.sources[0].layout


class _Cancelled(Exception):  # noqa: N818 - no error
    """Ends the reading of a file from inside."""


class _Reading:
    """The reading of a file in a thread."""

    def __init__(self, job: Callable[[Callable[[Progress], None]], Staged]) -> None:
        self.progress: Progress | None = None
        self.staged: Staged | None = None
        self.failure = ""
        self.ended = threading.Event()
        self._job = job
        self._lock = threading.Lock()
        self._cancelled = False
        threading.Thread(target=self._run, name="bordermap-import", daemon=True).start()

    def cancel(self) -> None:
        """Have nothing come of it, however far it is."""
        with self._lock:
            self._cancelled = True
            staged, self.staged = self.staged, None
        if staged:
            _discard(staged)

    def _run(self) -> None:
        try:
            staged = self._job(self._tell)
        except _Cancelled:
            pass
        except BordermapError as error:
            self.failure = str(error)
        except OSError as error:
            self.failure = _reason(error)
        except Exception:
            log.exception("import failed")
            self.failure = FAULT
        else:
            self._settle(staged)
        self.ended.set()

    def _settle(self, staged: Staged) -> None:
        with self._lock:
            if not self._cancelled:
                self.staged = staged
                return
        _discard(staged)

    def _tell(self, progress: Progress) -> None:
        if self._cancelled:
            raise _Cancelled
        self.progress = progress


class Work:
    """What a session has under way: a file, the reading of it, a result not yet kept.

    Its methods may be called from any thread.

    Parameters
    ----------
    store : Store
    catalog : callable
        Returns what events are joined to; only called when a file is read.
    present : callable
        Whether the browser of the session is there; what is under way is discarded
        when it has been away for two minutes.
    """

    def __init__(
        self, store: Store, catalog: Callable[[], Catalog], present: Callable[[], bool]
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._present = present
        self._lock = threading.RLock()
        self._reading: _Reading | None = None
        self._ending: _Reading | None = None
        self.upload: Upload | None = None

    @property
    def progress(self) -> Progress | None:
        """How far the reading is; None before it has begun to tell."""
        return self._reading.progress if self._reading else None

    @property
    def is_reading(self) -> bool:
        """Whether a file is being read."""
        return self._reading is not None and not self._reading.ended.is_set()

    @property
    def staged(self) -> Staged | None:
        """What came of the reading, until it is kept or discarded."""
        return self._reading.staged if self._reading else None

    @property
    def failure(self) -> str:
        """Why nothing came of the reading, in one line; empty if that is not so."""
        return self._reading.failure if self._reading else ""

    def take(self, name: str, content: BinaryIO) -> Upload:
        """Write a file to the data directory and find out what it is.

        Whatever was under way is discarded.

        Parameters
        ----------
        name : str
            As the browser calls it; anything.
        content : binary file

        Raises
        ------
        ImportFileError
            If it cannot be written, or nothing can be read from it.
        """
        self.discard()
        token = secrets.token_hex(8)
        folder = self._store.root / _UPLOADS / token
        path = folder / file_name(name)
        try:
            folder.mkdir(parents=True)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
            upload = _looked_at(token, path, None)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ImportFileError(f"{path.name}: {_reason(error)}") from None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self.upload = upload
        threading.Thread(target=self._watch, args=(path,), daemon=True).start()
        return upload

    def turn_to(self, part: str) -> None:
        """Look at another sheet or layer of the file.

        Raises
        ------
        ImportFileError
            If nothing can be read from it.
        """
        with self._lock:
            if self.upload is not None and not self.is_reading:
                self.upload = _looked_at(secrets.token_hex(8), self.upload.path, part)

    def read(self, name: str, mapping: Mapping, *, append: bool) -> None:
        """Begin to read the file.

        Parameters
        ----------
        name : str
            Of the dataset.
        mapping : Mapping
        append : bool
            Add to the dataset of that name; else take its place.
        """
        with self._lock:
            if self.upload is None or self.is_reading or self.staged:
                return
            upload, ending = self.upload, self._ending

            def job(tell: Callable[[Progress], None]) -> Staged:
                if ending:  # it may hold the dataset of that name
                    ending.ended.wait()
                return stage(
                    self._store,
                    replace(upload.plan, mapping=mapping, questions=()),
                    name,
                    catalog=self._catalog(),
                    append=append,
                    progress=tell,
                )

            self._reading = _Reading(job)

    def stop(self) -> None:
        """Cancel the reading, or discard what came of it; the file stays."""
        with self._lock:
            stopped, self._reading = self._reading, None
            if stopped:
                self._ending = stopped
                stopped.cancel()

    def keep(self) -> StoredDataset | None:
        """Make what was read a dataset; None if there is nothing to keep.

        Raises
        ------
        StoreError
            If it cannot be written; it can still be discarded.
        """
        with self._lock:
            staged = self.staged
            if staged is None:
                return None
            kept = staged.commit()
            self._reading = None
            self.discard()
            return kept

    def discard(self) -> None:
        """Drop the file and whatever came of it."""
        with self._lock:
            upload, self.upload = self.upload, None
            self.stop()
        if upload:
            shutil.rmtree(upload.path.parent, ignore_errors=True)

    def _watch(self, path: Path) -> None:
        """Discard a file whose session has lost its browser for good."""
        seen = time.monotonic()
        while self.upload is not None and self.upload.path == path:
            if self._present():
                seen = time.monotonic()
            elif time.monotonic() - seen > _AWAY_SECONDS:
                self.discard()
                return
            time.sleep(min(_AWAY_SECONDS / 10, 5.0))


@st.cache_resource(scope="session", show_spinner=False, on_release=Work.discard)
def work() -> Work:
    """Return what this session has under way."""
    clear_stale(data.store())
    context = get_script_run_ctx()
    session = context.session_id if context else ""
    return Work(
        data.store(),
        data.catalog,
        lambda: not runtime.exists() or runtime.get_instance().is_active_session(session),
    )


@cache
def clear_stale(store: Store) -> None:
    """Remove what a server that was killed has left of uploads, once a process."""
    folder = store.root / _UPLOADS
    for left in folder.iterdir() if folder.is_dir() else ():
        try:
            age = time.time() - left.stat().st_mtime
        except OSError:
            continue
        if age > _STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def file_name(name: str) -> str:
    """Return a name under which an uploaded file can be written.

    Examples
    --------
    >>> file_name("../../etc/events 2021.csv")
    'events 2021.csv'
    >>> file_name("..")
    'file'
    """
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(c if c.isprintable() and c not in '<>:"|?*[]' else "_" for c in last)
    stem, point, suffix = printable.strip(" .").rpartition(".")
    suffix = suffix.encode()[: _LONGEST_FILE_NAME // 4].decode(errors="ignore")
    room = _LONGEST_FILE_NAME - len((point + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + point + suffix or "file"


def _looked_at(token: str, path: Path, part: str | None) -> Upload:
    plan = survey([path], part=part)
    sample = reading.sample(path, plan.sources[0].layout)
    return Upload(token, plan, tuple(reading.parts(path)), sample)


def _discard(staged: Staged) -> None:
    try:
        staged.discard()
    except (OSError, BordermapError):
        log.exception("a staged dataset was left behind")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
