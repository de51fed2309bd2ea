"""Which format a file is of, and what has to be asked before it can be read."""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from bordermap.importers.columns import one_array, trimmed
from bordermap.importers.dates import orders
from bordermap.importers.guess import guess
from bordermap.importers.mapping import FORMATS, ORDERS, TABLE, Mapping, recognition, shipped
from bordermap.importers.reading import Batch, Layout

_DASHED = re.compile(r"\d{1,2}-\d{1,2}-\d{4}\b", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_COMPACT_DAY = re.compile(r"[12]\d{3}[01]\d[0-3]\d", re.ASCII)


@dataclass(frozen=True)
class Question:
    """What a file does not say and a person has to.

    Attributes
    ----------
    field : str
    text : str
        The question, in words.
    options : mapping of str to Mapping
        Answers in words, and the mapping that follows from each.
    """

    field: str
    text: str
    options: abc.Mapping[str, Mapping]


def recognise(layout: Layout, sample: Batch) -> tuple[Layout, Mapping, list[Question]]:
    """Return the shipped mapping that fits a file, or else a guess.

    Parameters
    ----------
    layout : Layout
    sample : Batch
        The first rows.

    Returns
    -------
    tuple
        The layout, with names of columns where the format has no header; the mapping; and
        at most one question, which must be answered before the file can be read.
    """
    headerless = _headerless(layout, sample)
    if headerless:
        return headerless, shipped("gdelt"), []
    for name in FORMATS:
        if name != TABLE and _fits(name, layout.columns):
            mapping = _doubting(shipped(name), sample)
            break
    else:
        mapping = guess(sample)
    mapping = ordered(sample, mapping)
    return layout, mapping, questions(layout, sample, mapping)


def questions(layout: Layout, sample: Batch, mapping: Mapping) -> list[Question]:
    """Return what has to be answered before a file can be read by a mapping.

    The order of day and month is asked for where dates need it and the mapping names none,
    or one that does not fit the dates seen.
    """
    found = list(_ordered_dates(sample, mapping.resolved(layout.columns)))
    possible = _possible(found)
    if not found or mapping.date_order in possible:
        return []
    example = next((text for _, text, may in found if len(may) == 2), found[0][1])
    column = found[0][0]
    text = f"Dates such as {example!r} in the column {column!r} may have the day or the month first"
    if not possible:
        text += "; some fit only the one order and some only the other"
    return [
        Question(
            "date_start",
            text,
            {ORDERS[order]: replace(mapping, date_order=order) for order in ORDERS},
        )
    ]


def ordered(sample: Batch, mapping: Mapping) -> Mapping:
    """Return a mapping with the order of day and month, if the dates of a sample decide it."""
    if mapping.date_order:
        return mapping
    found = list(_ordered_dates(sample, mapping.resolved(sample.columns.column_names)))
    possible = _possible(found)
    return replace(mapping, date_order=min(possible)) if len(possible) == 1 else mapping


def _doubting(mapping: Mapping, sample: Batch) -> Mapping:
    """Return a shipped mapping without its order of dates where they are not of its form.

    ACLED writes 31-12-2021; with slashes the file went through other hands, which may have
    put the month first.
    """
    found = _ordered_dates(sample, mapping.resolved(sample.columns.column_names))
    if all(_DASHED.match(text) for _, text, _ in found):
        return mapping
    return replace(mapping, date_order="")


def _possible(found: Sequence[tuple[str, str, set[str]]]) -> set[str]:
    return set(ORDERS).intersection(*(may for _, _, may in found)) if found else set()


def _ordered_dates(sample: Batch, mapping: Mapping) -> Iterator[tuple[str, str, set[str]]]:
    """Yield column, text and possible orders of the dates that need an order."""
    for field in ("date_start", "date_end"):
        for name in mapping.fields.get(field, ()):
            if name in sample.columns.column_names:
                for text in trimmed(one_array(sample.columns[name])).unique().to_pylist():
                    may = orders(text) if text else set()
                    if may:
                        yield name, text, may


def _fits(name: str, columns: Sequence[str]) -> bool:
    there = {column.casefold() for column in columns}
    rule = recognition(name)
    some = there & {column.casefold() for column in rule.get("some", ())}
    return there >= {c.casefold() for c in rule["all"]} and len(some) >= rule.get("least", 0)


def _headerless(layout: Layout, sample: Batch) -> Layout | None:
    """Return the layout of a GDELT file without a header, if it is one."""
    for names in recognition("gdelt")["headerless"]:
        if layout.form == "text" and len(names) == len(layout.columns):
            first = [*layout.columns] if layout.header else _row(sample.columns)
            if (
                _NUMBER.fullmatch(first[0] or "")
                and _COMPACT_DAY.fullmatch(first[1] or "")
                and (first[1] or "").startswith(first[3] or "-")
            ):
                return replace(layout, columns=tuple(names), header=False, quoted=False)
    return None


def _row(table: pa.Table) -> list[str | None]:
    return [column[0].as_py() if len(column) else None for column in table.columns]
