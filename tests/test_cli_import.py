"""Importing and datasets on the command line."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from invented import acled, table

from bordermap import catalog as catalogs
from bordermap.catalog import Catalog
from bordermap.cli import main
from bordermap.store import Store


@pytest.fixture(autouse=True)
def loaded_once(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    load = catalogs.load
    monkeypatch.setattr(catalogs, "load", lambda root=None: load(root) if root else catalog)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("BORDERMAP_DATA", str(folder))
    return folder


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "Good Events.csv"
    path.write_text(acled({}, {}, {}), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def assert_one_line(result: Result, status: int, *said: str) -> None:
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    for words in said:
        assert words in line


def test_import_says_what_it_did_and_where_to_look(data: Path, good: Path) -> None:
    result = run("import", good)
    assert (result.exit_code, result.stderr) == (0, "")
    first, *_, last = result.stdout.splitlines()
    assert first == "good-events: 3 rows read, 3 kept (0 of them repaired), 0 rejected"
    assert "bordermap records --dataset good-events" in last
    assert Store(data).names() == ["good-events"]
    shown = run("records", "--dataset", "good-events", "--format", "jsonl")
    assert len(shown.stdout.splitlines()) == 3


def test_rejected_rows_are_told_by_the_exit_status(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(acled({}, {"event_date": "soon"}, {"fatalities": "many"}), encoding="utf-8")
    result = run("import", path)
    assert result.exit_code == 1
    assert "3 rows read, 2 kept (1 of them repaired), 1 rejected" in result.stdout
    assert "1 rejected: " in result.stdout
    assert Store(data).get("some").rows == 2


def test_repaired_rows_are_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(acled({"fatalities": "many"}), encoding="utf-8")
    assert run("import", path).exit_code == 0


def test_reports(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    hostile = "<script>alert(1)</script>"
    path.write_text(
        acled({"admin1": hostile}, {"event_date": hostile}, {"event_date": hostile}), "utf-8"
    )
    as_json, as_html = tmp_path / "r.json", tmp_path / "r.html"
    assert run("import", path, "--report", as_json).exit_code == 1
    report = json.loads(as_json.read_text("utf-8"))
    assert report["rows"]["rejected"] == 2
    assert report["issues_total"] == len(report["issues"]) == 2
    assert report["issues"][0]["line"] == 3
    assert report["issues"][0]["value"] == hostile
    assert run("datasets", "show", "some", "--report", as_html).exit_code == 0
    page = as_html.read_text("utf-8")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3


def test_a_report_that_cannot_be_written_keeps_the_old_dataset(
    data: Path, good: Path, tmp_path: Path
) -> None:
    assert_one_line(run("import", good, "--report", tmp_path / "no" / "r.json"), 1, "r.json")
    assert Store(data).names() == []
    assert_one_line(run("import", good, "--report", "r.pdf"), 2, ".json, .html")


def test_dry_run_writes_nothing(data: Path, good: Path) -> None:
    result = run("import", good, "--dry-run")
    assert result.exit_code == 0
    assert "Good Events.csv: acled, text, utf-8" in result.stdout
    assert 'date_start = "event_date"' in result.stdout
    assert "armed_clash" in result.stdout and "MM-17" in result.stdout
    assert not data.exists()


def test_a_mapping_that_was_saved_is_used(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(table("Day,Lat,Lon,Dead", "2021-03-04,23.99,97.9,3"), "utf-8")
    mapping = tmp_path / "m.toml"
    assert run("import", path, "--dry-run", "--save-mapping", mapping).exit_code == 0
    text = mapping.read_text("utf-8")
    assert 'fatalities_best = "Dead"' in text
    changed = text.replace("fatalities_high = []\n", "").replace(
        'fatalities_best = "Dead"', 'fatalities_high = "Dead"'
    )
    mapping.write_text(changed, "utf-8")
    assert run("import", path, "--mapping", mapping).exit_code == 0
    record = json.loads(run("records", "--dataset", "own", "--format", "jsonl").stdout)
    assert (record["fatalities_best"], record["fatalities_high"]) == (None, 3)


def test_what_is_ambiguous_is_asked_for(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(table("Day,Lat,Lon", "04/03/2021,23.99,97.9"), "utf-8")
    assert_one_line(run("import", path), 1, "--date-order day-first or month-first")
    assert Store(data).names() == []
    assert "--date-order" in run("import", path, "--dry-run").stdout
    assert run("import", path, "--date-order", "month-first").exit_code == 0
    record = json.loads(run("records", "--dataset", "own", "--format", "jsonl").stdout)
    assert record["date_start"] == "2021-04-03"


def test_append(good: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text(acled({}, {"event_id_cnty": "X"}), "utf-8")
    run("import", good, "--dataset", "e")
    result = run("import", more, "--dataset", "e", "--append")
    assert "it holds 4 events; 1 were replaced" in result.stdout


def test_datasets(data: Path, good: Path) -> None:
    nothing = run("datasets", "list")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert str(data) in nothing.stderr
    run("import", good)
    (line,) = run("datasets", "list").stdout.splitlines()
    assert line.split()[:4] == ["good-events", "3", "events", "acled"]
    assert run("datasets").stdout.split() == line.split()
    as_json = run("datasets", "show", "good-events", "--format", "json").stdout
    assert json.loads(as_json)["rows"]["kept"] == 3
    shown = run("datasets", "show", "good-events").stdout
    assert shown.startswith("good-events: 3 rows read")
    assert "Dates: From 2022-03-04 to 2022-03-04." in shown
    assert run("datasets", "remove", "good-events").exit_code == 0
    assert Store(data).names() == []
    assert_one_line(run("datasets", "remove", "good-events"), 1, "good-events")
    assert_one_line(run("datasets", "show", "other"), 1, "other")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "2", "--scheduler", "tcp://h:1"], "--scheduler"),
        (["--mapping", "m.toml", "--as", "ucdp"], "--as"),
        (["--date-order", "year-first"], "year-first"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage(good: Path, options: list[str], said: str) -> None:
    assert_one_line(run("import", *([good] if options else []), *options), 2, said)


@pytest.mark.parametrize("name", ["curated", "Über", "../up", "a" * 61, ""])
def test_names_that_cannot_be(data: Path, good: Path, name: str) -> None:
    result = run("import", good, f"--dataset={name}")
    if name:
        assert_one_line(result, 1, "name")
        assert not data.exists() or not list(data.iterdir())
    else:
        assert result.exit_code == 0


# -------------------------------------------------------------------- bad input


def zip_bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as file,
    ):
        file.write(b"date,lat,lon\n")
        for _ in range(100):
            file.write(b"0" * (2 << 20))


def lying_parquet(path: Path) -> None:
    columns = {"date": ["2021-03-04"] * 5000, "lat": [str(n) for n in range(5000)]}
    pq.write_table(pa.table(columns | {"lon": columns["lat"]}), path)
    whole = bytearray(path.read_bytes())
    whole[100:4000] = bytes(3900)
    path.write_bytes(bytes(whole))


REFUSED: dict[str, Callable[[Path], object]] = {
    "empty.csv": lambda path: path.write_bytes(b""),
    "header.csv": lambda path: path.write_text("date,lat,lon\n"),
    "nul.csv": lambda path: path.write_bytes(b"\0" * 4096),
    "line.csv": lambda path: path.write_bytes(b"date,lat,lon\n" + b"x" * (50 << 20)),
    "wide.csv": lambda path: path.write_text(",".join(f"c{n}" for n in range(10_000)) + "\n1\n"),
    "bomb.zip": zip_bomb,
    "lying.parquet": lying_parquet,
    "no.parquet": lambda path: path.write_bytes(b"PAR1 nothing PAR1"),
    "no.xlsx": lambda path: path.write_bytes(b"PK\x03\x04 nothing"),
    "no.geojson": lambda path: path.write_text('{"type": "FeatureCollection", "features": ['),
    "no.gpkg": lambda path: path.write_bytes(b"SQLite format 3\0nothing"),
    "picture.csv": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
    "words.csv": lambda path: path.write_text("Nothing\nin here\nis an event\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_imported_is_one_line(data: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    REFUSED[name](path)
    result = run("import", path)
    if result.stdout:  # every row was read and counted
        assert result.exit_code == 1
        assert " 0 kept" in result.stdout
    else:
        assert_one_line(result, 1)
        assert not list(data.glob("*/current"))


GOOD = "date,place,lat,lon,deaths,low\n2021-03-04,Muse,23.99,97.9,1,1\n"
KEPT: dict[str, tuple[bytes, int, int, int]] = {
    "UTF-16": (GOOD.encode("utf-16"), 1, 0, 0),
    "latin-1": (GOOD.replace("Muse", "Musé").encode("latin-1"), 1, 0, 0),
    "swapped": (f"{GOOD}2021-03-05,Muse,97.9,23.99,1,1\n".encode(), 2, 1, 0),
    "zeros": (f"{GOOD}2021-03-05,Muse,0,0,1,1\n".encode(), 2, 1, 0),
    "out of range": (f"{GOOD}2021-03-05,Muse,95,200,1,1\n".encode(), 2, 1, 0),
    "year 0202": (f"{GOOD}0202-03-05,Muse,23.99,97.9,1,1\n".encode(), 1, 0, 1),
    "year 2203": (f"{GOOD}2203-03-05,Muse,23.99,97.9,1,1\n".encode(), 1, 0, 1),
    "low > best": (f"{GOOD}2021-03-05,Muse,23.99,97.9,1,3\n".encode(), 2, 1, 0),
    "NUL": (f"{GOOD}2021-03-05,Mu\0se,23.99,97.9,1,1\n".encode(), 2, 1, 0),
}


@pytest.mark.parametrize("what", KEPT)
def test_good_rows_are_kept_beside_bad_ones(data: Path, tmp_path: Path, what: str) -> None:
    content, kept, repaired, rejected = KEPT[what]
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    result = run("import", path)
    assert result.exit_code == (1 if rejected else 0), result.output
    rows = Store(data).get("some").report["rows"]
    assert (rows["kept"], rows["repaired"], rows["rejected"]) == (kept, repaired, rejected)


def test_a_quote_that_does_not_end_loses_no_rows_uncounted(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(f'{GOOD}2021-03-05,"Muse,23.99,97.9,1,1\n2021-03-06,Muse,23.99,97.9,1,1\n')
    result = run("import", path)
    assert result.exit_code == 1
    rows = Store(data).get("some").report["rows"]
    assert rows["kept"] >= 1
    assert rows["rejected"] >= 1
    assert rows["kept"] + rows["rejected"] == rows["read"]
