"""Which columns of any table are taken for what."""

from __future__ import annotations

from datetime import date

import pytest
from event_tables import TODAY, batch, check, from_csv, layout, mapping_of, read
from hypothesis import given
from hypothesis import strategies as st

from bordermap.errors import ImportFileError
from bordermap.importers.formats import recognise
from bordermap.importers.guess import guess
from bordermap.importers.interpret import Names, interpret

ROWS = {
    "date": ["2021-03-04", "2021-03-05"],
    "lat": ["24.25", "23.98"],
    "lon": ["97.35", "97.9"],
}


def fields(**columns: list[str]) -> dict[str, tuple[str, ...]]:
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return dict(guess(batch(rows)).fields)


@pytest.mark.parametrize(
    ("field", "own", "names"),
    [
        ("latitude", "lat", ["Latitude", "LAT", "y", "geo_lat", "Y Coord", "纬度", "latitud"]),
        ("longitude", "lon", ["longitude", "Lon", "LONG", "lng", "X", "经度", "Länge"]),
        ("date_start", "date", ["Date", "event_date", "EventDate", "day", "Incident Date", "日期"]),
    ],
)
def test_usual_names(field, own, names):
    for name in names:
        columns = {name if column == own else column: cells for column, cells in ROWS.items()}
        assert fields(**columns)[field] == (name,)


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("Township", ["Muse", "Laiza"], "place_name"),
        ("ADM1_EN", ["Shan", "Kachin"], "region"),
        ("State/Region", ["Shan", "Kachin"], "region"),
        ("Type of incident", ["Clash", "Protest"], "category"),
        ("Killed", ["3", "0"], "fatalities_best"),
        ("Description", ["Some text", "More text"], "summary"),
        ("Source URL", ["a", "b"], "cited"),
        ("Perpetrator", ["KIA", "TNLA"], "actors"),
        ("Confidence", ["High", "low"], "confidence"),
        ("event id", ["7", "9"], "id"),
        ("End date", ["2021-03-04", "2021-03-06"], "date_end"),
        ("Precision", ["exact", "state"], "geo_precision"),
        ("geometry_type", ["Point", "Polygon"], "geo_precision"),
    ],
)
def test_names_of_other_fields(name, values, field):
    assert fields(**ROWS, **{name: values})[field] == (name,)


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("id", ["7", "7"], "id"),
        ("killed", ["yes", "no"], "fatalities_best"),
        ("confidence", ["0.7", "0.9"], "confidence"),
        ("precision", ["12 m", "30 m"], "geo_precision"),
        ("end", ["left", "right"], "date_end"),
    ],
)
def test_a_name_is_not_enough(name, values, field):
    assert field not in fields(**ROWS, **{name: values})


def test_two_sides_and_a_type_below_a_type():
    found = fields(
        **ROWS, side_a=["A", "B"], side_b=["C", "D"], type=["x", "y"], sub_type=["u", "v"]
    )
    assert found["actors"] == ("side_a", "side_b")
    assert found["category"] == ("type", "sub_type")


def test_projected_coordinates_called_x_and_y_are_no_degrees():
    found = fields(date=["2021-03-04", "2021-03-05"], x=["735000", "735100"], y=["2680000", "26"])
    assert not {"latitude", "longitude"} & set(found)


def test_dates_and_coordinates_by_their_values():
    rows = from_csv("a,b,c,d\nMuse,23.98,97.9,4 March 2021\nLaiza,24.76,97.56,5 March 2021\n")
    assert dict(guess(rows).fields) == {
        "latitude": ("b",),
        "longitude": ("c",),
        "date_start": ("d",),
    }
    exchanged = from_csv("a,c,b,d\nMuse,97.9,23.98,4 March 2021\n")
    assert guess(exchanged).fields["latitude"] == ("b",)


@pytest.mark.parametrize(
    "rows",
    [
        "b,c\n23.98,47.9\n24.76,47.56\n",  # either may be the latitude
        "b,c,d\n23.98,97.9,23.1\n24.76,97.56,24.7\n",  # two latitudes beside the longitude
        "b,c\n23,97\n24,97\n",  # whole numbers may be anything
    ],
)
def test_values_that_do_not_decide_are_left_alone(rows):
    assert guess(from_csv(rows)).fields == {}


def test_numbers_and_years_are_not_taken_for_dates():
    assert guess(from_csv("a,b\n2021,7\n2022,8\n")).fields == {}


def test_a_whole_table_of_exchanged_columns_is_put_right_row_by_row():
    found = read(from_csv("date,lat,lon\n2021-03-04,97.35,24.25\n2021-03-05,97.9,23.98\n"))
    assert found.events["latitude"].to_pylist() == [24.25, 23.98]
    assert [i["line"] for i in found.issues.to_pylist()] == [2, 3]


def test_a_shape_has_no_pin():
    rows = from_csv(
        "date,longitude,latitude,geometry_type\n"
        "2021-03-04,97.35,24.25,Point\n2021-03-04,97.35,24.25,MultiPolygon\n"
    )
    assert read(rows).events["geo_precision"].to_pylist() == ["near", "state"]


def test_words_of_any_table():
    rows = from_csv(
        "Date,Type,Deaths,State\n"
        "2021-03-04,Air strike,-99,Shan\n2021-03,armed_clash,2,Kachin\n,Landmine,NULL,\n"
    )
    found = read(rows)
    events = found.events.to_pylist()
    assert [e["category"] for e in events] == [
        "airstrike_shelling",
        "armed_clash",
        "explosive_device",
    ]
    assert [e["fatalities_best"] for e in events] == [None, 2, None]
    assert [e["date_start"] for e in events] == [date(2021, 3, 4), date(2021, 3, 1), None]
    assert {e["confidence"] for e in events} == {"low"}
    assert len(found.issues) == 0


NAME = st.sampled_from(
    ["id", "date", "end", "lat", "lon", "x", "y", "type", "deaths", "low", "place", "state",
     "actor1", "actor2", "notes", "confidence", "precision", "kind", "title", "column 1"]
) | st.text(min_size=1, max_size=8)  # fmt: skip
CELL = st.none() | st.one_of(
    st.text(max_size=10),
    st.dates().map(str),
    st.dates(date(1990, 1, 1), date(2026, 1, 1)).map(lambda day: day.strftime("%d/%m/%Y")),
    st.floats(-200, 200).map(str),
    st.integers(-3, 99999).map(str),
)


@st.composite
def samples(draw):
    names = draw(st.lists(NAME, min_size=1, max_size=8, unique=True))
    rows = draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELL)), max_size=8))
    return batch(rows, names)


@given(samples())
def test_any_table_is_guessed_and_read(rows):
    _, mapping, questions = recognise(layout(rows), rows)
    assert mapping.missing(rows.columns.column_names) == []
    answers = [answer for question in questions for answer in question.options.values()]
    for answered in answers or [mapping]:
        try:
            found = interpret(rows, answered, "any.csv", Names({}), TODAY)
        except ImportFileError as error:
            assert "no column is known" in str(error)
        else:
            check(rows, found)


def test_the_same_guess_each_time():
    rows = from_csv("lat,lon,latitude,date,day\n1.5,97.5,3.5,2021-03-04,2021-03-05\n")
    assert mapping_of(rows) == mapping_of(rows)
    assert mapping_of(rows).fields["latitude"] == ("latitude",)
    assert mapping_of(rows).fields["date_start"] == ("date",)
