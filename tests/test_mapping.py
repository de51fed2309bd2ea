"""Mappings as values and as TOML."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bordermap.errors import ImportFileError
from bordermap.importers.codes import TABLES, TERMS, CodeTable, fits, key
from bordermap.importers.mapping import ANY, FIELDS, FORMATS, ORDERS, Mapping, shipped
from bordermap.model.vocabulary import CATEGORIES

COLUMN = st.text(min_size=1, max_size=12)


def tables(name: str) -> st.SearchStrategy[dict[str, str]]:
    values = st.sampled_from(TERMS[name]) if name in TERMS else None
    if name == "region":
        values = st.from_regex(r"[A-Z]{2}-[A-Z0-9]{1,3}", fullmatch=True)
    elif values is None:
        values = st.text(min_size=1, max_size=12).filter(str.strip)
    return st.dictionaries(st.text(max_size=12), values, min_size=1, max_size=4)


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    base = shipped(draw(st.sampled_from(FORMATS)))
    columns = st.lists(COLUMN, min_size=1, max_size=3).map(tuple)
    chosen = draw(st.lists(st.sampled_from(TABLES), max_size=3, unique=True))
    return Mapping(
        base.format,
        draw(st.dictionaries(st.sampled_from(list(FIELDS)), columns)),
        {**base.codes, **{name: draw(tables(name)) for name in chosen}},
        draw(st.dictionaries(st.sampled_from([ANY, *FIELDS]), columns, max_size=3)),
        draw(st.sampled_from(["", *ORDERS])),
        draw(st.text(max_size=20)),
    )


@given(mappings())
def test_a_mapping_is_the_same_after_it_was_saved(mapping):
    assert Mapping.from_toml(mapping.to_toml()) == mapping


@pytest.mark.parametrize("name", FORMATS)
def test_shipped_mappings_are_saved_and_sent(name):
    mapping = shipped(name)
    assert mapping.format == name
    assert Mapping.from_toml(mapping.to_toml()) == mapping
    assert Mapping.from_toml(f'format = "{name}"') == mapping
    assert pickle.loads(pickle.dumps(mapping)) == mapping


@pytest.mark.parametrize("name", FORMATS)
def test_shipped_tables_translate_into_our_vocabulary(name):
    for table, codes in shipped(name).codes.items():
        assert codes
        assert all(fits(table, value) for value in codes.values())


def test_a_file_overrides_a_shipped_mapping():
    mapping = Mapping.from_toml(
        """
        format = "acled"
        date_order = "mdy"
        [fields]
        summary = ["notes", "tags"]
        participants = []
        [codes.category]
        "Remote violence" = "airstrike_shelling"
        "battles/armed clash" = "stray_fire"
        "Strategic development" = ""
        """
    )
    base = shipped("acled")
    assert mapping.date_order == "mdy"
    assert mapping.fields["summary"] == ("notes", "tags")
    assert "participants" not in mapping.fields
    assert mapping.fields["actors"] == base.fields["actors"]
    table = CodeTable("category", mapping.codes["category"])
    assert table.find(["REMOTE VIOLENCE"]) == "airstrike_shelling"
    assert table.find(["Battles", "Armed clash"]) == "stray_fire"
    assert table.find(["Strategic development"]) is None
    assert table.find(["Protests", "Peaceful protest"]) == "protest"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("format = ", "no TOML"),
        ('format = "gtd"', "format: is none of acled, ucdp, gdelt, table"),
        ("date_oder = 'dmy'", "date_oder: is not known; is it date_order?"),
        ("date_order = 'ymd'", "date_order: is none of dmy, mdy"),
        ("note = 1", "note: is not a text"),
        ("fields = 'x'", "fields: is not a table"),
        ("[fields]\nlattitude = 'y'", "fields.lattitude: is not known; is it latitude?"),
        ("[fields]\nid = 1", "fields.id: is neither a text nor a list of texts"),
        ("[fields]\nid = ['']", "fields.id: is neither a text nor a list of texts"),
        ("[nulls]\nevery = 'NA'", "nulls.every: is not known"),
        ("[codes.summary]\na = 'b'", "codes.summary: is not known"),
        ("[codes]\ncategory = 'b'", "codes.category: is not a table"),
        ("[codes.category]\na = 'armed_clas'", "not in the vocabulary; armed_clash is"),
        ("[codes.category]\na = 3", "3 is not in the vocabulary"),
        ("[codes.region]\na = 'Shan'", "is not an ISO 3166-2 code"),
        ("[codes.inter]\na = ' '", "is not a text"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_in_one_line(text, reason):
    with pytest.raises(ImportFileError) as error:
        Mapping.from_toml(text)
    assert reason in str(error.value)
    assert "mapping" in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_columns():
    own = Mapping(fields={"date_start": ("When",), "latitude": ("Lat",), "actors": ("A", "B")})
    assert own.missing(["WHEN", "lat", "a"]) == ["B"]
    old = ["EVENT_ID_CNTY", "EVENT_DATE", "EVENT_TYPE", "LATITUDE", "LONGITUDE"]
    assert shipped("acled").missing(old) == []
    assert shipped("acled").missing(old[1:-1]) == ["longitude"]
    changed = Mapping.from_toml('format = "acled"\n[fields]\nsummary = "remarks"')
    assert changed.missing(old) == ["remarks"]


def test_columns_are_spelled_as_in_the_file():
    mapping = shipped("acled").resolved(["EVENT_DATE", "Event_Date", "Notes", "data_id"])
    assert dict(mapping.fields) == {
        "id": ("data_id",),
        "date_start": ("EVENT_DATE",),
        "summary": ("Notes",),
    }


def test_codes_are_compared_without_case_zeros_and_spaces():
    assert (
        key("  Battles ", "Armed   clash") == key("BATTLES / armed_clash") == "battles/armed clash"
    )
    assert key("04", "041") == key("4.0/41") == "4/41"
    assert key("0") == key("00") == "0"


def test_the_first_parts_of_a_code_are_enough():
    table = CodeTable("category", {"Battles": "armed_clash", "Battles/Siege": "territorial_change"})
    assert table.find(["Battles", "Siege"]) == "territorial_change"
    assert table.find(["Battles", "Something new"]) == "armed_clash"
    assert table.find(["Something new"]) is None
    assert table.find(["Armed clash"]) == "armed_clash", "our own terms are always known"


def test_a_table_may_name_any_category():
    assert set(TERMS["category"]) == {term for terms in CATEGORIES.values() for term in terms}
