"""What is known of the gates, day by day.

The ledger of a gate is a list of rows, each of which says how the gate was from a day
on. :func:`spans` makes a time line of them, by these rules:

- Before its first row a gate is unknown.
- A row holds from the first day of its date until the next row of the gate, or to the
  last day of its ``until_edtf``, after which the gate is unknown again. An earlier state
  is never taken up again unless a row says so.
- What nobody has spoken of for long is not known: a row that tells of a change lapses
  after :data:`CHANGE_LAPSES`, one that reports how the gate was found after
  :data:`REPORT_LAPSES`; the row's ``basis`` tells the two apart.
- A row of status unknown is as good as any other: a gate whose Myanmar side changes
  hands is unknown from then on until a row says how it is.
- A holder stays until another row of the gate names one.
- The rows of one dispute are versions of one change, and none is preferred. From the
  first day of the earliest to that of the latest, the gate is disputed: it has every
  status of the versions that have begun, and that which the other rows of the gate give
  it, since the later versions imply that nothing had changed yet. Where the versions
  differ in status or holder, or all begin on one day, the dispute outlasts them and ends
  with the next row of the gate that is no part of it.
- Rows of one day that contradict each other are disputed even if no dispute is named.
- Where the date of a row is an interval or approximate, the edge of its span is too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from bordermap.errors import DateError
from bordermap.model.dates import PartialDate
from bordermap.model.record import GateStatus
from bordermap.model.vocabulary import Basis, DatePrecision, GateState

STATE_WORDS: Mapping[GateState, str] = {
    GateState.OPEN: "Open",
    GateState.RESTRICTED: "Restricted",
    GateState.CLOSED: "Closed",
    GateState.UNKNOWN: "Not known",
}

CHANGE_LAPSES = timedelta(days=730)
REPORT_LAPSES = timedelta(days=365)
"""How long a row holds that no other row follows; conventions of this map."""

_ORDER = tuple(GateState)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days on which the same is known of a gate.

    Attributes
    ----------
    start : datetime.date or None
        First day; None is since ever.
    end : datetime.date or None
        The day after the last one; None is to this day.
    statuses : tuple of GateState
        What the gate is said to be, the most open first; several where sources disagree.
    holders : tuple of tuple of str
        Who is said to hold the Myanmar side: versions, each of them one name or more.
        A row that names nobody adds none.
    rows : tuple of GateStatus
        What it rests on, in order of date; empty where nothing is known. After a dispute
        over nothing but the day these are all its versions.
    disputed : bool
    approximate : bool
        The first day is not known to the day.
    settled : datetime.date or None
        The last day on which it may have begun, as far as its rows say.
    since : datetime.date or None
        First day of the spans before this one, itself included, that have its statuses.
    since_rows : tuple of GateStatus
        The rows of the first of those spans.
    lapsed : tuple of GateStatus
        The last rows of a gate that is not known because they are too old.
    """

    gate: str
    start: date | None
    end: date | None
    statuses: tuple[GateState, ...]
    holders: tuple[tuple[str, ...], ...]
    rows: tuple[GateStatus, ...]
    disputed: bool = False
    approximate: bool = False
    settled: date | None = None
    since: date | None = None
    since_rows: tuple[GateStatus, ...] = ()
    lapsed: tuple[GateStatus, ...] = ()

    def covers(self, day: date) -> bool:
        """Return whether a day is one of the span."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


def spans(statuses: Iterable[GateStatus], gate: str) -> tuple[Span, ...]:
    """Return the time line of a gate, without gaps or overlaps, in order.

    Parameters
    ----------
    statuses : iterable of GateStatus
        The ledger; the order of its rows and the rows of other gates make no difference.

    Raises
    ------
    DateError
        If a row of the gate has no date.
    """
    entries = sorted(
        (_Entry.of(row) for row in statuses if row.gate == gate),
        key=lambda entry: (entry.first, entry.row.id),
    )
    disputes = _disputes(entries)
    ends = {day for entry in entries for day in (entry.until, entry.lapses) if day}
    edges = {entry.first for entry in entries} | ends
    line = [Span(gate, None, None, (GateState.UNKNOWN,), (), ())]
    for edge in sorted(edges):
        span = _span(gate, edge, entries, disputes)
        last = line[-1]
        if _content(span) != _content(last):
            line[-1] = replace(last, end=edge)
            line.append(span)
    return tuple(_with_since(line))


def status_on(statuses: Iterable[GateStatus], gates: Iterable[str], day: date) -> dict[str, Span]:
    """Return for every gate the span that covers a day."""
    by_gate = defaultdict(list)
    for status in statuses:
        by_gate[status.gate].append(status)
    return {
        gate: next(span for span in spans(by_gate[gate], gate) if span.covers(day))
        for gate in gates
    }


def last_day(statuses: Iterable[GateStatus]) -> date | None:
    """Return the last day that a ledger tells of; None where it is empty."""
    return max((_Entry.of(status).last for status in statuses), default=None)


def in_words(span: Span) -> str:
    """Say how the gate is and since when.

    Examples
    --------
    ``Closed since about 1 Jul 2021``, ``Open or closed: sources disagree``, ``Not known``.
    """
    status, since = status_in_words(span), since_in_words(span)
    return f"{status}{', ' if since.startswith(('as', 'last')) else ' '}{since}".rstrip()


def status_in_words(span: Span) -> str:
    """Say how the gate is, and over what sources disagree."""
    said = [STATE_WORDS[status] for status in span.statuses]
    words = _either([said[0], *(word.lower() for word in said[1:])])
    if not span.disputed:
        return words
    if len(said) > 1:
        return f"{words}: sources disagree"
    return f"{words}; sources disagree on {'who holds it' if len(span.holders) > 1 else 'the day'}"


def since_in_words(span: Span) -> str:
    """Say since when the gate is so; empty where it is disputed or was never otherwise."""
    if span.disputed or span.since is None:
        return ""
    if span.lapsed:
        last = span.lapsed[-1]
        word = STATE_WORDS[GateState(last.status)].lower()
        return f"last reported {word} for {PartialDate.parse(last.date_edtf)}"
    if not span.since_rows:
        return f"since {PartialDate.parse(span.since.isoformat())}"
    days = dict.fromkeys(str(PartialDate.parse(row.date_edtf)) for row in span.since_rows)
    when = _either(list(days))
    found = all(row.basis == Basis.REPORT for row in span.since_rows)
    if found and span.statuses != (GateState.UNKNOWN,):
        return f"as reported for {when}"
    return f"since {when.removeprefix('since ')}"


def holders_in_words(span: Span) -> str:
    """Name who is said to hold the Myanmar side; empty where no source says."""
    return _either([", ".join(names) for names in span.holders])


def _either(versions: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(versions[:-1]), versions[-1]))) if versions else ""


@dataclass(frozen=True)
class _Entry:
    row: GateStatus
    first: date
    last: date
    until: date | None
    exact: bool
    ends_exactly: bool
    lapses: date | None

    @classmethod
    def of(cls, row: GateStatus) -> _Entry:
        when, until = PartialDate.parse(row.date_edtf), PartialDate.parse(row.until_edtf)
        first, last = when.start or when.end, when.end or when.start
        if first is None or last is None:
            raise DateError(f"the gate status {row.id!r} has no date")
        end = until.end or until.start
        after = None if end is None or max(end, first) == date.max else max(end, first) + _DAY
        return cls(
            row=row,
            first=first,
            last=last,
            until=after,
            exact=first == last and when.precision != DatePrecision.APPROX,
            ends_exactly=until.precision == DatePrecision.DAY,
            lapses=_lapse(last, row.basis) if end is None else None,
        )

    @property
    def state(self) -> tuple[str, tuple[str, ...]]:
        return self.row.status, self.row.holder

    def holds_on(self, day: date) -> bool:
        return self.first <= day and all(
            end is None or day < end for end in (self.until, self.lapses)
        )


def _lapse(last: date, basis: str) -> date | None:
    holds = REPORT_LAPSES if basis == Basis.REPORT else CHANGE_LAPSES
    return last + holds if last < date.max - holds else None


@dataclass(frozen=True)
class _Dispute:
    versions: tuple[_Entry, ...]
    over_the_day_only: bool
    end: date | None

    @property
    def latest(self) -> date:
        return self.versions[-1].first

    def lasts_on(self, day: date) -> bool:
        return self.versions[0].first <= day and (self.end is None or day < self.end)


def _disputes(entries: Collection[_Entry]) -> list[_Dispute]:
    by_name = defaultdict(list)
    for entry in entries:
        if entry.row.dispute:
            by_name[entry.row.dispute].append(entry)
    disputes = []
    for name, versions in by_name.items():
        latest = versions[-1].first
        agree = len({version.state for version in versions}) == 1
        over_the_day_only = agree and versions[0].first < latest
        others = (
            entry.first for entry in entries if entry.row.dispute != name and entry.first >= latest
        )
        end = latest if over_the_day_only else min(others, default=None)
        disputes.append(_Dispute(tuple(versions), over_the_day_only, end))
    return disputes


def _span(
    gate: str, day: date, entries: Collection[_Entry], disputes: Collection[_Dispute]
) -> Span:
    """Return what is known from a day on; its end is left open."""
    going_on = [dispute for dispute in disputes if dispute.lasts_on(day)]
    versions = [entry for dispute in going_on for entry in dispute.versions if entry.first <= day]
    rivals = {entry.row.id for dispute in going_on for entry in dispute.versions}
    others = [entry for entry in entries if entry.first <= day and entry.row.id not in rivals]
    ground = _of_last_day(others)
    held = [entry for entry in ground if entry.holds_on(day)]
    claims = [entry for entry in versions if entry.holds_on(day)]
    states = {GateState(entry.row.status) for entry in claims}
    pending = not going_on or any(day < dispute.latest for dispute in going_on)
    if pending:
        claims += held
        states |= {GateState(entry.row.status) for entry in held} or {GateState.UNKNOWN}
    holders = [entry.row.holder for entry in claims if entry.row.holder]
    if pending or not holders or len(holders) < len(claims):
        holders = [*_handed_down(others, disputes), *holders]
    rows = {entry.row.id: entry for entry in claims}
    for dispute in disputes:
        if dispute.over_the_day_only and any(
            entry in held and entry in claims for entry in dispute.versions
        ):
            rows |= {entry.row.id: entry for entry in dispute.versions}
    begun = [entry for entry in rows.values() if entry.first == day]
    ended = [entry for entry in entries if entry.until == day]
    lapsed = () if claims else tuple(entry.row for entry in ground if entry.lapses)
    return Span(
        gate=gate,
        start=day,
        end=None,
        statuses=tuple(sorted(states or {GateState.UNKNOWN}, key=_ORDER.index)),
        holders=tuple(dict.fromkeys(holders)),
        rows=tuple(entry.row for entry in sorted(rows.values(), key=lambda e: (e.first, e.row.id))),
        disputed=bool(going_on and claims) or _contradict(held, disputes),
        approximate=bool(lapsed)
        or not all(entry.exact for entry in begun)
        or (not begun and not all(entry.ends_exactly for entry in ended)),
        settled=max((entry.last for entry in begun), default=day),
        lapsed=lapsed,
    )


def _of_last_day(entries: Collection[_Entry]) -> list[_Entry]:
    last = max((entry.first for entry in entries), default=None)
    return [entry for entry in entries if entry.first == last]


def _handed_down(
    entries: Collection[_Entry], disputes: Collection[_Dispute]
) -> list[tuple[str, ...]]:
    """Return the holders that the last rows to name any give, in all versions of a dispute."""
    last = _of_last_day([entry for entry in entries if entry.row.holder])
    rivals = [
        version
        for dispute in disputes
        if any(entry in dispute.versions for entry in last)
        for version in dispute.versions
    ]
    return [entry.row.holder for entry in (*rivals, *last) if entry.row.holder]


def _contradict(entries: Collection[_Entry], disputes: Collection[_Dispute]) -> bool:
    """Return whether rows of one day cannot all be right, or one has a rival elsewhere."""
    statuses = {entry.row.status for entry in entries}
    holders = {entry.row.holder for entry in entries if entry.row.holder}
    rivals = (
        entry for dispute in disputes if not dispute.over_the_day_only for entry in dispute.versions
    )
    return len(statuses) > 1 or len(holders) > 1 or any(entry in entries for entry in rivals)


def _content(span: Span) -> tuple[object, ...]:
    return span.statuses, span.holders, span.rows, span.disputed


def _with_since(line: list[Span]) -> list[Span]:
    done = [line[0]]
    for before, span in pairwise(line):
        goes_on = span.statuses == before.statuses
        since, rows = (done[-1].since, done[-1].since_rows) if goes_on else (span.start, span.rows)
        done.append(replace(span, since=since, since_rows=rows))
    return done
