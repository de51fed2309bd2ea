"""Who took part: lists of names, and their types."""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.importers.codes import CodeTable
from bordermap.importers.columns import Words

_YEARS = re.compile(r" ?\(\d{4} ?[-–] ?(?:\d{4})?\)")
_ACRONYM = re.compile(r"([A-Z][\w/&.()-]{1,19}): .+", re.DOTALL)


def listed(columns: Sequence[Words], rows: int) -> pa.ListArray:
    """Return the names of several columns as one list a row; ``;`` parts names in a cell."""
    return joined([split(words) for words in columns], rows)


def split(words: Words) -> pa.ListArray:
    """Return the names in each cell of a column; an empty list where there are none."""
    lists = [
        list(dict.fromkeys(name.strip() for name in text.split(";") if name.strip()))
        for text in words.texts.to_pylist()
    ]
    values = pa.array([*lists, []], pa.list_(pa.string()))
    codes = np.where(words.codes < 0, len(lists), words.codes)
    return values.take(pa.array(codes))


def joined(columns: Sequence[pa.ListArray], rows: int) -> pa.ListArray:
    """Return lists of several columns as one list a row, in the order of the columns."""
    if not columns:
        return pa.array([], pa.list_(pa.string())) if not rows else _empty(rows)
    if len(columns) == 1:
        return columns[0]
    owners = np.concatenate(
        [np.repeat(np.arange(rows), pc.list_value_length(column)) for column in columns]
    )
    names = pa.concat_arrays([column.flatten() for column in columns])
    order = np.argsort(owners, kind="stable")
    offsets = np.searchsorted(owners[order], np.arange(rows + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(order)))


def _empty(rows: int) -> pa.ListArray:
    return pa.ListArray.from_arrays(
        pa.array(np.zeros(rows + 1, dtype=np.int32)), pa.array([], pa.string())
    )


def typed(
    actors: Sequence[Words], types: Sequence[Words], codes: abc.Mapping[str, str]
) -> list[pa.ListArray]:
    """Return actors with their types, ``KIA (rebel group)``; those without one are left out.

    Parameters
    ----------
    actors, types : sequence of Words
        Column by column; an actor's type stands in the column at the same position.
    codes : mapping of str to str
        What a type is called; a type that is not in it is called as in the file.
    """
    table = CodeTable("inter", codes)
    found = []
    for actor, kind in zip(actors, types, strict=False):
        terms = [f"({table.find([word]) or word})" for word in kind.texts.to_pylist()]
        kinds = kind.spread(pa.array(terms, pa.string()))
        texts = pc.binary_join_element_wise(actor.column(), kinds, " ")
        ends = np.cumsum(texts.is_valid().to_numpy(zero_copy_only=False), dtype=np.int32)
        offsets = pa.array(np.concatenate([np.zeros(1, np.int32), ends]))
        found.append(pa.ListArray.from_arrays(offsets, texts.drop_null()))
    return found


def short(name: str) -> str:
    """Return an actor's name as a title has room for it.

    Examples
    --------
    >>> short("Military Forces of Myanmar (2021-)")
    'Military Forces of Myanmar'
    >>> short("KIO/KIA: Kachin Independence Organization/Kachin Independence Army")
    'KIO/KIA'
    """
    bare = _YEARS.sub("", name).strip() or name
    acronym = _ACRONYM.fullmatch(bare)
    return acronym[1] if acronym else bare
