"""The sheets that a map can be drawn on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Layout:
    """A sheet.

    All lengths but those of the paper are in points before the enlargement, so that type and
    symbols of one sheet keep their proportions.

    Attributes
    ----------
    title : str
        In words.
    width, height : float
        Of the paper, in inches.
    scale : float
        How much type, symbols and lines are enlarged; a slide is read from afar.
    columns : int
        Of the legend, beside the map.
    column : float
        Width of each.
    margin : float
    strip : float
        Height of the timeline.
    source_lines : int
        Most lines at the foot that name sources.
    """

    title: str
    width: float
    height: float
    scale: float = 1.0
    columns: int = 1
    column: float = 168.0
    margin: float = 26.0
    strip: float = 50.0
    source_lines: int = 3

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches before the enlargement."""
        return self.width / self.scale, self.height / self.scale


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "report": Layout("Report, A4 upright", 8.27, 11.69),
        "landscape": Layout("Report, A4 across", 11.69, 8.27, columns=2, strip=46),
        "slide": Layout(
            *("Slide, 16:9", 13.333, 7.5, 1.45, 2, 158.0, 18.0),
            strip=36,
            source_lines=1,
        ),
        "square": Layout("Square", 8.0, 8.0, 1.2, 1, 158.0, 18.0, strip=36, source_lines=2),
        "a3": Layout("Poster, A3 upright", 11.69, 16.54, 1.22, strip=60, source_lines=4),
        "a3-landscape": Layout("Poster, A3 across", 16.54, 11.69, 1.22, 2, strip=60),
    }
)
"""By the name that a query spells."""
