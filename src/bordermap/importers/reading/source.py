"""Bytes of a file of text: plain, gzipped or alone in a ZIP archive, as UTF-8 or Windows-1252."""

from __future__ import annotations

import codecs
import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from bordermap.errors import ImportFileError

MAX_UNPACKED = 4 << 30
"""Bytes that a packed file may hold."""

MAX_RATIO = 200
"""Times its packed size that a file may unpack to, beyond ``RATIO_FROM`` bytes."""

RATIO_FROM = 64 << 20

DIRECT = ("utf-8", "windows-1252")
"""Encodings that are read as they are; their line ends, quotes and delimiters are ASCII bytes."""

STREAMED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that are unpacked piece by piece, however much they hold."""

_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError)


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int) -> bytes:
        """Return about ``size`` bytes, none at the end."""

    def consumed(self) -> int:
        """Return how many bytes of the file itself have been read."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Plain:
    def __init__(self, file: IO[bytes], start: int, end: int | None) -> None:
        self._file, self._start, self._end = file, start, end
        file.seek(start)

    def read(self, size: int) -> bytes:
        if self._end is not None:
            size = min(size, self._end - self._file.tell())
        return self._file.read(size)

    def consumed(self) -> int:
        return self._file.tell() - self._start


class _Packed:
    def __init__(self, name: str, unpacked: _Readable, file: IO[bytes]) -> None:
        self._name, self._unpacked, self._file = name, unpacked, file
        self._held = 0

    def read(self, size: int) -> bytes:
        data = self._unpacked.read(size)
        self._held += len(data)
        check_unpacked(self._name, self._held, max(self._file.tell(), 1))
        return data

    def consumed(self) -> int:
        return self._file.tell()


class _Decoded:
    """Bytes in any encoding as UTF-8; what cannot be decoded becomes a NUL."""

    def __init__(self, source: Source, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("bordermap.nul")

    def read(self, size: int) -> bytes:
        while data := self._source.read(size):
            if text := self._decoder.decode(data):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")

    def consumed(self) -> int:
        return self._source.consumed()


def _nul(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return "\0", error.end
    raise error


codecs.register_error("bordermap.nul", _nul)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system or an unpacker says of a file into one clear line.

    Raises
    ------
    ImportFileError
    """
    try:
        yield
    except FileNotFoundError as error:
        raise ImportFileError(f"{path.name}: is not there (any more): check the path") from error
    except IsADirectoryError as error:
        raise ImportFileError(f"{path.name}: is a folder: name a file in it") from error
    except _DAMAGED as error:
        raise ImportFileError(
            f"{path.name}: the packed file is damaged or incomplete: fetch it again"
        ) from error
    except OSError as error:
        reason = error.strerror or "input error"
        raise ImportFileError(f"{path.name}: cannot be read: {reason}") from error


@contextmanager
def opened(
    path: Path, encoding: str = DIRECT[0], start: int = 0, end: int | None = None
) -> Iterator[Source]:
    """Open a file of text.

    Parameters
    ----------
    path : Path
    encoding : str
        One of ``DIRECT`` gives the bytes as they are; any other is turned into UTF-8.
    start, end : int, int or None
        The bytes to read; for plain files in one of the ``DIRECT`` encodings only.

    Raises
    ------
    ImportFileError
        The file cannot be read or unpacked, or it unpacks to too much.
    """
    packed = packing(path)
    with reading(path), path.open("rb") as file:
        source: Source
        if packed == "gzip":
            source = _Packed(path.name, gzip.GzipFile(fileobj=file), file)
        elif packed == "zip":
            source = _Packed(path.name, _only_member(path, file), file)
        else:
            source = _Plain(file, start, end)
        yield source if encoding in DIRECT else _Decoded(source, encoding)


def packing(path: Path) -> str:
    """Return ``gzip``, ``zip`` or an empty string, by the first bytes of a file.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    with reading(path), path.open("rb") as file:
        first = file.read(4)
    if first[:2] == b"\x1f\x8b":
        return "gzip"
    return "zip" if first in (b"PK\x03\x04", b"PK\x05\x06") else ""


def archive_names(path: Path) -> list[str]:
    """Return the names of what a ZIP archive holds.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    with reading(path), path.open("rb") as file:
        return [member.filename for member in _archive(file).infolist()]


def check_unpacked(name: str, unpacked: int, packed: int) -> None:
    """Refuse a file that unpacks to too much.

    Raises
    ------
    ImportFileError
    """
    if unpacked > MAX_UNPACKED:
        raise ImportFileError(
            f"{name}: unpacks to more than {MAX_UNPACKED >> 30} GiB: unpack it and import that"
        )
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * packed:
        raise ImportFileError(
            f"{name}: unpacks to more than {MAX_RATIO} times its size, as a ZIP bomb does: "
            "if it is right, unpack it and import that"
        )


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (ValueError, OverflowError, struct.error) as error:
        raise zipfile.BadZipFile from error


def _only_member(path: Path, file: IO[bytes]) -> _Readable:
    """Open the file in an archive, apart from what an operating system adds."""
    archive = _archive(file)
    found = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(found) != 1:
        raise ImportFileError(
            f"{path.name}: holds {len(found)} files: unpack it and import those that are wanted"
        )
    (member,) = found
    if member.flag_bits & 1:
        raise ImportFileError(f"{path.name}: is encrypted: unpack it with its password first")
    if member.compress_type not in STREAMED:
        raise ImportFileError(f"{path.name}: is packed in an unusual way: unpack it first")
    check_unpacked(path.name, member.file_size, max(member.compress_size, 1))
    return archive.open(member)
