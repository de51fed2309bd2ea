"""The single-file page as text; tests/browser/test_page.py opens it."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from bordermap.catalog import Catalog, load
from bordermap.details import details
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot.making import Material
from bordermap.snapshot.page import render
from bordermap.snapshot.proofs.proof import PROOF_ID
from bordermap.snapshot.spec import Spec

LARGEST = 2_000_000
"""Bytes of the page of all curated records."""

SHAN = Selection(regions=("MM-17",), kinds=("meeting",))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def material(catalog: Catalog, selection: Selection, **asked: object) -> Material:
    dataset = Dataset.of(catalog)
    spec = Spec(selection=selection, made_on=date(2026, 5, 1), **asked)
    return Material(spec, catalog, dataset, dataset.select(selection))


def held(text: str, identifier: str) -> str:
    found = re.findall(f'<script type="application/json" id="{identifier}">(.*?)</script>', text)
    assert len(found) == 1
    return found[0]


def test_all_curated_records_make_a_page_of_two_megabytes_at_most(catalog: Catalog) -> None:
    assert len(render(material(catalog, Selection())).encode()) <= LARGEST


def test_packed_records_hold_every_detail(catalog: Catalog) -> None:
    made = material(catalog, SHAN)
    packed = json.loads(held(render(made), "bm-data"))["records"]
    shapes, items = packed["shapes"], packed["items"]

    def whole(values: list[object]) -> dict[str, object]:
        shape, *rest = values
        return dict(zip(shapes[shape], rest, strict=True))

    listed = [whole(item) if isinstance(item, list) else item for item in items]
    assert len({json.dumps(item) for item in items}) == len(items)
    rows = made.records.to_pylist(maps_as_pydicts="strict")
    records = [
        whole([[listed[n] for n in value] if isinstance(value, list) else value for value in row])
        for row in packed["rows"]
    ]
    titles = {record["id"]: record["title"] for record in records}
    assert len(records) == len(rows) > 20
    assert any(record["relations"] for record in records)
    for row, record in zip(rows, records, strict=True):
        wanted = details(row, catalog)
        record["relations"] = [
            {"title": titles.get(relation["id"]), **relation} for relation in record["relations"]
        ]
        assert {field: record[field] for field in wanted} == wanted
        assert (record["term"], record["regions"]) == (row["category"], row["region_codes"])
        assert record["start"] == (row["date_start"] and row["date_start"].isoformat())


def test_the_filters_offer_what_occurs_and_how_often(catalog: Catalog) -> None:
    made = material(catalog, Selection(regions=("MM-17",)))
    data = json.loads(held(render(made), "bm-data"))
    rows = made.records.to_pylist()
    assert ["MM-17", "Shan State", len(rows)] in data["regions"]
    for kind, choices in data["categories"].items():
        of_kind = [row["category"] for row in rows if row["kind"] == kind]
        assert {term: count for term, _, count in choices} == {
            term: of_kind.count(term) for term in of_kind
        }
        assert [words for _, words, _ in choices] == sorted(words for _, words, _ in choices)


def test_only_the_proof_differs_between_pages_with_and_without(catalog: Catalog) -> None:
    made = material(catalog, SHAN)
    proof = json.dumps({"query": "kind=meeting", "title": "{ { }"})
    text = render(made, proof)
    assert held(text, PROOF_ID) == proof
    tag = f'<script type="application/json" id="{PROOF_ID}">{proof}</script>\n'
    assert text.replace(tag, "") == render(made)


def test_a_page_to_be_framed_links_to_its_source(catalog: Catalog) -> None:
    made = material(catalog, SHAN)
    text = render(made, source='./?kind=meeting&text="><b>')
    assert '<body class="bm-embed">' in text
    (link,) = re.findall('<a id="bm-source" href="([^"]*)"', text)
    assert link == "./?kind=meeting&amp;text=&#34;&gt;&lt;b&gt;"
    assert 'id="bm-source"' not in render(made)
