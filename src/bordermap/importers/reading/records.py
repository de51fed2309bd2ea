"""Records of delimited text: where they begin and end, and their fields.

Two ways that agree. *Clean* records, whose quotes all open at the begin of a field and
close at its end, are found with arrays. All others are read one by one: a record that
parses to the expected number of fields is good; else its first line alone is rejected
and reading goes on at the next one, so that a stray quote never takes good rows with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bordermap.importers.reading import lines as physical
from bordermap.importers.reading.layout import VALUE_LENGTH, Issue
from bordermap.importers.reading.lines import IntArray

QUOTE = b'"'
UNCLOSED = "a quote that does not close"
UNDOUBLED = "quotes in a quoted field are not doubled: read as they stand"

_ENDS = (ord("\n"), ord("\r"))


@dataclass(frozen=True)
class Grammar:
    """How records are written: a delimiter of one byte, whether quotes quote, how many fields."""

    delimiter: bytes
    quoted: bool
    columns: int


@dataclass(frozen=True)
class Clean:
    """Clean records at the begin of a text.

    Attributes
    ----------
    starts, stops : array of int64, shape (records,)
        Bytes of each record, line ends included.
    first : array of int64, shape (records,)
        The line that each begins on, from 0.
    lines : int
        Lines that the records take.
    """

    starts: IntArray
    stops: IntArray
    first: IntArray
    lines: int

    @property
    def tall(self) -> npt.NDArray[np.bool_]:
        """Which records have several lines."""
        return np.asarray(np.diff(self.first, append=self.lines) > 1)

    def head(self, records: int) -> Clean:
        """Return the first records."""
        if records == len(self.first):
            return self
        return Clean(
            self.starts[:records], self.stops[:records], self.first[:records],
            int(self.first[records]),
        )  # fmt: skip


@dataclass
class Careful:
    """Records that were read one by one.

    Attributes
    ----------
    rows : list of list of bytes
        The fields of the good ones.
    first : list of int
        The line that each good one begins on.
    last : list of int
        The line that each good one ends on.
    issues : list of Issue
    lines : int
        Lines that are read; the rest waits for more text.
    """

    rows: list[list[bytes]] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    lines: int = 0


def clean_records(text: bytes, stops: IntArray, grammar: Grammar) -> Clean:
    """Find the clean records that a text begins with.

    Parameters
    ----------
    text : bytes
        Whole lines, beginning where a record does.
    stops : array of int64, shape (lines,)
        Where the lines end.
    grammar : Grammar
    """
    if not grammar.quoted or QUOTE not in text:
        starts = np.concatenate([[0], stops[:-1]]) if stops.size else stops
        return Clean(starts, stops, np.arange(len(stops)), len(stops))
    data = np.frombuffer(text, dtype=np.uint8)
    quotes = np.flatnonzero(data == ord(QUOTE))
    before = np.searchsorted(quotes, stops)
    ends = np.flatnonzero(before % 2 == 0)
    first = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    record_stops = stops[ends]
    starts = np.concatenate([[0], record_stops[:-1]]) if ends.size else record_stops
    found = Clean(starts, record_stops, first, int(ends[-1]) + 1 if ends.size else 0)
    too_long = np.flatnonzero(found.tall & (record_stops - starts > physical.LIMIT))
    if too_long.size:
        found = found.head(int(too_long[0]))
    misplaced = _first_misplaced(data, quotes, ord(grammar.delimiter))
    return found.head(int(np.searchsorted(found.stops, misplaced, side="right")))


def _first_misplaced(data: npt.NDArray[np.uint8], quotes: IntArray, delimiter: int) -> int:
    """Return the first quote that opens or closes within a field, or the length of the text."""
    allowed = np.zeros(256, dtype=bool)
    allowed[[delimiter, ord(QUOTE), *_ENDS]] = True
    opening, closing = quotes[::2], quotes[1::2]
    wrong_opening = opening[~allowed[data[opening - 1]] & (opening > 0)]
    wrong_closing = closing[
        ~allowed[data[np.minimum(closing + 1, data.size - 1)]] & (closing + 1 < data.size)
    ]
    return min((int(found[0]) for found in (wrong_opening, wrong_closing) if found.size),
               default=int(data.size))  # fmt: skip


def field_counts(text: bytes, clean: Clean, grammar: Grammar) -> IntArray:
    """Return the number of fields of clean records."""
    data = np.frombuffer(text, dtype=np.uint8)
    delimiters = np.flatnonzero(data == ord(grammar.delimiter))
    if grammar.quoted:
        quotes = np.flatnonzero(data == ord(QUOTE))
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    found = np.searchsorted(delimiters, clean.stops) - np.searchsorted(delimiters, clean.starts)
    return np.asarray(found + 1)


def is_blank(content: bytes, grammar: Grammar) -> bool:
    """Tell whether a line has nothing on it that could be a row."""
    if grammar.columns == 1:
        return not content
    return not content.strip(b" " if grammar.delimiter == b"\t" else b" \t")


def content_of(text: bytes, start: int, stop: int) -> bytes:
    """Return a line without its line end."""
    return text[start : _content_stop(text, start, stop)]


def wrong_count(line: int, content: bytes, fields: int, grammar: Grammar) -> Issue:
    """Return the issue of a row with too many or too few fields."""
    reason = f"has {fields} {'field' if fields == 1 else 'fields'}, {grammar.columns} expected"
    return Issue(line, "rejected", reason, shown(content))


def shown(content: bytes) -> str:
    """Return the begin of a line, as issues show it."""
    return content[: 4 * VALUE_LENGTH].decode("utf-8", "ignore")[:VALUE_LENGTH]


def careful_records(
    text: bytes,
    stops: IntArray,
    grammar: Grammar,
    *,
    final: bool,
    enough: int | None = None,
    first_line: int = 0,
) -> Careful:
    """Read records one by one.

    Parameters
    ----------
    text, stops, grammar
        As for `clean_records`.
    final : bool
        Whether no more text follows. If it does, a quoted field that is open at the end
        of the text waits for it, up to the limit of a record.
    enough : int, optional
        Lines after which to stop.
    first_line : int
        Line number of the first line, for the issues.
    """
    scanner = _Scanner(text, stops, grammar, final)
    result = Careful()
    end = len(scanner.stops) if enough is None else min(enough, len(scanner.stops))
    while (line := result.lines) < end:
        start, stop = scanner.content(line)
        content = text[start:stop]
        if is_blank(content, grammar):
            result.lines += 1
            continue
        record = scanner.record(line, grammar.columns)
        if record.waits:
            break
        if record.good:
            result.lines = record.last + 1
            _keep(result, record, line)
            continue
        alone = scanner.line_alone(line)
        if alone.good:
            result.issues.append(Issue(first_line + line, "repaired", UNDOUBLED, shown(content)))
            _keep(result, alone, line)
        elif alone.closed:
            count = len(alone.fields)
            result.issues.append(wrong_count(first_line + line, content, count, grammar))
        else:
            result.issues.append(Issue(first_line + line, "rejected", UNCLOSED, shown(content)))
        result.lines += 1
    return result


def header_record(
    text: bytes, stops: IntArray, delimiter: bytes, *, quoted: bool, final: bool
) -> tuple[list[str], int] | None:
    """Return the fields of the first record that is not blank and the lines up to its end.

    None where more text is needed.
    """
    grammar = Grammar(delimiter, quoted, 0)
    start = 0
    for line, stop in enumerate(stops.tolist()):
        content = text[start : _content_stop(text, start, stop)]
        if is_blank(content, grammar):
            start = stop
            continue
        reach = int(np.searchsorted(stops, start + physical.LIMIT, side="right")) + 1
        lines = stops[line:reach] - start
        scanner = _Scanner(text[start : start + int(lines[-1])], lines, grammar, final)
        record = scanner.record(0, None)
        if record.waits:
            return None
        if not record.closed:
            record = scanner.line_alone(0)
        fields = record.fields if record.closed else content.split(delimiter)
        return [cell.decode("utf-8") for cell in fields], line + record.last + 1
    return ([], len(stops)) if final else None


def _keep(result: Careful, record: _Record, line: int) -> None:
    result.rows.append(record.fields)
    result.first.append(line)
    result.last.append(record.last)


@dataclass(frozen=True)
class _Record:
    fields: list[bytes]
    last: int
    closed: bool = True
    good: bool = False
    waits: bool = False


def _content_stop(text: bytes, start: int, stop: int) -> int:
    if stop > start and text[stop - 1] == ord("\n"):
        stop -= 1
    if stop > start and text[stop - 1] == ord("\r"):
        stop -= 1
    return stop


class _Scanner:
    """Reads single records of a text; finds where quotes close without searching."""

    def __init__(self, text: bytes, stops: IntArray, grammar: Grammar, final: bool) -> None:
        self._text, self._grammar, self._final = text, grammar, final
        self.stops: list[int] = stops.tolist()
        if not grammar.quoted or QUOTE not in text:
            self._runs: list[int] = []
            return
        quotes = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord(QUOTE))
        begins = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
        run_ends = np.append(quotes[begins[1:] - 1], quotes[-1]) + 1
        runs = quotes[begins]
        odd = (run_ends - runs) % 2 == 1
        self._runs = runs.tolist()
        self._run_ends: list[int] = run_ends.tolist()
        self._odd_runs: list[int] = runs[odd].tolist()
        self._odd_ends: list[int] = run_ends[odd].tolist()

    def content(self, line: int) -> tuple[int, int]:
        """Return where a line begins and where it ends, without its line end."""
        start = self.stops[line - 1] if line else 0
        return start, _content_stop(self._text, start, self.stops[line])

    def record(self, line: int, columns: int | None) -> _Record:
        """Read a record by the rules: a closing quote is followed by a delimiter or line end.

        With ``columns`` it is good only if it has as many fields.
        """
        text, delimiter = self._text, self._grammar.delimiter
        start, stop = self.content(line)
        if not self._runs or text.find(QUOTE, start, stop) < 0:
            fields = text[start:stop].split(delimiter)
            return _Record(fields, line, good=len(fields) == columns)
        fields, position, last = [], start, line
        while columns is None or len(fields) <= columns:
            if text[position : position + 1] != QUOTE:
                end = text.find(delimiter, position, stop)
                if end < 0:
                    fields.append(text[position:stop])
                    break
                fields.append(text[position:end])
                position = end + 1
                continue
            close = self._close(position + 1)
            if close is None:
                waits = not self._final and len(text) - start <= physical.LIMIT
                return _Record(fields, line, closed=False, waits=waits)
            if close >= stop:
                last = bisect_right(self.stops, close, lo=last)
                stop = self.content(last)[1]
                if self.stops[last] - start > physical.LIMIT:
                    return _Record(fields, line, closed=False)
            fields.append(text[position + 1 : close].replace(b'""', QUOTE))
            if close + 1 == stop:
                break
            if text[close + 1 : close + 2] != delimiter:
                return _Record(fields, line, closed=False)
            position = close + 2
        return _Record(fields, last, good=len(fields) == columns)

    def line_alone(self, line: int) -> _Record:
        """Read one line as a record, with text after a closing quote as part of its field."""
        text, delimiter = self._text, self._grammar.delimiter
        position, stop = self.content(line)
        fields: list[bytes] = []
        while True:
            quoted = b""
            if text[position : position + 1] == QUOTE and position < stop and self._runs:
                close = self._close(position + 1)
                if close is None or close >= stop:
                    return _Record(fields, line, closed=False)
                quoted = text[position + 1 : close].replace(b'""', QUOTE)
                position = close + 1
            end = text.find(delimiter, position, stop)
            if end < 0:
                fields.append(quoted + text[position:stop])
                return _Record(fields, line, good=len(fields) == self._grammar.columns)
            fields.append(quoted + text[position:end])
            position = end + 1

    def _close(self, position: int) -> int | None:
        """Return the quote that closes a field whose text begins here."""
        run = bisect_right(self._runs, position) - 1
        if run >= 0 and self._run_ends[run] > position:
            if (self._run_ends[run] - position) % 2:
                return self._run_ends[run] - 1
            position = self._run_ends[run]
        following = bisect_left(self._odd_runs, position)
        return self._odd_ends[following] - 1 if following < len(self._odd_runs) else None
