"""The style table, the columns of the event layer and the script of the base map."""

from __future__ import annotations

import json
import re
from datetime import date

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from streamlit_folium import _get_map_string

from bordermap.cartography import style
from bordermap.cartography.basemap import ATTRIBUTION, base_map
from bordermap.cartography.event_layer import (
    OPEN_END,
    OPEN_START,
    EventLayer,
    anchors,
    encode,
    texts,
)
from bordermap.cartography.markup import INLINE, to_script
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import CATEGORIES, Family, GateClass, GeoPrecision, Kind, SiteClass

HOSTILE = "</script><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} {# \u2028 ' \" `${1}`"
TYPES = {"i32": "<i4", "u32": "<u4", "u8": "u1"}


def place(name, longitude=None, latitude=None, precision="near", region=None):
    return {
        "place_id": name.lower(),
        "name": name,
        "role": "location",
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": precision,
        "region_code": region,
    }


def records(*rows):
    empty = dict.fromkeys(RECORD_SCHEMA.names)
    lists = {key: [] for key in ("region_codes", "actors", "participants", "topics", "sources")}
    words = dict.fromkeys(("dataset", "scope", "confidence", "date_precision"), "x")
    filled = [
        {
            **empty,
            **lists,
            **words,
            "figures": [],
            "id": f"r{number}",
            "kind": "incident",
            "category": "armed_clash",
            "title": "Clash",
            "date_edtf": "2023-10-27",
            "geo_precision": "near",
            "places": [],
            **row,
        }
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(filled, schema=RECORD_SCHEMA)


def decode(data):
    assert data[:4] == b"BMEV"
    start = 8 + int.from_bytes(data[4:8], "little")
    assert start % 8 == 0
    header = json.loads(data[8:start])
    columns = {}
    for column in header["columns"]:
        assert column["offset"] % 8 == 0
        columns[column["name"]] = np.frombuffer(
            data, TYPES[column["type"]], column["length"], start + column["offset"]
        )
    return header, columns


def layers(gate_name="Muse"):
    crs = "EPSG:4326"
    box = shapely.box
    point = shapely.Point
    return {
        "states": gpd.GeoDataFrame(
            {
                "code": ["MM-17", "MM-11"],
                "name": ["Shan State", "Kachin State"],
                "featured": [True, True],
            },
            geometry=[box(96, 20, 98, 24), box(96, 24, 98, 27)],
            crs=crs,
        ),
        "yunnan": gpd.GeoDataFrame(
            {"code": ["CN-YN"], "name": ["Yunnan"], "featured": [True]},
            geometry=[box(98, 20, 102, 27)],
            crs=crs,
        ),
        "countries": gpd.GeoDataFrame(
            {"code": ["CN", "MM"], "name": ["China", "Myanmar"]},
            geometry=[box(98, 20, 104, 27), box(96, 20, 98, 27)],
            crs=crs,
        ),
        "border": gpd.GeoDataFrame(
            {"name": ["border"]}, geometry=[shapely.LineString([(98, 20), (98, 27)])], crs=crs
        ),
        "gates": gpd.GeoDataFrame(
            {
                "id": ["muse", "lost"],
                "name": [gate_name, "Unplaced"],
                "name_zh": ["瑞丽", None],
                "gate_class": ["first-class", "channel"],
                "geo_precision": ["near", "none"],
            },
            geometry=[point(98, 24), None],
            crs=crs,
        ),
    }


def page(gate_name="Muse", title="Clash", scripts=INLINE):
    table = records({"title": title, "places": [place(title, 97.9, 24.0)]})
    events = EventLayer(
        embedded=encode(table, anchors(layers())), text=texts(table), bus="self", scripts=scripts
    )
    return base_map(layers(gate_name), events, assets=scripts)


# ---------------------------------------------------------------- style


def test_every_term_has_a_style():
    assert set(style.FAMILY_COLOURS) == set(Family)
    assert set(style.KIND_SHAPES) == set(Kind)
    assert set(style.GATES) == set(GateClass)
    assert set(style.SITES) == set(SiteClass)
    assert set(style.OUTLINES) == set(GeoPrecision) - {GeoPrecision.NONE}


def test_only_points_are_drawn_as_points():
    areas = {term for term, outline in style.OUTLINES.items() if outline.area}
    assert areas == {GeoPrecision.DISTRICT, GeoPrecision.STATE, GeoPrecision.COUNTRY}


def test_the_table_is_json_and_knows_every_category():
    table = json.loads(json.dumps(style.table()))
    for kind, families in CATEGORIES.items():
        assert set(table["categories"][kind]) == set(families)
    assert style.colour("ceasefire_talks", "meeting") == style.FAMILY_COLOURS[Family.CEASEFIRE]


# ---------------------------------------------------------------- columns


def test_columns_round_trip():
    table = records(
        {
            "kind": "meeting",
            "category": "bilateral_talks",
            "date_start": date(2023, 10, 27),
            "date_end": date(2023, 10, 29),
            "places": [
                place("Muse", 97.90109, 23.99742, "exact", "MM-17"),
                place("Ruili", 97.86499, 24.00139, "near", "CN-YN") | {"role": "subject"},
            ],
        },
        {"date_start": date(1969, 12, 31), "places": [place("Muse", 97.90109, 23.99742)]},
        {},
    )
    header, columns = decode(encode(table, {}))
    assert (header["records"], header["marks"]) == (3, 3)
    terms = header["dictionaries"]
    assert [terms["kind"][code] for code in columns["kind"]] == ["meeting", "incident", "incident"]
    assert terms["category"][columns["category"][0]] == "bilateral_talks"
    assert columns["day_start"].tolist() == [19657, -1, OPEN_START]
    assert columns["day_end"].tolist() == [19659, OPEN_END, OPEN_END]
    assert columns["record"].tolist() == [0, 0, 1]
    assert columns["subject"].tolist() == [0, 1, 0]
    assert columns["x"].tolist() == [97901090, 97864990, 97901090]
    assert columns["y"].tolist() == [23997420, 24001390, 23997420]
    assert [terms["place"][code] for code in columns["place"]] == ["Muse", "Ruili", "Muse"]
    assert [terms["region"][code] for code in columns["region"]] == ["MM-17", "CN-YN", ""]
    assert [terms["geo_precision"][code] for code in columns["geo_precision"]] == [
        "exact",
        "near",
        "near",
    ]


@pytest.mark.parametrize(
    ("somewhere", "expected"),
    [
        (place("Shan State", precision="state", region="MM-17"), ("state", 97.0, 22.0)),
        (place("a village", precision="none", region="MM-17"), ("state", 97.0, 22.0)),
        (place("Dehong", 98.6, 24.4, "district", "MM-17"), ("district", 98.6, 24.4)),
        (place("a point that is not one", 98.6, 24.4, "none", "MM-17"), ("state", 97.0, 22.0)),
        (place("Myanmar", precision="country"), None),
        (place("Myanmar", 96.0, 21.0, "country", "MM-17"), None),
        (place("the border", precision="none"), None),
        (place("Tak", precision="state", region="TH-63"), None),
    ],
)
def test_a_place_is_drawn_no_more_exactly_than_it_is_known(somewhere, expected):
    header, columns = decode(encode(records({"places": [somewhere]}), {"MM-17": (97.0, 22.0)}))
    if expected is None:
        assert header["marks"] == 0
        return
    precision = header["dictionaries"]["geo_precision"][columns["geo_precision"][0]]
    drawn = (precision, columns["x"][0] / 1e6, columns["y"][0] / 1e6)
    assert drawn == expected


def test_records_of_one_place_each_are_marks_with_their_category():
    rng = np.random.default_rng(4)
    terms = [(kind, category) for kind in CATEGORIES for category in CATEGORIES[kind]]
    rows, expected = [], []
    for number in range(400):
        kind, category = terms[number % len(terms)]
        precision = str(rng.choice(list(GeoPrecision)))
        region = str(rng.choice(["MM-17", "TH-63"]))
        longitude, latitude = (round(float(n), 6) for n in rng.uniform([92, 16], [102, 28]))
        name = f"village {rng.integers(20)}"
        where = place(name, longitude, latitude, precision, region)
        rows.append({"kind": kind, "category": category, "places": [where]})
        if precision in ("exact", "near", "district", "state"):
            point = (round(longitude * 1e6), round(latitude * 1e6))
            expected.append((number, *point, precision, region, name))
        elif precision == "none" and region == "MM-17":
            expected.append((number, 97_000_000, 22_000_000, "state", region, name))
    header, columns = decode(encode(records(*rows), {"MM-17": (97.0, 22.0)}))
    words = header["dictionaries"]
    assert [
        (words["kind"][kind], words["category"][category])
        for kind, category in zip(columns["kind"], columns["category"], strict=True)
    ] == [(row["kind"], row["category"]) for row in rows]
    coded = [
        [words[name][code] for code in columns[name]]
        for name in ("geo_precision", "region", "place")
    ]
    plain = [columns[name].tolist() for name in ("record", "x", "y")]
    assert list(zip(*plain, *coded, strict=True)) == expected


def test_no_records_are_columns_too():
    header, columns = decode(encode(RECORD_SCHEMA.empty_table(), {"MM-17": (97.0, 22.0)}))
    assert (header["records"], header["marks"], len(columns["x"])) == (0, 0, 0)


def test_chunks_and_slices_encode_like_the_whole():
    one = records({"places": [place("Muse", 97.9, 24.0)]})
    two = records({"places": [place("Ruili", 97.8, 24.1), place("Muse", 97.9, 24.0)]})
    whole = pa.concat_tables([one, two])
    assert encode(whole, {}) == encode(whole.combine_chunks(), {})
    header, columns = decode(encode(whole.slice(1), {}))
    assert header["marks"] == 2
    assert columns["record"].tolist() == [0, 0]


def test_anchors_lie_inside_their_regions():
    found = anchors(layers())
    assert set(found) == {"MM-17", "MM-11", "CN-YN"}
    assert shapely.box(96, 20, 98, 24).contains(shapely.Point(found["MM-17"]))
    assert anchors({}) == {}


def test_texts_say_date_and_place_in_words():
    table = records(
        {
            "date_edtf": "2023-11",
            "places": [place("Muse", 97.9, 24.0), place("Ruili"), place("Muse")],
        }
    )
    (text,) = texts(table)
    assert text == {"id": "r0", "title": "Clash", "date": "Nov 2023", "place": "Muse, Ruili"}


def test_an_event_layer_has_one_source_of_columns():
    with pytest.raises(ValueError, match="either"):
        EventLayer(text=[])
    with pytest.raises(ValueError, match="either"):
        EventLayer(columns="/columns", embedded=b"", text=[])


# ---------------------------------------------------------------- the generated page


def test_the_script_is_the_same_for_the_same_layers():
    first, second = page(), page()
    assert first.get_root().render() == second.get_root().render()
    script = _get_map_string(first)
    assert script == _get_map_string(second)
    first.get_root().render()
    assert script == _get_map_string(first)


def test_the_script_names_no_address_and_no_jquery():
    script = _get_map_string(page())
    assert "$" not in script
    assert not re.search(r"https?:|[\"'(]//", script.replace(ATTRIBUTION, ""))
    assert "script src" not in page().get_root().render()


def test_everything_comes_from_the_given_prefix():
    result = page(scripts="../../assets")
    links = [address for _, address in (*result.default_js, *result.default_css)]
    assert links == [
        "../../assets/leaflet.js",
        "../../assets/base_map.js",
        "../../assets/leaflet.css",
    ]
    html = result.get_root().render()
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert addresses
    assert all(address.startswith("../../assets/") for address in addresses)


def test_hostile_text_stays_data():
    html = page(HOSTILE, HOSTILE).get_root().render()
    assert "<img" not in html
    assert "49" not in html.split("bordermap.pointLayer")[1].split(");")[0]
    assert html.count("</script>") == page().get_root().render().count("</script>")
    script = _get_map_string(page(HOSTILE, HOSTILE))
    points = re.search(r'bordermap\.pointLayer\("gates", (.*)\);', script)
    assert json.loads(points[1])[0]["name"] == HOSTILE


@pytest.mark.parametrize("value", [HOSTILE, {"{{": "{%"}, ["{" * 5 + "#"], {"a": {"b": {}}}])
def test_a_script_literal_is_its_json_without_tags(value):
    literal = to_script(value)
    assert json.loads(literal) == value
    assert not re.search(r"[<>&\u2028\u2029]|\{[{%#]", literal)


def test_gates_without_a_point_are_not_drawn():
    assert "Unplaced" not in _get_map_string(page())


@pytest.mark.parametrize("present", [(), ("states",), ("border", "gates"), ("countries",)])
def test_any_layer_may_be_absent(present):
    some = {key: table for key, table in layers().items() if key in present}
    events = EventLayer(columns="/columns", text="/text")
    assert "bordermap.eventLayer" in base_map(some, events, assets=INLINE).get_root().render()
