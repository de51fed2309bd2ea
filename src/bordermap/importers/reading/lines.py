"""Physical lines of text: cut at their ends, made valid UTF-8, with what that took."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.importers.reading.source import DIRECT, Source

IntArray = npt.NDArray[np.int64]

LIMIT = 1 << 20
"""Bytes that a line, or a record of several lines, may have."""

UTF8, WINDOWS = DIRECT
_BOM = codecs.BOM_UTF8

_CHARACTERS = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
"""Windows-1252, with the five bytes that it does not define as in Latin-1."""

_WIDTHS = np.array([len(character.encode()) for character in _CHARACTERS], dtype=np.int64)
_ESCAPED = {0xDC00 + byte: _CHARACTERS[byte] for byte in range(128, 256)}


@dataclass(frozen=True)
class Mended:
    """Text of a line that had to be changed to be text at all."""

    line: int
    reason: str
    excerpt: str


@dataclass(frozen=True)
class Lines:
    """Whole physical lines that follow each other.

    Attributes
    ----------
    text : bytes
        Valid UTF-8 without NUL.
    stops : array of int64, shape (lines,)
        Where each line ends in ``text``, past its line end.
    raw_stops : array of int64, shape (lines,)
        Where each line ends in what was read, counted from where reading began.
    mended : list of Mended
        ``line`` is the position in ``stops``.
    oversize : int
        Bytes of a line that is longer than the limit and was skipped; it is then the
        only one, and ``text`` is empty.
    """

    text: bytes
    stops: IntArray
    raw_stops: IntArray
    mended: list[Mended] = field(default_factory=list)
    oversize: int = 0


def lines(source: Source, encoding: str, size: int, *, first: bool) -> Iterator[Lines]:
    r"""Read physical lines in blocks.

    A line ends at ``\n``, ``\r\n`` or a ``\r`` alone; the last one may lack its end.

    Parameters
    ----------
    source : Source
    encoding : str
    size : int
        Bytes of a block; longer where a line is.
    first : bool
        Whether this is the begin of the file, where a byte order mark may stand.
    """
    offset, rest = 0, b""
    if first:
        rest = source.read(len(_BOM))
        while 0 < len(rest) < len(_BOM) and (more := source.read(len(_BOM))):
            rest += more
        if rest.startswith(_BOM):
            offset, rest = len(_BOM), rest[len(_BOM) :]
    while True:
        data = source.read(max(size, len(rest)))
        block = rest + data
        stops = _line_stops(block, final=not data)
        yield from _cut(block, stops, offset, encoding)
        done = int(stops[-1]) if stops.size else 0
        offset, rest = offset + done, block[done:]
        if not data:
            return
        if len(rest) > LIMIT:
            length, rest = _skip(source, rest, size)
            offset += length
            yield _oversize(length, offset)


def _line_stops(block: bytes, *, final: bool) -> IntArray:
    data = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    if b"\r" in block:
        returns = np.flatnonzero(data == ord("\r"))
        if returns[-1] == data.size - 1:
            returns = returns[:-1]
        alone = returns[data[returns + 1] != ord("\n")]
        if alone.size:
            ends = np.sort(np.concatenate([ends, alone]))
    stops = ends + 1
    if final and data.size and (not stops.size or stops[-1] != data.size):
        stops = np.append(stops, data.size)
    return stops


def _cut(block: bytes, stops: IntArray, offset: int, encoding: str) -> Iterator[Lines]:
    long = np.flatnonzero(np.diff(stops, prepend=0) > LIMIT)
    begin = 0
    for until in [*long.tolist(), len(stops)]:
        if until > begin:
            start = int(stops[begin - 1]) if begin else 0
            part = stops[begin:until]
            text = block[start : part[-1]] if len(part) < len(stops) else block[: part[-1]]
            yield _mend(text, part - start, part + offset, encoding)
        if until < len(stops):
            start = int(stops[until - 1]) if until else 0
            yield _oversize(int(stops[until]) - start, int(stops[until]) + offset)
        begin = until + 1


def _oversize(length: int, raw_stop: int) -> Lines:
    return Lines(b"", np.zeros(1, dtype=np.int64), np.array([raw_stop]), oversize=length)


def _skip(source: Source, begun: bytes, size: int) -> tuple[int, bytes]:
    """Read to the end of a line; return its length and what was read after it."""
    last = begun[-1:] if begun.endswith(b"\r") else b""
    length = len(begun) - len(last)
    while data := source.read(size):
        block = last + data
        stops = _line_stops(block, final=False)
        if stops.size:
            return length + int(stops[0]), block[stops[0] :]
        last = b"\r" if block.endswith(b"\r") else b""
        length += len(block) - len(last)
    return length + len(last), b""


def _mend(raw: bytes, stops: IntArray, raw_stops: IntArray, encoding: str) -> Lines:
    marks: list[tuple[int, int, str]] = []
    text = raw
    if b"\0" in text:
        nul = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == 0)
        rows, at = np.unique(np.searchsorted(stops, nul, side="right"), return_index=True)
        starts = np.concatenate([[0], stops])[rows]
        reason = (
            "NUL bytes left out"
            if encoding in DIRECT
            else f"NUL, or bytes that are not {encoding.upper()}, left out"
        )
        marks += [(r, int(a), reason) for r, a in zip(rows.tolist(), nul[at] - starts, strict=True)]
        text = text.replace(b"\0", b"")
        stops = stops - np.searchsorted(nul, stops)
    if not text.isascii():
        if encoding == WINDOWS:
            text, stops = _from_windows(text, stops)
        elif not _is_utf8(text):
            text, stops, foreign = _as_windows_where_not_utf8(text, stops)
            marks += [(row, at, "not UTF-8: read as Windows-1252") for row, at in foreign]
    mended = [Mended(row, reason, _excerpt(text, stops, row, at)) for row, at, reason in marks]
    return Lines(text, stops, raw_stops, mended)


def _is_utf8(text: bytes) -> bool:
    offsets = pa.py_buffer(np.array([0, len(text)], dtype=np.int64))
    value = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(text)])
    try:
        value.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _from_windows(text: bytes, stops: IntArray) -> tuple[bytes, IntArray]:
    data = np.frombuffer(text, dtype=np.uint8)
    wide = np.flatnonzero(data > 127)
    added = np.concatenate([[0], np.cumsum(_WIDTHS[data[wide]] - 1)])
    decoded, _ = codecs.charmap_decode(text, "strict", _CHARACTERS)
    return decoded.encode(), stops + added[np.searchsorted(wide, stops)]


def _as_windows_where_not_utf8(
    text: bytes, stops: IntArray
) -> tuple[bytes, IntArray, list[tuple[int, int]]]:
    """Read the bytes that are not UTF-8 as Windows-1252; name the lines and where in them."""
    pieces: list[bytes] = []
    foreign: list[tuple[int, int]] = []
    start = 0
    for row, stop in enumerate(stops.tolist()):
        line = text[start:stop]
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError as error:
                foreign.append((row, error.start))
                line = line.decode("utf-8", "surrogateescape").translate(_ESCAPED).encode()
        pieces.append(line)
        start = stop
    return b"".join(pieces), np.cumsum([len(piece) for piece in pieces]), foreign


def _excerpt(text: bytes, stops: IntArray, row: int, at: int) -> str:
    start = int(stops[row - 1]) if row else 0
    begin, end = max(start, start + at - 80), min(int(stops[row]), start + at + 80)
    return text[begin:end].decode("utf-8", "ignore").strip()
