"""What a snapshot shows and how, as one value that a query spells.

The keys are those of the dashboard's address (the selection, ``view``, ``names``, ``shade``,
``hide``), and of the sheet: ``layout, title, show, dpi, made``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from bordermap.errors import SelectionError
from bordermap.selection import BBox, Selection
from bordermap.snapshot import words
from bordermap.snapshot.frame import on_screen
from bordermap.snapshot.layouts import LAYOUTS

LANGUAGES = ("en", "my", "zh")
"""In which names on the map can be written, where they are known (ISO 639-1)."""

SHADES = ("", "count", "rate", "change")
"""By what states can be shaded; by nothing at first."""

PARTS = (
    *("events", "gates", "sites", "rivers", "corridor-schematic", "labels"),
    *("legend", "locator", "timeline"),
)
"""What can be left out: overlays of the map, then parts of the sheet."""

BORDER = "border"
"""Value of ``show`` for the whole border."""

MIN_DPI, MAX_DPI = 50, 600

_SCREEN = (900.0, 700.0)
"""Pixels of the map on the screen, of which an address knows the middle and the zoom."""

_SHOWN = 80
_GIVEN_ELSEWHERE = ("view", "record")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a snapshot shows and how; of the same data it gives the same bytes.

    Attributes
    ----------
    selection : Selection
    made_on : datetime.date
        The day that is printed.
    layout : str
        A key of :data:`bordermap.snapshot.layouts.LAYOUTS`.
    title : str
        One line; empty: the selection in words.
    names : str
        Of `LANGUAGES`.
    shade : str
        Of `SHADES`.
    hide : tuple of str
        Of `PARTS`, in their order.
    show : str
        Part of the map: empty for what suits the selection, `BORDER`, the code of a region, the
        id of a gate, or west,south,east,north in degrees.
    dpi : int
        Dots per inch of a picture of pixels, from `MIN_DPI` to `MAX_DPI`.

    Raises
    ------
    SelectionError
        If a value is none of these.
    """

    selection: Selection
    made_on: date
    layout: str = "report"
    title: str = ""
    names: str = LANGUAGES[0]
    shade: str = SHADES[0]
    hide: tuple[str, ...] = ()
    show: str = ""
    dpi: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", words.plain(self.title, words.MAX_TITLE))
        hide = {part for part in self.hide if part}
        _one_of("layout", [self.layout], LAYOUTS)
        _one_of("names", [self.names], LANGUAGES)
        _one_of("shade", [self.shade], SHADES)
        _one_of("hide", sorted(hide), PARTS)
        object.__setattr__(self, "hide", tuple(part for part in PARTS if part in hide))
        if not MIN_DPI <= self.dpi <= MAX_DPI:
            raise SelectionError(f"dpi: {self.dpi} is not between {MIN_DPI} and {MAX_DPI}")
        if "," in self.show:
            object.__setattr__(self, "show", spelled_box(_box(self.show)))

    @property
    def box(self) -> BBox | None:
        """West, south, east, north of ``show``, where it is a box in degrees."""
        return _box(self.show) if "," in self.show else None

    def replace(self, **changes: Any) -> Spec:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_params(self) -> dict[str, list[str]]:
        """Return the query as a mapping of key to values, without what is as by default."""
        plain = Spec(selection=self.selection, made_on=self.made_on)
        params = self.selection.to_address()
        for field in ("layout", "title", "names", "shade", "show", "dpi"):
            if getattr(self, field) != getattr(plain, field):
                params[field] = [str(getattr(self, field))]
        if self.hide:
            params["hide"] = [",".join(self.hide)]
        return {**params, "made": [self.made_on.isoformat()]}

    def to_query(self) -> str:
        """Return the query string, without a question mark; it always says the day."""
        return urlencode(self.to_params(), doseq=True)

    @classmethod
    def from_params(
        cls, params: Mapping[str, Sequence[str]], *, today: date
    ) -> tuple[Spec, list[str]]:
        """Read a query.

        An empty selection is the first view of the dashboard, as in its address.

        Parameters
        ----------
        today : datetime.date
            The day where ``made`` says none.

        Returns
        -------
        spec : Spec
        ignored : list of str
            One line for each value that cannot be used; it is left out.
        """
        selection, ignored = Selection.from_address(params)
        spec = cls(selection=selection, made_on=today)
        given = {key: values[-1] for key, values in params.items() if values}
        if "show" not in given and "view" in given:
            given["show"] = given["view"]
        for key, read in _READERS.items():
            if key not in given:
                continue
            value = given[key]
            try:
                spec = spec.replace(**read(key, value))
            except (SelectionError, ValueError) as error:
                said = str(error) if isinstance(error, SelectionError) else ""
                ignored.append(said or f"{key}: {value[:_SHOWN]!r} cannot be read")
        return spec, ignored


def spelled_box(box: BBox) -> str:
    """Return west, south, east, north as ``show`` spells them, to some ten metres."""
    return ",".join(f"{degrees:.4f}" for degrees in box)


def _one_of(key: str, values: Sequence[str], known: Any) -> None:
    for value in values:
        if value not in known:
            wanted = ", ".join(one for one in known if one)
            raise SelectionError(f"{key}: {value[:_SHOWN]!r} is not one of {wanted}")


def _box(spelled: str) -> BBox:
    box = Selection.from_query({"bbox": [spelled]})[0].bbox
    if box is None:
        raise SelectionError(f"show: {spelled[:_SHOWN]!r} is not west,south,east,north in degrees")
    return box


def _show(_key: str, value: str) -> dict[str, Any]:
    """Read ``show``, or the ``view`` of an address: latitude,longitude,zoom."""
    if value.count(",") != 2:
        return {"show": value.strip()}
    latitude, longitude, zoom = map(float, value.split(","))
    box = on_screen(latitude, longitude, zoom, *_SCREEN)
    if box is None:
        raise SelectionError(f"view: {value[:_SHOWN]!r} is not latitude,longitude,zoom")
    return {"show": spelled_box(box)}


def _whole(key: str, value: str) -> dict[str, Any]:
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII):
        raise SelectionError(f"{key}: {value[:_SHOWN]!r} is not a whole number")
    return {key: int(value)}


def _text(key: str, value: str) -> dict[str, Any]:
    return {key: value}


def _parts(_key: str, value: str) -> dict[str, Any]:
    return {"hide": tuple(value.split(","))}


def _day(_key: str, value: str) -> dict[str, Any]:
    return {"made_on": date.fromisoformat(value)}


_READERS: Mapping[str, Callable[[str, str], dict[str, Any]]] = {
    "layout": _text,
    "title": _text,
    "names": _text,
    "shade": _text,
    "hide": _parts,
    "show": _show,
    "dpi": _whole,
    "made": _day,
}
KEYS = (*_READERS, *_GIVEN_ELSEWHERE)
"""Keys of a query beside those of a selection."""
