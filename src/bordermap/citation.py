"""How to cite one record: BibTeX, RIS and plain text.

What is cited is the entry in bordermap, so the year is that in which it was looked at,
beside the version of bordermap. When the event was is a date of its own, as exact as it
is known: ``eventdate`` in BibTeX (a field of BibLaTeX, which reads EDTF) and a note for
everything else. The entry is ``@misc``, which every BibTeX style has, and ``DATA`` in RIS.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any
from urllib.parse import quote

from bordermap import __version__
from bordermap.catalog import Catalog
from bordermap.model.dates import PartialDate

AUTHOR = "bordermap contributors"

MEDIA_TYPES = {
    ".bib": "application/x-bibtex",
    ".ris": "application/x-research-info-systems",
    ".txt": "text/plain",
}

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # BibTeX counts a brace behind a backslash too
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        **{character: f"\\{character}" for character in "%&#_$"},
    }
)
_IN_ADDRESS = "!#$%&'()*+,/:;=?@[]"
_BREAKS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def bibtex(record: dict[str, Any], catalog: Catalog, accessed: date, url: str = "") -> str:
    """Return a BibTeX entry in UTF-8.

    Parameters
    ----------
    record : dict
        As :meth:`bordermap.queries.Dataset.record` returns it.
    catalog : Catalog
        Has the sources that the record names.
    accessed : datetime.date
        The day on which the record was looked at.
    url : str, optional
        Web address of the record; anything but ``http`` and ``https`` is left out.

    Notes
    -----
    ``url`` is verbatim, as BibLaTeX and ``\\url`` take it, with what would end the field
    percent-encoded; in all other fields what is special to TeX is escaped.
    """
    when = PartialDate.parse(record["date_edtf"])
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"bordermap-{record['id']}").strip("-")
    note = [f"Record {record['id']}", _dated(when), _cited(record, catalog)]
    fields = {
        "author": f"{{{_tex(AUTHOR)}}}",
        "title": f"{{{_tex(record['title'])}}}",
        "year": f"{accessed.year:04d}",
        "howpublished": _tex(f"bordermap, version {__version__}"),
        "version": _tex(__version__),
        "eventdate": when.edtf,
        "url": _address(url),
        "urldate": accessed.isoformat(),
        "note": _tex(". ".join(filter(None, note))),
    }
    lines = [f"  {name:<12} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"


def ris(record: dict[str, Any], catalog: Catalog, accessed: date, url: str = "") -> str:
    """Return a RIS entry: one line a tag, each ended by CR LF.

    The parameters are those of :func:`bibtex`.
    """
    when = PartialDate.parse(record["date_edtf"])
    tags = [
        ("TY", "DATA"),
        ("AU", f"{AUTHOR},"),  # the comma keeps it from being taken for first and last name
        ("TI", record["title"]),
        ("PY", f"{accessed.year:04d}"),
        ("PB", "bordermap"),
        ("ET", __version__),
        ("AN", record["id"]),
        ("UR", _address(url)),
        ("Y2", accessed.strftime("%Y/%m/%d")),
        ("N1", _dated(when)),
        *(("N1", f"Source: {source}") for source in _sources(record, catalog)),
    ]
    lines = [f"{tag}  - {line}" for tag, value in tags if (line := _line(value))]
    return "\r\n".join([*lines, "ER  - ", ""])


def plain(record: dict[str, Any], catalog: Catalog, accessed: date, url: str = "") -> str:
    """Return the citation in words, on one line.

    The parameters are those of :func:`bibtex`.
    """
    when = PartialDate.parse(record["date_edtf"])
    parts = [
        f"{AUTHOR} ({accessed.year:04d}): {record['title']}",
        _dated(when),
        f"Record {record['id']}, bordermap {__version__}",
        _address(url),
        f"Accessed {PartialDate.parse(accessed.isoformat())}",
        _cited(record, catalog),
    ]
    return _line(". ".join(filter(None, parts)) + ".")


FORMATS = {".bib": bibtex, ".ris": ris, ".txt": plain}
"""Ending of a file to what writes its text."""


def _dated(when: PartialDate) -> str:
    return f"Date as known: {when} (EDTF {when.edtf})" if when.edtf else "Undated"


def _cited(record: dict[str, Any], catalog: Catalog) -> str:
    sources = _sources(record, catalog)
    return f"Sources: {'; '.join(sources)}" if sources else ""


def _sources(record: dict[str, Any], catalog: Catalog) -> list[str]:
    sources = [catalog.sources[identifier] for identifier in record["sources"]]
    return [
        f"{source}: “{source.title}”"
        + (f" (reprint of {source.reprint_of})" if source.reprint_of else "")
        + (f", {address}" if (address := _address(source.url)) else "")
        for source in sources
    ]


def _address(url: str) -> str:
    """Return a web address in ASCII without spaces, braces and backslashes, or nothing."""
    if not re.match(r"https?://", url, re.IGNORECASE):
        return ""
    return quote(url, safe=_IN_ADDRESS, errors="replace")


def _tex(text: str) -> str:
    return _line(text).translate(_TEX)


def _line(text: str) -> str:
    """Return text on one line, without control and formatting characters."""
    kept = "".join(" " if unicodedata.category(c) in _BREAKS else c for c in text)
    return " ".join(kept.split())
