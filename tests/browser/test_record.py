"""The page of one record, and its relations in the panel."""

from __future__ import annotations

import csv
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bordermap.catalog import default_root, load
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot.making import make
from bordermap.snapshot.spec import Spec

WAIT = 30_000
LWEGEL = "2024-04-lwegel-kia"
EXERCISE = "2024-04-02-pla-live-fire-exercise"
TALKS = "2023-08-28-border-talks-beijing"
with (default_root() / "records" / "records.csv").open(encoding="utf-8", newline="") as file:
    TITLES = {row["id"]: row["title"] for row in csv.DictReader(file)}
EVIL = "<img src=x onerror=alert(1)> **bold** ![x](http://192.0.2.1/x.png) :red[r] [a](http://b)"


def opened(page: Page, server: str, record: str, title: str | None = None) -> Page:
    """Open the page of a record and wait until it is all there."""
    page.goto(f"{server}/record?id={record}")
    shows(page, title or TITLES[record])
    return page


def shows(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=WAIT)
    expect(page.get_by_role("button", name="BibTeX")).to_be_visible(timeout=WAIT)


@pytest.fixture(scope="module")
def related(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the data package in which three records are related, one in hostile words."""
    root = tmp_path_factory.mktemp("related") / "geodata"
    shutil.copytree(default_root(), root, ignore=shutil.ignore_patterns("build"))
    with (root / "records" / "relations.csv").open("w", encoding="utf-8") as file:
        file.write("from_record,to_record,type,note\n")
        file.write(f"{LWEGEL},{EXERCISE},responds_to,{EVIL}\n")
        file.write(f"{TALKS},{LWEGEL},concerns,\n")
    return root


def test_a_record_with_all_that_is_known_of_it(page, app_server, requests_made):
    opened(page, app_server, EXERCISE)
    expect(page).to_have_title(re.compile("Chinese army holds live-fire exercise.*bordermap"))
    main = page.get_by_test_id("stMain")
    for words in (
        "Incident · Military exercise",
        "2–3 Apr 2024 (range of days)",
        "Laiza, what it concerns (exact place) · Kachin State · 0.2 km from the border",
        "Reprint of TASS",
        "High confidence · scope: border",
        "A disc: known to a district only.",
    ):
        expect(main.get_by_text(words).first).to_be_visible()
    link = page.get_by_role("link", name="Joint live-fire exercise")
    assert link.get_attribute("href").startswith("http://eng.chinamil.com.cn/")
    picture = page.locator(".st-key-record img")
    page.wait_for_function("document.querySelector('.st-key-record img')?.naturalWidth > 500")
    box = picture.bounding_box()
    assert box["width"] > 350
    assert not [url for url in requests_made if "127.0.0.1" not in url and url.startswith("http")]


def test_close_records_lead_to_their_pages_and_back(page, app_server):
    opened(page, app_server, LWEGEL)
    close = page.get_by_role(
        "link", name=re.compile("Chinese army holds live-fire exercise opp.*km")
    )
    expect(close).to_contain_text("2–3 Apr 2024")
    expect(close).to_contain_text("overlapping dates")
    close.first.click()
    shows(page, TITLES[EXERCISE])
    expect(page).to_have_url(re.compile(f"id={EXERCISE}"))
    expect(page).to_have_title(re.compile("^Chinese army"))
    page.go_back()
    shows(page, TITLES[LWEGEL])


def test_an_actor_leads_to_the_page_of_actors(page, app_server):
    opened(page, app_server, LWEGEL)
    page.get_by_role("link", name="Kachin Independence Army (KIA)").click()
    expect(page).to_have_url(re.compile(r"/actors\?actor="), timeout=WAIT)


def test_a_record_is_shown_on_the_map_and_the_map_leads_to_its_page(page, app_server):
    opened(page, app_server, LWEGEL)
    page.get_by_role("link", name="Show on the map").click()
    panel = page.get_by_test_id("record-panel")
    expect(panel.get_by_role("heading", name=TITLES[LWEGEL])).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile(rf"[?&]record={LWEGEL}"))
    page.get_by_role("link", name="Record's page").click()
    shows(page, TITLES[LWEGEL])


@pytest.mark.parametrize(
    ("button", "suffix", "first", "held"),
    [
        ("BibTeX", ".bib", "@misc{bordermap-2024-04-lwegel-kia,", "eventdate"),
        ("RIS", ".ris", "TY  - DATA\r\n", "\r\nER  - \r\n"),
        ("Text", ".txt", "bordermap contributors (", "Accessed "),
    ],
)
def test_a_record_can_be_cited(page, app_server, button, suffix, first, held):
    opened(page, app_server, LWEGEL)
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    assert download.value.suggested_filename == f"bordermap-{LWEGEL}{suffix}"
    said = Path(download.value.path()).read_bytes().decode()
    assert said.startswith(first)
    assert held in said
    assert TITLES[LWEGEL] in said
    assert "127.0.0.1" not in said
    expect(page.get_by_test_id("stCode")).to_contain_text("bordermap contributors (")


def test_a_record_without_a_place_says_so(page, app_server):
    dataset = Dataset.of(load())
    unplaced = next(
        record["id"]
        for record in map(dataset.record, range(len(dataset.records)))
        if {place["geo_precision"] for place in record["places"]} == {"country"}
    )
    opened(page, app_server, unplaced)
    expect(page.get_by_text("No place of this record is known closely enough")).to_be_visible()
    expect(page.get_by_text(re.compile("Not on the map: .*country"))).to_be_visible()


@pytest.mark.parametrize("query", ["?id=2024-04-lwegel", "?id=%3Cb%3E**x**", "?id=", ""])
def test_an_unknown_record_is_searched_for(page, app_server, query):
    page.goto(f"{app_server}/record{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile("Record not found|No record chosen"), timeout=WAIT
    )
    assert page.locator(".stException").count() == 0
    search = page.get_by_label("Search the records")
    search.fill("nothing of the kind")
    search.press("Enter")
    expect(page.get_by_text("No record has these words.")).to_be_visible(timeout=WAIT)
    search.fill("Independence Army takes Lwegel")
    search.press("Enter")
    page.get_by_role("link", name=TITLES[LWEGEL]).last.click()
    shows(page, TITLES[LWEGEL])


def test_relations_both_ways_on_the_page_and_in_the_panel(page, start_app, related):
    server = start_app(env={"BORDERMAP_GEODATA": str(related)})
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    opened(page, server, LWEGEL)
    for words in ("Responds to", "Taken up at", EVIL):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    page.get_by_role("link", name=f"28–29 Aug 2023: {TITLES[TALKS]}").first.click()
    shows(page, TITLES[TALKS])
    expect(page.get_by_text("Talks about", exact=True)).to_be_visible()

    page.goto(f"{server}/?record={LWEGEL}")
    panel = page.get_by_test_id("record-panel")
    expect(panel.get_by_text(EVIL, exact=True)).to_be_visible(timeout=WAIT)
    assert "Taken up at China and Myanmar hold two days" in " ".join(panel.inner_text().split())
    panel.get_by_role("button", name=TITLES[EXERCISE]).press("Enter")
    expect(panel.get_by_role("heading", name=TITLES[EXERCISE])).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile(f"record={EXERCISE}"))
    expect(panel.get_by_text("Answered by")).to_be_visible()
    panel.get_by_role("button", name=TITLES[LWEGEL]).click()
    expect(panel.get_by_role("heading", name=TITLES[LWEGEL])).to_be_visible(timeout=WAIT)
    assert alerts == []
    assert page.locator("img[src='x'], img[src*='192.0.2.1']").count() == 0


def test_relations_in_the_page_that_stands_alone(page, related, tmp_path):
    catalog = load(related)
    selection = Selection(regions=("MM-11",), kinds=("incident",))
    path = tmp_path / "page.html"
    spec = Spec(selection=selection, made_on=date(2026, 5, 1))
    path.write_bytes(make(spec, ".html", catalog, Dataset.of(catalog)).body)
    page.goto(path.as_uri())
    page.wait_for_function("window.bordermapLayer")
    page.locator("#bm-list button", has_text=TITLES[LWEGEL]).click()
    panel = page.locator("#bm-panel")
    expect(panel.get_by_text(TITLES[TALKS])).to_be_visible()
    assert panel.get_by_role("button", name=TITLES[TALKS]).count() == 0
    panel.get_by_role("button", name=TITLES[EXERCISE]).click()
    expect(panel.get_by_role("heading", level=2)).to_have_text(TITLES[EXERCISE])
    row = page.evaluate("bordermapLayer.chosen")
    assert page.locator("#bm-list li").nth(row).inner_text().find(TITLES[EXERCISE]) >= 0


@pytest.mark.parametrize("record", [LWEGEL, EXERCISE, TALKS])
def test_a_record_fits_a_phone(page, app_server, record):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, app_server, record)
    page.wait_for_function("document.querySelector('.st-key-record img')?.naturalWidth > 500")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = page.evaluate(
        "[...document.querySelectorAll('.st-key-record .stPageLink p')]"
        ".filter((p) => p.scrollWidth > p.clientWidth + 1).length"
    )
    assert cut == 0
