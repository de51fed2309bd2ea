"""Very many events in a real browser: which pixels they light, and what answers there."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import FLAT, EventLayer, encode
from bordermap.cartography.markup import INLINE
from bordermap.model.event import EVENT_SCHEMA
from bordermap.model.record import RECORD_SCHEMA

FIRST = date(2000, 1, 1)
MANY = 4300  # one event a day, in the south
SPECIAL = date(2022, 1, 1)
ONE, TEN, HUNDRED, THOUSAND = (95.0, 24.0), (96.0, 24.0), (97.0, 24.0), (98.0, 24.0)
LATE, UNDATED, OPEN_START, OPEN_END = (95.0, 25.5), (96.0, 25.5), (97.0, 25.5), (98.0, 25.5)
DISTRICT = (96.0, 22.5)
PLACES = [ONE, TEN, HUNDRED, THOUSAND, LATE, UNDATED, OPEN_START, OPEN_END]


def day(value):
    return (value - date(1970, 1, 1)).days


def event(place, start=SPECIAL, end=SPECIAL, **more):
    row = dict.fromkeys(FLAT) | {
        "kind": "incident",
        "category": "armed_clash",
        "date_start": start,
        "date_end": end,
        "date_precision": "range" if start or end else "unknown",
        "longitude": place[0],
        "latitude": place[1],
        "geo_precision": "exact",
        "place_name": f"place at {place}",
    }
    return row | more


def events():
    rng = np.random.default_rng(7)
    south = zip(rng.uniform(94, 99, MANY), rng.uniform(16.5, 20.5, MANY), strict=True)
    rows = [
        event(place, FIRST + timedelta(days=number), FIRST + timedelta(days=number))
        for number, place in enumerate(south)
    ]
    for place, count in ((ONE, 1), (TEN, 10), (HUNDRED, 100), (THOUSAND, 1000)):
        days = [SPECIAL + timedelta(days=number % 30) for number in range(count)]
        rows += [event(place, on, on) for on in days]
    later = SPECIAL + timedelta(days=1000)
    rows += [
        event(LATE, later, later),
        event(UNDATED, None, None),
        event(OPEN_START, None, SPECIAL),
        event(OPEN_END, SPECIAL, None),
        event(DISTRICT, geo_precision="district"),
    ]
    return rows


EVENTS = events()
ROWS_OF = {
    place: [
        row for row, found in enumerate(EVENTS) if (found["longitude"], found["latitude"]) == place
    ]
    for place in [*PLACES, DISTRICT]
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    schema = pa.schema([EVENT_SCHEMA.field(name) for name in FLAT])
    table = pa.Table.from_pylist(EVENTS, schema=schema)
    text = [
        {"id": str(row), "title": f"Event {row}", "date": "some day", "place": "somewhere"}
        for row in range(len(EVENTS))
    ]
    columns = encode(RECORD_SCHEMA.empty_table(), {}, [table])
    layer = EventLayer(embedded=columns, text=text, bus="self")
    path = tmp_path_factory.mktemp("dense") / "map.html"
    path.write_text(base_map({}, layer, assets=INLINE).get_root().render(), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module", params=[1, 2], ids=["", "retina"])
def dense(request, chromium, address):
    """A page with all events, at two densities of pixels."""
    size = {"width": 900, "height": 800}
    with chromium.new_context(viewport=size, device_scale_factor=request.param) as context:
        page = context.new_page()
        page.ratio = request.param
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.add_init_script(
            """window.heard = [];
            for (const name of ["choose", "drawn"]) {
              document.addEventListener("bordermap:" + name,
                (event) => window.heard.push([name, event.detail]));
            }"""
        )
        page.goto(address)
        yield page
        assert faults == []


@pytest.fixture
def page(dense):
    """The page as it is at the start: all of time, nothing open, everything in view."""
    dense.keyboard.press("Escape")
    dense.mouse.move(2, 400)
    dense.evaluate("heard.length = 0")
    dense.evaluate("bordermapLayer.setClip(null)")
    show(dense, 6.5)
    window(dense, None, None)
    return dense


def settled(page):
    """Wait until what was said has been drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def show(page, zoom, centre=(96.5, 21.5)):
    page.evaluate(f"void map_div.setView([{centre[1]}, {centre[0]}], {zoom}, {{animate: false}})")
    settled(page)


def window(page, start, end):
    detail = {"from": start and day(start), "to": end and day(end)}
    page.evaluate(
        "(detail) => void document.dispatchEvent(new CustomEvent('bordermap:time', {detail}))",
        detail,
    )
    settled(page)


def spot(page, place):
    return page.evaluate(
        f"(() => {{ const p = map_div.latLngToContainerPoint([{place[1]}, {place[0]}]);"
        " return [p.x, p.y]; })()"
    )


def pixel(page, place, dx=0, dy=0):
    x, y = spot(page, place)
    return page.evaluate(f"bordermapLayer.pixelAt({x + dx}, {y + dy})")


def is_lit(page, place):
    return pixel(page, place)[3] > 0


def lit(page):
    return {place for place in PLACES if is_lit(page, place)}


def said(page, name):
    return page.evaluate("name => heard.filter(([n]) => n === name).map(([, d]) => d)", name)


def lightness(colour):
    red, green, blue = colour[:3]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_event_lights_its_place_and_nothing_around_it(page):
    assert page.evaluate("bordermapLayer.densityShare") == 1
    for place in PLACES:
        assert pixel(page, place)[3] == 255
        around = [pixel(page, place, dx, dy)[3] for dx, dy in ((9, 0), (-9, 0), (0, 9), (0, -9))]
        assert around == [0, 0, 0, 0]
    width = page.evaluate("document.querySelector('.leaflet-bordermap-events-pane canvas').width")
    assert width == 900 * page.ratio


def test_more_events_are_darker_and_the_scale_is_fixed(page):
    colours = [pixel(page, place) for place in (ONE, TEN, HUNDRED, THOUSAND)]
    assert all(np.diff([lightness(colour) for colour in colours]) < -20)
    show(page, 7, (96.5, 21))
    assert [pixel(page, place) for place in (ONE, TEN, HUNDRED, THOUSAND)] == colours
    window(page, FIRST, SPECIAL + timedelta(days=40))
    assert [pixel(page, place) for place in (ONE, TEN, HUNDRED, THOUSAND)] == colours
    window(page, FIRST, SPECIAL + timedelta(days=4))
    fewer = pixel(page, THOUSAND)
    assert lightness(colours[3]) < lightness(fewer) < lightness(colours[1])


def test_nothing_is_drawn_outside_its_window(page):
    always = {OPEN_START}
    window(page, FIRST, SPECIAL - timedelta(days=1))
    assert page.evaluate("bordermapLayer.densityShare") == 1
    assert lit(page) == always
    window(page, SPECIAL, SPECIAL)
    assert lit(page) == {ONE, TEN, HUNDRED, THOUSAND, OPEN_START, OPEN_END}
    window(page, SPECIAL + timedelta(days=31), SPECIAL + timedelta(days=999))
    assert lit(page) == {OPEN_END}
    window(page, SPECIAL + timedelta(days=1000), None)
    assert lit(page) == {LATE, OPEN_END}
    window(page, None, FIRST - timedelta(days=500))
    assert lit(page) == {OPEN_START}
    window(page, None, None)
    assert lit(page) == set(PLACES)


def test_a_window_without_events_is_an_empty_picture(page):
    rows = ROWS_OF[OPEN_START] + ROWS_OF[OPEN_END] + ROWS_OF[UNDATED]
    mask = np.ones(len(EVENTS), dtype=bool)
    mask[rows] = False
    bits = np.packbits(mask, bitorder="little").tolist()
    tell = """(mask) => void document.dispatchEvent(new CustomEvent("bordermap:selection",
        {detail: {mask: mask && Uint8Array.from(mask)}}))"""
    painted = """() => {
      const canvas = document.querySelector(".leaflet-bordermap-events-pane canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((byte) => byte > 0);
    }"""
    page.evaluate(tell, bits)
    window(page, FIRST - timedelta(days=9), FIRST - timedelta(days=2))
    assert not page.evaluate(painted)
    assert said(page, "drawn")[-1]["records"] == 0
    window(page, FIRST - timedelta(days=9), FIRST)
    assert page.evaluate(painted)
    assert said(page, "drawn")[-1]["records"] == 1
    page.evaluate(tell, None)


def test_symbols_turn_into_densities_without_a_jump(page):
    shares = []
    for count in (1400, 1500, 1600, 1750, 1900, 2000, 2200):
        window(page, FIRST, FIRST + timedelta(days=count - 2))  # and one that is open
        shares.append(page.evaluate("bordermapLayer.densityShare"))
        told = said(page, "drawn")[-1]
        assert (told["records"], told["mode"]) == (count, shares[-1])
    assert shares == sorted(shares)
    assert shares[:2] == [0, 0]
    assert shares[3] == pytest.approx(0.5, abs=0.01)
    assert shares[-2:] == [1, 1]


def test_the_legend_explains_densities_where_there_are_any(page):
    page.evaluate("document.querySelector('.bordermap-legend').open = true")
    scale = page.get_by_text("Events at one spot")
    assert scale.is_visible()
    window(page, SPECIAL + timedelta(days=1000), None)
    assert scale.is_hidden()
    page.evaluate("document.querySelector('.bordermap-legend').open = false")


@pytest.mark.parametrize("zoom", [5.5, 6.5, 8])
@pytest.mark.parametrize("place", [ONE, HUNDRED])
def test_hover_and_click_find_the_events_of_the_spot(page, zoom, place):
    show(page, zoom, (96.5, 21.5) if zoom < 8 else (96.5, 24))
    page.mouse.move(*spot(page, place))
    tip = page.locator(".bordermap-tip")
    rows = ROWS_OF[place]
    newest = sorted(rows, key=lambda row: (-day(EVENTS[row]["date_start"]), row))
    if len(rows) > 1:
        assert tip.text_content().startswith(f"{len(rows)} records")
    assert tip.locator("strong").all_text_contents() == [f"Event {row}" for row in newest[:3]]
    page.mouse.click(*spot(page, place))
    assert said(page, "choose") == [
        {"channel": "a", "rows": newest, "total": len(rows), "columns": None}
    ]


def test_a_click_names_two_hundred_rows_at_most_the_latest_first(page):
    page.mouse.click(*spot(page, THOUSAND))
    (told,) = said(page, "choose")
    days = [EVENTS[row]["date_start"] for row in told["rows"]]
    assert (len(told["rows"]), told["total"]) == (200, 1000)
    assert days == sorted(days, reverse=True)
    assert days[0] == SPECIAL + timedelta(days=29)
    assert set(told["rows"]) < set(ROWS_OF[THOUSAND])


def test_hover_and_click_follow_the_window(page):
    window(page, FIRST, SPECIAL + timedelta(days=4))
    page.mouse.click(*spot(page, HUNDRED))
    (told,) = said(page, "choose")
    assert told["total"] == len(told["rows"]) == 20
    window(page, FIRST, SPECIAL - timedelta(days=1))
    page.mouse.click(*spot(page, HUNDRED))
    assert len(said(page, "choose")) == 1


def test_a_few_events_at_one_spot_spread_out_among_many(page):
    page.mouse.click(*spot(page, TEN))
    settled(page)
    leaves = {
        mark["row"]: (mark["x"], mark["y"])
        for mark in page.evaluate("bordermapLayer.marksInView()")
        if mark["row"] in ROWS_OF[TEN]
        and np.hypot(*np.subtract((mark["x"], mark["y"]), spot(page, TEN))) > 20
    }
    assert set(leaves) == set(ROWS_OF[TEN])
    row = ROWS_OF[TEN][3]
    page.mouse.click(*leaves[row])
    assert said(page, "choose")[-1]["rows"] == [row]


def test_an_area_is_never_a_pixel(page):
    assert pixel(page, DISTRICT)[3] < 100
    page.mouse.click(*spot(page, DISTRICT))
    assert said(page, "choose")[-1]["rows"] == ROWS_OF[DISTRICT]


def test_the_keyboard_steps_through_dense_marks(page):
    page.locator(".folium-map").focus()
    found = []
    for _ in range(12):
        page.keyboard.press("n")
        page.keyboard.press("Enter")
        found.append(tuple(said(page, "choose")[-1]["rows"]))
    assert len(set(found)) == 12
    assert set(ROWS_OF[LATE]) <= {row for rows in found for row in rows}
    assert max(len(rows) for rows in found) <= 200


def test_a_clip_hides_and_silences_what_lies_beyond_it(page):
    x, _ = spot(page, HUNDRED)
    page.evaluate(f"bordermapLayer.setClip([0, {x - 20}])")
    settled(page)
    assert (is_lit(page, TEN), is_lit(page, HUNDRED)) == (True, False)
    page.mouse.click(*spot(page, HUNDRED))
    assert said(page, "choose") == []
    page.mouse.click(*spot(page, TEN))
    assert said(page, "choose")[0]["total"] == 10


def test_the_colours_of_the_scale_darken_step_by_step(page):
    colours = page.evaluate("Array.from(bordermap.density.ramp(bordermap.style.density))")
    shades = [lightness((c & 255, c >> 8 & 255, c >> 16)) for c in colours[1:]]
    assert all(np.diff(shades) <= 0)
    assert all(np.diff(shades[::4]) < 0)
    levels = page.evaluate(
        "Array.from({length: 1200}, (_, count) => bordermap.density.level(count))"
    )
    assert levels[:2] == [0, 1]
    assert levels == sorted(levels)
    assert levels[1000:] == [255] * 200
