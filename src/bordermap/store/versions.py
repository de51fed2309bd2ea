"""The versions of a dataset, and which of them is current.

A dataset's folder holds one folder a version, the file ``current`` with the name of one of
them, ``lock``, and ``build-…`` while an import runs.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

from bordermap.store import disk

POINTER = "current"
GRACE = 600.0
"""Seconds for which a superseded version is kept for those who still read it."""

_BUILD = "build-"
_TRASH = ".trash-"
_VERSION = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")


def current(folder: Path) -> str | None:
    """Return the current version of a dataset, or None where there is none."""
    try:
        text = (folder / POINTER).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if _VERSION.fullmatch(text) else None


def fresh() -> str:
    """Return a name for a new version; names sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def workplace(folder: Path, version: str) -> Path:
    """Return where a version is built. What killed imports left behind is deleted."""
    for entry in folder.iterdir():
        if entry.name.startswith((_BUILD, f".{POINTER}-")):
            disk.delete(entry) if entry.is_dir() else entry.unlink(missing_ok=True)
    sweep(folder.parent)
    path = folder / f"{_BUILD}{version}"
    path.mkdir()
    return path


def publish(folder: Path, version: str, data: Path) -> None:
    """Make a finished folder the current version, at once and for good."""
    before = current(folder)
    data.rename(folder / version)
    try:
        disk.sync(folder)
        disk.write_text(folder / POINTER, version + "\n")
    except BaseException:
        if current(folder) != version:
            disk.delete(folder / version)
        raise
    if before and (folder / before).is_dir():
        os.utime(folder / before)  # since when it is superseded
    for entry in folder.iterdir():
        if (
            _VERSION.fullmatch(entry.name)
            and entry.name not in (version, before)
            and time.time() - entry.stat().st_mtime > GRACE
        ):
            disk.delete(entry)


def remove(folder: Path) -> None:
    """Remove a dataset at once, and delete its files."""
    trash = folder.with_name(f"{_TRASH}{secrets.token_hex(8)}")
    folder.rename(trash)
    disk.sync(folder.parent)
    disk.delete(trash)


def sweep(root: Path) -> None:
    """Delete what is left of removed datasets."""
    for entry in root.glob(f"{_TRASH}*"):
        disk.delete(entry)
