"""A record in words, as every panel shows it."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from bordermap.catalog import Catalog
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import (
    FAMILIES,
    RELATION_WORDS,
    DatePrecision,
    RelationType,
    label,
)

SAME_TOWN_KM = 1.0
"""A gate nearer than this is said to be at the place: its point is often the town's."""

_LANGUAGES = {
    "en": "English",
    "fil": "Filipino",
    "fr": "French",
    "ko": "Korean",
    "mul": "several languages",
    "my": "Burmese",
    "th": "Thai",
    "zh": "Chinese",
}

Details = dict[str, Any]
"""Plain JSON: text for the reader, and ``https``/``http`` addresses of sources."""


def details(record: dict[str, Any], catalog: Catalog) -> Details:
    """Put a record into words.

    Parameters
    ----------
    record : dict
        As :meth:`bordermap.queries.Dataset.record` returns it.
    catalog : Catalog
        Has the gates and sources that the record names, and its relations.

    Returns
    -------
    Details
        ``id, title, kind, category, family, date, date_precision, date_note, places,
        actors, participants, topics, figures, summary, notes, confidence, scope, sources,
        relations, dataset``.
    """
    when = str(PartialDate.parse(record["date_edtf"]))
    exact = record["date_precision"] == DatePrecision.DAY
    return {
        "id": record["id"],
        "title": record["title"],
        "kind": record["kind"],
        "category": label(record["category"]),
        "family": FAMILIES.get(record["category"], "other"),
        "date": when[:1].upper() + when[1:],
        "date_precision": "" if exact else label(record["date_precision"]),
        "date_note": record["date_note"] or "",
        "places": [_place(place, catalog) for place in record["places"]],
        "actors": record["actors"],
        "participants": record["participants"],
        "topics": [label(topic) for topic in record["topics"]],
        "figures": [_figure(*figure) for figure in _figures(record)],
        "summary": record["summary"] or "",
        "notes": record["notes"] or "",
        "confidence": f"{label(record['confidence'])} confidence",
        "scope": label(record["scope"]),
        "sources": [_source(catalog, source) for source in record["sources"]],
        "relations": relations(record["id"], catalog),
        "dataset": record["dataset"],
    }


def relations(record: str, catalog: Catalog) -> list[dict[str, str]]:
    """Return how a record hangs together with others, whichever of the two says so.

    Returns
    -------
    list of dict
        ``words, id, title, date, note`` of each other record, by date; what two rows say
        in the same words of the same record stands once.
    """
    related: dict[tuple[str, str], str] = {}
    for relation in catalog.relations:
        forwards, backwards = RELATION_WORDS[RelationType(relation.type)]
        if relation.from_record == record:
            related.setdefault((forwards, relation.to_record), relation.note)
        if relation.to_record == record:
            related.setdefault((backwards, relation.from_record), relation.note)
    rows = {other: pc.index(catalog.records["id"], other).as_py() for _, other in related}
    return [
        {
            "words": words,
            "id": other,
            "title": catalog.records["title"][rows[other]].as_py(),
            "date": str(PartialDate.parse(catalog.records["date_edtf"][rows[other]].as_py())),
            "note": note,
        }
        for (words, other), note in sorted(
            related.items(), key=lambda item: (rows[item[0][1]], item[0][0])
        )
    ]


def _place(place: dict[str, Any], catalog: Catalog) -> dict[str, str]:
    where = []
    if place["region_code"] and label(place["region_code"]) != place["name"]:
        where.append(label(place["region_code"]))
    if place["border_km"] is not None and place["border_km"] < 100:
        where.append(f"{place['border_km']:.1f} km from the border")
        gate = catalog.gates.get(place["gate_id"])
        if gate and place["gate_km"] < SAME_TOWN_KM:
            where.append(f"at the gate {gate.name}")
        elif gate and place["gate_km"] < 50:
            where.append(f"{place['gate_km']:.1f} km from the gate {gate.name}")
    return {
        "name": place["name"],
        "role": label(place["role"]),
        "precision": label(place["geo_precision"]),
        "where": " · ".join(where),
    }


def _figures(record: dict[str, Any]) -> list[tuple[str, float]]:
    fatalities = [
        (f"fatalities_{bound}", record[f"fatalities_{bound}"]) for bound in ("best", "low", "high")
    ]
    figures = list(record["figures"].items())
    return figures + [(name, value) for name, value in fatalities if value is not None]


def _figure(name: str, value: float) -> dict[str, str]:
    return {"name": label(name), "value": f"{value:,.0f}" if value == int(value) else f"{value:,}"}


def _source(catalog: Catalog, identifier: str) -> dict[str, str]:
    source = catalog.sources[identifier]
    return {
        "name": str(source),
        "title": source.title,
        "url": source.url,
        "language": _LANGUAGES.get(source.language, source.language),
        "reprint": f"Reprint of {source.reprint_of}" if source.reprint_of else "",
        "note": source.note,
    }
