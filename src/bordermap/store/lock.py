"""One writer at a time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_PAUSE = 0.05


class Lock:
    """A lock on a file; it ends with the process at the latest.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made where they are missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, patience: float, waiting: Callable[[], None] | None = None) -> bool:
        """Take the lock.

        Parameters
        ----------
        patience : float
            Seconds to wait for another holder.
        waiting : callable, optional
            Called once if there is another holder.

        Returns
        -------
        bool
            False if the other holder still has it.
        """
        deadline = time.monotonic() + patience
        while not self._attempt():
            if waiting:
                waiting()
                waiting = None
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def _attempt(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the folder was removed in between
            return False
        try:
            # The holder before may have removed the folder: then this file is no longer it.
            if _try(descriptor) and os.path.samestat(os.fstat(descriptor), self.path.stat()):
                self._descriptor = descriptor
                return True
        except FileNotFoundError:
            pass
        finally:
            if self._descriptor != descriptor:
                os.close(descriptor)
        return False

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
