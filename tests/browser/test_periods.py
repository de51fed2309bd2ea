"""The page of two periods in a real browser: maps in step, the divider, the numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Error, Frame, Locator, Page, expect

from bordermap.analysis.periods import Period
from bordermap.selection import DEFAULT_VIEW, Selection

from .test_app import WAIT as USUAL_WAIT
from .test_app import degrees_of_a_pixel, leaves_the_machine

A = "2023-01-01..2023-06-30"
B = "2024-01-01..2024-06-30"
WAIT = 3 * USUAL_WAIT  # two maps, or two layers
TOTALS = ("records", "incidents", "meetings", "fatalities")


def opened(page: Page, app: str, **address: str) -> None:
    page.goto(f"{app}/periods?{urlencode({'a': A, 'b': B} | address)}")


def answer(app: str, window: str, selection: Selection = DEFAULT_VIEW) -> list[dict[str, Any]]:
    """Return the records of a window as the app's own route tells them."""
    days = Period.parse(window)
    query = selection.replace(date_from=days.first, date_to=days.last).to_query()
    with urlopen(f"{app}/api/records?{query}") as response:
        return [feature["properties"] for feature in json.load(response)["features"]]


def frame(page: Page, channel: str) -> Frame:
    """Return the frame of a map whose layer of a channel shows its window.

    The page may put another in its place while it changes between its two modes.
    """
    holder = page.locator(f".st-key-pair-{channel} iframe, .st-key-pair-ab iframe")
    for last in (False, False, True):
        expect(holder).to_be_visible(timeout=WAIT)
        found = holder.element_handle().content_frame()
        try:
            found.wait_for_function(
                """channel => {
                  const layer = window.bordermapLayers && bordermapLayers[channel];
                  return layer && layer.days && layer.time.from !== null
                    && layer.marksInView().length;
                }""",
                arg=channel,
                timeout=WAIT / 3,
            )
        except Error:
            if last:
                raise
        else:
            break
    return found


def shown(page: Page, channel: str) -> int:
    return frame(page, channel).evaluate(
        "channel => bordermapLayers[channel].visibleRecords().length", channel
    )


def shows(page: Page, channel: str, count: int) -> None:
    frame(page, channel).wait_for_function(
        "([channel, count]) => bordermapLayers[channel].visibleRecords().length === count",
        arg=[channel, count],
        timeout=WAIT,
    )


def view(page: Page, channel: str) -> tuple[float, float, float]:
    return tuple(
        frame(page, channel).evaluate(
            "[bordermap.map.getCenter().lat, bordermap.map.getCenter().lng,"
            " bordermap.map.getZoom()]"
        )
    )


def in_step(page: Page, channel: str, of: str) -> tuple[float, float, float]:
    """Wait until one map stands where the other one does, each on whole pixels; say where."""
    frame(page, of).wait_for_function("!bordermap.map._animatingZoom")
    lead = view(page, of)
    frame(page, channel).wait_for_function(
        """([lat, lng, zoom]) => {
          const { lat: y, lng: x } = bordermap.map.getCenter();
          const pixel = 360 / 256 / 2 ** zoom;
          return Math.hypot(y - lat, x - lng) < 1.5 * pixel && bordermap.map.getZoom() === zoom;
        }""",
        arg=list(lead),
        timeout=WAIT,
    )
    return lead


def number(page: Page, of: str) -> Locator:
    return page.locator(f".st-key-periods-number-{of}").get_by_test_id("stMetricValue")


def numbers_are(page: Page, app: str, a: str, b: str, selection: Selection = DEFAULT_VIEW) -> None:
    """Check every total on the page against the app's own route."""
    sides = [answer(app, window, selection) for window in (a, b)]
    stated = [[r["fatalities_best"] for r in side] for side in sides]
    stated = [[n for n in side if n is not None] for side in stated]
    expected = {
        "records": [f"{len(side):,}" for side in sides],
        "incidents": [f"{sum(r['kind'] == 'incident' for r in side):,}" for side in sides],
        "meetings": [f"{sum(r['kind'] == 'meeting' for r in side):,}" for side in sides],
        "fatalities": [f"{sum(n):,}" if n else "not stated" for n in stated],
    }
    for of in TOTALS:
        expect(number(page, of)).to_have_text(" → ".join(expected[of]), timeout=WAIT)


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_each_map_shows_its_window_and_the_numbers_are_those_of_the_route(
    page, app_server, requests_made
):
    opened(page, app_server)
    numbers_are(page, app_server, A, B)
    for channel, window in (("a", A), ("b", B)):
        records = answer(app_server, window)
        assert len(records) > 20
        shows(page, channel, len(records))
        expect(page.locator(".stMarkdown").filter(has_text=f"{channel.upper()} ·")).to_contain_text(
            f"{len(records)} records"
        )
    assert leaves_the_machine(requests_made) == []


def test_the_maps_move_together(page, app_server):
    opened(page, app_server)
    frame(page, "b")
    start = in_step(page, "b", of="a")
    box = page.locator(".st-key-pair-a iframe").bounding_box()
    frame(page, "a")
    x, y = box["x"] + box["width"] - 90, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 70, y - 50, steps=6)
    dragged = in_step(page, "b", of="a")
    assert dragged != start, "while the button is still down"
    page.mouse.up()
    frame(page, "b").locator(".leaflet-control-zoom-in").click()
    frame(page, "b").wait_for_function(f"bordermap.map.getZoom() > {dragged[2]}", timeout=WAIT)
    zoomed = in_step(page, "a", of="b")
    assert zoomed[2] > dragged[2]
    expect(page).to_have_url(re.compile(rf"view=[^&]*%2C{zoomed[2]:g}(&|$)"), timeout=WAIT)


def test_a_step_of_one_timeline_changes_its_map_its_numbers_and_the_address(page, app_server):
    opened(page, app_server)
    frame(page, "a")
    before = shown(page, "a")
    later = page.locator(".st-key-periods-time-b, [data-testid=timeline]").get_by_label("To")
    later.last.fill("2024-03-31")
    later.last.press("Enter")
    window = "2024-01-01..2024-03-31"
    expect(page).to_have_url(re.compile(re.escape(f"b={window}")), timeout=WAIT)
    numbers_are(page, app_server, A, window)
    shows(page, "b", len(answer(app_server, window)))
    assert shown(page, "a") == before


def test_the_address_holds_all_and_is_read_again(page, app_server):
    opened(page, app_server, mode="swipe", region="MM-17", view="23.5,98.1,7")
    shan = Selection(regions=("MM-17",))
    numbers_are(page, app_server, A, B, shan)
    frame(page, "b")
    page.get_by_role("radio", name="Side by side").or_(
        page.get_by_role("button", name="Side by side")
    ).first.click()
    expect(page).to_have_url(re.compile("mode=side"), timeout=WAIT)
    frame(page, "b")
    written = query(page)
    assert {key: written[key] for key in ("region", "a", "b")} == {
        "region": ["MM-17"],
        "a": [A],
        "b": [B],
    }
    page.reload()
    numbers_are(page, app_server, A, B, shan)
    shows(page, "a", len(answer(app_server, A, shan)))
    assert query(page) == written
    assert in_step(page, "b", of="a") == pytest.approx((23.5, 98.1, 7), abs=degrees_of_a_pixel(7))
    page.go_back()
    expect(page).to_have_url(re.compile("mode=swipe"), timeout=WAIT)
    expect(page.locator(".st-key-pair-ab iframe")).to_be_visible(timeout=WAIT)


def test_a_bad_address_is_named_and_ignored(page, app_server):
    opened(page, app_server, a="2024-13-01..x", b="1901-01-01..1901-02-01", mode="<b>", region="?")
    notice = page.get_by_test_id("stAlert")
    for part in ("a: '2024-13-01..x' is not two days", "b: 1901-01-01..1901-02-01 is outside"):
        expect(notice).to_contain_text(part, timeout=WAIT)
    expect(notice).to_contain_text("mode: '<b>' is not one of side, swipe")
    expect(notice).to_contain_text("region: nothing is known of '?'")
    frame(page, "a")
    windows = [query(page)[side][0] for side in "ab"]
    numbers_are(page, app_server, *windows, Selection())


# ---------------------------------------------------------------------- the divider


def divider(page: Page) -> Locator:
    return frame(page, "a").get_by_role("slider", name="Divider")


def divide(page: Page, at: float) -> None:
    """Drag the divider to x pixels of the map."""
    box = page.locator(".st-key-pair-ab iframe").bounding_box()
    handle = divider(page).bounding_box()
    y = handle["y"] + handle["height"] / 3
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + at, y, steps=5)
    page.mouse.up()
    percent = round(100 * at / box["width"])
    expect(divider(page)).to_have_attribute("aria-valuenow", str(percent), timeout=WAIT)


def lonely(page: Page, channel: str) -> dict[str, float]:
    """Return a mark of one layer with no mark of the other one near, in the middle of the map."""
    return frame(page, channel).evaluate(
        """([mine, other]) => {
          const { x: wide, y: high } = bordermap.map.getSize();
          const others = bordermapLayers[other].marksInView();
          const inside = ({ x, y }) => x > 120 && x < wide - 120 && y > 90 && y < high - 150;
          const alone = (mark) =>
            others.every(({ x, y }) => Math.hypot(x - mark.x, y - mark.y) > 60);
          return bordermapLayers[mine].marksInView().find((m) => inside(m) && alone(m));
        }""",
        [channel, "b" if channel == "a" else "a"],
    )


def picture(page: Page, x: float, y: float) -> Image.Image:
    """Return what is on the screen around a point, with the pointer far from it."""
    page.mouse.move(5, 5)
    clip = {"x": x - 6, "y": y - 6, "width": 12, "height": 12}
    return Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")


def differ(one: Image.Image, other: Image.Image) -> bool:
    """Say whether most of the pixels of two pictures are clearly of other colours."""
    bands = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return sum(most.histogram()[30:]) > 0.5 * most.width * most.height


def tip(page: Page) -> Locator:
    return frame(page, "a").locator(".bordermap-tip:not([hidden])")


@pytest.mark.parametrize("channel", ["a", "b"])
def test_each_side_of_the_divider_shows_and_answers_for_its_window_only(page, app_server, channel):
    opened(page, app_server, mode="swipe", view="22.5,98.0,6.5")
    frame(page, "b")
    frame(page, "a").wait_for_function("bordermap.map.getZoom() === 6.5", timeout=WAIT)
    mark = lonely(page, channel)
    assert mark, "a mark that the other window does not have"
    box = page.locator(".st-key-pair-ab iframe").bounding_box()
    point = box["x"] + mark["x"], box["y"] + mark["y"]
    own, foreign = (mark["x"] + 60, mark["x"] - 60)[:: 1 if channel == "a" else -1]

    divide(page, foreign)
    without = picture(page, *point)
    page.mouse.move(point[0] + 2, point[1])
    page.mouse.move(*point)
    expect(tip(page)).to_have_count(0)
    page.mouse.click(*point)
    expect(page.get_by_role("dialog")).to_have_count(0)

    divide(page, own)
    assert differ(picture(page, *point), without)
    page.mouse.move(point[0] + 2, point[1])
    page.mouse.move(*point)
    expect(tip(page)).to_have_count(1, timeout=WAIT)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.mouse.click(*point)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    expect(dialog.get_by_role("link", name="Record's page")).to_be_visible(timeout=WAIT)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0, timeout=WAIT)


def test_the_divider_is_moved_by_keys(page, app_server):
    opened(page, app_server, mode="swipe")
    frame(page, "b")
    handle = divider(page)
    expect(handle).to_have_attribute("aria-valuenow", "50")
    centre = view(page, "a")
    handle.focus()
    for key, share in (
        ("ArrowLeft", 48),
        ("ArrowRight", 50),
        ("ArrowRight", 52),
        ("Shift+ArrowLeft", 42),
        ("Home", 0),
        ("PageUp", 10),
        ("End", 100),
    ):
        handle.press(key)
        expect(handle).to_have_attribute("aria-valuenow", str(share))
    expect(handle).to_have_attribute(
        "aria-valuetext", re.compile("A, 1 Jan 2023 to 30 Jun 2023, on 100 %")
    )
    names = frame(page, "a").locator(".bordermap-swipe-name")
    expect(names.first).to_be_visible()
    expect(names.last).to_be_hidden()
    assert view(page, "a") == centre, "the arrows were the divider's"


def test_keys_step_through_the_marks_of_the_wider_side(page, app_server):
    opened(page, app_server, mode="swipe")
    frame(page, "b")
    for key, channel in (("Home", "b"), ("End", "a")):
        divider(page).press(key)
        frame(page, "a").locator(".leaflet-container").focus()
        page.keyboard.press("n")
        expect(tip(page)).to_have_count(1, timeout=WAIT)
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible(timeout=WAIT)
        chosen = frame(page, channel).evaluate(
            """channel => {
              const layer = bordermapLayers[channel];
              return layer.visibleRecords().includes(layer.chosen);
            }""",
            channel,
        )
        assert chosen, "a record of the wider side"
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0, timeout=WAIT)


# ---------------------------------------------------------------------- the rest of the page


def test_the_map_leads_here_with_its_filters_and_its_window(page, app_server):
    page.goto(f"{app_server}/?region=MM-17&from=2024-01-01&to=2024-06-30")
    page.get_by_role("link", name="Compare with another period").click(timeout=WAIT)
    expect(page).to_have_url(re.compile("/periods"), timeout=WAIT)
    before, window = "2023-07-03..2023-12-31", "2024-01-01..2024-06-30"
    numbers_are(page, app_server, before, window, Selection(regions=("MM-17",)))
    assert query(page)["region"] == ["MM-17"]
    page.get_by_role("link", name="Change the filters on the map").click()
    chips = page.locator(".st-key-chips")
    for text in ("Shan State", "since 1 Jan 2024", "until 30 Jun 2024"):
        expect(chips.get_by_role("button", name=text)).to_be_visible(timeout=WAIT)


def test_the_file_holds_the_numbers_of_the_page(page, app_server, tmp_path):
    opened(page, app_server)
    numbers_are(page, app_server, A, B)
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Download all numbers").click(timeout=WAIT)
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    rows = list(csv.DictReader(io.StringIO(saved.read_text("utf-8"))))
    sides = [answer(app_server, window) for window in (A, B)]
    for group, of in (("region", "region_codes"), ("actor", "actors")):
        counts = [Counter(term for r in side for term in r[of]) for side in sides]
        written = {row["term"]: (row["a"], row["b"]) for row in rows if row["group"] == group}
        assert written == {
            term: (str(counts[0][term]), str(counts[1][term])) for term in counts[0] | counts[1]
        }


def test_a_window_without_records_says_so(page, app_server):
    opened(page, app_server, region="MM-14", a="2021-01-01..2021-01-02", text="zzzz nowhere")
    expect(number(page, "records")).to_have_text("0 → 0", timeout=WAIT)
    expect(number(page, "fatalities")).to_have_text("not stated → not stated", timeout=WAIT)
    for side in "AB":
        said = page.get_by_text(f"No record matches in {side}.")
        expect(said).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize("mode", ["side", "swipe"])
def test_the_page_fits_a_phone(page, app_server, mode):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, app_server, mode=mode)
    frame(page, "b")
    boxes = [
        page.locator(f".st-key-pair-{which} iframe").bounding_box()
        for which in (("a", "b") if mode == "side" else ("ab",))
    ]
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] <= 844 * 0.6
    if mode == "side":
        assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"], "one below the other"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
