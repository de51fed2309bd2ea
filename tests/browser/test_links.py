"""Links to what is on the screen: copied, opened elsewhere, and the way back and forward."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from .test_app import WAIT, frame, map_frame, opened, printed, shows

PICKED = "region=MM-17&from=2023-10-01&to=2024-03-31"
LASHIO = {"lat": 23.1, "lng": 97.9, "zoom": 8}


def query(page):
    return parse_qs(urlsplit(page.url).query)


def settings(page):
    return map_frame(page).evaluate("bordermap.settings")


def set_view(page, lat, lng, zoom):
    """Move the map as the reader does, and wait until the address says so."""
    map_frame(page).evaluate(f"map_div.setView([{lat}, {lng}], {zoom}, {{animate: false}})")
    expect(page).to_have_url(re.compile(spelled(lat, lng, zoom)), timeout=WAIT)


def spelled(lat, lng, zoom):
    return re.escape(f"view={lat:.3f}%2C{lng:.3f}%2C{zoom}")


def view(page):
    return map_frame(page).evaluate(
        "(() => { const {lat, lng} = map_div.getCenter();"
        " return {lat: +lat.toFixed(3), lng: +lng.toFixed(3), zoom: map_div.getZoom()}; })()"
    )


def shows_view(page, wanted):
    page.wait_for_function(
        """wanted => {
          const map = document.querySelector(".st-key-map iframe").contentWindow.map_div;
          const {lat, lng} = map.getCenter();
          return Math.abs(lat - wanted.lat) < 0.002 && Math.abs(lng - wanted.lng) < 0.002
            && map.getZoom() === wanted.zoom;
        }""",
        arg=wanted,
        timeout=WAIT,
    )


def choose(page, name):
    """Choose a setting in the control on the map."""
    control = frame(page).locator(".leaflet-control-layers")
    control.hover()
    control.get_by_label(name, exact=True).click()


def picture(page):
    """What is on the screen."""
    of_map = map_frame(page).evaluate(
        "({time: bordermapLayer.time, rows: bordermapLayer.visibleRecords(),"
        " chosen: bordermapLayer.chosen})"
    )
    panel = page.get_by_test_id("record-panel").get_by_role("heading").first.inner_text()
    return {**of_map, "settings": settings(page), "view": view(page), "panel": panel}


def test_a_frame_of_another_size_is_no_move_of_the_reader(page, app_server):
    opened(page, f"{app_server}/?view=23.1,97.9,8")
    for width in (1279, 1000, 1043, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        map_frame(page).wait_for_function(
            "map_div.getSize().x === map_div.getContainer().clientWidth", timeout=WAIT
        )
        map_frame(page).evaluate(
            "bordermap.send('view', {channel: 'a', ...map_div.getCenter(),"
            " zoom: map_div.getZoom()})"
        )
        expect(page).to_have_url(re.compile(spelled(**LASHIO)), timeout=WAIT)
    set_view(page, 24.1, 97.9, 9)


def test_a_copied_link_shows_the_same_picture_elsewhere(page, app_server, chromium):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, f"{app_server}/?{PICKED}")
    set_view(page, **LASHIO)
    choose(page, "Per month")
    choose(page, "Burmese")
    choose(page, "Rivers")
    choose(page, "Labels")
    page.locator('[class*="st-key-latest-"] button').first.click()
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile("record="), timeout=WAIT)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    asked = query(page)
    assert (asked["shade"], asked["names"], asked["hide"]) == (["rate"], ["my"], ["rivers,labels"])
    here = picture(page)
    assert here["settings"] == {"hidden": ["rivers", "labels"], "shade": "rate", "names": "my"}
    assert here["chosen"] is not None

    with chromium.new_context(viewport={"width": 1280, "height": 800}) as elsewhere:
        other = elsewhere.new_page()
        opened(other, link)
        expect(other.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
        shows_view(other, here["view"])
        other.wait_for_function(
            "count => document.querySelector('.st-key-map iframe').contentWindow"
            ".bordermapLayer.visibleRecords().length === count",
            arg=len(here["rows"]),
            timeout=WAIT,
        )
        assert picture(other) == here
        states = "bordermap.shadesShown().states['MM-17'].words"
        shaded = "window.bordermap && bordermap.shadesShown().states['MM-17']"
        map_frame(other).wait_for_function(shaded)
        assert map_frame(other).evaluate(states) == map_frame(page).evaluate(states)
        assert query(other) == asked


def test_a_link_of_a_map_that_nobody_moved_holds_its_view(page, app_server):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, app_server)
    assert "view" not in query(page)
    page.get_by_role("button", name="Copy link").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    seen = view(page)
    assert re.search(spelled(**seen), link)


def test_where_the_clipboard_is_not_allowed_the_link_is_there_to_copy(page, app_server):
    page.add_init_script(
        "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no'));"
    )
    opened(page, f"{app_server}/?{PICKED}")
    button = page.get_by_role("button", name="Copy link")
    button.click()
    field = page.get_by_label("Link to this view")
    expect(field).to_be_focused()
    assert field.input_value() == page.url
    assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [
        0,
        len(page.url),
    ]
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(button).to_be_focused()


def test_back_and_forward_bring_back_the_view_and_the_settings(page, app_server):
    opened(page, f"{app_server}/?{PICKED}")
    start = view(page)
    entries = page.evaluate("history.length")
    page.get_by_role("button", name="Incident", exact=True).click()
    expect(page).to_have_url(re.compile("kind=incident"), timeout=WAIT)
    assert page.evaluate("history.length") == entries + 1

    set_view(page, **LASHIO)
    choose(page, "Records")
    choose(page, "Gates")
    expect(page).to_have_url(re.compile("hide=gates"), timeout=WAIT)
    assert page.evaluate("history.length") == entries + 1

    page.locator('[class*="st-key-latest-"] button').first.click()
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile("record="), timeout=WAIT)
    record = query(page)["record"]
    assert page.evaluate("history.length") == entries + 2
    away = {"lat": 26.5, "lng": 96.0, "zoom": 7}
    set_view(page, **away)
    choose(page, "Chinese")
    assert page.evaluate("history.length") == entries + 2

    page.go_back()
    shows_view(page, LASHIO)
    expect(page.get_by_test_id("record-panel")).to_be_hidden(timeout=WAIT)
    assert settings(page) == {"hidden": ["gates"], "shade": "count", "names": "en"}
    page.go_back()
    shows_view(page, start)
    expect(page).not_to_have_url(re.compile("kind=|view="), timeout=WAIT)
    assert settings(page) == {"hidden": [], "shade": "", "names": "en"}

    page.go_forward()
    shows_view(page, LASHIO)
    page.go_forward()
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    shows_view(page, away)
    page.wait_for_function(
        "document.querySelector('.st-key-map iframe').contentWindow.bordermapLayer.chosen !== null",
        timeout=WAIT,
    )
    shows_view(page, away)
    assert query(page)["record"] == record
    assert settings(page) == {"hidden": ["gates"], "shade": "count", "names": "zh"}
    assert page.evaluate("history.length") == entries + 2


def test_a_record_that_is_chosen_after_going_back_is_brought_into_view(page, app_server):
    opened(page, f"{app_server}/?{PICKED}")
    set_view(page, 27.5, 93.5, 9)
    page.get_by_role("button", name="Meeting", exact=True).click()
    expect(page).to_have_url(re.compile("kind=meeting"), timeout=WAIT)
    page.go_back()
    expect(page).not_to_have_url(re.compile("kind="), timeout=WAIT)
    shows(page, len(printed("--query", PICKED)))
    page.locator('[class*="st-key-latest-"] button').first.click()
    expect(page.get_by_test_id("record-panel")).to_be_visible(timeout=WAIT)
    page.wait_for_function(
        "document.querySelector('.st-key-map iframe').contentWindow.map_div.getCenter().lng > 95",
        timeout=WAIT,
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "shade=constructor&names=__proto__&hide=%3Cimg+src=x+onerror=alert(1)%3E,land",
        "shade=count%22%3E&names=klingon&hide=" + "x," * 500,
        "shade=&names=&hide=,,,&view=1e999,NaN,here",
    ],
)
def test_what_cannot_be_read_of_the_settings_is_ignored(page, app_server, hostile):
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    opened(page, f"{app_server}/?{PICKED}&{hostile}")
    expect(page.get_by_test_id("stAppViewContainer")).not_to_contain_text("were ignored")
    assert settings(page) == {"hidden": [], "shade": "", "names": "en"}
    expect(page).not_to_have_url(re.compile("shade|names|img"), timeout=WAIT)
    assert query(page)["region"] == ["MM-17"]
    assert faults == []
