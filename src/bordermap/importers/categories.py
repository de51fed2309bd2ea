"""What kind of event a row is."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bordermap.importers.codes import CodeTable, kind_of
from bordermap.importers.coding import chosen, combinations
from bordermap.importers.columns import Columns, joined
from bordermap.importers.issues import Issues
from bordermap.importers.titles import heading
from bordermap.model.vocabulary import CATEGORIES, Kind

_OTHER = "other"


@dataclass(frozen=True)
class Categories:
    """Kind and category of each row, and the words that open its title."""

    kind: pa.StringArray
    category: pa.StringArray
    heading: pa.StringArray


def categories(
    columns: Columns,
    codes: abc.Mapping[str, abc.Mapping[str, str]],
    note: str,
    issues: Issues,
) -> Categories:
    """Look up the categories; each combination of the columns of a category is one code."""
    table = CodeTable("category", codes.get("category", {}))
    kinds = CodeTable("kind", codes.get("kind", {}))
    unsaid = table.default or _OTHER
    stated, parts = columns.words("kind"), columns.each("category")
    rows, found = combinations([stated, *parts])
    kind, category, headings, unknown, odd = [], [], [], [], []
    for word, *codes_of_row in found:
        said = [code for code in codes_of_row if code is not None]
        term = table.find(said) if said else None
        own = kinds.find([word]) if word is not None else None
        unknown.append(bool(said) and term is None)
        odd.append(word is not None and own is None)
        category.append(term or unsaid)
        fits = own is not None and category[-1] in CATEGORIES[Kind(own)]
        kind.append(own if own is not None and fits else str(kind_of(category[-1])))
        headings.append(heading(category[-1], said[-1] if said else "", note))
    if any(unknown):
        held = joined([words.column() for words in parts], "/")
        reason = f"is not in its table of codes; taken as {unsaid}"
        issues.repaired(columns.named("category"), np.array(unknown)[rows], held, reason)
    if any(odd):
        reason = "is neither incident nor meeting; taken from the category"
        issues.repaired(columns.named("kind"), np.array(odd)[rows], stated.column(), reason)
    return Categories(chosen(kind, rows), chosen(category, rows), chosen(headings, rows))
