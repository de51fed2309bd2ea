"""The one style table of screen and print.

Colours are ``#rrggbb``; widths and sizes are CSS pixels on screen (96 to the inch),
which a figure multiplies by 0.75 to get points. Everything is plain data, so that
matplotlib and a web page read the same table.

The colours of the families start from the Okabe–Ito and Paul Tol palettes and were
chosen among close variants so that the least distance between any two, in OKLab and
under simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira and
Fernandes 2009), is as large as eight hues allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from bordermap.analysis.ledger import STATE_WORDS
from bordermap.model.vocabulary import (
    CATEGORIES,
    Family,
    GateClass,
    GateState,
    GeoPrecision,
    Kind,
    SiteClass,
    label,
)


@dataclass(frozen=True)
class Fill:
    """The ground of the map; ``paper`` is what lies outside the extent of the layers."""

    paper: str = "#f4f4f1"
    water: str = "#dde8ee"
    neighbour: str = "#eeece6"
    myanmar: str = "#f8f5ec"
    featured: str = "#f1e8d2"
    yunnan: str = "#e9ecdd"


@dataclass(frozen=True)
class Line:
    """A stroke: colour, width in pixels, dash pattern in pixels (empty: solid), opacity."""

    colour: str
    width: float
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Symbol:
    """A small mark of the base map: shape, size across in pixels, fill and outline."""

    shape: str
    size: float
    fill: str
    outline: str
    width: float = 1.2


@dataclass(frozen=True)
class StatusLook:
    """How a gate is, on the map and in strips, not told by colour alone.

    Attributes
    ----------
    fill : str
        How much of the shape is filled with the colour: ``none``, ``half`` or ``full``.
    letter : str
        Stands in strips where there is room.
    dash : tuple of float
        Of the outline, in pixels; empty is solid.
    """

    colour: str
    fill: str
    letter: str
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Outline:
    """How exactly a place is known, as an outline, or as an area where a pin would lie.

    Attributes
    ----------
    area : bool
        Draw a soft disc or a badge, never a point symbol.
    radius_km : float
        Radius of the disc on the ground; 0 where it has no size of its own.
    """

    colour: str
    width: float
    dash: tuple[float, ...] = ()
    area: bool = False
    radius_km: float = 0.0


@dataclass(frozen=True)
class Text:
    """Text on the map: colour, halo, size in pixels, weight, letter spacing in pixels."""

    colour: str
    size: float
    weight: int = 400
    italic: bool = False
    spacing: float = 0.0
    capitals: bool = False
    halo: str = "#ffffff"


FILL = Fill()

INK = "#22282e"
MUTED = "#5d666e"
PAPER = "#ffffff"
ACCENT = "#0b5cad"
AREA_OPACITY = 0.16
FONT_FAMILY = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Myanmar", '
    '"Noto Sans CJK SC", sans-serif'
)

LINES: Mapping[str, Line] = MappingProxyType(
    {
        "border": Line("#8a1f2d", 2.6),
        "border_casing": Line("#ffffff", 5.0, opacity=0.75),
        "international": Line("#8d8a84", 1.1),
        "disputed": Line("#8d8a84", 1.1, (4, 3)),
        "state": Line("#bdb39c", 0.8),
        "coast": Line("#a9bcc7", 0.7),
        "river": Line("#a8c6d8", 1.1),
        "corridor": Line("#6d5f86", 1.5, (7, 5), 0.8),
    }
)

GATES: Mapping[str, Symbol] = MappingProxyType(
    {
        GateClass.FIRST: Symbol("square", 10, INK, PAPER, 1.4),
        GateClass.SECOND: Symbol("square", 9, PAPER, INK, 2.0),
        GateClass.CHANNEL: Symbol("square", 6.5, PAPER, INK, 1.4),
        GateClass.NONE: Symbol("square", 6.5, "#c9c9c4", INK, 1.0),
    }
)

STATUSES: Mapping[str, StatusLook] = MappingProxyType(
    {
        GateState.OPEN: StatusLook("#1a8a7d", "none", "O"),
        GateState.RESTRICTED: StatusLook("#d28a00", "half", "R"),
        GateState.CLOSED: StatusLook("#8c2f4b", "full", "C"),
        GateState.UNKNOWN: StatusLook("#8d949a", "none", "?", (2, 2)),
    }
)
STATUS_SIZE = 17.0
"""Pixels across the plate behind the symbol of a gate that says how the gate is."""

SITES: Mapping[str, Symbol] = MappingProxyType(
    {
        SiteClass.DEEP_SEA_PORT: Symbol("triangle", 11, "#6d5f86", PAPER),
        SiteClass.SPECIAL_ECONOMIC_ZONE: Symbol("triangle", 11, PAPER, "#6d5f86", 1.6),
        SiteClass.PIPELINE_TERMINAL: Symbol("triangle", 9, "#6d5f86", PAPER),
        SiteClass.HEADQUARTERS: Symbol("pentagon", 10, MUTED, PAPER),
        SiteClass.CAPITAL: Symbol("star", 11, INK, PAPER, 0.8),
        SiteClass.VENUE: Symbol("pentagon", 10, PAPER, MUTED, 1.4),
        SiteClass.SCAM_LOCALITY: Symbol("cross", 9, MUTED, PAPER, 2.2),
    }
)

FAMILY_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        Family.FIGHTING: "#c8401a",
        Family.CEASEFIRE: "#66c2a5",
        Family.LAW_ENFORCEMENT: "#4393d6",
        Family.DIPLOMACY: "#332288",
        Family.TRADE: "#e69f00",
        Family.INFRASTRUCTURE: "#5a3a1a",
        Family.PEOPLE: "#aa4499",
        Family.OTHER: "#8a8a8a",
    }
)

KIND_SHAPES: Mapping[str, str] = MappingProxyType(
    {Kind.INCIDENT: "circle", Kind.MEETING: "diamond"}
)
KIND_COLOURS: Mapping[str, str] = MappingProxyType(
    {Kind.INCIDENT: "#75818c", Kind.MEETING: "#0b5cad"}
)
MARK_SIZE = 12.0
"""Pixels across a single event symbol."""

OUTLINES: Mapping[str, Outline] = MappingProxyType(
    {
        GeoPrecision.EXACT: Outline(INK, 1.4),
        GeoPrecision.NEAR: Outline(PAPER, 2.0),
        GeoPrecision.DISTRICT: Outline(MUTED, 1.0, (3, 3), area=True, radius_km=25.0),
        GeoPrecision.STATE: Outline(MUTED, 1.0, (3, 3), area=True),
        GeoPrecision.COUNTRY: Outline(MUTED, 1.0, (3, 3), area=True),
    }
)

DENSITY = ("#e8862e", "#dc5b36", "#be3352", "#922267", "#601a6b", "#33125a", "#120a33")
"""Colours of the numbers of events at one spot, from 1 to 1,000 and more, evenly by logarithm.

Cut from the middle of Matplotlib's inferno: each is darker than the one before it, so that the
order is seen in grey and with any colour vision, and the first is told from the land.
"""

SHADE_NONE = "#f8f5ec"
SHADES: tuple[str, ...] = (
    "#eeeaf1",
    "#ded6e5",
    "#cdc1d8",
    "#bbadca",
    "#a999bc",
    "#9786ae",
    "#8574a0",
)
"""Areas by number, from few to many: one hue, ever darker, pale enough for marks and names."""

CHANGES: tuple[str, ...] = (
    "#5a9a4f",
    "#8cc08a",
    "#c2e4cc",
    "#f6f4f1",
    "#dccbe8",
    "#b79bd0",
    "#8a6bb0",
)
"""Areas by change, from fewer to more; green and violet differ to every eye."""

SHADE_FEW = ("#f6f4f1", "#b9b5aa")
"""Ground and stripes of an area with too few records to compare."""

TEXTS: Mapping[str, Text] = MappingProxyType(
    {
        "country": Text("#7c7a74", 13, 600, spacing=2.2, capitals=True),
        "state": Text("#8a7b58", 12, 600, spacing=0.6),
        "gate": Text(INK, 11.5, 600),
        "site": Text(MUTED, 11.5, 500),
        "water": Text("#7f9fb3", 12, 400, italic=True, spacing=0.8),
    }
)


def colour(category: str, kind: str) -> str:
    """Return the colour of a record: that of the family of its category.

    Raises
    ------
    KeyError
        If the kind has no such category.
    """
    return FAMILY_COLOURS[CATEGORIES[Kind(kind)][category]]


def statuses() -> dict[str, dict[str, Any]]:
    """Return the looks of the statuses of gates and their words, as JSON-ready data."""
    return {
        str(state): {**asdict(look), "words": STATE_WORDS[GateState(state)]}
        for state, look in STATUSES.items()
    }


def table() -> dict[str, Any]:
    """Return the whole style as JSON-ready data, with the words of its legend.

    Returns
    -------
    dict
        ``categories`` maps kind -> category -> family; ``labels`` maps every term of
        the vocabulary that the map shows to its words; the rest is as named here.
    """
    terms: list[str] = [*Family, *Kind, *GeoPrecision, *GateClass, *SiteClass]
    terms += [category for categories in CATEGORIES.values() for category in categories]
    return {
        "fill": asdict(FILL),
        "ink": INK,
        "muted": MUTED,
        "paper": PAPER,
        "accent": ACCENT,
        "font": FONT_FAMILY,
        "area_opacity": AREA_OPACITY,
        "mark_size": MARK_SIZE,
        "lines": {name: asdict(line) for name, line in LINES.items()},
        "gates": {str(name): asdict(symbol) for name, symbol in GATES.items()},
        "statuses": statuses(),
        "status_size": STATUS_SIZE,
        "sites": {str(name): asdict(symbol) for name, symbol in SITES.items()},
        "families": {str(name): value for name, value in FAMILY_COLOURS.items()},
        "kind_colours": {str(name): value for name, value in KIND_COLOURS.items()},
        "density": list(DENSITY),
        "shapes": {str(name): value for name, value in KIND_SHAPES.items()},
        "outlines": {str(name): asdict(outline) for name, outline in OUTLINES.items()},
        "shades": {
            "none": SHADE_NONE,
            "sequential": SHADES,
            "diverging": CHANGES,
            "few": SHADE_FEW,
        },
        "texts": {name: asdict(text) for name, text in TEXTS.items()},
        "categories": {
            str(kind): {name: str(family) for name, family in families.items()}
            for kind, families in CATEGORIES.items()
        },
        "labels": {str(term): label(term) for term in terms},
    }
