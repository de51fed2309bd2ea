"""The timeline: its arithmetic, and how it drives the map of the real app."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from bordermap.cartography.timeline import SCRIPTS, axis, presets
from bordermap.catalog import load
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW

from .test_app import layer, map_frame, opened, shows

WAIT = 60_000
PAD = 8
EPOCH = date(1970, 1, 1)
SPANS = [
    ("2024-02-26", "2024-03-03"),
    ("2024-02-01", "2024-02-29"),
    ("2023-11-01", "2024-04-30"),
    ("2021-05-01", "2024-04-30"),
    ("2013-01-01", "2024-12-31"),
    ("1986-03-01", "2026-02-28"),
]
"""A week, a month, half a year, three, twelve and forty years."""


# ---------------------------------------------------------------- arithmetic
@pytest.fixture
def calendar(page: Page) -> Page:
    page.add_script_tag(path=SCRIPTS[0])
    page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d");
          window.measure = (text, strong) => {
            canvas.font = `${strong ? 600 : 400} 11px sans-serif`;
            return canvas.measureText(text).width + 3;
          };
        }"""
    )
    return page


def day(iso: str) -> int:
    return (date.fromisoformat(iso) - EPOCH).days


def iso(number: int) -> str:
    return str(EPOCH + timedelta(days=number))


@pytest.mark.parametrize(("first", "last"), SPANS)
@pytest.mark.parametrize("width", [939, 352])
def test_ticks_do_not_overlap_and_stand_at_their_days(calendar, first, last, width):
    ticks = calendar.evaluate(
        "([a, b, w]) => bordermapCalendar.ticks(a, b, w, measure)", [day(first), day(last), width]
    )
    days = [tick["day"] for tick in ticks]
    assert days == sorted(set(days))
    assert day(first) <= days[0]
    assert days[-1] <= day(last)
    shown = [tick for tick in ticks if tick["label"]]
    assert 3 <= len(shown) <= 24
    whole = day(last) + 1 - day(first)
    edge = 0.0
    year = None
    for tick in shown:
        x = (tick["day"] - day(first)) * width / whole
        assert x == pytest.approx(tick["x"])
        assert x >= edge
        edge = x + calendar.evaluate("t => measure(t.label, t.strong)", tick) + 6
        assert edge - 6 <= width
        at = EPOCH + timedelta(days=tick["day"])
        said = at.strftime("%Y") if re.search(r"\d{4}", tick["label"]) else year
        year = str(at.year)
        assert said == year, "a label without a year is of the year of the last one with it"
        kinds = {f"{at.year}", f"{at:%b}", f"{at:%b} {at.year}", f"{at.day} {at:%b}"}
        assert tick["label"] in kinds | {f"{at.day} {at:%b} {at.year}"}
        if not re.match(r"\d\d? ", tick["label"]):
            assert at.day == 1
        if re.fullmatch(r"\d{4}", tick["label"]):
            assert at.month == 1


@pytest.mark.parametrize(
    ("first", "last", "unit", "wanted"),
    [
        ("2024-02-27", "2024-03-01", "day",
         ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"]),
        ("2024-01-03", "2024-01-15", "week",
         ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"]),
        ("2023-12-31", "2024-02-01", "month",
         ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01"]),
        ("1969-11-05", "1970-04-01", "quarter",
         ["1969-10-01", "1970-01-01", "1970-04-01", "1970-07-01"]),
        ("2023-06-01", "2024-06-01", "year", ["2023-01-01", "2024-01-01", "2025-01-01"]),
    ],
)  # fmt: skip
def test_bins_cover_the_days_from_edge_to_edge(calendar, first, last, unit, wanted):
    edges = calendar.evaluate(
        "([a, b, unit]) => [...bordermapCalendar.edges(a, b, unit)]", [day(first), day(last), unit]
    )
    assert [iso(edge) for edge in edges] == wanted


@pytest.mark.parametrize(
    ("window", "unit", "count", "wanted"),
    [
        (("2024-01-01", "2024-01-31"), "month", 1, ("2024-02-01", "2024-02-29")),
        (("2024-02-01", "2024-02-29"), "month", -1, ("2024-01-01", "2024-01-31")),
        (("2024-01-31", "2024-02-29"), "month", 1, ("2024-02-29", "2024-03-31")),
        (("2023-10-01", "2023-12-31"), "quarter", 1, ("2024-01-01", "2024-03-31")),
        (("2024-02-26", "2024-03-03"), "week", 1, ("2024-03-04", "2024-03-10")),
        (("2024-02-28", "2024-02-28"), "day", 2, ("2024-03-01", "2024-03-01")),
    ],
)
def test_a_window_steps_by_the_calendar(calendar, window, unit, count, wanted):
    moved = calendar.evaluate(
        "([from, to, unit, n]) => bordermapCalendar.shifted({ from, to }, unit, n)",
        [day(window[0]), day(window[1]), unit, count],
    )
    assert (iso(moved["from"]), iso(moved["to"])) == wanted


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (("2024-04-03", "2024-04-03"), "3 Apr 2024"),
        (("2024-04-03", "2024-04-05"), "3–5 Apr 2024"),
        (("2024-04-03", "2024-05-05"), "3 Apr – 5 May 2024"),
        (("2023-12-30", "2024-01-02"), "30 Dec 2023 – 2 Jan 2024"),
        (("2024-02-01", "2024-02-29"), "February 2024"),
        (("2024-01-01", "2024-03-31"), "Jan – Mar 2024"),
        (("2023-12-01", "2024-01-31"), "Dec 2023 – Jan 2024"),
        (("2024-01-01", "2024-12-31"), "2024"),
        (("2021-01-01", "2023-12-31"), "2021–2023"),
    ],
)
def test_windows_in_words(calendar, window, words):
    said = calendar.evaluate(
        "([from, to]) => bordermapCalendar.inWords({ from, to })", [day(end) for end in window]
    )
    assert said == words


def test_axis_and_presets_on_the_server():
    assert axis((date(2023, 2, 14), date(2024, 2, 3))) == (date(2023, 2, 1), date(2024, 2, 29))
    assert axis((date(2024, 12, 31), date(2024, 12, 31)))[1] == date(2024, 12, 31)
    assert axis(None)[0] < axis(None)[1]
    years = presets(date(2021, 5, 1), date(2024, 4, 30))
    assert [one["label"] for one in years] == [
        *("All dates", "2021", "2022", "2023", "2024"),
        "Oct 2023 offensive",
    ]
    assert (years[1]["from"], years[4]["to"]) == ("2021-05-01", "2024-04-30")
    decades = presets(date(1989, 1, 1), date(2020, 12, 31))
    assert [one["label"] for one in decades][1:] == ["1980s", "1990s", "2000s", "2010s", "2020s"]


# ---------------------------------------------------------------- in the app
DATASET = Dataset.of(load())
FIRST, LAST = axis(DATASET.days)


def matching(start: date | None = None, end: date | None = None, **fields: object) -> set[int]:
    """Return the rows of the records that the app should show."""
    selection = DEFAULT_VIEW.replace(date_from=start, date_to=end, **fields)
    return {int(row) for row in DATASET.rows(selection)}


START = len(matching())


def words(page: Page) -> Locator:
    return page.locator(".bm-time-words")


def chart(page: Page) -> Locator:
    return page.locator(".bm-time-chart")


def button(page: Page, name: str) -> Locator:
    return page.get_by_test_id("timeline").get_by_role("button", name=name, exact=True)


def choice(page: Page, name: str) -> Locator:
    return page.get_by_test_id("timeline").get_by_label(name, exact=True)


def at(page: Page, when: date, first: date = FIRST, last: date = LAST) -> tuple[float, float]:
    """Return where on the screen the middle of a day of the axis is."""
    box = chart(page).bounding_box()
    share = ((when - first).days + 0.5) / ((last - first).days + 1)
    return box["x"] + PAD + share * (box["width"] - 2 * PAD), box["y"] + 45


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)


def window(page: Page) -> tuple[date, date]:
    """Return the first and last day that the handles say; both follow a moment later."""
    page.wait_for_timeout(300)
    handles = page.get_by_test_id("timeline").get_by_role("slider")
    days = [int(handles.nth(n).get_attribute("aria-valuenow")) for n in (0, 1)]
    return EPOCH + timedelta(days=days[0]), EPOCH + timedelta(days=days[1])


def visible(page: Page) -> set[int]:
    return set(layer(page, "visibleRecords()"))


def of_map(page: Page) -> list[int | None]:
    time = layer(page, "time")
    return [time["from"], time["to"]]


def agree(page: Page, start: date, end: date) -> None:
    """Check that address, header, timeline and map hold the records of a window."""
    wanted = matching(start, end)
    assert 0 < len(wanted) < START
    expect(page).to_have_url(re.compile(rf"from={start}.*to={end}"), timeout=WAIT)
    shows(page, len(wanted))
    expect(page.locator(".bm-time-count")).to_have_text(re.compile(rf"^{len(wanted)} records?$"))
    assert visible(page) == wanted


@pytest.fixture
def sent(page: Page) -> list[bytes | str]:
    """What the page sends to the app; a run of the script is one message."""
    frames: list[bytes | str] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: frames.append(frame)))
    return frames


@pytest.fixture
def app(page: Page, app_server: str, sent: list[bytes | str]) -> Page:  # noqa: ARG001
    return arrived(page, app_server)


def arrived(page: Page, address: str) -> Page:
    """Open the app, and wait until the map has told the timeline what it shows."""
    page.goto(address)
    expect(page.locator(".bm-time-count")).to_have_text(f"{START} records", timeout=2 * WAIT)
    return page


def test_a_new_window_drives_the_map_and_the_app_follows_once(app, sent):
    sent.clear()
    drag(app, at(app, date(2023, 3, 1)), at(app, date(2024, 6, 1)))
    start, end = window(app)
    assert abs((start - date(2023, 3, 1)).days) <= 2
    assert abs((end - date(2024, 6, 1)).days) <= 2
    expect(app.locator(".bm-time-count")).to_have_text(f"{len(matching(start, end))} records")
    assert of_map(app) == [(start - EPOCH).days, (end - EPOCH).days]
    assert sent == []
    app.mouse.up()
    agree(app, start, end)
    assert len(sent) == 1


def test_a_window_is_moved_and_its_handles_are(app):
    choice(app, "Period").select_option(label="2023")
    expect(words(app)).to_have_text("2023")
    drag(app, at(app, date(2023, 6, 1)), at(app, date(2024, 6, 1)))
    app.mouse.up()
    start, end = window(app)
    assert (end - start).days == 364
    assert abs((start - date(2024, 1, 2)).days) <= 3
    agree(app, start, end)
    handle = app.get_by_role("slider", name="Last day")
    box = handle.bounding_box()
    assert box["width"] >= 24
    assert box["height"] >= 24
    grip = (box["x"] + 16, box["y"] + box["height"] / 2)
    drag(app, grip, (grip[0] - 100, grip[1]))
    app.mouse.up()
    moved, shorter = window(app)
    assert moved == start
    assert shorter < end - timedelta(days=100)
    agree(app, start, shorter)


def test_a_bar_is_a_window_and_a_second_click_undoes(app):
    choice(app, "Period").select_option(label="2023")
    agree(app, date(2023, 1, 1), date(2023, 12, 31))
    app.mouse.click(*at(app, date(2023, 11, 15)))
    expect(words(app)).to_have_text("November 2023")
    agree(app, date(2023, 11, 1), date(2023, 11, 30))
    app.mouse.click(*at(app, date(2023, 11, 15)))
    expect(words(app)).to_have_text("2023")
    agree(app, date(2023, 1, 1), date(2023, 12, 31))


def test_playing_runs_no_script_and_at_rest_the_app_follows(app, sent):
    app.mouse.click(*at(app, date(2021, 5, 15)))
    expect(words(app)).to_have_text("May 2021")
    agree(app, date(2021, 5, 1), date(2021, 5, 31))
    choice(app, "Speed").select_option("4")
    app.evaluate(
        """() => {
          window.said = [];
          document.addEventListener("bordermap:time", ({ detail }) => window.said.push(detail));
        }"""
    )
    sent.clear()
    button(app, "Play").click()
    app.wait_for_function("said.length > 40", timeout=WAIT)
    assert sent == []
    button(app, "Pause").click()
    start, end = window(app)
    said = app.evaluate("said")
    assert [one["from"] for one in said] == sorted({one["from"] for one in said})
    assert {one["to"] - one["from"] for one in said} == {30}
    assert {one["channel"] for one in said} == {"a"}
    assert said[-1]["from"] == (start - EPOCH).days
    agree(app, start, end)
    assert len(sent) == 1


def test_an_answer_of_the_app_does_not_disturb_a_window_that_plays(app):
    choice(app, "Period").select_option(label="2022")
    agree(app, date(2022, 1, 1), date(2022, 12, 31))
    button(app, "Play").click()
    app.get_by_role("button", name="Meeting", exact=True).click()
    expect(app).to_have_url(re.compile("kind=meeting"), timeout=WAIT)
    app.wait_for_timeout(1000)
    expect(button(app, "Pause")).to_be_visible()
    button(app, "Pause").click()
    start, end = window(app)
    assert start > date(2022, 1, 1)
    assert (end - start).days == 364
    shows(app, len(matching(start, end, kinds=("meeting",))))


def test_what_the_app_says_is_taken_over(app):
    choice(app, "Period").select_option(label="2023")
    agree(app, date(2023, 1, 1), date(2023, 12, 31))
    app.get_by_role("button", name="Reset all").click()
    expect(words(app)).to_have_text("All dates", timeout=WAIT)
    shows(app, START)
    assert of_map(app) == [None, None]
    app.go_back()
    expect(words(app)).to_have_text("2023", timeout=WAIT)
    agree(app, date(2023, 1, 1), date(2023, 12, 31))
    button(app, "Play").click()
    app.locator(".st-key-chips").get_by_role("button", name=re.compile("2023")).first.click()
    expect(button(app, "Play")).to_be_visible(timeout=WAIT)
    expect(app).not_to_have_url(re.compile("from=2023"), timeout=WAIT)


def test_the_whole_keyboard(app):
    app.mouse.click(*at(app, date(2023, 11, 15)))
    expect(words(app)).to_have_text("November 2023")
    first = app.get_by_role("slider", name="First day")
    first.focus()
    for key, wanted in [
        ("ArrowRight", "2023-11-02"),
        ("ArrowLeft", "2023-11-01"),
        ("PageDown", "2023-10-01"),
        ("PageUp", "2023-11-01"),
        ("End", "2023-11-30"),
        ("Home", str(FIRST)),
    ]:
        first.press(key)
        expect(first).to_have_attribute("aria-valuenow", str(day(wanted)))
    expect(first).to_have_attribute("aria-valuetext", "From 1 Jan 2021")
    last = app.get_by_role("slider", name="Last day")
    last.press("PageUp")
    expect(last).to_have_attribute("aria-valuetext", "To 31 Dec 2023")
    expect(app).to_have_url(re.compile("to=2023-12-31"), timeout=WAIT)
    last.press("Escape")
    expect(words(app)).to_have_text("All dates")
    shows(app, START)
    chart(app).focus()
    chart(app).press("ArrowRight")
    expect(words(app)).to_have_text("January 2021")
    chart(app).press("ArrowRight")
    expect(words(app)).to_have_text("February 2021")
    chart(app).press("End")
    expect(last).to_have_attribute("aria-valuetext", "To 30 Apr 2026")
    expect(words(app)).to_have_text("3–30 Apr 2026")
    chart(app).press("Home")
    expect(first).to_have_attribute("aria-valuetext", "From 1 Jan 2021")
    expect(words(app)).to_have_text("1–28 Jan 2021")
    chart(app).press(" ")
    expect(button(app, "Pause")).to_be_visible()
    chart(app).press(" ")
    expect(button(app, "Play")).to_be_visible()
    chart(app).press("Escape")
    expect(words(app)).to_have_text("All dates")
    shows(app, START)


def test_keys_that_follow_each_other_run_the_script_once(app, sent):
    app.mouse.click(*at(app, date(2023, 6, 15)))
    agree(app, date(2023, 6, 1), date(2023, 6, 30))
    sent.clear()
    app.get_by_role("slider", name="Last day").evaluate(
        """(handle) => {
          for (let k = 0; k < 5; k++) {
            const event = { key: "ArrowRight", bubbles: true, cancelable: true };
            handle.dispatchEvent(new KeyboardEvent("keydown", event));
          }
        }"""
    )
    agree(app, date(2023, 6, 1), date(2023, 7, 5))
    assert len(sent) == 1


def test_steps_of_each_unit(app):
    choice(app, "From").fill("2023-01-01")
    choice(app, "To").fill("2023-03-31")
    expect(words(app)).to_have_text("Jan – Mar 2023")
    for unit, wanted in [
        ("quarter", "Apr – Jun 2023"),
        ("month", "May – Jul 2023"),
        ("week", "8 May – 7 Aug 2023"),
        ("day", "9 May – 8 Aug 2023"),
    ]:
        choice(app, "Step").select_option(unit)
        button(app, "Step forward").click()
        expect(words(app)).to_have_text(wanted)
    button(app, "Step back").click()
    expect(words(app)).to_have_text("8 May – 7 Aug 2023")
    agree(app, date(2023, 5, 8), date(2023, 8, 7))


def test_cumulative_moves_the_end_only_and_ends_with_everything(app):
    choice(app, "Mode").select_option("cumulative")
    choice(app, "From").fill("2025-01-01")
    choice(app, "To").fill("2025-01-31")
    expect(words(app)).to_have_text("January 2025")
    button(app, "Step forward").click()
    expect(words(app)).to_have_text("Jan – Feb 2025")
    choice(app, "Speed").select_option("16")
    button(app, "Play").click()
    expect(button(app, "Pause")).to_be_visible()
    expect(button(app, "Play")).to_be_visible(timeout=WAIT)
    assert window(app) == (date(2025, 1, 1), LAST)
    shows(app, len(matching(date(2025, 1, 1))))
    assert of_map(app) == [day("2025-01-01"), None]


def test_dates_are_typed_and_wrong_ones_wait(app):
    choice(app, "From").fill("2023-10-01")
    choice(app, "To").fill("2024-01-15")
    agree(app, date(2023, 10, 1), date(2024, 1, 15))
    choice(app, "From").fill("1999-01-01")
    expect(words(app)).to_have_text("1 Oct 2023 – 15 Jan 2024")
    choice(app, "To").focus()
    expect(choice(app, "From")).to_have_value("2023-10-01")
    choice(app, "From").fill("2024-03-01")
    expect(words(app)).to_have_text("15 Jan – 1 Mar 2024")
    agree(app, date(2024, 1, 15), date(2024, 3, 1))


def test_the_undated_belong_to_all_dates_only(app):
    dated = len(matching(end=LAST - timedelta(days=1)))
    assert dated < START
    app.get_by_role("slider", name="Last day").press("ArrowLeft")
    expect(app.locator(".bm-time-count")).to_have_text(f"{dated} records")
    shows(app, dated)
    app.get_by_role("slider", name="Last day").press("ArrowRight")
    shows(app, START)


def test_the_axis_is_zoomed_to_the_window_and_back(app):
    assert button(app, "Zoom to the period").is_disabled()
    choice(app, "From").fill("2024-04-01")
    choice(app, "To").fill("2024-04-07")
    agree(app, date(2024, 4, 1), date(2024, 4, 7))
    button(app, "Zoom to the period").click()
    seen = date(2024, 3, 31), date(2024, 4, 8)
    app.mouse.click(*at(app, date(2024, 4, 3), *seen))
    expect(words(app)).to_have_text("3 Apr 2024")
    agree(app, date(2024, 4, 3), date(2024, 4, 3))
    button(app, "Show the whole time").click()
    assert button(app, "Show the whole time").is_disabled()
    app.mouse.click(*at(app, date(2023, 11, 15)))
    expect(words(app)).to_have_text("November 2023")


def test_the_axis_follows_a_window_that_leaves_it(app):
    app.mouse.click(*at(app, date(2023, 11, 15)))
    button(app, "Zoom to the period").click()
    button(app, "Step forward").click()
    expect(words(app)).to_have_text("December 2023")
    box = chart(app).bounding_box()
    first = app.get_by_role("slider", name="First day").bounding_box()
    last = app.get_by_role("slider", name="Last day").bounding_box()
    assert box["x"] <= first["x"] < last["x"]
    assert last["x"] + last["width"] <= box["x"] + box["width"]


def test_bars_by_kind_and_what_is_under_the_cursor(app):
    november = matching(date(2023, 11, 1), date(2023, 11, 30))
    app.mouse.move(*at(app, date(2023, 11, 15)))
    tip = app.locator(".bm-time-tip")
    expect(tip).to_contain_text(re.compile(r"1[456] Nov 2023November 2023: \d+ records"))
    count = int(re.search(r": (\d+) records", tip.inner_text())[1])
    assert 0 < count <= len(november), "records that began earlier are in the bar of that month"
    parts = tip.locator(".bm-time-group:has(i)").all_inner_texts()
    assert sum(int(part.rsplit(" ", 1)[1]) for part in parts) == count
    choice(app, "Bars").select_option("kind")
    app.mouse.move(*at(app, date(2023, 11, 16)))
    expect(tip.locator(".bm-time-group")).to_have_count(2)
    kinds = tip.locator(".bm-time-group").all_inner_texts()
    assert sum(int(part.rsplit(" ", 1)[1]) for part in kinds) == count
    app.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_the_bars_follow_the_other_filters(app):
    def painted() -> int:
        return (
            chart(app)
            .locator("canvas")
            .evaluate(
                """(canvas) => {
              const { data } = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
              let sum = 0;
              for (let k = 3; k < data.length; k += 4) sum += data[k] > 0;
              return sum;
            }"""
            )
        )

    before = painted()
    app.get_by_role("button", name="Meeting", exact=True).click()
    shows(app, len(matching(kinds=("meeting",))))
    app.mouse.move(*at(app, date(2023, 11, 15)))
    tip = app.locator(".bm-time-tip")
    expect(tip.locator(".bm-time-group:has(i)").first).to_be_visible()
    assert before != painted()
    began = re.search(r": (\d+) records?", tip.inner_text())
    met = re.search(r"(\d+) meetings? among them", tip.inner_text())
    assert began[1] == met[1]


def test_nothing_found_is_said_calmly(app, app_server):
    opened(app, f"{app_server}/?text=zzzzzz", 0)
    expect(app.get_by_text("No record that matches has a date.")).to_be_visible(timeout=WAIT)
    expect(app.locator(".bm-time-count")).to_have_text("0 records")


def test_it_is_whole_again_after_another_page(app):
    choice(app, "Step").select_option("week")
    app.mouse.click(*at(app, date(2023, 11, 15)))
    agree(app, date(2023, 11, 1), date(2023, 11, 30))
    app.get_by_role("link", name="Claims").click()
    expect(app.get_by_role("heading", name="Claims")).to_be_visible(timeout=WAIT)
    app.get_by_role("link", name="Map", exact=True).click()
    expect(words(app)).to_have_text("November 2023", timeout=WAIT)
    agree(app, date(2023, 11, 1), date(2023, 11, 30))
    app.evaluate(
        """() => {
          window.said = 0;
          document.addEventListener("bordermap:time", () => (window.said += 1));
        }"""
    )
    app.get_by_role("slider", name="Last day").press("ArrowLeft")
    expect(words(app)).to_have_text("1–29 Nov 2023")
    assert app.evaluate("said") == 1, "the timeline of before listens no more"


def test_a_map_that_is_loaded_anew_gets_the_window(app):
    app.mouse.click(*at(app, date(2023, 11, 15)))
    agree(app, date(2023, 11, 1), date(2023, 11, 30))
    wanted = visible(app)
    map_frame(app).evaluate("document.body.dataset.old = 'yes'; location.reload()")
    app.frame_locator(".st-key-map iframe").locator("body:not([data-old])").wait_for(timeout=WAIT)
    shows(app, len(wanted))
    assert visible(app) == wanted


def test_with_less_motion_it_goes_in_steps(app, sent):
    app.emulate_media(reduced_motion="reduce")
    app.mouse.click(*at(app, date(2021, 5, 15)))
    agree(app, date(2021, 5, 1), date(2021, 5, 31))
    choice(app, "Speed").select_option("16")
    app.evaluate(
        """() => {
          window.said = [];
          document.addEventListener("bordermap:time", ({ detail }) =>
            window.said.push([performance.now(), detail.from]));
        }"""
    )
    sent.clear()
    button(app, "Play").click()
    app.wait_for_function("said.length === 3", timeout=WAIT)
    button(app, "Pause").click()
    said = app.evaluate("said")
    assert sent == [] or len(said) == 3
    assert [iso(start) for _, start in said] == ["2021-06-01", "2021-07-01", "2021-08-01"]
    assert all(b[0] - a[0] >= 990 for a, b in pairwise(said))
    agree(app, date(2021, 8, 1), date(2021, 8, 31))


def test_it_moves_at_every_frame_of_the_screen_and_asks_for_no_bars(app):
    choice(app, "Speed").select_option("16")
    button(app, "Play").click()
    app.evaluate(
        """() => {
          window.seen = { frame: 0, time: 0, bins: 0 };
          for (const name of ["time", "bins"]) {
            document.addEventListener(`bordermap:${name}`, () => (seen[name] += 1));
          }
          const next = () => {
            seen.frame += 1;
            if (seen.frame < 60) requestAnimationFrame(next);
            else window.counted = { ...seen };
          };
          requestAnimationFrame(next);
        }"""
    )
    app.wait_for_function("window.counted", timeout=WAIT)
    seen = app.evaluate("counted")
    assert 0.8 * seen["frame"] <= seen["time"] <= seen["frame"] + 2
    assert seen["bins"] == 0


def test_it_fits_a_phone(app):
    app.set_viewport_size({"width": 390, "height": 844})
    timeline = app.get_by_test_id("timeline")
    timeline.scroll_into_view_if_needed()
    expect(chart(app)).to_have_css("width", re.compile(r"^36\d"))
    for control in timeline.locator("button, select, input, [role=slider]").all():
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert min(box["width"], box["height"]) >= 24
    assert app.evaluate("document.documentElement.scrollWidth") <= 390
    whole = timeline.bounding_box()
    assert whole["height"] <= 220
    box = app.locator(".st-key-map iframe").bounding_box()
    assert 0 <= whole["y"] - box["y"] - box["height"] < 40, "it stands under the map"


def test_a_finger_draws_a_window(chromium, app_server):
    with chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, locale="en-GB"
    ) as context:
        page = arrived(context.new_page(), app_server)
        chart(page).scroll_into_view_if_needed()
        page.touchscreen.tap(*at(page, date(2023, 11, 15)))
        expect(words(page)).to_have_text("November 2023")
        agree(page, date(2023, 11, 1), date(2023, 11, 30))
        page.touchscreen.tap(*at(page, date(2023, 11, 15)))
        expect(words(page)).to_have_text("All dates")
        shows(page, START)
