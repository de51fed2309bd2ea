"""A selection as one HTML file with its map, records and scripts; it asks for nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from branca.element import Figure
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import bordermap
from bordermap.cartography import style, timeline
from bordermap.cartography.basemap import base_map
from bordermap.cartography.event_layer import EventLayer, anchors, encode, texts
from bordermap.cartography.markup import INLINE, to_script
from bordermap.catalog import Catalog
from bordermap.details import details
from bordermap.errors import SelectionError
from bordermap.model.vocabulary import DatePrecision
from bordermap.snapshot import words
from bordermap.snapshot.making import Material
from bordermap.snapshot.notices import DISCLAIMER, credit

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


def render(material: Material) -> str:
    """Return the interactive map of a selection as one HTML file.

    It opens from disk with the network off. The same material gives the same text.

    Raises
    ------
    SelectionError
        If more than :data:`MAX_RECORDS` records match.
    """
    spec, catalog, records = material.spec, material.catalog, material.records
    selection = spec.selection
    if len(records) > MAX_RECORDS:
        raise SelectionError(
            f"{len(records):,} records are too many for a page; select at most {MAX_RECORDS:,}"
        )
    rows = records.to_pylist(maps_as_pydicts="strict")
    said = words.title(selection, catalog)
    shown_title = spec.title or said
    matching = f"{len(rows):,} of {len(material.dataset):,} records"
    is_somewhere = selection.regions or selection.gates or selection.bbox or selection.area
    data = {
        "title": shown_title,
        "subtitle": f"{said} · {matching}" if shown_title != said else matching,
        "records": [
            {
                "start": _iso(row["date_start"]),
                "end": _iso(row["date_end"]),
                "dated": row["date_precision"] != DatePrecision.UNKNOWN,
                "details": details(row, catalog),
            }
            for row in rows
        ],
        "timeline": _timeline(rows),
        "colours": {str(family): colour for family, colour in style.FAMILY_COLOURS.items()},
        "sources": _sources(rows, catalog),
        "terms": f"{credit(records)} {DISCLAIMER}"
        f" {words.citation(selection, spec.made_on, bordermap.__version__, catalog)}",
        "view": material.view if spec.show or is_somewhere else None,
    }
    head, body, script = _map(records, catalog)
    return _TEMPLATES.get_template("page.html").render(
        policy=POLICY,
        version=bordermap.__version__,
        title=shown_title,
        head=Markup(head),
        style=Markup(
            _text(_CARTOGRAPHY / "record_panel.css")
            + _text(timeline.STYLE)
            + _text(_HERE / "page.css")
        ),
        map=Markup(body),
        data=Markup(to_script(data)),
        panel_script=Markup(_text(_CARTOGRAPHY / "record_panel.js")),
        timeline_script=Markup("".join(map(_text, timeline.SCRIPTS))),
        script=Markup(_text(_HERE / "page.js")),
        map_script=Markup(script),
    )


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


def _sources(rows: list[dict[str, Any]], catalog: Catalog) -> list[dict[str, str]]:
    cited = {key for row in rows for key in row["sources"]}
    sources = [catalog.sources[key] for key in cited if key in catalog.sources]
    sources.sort(key=lambda source: (source.publisher.casefold(), source.id))
    return [{"name": str(one), "title": one.title, "url": one.url} for one in sources]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
