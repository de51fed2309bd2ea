"""What stands on every printed map: scale bar, arrow to true north, a notice where it is empty."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from bordermap.cartography import style
from bordermap.snapshot.sheets import text
from bordermap.snapshot.sheets.panel import Panel

NO_RECORD = "No record matches this selection"

_SCALE_ZORDER = 50
_PLATE: dict[str, Any] = {
    "facecolor": "white",
    "alpha": 0.85,
    "linewidth": 0,
    "zorder": _SCALE_ZORDER - 1,
}


def draw_empty(panel: Panel) -> None:
    """Say in the middle of a map that nothing was selected."""
    axes, (x, y) = panel.symbols, (panel.width / 2, panel.height * 0.56)
    half = text.width(NO_RECORD, 11, bold=True) / 2 + 14
    box = (x - half, y - 17, x + half, y + 17)
    axes.add_artist(
        Rectangle(
            box[:2],
            2 * half,
            34,
            facecolor="white",
            edgecolor=style.MUTED,
            linewidth=0.8,
            zorder=40,
        )
    )
    axes.text(
        x,
        y,
        NO_RECORD,
        ha="center",
        va="center_baseline",
        color=style.INK,
        zorder=41,
        fontproperties=text.font(11, bold=True, of=NO_RECORD),
        parse_math=False,
    )
    panel.room.take(box)


def draw_scale(panel: Panel) -> None:
    """Draw a bar of a round number of kilometres, in halves, and an arrow to true north.

    They stand in the first corner where no record is.
    """
    axes, shown = panel.symbols, panel.frame
    length = shown.scale_bar_km()
    long = length * shown.metres_per_kilometre / panel.metres_per_point
    wide, high = long + 46.0, 30.0
    corner = panel.corner(wide, high)
    axes.add_artist(Rectangle(corner, wide, high, **_PLATE))
    left, bottom = corner[0] + 8, corner[1] + 8
    for start, colour in ((0.0, style.INK), (0.5, "white")):
        axes.add_artist(
            Rectangle(
                (left + start * long, bottom),
                long / 2,
                3.2,
                facecolor=colour,
                edgecolor=style.INK,
                linewidth=0.6,
                zorder=_SCALE_ZORDER,
                gid=f"scale-{start:g}",
            )
        )
    for share, unit in ((0.0, ""), (0.5, ""), (1.0, " km")):
        number = f"{length * share:g}"
        axes.text(
            left + share * long - text.width(number, 6) / 2,
            bottom + 6,
            number + unit,
            ha="left",
            va="baseline",
            color=style.INK,
            fontproperties=text.font(6, of=number),
            parse_math=False,
            zorder=_SCALE_ZORDER,
        )
    _draw_north(panel, left + long + 25, bottom + 5)


def _draw_north(panel: Panel, x: float, y: float) -> None:
    axes, high = panel.symbols, 13.0
    turn = np.radians(-panel.frame.north)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    half = np.array([[0, high / 2], [-4, -high / 2], [0, -high / 3.4]])
    for side, colour in ((1, style.INK), (-1, "white")):
        corners = (half * [side, 1]) @ rotation.T + [x, y]
        axes.add_artist(
            Polygon(
                corners,
                facecolor=colour,
                edgecolor=style.INK,
                linewidth=0.6,
                zorder=_SCALE_ZORDER,
            )
        )
    tip = np.array([0, high / 2 + 4]) @ rotation.T + [x, y]
    axes.text(
        float(tip[0]),
        float(tip[1]),
        "N",
        ha="center",
        va="center_baseline",
        color=style.INK,
        fontproperties=text.font(6, bold=True, of="N"),
        zorder=_SCALE_ZORDER,
    )
