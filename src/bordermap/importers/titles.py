"""Titles of events that have none: what, who, where; in neutral words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from bordermap.importers.columns import Words, joined
from bordermap.importers.people import short
from bordermap.model.vocabulary import label

LONGEST = 200
"""Characters of a title at most."""

_LONGEST_HEADING = 60
_LINE_END = r"\s*[\t\r\n]\s*"


def heading(category: str, said: str, note: str) -> str:
    """Return the opening of a title: the category, or what the file says where it is other.

    Examples
    --------
    >>> heading("armed_clash", "Armed clash", "machine-coded, unverified")
    'Armed clash (machine-coded, unverified)'
    """
    words = label(category)
    if category == "other":
        named = any(character.isalpha() for character in said)
        words = said[:_LONGEST_HEADING].strip().replace("_", " ") if named else "Event"
    return f"{words} ({note})" if note else words


def titles(
    given: pa.StringArray, headings: pa.StringArray, actors: Sequence[Words], place: Words
) -> pa.StringArray:
    """Return the given titles, and composed ones where there is none.

    Examples
    --------
    ``Armed clash: Military Forces of Myanmar – KIA, Momauk``
    """
    sides = [Words(words.codes, _shortened(words.texts)).column() for words in actors[:2]]
    who_where = place.column()
    if sides:
        who_where = joined([joined(sides, " – "), who_where], ", ")
    text = pc.coalesce(given, joined([headings, who_where], ": "))
    if pc.any(pc.match_substring_regex(text, "[\t\r\n]")).as_py():
        text = pc.replace_substring_regex(text, _LINE_END, " ")
    too_long = pc.greater(pc.utf8_length(text), LONGEST)
    if pc.any(too_long).as_py():
        cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, LONGEST - 1), "…", "")
        text = pc.if_else(too_long, cut, text)
    return text


def _shortened(texts: pa.StringArray) -> pa.StringArray:
    return pa.array([_parties(text[: 4 * LONGEST]) for text in texts.to_pylist()], pa.string())


@lru_cache(maxsize=1 << 14)
def _parties(text: str) -> str | None:
    names = [name.strip() for name in text.split(";")]
    return " – ".join([short(name) for name in names if name][:2]) or None
