"""How to cite a record, whatever it says."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bordermap import __version__
from bordermap.catalog import Catalog
from bordermap.citation import FORMATS, bibtex, plain, ris
from bordermap.model.record import Source
from bordermap.queries import Dataset

Record = dict[str, Any]
Spoil = Callable[..., tuple[Record, Catalog]]
DAY = date(2026, 5, 3)
URL = "https://maps.example.org/border/record?id=2024-04-lwegel-kia"
LWEGEL = "2024-04-lwegel-kia"
SPECIAL = r"\{}%&#_~^$<>|"
UNESCAPED = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    **{f"\\{character}": character for character in "%&#_$"},
}
FIELDS = [
    *("author", "title", "year", "howpublished", "version"),
    *("eventdate", "url", "urldate", "note"),
]
TAGS = ["TY", "AU", "TI", "PY", "PB", "ET", "AN", "UR", "Y2", "N1", "N1", "ER"]
hostile = st.text(
    st.one_of(st.sampled_from([*SPECIAL, *'",=@\n\r\t\x00\x0b\x85\u2028\u202e ']), st.characters()),
    max_size=40,
) | st.sampled_from(
    ["}}, note = {x}", "\\", "\\}", "a\r\nER  - \r\nTY  - BOOK", "\nUR  - http://x", "%", "{"]
)


@pytest.fixture
def lwegel(dataset: Dataset) -> Record:
    return dataset.record(dataset.row_of[LWEGEL])


def with_source(catalog: Catalog, **fields: str) -> Catalog:
    """Return the catalog with a source ``s``."""
    given_fields = {"publisher": "Paper", "title": "Title", "url": "https://example.org/1"} | fields
    source = Source(
        id="s", published=date(2024, 4, 10), accessed=None, language="en",
        **{"reprint_of": "", "note": "", **given_fields},
    )  # fmt: skip
    return dataclasses.replace(catalog, sources={**catalog.sources, "s": source})


def bibtex_fields(entry: str) -> tuple[str, dict[str, str]]:
    """Read an entry as BibTeX does: a value ends at the brace that closes it."""
    head = re.match(r"@misc\{([^,\s{}%#\\~]+),\n", entry)
    assert head, entry
    fields: dict[str, str] = {}
    at = head.end()
    while entry[at] != "}":
        name = re.compile(r"  (\w+) += \{").match(entry, at)
        assert name, entry[at:]
        start = at = name.end()
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(entry[at], 0)
            at += 1
        assert name[1] not in fields
        fields[name[1]] = entry[start : at - 1]
        assert entry[at] in ",\n"
        at += 1 if entry[at] == "\n" else 2
    assert entry[at:] == "}\n"
    return head[1], fields


def unescaped(value: str) -> str:
    """Return what TeX prints; anything special that is not escaped is an error."""
    pattern = "|".join(re.escape(command) for command in UNESCAPED)
    bare = re.sub(pattern, "", value)
    assert not set(bare) & set(SPECIAL), value
    return re.sub(pattern, lambda command: UNESCAPED[command[0]], value)


def on_one_line(text: str) -> str:
    control = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return " ".join("".join(" " if unicodedata.category(c) in control else c for c in text).split())


def test_bibtex_of_a_record(catalog: Catalog, lwegel: Record) -> None:
    key, fields = bibtex_fields(bibtex(lwegel, catalog, DAY, URL))
    assert key == "bordermap-2024-04-lwegel-kia"
    assert list(fields) == FIELDS
    assert fields["author"] == "{bordermap contributors}"
    assert fields["title"] == "{Kachin Independence Army takes Lwegel}"
    assert (fields["year"], fields["urldate"]) == ("2026", "2026-05-03")
    assert fields["version"] == __version__
    assert fields["eventdate"] == "2024-04-01~/2024-04-10~"
    assert fields["url"] == URL
    note = unescaped(fields["note"])
    assert "Date as known: about 1–10 Apr 2024 (EDTF 2024-04-01~/2024-04-10~)" in note
    for source in lwegel["sources"]:
        assert catalog.sources[source].publisher in note
        assert catalog.sources[source].title in note
        assert catalog.sources[source].url in note


def test_ris_of_a_record(catalog: Catalog, lwegel: Record) -> None:
    lines = ris(lwegel, catalog, DAY, URL).split("\r\n")
    assert lines[0] == "TY  - DATA"
    assert lines[-2:] == ["ER  - ", ""]
    assert "TI  - Kachin Independence Army takes Lwegel" in lines
    assert "AU  - bordermap contributors," in lines
    assert f"UR  - {URL}" in lines
    assert "Y2  - 2026/05/03" in lines
    assert "N1  - Date as known: about 1–10 Apr 2024 (EDTF 2024-04-01~/2024-04-10~)" in lines
    sources = [line for line in lines if line.startswith("N1  - Source: ")]
    assert len(sources) == len(lwegel["sources"])


def test_plain_text_of_a_record(catalog: Catalog, lwegel: Record) -> None:
    said = plain(lwegel | {"sources": ["s"]}, with_source(catalog, reprint_of="TASS"), DAY, URL)
    assert said == (
        "bordermap contributors (2026): Kachin Independence Army takes Lwegel. "
        "Date as known: about 1–10 Apr 2024 (EDTF 2024-04-01~/2024-04-10~). "
        f"Record 2024-04-lwegel-kia, bordermap {__version__}. {URL}. Accessed 3 May 2026. "
        "Sources: Paper, 10 Apr 2024: “Title” (reprint of TASS), https://example.org/1."
    )


@pytest.mark.parametrize("cite", FORMATS.values())
def test_without_date_and_address_nothing_stands_for_them(
    catalog: Catalog, dataset: Dataset, cite: Callable[..., str]
) -> None:
    undated = dataset.record(dataset.row_of["undated-kachin-fighting"])
    said = cite(undated | {"sources": []}, catalog, DAY)
    assert "Undated" in said
    assert "EDTF" not in said and "http" not in said and "eventdate" not in said
    assert "UR  -" not in said and "Sources" not in said


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://example.org", "/record?id=x", ""])
def test_only_a_web_address_is_cited(catalog: Catalog, lwegel: Record, url: str) -> None:
    assert "url" not in bibtex_fields(bibtex(lwegel, catalog, DAY, url))[1]
    assert "UR  - " not in ris(lwegel, catalog, DAY, url)


def test_capitals_and_scripts_are_kept(catalog: Catalog, lwegel: Record) -> None:
    title = "瑞丽 and မူဆယ်: the KIA at Möng Ko"
    _, fields = bibtex_fields(bibtex(lwegel | {"title": title}, catalog, DAY))
    assert fields["title"] == f"{{{title}}}"
    assert f"TI  - {title}\r\n" in ris(lwegel | {"title": title}, catalog, DAY)


def test_every_record_can_be_cited(catalog: Catalog, dataset: Dataset) -> None:
    for row in range(len(dataset.records)):
        record = dataset.record(row)
        _, fields = bibtex_fields(bibtex(record, catalog, DAY))
        assert unescaped(fields["title"][1:-1]) == record["title"]
        assert plain(record, catalog, DAY).startswith("bordermap contributors (2026): ")
        assert ris(record, catalog, DAY).count("\r\nN1  - Source: ") == len(record["sources"])


@pytest.fixture(scope="module")
def spoil(catalog: Catalog, dataset: Dataset) -> Spoil:
    """Return what makes a record and a catalog; the two themselves are long to print."""

    def spoilt(title: str, publisher: str, address: str, identifier: str) -> Any:
        record = dataset.record(dataset.row_of[LWEGEL])
        record |= {"id": identifier, "title": title, "sources": ["s"]}
        url = f"https://x/{address}"
        return record, with_source(catalog, publisher=publisher, title=title, url=url, note=title)

    return spoilt


@given(title=hostile, publisher=hostile, address=hostile, identifier=hostile)
def test_no_text_breaks_out_of_its_field(
    spoil: Spoil, title: str, publisher: str, address: str, identifier: str
) -> None:
    record, spoilt = spoil(title, publisher, address, identifier)
    url = f"https://example.org/{address}"

    entry = bibtex(record, spoilt, DAY, url)
    entry.encode()
    _, fields = bibtex_fields(entry)
    assert list(fields) == FIELDS
    assert fields["title"][0] + fields["title"][-1] == "{}"
    assert unescaped(fields["title"][1:-1]) == on_one_line(title)
    assert on_one_line(publisher) in unescaped(fields["note"])
    assert re.fullmatch(r"https://example\.org/[!-z~]*", fields["url"])
    assert not set(fields["url"]) & set("{}\\ ")
    assert len(entry.splitlines()) == len(FIELDS) + 2

    lines = ris(record, spoilt, DAY, url).split("\r\n")
    left_out = {tag for tag, text in (("TI", title), ("AN", identifier)) if not on_one_line(text)}
    assert [line[:6] for line in lines[:-1]] == [
        f"{tag}  - " for tag in TAGS if tag not in left_out
    ]
    assert lines[-1] == ""
    assert all(len(line.splitlines()) == 1 for line in lines[:-1])
    assert lines[2] == f"TI  - {on_one_line(title)}" or "TI" in left_out

    said = plain(record, spoilt, DAY, url)
    assert said == on_one_line(said)
    assert on_one_line(title) in said
