"""Text of a printed sheet: one font that ships with matplotlib, measured before it is set.

Lengths are points. Only characters that the font has are kept: an unknown glyph is
left out, not shown as a box.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font

from bordermap.snapshot.words import plain

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_FACES = {
    (False, False): "DejaVuSans.ttf",
    (True, False): "DejaVuSans-Bold.ttf",
    (False, True): "DejaVuSans-Oblique.ttf",
    (True, True): "DejaVuSans-BoldOblique.ttf",
}
_ELLIPSIS = "…"


def font(size: float, *, bold: bool = False, italic: bool = False) -> FontProperties:
    """Return a face of DejaVu Sans at a size in points."""
    return FontProperties(fname=str(_FONTS / _FACES[bold, italic]), size=size)


@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """Return text on one line, with the characters that the font can draw."""
    glyphs = get_font(str(_FONTS / _FACES[False, False]))
    return plain("".join(c for c in plain(text) if c.isspace() or glyphs.get_char_index(ord(c))))


@lru_cache(maxsize=16384)
def width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """Return the width of one line, in points."""
    figure = _ruler()
    measured, _, _ = figure.canvas.get_renderer().get_text_width_height_descent(  # type: ignore[attr-defined]
        text, font(size, bold=bold, italic=italic), False
    )
    return float(measured)


def wrap(
    text: str, room: float, size: float, *, bold: bool = False, lines: int | None = None
) -> list[str]:
    """Break text into lines.

    Parameters
    ----------
    room : float
        Width of a line, in points. A word that is wider is broken.
    lines : int, optional
        Most lines; the last one of a longer text ends in an ellipsis.
    """
    space = width("n n", size, bold) - width("nn", size, bold)
    broken: list[str] = []
    line, used = "", 0.0
    for word in _pieces(printable(text).split(), room, size, bold):
        wide = width(word, size, bold)
        if line and used + space + wide > room:
            broken.append(line)
            line, used = word, wide
            if lines is not None and len(broken) > lines:
                break
        else:
            used += space * bool(line) + wide
            line = f"{line} {word}".strip()
    broken.append(line)
    if lines is not None and len(broken) > lines:
        broken = broken[:lines]
        last = broken[-1]
        while last and width(last + _ELLIPSIS, size, bold) > room:
            last = last[:-1].rstrip(" ,;·")
        broken[-1] = last + _ELLIPSIS
    return [line for line in broken if line]


def balanced(
    text: str, room: float, size: float, *, bold: bool = False, lines: int | None = None
) -> list[str]:
    """Break text as :func:`wrap` does, into as few lines but of like length."""
    broken = wrap(text, room, size, bold=bold, lines=lines)
    if lines is not None and len(wrap(text, room, size, bold=bold)) > lines:
        return broken
    while len(broken) > 1:
        room *= 0.96
        narrower = wrap(text, room, size, bold=bold)
        if len(narrower) > len(broken):
            break
        broken = narrower
    return broken


def _pieces(words: list[str], room: float, size: float, bold: bool) -> list[str]:
    pieces: list[str] = []
    for word in words:
        while len(word) > 1 and width(word, size, bold) > room:
            share = room / width(word, size, bold)
            cut = max(1, int(len(word) * share * 0.95))
            pieces.append(word[:cut])
            word = word[cut:]
        pieces.append(word)
    return pieces


@lru_cache(maxsize=1)
def _ruler() -> Figure:
    figure = Figure(dpi=72)
    FigureCanvasAgg(figure)
    return figure
