"""Processes that die, meet or find no room while they import: the dataset is always whole."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from store_files import entries, many, spill, staged, stored

from bordermap.errors import StoreError
from bordermap.store import Store, StoredDataset

WRITER = """
import sys
from store_files import many, spill
from bordermap.store import Store

root, name, prefix, count, times = sys.argv[1:]
events = many(int(count), prefix, lambda number: "words " * 20)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(times)):
    with Store(root).build(name, patience=50) as building:
        for chunk in range(0, len(events), 500):
            spill(building, chunk, events[chunk : chunk + 500])
        staged = building.finish()
    print(staged.commit().digest, flush=True)
"""
FULL = """
import resource, sys
from pathlib import Path
from store_files import many, stored
from bordermap.errors import StoreError
from bordermap.store import Store

root, limit = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
store = Store(Path(root))
try:
    stored(store, "acled", many(20_000, text=lambda n: str(hash(str(n))) * 20))
except StoreError as error:
    print(error)
"""


class Writer:
    """A process that waits for a word and then imports."""

    def __init__(self, root: Path, name: str, prefix: str, count: int, times: int = 1) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), name, prefix, str(count), str(times)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()

    def start(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self) -> list[str]:
        out, errors = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, errors
        return out.split()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


def count(dataset: StoredDataset) -> int:
    """Read every column of every row."""
    with duckdb.connect() as connection:
        rows = connection.sql(f"select * from {dataset.relation}").to_arrow_table()
    assert len(rows) == dataset.rows
    return len(rows)


def test_an_import_that_is_killed_leaves_the_old_dataset_or_the_new(tmp_path: Path) -> None:
    store = Store(tmp_path)
    whole = Writer(tmp_path, "acled", "new", 3000)
    begun = time.monotonic()
    whole.start()
    (new,) = whole.end()
    duration = time.monotonic() - begun
    outcomes = []
    chance = random.Random(4)
    for moment in range(8):
        old = stored(store, "acled", many(20, f"old{moment}-"))
        writer = Writer(tmp_path, "acled", "new", 3000)
        writer.start()
        time.sleep(duration * (moment + chance.random()) / 8)
        writer.kill()
        found = store.get("acled")
        assert found.digest in (old.digest, new)
        assert count(found) == (3000 if found.digest == new else 20)
        outcomes.append(found.digest == new)
    assert not all(outcomes), "none of them was killed in time"
    stored(store, "acled", many(20))
    left = {name for name in entries(tmp_path) if "build-" in name or ".trash" in name}
    assert not left


def test_writers_and_readers_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old = stored(store, "same", many(50))
    writers = [
        Writer(tmp_path, "same", "a", 800, 2),
        Writer(tmp_path, "same", "b", 900, 2),
        Writer(tmp_path, "other", "a", 800, 2),
    ]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.process.poll() is None for writer in writers):
        for name in store.names():
            dataset = store.get(name)
            assert count(dataset) in (50, 800, 900)
            seen.add((name, dataset.digest))
        time.sleep(0.02)
    a, b, other = (writer.end() for writer in writers)
    assert len({*a}) == len({*b}) == 1
    assert a == other, "the same rows under another name"
    assert seen <= {("same", old.digest), ("same", a[0]), ("same", b[0]), ("other", a[0])}
    assert store.get("same").digest in (a[0], b[0])
    assert count(old) == 50, "whoever reads a superseded version can go on"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if sys.platform != "linux" or os.geteuid() or not mount:
        pytest.skip("needs root on Linux to mount a small disk")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    store = Store(small_disk / "data")
    old = stored(store, "acled", many(3))
    before = entries(store.root)
    with pytest.raises(StoreError, match="the disk is full; free some space") as raised:
        staged(store, "acled", many(20_000, text=lambda n: str(hash(str(n))) * 20))
    assert "\n" not in str(raised.value)
    assert entries(store.root) == before
    assert count(store.get("acled")) == old.rows
    assert stored(store, "acled", many(4)).rows == 4


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize("limit", [20_000, 500_000])
def test_files_that_may_not_grow(tmp_path: Path, limit: int) -> None:
    store = Store(tmp_path)
    old = stored(store, "acled", many(3))
    before = entries(store.root)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(limit)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    assert done.stdout == (
        "writing dataset 'acled' failed: the disk is full; free some space and try again\n"
    ), done.stderr
    assert entries(store.root) == before
    assert count(store.get("acled")) == old.rows


def test_a_pointer_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    old = stored(store, "acled", many(3))
    before = entries(store.root)
    made = staged(store, "acled", many(4))

    def fail(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device", str(path), text)

    with monkeypatch.context() as patch:
        patch.setattr("bordermap.store.disk.write_text", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            made.commit()
    made.discard()
    assert entries(store.root) == before
    assert store.get("acled") == old


def test_an_engine_that_runs_out_of_room(tmp_path: Path) -> None:
    """What the engine spills may fill the disk, too."""
    store = Store(tmp_path)
    with pytest.raises(StoreError, match="the disk is full"), store.build("acled") as building:
        spill(building, 0, many(3))
        raise OSError(28, "No space left on device")
    assert entries(tmp_path) == set()
