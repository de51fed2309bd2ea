"""What stands beside a printed map, as blocks that a column is filled with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from bordermap.cartography import style
from bordermap.model.vocabulary import (
    Family,
    GateClass,
    GeoPrecision,
    Kind,
    SiteClass,
    label,
)
from bordermap.snapshot.sheets import symbols, text

SMALL = 6.6
ROW = 10.6
_HEAD = 14.0
_GAP = 9.0
_COLUMNS = (31.0, 1.0)
"""Points from the right edge to the numbers of each kind."""
_KEY = 13.0
"""Points from the left edge of a row to the middle of what comes before its words."""


class Row(NamedTuple):
    """A line of a block: its height and what draws it, given left, middle and width."""

    height: float
    draw: Callable[[float, float, float], None]


@dataclass(frozen=True)
class Block:
    """A heading and rows, in points."""

    rows: Sequence[Row]

    @property
    def height(self) -> float:
        """Points from the top of the heading to the gap below the last row."""
        return sum(row.height for row in self.rows) + _GAP

    def draw(self, left: float, top: float, width: float, pitch: float = 1.0) -> None:
        """Draw on the sheet, whose y runs downwards, the rows closer by a ``pitch`` below 1."""
        for row in self.rows:
            row.draw(left, top + row.height * pitch / 2, width)
            top += row.height * pitch


def write(
    axes: Axes,
    x: float,
    y: float,
    line: str,
    size: float = SMALL,
    *,
    colour: str = style.INK,
    bold: bool = False,
    ha: str = "left",
) -> None:
    """Write a line around the height ``y``."""
    axes.text(
        x,
        y,
        line,
        ha=ha,
        va="center_baseline",
        color=colour,
        fontproperties=text.font(size, bold=bold, of=line),
        parse_math=False,
    )


def heading(axes: Axes, words: str) -> Row:
    """Return the first row of a block."""

    def draw(left: float, middle: float, width: float) -> None:
        write(axes, left, middle - 1, words, 7.0, bold=True)
        axes.add_line(
            Line2D([left, left + width], [middle + 5] * 2, color="#c9cdd0", linewidth=0.5)
        )

    return Row(_HEAD, draw)


class Counts:
    """How many records of each family and kind were selected.

    The words are drawn with the block, the numbers by themselves: in a film they change.

    Parameters
    ----------
    counts : Counter of (kind, Family)
        Which families have a row.
    """

    def __init__(self, axes: Axes, counts: Counter[tuple[str, Family]]) -> None:
        self._axes = axes
        self._kinds = list(Kind)
        self._families = [
            family for family in Family if any(counts[kind, family] for kind in self._kinds)
        ]
        self._seats: dict[Family | None, tuple[float, float]] = {}

    def block(self) -> Block:
        """Return the rows without numbers."""
        return Block(
            [
                heading(self._axes, "Records selected"),
                Row(17, self._draw_kinds),
                *(Row(ROW, self._words(family)) for family in self._families),
                Row(ROW, self._draw_all),
            ]
        )

    def write_numbers(self, counts: Counter[tuple[str, Family]]) -> None:
        """Write numbers into the block that was drawn."""
        for family, (right, middle) in self._seats.items():
            for kind, offset in zip(self._kinds, _COLUMNS, strict=True):
                value = (
                    sum(n for (one, _), n in counts.items() if one == kind)
                    if family is None
                    else counts[kind, family]
                )
                write(
                    self._axes,
                    right - offset,
                    middle,
                    f"{value:,}" if value else "–",
                    ha="right",
                    colour=style.INK if value else style.MUTED,
                    bold=family is None,
                )

    def _draw_kinds(self, left: float, middle: float, width: float) -> None:
        for offset, kind in zip(_COLUMNS, self._kinds, strict=True):
            right = left + width - offset
            symbols.draw_shape(
                self._axes,
                style.KIND_SHAPES[kind],
                right - 4,
                middle - 4,
                3.6,
                facecolor=style.MUTED,
                linewidth=0,
            )
            write(self._axes, right, middle + 4.6, f"{kind}s", 5.6, colour=style.MUTED, ha="right")

    def _words(self, family: Family) -> Callable[[float, float, float], None]:
        def draw(left: float, middle: float, width: float) -> None:
            symbols.draw_shape(
                self._axes,
                "square",
                left + 5,
                middle,
                4.2,
                linewidth=0,
                facecolor=style.FAMILY_COLOURS[family],
            )
            write(self._axes, left + _KEY, middle, label(family))
            self._seats[family] = (left + width, middle)

        return draw

    def _draw_all(self, left: float, middle: float, width: float) -> None:
        write(self._axes, left + _KEY, middle, "All", bold=True)
        self._seats[None] = (left + width, middle)


def precision_rows(axes: Axes, *, points: bool, areas: bool, grouped: bool) -> Block:
    """Return how the drawing says how exactly a place is known.

    Parameters
    ----------
    points, areas, grouped : bool
        Whether there are symbols of single records, discs of districts, symbols of several.
    """

    def single(precision: GeoPrecision, words: str, *, hollow: bool = False) -> Row:
        def draw(left: float, middle: float, _: float) -> None:
            symbols.draw_single(
                axes, "circle", Family.OTHER, precision, left + 6, middle, 3, hollow=hollow
            )
            write(axes, left + _KEY + 5, middle, words)

        return Row(ROW + 1, draw)

    def several(left: float, middle: float, _: float) -> None:
        reach = 6.2
        shares = Counter({Family.FIGHTING: 2, Family.LAW_ENFORCEMENT: 1, Family.DIPLOMACY: 1})
        symbols.draw_shares(axes, "circle", shares, left + 6, middle, reach, 3, outline=1.0)
        write(axes, left + 6, middle, "4", 5.4, bold=True, ha="center")
        write(axes, left + _KEY + 5, middle, "Several records here or close by")

    def district(left: float, middle: float, _: float) -> None:
        symbols.draw_area(axes, style.MUTED, left + 6, middle, 6, 3)
        write(axes, left + 6, middle, "2", 5.6, colour=style.MUTED, bold=True, ha="center")
        write(axes, left + _KEY + 5, middle, "Known to a district only (disc: 25 km)")

    rows = [heading(axes, "How exactly placed")]
    if points:
        rows += [
            single(GeoPrecision.EXACT, "Exact place"),
            single(GeoPrecision.NEAR, "Within some 15 km"),
            single(GeoPrecision.EXACT, "What it concerns, not where it was", hollow=True),
        ]
    if areas:
        rows.append(Row(14, district))
    if grouped:
        rows.append(Row(14, several))
    return Block(rows)


def map_rows(
    axes: Axes, classes: set[str], *, corridor: bool, disputed: bool, brief: bool = False
) -> Block:
    """Return the lines and symbols of the map.

    Parameters
    ----------
    classes : set of str
        The classes of gates and sites that the map shows.
    brief : bool
        Only what the map is about: the border, the corridor, the gates.
    """

    def line(name: str, words: str) -> Row:
        def draw(left: float, middle: float, _: float) -> None:
            stroke = symbols.stroke(style.LINES[name])
            axes.add_collection(
                LineCollection([[(left, middle), (left + 13, middle)]], **stroke), autolim=False
            )
            write(axes, left + _KEY + 5, middle, words)

        return Row(ROW, draw)

    def point(symbol: style.Symbol, words: str) -> Row:
        def draw(left: float, middle: float, _: float) -> None:
            symbols.draw_symbol(axes, symbol, left + 6, middle, 3)
            write(axes, left + _KEY + 5, middle, words)

        return Row(ROW, draw)

    rows = [heading(axes, "Map"), line("border", "China–Myanmar border")]
    if not brief:
        rows.append(line("international", "Other international boundary"))
        if disputed:
            rows.append(line("disputed", "Disputed boundary"))
        rows.append(line("state", "State, region or province"))
    if corridor:
        rows.append(line("corridor", "Corridor and pipelines (schematic)"))
    rows += [
        point(style.GATES[term], "Border gate" if term == GateClass.NONE else _gate_words(term))
        for term in GateClass
        if term in classes
    ]
    if not brief:
        rows += [
            point(style.SITES[term], label(term)[:1].upper() + label(term)[1:])
            for term in SiteClass
            if term in classes
        ]
    return Block(rows)


def _gate_words(term: GateClass) -> str:
    return "Border gate, channel" if term == GateClass.CHANNEL else f"Border gate, {term}"


def notes(axes: Axes, paragraphs: Sequence[str], width: float) -> Block:
    """Return what the map cannot show."""

    def line(words: str) -> Row:
        return Row(8.4, lambda left, middle, _: write(axes, left, middle, words, 6.2))

    rows = [heading(axes, "Not on the map")]
    for paragraph in paragraphs:
        rows += [line(words) for words in text.wrap(paragraph, width, 6.2)]
        rows.append(Row(3, _nothing))
    return Block(rows)


def _nothing(_left: float, _middle: float, _width: float) -> None:
    """Draw the space between two paragraphs."""
