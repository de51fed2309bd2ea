"""Where an incident must be to count.

The circle is drawn around places that are known to a district or better; distances are
geodesic kilometres on WGS 84 to the nearest place where an incident was; a place that
it only concerned stands for it where the record names no other. The point of a district
may be tens of kilometres from where something happened, so that a small circle says
more than is known. What is known to its state only, such as
"northern Shan State", stands for the whole state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.errors import SelectionError
from bordermap.labels import PointIndex
from bordermap.model.record import Place
from bordermap.model.vocabulary import POINT_PRECISIONS, GeoPrecision, Role, label

SUBJECT, VENUE, ANYWHERE = "subject", "venue", "anywhere"

CENTRES = (SUBJECT, VENUE, ANYWHERE)
"""What the circle can be drawn around, besides any place of the gazetteer."""

BORDER_LINES = frozenset({"china-myanmar-border", "china-myanmar-border-yunnan"})
"""Ids of the places that are the line to which ``border_km`` is measured."""


@dataclass(frozen=True)
class Centre:
    """Where an incident must be to count: at any of these, or anywhere if there are none.

    Attributes
    ----------
    points : tuple of (str, float, float)
        Name, longitude and latitude in WGS 84 degrees.
    regions : tuple of (str, str)
        ISO 3166-2 code and name; the distance plays no part.
    border : bool
        The line between China and Myanmar.
    note : str
        Why this is not what was asked for, or how it is to be understood; or empty.
    """

    points: tuple[tuple[str, float, float], ...] = ()
    regions: tuple[tuple[str, str], ...] = ()
    border: bool = False
    note: str = ""

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the regions."""
        return frozenset(code for code, _ in self.regions)

    @property
    def anywhere(self) -> bool:
        """Whether the place plays no part."""
        return not (self.points or self.regions or self.border)

    def words(self, km: float | None) -> str:
        """Return where incidents are counted, as in ``within 50 km of Muse or Ruili``."""
        if km is None or self.anywhere:
            return "at any place"
        near = [name for name, _, _ in self.points]
        near += ["the China–Myanmar border"] if self.border else []
        parts = [f"within {km:g} km of {_listed(near, 'or')}"] if near else []
        parts += [f"in {_listed([name for _, name in self.regions], 'or')}"] if self.regions else []
        return " or ".join(parts)


def centre_of(record: Mapping[str, Any], wanted: str, gazetteer: Gazetteer) -> Centre:
    """Return where to look, for a meeting and a wish.

    By default the subject of the meeting, for the venue is often far from what the
    meeting was about. Its places that are known to a district or better are taken if
    there are any, else its areas. Where the record has neither, the border line stands
    in, and the centre says so.

    Parameters
    ----------
    record : mapping
        The meeting, as :meth:`bordermap.queries.Dataset.record` returns it.
    wanted : str
        One of :data:`CENTRES`, or any name of a place.

    Raises
    ------
    SelectionError
        If a place is wanted that is not known or not known well enough.
    """
    if wanted == ANYWHERE:
        return Centre()
    if wanted not in CENTRES:
        place = gazetteer.find(wanted)
        if place is None or not can_be_centre(place):
            reason = "is not known to a state or better" if place else "is no place"
            raise SelectionError(f"centre: {wanted[:80]!r} {reason}")
        return _around([place])
    role = Role.SUBJECT if wanted == SUBJECT else Role.VENUE
    ids = dict.fromkeys(place["place_id"] for place in record["places"] if place["role"] == role)
    places = [gazetteer.places[place] for place in ids if place in gazetteer.places]
    usable = [place for place in places if can_be_centre(place)]
    if usable:
        return _around(usable)
    what = "what the meeting concerned" if wanted == SUBJECT else "a venue"
    if places:
        named = _listed([place.name for place in places], "and")
        reason = f"The record has {named} as {what}, which has no place that could be measured from"
    else:
        reason = f"The record does not name {what}"
    note = f"{reason}; the China–Myanmar border is taken instead."
    return Centre(border=True, note=note)


def can_be_centre(place: Place) -> bool:
    """Return whether incidents can be near a place or inside of it."""
    if place.id in BORDER_LINES or place.geo_precision in POINT_PRECISIONS:
        return True
    return place.geo_precision == GeoPrecision.STATE and place.region is not None


def places_that_count(
    records: Sequence[Mapping[str, Any]], centre: Centre, km: float | None
) -> list[list[dict[str, Any]]]:
    """Return those places of each record for which it counts.

    Parameters
    ----------
    records : sequence of mapping
        With ``places``, as :data:`bordermap.model.record.RECORD_SCHEMA` has them.
    """
    if km is None or centre.anywhere:
        return [_whereabouts(record) for record in records]
    placed = [
        (number, place) for number, record in enumerate(records) for place in _whereabouts(record)
    ]
    kept: list[list[dict[str, Any]]] = [[] for _ in records]
    distances = _distances([place for _, place in placed], centre.points)
    for (number, place), away in zip(placed, distances, strict=True):
        at_border = centre.border and place["border_km"] is not None and place["border_km"] <= km
        if away <= km or at_border or place["region_code"] in centre.codes:
            kept[number].append(place)
    return kept


def _whereabouts(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return where a record was, or what it concerned if it names nothing else."""
    places = list(record["places"])
    return [place for place in places if place["role"] != Role.SUBJECT] or places


def _distances(
    places: Sequence[Mapping[str, Any]], points: Sequence[tuple[str, float, float]]
) -> npt.NDArray[np.float64]:
    """Return the kilometres from places to the nearest point; infinity where not known."""
    if not points:
        return np.full(len(places), np.inf)
    known = [place["geo_precision"] in POINT_PRECISIONS for place in places]
    x, y = (
        np.where(known, np.array([place[axis] for place in places], dtype=float), np.nan)
        for axis in ("longitude", "latitude")
    )
    _, longitude, latitude = zip(*points, strict=True)
    placed = ~np.isnan(x)
    km = np.full(len(places), np.inf)
    km[placed] = PointIndex(longitude, latitude).nearest(x[placed], y[placed])[1]
    return km


def _around(places: Sequence[Place]) -> Centre:
    points = tuple(
        (place.name, place.longitude, place.latitude)
        for place in places
        if place.geo_precision in POINT_PRECISIONS
        and place.longitude is not None
        and place.latitude is not None
    )
    if points:
        return Centre(points=points)
    border = any(place.id in BORDER_LINES for place in places)
    areas = [place for place in places if place.id not in BORDER_LINES and place.region]
    regions = {str(place.region): label(str(place.region)) for place in areas}
    regions |= {str(place.region): place.name for place in areas if place.kind == "state"}
    whole = {place.region for place in areas if place.kind == "state"}
    parts = [place for place in areas if place.region not in whole]
    note = ""
    if parts:
        names = _listed([place.name for place in parts], "and")
        known = "are known to their states" if len(parts) > 1 else "is known to its state"
        note = f"{names} {known} only. "
    if regions:
        counted = _listed(list(regions.values()), "and")
        note += f"All of {counted} counts, whatever the distance."
    return Centre(regions=tuple(regions.items()), border=border, note=note)


def _listed(names: Sequence[str], word: str) -> str:
    head = ", ".join(names[:-1])
    return f"{head} {word} {names[-1]}" if head else "".join(names)
