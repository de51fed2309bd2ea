"""What the ledger makes of the rows of a gate."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bordermap.analysis.ledger import (
    STATE_WORDS,
    Span,
    holders_in_words,
    in_words,
    last_day,
    spans,
    status_on,
)
from bordermap.errors import DateError
from bordermap.model.record import GateStatus
from bordermap.model.vocabulary import Basis, GateState

GATE = "a-gate"
OPEN, RESTRICTED, CLOSED, UNKNOWN = GateState
FIRST = date(2021, 1, 1)


def row(when: str, status: str, name: str = "", **cells: object) -> GateStatus:
    values = {
        "id": name or f"{GATE}-{when}-{status}".replace("~", "-about").replace("/", "-to-"),
        "gate": GATE,
        "status": str(status),
        "holder": (),
        "date_edtf": when,
        "until_edtf": "",
        "basis": "change",
        "statement": "",
        "date_note": "",
        "dispute": "",
        "sources": (),
        "confidence": "high",
        "notes": "",
    }
    return GateStatus(**{**values, **cells})


def on(day: str, *rows: GateStatus) -> Span:
    return status_on(rows, [GATE], date.fromisoformat(day))[GATE]


# -------------------------------------------------------------------- the rules one by one


def test_a_gate_without_rows_is_unknown_for_ever() -> None:
    (span,) = spans([], GATE)
    assert (span.start, span.end, span.statuses, span.rows) == (None, None, (UNKNOWN,), ())
    assert in_words(span) == "Not known"


def test_a_status_holds_from_its_day_until_the_next_row() -> None:
    rows = row("2021-07-08", CLOSED), row("2023-01-17", OPEN)
    assert on("2021-07-07", *rows).statuses == (UNKNOWN,)
    assert on("2021-07-08", *rows).statuses == (CLOSED,)
    assert on("2023-01-16", *rows).statuses == (CLOSED,)
    assert on("2023-01-17", *rows).statuses == (OPEN,)
    assert on("2024-12-31", *rows).rows == rows[1:]
    assert in_words(on("2022-05-05", *rows)) == "Closed since 8 Jul 2021"


@pytest.mark.parametrize(("basis", "last"), [("change", "2023-07-08"), ("report", "2022-07-08")])
def test_what_nobody_has_spoken_of_for_long_is_not_known(basis: str, last: str) -> None:
    old = row("2021-07-08", CLOSED, basis=basis, holder=("A",))
    after = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    assert on((date.fromisoformat(last) - timedelta(days=1)).isoformat(), old).statuses == (CLOSED,)
    gone = on(after, old)
    assert (gone.statuses, gone.rows, gone.lapsed) == ((UNKNOWN,), (), (old,))
    assert gone.approximate and gone.holders == (("A",),)
    assert in_words(gone) == "Not known, last reported closed for 8 Jul 2021"
    ended = row("2021-07-08", CLOSED, basis=basis, until_edtf="2029-12-31")
    assert on("2029-12-31", ended).statuses == (CLOSED,)


def test_after_its_end_a_status_is_unknown_and_nothing_older_comes_back() -> None:
    rows = row("2021-03-30", CLOSED), row("2021-06-01", RESTRICTED, until_edtf="2021-06-03")
    assert on("2021-06-03", *rows).statuses == (RESTRICTED,)
    ended = on("2021-06-04", *rows)
    assert (ended.statuses, ended.rows) == ((UNKNOWN,), ())
    assert in_words(ended) == "Not known since 4 Jun 2021"


def test_a_report_confirms_and_says_since_when_the_change_was() -> None:
    rows = row("2021-07-08", CLOSED), row("2022-07-17~", CLOSED, basis="report")
    assert in_words(on("2022-09-01", *rows)) == "Closed since 8 Jul 2021"
    assert on("2022-09-01", *rows).rows == rows[1:]
    alone = on("2022-09-01", rows[1])
    assert alone.rows[0].basis == Basis.REPORT
    assert in_words(alone) == "Closed, as reported for about 17 Jul 2022"


def test_a_capture_changes_the_holder_and_does_not_carry_the_status_on() -> None:
    rows = (
        row("2022-12-10", OPEN, holder=("Myanmar military",)),
        row("2024-04-08", UNKNOWN, holder=("KIA",)),
        row("2024-10-18", CLOSED),
    )
    assert on("2024-04-07", *rows).holders == (("Myanmar military",),)
    taken = on("2024-05-01", *rows)
    assert (taken.statuses, taken.holders) == ((UNKNOWN,), (("KIA",),))
    assert in_words(taken) == "Not known since 8 Apr 2024"
    later = on("2025-01-01", *rows)
    assert (later.statuses, later.holders) == ((CLOSED,), (("KIA",),))


def test_between_two_days_of_one_change_both_states_are_said() -> None:
    rows = (
        row("2021-07-08", CLOSED),
        row("2021-12-07", RESTRICTED, dispute="reopening"),
        row("2022-01-17", RESTRICTED, dispute="reopening"),
    )
    before, between, after = (on(d, *rows) for d in ("2021-12-06", "2021-12-31", "2022-01-17"))
    assert not before.disputed
    assert between.disputed
    assert between.statuses == (RESTRICTED, CLOSED)
    assert between.rows == rows[:2]
    assert in_words(between) == "Restricted or closed: sources disagree"
    assert not after.disputed
    assert after.rows == rows[1:], "all versions of when it began"
    assert in_words(after) == "Restricted since 7 Dec 2021 or 17 Jan 2022"


def test_versions_that_differ_stay_disputed_until_another_row() -> None:
    rows = (
        row("2020-09-21", OPEN, dispute="reopening"),
        row("2020-09-21~", CLOSED, dispute="reopening", basis="report"),
        row("2021-03-31", CLOSED),
    )
    between = on("2021-01-01", *rows)
    assert between.disputed
    assert between.statuses == (OPEN, CLOSED)
    assert not on("2021-03-31", *rows).disputed


def test_other_rows_within_a_dispute_are_shown_with_its_versions() -> None:
    rows = (
        row("2020-03-31", CLOSED, dispute="start"),
        row("2020-04-23", RESTRICTED),
        row("2021-03-31", CLOSED, dispute="start"),
    )
    between = on("2020-05-01", *rows)
    assert between.disputed
    assert between.statuses == (RESTRICTED, CLOSED)
    assert between.rows == rows[:2]


def test_a_dispute_over_the_holder_says_so() -> None:
    rows = (
        row("2024-10-17", CLOSED, holder=("NDA-K",)),
        row("2024-10-18", CLOSED, holder=("KIA",), dispute="capture"),
        row("2024-10-19", CLOSED, holder=("KIA",), dispute="capture"),
    )
    span = on("2024-10-18", *rows)
    assert span.holders == (("NDA-K",), ("KIA",))
    assert holders_in_words(span) == "NDA-K or KIA"
    assert in_words(span) == "Closed; sources disagree on who holds it"
    assert on("2024-10-19", *rows).holders == (("KIA",),)


def test_rows_of_one_day_that_contradict_each_other_are_disputed() -> None:
    span = on("2021-01-05", row("2021-01-01", OPEN), row("2021-01-01", CLOSED))
    assert span.disputed
    assert span.statuses == (OPEN, CLOSED)


@pytest.mark.parametrize(
    ("when", "approximate", "settled"),
    [
        ("2024-03-25", False, date(2024, 3, 25)),
        ("2024-03-25~", True, date(2024, 3, 25)),
        ("2024-03", True, date(2024, 3, 31)),
        ("2024-03-25/2024-03-27", True, date(2024, 3, 27)),
        ("2024-03-25/..", False, date(2024, 3, 25)),
        ("../2024-03-25", False, date(2024, 3, 25)),
    ],
)
def test_the_edge_is_as_exact_as_the_date(when: str, approximate: bool, settled: date) -> None:
    span = spans([row(when, CLOSED)], GATE)[1]
    assert (span.approximate, span.settled) == (approximate, settled)


def test_a_vague_end_makes_a_vague_edge() -> None:
    exact, vague = (
        spans([row("2024-03-25", OPEN, until_edtf=until)], GATE)[-1]
        for until in ("2024-04-30", "2024-04")
    )
    assert exact.start == vague.start == date(2024, 5, 1)
    assert (exact.approximate, vague.approximate) == (False, True)


def test_the_words_know_about_dates() -> None:
    assert in_words(on("2021-08-01", row("2021-07-01~", CLOSED))) == "Closed since about 1 Jul 2021"
    assert in_words(on("2021-08-01", row("2021-07-01/..", OPEN))) == "Open since 1 Jul 2021"


def test_a_row_without_a_date_is_an_error() -> None:
    with pytest.raises(DateError, match="no date"):
        spans([row("", OPEN)], GATE)


def test_the_last_day_of_a_ledger() -> None:
    assert last_day([]) is None
    assert last_day([row("2024-02", OPEN), row("2024-02-03", OPEN)]) == date(2024, 2, 29)


def test_other_gates_make_no_difference() -> None:
    rows = [row("2021-01-01", OPEN), row("2021-02-01", CLOSED, gate="another-gate")]
    known = status_on(rows, [GATE, "another-gate", "a-third"], date(2021, 3, 1))
    assert {gate: span.statuses for gate, span in known.items()} == {
        GATE: (OPEN,),
        "another-gate": (CLOSED,),
        "a-third": (UNKNOWN,),
    }


# -------------------------------------------------------------------- properties

days = st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n))
dates = st.one_of(
    days.map(date.isoformat),
    days.map(lambda day: f"{day}~"),
    st.sampled_from(["2021-01", "2021-02~", "2021"]),
    st.tuples(days, days).map(lambda pair: f"{min(pair)}/{max(pair)}"),
    days.map(lambda day: f"{day}/.."),
    days.map(lambda day: f"../{day}"),
)


@st.composite
def ledgers(draw: st.DrawFn) -> list[GateStatus]:
    return [
        row(
            draw(dates),
            draw(st.sampled_from(list(GateState))),
            f"r{number}",
            holder=draw(st.sampled_from([(), (), ("A",), ("B", "C")])),
            until_edtf=draw(st.one_of(st.just(""), dates)),
            basis=draw(st.sampled_from(list(Basis))),
            dispute=draw(st.sampled_from(["", "", "", "x", "y"])),
        )
        for number in range(draw(st.integers(0, 9)))
    ]


@given(ledgers())
def test_spans_cover_all_of_time_once(rows: list[GateStatus]) -> None:
    line = spans(rows, GATE)
    assert line[0].start is None
    assert line[-1].end is None
    for before, after in pairwise(line):
        assert before.end is not None
        assert before.end == after.start
    starts = [span.start for span in line[1:]]
    assert starts == sorted(set(starts))


@given(ledgers(), days)
def test_the_status_on_a_day_is_that_of_the_span_over_it(rows: list[GateStatus], day: date) -> None:
    (span,) = (span for span in spans(rows, GATE) if span.covers(day))
    assert status_on(rows, [GATE], day) == {GATE: span}


@given(ledgers())
def test_every_row_is_behind_some_span(rows: list[GateStatus]) -> None:
    shown = {status.id for span in spans(rows, GATE) for status in span.rows}
    assert shown == {status.id for status in rows}


@given(ledgers())
def test_every_dispute_is_said(rows: list[GateStatus]) -> None:
    line = spans(rows, GATE)
    for name in {status.dispute for status in rows} - {""}:
        said = [span for span in line if any(status.dispute == name for status in span.rows)]
        assert any(span.disputed for span in said)
        lasting = not any(status.until_edtf for status in rows)
        versions = {status.status for status in rows if status.dispute == name}
        if lasting and len(versions) > 1:
            assert any(len(span.statuses) > 1 for span in said)


@given(ledgers())
def test_several_statuses_are_always_a_dispute(rows: list[GateStatus]) -> None:
    for span in spans(rows, GATE):
        assert span.statuses
        assert span.disputed or len(span.statuses) == 1
        assert {status.status for status in span.rows} <= set(span.statuses)


@given(ledgers(), st.randoms())
def test_the_order_of_the_rows_makes_no_difference(rows: list[GateStatus], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(rows, len(rows))
    assert spans(shuffled, GATE) == spans(rows, GATE)


@given(ledgers())
def test_there_are_words_for_every_span(rows: list[GateStatus]) -> None:
    begins = re.compile("|".join(STATE_WORDS.values()))
    for span in spans(rows, GATE):
        assert begins.match(in_words(span))
        assert ("disagree" in in_words(span)) == span.disputed
