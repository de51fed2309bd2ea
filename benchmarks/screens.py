"""Pictures of the app with few and very many invented events: ``python -m benchmarks.screens``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Browser

from benchmarks import browser, map_events, measure
from benchmarks.imports import NAME
from benchmarks.play_visit import app_server, loaded

OUT = measure.ROOT / "docs" / "screens"
SIZES = (50, 5_000, 100_000, 1_000_000)
COLOURS = 160
"""Of the palette; with it a picture stays below a quarter of a megabyte."""


@click.command()
@click.option("--sizes", default=",".join(map(str, SIZES)), show_default=True)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Of the events.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=OUT)
def main(sizes: str, folder: Path | None, out: Path) -> None:
    """Take pictures of the app at several numbers of events."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bordermap-") as temporary:
        for size in map(int, sizes.split(",")):
            events = map_events.prepare(size, folder or Path(temporary), limit=1800)
            with app_server(events.data) as (address, _), browser.chromium(limit=300) as chromium:
                path = out / f"{size}.png"
                picture(chromium, f"{address}/?dataset={NAME}", path)
                click.echo(f"{path}: {path.stat().st_size // 1000} kB")


def picture(chromium: Browser, address: str, path: Path) -> None:
    """Take a picture of the app at an address, when nothing moves any more."""
    page = loaded(chromium, address)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    with Image.open(path) as taken:
        reduced = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.screens")
