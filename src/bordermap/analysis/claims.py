"""Claims of one subject next to each other: which of them cannot all be right."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bordermap.model.dates import PartialDate
from bordermap.model.record import Claim
from bordermap.model.vocabulary import Qualifier

TOLERANCE = 0.1
"""How far from its figure "about" or "almost" may lie, as a part of the figure."""

LOGARITHMIC_FROM = 50.0
"""Values that span more than this factor are told apart on a logarithmic scale only."""


@dataclass(frozen=True)
class Disagreement:
    """Claims of one subject that cannot all be right.

    Attributes
    ----------
    claims : tuple of Claim
        Two or more of one subject and unit, in order of value.
    """

    claims: tuple[Claim, ...]

    @property
    def lowest(self) -> float:
        """Return the smallest figure."""
        return self.claims[0].value

    @property
    def highest(self) -> float:
        """Return the largest figure."""
        return self.claims[-1].value

    @property
    def within_one_source(self) -> bool:
        """Return whether a single source gives all of the figures."""
        return len({claim.source for claim in self.claims}) == 1


def by_subject(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """Return the claims of each subject in order of date, subjects with the most first."""
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in sorted(claims, key=lambda claim: (claim.date_edtf, claim.value, claim.id)):
        groups[claim.subject].append(claim)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def admitted(claim: Claim) -> tuple[float, float]:
    """Return the lowest and highest value that a claim allows for.

    "At least" and "over" have no upper end; "about" reaches :data:`TOLERANCE` to both
    sides, "almost" downwards; a figure without a qualifier means itself.
    """
    margin = TOLERANCE * abs(claim.value)
    match Qualifier(claim.qualifier):
        case Qualifier.ABOUT:
            return claim.value - margin, claim.value + margin
        case Qualifier.ALMOST:
            return claim.value - margin, claim.value
        case Qualifier.AT_LEAST | Qualifier.OVER:
            return claim.value, math.inf
        case Qualifier.EXACT:
            return claim.value, claim.value


def is_timeless(claims: Sequence[Claim]) -> bool:
    """Return whether the subject is something that time does not change, like a length.

    It is where a source gives the figure without a date; then the dates of the others
    say only when somebody wrote them.
    """
    return any(not claim.date_edtf for claim in claims)


def grows(claims: Sequence[Claim]) -> bool:
    """Return whether the figures of one subject and unit are a total that grows.

    Of any two claims of which one is entirely later than the other, the later one is
    not smaller, and at least once it is larger, each by more than the qualifiers allow.
    """
    if is_timeless(claims):
        return False
    steps = [
        _step(earlier, later)
        for earlier, later in itertools.permutations(claims, 2)
        if _is_before(earlier, later)
    ]
    return max(steps, default=0) > 0 and min(steps) >= 0


def disagreements(claims: Iterable[Claim]) -> list[Disagreement]:
    """Find the claims that cannot all be right.

    Two claims of one subject and unit disagree where they may speak of the same day, or
    the subject is timeless (see :func:`is_timeless`), and no value is admitted by both
    (see :func:`admitted`); except

    - in a total that grows (see :func:`grows`), where the time of the larger figure reaches
      further: 31,000 by 18 November and 35,000 in November;
    - where at least one is written as an interval of days, and the larger figure is that
      of a longer time that contains the other: the trade of a year and of five months of it.

    Returns
    -------
    list of Disagreement
        Claims that are linked by pairs that disagree are one disagreement.
    """
    groups: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.subject, claim.unit].append(claim)
    return [found for group in groups.values() for found in _disagreements(group)]


def needs_logarithm(values: Iterable[float]) -> bool:
    """Return whether values are too far apart for a linear scale, and all positive."""
    values = list(values)
    return bool(values) and min(values) > 0 and max(values) / min(values) > LOGARITHMIC_FROM


def _disagreements(claims: Sequence[Claim]) -> list[Disagreement]:
    timeless, growing = is_timeless(claims), grows(claims)
    linked: list[set[Claim]] = []
    for first, second in itertools.combinations(claims, 2):
        smaller, larger = sorted((first, second), key=lambda claim: claim.value)
        if _step(smaller, larger) == 0:
            continue
        if not timeless and (
            not _when(smaller).overlaps(_when(larger))
            or (growing and _reaches_later(larger, smaller))
            or _sums_up(larger, smaller)
        ):
            continue
        touched = [group for group in linked if {smaller, larger} & group]
        linked = [group for group in linked if group not in touched]
        linked.append({smaller, larger}.union(*touched))
    return [
        Disagreement(tuple(sorted(group, key=lambda claim: (claim.value, claim.id))))
        for group in linked
    ]


def _step(before: Claim, after: Claim) -> int:
    """Return whether the second value is larger (1), smaller (-1), or may be the same (0)."""
    (low, high), (after_low, after_high) = admitted(before), admitted(after)
    return int(after_low > high) - int(after_high < low)


def _when(claim: Claim) -> PartialDate:
    return PartialDate.parse(claim.date_edtf)


def _is_before(claim: Claim, other: Claim) -> bool:
    end, start = _when(claim).end, _when(other).start
    return end is not None and start is not None and end < start


def _reaches_later(claim: Claim, other: Claim) -> bool:
    def reach(when: PartialDate) -> tuple[date, date]:
        return when.end or date.max, when.start or date.min

    return reach(_when(claim)) > reach(_when(other))


def _sums_up(claim: Claim, other: Claim) -> bool:
    """Return whether a claim is of a longer time that contains that of the other."""
    outer, inner = _when(claim), _when(other)
    if not (outer.start and outer.end and inner.start and inner.end):
        return False
    contains = outer.start <= inner.start and inner.end <= outer.end
    longer = outer.end - outer.start > inner.end - inner.start
    return contains and longer and ("/" in outer.edtf or "/" in inner.edtf)
