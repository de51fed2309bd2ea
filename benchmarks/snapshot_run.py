"""Pictures made one way: ``python -m benchmarks.snapshot_run WAY DATA FLAT OUT --times 4``.

It prints the seconds of each picture as JSON; the last stands in OUT. What a process loads
before its first picture is in no time but that of the process.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from benchmarks.imports import NAME
from benchmarks.map_events import COLUMNS

Draw = Callable[[], bytes]
WIDTH, HEIGHT, DPI = 8.27, 11.69, 200
"""Of the figure of a peer, in inches: the sheet that ours is at first."""

_READY = """() => window.bordermapLayer?.lastDraw > 0
    && window.bordermapLayer.visibleRecords().length > 0 && window.bordermap.states.size > 0"""


@contextmanager
def ours(data: Path, _flat: Path) -> Iterator[Draw]:
    """Our sheet, from the selection to the bytes of the file."""
    from bordermap import catalog as catalogs
    from bordermap.queries import Dataset, with_sources
    from bordermap.selection import Selection
    from bordermap.snapshot import making
    from bordermap.snapshot.spec import Spec
    from bordermap.store import Store

    imported = [Store(data).get(NAME)] if data.is_dir() else []
    catalog = with_sources(catalogs.load(), imported)
    dataset = Dataset.of(catalog, imported, curated=not imported)
    selection = Selection(dataset=NAME if imported else "")
    spec = Spec(selection=selection, made_on=date(2026, 5, 1), dpi=DPI)
    yield lambda: making.make(spec, ".png", catalog, dataset).body


@contextmanager
def geopandas(_data: Path, flat: Path) -> Iterator[Draw]:
    """States and points by ``GeoDataFrame.plot``, with the legend that it offers."""
    import geopandas as gpd
    import pandas as pd
    from matplotlib import pyplot as plt

    from bordermap.catalog import default_root

    layers = default_root() / "layers"
    states = gpd.read_file(layers / "states.geojson")
    border = gpd.read_file(layers / "border.geojson")
    frame = pd.read_parquet(flat)
    points = gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(frame["longitude"], frame["latitude"]), crs="EPSG:4326"
    )

    def draw() -> bytes:
        figure, axes = plt.subplots(figsize=(WIDTH, HEIGHT))
        states.plot(ax=axes, color="#f8f4ea", edgecolor="#888888")
        border.plot(ax=axes, color="#8c1d2c")
        points.plot(ax=axes, column="category", legend=True, markersize=12)
        axes.set_title("Events")
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=DPI)
        plt.close(figure)
        return picture.getvalue()

    yield draw


@contextmanager
def folium(_data: Path, flat: Path) -> Iterator[Draw]:
    """``folium.Map._to_png``, which starts a browser for each picture."""
    import pandas as pd

    from benchmarks.map_pages import circles_from_disk

    events = pd.read_parquet(flat)
    yield lambda: circles_from_disk(events)._to_png(delay=1)


@contextmanager
def chromium(address: str) -> Iterator[Draw]:
    """A screenshot of our map in a Chromium without a window, from a server that runs."""
    from benchmarks import browser

    with browser.chromium(limit=600) as started:

        def draw() -> bytes:
            page = started.new_page(viewport=browser.SIZE, device_scale_factor=2)
            page.goto(address, wait_until="commit")
            page.wait_for_function(_READY, timeout=0)
            picture = page.screenshot(timeout=0)
            page.close()
            return picture

        yield draw


@contextmanager
def served(data: Path, flat: Path) -> Iterator[Draw]:
    """The same screenshot, from a server that is started for it."""
    from benchmarks.map_peers import OURS
    from benchmarks.map_server import PAGE
    from benchmarks.map_visit import server

    with server(OURS, data, flat) as address, chromium(address + PAGE) as draw:
        yield draw


WAYS = {"ours": ours, "geopandas": geopandas, "folium": folium, "served": served}


def write_curated(out: Path) -> None:
    """Write the places of the curated records as the rows of the peers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from bordermap.catalog import load

    rows = [
        {
            "longitude": place["longitude"],
            "latitude": place["latitude"],
            "category": record["category"],
            "date": record["date_start"] or record["date_end"],
            "title": record["title"],
            "place": place["name"],
        }
        for record in load().records.to_pylist()
        for place in record["places"]
        if place["longitude"] is not None
    ]
    assert set(rows[0]) == set(COLUMNS)
    pq.write_table(pa.Table.from_pylist(rows), out)


@click.command()
@click.argument("way")
@click.argument("data")
@click.argument("flat", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--times", default=1)
def main(way: str, data: str, flat: Path, out: Path, times: int) -> None:
    """Draw and print the seconds; where ``WAY`` is chromium, ``DATA`` is an address."""
    if way == "curated":
        write_curated(flat)
        return
    seconds = []
    with chromium(data) if way == "chromium" else WAYS[way](Path(data), flat) as draw:
        for _ in range(times):
            started = time.perf_counter()
            picture = draw()
            seconds.append(time.perf_counter() - started)
    out.write_bytes(picture)
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    main(prog_name="python -m benchmarks.snapshot_run")
