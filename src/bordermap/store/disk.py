"""Writing to disk so that a reader finds the old or the new, never half of either."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bordermap.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def faults(what: str) -> Iterator[None]:
    """Turn an error of the file system into a :class:`StoreError` of one line.

    Parameters
    ----------
    what : str
        What was being done, as ``{what} failed`` reads.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what} failed: {_reason(error)}") from error


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit on the size of files is what stopped a write."""
    return error.errno in _FULL


def _reason(error: OSError) -> str:
    if is_full(error):
        return "the disk is full; free some space and try again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write {error.filename or 'there'}"
    words = error.strerror or " ".join(str(error).split())
    return f"{words}: {error.filename}" if error.filename else words


def sync(path: Path) -> None:
    """Have what was written to a file, or the names in a folder, outlast a power cut."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a small file in one step: what was there stays until the new one is whole."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        sync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON as :func:`write_text` does."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def delete(folder: Path) -> None:
    """Delete a folder as far as possible; what cannot be is left for the next time."""
    shutil.rmtree(folder, ignore_errors=True)
