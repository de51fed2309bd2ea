"""What stands beside a printed map, as blocks that a column is filled with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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
from bordermap.snapshot import symbols, text

SMALL = 6.4
ROW = 10.6
_HEAD = 14.0
_GAP = 9.0
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

    def draw(self, left: float, top: float, width: float) -> None:
        """Draw on the sheet, whose y runs downwards."""
        for row in self.rows:
            row.draw(left, top + row.height / 2, width)
            top += row.height


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
        fontproperties=text.font(size, bold=bold),
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


def count_rows(axes: Axes, counts: Counter[tuple[str, Family]]) -> Block:
    """Return how many records of each family and kind were selected."""
    columns = (46.0, 12.0)
    kinds = list(Kind)

    def numbers(left: float, middle: float, width: float, values: Iterable[int]) -> None:
        for offset, value in zip(columns, values, strict=True):
            write(
                axes,
                left + width - offset + 6,
                middle,
                f"{value:,}" if value else "–",
                ha="right",
                colour=style.INK if value else style.MUTED,
            )

    def kind_row(left: float, middle: float, width: float) -> None:
        for offset, kind in zip(columns, kinds, strict=True):
            x = left + width - offset
            symbols.draw_shape(
                axes,
                style.KIND_SHAPES[kind],
                x,
                middle - 4,
                3.6,
                facecolor=style.MUTED,
                linewidth=0,
            )
            write(axes, x + 6, middle + 5, f"{kind}s", 5.4, colour=style.MUTED, ha="right")

    def family_row(family: Family) -> Row:
        def draw(left: float, middle: float, width: float) -> None:
            symbols.draw_shape(
                axes,
                "square",
                left + 5,
                middle,
                4.2,
                linewidth=0,
                facecolor=style.FAMILY_COLOURS[family],
            )
            write(axes, left + _KEY, middle, label(family))
            numbers(left, middle, width, (counts[kind, family] for kind in kinds))

        return Row(ROW, draw)

    def total_row(left: float, middle: float, width: float) -> None:
        write(axes, left + _KEY, middle, "All", bold=True)
        totals = (sum(n for (kind, _), n in counts.items() if kind == one) for one in kinds)
        numbers(left, middle, width, totals)

    present = [family for family in Family if any(counts[kind, family] for kind in kinds)]
    return Block(
        [
            heading(axes, "Records selected"),
            Row(18, kind_row),
            *map(family_row, present),
            Row(ROW, total_row),
        ]
    )


def precision_rows(axes: Axes, *, areas: bool, grouped: bool) -> Block:
    """Return how the drawing says how exactly a place is known."""

    def single(precision: GeoPrecision, words: str, *, hollow: bool = False) -> Row:
        def draw(left: float, middle: float, _: float) -> None:
            symbols.draw_single(
                axes, "circle", Family.OTHER, precision, left + 6, middle, 3, hollow=hollow
            )
            write(axes, left + _KEY + 5, middle, words)

        return Row(ROW + 1, draw)

    def several(left: float, middle: float, _: float) -> None:
        reach = 6.2
        outline = symbols.draw_shape(
            axes,
            "circle",
            left + 6,
            middle,
            reach,
            facecolor=style.PAPER,
            edgecolor=style.INK,
            linewidth=1.0,
            zorder=3,
        )
        shares = Counter({Family.FIGHTING: 2, Family.LAW_ENFORCEMENT: 1, Family.DIPLOMACY: 1})
        symbols.draw_shares(axes, shares, outline, left + 6, middle, reach, 3)
        symbols.draw_shape(
            axes,
            "circle",
            left + 6,
            middle,
            reach * 0.64,
            facecolor=style.PAPER,
            linewidth=0,
            zorder=3.02,
        )
        write(axes, left + 6, middle, "4", 5.4, bold=True, ha="center")
        write(axes, left + _KEY + 5, middle, "Several records here or close by")

    def district(left: float, middle: float, _: float) -> None:
        symbols.draw_area(axes, style.MUTED, left + 6, middle, 6, 3)
        write(axes, left + 6, middle, "2", 5.6, colour=style.MUTED, bold=True, ha="center")
        write(axes, left + _KEY + 5, middle, "Known to a district only (disc: 25 km)")

    rows = [
        heading(axes, "How exactly placed"),
        single(GeoPrecision.EXACT, "Exact place"),
        single(GeoPrecision.NEAR, "Within some 15 km"),
        single(GeoPrecision.EXACT, "What it concerns, not where it was", hollow=True),
    ]
    if areas:
        rows.append(Row(14, district))
    if grouped:
        rows.append(Row(14, several))
    return Block(rows)


def map_rows(axes: Axes, classes: set[str], *, corridor: bool, disputed: bool) -> Block:
    """Return the lines and symbols of the map.

    Parameters
    ----------
    classes : set of str
        The classes of gates and sites that the map shows.
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

    rows = [
        heading(axes, "Map"),
        line("border", "China–Myanmar border"),
        line("international", "Other international boundary"),
    ]
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
