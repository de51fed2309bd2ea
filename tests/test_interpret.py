"""Rows to events: what is kept, repaired and rejected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from event_tables import (
    ACLED,
    TODAY,
    acled,
    batch,
    check,
    from_csv,
    issue,
    mapping_of,
    one,
    read,
    rejections,
)
from hypothesis import given
from hypothesis import strategies as st

from bordermap.errors import ImportFileError
from bordermap.importers.interpret import Names, interpret
from bordermap.importers.mapping import FIELDS, FORMATS, Mapping, recognition, shipped
from bordermap.model.names import fold

TABLE = "id,date,lat,lon,place,type,deaths,low,high,notes\n"


def table(*rows: str):
    return read(from_csv(TABLE + "\n".join(rows)))


def test_an_event_of_acled():
    event = one(read(batch([acled()])))
    assert event.pop("original") == {name: value or None for name, value in acled().items()}
    assert event == {
        "id": "MMR90001",
        "file": "some/events.csv",
        "line": 2,
        "kind": "incident",
        "category": "armed_clash",
        "title": "Armed clash: Military Forces of Myanmar – KIO/KIA, Momauk",
        "summary": "An invented clash near an invented hill.",
        "date_start": date(2023, 11, 2),
        "date_end": date(2023, 11, 2),
        "date_precision": "day",
        "place_name": "Momauk",
        "longitude": 97.35,
        "latitude": 24.25,
        "geo_precision": "exact",
        "stated_region": "MM-11",
        "region_text": "Kachin",
        "actors": [
            "Military Forces of Myanmar (2021-)",
            "KIO/KIA: Kachin Independence Organization/Kachin Independence Army",
        ],
        "participants": [
            "Military Forces of Myanmar (2021-) (state forces)",
            "KIO/KIA: Kachin Independence Organization/Kachin Independence Army (rebel group)",
            "PDF: People's Defense Force",
            "Local Militia (Invented)",
        ],
        "fatalities_best": 3,
        "fatalities_low": None,
        "fatalities_high": None,
        "cited": "Invented Daily",
        "confidence": "medium",
    }


def test_an_older_export_in_capitals_with_codes():
    old = from_csv(
        "GWNO,EVENT_ID_CNTY,EVENT_ID_NO_CNTY,EVENT_DATE,YEAR,TIME_PRECISION,EVENT_TYPE,ACTOR1,"
        "ALLY_ACTOR_1,INTER1,ACTOR2,ALLY_ACTOR_2,INTER2,INTERACTION,COUNTRY,ADMIN1,LOCATION,"
        "LATITUDE,LONGITUDE,GEO_PRECIS,SOURCE,NOTES,FATALITIES\n"
        "775,12MYA,12,02 January 2015,2015,2,Battle-No change of territory,Military Forces,NA,1,"
        "KIA,Allies,2,12,Myanmar,Shan-North,Muse,23.98,97.9,3,Daily,Something invented.,NA\n"
        "775,13MYA,13,3 Jan 2015,2015,3,Strategic development,NA,NA,0,NA,NA,NA,10,Myanmar,"
        "Bago-East,NA,NA,NA,NA,Daily,NA,0\n"
    )
    found = read(old)
    first, second = found.events.to_pylist()
    assert len(found.issues) == 0
    assert (first["id"], first["category"], first["geo_precision"]) == (
        "12MYA",
        "armed_clash",
        "state",
    )
    assert (first["date_start"], first["date_precision"]) == (date(2015, 1, 2), "approx")
    assert first["participants"] == [
        "Military Forces (state forces)",
        "KIA (rebel group)",
        "Allies",
    ]
    assert (first["stated_region"], first["region_text"]) == ("MM-17", "Shan-North")
    assert first["fatalities_best"] is None
    assert (second["date_start"], second["date_end"]) == (date(2015, 1, 1), date(2015, 1, 31))
    assert (second["date_precision"], second["geo_precision"]) == ("month", "none")
    assert (second["place_name"], second["stated_region"]) == (None, "MM-02")
    assert (second["actors"], second["participants"], second["summary"]) == ([], [], None)
    assert (second["category"], second["fatalities_best"]) == ("other", 0)
    assert second["title"] == "Strategic development"


@pytest.mark.parametrize(
    ("event_type", "sub_event_type", "category"),
    [
        ("Strategic developments", "Agreement", "agreement_signed"),
        ("Strategic developments", "Arrests", "arrest"),
        ("Strategic developments", "Non-violent transfer of territory", "territorial_change"),
        ("Explosions/Remote violence", "Air/drone strike", "airstrike_shelling"),
        ("Explosions/Remote violence", "Remote explosive/landmine/IED", "explosive_device"),
        (
            "Violence against civilians",
            "Abduction/forced disappearance",
            "abduction_or_trafficking",
        ),
        ("VIOLENCE AGAINST CIVILIANS", "attack", "violence_against_civilians"),
        ("Protests", "Something new", "protest"),
        ("Riots", "", "riot"),
        ("Battle-Government regains territory", "", "territorial_change"),
        ("Riots/Protests", "", "protest"),
    ],
)
def test_categories_of_acled(event_type, sub_event_type, category):
    found = read(batch([acled(event_type=event_type, sub_event_type=sub_event_type)]))
    event = one(found)
    assert event["category"] == category
    assert event["kind"] == ("meeting" if category == "agreement_signed" else "incident")
    assert len(found.issues) == 0


def test_a_type_that_nobody_knows_is_other_and_named():
    found = read(batch([acled(event_type="Bittles", sub_event_type="Clash")]))
    assert one(found)["category"] == "other"
    assert issue(found) == (
        "repaired",
        "event_type, sub_event_type",
        "Bittles/Clash",
        "is not in its table of codes; taken as other",
    )
    assert one(found)["title"].startswith("Clash: ")


def test_an_event_of_gdelt():
    cells = dict.fromkeys(recognition("gdelt")["headerless"][0], "")
    cells |= {
        "GLOBALEVENTID": "1012345678",
        "SQLDATE": "20211107",
        "Actor1Name": "MYANMAR",
        "Actor1Type1Code": "MIL",
        "Actor2Name": "KACHIN",
        "EventCode": "190",
        "EventBaseCode": "190",
        "EventRootCode": "19",
        "ActionGeo_Type": "4",
        "ActionGeo_FullName": "Laiza, Kachin State, Burma",
        "ActionGeo_ADM1Code": "BM04",
        "ActionGeo_Lat": "24.76",
        "ActionGeo_Long": "97.56",
        "SOURCEURL": "https://example.org/1",
    }
    phone = {**cells, "EventRootCode": "04", "EventBaseCode": "041", "ActionGeo_Type": "1"}
    leading = {**cells, "EventRootCode": "4", "EventBaseCode": "41"}
    talk = {**cells, "EventRootCode": "01", "EventBaseCode": "010", "Actor2Name": ""}
    found = read(batch([cells, phone, leading, talk]), shipped("gdelt"))
    first, second, third, fourth = found.events.to_pylist()
    assert len(found.issues) == 0
    assert first["title"] == (
        "Armed clash (machine-coded, unverified): MYANMAR – KACHIN, Laiza, Kachin State, Burma"
    )
    assert (first["category"], first["confidence"]) == ("armed_clash", "low")
    assert (first["geo_precision"], first["stated_region"]) == ("near", "MM-11")
    assert (first["date_start"], first["date_precision"]) == (date(2021, 11, 7), "day")
    assert first["participants"] == ["MYANMAR (military)"]
    assert first["cited"] == "https://example.org/1"
    assert (second["kind"], second["category"]) == ("meeting", "phone_or_video_call")
    assert second["geo_precision"] == "country"
    assert third["category"] == "phone_or_video_call"
    assert fourth["category"] == "other"
    assert fourth["title"].startswith("Event (machine-coded, unverified): MYANMAR, Laiza")


# Coordinates


def test_exchanged_coordinates_are_put_right_and_named():
    found = table("a,2021-03-14,97.35,24.25,Momauk,clash,1,,,")
    event = one(found)
    assert (event["longitude"], event["latitude"]) == (97.35, 24.25)
    assert event["geo_precision"] == "near"
    assert issue(found) == (
        "repaired",
        "lat, lon",
        "97.35, 24.25",
        "latitude and longitude were exchanged; put right",
    )


@pytest.mark.parametrize(
    ("lat", "lon", "field", "reason"),
    [
        ("0", "0.0", "lat, lon", "stands for no place"),
        ("95", "97", "lat, lon", "out of range"),
        ("24", "197", "lat, lon", "out of range"),
        ("-190", "20", "lat, lon", "out of range"),
        ("24", "", "lat, lon", "only one of two"),
        ("", "97", "lat, lon", "only one of two"),
        ("north", "97", "lat", "is not a coordinate"),
        ("24", "inf", "lon", "is not a coordinate"),
        ("24", "1e999", "lon", "is not a coordinate"),
    ],
)
def test_coordinates_that_are_no_place(lat, lon, field, reason):
    found = table(f"a,2021-03-14,{lat},{lon},Momauk,clash,1,,,")
    event = one(found)
    assert (event["longitude"], event["latitude"], event["geo_precision"]) == (None, None, "none")
    action, named, _, why = issue(found)
    assert (action, named) == ("repaired", field)
    assert reason in why


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("24,25", "97,5"), ("24.25N", "97.5 E"), ("24°15'N", "97°30'00\" e"), (" 24.25 ", "+97.5")],
)
def test_spellings_of_coordinates(lat, lon):
    rows = [{"date": "2021-03-14", "lat": lat, "lon": lon}]
    found = read(batch(rows))
    assert (one(found)["latitude"], one(found)["longitude"]) == (24.25, 97.5)
    assert len(found.issues) == 0


def test_a_place_without_coordinates_is_kept():
    found = table("a,2021-03-14,,,Momauk,clash,1,,,")
    assert (one(found)["geo_precision"], one(found)["place_name"]) == ("none", "Momauk")
    assert len(found.issues) == 0


def test_a_precision_that_nobody_knows():
    found = read(batch([acled(geo_precision="9")]))
    assert one(found)["geo_precision"] == "near"
    assert issue(found)[:3] == ("repaired", "geo_precision", "9")
    empty = read(batch([acled(geo_precision="9", latitude="", longitude="")]))
    assert len(empty.issues) == 0, "the precision of no place does not matter"


# Dates


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0202-03-04", "before 1900"),
        ("2203-03-04", "more than a year after today"),
        ("yesterday", "is not a date"),
        ("44259", "spreadsheet"),
    ],
)
def test_a_row_is_rejected_for_its_date(text, reason):
    found = table("a,2021-03-14,24,97,A,clash,1,,,", f"b,{text},24,97,B,clash,x,,,")
    assert rejections(found) == [3]
    action, field, value, why = issue(found)
    assert (action, field, value) == ("rejected", "date", text)
    assert reason in why
    assert one(found)["id"] == "a"


def test_ends_and_starts():
    found = read(
        from_csv(
            "id,start_date,end_date\n"
            "a,2021-03-05,2021-03-04\n"
            "b,2021-03-05,2021-03-09\n"
            "c,2021-03-05,\n"
            "d,,2021-03-09\n"
            "e,2021-03-05,never\n"
            "f,,\n"
            "g,2021-03,2021-04\n"
        )
    )
    assert rejections(found) == [2, 6]
    reasons = {i["line"]: i["reason"] for i in found.issues.to_pylist()}
    assert reasons == {
        2: "is before the start",
        5: "is an end without a start; kept undated",
        6: "is not a date",
    }
    spans = {e["id"]: (e["date_start"], e["date_end"], e["date_precision"]) for e in
             found.events.to_pylist()}  # fmt: skip
    assert spans == {
        "b": (date(2021, 3, 5), date(2021, 3, 9), "range"),
        "c": (date(2021, 3, 5), date(2021, 3, 5), "day"),
        "d": (None, None, "unknown"),
        "f": (None, None, "unknown"),
        "g": (date(2021, 3, 1), date(2021, 4, 30), "range"),
    }


@pytest.mark.parametrize(
    ("prec", "start", "end", "expected"),
    [
        ("1", "2017-01-01 00:00:00.000", "2017-01-01 00:00:00.000", "day"),
        ("1", "2017-01-01", "2017-01-03", "range"),
        ("2", "2017-01-01", "2017-01-03", "range"),
        ("2", "2017-01-01", "2017-01-01", "approx"),
        ("4", "2017-02-01", "2017-02-28", "month"),
        ("4.0", "2017-02-01", "2017-03-31", "month"),
        ("4", "2017-02-03", "2017-02-20", "range"),
        ("4", "2017-02-03", "2017-02-03", "approx"),
        ("5", "2017-01-01", "2017-12-31", "range"),
        ("", "2017-01-01", "2017-01-01", "day"),
    ],
)
def test_precision_of_dates_in_ucdp(prec, start, end, expected):
    found = read(batch([ucdp(date_prec=prec, date_start=start, date_end=end)]))
    event = one(found)
    assert event["date_precision"] == expected
    assert event["date_start"] == date.fromisoformat(start[:10])
    assert event["date_end"] == date.fromisoformat(end[:10])
    assert len(found.issues) == 0


def ucdp(**cells: str) -> dict[str, str]:
    return {
        "id": "48528.0", "relid": "MYA-1992", "type_of_violence": "1", "side_a": "A", "side_b": "B",
        "where_prec": "1", "where_coordinates": "Laiza town", "adm_1": "Kachin state",
        "latitude": "24.76", "longitude": "97.56", "event_clarity": "1", "date_prec": "1",
        "date_start": "2017-01-01", "date_end": "2017-01-01", "best": "3", "low": "2", "high": "4",
        **cells,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "expected"),
    [("1", "exact"), ("2", "near"), ("3", "district"), ("4", "state"), ("5", "district"),
     ("6", "country"), ("7.0", "country")],
)  # fmt: skip
def test_precision_of_places_in_ucdp(where, expected):
    event = one(read(batch([ucdp(where_prec=where)])))
    assert event["geo_precision"] == expected
    assert event["id"] == "48528"


def test_codes_of_ucdp():
    rows = [ucdp(type_of_violence=code, event_clarity=clear) for code, clear in
            [("1", "1"), ("2.0", "2"), ("3", ""), ("One-sided violence", "1")]]  # fmt: skip
    events = read(batch(rows)).events.to_pylist()
    assert [e["category"] for e in events] == ["armed_clash"] * 2 + [
        "violence_against_civilians"
    ] * 2
    assert [e["confidence"] for e in events] == ["high", "medium", "medium", "high"]


def test_an_order_that_is_not_decided_is_refused():
    rows = batch([{"id": "a", "date": "2021-03-14"}, {"id": "b", "date": "04/03/2021"}])
    with pytest.raises(ImportFileError) as error:
        read(rows, Mapping(fields={"id": ("id",), "date_start": ("date",)}))
    assert str(error.value) == (
        "some/events.csv, line 3, date: '04/03/2021' may be read as day and month in two ways; "
        'say in a mapping whether date_order is "dmy" or "mdy"'
    )


def test_today_is_the_current_day_by_default():
    soon = date.today() + timedelta(days=300)
    rows = batch([{"date": soon.isoformat(), "id": "a"}])
    found = interpret(rows, mapping_of(rows), "f.csv", Names({}))
    assert one(found)["date_start"] == soon
    assert (
        rejections(read(rows)) if soon > TODAY + timedelta(days=366) else not rejections(read(rows))
    )


# Deaths


@pytest.mark.parametrize(
    ("best", "low", "high", "expected", "fields"),
    [
        ("3", "2", "4", (3, 2, 4), []),
        ("34.0", "", "", (34, None, None), []),
        ("", "", "", (None, None, None), []),
        ("0", "0", "0", (0, 0, 0), []),
        ("3", "5", "4", (3, None, 4), ["low"]),
        ("3", "2", "1", (3, 2, None), ["high"]),
        ("37", "46", "31", (37, None, None), ["high", "low"]),
        ("", "5", "4", (None, None, None), ["high", "low"]),
        ("-1", "", "", (None, None, None), ["deaths"]),
        ("2.5", "", "", (None, None, None), ["deaths"]),
        ("many", "", "", (None, None, None), ["deaths"]),
        ("1e12", "", "", (None, None, None), ["deaths"]),
        ("-99", "", "", (None, None, None), []),
    ],
)
def test_deaths(best, low, high, expected, fields):
    mapping = Mapping.from_toml(
        '[fields]\ndate_start="date"\nfatalities_best="deaths"\n'
        'fatalities_low="low"\nfatalities_high="high"'
    )
    rows = batch([{"date": "2021-03-14", "deaths": best, "low": low, "high": high}])
    found = read(rows, mapping)
    event = one(found)
    assert tuple(event[f"fatalities_{name}"] for name in ("best", "low", "high")) == expected
    assert sorted(i["field"] for i in found.issues.to_pylist()) == fields


# Names of regions


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Shan-North", "MM-17"), ("Shan-South", "MM-17"), ("Shan-East", "MM-17"), ("Shan", "MM-17"),
        ("Northern Shan State", "MM-17"), ("Shan (North)", "MM-17"), ("Bago-East", "MM-02"),
        ("Bago-West", "MM-02"), ("Pegu", "MM-02"), ("Magwe division", "MM-03"),
        ("Magway  region", "MM-03"), ("Karen state", "MM-13"), ("Kayin", "MM-13"),
        ("Kayin (Karen) State", "MM-13"), ("Kayah state", "MM-12"), ("Karenni State", "MM-12"),
        ("Sagaing district", "MM-01"), ("Naypyidaw Union territory", "MM-18"),
        ("Nay Pyi Taw", "MM-18"), ("Nay Pyi Taw Union Territory", "MM-18"), ("Rakhine", "MM-16"),
        ("Arakan State", "MM-16"), ("Ayeyawady", "MM-07"), ("Irrawaddy Division", "MM-07"),
        ("Tanintharyi region", "MM-05"), ("Tenasserim", "MM-05"), ("Yangon", "MM-06"),
        ("Rangoon Division", "MM-06"), ("Mandalay Region", "MM-04"), ("MON STATE", "MM-15"),
        ("Chin", "MM-14"), ("Kachin", "MM-11"), ("Yunnan", "CN-YN"), ("Yunnan Province", "CN-YN"),
        ("云南省", "CN-YN"), ("mm-17", "MM-17"), ("Tak", "TH-63"),
        ("Atlantis", None), ("State", None), ("Shan and Kachin", None), ("Northern Myanmar", None),
    ],
)  # fmt: skip
def test_spellings_of_regions(text, code):
    event = one(read(batch([acled(admin1=text)])))
    assert (event["stated_region"], event["region_text"]) == (code, text)


def test_further_names_of_regions_come_from_the_gazetteer():
    rows = batch([acled(admin1="掸邦"), acled(admin1="Wa  State")])
    names = {fold("掸邦"): "MM-17", fold("Wa State"): "MM-17"}
    assert read(rows, names=names).events["stated_region"].to_pylist() == ["MM-17", "MM-17"]
    assert read(rows).events["stated_region"].to_pylist() == [None, None]


# Identifiers, texts, titles


def test_rows_without_an_identifier_are_named_after_their_line():
    found = table("a,2021-03-14,,,,,,,,", ",2021-03-15,,,,,,,,", "NA,2021-03-16,,,,,,,,")
    assert found.events["id"].to_pylist() == ["a", "events-3", "events-4"]
    none = read(batch([{"date": "2021-03-14"}]))
    assert none.events["id"].to_pylist() == ["events-2"]


def test_control_characters_are_removed_and_named():
    found = read(
        batch([acled(notes="bad\x07 text\u202e", location="Mo\x1bmauk"), acled(notes="a\nb")])
    )
    first, second = found.events.to_pylist()
    assert (first["summary"], first["place_name"]) == ("bad text", "Momauk")
    assert second["summary"] == "a\nb"
    assert first["original"]["notes"] == "bad\x07 text\u202e"
    noted = {(i["line"], i["field"], i["action"]) for i in found.issues.to_pylist()}
    assert noted == {(2, "notes", "repaired"), (2, "location", "repaired")}


def test_text_that_is_fine_stays():
    text = "“Quoted” – ကချင်ပြည်နယ်၊ 木姐… ‘x’ é ​"
    found = read(batch([acled(notes=text)]))
    assert one(found)["summary"] == text
    assert len(found.issues) == 0


def test_titles_are_one_line_and_not_too_long():
    found = read(batch([acled(location="A\r\n B", actor2=""), acled(location="x" * 300)]))
    first, second = found.events["title"].to_pylist()
    assert first == "Armed clash: Military Forces of Myanmar, A B"
    assert len(second) == 200 and second.endswith("x…")


def test_very_long_cells_are_read_like_others():
    long = "A" + " " * 300_000 + "(2021-)"
    rows = [acled(actor1=long, notes=long, location=long, admin1=long, event_type=long),
            acled(event_date="2021-03-04" + " " * 300_000 + "x"),
            acled(fatalities="9" * 300_000, latitude="2" * 300_000)]  # fmt: skip
    found = read(batch(rows))
    assert rejections(found) == [3]
    first, last = found.events.to_pylist()
    assert first["actors"][0] == first["summary"] == first["place_name"] == long
    assert len(first["title"]) == 200
    assert (last["fatalities_best"], last["latitude"]) == (None, None)
    assert max(len(value) for value in found.issues["value"].to_pylist()) == 200


def test_a_title_of_the_file_is_taken():
    rows = batch([{"date": "2021-03-14", "title": "Own words"}, {"date": "2021-03-14"}])
    assert read(rows).events["title"].to_pylist() == ["Own words", "Event"]


def test_the_kind_may_be_stated():
    rows = from_csv(
        "date,kind,category\n2021-03-14,meeting,other\n2021-03-14,meeting,armed_clash\n"
        "2021-03-14,,agreement signed\n2021-03-14,party,protest\n"
    )
    mapping = Mapping.from_toml('[fields]\ndate_start="date"\nkind="kind"\ncategory="category"')
    found = read(rows, mapping)
    assert found.events["kind"].to_pylist() == ["meeting", "incident", "meeting", "incident"]
    assert issue(found)[1:3] == ("kind", "party")


def test_several_actors_in_one_cell():
    mapping = Mapping.from_toml('[fields]\ndate_start="d"\nactors="who"\ncited=["s", "t"]')
    rows = batch(
        [
            {"d": "2021-03-14", "who": "KIA; TNLA ;;KIA", "s": "A", "t": "B"},
            {"d": "2021-03-14", "who": None, "s": None, "t": None},
            {"d": "2021-03-14", "who": "; ", "s": None, "t": "C"},
        ]
    )
    found = read(rows, mapping)
    assert found.events["actors"].to_pylist() == [["KIA", "TNLA"], [], []]
    assert found.events["cited"].to_pylist() == ["A; B", None, "C"]
    assert found.events["title"].to_pylist() == ["Event: KIA – TNLA", "Event", "Event"]


def test_a_file_without_dates_and_places_is_refused():
    with pytest.raises(ImportFileError, match="no column is known for the date"):
        read(batch([{"a": "x", "latitude": "3"}]), Mapping())


def test_no_rows():
    for mapping in (
        shipped("acled"),
        shipped("ucdp"),
        Mapping(fields={"date_start": ("event_date",)}),
    ):
        empty = batch([], [*ACLED, "date_start"])
        assert len(read(empty, mapping).events) == 0


def test_a_part_of_a_larger_table():
    whole = batch([acled(event_id_cnty=f"M{n}", notes=f"n{n}\x07") for n in range(9)])
    part = replace(whole, columns=whole.columns.slice(3, 4), lines=whole.lines[3:7])
    found = read(part, mapping_of(whole))
    assert found.events["id"].to_pylist() == ["M3", "M4", "M5", "M6"]
    assert found.issues["value"].to_pylist() == ["n3\x07", "n4\x07", "n5\x07", "n6\x07"]


def test_columns_in_several_pieces():
    piece = batch([acled()])
    whole = replace(
        piece,
        columns=pa.concat_tables([piece.columns, piece.columns]),
        lines=np.array([2, 3]),
    )
    assert len(read(whole, shipped("acled")).events) == 2


# Any table


CELL = st.none() | st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["NA", "0", "97.2", "24.1", "-1", "1e400", "2021-03-04", "04/03/2021", "31/12/2021",
         "2203-01-01", "Battles", "Armed clash", "1", "2.0", "Shan-North", "A; B", "\x00",
         "\u202e", "=cmd|' /C'!A0", " "]
    ),
    st.floats(-200, 200).map(str),
)  # fmt: skip


@st.composite
def tables_for(draw: st.DrawFn, mapping: Mapping):
    columns = list(dict.fromkeys(c for names in mapping.fields.values() for c in names))
    kept = draw(st.lists(st.sampled_from(columns), unique=True)) if columns else []
    names = [*kept, "further"]
    rows = draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELL)), max_size=6))
    return batch(rows, names)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_any_table_by_a_shipped_mapping(name, data):
    mapping = shipped(name)
    if not mapping.fields:
        mapping = Mapping(name, {field: (field,) for field in FIELDS}, mapping.codes, mapping.nulls)
    rows = data.draw(tables_for(mapping))
    order = data.draw(st.sampled_from(["", "dmy", "mdy"]))
    mapping = Mapping(
        mapping.format, mapping.fields, mapping.codes, mapping.nulls, order, mapping.note
    )
    try:
        found = interpret(rows, mapping, "any.csv", Names({}), TODAY)
    except ImportFileError as error:
        assert "\n" not in str(error)
        there = set(mapping.resolved(rows.columns.column_names).fields)
        assert "date_order" in str(error) or not {"date_start"} & there
    else:
        check(rows, found)
        for title in found.events["title"].to_pylist():
            assert 0 < len(title) <= 200 and "\n" not in title
