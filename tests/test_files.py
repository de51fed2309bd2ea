"""Files that are whole or not there."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bordermap.errors import OutputError
from bordermap.snapshot import files


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "a.csv"
    for data in (b"one", b"two"):
        files.write_atomically(path, data)
        assert path.read_bytes() == data
    assert names(tmp_path) == ["a.csv"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="no such file or directory") as caught:
        files.write_atomically(tmp_path / "none" / "a.csv", b"x")
    assert "\n" not in str(caught.value)
    assert not names(tmp_path)


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(OutputError):
        files.write_atomically(tmp_path / "a.csv", b"x")
    assert names(tmp_path) == ["a.csv"]


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def fail(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OutputError, match="permission denied"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.csv"]


def test_writing_to_a_pipe_does_not_replace_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    files.write_atomically(pipe, b"through")
    reader.join(timeout=10)
    assert read == [b"through"]
    assert pipe.is_fifo()


# ---------------------------------------------------------------- together


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("large", ["a", "b"])
def test_a_full_disk_leaves_what_was_there(tmp_path, large, there):
    paths = {name: tmp_path / name for name in "ab"}
    if there:
        for path in paths.values():
            path.write_bytes(b"old")
    with room_for(10_000), pytest.raises(OutputError, match=rf"/{large} cannot be written: "):
        files.write_together(
            {path: b"x" * (50_000 if name == large else 5) for name, path in paths.items()}
        )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == (
        {"a": b"old", "b": b"old"} if there else {}
    )


@pytest.mark.parametrize("there", [True, False])
def test_what_was_replaced_is_put_back_where_the_next_fails(tmp_path, monkeypatch, there):
    first, second = tmp_path / "a", tmp_path / "b"
    if there:
        first.write_bytes(b"old")
    replace = os.replace

    def fail_at_second(source, target):
        if target == second:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr("os.replace", fail_at_second)
    with pytest.raises(OutputError, match="/b cannot be written: permission denied"):
        files.write_together({first: b"new", second: b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == (
        {"a": b"old"} if there else {}
    )


def test_files_are_written_together(tmp_path):
    for data in (b"one", b"two"):
        files.write_together({tmp_path / "a": data, tmp_path / "b": iter([data, data])})
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
            "a": data,
            "b": data * 2,
        }
