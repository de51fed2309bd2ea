"""The ledger of the gates in a real browser, of a package whose rows are written here."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from bordermap.catalog import default_root

WAIT = 30_000
LWEJE = "zhangfeng-lweje"
LWEJE_NAME = "Zhangfeng (Laying)–Lweje"
MUSE_NAME = "Ruili (Jiegao)–Muse"
UNTOLD = "pianma-hpimaw"
HOSTILE = "![x](http://192.0.2.1/x.png) **bold** :red[r] *since* [here](javascript:alert(1))"
ROWS = [
    (LWEJE, "closed", "2023-07-08", "", "The crossing was closed.", ""),
    (LWEJE, "restricted", "2023-12-07", "reopening", "It reopened in December.", ""),
    (LWEJE, "restricted", "2024-01-17", "reopening", HOSTILE, ""),
    (LWEJE, "open", "2024-02", "", "It opened.", "Kachin Independence Army (KIA)"),
    ("ruili-muse", "open", "2023-01-25", "", "It opened.", ""),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = tmp_path_factory.mktemp("gates") / "geodata"
    shutil.copytree(default_root(), package)
    records = package / "records"
    with (records / "sources.csv").open(encoding="utf-8", newline="") as file:
        source = next(csv.DictReader(file))["id"]
    table = records / "gate_statuses.csv"
    header = table.read_text("utf-8").splitlines()[0].split(",")
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        for number, (gate, status, when, dispute, statement, holder) in enumerate(ROWS):
            writer.writerow(
                {
                    "id": f"row-{number}",
                    "gate": gate,
                    "status": status,
                    "date_edtf": when,
                    "dispute": dispute,
                    "statement": statement,
                    "holder": holder,
                    "basis": "change",
                    "sources": source,
                    "confidence": "high",
                }
            )
    return package


@pytest.fixture
def app(start_app, package):
    return start_app(env={"BORDERMAP_GEODATA": str(package)})


def frame(page: Page) -> FrameLocator:
    return page.frame_locator(".st-key-map iframe")


def gates_shown(page: Page, day: str) -> dict[str, dict[str, object]]:
    """Wait until the map shows the gates on a day and return what it says of them."""
    frame(page).get_by_test_id("bordermap-status").wait_for(state="attached", timeout=WAIT)
    inside = next(part for part in page.frames if "streamlit_folium" in part.url)
    inside.wait_for_function("day => bordermap.gatesShown().day === day", arg=day, timeout=WAIT)
    return inside.evaluate("bordermap.gatesShown().gates")


def test_the_map_shows_the_gates_on_the_last_day_of_the_period(page, app):
    page.goto(f"{app}/?to=2023-12-31&view=24.2,97.7,9")
    gates = gates_shown(page, "31 Dec 2023")
    assert len(gates) == 30
    assert gates[LWEJE]["statuses"] == ["restricted", "closed"]
    assert gates[UNTOLD] == {"statuses": ["unknown"], "words": "Not known"}
    disputed = f"{LWEJE_NAME}: Restricted or closed: sources disagree"
    mark = frame(page).get_by_role("button", name=disputed)
    expect(mark).to_be_attached()
    before = mark.locator("svg g").inner_html()
    legend = frame(page).locator(".bordermap-gates-legend h4")
    expect(legend).to_have_text("Gates on 31 Dec 2023, as sources say")
    page.evaluate("document.querySelector('.st-key-map iframe').dataset.same = 'yes'")

    page.get_by_label("Period", exact=True).select_option(label="2024")
    gates = gates_shown(page, "31 Dec 2024")
    assert gates[LWEJE] == {"statuses": ["open"], "words": "Open since Feb 2024"}
    mark = frame(page).get_by_role("button", name=f"{LWEJE_NAME}: Open since Feb 2024")
    assert mark.locator("svg g").inner_html() != before
    expect(page.locator(".st-key-map iframe")).to_have_attribute("data-same", "yes")
    mark.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"gate={LWEJE}"), timeout=WAIT)


def test_the_strips_show_the_ledger_and_lead_to_the_gate(page, app):
    page.goto(f"{app}/?from=2023-10-01&to=2023-12-31")
    page.get_by_role("tab", name="Gates").click()
    strips = page.get_by_test_id("strips")
    names = strips.locator(".bm-name")
    expect(names).to_have_text([LWEJE_NAME, MUSE_NAME], timeout=WAIT)
    expect(strips.get_by_text("No source tells of")).to_contain_text("Pianma–Hpimaw")
    track = strips.get_by_role("group", name=re.compile(LWEJE_NAME.split()[0]))
    parts = track.locator(".bm-part")
    said = ["", "closed", "restricted closed", "restricted", "open", ""]
    expect(parts).to_have_count(len(said), timeout=WAIT)
    for number, statuses in enumerate(said):
        expect(parts.nth(number)).to_have_attribute("data-statuses", statuses)
    assert parts.nth(2).evaluate("part => part.classList.contains('bm-disputed')")
    parts.nth(2).hover()
    expect(strips.get_by_role("status")).to_contain_text("sources disagree")
    track.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(strips.get_by_role("status")).to_contain_text("Closed since 8 Jul 2023")
    names.first.click()
    expect(page).to_have_url(re.compile(rf"/gates\?gate={LWEJE}"), timeout=WAIT)
    expect(page.get_by_role("heading", name=LWEJE_NAME)).to_be_visible(timeout=WAIT)


def test_the_page_of_a_gate_has_an_address_and_shows_who_disagrees(page, app):
    page.goto(f"{app}/gates?gate={LWEJE}&day=2024-01-10")
    expect(page.get_by_role("heading", name=LWEJE_NAME)).to_be_visible(timeout=WAIT)
    said = "On 10 Jan 2024: Restricted or closed: sources disagree"
    expect(page.get_by_text(said, exact=True)).to_be_visible()
    dispute = page.locator(".st-key-dispute-reopening")
    expect(dispute.get_by_role("heading", name="Sources disagree")).to_be_visible()
    expect(dispute.get_by_text("It reopened in December.")).to_be_visible()
    expect(dispute.get_by_text(HOSTILE)).to_be_visible()
    expect(dispute.get_by_text("It opened.")).to_have_count(0)
    expect(dispute.locator("a[href^='https://']")).to_have_count(2)
    expect(dispute.locator("a[href^='javascript']")).to_have_count(0)
    assert page.locator("img[src*='192.0.2.1']").count() == 0

    page.get_by_role("link", name="Records within 50 km").click()
    expect(page).to_have_url(re.compile(rf"/\?.*gate={LWEJE}"), timeout=WAIT)


def test_the_day_changes_what_is_known(page, app):
    page.goto(f"{app}/gates?day=2023-02-01")
    expect(page.get_by_text("On 1 Feb 2023")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("1 open, 29 not known")).to_be_visible()
    page.goto(f"{app}/gates?day=2023-12-31")
    expect(page.get_by_text("1 open, 28 not known, on 1 of them sources disagree")).to_be_visible(
        timeout=WAIT
    )
    page.go_back()
    expect(page.get_by_text("1 open, 29 not known")).to_be_visible(timeout=WAIT)


def test_a_gate_of_which_no_source_tells_says_so(page, app):
    page.goto(f"{app}/gates?gate={UNTOLD}")
    expect(page.get_by_text("No source that was read says")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile("^On .*: Not known$"))).to_be_visible()


def test_rubbish_in_the_address_is_named_and_ignored(page, app):
    page.goto(f"{app}/gates?gate=nowhere&day=2024-13-40")
    for named in ("nowhere", "2024-13-40"):
        expect(page.get_by_text(named).first).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("strips")).to_be_visible()


def test_the_page_fits_a_phone(page, app):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/gates?gate={LWEJE}")
    expect(page.get_by_test_id("strips").first).to_be_visible(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
