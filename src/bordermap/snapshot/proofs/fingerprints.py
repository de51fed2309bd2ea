"""Short marks of records, by which two states of the data are compared."""

from __future__ import annotations

import hashlib
import re
import zlib
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.catalog.join import CURATED

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dates": ("date_start", "date_end", "date_edtf", "date_precision", "date_note"),
        "places": (
            *("places", "longitude", "latitude", "geo_precision", "region_codes"),
            *("gate_id", "gate_km", "border_km"),
        ),
        "text": (
            *("kind", "category", "title", "summary", "actors", "participants", "topics"),
            *("scope", "confidence", "notes"),
        ),
        "figures or sources": (
            *("figures", "fatalities_best", "fatalities_low", "fatalities_high", "sources"),
        ),
    }
)
"""Fields of a record that share a part of its mark; the key says in words what they are."""

_HASH_BYTES = 4
_GROUP_BYTES = 2
_MARK = 16
"""Letters of base 64 that hold the twelve bytes of a mark."""

_SPELLED = re.compile(r"[A-Za-z0-9_-]{6,16}")
_SHORT = 6
"""Letters of a mark where there are more records than `_MARKED_IN_FULL`."""

_MARKED_IN_FULL = 10_000
_LISTED = 2_000
"""Most records whose marks a proof spells openly; more of them are packed."""

_MOST_UNPACKED = 200_000_000

_ROW, _CELL, _ITEM, _NULL = "\x1d", "\x1f", "\x1e", "\0"


@dataclass(frozen=True)
class Fingerprints:
    """What records were, without what they say.

    Attributes
    ----------
    digest : str
        SHA-256 of all of them in their order, hexadecimal.
    each : mapping of str to str
        By the record, as :meth:`bordermap.queries.Dataset.find` spells it: four bytes of its
        SHA-256 and two of the CRC-32 of each of `GROUPS`, in base 64.
    """

    digest: str
    each: Mapping[str, str]

    @cached_property
    def told(self) -> Mapping[str, Any]:
        """How a proof spells them: how many there are, the digest, and the marks."""
        told = {"count": len(self.each), "digest": self.digest}
        if len(self.each) <= _LISTED:
            return {**told, "each": dict(self.each)}
        letters = _MARK if len(self.each) <= _MARKED_IN_FULL else _SHORT
        lines = "\n".join(f"{mark[:letters]} {key}" for key, mark in self.each.items())
        return {**told, "packed": b64encode(zlib.compress(lines.encode())).decode()}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Fingerprints:
        """Return what a proof spells.

        Raises
        ------
        ValueError, TypeError, KeyError, zlib.error
            If it is no such thing.
        """
        digest = told["digest"]
        if "packed" in told:
            packed = zlib.decompressobj()
            lines = packed.decompress(b64decode(told["packed"]), _MOST_UNPACKED).decode()
            pairs = (line.partition(" ") for line in lines.split("\n"))
            each = {key: mark for mark, _, key in pairs}
        else:
            each = dict(told["each"])
        if not (isinstance(digest, str) and all(map(_SPELLED.fullmatch, each.values()))):
            raise ValueError
        return cls(digest, MappingProxyType(each))


def fingerprints(records: pa.Table) -> Fingerprints:
    """Return the marks of records.

    They depend on the values alone, and not on how a version of Arrow holds them. Two records
    that have the same id are kept apart by a number.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    """
    if not len(records):
        return Fingerprints(hashlib.sha256().hexdigest(), {})
    whole = records.combine_chunks()
    columns = [
        _joined([_text(whole[field].chunk(0)) for field in fields], _CELL)
        .cast(pa.large_binary())
        .to_pylist()
        for fields in GROUPS.values()
    ]
    keys = _keys(records)
    hashes = [
        hashlib.sha256(_ROW.encode().join((key.encode(), *parts))).digest()
        for key, *parts in zip(keys, *columns, strict=True)
    ]
    marks = np.empty((len(keys), _HASH_BYTES + _GROUP_BYTES * len(GROUPS)), np.uint8)
    marks[:, :_HASH_BYTES] = np.frombuffer(b"".join(hashes), np.uint8).reshape(len(keys), -1)[
        :, :_HASH_BYTES
    ]
    for number, column in enumerate(columns):
        sums = np.array([zlib.crc32(part) for part in column]).astype(">u2")
        first = _HASH_BYTES + _GROUP_BYTES * number
        marks[:, first : first + _GROUP_BYTES] = sums.view(np.uint8).reshape(len(keys), -1)
    spelled = urlsafe_b64encode(marks.tobytes()).decode()
    return Fingerprints(
        hashlib.sha256(b"".join(hashes)).hexdigest(),
        {key: spelled[_MARK * row : _MARK * (row + 1)] for row, key in enumerate(keys)},
    )


@dataclass(frozen=True)
class Changes:
    """How records differ from what they were.

    Attributes
    ----------
    added, removed : tuple of str
    edited : mapping of str to tuple of str
        Of each record the `GROUPS` that differ; none where the mark does not say.
    moved : bool
        Whether the records are the same and only their order is another, or what differs
        is beyond their short marks.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    edited: Mapping[str, tuple[str, ...]]
    moved: bool

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.edited or self.moved)


def changes(before: Fingerprints, now: Fingerprints) -> Changes:
    """Return how records differ from what they were.

    A mark may be the beginning of one, which says that a record was edited but not what of it.
    """
    added = tuple(key for key in now.each if key not in before.each)
    removed = tuple(key for key in before.each if key not in now.each)
    edited = {
        key: _differing(mark, now.each[key])
        for key, mark in before.each.items()
        if key in now.each and not now.each[key].startswith(mark)
    }
    moved = before.digest != now.digest and not (added or removed or edited)
    return Changes(added, removed, edited, moved)


def _differing(before: str, now: str) -> tuple[str, ...]:
    if len(before) != _MARK:
        return ()
    one, other = urlsafe_b64decode(before), urlsafe_b64decode(now)
    return tuple(
        group
        for number, group in enumerate(GROUPS)
        for part in [slice(_HASH_BYTES + _GROUP_BYTES * number, None)]
        if one[part][:_GROUP_BYTES] != other[part][:_GROUP_BYTES]
    )


def _keys(records: pa.Table) -> list[str]:
    keys = [
        key if dataset == CURATED else f"{dataset}/{key}"
        for key, dataset in zip(
            records["id"].to_pylist(), records["dataset"].to_pylist(), strict=True
        )
    ]
    if len(set(keys)) == len(keys):
        return keys
    seen: Counter[str] = Counter()
    numbered = []
    for key in keys:
        seen[key] += 1
        numbered.append(key if seen[key] == 1 else f"{key}#{seen[key]}")
    return numbered


def _text(values: pa.Array) -> pa.Array:
    """Return a column as text, floats by their bits; null stays null."""
    kind = values.type
    if pa.types.is_map(kind):
        pair = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
        values = values.cast(pa.list_(pair))
        kind = values.type
    if pa.types.is_struct(kind):
        return _joined([_text(field) for field in values.flatten()], _ROW)
    if pa.types.is_list(kind):
        ends = np.zeros(len(values) + 1, np.int64)
        np.cumsum(pc.fill_null(pc.list_value_length(values), 0).to_numpy(), out=ends[1:])
        items = pc.fill_null(_text(values.flatten()), pa.scalar(_NULL, pa.large_string()))
        return pc.binary_join(
            pa.LargeListArray.from_arrays(ends, items), pa.scalar(_ITEM, pa.large_string())
        )
    if pa.types.is_floating(kind):
        values = values.view(pa.int64())
    elif pa.types.is_date32(kind):
        values = values.view(pa.int32())
    return values.cast(pa.large_string())


def _joined(columns: Sequence[pa.Array], separator: str) -> pa.Array:
    return pc.binary_join_element_wise(
        *columns,
        pa.scalar(separator, pa.large_string()),
        null_handling="replace",
        null_replacement=_NULL,
    )
