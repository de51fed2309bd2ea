"""A record in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bordermap.catalog import Catalog
from bordermap.details import details, relations
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import (
    CATEGORIES,
    Confidence,
    DatePrecision,
    Family,
    GateClass,
    GeoPrecision,
    Kind,
    Role,
    Scope,
    SiteClass,
    label,
)
from bordermap.queries import Dataset
from bordermap.selection import Selection

if TYPE_CHECKING:
    from conftest import Package

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;\u202e`${x}`"


LWEGEL = "2024-04-lwegel-kia"


def record(dataset: Dataset, identifier: str) -> dict[str, Any]:
    return dataset.record(dataset.row_of[identifier])


def test_a_record_in_words(catalog: Catalog, dataset: Dataset) -> None:
    shown = details(record(dataset, "2024-04-02-pla-live-fire-exercise"), catalog)
    assert shown["title"] == "Chinese army holds live-fire exercise opposite Laiza and Lwegel"
    assert (shown["kind"], shown["category"], shown["family"]) == (
        "incident",
        "Military exercise",
        "fighting",
    )
    assert (shown["date"], shown["date_precision"]) == ("2–3 Apr 2024", "range of days")
    assert shown["confidence"] == "High confidence"
    assert shown["actors"] == ["People's Liberation Army (PLA)"]
    assert [(place["role"], place["name"]) for place in shown["places"]] == [
        ("where it happened", "Dehong Dai and Jingpo Autonomous Prefecture"),
        ("what it concerns", "Laiza"),
        ("what it concerns", "Lweje (Lwegel)"),
    ]
    laiza = shown["places"][1]
    assert laiza["precision"] == "exact place"
    assert laiza["where"] == (
        "Kachin State · 0.2 km from the border · at the gate Yingjiang (Nabang)–Laiza"
    )
    assert shown["places"][0]["precision"] == "district"
    first = shown["sources"][0]
    assert first["name"] == "The Irrawaddy"
    assert first["url"].startswith("https://www.irrawaddy.com/news/")
    assert shown["sources"][1]["name"] == "China Military Online, 1 Apr 2024"


def test_figures_are_grouped_and_deaths_stand_among_them(
    catalog: Catalog, dataset: Dataset
) -> None:
    changed = record(dataset, "2023-11-suspects-31000") | {
        "figures": {"suspects": 31000.0, "share_percent": 12.5},
        "fatalities_best": 0,
        "fatalities_high": 1200,
    }
    assert details(changed, catalog)["figures"] == [
        {"name": "Suspects", "value": "31,000"},
        {"name": "Share percent", "value": "12.5"},
        {"name": "Fatalities best", "value": "0"},
        {"name": "Fatalities high", "value": "1,200"},
    ]


@pytest.mark.parametrize(
    ("edtf", "date", "precision"),
    [
        ("2023-03-23", "23 Mar 2023", ""),
        ("2023-11", "Nov 2023", "month only"),
        ("2024-04-01~/2024-04-10~", "About 1–10 Apr 2024", "approximate"),
        ("", "Undated", "undated"),
    ],
)
def test_dates_say_how_exact_they_are(
    catalog: Catalog, dataset: Dataset, edtf: str, date: str, precision: str
) -> None:
    known = str(PartialDate.parse(edtf).precision)
    changed = record(dataset, LWEGEL) | {"date_edtf": edtf, "date_precision": known}
    shown = details(changed, catalog)
    assert (shown["date"], shown["date_precision"]) == (date, precision)


def test_a_reprint_says_whose_it_is(catalog: Catalog, dataset: Dataset) -> None:
    sources = details(record(dataset, "2023-08-28-border-talks-beijing"), catalog)["sources"]
    reprints = [source for source in sources if source["reprint"]]
    assert [source["reprint"] for source in reprints] == ["Reprint of South China Morning Post"]
    assert reprints[0]["language"] == "English"


def test_a_reprint_keeps_its_note(package: Package) -> None:
    identifier = next(
        row["id"] for row in package.rows("sources") if row["reprint_of"] and not row["note"]
    )
    package.edit("sources", identifier, note="Cut short", reprint_of="Kyodo")
    catalog = package.load()
    dataset = Dataset.of(catalog)
    (row, *_) = dataset.rows(Selection(sources=(identifier,)))
    (source,) = (
        one
        for one in details(dataset.record(int(row)), catalog)["sources"]
        if one["reprint"] == "Reprint of Kyodo"
    )
    assert source["note"] == "Cut short"


RELATED = (LWEGEL, "2024-04-02-pla-live-fire-exercise", "undated-kachin-fighting")
TALKS = "2023-08-28-border-talks-beijing"


def related(package: Package, *rows: tuple[str, str, str, str]) -> Catalog:
    """Return the catalog with these relations and no others."""
    package.write("relations", [])
    package.add(
        "relations",
        *(
            dict(zip(("from_record", "to_record", "type", "note"), row, strict=True))
            for row in rows
        ),
    )
    return package.load()


def test_relations_are_told_both_ways_in_order_of_date(package: Package) -> None:
    lwegel, exercise, undated = RELATED
    catalog = related(
        package,
        (undated, lwegel, "part_of", ""),
        (lwegel, exercise, "responds_to", "As the army said"),
        (lwegel, TALKS, "follows", ""),
        (exercise, TALKS, "same_affair", ""),
    )
    shown = relations(lwegel, catalog)
    assert [(one["words"], one["id"]) for one in shown] == [
        ("Follows", TALKS),
        ("Responds to", exercise),
        ("Includes", undated),
    ]
    assert [one["date"] for one in shown] == ["28–29 Aug 2023", "2–3 Apr 2024", "undated"]
    assert shown[1]["title"].startswith("Chinese army holds live-fire exercise")
    assert [one["note"] for one in shown] == ["", "As the army said", ""]
    assert [(one["words"], one["id"]) for one in relations(TALKS, catalog)] == [
        ("Followed by", lwegel),
        ("Same affair", exercise),
    ]
    dataset = Dataset.of(catalog)
    assert details(record(dataset, lwegel), catalog)["relations"] == shown


def test_what_two_rows_say_in_the_same_words_stands_once(package: Package) -> None:
    lwegel, exercise, _ = RELATED
    catalog = related(
        package,
        (lwegel, exercise, "same_affair", "first"),
        (exercise, lwegel, "same_affair", "second"),
        (exercise, lwegel, "responds_to", ""),
    )
    assert [(one["words"], one["note"]) for one in relations(lwegel, catalog)] == [
        ("Answered by", ""),
        ("Same affair", "first"),
    ]


def test_a_record_without_relations_has_none(package: Package) -> None:
    assert relations(LWEGEL, related(package)) == []


def test_every_record_is_complete_plain_json_in_words(catalog: Catalog, dataset: Dataset) -> None:
    for row in range(len(dataset.records)):
        shown = details(dataset.record(row), catalog)
        assert json.loads(json.dumps(shown, allow_nan=False)) == shown
        assert all(shown[field] for field in ("title", "kind", "category", "date", "sources"))
        assert shown["places"] and shown["actors"]
        for relation in shown["relations"]:
            assert relation["words"] and relation["id"] in dataset.row_of and relation["title"]
        for source in shown["sources"]:
            assert source["url"].startswith(("https://", "http://"))
            assert source["name"] and source["title"]
        for place in shown["places"]:
            assert place["name"] and place["role"] and place["precision"]
        said = [shown["category"], shown["confidence"], shown["date_precision"]]
        said += [value for place in shown["places"] for value in place.values()]
        said += [figure["name"] for figure in shown["figures"]]
        words = {word for text in said for word in text.split()}
        assert not words & {"None", "nan", "inf"}
        assert not [word for word in words if "_" in word]


def test_hostile_text_stays_what_it_is(catalog: Catalog, dataset: Dataset) -> None:
    changed = record(dataset, "2024-04-lwegel-kia")
    texts = ("title", "summary", "notes", "date_note")
    changed |= dict.fromkeys(texts, HOSTILE)
    changed |= {"actors": [HOSTILE], "participants": [HOSTILE]}
    changed["places"] = [changed["places"][0] | {"name": HOSTILE}]
    shown = details(changed, catalog)
    assert [shown[field] for field in texts] == [HOSTILE] * 4
    assert shown["actors"] == shown["participants"] == [HOSTILE]
    assert shown["places"][0]["name"] == HOSTILE


def test_nothing_is_made_up_where_nothing_is_known(catalog: Catalog, dataset: Dataset) -> None:
    bare = record(dataset, "undated-kachin-fighting") | {
        "summary": None,
        "notes": None,
        "date_note": None,
        "places": [],
        "actors": [],
    }
    shown = details(bare, catalog)
    assert (shown["summary"], shown["notes"], shown["date_note"]) == ("", "", "")
    assert shown["places"] == shown["actors"] == shown["figures"] == []


@pytest.mark.parametrize(
    "vocabulary",
    [
        Kind,
        Family,
        DatePrecision,
        GeoPrecision,
        Role,
        Confidence,
        Scope,
        GateClass,
        SiteClass,
        *CATEGORIES.values(),
    ],
)
def test_every_term_has_words(vocabulary: Any) -> None:
    for term in vocabulary:
        assert label(term) and "_" not in label(term)
