"""Which format a file is of, and what is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from event_tables import ACLED, acled, batch, from_csv, layout

from bordermap.importers.formats import ordered, questions, recognise
from bordermap.importers.mapping import Mapping, recognition, shipped

GDELT_2, GDELT_1 = recognition("gdelt")["headerless"]
UCDP = (
    "id,relid,year,active_year,code_status,type_of_violence,conflict_dset_id,conflict_new_id,"
    "conflict_name,dyad_dset_id,dyad_new_id,dyad_name,side_a_dset_id,side_a_new_id,side_a,"
    "side_b_dset_id,side_b_new_id,side_b,number_of_sources,source_article,source_office,"
    "source_date,source_headline,source_original,where_prec,where_coordinates,where_description,"
    "adm_1,adm_2,latitude,longitude,geom_wkt,priogrid_gid,country,country_id,region,event_clarity,"
    "date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,best,high,low,"
    "gwnoa,gwnob"
)


def recognised(sample):
    found, mapping, asked = recognise(layout(sample), sample)
    assert found == layout(sample)
    return mapping, asked


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("further", [[], ["admin4", "Unnamed: 0"]])
def test_current_acled(case, further):
    row = {case(name): value for name, value in acled().items()} | dict.fromkeys(further, "x")
    assert recognised(batch([row])) == (shipped("acled"), [])


@pytest.mark.parametrize(
    "header",
    [
        "data_id,iso,event_id_cnty,event_id_no_cnty,event_date,year,time_precision,event_type,"
        "actor1,assoc_actor_1,inter1,latitude,longitude,geo_precision,notes,fatalities",
        "GWNO,EVENT_ID_CNTY,EVENT_DATE,EVENT_TYPE,ACTOR1,ALLY_ACTOR_1,INTER1,LATITUDE,LONGITUDE,"
        "GEO_PRECIS",
        "EVENT_DATE,TIME_PRECI,EVENT_TYPE,ACTOR1,INTER1,LATITUDE,LONGITUDE",
    ],
)
def test_older_acled(header):
    mapping, asked = recognised(batch([], header.split(",")))
    assert (mapping.format, asked) == ("acled", [])


def test_ucdp():
    assert recognised(batch([], UCDP.split(","))) == (shipped("ucdp"), [])


@pytest.mark.parametrize("header", ["event_date,event_type,latitude,longitude", "a,b", UCDP[:200]])
def test_what_is_no_known_format_is_a_table(header):
    assert recognised(batch([], header.split(",")))[0].format == "table"


def gdelt(names: list[str]) -> list[str]:
    known = {
        "GLOBALEVENTID": "1012345678",
        "SQLDATE": "20211107",
        "MonthYear": "202111",
        "Year": "2021",
    }
    return [known.get(name, "") for name in names]


@pytest.mark.parametrize("names", [GDELT_2, GDELT_1], ids=["2.0", "1.0"])
def test_gdelt_has_no_header(names):
    columns = [f"column {number}" for number in range(1, len(names) + 1)]
    sample = batch([dict(zip(columns, gdelt(names), strict=True))] * 2, columns)
    plain = replace(layout(sample, header=False), delimiter="\t")
    found, mapping, asked = recognise(plain, sample)
    assert found == replace(plain, columns=tuple(names), quoted=False)
    assert (mapping, asked) == (shipped("gdelt"), [])
    assert mapping.missing(found.columns) == []


def test_gdelt_whose_first_row_was_taken_for_a_header():
    cells = [cell or f"column {n}" for n, cell in enumerate(gdelt(GDELT_2), start=1)]
    sample = batch([], cells)
    found, mapping, _ = recognise(layout(sample), sample)
    assert (found.header, found.quoted, found.columns) == (False, False, tuple(GDELT_2))
    assert mapping.format == "gdelt"


def test_gdelt_with_a_header():
    assert recognised(batch([], GDELT_2)) == (shipped("gdelt"), [])


def test_a_table_as_wide_as_gdelt_is_not_gdelt():
    columns = [f"column {number}" for number in range(1, 62)]
    sample = batch([dict.fromkeys(columns, "7")], columns)
    found, mapping, _ = recognise(layout(sample, header=False), sample)
    assert (found.columns, mapping.format) == (tuple(columns), "table")


# The order of day and month


def dated(*texts: str):
    return batch([{"id": str(n), "date": text} for n, text in enumerate(texts)])


def test_an_order_that_nothing_decides_is_asked_for():
    sample = dated("04/03/2021", "05/06/2021", "07/07/2021")
    mapping, (question,) = recognised(sample)
    assert mapping.date_order == ""
    assert question.field == "date_start"
    assert "'04/03/2021'" in question.text and "'date'" in question.text
    assert {words: found.date_order for words, found in question.options.items()} == {
        "day, month, year": "dmy",
        "month, day, year": "mdy",
    }
    for answer in question.options.values():
        assert questions(layout(sample), sample, answer) == []


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["04/03/2021", "31/12/2021"], "dmy"),
        (["04/03/2021", "12/31/2021"], "mdy"),
        (["2021-03-04", "4 March 2021", "07/07/2021"], ""),
        ([], ""),
    ],
)
def test_an_order_that_a_row_decides(texts, order):
    mapping, asked = recognised(dated(*texts))
    assert (mapping.date_order, asked) == (order, [])


def test_dates_of_two_orders_are_asked_about():
    mapping, (question,) = recognised(dated("04/03/2021", "31/12/2021", "12/31/2021"))
    assert mapping.date_order == ""
    assert "only the one order" in question.text


def test_the_end_may_decide_the_order():
    sample = batch([{"start date": "04/03/2021", "end date": "14/03/2021"}])
    assert recognised(sample)[0].date_order == "dmy"


@pytest.mark.parametrize(
    ("texts", "order", "asked"),
    [
        (["04-03-2021", "05-03-2021"], "dmy", 0),
        (["02 January 2021", "2021-01-02T00:00:00Z"], "dmy", 0),
        (["04/03/2021", "05/03/2021"], "", 1),
        (["04/03/2021", "12/31/2021"], "mdy", 0),
        (["04-03-2021", "12-31-2021"], "dmy", 1),
    ],
)
def test_dates_of_acled(texts, order, asked):
    """Dashes are of the form that ACLED writes, day first; slashes come from elsewhere."""
    sample = batch([acled(event_date=text) for text in texts], ACLED)
    mapping, found = recognised(sample)
    assert (mapping.date_order, len(found)) == (order, asked)


def test_a_mapping_that_was_edited_is_asked_about_again():
    sample = from_csv("when,then\n2021-03-04,05/06/2021\n")
    edited = Mapping(fields={"date_start": ("THEN",)})
    assert len(questions(layout(sample), sample, edited)) == 1
    wrong = replace(edited, date_order="mdy")
    other = from_csv("then\n31/06/2021\n")
    assert len(questions(layout(other), other, wrong)) == 1
    assert ordered(other, edited).date_order == "dmy"
