"""The sheets that a map can be drawn on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Layout:
    """A sheet.

    Attributes
    ----------
    title : str
        In words.
    width, height : float
        Inches.
    """

    title: str
    width: float
    height: float


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "report": Layout("Report, A4 upright", 8.27, 11.69),
        "landscape": Layout("Report, A4 across", 11.69, 8.27),
        "slide": Layout("Slide, 16:9", 13.333, 7.5),
        "square": Layout("Square", 8.0, 8.0),
        "a3": Layout("Poster, A3 upright", 11.69, 16.54),
        "a3-landscape": Layout("Poster, A3 across", 16.54, 11.69),
    }
)
"""By the name that a query spells."""
