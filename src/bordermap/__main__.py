"""The command line as a process of its own."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from bordermap.cli import main

_UNWRITABLE = 120
"""How Python itself ends where its output cannot be written any more."""


def run() -> None:
    """Run a command and end.

    Hardly anything of what a command makes is ever given up: looking for it time and again, and
    taking down what remains in the end, took a quarter of the time of a picture.
    """
    gc.set_threshold(50_000, 20, 20)
    status = [1]
    atexit.register(_leave, status)  # the first that is registered is the last that runs
    try:
        main(prog_name="bordermap")
    except SystemExit as ended:
        status[0] = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


def _leave(status: list[int]) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        os._exit(_UNWRITABLE)
    os._exit(status[0])


if __name__ == "__main__":
    run()
