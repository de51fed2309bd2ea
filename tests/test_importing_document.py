"""The guide to importing says what the shipped mappings do."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from event_tables import acled, batch, read

from bordermap.importers.mapping import FIELDS, FORMATS, Mapping, shipped

GUIDE = (Path(__file__).parents[1] / "docs" / "importing.md").read_text("utf-8")
SECTIONS = {"acled": "ACLED", "ucdp": "UCDP", "gdelt": "GDELT", "table": "Any other table"}


def section(heading: str) -> str:
    return GUIDE.partition(f"\n### {heading}\n")[2].partition("\n#")[0]


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def rows(text: str) -> list[list[str]]:
    cells = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return cells[1:]


@pytest.mark.parametrize("name", FORMATS)
def test_the_tables_of_categories_are_the_shipped_ones(name):
    said = {
        code: category
        for codes, last in rows(section(SECTIONS[name]))
        for code in spans(codes)
        for category in spans(last)
    }
    assert said == shipped(name).codes["category"]


def test_the_columns_of_each_format():
    table = rows(GUIDE.partition("\n## Columns\n")[2].partition("\n## ")[0])
    assert [spans(row[0]) for row in table] == [[field] for field in FIELDS]
    for field, words, *cells in table:
        (name,) = spans(field)
        assert words == FIELDS[name]
        for format_, cell in zip(("acled", "ucdp", "gdelt"), cells, strict=True):
            assert tuple(spans(cell)) == shipped(format_).fields.get(name, ())


def test_the_formats_are_named():
    table = rows(GUIDE.partition("\n## Formats\n")[2].partition("\n## ")[0])
    assert [spans(row[0])[0] for row in table] == list(FORMATS)


@pytest.mark.parametrize(("name", "field"), [("acled", "geo_precision"), ("ucdp", "where_prec"),
                                             ("gdelt", "ActionGeo_Type")])  # fmt: skip
def test_the_table_of_precisions(name, field):
    places = GUIDE.partition("\n## Places\n")[2]
    (row,) = (line for line in places.splitlines() if line.startswith("|") and f"`{field}`" in line)
    cells = [re.findall(r"\d", cell) for cell in row.split("|")[2:-1]]
    said = {
        code: word
        for word, codes in zip(
            ("exact", "near", "district", "state", "country"), cells, strict=True
        )
        for code in codes
    }
    codes = shipped(name).codes["geo_precision"]
    assert said == {code: word for code, word in codes.items() if code}


def test_the_examples_are_mappings():
    examples = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    assert len(examples) == 2
    first, second = map(Mapping.from_toml, examples)
    assert set(tomllib.loads(examples[0])["fields"]) == set(first.fields)
    assert first.codes["category"]["Fighting/Air"] == "airstrike_shelling"
    assert second.fields == {**shipped("acled").fields, "summary": ("remarks",)}


def test_dates_that_are_read():
    section = GUIDE.partition("\n## Dates\n")[2].partition("**Day or month first**")[0]
    dates = spans(section)
    assert len(dates) > 9
    for text in dates:
        found = read(batch([acled(event_date=text, time_precision="")]))
        assert found.events["date_start"].to_pylist()[0] is not None, text


@pytest.mark.parametrize(
    "spelling", ["Karen", "Arakan", "Pegu", "Magwe", "Shan-North", "Bago-East"]
)
def test_spellings_that_are_named_are_known(spelling):
    assert f"`{spelling}`" in GUIDE
    assert read(batch([acled(admin1=spelling)])).events["stated_region"].null_count == 0
