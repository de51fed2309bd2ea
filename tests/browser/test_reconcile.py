"""The page that reconciles two datasets in a real browser, with events that were made up."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from invented import acled
from playwright.sync_api import Page, expect

from bordermap import catalog as catalogs
from bordermap import engine
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import FAMILIES, POINT_PRECISIONS, Family
from bordermap.store import Store

from .conftest import _running_app
from .test_app import WAIT, leaves_the_machine

HOSTILE = "=1+1 <img src=http://192.0.2.1/x.png> ![x](http://192.0.2.1/y.png)"
PERIOD = (date(2022, 1, 1), date(2023, 12, 31))
TAKEN = 6


@pytest.fixture(scope="module")
def chronology() -> Catalog:
    return catalogs.load(None)


@pytest.fixture(scope="module")
def taken(chronology) -> list[dict]:
    """Clashes of the chronology that the imported file has too, months apart."""
    found: list[dict] = []
    for record in chronology.records.to_pylist():
        if (
            record["geo_precision"] in ("exact", "near")
            and FAMILIES[record["category"]] == Family.FIGHTING
            and record["date_precision"] == "day"
            and PERIOD[0] <= record["date_start"] <= PERIOD[1]
            and (not found or (record["date_start"] - found[-1]["date_start"]).days > 20)
        ):
            found.append(record)
    return found[:TAKEN]


@pytest.fixture(scope="module")
def app(tmp_path_factory, chronology, taken):
    """Address of an app with one imported dataset."""
    folder = tmp_path_factory.mktemp("reconcile")
    rows = [
        {
            "event_date": record["date_start"].isoformat(),
            "longitude": str(record["longitude"]),
            "latitude": str(record["latitude"]),
            "geo_precision": "2",
            "location": HOSTILE,
        }
        for record in taken
    ]
    rows.append({"event_date": "2022-02-02", "longitude": "93.0", "latitude": "17.0"})
    rows.append({"event_date": "2023-03-03", "geo_precision": "3", "location": "Shan"})
    file = folder / "invented.csv"
    file.write_text(acled(*rows), "utf-8")
    store = Store(folder / "data")
    with engine.stage(store, [file], "invented", catalog=chronology) as staged:
        assert staged.commit().rows == len(rows)
    with _running_app(folder / "log", env={"BORDERMAP_DATA": str(folder / "data")}) as address:
        yield address


def number(page: Page, name: str) -> int:
    shown = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{name}"))
    text = shown.get_by_test_id("stMetricValue").text_content(timeout=WAIT)
    return int(text.replace(",", ""))


def shows(page: Page, name: str, count: int) -> None:
    shown = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{name}"))
    expect(shown.get_by_test_id("stMetricValue")).to_have_text(f"{count:,}", timeout=WAIT)


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def choose_first_row(page: Page) -> None:
    table = page.get_by_test_id("stDataFrame").filter(visible=True).first
    table.scroll_into_view_if_needed(timeout=WAIT)
    page.wait_for_timeout(500)
    box = table.bounding_box()
    page.mouse.click(box["x"] + 15, box["y"] + 53)


def vague(chronology: Catalog) -> int:
    """Return how many incidents of the chronology cannot be compared."""
    return sum(
        record["kind"] == "incident"
        and (
            record["geo_precision"] not in POINT_PRECISIONS
            or record["longitude"] is None
            or (record["date_start"] is None and record["date_end"] is None)
        )
        for record in chronology.records.to_pylist()
    )


def test_without_an_import_the_page_leads_to_one(page, app_server):
    page.goto(f"{app_server}/reconcile")
    expect(page.get_by_text("There is nothing to compare")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Import a file").click()
    expect(page.get_by_role("heading", name="Import", level=1)).to_be_visible(timeout=WAIT)


def test_what_both_have_and_what_only_one_has(page, app, taken, chronology, requests_made):
    page.goto(f"{app}/reconcile")
    expect(page.get_by_text("How this is matched")).to_be_visible(timeout=WAIT)
    assert query(page) == {
        "first": ["curated"],
        "second": ["invented"],
        "days": ["3"],
        "km": ["20"],
    }
    shows(page, "Matched", len(taken))
    shows(page, "Only in invented", 1)
    shows(page, "Cannot be compared", vague(chronology) + 1)
    incidents = chronology.records["kind"].to_pylist().count("incident")
    shows(page, "Only in the chronology", incidents - vague(chronology) - len(taken))

    choose_first_row(page)
    expect(page.get_by_text("Same days, 0.0 km apart").first).to_be_visible(timeout=WAIT)
    title = page.get_by_text(taken[0]["title"]).filter(visible=True)
    expect(title.first).to_be_visible(timeout=WAIT)
    assert page.locator("img[src*='192.0.2.1']").count() == 0
    there = page.get_by_role("link", name="On the map")
    expect(there).to_have_count(2, timeout=WAIT)
    curated, imported = (
        parse_qs(urlsplit(there.nth(side).get_attribute("href")).query) for side in (0, 1)
    )
    assert curated == {"record": [taken[0]["id"]]}
    assert imported["dataset"] == ["invented"]
    assert imported["record"][0].startswith("invented/MMR")
    assert leaves_the_machine(requests_made) == []


def test_the_download_has_every_record(page, app, taken):
    page.goto(f"{app}/reconcile?first=curated&second=invented&days=0&km=1")
    shows(page, "Matched", len(taken))
    counts = {
        name: number(page, name)
        for name in ("Matched", "Only in the chronology", "Only in invented", "Cannot be compared")
    }
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Download (CSV)").click()
    assert download.value.suggested_filename == (
        "bordermap_reconcile_curated_invented_0-days_1-km.csv"
    )
    text = Path(download.value.path()).read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    found = dict.fromkeys({row["status"] for row in rows}, 0)
    for row in rows:
        found[row["status"]] += 1
    assert list(counts.values()) == [
        found[status]
        for status in ("matched", "only in first", "only in second", "cannot be compared")
    ]
    matched = {row["first_id"] for row in rows if row["status"] == "matched"}
    assert matched == {record["id"] for record in taken}
    assert {row["second_places"][:5] for row in rows if row["status"] == "matched"} == {"'=1+1"}


def test_the_address_holds_the_choice_and_names_what_is_wrong(page, app, taken):
    page.goto(f"{app}/reconcile?first=invented&second=curated&days=400&km=5&category=any")
    expect(page.get_by_text("'400' is not a number from 0 to 366")).to_be_visible(timeout=WAIT)
    shows(page, "Only in the chronology", number(page, "Only in the chronology"))
    assert query(page) == {
        "first": ["invented"],
        "second": ["curated"],
        "days": ["3"],
        "km": ["5"],
        "category": ["any"],
    }
    page.get_by_label("Days apart, at most").fill("0")
    page.get_by_label("Days apart, at most").press("Enter")
    expect(page).to_have_url(re.compile("days=0"), timeout=WAIT)
    shows(page, "Matched", len(taken))
    page.goto(f"{app}/reconcile?first=invented&second=gone")
    expect(page.get_by_text("there is no dataset 'gone'")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Choose two different datasets.")).to_be_visible(timeout=WAIT)


def test_a_period_narrows_what_is_shown_and_not_what_is_matched(page, app, taken):
    page.goto(f"{app}/reconcile")
    shows(page, "Only in invented", 1)
    everything = number(page, "Only in the chronology")
    page.get_by_role("button", name="Only the time that both cover").click()
    expect(page).to_have_url(re.compile(r"from=2022-02-02"), timeout=WAIT)
    shows(page, "Matched", len([r for r in taken if r["date_start"] >= date(2022, 2, 2)]))
    assert number(page, "Only in the chronology") < everything
    first = taken[0]["date_start"].isoformat()
    page.goto(f"{app}/reconcile?from={first}&to={first}")
    shows(page, "Matched", 1)
    shows(page, "Only in invented", 0)
    page.goto(f"{app}/reconcile?from=1950-01-01&to=1950-02-01")
    expect(page.get_by_text("Neither dataset has a record")).to_be_visible(timeout=WAIT)
    page.goto(f"{app}/reconcile?from={first}&to={first}&region=CN-BJ")
    expect(page.get_by_text("Neither dataset has a record")).to_be_visible(timeout=WAIT)


def test_other_lists_are_there_and_the_page_fits_a_phone(page, app):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/reconcile")
    expect(page.get_by_text("How this is matched")).to_be_visible(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("tab", name="Only in invented (1)").click()
    choose_first_row(page)
    expect(page.get_by_role("link", name="On the map").filter(visible=True)).to_have_count(
        1, timeout=WAIT
    )
    page.get_by_role("tab", name=re.compile("Cannot be compared")).click()
    expect(page.get_by_text("invented (1)", exact=True)).to_be_visible(timeout=WAIT)
