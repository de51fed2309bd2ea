"""The cells of a batch as the fields of a mapping see them: clean, and null where nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.importers.issues import Issues
from bordermap.importers.mapping import ANY, Mapping

_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069]"
"""Control characters but tab and line ends, and those that turn the direction of a text."""
_REMOVED = "has control characters; they were removed"


@dataclass(frozen=True)
class Words:
    """A column as its distinct texts.

    Attributes
    ----------
    codes : numpy array of int32
        Index into ``texts`` for each row, -1 where the row holds nothing.
    texts : pyarrow.StringArray
        Clean, without nulls; a text may occur twice.
    """

    codes: npt.NDArray[np.int32]
    texts: pa.StringArray

    def column(self) -> pa.StringArray:
        """Return the texts of all rows, null where a row holds nothing."""
        return self.spread(self.texts)

    def spread(self, values: pa.Array) -> pa.Array:
        """Return for each row the one of ``values`` that belongs to its text."""
        return values.take(pa.array(self.codes, mask=self.codes < 0))


class Columns:
    """The columns of a batch by the fields that they feed.

    Parameters
    ----------
    table : pyarrow.Table
        All columns are strings.
    mapping : Mapping
        With columns that the table has (``Mapping.resolved``).
    issues : Issues
        Where removed control characters are noted.
    """

    def __init__(self, table: pa.Table, mapping: Mapping, issues: Issues) -> None:
        self._table = table
        self._mapping = mapping
        self._issues = issues
        self._words: dict[str, Words] = {}
        self._bared: set[str] = set()
        self.rows = len(table)

    def names(self, field: str) -> tuple[str, ...]:
        """Return the columns that feed a field."""
        return self._mapping.fields.get(field, ())

    def named(self, field: str) -> str:
        """Return the columns that feed a field as one text, for issues."""
        return ", ".join(self.names(field)) or field

    def words(self, field: str) -> Words:
        """Return the texts of a field, of the first of its columns that holds one."""
        if field not in self._words:
            raw = self._raw(field)
            name, column = raw[0] if len(raw) == 1 else (self.named(field), self.text(field))
            self._words[field] = self._encoded(column, field, name)
        return self._words[field]

    def each(self, field: str) -> list[Words]:
        """Return the texts of every column of a field."""
        return [self._encoded(column, field, name) for name, column in self._raw(field)]

    def text(self, field: str) -> pa.StringArray:
        """Return the texts of a field that repeat little, such as summaries."""
        found = pa.nulls(self.rows, pa.string())
        for name, column in self._raw(field):
            if found.null_count:
                found = pc.coalesce(found, self._clean(column, field, name))
        return found

    def _raw(self, field: str) -> list[tuple[str, pa.StringArray]]:
        return [(name, one_array(self._table[name])) for name in self.names(field)]

    def _encoded(self, column: pa.StringArray, field: str, name: str) -> Words:
        encoded = column.dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        texts = trimmed(encoded.dictionary)
        if has_control(texts):
            bare = _without_control(texts)
            changed = _mask(pc.not_equal(bare, texts))
            self._note_bared(name, np.append(changed, False)[codes], column)
            texts = trimmed(bare)
        nothing = _mask(pc.is_in(texts, value_set=self._nothing(field)))
        if nothing.any():
            codes = np.where(np.append(nothing, True)[codes], -1, codes)
        return Words(codes.astype(np.int32), texts)

    def _clean(self, column: pa.StringArray, field: str, name: str) -> pa.StringArray:
        if has_control(column):
            bare = _without_control(column)
            changed = _mask(pc.fill_null(pc.not_equal(bare, column), False))
            self._note_bared(name, changed, column)
            column = bare
        column = trimmed(column)
        nothing = pc.is_in(column, value_set=self._nothing(field))
        if nothing.true_count:
            return pc.if_else(nothing, pa.scalar(None, pa.string()), column)
        return column

    def _note_bared(self, name: str, rows: npt.NDArray[np.bool_], column: pa.StringArray) -> None:
        """Note removed control characters, once where a column feeds several fields."""
        if name not in self._bared:
            self._bared.add(name)
            self._issues.repaired(name, rows, column, _REMOVED)

    def _nothing(self, field: str) -> pa.StringArray:
        nulls = self._mapping.nulls
        return pa.array(["", *nulls.get(ANY, ()), *nulls.get(field, ())], pa.string())


def one_array(column: pa.ChunkedArray) -> pa.StringArray:
    """Return a column as one array of strings."""
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    return whole if whole.type == pa.string() else whole.cast(pa.string())


def joined(parts: Sequence[pa.StringArray], separator: str) -> pa.StringArray:
    """Return texts joined row by row, without those that are null; null where all are.

    ``binary_join_element_wise`` with ``null_handling="skip"`` loses rows of nulls only.
    """
    text, *others = parts
    for part in others:
        text = pc.coalesce(pc.binary_join_element_wise(text, part, separator), text, part)
    return text


def has_control(texts: pa.StringArray) -> bool:
    """Return whether texts may hold characters that have no place in them.

    It looks at bytes, not at characters, and may say so of a text with a dash.
    """
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return False
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    held = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if not held.size:
        return False
    low = held < 0x20
    if low.any() and not np.isin(held[low], (0x09, 0x0A, 0x0D)).all():
        return True
    if (held == 0x7F).any():
        return True
    if held.max() < 0x80:
        return False
    return _follows(held, 0xC2, 0x80, 0x9F) or _follows(held, 0xE2, 0x80, 0x81)


def _follows(held: npt.NDArray[np.uint8], lead: int, lowest: int, highest: int) -> bool:
    """Return whether a byte is followed by one of a range anywhere."""
    after = held[np.minimum(np.flatnonzero(held == lead) + 1, held.size - 1)]
    return bool(((after >= lowest) & (after <= highest)).any())


def trimmed(texts: pa.StringArray) -> pa.StringArray:
    """Return texts without white space around them."""
    return pc.utf8_trim_whitespace(texts)


def _without_control(texts: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(texts, _CONTROL, "")


def _mask(values: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)
