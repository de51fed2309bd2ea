"""Who carries out the tasks of an import."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from bordermap.engine.progress import Meter

T = TypeVar("T")
R = TypeVar("R")

TICK = 0.2
"""Seconds between two words about the progress."""


class Runner(Protocol):
    """Carries out tasks that do not depend on each other.

    Attributes
    ----------
    shares_memory : bool
        Whether tasks run in this process, so that they can count on a :class:`Meter`.
    """

    shares_memory: bool

    def run(
        self, function: Callable[[T], R], tasks: Iterable[T], meter: Meter | None = None
    ) -> Iterator[R]:
        """Yield what a function makes of each task, in any order.

        The function must be idempotent: a task may be carried out more than once. An
        error of a task is raised here and ends the run. `meter` is told of the passing
        time, and is stopped when the run ends early.
        """


class Threads:
    """Carries out tasks in threads of this process; the libraries release the lock.

    Parameters
    ----------
    workers : int, optional
        By default one for each processor that this process may use.
    """

    shares_memory = True

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or _processors()

    def run(
        self, function: Callable[[T], R], tasks: Iterable[T], meter: Meter | None = None
    ) -> Iterator[R]:
        """Yield what a function makes of each task, in any order."""
        queue = iter(tasks)
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="bordermap-import")
        pending: set[Future[R]] = set()
        try:
            while True:
                room = 2 * self._workers - len(pending)
                pending |= {pool.submit(function, task) for task in itertools.islice(queue, room)}
                if not pending:
                    return
                done, pending = wait(pending, TICK, FIRST_COMPLETED)
                if meter:
                    meter.tell()
                for future in done:
                    yield future.result()
        finally:
            if pending and meter:
                meter.stop()
            pool.shutdown(cancel_futures=True)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
