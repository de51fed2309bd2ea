"""The routes of snapshots: files of a selection by address, and the page to embed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bordermap.errors import OutputError, SelectionError
from bordermap.snapshot import making, page, words
from bordermap.web import data, orders
from bordermap.web.lane import FullError, GoneError, Job, Lane, Report
from bordermap.web.orders import DOWNLOAD, PAGE, Order, RefusedError

MAX_WAITING = 32
"""Most files of a kind (pictures; all else) that may be unfinished at once."""

KEPT_BYTES = 64 * 1024 * 1024
"""Bytes of finished files that are kept, of each kind."""

_RETRY_SECONDS = 5
_POLL_SECONDS = 15.0
_FILE, _SIDECAR, _PROGRESS, _EMBED = "", ".json", ".progress", "embed"
_NOSNIFF = {"X-Content-Type-Options": "nosniff"}
_SANDBOX = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox"
_POLICIES = {
    ".html": f"{page.POLICY}; frame-ancestors 'self'; {_SANDBOX}",
    ".svg": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox",
    _EMBED: f"{page.POLICY}; frame-ancestors *; {_SANDBOX}",
}


@dataclass(frozen=True)
class _Finished:
    """A file as it is sent."""

    body: bytes
    records: int
    sidecar: bytes = b""

    @property
    def size(self) -> int:
        return len(self.body) + len(self.sidecar)


def _lane(turn: threading.Lock) -> Lane[_Finished]:
    return Lane(lambda file: file.size, most_kept=KEPT_BYTES, most_waiting=MAX_WAITING, turn=turn)


_DRAWN = _lane(data.DRAWING)
_WRITTEN = _lane(threading.Lock())
_READING = CapacityLimiter(4)
"""How many of the threads that also serve the app may read queries at once."""


def routes(base: str) -> list[BaseRoute]:
    """Return the routes.

    Parameters
    ----------
    base : str
        Path before each, without a slash at its end.
    """
    return [Route(f"{base}/embed", _embed), Route(f"{base}/snapshot{{ending}}", _snapshot)]


async def _snapshot(request: Request) -> Response:
    ending = request.path_params["ending"]
    found = _asked(ending)
    if found is None:
        said = f"/snapshot{words.plain(ending, 20)}: formats are {', '.join(making.FORMATS)}"
        return _plain(404, [said])
    suffix, aspect = found
    try:
        order = await _order(request, suffix)
        if aspect == _PROGRESS:
            return _progress(order)
        kept = _unchanged(request, order, aspect)
        if isinstance(kept, Response):
            return kept
        file = await _result(request, _job(order))
    except _AnswerError as answered:
        return answered.response
    name = _name(order) + aspect
    placing = "attachment" if DOWNLOAD in request.query_params else "inline"
    headers = {
        **kept,
        "Content-Disposition": f'{placing}; filename="{name}"',
        "X-Bordermap-Records": str(file.records),
    }
    if aspect == _SIDECAR:
        return Response(file.sidecar, media_type="application/json", headers=headers)
    if suffix in _POLICIES:
        headers["Content-Security-Policy"] = _POLICIES[suffix]
    return Response(file.body, media_type=making.FORMATS[suffix].media_type, headers=headers)


async def _embed(request: Request) -> Response:
    try:
        order = await _order(request, PAGE)
        kept = _unchanged(request, order, _EMBED)
        if isinstance(kept, Response):
            return kept
        job = _ask(_WRITTEN, order.key(_EMBED), partial(_embedded, order))
        file = await _result(request, job)
    except _AnswerError as answered:
        return answered.response
    headers = {**kept, "Content-Security-Policy": _POLICIES[_EMBED]}
    return Response(file.body, media_type=making.FORMATS[PAGE].media_type, headers=headers)


class _AnswerError(Exception):
    """A request that is answered already."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def _plain(status: int, lines: Sequence[str], **headers: str) -> Response:
    return PlainTextResponse("\n".join(lines) + "\n", status, {**_NOSNIFF, **headers})


def _busy() -> Response:
    said = ["So many files are being made that this one cannot wait; please ask again soon."]
    return _plain(503, said, **{"Retry-After": str(_RETRY_SECONDS)})


def _failed(error: BaseException) -> Response:
    if isinstance(error, SelectionError | OutputError):
        return _plain(400, [str(error)])
    return _plain(500, ["The file cannot be made; the log of the server says why."])


def _asked(ending: str) -> tuple[str, str] | None:
    """Return the suffix of the file, and whether it, its sidecar or its progress is meant."""
    for aspect in (_FILE, _SIDECAR, _PROGRESS):
        suffix = ending.removesuffix(aspect)
        if ending.endswith(aspect) and suffix in making.FORMATS:
            return suffix, aspect
    return None


async def _order(request: Request, suffix: str) -> Order:
    query = request.query_params
    params = {key: query.getlist(key) for key in query}
    try:
        return await run_sync(orders.read, params, suffix, limiter=_READING)
    except RefusedError as refused:
        raise _AnswerError(_plain(400, refused.lines)) from None


def _unchanged(request: Request, order: Order, what: str) -> dict[str, str] | Response:
    """Return the headers of a file that a browser may keep; the answer where it has it."""
    tag = f'"{order.key(what)}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", **_NOSNIFF}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return headers


def _job(order: Order) -> Job[_Finished]:
    return _ask(_lane_of(order), order.key(_FILE), partial(_made, order), is_long=order.is_long)


def _lane_of(order: Order) -> Lane[_Finished]:
    return _DRAWN if order.is_drawn else _WRITTEN


def _ask(
    lane: Lane[_Finished], key: str, work: Callable[[Report], _Finished], *, is_long: bool = False
) -> Job[_Finished]:
    try:
        return lane.ask(key, work, is_long=is_long)
    except FullError:
        raise _AnswerError(_busy()) from None


def _made(order: Order, report: Report) -> _Finished:
    made = order.make(report)
    return _Finished(made.body, made.records, made.sidecar(_name(order)))


def _name(order: Order) -> str:
    return words.filename(order.spec.selection, order.suffix)


def _embedded(order: Order, _report: Report) -> _Finished:
    material = order.material()
    proof = making.prove(material, PAGE)
    body = page.render(material, proof.text, f"./{proof.permalink}").encode()
    return _Finished(body, len(material.records))


async def _result(request: Request, job: Job[_Finished]) -> _Finished:
    try:
        return await job.result(request.is_disconnected)
    except GoneError:
        raise _AnswerError(_busy()) from None
    except Exception as error:
        raise _AnswerError(_failed(error)) from None


def _progress(order: Order) -> Response:
    """Say how far a file is; whoever asks is expected to ask again."""
    job = _job(order)
    job.want(_POLL_SECONDS)
    is_done = job.future.done()
    if is_done and (error := job.future.exception()):
        return _failed(error)
    done, of = job.progress or (None, None)
    said = {
        "state": "ready" if is_done else "drawing" if job.has_begun else "waiting",
        "done": done,
        "of": of,
        "ahead": _lane_of(order).ahead(job),
    }
    return JSONResponse(said, headers={"Cache-Control": "no-store"})
