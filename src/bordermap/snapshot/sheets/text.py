"""Text of a printed sheet: fonts that ship with the package, measured before it is set.

Latin, Greek and Cyrillic letters are in Noto Sans, Burmese and Chinese in its sisters; what they
lack is taken from matplotlib's DejaVu Sans. Fonts of the system play no part. Lengths are points.
Only characters that one of the fonts has are kept: an unknown glyph is left out, not shown as a
box.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontEntry, FontProperties, fontManager, get_font
from matplotlib.ft2font import LoadFlags

from bordermap.snapshot.words import plain

FONTS = Path(__file__).parent / "fonts"
_DEJAVU = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_ELLIPSIS = "…"
_STACKER = "\u1039"
"""Burmese: the next letter stands under the one before."""
_ENDS_SYLLABLE = ("\u103a", _STACKER)
"""Burmese: the letter before them belongs to the syllable that it ends."""
_MEASURED = 100.0
_TALL_AND_DEEP = "lp"

_FILES = {
    ("Noto Sans", "normal", 400): FONTS / "NotoSans-Regular.ttf",
    ("Noto Sans", "normal", 700): FONTS / "NotoSans-Bold.ttf",
    ("Noto Sans", "italic", 400): FONTS / "NotoSans-Italic.ttf",
    ("Noto Sans Myanmar", "normal", 400): FONTS / "NotoSansMyanmar-Regular.ttf",
    ("Noto Sans Myanmar", "normal", 700): FONTS / "NotoSansMyanmar-Bold.ttf",
    ("Noto Sans SC", "normal", 400): FONTS / "NotoSansSC-Regular.ttf",
    ("Noto Sans SC", "normal", 700): FONTS / "NotoSansSC-Bold.ttf",
    ("DejaVu Sans", "normal", 400): _DEJAVU / "DejaVuSans.ttf",
    ("DejaVu Sans", "normal", 700): _DEJAVU / "DejaVuSans-Bold.ttf",
}
_CHAIN = ("Noto Sans", "Noto Sans Myanmar", "Noto Sans SC", "DejaVu Sans")
FAMILIES = [*_CHAIN, "sans-serif"]
"""Of every text, in the order in which a letter is looked for; the last is for other readers."""

_OWN = [
    FontEntry(fname=str(file), name=name, style=slant, weight=weight, size="scalable")
    for (name, slant, weight), file in _FILES.items()
]
# Before those of the system, of which one may have the same name and other outlines.
fontManager.ttflist[:0] = _OWN


@contextmanager
def own_fonts() -> Iterator[None]:
    """Let matplotlib look for fonts among ours alone, which is also quicker."""
    held = fontManager.ttflist
    fontManager.ttflist = _OWN
    try:
        yield
    finally:
        fontManager.ttflist = held


def font(
    size: float, *, bold: bool = False, italic: bool = False, of: str | None = None
) -> FontProperties:
    """Return the fonts of a text at a size in points.

    Parameters
    ----------
    of : str, optional
        The text: where the first font has all of its letters, no other is looked at.
    """
    return _font(size, bold, italic, of is not None and _is_latin(of))


@cache
def _font(size: float, bold: bool, italic: bool, latin: bool) -> FontProperties:
    return FontProperties(
        family=[FAMILIES[0], FAMILIES[-1]] if latin else FAMILIES,
        size=size,
        weight="bold" if bold else "normal",
        style="italic" if italic else "normal",
    )


@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """Return text on one line, with the characters that the fonts can draw."""
    return plain("".join(c for c in plain(text) if c.isspace() or _is_drawable(ord(c))))


def _is_latin(text: str) -> bool:
    return text.isascii() or _characters(_CHAIN[0]).issuperset(map(ord, text))


def _is_drawable(character: int) -> bool:
    return any(character in _characters(name) for name in _CHAIN)


@cache
def _characters(name: str) -> frozenset[int]:
    return frozenset(get_font(_FILES[name, "normal", 400]).get_charmap())


def width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """Return the width of one line, in points."""
    return _extent(text, bold, italic)[0] * size


def reach(text: str, size: float, bold: bool = False, italic: bool = False) -> tuple[float, float]:
    """Return how far a line reaches above and below its base, in points.

    Two lines of Latin letters reach as far, whatever the letters are; a number stands on its base.
    """
    _, above, below = _extent(text, bold, italic)
    if any(map(str.isalpha, text)):
        _, most, least = _extent(_TALL_AND_DEEP, bold, italic)
        above, below = max(above, most), max(below, least)
    return above * size, below * size


@lru_cache(maxsize=16384)
def _extent(text: str, bold: bool, italic: bool) -> tuple[float, float, float]:
    """Return the width of a line of size 1, and its reach above and below its base."""
    style = ("italic" if italic else "normal", 700 if bold and not italic else 400)
    upright = ("normal", style[1])
    chain = _CHAIN[:1] if _is_latin(text) else _CHAIN
    files = [_FILES.get((name, *style), _FILES[name, *upright]) for name in chain]
    glyphs = get_font(files)
    glyphs.set_size(_MEASURED, 72)
    glyphs.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    unit = 64 * _MEASURED
    (wide, high), deep = glyphs.get_width_height(), glyphs.get_descent()
    return wide / unit, (high - deep) / unit, deep / unit


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
    space = _advance(" ", size, bold)
    broken: list[str] = []
    line, used = "", 0.0
    for word in _pieces(printable(text).split(), room, size, bold):
        wide = _advance(word, size, bold)
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


def _advance(text: str, size: float, bold: bool) -> float:
    """Return how far a text moves what follows it: its width and the space at its sides."""
    return width(f"n{text}n", size, bold) - width("nn", size, bold)


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
            cut = _between_letters(word, max(1, int(len(word) * share * 0.95)))
            pieces.append(word[:cut])
            word = word[cut:]
        pieces.append(word)
    return [piece for piece in pieces if piece]


def _between_letters(word: str, cut: int) -> int:
    """Return the nearest place before a cut, or else after it, where no letter is torn apart."""
    inner = range(1, len(word))
    places = [
        at
        for at in inner
        if not unicodedata.category(word[at]).startswith("M")
        and word[at - 1] != _STACKER
        and word[at + 1 : at + 2] not in _ENDS_SYLLABLE
    ]
    before = [at for at in places if at <= cut]
    return before[-1] if before else next(iter(places), len(word))
