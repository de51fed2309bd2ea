"""States shaded by their records, and names in three languages, on a page that is one file."""

from __future__ import annotations

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from playwright.sync_api import expect

from bordermap.cartography import style
from bordermap.cartography.anchors import anchors
from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import EventLayer, encode, texts
from bordermap.catalog import load
from bordermap.model.record import RECORD_SCHEMA
from bordermap.queries import Dataset
from bordermap.selection import Selection

SHAN, KACHIN, YUNNAN = "MM-17", "MM-11", "CN-YN"
POINTS = {SHAN: (97.0, 22.0), KACHIN: (97.0, 25.0), YUNNAN: (100.0, 24.0)}
WAS, IS = date(2023, 1, 1), date(2023, 4, 11)
WINDOW = (IS, IS + timedelta(99))
"""A hundred days, right after those that begin with `WAS`."""

COUNTS = {SHAN: (40, 10), KACHIN: (5, 30), YUNNAN: (4, 5)}
"""Records of each state in the window before and in the window."""

SHAN_NAMES = {"en": "Shan State", "my": "ရှမ်းပြည်နယ်", "zh": "掸邦"}


def day_number(day):
    return (day - date(1970, 1, 1)).days


def table():
    """Records of `COUNTS`, in turns through their windows."""
    rows = []
    for code, counts in COUNTS.items():
        for start, count in zip((WAS, IS), counts, strict=True):
            for number in range(count):
                day = start + timedelta(99 * number // max(count - 1, 1))
                rows.append(record(len(rows), day, code))
    return pa.Table.from_pylist(rows, schema=RECORD_SCHEMA)


def record(number, day, code):
    row = dict.fromkeys(RECORD_SCHEMA.names)
    row |= {field.name: [] for field in RECORD_SCHEMA if pa.types.is_nested(field.type)}
    row |= dict.fromkeys(("dataset", "scope", "confidence"), "x")
    row |= {"id": f"r{number}", "kind": "incident", "category": "armed_clash", "title": "Clash"}
    row |= {"date_start": day, "date_end": day, "date_edtf": str(day), "date_precision": "day"}
    longitude, latitude = POINTS[code]
    place = {"place_id": code, "name": code, "role": "location", "region_code": code}
    row["places"] = [
        place | {"longitude": longitude, "latitude": latitude, "geo_precision": "exact"}
    ]
    row["geo_precision"] = "exact"
    return row


def layers():
    columns = {
        "code": [SHAN, KACHIN, YUNNAN, "MM-12"],
        "name": ["Shan State", "Kachin State", "Yunnan", "Kayah State"],
        "name_my": [SHAN_NAMES["my"], None, None, None],
        "name_zh": [SHAN_NAMES["zh"], "克钦邦", "云南", None],
        "featured": [True, True, True, False],
    }
    areas = [
        shapely.box(96, 20, 98, 24.2),
        shapely.box(96, 24.2, 98, 27),
        shapely.box(98, 20, 102, 27),
        shapely.box(96, 18, 98, 20),
    ]
    return {"states": gpd.GeoDataFrame(columns, geometry=areas, crs="EPSG:4326")}


def written(path, layers, records):
    events = EventLayer(embedded=encode(records, anchors(layers)), text=texts(records), bus="self")
    path.write_text(base_map(layers, events, assets="inline").get_root().render(), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return written(tmp_path_factory.mktemp("page") / "map.html", layers(), table())


@pytest.fixture(scope="module")
def package():
    catalog = load()
    return catalog, Dataset.of(catalog, [], curated=True)


@pytest.fixture(scope="module")
def curated(tmp_path_factory, package):
    catalog, dataset = package
    return written(tmp_path_factory.mktemp("curated") / "map.html", catalog.layers, dataset.records)


@pytest.fixture
def opened(chromium):
    """Open a page and wait for its records; nothing may fail on it."""
    faults = []
    page = chromium.new_page(viewport={"width": 900, "height": 700})
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(
        """window.heard = []; window.written = [];
        document.addEventListener("bordermap:settings", ({detail}) => heard.push(detail));
        const plain = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
          written.push(text);
          return plain.call(this, text, ...more);
        };"""
    )

    def open_page(address):
        page.goto(address)
        page.wait_for_function("window.bordermapLayer && bordermapLayer.days")
        return page

    yield open_page
    assert faults == []
    page.close()


@pytest.fixture
def page(opened, address):
    return opened(address)


def say(page, name, **detail):
    page.evaluate(
        "([name, detail]) => document.dispatchEvent(new CustomEvent(name, {detail}))",
        [f"bordermap:{name}", detail],
    )


def in_time(page, window, channel="a"):
    first, last = (day and day_number(day) for day in window)
    say(page, "time", channel=channel, **{"from": first, "to": last})


def shades(page, shade=None, until="true"):
    """Return what is shaded once a condition of it, ``shown``, holds."""
    if shade is not None:
        say(page, "settings", shade=shade)
    page.wait_for_function(
        f"(() => {{ const shown = bordermap.shadesShown(); return {until}; }})()"
    )
    return page.evaluate("bordermap.shadesShown()")


def counts(shown):
    return {code: state["count"] for code, state in shown["states"].items() if state["count"]}


def fill(page, code):
    return page.evaluate(
        "code => bordermap.states.get(code).layer.getElement().getAttribute('fill')", code
    )


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(date_from=date(2023, 10, 27), date_to=date(2024, 1, 31)),
        Selection(kinds=("meeting",), date_from=date(2024, 5, 1)),
        Selection(categories=("armed_clash",), date_to=date(2024, 6, 30)),
    ],
    ids=["all", "window", "meetings", "clashes"],
)
def test_states_have_the_numbers_of_the_dataset(opened, curated, package, selection):
    catalog, dataset = package
    page = opened(curated)
    whenever = selection.replace(date_from=None, date_to=None)
    bits = np.zeros(len(dataset), dtype=bool)
    bits[dataset.rows(whenever)] = True
    page.evaluate(
        "bits => document.dispatchEvent(new CustomEvent('bordermap:selection',"
        " {detail: {mask: Uint8Array.from(bits), chosen: null, view: null}}))",
        np.packbits(bits, bitorder="little").tolist(),
    )
    in_time(page, (selection.date_from, selection.date_to))
    codes = {*catalog.layers["states"]["code"], *catalog.layers["yunnan"]["code"]}
    wanted = {
        code: n for code, n in dataset.counts("region_codes", selection).items() if code in codes
    }
    assert wanted
    total = sum(wanted.values())
    shown = shades(
        page,
        "count",
        "Object.values(shown.states).reduce((sum, {count}) => sum + count, 0) === " + str(total),
    )
    assert counts(shown) == wanted


def test_a_window_recounts_and_leaves_the_classes(page):
    whole = shades(page, "count", "shown.states['MM-17']?.count === 50")
    assert counts(whole) == {code: sum(both) for code, both in COUNTS.items()}
    assert [block.get("mark") for block in whole["blocks"][1:]] == ["1", "2", "5", "10", "20", "50"]
    in_time(page, WINDOW)
    shown = shades(page, until="shown.states['MM-17']?.count === 10")
    assert counts(shown) == {code: after for code, (_, after) in COUNTS.items()}
    assert shown["blocks"] == whole["blocks"]
    ramp = [block["colour"] for block in shown["blocks"]]
    places = {code: ramp.index(state["colour"]) for code, state in shown["states"].items()}
    assert places == {KACHIN: 5, SHAN: 4, YUNNAN: 3, "MM-12": 0}
    assert fill(page, KACHIN) == ramp[5]
    in_time(page, (date(2030, 1, 1), date(2030, 2, 1)))
    assert counts(shades(page, until="shown.states['MM-17']?.count === 0")) == {}


def test_records_a_month_of_the_days_that_the_records_cover(page):
    in_time(page, (IS, date(2040, 1, 1)))
    shown = shades(page, "rate", "shown.how === 'rate' && shown.states['MM-17']?.count === 10")
    assert shown["states"][SHAN]["words"] == "10 records, 3 a month"
    assert shown["states"][KACHIN]["words"] == "30 records, 9.1 a month"
    assert shown["states"]["MM-12"]["words"] == "0 records, 0 a month"
    marks = [float(block["mark"]) for block in shown["blocks"][1:]]
    assert marks == sorted(marks)
    assert {f"{mark:e}"[0] for mark in marks} <= set("125")


def test_no_records_no_shade(page):
    before = fill(page, SHAN)
    shades(page, "count", "shown.how === 'count'")
    assert fill(page, SHAN) != before
    shades(page, "", "!shown.how")
    assert fill(page, SHAN) == before
    assert page.locator(".bordermap-shades").is_hidden()


# ---------------------------------------------------------------- change


def test_change_from_the_window_before(page):
    in_time(page, WINDOW)
    shown = shades(page, "change", "shown.states['MM-17']")
    assert shown["title"] == "Change from 1 Jan 2023 – 10 Apr 2023 to 11 Apr 2023 – 19 Jul 2023"
    words = {code: state["words"] for code, state in shown["states"].items()}
    assert words == {
        SHAN: "10 records, 40 before: a quarter to half as many",
        KACHIN: "30 records, 5 before: more than four times as many",
        YUNNAN: "5 records, 4 before: too few events to compare",
        "MM-12": "0 records, 0 before: too few events to compare",
    }
    assert fill(page, SHAN) == style.CHANGES[1]
    assert fill(page, KACHIN) == style.CHANGES[-1]
    assert fill(page, YUNNAN) == "url(#bordermap-few)"
    assert page.locator("pattern#bordermap-few").count() == 1
    legend = page.locator(".bordermap-shades")
    for said in ("quarter", "half", "same", "twice", "fourfold", "too few events"):
        expect(legend).to_contain_text(said)


@pytest.mark.parametrize(
    ("window", "note"),
    [
        ((None, None), "needs a period"),
        ((None, WINDOW[1]), "far enough back"),
        ((WAS, IS), "far enough back"),
        ((date(2030, 1, 1), date(2030, 2, 1)), "far enough back"),
    ],
)
def test_change_says_what_it_lacks(page, window, note):
    in_time(page, window)
    shown = shades(page, "change", "shown.how === 'change'")
    assert note in shown["note"]
    assert shown["states"] == {}
    expect(page.locator(".bordermap-shades")).to_contain_text(note)


def test_two_periods_are_compared_with_each_other_by_their_length(page):
    """Kachin: 5 in a hundred days, then 15 in fifty."""
    in_time(page, (WAS, IS - timedelta(1)), "a")
    in_time(page, (IS, IS + timedelta(49)), "b")
    shown = shades(page, "change", "shown.states['MM-11'] && shown.states['MM-11']?.count < 30")
    kachin = shown["states"][KACHIN]
    assert (kachin["count"], kachin["before"]) == (15, 5)
    assert "more than four times" in kachin["words"]


# ---------------------------------------------------------------- the control


def test_the_control_says_what_the_reader_chose(page):
    page.locator(".leaflet-control-layers").hover()
    page.get_by_role("radio", name="Per month").check()
    page.get_by_role("radio", name="Chinese").check()
    page.get_by_role("checkbox", name="Labels").uncheck()
    heard = page.evaluate("heard.map(({channel, ...settings}) => settings)")
    assert heard[0] == {"hidden": [], "shade": "rate", "names": "en"}
    assert heard[-1] == {"hidden": ["labels"], "shade": "rate", "names": "zh"}
    assert len(heard) == 3
    page.get_by_role("radio", name="Per month").press("ArrowDown")
    assert page.evaluate("bordermap.settings.shade") == "change"


def test_the_page_sets_the_control(page):
    say(page, "settings", hidden=["events", "labels"], shade="count", names="my")
    assert page.evaluate("bordermap.settings") == {
        "hidden": ["labels", "events"],
        "shade": "count",
        "names": "my",
    }
    page.locator(".leaflet-control-layers-toggle").press("Enter")
    expect(page.get_by_role("checkbox", name="Events")).not_to_be_checked()
    expect(page.get_by_role("radio", name="Records")).to_be_checked()
    expect(page.get_by_role("radio", name="Burmese")).to_be_checked()
    assert len(page.evaluate("heard")) == 1
    say(page, "settings", hidden=[])
    expect(page.get_by_role("checkbox", name="Events")).to_be_checked()


@pytest.mark.parametrize(
    "hostile",
    [
        {"shade": "constructor", "names": "__proto__", "hidden": ["<img src=x>", "land"]},
        {"shade": ["count"], "names": 7, "hidden": "labels"},
        {"shade": None, "names": None, "hidden": None},
        {},
    ],
)
def test_what_cannot_be_read_is_ignored(page, hostile):
    say(page, "settings", shade="", names="en", hidden=[])
    say(page, "settings", **hostile)
    assert page.evaluate("bordermap.settings") == {"hidden": [], "shade": "", "names": "en"}


def test_a_message_of_another_channel_is_not_for_this_map(page):
    say(page, "settings", channel="b", shade="count")
    assert page.evaluate("bordermap.settings.shade") == ""


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("language", ["en", "my", "zh"])
def test_labels_and_tooltips_are_in_the_language_where_it_is_known(page, language):
    page.evaluate("map_div.setView([21, 97.5], 7, {animate: false})")
    page.evaluate("written.length = 0")
    say(page, "settings", names=language)
    shan = SHAN_NAMES[language]
    page.wait_for_function("name => written.includes(name)", arg=shan)
    assert page.evaluate("written.includes('Kayah State')")
    shades(page, "count", "shown.how === 'count'")
    x, y = page.evaluate(
        "(() => { const {x, y} = map_div.latLngToContainerPoint([20.6, 96.4]); return [x, y]; })()"
    )
    page.mouse.move(x, y)
    tip = page.locator(".leaflet-tooltip")
    expect(tip.locator("strong")).to_have_text(shan)
    others = " · ".join(name for name in SHAN_NAMES.values() if name != shan)
    expect(tip.locator("div div").first).to_have_text(others)
    expect(tip).to_contain_text("50 records")
    in_time(page, WINDOW)
    expect(tip).to_contain_text("10 records")
