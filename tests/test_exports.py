"""Records as files of data: what each holds, read back with other software."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import tempfile
import zipfile
from contextlib import closing, contextmanager
from datetime import date, datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented_records import a_place, a_record

from bordermap.cartography import style
from bordermap.cli import main
from bordermap.errors import OutputError
from bordermap.model.record import PLACE_TYPE, RECORD_SCHEMA
from bordermap.model.vocabulary import (
    CATEGORIES,
    POINT_PRECISIONS,
    Confidence,
    DatePrecision,
    Family,
    GeoPrecision,
    Kind,
    Role,
    Scope,
)
from bordermap.selection import Selection
from bordermap.snapshot import making
from bordermap.snapshot.exports import flat, kml, qml, tables, workbook
from bordermap.snapshot.making import Material
from bordermap.snapshot.spec import Spec

MADE_ON = date(2024, 5, 1)
LAIZA = (97.5633, 24.76)
PROOF = json.dumps({"bordermap_proof": 1, "words": "\u2013 " * 30_000})
HOSTILE = "<img src=x onerror=alert(1)></script>]]>&amp;{{ 7*7 }}\x07\ufffe"
KML = "{http://www.opengis.net/kml/2.2}"
DATA = [suffix for suffix, one in making.FORMATS.items() if not one.is_picture]


# ---------------------------------------------------------------- records


def a_table(*records):
    return pa.Table.from_pylist(list(records), schema=RECORD_SCHEMA)


def material(catalog, dataset, records, **asked):
    spec = Spec(selection=Selection(), made_on=MADE_ON, **asked)
    return Material(spec, catalog, dataset, records)


@pytest.fixture(scope="module")
def encode(catalog, dataset):
    """Return the file of some records, which need not be in the data."""

    def encode(suffix, *records, table=None, proof=""):
        table = a_table(*records) if table is None else table
        return making.FORMATS[suffix].encode(material(catalog, dataset, table), proof)

    return encode


LAIZA_PLACE = a_place("Laiza", *LAIZA)
ODD = (
    a_record("undated", [], date_start=None, date_end=None, date_edtf="", date_precision="unknown"),
    a_record("open", [LAIZA_PLACE], date_end=None, date_edtf="2024-04-01/.."),
    a_record("since ever", [LAIZA_PLACE], date_start=None, date_edtf="../2024-04-01"),
    a_record("early", [], date_start=date(1, 1, 1), date_end=date(9999, 12, 31)),
    a_record("zero", [], fatalities_best=0, fatalities_low=0, fatalities_high=None),
    a_record("nothing", [], summary=None, date_note=None, notes=None, gate_id=""),
    a_record("figures", [], figures={"zero": 0.0, "half": 0.5, "most": 1.7e308, "": -1e-320}),
    a_record(
        "several",
        [
            LAIZA_PLACE,
            LAIZA_PLACE | {"role": "subject", "gate_km": 0.0, "gate_id": "a;b"},
            a_place("\U0001f1f2\U0001f1f2 မြန်မာ 缅甸 \U00020bb7", -0.1, 25.5, "district"),
            a_place("Kachin State", 97.0, 26.0, "state"),
            a_place("Nowhere", None, None, "none", region=None),
        ],
        longitude=LAIZA[0],
        latitude=LAIZA[1],
        region_codes=["MM-11", "CN-YN"],
        actors=["A; B", '"quoted"', "", "l\nine\ttab\\", "é"],
        participants=["\u202eright to left"],
        sources=["not on file"],
    ),
    a_record("text", [], title=HOSTILE, summary="=1+1", notes="\r\n \x1b"),
)


# ---------------------------------------------------------------- reading back


@contextmanager
def geopackage(body):
    """Yield the path of a GeoPackage, which GDAL wants to end as it should."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.gpkg"
        path.write_bytes(body)
        yield path


def layer_of(body, name):
    with geopackage(body) as path:
        return geopandas.read_file(path, layer=name)


def from_geopackage(body):
    """Return the records of a GeoPackage as they were, read with GDAL."""
    with geopackage(body) as path:
        table = pyogrio.read_arrow(path, layer="records")[1]
    records = []
    for row in table.select(RECORD_SCHEMA.names).to_pylist():
        for field in RECORD_SCHEMA:
            if pa.types.is_nested(field.type):
                row[field.name] = json.loads(row[field.name])
        records.append(row | {"figures": list(row["figures"].items())})
    return pa.Table.from_pylist(records, schema=RECORD_SCHEMA)


def from_geoparquet(body):
    return pq.read_table(io.BytesIO(body)).select(RECORD_SCHEMA.names)


READ_BACK = {".gpkg": from_geopackage, ".parquet": from_geoparquet}


def database(body):
    opened = sqlite3.connect(":memory:")
    opened.deserialize(body)
    return closing(opened)


def placemarks(body):
    return ET.fromstring(body).findall(f"{KML}Document/{KML}Placemark")


def values_of(placemark):
    return {
        data.get("name"): data.findtext(f"{KML}value")
        for data in placemark.findall(f"{KML}ExtendedData/{KML}Data")
    }


def ids_of(suffix, body):
    """Return the ids of the records of a file."""
    file = io.BytesIO(body)
    if suffix == ".csv":
        return pd.read_csv(file)["id"].tolist()
    if suffix == ".jsonl":
        return [json.loads(line)["id"] for line in body.decode().splitlines()]
    if suffix == ".xlsx":
        head, *rows = openpyxl.load_workbook(file)["records"].iter_rows(values_only=True)
        return [row[head.index("id")] for row in rows]
    if suffix == ".parquet":
        return geopandas.read_parquet(file)["id"].tolist()
    if suffix == ".kml":
        return [values_of(placemark)["id"] for placemark in placemarks(body)]
    frame = layer_of(body, "records") if suffix == ".gpkg" else geopandas.read_file(file)
    return frame["id"].tolist()


# ---------------------------------------------------------------- every format


@pytest.mark.parametrize("suffix", DATA)
@pytest.mark.parametrize(
    "selection", [Selection(), Selection(regions=("MM-17",)), Selection(text="zzzzzzzz")]
)
def test_a_file_holds_the_selected_records(catalog, dataset, suffix, selection):
    made = making.make(Spec(selection=selection, made_on=MADE_ON), suffix, catalog, dataset)
    wanted = dataset.select(selection)["id"].to_pylist()
    assert made.records == len(wanted)
    if wanted or suffix not in (".csv", ".geojson", ".parquet", ".gpkg"):
        assert ids_of(suffix, made.body) == wanted
    elif suffix == ".gpkg":
        assert not len(from_geopackage(made.body))
    elif suffix == ".parquet":
        assert not len(geopandas.read_parquet(io.BytesIO(made.body)))
    elif suffix == ".geojson":
        assert json.loads(made.body)["features"] == []
    else:
        assert made.body.decode().count("\n") == 1


@pytest.mark.parametrize("suffix", DATA)
def test_the_same_records_give_the_same_bytes(catalog, dataset, suffix):
    records = dataset.records.slice(0, 60)
    chunks = pa.concat_tables([records.slice(0, 20), records.slice(20)])
    encode = making.FORMATS[suffix].encode
    made = [encode(material(catalog, dataset, table), PROOF) for table in (records, chunks)]
    assert made[0] == made[1]
    assert f"{date.today().isoformat()}T".encode() not in made[0]


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".xlsx", ".kml"])
def test_a_file_holds_its_proof(encode, suffix):
    body = encode(suffix, *ODD[:2], proof=PROOF)
    file = io.BytesIO(body)
    if suffix == ".geojson":
        assert json.loads(body)["proof"] == json.loads(PROOF)
    elif suffix == ".gpkg":
        with geopackage(body) as path:
            told = pyogrio.read_info(path, layer="records")["dataset_metadata"]
        assert list(told.values()) == [PROOF]
        with database(body) as opened:
            assert opened.execute("select mime_type, metadata from gpkg_metadata").fetchall() == [
                ("application/json", PROOF)
            ]
    elif suffix == ".parquet":
        assert pq.read_metadata(file).metadata[b"bordermap"].decode() == PROOF
    elif suffix == ".xlsx":
        book = openpyxl.load_workbook(file)
        assert book.sheetnames == ["records", "proof"]
        assert "".join(cell.value for cell in book["proof"]["A"]) == PROOF
    else:
        (data,) = ET.fromstring(body).findall(f"{KML}Document/{KML}ExtendedData/{KML}Data")
        assert (data.get("name"), data.findtext(f"{KML}value")) == ("bordermap", PROOF)
    assert b"bordermap_proof" not in encode(suffix, *ODD[:2])


def test_export_says_which_formats_there_are(tmp_path):
    said = CliRunner().invoke(main, ["export", "--help"]).output
    formats = re.search(r"Formats: ([^.]+)\.", said)[1]
    assert re.split(r",\s+", formats) == [suffix[1:] for suffix in DATA]
    out = tmp_path / "shan.gpkg"
    done = CliRunner().invoke(main, ["export", str(out), "--region", "MM-17"])
    assert done.exit_code == 0, done.output
    assert len(from_geopackage(out.read_bytes())) > 100


# ---------------------------------------------------------------- there and back

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
MAYBE_TEXT = st.none() | TEXT
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
MAYBE_COUNT = st.none() | st.integers(0, 2**31 - 1)
DAY = st.none() | st.dates()
TEXTS = st.lists(TEXT, max_size=3)
DEGREES = {"longitude": st.floats(-180, 180) | st.none(), "latitude": st.floats(-90, 90)}
PLACE = st.fixed_dictionaries(
    DEGREES
    | {
        "place_id": TEXT,
        "name": TEXT,
        "role": st.sampled_from(Role),
        "geo_precision": st.sampled_from(GeoPrecision),
        "region_code": st.none() | st.sampled_from(["MM-11", "CN-YN", "XX-1"]),
        "gate_id": MAYBE_TEXT,
        "gate_km": st.none() | NUMBER,
        "border_km": st.none() | NUMBER,
    }
)
RECORD = st.sampled_from(
    [(kind, category) for kind in Kind for category in CATEGORIES[kind]]
).flatmap(
    lambda pair: st.fixed_dictionaries(
        DEGREES
        | {
            "id": TEXT,
            "dataset": TEXT,
            "kind": st.just(pair[0]),
            "category": st.just(pair[1]),
            "title": TEXT,
            "summary": MAYBE_TEXT,
            "date_start": DAY,
            "date_end": DAY,
            "date_edtf": st.sampled_from(["", "2024-04", "2024-04-01/..", "../2024-04-02~"]),
            "date_precision": st.sampled_from(DatePrecision),
            "date_note": MAYBE_TEXT,
            "places": st.lists(PLACE, max_size=3),
            "geo_precision": st.sampled_from(GeoPrecision),
            "region_codes": TEXTS,
            "gate_id": MAYBE_TEXT,
            "gate_km": st.none() | NUMBER,
            "border_km": st.none() | NUMBER,
            "actors": TEXTS,
            "participants": TEXTS,
            "topics": TEXTS,
            "figures": st.dictionaries(TEXT, NUMBER, max_size=3),
            "fatalities_best": MAYBE_COUNT,
            "fatalities_low": MAYBE_COUNT,
            "fatalities_high": MAYBE_COUNT,
            "scope": st.sampled_from(Scope),
            "sources": TEXTS,
            "confidence": st.sampled_from(Confidence),
            "notes": MAYBE_TEXT,
        }
    )
)


@given(record=RECORD, place=PLACE)
@settings(max_examples=1)
def test_what_is_drawn_at_random_has_every_field(record, place):
    assert set(record) == set(RECORD_SCHEMA.names)
    assert set(place) == {field.name for field in PLACE_TYPE}


@pytest.mark.parametrize("suffix", READ_BACK)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORD, max_size=6))
def test_nothing_is_lost_there_and_back(encode, suffix, records):
    table = a_table(*records)
    back = READ_BACK[suffix](encode(suffix, table=table))
    assert back.schema.equals(RECORD_SCHEMA)
    assert back.to_pylist() == table.to_pylist()


@pytest.mark.parametrize("suffix", READ_BACK)
def test_odd_records_come_back(encode, suffix):
    assert READ_BACK[suffix](encode(suffix, *ODD)).equals(a_table(*ODD))


@pytest.mark.parametrize("suffix", READ_BACK)
def test_the_chronology_comes_back(encode, dataset, suffix):
    back = READ_BACK[suffix](encode(suffix, table=dataset.records))
    assert back.equals(dataset.records.cast(RECORD_SCHEMA))


# ---------------------------------------------------------------- text, tables


def test_geojson_has_points_only_where_there_are_points(catalog):
    records = a_table(
        a_record("one", [LAIZA_PLACE, LAIZA_PLACE | {"role": "subject"}]),
        a_record("two", [LAIZA_PLACE, a_place("D", 98.0, 25.5, "district")]),
        a_record("state", [a_place("Kachin State", 97.0, 26.0, "state")]),
    )
    made = json.loads(tables.to_geojson(records, catalog, Selection(regions=("MM-11",))))
    geometries = [feature["geometry"] for feature in made["features"]]
    assert geometries[0] == {"type": "Point", "coordinates": list(LAIZA)}
    assert geometries[1] == {"type": "MultiPoint", "coordinates": [list(LAIZA), [98.0, 25.5]]}
    assert geometries[2] is None
    assert made["selection"] == {"region": ["MM-11"]}
    assert made["license"]
    assert made["attribution"]
    assert made["features"][0]["properties"]["date_start"] == "2024-04-01"


@pytest.mark.parametrize("suffix", [".jsonl", ".geojson"])
def test_json_holds_every_field(encode, suffix):
    body = encode(suffix, *ODD)
    if suffix == ".jsonl":
        found = [json.loads(line) for line in body.split(b"\n")[:-1]]
    else:
        found = [feature["properties"] for feature in json.loads(body)["features"]]
    wanted = json.loads(json.dumps(ODD, default=date.isoformat))
    empty = dict.fromkeys(RECORD_SCHEMA.names)
    for record in wanted:
        record["sources"] = [{"id": key} for key in record["sources"]]
    assert found == [empty | record for record in wanted]


def test_sources_come_with_their_addresses(catalog, dataset):
    records = dataset.records.slice(0, 1)
    record = json.loads(tables.to_jsonl(records, catalog, Selection()))
    known = [catalog.sources[key] for key in records["sources"][0].as_py()]
    assert [source["url"] for source in record["sources"]] == [source.url for source in known]
    row = next(csv.DictReader(io.StringIO(tables.to_csv(records, catalog, Selection()).decode())))
    assert row["sources"] == ";".join(source.id for source in known)
    assert len(row["source_urls"].split(";")) == len(known)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_has_no_formulas(encode, start):
    record = a_record("r", [], title=f"{start}cmd|'/c calc'!A0", actors=[f"{start}x", "y"])
    row = next(csv.DictReader(io.StringIO(encode(".csv", record).decode(), newline="")))
    kept = start.replace("\r", "\n")
    assert row["title"] == f"'{kept}cmd|'/c calc'!A0"
    assert row["actors"] == f"'{kept}x;y"


def test_csv_keeps_numbers(encode):
    record = a_record("r", [], longitude=-97.5, latitude=24.0, figures={"crossings": 1234567.0})
    row = next(csv.DictReader(io.StringIO(encode(".csv", record).decode())))
    assert row["longitude"] == "-97.5"
    assert row["figures"] == "crossings=1234567"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_workbook_holds_the_table_and_no_formulas(encode, start):
    hostile = a_record("r", [], title=f"{start}cmd|'/c calc'!A0\x07", summary="x" * 40_000)
    number = a_record("n", [], longitude=-97.5, date_start=date(2024, 4, 1))
    sheet = openpyxl.load_workbook(io.BytesIO(encode(".xlsx", hostile, number))).active
    head, first, second = sheet.iter_rows()
    names = [cell.value for cell in head]
    assert names == list(flat.COLUMNS)
    row = dict(zip(names, first, strict=True))
    assert row["title"].value == f"{start}cmd|'/c calc'!A0"
    assert row["title"].data_type == "s"
    assert len(row["summary"].value) == 32_767
    row = dict(zip(names, second, strict=True))
    assert row["longitude"].value == -97.5
    assert row["date_start"].value.date() == date(2024, 4, 1)


def test_a_workbook_has_days_numbers_and_text(encode):
    head, *found = openpyxl.load_workbook(io.BytesIO(encode(".xlsx", *ODD)))["records"].iter_rows()
    names = [cell.value for cell in head]
    by_id = {row[0].value: dict(zip(names, row, strict=True)) for row in found}
    assert by_id["open"]["date_start"].value == datetime(2024, 4, 1)
    assert by_id["open"]["date_start"].is_date
    assert by_id["open"]["date_end"].value is None
    assert by_id["early"]["date_start"].value == "0001-01-01"
    assert by_id["early"]["date_end"].value == datetime(9999, 12, 31)
    assert by_id["zero"]["fatalities_best"].value == 0
    assert by_id["zero"]["fatalities_high"].value is None
    assert by_id["text"]["summary"].value == "=1+1"
    assert by_id["text"]["title"].value == HOSTILE[:-2]
    assert by_id["several"]["place_roles"].value == "location;subject;location;location;location"


def test_a_workbook_is_dated_by_its_spec(encode):
    body = io.BytesIO(encode(".xlsx", *ODD))
    with zipfile.ZipFile(body) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(2024, 5, 1, 0, 0, 0)}
        assert parts.testzip() is None
    properties = openpyxl.load_workbook(body).properties
    assert properties.created == properties.modified == datetime(2024, 5, 1)
    assert properties.title == "Incidents and meetings, China–Myanmar border"


def test_too_many_records_for_a_sheet_are_refused(encode, monkeypatch):
    monkeypatch.setattr(workbook, "_SHEET_ROWS", 1)
    encode(".xlsx", *ODD[:1])
    with pytest.raises(OutputError, match="2 records are too many"):
        encode(".xlsx", *ODD[:2])


# ---------------------------------------------------------------- GeoParquet


def test_geoparquet_says_where_records_are(encode):
    body = encode(
        ".parquet", *ODD, a_record("s", [], longitude=96.0, latitude=21.0, geo_precision="state")
    )
    frame = geopandas.read_parquet(io.BytesIO(body)).set_index("id")
    assert frame.crs == "OGC:CRS84"
    assert frame.geometry["several"].equals(shapely.Point(LAIZA))
    assert frame.geometry.notna().sum() == 1
    told = json.loads(pq.read_metadata(io.BytesIO(body)).metadata[b"geo"])
    assert told == {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {"encoding": "WKB", "geometry_types": ["Point"], "bbox": [*LAIZA, *LAIZA]}
        },
    }


# ---------------------------------------------------------------- GeoPackage


@pytest.fixture(scope="module")
def chronology(encode, dataset):
    """The chronology as a GeoPackage."""
    return encode(".gpkg", table=dataset.records, proof=PROOF)


def test_a_geopackage_is_one(chronology):
    with geopackage(chronology) as path:
        layers = dict(pyogrio.list_layers(path))
    assert layers == {
        "records": "MultiPoint",
        "places": "Point",
        "states": "Point",
        "sources": None,
        "layer_styles": None,
    }
    with database(chronology) as opened:
        assert opened.execute("pragma application_id").fetchone() == (0x47504B47,)
        assert opened.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert opened.execute("pragma foreign_key_check").fetchall() == []
        extensions = opened.execute("select table_name, extension_name from gpkg_extensions")
        assert {("gpkg_metadata", "gpkg_metadata"), ("records", "gpkg_rtree_index")} <= set(
            extensions
        )


def test_a_geopackage_does_not_tell_when_it_was_written(chronology):
    stamps = (
        ("gpkg_contents", "last_change"),
        ("layer_styles", "update_time"),
        ("gpkg_metadata_reference", "timestamp"),
    )
    with database(chronology) as opened:
        for table, column in stamps:
            found = set(opened.execute(f"select {column} from {table}"))
            assert found == {("2024-05-01T00:00:00.000Z",)}


def test_a_geopackage_has_a_row_for_each_place(chronology, dataset):
    places = layer_of(chronology, "places")
    wanted = [
        (record["id"], place["place_id"], place["role"], place["geo_precision"])
        for record in dataset.records.select(["id", "places"]).to_pylist()
        for place in record["places"]
    ]
    found = places[["record", "place_id", "role", "geo_precision"]]
    assert list(found.itertuples(index=False, name=None)) == wanted
    assert {field.name for field in PLACE_TYPE} <= set(places.columns)
    placed = places["geo_precision"].isin([str(one) for one in POINT_PRECISIONS])
    assert (places.geometry.notna() == placed).all()


def test_a_record_is_at_all_its_places_once(encode):
    frame = layer_of(encode(".gpkg", *ODD), "records").set_index("id")
    found = shapely.get_coordinates(frame.geometry["several"]).tolist()
    assert found == [list(LAIZA), [-0.1, 25.5]]
    assert frame.geometry["undated"] is None


def test_states_say_how_many_records_are_known_to_them_only(encode):
    state = a_place("Kachin State", None, None, "state")
    body = encode(
        ".gpkg",
        a_record("a", [state, state, LAIZA_PLACE]),
        a_record("b", [state | {"region_code": "MM-17"}, state]),
        a_record("c", [state | {"geo_precision": "none"}]),
        a_record("d", [LAIZA_PLACE, a_place("Myanmar", None, None, "country")]),
        a_record("e", [state | {"region_code": "XX-1"}, state | {"region_code": None}]),
    )
    frame = layer_of(body, "states")
    found = frame[["code", "name", "records"]]
    assert list(found.itertuples(index=False, name=None)) == [
        ("MM-11", "Kachin State", 3),
        ("MM-17", "Shan State", 1),
    ]
    assert frame.geometry.notna().all()


def test_a_geopackage_has_the_sources(chronology, catalog, dataset):
    sources = layer_of(chronology, "sources")
    wanted = {key for keys in dataset.records["sources"].to_pylist() for key in keys}
    assert set(sources["id"]) == wanted
    assert dict(zip(sources["id"], sources["url"], strict=True)) == {
        key: catalog.sources[key].url for key in wanted
    }


def styles(body):
    with database(body) as opened:
        rows = opened.execute(
            "select f_table_name, styleQML from layer_styles"
            " where f_table_catalog = '' and f_table_schema = '' and useAsDefault = 1"
            " and (f_table_name, f_geometry_column) in"
            " (select table_name, column_name from gpkg_geometry_columns)"
        )
        return {layer: ET.fromstring(text) for layer, text in rows}


@pytest.mark.parametrize("layer", ["records", "places"])
def test_each_mark_has_one_symbol_in_the_colour_of_its_family(chronology, layer):
    root = styles(chronology)[layer]
    symbols = {symbol.get("name"): symbol for symbol in root.iter("symbol")}
    drawn = []
    with database(chronology) as opened:
        for group in root.findall("renderer-v2/rules/rule"):
            assert group.get("symbol") is None
            for rule in group.findall("rule"):
                marker = symbols[rule.get("symbol")].find("layer/Option")
                paint = {option.get("name"): option.get("value") for option in marker}
                found = opened.execute(
                    f"select fid, kind, category, geo_precision from {layer}"
                    f" where geom is not null and {group.get('filter')} and {rule.get('filter')}"
                )
                for number, kind, category, precision in found:
                    drawn.append(number)
                    red, green, blue, _ = map(int, paint["color"].split(","))
                    assert f"#{red:02x}{green:02x}{blue:02x}" == style.colour(category, kind)
                    if precision == GeoPrecision.DISTRICT:
                        assert paint["size_unit"] == "RenderMetersInMapUnits"
                        assert float(paint["size"]) == 50_000
                    else:
                        assert paint["name"] == style.KIND_SHAPES[kind]
        (marks,) = opened.execute(f"select count(*) from {layer} where geom is not null").fetchone()
    assert len(drawn) == len(set(drawn)) == marks > 500


def test_expressions_of_a_style_are_of_fields_that_are_there(chronology):
    for layer, root in styles(chronology).items():
        with geopackage(chronology) as path:
            there = set(pyogrio.read_info(path, layer=layer)["fields"])
        expressions = [
            option.get("value")
            for option in root.iter("Option")
            if option.get("name") == "expression"
        ]
        expressions += [rule.get("filter") for rule in root.iter("rule")]
        expressions += [element.text for element in root.iter("previewExpression")]
        named = {name for text in expressions for name in re.findall(r'"(\w+)"', text)}
        assert named
        assert named <= there
        for time in root.findall("temporal"):
            assert {time.get("startField"), time.get("endField")} <= there


def test_a_style_names_every_family_and_kind():
    root = ET.fromstring(qml.marks(roles=True))
    incidents, meetings, districts = root.findall("renderer-v2/rules/rule")
    assert [group.get("label") for group in (incidents, meetings)] == ["Incidents", "Meetings"]
    assert len(districts) == len(Family)
    assert len({symbol.get("name") for symbol in root.iter("symbol")}) == len(
        [*incidents, *meetings, *districts]
    )


def test_no_room_for_a_geopackage_is_one_line(encode, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(OutputError, match="GeoPackage cannot be made") as caught:
        encode(".gpkg", *ODD)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- KML


def test_kml_has_the_days_that_are_known(encode):
    found = {}
    for placemark in placemarks(encode(".kml", *ODD)):
        span = placemark.find(f"{KML}TimeSpan")
        days = None if span is None else [(e.tag.removeprefix(KML), e.text) for e in span]
        found[values_of(placemark)["id"]] = days
    assert found["undated"] is None
    assert found["open"] == [("begin", "2024-04-01")]
    assert found["since ever"] == [("end", "2024-04-01")]
    assert found["zero"] == [("begin", "2024-04-01"), ("end", "2024-04-01")]
    assert found["early"] == [("begin", "0001-01-01"), ("end", "9999-12-31")]


def test_kml_tells_nothing_from_zero(encode):
    values = {values["id"]: values for values in map(values_of, placemarks(encode(".kml", *ODD)))}
    assert values["zero"]["fatalities_best"] == "0"
    assert "fatalities_high" not in values["zero"]
    assert values["figures"]["figures"].startswith("zero=0;half=0.5;most=")


def test_kml_has_points_only_where_there_are_points(encode):
    at = {}
    for placemark in placemarks(encode(".kml", *ODD)):
        texts = [point.text for point in placemark.iter(f"{KML}coordinates")]
        at[values_of(placemark)["id"]] = texts
    assert at["several"] == ["97.5633,24.76", "-0.1,25.5"]
    assert at["open"] == ["97.5633,24.76"]
    assert at["undated"] == []


def test_text_of_kml_never_becomes_markup(catalog, dataset):
    hostile = a_record(
        HOSTILE, [a_place(HOSTILE, *LAIZA)], title=HOSTILE, summary=HOSTILE, sources=[HOSTILE]
    )
    body = kml.render(material(catalog, dataset, a_table(hostile), title=HOSTILE))
    (placemark,) = placemarks(body)
    plain = HOSTILE[:-2]
    assert placemark.findtext(f"{KML}name") == plain
    assert values_of(placemark)["summary"] == plain
    described = placemark.findtext(f"{KML}description")  # HTML
    assert "<img" not in described
    assert unescape(described).count(plain) == 3
    assert "<script" not in ET.fromstring(body).findtext(f"{KML}Document/{KML}description")


def test_kml_links_its_sources(encode, catalog, dataset):
    body = encode(".kml", table=dataset.records.slice(0, 1))
    described = placemarks(body)[0].findtext(f"{KML}description")
    for key in dataset.records["sources"][0].as_py():
        assert f'<a href="{catalog.sources[key].url}">' in described
    assert b"<href>" not in body  # no icon from the network


def test_only_web_addresses_are_links():
    source = {"id": "a", "publisher": "P", "title": "T", "published": None}
    assert kml._source(source | {"url": "javascript:alert(1)"}) == "P: T"
    assert kml._source(source | {"url": 'https://a/"><b>'}).startswith(
        '<a href="https://a/&quot;&gt;&lt;b&gt;">'
    )


@pytest.mark.parametrize("family", Family)
def test_kml_has_the_colours_of_the_map(encode, family):
    kind, category = next(
        (kind, name) for kind in Kind for name, of in CATEGORIES[kind].items() if of is family
    )
    body = encode(".kml", a_record("r", [LAIZA_PLACE], kind=kind, category=category))
    (placemark,) = placemarks(body)
    chosen = placemark.findtext(f"{KML}styleUrl").removeprefix("#")
    (look,) = (one for one in ET.fromstring(body).iter(f"{KML}Style") if one.get("id") == chosen)
    colour = look.findtext(f"{KML}IconStyle/{KML}color")
    assert f"#{colour[6:]}{colour[4:6]}{colour[2:4]}" == style.FAMILY_COLOURS[family]


def test_gdal_reads_kml(encode, dataset):
    frame = geopandas.read_file(io.BytesIO(encode(".kml", table=dataset.records.slice(0, 50))))
    assert frame["Name"].tolist() == dataset.records["title"][:50].to_pylist()
    first = dataset.records["date_start"][0].as_py()
    assert frame["begin"][0].date() == first
