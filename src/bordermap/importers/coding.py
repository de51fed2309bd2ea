"""Columns of codes to the terms that they stand for."""

from __future__ import annotations

from collections import abc

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.importers.codes import CodeTable
from bordermap.importers.columns import Columns, Words
from bordermap.importers.issues import Issues


def coded(
    field: str,
    columns: Columns,
    codes: abc.Mapping[str, abc.Mapping[str, str]],
    fallback: str,
    issues: Issues,
    among: npt.NDArray[np.bool_] | None = None,
) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Look up the codes of a field; one that is not known is noted and taken as the default.

    Parameters
    ----------
    field : str
    columns : Columns
    codes : mapping of str to mapping of str to str
        The code tables of a mapping.
    fallback : str
        The default where the table has none; may be empty.
    issues : Issues
    among : numpy array of bool, optional
        Rows whose unknown codes matter.

    Returns
    -------
    tuple
        Terms, and for each row an index into them; the last one, of index -1, is the
        default.
    """
    table = CodeTable(field, codes.get(field, {}))
    default = table.default or fallback
    words = columns.words(field)
    terms = [table.find([text]) for text in words.texts.to_pylist()]
    unknown = np.array([*(term is None for term in terms), False])[words.codes]
    if among is not None:
        unknown &= among
    taken = f"taken as {default}" if default else "disregarded"
    issues.repaired(
        columns.named(field), unknown, words.column(), f"is not in its table of codes; {taken}"
    )
    return [*(term or default for term in terms), default], words.codes


def chosen(values: list[str], codes: npt.NDArray[np.integer]) -> pa.StringArray:
    """Return for each row one of some texts; a code of -1 is the last."""
    places = np.where(codes < 0, len(values) - 1, codes)
    return pa.array(values, pa.string()).take(pa.array(places))


def combinations(
    columns: list[Words],
) -> tuple[npt.NDArray[np.int64], list[list[str | None]]]:
    """Return for each row the number of its combination of texts, and the combinations."""
    rows = np.zeros(len(columns[0].codes), dtype=np.int64)
    found: list[list[str | None]] = [[]]
    for words in columns:
        size = len(words.texts) + 1
        unique, rows = np.unique(rows * size + words.codes + 1, return_inverse=True)
        texts = [None, *words.texts.to_pylist()]
        found = [[*found[pair // size], texts[pair % size]] for pair in unique.tolist()]
    return rows, found
