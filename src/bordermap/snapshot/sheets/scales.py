"""The scales of a legend: which colour stands for how many."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bordermap.cartography import style
from bordermap.snapshot.sheets import density, legend, text
from bordermap.snapshot.sheets.ground import HATCH
from bordermap.snapshot.sheets.legend import Block, Row
from bordermap.snapshot.sheets.shading import Shading, Step

_SIZE = 5.8
_HIGH = 6.0
_STEPS = 64
_SWATCH = 8.0
_EDGE = "#c9c4b6"


def density_rows(page: Axes) -> Block:
    """Return how many records at one spot are how dark."""
    ramp = density.ramp(style.DENSITY)[np.linspace(0, 254, _STEPS).astype(int)]

    def bar(left: float, middle: float, width: float) -> None:
        # Each step reaches to the end under those after it, so that no seam is seen.
        for start, colour in zip(np.linspace(0, 1, _STEPS, endpoint=False), ramp, strict=True):
            corner = (left + width * start, middle - _HIGH / 2)
            page.add_artist(
                Rectangle(corner, width * (1 - start), _HIGH, facecolor=colour, linewidth=0)
            )

    def numbers(left: float, middle: float, width: float) -> None:
        counts = [1, 10, 100, density.FULL]
        for place, count in enumerate(counts):
            last = place == len(counts) - 1
            legend.write(
                page,
                left + width * place / (len(counts) - 1),
                middle,
                f"{count:,}" + "+" * last,
                _SIZE,
                colour=style.MUTED,
                ha="left" if not place else "right" if last else "center",
            )

    return Block([legend.heading(page, "Records at one spot"), Row(9, bar), Row(8, numbers)])


def shading_rows(page: Axes, shading: Shading, width: float) -> Block:
    """Return what the colours of the states say, for a column of a width in points."""
    rows = [legend.heading(page, shading.title)]
    rows += [
        Row(8.4, partial(_note, page, line))
        for line in text.wrap(shading.note, width, legend.SMALL)
    ]
    if shading.steps:
        rows += [
            Row(13, partial(_swatches, page, shading.steps)),
            Row(8, partial(_marks, page, shading.steps)),
        ]
    if shading.has_few:
        rows.append(Row(legend.ROW, partial(_few, page)))
    return Block(rows)


def _note(page: Axes, line: str, left: float, middle: float, _: float) -> None:
    legend.write(page, left, middle, line, legend.SMALL, colour=style.MUTED)


def _swatches(page: Axes, steps: Sequence[Step], left: float, middle: float, width: float) -> None:
    wide = width / len(steps)
    for number, step in enumerate(steps):
        x = left + number * wide
        corner = (x, middle - _SWATCH / 2)
        page.add_artist(
            Rectangle(corner, wide, _SWATCH, facecolor=step.colour, edgecolor=_EDGE, linewidth=0.4)
        )
        if step.within:
            legend.write(page, x + wide / 2, middle, step.within, _SIZE, ha="center")


def _marks(page: Axes, steps: Sequence[Step], left: float, middle: float, width: float) -> None:
    wide = width / len(steps)
    for number, step in enumerate(steps):
        if step.mark:
            x = left + number * wide
            legend.write(page, x, middle, step.mark, _SIZE, colour=style.MUTED, ha="center")


def _few(page: Axes, left: float, middle: float, _: float) -> None:
    ground, stripes = style.SHADE_FEW
    page.add_artist(
        Rectangle(
            (left, middle - _SWATCH / 2),
            16,
            _SWATCH,
            facecolor=ground,
            edgecolor=_EDGE,
            linewidth=0.4,
            hatch=HATCH,
            hatchcolor=stripes,
        )
    )
    legend.write(page, left + 21, middle, "Too few records to compare")
