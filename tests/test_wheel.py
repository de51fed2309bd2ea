"""The wheel: whole, and enough by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bordermap
from bordermap.catalog.layers import LAYERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "bordermap"
TABLES = ("claims", "gates", "places", "records", "sources")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the project's own backend without a network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run bordermap from the unpacked wheel, in a folder that has nothing to do with it."""
    environment = {key: value for key, value in os.environ.items() if "BORDERMAP" not in key}
    return subprocess.run(
        [sys.executable, "-c", CALL, *arguments],
        cwd=elsewhere,
        env=environment | {"PYTHONPATH": str(unpacked), "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        capture_output=True,
        check=False,
    )


CALL = """
import pathlib, sys
import bordermap
assert pathlib.Path(bordermap.__file__).is_relative_to(sys.path[1]), bordermap.__file__
from bordermap.cli import main
main()
"""


def test_is_named_after_the_version(wheel):
    assert wheel.name == f"bordermap-{bordermap.__version__}-py3-none-any.whl"


def test_holds_everything_that_is_read_at_run_time(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        "bordermap/geodata/datapackage.json",
        "bordermap/geodata/SOURCES.md",
        "bordermap/web/config.toml",
        "bordermap/py.typed",
        f"bordermap-{bordermap.__version__}.dist-info/licenses/LICENSE",
        *(f"bordermap/geodata/layers/{name}.geojson" for name in LAYERS),
        *(f"bordermap/geodata/records/{name}.csv" for name in TABLES),
        *(
            path.relative_to(PACKAGE.parent).as_posix()
            for path in PACKAGE.rglob("*")
            if path.suffix in {".py", ".js", ".css", ".svg", ".html", ".toml"}
        ),
    }
    assert wanted - held == set()


def test_holds_nothing_else(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in held}
    assert top == {"bordermap", f"bordermap-{bordermap.__version__}.dist-info"}
    assert not [name for name in held if "cache" in name or "geodata/build" in name]


def test_validates_its_own_data_elsewhere(unpacked, tmp_path):
    result = run(unpacked, tmp_path, "validate")
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert "0 faults" in result.stderr


def test_prints_the_same_records_as_the_source_tree(unpacked, tmp_path):
    options = ("records", "--kind", "meeting", "--format", "jsonl")
    here = subprocess.run(
        [sys.executable, "-m", "bordermap", *options],
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(PACKAGE.parent)},
        encoding="utf-8",
        capture_output=True,
        check=True,
    )
    there = run(unpacked, tmp_path, *options)
    assert there.stdout == here.stdout
    assert there.stdout.count("\n") > 1


def test_finds_the_settings_of_the_dashboard(unpacked, tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", "from bordermap.web.launch import _settings; print(_settings())"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(unpacked)},
        encoding="utf-8",
        capture_output=True,
        check=False,
    )
    assert "'browser.gatherUsageStats': False" in result.stdout, result.stderr
