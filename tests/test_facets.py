"""What a click on a bar picks, and what the bars count."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest.mock import Mock

import pytest

from bordermap import catalog
from bordermap.model.vocabulary import FAMILIES, Family
from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot import words
from bordermap.web import facets

FIGHTING = tuple(one for one, family in FAMILIES.items() if family is Family.FIGHTING)


@pytest.fixture(scope="module")
def chronology() -> Dataset:
    return Dataset.of(catalog.load())


def shown(
    monkeypatch: pytest.MonkeyPatch, dataset: Dataset, selection: Selection
) -> dict[str, list[dict[str, Any]]]:
    """Return the bars of each group."""
    component = Mock()
    monkeypatch.setattr(facets, "_component", component)
    facets.facets(dataset, selection, dataset.matching(selection), on_click=Mock())
    return {facet["title"]: facet["bars"] for facet in component.call_args.kwargs["data"]["facets"]}


def test_a_family_there_and_back() -> None:
    picked = facets.with_family(("trade",), Family.FIGHTING)
    assert picked == ("trade", *FIGHTING)
    assert facets.with_family(picked, Family.FIGHTING) == ("trade",)
    assert facets.with_family(("trade", "armed_clash"), Family.FIGHTING) == ("trade",)


def test_a_category_of_a_whole_family_there_and_back() -> None:
    whole = ("trade", *FIGHTING)
    narrowed = facets.with_category(whole, "armed_clash")
    assert narrowed == ("trade", "armed_clash")
    assert facets.with_category(narrowed, "armed_clash") == whole
    two = facets.with_category(narrowed, "stray_fire")
    assert two == ("trade", "armed_clash", "stray_fire")
    assert facets.with_category(two, "armed_clash") == ("trade", "stray_fire")


def test_a_term_that_names_a_family_and_a_category_is_kept_apart() -> None:
    assert facets.with_family((), Family.OTHER) == ("other",)
    both = facets.with_family((), Family.INFRASTRUCTURE)
    assert facets.with_category(both, "infrastructure") == ("infrastructure",)


def test_a_group_counts_all_filters_but_its_own(
    monkeypatch: pytest.MonkeyPatch, chronology: Dataset
) -> None:
    selection = DEFAULT_VIEW.replace(regions=("MM-11",), categories=("armed_clash",))
    groups = shown(monkeypatch, chronology, selection)
    records = chronology.select(DEFAULT_VIEW).to_pylist()
    clashes = [record for record in records if record["category"] == "armed_clash"]
    regions = Counter(code for record in clashes for code in record["region_codes"])
    assert {bar["value"]: bar["records"] for bar in groups["Region"]} == {
        code: regions[code] for code in (bar["value"] for bar in groups["Region"])
    }
    assert len(groups["Region"]) == min(len(regions), facets.MOST)
    in_kachin = [record for record in records if "MM-11" in record["region_codes"]]
    families = Counter(FAMILIES[record["category"]] for record in in_kachin)
    bars = {bar["value"]: bar for bar in groups["Subject"] if bar["kind"] == "family"}
    assert {family: bar["records"] for family, bar in bars.items()} == families
    assert bars[Family.FIGHTING]["pressed"] == "mixed"
    pressed = [bar["value"] for bar in groups["Region"] if bar["pressed"] == "true"]
    assert pressed == ["MM-11"]
    (clash,) = [bar for bar in groups["Subject"] if bar["pressed"] == "true"]
    assert clash["value"] == "armed_clash"
    assert clash["records"] == len([one for one in clashes if "MM-11" in one["region_codes"]])


def test_what_is_picked_is_shown_though_nothing_matches(
    monkeypatch: pytest.MonkeyPatch, chronology: Dataset
) -> None:
    selection = Selection(text="zzzzzz", regions=("MM-11",), actors=("nobody",))
    groups = shown(monkeypatch, chronology, selection)
    assert [(bar["value"], bar["records"]) for bar in groups["Region"]] == [("MM-11", 0)]
    assert [(bar["label"], bar["pressed"]) for bar in groups["Actor"]] == [("nobody", "true")]
    assert groups["Subject"] == []


def test_a_whole_family_is_one_chip_and_one_word() -> None:
    selection = Selection(categories=("trade", *FIGHTING))
    assert words.title(selection) == ("Trade and fighting and military, China–Myanmar border")
    assert words.filename(selection, ".png") == f"bordermap_trade_{Family.FIGHTING}.png"
    chips = words.chips(selection, catalog.load())
    assert [chip.words for chip in chips] == ["Trade", "Fighting and military"]
    assert words.without(selection, *chips[1][:2]).categories == ("trade",)
    assert words.without(selection, *chips[0][:2]).categories == FIGHTING


def test_a_drawn_area_in_words() -> None:
    selection = Selection(area=((97.0, 23.0), (98.5, 23.0), (98.5, 24.25)))
    (chip,) = words.chips(selection, catalog.load())
    assert chip.words == "within a drawn area, 97° E – 98.5° E, 23° N – 24.25° N"
    assert words.without(selection, *chip[:2]) == Selection()
