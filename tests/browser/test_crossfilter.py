"""What is clicked or drawn filters everything, and a second click undoes it."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely
from click.testing import CliRunner
from playwright.sync_api import Locator, Page, expect
from pyproj import Transformer

from bordermap.cli import main
from bordermap.model.vocabulary import FAMILIES, Family

from .test_app import (
    START,
    USUAL,
    WAIT,
    frame,
    map_frame,
    opened,
    printed,
    shows,
    visible_ids,
    zoomed,
)

TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
VIEW = "view=24.2,97.9,8.5"
CORNERS = [(180, 120), (420, 90), (470, 300), (300, 250), (210, 330)]
"""Of a polygon with a dent, in pixels of the map."""


def facet(page: Page, name: str) -> Locator:
    """Return the bar whose label begins so; its name ends in a number."""
    return page.locator(".st-key-panel").get_by_role("button", name=re.compile(rf"^{name} [\d,]+$"))


def tool(page: Page, name: str) -> Locator:
    return frame(page).locator(".bordermap-draw").get_by_role("button", name=name, exact=True)


def in_address(page: Page, key: str) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get(key, [])


def is_pressed(button: Locator, state: str = "true") -> None:
    expect(button).to_have_attribute("aria-pressed", state, timeout=WAIT)


def origin(page: Page) -> tuple[float, float]:
    """Return where the map begins on the page, in pixels."""
    x, y = page.locator(".st-key-map iframe").evaluate(
        "(frame) => [frame.getBoundingClientRect().x + frame.clientLeft,"
        " frame.getBoundingClientRect().y + frame.clientTop]"
    )
    return x, y


def inside(polygon: list[list[float]]) -> set[str]:
    """Records of the usual view with a place in a polygon, by shapely."""
    lines = CliRunner().invoke(main, ["records", "--format", "jsonl", *USUAL]).stdout
    ring = shapely.Polygon([TO_MAP.transform(*corner) for corner in polygon])
    return {
        record["id"]
        for record in map(json.loads, lines.splitlines())
        for place in record["places"]
        if place["longitude"] is not None
        and ring.contains(shapely.Point(TO_MAP.transform(place["longitude"], place["latitude"])))
    }


def degrees(page: Page, points: list[tuple[int, int]]) -> list[list[float]]:
    """Return longitudes and latitudes of points of the map in pixels."""
    return map_frame(page).evaluate(
        "points => points.map((point) => map_div.containerPointToLatLng(point))"
        ".map(({ lng, lat }) => [lng, lat])",
        [list(point) for point in points],
    )


def ready(page: Page, address: str) -> None:
    opened(page, f"{address}/?{VIEW}", START)
    zoomed(page, 8.5)


def drawn_area(page: Page) -> list[list[float]]:
    """Wait for an area in the address and return its corners."""
    expect(page).to_have_url(re.compile(r"[?&]area="), timeout=WAIT)
    (text,) = in_address(page, "area")
    return [[float(part) for part in pair.split(",")] for pair in text.split()]


def is_outlined(page: Page, *, outlined: bool) -> None:
    paths = frame(page).locator(".leaflet-bordermap-area-pane path")
    expect(paths).to_have_count(2 if outlined else 0, timeout=WAIT)


def test_families_and_categories_there_and_back(page, app_server):
    opened(page, app_server, START)
    fighting = facet(page, "Fighting and military")
    is_pressed(fighting, "false")
    fighting.click()
    family = [f"--category={one}" for one, its in FAMILIES.items() if its is Family.FIGHTING]
    whole = len(printed(*family, *USUAL))
    assert 0 < whole < START
    shows(page, whole)
    is_pressed(fighting)
    expect(facet(page, "Diplomacy")).to_be_visible()  # what else there is stays in sight
    chips = page.locator(".st-key-chips").get_by_role("button", name="Fighting and military")
    expect(chips).to_have_count(1)

    facet(page, "Armed clash").click()
    shows(page, len(printed("--category", "armed_clash", *USUAL)))
    is_pressed(facet(page, "Armed clash"))
    is_pressed(fighting, "mixed")
    facet(page, "Armed clash").click()
    shows(page, whole)
    is_pressed(fighting)
    fighting.click()
    shows(page, START)
    is_pressed(fighting, "false")


def test_regions_and_actors_there_and_back(page, app_server):
    opened(page, app_server, START)
    alone = printed("--region", "MM-11", *USUAL)
    facet(page, "Kachin State").click()
    shows(page, len(alone))
    assert visible_ids(page) == alone
    facet(page, "Shan State").click()
    both = printed("--region", "MM-11", "--region", "MM-17", *USUAL)
    shows(page, len(both))
    is_pressed(facet(page, "Kachin State"))
    facet(page, "Shan State").click()
    shows(page, len(alone))

    actors = page.locator(".st-key-panel").get_by_role("group", name="Actor")
    name = actors.get_by_role("button").first.locator(".bm-label").inner_text()
    actors.get_by_role("button").first.click()
    shows(page, len(printed("--region", "MM-11", "--actor", name, *USUAL)))
    number = facet(page, "Kachin State").locator(".bm-number")
    expect(number).to_have_text(str(len(printed("--region", "MM-11", "--actor", name, *USUAL))))
    is_pressed(facet(page, re.escape(name)))
    facet(page, re.escape(name)).click()
    shows(page, len(alone))
    facet(page, "Kachin State").click()
    shows(page, START)


def test_clicks_that_come_faster_than_the_page_is_drawn_all_count(page, app_server):
    opened(page, app_server, START)
    facet(page, "Kachin State").click()
    facet(page, "Shan State").click()
    shows(page, len(printed("--region", "MM-11", "--region", "MM-17", *USUAL)))
    is_pressed(facet(page, "Kachin State"))
    is_pressed(facet(page, "Shan State"))
    facet(page, "Kachin State").click()
    facet(page, "Shan State").click()
    shows(page, START)


def test_bars_by_keyboard_keep_the_focus(page, app_server):
    opened(page, app_server, START)
    facet(page, "Yunnan").focus()
    page.keyboard.press("Enter")
    shows(page, len(printed("--region", "CN-YN", *USUAL)))
    is_pressed(facet(page, "Yunnan"))
    expect(facet(page, "Yunnan")).to_be_focused()
    page.keyboard.press("Space")
    shows(page, START)


def test_bars_stay_where_nothing_is_found(page, app_server):
    opened(page, f"{app_server}/?region=MM-11&text=zzzzzz", 0)
    is_pressed(facet(page, "Kachin State"))
    expect(page.get_by_text("None under the other filters.").first).to_be_visible()


def test_a_gate_there_and_back(page, app_server):
    ready(page, app_server)
    gate = frame(page).locator(".bordermap-symbol[aria-label^='Ruili']").first
    for wanted in (len(printed("--gate", "ruili-muse", *USUAL)), START):
        gate.focus()
        page.keyboard.press("Enter")
        shows(page, wanted)


def test_a_box_is_dragged_and_undone(page, app_server):
    ready(page, app_server)
    left, top = origin(page)
    tool(page, "Box").click()
    expect(frame(page).get_by_text("Drag a box")).to_be_visible()
    page.mouse.move(left + 200, top + 120)
    page.mouse.down()
    page.mouse.move(left + 300, top + 200, steps=4)
    page.mouse.move(left + 420, top + 340, steps=4)
    west_north, east_south = degrees(page, [(200, 120), (420, 340)])
    page.mouse.up()
    (west, north), (east, south) = west_north, east_south
    wanted = inside([[west, south], [east, south], [east, north], [west, north]])
    assert 0 < len(wanted) < START
    shows(page, len(wanted))
    assert visible_ids(page) == wanted
    is_pressed(tool(page, "Box"))
    is_outlined(page, outlined=True)
    assert map_frame(page).evaluate("map_div.getZoom()") == 8.5
    (box,) = in_address(page, "bbox")
    assert [float(part) for part in box.split(",")] == pytest.approx(
        [west, south, east, north], abs=1e-4
    )
    page.reload()
    shows(page, len(wanted))
    is_outlined(page, outlined=True)
    tool(page, "Box").click()
    shows(page, START)
    is_outlined(page, outlined=False)
    expect(tool(page, "Clear")).to_be_hidden()


@pytest.mark.parametrize("ends_with", ["double click", "Enter", "first corner"])
def test_a_polygon_is_clicked_and_cleared(page, app_server, ends_with):
    ready(page, app_server)
    left, top = origin(page)
    tool(page, "Area").click()
    for x, y in CORNERS[:-1]:
        page.mouse.click(left + x, top + y)
    x, y = left + CORNERS[-1][0], top + CORNERS[-1][1]
    if ends_with == "double click":
        page.mouse.dblclick(x, y)
    else:
        page.mouse.click(x, y)
        if ends_with == "Enter":
            page.keyboard.press("Enter")
        else:
            page.mouse.click(left + CORNERS[0][0] + 3, top + CORNERS[0][1] - 3)
    corners = drawn_area(page)
    assert corners == [pytest.approx(one, abs=1e-4) for one in degrees(page, CORNERS)]
    wanted = inside(corners)
    assert 0 < len(wanted) < START
    shows(page, len(wanted))
    assert visible_ids(page) == wanted
    is_outlined(page, outlined=True)
    is_pressed(tool(page, "Area"))
    chip = page.locator(".st-key-chips").get_by_role("button", name="within a drawn area")
    expect(chip).to_be_visible()
    tool(page, "Clear").click()
    shows(page, START)
    is_outlined(page, outlined=False)


def test_a_box_takes_the_place_of_a_polygon(page, app_server):
    area = "area=97,23.5+98.5,23.5+98.5,24.5+97,24.5"
    opened(page, f"{app_server}/?{VIEW}&{area}")
    zoomed(page, 8.5)
    is_pressed(tool(page, "Area"))
    tool(page, "This view").click()
    expect(page).to_have_url(re.compile("[?&]bbox="), timeout=WAIT)
    expect(page).not_to_have_url(re.compile("[?&]area="))
    is_pressed(tool(page, "This view"))
    is_pressed(tool(page, "Area"), "false")
    tool(page, "This view").click()
    expect(page).not_to_have_url(re.compile("[?&]bbox="), timeout=WAIT)


def test_escape_leaves_everything_as_it_was(page, app_server):
    ready(page, app_server)
    left, top = origin(page)
    before = page.url
    for name in ("Box", "Area"):
        tool(page, name).click()
        is_pressed(tool(page, name))
        page.mouse.click(left + 200, top + 150)
        page.mouse.move(left + 300, top + 250)
        expect(frame(page).locator(".leaflet-bordermap-area-pane path")).not_to_have_count(0)
        page.keyboard.press("Escape")
        is_pressed(tool(page, name), "false")
        is_outlined(page, outlined=False)
        expect(frame(page).locator(".bordermap-sheet")).to_be_hidden()
    assert page.url == before
    shows(page, START)


def test_the_map_is_deaf_while_drawing(page, app_server):
    ready(page, app_server)
    left, top = origin(page)
    said = "['choose', 'region', 'gate', 'view'].forEach((name) => document.addEventListener("
    said += "`bordermap:${name}`, () => (window.heard = [...(window.heard ?? []), name])))"
    page.evaluate(said)
    centre = "[map_div.getCenter().lat, map_div.getCenter().lng, map_div.getZoom()]"
    before = map_frame(page).evaluate(centre)
    mark = map_frame(page).evaluate(
        "bordermapLayer.marksInView().find(({ x, y }) => x > 150 && x < 450 && y > 120 && y < 350)"
    )
    tool(page, "Area").click()
    page.mouse.move(left + mark["x"], top + mark["y"])
    page.mouse.click(left + mark["x"], top + mark["y"])
    page.mouse.dblclick(left + 250, top + 300)
    page.mouse.move(left + 300, top + 300)
    page.mouse.down()
    page.mouse.move(left + 200, top + 200, steps=5)
    page.mouse.up()
    expect(frame(page).locator(".bordermap-tip").first).to_be_hidden()
    page.keyboard.press("Escape")
    assert map_frame(page).evaluate(centre) == before
    assert page.evaluate("window.heard ?? []") == []
    page.mouse.click(left + mark["x"], top + mark["y"])
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)


def test_drawing_by_keyboard(page, app_server):
    ready(page, app_server)
    tool(page, "Area").focus()
    page.keyboard.press("Enter")
    for keys in (["ArrowUp"] * 6, ["ArrowRight"] * 8, ["ArrowDown"] * 12, ["ArrowLeft"] * 9):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    corners = drawn_area(page)
    assert len(corners) == 4
    shows(page, len(inside(corners)))
    expect(tool(page, "Area")).to_be_focused()
    page.keyboard.press("Enter")
    shows(page, START)


def test_drawing_with_a_finger_on_a_phone(chromium, app_server):
    with chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, locale="en-GB"
    ) as context:
        page = context.new_page()
        opened(page, f"{app_server}/?view=24,97.9,7.5", START)
        zoomed(page, 7.5)
        left, top = origin(page)
        tool(page, "Area").tap()
        for x, y in ((120, 130), (330, 150), (250, 330), (122, 134)):
            page.touchscreen.tap(left + x, top + y)
        corners = drawn_area(page)
        assert len(corners) == 3
        wanted = inside(corners)
        assert 0 < len(wanted) < START
        shows(page, len(wanted))
        bar = frame(page).locator(".bordermap-draw").bounding_box()
        assert bar["x"] >= 0 and bar["x"] + bar["width"] < 150
        tool(page, "Clear").tap()
        shows(page, START)
