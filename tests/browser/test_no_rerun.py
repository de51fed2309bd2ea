"""What happens on the map stays in the browser: the script of the session is not run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Page, WebSocket, expect

WAIT = 90_000


@pytest.fixture
def sent(page: Page) -> list[object]:
    """What the page sends to the server over its sockets, as it goes."""
    messages: list[object] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: messages.append(payload))

    page.on("websocket", opened)
    return messages


def at_rest(page: Page, address: str) -> FrameLocator:
    """Open the app and wait until all is drawn and the script has ended."""
    page.goto(address)
    frame = page.frame_locator(".st-key-map iframe")
    status = frame.get_by_test_id("bordermap-status")
    expect(status).to_have_text(re.compile("drawn"), timeout=WAIT)
    ended(page)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=WAIT)
    return frame


def ended(page: Page) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=WAIT)


def view(page: Page) -> str:
    return page.evaluate("new URL(location.href).searchParams.get('view') ?? ''")


def drawings(page: Page) -> None:
    """Count the messages by which the map says that it has drawn."""
    page.evaluate(
        "window.drawings = 0;"
        "document.addEventListener('bordermap:drawn', () => (window.drawings += 1))"
    )


def test_panning_zooming_and_hovering_run_no_script(
    app_server: str, page: Page, sent: list[object]
) -> None:
    frame = at_rest(page, app_server)
    drawings(page)
    box = page.locator(".st-key-map iframe").bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
    before = len(sent)
    assert before, "the sockets of the page are not seen"

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 40, steps=8)
    page.mouse.up()
    page.wait_for_function("new URL(location.href).searchParams.has('view')", timeout=WAIT)
    panned = view(page)
    for way in (-240, 240, -240):
        page.mouse.wheel(0, way)
        page.wait_for_timeout(50)  # as a finger does; nothing is awaited
    expect_view = "(old) => new URL(location.href).searchParams.get('view') !== old"
    page.wait_for_function(expect_view, arg=panned, timeout=WAIT)
    zoomed = view(page)
    frame.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(expect_view, arg=zoomed, timeout=WAIT)
    for step in range(30):
        page.mouse.move(x - 100 + 7 * step, y + 3 * step)
    page.wait_for_function("window.drawings > 3", timeout=WAIT)
    assert len(sent) == before

    page.get_by_role("tab", name="Gates").click()  # which has to run it
    page.wait_for_function("() => true")
    expect(page.get_by_text("What sources say of each gate")).to_be_visible(timeout=WAIT)
    assert len(sent) > before


def test_a_filter_tells_the_map_where_the_mask_is_and_nothing_more(
    app_server: str, page: Page, requests_made: list[str]
) -> None:
    at_rest(page, app_server)
    masks = [url for url in requests_made if "/api/mask/" in url]
    events = [url for url in requests_made if "/api/events/" in url]
    assert len(set(masks)) == 1
    assert len(events) == 1
    page.evaluate(
        "window.told = [];"
        "document.addEventListener('bordermap:selection', (e) => window.told.push(e.detail))"
    )
    page.locator(".st-key-filter-kinds").get_by_text("Meeting").click()
    page.wait_for_function("window.told.length && window.told.at(-1).mask.includes('kind=meeting')")
    status = page.frame_locator(".st-key-map iframe").get_by_test_id("bordermap-status")
    shown = page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ records$"))
    ended(page)
    number = (shown.text_content() or "").split()[0]
    expect(status).to_have_text(re.compile(rf"^{number} records?,"), timeout=WAIT)
    told = page.evaluate("window.told.at(-1)")
    assert set(told) == {"channel", "mask", "chosen", "area", "data", "view"}
    assert told["mask"].startswith("../../api/mask/")
    assert (told["channel"], told["chosen"], told["area"]) == ("a", None, None)
    assert [url for url in requests_made if "/api/events/" in url] == events
    assert "kind=meeting" in [url for url in requests_made if "/api/mask/" in url][-1]
