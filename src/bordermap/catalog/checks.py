"""Checks across rows and files."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import shapely
from geopandas import GeoDataFrame

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.layers import LAYERS, first_line, units
from bordermap.catalog.rows import Draft
from bordermap.catalog.tables import Row
from bordermap.errors import Fault
from bordermap.labels import Labeller, length_km
from bordermap.model import record as model
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import Role

P = TypeVar("P", model.Place, model.Gate)
N = TypeVar("N", model.Place, model.Actor)
Reviews = Mapping[str, tuple[Row, model.Review]]

REGION = "region"
SAME_EVENT = "same_event"
REVIEWABLE = frozenset({REGION, SAME_EVENT})
"""Checks whose findings may be right after all, if a person looked and gave the reason."""

STATED_REGION_TOLERANCE_KM = 5.0
"""How far outside its stated region a point may lie before it is dropped.

The lines between states are a kilometre or so off, and a gate stands on the border.
"""


def check_regions(
    places: dict[str, tuple[Row, P]],
    layers: Mapping[str, GeoDataFrame],
    reviews: Reviews,
    faults: list[Fault],
    *,
    allowed_km: float,
) -> None:
    """Report points that do not lie in the region that their row states.

    Those well outside of it are dropped.

    Parameters
    ----------
    allowed_km : float
        Points that lie no farther outside are not reported.
    """
    reviewed = {review.item for _, review in reviews.values() if review.check == REGION}
    outlines = units(layers)
    located = {
        key: (place.longitude, place.latitude)
        for key, (_, place) in places.items()
        if place.longitude is not None and place.latitude is not None and key not in reviewed
    }
    x, y = np.array(list(located.values()), dtype=float).reshape(-1, 2).T
    by_code = outlines.set_index("code").geometry
    labeller = Labeller(outlines)
    for key, unit in zip(located, labeller.regions(x, y), strict=True):
        row, place = places[key]
        computed = None if unit < 0 else labeller.codes[unit]
        if place.region is None or computed == place.region:
            continue
        if place.region in by_code.index:
            edge = shapely.shortest_line(shapely.Point(located[key]), by_code[place.region])
            kilometres = length_km(edge)
            if kilometres <= allowed_km:
                continue
            reason = f"the point lies {kilometres:.1f} km outside {place.region}"
            faults.append(Fault(row.file, row.line, "region", reason))
            if kilometres > STATED_REGION_TOLERANCE_KM:
                del places[key]
        elif computed is not None:
            reason = f"the point lies in {computed}, not in {place.region}"
            faults.append(Fault(row.file, row.line, "region", reason))


def check_names(
    named: Mapping[str, tuple[Row, N]], names: Callable[[N], Iterable[str]]
) -> list[Fault]:
    """Report names that belong to more than one place or actor."""
    owner: dict[str, str] = {}
    faults = []
    for row, value in named.values():
        for name in sorted({Gazetteer.fold(name) for name in names(value)}):
            other = owner.setdefault(name, value.id)
            if other != value.id:
                reason = f"{name!r} is also a name of {other!r}"
                faults.append(Fault(row.file, row.line, "aliases", reason))
    return faults


def check_same_event(
    drafts: Mapping[str, tuple[Row, Draft]], gazetteer: Gazetteer, reviews: Reviews
) -> list[Fault]:
    """Report records of one kind that were at one place, not a country, on the same day.

    They are kept: whether they tell one event twice is for a person to say.
    """
    reviewed = {
        frozenset((review.item, review.other))
        for _, review in reviews.values()
        if review.check == SAME_EVENT
    }
    at: dict[tuple[str, str], list[tuple[Row, Draft, PartialDate]]] = defaultdict(list)
    for row, draft in drafts.values():
        when = PartialDate.parse(draft.date_edtf)
        for place in {place for role, place in draft.roles if role != Role.SUBJECT}:
            if gazetteer.places[place].kind == "country":
                continue
            at[draft.kind, place].append((row, draft, when))
    pairs: dict[frozenset[str], Fault] = {}
    for (_, place), group in at.items():
        for (_, first, earlier), (row, second, later) in itertools.combinations(group, 2):
            pair = frozenset((first.id, second.id))
            if earlier.overlaps(later) and pair not in reviewed:
                reason = (
                    f"{first.id!r} has the same kind, the place {place!r} and an overlapping date;"
                    " merge them, or say in records/reviewed.csv why both are right"
                )
                pairs.setdefault(pair, Fault(row.file, row.line, "id", reason))
    return list(pairs.values())


def check_reviews(reviews: Reviews, known: Container[str]) -> list[Fault]:
    """Report reviews of what does not exist."""
    return [
        Fault(row.file, row.line, field, f"there is no record, place or gate {value!r}")
        for row, review in reviews.values()
        for field, value in (("item", review.item), ("other", review.other))
        if value and value not in known
    ]


def check_disputes(statuses: Mapping[str, tuple[Row, model.GateStatus]]) -> list[Fault]:
    """Report disputes about a gate that have only one side."""
    sides = Counter(
        (status.gate, status.dispute) for _, status in statuses.values() if status.dispute
    )
    return [
        Fault(row.file, row.line, "dispute", f"{status.dispute!r} has no other row of this gate")
        for row, status in statuses.values()
        if sides[status.gate, status.dispute] == 1
    ]


def check_packaged(root: Path) -> list[Fault]:
    """Report files that the package's descriptor names and that do not exist."""
    file = "datapackage.json"
    try:
        descriptor = json.loads((root / file).read_text(encoding="utf-8"))
        paths = [str(resource["path"]) for resource in descriptor["resources"]]
    except OSError as error:
        return [Fault(file, 0, "", f"cannot be read: {error.strerror}")]
    except (ValueError, KeyError, TypeError) as error:
        return [Fault(file, 0, "", f"is not a data package descriptor: {first_line(error)}")]
    read_already = {f"layers/{name}.geojson" for name in LAYERS}
    return [
        Fault(path, 0, "", "is named in datapackage.json and missing")
        for path in paths
        if path not in read_already and not path.endswith(".csv") and not (root / path).is_file()
    ]
