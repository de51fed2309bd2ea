"""A selection as one HTML file with its map, records and scripts; it asks for nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from branca.element import Figure
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import bordermap
from bordermap.cartography import style, timeline
from bordermap.cartography.anchors import anchors
from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import EventLayer, encode, texts
from bordermap.cartography.markup import INLINE, to_script
from bordermap.catalog import Catalog
from bordermap.details import Details, details
from bordermap.errors import SelectionError
from bordermap.model.vocabulary import DatePrecision, Kind, label
from bordermap.selection import Selection
from bordermap.snapshot import words
from bordermap.snapshot.making import Material
from bordermap.snapshot.notices import DISCLAIMER, credit
from bordermap.snapshot.proofs.proof import PROOF_ID

MAX_RECORDS = 5000
"""Most records of a page; with more of them its list is of no use and slow to open."""

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    " img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
)
"""Content security policy: whatever the page holds, the browser fetches nothing."""

_HERE = Path(__file__).parent
_CARTOGRAPHY = Path(style.__file__).parent
_TEMPLATES = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)


def render(material: Material, proof: str = "", source: str = "") -> str:
    """Return the interactive map of a selection as one HTML file.

    It opens from disk with the network off. The same arguments give the same text.

    Parameters
    ----------
    proof : str
        The text of its proof, one line of JSON without markup, which stands in a script
        element of the id `PROOF_ID`; empty: none.
    source : str
        Address of the dashboard with the same selection; with it the page is one to be
        framed, with small margins and a link there.

    Raises
    ------
    SelectionError
        If more than :data:`MAX_RECORDS` records match, or the spec shows what the data does
        not have.
    """
    spec, catalog, records = material.spec, material.catalog, material.records
    if len(records) > MAX_RECORDS:
        raise SelectionError(
            f"{len(records):,} records are too many for a page; select at most {MAX_RECORDS:,}"
        )
    rows = records.to_pylist(maps_as_pydicts="strict")
    title = spec.title or words.title(spec.selection, catalog)
    head, body, script = _map(records, catalog)
    styles = [_CARTOGRAPHY / "record_panel.css", timeline.STYLE, _HERE / "page.css"]
    if source:
        styles.append(_HERE / "embed.css")
    return _TEMPLATES.get_template("page.html").render(
        policy=POLICY,
        version=bordermap.__version__,
        title=title,
        source=source,
        proof_id=PROOF_ID,
        proof=Markup(proof),
        head=Markup(head),
        style=Markup("".join(map(_text, styles))),
        map=Markup(body),
        data=Markup(to_script(_data(material, rows, title))),
        panel_script=Markup(_text(_CARTOGRAPHY / "record_panel.js")),
        timeline_script=Markup("".join(map(_text, timeline.SCRIPTS))),
        script=Markup(_text(_HERE / "page.js")),
        map_script=Markup(script),
    )


def _data(material: Material, rows: list[dict[str, Any]], title: str) -> dict[str, Any]:
    """Return what the page's own script shows, ready for JSON."""
    spec, catalog, selection = material.spec, material.catalog, material.spec.selection
    said = words.title(selection, catalog)
    matching = f"{len(rows):,} of {len(material.dataset):,} records"
    is_somewhere = selection.regions or selection.gates or selection.bbox or selection.area
    return {
        "title": title,
        "subtitle": f"{said} · {matching}" if title != said else matching,
        "records": _packed([_record(row, catalog) for row in rows]),
        "categories": {
            str(kind): _choices(row["category"] for row in rows if row["kind"] == kind)
            for kind in Kind
        },
        "regions": _choices(code for row in rows for code in row["region_codes"]),
        "timeline": None if "timeline" in spec.hide else _timeline(rows),
        "colours": {str(family): colour for family, colour in style.FAMILY_COLOURS.items()},
        "terms": f"{credit(material.records)} {DISCLAIMER}"
        f" {words.citation(selection, spec.made_on, bordermap.__version__, catalog)}",
        "view": material.view if spec.show or is_somewhere else None,
        "outline": _outline(selection),
        "settings": {"hidden": spec.hide, "shade": spec.shade, "names": spec.names},
    }


def _record(row: dict[str, Any], catalog: Catalog) -> Details:
    """Return a record in words, and what the filters compare."""
    return {
        **details(row, catalog),
        "start": _iso(row["date_start"]),
        "end": _iso(row["date_end"]),
        "dated": row["date_precision"] != DatePrecision.UNKNOWN,
        "term": row["category"],
        "regions": row["region_codes"],
    }


def _outline(selection: Selection) -> list[tuple[float, float]] | None:
    """Return the corners of the part of the map that was selected, longitude and latitude."""
    if selection.area is not None:
        return list(selection.area)
    if selection.bbox is None:
        return None
    west, south, east, north = selection.bbox
    return [(west, south), (east, south), (east, north), (west, north)]


def _choices(terms: Iterable[str]) -> list[list[Any]]:
    """Return the terms that occur as term, words and number of records, by their words."""
    counted = [[term, label(term), count] for term, count in Counter(terms).items()]
    return sorted(counted, key=lambda choice: str(choice[1]))


def _packed(records: Sequence[Details]) -> dict[str, Any]:
    """Return records with what many of them say kept once.

    Returns
    -------
    dict
        ``rows``, the records; ``items``, what stands in their lists, of which a record has
        the numbers; ``shapes``, lists of fields: a record, and an item that is no text, is the
        number of its shape and its values in this order. A relation to another of the
        records has no title.
    """
    here = {record["id"] for record in records}
    shapes: dict[tuple[str, ...], int] = {}
    items: dict[tuple[Any, ...] | str, int] = {}

    def flat(value: dict[str, Any]) -> list[Any]:
        return [shapes.setdefault(tuple(value), len(shapes)), *value.values()]

    def number(item: dict[str, str] | str) -> int:
        known = item if isinstance(item, str) else tuple(flat(item))
        return items.setdefault(known, len(items))

    def related(relation: dict[str, str]) -> dict[str, str]:
        left_out = ("title",) if relation["id"] in here else ()
        return {field: text for field, text in relation.items() if field not in left_out}

    rows = []
    for record in records:
        record = {**record, "relations": list(map(related, record["relations"]))}
        rows.append(
            flat(
                {
                    field: list(map(number, value)) if isinstance(value, list) else value
                    for field, value in record.items()
                }
            )
        )
    return {"shapes": list(shapes), "items": list(items), "rows": rows}


def _map(records: Any, catalog: Catalog) -> tuple[str, str, str]:
    """Return the head, body and script of the map, which Folium would make a page of."""
    layer = EventLayer(
        embedded=encode(records, anchors(catalog.layers)),
        text=texts(records),
        bus="self",
        scripts=INLINE,
    )
    root = base_map(catalog.layers, layer, assets=INLINE).get_root()
    assert isinstance(root, Figure)
    root.render()
    return root.header.render(), root.html.render(), root.script.render()


def _timeline(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the axis of the timeline and its periods, or None where no record has a date."""
    days = [day for row in rows for day in (row["date_start"], row["date_end"]) if day]
    if not days:
        return None
    first, last = timeline.axis((min(days), max(days)))
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "presets": timeline.presets(first, last),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
