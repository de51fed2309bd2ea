"""Files that are whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bordermap.errors import OutputError


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file so that it is there in full or not at all.

    Parameters
    ----------
    path : Path
    data : bytes or iterable of bytes
        All of it, or its pieces.

    Raises
    ------
    OutputError
        If it cannot be written; what stood there before still does.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes | Iterable[bytes]]) -> None:
    """Write files so that all of them are there in full, or none of them is.

    A device or a pipe is written to last, since nothing can take that back.

    Raises
    ------
    OutputError
        If one of them cannot be written; what stood there before still does.
    """
    streams = [path for path in files if path.exists() and not path.is_file()]
    whole = [path for path in files if path not in streams]
    partials: dict[Path, Path] = {}
    before: dict[Path, Path] = {}
    replaced: list[Path] = []
    at = Path()
    try:
        for at in whole:
            partials[at] = _beside(at, "part")
            _write(partials[at], files[at])
        for at in whole:
            if len(files) > 1 and at.exists():
                before[at] = _beside(at, "old")
                _keep(at, before[at])
        for at in whole:
            os.replace(partials[at], at)  # noqa: PTH105
            replaced.append(at)
        for at in streams:
            _write(at, files[at])
    except BaseException as error:
        for path in replaced:
            _take_back(path, before.get(path))
        if not isinstance(error, OSError):
            raise
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"{at} cannot be written: {reason}") from None
    finally:
        for path in (*partials.values(), *before.values()):
            _discard(path)


def _beside(path: Path, ending: str) -> Path:
    return path.parent / f".{secrets.token_hex(6)}.{ending}"


def _write(path: Path, data: bytes | Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)


def _keep(path: Path, copy: Path) -> None:
    try:
        os.link(path, copy)
    except OSError:  # a file system without hard links
        shutil.copy2(path, copy)


def _take_back(path: Path, copy: Path | None) -> None:
    with suppress(OSError):
        if copy is None:
            path.unlink()
        else:
            os.replace(copy, path)  # noqa: PTH105


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
