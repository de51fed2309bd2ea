"""Whether two counts differ by more than chance: the exact binomial test, and a guard."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

LEAST_INCIDENTS = 10
"""Fewer incidents than this, on both sides together, allow no conclusion whatever.

With fewer, only counts that lie almost wholly on one side could be unusual, and a
single report more or less would turn the verdict.
"""

UNUSUAL = 0.05
"""A difference that chance alone brings about in fewer than this share of cases is unusual."""

CAVEAT = (
    "These are reported events from few sources, not all events. Incidents come in clusters, "
    "so that large differences arise by chance more often than this test allows. That one "
    "thing came after another does not mean that it came because of it."
)
"""Always said with a :class:`Verdict`."""


class Finding(StrEnum):
    """What the numbers allow to say."""

    UNCOVERED = "uncovered"
    FEW = "few"
    USUAL = "usual"
    UNUSUAL = "unusual"


@dataclass(frozen=True)
class Verdict:
    """What can be said of the difference; to be followed by :data:`CAVEAT`.

    Attributes
    ----------
    p : float or None
        Of the exact two-sided binomial test; None where it is not made.
    """

    finding: Finding
    p: float | None
    words: str


def verdict(before: int, after: int, days_before: int, days_after: int) -> Verdict:
    """Say what two counts allow to conclude, with the exact binomial test.

    If incidents were reported at one steady rate, each of them would fall on the later
    side with the probability ``days_after / (days_before + days_after)``.

    Parameters
    ----------
    before, after : int
        Incidents.
    days_before, days_after : int
        Days in which they were counted.
    """
    total = before + after
    if not (days_before and days_after):
        side = "before" if not days_before else "after"
        return Verdict(
            Finding.UNCOVERED, None, f"The records do not reach {side} the meeting: no comparison."
        )
    if total < LEAST_INCIDENTS:
        words = f"Too few to conclude anything: {before} before, {after} after."
        return Verdict(Finding.FEW, None, words)
    p = binomial_p(after, total, days_after, days_before)
    counted = f"{before} before, {after} after"
    if days_before != days_after:
        counted = (
            f"{before} in {_days(days_before)} before, {after} in {_days(days_after)} after"
            f" ({before / days_before:.2f} and {after / days_after:.2f} a day)"
        )
    if p < UNUSUAL:
        words = f"{counted}. A difference of this size would be unusual by chance"
        return Verdict(Finding.UNUSUAL, p, f"{words} ({_odds(p)}).")
    words = f"{counted}. A difference of this size is not unusual by chance"
    return Verdict(Finding.USUAL, p, f"{words} ({_odds(p)}).")


def binomial_p(hits: int, trials: int, share: int = 1, rest: int = 1) -> float:
    """Return the p-value of the exact two-sided binomial test.

    It is the probability of all outcomes that are no more likely than what was seen.

    Parameters
    ----------
    hits, trials : int
    share, rest : int
        The expected probability of a hit is ``share / (share + rest)``. Whole numbers,
        so that outcomes of the same probability are known to be so.

    Examples
    --------
    >>> binomial_p(8, 10)
    0.109375
    """
    common = math.gcd(share, rest)
    share, rest = share // common, rest // common
    ways = [math.comb(trials, n) * share**n * rest ** (trials - n) for n in range(trials + 1)]
    return float(Fraction(sum(way for way in ways if way <= ways[hits]), (share + rest) ** trials))


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _odds(p: float) -> str:
    """Return a p-value in words and figures."""
    if p < 0.001:
        return "chance alone brings one this large in fewer than 1 of 1,000 cases; p < 0.001"
    share = f"{100 * p:.0f} of 100" if p >= 0.01 else f"{1000 * p:.0f} of 1,000"
    return f"chance alone brings one this large in {share} cases; p = {p:.2g}"
