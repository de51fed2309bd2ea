"""Delimited text as batches: in blocks, with bounded memory, in chunks where wanted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from bordermap.errors import ImportFileError
from bordermap.importers.reading import records
from bordermap.importers.reading.layout import Batch, Chunk, Issue, Layout, batch, text_schema
from bordermap.importers.reading.lines import LIMIT, IntArray, Lines, Mended, lines
from bordermap.importers.reading.records import Careful, Clean, Grammar
from bordermap.importers.reading.source import DIRECT, opened, packing

BLOCK = 8 << 20
"""Bytes that are read at a time."""

_PATIENCE = 64
"""Lines that are read one by one before clean records are looked for again; twice as many
each time that fewer than `_WORTH` lines of these are found."""

_WORTH = 256

_LINES = 50_000
"""Lines that are divided at a time, so that a block of tiny bad ones does not fill memory."""

_BOM = b"\xef\xbb\xbf"
TOO_LONG = f"a line longer than {LIMIT >> 20} MiB"


def read(chunk: Chunk, block: int = BLOCK) -> Iterator[Batch]:
    """Read the rows of a chunk.

    Parameters
    ----------
    chunk : Chunk
    block : int
        Bytes that are read at a time.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    schema = text_schema(chunk.layout.columns)
    with opened(chunk.path, chunk.layout.encoding, chunk.start, chunk.end) as source:
        parts = lines(source, chunk.layout.encoding, block, first=chunk.start == 0)
        for stretch in _stretches(chunk, parts, partial(_parsed, schema)):
            table, first, issues = _rows(stretch, schema)
            if len(first) or issues:
                yield batch(chunk.path, table, first, issues, source.consumed())


def chunks(path: Path, layout: Layout, size: int | None) -> Iterator[Chunk]:
    """Divide a file at the ends of records, by the rules by which it is read.

    Parameters
    ----------
    path : Path
    layout : Layout
    size : int or None
        Bytes of a chunk, at least. None, a packed file, or an encoding that has to be
        decoded from its begin on give one chunk.

    Raises
    ------
    ImportFileError
        The file cannot be read.
    """
    whole = Chunk(path, layout, number=0, start=0, end=None, first_line=1)
    if size is None or layout.encoding not in DIRECT or packing(path):
        yield whole
        return
    chunk = whole
    with opened(path) as source:
        parts = lines(source, layout.encoding, min(max(size, 1), BLOCK), first=True)
        for stretch in _stretches(whole, parts, _counted):
            while found := stretch.boundary(chunk.start + max(size, 1)):
                offset, line = found
                yield replace(chunk, end=offset)
                chunk = replace(chunk, number=chunk.number + 1, start=offset, first_line=line)
    yield chunk


@dataclass(frozen=True)
class _Settled:
    """Clean records with the expected number of fields, and what is wrong with others."""

    clean: Clean
    keep: npt.NDArray[np.bool_]
    issues: list[Issue] = field(default_factory=list)
    table: pa.Table | None = None


@dataclass(frozen=True)
class _Stretch:
    """Records that follow each other; lines are counted from ``line``."""

    line: int
    raw_stops: IntArray
    mended: list[Mended]
    settled: _Settled
    careful: Careful
    oversize: int = 0

    def boundary(self, offset: int) -> tuple[int, int] | None:
        """Return the first place from an offset on at which a record begins, and its line."""
        clean = self.settled.clean
        ends = np.append(clean.first[1:], clean.lines) if clean.lines else clean.first
        if self.careful.lines:
            ends = np.append(ends, clean.lines + self.careful.lines)
        number = int(np.searchsorted(self.raw_stops[ends - 1], offset))
        if number == len(ends):
            return None
        return int(self.raw_stops[ends[number] - 1]), self.line + int(ends[number])


_Settle = Callable[[bytes, Clean, Grammar, int], _Settled]


class _Buffer:
    """Lines that are not yet records."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.text = b""
        self.stops = np.zeros(0, dtype=np.int64)
        self.raw_stops = np.zeros(0, dtype=np.int64)
        self.mended: list[Mended] = []
        self._patience = _PATIENCE

    def add(self, part: Lines) -> None:
        shift = len(self.stops)
        self.mended += [replace(mended, line=mended.line + shift) for mended in part.mended]
        if not shift:
            self.text, self.stops, self.raw_stops = part.text, part.stops, part.raw_stops
            return
        self.stops = np.concatenate([self.stops, part.stops + len(self.text)])
        self.raw_stops = np.concatenate([self.raw_stops, part.raw_stops])
        self.text += part.text

    def drop(self, count: int) -> None:
        if not count:
            return
        start = int(self.stops[count - 1])
        self.line += count
        self.text = self.text[start:]
        self.stops = self.stops[count:] - start
        self.raw_stops = self.raw_stops[count:]
        self.mended = [
            replace(mended, line=mended.line - count)
            for mended in self.mended
            if mended.line >= count
        ]

    def stretch(self, grammar: Grammar, settle: _Settle, *, final: bool) -> _Stretch:
        """Take records that are whole, of at least the first `_LINES` lines."""
        text, stops = _window(self.text, self.stops, _LINES)
        settled = settle(text, records.clean_records(text, stops, grammar), grammar, self.line)
        done = settled.clean.lines
        careful = Careful()
        if done < len(stops):
            self._patience = _PATIENCE if done >= _WORTH else min(2 * self._patience, _LINES)
            start = int(stops[done - 1]) if done else 0
            text, stops = _window(text[start:], stops[done:] - start, self._patience)
            careful = records.careful_records(
                text,
                stops,
                grammar,
                final=final and done + len(stops) == len(self.stops),
                enough=self._patience,
                first_line=self.line + done,
            )
        result = _Stretch(self.line, self.raw_stops, self.mended, settled, careful)
        self.drop(done + careful.lines)
        return result


def _window(text: bytes, stops: IntArray, count: int) -> tuple[bytes, IntArray]:
    """Return the first lines, and those that a record that begins in them may reach."""
    if count >= len(stops):
        return text, stops
    reach = int(np.searchsorted(stops, stops[count - 1] + LIMIT, side="right")) + 1
    return (text[: stops[reach - 1]], stops[:reach]) if reach < len(stops) else (text, stops)


def _stretches(chunk: Chunk, parts: Iterator[Lines], settle: _Settle) -> Iterator[_Stretch]:
    layout = chunk.layout
    grammar = Grammar(layout.delimiter.encode(), layout.quoted, len(layout.columns))
    buffer = _Buffer(chunk.first_line)
    named = chunk.start > 0 or not layout.header
    end = Lines(b"", np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    for part in _with(parts, end):
        final = part is end or part.oversize > 0
        if not final:
            buffer.add(part)
        if not named:
            header = records.header_record(
                buffer.text, buffer.stops, grammar.delimiter, quoted=layout.quoted, final=final
            )
            if header is None:
                continue
            named = bool(header[0])
            buffer.drop(header[1])
        if part.oversize and not named:
            raise ImportFileError(f"{chunk.path.name}: begins with {TOO_LONG}: is it a table?")
        while len(buffer.stops):
            before = buffer.line
            yield buffer.stretch(grammar, settle, final=final)
            if buffer.line == before:
                break
        if part.oversize:
            none = _nothing()
            yield _Stretch(buffer.line, part.raw_stops, [], none, Careful(), part.oversize)
            buffer.line += 1


def _with(parts: Iterator[Lines], end: Lines) -> Iterator[Lines]:
    yield from parts
    yield end


def _nothing() -> _Settled:
    none = np.zeros(0, dtype=np.int64)
    return _Settled(Clean(none, none, none, 0), np.zeros(0, dtype=bool))


def _counted(text: bytes, clean: Clean, grammar: Grammar, _line: int = 0) -> _Settled:
    """Leave the first record of several lines with a wrong number of fields, and what follows."""
    if not clean.tall.any():
        return _Settled(clean, np.ones(len(clean.first), dtype=bool))
    right = records.field_counts(text, clean, grammar) == grammar.columns
    wrong = np.flatnonzero(clean.tall & ~right)
    clean = clean.head(int(wrong[0]) if wrong.size else len(clean.first))
    return _Settled(clean, right[: len(clean.first)])


def _parsed(
    schema: pa.Schema, text: bytes, clean: Clean, grammar: Grammar, first_line: int
) -> _Settled:
    """Parse clean records all at once; leave what `_counted` leaves."""
    keep = ~_empty(text, clean)
    stop = int(clean.stops[-1]) if len(clean.stops) else 0
    table = _table(text if stop == len(text) else text[:stop], schema, grammar)
    if table is not None and len(table) == np.count_nonzero(keep):
        return _Settled(clean, keep, table=table)
    clean = _counted(text, clean, grammar).clean
    keep = keep[: len(clean.first)]
    counts = records.field_counts(text, clean, grammar)
    issues = []
    for number in np.flatnonzero(keep & (counts != grammar.columns)).tolist():
        keep[number] = False
        content = records.content_of(text, int(clean.starts[number]), int(clean.stops[number]))
        if not records.is_blank(content, grammar):
            line = first_line + int(clean.first[number])
            issues.append(records.wrong_count(line, content, int(counts[number]), grammar))
    stop = int(clean.stops[-1]) if len(clean.stops) else 0
    wanted = np.repeat(keep, clean.stops - clean.starts)
    table = _table(np.frombuffer(text, dtype=np.uint8)[:stop][wanted].tobytes(), schema, grammar)
    if table is not None and len(table) == np.count_nonzero(keep):
        return _Settled(clean, keep, issues, table)
    return _nothing()


def _empty(text: bytes, clean: Clean) -> npt.NDArray[np.bool_]:
    """Tell which records are nothing but a line end."""
    length = clean.stops - clean.starts
    data = np.frombuffer(text + b"\n\n", dtype=np.uint8)
    first = data[clean.starts]
    line_feed, carriage_return = first == ord("\n"), first == ord("\r")
    pair = (length == 2) & carriage_return & (data[clean.starts + 1] == ord("\n"))
    return np.asarray((length == 0) | ((length == 1) & (line_feed | carriage_return)) | pair)


def _table(text: bytes, schema: pa.Schema, grammar: Grammar) -> pa.Table | None:
    """Parse text, or return None if a row has a wrong number of fields."""
    if not text:
        return schema.empty_table()
    if text.startswith(_BOM):
        text = b"\n" + text
    try:
        return csv.read_csv(
            pa.BufferReader(text),
            read_options=csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=schema.names
            ),
            parse_options=csv.ParseOptions(
                delimiter=grammar.delimiter.decode(),
                quote_char='"' if grammar.quoted else False,
                newlines_in_values=grammar.quoted,
            ),
            convert_options=csv.ConvertOptions(
                check_utf8=False,
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _rows(
    stretch: _Stretch, schema: pa.Schema
) -> tuple[pa.Table, npt.NDArray[np.int64], list[Issue]]:
    if stretch.oversize:
        size = f"{stretch.oversize:,} bytes"
        issue = Issue(stretch.line, "rejected", TOO_LONG, size)
        return schema.empty_table(), np.zeros(0, dtype=np.int64), [issue]
    settled, careful = stretch.settled, stretch.careful
    shift = settled.clean.lines
    last = np.append(settled.clean.first[1:], shift) - 1
    first_lines = np.concatenate(
        [settled.clean.first[settled.keep], np.asarray(careful.first, dtype=np.int64) + shift]
    )
    last_lines = np.concatenate(
        [last[settled.keep], np.asarray(careful.last, dtype=np.int64) + shift]
    )
    repairs = _repairs(
        stretch.mended,
        (first_lines + stretch.line).tolist(),
        (last_lines + stretch.line).tolist(),
        stretch.line,
    )
    table = settled.table if settled.table is not None else schema.empty_table()
    if careful.rows:
        table = pa.concat_tables([table, _transposed(careful.rows, schema)])
    issues = [*settled.issues, *careful.issues, *repairs]
    return table, first_lines + stretch.line, issues


def _transposed(rows: list[list[bytes]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array([cell or None for cell in column], pa.string()) for column in columns],
        schema=schema,
    )


def _repairs(
    mended: list[Mended], first: list[int], last: list[int], first_line: int
) -> Iterator[Issue]:
    """Yield an issue for each mended line that is part of a row that is kept."""
    for part in mended:
        line = first_line + part.line
        row = bisect_right(first, line) - 1
        if row >= 0 and line <= last[row]:
            yield Issue(first[row], "repaired", part.reason, part.excerpt)
