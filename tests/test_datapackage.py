"""The data package: its own checks, its references, its derived layers."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from types import ModuleType

import frictionless
import pytest

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import CATEGORIES, REGION_NAMES, Kind

GEODATA = Path(__file__).parents[1] / "geodata"
ARTICLES = Path(__file__).parents[2] / "shared" / "seeds"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RUN = 8

Row = dict[str, str]


def rows(table: str) -> list[Row]:
    with (GEODATA / "records" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ids(table: str) -> set[str]:
    return {row["id"] for row in rows(table)}


def items(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def names(place: Row) -> set[str]:
    found = [place["name"], place["name_zh"], place["name_my"], *items(place["aliases"])]
    return {Gazetteer.fold(name) for name in found if name}


@pytest.fixture(scope="module")
def points() -> ModuleType:
    spec = importlib.util.spec_from_file_location("points", GEODATA / "build" / "points.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def validate(root: Path) -> frictionless.Report:
    report: frictionless.Report = frictionless.Package(str(root / "datapackage.json")).validate()
    return report


def test_package_is_valid() -> None:
    report = validate(GEODATA)
    assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "note"])


@pytest.mark.parametrize(
    ("table", "field", "value", "error"),
    [
        ("records", "category", "party", "constraint-error"),
        ("records", "date_edtf", "12 April 2024", "constraint-error"),
        ("records", "places", "laiza", "constraint-error"),
        ("places", "longitude", "197.9", "constraint-error"),
        ("sources", "published", "spring", "type-error"),
        ("gates", "china_place", "atlantis", "foreign-key"),
        ("claims", "source", "hearsay", "foreign-key"),
    ],
)
def test_spoilt_cell_is_found(
    tmp_path: Path, table: str, field: str, value: str, error: str
) -> None:
    root = tmp_path / "geodata"
    shutil.copytree(GEODATA, root, ignore=shutil.ignore_patterns("build", "layers"))
    descriptor = json.loads((root / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"] = [r for r in descriptor["resources"] if r["type"] == "table"]
    (root / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    assert validate(root).valid
    spoilt = rows(table)
    spoilt[0][field] = value
    with (root / "records" / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(spoilt[0]))
        writer.writeheader()
        writer.writerows(spoilt)
    assert error in {kind for (kind,) in validate(root).flatten(["type"])}


def test_derived_layers_are_fresh(points: ModuleType) -> None:
    for layer in points.layers(GEODATA / "records"):
        path = GEODATA / "layers" / f"{layer['name']}.geojson"
        assert path.read_text(encoding="utf-8") == points.dumps(layer), f"rebuild {path.name}"


def test_places_of_records_are_known() -> None:
    known = ids("places")
    for row in rows("records"):
        used = {item.partition(":")[2] for item in items(row["places"])}
        assert used <= known, row["id"]


@pytest.mark.parametrize("field", ["myanmar_place", "china_place"])
def test_places_of_gates_are_known(field: str) -> None:
    assert {row[field] for row in rows("gates")} - {""} <= ids("places")


def test_places_of_claims_are_known() -> None:
    assert {row["place"] for row in rows("claims")} - {""} <= ids("places")


def test_sources_are_known_and_used() -> None:
    used = {source for row in rows("records") for source in items(row["sources"])}
    used |= {source for row in rows("gate_statuses") for source in items(row["sources"])}
    used |= {row["source"] for row in rows("claims")}
    assert used == ids("sources")


def test_no_name_belongs_to_two_places() -> None:
    count = Counter(name for place in rows("places") for name in names(place))
    assert not [name for name, times in count.items() if times > 1]


def test_categories_fit_their_kind() -> None:
    for row in rows("records"):
        assert row["category"] in CATEGORIES[Kind(row["kind"])], row["id"]


def test_regions_have_names() -> None:
    used = {row["region"] for table in ("places", "gates") for row in rows(table)}
    assert used - {""} <= set(REGION_NAMES)


def test_points_match_their_precision() -> None:
    for row in rows("places") + rows("gates"):
        has_point = row["geo_precision"] in ("exact", "near", "district")
        assert bool(row["longitude"]) == bool(row["latitude"]) == has_point, row["id"]


def test_enough_records_and_gates() -> None:
    assert len(rows("records")) >= 26
    assert sum(bool(row["myanmar_side"] and row["china_side"]) for row in rows("gates")) >= 12
    assert sum(bool(row["longitude"]) for row in rows("gates")) >= 14


def test_one_spelling_for_each_actor() -> None:
    actors = {actor for row in rows("records") for actor in items(row["actors"])}
    assert len({actor.casefold() for actor in actors}) == len(actors)


def test_record_ids_start_with_the_date() -> None:
    for row in rows("records"):
        start = PartialDate.parse(row["date_edtf"]).start
        assert row["id"].startswith(str(start.year) if start else "undated-"), row["id"]


@pytest.mark.parametrize(
    ("record", "weekday"),
    [
        ("2023-03-20-trilateral-police-meeting", "Monday"),
        ("2023-03-23-chen-hai-soe-htut", "Thursday"),
        ("2023-05-02-qin-gang-min-aung-hlaing", "Tuesday"),
        ("2023-08-26-five-suspects-yangon", "Saturday"),
        ("2023-08-28-border-talks-beijing", "Monday"),
        ("2023-12-07-lancang-mekong-ministers", "Thursday"),
        ("2024-04-25-wang-xiaohong-yar-pyae", "Thursday"),
    ],
)
def test_weekdays_of_derived_dates(record: str, weekday: str) -> None:
    (row,) = [row for row in rows("records") if row["id"] == record]
    start = PartialDate.parse(row["date_edtf"]).start
    assert start is not None
    assert WEEKDAYS[start.weekday()] == weekday


def test_early_april_2024_in_kachin() -> None:
    kachin = {place["id"] for place in rows("places") if place["region"] == "MM-11"}
    first, last = date(2024, 4, 1), date(2024, 4, 5)
    found = set()
    for row in rows("records"):
        when = PartialDate.parse(row["date_edtf"])
        here = kachin & {item.partition(":")[2] for item in items(row["places"])}
        if when.start and here and when.start <= last and (when.end is None or when.end >= first):
            found.add(row["id"])
    assert found == {
        "2024-04-01-deng-xijun-min-aung-hlaing",
        "2024-04-02-pla-live-fire-exercise",
        "2024-04-lwegel-kia",
    }


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.casefold().replace("’", "'"))


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + RUN]) for start in range(len(found) - RUN + 1)}


def test_no_sentence_is_borrowed() -> None:
    articles = sorted(ARTICLES.glob("*.txt"))
    if not articles:
        pytest.skip("the articles are not part of the project")
    theirs = set().union(*(runs(path.read_text(encoding="utf-8")) for path in articles))
    fields = ("title", "summary", "date_note", "notes", "statement", "note")
    for table in ("places", "gates", "records", "claims"):
        for row in rows(table):
            for field in fields:
                shared = runs(row.get(field, "")) & theirs
                assert not shared, (row["id"], field, shared)
