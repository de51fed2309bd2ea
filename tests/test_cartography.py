"""The style table, the columns of the event layer and the script of the base map."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from itertools import combinations, pairwise

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from streamlit_folium import _get_map_string

from bordermap.cartography import style
from bordermap.cartography.anchors import anchors
from bordermap.cartography.basemap import ATTRIBUTION, base_map
from bordermap.cartography.event_layer import (
    FLAT,
    LONGEST_SPAN,
    ONLY_CONCERNS,
    VERSION,
    EventLayer,
    encode,
    texts,
)
from bordermap.cartography.markup import INLINE, to_script
from bordermap.model.event import EVENT_SCHEMA
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import CATEGORIES, Family, GateClass, GeoPrecision, Kind, SiteClass

HOSTILE = "</script><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} {# \u2028 ' \" `${1}`"
TYPES = {"i32": "<i4", "u32": "<u4", "u16": "<u2", "u8": "u1"}
EPOCH = date(1970, 1, 1)


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
                "name_my": ["ရှမ်းပြည်နယ်", None],
                "name_zh": ["掸邦", None],
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


# Machado, Oliveira and Fernandes 2009, in full; linear sRGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8607, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritanopia": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


def linear(colour):
    signs = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(signs <= 0.04045, signs / 12.92, ((signs + 0.055) / 1.055) ** 2.4)


def seen(colour, vision):
    """OKLab times 100 of a colour as an eye sees it."""
    light = np.clip(vision @ linear(colour), 0, 1)
    cones = np.cbrt(
        np.array(
            [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
        )
        @ light
    )
    return 100 * np.array(
        [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    ).dot(cones)


def contrast(one, other):
    light = [float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other)]
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("vision", VISION)
def test_shades_of_states_are_told_apart_and_grow_darker(vision):
    shades = [seen(colour, VISION[vision]) for colour in (style.SHADE_NONE, *style.SHADES)]
    lightness = [shade[0] for shade in shades]
    assert lightness == sorted(lightness, reverse=True)
    steps = [np.linalg.norm(one - other) for one, other in pairwise(shades[1:])]
    assert min(steps) > 5
    changes = [seen(colour, VISION[vision]) for colour in style.CHANGES]
    assert min(np.linalg.norm(one - other) for one, other in combinations(changes, 2)) > 5
    middle = len(changes) // 2
    for wing in (changes[: middle + 1], changes[middle:][::-1]):
        assert [shade[0] for shade in wing] == sorted(shade[0] for shade in wing)


def test_names_can_be_read_on_every_shade():
    shades = (style.SHADE_NONE, *style.SHADES, *style.CHANGES, *style.SHADE_FEW)
    assert min(contrast(style.INK, colour) for colour in shades) > 3


# ---------------------------------------------------------------- columns


def told(header, columns):
    """What the columns say of each record: kind, category, dates, marks."""
    terms = header["dictionaries"]
    never = np.iinfo(columns["day_start"].dtype).max
    zero = header["day_zero"]

    def day(value, opened):
        return "open" if value == opened else EPOCH + timedelta(days=int(value) + zero)

    marks = []
    for x, y, precision, region, name in zip(
        *(columns[name] for name in ("x", "y", "precision", "region", "place")), strict=True
    ):
        height = np.pi * (1 - 2 * int(y) / 2**32)
        marks.append(
            {
                "longitude": pytest.approx((int(x) / 2**32 - 0.5) * 360, abs=1e-6),
                "latitude": pytest.approx(np.degrees(np.arctan(np.sinh(height))), abs=1e-6),
                "geo_precision": terms["geo_precision"][precision % ONLY_CONCERNS],
                "subject": bool(precision >= ONLY_CONCERNS),
                "region": terms["region"][region],
                "name": terms["place"][name],
            }
        )
    found, first = [], 0
    for count, category, start, end in zip(
        *(columns[name] for name in ("marks", "category", "day_start", "day_end")), strict=True
    ):
        undated = (start, end) == (never, 0)
        dates = None if undated else (day(start, 0), day(end, never))
        found.append((*terms["category"][category], dates, marks[first : first + int(count)]))
        first += int(count)
    assert first == len(marks) == header["marks"]
    return found


def mark(name, longitude, latitude, precision, region="", subject=False):
    return {
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": precision,
        "subject": subject,
        "region": region,
        "name": name,
    }


def test_columns_round_trip():
    first, last = date(2023, 10, 27), date(2023, 10, 29)
    table = records(
        {
            "kind": "meeting",
            "category": "bilateral_talks",
            "date_start": first,
            "date_end": last,
            "places": [
                place("Muse", 97.90109, 23.99742, "exact", "MM-17"),
                place("Ruili", 97.86499, 24.00139, "near", "CN-YN") | {"role": "subject"},
            ],
        },
        {"date_start": date(1969, 12, 31), "places": [place("Muse", 97.90109, 23.99742)]},
        {"date_end": last},
        {"date_precision": "unknown", "category": "other"},
        {"category": "invented"},
    )
    header, columns = decode(encode(table, {}))
    assert (header["version"], header["records"], header["marks"]) == (VERSION, 5, 3)
    muse = mark("Muse", 97.90109, 23.99742, "exact", "MM-17")
    ruili = mark("Ruili", 97.86499, 24.00139, "near", "CN-YN", subject=True)
    assert told(header, columns) == [
        ("meeting", "bilateral_talks", (first, last), [muse, ruili]),
        (
            "incident",
            "armed_clash",
            (date(1969, 12, 31), "open"),
            [mark("Muse", 97.90109, 23.99742, "near")],
        ),
        ("incident", "armed_clash", ("open", last), []),
        ("incident", "other", None, []),
        ("incident", "other", ("open", "open"), []),
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
    anchor = {"MM-17": (97.0, 22.0)}
    event = {"place_name": somewhere["name"], **somewhere}
    for data in (
        encode(records({"places": [somewhere]}), anchor),
        encode(records(), anchor, [flat(event)]),
    ):
        ((*_, marks),) = told(*decode(data))
        if expected is None:
            assert marks == []
        else:
            precision, *point = expected
            (drawn,) = marks
            assert drawn == mark(somewhere["name"], *point, precision, somewhere["region_code"])


EVENT = {
    "kind": "incident",
    "category": "armed_clash",
    "date_precision": "day",
    "geo_precision": "near",
}
FLAT_SCHEMA = pa.schema([EVENT_SCHEMA.field(name) for name in FLAT])


def flat(*events):
    rows = [{name: (EVENT | event).get(name) for name in FLAT} for event in events]
    return pa.Table.from_pylist(rows, schema=FLAT_SCHEMA)


def invented(count, places=300):
    """Events with every category, precision and kind of date; and what is told of them."""
    rng = np.random.default_rng(4)
    terms = [(str(kind), category) for kind in CATEGORIES for category in CATEGORIES[kind]]
    events, expected = [], []
    for number in range(count):
        kind, category = terms[number % len(terms)]
        precision = str(rng.choice(list(GeoPrecision)))
        region = str(rng.choice(["MM-17", "TH-63"]))
        longitude, latitude = (float(n) for n in rng.uniform([92, 16], [102, 28]))
        name = f"village {rng.integers(places)}"
        start = date(2010, 1, 1) + timedelta(days=int(rng.integers(6000)))
        end = start + timedelta(days=int(rng.integers(40)))
        dated = number % 11 > 0
        events.append(
            {
                "kind": kind,
                "category": category,
                "date_start": start if dated else None,
                "date_end": end if dated else None,
                "date_precision": "range" if dated else "unknown",
                "longitude": longitude,
                "latitude": latitude,
                "geo_precision": precision,
                "region_code": region,
                "place_name": name,
            }
        )
        marks = []
        if precision in ("exact", "near", "district", "state"):
            marks = [mark(name, longitude, latitude, precision, region)]
        elif precision == "none" and region == "MM-17":
            marks = [mark(name, 97.0, 22.0, "state", region)]
        expected.append((kind, category, (start, end) if dated else None, marks))
    return flat(*events), expected


def test_imported_events_round_trip_in_parts_after_the_records():
    events, expected = invented(400)
    anchor = {"MM-17": (97.0, 22.0)}
    own = records({"places": [place("Muse", 97.9, 24.0, region="MM-11")]})
    (first,) = told(*decode(encode(own, anchor)))
    data = encode(own, anchor, (events.slice(at, 150) for at in range(0, 400, 150)))
    assert told(*decode(data)) == [first, *expected]


def test_texts_of_events_may_be_dictionaries():
    events, expected = invented(400)
    parts = []
    for part in (events.slice(0, 130), events.slice(130)):
        for name in FLAT:
            if pa.types.is_string(part.schema.field(name).type):
                at = part.column_names.index(name)
                part = part.set_column(at, name, part[name].dictionary_encode())
        parts.append(part)
    chunked = pa.concat_tables(parts)
    for coded in ([chunked], parts):
        assert told(*decode(encode(records(), {"MM-17": (97.0, 22.0)}, coded))) == expected


@pytest.mark.parametrize(("places", "limit"), [(30_000, 18), (70_000, 20)])
def test_an_event_takes_at_most_twenty_bytes(places, limit):
    count = 100_000
    events = flat({"date_start": date(2020, 1, 1), "date_end": date(2020, 1, 1)}).take([0] * count)
    rng = np.random.default_rng(1)
    for name, values in {
        "longitude": rng.uniform(92, 102, count),
        "latitude": rng.uniform(16, 28, count),
        "place_name": [f"village {number % places}" for number in range(count)],
    }.items():
        at = FLAT.index(name)
        events = events.set_column(at, name, pa.array(values))
    data = encode(records(), {}, [events])
    header, columns = decode(data)
    assert header["marks"] == count
    start = 8 + int.from_bytes(data[4:8], "little")
    assert (len(data) - start) / count <= limit + 0.01
    assert len(header["dictionaries"]["place"]) == places
    assert columns["place"].max() == places - 1


def test_a_record_may_have_very_many_places():
    somewhere = [place("Muse", 97.9, 24.0)] * 300
    _, columns = decode(encode(records({"places": somewhere}, {}), {}))
    assert columns["marks"].tolist() == [300, 0]


def test_a_span_of_centuries_takes_wider_days():
    first, last = date(1700, 1, 1), date(1700, 1, 1) + timedelta(days=LONGEST_SPAN)
    rows = [{"date_start": first, "date_end": first}, {"date_start": last}]
    header, columns = decode(encode(records(*rows, {"date_precision": "unknown"}), {}))
    assert columns["day_start"].dtype == np.dtype("<i4")
    dates = [dates for _, _, dates, _ in told(header, columns)]
    assert dates == [(first, first), (last, "open"), None]
    header, columns = decode(encode(records(rows[0], {"date_start": last - timedelta(days=2)}), {}))
    assert columns["day_start"].dtype == np.dtype("<u2")


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
    assert columns["marks"].tolist() == [2]


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
        "../../assets/map.js",
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


def test_labels_have_their_names_in_all_languages_that_are_known():
    script = _get_map_string(page())
    labels = json.loads(re.search(r"bordermap\.labels\((.*)\);", script)[1])
    names = {
        label["name"]: {key: label[key] for key in ("name_my", "name_zh") if key in label}
        for label in labels
    }
    assert names["Muse"] == {"name_zh": "瑞丽"}
    assert names["Shan State"] == {"name_my": "ရှမ်းပြည်နယ်", "name_zh": "掸邦"}
    assert names["Kachin State"] == {}


def test_the_control_names_the_overlays_of_the_map():
    result = page()
    result.get_root().render()
    script = _get_map_string(result)
    control = re.search(r"bordermap\.mapControl\(map_div, \{(.*?)\}\);", script, re.DOTALL)
    assert re.findall(r'"(.*?)":', control[1]) == ["Labels", "Gates", "Events"]
    assert script.index("bordermap.choropleth(") > script.index("bordermap.eventLayer(")


def test_gates_without_a_point_are_not_drawn():
    assert "Unplaced" not in _get_map_string(page())


@pytest.mark.parametrize("present", [(), ("states",), ("border", "gates"), ("countries",)])
def test_any_layer_may_be_absent(present):
    some = {key: table for key, table in layers().items() if key in present}
    events = EventLayer(columns="/columns", text="/text")
    assert "bordermap.eventLayer" in base_map(some, events, assets=INLINE).get_root().render()
