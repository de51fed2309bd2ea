"""The real app in a real browser."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Frame, FrameLocator, Page, expect

from bordermap.catalog import default_root
from bordermap.cli import main
from bordermap.selection import DEFAULT_VIEW

from .proxy import reverse_proxy

WAIT = 30_000
EDGE = 30
TOTAL = len((default_root() / "records" / "records.csv").read_text("utf-8").splitlines()) - 1


def printed(*options: str) -> set[str]:
    """Return the ids of the records that the command line prints."""
    result = CliRunner().invoke(main, ["records", "--format", "jsonl", *options])
    return {json.loads(line)["id"] for line in result.stdout.splitlines()}


USUAL = [f"--scope={scope}" for scope in DEFAULT_VIEW.scopes]
"""What the app shows before anything is picked."""

START = len(printed(*USUAL))


def frame(page: Page) -> FrameLocator:
    return page.frame_locator(".st-key-map iframe")


def opened(page: Page, address: str, count: int | None = None) -> Page:
    """Open the app and wait until the map shows as many records as it should."""
    page.goto(address)
    if count is None:
        frame(page).get_by_test_id("bordermap-status").wait_for(state="attached", timeout=WAIT)
    else:
        shows(page, count)
    return page


def shows(page: Page, count: int) -> None:
    """Check that the header and the map agree on how many records there are."""
    expect(page.get_by_text(f"{count} of {TOTAL} records")).to_be_visible(timeout=WAIT)
    status = frame(page).get_by_test_id("bordermap-status")
    expect(status).to_have_text(re.compile(rf"^{count} records?,"), timeout=WAIT)


def map_frame(page: Page) -> Frame:
    return next(part for part in page.frames if "streamlit_folium" in part.url)


def layer(page: Page, expression: str) -> object:
    """Evaluate an expression of the event layer in the frame of the map."""
    return map_frame(page).evaluate(f"window.bordermapLayer.{expression}")


def visible_ids(page: Page) -> set[str]:
    ids = list(csv_ids_in_order())
    return {ids[row] for row in layer(page, "visibleRecords()")}


def csv_ids_in_order() -> list[str]:
    result = CliRunner().invoke(main, ["records", "--format", "jsonl"])
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def zoomed(page: Page, zoom: float) -> None:
    """Wait until the map has taken the view of the address over and stands still."""
    map_frame(page).wait_for_function(f"map_div.getZoom() === {zoom} && !map_div._animatingZoom")
    page.wait_for_timeout(500)


def click_mark(page: Page, record: str, zoom: float) -> None:
    """Click a mark of a record on the map."""
    zoomed(page, zoom)
    row = csv_ids_in_order().index(record)
    box = page.locator(".st-key-map iframe").bounding_box()
    mark = next(
        mark
        for mark in layer(page, "marksInView()")
        if mark["row"] == row
        and EDGE < mark["x"] < box["width"] - EDGE
        and EDGE < mark["y"] < box["height"] - EDGE
    )
    page.mouse.click(box["x"] + mark["x"], box["y"] + mark["y"])


def from_in_address(page: Page) -> date:
    expect(page).to_have_url(re.compile("from="), timeout=WAIT)
    return date.fromisoformat(parse_qs(urlsplit(page.url).query)["from"][0])


def degrees_of_a_pixel(zoom: float) -> float:
    """Return how far a map at a zoom may stand beside what it was told: it moves by pixels."""
    return 360 / (256 * 2**zoom)


def leaves_the_machine(requests: list[str]) -> list[str]:
    local = ("127.0.0.1", "localhost")
    return [
        url
        for url in requests
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname not in local
    ]


def test_no_request_leaves_the_machine(page, app_server, requests_made):
    opened(page, app_server, START)
    page.get_by_role("button", name="Snapshot").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=WAIT)
    page.keyboard.press("Escape")
    for name in ("Actors", "Before and after", "Gates", "Claims", "About", "Map"):
        page.get_by_role("link", name=name).click()
        page.wait_for_timeout(1500)
    assert any("/api/events/" in url for url in requests_made), "the frame of the map was watched"
    assert leaves_the_machine(requests_made) == []


def test_behind_a_reverse_proxy_under_a_base_path(page, start_app, requests_made):
    server = start_app("--server.baseUrlPath", "maps/border")
    port = urlsplit(server).port
    with reverse_proxy(port, "/maps/border") as proxy:
        opened(page, f"http://127.0.0.1:{proxy}/maps/border/?region=MM-11")
        shows(page, len(printed("--region", "MM-11")))
        page.get_by_role("button", name="Snapshot").click()
        preview = page.get_by_role("img", name="Preview: Report")
        expect(preview).to_have_js_property("complete", True, timeout=2 * WAIT)
        assert preview.evaluate("image => image.naturalWidth") > 0
        assert leaves_the_machine(requests_made) == []
        assert {urlsplit(url).port for url in requests_made if url.startswith("http")} == {proxy}
        missing = page.request.get(f"http://127.0.0.1:{proxy}/assets/leaflet/leaflet.js")
        assert missing.status == 404
        page.goto("about:blank")


def test_moving_the_slider_changes_the_marks_and_the_count(page, app_server):
    opened(page, app_server, START)
    first, last = (page.get_by_role("slider").nth(n).bounding_box() for n in (0, 1))
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + first["height"] / 2)
    page.mouse.down()
    page.mouse.move((first["x"] + last["x"]) / 2, first["y"] + first["height"] / 2, steps=8)
    page.mouse.up()
    after_drag = from_in_address(page)
    assert date(2023, 6, 1) < after_drag < date(2023, 11, 30)
    wanted = printed("--from", str(after_drag), *USUAL)
    assert 0 < len(wanted) < START
    shows(page, len(wanted))
    assert visible_ids(page) == wanted

    page.get_by_role("slider").nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(re.compile(f"from={after_drag}"), timeout=WAIT)
    assert from_in_address(page) == after_drag + timedelta(days=1)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("region=MM-17", ["--region", "MM-17"]),
        ("region=MM-11", ["--region", "MM-11"]),
        ("kind=meeting", ["--kind", "meeting"]),
        ("from=2024-04-01&to=2024-04-05&region=MM-11",
         ["--from", "2024-04-01", "--to", "2024-04-05", "--region", "MM-11"]),
        ("text=Loije", ["--text", "Loije"]),
        ("near-border=25", ["--near-border", "25"]),
    ],
)  # fmt: skip
def test_the_map_shows_what_the_command_line_prints(page, app_server, query, options):
    wanted = printed(*options)
    assert wanted
    opened(page, f"{app_server}/?{query}", len(wanted))
    assert visible_ids(page) == wanted


def test_filtering_with_the_widgets(page, app_server):
    opened(page, app_server, START)
    page.get_by_role("button", name="Meeting", exact=True).click()
    shows(page, len(printed("--kind", "meeting", *USUAL)))
    page.get_by_role("combobox", name="Region").click()
    page.get_by_role("option", name="Shan State").click()
    page.keyboard.press("Escape")
    both = printed("--kind", "meeting", "--region", "MM-17", *USUAL)
    shows(page, len(both))
    page.locator(".st-key-chips").get_by_role("button", name="Meetings").click()
    shows(page, len(printed("--region", "MM-17", *USUAL)))
    page.get_by_role("button", name="Reset all").click()
    shows(page, START)


def test_one_click_brings_the_context_in(page, app_server):
    opened(page, app_server, START)
    page.locator(".st-key-chips").get_by_role("button", name="Context left out").click()
    shows(page, TOTAL)
    expect(page).to_have_url(re.compile("scope=context"), timeout=WAIT)
    page.reload()
    shows(page, TOTAL)
    page.get_by_role("button", name="Reset all").click()
    shows(page, START)


def test_back_and_forward(page, app_server):
    opened(page, app_server, START)
    page.get_by_role("button", name="Incident", exact=True).click()
    shows(page, len(printed("--kind", "incident", *USUAL)))
    expect(page).to_have_url(re.compile("kind=incident"), timeout=WAIT)
    page.go_back()
    shows(page, START)
    page.go_forward()
    shows(page, len(printed("--kind", "incident", *USUAL)))


def test_the_selection_is_still_there_after_another_page(page, app_server):
    wanted = len(printed("--region", "MM-11"))
    opened(page, f"{app_server}/?region=MM-11&record=2024-04-lwegel-kia", wanted)
    page.get_by_role("link", name="Claims").click()
    expect(page.get_by_role("heading", name="Claims")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Map").click()
    shows(page, wanted)
    expect(page).to_have_url(re.compile(r"/\?.*region=MM-11"), timeout=WAIT)
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)


def test_a_click_on_a_mark_shows_the_record_and_its_sources(page, app_server):
    address = f"{app_server}/?from=2024-04-01&to=2024-04-10&region=MM-11&view=24.4,97.7,9"
    opened(
        page,
        address,
        len(printed("--from", "2024-04-01", "--to", "2024-04-10", "--region", "MM-11")),
    )
    click_mark(page, "2024-04-02-pla-live-fire-exercise", 9)
    panel = page.get_by_test_id("record-panel")
    expect(panel).to_be_visible(timeout=WAIT)
    if panel.get_by_role("navigation").count():
        panel.get_by_role("button", name=re.compile("exercise")).click()
    expect(panel.get_by_role("heading", name=re.compile("exercise"))).to_be_visible(timeout=WAIT)
    expect(panel.get_by_text("2–3 Apr 2024").last).to_be_visible()
    links = panel.get_by_role("link")
    assert links.count() >= 1
    assert links.first.get_attribute("href").startswith("https://")
    assert "noopener" in links.first.get_attribute("rel")
    expect(page).to_have_url(re.compile("record=2024-04-02-pla-live-fire-exercise"), timeout=WAIT)


def test_a_click_on_a_state_filters_and_a_second_one_undoes(page, app_server):
    opened(page, f"{app_server}/?kind=incident&view=21.2,98.2,7")
    shows(page, len(printed("--kind", "incident")))
    zoomed(page, 7)
    box = page.locator(".st-key-map iframe").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 40)
    page.mouse.click(*middle)
    wanted = printed("--kind", "incident", "--region", "MM-17")
    shows(page, len(wanted))
    page.wait_for_timeout(800)
    page.mouse.click(*middle)
    shows(page, len(printed("--kind", "incident")))


def test_the_address_reproduces_the_view(page, app_server):
    record = "2024-04-lwegel-kia"
    opened(page, f"{app_server}/?region=MM-11&record={record}&view=24.4,97.9,8.5")
    shows(page, len(printed("--region", "MM-11")))
    page.wait_for_timeout(1500)
    before = (page.url, visible_ids(page), layer(page, "chosen"))
    assert before[2] == csv_ids_in_order().index(record)
    page.reload()
    shows(page, len(printed("--region", "MM-11")))
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    page.wait_for_timeout(1500)
    assert (page.url, visible_ids(page), layer(page, "chosen")) == before
    seen = map_frame(page).evaluate("[map_div.getZoom(), map_div.getCenter().lat.toFixed(1)]")
    assert seen == [8.5, "24.4"]


def test_rubbish_in_the_address_is_named_and_ignored(page, app_server):
    query = "region=MM-11&region=XX-99&from=2024-13-40&kind=%3Cscript%3E&record=nothing&x=y"
    opened(page, f"{app_server}/?{query}", len(printed("--region", "MM-11")))
    for named in ("XX-99", "2024-13-40", "<script>", "nothing"):
        expect(page.get_by_text(named).first).to_be_visible(timeout=WAIT)


def test_nothing_found_says_so_and_offers_the_way_back(page, app_server):
    opened(page, f"{app_server}/?text=zzzzzz", 0)
    expect(page.get_by_text("No record matches these filters.").first).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Start again").click()
    shows(page, START)


def test_the_downloads_hold_the_selected_records(page, app_server, tmp_path):
    wanted = printed("--region", "MM-11")
    opened(page, f"{app_server}/?region=MM-11", len(wanted))
    page.get_by_role("button", name="Snapshot").click()
    dialog = page.get_by_role("dialog")
    files = {}
    for suffix in (".png", ".html", ".csv", ".geojson"):
        dialog.get_by_label("File", exact=True).select_option(suffix, timeout=WAIT)
        with page.expect_download(timeout=2 * WAIT) as download:
            dialog.get_by_role("link", name="Download").click()
        files[suffix] = tmp_path / download.value.suggested_filename
        assert files[suffix].suffix == suffix
        download.value.save_as(files[suffix])
    assert files[".png"].read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert len(files[".png"].read_bytes()) > 50_000
    rows = list(csv.DictReader(io.StringIO(files[".csv"].read_text("utf-8"))))
    assert {row["id"] for row in rows} == wanted
    features = json.loads(files[".geojson"].read_text("utf-8"))["features"]
    assert {feature["id"] for feature in features} == wanted
    offline = page.context.browser.new_context(offline=True)
    try:
        sheet = offline.new_page()
        sheet.goto(files[".html"].as_uri())
        sheet.wait_for_function("window.bordermapLayer?.visibleRecords().length")
        assert len(sheet.evaluate("window.bordermapLayer.visibleRecords()")) == len(wanted)
    finally:
        offline.close()


def test_the_picture_can_show_the_part_of_the_map_on_the_screen(page, app_server, tmp_path):
    opened(
        page, f"{app_server}/?region=MM-11&view=24.4,97.9,8.5", len(printed("--region", "MM-11"))
    )
    zoomed(page, 8.5)
    page.get_by_role("button", name="Snapshot").click()
    dialog = page.get_by_role("dialog")
    part = dialog.get_by_label("Part of the map")
    expect(part).to_have_value(re.compile(","), timeout=WAIT)
    pictures = []
    for shown in ("As on the screen", "The whole border"):
        part.select_option(label=shown)
        with page.expect_download(timeout=2 * WAIT) as download:
            dialog.get_by_role("link", name="Download").click()
        pictures.append(tmp_path / f"{len(pictures)}.png")
        download.value.save_as(pictures[-1])
    shows = []
    for picture in pictures:
        with Image.open(picture) as image:
            query = parse_qs(json.loads(image.text["bordermap"])["query"])
        shows.append(query["show"][0])
    west, south, east, north = (float(degrees) for degrees in shows[0].split(","))
    assert west < 97.9 < east
    assert south < 24.4 < north
    assert shows[1] == "border"


def test_the_count_stays_in_sight(page, app_server):
    opened(page, app_server, START)
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 600)")
        page.wait_for_timeout(500)
        box = page.get_by_text(f"{START} of {TOTAL} records").bounding_box()
        assert 0 <= box["y"] < height / 4


def spoilt(folder: Path, changes: dict[str, dict[str, str]]) -> Path:
    """Return a copy of the data package in which texts of its tables are replaced."""
    package = folder / "geodata"
    shutil.copytree(default_root(), package)
    for name, replaced in changes.items():
        table = package / "records" / f"{name}.csv"
        text = table.read_text("utf-8")
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new, 1)
        table.write_text(text, "utf-8")
    return package


def test_markup_in_the_data_is_shown_as_text(page, start_app, tmp_path):
    record = "2024-04-lwegel-kia"
    table = (default_root() / "records" / "records.csv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(table))
    title = next(row["title"] for row in rows if row["id"] == record)
    evil = "**bold** ![x](http://192.0.2.1/x.png) :red[r] {{ 7*7 }}"
    worse = "<img src=x onerror=alert(1)>"
    package = spoilt(
        tmp_path, {"records": {title: evil}, "places": {"Lweje (Lwegel)": f"{worse} {evil}"}}
    )
    server = start_app(env={"BORDERMAP_GEODATA": str(package)})
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    opened(page, f"{server}/?region=MM-11&record={record}&view=24.2,97.7,10")
    panel = page.get_by_test_id("record-panel")
    expect(panel.get_by_role("heading", name=evil)).to_be_visible(timeout=WAIT)
    expect(panel.get_by_text(worse).first).to_be_visible(timeout=WAIT)
    click_mark(page, record, 10)
    page.wait_for_timeout(1000)
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("img[src*='192.0.2.1']").count() == 0
    assert alerts == []


def test_faulty_rows_are_left_out_and_named(page, start_app, tmp_path):
    package = spoilt(tmp_path, {"records": {"2024-04-01~/2024-04-10~": "2024-04-31"}})
    (package / "layers" / "rivers.geojson").write_text("{not json", "utf-8")
    server = start_app(env={"BORDERMAP_GEODATA": str(package)})
    page.goto(server)
    expect(page.get_by_text(f"{START - 1} of {TOTAL - 1} records")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile(r"Faults in the data: \d+\. "))).to_be_visible(timeout=WAIT)
    assert page.get_by_text("Traceback").count() == 0


def test_a_phone_sees_the_map_at_once(page, app_server):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, app_server, START)
    box = page.locator(".st-key-map iframe").bounding_box()
    assert box["y"] + box["height"] <= 844
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_the_map_is_in_sight_on_a_laptop(page, app_server):
    opened(page, app_server, START)
    box = page.locator(".st-key-map iframe").bounding_box()
    assert box["y"] + box["height"] <= 800


def test_meetings_far_away_are_offered_and_do_not_move_the_view(page, app_server):
    record = "2023-03-20-trilateral-police-meeting"
    opened(page, f"{app_server}/?record={record}", START)
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    for name in ("Beijing", "Bangkok"):
        chip = frame(page).get_by_role("button", name=re.compile(rf"{name} \(\d+\)"))
        expect(chip).to_be_visible()
    seen = map_frame(page).evaluate("[map_div.getCenter().lat, map_div.getCenter().lng]")
    assert 20 < seen[0] < 24
    assert 95 < seen[1] < 99
    frame(page).get_by_role("button", name=re.compile(r"Beijing \(\d+\)")).click()
    expect(page.get_by_text(re.compile(r"\d+ records at this place"))).to_be_visible(timeout=WAIT)


def test_a_record_chosen_from_the_list_comes_into_view(page, app_server):
    options = ("--kind", "incident", "--from", "2024-04-08", "--to", "2024-04-09")
    query = "kind=incident&from=2024-04-08&to=2024-04-09&view=20,94,9"
    opened(page, f"{app_server}/?{query}", len(printed(*options)))
    zoomed(page, 9)
    row = csv_ids_in_order().index("2024-04-lwegel-kia")
    assert row not in {mark["row"] for mark in layer(page, "marksInView()")}
    page.locator(".st-key-panel").get_by_role("button", name=re.compile("takes Lwegel")).click()
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    map_frame(page).wait_for_function(
        f"window.bordermapLayer.marksInView().some((mark) => mark.row === {row})"
    )


@pytest.mark.parametrize(("path", "heading"), [("claims", "Claims"), ("about", "About this map")])
def test_a_page_has_an_address_of_its_own(page, app_server, path, heading):
    page.goto(f"{app_server}/{path}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=WAIT)
    assert page.get_by_role("link", name="map", exact=True).count() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the browser")
def test_serve_opens_the_browser_at_the_dashboard(tmp_path):
    opened_at = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened_at}\n')
    browser.chmod(0o700)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "bordermap", "serve", "--port", str(port)],
        env={**os.environ, "BROWSER": str(browser)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert f"http://localhost:{port}" in process.stdout.readline()
        deadline = time.monotonic() + 30
        while not opened_at.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert opened_at.read_text().strip() == f"http://localhost:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)
