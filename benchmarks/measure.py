"""Wall time and peak memory of a command, each run in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parents[1]
_INTERVAL = 0.05
PER_MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10
"""Of what the kernel counts memory in: bytes there, kilobytes elsewhere."""


class Row(TypedDict, total=False):
    """A line of the table of results; what was not measured is absent or None.

    ``ratio`` is the time of the peer divided by ours, ``memory_ratio`` the peak of ours
    divided by that of the peer; ``note`` says what there is to know of the line. The seconds
    of all processors together (``ours_cpu_s``, ``peer_cpu_s``) suffer less from what else the
    machine does.
    """

    what: str
    rows: int
    ours_s: float | None
    peer: str
    peer_s: float | None
    ratio: float | None
    ours_mb: float | None
    peer_mb: float | None
    memory_ratio: float | None
    ours_cpu_s: float
    peer_cpu_s: float
    note: str


@dataclass(frozen=True)
class Measured:
    """What runs of one command took.

    Attributes
    ----------
    seconds : tuple of float
        Wall time of each run that ended well.
    megabytes : float
        Highest peak of the runs: of the largest single process as the kernel counts it, or of
        all processes together as seen 20 times a second, whichever is more. Files that the
        kernel keeps in its cache are not counted.
    processor_seconds : float
        Of all processors, in the last run.
    output : str
        What the last run printed.
    failure : str
        Why a run did not end well; empty otherwise.
    """

    seconds: tuple[float, ...]
    megabytes: float
    processor_seconds: float
    output: str
    failure: str = ""

    @property
    def best(self) -> float | None:
        """Shortest time, or None where a run failed."""
        return None if self.failure else min(self.seconds)

    @property
    def median(self) -> float | None:
        """Median time, or None where a run failed."""
        return None if self.failure else statistics.median(self.seconds)


def module(name: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of Python with arguments."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def run(
    command: Sequence[str],
    *,
    repeats: int = 1,
    limit: float = 1800,
    before: Callable[[], object] = lambda: None,
) -> Measured:
    """Run a command some times, one run after the other; the first failure is the last run.

    Parameters
    ----------
    command : sequence of str
    repeats : int, optional
    limit : float, optional
        Seconds after which a run is ended.
    before : callable, optional
        What is done before each run, outside the time.
    """
    seconds: list[float] = []
    peak = processor = 0.0
    output = ""
    for _ in range(repeats):
        before()
        took, megabytes, processor, output, failure = _once(command, limit)
        peak = max(peak, megabytes)
        if failure:
            return Measured(tuple(seconds), peak, processor, output, failure)
        seconds.append(took)
    return Measured(tuple(seconds), peak, processor, output)


def _once(command: Sequence[str], limit: float) -> tuple[float, float, float, str, str]:
    """Return seconds, megabytes, processor seconds, output and failure of one run.

    A new process starts with the peak of the one that made it, so this module must not load
    what is large, nor be loaded by what is.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=error, cwd=ROOT, start_new_session=True
        )
        together, status, usage = 0.0, 0, None
        while usage is None:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            took = time.perf_counter() - started
            if ended:
                usage = used
            elif took > limit:
                os.killpg(process.pid, 9)
                _, status, usage = os.wait4(process.pid, 0)
            else:
                together = max(together, sum(map(resident, family(process.pid))))
                time.sleep(_INTERVAL)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        output, said = (
            out.read().decode("utf-8", "replace"),
            error.read().decode("utf-8", "replace"),
        )
    failure = ""
    if took > limit:
        failure = f"not done after {limit:.0f} s"
    elif process.returncode:
        last = said.strip().splitlines()[-1:] or ["no message"]
        failure = f"exit status {process.returncode}: {last[0]}"
    peak = max(together, usage.ru_maxrss / PER_MEGABYTE)
    return took, peak, usage.ru_utime + usage.ru_stime, output, failure


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it, where the system tells."""
    yield pid
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended, or this is no Linux
        return
    for child in children:
        yield from family(child)


def resident(pid: int) -> float:
    """Return the megabytes of a process that are not pages of a file."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    fields = dict(line.split(":", 1) for line in lines)
    return sum(int(fields.get(name, "0").split()[0]) for name in ("RssAnon", "RssShmem")) / 1024
