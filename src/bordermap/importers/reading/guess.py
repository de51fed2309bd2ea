"""The encoding, delimiter and header of a text, guessed from its begin."""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bordermap.errors import ImportFileError
from bordermap.importers.reading import records
from bordermap.importers.reading.header import has_header
from bordermap.importers.reading.layout import Layout, column_names
from bordermap.importers.reading.lines import LIMIT, UTF8, WINDOWS, IntArray, lines
from bordermap.importers.reading.records import Grammar
from bordermap.importers.reading.source import opened

DELIMITERS = (",", "\t", ";", "|")
_SEEN = 256 << 10
_SEARCHED = 256 << 20
_ROWS = 200
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, UTF8),
)
_ALIASES = {"utf-8-sig": UTF8, "ascii": UTF8, "iso8859-1": WINDOWS, "cp1252": WINDOWS}
_CONTROLS = bytes(set(range(32)) - set(b"\0\t\n\r\f\x1a\x1b"))


def text_layout(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
) -> Layout:
    """Find out how a file of text is laid out.

    What is given is not guessed.

    Raises
    ------
    ImportFileError
        The file is empty or no text, has too many columns, or what is given is unknown.
    """
    if delimiter is not None and (
        len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'
    ):
        raise ImportFileError(f"{path.name}: the delimiter has to be one ASCII character")
    encoding = _known(path, encoding) if encoding is not None else _encoding(path)
    text, stops, final = _begin(path, encoding)
    if not text.strip():
        raise ImportFileError(f"{path.name}: is empty: nothing to import")
    found = _try(text, stops, delimiter, final) if delimiter else _best(text, stops, final)
    cells = [cell.decode() for cell in found.first]
    rows = [[cell.decode() for cell in row] for row in found.rows]
    named = has_header(cells, rows) if header is None else header
    columns = column_names(path, cells if named else [""] * len(cells))
    return Layout("text", columns, encoding, found.delimiter, header=named)


@dataclass(frozen=True)
class _Trial:
    delimiter: str
    first: list[bytes]
    rows: list[list[bytes]]
    good: float


def _best(text: bytes, stops: IntArray, final: bool) -> _Trial:
    trials = [_try(text, stops, delimiter, final) for delimiter in DELIMITERS]
    dividing = [trial for trial in trials if len(trial.first) > 1] or trials[:1]
    return max(dividing, key=lambda trial: (round(trial.good, 1), len(trial.first)))


def _try(text: bytes, stops: IntArray, delimiter: str, final: bool) -> _Trial:
    byte = delimiter.encode()
    record = records.header_record(text, stops, byte, quoted=True, final=final)
    if record is None:
        alone = records.header_record(text, stops, byte, quoted=True, final=True)
        record = alone or ([], 0)
    cells, used = record
    first = [cell.encode() for cell in cells]
    start = int(stops[used - 1]) if used else 0
    part = stops[used : used + _ROWS] - start
    rest = text[start : start + int(part[-1])] if len(part) else b""
    following = records.careful_records(
        rest, part, Grammar(byte, True, len(first)), final=final and used + _ROWS >= len(stops)
    )
    rejected = sum(issue.action == "rejected" for issue in following.issues)
    read = len(following.rows) + rejected
    return _Trial(delimiter, first, following.rows, len(following.rows) / read if read else 1.0)


def _begin(path: Path, encoding: str) -> tuple[bytes, IntArray, bool]:
    """Return the first lines of a file, and whether these are all."""
    text, stops = b"", np.zeros(0, dtype=np.int64)
    with opened(path, encoding) as source:
        for part in lines(source, encoding, _SEEN, first=True):
            if part.oversize:
                if not text.strip():
                    raise ImportFileError(
                        f"{path.name}: begins with a line longer than {LIMIT >> 20} MiB: "
                        "is it a table?"
                    )
                return text, stops, False
            stops = np.concatenate([stops, part.stops + len(text)])
            text += part.text
            if len(text) >= _SEEN and text.strip():
                return text, stops, False
    return text, stops, True


def _known(path: Path, encoding: str) -> str:
    try:
        "".encode(encoding).decode(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError, TypeError) as error:
        raise ImportFileError(f"{path.name}: {encoding}: is no encoding that is known") from error
    name = codecs.lookup(encoding).name
    return _ALIASES.get(name, name)


def _encoding(path: Path) -> str:
    blocks = _blocks(path)
    head = next(blocks, b"")
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    for length in (32, 128, 512):
        if wide := _wide(head[:length]):
            return wide
    text = head.rstrip(b"\0")
    zeros = text.count(0)
    controls = len(text) - zeros - len(text.translate(None, b"\0" + _CONTROLS))
    if zeros > 0.3 * len(text) or controls > 0.05 * len(text):
        raise ImportFileError(
            f"{path.name}: is no text: save the table as CSV in UTF-8, or as Excel, "
            "GeoJSON, GeoPackage or Parquet"
        )
    for block in itertools.chain([head], blocks):
        if not block.isascii():
            return _utf8_or_windows(block)
    return UTF8


def _blocks(path: Path) -> Iterator[bytes]:
    with opened(path) as source:
        seen = 0
        while seen < _SEARCHED and (block := source.read(LIMIT)):
            seen += len(block)
            yield block


def _wide(head: bytes) -> str:
    """Recognise UTF-16 or UTF-32 without a mark by the zeros beside ASCII characters."""
    if len(head) < 4:
        return ""
    zeros = [sum(byte == 0 for byte in head[at::4]) / len(head[at::4]) for at in range(4)]
    patterns = (
        ((0, 1, 1, 1), "utf-32-le"),
        ((1, 1, 1, 0), "utf-32-be"),
        ((0, 1, 0, 1), "utf-16-le"),
        ((1, 0, 1, 0), "utf-16-be"),
    )
    for pattern, encoding in patterns:
        if all(
            share > 0.5 if zero else share < 0.3 for zero, share in zip(pattern, zeros, strict=True)
        ):
            return encoding
    return ""


def _utf8_or_windows(block: bytes) -> str:
    """Choose by the lines with other characters than ASCII; most of them decide."""
    right = wrong = 0
    block = block[: block.rfind(b"\n") + 1] or block[: block.rfind(b"\r") + 1] or block
    for line in block.splitlines():
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError:
                wrong += 1
            else:
                right += 1
    return UTF8 if right >= wrong else WINDOWS
