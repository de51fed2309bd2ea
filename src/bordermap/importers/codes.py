"""Code tables: what the codes and words of a file mean in our vocabularies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bordermap.model.vocabulary import (
    CATEGORIES,
    MEETING_CATEGORIES,
    Confidence,
    DatePrecision,
    GeoPrecision,
    Kind,
)

_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?", re.ASCII)
_GAP = re.compile(r"[\s_]+")
_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)

TERMS: dict[str, tuple[str, ...]] = {
    "category": tuple(dict.fromkeys(term for terms in CATEGORIES.values() for term in terms)),
    "confidence": tuple(Confidence),
    "date_precision": tuple(p for p in DatePrecision if p is not DatePrecision.UNKNOWN),
    "geo_precision": tuple(p for p in GeoPrecision if p is not GeoPrecision.NONE),
    "kind": tuple(Kind),
}
"""What a code table may translate into; ``inter`` and ``region`` are tables as well."""

TABLES = (*TERMS, "inter", "region")
"""Fields that have a code table."""

DEFAULT = ""
"""The key of a code table for rows that hold nothing, or nothing that is known."""


def key(*parts: str) -> str:
    """Return a code as it is compared: without case, leading zeros and ``.0``.

    Examples
    --------
    >>> key("Battles", "Armed  clash")
    'battles/armed clash'
    >>> key("05.0")
    '5'
    """
    return "/".join(_part(step) for part in parts for step in part.split("/"))


def _part(text: str) -> str:
    words = _GAP.sub(" ", text).strip().casefold()
    number = _NUMBER.fullmatch(words)
    return number[1] if number else words


def fits(table: str, value: str) -> bool:
    """Return whether a code table may translate into a value."""
    if table in TERMS:
        return value in TERMS[table]
    return bool(_REGION.fullmatch(value)) if table == "region" else bool(value.strip())


class CodeTable:
    """One code table, ready to be looked up.

    Parameters
    ----------
    table : str
        Which field it belongs to; the terms of its vocabulary are understood as well.
    codes : mapping of str to str
    """

    def __init__(self, table: str, codes: Mapping[str, str]) -> None:
        self._codes = {key(term): str(term) for term in TERMS.get(table, ())}
        self._codes |= {key(code): value for code, value in codes.items() if code != DEFAULT}
        self.default = codes.get(DEFAULT)

    def find(self, parts: Iterable[str]) -> str | None:
        """Return what a code means, or its first parts where the whole is not known.

        Examples
        --------
        ``find(["Battles", "Skirmish"])`` is what ``Battles`` means, if the table has no
        ``Battles/Skirmish``.
        """
        known = [key(part) for part in parts]
        while known:
            found = self._codes.get("/".join(known))
            if found is not None:
                return found
            known.pop()
        return None


def kind_of(category: str) -> Kind:
    """Return the kind of record that a category belongs to; of both, an incident."""
    incident = category in CATEGORIES[Kind.INCIDENT] or category not in MEETING_CATEGORIES
    return Kind.INCIDENT if incident else Kind.MEETING
