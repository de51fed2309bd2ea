"""Records as KML 2.2, with the days on which they were."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from bordermap import __version__
from bordermap.cartography import style
from bordermap.catalog import Catalog
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import FAMILIES, Family, Role, label
from bordermap.snapshot import words
from bordermap.snapshot.exports.flat import flattened, for_xml, points_of, rows, sources_of
from bordermap.snapshot.making import Material
from bordermap.snapshot.notices import DISCLAIMER, credit
from bordermap.snapshot.proofs.proof import PROOF_KEY

NAMESPACE = "http://www.opengis.net/kml/2.2"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def render(material: Material, proof: str = "") -> bytes:
    """Return records as one placemark each: in colour by family, with dates and sources.

    A placemark has the places that are known to a district or better; the columns of the CSV
    stand in its data, without those that are empty.

    Parameters
    ----------
    material : Material
    proof : str
        Value of `PROOF_KEY` in the data of the document, if any.
    """
    spec, catalog = material.spec, material.catalog
    cited = words.citation(spec.selection, spec.made_on, __version__, catalog)
    told = [cited, credit(material.records), DISCLAIMER]
    head = [
        _element("name", spec.title or words.title(spec.selection, catalog)),
        _element("description", "".join(f"<p>{html.escape(line)}</p>" for line in told)),
        *map(_style, Family),
    ]
    if proof:
        head.append(f"<ExtendedData>{_data(PROOF_KEY, proof)}</ExtendedData>")
    document = [f'{_DECLARATION}<kml xmlns="{NAMESPACE}"><Document>{"".join(head)}\n'.encode()]
    for record in rows(material.records):
        document.append(_placemark(record, catalog).encode())
    document.append(b"</Document></kml>\n")
    return b"".join(document)


def _style(family: Family) -> str:
    colour = _element("color", _colour(style.FAMILY_COLOURS[family]))
    return f'<Style id="{family}"><IconStyle>{colour}</IconStyle></Style>'


def _placemark(record: Mapping[str, Any], catalog: Catalog) -> str:
    days = {"begin": record["date_start"], "end": record["date_end"]}
    span = [_element(name, day.isoformat()) for name, day in days.items() if day]
    data = [
        _data(name, ";".join(value) if isinstance(value, list) else str(value))
        for name, value in flattened(record, catalog).items()
        if value is not None and value != []
    ]
    parts = [
        _element("name", record["title"]),
        '<Snippet maxLines="0"/>',
        _element("description", _description(record, sources_of(record, catalog))),
        f"<TimeSpan>{''.join(span)}</TimeSpan>" if span else "",
        _element("styleUrl", f"#{FAMILIES[record['category']]}"),
        f"<ExtendedData>{''.join(data)}</ExtendedData>",
        _geometry(points_of(record)),
    ]
    return f"<Placemark>{''.join(parts)}</Placemark>\n"


def _geometry(points: list[tuple[float, float]]) -> str:
    drawn = [
        f"<Point>{_element('coordinates', f'{longitude!r},{latitude!r}')}</Point>"
        for longitude, latitude in points
    ]
    return f"<MultiGeometry>{''.join(drawn)}</MultiGeometry>" if len(drawn) > 1 else "".join(drawn)


def _description(record: Mapping[str, Any], sources: list[dict[str, Any]]) -> str:
    """Return what a balloon says, in HTML."""
    when = str(PartialDate.parse(record["date_edtf"]))
    lines = [f"{label(record['kind'])}: {label(record['category'])}", when]
    lines += [record[field] for field in ("date_note", "summary", "notes") if record[field]]
    parts = [f"<p>{html.escape(line)}</p>" for line in lines]
    places = [
        f"{place['name']}: {label(place['geo_precision'])}"
        + (f", {label(place['role'])}" if place["role"] != Role.LOCATION else "")
        for place in record["places"]
    ]
    parts += _listed("Places", [html.escape(place) for place in places])
    return "".join(parts + _listed("Sources", [_source(source) for source in sources]))


def _listed(heading: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return [f"<p><b>{heading}</b></p><ul>", *(f"<li>{item}</li>" for item in items), "</ul>"]


def _source(source: Mapping[str, Any]) -> str:
    if "publisher" not in source:
        return html.escape(source["id"])
    published = f", {words.day(source['published'])}" if source["published"] else ""
    said = html.escape(f"{source['publisher']}{published}: {source['title']}")
    if not re.match(r"https?://", source["url"], re.IGNORECASE):
        return said
    return f'<a href="{html.escape(source["url"])}">{said}</a>'


def _colour(colour: str) -> str:
    """Return a colour as KML spells it: opacity, blue, green, red."""
    return f"ff{colour[5:7]}{colour[3:5]}{colour[1:3]}"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(for_xml(text))}</{name}>"


def _data(name: str, text: str) -> str:
    return f'<Data name="{name}">{_element("value", text)}</Data>'
