"""The fonts of the printed sheet: what they hold, and how names are shaped with them."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
import uharfbuzz
from fontTools.ttLib import TTFont
from matplotlib import _text_helpers
from matplotlib.font_manager import fontManager, get_font
from matplotlib.ft2font import LoadFlags

from bordermap.snapshot.sheets import text

FONTS = sorted(text.FONTS.glob("*.ttf"))
SIZE = 100.0
MYANMAR = {False: "NotoSansMyanmar-Regular.ttf", True: "NotoSansMyanmar-Bold.ttf"}
CHINESE = {False: "NotoSansSC-Regular.ttf", True: "NotoSansSC-Bold.ttf"}


def names(catalog, column):
    return sorted(
        {
            name
            for layer in catalog.layers.values()
            if column in layer
            for name in layer[column]
            if isinstance(name, str) and name
        }
    )


def runs(line):
    """Cut a line where one font ends and another begins: Latin signs are in the first."""
    latin = [text._is_latin(letter) for letter in line]
    starts = [0, *(i for i in range(1, len(line)) if latin[i] != latin[i - 1]), len(line)]
    return [(line[a:b], latin[a]) for a, b in pairwise(starts)]


def shaped(file, line):
    """Glyphs, where they stand, and the width, in shares of the size, as HarfBuzz shapes a line."""
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(text.FONTS / file)))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(line)
    buffer.guess_segment_properties()
    uharfbuzz.shape(uharfbuzz.Font(face), buffer)
    glyphs = [info.codepoint for info in buffer.glyph_infos]
    ends = list(accumulate(position.x_advance for position in buffer.glyph_positions))
    moved = [position.x_offset for position in buffer.glyph_positions]
    places = [(start + by) / face.upem for start, by in zip([0, *ends], moved, strict=False)]
    return glyphs, places, ends[-1] / face.upem


def set_in_type(line, *, bold):
    """The same as matplotlib draws it: file, glyph and place of each."""
    files = fontManager._find_fonts_by_props(text.font(SIZE, bold=bold, of=line))
    fonts = get_font(files)
    fonts.set_size(SIZE, 72)
    laid = _text_helpers.layout(line, fonts)
    return [(Path(one.ft_object.fname).name, one.glyph_index, one.x / SIZE) for one in laid]


def test_fonts_are_small_free_and_of_an_outline_that_pdf_embeds():
    assert sum(file.stat().st_size for file in FONTS) < 6_000_000
    assert "SIL OPEN FONT LICENSE" in (text.FONTS / "OFL.txt").read_text("utf-8")
    for file in FONTS:
        font = TTFont(file)
        assert "glyf" in font and "CFF " not in font
        assert "Open Font License" in font["name"].getDebugName(13)
        assert file.name.partition("-")[0] in (text.FONTS / "README.md").read_text("utf-8")


def test_a_text_is_set_in_our_fonts_whatever_the_system_has():
    for bold in (False, True):
        files = fontManager._find_fonts_by_props(text.font(9, bold=bold))
        assert [Path(one.path).parent for one in files[:3]] == [text.FONTS] * 3
    (first, *_) = fontManager._find_fonts_by_props(text.font(9, of="Muse–Ruili"))
    assert Path(first.path) == text.FONTS / "NotoSans-Regular.ttf"


@pytest.mark.parametrize("column", ["name", "name_my", "name_zh"])
def test_every_name_on_the_map_can_be_drawn(catalog, column):
    known = names(catalog, column)
    assert len(known) > 20
    for name in known:
        assert text.printable(name) == name


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize(("column", "files"), [("name_my", MYANMAR), ("name_zh", CHINESE)])
def test_names_are_shaped_as_the_script_asks(catalog, column, files, bold):
    seen = 0
    for name in names(catalog, column):
        for run, latin in runs(name):
            if latin:
                continue
            glyphs, places, wide = shaped(files[bold], run)
            laid = set_in_type(run, bold=bold)
            assert {file for file, *_ in laid} == {files[bold]}, name
            assert [glyph for _, glyph, _ in laid] == glyphs, name
            assert [place for *_, place in laid] == pytest.approx(places, abs=0.002), name
            assert text.width(run, 1, bold) == pytest.approx(wide, abs=0.35)
            seen += 1
    assert seen > 20


def test_burmese_letters_take_their_places():
    glyphs, *_ = shaped(MYANMAR[False], "မြန်မာ")
    apart = [shaped(MYANMAR[False], letter)[0][-1] for letter in "မြန်မာ"]
    assert glyphs != apart
    assert [glyph for _, glyph, _ in set_in_type("မြန်မာ", bold=False)] == glyphs


def test_simplified_chinese_is_whole():
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            letter = bytes([row, cell]).decode("gb2312", "ignore")
            assert not letter or text.printable(letter) == letter


@pytest.mark.parametrize(
    ("given", "drawn"),
    [("a\U0001f1f2\U0001f1f2b", "ab"), ("a\U00013000b", "ab"), ("שלום", "שלום"), ("a\x00b", "a b")],
)
def test_letters_that_no_font_has_are_left_out(given, drawn):
    assert text.printable(given) == drawn


def test_no_letter_is_torn_apart_where_a_word_is_broken():
    word = "မြန်မာနိုင်ငံတရုတ်နယ်စပ်သတ္တဝါ" * 3
    lines = text.wrap(word, 60, 10)
    assert len(lines) > 4
    assert "".join(lines) == word
    for line in lines:
        assert text.width(line, 10) <= 60
        assert not line.startswith(("\u103b", "\u103c", "\u102d", "\u1031", "\u103a", "\u1039"))
        assert not line.endswith("\u1039")


def test_a_width_holds_at_any_size():
    for line in ("Muse", "မူဆယ်", "木姐"):
        assert text.width(line, 30) == pytest.approx(3 * text.width(line, 10))
        font = get_font(fontManager._find_fonts_by_props(text.font(1, of=line)))
        font.set_size(40, 72)
        font.set_text(line, 0.0, flags=LoadFlags.NO_HINTING)
        assert math.isclose(font.get_width_height()[0] / 64, text.width(line, 40), abs_tol=1.0)
