"""Checks across rows and tables, and the wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bordermap.catalog import Catalog
from bordermap.catalog.join import labeller
from bordermap.catalog.wording import Wording
from bordermap.errors import Fault
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import DatePrecision, RelationType, Role

if TYPE_CHECKING:
    from conftest import Package

LWEGEL = "2024-04-lwegel-kia"
EXERCISE = "2024-04-02-pla-live-fire-exercise"


def faults(package: Package, table: str) -> list[Fault]:
    return [fault for fault in package.load().faults if fault.file == f"records/{table}.csv"]


def test_every_region_is_that_of_the_point_or_reviewed(catalog: Catalog) -> None:
    places = [p for p in catalog.gazetteer.places.values() if p.longitude is not None]
    labels = labeller(catalog.gates, catalog.layers)
    found = labels.regions(
        np.array([place.longitude for place in places], dtype=float),
        np.array([place.latitude for place in places], dtype=float),
    )
    computed = [labels.codes[index] if index >= 0 else None for index in found]
    drawn = set(catalog.units["code"])
    differing = {
        place.id
        for place, code in zip(places, computed, strict=True)
        if place.region and code != place.region and (code or place.region in drawn)
    }
    reviewed = {
        review.item: review.reason for review in catalog.reviews if review.check == "region"
    }
    assert differing == set(reviewed)
    assert all(len(reason) > 20 for reason in reviewed.values())


def test_no_event_is_told_twice_unless_reviewed(catalog: Catalog) -> None:
    countries = {p.id for p in catalog.gazetteer.places.values() if p.kind == "country"}
    rows = [
        (
            record["id"],
            record["kind"],
            {p["place_id"] for p in record["places"] if p["role"] != Role.SUBJECT} - countries,
            record["date_start"],
            record["date_end"],
        )
        for record in catalog.records.to_pylist()
        if record["date_start"] or record["date_end"]
    ]
    pairs = {
        frozenset((first[0], second[0]))
        for n, first in enumerate(rows)
        for second in rows[:n]
        if first[1] == second[1]
        and first[2] & second[2]
        and (first[3] is None or second[4] is None or first[3] <= second[4])
        and (second[3] is None or first[4] is None or second[3] <= first[4])
    }
    reviewed = {frozenset((r.item, r.other)) for r in catalog.reviews if r.check == "same_event"}
    assert pairs == reviewed


def test_a_record_told_twice_is_named_and_kept(package: Package) -> None:
    (lwegel,) = (row for row in package.rows("records") if row["id"] == LWEGEL)
    (line,) = package.add(
        "records", {**lwegel, "id": "2024-04-05-lweje", "date_edtf": "2024-04-05"}
    )
    spoilt = package.load()
    named = [fault for fault in spoilt.faults if fault.row == line]
    assert [(fault.field, LWEGEL in fault.reason) for fault in named] == [("id", True)]
    assert "2024-04-05-lweje" in spoilt.records["id"].to_pylist()
    package.add(
        "reviewed",
        {"check": "same_event", "item": LWEGEL, "other": "2024-04-05-lweje", "reason": "A test."},
    )
    assert not package.load().faults


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"to_record": "nothing"}, "to_record", "'nothing' is not in records/records.csv"),
        ({"from_record": ""}, "from_record", "is empty and must not be"),
        ({"to_record": LWEGEL}, "to_record", "is the record itself"),
        ({"type": "cousin"}, "type", "'cousin' is not one of agreed_at, "),
    ],
)
def test_a_bad_relation_is_named(
    package: Package, cells: dict[str, str], field: str, reason: str
) -> None:
    good = {"from_record": LWEGEL, "to_record": EXERCISE, "type": "same_affair", "note": ""}
    (line,) = package.add("relations", {**good, **cells})
    (fault,) = faults(package, "relations")
    assert (fault.row, fault.field) == (line, field) and reason in fault.reason


def test_the_same_relation_twice_is_named(package: Package) -> None:
    row = package.rows("relations")[0]
    (line,) = package.add("relations", row)
    (fault,) = faults(package, "relations")
    assert fault.row == line and "is already the id of line 2" in fault.reason


def test_relations_make_sense(catalog: Catalog) -> None:
    start = {r["id"]: r["date_start"] for r in catalog.records.to_pylist()}
    following = {}
    for relation in catalog.relations:
        if relation.type == RelationType.FOLLOWS:
            first, second = start[relation.from_record], start[relation.to_record]
            assert first is None or second is None or first >= second, relation
            following.setdefault(relation.from_record, []).append(relation.to_record)
    pairs = {frozenset((r.from_record, r.to_record)) for r in catalog.relations}
    assert len(pairs) == len(catalog.relations)
    for chain in following:
        seen, queue = {chain}, [chain]
        while queue:
            for other in following.get(queue.pop(), []):
                assert other != chain
                if other not in seen:
                    seen.add(other)
                    queue.append(other)


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"gate": "shangri-la"}, "gate", "'shangri-la' is not in records/gates.csv"),
        ({"status": "ajar"}, "status", "'ajar' is not one of closed, open, "),
        ({"holder": "KIA"}, "holder", "is spelled 'Kachin Independence Army (KIA)'"),
        ({"date_edtf": ""}, "date_edtf", "a status needs a date"),
        ({"until_edtf": "later"}, "until_edtf", "'later' is not a date"),
        ({"basis": "rumour"}, "basis", "'rumour' is not one of change, report"),
        ({"statement": "The junta shut it."}, "statement", "'junta' is loaded"),
        ({"sources": ""}, "sources", "every row needs a source"),
        ({"dispute": "lonely"}, "dispute", "'lonely' has no other row of this gate"),
    ],
)
def test_a_bad_gate_status_is_named(
    package: Package, cells: dict[str, str], field: str, reason: str
) -> None:
    (line,) = package.add("gate_statuses", {"id": "made-up", "dispute": "", **cells})
    (fault,) = faults(package, "gate_statuses")
    assert (fault.row, fault.field) == (line, field) and reason in fault.reason


def test_a_review_of_nothing_is_named(package: Package) -> None:
    (line,) = package.add("reviewed", {"check": "region", "item": "atlantis", "other": ""})
    (fault,) = faults(package, "reviewed")
    assert (fault.row, fault.field) == (line, "item") and "'atlantis'" in fault.reason


def test_a_name_of_two_actors_is_named(package: Package) -> None:
    (line,) = package.add(
        "actors",
        {"id": "kia-2", "name": "Another", "name_zh": "", "name_my": "", "aliases": "K.I.A."},
    )
    (fault,) = faults(package, "actors")
    assert (fault.row, fault.field) == (line, "aliases") and "'kia'" in fault.reason


def test_the_data_tells_enough(catalog: Catalog) -> None:
    records = catalog.records.to_pylist()
    assert len(records) >= 490
    for record in records:
        addresses = [catalog.sources[source].url for source in record["sources"]]
        assert addresses and all(u.startswith(("https://", "http://")) for u in addresses)
        undated = record["date_precision"] == DatePrecision.UNKNOWN
        assert undated == (not record["date_start"] and not record["date_end"])
        assert undated == record["id"].startswith("undated-")
        assert record["places"] or "not placed" in record["notes"].lower()
    assert len({status.gate for status in catalog.statuses}) >= 10
    assert len({claim.subject for claim in catalog.claims}) >= 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Talks in Muse", []),
        ("Foreign Minister Qin Gang travels", []),
        ("The People's Liberation Army fired", []),
        ("PEOPLE'S LIBERATION ARMY", []),
        ("They liberated Muse", ["'liberated'"]),
        ("A crack-down on a crime gang", ["'crack-down'", "'gang'"]),
        ("Waterfall and nightfall", []),
        ("<script>alert(1)</script>", ["'<script>'", "'</script>'"]),
        ("1 < 2 and AT&T", []),
        ("a &lt; b", ["'&lt;'"]),
    ],
)
def test_wording(text: str, expected: list[str]) -> None:
    problems = list(Wording(["People's Liberation Army"]).problems(text))
    assert len(problems) == len(expected)
    for problem, word in zip(problems, expected, strict=True):
        assert word in problem


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("2024-04", "2024-04-30", True),
        ("2024-04", "2024-05-01", False),
        ("2024-04-01/..", "2030", True),
        ("../2024-04-01", "2024-04-01~", True),
        ("../2024-04-01", "2024-04-02/..", False),
        ("", "2024", False),
        ("", "", False),
    ],
)
def test_overlaps(first: str, second: str, expected: bool) -> None:
    one, other = PartialDate.parse(first), PartialDate.parse(second)
    assert one.overlaps(other) is other.overlaps(one) is expected
