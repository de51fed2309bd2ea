"""Who carries out the tasks of an import, and how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bordermap.engine import Progress, Threads
from bordermap.engine import progress as progresses
from bordermap.engine.progress import Meter, Stopped


def test_threads_carry_out_every_task_once() -> None:
    assert sorted(Threads(3).run(lambda n: n * n, range(50))) == sorted(n * n for n in range(50))


def test_threads_take_no_more_tasks_than_they_have_room_for() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = Threads(2).run(lambda n: n, tasks())
    next(results)
    assert len(taken) <= 8
    results.close()
    assert len(taken) <= 8


def test_an_error_of_a_task_ends_the_run_and_stops_the_others() -> None:
    meter = Meter()
    begun, stopped = threading.Event(), threading.Event()

    def work(number: int) -> None:
        if number == 0:
            begun.wait(10)
            raise ZeroDivisionError
        begun.set()
        try:
            while True:
                meter.add(1, 1)
                time.sleep(0.01)
        except Stopped:
            stopped.set()
            raise

    with pytest.raises(ZeroDivisionError):
        list(Threads(2).run(work, range(2), meter))
    assert stopped.is_set()


def test_progress_never_falls_and_ends_at_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progresses, "_SETTLED", 0.0)
    told: list[Progress] = []
    meter = Meter(told.append)
    meter.begin("Reading", 0.0, 0.5, 100)
    meter.add(50, 7)
    meter.tell()
    meter.add(500, 3)
    meter.tell()
    meter.begin("Writing", 0.5, 1.0)
    meter.tell(0.5)
    meter.tell(1.0)
    assert [round(progress.done, 3) for progress in told] == [0, 0.25, 0.5, 0.5, 0.75, 1.0]
    assert [progress.rows for progress in told] == [0, 7, 10, 10, 10, 10]
    assert told[0].seconds_left is None
    assert told[1].seconds_left is not None and told[1].seconds_left > 0
    assert told[-1].seconds_left == 0
