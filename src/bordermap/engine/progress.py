"""How far an import has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far an import has come.

    Attributes
    ----------
    step : str
        What is being done, in words.
    done : float
        Share of the whole import, 0 to 1; never falls.
    rows : int
        Rows read so far.
    seconds_left : float or None
        An estimate, or None while there is nothing to base one on.
    """

    step: str
    done: float
    rows: int
    seconds_left: float | None


class Stopped(Exception):  # noqa: N818 - no error: the import was called off
    """Raised in the threads of an import that was called off."""


_SETTLED = 1.0
"""Seconds after which the speed so far says something about the rest."""


class Meter:
    """Counts what threads have read and tells it in the thread that asks.

    Parameters
    ----------
    listener : callable, optional
        Called with a :class:`Progress` by :meth:`tell`.
    """

    def __init__(self, listener: Callable[[Progress], None] | None = None) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._started = time.monotonic()
        self._step, self._from, self._to, self._total = "", 0.0, 0.0, 1
        self._bytes = self._rows = 0
        self._done = 0.0

    def begin(self, step: str, start: float, end: float, total: int = 1) -> None:
        """Begin a step that is the share from `start` to `end` of the import.

        Parameters
        ----------
        total : int
            Bytes that the step has to read.
        """
        self._step, self._from, self._to, self._total = step, start, end, max(total, 1)
        self._bytes = 0
        self.tell()

    def add(self, size: int, rows: int) -> None:
        """Count bytes and rows that were read; safe to call in any thread.

        Raises
        ------
        Stopped
            If the import was called off.
        """
        if self._stopped.is_set():
            raise Stopped
        with self._lock:
            self._bytes += size
            self._rows += rows

    def stop(self) -> None:
        """Have every thread stop at its next batch."""
        self._stopped.set()

    def tell(self, share: float | None = None) -> None:
        """Tell the listener how far the step is, or that a share (0 to 1) of it is done."""
        if self._listener is None:
            return
        within = self._bytes / self._total if share is None else share
        reached = self._from + (self._to - self._from) * min(within, 1.0)
        self._done = max(self._done, reached)
        elapsed = time.monotonic() - self._started
        known = elapsed > _SETTLED and self._done > 0
        left = elapsed * (1 - self._done) / self._done if known else None
        self._listener(Progress(self._step, self._done, self._rows, left))
