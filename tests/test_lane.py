"""Work that is done in line: once, one at a time, and only for somebody."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

import pytest

from bordermap.errors import SelectionError
from bordermap.web import lane as lanes
from bordermap.web.lane import FullError, GoneError, Job, Lane, Report

PATIENCE = 20


class Work:
    """Work that says when it has begun and ends when it is let."""

    def __init__(self, result: bytes = b"done") -> None:
        self.result = result
        self.runs = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, _report: Report) -> bytes:
        self.runs += 1
        self.begun.set()
        assert self.may_end.wait(PATIENCE)
        return self.result


def at_once(result: bytes) -> Callable[[Report], bytes]:
    return lambda _report: result


def refused(_report: Report) -> bytes:
    raise SelectionError("no such place")


@pytest.fixture
def turn() -> threading.Lock:
    return threading.Lock()


@pytest.fixture
def lane(turn: threading.Lock) -> Lane[bytes]:
    return Lane(len, most_kept=100_000, most_waiting=3, turn=turn)


async def here() -> bool:
    return False


async def gone() -> bool:
    return True


def outcome(job: Job[bytes]) -> bytes:
    return job.future.result(PATIENCE)


def test_of_those_who_come_at_once_one_has_it_made_and_later_ones_get_the_same(
    lane: Lane[bytes], turn: threading.Lock
) -> None:
    work = Work()
    first = lane.ask("a", work)
    assert work.begun.wait(PATIENCE)
    assert turn.locked()
    others = [lane.ask("a", work) for _ in range(5)]
    work.may_end.set()
    assert [outcome(job) for job in (first, *others)] == [b"done"] * 6
    assert outcome(lane.ask("a", at_once(b"other"))) == b"done"
    assert work.runs == 1


def test_work_is_done_in_the_order_of_asking_one_at_a_time(lane: Lane[bytes]) -> None:
    first, second, third = Work(), Work(), Work()
    jobs = [lane.ask(key, work) for key, work in zip("abc", (first, second, third), strict=True)]
    assert first.begun.wait(PATIENCE)
    assert [lane.ahead(job) for job in jobs] == [0, 1, 2]
    assert [job.has_begun for job in jobs] == [True, False, False]
    first.may_end.set()
    assert second.begun.wait(PATIENCE)
    assert not third.begun.is_set()
    second.may_end.set()
    third.may_end.set()
    assert [outcome(job) for job in jobs] == [b"done"] * 3


def test_too_much_is_refused_but_what_nobody_wants_does_not_count(
    lane: Lane[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work()
    lane.ask("a", work).want(PATIENCE)
    assert work.begun.wait(PATIENCE)
    for key in "bc":
        lane.ask(key, at_once(b"")).want(PATIENCE)
    with pytest.raises(FullError):
        lane.ask("d", at_once(b"d"))
    lane.ask("b", at_once(b""))  # is there already
    monkeypatch.setattr(Job, "is_wanted", False)
    late = lane.ask("d", at_once(b"d"))
    monkeypatch.undo()
    work.may_end.set()
    assert outcome(late) == b"d"


def test_bytes_bound_what_is_kept_and_the_least_used_goes_first(lane: Lane[bytes]) -> None:
    big = b"x" * 28_000
    for key in "abc":
        outcome(lane.ask(key, at_once(key.encode() + big)))
    again = Work()
    assert outcome(lane.ask("a", again)) == b"a" + big
    outcome(lane.ask("d", at_once(big)))
    assert outcome(lane.ask("a", again)) == b"a" + big
    assert not again.runs
    assert outcome(lane.ask("b", at_once(b"anew"))) == b"anew"
    huge = b"y" * 1_000_000
    outcome(lane.ask("huge", at_once(huge)))
    assert outcome(lane.ask("huge", again)) == huge
    assert not again.runs
    assert outcome(lane.ask("a", at_once(b"anew"))) == b"anew"


def test_a_failure_reaches_everybody_is_kept_and_tried_again_later(
    lane: Lane[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SelectionError, match="no such place"):
        outcome(lane.ask("a", refused))
    with pytest.raises(SelectionError, match="no such place"):
        outcome(lane.ask("a", at_once(b"")))
    monkeypatch.setattr(lanes, "_FAILURE_SECONDS", -1)
    assert outcome(lane.ask("a", at_once(b"better"))) == b"better"


def test_what_goes_wrong_unexpectedly_is_logged_once_and_the_line_goes_on(
    lane: Lane[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_report: Report) -> bytes:
        raise ZeroDivisionError("of the test")

    with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError):
        outcome(lane.ask("a", broken))
    assert [record.exc_info is not None for record in caplog.records] == [True]
    assert outcome(lane.ask("b", at_once(b"b"))) == b"b"


def test_work_that_all_have_left_is_not_begun(
    lane: Lane[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_GRACE_SECONDS", 0)
    monkeypatch.setattr(lanes, "_LOOK_SECONDS", 0.01)
    blocking, left = Work(), Work()
    blocking.may_end.set()

    async def visit() -> None:
        with pytest.raises(GoneError):
            await job.result(gone)

    held = threading.Event()
    lane.ask("first", lambda _report: bytes(held.wait(PATIENCE))).want(PATIENCE)
    job = lane.ask("left", left)
    asyncio.run(visit())
    held.set()
    with pytest.raises(GoneError):
        outcome(job)
    assert not left.runs
    last = lane.ask("left", blocking)
    last.want(PATIENCE)
    assert outcome(last) == b"done"


def test_one_who_waits_gets_it_though_another_leaves(
    lane: Lane[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_GRACE_SECONDS", 0)
    monkeypatch.setattr(lanes, "_LOOK_SECONDS", 0.01)
    work = Work()

    async def visit() -> bytes:
        job = lane.ask("a", work)
        staying = asyncio.create_task(job.result(here))
        with pytest.raises(GoneError):
            await job.result(gone)
        work.may_end.set()
        return await staying

    assert asyncio.run(visit()) == b"done"


def test_long_work_tells_its_steps_and_lets_short_work_pass(
    lane: Lane[bytes], turn: threading.Lock
) -> None:
    stepping, step = threading.Event(), threading.Event()
    order: list[str] = []

    def film(report: Report) -> bytes:
        for frame in range(3):
            order.append(f"frame {frame}")
            stepping.set()
            assert step.wait(PATIENCE)
            assert turn.locked()
            report(frame + 1, 3)
        return b"film"

    def picture(_report: Report) -> bytes:
        assert turn.locked()
        order.append("picture")
        return b"picture"

    long = lane.ask("film", film, is_long=True)
    long.want(PATIENCE)
    assert stepping.wait(PATIENCE)
    other = lane.ask("other film", film, is_long=True)
    other.want(PATIENCE)
    short = lane.ask("picture", picture)
    short.want(PATIENCE)
    step.set()
    assert outcome(long) == b"film"
    assert long.progress == (3, 3)
    assert order[:4] == ["frame 0", "picture", "frame 1", "frame 2"]
    assert outcome(short) == b"picture"
    assert outcome(other) == b"film"


def test_long_work_that_nobody_wants_any_more_stops_between_two_steps(
    lane: Lane[bytes], monkeypatch: pytest.MonkeyPatch, turn: threading.Lock
) -> None:
    monkeypatch.setattr(lanes, "_GRACE_SECONDS", 0)
    steps: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def film(report: Report) -> bytes:
        begun.set()
        assert go_on.wait(PATIENCE)
        for frame in range(100):
            steps.append(frame)
            report(frame, 100)
        return b""

    with turn:
        job = lane.ask("film", film, is_long=True)
        monkeypatch.setattr(Job, "is_wanted", True)
        assert not begun.is_set()
    assert begun.wait(PATIENCE)
    monkeypatch.setattr(Job, "is_wanted", False)
    go_on.set()
    with pytest.raises(GoneError):
        outcome(job)
    monkeypatch.undo()
    assert steps == [0]
    assert outcome(lane.ask("film", at_once(b"anew"))) == b"anew"
