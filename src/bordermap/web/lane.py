"""Long work in line: one piece at a time, beside the event loop, shared by all who ask for it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from bordermap.errors import BordermapError

V = TypeVar("V")

Report = Callable[[int, int], None]
"""Called by work with how many of its steps are done, and of how many."""

_GRACE_SECONDS = 1.0
_LOOK_SECONDS = 0.5
_FAILURE_SECONDS = 60.0
_PAUSE_SECONDS = 0.001
_ENTRY_BYTES = 4096

_LOG = logging.getLogger(__name__)


class FullError(Exception):
    """So much waits already that more is refused."""


class GoneError(Exception):
    """Nobody wants the work any more."""


class Job(Generic[V]):
    """Work that waits, is being done, or is done.

    Attributes
    ----------
    future : concurrent.futures.Future
        Its result.
    is_long : bool
        Whether short work may be done between its steps.
    has_begun : bool
    progress : (int, int) or None
        How many steps are done, and of how many, where the work says it.
    """

    def __init__(self, work: Callable[[Report], V], *, is_long: bool) -> None:
        self.future: Future[V] = Future()
        self.is_long = is_long
        self.has_begun = False
        self.progress: tuple[int, int] | None = None
        self._work: Callable[[Report], V] | None = work
        self._ended = 0.0
        self._wanted_until = 0.0
        self._waiting = 0
        self.want(_GRACE_SECONDS)

    def want(self, seconds: float) -> None:
        """Note that somebody may come back for it within so many seconds."""
        self._wanted_until = max(self._wanted_until, time.monotonic() + seconds)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for it or may come back for it."""
        return self._waiting > 0 or time.monotonic() < self._wanted_until

    @property
    def is_stale(self) -> bool:
        """Whether it failed so long ago that it may be tried again."""
        return self.has_failed and time.monotonic() - self._ended > _FAILURE_SECONDS

    @property
    def has_failed(self) -> bool:
        """Whether it is done, and gave no result."""
        return self.future.done() and self.future.exception() is not None

    def run(self, report: Report) -> tuple[V | None, BaseException | None]:
        """Do the work and return its result, or why there is none."""
        work, self._work = self._work, None
        assert work is not None
        try:
            return work(report), None
        except (BordermapError, GoneError) as error:
            return None, error.with_traceback(None)
        except BaseException as error:
            _LOG.exception("work in line failed")
            return None, error.with_traceback(None)
        finally:
            self._ended = time.monotonic()

    async def result(self, is_gone: Callable[[], Awaitable[bool]]) -> V:
        """Return the result once it is there, or raise what the work raised.

        Parameters
        ----------
        is_gone : callable
            Says now and then whether the caller has lost interest.

        Raises
        ------
        GoneError
            If so.
        """
        pending = asyncio.wrap_future(self.future)
        pending.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting += 1
        try:
            while not pending.done():
                await asyncio.wait([pending], timeout=_LOOK_SECONDS)
                if not pending.done() and await is_gone():
                    raise GoneError
            return pending.result()
        finally:
            self._waiting -= 1


class Lane(Generic[V]):
    """Does one piece of work at a time in a thread of its own, in the order of asking.

    Equal work is done once; results are kept, the least recently used forgotten first, and
    failures for a minute. Work that nobody wants any more is dropped before it begins, and
    between two steps that it reports. Between two steps of long work one piece of short work
    has its turn.

    Parameters
    ----------
    size : callable
        Bytes of a result.
    most_kept : int
        Bytes of all results that are kept; the last one is kept even if it is larger.
    most_waiting : int
        How many wanted pieces may be unfinished.
    turn : threading.Lock
        Held while work is done, but between the steps of long work.
    """

    def __init__(
        self, size: Callable[[V], int], *, most_kept: int, most_waiting: int, turn: threading.Lock
    ) -> None:
        self._size = size
        self._most_kept = most_kept
        self._most_waiting = most_waiting
        self._turn = turn
        self._open: dict[str, Job[V]] = {}
        self._kept: dict[str, Job[V]] = {}
        self._added = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, key: str, work: Callable[[Report], V], *, is_long: bool = False) -> Job[V]:
        """Return the job of a key; it begins when its turn comes.

        Parameters
        ----------
        key : str
            Equal work has an equal key.
        work : callable
            Makes the result; it is passed a function to report its steps to.
        is_long : bool
            Whether it reports steps, between which short work may be done.

        Raises
        ------
        FullError
            If too much waits already.
        """
        with self._added:
            job = self._kept.pop(key, None)
            if job is not None and not job.is_stale:
                self._kept[key] = job
                return job
            job = self._open.get(key)
            if job is None:
                if sum(one.is_wanted for one in self._open.values()) >= self._most_waiting:
                    raise FullError
                job = self._open[key] = Job(work, is_long=is_long)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._serve, daemon=True)
                    self._thread.start()
                self._added.notify()
            job.want(_GRACE_SECONDS)
            return job

    def ahead(self, job: Job[V]) -> int:
        """Return how many pieces of work stand before one that waits."""
        with self._added:
            unfinished = list(self._open.values())
            return unfinished.index(job) if job in unfinished else 0

    def _serve(self) -> None:
        while True:
            with self._added:
                self._added.wait_for(lambda: self._open)
            self._do_next()

    def _do_next(self, *, only_short: bool = False) -> None:
        found = self._next(only_short)
        if found is None:
            return
        key, job = found
        with self._turn:
            result, error = job.run(lambda done, of: self._step(job, done, of))
        with self._added:
            del self._open[key]
            if error is None:
                job.future.set_result(result)  # type: ignore[arg-type]
            else:
                job.future.set_exception(error)
            if not isinstance(error, GoneError):
                self._keep(key, job)

    def _next(self, only_short: bool) -> tuple[str, Job[V]] | None:
        with self._added:
            for key, job in list(self._open.items()):
                if job.has_begun or (only_short and job.is_long):
                    continue
                if job.is_wanted:
                    job.has_begun = True
                    return key, job
                del self._open[key]
                job.future.set_exception(GoneError())
        return None

    def _keep(self, key: str, job: Job[V]) -> None:
        self._kept[key] = job
        sizes = {key: self._bytes(one) for key, one in self._kept.items()}
        total = sum(sizes.values())
        for oldest, size in list(sizes.items())[:-1]:
            if total <= self._most_kept:
                return
            del self._kept[oldest]
            total -= size

    def _bytes(self, job: Job[V]) -> int:
        return _ENTRY_BYTES + (0 if job.has_failed else self._size(job.future.result()))

    def _step(self, job: Job[V], done: int, of: int) -> None:
        job.progress = (done, of)
        if not job.is_wanted:
            raise GoneError
        if not job.is_long:
            return
        self._turn.release()
        try:
            self._do_next(only_short=True)
            time.sleep(_PAUSE_SECONDS)  # or whoever waits for the lock would never get it
        finally:
            self._turn.acquire()
