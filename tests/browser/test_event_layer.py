"""The event layer in a real browser, on a page that is one file, without a network."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pyarrow as pa
import pytest
import shapely

from bordermap.cartography.anchors import anchors
from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import (
    ROWS_PER_REQUEST,
    TEXTS_AT_ONCE,
    EventLayer,
    encode,
    texts,
)
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


def table(records=RECORDS):
    fields = ("place_id", "name", "role", "longitude", "latitude", "geo_precision", "region_code")
    rows = []
    for number, (kind, category, title, places) in enumerate(records):
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


def chosen(page):
    return [detail["rows"] for detail in said(page, "choose")]


def bits(rows):
    mask = bytearray(max(rows, default=0) // 8 + 1)
    for row in rows:
        mask[row >> 3] |= 1 << (row & 7)
    return bytes(mask)


def tell(page, name, **detail):
    page.evaluate(
        "([name, detail]) => document.dispatchEvent(new CustomEvent(name, {detail}))",
        [f"bordermap:{name}", detail],
    )


def select(page, rows, **more):
    detail = {"mask": list(bits(rows)), "chosen": None, "view": None, **more}
    page.evaluate(
        """detail => {
          if (Array.isArray(detail.mask)) detail.mask = Uint8Array.from(detail.mask);
          document.dispatchEvent(new CustomEvent('bordermap:selection', {detail}));
        }""",
        detail,
    )
    page.wait_for_timeout(150)


def spot(page, row):
    marks = page.evaluate("bordermapLayer.marksInView()")
    return next((mark["x"], mark["y"]) for mark in marks if mark["row"] == row)


def move(page, zoom, latitude=24.3):
    page.evaluate(f"void map_div.setView([{latitude}, 97.9], {zoom}, {{animate: false}})")
    page.wait_for_timeout(150)


def status(page):
    return page.get_by_test_id("bordermap-status").text_content()


def test_marks_appear_and_the_layer_says_it_is_ready(page):
    assert status(page) == "6 records, 5 marks drawn"
    assert said(page, "ready") == [{"channel": "a"}]
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


def test_a_mask_may_come_before_its_selection(page):
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('bordermap:mask',"
        " {detail: {channel: 'a', mask: Uint8Array.of(16)}}))"
    )
    page.wait_for_function("bordermapLayer.visibleRecords().length === 1")
    assert page.evaluate("bordermapLayer.visibleRecords()") == [SHELL]
    assert status(page) == "1 record, 1 mark drawn"


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
    rows = chosen(page)[-1]
    assert set(together) <= set(rows)
    if zoom > 5:
        assert sorted(rows) == together
    assert said(page, "region") == []


def test_a_spread_spot_gives_single_records(page):
    move(page, 10)
    page.mouse.click(*spot(page, CLOSED))
    page.wait_for_timeout(100)
    assert spot(page, CLOSED) != spot(page, TALKS)
    for row in (CLOSED, TALKS):
        page.mouse.click(*spot(page, row))
        assert chosen(page)[-1] == [row]
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
    assert chosen(page) == [[SHELL]]


def test_regions_and_gates_answer_where_no_mark_is(page):
    page.mouse.click(
        *page.evaluate(
            "(() => { const p = map_div.latLngToContainerPoint([26, 101]); return [p.x, p.y]; })()"
        )
    )
    assert said(page, "region") == [{"channel": "a", "code": "CN-YN"}]
    gate = page.locator(".bordermap-symbol").first
    gate.hover()
    assert HOSTILE in page.locator(".bordermap-tooltip").last.text_content()
    gate.click()
    assert said(page, "gate") == [{"channel": "a", "id": "a-gate"}]
    assert page.evaluate("window.hit") is None


def test_a_mark_hides_the_gate_under_it(page):
    move(page, 9)
    page.mouse.click(*spot(page, CLOSED))
    assert chosen(page) == [[TALKS, CLOSED]]
    assert said(page, "gate") == []
    assert page.locator(".bordermap-tooltip").count() == 0


def test_far_places_are_chips_and_never_move_the_view(page):
    chip = page.get_by_role("button", name="Beijing (1)")
    before = page.evaluate("[map_div.getCenter(), map_div.getZoom()]")
    chip.click()
    assert chosen(page) == [[TALKS]]
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
    assert chosen(page) == [[LAIZA_ROW]]


def test_a_view_is_taken_over_and_told(page):
    select(page, range(6), view={"lat": 23.5, "lng": 98.0, "zoom": 8})
    page.wait_for_timeout(400)
    told = said(page, "view")[-1]
    assert told["zoom"] == 8
    assert told["lat"] == pytest.approx(23.5, abs=0.01)


def test_the_layer_can_be_switched_off_and_on(page):
    page.evaluate("void map_div.eachLayer(l => { if (l.visibleRecords) window.events = l; })")
    page.evaluate("void events.remove()")
    select(page, [LAIZA_ROW])
    page.evaluate("void events.addTo(map_div)")
    page.wait_for_timeout(150)
    assert status(page) == "1 record, 1 mark drawn"
    page.mouse.click(*spot(page, LAIZA_ROW))
    assert chosen(page) == [[LAIZA_ROW]]


def test_a_failed_fetch_is_said_plainly(chromium, tmp_path):
    events = EventLayer(columns="nowhere.bin", text="nowhere.json", bus="self")
    path = tmp_path / "map.html"
    path.write_text(base_map(layers(), events, assets=INLINE).get_root().render(), "utf-8")
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.get_by_text("The records could not be loaded").wait_for(timeout=5000)
    page.close()


# ---------------------------------------------------------------- other data

ORIGIN = "http://map.test"
NUJIANG = ("Nujiang", 98.86, 25.85, "near", "CN-YN")
OTHER = [
    ("incident", "violence_against_civilians", "Other village", [NUJIANG]),
    ("incident", "protest", "Other protest", [LAIZA]),
]
MANY = TEXTS_AT_ONCE + 1


class Site:
    """Answers for a site that is not there; what is held back waits for `release`."""

    def __init__(self, page):
        self.page, self.asked, self.held, self.waiting = page, [], set(), []
        self.columns, self.texts, self.masks, self.broken = {}, {}, {}, set()
        page.route(f"{ORIGIN}/**", self._answer)

    def add(self, name, records):
        self.columns[name] = encode(records, anchors(layers()))
        self.texts[name] = texts(records)
        return {"columns": f"../api/events/{name}", "text": f"../api/text/{name}"}

    def open(self, **data):
        events = EventLayer(bus="self", **data)
        self.html = base_map(layers(), events, assets=INLINE).get_root().render()
        self.page.goto(f"{ORIGIN}/frame/map.html")

    def requests(self, name):
        return [path for path in self.asked if path.split("?")[0].endswith(f"/{name}")]

    def release(self):
        self.held.clear()
        for route, body in self.waiting:
            route.fulfill(body=body)
        self.waiting.clear()

    def _answer(self, route):
        address = urlsplit(route.request.url)
        kind, name = address.path.split("/")[-2:]
        self.asked.append(route.request.url.removeprefix(ORIGIN))
        if kind == "frame":
            route.fulfill(body=self.html, content_type="text/html")
            return
        if name in self.broken:
            route.fulfill(status=500)
            return
        body = self._body(kind, name, address.query)
        if name in self.held:
            self.waiting.append((route, body))
        else:
            route.fulfill(body=body)

    def _body(self, kind, name, query):
        if kind == "text":
            return self._text(name, query)
        return (self.masks if kind == "mask" else self.columns)[name]

    def _text(self, name, query):
        found = self.texts[name]
        if query:
            found = [found[int(row)] for row in parse_qs(query)["rows"][0].split(",")]
        return json.dumps(found)


@pytest.fixture
def site(chromium):
    page = chromium.new_page(viewport={"width": 900, "height": 700})
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(
        """window.heard = [];
        for (const name of ["ready", "choose", "view"]) {
          document.addEventListener("bordermap:" + name,
            (event) => window.heard.push([name, event.detail]));
        }"""
    )
    yield Site(page)
    assert faults == []
    page.close()


def becomes(page, text):
    page.wait_for_function(
        "text => document.querySelector('[data-testid=bordermap-status]')?.textContent === text",
        arg=text,
        timeout=5000,
    )


def notice(page):
    return page.locator(".bordermap-notice")


def test_a_message_with_other_data_shows_them_and_one_without_goes_back(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    other = site.add("other", table(OTHER))
    select(page, [0], data=other)
    becomes(page, "1 record, 1 mark drawn")
    assert notice(page).is_hidden()
    page.mouse.move(*spot(page, 0))
    assert "Other village" in page.locator(".bordermap-tip").text_content()
    page.mouse.click(*spot(page, 0))
    assert said(page, "choose") == [
        {"channel": "a", "rows": [0], "total": 1, "columns": other["columns"]}
    ]
    select(page, [0, 1], data=other)
    becomes(page, "2 records, 2 marks drawn")
    assert len(site.requests("other")) == 2  # columns and texts, once
    select(page, [LAIZA_ROW, CLOSED, SHELL])
    becomes(page, "3 records, 3 marks drawn")
    page.mouse.move(*spot(page, SHELL))
    assert "Shell" in page.locator(".bordermap-tip").text_content()
    assert said(page, "ready") == [{"channel": "a"}]


def test_data_of_one_file_go_and_come_back(site):
    page = site.page
    site.open(embedded=encode(table(), anchors(layers())), text=texts(table()))
    becomes(page, "6 records, 5 marks drawn")
    select(page, [1], data=site.add("other", table(OTHER)))
    becomes(page, "1 record, 1 mark drawn")
    select(page, [LAIZA_ROW, TALKS])
    becomes(page, "2 records, 2 marks drawn")
    page.mouse.click(*spot(page, LAIZA_ROW))
    assert said(page, "choose") == [
        {"channel": "a", "rows": [LAIZA_ROW], "total": 1, "columns": None}
    ]


def test_while_other_data_are_on_their_way_the_old_ones_are_gone(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    at = spot(page, LAIZA_ROW)
    page.mouse.move(*at)
    assert page.get_by_role("button", name="Beijing (1)").is_visible()
    site.held = {"other"}
    select(page, [1], data=site.add("other", table(OTHER)), chosen=1)
    assert notice(page).text_content() == "Loading records…"
    assert notice(page).is_visible()
    assert page.locator(".bordermap-tip").is_hidden()
    assert page.get_by_role("button", name="Beijing (1)").is_hidden()
    assert page.evaluate("bordermapLayer.marksInView()") == []
    page.mouse.click(*at)
    assert said(page, "choose") == []
    move(page, 7)
    select(page, [0, 1], data=site.add("other", table(OTHER)), chosen=0)
    site.release()
    becomes(page, "2 records, 2 marks drawn")
    assert notice(page).is_hidden()
    assert page.evaluate("bordermapLayer.chosen") == 0


def test_the_last_message_wins_over_late_answers(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    slow, other = site.add("slow", table(OTHER[:1])), site.add("other", table(OTHER))
    site.held = {"slow"}
    select(page, [0], data=slow)
    select(page, [0, 1], data=other)
    becomes(page, "2 records, 2 marks drawn")
    site.release()
    page.wait_for_timeout(300)
    assert status(page) == "2 records, 2 marks drawn"
    site.held = {"slow"}
    select(page, [0], data=slow)
    select(page, [LAIZA_ROW, CLOSED, SHELL])
    site.release()
    becomes(page, "3 records, 3 marks drawn")
    assert notice(page).is_hidden()


def test_a_message_before_the_first_data_are_there_replaces_them(site):
    page = site.page
    site.held = {"first"}
    site.open(**site.add("first", table()))
    select(page, [1], data=site.add("other", table(OTHER)))
    becomes(page, "1 record, 1 mark drawn")
    site.release()
    page.wait_for_timeout(300)
    assert status(page) == "1 record, 1 mark drawn"
    assert said(page, "ready") == [{"channel": "a"}]


def test_data_that_failed_are_said_and_tried_again(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    other = site.add("other", table(OTHER))
    site.broken = {"other"}
    select(page, [0], data=other)
    page.get_by_text("The records could not be loaded (HTTP 500)").wait_for(timeout=5000)
    assert page.evaluate("bordermapLayer.marksInView()") == []
    site.broken = set()
    select(page, [0, 1], data=other)
    becomes(page, "2 records, 2 marks drawn")
    assert notice(page).is_hidden()
    site.broken = {"third"}
    select(page, [0], data=site.add("third", table(OTHER)))
    page.get_by_text("The records could not be loaded").wait_for(timeout=5000)
    select(page, [LAIZA_ROW])
    becomes(page, "1 record, 1 mark drawn")
    assert notice(page).is_hidden()


def test_columns_that_are_none_are_said_and_no_failure_of_the_page(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    other = site.add("other", table(OTHER))
    site.columns["other"] = b"<html>not columns</html>"
    select(page, [0], data=other)
    page.get_by_text("these are not map columns").wait_for(timeout=5000)


def test_a_chosen_record_of_other_data_is_brought_into_view(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    move(page, 10, 20)
    select(page, [0, 1], data=site.add("other", table(OTHER)), chosen=0)
    page.wait_for_function("bordermapLayer.marksInView().some((mark) => mark.row === 0)")


@pytest.fixture(scope="module")
def many():
    """Records of which all but the first three are unplaced."""
    few = table([("incident", "riot", f"Riot {row}", [MUSE]) for row in range(2)] + OTHER[1:])
    rest = table([("incident", "other", "Elsewhere", [MYANMAR])])
    return pa.concat_tables([few, rest.take([0] * (MANY - 3))]).combine_chunks()


def test_texts_of_very_many_records_come_as_needed(site, many):
    page = site.page
    site.open(**site.add("many", many))
    becomes(page, f"{MANY:,} records, 3 marks drawn")
    assert len(site.requests("many")) == 1
    tip = page.locator(".bordermap-tip")
    site.held = {"many"}
    page.mouse.move(*spot(page, 2))
    assert "Loading…" in tip.text_content()
    page.wait_for_timeout(150)
    site.release()
    tip.get_by_text("Other protest").wait_for(timeout=5000)
    assert site.requests("many")[1:] == ["/api/text/many?rows=2"]
    page.mouse.move(5, 400)
    assert tip.is_hidden()
    page.mouse.move(*spot(page, 2))
    assert "Other protest" in tip.text_content()
    page.evaluate(
        """() => {
          const spoken = document.querySelector("[aria-live=polite]");
          window.spoken = [];
          new MutationObserver(() => window.spoken.push(spoken.textContent))
            .observe(spoken, {childList: true, characterData: true, subtree: true});
        }"""
    )
    page.locator(".folium-map").focus()
    site.held = {"many"}
    for _ in range(2):
        page.keyboard.press("n")
    page.wait_for_timeout(150)
    site.release()
    page.wait_for_function("spoken.some((text) => text.includes('Riot 1'))")
    assert not [text for text in page.evaluate("spoken") if "Loading" in text]
    assert site.requests("many")[2:] == ["/api/text/many?rows=0,1"]


def test_a_text_that_cannot_be_had_is_said_and_asked_for_again_after_a_rest(site, many):
    page = site.page
    site.open(**site.add("many", many))
    becomes(page, f"{MANY:,} records, 3 marks drawn")
    tip = page.locator(".bordermap-tip")
    site.broken = {"many"}
    page.mouse.move(*spot(page, 2))
    tip.get_by_text("The text could not be loaded.").wait_for(timeout=5000)
    for _ in range(3):
        page.mouse.move(5, 400)
        page.mouse.move(*spot(page, 2))
        page.wait_for_timeout(100)
    assert len(site.requests("many")) == 2
    site.broken = set()
    page.wait_for_timeout(3100)
    page.mouse.move(5, 400)
    page.mouse.move(*spot(page, 2))
    tip.get_by_text("Other protest").wait_for(timeout=5000)


def test_late_texts_of_older_data_are_dropped(site, many):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    select(page, [2], data=site.add("many", many))
    becomes(page, "1 record, 1 mark drawn")
    site.held = {"many"}
    page.mouse.move(*spot(page, 2))
    page.wait_for_timeout(150)
    select(page, [LAIZA_ROW])
    becomes(page, "1 record, 1 mark drawn")
    site.release()
    page.mouse.move(*spot(page, LAIZA_ROW))
    page.wait_for_timeout(200)
    assert HOSTILE in page.locator(".bordermap-tip").text_content()


def test_no_request_asks_for_more_rows_than_agreed(site, many):
    page = site.page
    data = site.add("many", many)
    site.open(**data)
    becomes(page, f"{MANY:,} records, 3 marks drawn")
    page.evaluate(
        """async ({columns, text, wanted}) => {
          const limits = {texts_at_once: 0, rows_per_request: wanted.limit};
          let say;
          const arrived = new Promise((resolve) => { say = resolve; });
          const end = new AbortController();
          const loaded = await bordermap.loadEvents({columns, text}, limits, end.signal, say);
          loaded.texts.want([...Array(wanted.rows).keys()].reverse());
          await arrived;
        }""",
        {**data, "wanted": {"limit": ROWS_PER_REQUEST, "rows": 2 * ROWS_PER_REQUEST + 1}},
    )
    asked = [
        parse_qs(urlsplit(path).query)["rows"][0].split(",")
        for path in site.requests("many")
        if "?" in path
    ]
    assert [len(rows) for rows in asked] == [ROWS_PER_REQUEST, ROWS_PER_REQUEST, 1]
    assert [int(row) for rows in asked for row in rows] == list(range(2 * ROWS_PER_REQUEST + 1))


# ---------------------------------------------------------------- masks by address


def show(site, name, rows=None, **more):
    """Say the address of a mask; with rows, the mask that is there."""
    if rows is not None:
        site.masks[name] = bits(rows)
    tell(site.page, "selection", mask=f"../api/mask/{name}", **more)


def test_a_mask_is_fetched_once_and_the_old_picture_stays_until_it_is_there(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    site.held = {"few"}
    show(site, "few", [LAIZA_ROW, CLOSED])
    page.wait_for_timeout(200)
    assert status(page) == "6 records, 5 marks drawn"
    assert page.evaluate("at => bordermapLayer.pixelAt(...at)[3]", spot(page, SHELL)) > 0
    site.release()
    becomes(page, "2 records, 2 marks drawn")
    select(page, [LAIZA_ROW])
    becomes(page, "1 record, 1 mark drawn")
    show(site, "few")
    becomes(page, "2 records, 2 marks drawn")
    assert len(site.requests("few")) == 1


def test_the_last_mask_wins(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    site.held = {"slow", "slower"}
    show(site, "slow", [LAIZA_ROW])
    show(site, "slower", [LAIZA_ROW, CLOSED])
    show(site, "quick", [LAIZA_ROW, CLOSED, SHELL])
    becomes(page, "3 records, 3 marks drawn")
    site.release()
    page.wait_for_timeout(300)
    assert status(page) == "3 records, 3 marks drawn"
    show(site, "slow")
    becomes(page, "1 record, 1 mark drawn")
    site.held = {"last"}
    show(site, "last", [LAIZA_ROW])
    select(page, [CLOSED, SHELL])
    becomes(page, "2 records, 2 marks drawn")
    site.release()
    page.wait_for_timeout(300)
    assert status(page) == "2 records, 2 marks drawn"


def test_a_mask_may_come_before_or_after_the_data_that_it_is_for(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    other = site.add("other", table(OTHER))
    site.held = {"other"}
    show(site, "one", [1], data=other)
    page.wait_for_timeout(200)
    site.release()
    becomes(page, "1 record, 1 mark drawn")
    site.held = {"two"}
    show(site, "two", [LAIZA_ROW, CLOSED])
    page.wait_for_timeout(300)
    assert page.evaluate("bordermapLayer.marksInView()") == []
    site.release()
    becomes(page, "2 records, 2 marks drawn")


def test_a_mask_that_failed_is_said_and_tried_again(site):
    page = site.page
    site.open(**site.add("first", table()))
    becomes(page, "6 records, 5 marks drawn")
    site.broken = {"few"}
    show(site, "few", [LAIZA_ROW])
    page.get_by_text("The selection could not be loaded (HTTP 500)").wait_for(timeout=5000)
    assert status(page) == "6 records, 5 marks drawn"
    site.broken = set()
    show(site, "few")
    becomes(page, "1 record, 1 mark drawn")
    assert notice(page).is_hidden()


# ---------------------------------------------------------------- time, channels, moves

DAY = 19657  # 27 Oct 2023
DATED = [(0, 0), (5, 20), (30, 30), (None, 10), (20, None), None]
"""First and last day of each of `RECORDS`, counted from `DAY`; None is open or undated."""


def dated():
    columns = table().to_pydict()
    for row, span in enumerate(DATED):
        start, end = span or (None, None)
        columns["date_start"][row] = (
            None if start is None else date.fromordinal(719163 + DAY + start)
        )
        columns["date_end"][row] = None if end is None else date.fromordinal(719163 + DAY + end)
        columns["date_precision"][row] = "range" if span else "unknown"
    return pa.Table.from_pydict(columns, schema=RECORD_SCHEMA)


@pytest.fixture
def timed(site):
    site.open(**site.add("timed", dated()))
    becomes(site.page, "6 records, 5 marks drawn")
    return site.page


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        (None, None, [0, 1, 2, 3, 4, 5]),
        (0, 0, [0, 3]),
        (1, 4, [3]),
        (10, 10, [1, 3]),
        (11, 15, [1]),
        (20, 29, [1, 4]),
        (30, None, [2, 4]),
        (31, 900, [4]),
        (None, -1, [3]),
        (None, 4, [0, 3]),
    ],
)
def test_a_window_shows_what_overlaps_it_and_nothing_undated(timed, start, end, rows):
    window = {
        "from": None if start is None else DAY + start,
        "to": None if end is None else DAY + end,
    }
    tell(timed, "time", **window)
    timed.wait_for_function(
        "count => document.querySelector('[data-testid=bordermap-status]')"
        ".textContent.startsWith(count + ' record')",
        arg=len(rows),
        timeout=5000,
    )
    assert timed.evaluate("bordermapLayer.visibleRecords()") == rows
    marks = timed.evaluate("bordermapLayer.marksInView()")
    assert {mark["row"] for mark in marks} == set(rows) - {UNPLACED}
    assert timed.evaluate("bordermapLayer.time") == window
    regions = Counter(
        region for row in rows for region in {place[4] for place in RECORDS[row][3]} - {None}
    )
    assert timed.evaluate("bordermapLayer.countRegions()") == regions
    tell(timed, "time", **{"from": None, "to": None})
    assert timed.evaluate("window => bordermapLayer.countRegions(window)", window) == regions


def test_a_window_and_a_mask_hold_together(timed):
    tell(timed, "time", **{"from": DAY + 5, "to": DAY + 25})
    select(timed, [LAIZA_ROW, TALKS, FLIGHT])
    becomes(timed, "2 records, 2 marks drawn")
    x, y = spot(timed, TALKS)
    timed.mouse.click(x, y)
    assert chosen(timed) == [[TALKS]]


def test_bins_are_answered_at_once(timed):
    ask = """([by, edges]) => {
      let answer = null;
      document.addEventListener("bordermap:histogram", (event) => { answer = event.detail; },
        {once: true});
      const detail = {by, edges: Int32Array.from(edges)};
      document.dispatchEvent(new CustomEvent("bordermap:bins", {detail}));
      return answer && {...answer, edges: [...answer.edges], counts: [...answer.counts],
        meetings: [...answer.meetings]};
    }"""
    edges = [DAY, DAY + 10, DAY + 20, DAY + 40]
    tell(timed, "time", **{"from": DAY, "to": DAY})
    told = timed.evaluate(ask, ["kind", edges])
    assert [group["name"] for group in told["groups"]] == ["incident", "meeting"]
    assert told["counts"] == [1, 1, 2, 1, 0, 0]
    assert told["meetings"] == [1, 0, 0]
    assert told["days"] == [DAY, DAY + 30]
    assert (told["edges"], told["by"], told["channel"]) == (edges, "kind", "a")
    told = timed.evaluate(ask, ["family", edges])
    families = {group["name"]: number for number, group in enumerate(told["groups"])}
    assert set(families) == {"fighting", "diplomacy", "gates_and_trade", "people"}
    at = 3 * families["fighting"]
    assert told["counts"][at : at + 3] == [1, 0, 1]
    assert {group["label"] for group in told["groups"]} >= {"Fighting and military", "Diplomacy"}
    select(timed, [CLOSED])
    told = timed.evaluate(ask, ["kind", edges])
    assert (told["counts"], told["meetings"]) == ([0, 0, 1], [0, 0, 0])


def test_what_is_drawn_and_changed_is_said(timed):
    timed.evaluate(
        """() => {
          window.told = [];
          for (const name of ["changed", "drawn"]) {
            document.addEventListener("bordermap:" + name,
              ({detail}) => window.told.push([name, detail]));
          }
        }"""
    )
    select(timed, [LAIZA_ROW, CLOSED])
    tell(timed, "time", **{"from": DAY, "to": DAY})
    becomes(timed, "1 record, 1 mark drawn")
    told = timed.evaluate("told")
    assert [detail for name, detail in told if name == "changed"] == [{"channel": "a"}]
    last = told[-1][1]
    assert (told[-1][0], last["records"], last["marks"], last["mode"]) == ("drawn", 1, 1, 0)
    assert last["ms"] >= 0


def test_messages_of_another_channel_are_not_for_this_map(timed):
    tell(timed, "time", **{"channel": "b", "from": DAY, "to": DAY})
    select(timed, [CLOSED], channel="b")
    tell(timed, "goto", channel="b", lat=20, lng=97, zoom=9)
    assert timed.evaluate("bordermapLayer.visibleRecords().length") == len(RECORDS)
    assert timed.evaluate("bordermapLayer.time") == {"from": None, "to": None}
    select(timed, [CLOSED], channel="a")
    assert timed.evaluate("bordermapLayers.a.visibleRecords()") == [CLOSED]


def test_a_map_in_step_moves_and_says_nothing(timed):
    timed.evaluate(
        """() => {
          window.told = [];
          for (const name of ["moving", "view"]) {
            document.addEventListener("bordermap:" + name,
              ({detail}) => window.told.push([name, detail]));
          }
        }"""
    )
    tell(timed, "goto", lat=24, lng=97.5, zoom=8)
    timed.wait_for_timeout(400)
    assert timed.evaluate("[map_div.getCenter().lat, map_div.getZoom()]") == [
        pytest.approx(24, abs=0.01),
        8,
    ]
    assert timed.evaluate("told") == []
    timed.mouse.move(450, 600)
    timed.mouse.down()
    timed.mouse.move(400, 560, steps=4)
    moved = timed.evaluate("told.filter(([name]) => name === 'moving').length")
    timed.mouse.up()
    assert moved > 0
    told = timed.evaluate("told.filter(([name]) => name === 'moving').at(-1)[1]")
    assert told["channel"] == "a"
    assert told["zoom"] == 8
    assert told["lng"] > 97.5


def test_two_layers_of_one_map_each_have_their_side(site):
    page = site.page
    site.add("first", table())
    first = EventLayer(columns="../api/events/first", text="../api/text/first", bus="self")
    second = EventLayer(
        columns="../api/events/first",
        text="../api/text/first",
        bus="self",
        channel="b",
        furniture=False,
    )
    both = base_map(layers(), first, assets=INLINE)
    second.add_to(both)
    site.html = both.get_root().render()
    page.goto(f"{ORIGIN}/frame/map.html")
    page.wait_for_function("window.bordermapLayers?.b?.marksInView().length", timeout=5000)
    assert len(site.requests("first")) == 2
    assert page.locator(".bordermap-legend").count() == 1
    select(page, [LAIZA_ROW, TALKS], channel="a")
    select(page, [LAIZA_ROW, FLIGHT, SHELL], channel="b")
    assert page.evaluate("bordermapLayers.a.visibleRecords()") == [LAIZA_ROW, TALKS]
    assert page.evaluate("bordermapLayers.b.visibleRecords()") == [LAIZA_ROW, FLIGHT, SHELL]
    x, y = spot(page, LAIZA_ROW)
    for edge, side in ((x + 30, "a"), (x - 30, "b")):
        page.evaluate(f"bordermapLayers.a.setClip([0, {edge}])")
        page.evaluate(f"bordermapLayers.b.setClip([{edge}, 900])")
        page.wait_for_timeout(100)
        page.mouse.click(x, y)
        assert said(page, "choose")[-1]["channel"] == side
    assert len(said(page, "choose")) == 2
