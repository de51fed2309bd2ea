"""Answers that are made once and shared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Remembers what a function answers; of callers that come at once, one computes it.

    Parameters
    ----------
    make : callable
        What answers; if it raises, so does every waiting call, and nothing is kept.
    most : int
        How many answers are kept; the least recently used is forgotten first.
    """

    def __init__(self, make: Callable[[K], V], most: int) -> None:
        self._make = make
        self._most = most
        self._answers: dict[K, Future[V]] = {}
        self._lock = threading.Lock()

    def __call__(self, key: K) -> V:
        """Return the answer for a key."""
        with self._lock:
            known = self._answers.pop(key, None)
            answer = self._answers[key] = known or Future()
            while len(self._answers) > self._most:
                del self._answers[next(iter(self._answers))]
        if known is None:
            try:
                answer.set_result(self._make(key))
            except BaseException as error:
                with self._lock:
                    if self._answers.get(key) is answer:
                        del self._answers[key]
                answer.set_exception(error)
        return answer.result()
