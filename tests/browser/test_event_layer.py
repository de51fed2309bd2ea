"""The event layer in a real browser, on a page that is one file, without a network."""

from __future__ import annotations

import base64

import geopandas as gpd
import pyarrow as pa
import pytest
import shapely

from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import EventLayer, anchors, encode, texts
from bordermap.cartography.markup import INLINE
from bordermap.model.record import RECORD_SCHEMA

HOSTILE = "<img src=x onerror='window.hit=1'></script> {{ 7*7 }}"
MUSE = ("Muse", 97.90, 24.00, "exact", "MM-17")
LAIZA = ("Laiza", 97.56, 24.76, "near", "MM-11")
DEHONG = ("Dehong", 98.70, 24.70, "district", "CN-YN")
SHAN = ("Shan State", None, None, "state", "MM-17")
BEIJING = ("Beijing", 116.40, 39.91, "exact", "CN-BJ")
MYANMAR = ("Myanmar", None, None, "country", None)
RECORDS = [
    ("incident", "armed_clash", HOSTILE, [LAIZA]),
    ("meeting", "bilateral_talks", "Talks", [MUSE, BEIJING]),
    ("incident", "border_closure", "Gate closed", [MUSE]),
    ("incident", "displacement", "Flight", [SHAN]),
    ("incident", "stray_fire", "Shell", [DEHONG]),
    ("incident", "other", "Not placed", [MYANMAR]),
]
LAIZA_ROW, TALKS, CLOSED, FLIGHT, SHELL, UNPLACED = range(len(RECORDS))


def table():
    fields = ("place_id", "name", "role", "longitude", "latitude", "geo_precision", "region_code")
    rows = []
    for number, (kind, category, title, places) in enumerate(RECORDS):
        row = dict.fromkeys(RECORD_SCHEMA.names)
        row |= {field.name: [] for field in RECORD_SCHEMA if pa.types.is_nested(field.type)}
        row |= dict.fromkeys(("dataset", "scope", "confidence", "date_precision"), "x")
        row |= {"id": f"r{number}", "kind": kind, "category": category, "title": title}
        row |= {"date_edtf": "2023-10-27", "geo_precision": "near"}
        row["places"] = [
            dict(zip(fields, (name, name, "location", *rest), strict=True))
            for name, *rest in places
        ]
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=RECORD_SCHEMA)


def layers():
    columns = {
        "code": ["MM-17", "MM-11", "CN-YN"],
        "name": ["Shan State", "Kachin State", "Yunnan"],
        "featured": [True, True, True],
    }
    areas = [
        shapely.box(96, 20, 98, 24.2),
        shapely.box(96, 24.2, 98, 27),
        shapely.box(98, 20, 102, 27),
    ]
    states = gpd.GeoDataFrame(columns, geometry=areas, crs="EPSG:4326")
    gate = {
        "id": ["a-gate", "under-a-mark"],
        "name": [HOSTILE, "Under a mark"],
        "gate_class": ["first-class", "first-class"],
        "geo_precision": ["near", "near"],
    }
    points = [shapely.Point(98, 22), shapely.Point(MUSE[1:3])]
    gates = gpd.GeoDataFrame(gate, geometry=points, crs="EPSG:4326")
    return {"states": states, "gates": gates}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    records = table()
    columns = encode(records, anchors(layers()))
    events = EventLayer(embedded=columns, text=texts(records), bus="self")
    path = tmp_path_factory.mktemp("page") / "map.html"
    path.write_text(base_map(layers(), events, assets=INLINE).get_root().render(), "utf-8")
    return path.as_uri()


@pytest.fixture
def page(chromium, address):
    page = chromium.new_page(viewport={"width": 900, "height": 700})
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url == address or request.url.startswith("data:")
            else page.faults.append(request.url)
        ),
    )
    page.add_init_script(
        """window.heard = [];
        for (const name of ["ready", "choose", "region", "gate", "view"]) {
          document.addEventListener("bordermap:" + name,
            (event) => window.heard.push([name, event.detail]));
        }"""
    )
    page.goto(address)
    page.wait_for_function("window.bordermapLayer && bordermapLayer.marksInView().length")
    yield page
    assert page.faults == []
    page.close()


def said(page, name):
    return page.evaluate("name => heard.filter(([n]) => n === name).map(([, d]) => d)", name)


def select(page, rows, **more):
    mask = bytearray(1)
    for row in rows:
        mask[row >> 3] |= 1 << (row & 7)
    detail = {"mask": base64.b64encode(mask).decode(), "chosen": None, "view": None, **more}
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('bordermap:selection', {detail}))", detail
    )
    page.wait_for_timeout(150)


def spot(page, row):
    marks = page.evaluate("bordermapLayer.marksInView()")
    return next((mark["x"], mark["y"]) for mark in marks if mark["row"] == row)


def move(page, zoom, latitude=24.3):
    page.evaluate(f"map_div.setView([{latitude}, 97.9], {zoom}, {{animate: false}})")
    page.wait_for_timeout(150)


def status(page):
    return page.get_by_test_id("bordermap-status").text_content()


def test_marks_appear_and_the_layer_says_it_is_ready(page):
    assert status(page) == "6 records, 5 marks drawn"
    assert said(page, "ready") == [{}]
    rows = {mark["row"] for mark in page.evaluate("bordermapLayer.marksInView()")}
    assert rows == {LAIZA_ROW, TALKS, CLOSED, FLIGHT, SHELL}


def test_a_mask_hides_what_is_not_selected(page):
    select(page, [LAIZA_ROW, UNPLACED], chosen=LAIZA_ROW)
    assert status(page) == "2 records, 1 mark drawn"
    assert page.evaluate("bordermapLayer.visibleRecords()") == [LAIZA_ROW, UNPLACED]
    assert page.evaluate("bordermapLayer.chosen") == LAIZA_ROW
    select(page, [])
    assert status(page) == "0 records, 0 marks drawn"
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('bordermap:selection',"
        " {detail: {mask: Uint8Array.of(16)}}))"
    )
    page.wait_for_timeout(150)
    assert page.evaluate("bordermapLayer.visibleRecords()") == [SHELL]


def test_hover_shows_text_as_text(page):
    page.mouse.move(*spot(page, LAIZA_ROW))
    tip = page.locator(".bordermap-tip")
    assert HOSTILE in tip.text_content()
    assert "27 Oct 2023" in tip.text_content()
    assert "within some 15 km" in tip.text_content()
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src=x]").count() == 0
    page.mouse.move(5, 400)
    assert tip.is_hidden()


@pytest.mark.parametrize("zoom", [5, 7.5, 9])
@pytest.mark.parametrize(("row", "together"), [(CLOSED, [TALKS, CLOSED]), (FLIGHT, [FLIGHT])])
def test_a_click_chooses_the_records_of_the_spot(page, zoom, row, together):
    move(page, zoom, 24.3 if row == CLOSED else anchors(layers())["MM-17"][1])
    page.mouse.click(*spot(page, row))
    chosen = said(page, "choose")[-1]["rows"]
    assert set(together) <= set(chosen)
    if zoom > 5:
        assert sorted(chosen) == together
    assert said(page, "region") == []


def test_a_spread_spot_gives_single_records(page):
    move(page, 10)
    page.mouse.click(*spot(page, CLOSED))
    page.wait_for_timeout(100)
    assert spot(page, CLOSED) != spot(page, TALKS)
    for row in (CLOSED, TALKS):
        page.mouse.click(*spot(page, row))
        assert said(page, "choose")[-1]["rows"] == [row]
    page.mouse.click(450, 650)
    page.wait_for_timeout(100)
    assert spot(page, CLOSED) == spot(page, TALKS)


def test_an_answer_of_the_page_leaves_spread_and_focus_alone(page):
    everything = range(len(RECORDS))
    select(page, everything)
    move(page, 9)
    page.mouse.click(*spot(page, CLOSED))
    select(page, everything, chosen=CLOSED)
    assert spot(page, CLOSED) != spot(page, TALKS)
    select(page, everything, chosen=LAIZA_ROW)
    assert spot(page, CLOSED) == spot(page, TALKS)
    move(page, 6)
    page.locator(".folium-map").focus()
    spoken = page.locator("[aria-live=polite]")
    page.keyboard.press("n")
    first = spoken.text_content()
    select(page, everything, chosen=CLOSED)
    page.keyboard.press("n")
    assert spoken.text_content() != first


def test_the_whole_district_answers(page):
    move(page, 9)
    x, y = spot(page, SHELL)
    page.mouse.click(x + 30, y + 20)
    assert said(page, "choose") == [{"rows": [SHELL]}]


def test_regions_and_gates_answer_where_no_mark_is(page):
    page.mouse.click(
        *page.evaluate(
            "(() => { const p = map_div.latLngToContainerPoint([26, 101]); return [p.x, p.y]; })()"
        )
    )
    assert said(page, "region") == [{"code": "CN-YN"}]
    gate = page.locator(".bordermap-symbol").first
    gate.hover()
    assert HOSTILE in page.locator(".bordermap-tooltip").last.text_content()
    gate.click()
    assert said(page, "gate") == [{"id": "a-gate"}]
    assert page.evaluate("window.hit") is None


def test_a_mark_hides_the_gate_under_it(page):
    move(page, 9)
    page.mouse.click(*spot(page, CLOSED))
    assert said(page, "choose") == [{"rows": [TALKS, CLOSED]}]
    assert said(page, "gate") == []
    assert page.locator(".bordermap-tooltip").count() == 0


def test_far_places_are_chips_and_never_move_the_view(page):
    chip = page.get_by_role("button", name="Beijing 1")
    before = page.evaluate("[map_div.getCenter(), map_div.getZoom()]")
    chip.click()
    assert said(page, "choose") == [{"rows": [TALKS]}]
    assert page.evaluate("[map_div.getCenter(), map_div.getZoom()]") == before
    select(page, [CLOSED])
    assert chip.count() == 0


def test_the_keyboard_reaches_every_mark(page):
    page.locator(".folium-map").focus()
    spoken = page.locator("[aria-live=polite]")
    seen = []
    for _ in range(5):
        page.keyboard.press("n")
        seen.append(spoken.text_content())
    assert len(set(seen)) == 4
    assert seen[4] == seen[0]
    page.keyboard.press("p")
    assert spoken.text_content() == seen[3]
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    assert said(page, "choose") == [{"rows": [LAIZA_ROW]}]


def test_a_view_is_taken_over_and_told(page):
    select(page, range(6), view={"lat": 23.5, "lng": 98.0, "zoom": 8})
    page.wait_for_timeout(400)
    told = said(page, "view")[-1]
    assert told["zoom"] == 8
    assert told["lat"] == pytest.approx(23.5, abs=0.01)


def test_the_layer_can_be_switched_off_and_on(page):
    page.evaluate("map_div.eachLayer(l => { if (l.visibleRecords) window.events = l; })")
    page.evaluate("events.remove()")
    select(page, [LAIZA_ROW])
    page.evaluate("events.addTo(map_div)")
    page.wait_for_timeout(150)
    assert status(page) == "1 record, 1 mark drawn"
    page.mouse.click(*spot(page, LAIZA_ROW))
    assert said(page, "choose") == [{"rows": [LAIZA_ROW]}]


def test_a_failed_fetch_is_said_plainly(chromium, tmp_path):
    events = EventLayer(columns="nowhere.bin", text="nowhere.json", bus="self")
    path = tmp_path / "map.html"
    path.write_text(base_map(layers(), events, assets=INLINE).get_root().render(), "utf-8")
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.get_by_text("The records could not be loaded").wait_for(timeout=5000)
    page.close()
