"""The Import page in a real browser, with files that were made up."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from invented import acled, table
from playwright.sync_api import Page, expect

WAIT = 40_000
HOSTILE = "<img src=http://192.0.2.1/x.png> ![x](http://192.0.2.1/y.png)"
ACLED = acled(
    {},
    {"event_date": "06 May 2022", "location": "Lashio", "latitude": "22.93", "longitude": "97.75"},
    {"event_date": "2022-06-07", "geo_precision": "3", "location": HOSTILE},
    {"event_date": "the day after", "notes": HOSTILE},
)
AMBIGUOUS = table("date,lat,lon,town,village", "04/03/2021,23.99,97.9,Muse,Nam Hpat Kar")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def app(start_app, folder):
    return start_app(env={"BORDERMAP_DATA": str(folder)})


def drop(page: Page, name: str, content: str | bytes) -> None:
    """Drop a file on the page, as from a folder."""
    content = content.encode() if isinstance(content, str) else content
    area = page.get_by_test_id("stFileUploaderDropzone").first
    expect(area).to_be_visible(timeout=WAIT)
    dropped = page.evaluate_handle(
        """([name, bytes]) => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(bytes)], name));
          return files;
        }""",
        [name, list(content)],
    )
    area.dispatch_event("drop", {"dataTransfer": dropped})


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=WAIT)


def read(page: Page) -> None:
    press(page, "Read the file")
    expect(page.get_by_role("button", name="Keep")).to_be_visible(timeout=WAIT)


def metric(page: Page, name: str, value: str) -> None:
    shown = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{name}"))
    expect(shown.get_by_test_id("stMetricValue")).to_have_text(value, timeout=WAIT)


def left(folder: Path) -> list[Path]:
    """Return the files of the data folder but for locks, which are empty."""
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


def test_from_a_dropped_file_to_its_removal(page, app, folder, requests_made):
    page.goto(f"{app}/import")
    drop(page, "shan 2022.csv", ACLED)
    expect(page.get_by_text("ACLED export")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("textbox", name="Name of the dataset")).to_have_value(
        "shan-2022", timeout=WAIT
    )
    read(page)
    for name, value in {"Rows read": "4", "Kept": "3", "Rejected": "1"}.items():
        metric(page, name, value)
    expect(page.get_by_role("img").first).to_be_visible(timeout=WAIT)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all (CSV)").click()
    page.get_by_test_id("stDataFrame").first.hover()
    expect(page.get_by_role("button", name="Search").first).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)
    assert "the day after" in download.value.path().read_text("utf-8")
    assert not (folder / "shan-2022" / "current").exists()

    press(page, "Keep")
    expect(page.get_by_text("is kept: 3 events")).to_be_visible(timeout=WAIT)
    assert (folder / "shan-2022" / "current").exists()
    assert [path for path in left(folder) if ".uploads" in path.parts] == []
    page.get_by_role("link", name="Report").click()
    expect(page).to_have_url(re.compile(r"/import\?report=shan-2022"), timeout=WAIT)
    metric(page, "Kept", "3")
    page.get_by_role("link", name="All datasets").click()

    press(page, "Remove")
    press(page, "Leave it")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=WAIT)
    press(page, "Remove")
    press(page, "Remove it")
    expect(page.get_by_text("was removed")).to_be_visible(timeout=WAIT)
    assert left(folder) == []
    assert page.locator("img[src*='192.0.2.1']").count() == 0
    expect(page.get_by_test_id("stException")).to_have_count(0, timeout=WAIT)
    assert {urlsplit(url).hostname for url in requests_made if "://" in url} <= {"127.0.0.1", None}


def test_what_was_kept_is_found_on_the_map(page, app):
    page.goto(f"{app}/import")
    drop(page, "events.csv", ACLED)
    read(page)
    press(page, "Keep")
    page.get_by_role("link", name="Show on the map").first.click(timeout=WAIT)
    expect(page).to_have_url(re.compile(r"/\?(.*&)?dataset=events"), timeout=WAIT)
    expect(page.get_by_text("3 of 3 records")).to_be_visible(timeout=WAIT)
    frame = page.frame_locator(".st-key-map iframe")
    status = frame.get_by_test_id("bordermap-status")
    expect(status).to_have_text(re.compile("^3 records, "), timeout=WAIT)
    marks = next(part for part in page.frames if "streamlit_folium" in part.url).evaluate(
        "window.bordermapLayer.marksInView()"
    )
    assert {mark["row"] for mark in marks} == {0, 1, 2}

    page.get_by_role("button", name=re.compile("Lashio")).click()
    panel = page.get_by_test_id("record-panel")
    expect(panel).to_contain_text("Lashio", timeout=WAIT)
    expect(panel).to_contain_text("Line 3 of events.csv")
    expect(page).to_have_url(re.compile(r"record=events%2F"), timeout=WAIT)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(panel).to_contain_text("Lashio", timeout=WAIT)

    page.get_by_label("Dataset").click()
    page.get_by_role("option", name="All datasets").click()
    expect(page.get_by_text(re.compile(r"of 548 records"))).to_be_visible(timeout=WAIT)
    page.get_by_label("Dataset").click()
    page.get_by_role("option", name="Chronology").click()
    expect(page.get_by_text(re.compile(r"of 545 records"))).to_be_visible(timeout=WAIT)
    expect(status).to_have_text(re.compile(r"^4\d\d records"), timeout=WAIT)


def test_a_dataset_that_is_removed_leaves_the_map(page, app):
    page.goto(f"{app}/import")
    drop(page, "events.csv", ACLED)
    read(page)
    press(page, "Keep")
    page.get_by_role("link", name="Show on the map").first.click(timeout=WAIT)
    expect(page.get_by_text("3 of 3 records")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Import").click()
    press(page, "Remove")
    press(page, "Remove it")
    expect(page.get_by_text("was removed")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Map", exact=True).click()
    expect(page.get_by_text("there is no dataset 'events'")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile(r"of 545 records"))).to_be_visible(timeout=WAIT)


def test_discarding_leaves_nothing_on_disk(page, app, folder):
    page.goto(f"{app}/import")
    drop(page, "events.csv", ACLED)
    read(page)
    assert left(folder)
    press(page, "Discard")
    expect(page.get_by_text("Nothing of it was kept")).to_be_visible(timeout=WAIT)
    assert left(folder) == []


def test_what_cannot_be_read_is_one_clear_line(page, app, folder):
    page.goto(f"{app}/import")
    for name, content in {"empty.csv": b"", "sheet.xlsx": b"PK\x03\x04 nothing"}.items():
        drop(page, name, content)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(name, timeout=WAIT)
        assert "Traceback" not in alert.inner_text()
    assert left(folder) == []


def test_an_ambiguous_date_is_asked_about(page, app):
    page.goto(f"{app}/import")
    drop(page, "events.csv", AMBIGUOUS)
    button = page.get_by_role("button", name="Read the file")
    expect(button).to_be_disabled(timeout=WAIT)
    page.get_by_text("day, month, year", exact=True).click()
    expect(button).to_be_enabled(timeout=WAIT)
    read(page)
    metric(page, "Kept", "1")
    expect(page.get_by_text("Events of 4 Mar 2021")).to_be_visible(timeout=WAIT)


def test_the_mapping_is_edited_saved_and_loaded(page, app):
    page.goto(f"{app}/import")
    drop(page, "events.csv", AMBIGUOUS.replace("04/03/2021", "2021-03-04"))
    place = page.get_by_test_id("stMultiSelect").filter(has_text=re.compile("^Place"))
    expect(place).to_be_visible(timeout=WAIT)
    box = place.get_by_role("combobox")
    for _ in range(2):
        box.press("Backspace")
    box.fill("village")
    box.press("Enter")
    box.press("Escape")
    expect(page.get_by_text("e.g. Nam Hpat Kar")).to_be_visible(timeout=WAIT)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download mapping (TOML)").click()
    toml = download.value.path().read_text("utf-8")
    assert re.search(r'place_name = .*"village"', toml)

    page.locator("[data-testid=stExpander] input[type=file]").set_input_files(
        {
            "name": "mapping.toml",
            "mimeType": "application/toml",
            "buffer": re.sub("place_name = .*", 'place_name = "town"', toml).encode(),
        }
    )
    expect(page.get_by_text("e.g. Muse")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("e.g. Nam Hpat Kar")).to_have_count(0, timeout=WAIT)


def test_two_sessions_have_their_own_files(page, app):
    page.goto(f"{app}/import")
    drop(page, "first.csv", ACLED)
    expect(page.get_by_role("heading", name="first.csv")).to_be_visible(timeout=WAIT)
    other = page.context.new_page()
    other.goto(f"{app}/import")
    drop(other, "second.csv", ACLED)
    expect(other.get_by_role("heading", name="second.csv")).to_be_visible(timeout=WAIT)
    read(page)
    read(other)
    press(page, "Discard")
    press(other, "Keep")
    expect(other.get_by_text("is kept: 3 events")).to_be_visible(timeout=WAIT)


def test_the_page_is_used_with_the_keyboard(page, app):
    page.goto(f"{app}/import")
    drop(page, "events.csv", ACLED)
    for name in ("Read the file", "Discard"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_visible(timeout=WAIT)
        button.focus()
        page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing of it was kept")).to_be_visible(timeout=WAIT)


def test_every_step_fits_a_phone(page, app):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/import")

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

    drop(page, "events.csv", ACLED)
    expect(page.get_by_role("button", name="Read the file")).to_be_visible(timeout=WAIT)
    fits()
    read(page)
    fits()
    press(page, "Keep")
    expect(page.get_by_text("is kept: 3 events")).to_be_visible(timeout=WAIT)
    fits()
