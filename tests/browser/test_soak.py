"""Hundreds of filters and windows leave no memory behind in the browser."""

from __future__ import annotations

import base64

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import FLAT, EventLayer, encode
from bordermap.cartography.markup import INLINE
from bordermap.model.record import RECORD_SCHEMA

RECORDS = 5000
CHANGES = 500
WARM_UP = 50
MASKS = 25
"""So many different filters; each is asked for again and again."""

# Each change is another filter, told by its own count of records, then another window; what
# follows waits until it is drawn.
_CHANGES = """async ({ begin, end, counts }) => {
    const [first, last] = window.bordermapLayer.days;
    const say = (name, detail) =>
        document.dispatchEvent(new CustomEvent("bordermap:" + name, { detail }));
    const drawn = (wanted) => new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error("nothing new was drawn")), 30000);
        const heard = (event) => {
            if (wanted !== undefined && event.detail.records !== wanted) return;
            clearTimeout(late);
            document.removeEventListener("bordermap:drawn", heard);
            resolve();
        };
        document.addEventListener("bordermap:drawn", heard);
    });
    for (let k = begin; k < end; k++) {
        const which = k % counts.length, from = first + ((k * 37) % (last - first));
        say("time", { channel: "a", from: null, to: null });
        say("selection", { channel: "a", mask: masks[which], chosen: null, view: null });
        await drawn(counts[which]);
        say("time", { channel: "a", from, to: from + 90 });
        await drawn();
    }
}"""

_MASKS = """(texts) => {
    const bits = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    window.masks = texts.map((text) => URL.createObjectURL(new Blob([bits(text)])));
}"""


def events() -> pa.Table:
    random = np.random.default_rng(5)
    days = random.integers(18_000, 19_500, RECORDS).astype("datetime64[D]")
    columns = {
        "kind": ["incident"] * RECORDS,
        "category": random.choice(["armed_clash", "protest", "arrest"], RECORDS),
        "date_start": days,
        "date_end": days,
        "date_precision": ["day"] * RECORDS,
        "longitude": random.uniform(94, 101, RECORDS),
        "latitude": random.uniform(17, 27, RECORDS),
        "geo_precision": random.choice(["exact", "near", "district"], RECORDS),
        "region_code": random.choice(["MM-17", "MM-11"], RECORDS),
        "place_name": [f"Place {number % 900}" for number in range(RECORDS)],
    }
    return pa.table({name: columns[name] for name in FLAT})


@pytest.fixture
def page(chromium, tmp_path):
    """A map of many records, and masks of which each lets through a part of them."""
    states = gpd.GeoDataFrame(
        {"code": ["MM-17"], "name": ["Shan State"], "featured": [True]},
        geometry=[shapely.box(96, 20, 98, 24.2)],
        crs="EPSG:4326",
    )
    columns = encode(RECORD_SCHEMA.empty_table(), {}, [events()])
    texts = [{"id": "", "title": "Event", "date": "", "place": ""}] * RECORDS
    layer = EventLayer(embedded=columns, text=texts, bus="self")
    path = tmp_path / "map.html"
    path.write_text(base_map({"states": states}, layer, assets=INLINE).get_root().render(), "utf-8")
    shares = np.linspace(0.2, 0.9, MASKS)[:, None]
    chosen = np.random.default_rng(7).random((MASKS, RECORDS)) < shares
    masks = np.packbits(chosen, axis=1, bitorder="little")

    page = chromium.new_page(viewport={"width": 800, "height": 600})
    page.faults, page.counts = [], chosen.sum(axis=1).tolist()
    assert len(set(page.counts)) == MASKS
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("window.bordermapLayer && bordermapLayer.days")
    page.evaluate(_MASKS, [base64.b64encode(mask.tobytes()).decode() for mask in masks])
    yield page
    assert page.faults == []
    page.close()


def taken(session) -> dict[str, int]:
    """What the page holds after garbage was collected: bytes of memory, and elements."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    counters = session.send("Memory.getDOMCounters")
    return {
        "heap": heap["usedSize"],
        "buffers": heap["backingStorageSize"],
        "nodes": counters["nodes"],
        "listeners": counters["jsEventListeners"],
    }


def test_five_hundred_filters_and_windows_leave_memory_flat(page) -> None:
    session = page.context.new_cdp_session(page)
    page.evaluate(_CHANGES, {"begin": 0, "end": WARM_UP, "counts": page.counts})
    before = taken(session)
    further = {"begin": WARM_UP, "end": WARM_UP + CHANGES, "counts": page.counts}
    page.evaluate(_CHANGES, further)
    after = taken(session)
    assert before["buffers"] > RECORDS * 10
    assert {name: after[name] for name in after if after[name] > 1.1 * before[name]} == {}
