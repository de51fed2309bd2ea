"""Which column of a file feeds which field of an event, and what its codes mean."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections import abc
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from bordermap.errors import ImportFileError
from bordermap.importers import codes

TABLE = "table"
"""Format of a file that is of no known format."""

FORMATS = ("acled", "ucdp", "gdelt", TABLE)
"""The shipped mappings."""

FIELDS: dict[str, str] = {
    "id": "Identifier",
    "title": "Title",
    "kind": "Incident or meeting",
    "category": "Type of event",
    "date_start": "Date, or first day",
    "date_end": "Last day",
    "date_precision": "How exactly the date is known",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "geo_precision": "How exactly the place is known",
    "place_name": "Place",
    "region": "State or region",
    "actors": "Actors",
    "inter": "Types of the actors",
    "participants": "Others who took part",
    "fatalities_best": "Deaths, best estimate",
    "fatalities_low": "Deaths, low estimate",
    "fatalities_high": "Deaths, high estimate",
    "summary": "What happened",
    "cited": "Sources",
    "confidence": "Confidence",
}
"""Fields that a mapping feeds, with words for people.

``actors``, ``participants``, ``category`` and ``cited`` are made of all of their columns,
``inter`` has one column for each of ``actors``; of the others the first column that is not
empty in a row holds. A mapping needs ``date_start`` or both coordinates.
"""

ORDERS: dict[str, str] = {
    "dmy": "day, month, year",
    "mdy": "month, day, year",
}
"""Orders of day and month in dates that are written in numbers, with words for people."""

ANY = "any"
"""The key of ``nulls`` whose texts stand for nothing in every field."""


@dataclass(frozen=True)
class Mapping:
    """How a file of events is to be understood.

    Attributes
    ----------
    format : str
        One of ``FORMATS``.
    fields : mapping of str to tuple of str
        Columns that feed a field, in order. Columns match without regard to case.
    codes : mapping of str to mapping of str to str
        What codes mean, by field; the key ``""`` is for rows without a known code.
    nulls : mapping of str to tuple of str
        Texts that stand for nothing, by field; ``any`` is for every field.
    date_order : str
        One of ``ORDERS``, or empty where no date needs it.
    note : str
        A remark in every title: ``machine-coded, unverified``.
    """

    format: str = TABLE
    fields: abc.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=dict)
    nulls: abc.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date_order: str = ""
    note: str = ""

    @classmethod
    def from_toml(cls, text: str) -> Mapping:
        """Read a mapping: the shipped one of its ``format``, with the changes of the text.

        Raises
        ------
        ImportFileError
            If the text is no TOML, or names something that does not exist.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ImportFileError(f"the mapping is no TOML: {error}") from None
        name = document.pop("format", TABLE)
        if name not in FORMATS:
            raise _fault("format", f"is none of {', '.join(FORMATS)}")
        return _changed(shipped(name), document)

    def to_toml(self) -> str:
        """Return the mapping as TOML: all fields, and codes that differ from the format's.

        ``Mapping.from_toml(mapping.to_toml()) == mapping``
        """
        base = shipped(self.format)
        lines = [f"format = {_quoted(self.format)}"]
        lines += [
            f"{name} = {_quoted(getattr(self, name))}"
            for name in ("date_order", "note")
            if getattr(self, name) != getattr(base, name) or name == "date_order"
        ]
        lines += ["", "[fields]"]
        lines += [f"{name} = {_columns(self.fields.get(name, ()))}" for name in FIELDS]
        nulls = {
            name: self.nulls.get(name, ())
            for name in _in_order(self.nulls, base.nulls)
            if self.nulls.get(name, ()) != base.nulls.get(name, ())
        }
        if nulls:
            lines += ["", "[nulls]"]
            lines += [f"{name} = {_columns(texts)}" for name, texts in nulls.items()]
        for table in codes.TABLES:
            own, shared = self.codes.get(table, {}), base.codes.get(table, {})
            changes = {
                code: own.get(code, "")
                for code in _in_order(own, shared)
                if own.get(code) != shared.get(code)
            }
            if changes:
                lines += ["", f"[codes.{table}]"]
                lines += [f"{_quoted(code)} = {_quoted(v)}" for code, v in changes.items()]
        return "\n".join(lines) + "\n"

    def missing(self, columns: Collection[str]) -> list[str]:
        """Return the columns that the mapping names and a file lacks.

        A shipped mapping names columns of several versions of its format; of those, only
        the date and the coordinates are missed, and only where no version's is there.
        """
        there = {column.casefold() for column in columns}
        needed = ("date_start", "latitude", "longitude")
        shared = shipped(self.format).fields
        found: list[str] = []
        for name in FIELDS:
            named = self.fields.get(name, ())
            absent = [column for column in named if column.casefold() not in there]
            if named != shared.get(name):
                found += absent
            elif name in needed and len(absent) == len(named):
                found += absent[:1]
        return list(dict.fromkeys(found))

    def resolved(self, columns: Sequence[str]) -> Mapping:
        """Return the mapping with only those columns that a file has, spelled as it does."""
        spelled = {column.casefold(): column for column in reversed(columns)}
        there = set(columns)
        fields: dict[str, tuple[str, ...]] = {}
        for name, named in self.fields.items():
            found = [c if c in there else spelled.get(c.casefold()) for c in named]
            if any(found):
                fields[name] = tuple(column for column in found if column is not None)
        return replace(self, fields=fields)


def shipped(name: str) -> Mapping:
    """Return a shipped mapping.

    Parameters
    ----------
    name : str
        One of ``FORMATS``.
    """
    return _shipped(name)[0]


def recognition(name: str) -> dict[str, Any]:
    """Return how a file of a shipped format is recognised, as its TOML says."""
    return _shipped(name)[1]


@cache
def _shipped(name: str) -> tuple[Mapping, dict[str, Any]]:
    file = resources.files(__package__) / "formats" / f"{name}.toml"
    document = tomllib.loads(file.read_text("utf-8"))
    recognised = document.pop("recognise", {})
    return _changed(Mapping(format=name), document), recognised


def _changed(base: Mapping, document: dict[str, Any]) -> Mapping:
    """Return a mapping with the changes of a document of TOML."""
    _known("", document, ("format", "date_order", "note", "fields", "nulls", "codes"))
    order = document.get("date_order", base.date_order)
    if order not in ("", *ORDERS):
        raise _fault("date_order", f"is none of {', '.join(ORDERS)}")
    note = document.get("note", base.note)
    if not isinstance(note, str):
        raise _fault("note", "is not a text")
    fields = dict(base.fields)
    for name, value in _table(document, "fields").items():
        _known("fields", [name], FIELDS)
        fields[name] = _texts(f"fields.{name}", value)
    nulls = dict(base.nulls)
    for name, value in _table(document, "nulls").items():
        _known("nulls", [name], (ANY, *FIELDS))
        nulls[name] = _texts(f"nulls.{name}", value)
    tables = {name: dict(table) for name, table in base.codes.items()}
    for name in _table(document, "codes"):
        _known("codes", [name], codes.TABLES)
        table = tables.setdefault(name, {})
        for code, value in _table(document["codes"], name, "codes.").items():
            if not isinstance(value, str) or not (value == "" or codes.fits(name, value)):
                raise _fault(f'codes.{name}."{code}"', f"{value!r} {_terms(name, value)}")
            table[code] = value
            if value == "":
                del table[code]
    return Mapping(
        base.format,
        {name: columns for name, columns in fields.items() if columns},
        {name: table for name, table in tables.items() if table},
        {name: texts for name, texts in nulls.items() if texts},
        order,
        note,
    )


def _terms(table: str, value: object) -> str:
    if table == "region":
        return "is not an ISO 3166-2 code such as MM-17"
    terms = codes.TERMS.get(table, ())
    if not terms:
        return "is not a text"
    close = difflib.get_close_matches(str(value), terms, n=1, cutoff=0.5)
    return f"is not in the vocabulary{f'; {close[0]} is' if close else ''}"


def _table(document: dict[str, Any], name: str, above: str = "") -> dict[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, dict):
        raise _fault(above + name, "is not a table")
    return value


def _texts(where: str, value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(t, str) and t for t in texts):
        raise _fault(where, "is neither a text nor a list of texts")
    return tuple(texts)


def _known(where: str, names: Iterable[str], allowed: Collection[str]) -> None:
    for name in names:
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, n=1)
            hint = f"; is it {close[0]}?" if close else f"; there are {', '.join(allowed)}"
            raise _fault(f"{where}.{name}".lstrip("."), f"is not known{hint}")


def _fault(where: str, reason: str) -> ImportFileError:
    return ImportFileError(f"the mapping: {where}: {reason}")


def _in_order(own: Iterable[str], shared: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*shared, *own]))


def _columns(names: Sequence[str]) -> str:
    if len(names) == 1:
        return _quoted(names[0])
    return f"[{', '.join(map(_quoted, names))}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
