"""Printed sheets: what stands on them and where."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np
import pytest
from invented_sheet import material
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from pyproj import Geod, Transformer

from bordermap.model.vocabulary import Family, label
from bordermap.selection import Selection
from bordermap.snapshot.frame import CRS
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import Material
from bordermap.snapshot.sheets import figure, furniture, text
from bordermap.snapshot.spec import PARTS, Spec

NAME_ZORDER = 30
VIEWS = ["", "border", "MM-11", "ruili-muse", "97.8,23.9,98.0,24.1", "92,10,106,29"]
INCIDENTS = {Family.FIGHTING, Family.TRADE, Family.LAW_ENFORCEMENT}
MEETINGS = {Family.CEASEFIRE, Family.DIPLOMACY}
BACK = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


@pytest.fixture(scope="module")
def curated(catalog, dataset):
    """All records of the chronology on a sheet of each kind."""

    def draw(**asked):
        spec = Spec(selection=Selection(), made_on=date(2026, 5, 1), **asked)
        with figure.style():
            return figure.draw(Material(spec, catalog, dataset, dataset.records))

    return draw


def draw(catalog, selection=None, **asked):
    with figure.style():
        return figure.draw(material(catalog, selection, **asked))


def said(sheet):
    return [one.get_text() for axes in sheet.figure.axes for one in axes.texts]


def ink(name):
    """Left, bottom, right, top of the letters of a name that is not turned, in points."""
    assert (name.get_ha(), name.get_va(), name.get_rotation()) == ("center", "baseline", 0)
    letters = TextPath((0, 0), name.get_text(), prop=name.get_fontproperties()).get_extents()
    x, y = name.get_position()
    left = x - letters.width / 2
    return left, y + letters.y0, left + letters.width, y + letters.y1


def boxes(sheet, texts):
    """Left, bottom, right, top of texts in points, without the halo."""
    with figure.style():
        renderer = sheet.figure.canvas.get_renderer()
        scale = 72 / sheet.figure.dpi
        return [one.get_window_extent(renderer).extents * scale for one in texts]


def overlap(one, other):
    """Points by which two boxes overlap, the lesser of across and up."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return min(across, up)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("names", ["en", "my", "zh"])
@pytest.mark.parametrize("layout", ["report", "slide", "square"])
def test_names_do_not_overlap(curated, layout, names):
    sheet = curated(layout=layout, names=names)
    labels = [one for one in sheet.map.symbols.texts if one.get_zorder() == NAME_ZORDER]
    level = [one for one in labels if not one.get_rotation()]  # all but rivers
    assert len(level) > 20
    for (one, a), (other, b) in combinations([(one, ink(one)) for one in level], 2):
        assert overlap(a, b) <= 0, (one.get_text(), other.get_text())
    for _, (left, bottom, right, top) in [(one, ink(one)) for one in level]:
        assert left >= 0 and bottom >= 0 and right <= sheet.map.width and top <= sheet.map.height


def test_names_are_in_the_language_asked_for_and_in_english_where_it_has_none(catalog):
    for names, muse, laiza in (("my", "မူဆယ်", "လိုင်ဇာ"), ("zh", "木姐", "拉咱")):
        shown = said(draw(catalog, names=names))
        assert {muse, laiza} <= set(shown)
        assert "Muse" not in shown
        assert "Records selected" in shown
    assert "INDIA" in {one.replace("\u200a", "") for one in said(draw(catalog, names="my"))}


# ---------------------------------------------------------------- composition


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_sheet_has_all_its_parts_on_the_paper(curated, layout):
    sheet = curated(layout=layout)
    width, height = sheet.figure.get_size_inches() * 72
    texts = [one for axes in sheet.figure.axes for one in axes.texts]
    for one, box in zip(texts, boxes(sheet, texts), strict=True):
        left, bottom, right, top = box
        assert left > 8 and bottom > 8 and right < width - 8 and top < height - 8, one.get_text()
    whole = " ".join(said(sheet))
    for part in (
        *("Incidents and meetings, China–Myanmar border", "Records selected", "Exact place"),
        *("Border gate", "China–Myanmar border", " km", "Outside the map", "Meetings"),
        *("Sources: ", "Projection: Lambert", "OpenStreetMap", "CC BY 4.0", "Boundaries and names"),
        *("Made on 1 May 2026", "2024"),
    ):
        assert part in whole
    assert "N" in said(sheet)
    assert len(sheet.figure.axes) == 5  # the page, and ground and symbols of map and locator


@pytest.mark.parametrize("layout", LAYOUTS)
def test_words_beside_the_map_do_not_overlap(curated, layout):
    sheet = curated(layout=layout)
    right_of_map = (sheet.map.left + sheet.map.width) * 1.0
    placed = list(zip(sheet.page.texts, boxes(sheet, sheet.page.texts), strict=True))
    beside = [(one, box) for one, box in placed if box[0] > right_of_map]
    assert len(beside) > 25
    for (one, a), (other, b) in combinations(placed, 2):
        assert overlap(a, b) < 3, (one.get_text(), other.get_text())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_type_is_large_enough_for_the_sheet(catalog, layout):
    sheet = draw(catalog, layout=layout)
    smallest = min(one.get_fontsize() for axes in sheet.figure.axes for one in axes.texts)
    on_paper = smallest * LAYOUTS[layout].scale
    assert on_paper >= (7.5 if layout == "slide" else 5.2)
    share = sheet.map.width * sheet.map.height / np.prod(sheet.figure.get_size_inches() * 72)
    assert share > 0.25


def test_the_legend_counts_every_record(catalog):
    words = draw(catalog).page.texts
    rows = {}
    for one in words:
        rows.setdefault(round(one.get_position()[1], 1), []).append(one.get_text())
    # At each of nine places there are three incidents and two meetings, of five families.
    for family in Family:
        shown = [row for row in rows.values() if row[0] == label(family)]
        told = [("9" if family in kinds else "–") for kinds in (INCIDENTS, MEETINGS)]
        assert shown == ([[label(family), *told]] if "9" in told else [])
    assert ["All", "27", "18"] in rows.values()


def test_a_moment_is_drawn_and_taken_away(catalog):
    with figure.style():
        sheet = figure.draw(material(catalog), still=True)
    still = [len(axes.get_children()) for axes in sheet.figure.axes]
    first = np.arange(len(sheet.records)) < 5
    added = sheet.draw_moment(first, window=(19500, 19600))
    assert {one.get_text() for one in added if hasattr(one, "get_text")} >= {"3", "2"}
    for artist in added:
        artist.remove()
    assert [len(axes.get_children()) for axes in sheet.figure.axes] == still
    assert len(sheet.draw_moment()) > len(added)


# ---------------------------------------------------------------- what is left out


def test_each_part_can_be_left_out(catalog):
    whole = draw(catalog)
    assert "Muse" in said(whole)

    def without(part):
        return draw(catalog, hide=(part,))

    assert len(without("events").map.symbols.patches) < len(whole.map.symbols.patches)
    assert "Border gate, first-class" not in said(without("gates"))
    assert "Capital" in said(whole) and "Capital" not in said(without("sites"))
    rivers = {one for one in said(whole) if one.startswith(("Mekong", "Yangtze"))}
    assert rivers and not rivers & set(said(without("rivers")))
    assert not any("Corridor" in one for one in said(without("corridor-schematic")))
    assert "Muse" not in said(without("labels"))
    assert "Records selected" not in said(without("legend"))
    assert len(without("locator").figure.axes) == len(whole.figure.axes) - 2
    assert "Meetings" in said(whole) and "Meetings" not in said(without("timeline"))
    bare = draw(catalog, hide=PARTS)
    assert bare.map.width > 1.3 * whole.map.width
    assert "Projection: Lambert" in " ".join(said(bare))


def test_an_empty_selection_says_so(catalog):
    for layout in LAYOUTS:
        sheet = draw(catalog, Selection(text="no such thing"), layout=layout)
        assert furniture.NO_RECORD in said(sheet)
        assert "Records selected" not in said(sheet)


# ---------------------------------------------------------------- scale


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("layout", ["report", "slide"])
def test_the_scale_bar_is_as_long_as_it_says(catalog, layout, view):
    sheet = draw(catalog, layout=layout, show=view)
    halves = [
        one
        for one in sheet.map.symbols.patches
        if isinstance(one, Rectangle) and (one.get_gid() or "").startswith("scale")
    ]
    assert len(halves) == 2
    left = min(one.get_x() for one in halves)
    long = sum(one.get_width() for one in halves)
    (words,) = [one.get_text() for one in sheet.map.symbols.texts if one.get_text().endswith(" km")]
    kilometres = float(words.removesuffix(" km"))
    at_bar = (left, halves[0].get_y())
    at_centre = (sheet.map.width / 2 - long / 2, sheet.map.height / 2)
    for x, y in (at_bar, at_centre):
        shown, scale = sheet.map.frame, sheet.map.metres_per_point
        ends = np.array([[x, x + long], [y, y]]) * scale + [[shown.left], [shown.bottom]]
        (west, east), (south, north) = BACK.transform(*ends)
        *_, metres = Geod(ellps="WGS84").inv(west, south, east, north)
        tolerance = 0.01 if view != VIEWS[-1] or (x, y) == at_centre else 0.06
        assert metres / 1000 == pytest.approx(kilometres, rel=tolerance)


# ---------------------------------------------------------------- titles


@pytest.mark.parametrize(
    "title",
    ["long " * 1000, "x" * 5000, "中" * 5000, "မြန်မာ" * 900, "شمال " * 1000, "\U0001f1f2" * 5000],
)
def test_a_title_never_leaves_the_paper(catalog, title):
    sheet = draw(catalog, title=title, layout="square")
    width = sheet.figure.get_size_inches()[0] * 72
    large = [one for one in sheet.page.texts if one.get_fontsize() == 15]
    assert 1 <= len(large) <= 2
    for left, _, right, _ in boxes(sheet, large):
        assert left >= 17 and right <= width - 17


def test_a_title_of_letters_that_no_font_has_is_the_selection_in_words(catalog):
    sheet = draw(catalog, title="\U0001f1f2\U0001f1f2")
    assert sheet.title == "Incidents and meetings, China–Myanmar border"
    assert text.printable("\U0001f1f2") == ""
