"""Make the fonts of the printed sheet: subsets of Noto, with TrueType outlines.

Run from anywhere, with the folders that Debian's packages fonts-noto-core and fonts-noto-cjk
install::

    python geodata/build/fonts.py

The same originals and the same fontTools give the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont, newTable

OUT = Path(__file__).parents[2] / "src" / "bordermap" / "snapshot" / "sheets" / "fonts"
CORE = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto")

_LATIN = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x250),
    *range(0x2B0, 0x530),
    *range(0x1E00, 0x1F00),
    *range(0x2000, 0x2070),
    *range(0x2070, 0x2200),
    *(0x2212, 0x2215, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265, 0x25CC),
]
_MYANMAR = [*range(0x1000, 0x10A0), *range(0xA9E0, 0xAA00), *range(0xAA60, 0xAA80), 0x200B, 0x25CC]
_CHINESE_PUNCTUATION = [*range(0x3000, 0x3020), *range(0xFF01, 0xFF5F), 0x2014, 0x2018, 0x2019]
_GB2312_ROWS, _GB2312_CELLS = range(0xA1, 0xF8), range(0xA1, 0xFF)
_FIRST_HAN = 0x3400
_OUTLINE_ERROR = 1.5
"""Units of 1,000 to the em by which a quadratic outline may leave a cubic one."""


def main() -> None:
    """Write the fonts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", type=Path, default=CORE, help="folder of NotoSans-Regular.ttf")
    parser.add_argument("--cjk", type=Path, default=CJK, help="folder of NotoSansCJK-Regular.ttc")
    given = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    for face in ("Regular", "Bold", "Italic"):
        font = TTFont(given.core / f"NotoSans-{face}.ttf", recalcTimestamp=False)
        _save(_subset(font, _LATIN), f"NotoSans-{face}.ttf")
    for face in ("Regular", "Bold"):
        font = TTFont(given.core / f"NotoSansMyanmar-{face}.ttf", recalcTimestamp=False)
        _save(_subset(font, _MYANMAR), f"NotoSansMyanmar-{face}.ttf")
        font = _simplified(given.cjk / f"NotoSansCJK-{face}.ttc")
        chinese = _subset(font, [*_han(), *_CHINESE_PUNCTUATION], features=())
        _save(_quadratic(chinese), f"NotoSansSC-{face}.ttf")


def _han() -> set[int]:
    """Return the characters of GB 2312 that are Han."""
    decoded = (
        bytes([row, cell]).decode("gb2312", "ignore")
        for row in _GB2312_ROWS
        for cell in _GB2312_CELLS
    )
    return {ord(one) for one in decoded if one and ord(one) >= _FIRST_HAN}


def _simplified(path: Path) -> TTFont:
    """Return the font of a collection that has the forms of mainland China."""
    for font in TTCollection(path).fonts:
        if font["name"].getDebugName(1).startswith("Noto Sans CJK SC"):
            font.recalcTimestamp = False
            return font
    raise SystemExit(f"{path}: no Noto Sans CJK SC in it")


def _subset(font: TTFont, characters: Iterable[int], features: Sequence[str] = ("*",)) -> TTFont:
    options = Options()
    options.layout_features = list(features)
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.drop_tables += ["DSIG", "VORG", "vhea", "vmtx", "BASE"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return font


def _quadratic(font: TTFont) -> TTFont:
    """Turn outlines of cubic curves into TrueType outlines."""
    order, cubic = font.getGlyphOrder(), font.getGlyphSet()
    drawn: dict[str, Any] = {}
    for name in order:
        pen = TTGlyphPen(cubic)
        cubic[name].draw(Cu2QuPen(pen, _OUTLINE_ERROR, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"] = newTable("loca")
    glyphs = font["glyf"] = newTable("glyf")
    glyphs.glyphOrder, glyphs.glyphs = order, drawn
    font["hmtx"].metrics = {
        name: (advance, drawn[name].xMin if drawn[name].numberOfContours else 0)
        for name, (advance, _) in _measured(font, drawn).items()
    }
    del font["CFF "]
    _as_truetype(font)
    return font


def _measured(font: TTFont, drawn: dict[str, Any]) -> dict[str, tuple[int, int]]:
    for glyph in drawn.values():
        glyph.recalcBounds(font["glyf"])
    metrics: dict[str, tuple[int, int]] = font["hmtx"].metrics
    return metrics


def _as_truetype(font: TTFont) -> None:
    table = font["maxp"] = newTable("maxp")
    table.tableVersion = 0x00010000
    table.numGlyphs = len(font.getGlyphOrder())
    for limit in (
        *("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"),
        *("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"),
        *("maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours"),
        "maxComponentDepth",
    ):
        setattr(table, limit, 0)
    table.maxZones = 1
    font["post"].formatType = 3.0
    font["head"].glyphDataFormat = 0
    font.sfntVersion = "\000\001\000\000"


def _save(font: TTFont, name: str) -> None:
    font["post"].formatType = 3.0
    font.save(OUT / name, reorderTables=True)
    print(f"{name}: {(OUT / name).stat().st_size:,} bytes, {len(font.getGlyphOrder()):,} glyphs")


if __name__ == "__main__":
    main()
