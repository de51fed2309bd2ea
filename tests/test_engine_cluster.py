"""Imports on a real cluster of processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from invented import acled

from bordermap.catalog import Catalog
from bordermap.engine import Progress, Runner, Threads, stage
from bordermap.engine import staging as stages
from bordermap.engine.cluster import dask
from bordermap.errors import ImportFileError
from bordermap.store import Store, StoredDataset

distributed = pytest.importorskip("distributed", reason="needs the extra bordermap[dask]")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Runner]:
    with dask(workers=2) as runner:
        yield runner


class Failing:
    """A cluster whose processes die on the way, so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self._real = distributed.LocalCluster

    def __call__(self, **options: Any) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise RuntimeError("Nanny failed to start.") from OSError("no memory")
        return self._real(**options)


def test_processes_that_die_on_the_way_are_started_again(monkeypatch):
    monkeypatch.setattr(distributed, "LocalCluster", Failing(1))
    with dask(workers=1) as runner:
        assert list(runner.run(abs, [-3])) == [3]


def test_processes_that_never_start_are_an_error_in_words(monkeypatch):
    monkeypatch.setattr(distributed, "LocalCluster", Failing(100))
    with pytest.raises(ImportFileError, match=r"do not start \(no memory\); use fewer"):
        dask(workers=1).__enter__()


@pytest.fixture
def many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_LEAST_PIECE", 20_000)
    monkeypatch.setattr(stages, "_MOST_PIECES", 10_000)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files with duplicates, rejected and repaired rows, and undated events."""
    folder = tmp_path_factory.mktemp("exports")
    for number in range(3):
        rows = (
            {
                "event_id_cnty": f"M{number}-{n}" if n % 90 else "M-again",
                "event_date": "" if n % 70 == 5 else f"{2012 + n % 7}-05-{1 + n % 28:02}",
                "notes": 'Two\nlines and a "quote"' * (n % 4),
                "fatalities": "many" if n % 60 == 7 else str(n % 5),
                "latitude": "123" if n % 80 == 9 else f"{22 + n % 30 / 10}",
                "admin1": ("Shan-North", "Kachin", "nowhere", "")[n % 4],
            }
            for n in range(700)
        )
        (folder / f"{number}.csv").write_text(acled(*rows), encoding="utf-8")
    return folder


def imported(
    store: Store,
    catalog: Catalog,
    path: Path,
    runner: Runner,
    progress: list[Progress] | None = None,
) -> StoredDataset:
    told = None if progress is None else progress.append
    return stage(store, [path], "e", catalog=catalog, runner=runner, progress=told).commit()


def assert_equal(one: StoredDataset, other: StoredDataset) -> None:
    assert one.digest == other.digest
    for left, right in zip(one.parts, other.parts, strict=True):
        assert left.read_bytes() == right.read_bytes()
    assert pq.read_table(one.issues).equals(pq.read_table(other.issues))
    assert one.summary().equals(other.summary())
    same = {key: value for key, value in one.report.items() if key != "version"}
    assert same == {key: value for key, value in other.report.items() if key != "version"}


@pytest.mark.usefixtures("many_pieces")
def test_processes_make_the_same_dataset_byte_for_byte(
    tmp_path: Path, catalog: Catalog, exports: Path, cluster: Runner
) -> None:
    alone = imported(Store(tmp_path / "alone"), catalog, exports, Threads(1))
    progress: list[Progress] = []
    together = imported(Store(tmp_path / "together"), catalog, exports, cluster, progress)
    assert_equal(together, alone)
    rows = alone.report["rows"]
    assert rows["read"] == 2100
    assert rows["rejected"] == 3 * 8 - 1
    assert rows["repaired"] > 20
    shares = [told.done for told in progress]
    assert shares == sorted(shares)
    assert (shares[-1], progress[-1].rows) == (1.0, 2100)
    assert len(set(shares)) > 5


@pytest.mark.usefixtures("many_pieces")
def test_a_worker_that_is_killed_is_no_loss(
    tmp_path: Path, catalog: Catalog, exports: Path, cluster: Runner
) -> None:
    alone = imported(Store(tmp_path / "alone"), catalog, exports, Threads(1))
    victims = iter(sorted({*cluster.run(_pid, range(8))})[:1])

    def kill_one(progress: Progress) -> None:
        if progress.step == "Reading" and progress.rows:
            for pid in victims:
                os.kill(pid, signal.SIGKILL)

    store = Store(tmp_path / "together")
    staged = stage(store, [exports], "e", catalog=catalog, runner=cluster, progress=kill_one)
    assert next(victims, None) is None
    assert_equal(staged.commit(), alone)


def _pid(_: int) -> int:
    time.sleep(0.1)
    return os.getpid()


def test_a_worker_that_dies_in_the_middle_of_a_task(tmp_path: Path, cluster: Runner) -> None:
    results = cluster.run(partial(_die_once, tmp_path / "died"), range(12))
    assert sorted(results) == list(range(12))
    assert (tmp_path / "died").exists()


def _die_once(marker: Path, number: int) -> int:
    if number == 3:
        with suppress(FileExistsError):
            marker.touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_what_is_wrong_with_a_file_is_said_at_once(cluster: Runner) -> None:
    with pytest.raises(ImportFileError, match="no good"):
        list(cluster.run(_refuse, range(5)))
    assert sorted(cluster.run(abs, range(3))) == [0, 1, 2]


def _refuse(number: int) -> int:
    if number == 2:
        raise ImportFileError("no good")
    return number


def test_a_scheduler_elsewhere(tmp_path: Path) -> None:
    """Through the command line, with a scheduler and two workers of their own."""
    (tmp_path / "a.csv").write_text(acled(*({} for _ in range(50))), encoding="utf-8")
    address_file = tmp_path / "scheduler.json"

    def start(command: str, *options: str | Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-c", f"from distributed.cli.{command} import main; main()"),
                *("--scheduler-file", address_file, "--no-dashboard", *options),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    worker = start(
        *("dask_worker", "--nworkers", "2", "--nthreads", "1"),
        *("--local-directory", tmp_path / "local"),
    )
    try:
        address = _address(address_file)
        arguments = ["import", str(tmp_path / "a.csv"), "--dataset", "e", "--scheduler", address]
        done = subprocess.run(
            [sys.executable, "-m", "bordermap", *arguments, "--data", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert Store(tmp_path / "data").get("e").rows == 50
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(30)


def _address(file: Path) -> str:
    for _ in range(300):
        if file.exists() and file.read_text():
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start")


def test_no_scheduler_is_one_line() -> None:
    with pytest.raises(ImportFileError, match="is no address"), dask(scheduler="nonsense"):
        pass


def test_dask_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportFileError, match=r"bordermap\[dask\]"), dask(workers=1):
        pass
