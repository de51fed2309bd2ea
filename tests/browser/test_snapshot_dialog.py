"""The snapshot dialog in a real browser: preview, choices, files, links, and what goes wrong."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Request, Route, WebSocket, expect

from bordermap.catalog import load
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot.frame import on_screen
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import FORMATS, Material
from bordermap.snapshot.motion import Motion
from bordermap.snapshot.spec import BORDER, PARTS, Spec

from .test_app import WAIT as USUAL_WAIT
from .test_app import degrees_of_a_pixel, leaves_the_machine, printed

WAIT = 3 * USUAL_WAIT  # a preview after the map
VIEW = "region=MM-11&view=24.4,97.9,8.5"
OPENED = f"{VIEW}&names=zh&hide=rivers"
HOSTILE = '"><img src=x onerror=alert(1)> 北 <b>&amp;'
PICTURES = re.compile(r"/snapshot\.png\?")
PROGRESS = re.compile(r"/snapshot\.[a-z]+\.progress\?")


AT_FIRST = {
    "File": ".png",
    "Sheet": "report",
    "Resolution": "200",
    "Part of the map": "As on the screen",
    "Names": "zh",
    "Shade states": "",
}
"""What stands in the form when it is opened at :data:`OPENED`."""


class Dialog:
    """The dialog of a page, what the page asked for and what it sent over its sockets."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.sent = 0
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        def count(_payload: object) -> None:
            self.sent += 1

        socket.on("framesent", count)

    def open(self, address: str) -> Dialog:
        self.page.goto(address)
        map_frame = self.page.frame_locator(".st-key-map iframe")
        status = map_frame.get_by_test_id("bordermap-status")
        expect(status).to_have_text(re.compile("drawn"), timeout=WAIT)
        self.page.get_by_role("button", name="Snapshot").click()
        expect(self.form).to_be_visible(timeout=WAIT)
        self.at_rest()
        return self

    def at_rest(self) -> None:
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=WAIT)

    @property
    def form(self) -> Locator:
        return self.page.get_by_role("dialog").get_by_test_id("snapshot")

    @property
    def image(self) -> Locator:
        return self.form.locator("img.sheet")

    def field(self, name: str) -> Locator:
        return self.form.get_by_label(name, exact=True)

    def button(self, name: str) -> Locator:
        return self.form.get_by_role("button", name=name)

    @property
    def download(self) -> Locator:
        return self.form.get_by_role("link", name="Download")

    def stands(self, state: str) -> None:
        expect(self.form.locator(".pane")).to_have_attribute("data-state", state, timeout=WAIT)

    def shows(self, expected: str) -> None:
        """Wait until the preview is a picture whose address has these words."""
        expect(self.image).to_have_attribute("src", re.compile(re.escape(expected)), timeout=WAIT)
        self.stands("shown")

    def choose(self, suffix: str) -> None:
        self.field("File").select_option(suffix)


@pytest.fixture
def dialog(page: Page) -> Dialog:
    return Dialog(page)


@pytest.fixture(scope="module")
def opened(chromium: Browser, app_server: str) -> Iterator[Dialog]:
    """A dialog of some records of Kachin State, for tests that leave it open."""
    with chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB") as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app_server)
        dialog = Dialog(context.new_page()).open(f"{app_server}/?{OPENED}")
        dialog.stands("shown")
        yield dialog


@pytest.fixture
def afresh(opened: Dialog) -> Iterator[Dialog]:
    """The same, as a picture, whatever another test chose of it."""
    for name, value in AT_FIRST.items():
        opened.field(name).select_option(value)
    opened.field("Legend").check()
    opened.field("Title").fill("")
    opened.stands("shown")
    yield opened
    opened.page.unroute_all()


def answered(text: str, status: int, **headers: str) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        route.fulfill(status=status, body=text, content_type="text/plain", headers=headers)

    return answer


def spelled(address: str) -> tuple[Spec, dict[str, list[str]]]:
    """Return what an address asks for as the app reads it, and its query."""
    query = parse_qs(urlsplit(address).query, keep_blank_values=True)
    spec, ignored = Spec.from_params(query, today=date(2000, 1, 1))
    assert ignored == []
    return spec, query


def href(link: Locator) -> str:
    return str(link.evaluate("link => link.href"))


# ------------------------------------------------------------------ what is asked for
def test_it_starts_from_what_is_on_the_screen(afresh: Dialog) -> None:
    spec, _ = spelled(href(afresh.download))
    assert spec.selection == Selection(regions=("MM-11",))
    assert (spec.names, spec.hide, spec.made_on) == ("zh", ("rivers",), date.today())
    frame = afresh.page.locator(".st-key-map iframe").bounding_box()
    assert frame and spec.box
    box = on_screen(24.4, 97.9, 8.5, frame["width"], frame["height"])
    assert spec.box == pytest.approx(box, abs=degrees_of_a_pixel(8.5))
    assert afresh.image.evaluate("image => image.naturalWidth") > 300


def test_choices_change_the_preview_and_the_link_and_run_no_script(afresh: Dialog) -> None:
    before = afresh.sent
    assert before, "the sockets of the page are not seen"
    afresh.field("Sheet").select_option("square")
    afresh.field("Title").fill(HOSTILE)
    afresh.field("Part of the map").select_option("MM-17")
    afresh.field("Names").select_option("my")
    afresh.field("Shade states").select_option("count")
    afresh.field("Legend").uncheck()
    afresh.field("Resolution").select_option("300")
    afresh.shows("layout=square")
    chosen, query = spelled(href(afresh.download))
    assert "download" in query
    assert chosen == Spec(
        selection=Selection(regions=("MM-11",)),
        made_on=date.today(),
        layout="square",
        title=HOSTILE,
        names="my",
        shade="count",
        hide=("rivers", "legend"),
        show="MM-17",
        dpi=300,
    )
    asked = {key: value for key, value in query.items() if key != "download"}
    assert asked == chosen.to_params()
    preview, _ = spelled(str(afresh.image.get_attribute("src")))
    assert preview == chosen.replace(dpi=preview.dpi)
    assert preview.dpi < 200
    assert afresh.sent == before


def test_typing_asks_for_a_preview_once(afresh: Dialog) -> None:
    afresh.page.route(PICTURES, lambda route: route.abort())
    before, sent = len(afresh.asked), afresh.sent
    afresh.field("Title").press_sequentially("Kachin in April")
    expect(afresh.image).to_have_attribute("src", re.compile("title=Kachin"), timeout=WAIT)
    titles = [
        parse_qs(urlsplit(url).query).get("title")
        for url in afresh.asked[before:]
        if PICTURES.search(url)
    ]
    assert titles[-1] == ["Kachin in April"]
    assert len({str(title) for title in titles}) <= 3
    assert afresh.sent == sent  # r and c are keys of the app, but not here


def test_every_part_of_the_map_that_is_offered_can_be_drawn(afresh: Dialog) -> None:
    offered = (
        afresh.field("Part of the map")
        .locator("option")
        .evaluate_all("options => options.map(({ value }) => value)")
    )
    assert {"", BORDER, "MM-17", "CN-YN"} < set(offered)
    catalog, selection = load(), Selection(regions=("MM-11",))
    dataset = Dataset.of(catalog, [], curated=True)
    for show in offered:
        spec = Spec(selection=selection, made_on=date.today(), show=show)
        west, south, east, north = Material(spec, catalog, dataset, dataset.select(selection)).view
        assert west < east, show
        assert south < north, show


def test_too_fine_a_resolution_is_not_offered(afresh: Dialog) -> None:
    afresh.field("Resolution").select_option("600")
    afresh.field("Sheet").select_option("a3")
    expect(afresh.field("Resolution")).to_have_value("300")
    sheet = LAYOUTS["a3"]
    size = f"{round(sheet.width * 300)} × {round(sheet.height * 300)} px"
    expect(afresh.form.get_by_text(size)).to_be_visible()


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_says_what_it_is_and_takes_what_matters(afresh: Dialog, suffix: str) -> None:
    afresh.page.route(PICTURES, lambda route: route.abort())
    afresh.choose(suffix)
    assert (afresh.form.locator("[data-hint=suffix]").text_content() or "").strip()
    made = FORMATS[suffix]
    expect(afresh.field("Title")).to_be_visible(visible=made.is_picture)
    has_pixels = made.is_picture and suffix not in (".svg", ".pdf", ".html")
    expect(afresh.field("Resolution")).to_be_visible(visible=has_pixels)
    expect(afresh.field("Frames a second")).to_be_visible(visible=made.moves)
    expect(afresh.field("Legend")).to_be_visible(visible=made.is_picture)
    has_paper = made.is_picture and suffix != ".html"
    expect(afresh.field("Locator")).to_be_visible(visible=has_paper)
    if made.moves:
        afresh.field("A frame is a").select_option("month")
        afresh.field("It shows").select_option("growing")
        afresh.field("Frames a second").select_option("8")
    link = href(afresh.download)
    spec, query = spelled(link)
    assert urlsplit(link).path == f"/snapshot{suffix}"
    assert afresh.download.get_attribute("download") == f"bordermap_MM-11{suffix}"
    if made.moves:
        assert Motion.from_params(query) == (Motion(step="month", speed=8, mode="growing"), [])
        assert spec.layout == "slide"
    if not made.is_picture:
        assert spec == Spec(selection=Selection(regions=("MM-11",)), made_on=date.today())


# ------------------------------------------------------------------ files
def test_a_download_is_the_file_and_runs_no_script(afresh: Dialog) -> None:
    before = afresh.sent
    afresh.field("Sheet").select_option("slide")
    afresh.field("Title").fill("Just typed")
    afresh.field("Resolution").select_option("100")
    with afresh.page.expect_download(timeout=WAIT) as picture:
        afresh.download.click()
    assert picture.value.suggested_filename == "bordermap_MM-11.png"
    with Image.open(picture.value.path()) as image:
        assert image.size == (1333, 750)
        assert "Just typed" in json.dumps(image.text)
    with afresh.page.expect_download(timeout=WAIT) as proof:
        afresh.form.get_by_role("link", name="Proof").click()
    assert proof.value.suggested_filename == "bordermap_MM-11.png.json"
    assert json.loads(proof.value.path().read_text("utf-8"))
    afresh.choose(".csv")
    with afresh.page.expect_download(timeout=WAIT) as table:
        afresh.download.click()
    rows = csv.DictReader(io.StringIO(table.value.path().read_text("utf-8-sig")))
    assert {row["id"] for row in rows} == printed("--region", "MM-11")
    assert afresh.sent == before
    assert leaves_the_machine(afresh.asked) == []
    expect(afresh.form).to_be_visible()


def test_the_interactive_map_is_its_own_preview(afresh: Dialog) -> None:
    afresh.choose(".html")
    afresh.stands("shown")
    shown = afresh.form.frame_locator("iframe.sheet")
    expect(shown.get_by_role("heading", level=1)).to_contain_text("Kachin State", timeout=WAIT)


def test_the_making_of_a_file_is_shown_and_can_be_cancelled(afresh: Dialog) -> None:
    looks = {"state": "drawing", "done": 12, "of": 60, "ahead": 0}
    afresh.page.route(PROGRESS, lambda route: route.fulfill(json=looks))
    before = len(afresh.asked)
    afresh.download.click()
    expect(afresh.form.get_by_text("Making the file: 12 of 60")).to_be_visible(timeout=WAIT)
    expect(afresh.form.get_by_role("progressbar")).to_have_attribute("value", "12")
    expect(afresh.download).to_be_hidden()
    looks.update(state="waiting", done=None, of=None, ahead=3)
    expect(afresh.form.get_by_text("Waiting for 3 before it")).to_be_visible(timeout=WAIT)
    expect(afresh.button("Cancel")).to_be_focused()
    afresh.page.keyboard.press("Enter")
    expect(afresh.download).to_be_focused()
    expect(afresh.button("Cancel")).to_be_hidden()
    assert not any("&download" in url for url in afresh.asked[before:])


def test_a_refused_file_says_why_until_something_is_changed(afresh: Dialog) -> None:
    afresh.page.route(PROGRESS, answered("dpi: <b>too many</b>\nshow: no gate\n", 400))
    afresh.download.click()
    said = afresh.form.locator(".refused")
    expect(said).to_have_text("dpi: <b>too many</b>\nshow: no gate", timeout=WAIT)
    expect(said.locator("b")).to_have_count(0)
    expect(afresh.download).to_be_focused()
    afresh.field("Title").fill("Another")
    expect(said).to_be_hidden()


def test_a_busy_app_is_asked_again(afresh: Dialog) -> None:
    answers = [answered("too many wait\n", 503, **{"Retry-After": "0.2"})] * 2

    def busy(route: Route) -> None:
        if answers:
            answers.pop()(route)
        else:
            route.continue_()

    afresh.page.route(PICTURES, busy)
    afresh.field("Title").fill("When there is time")
    afresh.shows("title=When")
    assert answers == []


def test_a_preview_that_cannot_be_had_says_why_and_is_tried_again(afresh: Dialog) -> None:
    afresh.page.route(PICTURES, answered("show: 'XX' is <i>no</i> region\n", 400))
    afresh.field("Title").fill("Not now")
    said = afresh.form.locator(".fault p")
    expect(said).to_have_text("show: 'XX' is <i>no</i> region", timeout=WAIT)
    expect(said.locator("i")).to_have_count(0)
    afresh.page.unroute(PICTURES)
    afresh.page.route(PICTURES, lambda route: route.abort())
    afresh.button("Try again").click()
    expect(said).to_contain_text("The app does not answer", timeout=WAIT)
    afresh.page.unroute(PICTURES)
    afresh.button("Try again").click()
    afresh.shows("title=Not+now")
    expect(said).to_be_hidden()


# ------------------------------------------------------------------ to take along
class _Frames(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_link_and_the_embed_code_are_whole(afresh: Dialog) -> None:
    afresh.field("Title").fill(HOSTILE)
    afresh.button("Copy link").click()
    expect(afresh.form.get_by_text("Link copied")).to_be_visible()
    link = str(afresh.page.evaluate("navigator.clipboard.readText()"))
    spec, query = spelled(link)
    assert (spec.title, spec.names, query.get("download")) == (HOSTILE, "zh", None)
    answer = afresh.page.request.get(link)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")

    afresh.button("Copy embed code").click()
    expect(afresh.form.get_by_text("Embed code copied")).to_be_visible()
    parser = _Frames()
    parser.feed(str(afresh.page.evaluate("navigator.clipboard.readText()")))
    ((tag, attributes),) = parser.tags
    assert (tag, attributes["title"]) == ("iframe", HOSTILE)
    assert urlsplit(attributes["src"]).path == "/embed"
    embedded, _ = spelled(attributes["src"])
    assert embedded == spec
    assert afresh.page.request.get(attributes["src"]).status == 200


def test_without_a_clipboard_the_link_is_shown_selected(afresh: Dialog) -> None:
    afresh.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }"
    )
    afresh.button("Copy link").click()
    field = afresh.field("Copy this text")
    expect(field).to_be_focused()
    expect(field).to_have_value(re.compile(r"/snapshot\.png\?.*region=MM-11"))
    chosen = field.evaluate("field => field.selectionEnd - field.selectionStart")
    assert chosen == len(field.input_value())


# ------------------------------------------------------------------ everybody
def test_the_keyboard_reaches_everything(afresh: Dialog) -> None:
    afresh.field("File").focus()
    reached = []
    for _ in range(8 + len(PARTS)):
        reached.append(
            afresh.page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.value || at.name || at.textContent.trim(); }"
            )
        )
        afresh.page.keyboard.press("Tab")
    assert reached[0] == ".png"
    assert reached[-1 - len(PARTS) : -1] == list(PARTS)
    assert reached[-1] == "Download"


def test_a_phone_has_room_for_it(dialog: Dialog, app_server: str) -> None:
    dialog.page.set_viewport_size({"width": 390, "height": 844})
    dialog.open(f"{app_server}/?{VIEW}")
    dialog.stands("shown")
    assert dialog.form.evaluate("form => form.scrollWidth <= form.clientWidth")
    boxes = [dialog.image, dialog.field("Sheet"), dialog.field("Timeline"), dialog.download]
    for part in boxes:
        part.scroll_into_view_if_needed()
        box = part.bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
        assert 0 <= box["y"] < 844
    image, sheet = dialog.image.bounding_box(), dialog.field("Sheet").bounding_box()
    assert image and sheet
    assert image["y"] + image["height"] <= sheet["y"]


def test_nothing_selected_still_makes_a_sheet(dialog: Dialog, app_server: str) -> None:
    dialog.open(f"{app_server}/?text=zzzzzz")
    dialog.stands("shown")
    expect(dialog.page.get_by_role("dialog").get_by_text("0 records")).to_be_visible()
    expect(dialog.field("Part of the map")).to_have_value("")
    with dialog.page.expect_download(timeout=WAIT) as made:
        dialog.download.click()
    with Image.open(made.value.path()) as image:
        assert image.format == "PNG"


def test_closing_it_ends_what_it_waits_for(dialog: Dialog, app_server: str) -> None:
    dialog.open(f"{app_server}/?{VIEW}")
    dialog.stands("shown")
    looks = {"state": "drawing", "done": None, "of": None, "ahead": 0}
    dialog.page.route(PROGRESS, lambda route: route.fulfill(json=looks))
    with dialog.page.expect_request(PROGRESS):
        dialog.download.click()
    dialog.page.keyboard.press("Escape")
    expect(dialog.form).to_be_hidden(timeout=WAIT)
    dialog.at_rest()
    later: list[Request] = []
    dialog.page.on("request", lambda request: later.append(request))
    dialog.page.wait_for_timeout(1500)  # longer than it waits between two looks
    assert [one.url for one in later if PROGRESS.search(one.url)] == []
