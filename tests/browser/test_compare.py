"""The page that sets incidents before a meeting against those after it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from pyproj import Geod

from bordermap import catalog as catalogs
from bordermap.analysis.chance import CAVEAT, LEAST_INCIDENTS
from bordermap.model.dates import PartialDate

from .conftest import _running_app

if TYPE_CHECKING:
    from conftest import Package

WAIT = 30_000
GEOD = Geod(ellps="WGS84")
MEETING = "2022-05-20-lens-meeting"
FIRST, LAST = date(2022, 5, 20), date(2022, 5, 21)
CENTRE = (92.9, 13.9)
"""In the sea, far from all that is on record."""

EVIL = "**bold** :red[r] ![x](http://192.0.2.1/x.png) $x$ a < b"
INCIDENTS = (
    # days before or after the meeting, kilometres from the centre, category
    *((-days, km, "armed_clash") for days, km in ((1, 10), (6, 20), (7, 30), (8, 40), (20, 5))),
    *((-days, km, "airstrike_shelling") for days, km in ((3, 150), (14, 60), (25, 24), (29, 90))),
    *((-days, km, "trade") for days, km in ((31, 10), (45, 26), (60, 199), (80, 40), (91, 1))),
    *((days, km, "armed_clash") for days, km in ((1, 80), (30, 15), (31, 3), (89, 110))),
    (0, 2, "other"),
)


def counted(days: int, km: float) -> tuple[int, int]:
    """Return how many of the incidents lie before and after, one by one."""
    near = [offset for offset, away, _ in INCIDENTS if away <= km]
    before = sum(1 for offset in near if -days <= offset < 0)
    return before, sum(1 for offset in near if 0 < offset <= days)


def with_incidents(package: Package) -> Package:
    """Add a meeting in a lonely place and incidents at known distances and days from it."""
    places, records = [], []
    plain = {
        "name_zh": "",
        "name_my": "",
        "aliases": "",
        "country": "MM",
        "region": "",
        "kind": "town",
        "geo_precision": "exact",
        "coordinate_source": "made up",
        "site_class": "",
        "note": "",
    }
    empty = dict.fromkeys(package.rows("records")[0], "")
    shared = empty | {
        "scope": "border",
        "confidence": "high",
        "sources": package.rows("sources")[0]["id"],
    }
    places.append(
        plain
        | {
            "id": "lens-centre",
            "name": "Lens centre",
            "longitude": f"{CENTRE[0]}",
            "latitude": f"{CENTRE[1]}",
        }
    )
    records.append(
        shared
        | {
            "id": MEETING,
            "kind": "meeting",
            "category": "bilateral_talks",
            "title": EVIL,
            "date_edtf": f"{FIRST}/{LAST}",
            "places": "venue:beijing;subject:lens-centre",
        }
    )
    for number, (offset, km, category) in enumerate(INCIDENTS):
        x, y, _ = GEOD.fwd(*CENTRE, number * 37 % 360, km * 1000 - 20)
        day = (LAST if offset > 0 else FIRST) + timedelta(offset)
        places.append(
            plain
            | {
                "id": f"lens-{number}",
                "name": f"Lens place {number}",
                "longitude": f"{x:.6f}",
                "latitude": f"{y:.6f}",
            }
        )
        records.append(
            shared
            | {
                "id": f"{day}-lens-{number}",
                "kind": "incident",
                "category": category,
                "title": f"Lens incident {number} {EVIL}",
                "date_edtf": f"{day}",
                "places": f"location:lens-{number}",
            }
        )
    package.add("places", *places)
    package.add("records", *records)
    known = set(package.load().records["id"].to_pylist())
    assert {record["id"] for record in records} <= known
    return package


@pytest.fixture(scope="module")
def lens_app(
    new_package: Callable[[], Package], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of an app with a meeting around which everything is known."""
    package = with_incidents(new_package())
    log = tmp_path_factory.mktemp("lens") / "log"
    with _running_app(log, env={"BORDERMAP_GEODATA": str(package.root)}) as address:
        yield address


def opened(page: Page, server: str, **query: object) -> None:
    address = "&".join(f"{key}={value}" for key, value in query.items())
    page.goto(f"{server}/compare?{address}")
    expect(page.get_by_role("heading", name="Before and after")).to_be_visible(timeout=WAIT)


def shows(page: Page, before: int, after: int, during: int | None = None) -> None:
    for side, number in (("before", before), ("after", after), ("during", during)):
        if number is not None:
            value = page.locator(f".st-key-compare-{side}").get_by_test_id("stMetricValue")
            expect(value).to_have_text(str(number), timeout=WAIT)


def pick(page: Page, control: str, option: str) -> None:
    page.locator(f".st-key-compare-{control}").get_by_text(option, exact=True).click()


@pytest.mark.parametrize(("days", "km"), [(7, 25), (30, 50), (30, 100), (90, 200)])
def test_the_numbers_are_those_of_a_count_one_by_one(page, lens_app, days, km):
    opened(page, lens_app, record=MEETING, days=days, km=km, centre="subject")
    before, after = counted(days, km)
    shows(page, before, after, 1)
    said = page.locator(".st-key-compare-verdict")
    few = before + after < LEAST_INCIDENTS
    assert few == ((days, km) in {(7, 25), (30, 50)}), "both states of the guard are seen"
    if few:
        expect(said).to_contain_text(f"Too few to conclude anything: {before} before, {after}")
    else:
        expect(said).to_contain_text("by chance")
        expect(said).to_contain_text(f"{before} before, {after} after")
    expect(said).to_contain_text(CAVEAT)


def test_the_controls_change_the_numbers_and_the_address(page, lens_app):
    opened(page, lens_app, record=MEETING, days=7, km=25)
    shows(page, *counted(7, 25))
    expect(page.get_by_text("Too few to conclude anything")).to_be_visible()
    pick(page, "days", "90")
    shows(page, *counted(90, 25))
    pick(page, "km", "200")
    shows(page, *counted(90, 200))
    expect(page.get_by_text("Too few to conclude anything")).to_have_count(0, timeout=WAIT)
    expect(page).to_have_url(re.compile("days=90.*km=200"), timeout=WAIT)
    assert parse_qs(urlsplit(page.url).query) == {
        "record": [MEETING],
        "days": ["90"],
        "km": ["200"],
        "centre": ["subject"],
    }
    page.reload()
    shows(page, *counted(90, 200))
    pick(page, "km", "Any")
    expect(page.get_by_text("at any place")).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile("km=any"), timeout=WAIT)


def test_another_centre_is_another_count(page, lens_app):
    opened(page, lens_app, record=MEETING, days=90, km=25, centre="lens-12")
    own = page.get_by_text("within 25 km of Lens place 12", exact=False)
    expect(own).to_be_visible(timeout=WAIT)
    around = GEOD.fwd(*CENTRE, 12 * 37 % 360, INCIDENTS[12][1] * 1000 - 20)[:2]
    near = [
        offset
        for number, (offset, km, _) in enumerate(INCIDENTS)
        if GEOD.inv(*around, *GEOD.fwd(*CENTRE, number * 37 % 360, km * 1000 - 20)[:2])[2] <= 25_000
    ]
    before = sum(-90 <= offset < 0 for offset in near)
    after = sum(0 < offset <= 90 for offset in near)
    assert before + after > 0
    assert (before, after) != counted(90, 25)
    shows(page, before, after)


def test_nothing_on_record_says_so(page, lens_app):
    opened(page, lens_app, record=MEETING, days=7, km=25, centre="lens-11")
    shows(page, 0, 0, 0)
    expect(page.get_by_text("No incident is on record here")).to_be_visible(timeout=WAIT)
    expect(page.locator(".st-key-compare img")).to_have_count(0)
    assert page.get_by_text("Traceback").count() == 0


def test_bad_values_are_named_and_replaced(page, lens_app):
    opened(page, lens_app, record="nothing", days=45, km="far", centre="%3Cscript%3E")
    notice = page.get_by_text("Parts of the address could not be used")
    expect(notice).to_be_visible(timeout=WAIT)
    for named in ("'nothing'", "'45'", "'far'", "'<script>'"):
        expect(page.get_by_text(named).first).to_be_visible()
    expect(page).to_have_url(re.compile("days=30&km=100&centre=subject"), timeout=WAIT)
    pick(page, "days", "60")
    expect(notice).to_have_count(0, timeout=WAIT)


def test_markup_in_the_data_is_shown_as_text(page, lens_app):
    opened(page, lens_app, record=MEETING, days=30, km=100)
    shows(page, *counted(30, 100))
    expect(page.get_by_role("link", name=EVIL, exact=True)).to_be_visible(timeout=WAIT)
    expect(
        page.get_by_role("link", name=re.compile(r"Lens incident 0 \*\*bold\*\* :red\[r\]"))
    ).to_be_visible()
    assert page.locator("img[src*='192.0.2.1']").count() == 0


def test_an_incident_leads_to_its_record(page, lens_app):
    opened(page, lens_app, record=MEETING, days=30, km=100)
    link = page.locator(".st-key-compare-list-before").get_by_role(
        "link", name=re.compile("Lens incident 0 ")
    )
    link.click(timeout=WAIT)
    expect(page).to_have_url(re.compile(r"/record\?id=2022-05-19-lens-0"), timeout=WAIT)
    page.go_back()
    shows(page, *counted(30, 100))


def test_the_file_holds_both_sides(page, lens_app, tmp_path):
    opened(page, lens_app, record=MEETING, days=30, km=100)
    shows(page, *counted(30, 100))
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Download both sides").click(timeout=WAIT)
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    rows = list(csv.DictReader(io.StringIO(saved.read_text("utf-8"))))
    sides = [row["side"] for row in rows]
    assert (sides.count("before"), sides.count("after")) == counted(30, 100)
    for row in rows:
        day = PartialDate.parse(row["date_edtf"]).start
        assert (row["side"] == "before") == (day < FIRST)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_page_fits_the_screen(page, lens_app, size):
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    opened(page, lens_app, record=MEETING, days=30, km=100)
    shows(page, *counted(30, 100))
    for side in ("before", "after"):
        picture = page.locator(f".st-key-compare-map-{side} img")
        expect(picture).to_be_visible(timeout=WAIT)
        expect(picture).to_have_attribute("alt", re.compile(f"incidents? {side} the meeting"))
        box = picture.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    numbers = [page.locator(f".st-key-compare-{s}").bounding_box() for s in ("before", "after")]
    assert abs(numbers[0]["y"] - numbers[1]["y"]) < 2, "side by side"
    verdict = page.locator(".st-key-compare-verdict").bounding_box()
    assert verdict["y"] < height, "the guard is in sight at once"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_is_found_from_the_map_and_keeps_its_state(page, lens_app, requests_made):
    opened(page, lens_app, record=MEETING, days=60, km=50)
    shows(page, *counted(60, 50))
    page.get_by_role("link", name="Claims").click()
    expect(page.get_by_role("heading", name="Claims")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Before and after").click()
    shows(page, *counted(60, 50))
    expect(page).to_have_url(re.compile(f"record={MEETING}&days=60&km=50"), timeout=WAIT)
    local = ("127.0.0.1", "localhost")
    away = [
        url
        for url in requests_made
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname not in local
    ]
    assert away == []


def test_the_kunming_talks_of_january_2024_are_shown_at_first(page, app_server):
    records = catalogs.load().records.select(["id", "kind", "category", "date_start", "date_end"])
    talks = [
        record["id"]
        for record in records.to_pylist()
        if record["kind"] == "meeting"
        and record["category"] == "ceasefire_talks"
        and record["date_start"]
        and record["date_end"]
        and record["date_start"] <= date(2024, 1, 11)
        and record["date_end"] >= date(2024, 1, 10)
        and (record["date_end"] - record["date_start"]).days <= 3
    ]
    assert len(talks) == 1, "the ceasefire agreed in Kunming in January 2024 is on record"
    page.goto(f"{app_server}/compare")
    expect(page).to_have_url(re.compile(f"record={talks[0]}&"), timeout=WAIT)
    before = page.locator(".st-key-compare-before").get_by_test_id("stMetricValue")
    expect(before).to_have_text(re.compile(r"^[1-9]\d*$"), timeout=WAIT)
    expect(page.locator(".st-key-compare-verdict")).to_contain_text(CAVEAT)
    for side in ("before", "after"):
        expect(page.locator(f".st-key-compare-map-{side} img")).to_be_visible(timeout=WAIT)
