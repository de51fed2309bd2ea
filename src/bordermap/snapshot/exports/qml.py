"""The style table as QGIS layer styles (QML).

Sizes of the style table are CSS pixels; QGIS is given points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from bordermap.cartography import style
from bordermap.model.vocabulary import CATEGORIES, Family, GeoPrecision, Kind, Role, label

_POINTS_PER_PIXEL = 0.75
_DIAMOND = 1.14
"""A diamond is as much larger than a circle, as on the map."""
_HOLE = 0.55
_BADGE = 22.0
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_CLEAR = "0,0,0,0"
_BELOW, _ABOVE = 0, 1
"""Passes of drawing: areas, then what stands on them."""


def marks(*, roles: bool) -> str:
    """Return the style of a layer of marks: shape by kind, colour by family.

    The outline says how exactly the place is known; what is known to a district is a soft disc
    of its size. QGIS can play the layer by ``date_start`` and ``date_end``.

    Parameters
    ----------
    roles : bool
        Whether the layer has a field ``role``; marks are hollow where a place is only concerned.
    """
    root = _root()
    temporal = {
        "enabled": "1",
        "mode": "2",  # from a field of starts and a field of ends
        "limitMode": "1",  # both are part of it
        "startField": "date_start",
        "endField": "date_end",
        "accumulate": "0",
    }
    ET.SubElement(root, "temporal", temporal)
    renderer = _renderer(root, "RuleRenderer")
    rules = ET.SubElement(renderer, "rules", {"key": "bordermap"})
    symbols = ET.SubElement(renderer, "symbols")
    district = GeoPrecision.DISTRICT
    for kind in Kind:
        here = f"{_is('kind', [kind])} AND NOT {_is('geo_precision', [district])}"
        group = _rule(rules, kind, f"{label(kind)}s", here)
        for family, categories in _families(kind).items():
            symbol = _symbol(symbols)
            _mark(symbol, kind, family, roles=roles)
            _rule(group, f"{kind}-{family}", label(family), _is("category", categories), symbol)
    group = _rule(rules, district, "Known to a district", _is("geo_precision", [district]))
    for family in Family:
        every = [one for kind in Kind for one in _families(kind).get(family, ())]
        symbol = _symbol(symbols)
        _disc(symbol, family)
        _rule(group, f"{district}-{family}", label(family), _is("category", every), symbol)
    ET.SubElement(root, "previewExpression").text = '"title"'
    return _text(root)


def badges(field: str) -> str:
    """Return the style of a layer of points whose field, a number, stands in a badge."""
    root = _root()
    symbols = ET.SubElement(_renderer(root, "singleSymbol"), "symbols")
    symbol = _symbol(symbols)
    outline = style.OUTLINES[GeoPrecision.STATE]
    _layer(
        symbol,
        "SimpleMarker",
        {
            "name": "circle",
            "color": _colour(style.PAPER),
            "size": _points(_BADGE),
            "size_unit": "Point",
            "outline_color": _colour(outline.colour),
            "outline_style": "dash",
            "outline_width": _points(outline.width),
            "outline_width_unit": "Point",
        },
    )
    _layer(
        symbol,
        "FontMarker",
        {
            "font": "Noto Sans",
            "chr": "n",
            "color": _colour(style.INK),
            "size": _points(_BADGE / 2),
            "size_unit": "Point",
            "outline_width": "0",
        },
        {"char": f'to_string("{field}")'},
    )
    return _text(root)


def _families(kind: Kind) -> dict[Family, list[str]]:
    """Return the families that a kind has, in the order of the legend, and their categories."""
    found = {
        family: [name for name, of in CATEGORIES[kind].items() if of is family] for family in Family
    }
    return {family: names for family, names in found.items() if names}


def _mark(symbol: ET.Element, kind: Kind, family: Family, *, roles: bool) -> None:
    shape = style.KIND_SHAPES[kind]
    size = style.MARK_SIZE * (_DIAMOND if shape == "diamond" else 1)
    exact, near = style.OUTLINES[GeoPrecision.EXACT], style.OUTLINES[GeoPrecision.NEAR]
    known = _is("geo_precision", [GeoPrecision.EXACT])
    _layer(
        symbol,
        "SimpleMarker",
        {
            "name": shape,
            "color": _colour(style.FAMILY_COLOURS[family]),
            "size": _points(size),
            "size_unit": "Point",
            "outline_color": _colour(exact.colour),
            "outline_style": "solid",
            "outline_width": _points(exact.width),
            "outline_width_unit": "Point",
            "joinstyle": "miter",
        },
        {
            "outlineColor": f"if({known}, '{_colour(exact.colour)}', '{_colour(near.colour)}')",
            "outlineWidth": f"if({known}, {_points(exact.width)}, {_points(near.width)})",
        },
        level=_ABOVE,
    )
    if roles:
        subject = _is("role", [Role.SUBJECT])
        _layer(
            symbol,
            "SimpleMarker",
            {
                "name": shape,
                "color": _CLEAR,
                "size": _points(size * _HOLE),
                "size_unit": "Point",
                "outline_style": "no",
            },
            {"fillColor": f"if({subject}, '{_colour(style.PAPER)}', '{_CLEAR}')"},
            level=_ABOVE,
        )


def _disc(symbol: ET.Element, family: Family) -> None:
    outline = style.OUTLINES[GeoPrecision.DISTRICT]
    colour = style.FAMILY_COLOURS[family]
    _layer(
        symbol,
        "SimpleMarker",
        {
            "name": "circle",
            "color": _colour(colour, style.AREA_OPACITY),
            "size": f"{2000 * outline.radius_km:g}",
            "size_unit": "RenderMetersInMapUnits",
            "outline_color": _colour(colour),
            "outline_style": "dash",
            "outline_width": _points(outline.width),
            "outline_width_unit": "Point",
        },
        level=_BELOW,
    )


def _root() -> ET.Element:
    return ET.Element(
        "qgis", {"version": "3.28.0", "styleCategories": "Symbology|MapTips|Temporal"}
    )


def _renderer(root: ET.Element, kind: str) -> ET.Element:
    return ET.SubElement(
        root,
        "renderer-v2",
        {"type": kind, "symbollevels": "1", "enableorderby": "0", "forceraster": "0"},
    )


def _rule(
    parent: ET.Element, key: str, words: str, condition: str, symbol: ET.Element | None = None
) -> ET.Element:
    said = {"key": key, "label": words, "filter": condition}
    if symbol is not None:
        said["symbol"] = symbol.attrib["name"]
    return ET.SubElement(parent, "rule", said)


def _symbol(symbols: ET.Element) -> ET.Element:
    said = {"type": "marker", "name": str(len(symbols)), "alpha": "1", "clip_to_extent": "1"}
    return ET.SubElement(symbols, "symbol", {**said, "force_rhr": "0"})


def _layer(
    symbol: ET.Element,
    kind: str,
    values: Mapping[str, str],
    expressions: Mapping[str, str] | None = None,
    *,
    level: int = _BELOW,
) -> None:
    """Add a layer to a symbol; expressions take the place of values, feature by feature."""
    layer = ET.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": str(level)}
    )
    options = ET.SubElement(layer, "Option", {"type": "Map"})
    for name, value in values.items():
        _option(options, name, value)
    if not expressions:
        return
    defined = ET.SubElement(layer, "data_defined_properties")
    collection = ET.SubElement(defined, "Option", {"type": "Map"})
    _option(collection, "name", "")
    properties = ET.SubElement(collection, "Option", {"name": "properties", "type": "Map"})
    for name, expression in expressions.items():
        one = ET.SubElement(properties, "Option", {"name": name, "type": "Map"})
        _option(one, "active", "true", "bool")
        _option(one, "expression", expression)
        _option(one, "type", "3", "int")  # an expression
    _option(collection, "type", "collection")


def _option(parent: ET.Element, name: str, value: str, kind: str = "QString") -> None:
    ET.SubElement(parent, "Option", {"name": name, "value": value, "type": kind})


def _is(field: str, values: Sequence[str]) -> str:
    return f'"{field}" IN ({", ".join(f"{chr(39)}{value}{chr(39)}" for value in values)})'


def _colour(colour: str, opacity: float = 1.0) -> str:
    parts = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    return ",".join(map(str, [*parts, round(255 * opacity)]))


def _points(pixels: float) -> str:
    return f"{pixels * _POINTS_PER_PIXEL:g}"


def _text(root: ET.Element) -> str:
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
