"""Selections against a slow reading of the same records in plain Python."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bordermap.catalog import Catalog
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.model.dates import PartialDate
from bordermap.model.record import RECORD_SCHEMA, Place
from bordermap.model.vocabulary import (
    CATEGORIES,
    CURATED_SCOPES,
    Confidence,
    GeoPrecision,
    Kind,
    Scope,
)
from bordermap.queries import Dataset, known, known_dataset
from bordermap.selection import NEAR_GATE_KM, Selection

if TYPE_CHECKING:
    from conftest import Package

Record = dict[str, Any]
HOSTILE = "x' or 1=1; drop table records; --"
WORDS = [
    "Loije",
    "雷基",
    "မူဆယ်",
    "lwegel",
    "Möng Ko",
    "mong ko",
    "MUSE",
    "border talks",
    "talks BORDER",
    "telecom",
    "Kachin",
    "Wang Xiaohong",
    "(KIA)",
    "ta'ang",
    "café",
    "ΣΕΙΡΆΣ",
    "100%",
    "under_score",
    "nothing of the kind",
    HOSTILE,
    "'",
    '"',
    "%",
    "_",
    "\\",
    "$word0",
    "{where}",
]


def folded(text: str) -> str:
    """Text without case and Latin accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in apart if not 0x300 <= ord(c) <= 0x36F).replace("ς", "σ")


def letters(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum() or unicodedata.category(c)[0] == "M")


def names(place: Place) -> list[str]:
    return [place.id, place.name, place.name_zh, place.name_my, *place.aliases]


def matches(record: Record, chosen: Selection, places: Mapping[str, Place]) -> bool:
    """Whether a record is selected, one rule after the other."""
    start, end = record["date_start"] or date.min, record["date_end"] or date.max
    dated = bool(record["date_edtf"])
    said = folded(
        " ".join([record["title"], record["summary"], *record["actors"], *record["participants"]])
    )
    named = any(
        letters(chosen.text) in letters(name)
        for place in record["places"]
        for name in names(places[place["place_id"]])
        if letters(chosen.text) and name
    )
    gate_km = NEAR_GATE_KM if chosen.near_gate_km is None else chosen.near_gate_km
    west, south, east, north = chosen.bbox or (-180, -90, 180, 90)
    border = [p["border_km"] for p in record["places"] if p["border_km"] is not None]
    gates = [(p["gate_id"], p["gate_km"]) for p in record["places"] if p["gate_id"]]
    return all(
        [
            not chosen.date_from or (dated and end >= chosen.date_from),
            not chosen.date_to or (dated and start <= chosen.date_to),
            not chosen.kinds or record["kind"] in chosen.kinds,
            not chosen.categories or record["category"] in chosen.categories,
            not chosen.scopes or record["scope"] in chosen.scopes,
            not chosen.geo_precision or record["geo_precision"] in chosen.geo_precision,
            not chosen.confidence or record["confidence"] in chosen.confidence,
            not chosen.regions or set(chosen.regions) & {*record["region_codes"]},
            not chosen.actors or set(chosen.actors) & {*record["actors"]},
            not chosen.topics or set(chosen.topics) & {*record["topics"]},
            not chosen.sources or set(chosen.sources) & {*record["sources"]},
            not chosen.gates or any(g in chosen.gates and km <= gate_km for g, km in gates),
            chosen.near_gate_km is None or any(km <= gate_km for _, km in gates),
            chosen.near_border_km is None or any(km <= chosen.near_border_km for km in border),
            not chosen.bbox
            or any(
                p["longitude"] is not None
                and west <= p["longitude"] <= east
                and south <= p["latitude"] <= north
                for p in record["places"]
            ),
            not chosen.text or named or all(word in said for word in folded(chosen.text).split()),
        ]
    )


def spelled(dice: random.Random) -> str:
    """A date of any supported form, between 2022 and 2024."""
    first = date(2022, 1, 1) + timedelta(dice.randrange(900))
    last = first + timedelta(dice.randrange(60))
    return dice.choice(
        [
            "",
            f"{first}",
            f"{first}~",
            f"{first:%Y-%m}",
            f"{first:%Y}",
            f"{first:%Y-%m}~",
            f"{first}/{last}",
            f"{first}~/{last}~",
            f"{first}/..",
            f"../{last}",
        ]
    )


@pytest.fixture(scope="module")
def busy(new_package: Callable[[], Package]) -> Catalog:
    """A package with many more records: every form of date, several places, odd words."""
    package = new_package()
    dice = random.Random(20231027)
    places = [row["id"] for row in package.rows("places")]
    sources = [row["id"] for row in package.rows("sources")]
    actors = sorted({a for row in package.rows("records") for a in row["actors"].split(";")})
    roles = ["location", "venue", "subject", "origin", "destination"]
    added = []
    for number in range(200):
        kind = dice.choice(list(Kind))
        added.append(
            {
                "id": f"made-up-{number}",
                "kind": kind,
                "category": dice.choice(list(CATEGORIES[kind])),
                "title": " ".join(dice.sample(WORDS, 2)),
                "summary": dice.choice(WORDS),
                "date_edtf": spelled(dice),
                "places": ";".join(
                    f"{dice.choice(roles)}:{place}"
                    for place in dice.sample(places, dice.randrange(4))
                ),
                "actors": ";".join(dice.sample(actors, dice.randrange(3))),
                "participants": dice.choice(["", "Soe Htut"]),
                "topics": ";".join(dice.sample(["scams", "trade", "drugs"], dice.randrange(3))),
                "figures": "",
                "scope": dice.choice(sorted(CURATED_SCOPES)),
                "confidence": dice.choice(list(Confidence)),
                "sources": ";".join(dice.sample(sources, 2)),
            }
        )
    package.add("records", *added)
    loaded = package.load()
    assert {fault.reason.partition(" has ")[2][:13] for fault in loaded.faults} == {"the same kind"}
    return loaded


@pytest.fixture(scope="module")
def crowd(busy: Catalog) -> Dataset:
    return Dataset.of(busy)


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Selections of one to three fields, mostly of values that some record has."""
    day = st.dates(date(2021, 12, 1), date(2024, 8, 1))
    km = st.sampled_from([0.0, 0.2, 1.0, 5.0, 16.0, 60.0, 300.0, 5000.0])

    def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(values), min_size=1, max_size=2).map(tuple)

    fields: dict[str, st.SearchStrategy[Any]] = {
        "date_from": day,
        "date_to": day,
        "kinds": some("incident", "meeting"),
        "categories": some("armed_clash", "other", "trade", "bilateral_talks", "joint_patrol"),
        "regions": some("MM-11", "MM-17", "MM-16", "CN-YN", "CN-BJ", "MM-99", HOSTILE),
        "gates": some("zhangfeng-lweje", "nabang-laiza", "ruili-muse", "nowhere"),
        "actors": some("Chinese police", "Myanmar military", "Arakan Army (AA)", HOSTILE),
        "topics": some("scams", "trade", "drugs", "conflict"),
        "sources": some("globaltimes-2023-03-24", "scmp-2023-12-mekong", "hearsay"),
        "scopes": some(*Scope),
        "geo_precision": some(*GeoPrecision),
        "confidence": some(*Confidence),
        "text": st.sampled_from(WORDS),
        "near_border_km": km,
        "near_gate_km": km,
        "bbox": st.builds(
            lambda x, y, dx, dy: (x, y, x + dx, y + dy),
            st.floats(92, 101),
            st.floats(16, 27),
            st.floats(0, 8),
            st.floats(0, 8),
        ),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=3, unique=True))
    values = {field: draw(fields[field]) for field in chosen}
    first, last = values.get("date_from"), values.get("date_to")
    if first and last and first > last:
        values["date_from"], values["date_to"] = last, first
    return Selection(**values)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=selections())
def test_rows_equal_the_plain_reading(busy: Catalog, crowd: Dataset, chosen: Selection) -> None:
    records = busy.records.to_pylist()
    wanted = [
        n for n, record in enumerate(records) if matches(record, chosen, busy.gazetteer.places)
    ]
    assert crowd.rows(chosen).tolist() == wanted
    assert crowd.select(chosen)["id"].to_pylist() == [records[n]["id"] for n in wanted]


@pytest.mark.parametrize("text", WORDS)
def test_each_text_equals_the_plain_reading(busy: Catalog, crowd: Dataset, text: str) -> None:
    chosen = Selection(text=text)
    found = set(crowd.rows(chosen).tolist())
    records = enumerate(busy.records.to_pylist())
    assert found == {n for n, record in records if matches(record, chosen, busy.gazetteer.places)}
    assert len(found) < len(busy.records)


@pytest.mark.parametrize(
    "text", ["Loije", "loi je", "LWEGEL", "Lweje", "雷基", "လွယ်ဂျယ်", "洋人街", "Lwe-jel"]
)
def test_one_town_by_any_of_its_names(dataset: Dataset, text: str) -> None:
    found = {record["id"]: record for record in dataset.select(Selection(text=text)).to_pylist()}
    there = {
        record["id"]
        for record in dataset.records.to_pylist()
        if "lweje" in {place["place_id"] for place in record["places"]}
    }
    assert {"2024-04-02-pla-live-fire-exercise", "2024-04-lwegel-kia"} <= there <= set(found)
    for record in set(found) - there:
        assert folded(text) in folded(found[record]["title"] + found[record]["summary"])


def test_early_april_2024_in_kachin(dataset: Dataset) -> None:
    chosen = Selection(date_from=date(2024, 4, 1), date_to=date(2024, 4, 5), regions=("MM-11",))
    assert dataset.select(chosen)["id"].to_pylist() == [
        "2024-04-01-deng-xijun-min-aung-hlaing",
        "2024-04-lwegel-kia",
        "2024-04-02-pla-live-fire-exercise",
    ]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, True),
        (date(1900, 1, 1), None, False),
        (None, date(2100, 1, 1), False),
        (date(1900, 1, 1), date(2100, 1, 1), False),
    ],
)
def test_undated_records_match_only_without_dates(
    dataset: Dataset, first: date | None, last: date | None, found: bool
) -> None:
    ids = dataset.select(Selection(date_from=first, date_to=last))["id"].to_pylist()
    assert any(record.startswith("undated-") for record in ids) == found
    assert bool(ids)


@pytest.mark.parametrize(
    ("edtf", "first", "last", "found"),
    [
        ("2023-10-27/..", date(2030, 1, 1), None, True),
        ("2023-10-27/..", None, date(2023, 10, 27), True),
        ("2023-10-27/..", None, date(2023, 10, 26), False),
        ("../2023-10-27", None, date(1990, 1, 1), True),
        ("../2023-10-27", date(2023, 10, 27), None, True),
        ("../2023-10-27", date(2023, 10, 28), None, False),
        ("2023-10", date(2023, 10, 31), date(2023, 12, 1), True),
        ("2023-10", date(2023, 11, 1), date(2023, 12, 1), False),
    ],
)
def test_dates_overlap_inclusively(
    dataset: Dataset, edtf: str, first: date | None, last: date | None, found: bool
) -> None:
    when = PartialDate.parse(edtf)
    record = dataset.record(0) | {
        "date_edtf": edtf,
        "date_start": when.start,
        "date_end": when.end,
        "date_precision": when.precision,
    }
    alone = Dataset(pa.Table.from_pylist([record], schema=RECORD_SCHEMA), Gazetteer({}))
    assert len(alone.rows(Selection(date_from=first, date_to=last))) == found


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ((97.7167, 24.2, 97.7167, 24.2), True),
        ((97.7167, 24.2, 98.0, 24.3), True),
        ((97.0, 24.0, 97.7167, 24.2), True),
        ((97.7168, 24.0, 98.0, 24.3), False),
        ((97.0, 24.2001, 98.0, 24.3), False),
    ],
)
def test_a_box_holds_its_edges(
    dataset: Dataset, bbox: tuple[float, float, float, float], found: bool
) -> None:
    ids = dataset.select(Selection(bbox=bbox))["id"].to_pylist()
    assert ("2024-04-lwegel-kia" in ids) == found


@pytest.mark.parametrize("field", ["regions", "gates", "actors", "topics", "sources", "text"])
@pytest.mark.parametrize(
    "hostile",
    [
        HOSTILE,
        "' union select 1 --",
        "$1 --",
        "\\'",
        "\x00",
        "); attach 'x.db' as y; --",
        "ё" * 5000,
    ],
)
def test_hostile_values_are_data(dataset: Dataset, field: str, hostile: str) -> None:
    value = hostile if field == "text" else (hostile,)
    assert dataset.rows(Selection(**{field: value})).size == 0
    assert dataset.rows(Selection()).size == len(dataset.records)


@settings(max_examples=15)
@given(chosen=selections())
def test_months_and_counts_equal_plain_counting(
    busy: Catalog, crowd: Dataset, chosen: Selection
) -> None:
    records = [r for r in busy.records.to_pylist() if matches(r, chosen, busy.gazetteer.places)]
    months = Counter(
        ((r["date_start"] or r["date_end"]).replace(day=1), r["kind"])
        for r in records
        if r["date_edtf"]
    )
    table = crowd.over_time("kind", "month", chosen)
    assert table.schema.types[:2] == [pa.date32(), pa.string()]
    found = {(row["period"], row["value"]): row["records"] for row in table.to_pylist()}
    assert found == months
    assert list(found) == sorted(found)
    for field in ("kind", "category", "confidence", "scope", "gate_id"):
        expected = Counter(r[field] for r in records if r[field] is not None)
        assert crowd.counts(field, chosen) == expected
    for field in ("region_codes", "actors", "topics", "sources"):
        counted = crowd.counts(field, chosen)
        assert counted == Counter(value for r in records for value in r[field])
        assert list(counted) == sorted(counted, key=lambda value: (-counted[value], value))


def test_threads_see_the_same(crowd: Dataset) -> None:
    chosen = [
        Selection(),
        Selection(text="Lwegel"),
        Selection(kinds=("meeting",), date_from=date(2023, 5, 1)),
        Selection(regions=("MM-11", "MM-17"), near_border_km=60),
    ]

    def answers(_: int) -> list[Any]:
        return [
            (
                crowd.rows(one).tolist(),
                crowd.over_time("kind", "month", one).to_pydict(),
                crowd.counts("topics", one),
            )
            for one in chosen
        ]

    expected = answers(0)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(answers, range(24)))


def test_an_empty_dataset_answers(catalog: Catalog) -> None:
    nothing = Dataset(RECORD_SCHEMA.empty_table(), catalog.gazetteer)
    chosen = Selection(text="Muse", date_from=date(2023, 1, 1))
    assert nothing.rows(chosen).tolist() == []
    assert nothing.select(chosen).schema == RECORD_SCHEMA
    assert nothing.over_time("kind", "month", chosen).num_rows == 0
    assert nothing.counts("actors") == {}
    assert nothing.row_of == {}


def test_records_and_their_numbers(dataset: Dataset) -> None:
    for record, row in dataset.row_of.items():
        assert dataset.record(row)["id"] == record
    assert dataset.record(dataset.row_of["2023-11-suspects-31000"])["figures"] == {
        "suspects": 31000.0,
        "leaders": 63.0,
    }


def test_digest_tells_records_apart(catalog: Catalog, dataset: Dataset) -> None:
    chunks = pa.concat_tables([catalog.records.slice(0, 5), catalog.records.slice(5)])
    assert Dataset(chunks, catalog.gazetteer).digest == dataset.digest
    assert len(dataset.digest) == 64
    assert Dataset(catalog.records.slice(1), catalog.gazetteer).digest != dataset.digest


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("MM-13", "MM-13"),
        ("mm-13", "MM-13"),
        ("Karen", "MM-13"),
        ("Kayin (Karen) State", "MM-13"),
        ("Arakan", "MM-16"),
        ("掸邦", "MM-17"),
        ("ကချင်ပြည်နယ်", "MM-11"),
        ("Yunnan Province", "CN-YN"),
        ("Tak", "TH-63"),
    ],
)
def test_regions_by_any_name(catalog: Catalog, dataset: Dataset, name: str, code: str) -> None:
    assert known(dataset, catalog, Selection(regions=(name,))) == (Selection(regions=(code,)), [])


def test_unknown_names_are_named_and_the_rest_survives(catalog: Catalog, dataset: Dataset) -> None:
    chosen = Selection(
        regions=("Kachni", "Shan", "MM-17"),
        gates=("ruili-mus", "RUILI-MUSE"),
        actors=("chinese police", "Elvis"),
        topics=("scam",),
        sources=("hearsay",),
        kinds=("meeting",),
    )
    kept, unknown = known(dataset, catalog, chosen)
    assert kept == Selection(
        regions=("MM-17",), gates=("ruili-muse",), actors=("Chinese police",), kinds=("meeting",)
    )
    assert unknown == [
        "region: nothing is known of 'Kachni'; did you mean 'MM-11'?",
        "gate: nothing is known of 'ruili-mus'; did you mean 'ruili-muse'?",
        "source: nothing is known of 'hearsay'",
        "actor: nothing is known of 'Elvis'",
        "topic: nothing is known of 'scam'; did you mean 'scams'?",
    ]


def test_a_dataset_that_does_not_exist_is_named() -> None:
    chosen = Selection(dataset="acle", kinds=("meeting",))
    assert known_dataset(chosen, ["acled", "ucdp"]) == (
        Selection(kinds=("meeting",)),
        ["dataset: there is no 'acle'; did you mean 'acled'?"],
    )
    for name in ("", "acled", "all"):
        assert known_dataset(Selection(dataset=name), ["acled"]) == (Selection(dataset=name), [])
    assert known_dataset(Selection(dataset="curated"), []) == (Selection(), [])
