"""Atlases: a sheet for each region, month or gate, and an index."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from PIL import Image

from bordermap.cli import main
from bordermap.errors import OutputError, SelectionError
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.selection import Selection
from bordermap.snapshot import atlas, atlas_page
from bordermap.snapshot.making import Material
from bordermap.snapshot.spec import Spec

MADE_ON = date(2026, 5, 1)
HOSTILE = "<script>alert(1)</script> & {{ 7*7 }} \u202e\x07"
DATA = atlas.Data(None, None)
SPRING = Selection(date_from=date(2024, 3, 20), date_to=date(2024, 5, 10))


def a_spec(selection=SPRING, **asked):
    return Spec(selection=selection, made_on=MADE_ON, **{"layout": "square", "dpi": 50} | asked)


# ---------------------------------------------------------------- what sheets there are


def test_regions_have_a_sheet_each_where_they_have_records(catalog, dataset):
    made = atlas.sheets(a_spec(), "region", catalog, dataset)
    counts = dataset.counts("region_codes", SPRING)
    assert {sheet.name: sheet.records for sheet in made} == {
        code: n for code, n in counts.items() if n
    }
    for sheet in made:
        assert sheet.words == REGION_NAMES[sheet.name]
        assert sheet.spec.selection == SPRING.replace(regions=(sheet.name,))
        assert len(dataset.select(sheet.spec.selection)) == sheet.records
    some = SPRING.replace(regions=("MM-17", "MM-11"))
    assert [sheet.name for sheet in atlas.sheets(a_spec(some), "region", catalog, dataset)] == [
        "MM-17",
        "MM-11",
    ]


def test_months_are_within_the_selected_days(catalog, dataset):
    made = atlas.sheets(a_spec(), "month", catalog, dataset)
    assert [(sheet.name, sheet.words) for sheet in made] == [
        ("2024-03", "March 2024"),
        ("2024-04", "April 2024"),
        ("2024-05", "May 2024"),
    ]
    days = [(sheet.spec.selection.date_from, sheet.spec.selection.date_to) for sheet in made]
    assert days == [
        (date(2024, 3, 20), date(2024, 3, 31)),
        (date(2024, 4, 1), date(2024, 4, 30)),
        (date(2024, 5, 1), date(2024, 5, 10)),
    ]
    for sheet in made:
        assert len(dataset.select(sheet.spec.selection)) == sheet.records > 0


def test_all_months_hold_every_dated_record(catalog, dataset):
    made = atlas.sheets(a_spec(Selection()), "month", catalog, dataset)
    held = {key for sheet in made for key in dataset.select(sheet.spec.selection)["id"].to_pylist()}
    records = dataset.records
    dated = {
        key
        for key, precision in zip(
            records["id"].to_pylist(), records["date_precision"].to_pylist(), strict=True
        )
        if precision != "unknown"
    }
    assert held == dated
    assert [sheet.name for sheet in made] == sorted(sheet.name for sheet in made)


def test_gates_have_a_sheet_each_where_records_are_near(catalog, dataset):
    made = atlas.sheets(a_spec(), "gate", catalog, dataset)
    assert {sheet.name for sheet in made} == {
        gate for gate in catalog.gates if len(dataset.select(SPRING.replace(gates=(gate,))))
    }
    assert {sheet.words for sheet in made} <= {gate.name for gate in catalog.gates.values()}


def test_a_title_stands_before_that_of_each_sheet(catalog, dataset):
    (first, *_) = atlas.sheets(a_spec(title="Spring"), "month", catalog, dataset)
    assert first.spec.title == "Spring: March 2024"
    (first, *_) = atlas.sheets(a_spec(), "month", catalog, dataset)
    assert first.spec.title == ""


def test_an_atlas_of_nothing_or_too_much_is_refused(catalog, dataset, monkeypatch):
    with pytest.raises(SelectionError, match="no record of the selection has a month"):
        atlas.sheets(a_spec(Selection(text="nowhere at all")), "month", catalog, dataset)
    monkeypatch.setattr(atlas, "MAX_SHEETS", 2)
    with pytest.raises(SelectionError, match="3 sheets are too many"):
        atlas.sheets(a_spec(), "month", catalog, dataset)


# ---------------------------------------------------------------- the folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An atlas by month, made by two processes; and what the progress was."""
    path = tmp_path_factory.mktemp("atlas")
    done = run(path, "--workers", "2")
    assert done.returncode == 0, done.stderr
    return path


def arguments(path, *more):
    return [
        *(sys.executable, "-m", "bordermap", "atlas", str(path), "--by", "month"),
        *("--from", "2024-03-20", "--to", "2024-05-10", "--layout", "square", "--dpi", "50"),
        *more,
    ]


def run(path, *more):
    return subprocess.run(arguments(path, *more), capture_output=True, text=True, check=False)


def names(path: Path):
    return sorted(one.name for one in path.iterdir())


def test_an_atlas_is_sheets_sidecars_and_an_index(folder):
    months = ["2024-03", "2024-04", "2024-05"]
    files = [f"{month}.png{more}" for month in months for more in ("", ".json")]
    assert names(folder) == [*files, "index.html"]
    for month in months:
        with Image.open(folder / f"{month}.png") as picture:
            assert picture.size == (400, 400)
        told = json.loads((folder / f"{month}.png.json").read_text("utf-8"))
        assert told["file"] == f"{month}.png"


def test_a_sheet_that_is_there_is_kept_and_a_changed_one_made_anew(folder):
    before = {name: (folder / name).stat().st_mtime_ns for name in names(folder)}
    whole = (folder / "2024-04.png").read_bytes()
    (folder / "2024-04.png").write_bytes(whole[:-10])
    (folder / "2024-05.png.json").unlink()
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1].endswith("3 sheets, 1 of them kept")
    changed = {name for name in names(folder) if (folder / name).stat().st_mtime_ns != before[name]}
    assert changed == {
        *("2024-04.png", "2024-04.png.json", "2024-05.png", "2024-05.png.json"),
        "index.html",
    }
    assert (folder / "2024-04.png").read_bytes() == whole


def test_another_sheet_is_not_taken_for_the_same(folder):
    done = run(folder, "--hide", "locator")
    assert "0 of them kept" in done.stderr


def test_ctrl_c_leaves_whole_files_and_the_same_command_goes_on(tmp_path):
    """All months since 2021 are some sixty sheets: there is time to stop it after the first."""
    more = ("--from", "2021-01-01", "--to", "2024-12-31", "--workers", "1")
    process = subprocess.Popen(
        arguments(tmp_path, *more),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # a background job has none
    )
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("*.png.json")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells all of the group
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    (line,) = said.splitlines()
    assert line.startswith("stopped: ")
    assert line.endswith("the same command goes on")
    pictures = list(tmp_path.glob("*.png"))
    assert 0 < len(pictures) < 30
    assert len(names(tmp_path)) == 2 * len(pictures), "each with its sidecar, nothing else"
    for picture in pictures:
        told = json.loads((tmp_path / f"{picture.name}.json").read_text("utf-8"))
        assert told["size"] == picture.stat().st_size


def test_a_sheet_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "2024-04.png").mkdir()
    done = run(tmp_path, "--workers", "1")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "2024-04.png" in line
    assert "index.html" not in names(tmp_path)


def test_a_process_that_dies_is_told(tmp_path, catalog, dataset):
    wanted = atlas.sheets(a_spec(), "month", catalog, dataset)
    nowhere = atlas.Data(tmp_path / "none", None)
    with pytest.raises(OutputError, match="0 of 3 are done"):
        atlas.draw(tmp_path, wanted, ".png", nowhere, workers=1)
    assert not names(tmp_path)


def test_sheets_can_be_documents(tmp_path, catalog, dataset):
    wanted = atlas.sheets(a_spec(), "month", catalog, dataset)[:1]
    told = []
    (drawn,) = atlas.draw(
        tmp_path, wanted, ".pdf", DATA, workers=1, progress=lambda *now: told.append(now)
    )
    assert told == [(0, 1), (1, 1)]
    assert (tmp_path / "2024-03.pdf").read_bytes().startswith(b"%PDF-")
    assert drawn.sheet == wanted[0]
    assert not drawn.kept
    small(drawn.picture)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--by", "week"), "'week' is not one of"),
        (("--by", "month", "--layout", "poster"), "layout: 'poster'"),
        (("--by", "month", "--dpi", "9"), "dpi"),
        (("--by", "month", "--text", "nowhere at all"), "nothing to draw"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(tmp_path, asked, told):
    result = CliRunner().invoke(main, ["atlas", str(tmp_path / "out"), *asked])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert told in line
    assert not names(tmp_path)


# ---------------------------------------------------------------- the index


def small(picture):
    """Open a picture that is its own address."""
    import base64

    head, _, body = picture.partition(",")
    assert head == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as image:
        assert max(image.size) == 320
        return image.copy()


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data.strip())

    def all(self, tag, attribute):
        return [found[attribute] for name, found in self.tags if name == tag]


def test_the_index_links_every_sheet_and_loads_nothing(folder):
    page = Page((folder / "index.html").read_text("utf-8"))
    links = page.all("a", "href")
    assert links == ["2024-03.png", "2024-04.png", "2024-05.png"]
    assert all((folder / unquote(link)).is_file() for link in links)
    for picture in page.all("img", "src"):
        assert small(picture).convert("L").getextrema()[0] < 120
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert "March 2024" in page.words
    assert any("China–Myanmar border" in words for words in page.words)


def test_titles_never_become_markup(catalog, dataset):
    spec = a_spec(title=HOSTILE)
    records = dataset.select(SPRING)
    sheet = atlas.Sheet("2024-03", HOSTILE, 1, spec)
    text = atlas_page.render(
        Material(spec, catalog, dataset, records), [atlas.Drawn(sheet, "data:,", False)], ".png"
    )
    page = Page(text)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script>alert(1)</script> & {{ 7*7 }}" in page.words
    assert "49" not in text.partition("</title>")[0].partition("<title>")[2]
