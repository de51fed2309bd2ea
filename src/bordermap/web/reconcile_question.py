"""What the page that reconciles two datasets is asked, and how the address spells it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from bordermap.analysis.reconcile import DAYS, KILOMETRES, MOST_DAYS, MOST_KILOMETRES
from bordermap.catalog.join import CURATED
from bordermap.model.vocabulary import REGION_NAMES, Kind
from bordermap.selection import Selection

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
"""Between which a period can lie."""

_NUMBERS: Mapping[str, tuple[Callable[[str], float], float]] = {
    "days": (int, MOST_DAYS),
    "km": (float, MOST_KILOMETRES),
}
_NARROWING = ("from", "to", "region")
_ANY = "any"


class Question(NamedTuple):
    """What is compared, and what of it is shown.

    Attributes
    ----------
    first, second : str
        Names of datasets, of which one may be `CURATED`.
    days : int
    km : float
    same_family : bool
        Only categories of one family are matched.
    incidents : bool
        Meetings are not shown.
    date_from, date_to : datetime.date or None
    regions : tuple of str
        ISO 3166-2 codes.
    """

    first: str
    second: str
    days: int = DAYS
    km: float = KILOMETRES
    same_family: bool = True
    incidents: bool = True
    date_from: date | None = None
    date_to: date | None = None
    regions: tuple[str, ...] = ()

    def shown(self) -> Selection:
        """Return which records of either dataset are shown.

        Raises
        ------
        SelectionError
            If the period ends before it begins.
        """
        return Selection(
            kinds=(Kind.INCIDENT,) if self.incidents else (),
            date_from=self.date_from,
            date_to=self.date_to,
            regions=self.regions,
        )

    def to_params(self) -> dict[str, list[str]]:
        """Return the query of the address; switches that are as at first are left out."""
        params = {
            "first": [self.first],
            "second": [self.second],
            "days": [str(self.days)],
            "km": [repr(float(self.km)).removesuffix(".0")],
            "category": [] if self.same_family else [_ANY],
            "kind": [] if self.incidents else [_ANY],
            "from": [self.date_from.isoformat()] if self.date_from else [],
            "to": [self.date_to.isoformat()] if self.date_to else [],
            "region": list(self.regions),
        }
        return {key: values for key, values in params.items() if values}

    @classmethod
    def read(
        cls, params: Mapping[str, Sequence[str]], names: Collection[str]
    ) -> tuple[Question, list[str]]:
        """Read the query of an address.

        Parameters
        ----------
        params : mapping of str to sequence of str
        names : collection of str
            Of all datasets, at least one of which is imported; the last of them is compared
            with the chronology where the address names none.

        Returns
        -------
        asked : Question
        replaced : list of str
            One line for each part that could not be used.
        """
        found: dict[str, Any] = {"first": CURATED, "second": list(names)[-1]}
        replaced: list[str] = []
        for side in ("first", "second"):
            for name in list(params.get(side, ()))[-1:]:
                if name in names:
                    found[side] = name
                else:
                    replaced.append(f"{side}: there is no dataset {name[:80]!r}")
        for key, (number, most) in _NUMBERS.items():
            for text in list(params.get(key, ()))[-1:]:
                try:
                    value = number(text)
                except ValueError:
                    value = -1
                if 0 <= value <= most:
                    found[key] = value
                else:
                    replaced.append(f"{key}: {text[:80]!r} is not a number from 0 to {most:g}")
        narrowing = {key: params[key] for key in _NARROWING if key in params}
        shown, unusable = Selection.from_query(narrowing)
        unknown = [code for code in shown.regions if code not in REGION_NAMES]
        replaced += unusable + [f"region: nothing is known of {code[:80]!r}" for code in unknown]
        for key, field in (("from", "date_from"), ("to", "date_to")):
            day = getattr(shown, field)
            if day is None or FIRST_DAY <= day <= LAST_DAY:
                found[field] = day
            else:
                replaced.append(f"{key}: {day} is not between {FIRST_DAY} and {LAST_DAY}")
        asked = cls(
            **found,
            same_family=list(params.get("category", ())) != [_ANY],
            incidents=list(params.get("kind", ())) != [_ANY],
            regions=tuple(code for code in shown.regions if code in REGION_NAMES),
        )
        return asked, replaced
