"""The command line."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import click
import pytest
from click.testing import CliRunner, Result

from bordermap import __version__
from bordermap import catalog as catalogs
from bordermap.catalog import Catalog
from bordermap.cli import main

if TYPE_CHECKING:
    from conftest import Package

APRIL = ("--from", "2024-04-01", "--to", "2024-04-05")
EXERCISE = "2024-04-02-pla-live-fire-exercise"
LWEGEL = "2024-04-lwegel-kia"
TALKS = "2024-04-01-deng-xijun-min-aung-hlaing"
EARLY_APRIL = [TALKS, LWEGEL, EXERCISE]
"""All that the data has of Kachin State from 1 to 5 April 2024, in order of date."""

SOURCE = Path(__file__).parents[1] / "src"


@pytest.fixture(autouse=True)
def loaded_once(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the commands that run in this process from reading the shipped package again."""
    load = catalogs.load
    monkeypatch.setattr(catalogs, "load", lambda root=None: load(root) if root else catalog)


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def printed(*arguments: str) -> list[str]:
    result = run("records", "--format", "jsonl", *arguments)
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def assert_one_line(result: Result, status: int, *said: str) -> None:
    """The command failed with one line on standard error and nothing on standard output."""
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert all(part in line for part in said), line


def test_early_april_2024_in_kachin() -> None:
    result = run("records", *APRIL, "--region", "MM-11", "--format", "jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    talks, lwegel, exercise = map(json.loads, result.stdout.splitlines())
    assert [record["id"] for record in (talks, lwegel, exercise)] == EARLY_APRIL

    assert (exercise["kind"], exercise["category"]) == ("incident", "military_exercise")
    assert (exercise["date_start"], exercise["date_end"]) == ("2024-04-02", "2024-04-03")
    assert exercise["region_codes"] == ["CN-YN", "MM-11"]
    places = {place["place_id"]: place for place in exercise["places"]}
    assert set(places) == {"dehong", "laiza", "lweje"}
    laiza, lweje = places["laiza"], places["lweje"]
    assert (laiza["longitude"], laiza["latitude"]) == (97.5633, 24.76)
    assert (laiza["region_code"], laiza["gate_id"], laiza["gate_km"], laiza["border_km"]) == (
        "MM-11",
        "nabang-laiza",
        0.0,
        0.2,
    )
    assert (lweje["gate_id"], lweje["border_km"]) == ("zhangfeng-lweje", 1.0)

    assert (lwegel["date_start"], lwegel["date_end"]) == ("2024-04-01", "2024-04-10")
    assert (lwegel["date_edtf"], lwegel["date_precision"]) == ("2024-04-01~/2024-04-10~", "approx")
    assert (lwegel["longitude"], lwegel["latitude"]) == (97.7167, 24.2)
    assert lwegel["region_codes"] == ["MM-11"]
    assert lwegel["gate_id"] == "zhangfeng-lweje"
    assert lwegel["gate_km"] < 10 and lwegel["border_km"] == 1.0
    for record in (exercise, lwegel):
        assert len(record["sources"]) >= 3
        for source in record["sources"]:
            assert source["publisher"] and source["title"]
            assert source["url"].startswith("https://") or source["url"].startswith("http://")


@pytest.mark.parametrize("region", ["MM-11", "mm-11", "Kachin", "Kachin State", "克钦邦"])
def test_a_region_by_any_name(region: str) -> None:
    assert printed(*APRIL, "--region", region) == EARLY_APRIL


def test_formats_agree(catalog: Catalog) -> None:
    options = ("records", *APRIL, "--region", "MM-11", "--format")
    rows = list(csv.DictReader(io.StringIO(run(*options, "csv").stdout)))
    assert [row["id"] for row in rows] == EARLY_APRIL
    collection = json.loads(run(*options, "geojson").stdout)
    assert [feature["id"] for feature in collection["features"]] == EARLY_APRIL
    lines = run(*options, "table").stdout.splitlines()
    assert lines[1].startswith("about 1–10 Apr 2024")
    assert lines[-1] == f"3 of {len(catalog.records)} records"


def test_an_address_and_options_are_one_selection() -> None:
    address = "https://example.org/map/?from=2024-04-01&to=2024-04-05&region=MM-11&view=1,2,3,4"
    assert printed("--query", address) == EARLY_APRIL
    assert printed("--query", address.partition("?")[2]) == EARLY_APRIL
    assert printed("--query", address, "--category", "military_exercise") == [EXERCISE]
    assert printed("--query", address + "&text=Lwegel", "--text", "Laiza") == [EXERCISE]
    assert printed("--query", address, "--near-border", "0") == []


def test_rubbish_in_an_address_is_named_and_the_rest_is_used() -> None:
    query = "kind=party&region=Atlantis&from=2024-04-01&to=2024-04-05&region=MM-11"
    result = run("records", "--query", query, "--format", "jsonl")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(EARLY_APRIL)
    assert result.stderr.splitlines() == [
        "ignored in the query: kind: 'party' is not one of incident, meeting",
        "ignored in the query: region: nothing is known of 'Atlantis'",
    ]


def test_several_values_are_alternatives(catalog: Catalog) -> None:
    meetings, incidents = printed("--kind", "meeting"), printed("--kind", "incident")
    both = printed("--kind", "meeting", "--kind", "incident")
    assert len(both) == len(meetings) + len(incidents) == len(catalog.records)
    assert set(EARLY_APRIL) <= set(printed("--text", "Loije"))
    assert LWEGEL in printed("--gate", "zhangfeng-lweje", "--near-gate", "10")
    assert printed(*APRIL, "--bbox", "97.7,24.1,97.8,24.3") == EARLY_APRIL
    assert printed(*APRIL, "--area", "97.7,24.1 97.8,24.1 97.75,24.4") == EARLY_APRIL
    assert printed(*APRIL, "--area", "97.7,24.3 97.8,24.3 97.75,24.4") == []
    year = ("--from", "2023-01-01", "--to", "2023-12-31")
    assert "2023-04-25-mekong-patrol-128" in printed(
        *year, "--topic", "drugs", "--scope", "network"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["records", "--region", "Kachni"], "did you mean 'MM-11'?"),
        (["records", "--kind", "party"], "kind: 'party' is not one of incident, meeting"),
        (["records", "--from", "2024-04-05", "--to", "2024-04-01"], "is after"),
        (["records", "--query", "to=2023-01-01", "--from", "2024-01-01"], "is after"),
        (["records", "--from", "yesterday"], "'yesterday' does not match"),
        (["records", "--from", "2024-02-30"], "'2024-02-30' does not match"),
        (["records", "--near-border", "far"], "'far' is not a valid float"),
        (["records", "--near-border", "-1"], "is not a distance"),
        (["records", "--near-gate", "nan"], "is not a distance"),
        (["records", "--bbox", "1,2,3"], "is not west,south,east,north"),
        (["records", "--area", "97,23 98,24"], "2 corners, where 3 to 100 are wanted"),
        (["records", "--gate", "x' or 1=1 --"], "gate: nothing is known of"),
        (["records", "--dataset", "acled"], "there is no 'acled'"),
        (["records", "--format", "pdf"], "'pdf' is not one of"),
        (["records", "--fro", "x"], "No such option"),
        (["record"], "No such command"),
        (["--nonsense"], "No such option"),
        (["export"], "Missing argument"),
        (["export", "out.xyz"], "the suffix must be one of .csv, .jsonl, .geojson"),
        (["export", "out"], "the suffix must be one of .csv, .jsonl, .geojson"),
        (["records", "--geodata", __file__], "is a file"),
        (["validate", __file__], "is a file"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    assert_one_line(run(*arguments), 2, said)


@pytest.mark.parametrize("command", [["records"], ["export", "x.csv"]])
def test_a_missing_package_is_one_line(tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--geodata", tmp_path / "nowhere")
    assert_one_line(result, 1, "nowhere is not a folder with a data package")
    assert_one_line(run("validate", tmp_path / "nowhere"), 1, "is not a folder")


def test_nothing_matches(tmp_path: Path) -> None:
    result = run("records", "--to", "1999-12-31", "--format", "jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "no record matches the selection\n"
    out = tmp_path / "none.geojson"
    result = run("export", out, "--to", "1999-12-31")
    assert result.exit_code == 1
    assert json.loads(out.read_text("utf-8"))["features"] == []


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "geojson", "CSV"])
def test_export_writes_what_records_prints(tmp_path: Path, catalog: Catalog, suffix: str) -> None:
    out = tmp_path / f"shan.{suffix}"
    result = run("export", out, "--region", "Shan")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        result.stderr
        == f"{out}: {len(printed('--region', 'MM-17'))} of {len(catalog.records)} records\n"
    )
    shown = run("records", "--region", "Shan", "--format", suffix.lower()).stdout
    written = out.read_text("utf-8")
    if suffix == "geojson":
        without_proof = {key: value for key, value in json.loads(written).items() if key != "proof"}
        assert without_proof == json.loads(shown)
    else:
        assert written == shown
    assert {path.name for path in tmp_path.iterdir()} == {out.name, f"{out.name}.json"}


def test_export_replaces_a_file_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    assert run("export", out, "--kind", "meeting").exit_code == 0
    assert out.read_text("utf-8").startswith("id,dataset,kind,")


@pytest.mark.parametrize(
    ("command", "suffix"), [("export", "csv"), ("snapshot", "png"), ("snapshot", "html")]
)
def test_what_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, suffix: str
) -> None:
    monkeypatch.setattr("bordermap.snapshot.sheets.figure.render", lambda *_: b"drawn")
    monkeypatch.setattr("bordermap.snapshot.page.render", lambda *_: "drawn")
    out = tmp_path / "no" / "folder" / f"out.{suffix}"
    result = run(command, out, *APRIL)
    assert_one_line(result, 1, f"{out} cannot be written: no such file or directory")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["out.bmp"], "the suffix must be one of .png, .svg, .pdf, "),
        (["out"], "the suffix must be one of .png, .svg, .pdf, "),
        (["out.png", "--show", "1,2,3,x"], "show: '1,2,3,x' is not west,south,east,north"),
        (["out.png", "--show", "nowhere"], "show: 'nowhere' is no region and no gate"),
        (["out.png", "--dpi", "0"], "dpi: 0 is not between 50 and 600"),
        (["out.png", "--dpi", "100000"], "dpi: 100000 is not between 50 and 600"),
        (["out.png", "--dpi", "many"], "'many' is not a valid integer"),
        (["out.png", "--layout", "hologram"], "layout: 'hologram' is not one of report, "),
        (["out.png", "--names", "fr"], "names: 'fr' is not one of en, my, zh"),
        (["out.png", "--shade", "red"], "shade: 'red' is not one of count, rate, change"),
        (["out.png", "--hide", "moon"], "hide: 'moon' is not one of events, "),
    ],
)
def test_wrong_usage_of_snapshot(arguments: list[str], said: str) -> None:
    assert_one_line(run("snapshot", *arguments), 2, said)


def test_a_snapshot_takes_all_of_its_sheet(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    title = "</svg>\u202e\x00\n\U0001f4a5 " * 500
    options = ("--layout", "square", "--dpi", "50", "--title", title, "--names", "my")
    parts = ("--shade", "count", "--hide", "legend", "--hide", "gates", "--show", "MM-11")
    assert run("snapshot", out, *APRIL, *options, *parts).exit_code == 0
    query = parse_qs(json.loads((tmp_path / "out.png.json").read_text())["proof"]["query"])
    assert query.pop("title")[0].startswith("</svg> \U0001f4a5 </svg>")
    assert query.pop("made")
    assert query == {
        "from": ["2024-04-01"],
        "to": ["2024-04-05"],
        "layout": ["square"],
        "dpi": ["50"],
        "names": ["my"],
        "shade": ["count"],
        "hide": ["gates,legend"],
        "show": ["MM-11"],
    }


def test_validate() -> None:
    result = run("validate")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("10 layers: 0 faults\n")


def test_validate_names_every_fault(package: Package) -> None:
    package.edit("records", LWEGEL, category="party", date_edtf="2024-04-31")
    package.edit("places", "laiza", latitude="124.76")
    package.layer("rivers").unlink()
    laiza, lwegel = (
        2 + [row["id"] for row in package.rows(table)].index(identifier)
        for table, identifier in (("places", "laiza"), ("records", LWEGEL))
    )
    result = run("validate", package.root)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert result.stderr.endswith(f": {len(lines)} faults\n")
    for start in (
        "layers/rivers.geojson: is missing",
        f"records/places.csv:{laiza}: latitude: 124.76 is not between -90 and 90",
        f"records/records.csv:{lwegel}: category: 'party' is not one of ",
        f"records/records.csv:{lwegel}: date_edtf: '2024-04-31' is not a day of the calendar",
    ):
        assert sum(line.startswith(start) for line in lines) == 1, start
    shown = run(
        "records", "--geodata", package.root, "--format", "jsonl", *APRIL, "--region", "MM-11"
    )
    assert [json.loads(line)["id"] for line in shown.stdout.splitlines()] == [TALKS]
    assert shown.stderr.startswith(f"{len(lines)} faults in the data were left out; ")


def test_another_package_by_option_and_environment(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    package.edit("records", LWEGEL, title="Another title")
    shown = run("records", "--geodata", package.root, "--text", "Another title")
    assert "Another title" in shown.stdout
    monkeypatch.setenv("BORDERMAP_GEODATA", str(package.root))
    assert "Another title" in run("records", "--text", "Another title").stdout


@pytest.mark.parametrize("command", [None, *main.commands])
def test_help_has_an_example_and_explains_every_option(command: str | None) -> None:
    shown = run(*([command] if command else []), "--help")
    assert shown.exit_code == 0
    assert "Example" in shown.stdout and "\n    bordermap" in shown.stdout
    found = main if command is None else main.commands[command]
    options = [option for option in found.params if isinstance(option, click.Option)]
    assert all(option.help and option.help.endswith(".") for option in options)
    for option in options:
        assert option.opts[-1] in shown.stdout


def test_version() -> None:
    assert run("--version").stdout == f"bordermap, version {__version__}\n"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1"}
    bordermap = f'"{sys.executable}" -m bordermap'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("bordermap", bordermap)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )


def test_a_closed_pipe_is_no_error() -> None:
    done = shell("bordermap records --format geojson | head -c 20")
    assert done.stdout == '{"type": "FeatureCol'
    assert done.stderr == ""


def test_a_process_that_leaves_at_once_has_said_all_and_how_it_ended() -> None:
    printed = shell("bordermap records --format csv | cat")
    assert len(list(csv.DictReader(io.StringIO(printed.stdout)))) == len(catalogs.load().records)
    assert printed.stderr == ""
    for command, status, said in (
        ("--version", 0, ""),
        ("records --region MM-99", 2, "region"),
        ("records --from 2030-01-01", 1, "no record matches"),
        ("snapshot /nowhere/out.png", 1, "/nowhere"),
    ):
        done = shell(f"bordermap {command}")
        assert done.returncode == status, command
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert "leaked" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_is_one_line() -> None:
    done = shell("bordermap records >/dev/full")
    assert done.returncode == 1
    assert done.stderr == "Error: what is printed: No space left on device\n"


def test_bytes_that_are_no_text_fail_in_one_line() -> None:
    done = shell("bordermap records --text $'\\xff\\xfe' --query $'text=\\xff' --region $'\\xfe'")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "Error: region: nothing is known of '?'\n"
