"""A record in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bordermap.catalog import Catalog
from bordermap.details import details
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

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;\u202e`${x}`"


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
    ("identifier", "date", "precision"),
    [
        ("2023-03-23-chen-hai-soe-htut", "23 Mar 2023", ""),
        ("2023-11-suspects-31000", "Nov 2023", "month only"),
        ("2024-04-lwegel-kia", "About 1–10 Apr 2024", "approximate"),
        ("undated-kachin-fighting", "Undated", "undated"),
    ],
)
def test_dates_say_how_exact_they_are(
    catalog: Catalog, dataset: Dataset, identifier: str, date: str, precision: str
) -> None:
    shown = details(record(dataset, identifier), catalog)
    assert (shown["date"], shown["date_precision"]) == (date, precision)


def test_a_reprint_says_whose_it_is(catalog: Catalog, dataset: Dataset) -> None:
    sources = details(record(dataset, "2023-08-28-border-talks-beijing"), catalog)["sources"]
    assert "Reprint of South China Morning Post" in {source["note"] for source in sources}


def test_every_record_is_complete_plain_json_in_words(catalog: Catalog, dataset: Dataset) -> None:
    for row in range(len(dataset.records)):
        shown = details(dataset.record(row), catalog)
        assert json.loads(json.dumps(shown, allow_nan=False)) == shown
        assert all(shown[field] for field in ("title", "kind", "category", "date", "sources"))
        assert shown["places"] and shown["actors"]
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
