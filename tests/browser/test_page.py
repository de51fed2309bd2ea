"""The single-file page, opened from disk in a browser."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from bordermap.catalog import load
from bordermap.model.record import RECORD_SCHEMA
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot import page as pages
from bordermap.snapshot.making import Material
from bordermap.snapshot.spec import Spec

PLAIN = Selection()
HOSTILE = "<img src=x onerror=window.hurt=1>"


def record(
    identifier, title, kind, category, day, name, longitude, latitude, source, region="MM-17"
):
    place = {
        "place_id": name.lower(),
        "name": name,
        "role": "location",
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": "exact",
        "region_code": region,
        "gate_id": None,
        "gate_km": None,
        "border_km": None,
    }
    return {
        "id": identifier,
        "dataset": "test",
        "kind": kind,
        "category": category,
        "title": title,
        "summary": f"About {title}",
        "date_start": day,
        "date_end": day,
        "date_edtf": day.isoformat(),
        "date_precision": "day",
        "places": [place],
        "geo_precision": "exact",
        "region_codes": [region],
        "actors": [title],
        "participants": [],
        "topics": [],
        "figures": {"crossings": 12},
        "scope": "border",
        "sources": [source],
        "confidence": "high",
    }


@pytest.fixture(scope="module")
def data():
    catalog = load()
    source = next(iter(catalog.sources))
    rows = [
        record("a", HOSTILE, "incident", "armed_clash", date(2023, 11, 1), "Lashio",
               97.75, 22.94, source),
        record("b", "Talks in Muse", "meeting", "bilateral_talks", date(2023, 12, 1), "Muse",
               97.9, 24.0, source),
        record("c", "Gate closed", "incident", "border_closure", date(2024, 4, 2), "Kanpaikti",
               98.12, 25.53, source, "MM-11"),
    ]  # fmt: skip
    return catalog, Dataset(pa.Table.from_pylist(rows, schema=RECORD_SCHEMA), catalog.gazetteer)


def written(folder, data, selection=PLAIN, proof="", **asked):
    """Address of a page in a folder."""
    spec = Spec(selection=selection, made_on=date(2026, 5, 1), **asked)
    material = Material(spec, *data, data[1].select(selection))
    path = folder / "page.html"
    path.write_text(pages.render(material, proof), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory, data):
    return written(tmp_path_factory.mktemp("page"), data, title=f"Report {HOSTILE}")


@pytest.fixture
def opened(page, address, requests_made):
    """The page, its map drawn and the network off; what it asked for is checked at the end."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.context.set_offline(True)
    page.goto(address)
    page.wait_for_function("window.bordermapLayer && bordermapLayer.visibleRecords().length === 3")
    yield page
    assert requests_made == [address]
    assert not faults
    assert page.evaluate("window.hurt") is None


def entries(page):
    return page.locator("#bm-list button")


def test_records_are_listed_by_date_as_text(opened):
    expect(entries(opened)).to_have_count(3)
    assert entries(opened).locator("strong").all_inner_texts() == [
        HOSTILE,
        "Talks in Muse",
        "Gate closed",
    ]
    expect(opened.get_by_role("heading", level=1)).to_have_text(f"Report {HOSTILE}")
    assert opened.locator("img[src=x]").count() == 0


def test_an_entry_shows_its_record_and_the_way_back(opened):
    entries(opened).first.click()
    panel = opened.locator("#bm-panel")
    expect(panel.get_by_role("heading", level=2)).to_have_text(HOSTILE)
    expect(panel).to_contain_text("1 Nov 2023")
    expect(panel).to_contain_text("exact place")
    link = panel.get_by_role("link")
    assert link.get_attribute("href").startswith("http")
    assert "noopener" in link.get_attribute("rel")
    assert opened.evaluate("bordermapLayer.chosen") == 0
    opened.keyboard.press("Escape")
    expect(entries(opened).first).to_be_focused()
    expect(panel).to_be_hidden()


def test_a_mark_shows_its_record(opened):
    box = opened.locator(".folium-map").bounding_box()
    opened.wait_for_function("bordermapLayer.marksInView().length === 3")
    mark = opened.evaluate("bordermapLayer.marksInView().find((mark) => mark.row === 1)")
    opened.mouse.click(box["x"] + mark["x"], box["y"] + mark["y"])
    panel = opened.locator("#bm-panel")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Talks in Muse")
    expect(panel.get_by_role("link")).to_be_visible()


def visible(opened):
    return opened.evaluate("bordermapLayer.visibleRecords()")


def test_dates_and_kinds_filter_list_and_map(opened):
    opened.get_by_label("To", exact=True).fill("2023-12-31")
    expect(entries(opened)).to_have_count(2)
    expect(opened.locator("#bm-count")).to_have_text("2 of 3 shown")
    expect(opened.locator(".bm-time-count")).to_have_text("2 records")
    assert visible(opened) == [0, 1]
    opened.get_by_label("Meetings").uncheck()
    expect(opened.locator(".bm-time-count")).to_have_text("1 record")
    assert visible(opened) == [0]
    opened.get_by_label("From", exact=True).fill("2023-11-02")
    expect(opened.get_by_text("No record matches.")).to_be_visible()
    opened.get_by_role("button", name="Reset").click()
    expect(entries(opened)).to_have_count(3)
    expect(opened.locator(".bm-time-words")).to_have_text("All dates")
    assert visible(opened) == [0, 1, 2]


def test_categories_and_regions_filter_list_map_and_bars(opened):
    category = opened.get_by_label("Category")
    assert category.locator("option").all_inner_texts() == [
        *("All categories", "Armed clash (1)", "Border closure (1)", "Bilateral talks (1)"),
    ]
    category.select_option(label="Border closure (1)")
    expect(entries(opened).locator("strong")).to_have_text("Gate closed")
    expect(opened.locator(".bm-time-count")).to_have_text("1 record")
    assert visible(opened) == [2]
    opened.get_by_label("Region", exact=True).select_option(label="Shan State (2)")
    expect(opened.get_by_text("No record matches.")).to_be_visible()
    category.select_option("")
    expect(entries(opened)).to_have_count(2)
    assert visible(opened) == [0, 1]
    opened.get_by_role("button", name="Reset").click()
    expect(entries(opened)).to_have_count(3)
    assert visible(opened) == [0, 1, 2]


def test_the_sources_of_all_records_are_listed_once(opened):
    opened.get_by_text("Sources (1)").click()
    links = opened.locator("#bm-sources a")
    expect(links).to_have_count(1)
    assert links.get_attribute("href").startswith("http")


def test_the_map_is_as_the_spec_says(page, data, tmp_path):
    area = ((97.0, 22.0), (99.0, 22.0), (99.0, 25.0), (97.0, 25.0))
    page.goto(
        written(
            *(tmp_path, data, Selection(area=area)),
            names="my",
            shade="count",
            hide=("gates", "legend", "timeline"),
        )
    )
    page.wait_for_function("window.bordermapLayer && bordermapLayer.visibleRecords().length === 2")
    assert page.evaluate("bordermap.settings") == {
        "hidden": ["gates"],
        "shade": "count",
        "names": "my",
    }
    page.wait_for_function("bordermap.shadesShown().states['MM-17']?.count === 2")
    expect(page.locator("#bm-timeline")).to_be_hidden()
    expect(page.locator(".bordermap-legend")).to_be_hidden()
    expect(page.locator(".bordermap-shades")).to_be_hidden()
    outline = page.locator(".leaflet-bm-outline-pane path").first.bounding_box()
    box = page.locator(".folium-map").bounding_box()
    assert box["x"] <= outline["x"] and box["y"] <= outline["y"]
    assert outline["x"] + outline["width"] <= box["x"] + box["width"]
    assert outline["height"] > 0.4 * box["height"]


def test_the_proof_is_there_as_it_was_given(page, data, tmp_path):
    proof = r'{"title": "\u003c/script\u003e", "records": 3}'
    page.goto(written(tmp_path, data, proof=proof))
    assert page.locator("#bordermap-proof").inner_text() == proof


def test_a_filter_closes_a_record_that_it_hides(opened):
    entries(opened).nth(2).click()
    opened.get_by_label("To", exact=True).fill("2023-12-31")
    expect(opened.locator("#bm-chosen")).to_be_hidden()
    expect(entries(opened)).to_have_count(2)


def test_a_bar_is_a_period_and_again_is_none(opened):
    """The axis is that of November to April, with a bar for each day; 1 December has one."""
    chart = opened.locator(".bm-time-chart")
    box = chart.bounding_box()
    at = {"x": 8 + 30.5 * (box["width"] - 16) / 182, "y": 40}
    chart.click(position=at)
    expect(entries(opened)).to_have_count(1)
    expect(opened.locator(".bm-time-words")).to_have_text("1 Dec 2023")
    assert visible(opened) == [1]
    chart.click(position=at)
    expect(entries(opened)).to_have_count(3)
    assert visible(opened) == [0, 1, 2]


def test_playing_moves_the_map_and_the_list_follows_at_rest(opened):
    opened.get_by_label("Period", exact=True).select_option(label="2023")
    expect(entries(opened)).to_have_count(2)
    opened.get_by_label("Speed").select_option("16")
    opened.get_by_role("button", name="Play", exact=True).click()
    expect(opened.get_by_role("button", name="Pause")).to_be_visible()
    expect(opened.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=20_000)
    expect(opened.locator(".bm-time-words")).to_have_text("Mar – Apr 2024")
    assert visible(opened) == [2]
    expect(entries(opened).locator("strong")).to_have_text("Gate closed")


def test_escape_on_the_timeline_leaves_the_record_alone(opened):
    opened.get_by_label("To", exact=True).fill("2023-12-31")
    expect(entries(opened)).to_have_count(2)
    entries(opened).first.click()
    opened.get_by_role("slider", name="Last day").press("Escape")
    expect(opened.locator(".bm-time-words")).to_have_text("All dates")
    expect(opened.locator("#bm-chosen")).to_be_visible()


def test_it_works_with_the_keyboard(opened):
    entries(opened).first.focus()
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    expect(opened.locator("#bm-panel").get_by_role("heading", level=2)).to_have_text(
        "Talks in Muse"
    )


def test_it_fits_a_phone(opened):
    opened.set_viewport_size({"width": 390, "height": 844})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    box = opened.locator(".folium-map").bounding_box()
    assert box["height"] > 250
    assert box["y"] + 200 < 844


def test_a_title_of_many_pages_leaves_room_for_the_map(page, data, tmp_path):
    page.goto(written(tmp_path, data, title="‮Ünë 🚚 " * 700))
    page.wait_for_function("window.bordermapLayer?.lastDraw > 0")
    assert page.locator(".folium-map").bounding_box()["height"] > 250
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".folium-map").bounding_box()["y"] < 400
