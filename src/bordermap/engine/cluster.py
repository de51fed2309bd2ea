"""An import on a Dask cluster; needs the extra ``bordermap[dask]``."""

from __future__ import annotations

import itertools
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bordermap.engine.progress import Meter
from bordermap.engine.runner import TICK, Runner
from bordermap.errors import BordermapError, ImportFileError

T = TypeVar("T")
R = TypeVar("R")

_DEATHS = 5
"""Workers that may die with a task in their hands before the task is held to be the cause."""

_RETRIES = 3
"""Times that a task is tried again after an error that is not about the data."""

_AHEAD = 4
"""Tasks handed out for each worker, so that none waits for the next."""

_ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:\d+")
_STARTS = 3
"""Times that a cluster on this machine is started before it is held to be impossible."""

_CONNECT_SECONDS = 10
_RESULT_SECONDS = 10
_ALONE_SECONDS = 120
"""How long the work waits where no worker is left; a lost one needs some time to come back."""


@contextmanager
def dask(workers: int | None = None, scheduler: str | None = None) -> Iterator[Runner]:
    """Give a runner on a cluster of processes.

    Parameters
    ----------
    workers : int, optional
        Start this many processes on this machine.
    scheduler : str, optional
        Address of an existing scheduler, e.g. ``tcp://host:8786``. Its workers must
        have bordermap and reach the files and the data directory under the same paths.

    Raises
    ------
    ImportFileError
        If dask is not installed, the scheduler does not answer, or no processes can be
        started here.
    """
    try:
        config: Any = import_module("dask.config")
        distributed: Any = import_module("distributed")
    except ImportError:
        raise ImportFileError(
            "a cluster needs dask: pip install 'bordermap[dask]', or import without it"
        ) from None
    settings = {
        "distributed.scheduler.allowed-failures": _DEATHS,
        "distributed.admin.large-graph-warning-threshold": "1GB",
    }
    with config.set(settings), _quiet():
        if scheduler is not None:
            if not _ADDRESS.fullmatch(scheduler):
                raise ImportFileError(
                    f"{scheduler} is no address of a scheduler, such as tcp://host:8786"
                )
            try:
                client = distributed.Client(
                    scheduler, timeout=_CONNECT_SECONDS, set_as_default=False
                )
            except OSError:
                raise ImportFileError(f"no scheduler answers at {scheduler}") from None
            with client:
                yield _Dask(client, distributed.KilledWorker)
        else:
            with (
                _local(distributed, workers) as cluster,
                distributed.Client(cluster, set_as_default=False) as client,
            ):
                yield _Dask(client, distributed.KilledWorker)


def _local(distributed: Any, workers: int | None) -> Any:
    """Start a cluster of processes; where one dies on the way, all are started again."""
    for _ in range(_STARTS):
        try:
            return distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        except RuntimeError as error:
            reason = error.__cause__ or error
    raise ImportFileError(
        f"the processes of the cluster do not start ({reason}); use fewer with --workers, or"
        " import without a cluster"
    )


class _Dask:
    """Carries out tasks on the workers of a Dask scheduler."""

    shares_memory = False

    def __init__(self, client: Any, killed: type[Exception]) -> None:
        self._client = client
        self._killed = killed

    def run(
        self, function: Callable[[T], R], tasks: Iterable[T], meter: Meter | None = None
    ) -> Iterator[R]:
        """Yield what a function makes of each task, in any order.

        The function travels once, as the result of a task of its own: a worker that is
        lost takes no copy away that could not be made again.
        """
        shared = self._client.submit(_itself, function, pure=False)
        queue = iter(tasks)
        pending: set[Any] = set()
        finished: SimpleQueue[Any] = SimpleQueue()
        seen = time.monotonic()
        try:
            while True:
                workers = len(self._client.nthreads())
                if workers:
                    seen = time.monotonic()
                elif time.monotonic() - seen > _ALONE_SECONDS:
                    raise ImportFileError(
                        f"no worker has been there for {_ALONE_SECONDS} seconds; start the"
                        " import again when there are some"
                    )
                room = _AHEAD * max(workers, 1) - len(pending)
                for task in itertools.islice(queue, max(room, 0)):
                    future = self._client.submit(
                        _outcome, shared, task, pure=False, retries=_RETRIES
                    )
                    pending.add(future)
                    future.add_done_callback(finished.put)
                if not pending:
                    return
                if meter:
                    meter.tell()
                try:
                    future = finished.get(timeout=TICK)
                except Empty:
                    continue
                try:
                    outcome = future.result(timeout=_RESULT_SECONDS)
                except TimeoutError:  # its worker was lost, and it is made again
                    finished.put(future)
                    continue
                except self._killed:
                    raise ImportFileError(
                        f"{_DEATHS + 1} workers died over the same task; each may have too"
                        " little memory: use fewer workers on a machine"
                    ) from None
                pending.remove(future)
                if isinstance(outcome, BordermapError):
                    raise outcome
                yield outcome
        finally:
            self._client.cancel(list(pending))


def _itself(value: T) -> T:
    return value


def _outcome(function: Callable[[T], R], task: T) -> R | BordermapError:
    """Return what a function makes of a task; what is wrong with a file is no reason to retry."""
    try:
        return function(task)
    except BordermapError as error:
        return error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what distributed logs about lost workers from the screen."""
    loggers: list[Any] = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
