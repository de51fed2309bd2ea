"""The dialog that takes the selection away as a file.

Its form works in the browser alone: it adds keys to the query of the selection, and the routes of
:mod:`bordermap.web.snapshots` make the preview and the file.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from bordermap import __version__
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.selection import Selection
from bordermap.snapshot import film, making, words
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.motion import KEYS, MODES, STEPS, Motion
from bordermap.snapshot.spec import LANGUAGES, PARTS, SHADES, Spec
from bordermap.web import data
from bordermap.web.markdown import escaped
from bordermap.web.orders import MAX_PIXELS

RESOLUTIONS = (100, 150, 200, 300, 600)
"""Dots per inch that are offered for a picture."""

FILM_RESOLUTIONS = (72, 96, 144, 192)
"""Dots per inch that are offered for a film."""

SPEEDS = (1, 2, 4, 8, 12)
"""Frames a second that are offered for a film."""

PREVIEW_PIXELS = 900
"""Of the longer side of a sheet in the preview, about."""

_HERE = Path(__file__)
_component = st.components.v2.component(
    "bordermap_snapshot",
    html=_HERE.with_suffix(".html").read_text("utf-8"),
    css=_HERE.with_suffix(".css").read_text("utf-8"),
    js="".join(
        _HERE.with_name(name).read_text("utf-8")
        for name in ("snapshot_file.js", "snapshot_dialog.js")
    ),
    isolate_styles=False,
)
_TEXTS = {
    ".png": "A sheet as pixels, for documents and the web.",
    ".svg": "A sheet as shapes, to edit; its text stays text.",
    ".pdf": "A sheet as shapes, to print; fonts are inside.",
    ".html": "One file with timeline and sources that opens in a browser without a network.",
    ".gif": "The timeline as a film that plays everywhere.",
    ".mp4": "The timeline as a film, small and sharp.",
    ".webm": "The timeline as a film in an open format.",
    ".csv": "One row a record, for a spreadsheet.",
    ".xlsx": "The same table; long numbers and dates stay as they are.",
    ".jsonl": "One record a line, for programs.",
    ".geojson": "One feature a record, for a GIS.",
    ".gpkg": "Every field, with styles that QGIS shows as here.",
    ".parquet": "Every field as columns, for analysis.",
    ".kml": "Places with their days, for Google Earth.",
}
_WITHOUT_PIXELS = frozenset({".svg", ".pdf"})
_DRAWN = ("title", "show", "names", "shade", "hide")
_ON_PAPER = ("locator",)
_NAMES = {"en": "English", "my": "Burmese", "zh": "Chinese"}
_SHADES = {"": "None", "count": "Records", "rate": "Per month", "change": "Change"}
_STEPS = {"": "Fitting", "day": "Day", "week": "Week", "month": "Month"}
_MODES = {"window": "Its days", "growing": "All so far"}
_PARTS = {
    "events": "Events",
    "gates": "Gates",
    "sites": "Sites",
    "rivers": "Rivers",
    "corridor-schematic": "Corridor",
    "labels": "Labels",
    "legend": "Legend",
    "locator": "Locator",
    "timeline": "Timeline",
}


@st.dialog("Snapshot", width="large")
def dialog(selection: Selection) -> None:
    """Offer the selection in every format, with a preview."""
    catalog = data.catalog(selection.dataset)
    matching = len(data.dataset(selection.dataset).matching(selection))
    st.caption(f"{escaped(words.title(selection, catalog))} · {_records(matching)}")
    _component(key="snapshot", data=offered(selection, catalog, matching, date.today()))
    st.caption(escaped(words.citation(selection, date.today(), __version__, catalog)))


def offered(selection: Selection, catalog: Catalog, matching: int, today: date) -> dict[str, Any]:
    """Return what the form needs to know.

    Parameters
    ----------
    selection : Selection
    catalog : Catalog
    matching : int
        How many records are selected.
    today : datetime.date
        The day that will be printed.
    """
    plain = Spec(selection=selection, made_on=today)
    return {
        "query": plain.to_query(),
        "plain": _plain(plain),
        "formats": [
            {
                "suffix": suffix,
                "title": one.title,
                "text": _TEXTS.get(suffix, ""),
                "group": "Map" if one.is_picture else "Data",
                "view": _view(suffix, one),
                "takes": _takes(suffix, one),
                "name": words.filename(selection, suffix),
                "sheet": _sheet(one, plain),
            }
            for suffix, one in making.FORMATS.items()
        ],
        "layouts": {
            key: {
                "title": sheet.title,
                "width": sheet.width,
                "height": sheet.height,
                "preview": str(round(PREVIEW_PIXELS / max(sheet.width, sheet.height))),
            }
            for key, sheet in LAYOUTS.items()
        },
        "page": _DRAWN,
        "paper": _ON_PAPER,
        "picture": (*_DRAWN, "layout", "dpi"),
        "steps": {key: _STEPS[key] for key in STEPS},
        "modes": {key: _MODES[key] for key in MODES},
        "speeds": SPEEDS,
        "names": {key: _NAMES[key] for key in LANGUAGES},
        "shades": {key: _SHADES[key] for key in SHADES},
        "parts": {key: _PARTS[key] for key in PARTS},
        "states": _states(catalog),
        "gates": [
            (gate.id, gate.name)
            for gate in sorted(catalog.gates.values(), key=lambda gate: gate.name)
            if gate.longitude is not None
        ],
        "title": words.title(selection, catalog),
        "longest": words.MAX_TITLE,
        "records": _records(matching),
    }


def _view(suffix: str, one: making.Format) -> Literal["sheet", "page", "words"]:
    """Return as what the preview stands for a format."""
    if suffix == ".html":
        return "page"
    return "sheet" if one.is_picture else "words"


def _takes(suffix: str, one: making.Format) -> tuple[str, ...]:
    """Return the keys of the query that matter to a format."""
    if not one.is_picture:
        return ()
    if suffix == ".html":
        return _DRAWN
    if suffix in _WITHOUT_PIXELS:
        return (*_DRAWN, "layout")
    return (*_DRAWN, "layout", "dpi", *(KEYS if one.moves else ()))


def _sheet(one: making.Format, plain: Spec) -> dict[str, Any]:
    """Return what the sheet of a format is at first, and how fine it can be."""
    usual = film.USUAL if one.moves else {"layout": plain.layout, "dpi": plain.dpi}
    return {
        "kind": "film" if one.moves else "still",
        "resolutions": [str(dpi) for dpi in (FILM_RESOLUTIONS if one.moves else RESOLUTIONS)],
        "pixels": film.MAX_FRAME_PIXELS if one.moves else MAX_PIXELS,
        "usual": {key: str(value) for key, value in usual.items()},
    }


def _plain(spec: Spec) -> dict[str, str]:
    """Return the keys that the form adds to a query, in order, each as where it is left out."""
    motion = Motion()
    keys = ("layout", "title", "names", "shade", "show", "dpi")
    return {
        **{key: str(getattr(spec, key)) for key in keys},
        "hide": "",
        **{"step": motion.step, "speed": f"{motion.speed:g}", "mode": motion.mode},
    }


def _states(catalog: Catalog) -> list[tuple[str, str]]:
    codes = REGION_NAMES.keys() & set(catalog.units["code"])
    return sorted(((code, REGION_NAMES[code]) for code in codes), key=lambda state: state[1])


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
