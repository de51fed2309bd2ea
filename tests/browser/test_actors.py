"""The page of the actors, and the tray under the map."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from .test_app import WAIT, leaves_the_machine, printed

KIA = "Kachin Independence Army (KIA)"
MILITARY = "Myanmar military"
PHONE = {"width": 390, "height": 844}


def shows_actor(page: Page, name: str, identifier: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile(rf"/actors\?actor={identifier}$"), timeout=WAIT)


def test_an_alias_leads_to_the_actor_and_its_records(page, app_server, requests_made):
    page.goto(f"{app_server}/actors?actor=KIO")
    shows_actor(page, KIA, "kia")
    count = len(printed("--actor", "KIA"))
    expect(page.get_by_text(f"{count} records, context included")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(f"1–20 of {count}")).to_be_visible(timeout=WAIT)
    links = page.locator('a[href*="record?id="]')
    expect(links).to_have_count(20, timeout=WAIT)
    newest = {links.nth(row).get_attribute("href") for row in range(20)}
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text(f"21–40 of {count}")).to_be_visible(timeout=WAIT)
    expect(links).to_have_count(20, timeout=WAIT)
    assert not newest & {links.nth(row).get_attribute("href") for row in range(20)}
    page.get_by_text("Oldest first").click()
    expect(links.first).to_have_text(re.compile("2021"), timeout=WAIT)
    assert leaves_the_machine(requests_made) == []


def test_from_actor_to_actor_and_back(page, app_server):
    page.goto(f"{app_server}/actors?actor=kia")
    shows_actor(page, KIA, "kia")
    page.get_by_role("link", name=re.compile(rf"^{MILITARY} \(\d+\)$")).click()
    shows_actor(page, MILITARY, "myanmar-military")
    page.get_by_role("link", name="All actors").click()
    expect(page.get_by_text("The most frequent over time")).to_be_visible(timeout=WAIT)
    assert urlsplit(page.url).query == ""
    page.go_back()
    shows_actor(page, MILITARY, "myanmar-military")
    page.go_back()
    shows_actor(page, KIA, "kia")


def test_leaving_context_out_and_the_map(page, app_server):
    scopes = [o for s in ("border", "corridor", "network", "diplomacy") for o in ("--scope", s)]
    fewer = len(printed("--actor", "KIA", *scopes))
    assert fewer < len(printed("--actor", "KIA"))
    page.goto(f"{app_server}/actors?actor=kia")
    shows_actor(page, KIA, "kia")
    page.get_by_text("Leave context out").click()
    expect(page.get_by_text(f"{fewer} records, without context")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Show on the map").click()
    expect(page.get_by_text(re.compile(rf"^{fewer} of \d+ records"))).to_be_visible(timeout=WAIT)
    chip = page.get_by_role("button", name=re.compile("Kachin Independence"))
    expect(chip).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize("text", ["kachin independence organisation", "KIO/KIA"])
def test_the_table_is_searched_by_alias_and_opens_an_actor(page, app_server, text):
    page.goto(f"{app_server}/actors")
    expect(page.get_by_text("The most frequent over time")).to_be_visible(timeout=WAIT)
    search = page.get_by_role("textbox", name="Search")
    search.fill(text)
    search.press("Enter")
    expect(page.get_by_text(re.compile(r"^1 of \d+ actors"))).to_be_visible(timeout=WAIT)
    table = page.get_by_test_id("stDataFrame").bounding_box()
    page.mouse.click(table["x"] + 18, table["y"] + 52)
    shows_actor(page, KIA, "kia")


def test_no_such_actor_is_said_and_the_page_fits_a_phone(page, app_server):
    page.set_viewport_size(PHONE)
    page.goto(f"{app_server}/actors?actor=:red[nobody]")
    expect(page.get_by_text("No actor is known as ':red[nobody]'")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("The most frequent over time")).to_be_visible(timeout=WAIT)
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= PHONE["width"]


def test_the_tray_keeps_undated_records_in_any_period(page, app_server):
    page.goto(f"{app_server}/?region=MM-11&from=2023-01-01&to=2023-12-31")
    tab = page.get_by_role("tab", name="Undated and unplaced")
    tab.click(timeout=WAIT)
    expect(page.get_by_text("The period is not applied here")).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=WAIT)
    table = page.get_by_role("tabpanel").get_by_test_id("stDataFrame").locator("visible=true")
    expect(table).to_have_count(1, timeout=WAIT)
    table.click(position={"x": 18, "y": 52}, timeout=WAIT)
    expect(page).to_have_url(re.compile("record=undated-kachin-fighting"), timeout=WAIT)
    expect(page.get_by_test_id("record-panel")).to_contain_text("Undated", timeout=WAIT)
    expect(tab).to_have_attribute("aria-selected", "true")


def test_an_empty_tray_says_so(page, app_server):
    page.goto(f"{app_server}/?gate=ruili-muse&kind=meeting&near-gate=5")
    page.get_by_role("tab", name="Undated and unplaced").click(timeout=WAIT)
    expect(page.get_by_text("have a date and a place on the map")).to_be_visible(timeout=WAIT)


def test_the_open_tab_stays_open_when_its_content_changes(page, app_server):
    page.goto(f"{app_server}/?region=MM-11")
    tray = page.get_by_role("tab", name="Undated and unplaced")
    for name in ("Gates", "Undated and unplaced", "Table", "Undated and unplaced"):
        tab = page.get_by_role("tab", name=name)
        tab.click(timeout=WAIT)
        expect(tab).to_have_attribute("aria-selected", "true", timeout=WAIT)
    shown = page.get_by_text("The period is not applied here")
    before = shown.inner_text()
    page.get_by_role("button", name="Kachin State", exact=True).first.click()
    expect(shown).not_to_have_text(before, timeout=WAIT)
    expect(tray).to_have_attribute("aria-selected", "true", timeout=WAIT)
