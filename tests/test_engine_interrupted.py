"""Imports that are killed, run at once, or meet a full disk: the dataset is whole."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from invented import acled

from bordermap.store import Store

ROWS = {"old": 300, "new": 3000}
KILLS = 20


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two exports whose events say in their notes which of them they are from."""
    folder = tmp_path_factory.mktemp("exports")
    noise = random.Random(1)
    for name, rows in ROWS.items():
        text = acled(
            *(
                {
                    "event_date": f"{2015 + n % 6}-06-01",
                    "notes": f"{name} {noise.randbytes(150).hex()}",
                }
                for n in range(rows)
            )
        )
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.csv" for name in ROWS}


def start(
    path: Path, data: Path, *options: str, before: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "bordermap", "import", str(path)),
            *("--dataset", "e", "--data", str(data), *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def run(path: Path, data: Path, *options: str) -> None:
    process = start(path, data, *options)
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (0, "")


def whole(data: Path) -> str:
    """Return which export the dataset is of; all of its rows must be there."""
    dataset = Store(data).get("e")
    ((name, rows, last),) = duckdb.sql(
        f"select left(original.notes, 3), count(*), max(row) from {dataset.relation} group by 1"
    ).fetchall()
    assert (rows, last, dataset.rows) == (ROWS[name], ROWS[name] - 1, ROWS[name])
    assert dataset.report["rows"]["kept"] == ROWS[name]
    assert sum(dataset.summary()["events"].to_pylist()) == ROWS[name]
    return str(name)


def leftovers(data: Path) -> list[str]:
    """What lies in the dataset's folder beside whole versions."""
    expected = {"current", "lock"}
    folders = (entry for entry in (data / "e").iterdir() if entry.name not in expected)
    return [entry.name for entry in folders if not (entry / "dataset.json").is_file()]


def test_an_import_that_is_killed_at_any_moment(tmp_path: Path, files: dict[str, Path]) -> None:
    data = tmp_path / "data"
    began = time.monotonic()
    run(files["new"], data)
    seconds = time.monotonic() - began
    run(files["old"], data)
    assert whole(data) == "old"
    chance = random.Random(4)
    now, left_behind = "old", 0
    for _ in range(KILLS):
        name = "new" if now == "old" else "old"
        process = start(files[name], data)
        # Half of the time goes by before anything is written: look at the other half.
        time.sleep(seconds * chance.uniform(0.3, 1.05))
        process.kill()
        process.communicate()
        left_behind += bool(leftovers(data))
        found = whole(data)
        assert found in (now, name)
        now = found
    assert left_behind, "no import was killed while it wrote"
    run(files["new"], data)
    assert whole(data) == "new"
    assert leftovers(data) == []


def test_two_imports_at_once(tmp_path: Path, files: dict[str, Path]) -> None:
    data = tmp_path / "data"
    processes = [start(files[name], data) for name in ("old", "new", "old")]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, "")
    assert whole(data) in ROWS
    assert leftovers(data) == []


def test_an_interrupted_import_cleans_up(tmp_path: Path, files: dict[str, Path]) -> None:
    data = tmp_path / "data"
    run(files["old"], data)
    # A background job of a shell is started deaf to SIGINT, and so are its children.
    process = start(files["new"], data, before=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    while not any(entry.name.startswith("build") for entry in (data / "e").iterdir()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.strip() == "Aborted!"
    assert whole(data) == "old"
    assert leftovers(data) == []


@pytest.mark.parametrize("size", [0, 20_000, 100_000])
def test_a_full_disk(tmp_path: Path, files: dict[str, Path], size: int) -> None:
    """No file may grow beyond a size, which is what a full disk is like to a writer."""
    data = tmp_path / "data"
    run(files["old"], data)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = start(files["new"], data, before=limit)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    (line,) = said.splitlines()
    assert line.startswith("Error: ")
    assert "Traceback" not in line
    assert whole(data) == "old"
    assert leftovers(data) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, files: dict[str, Path]) -> None:
    (tmp_path / "file").write_text("no folder")
    process = start(files["old"], tmp_path / "file" / "data")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = said.splitlines()
    assert line.startswith("Error: ")
