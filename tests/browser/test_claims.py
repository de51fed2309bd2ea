"""The page of the claims."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from .test_app import WAIT, leaves_the_machine

DISAGREE = "Sources disagree: 2,000 to 2,200 km"


def test_from_all_subjects_to_one_and_back(page, app_server, requests_made):
    page.goto(f"{app_server}/claims")
    expect(page.get_by_text("Figures that one source states")).to_be_visible(timeout=WAIT)
    page.locator('a[href$="claims?subject=border-length"]').click()
    expect(page).to_have_url(re.compile(r"/claims\?subject=border-length$"), timeout=WAIT)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1, timeout=WAIT)
    expect(page.get_by_text(DISAGREE).first).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
    page.get_by_role("link", name="All subjects").click()
    expect(page.get_by_text("Figures that one source states")).to_be_visible(timeout=WAIT)
    assert urlsplit(page.url).query == ""
    page.go_back()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1, timeout=WAIT)
    expect(page.get_by_text(DISAGREE).first).to_be_visible(timeout=WAIT)
    assert leaves_the_machine(requests_made) == []


def test_the_picker_spells_the_subject_in_the_address(page, app_server):
    page.goto(f"{app_server}/claims?subject=border-length")
    picker = page.get_by_role("combobox", name=re.compile("Subject"))
    expect(picker).to_be_visible(timeout=WAIT)
    picker.click()
    picker.fill("People repatriated, in all")
    picker.press("Enter")
    expect(page).to_have_url(re.compile("subject=repatriated-total$"), timeout=WAIT)
    expect(page.get_by_role("heading", name="People repatriated, in all")).to_be_visible(
        timeout=WAIT
    )
    expect(page.get_by_text("Later figures are larger")).to_be_visible(timeout=WAIT)


def test_no_such_subject_is_said(page, app_server):
    page.goto(f"{app_server}/claims?subject=:red[nothing]")
    expect(page.get_by_text("Nothing is claimed about ':red[nothing]'")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Figures that one source states")).to_be_visible(timeout=WAIT)


def test_claims_that_are_added_are_drawn(page, start_app, package):
    new = {"subject": "bridges-counted", "unit": "bridges", "place": "", "qualifier": "exact"}
    package.add("subjects", {"id": "bridges-counted", "name": "Bridges *counted*"})
    package.add(
        "claims",
        {**new, "id": "bridges-a", "value": "3", "date_edtf": "2023-05", "statement": "Three."},
        {**new, "id": "bridges-b", "value": "900", "date_edtf": "2023-05", "statement": "Many."},
        {**new, "id": "bridges-c", "value": "4", "date_edtf": "", "unit": "fords", "notes": ""},
    )
    address = start_app(env={"BORDERMAP_GEODATA": str(package.root)})
    page.goto(f"{address}/claims?subject=bridges-counted")
    expect(page.get_by_role("heading", name="Bridges *counted*")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("3 to 900 bridges")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("The scale is logarithmic")).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2, timeout=WAIT)
    expect(page.get_by_test_id("stException")).to_have_count(0)
