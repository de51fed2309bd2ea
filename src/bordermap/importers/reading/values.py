"""Arrow values of any type as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.importers.reading.layout import Issue

_ZERO_FRACTION = r"\.0+(Z|[+-]\d{4})?$"


@dataclass(frozen=True)
class _Mended:
    row: int
    reason: str
    value: str


def text_columns(
    names: Sequence[str], arrays: Sequence[pa.Array], first_line: int
) -> tuple[pa.Table, list[Issue]]:
    """Turn columns into text.

    Dates and times are ISO 8601, a time of midnight without a zone is left out; numbers
    are as short as they can be written; lists and structs are JSON; bytes that are no
    text are hexadecimal. Empty text and NaN are null.

    Parameters
    ----------
    names : sequence of str
    arrays : sequence of pyarrow.Array
        Of any type, all of one length.
    first_line : int
        Line of the first row.

    Returns
    -------
    columns : pyarrow.Table
        Strings.
    issues : list of Issue
        Text that was not UTF-8 or held NUL and was mended.
    """
    columns: list[pa.Array] = []
    issues: list[Issue] = []
    for name, array in zip(names, arrays, strict=True):
        column, mended = _sound(_as_string(array))
        columns.append(pc.if_else(pc.equal(column, ""), None, column))
        issues += [
            Issue(first_line + at.row, "repaired", at.reason, at.value, name) for at in mended
        ]
    schema = pa.schema([pa.field(name, pa.string()) for name in names])
    return pa.table(columns, schema=schema), issues


def plain_storage(array: pa.Array) -> pa.Array:
    """Return an array without an extension type or dictionary."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array


def _as_string(array: pa.Array) -> pa.Array:
    array = plain_storage(array)
    kind = array.type
    if pa.types.is_nested(kind):
        texts = [None if value is None else _json(value) for value in array.to_pylist()]
        return pa.array(texts, pa.string())
    if (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or (pa.types.is_fixed_size_binary(kind) or kind == pa.binary_view())
    ):
        return _from_bytes(array)
    if kind in (pa.string_view(), pa.large_string()):
        return array.cast(pa.string())
    if kind == pa.string():
        return array
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(array), None, array).cast(pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _iso(array.cast(pa.string()), zoned=pa.types.is_timestamp(kind) and bool(kind.tz))
    try:
        return array.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.string())


def _iso(text: pa.Array, *, zoned: bool) -> pa.Array:
    text = pc.replace_substring(text, " ", "T", max_replacements=1)
    text = pc.replace_substring_regex(text, _ZERO_FRACTION, r"\1")
    return text if zoned else pc.replace_substring_regex(text, "T00:00:00$", "")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain).replace("\\u0000", "")


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _from_bytes(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else v.hex() for v in array.to_pylist()], pa.string())


def _sound(column: pa.Array) -> tuple[pa.Array, list[_Mended]]:
    """Make sure that text is UTF-8 without NUL."""
    if _is_sound(column):
        return column, []
    texts: list[str | None] = []
    mended: list[_Mended] = []
    for row, value in enumerate(column.cast(pa.binary()).to_pylist()):
        if value is None:
            texts.append(None)
            continue
        text, reason = _decoded(value.replace(b"\0", b""))
        texts.append(text)
        if b"\0" in value:
            mended.append(_Mended(row, "NUL bytes left out", text))
        if reason:
            mended.append(_Mended(row, reason, text))
    return pa.array(texts, pa.string()), mended


def _is_sound(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    data = column.buffers()[2]
    if data is None or not len(column):
        return True
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)
    begin, end = offsets[column.offset], offsets[column.offset + len(column)]
    return b"\0" not in data[int(begin) : int(end)].to_pybytes()


def _decoded(value: bytes) -> tuple[str, str]:
    try:
        return value.decode(), ""
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace"), "not UTF-8: read as Windows-1252"
