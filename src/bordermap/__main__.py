"""The command line as a process of its own."""

from __future__ import annotations

import atexit
import gc

from bordermap.cli import main


def run() -> None:
    """Run a command and end.

    Hardly anything of what a command makes is ever given up, so that looking for it time and
    again, and once more at the end, took a fifth of the time of a picture.
    """
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)
    main(prog_name="bordermap")


if __name__ == "__main__":
    run()
