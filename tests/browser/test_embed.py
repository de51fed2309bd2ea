"""The map in a frame of somebody else's page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import FrameLocator, Page, expect

QUERY = "region=MM-11&from=2024-01-01"


@pytest.fixture(scope="module")
def article(app_server: str) -> Iterator[str]:
    """Address of a page of another origin, with a map in it."""
    frame = f'<iframe src="{app_server}/embed?{QUERY}" width="100%" height="480"></iframe>'
    page = f"<!DOCTYPE html><title>Article</title><h1>Article</h1>{frame}".encode()

    class Article(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Article) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def embedded(page: Page, article: str) -> FrameLocator:
    page.goto(article)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".bm-time-play")).to_be_visible()
    return frame


def fits(page: Page) -> bool:
    inner = page.frames[1]
    return bool(
        inner.evaluate(
            "document.documentElement.scrollHeight <= innerHeight"
            " && document.documentElement.scrollWidth <= innerWidth"
        )
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (700, 480), (390, 600), (320, 300)])
def test_it_fits_every_frame(page: Page, article: str, width: int, height: int) -> None:
    frame = embedded(page, article)
    page.locator("iframe").evaluate(
        "(frame, size) => Object.assign(frame.style,"
        " {width: size[0] + 'px', height: size[1] + 'px'})",
        [width, height],
    )
    page.frames[1].wait_for_function(f"innerWidth === {width} && innerHeight === {height}")
    assert fits(page)
    box = frame.locator(".bm-map").bounding_box()
    assert box is not None
    assert box["height"] > 0.45 * height
    assert frame.locator(".bm-side").is_visible() == (width > 899)


def test_it_asks_for_nothing_and_its_link_opens_the_same_selection(
    page: Page, article: str, app_server: str, requests_made: list[str]
) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    frame = embedded(page, article)
    frame.locator(".bm-time-play").click()
    expect(frame.locator("[data-playing]")).to_be_attached()
    asked = [url for url in requests_made if not url.startswith((article, "data:", "blob:"))]
    assert asked == [f"{app_server}/embed?{QUERY}"]
    with page.context.expect_page() as opened:
        frame.locator("#bm-source").click()
    other = opened.value
    other.wait_for_url(f"{app_server}/?*")
    assert "region=MM-11" in other.url
    assert "from=2024-01-01" in other.url
    assert other.evaluate("window.opener") is None
    assert faults == []


def test_a_record_opens_over_the_map_of_a_small_frame(page: Page, article: str) -> None:
    frame = embedded(page, article)
    expect(frame.locator(".bm-side")).to_be_hidden()
    frame.locator("#bm-list button").first.evaluate("button => button.click()")
    expect(frame.locator("#bm-panel")).to_be_visible()
    expect(frame.locator(".bm-map")).to_be_visible()
    frame.locator("#bm-back").click()
    expect(frame.locator(".bm-side")).to_be_hidden()
