"""The frames of a film: a sheet that is drawn once, and on it what each moment changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.patches import Rectangle

from bordermap.cartography import style
from bordermap.model.vocabulary import DatePrecision, Kind
from bordermap.snapshot.film_codecs import Frame
from bordermap.snapshot.making import Material
from bordermap.snapshot.motion import Moment, said
from bordermap.snapshot.sheets import figure, text
from bordermap.snapshot.sheets.placement import Box
from bordermap.snapshot.sheets.sheet import Sheet

_ABOVE = 30.0
"""Names and the scale of a map have at least this zorder; marks lie under them."""

_LARGE, _SMALL, _NOTE = 11.0, 7.0, 5.6
_LEADING = 1.35
_PAD = 6.5
_EVER = np.iinfo(np.int32)
Days = npt.NDArray[np.int32]


class Frames:
    """The frames of a film, drawn when asked for.

    Undated records are left out: they are of no moment.

    Parameters
    ----------
    material : Material

    Attributes
    ----------
    moments : list of Moment
        The days of each frame.
    title : str
        As printed.

    Raises
    ------
    SelectionError
        If there are too many frames, or the spec shows what the data does not have.
    """

    def __init__(self, material: Material) -> None:
        known = pc.not_equal(material.records["date_precision"], DatePrecision.UNKNOWN)
        records = material.records.filter(known)
        undated = len(material.records) - len(records)
        self._start = _days(records["date_start"], _EVER.min)
        self._end = _days(records["date_end"], _EVER.max)
        self._meeting = np.asarray(pc.equal(records["kind"], str(Kind.MEETING)))
        self._motion = material.motion
        self._first, last = self._span(material)
        self.moments = self._motion.moments(self._first, last)
        with figure.style():
            sheet = figure.draw(replace(material, records=records), still=True)
            self.title = sheet.title
            self._canvas = _canvas(sheet)
            self.size = self._canvas.get_width_height(physical=True)
            self._sheet = sheet
            self._plate = _Plate(sheet, [self.caption(moment) for moment in self.moments], undated)
            self._above = _Overlay(sheet, self._plate)
            self._canvas.draw()
            self._ground = self._canvas.copy_from_bbox(sheet.figure.bbox)
            self._above.keep()

    def __len__(self) -> int:
        return len(self.moments)

    @property
    def samples(self) -> list[int]:
        """Numbers of some frames that together have the colours of all."""
        counts = [np.count_nonzero(self._chosen(moment)) for moment in self.moments]
        between = np.linspace(0, len(self) - 1, 3).astype(int).tolist()
        return sorted({int(np.argmax(counts)), *between})

    def draw(self, number: int) -> Frame:
        """Return a frame by its number, from 0."""
        moment = self.moments[number]
        shown = self._motion.shown(moment, self._first)
        window = (_day(shown.first), _day(shown.last))
        with figure.style():
            added = self._sheet.draw_moment(self._chosen(moment), window)
            self._canvas.restore_region(self._ground)
            renderer = self._canvas.get_renderer()
            for artist in sorted(added, key=_depth):
                artist.draw(renderer)
                artist.remove()
            self._plate.draw(renderer, *self.caption(moment))
        frame = np.array(self._canvas.buffer_rgba())[..., :3]
        self._above.lay(frame)
        return frame

    def _span(self, material: Material) -> Moment:
        """Return the days of the film: those that are selected, else those of the records.

        They reach no further than the days of the dataset.
        """
        selection = material.spec.selection
        known = np.concatenate([self._start, self._end])
        known = known[(known != _EVER.min) & (known != _EVER.max)]
        day = selection.date_from or selection.date_to or material.spec.made_on
        low, high = material.dataset.days or (day, day)
        first, last = day, day
        if known.size:
            first, last = np.array([known.min(), known.max()], "datetime64[D]").tolist()
        first = max(selection.date_from or first, low)
        return Moment(first, max(first, min(selection.date_to or last, high)))

    def _chosen(self, moment: Moment) -> npt.NDArray[np.bool_]:
        """Return which records a frame shows: those that may lie in its days."""
        first, last = self._motion.shown(moment, self._first)
        chosen: npt.NDArray[np.bool_] = (self._end >= _day(first)) & (self._start <= _day(last))
        return chosen

    def caption(self, moment: Moment) -> tuple[str, str]:
        """Return what a frame says: its days, and how many records they have."""
        chosen = self._chosen(moment)
        total = int(np.count_nonzero(chosen))
        meetings = int(np.count_nonzero(chosen & self._meeting))
        numbers = [_number(total - meetings, "incident"), _number(meetings, "meeting")]
        return said(self._motion.shown(moment, self._first)), " · ".join(numbers)


class _Plate:
    """Date and numbers of a moment, in a corner of the map.

    Attributes
    ----------
    box : (float, float, float, float)
        Left, bottom, right, top in points of the map.
    """

    def __init__(self, sheet: Sheet, lines: Sequence[tuple[str, str]], undated: int) -> None:
        note = f"{_number(undated, 'undated record')} left out" if undated else ""
        sizes = (_LARGE, _SMALL, _NOTE)
        widths = [
            *(text.width(head, _LARGE, True) for head, _ in lines),
            *(text.width(below, _SMALL) for _, below in lines),
            text.width(note, _NOTE),
        ]
        wide = max(widths) + 2 * _PAD
        high = sum(size * _LEADING for size in sizes[: 3 if note else 2]) + 2 * _PAD * 0.7
        self.box = _corner(sheet, wide, high)
        left, bottom, _, top = self.box
        axes = sheet.map.symbols
        plate = Rectangle(
            (left, bottom),
            wide,
            high,
            facecolor=style.PAPER,
            edgecolor=style.MUTED,
            linewidth=0.7,
            visible=False,
        )
        axes.add_artist(plate)
        self._artists: list[Artist] = [plate]
        self._lines = []
        top -= _PAD * 0.7
        for size, bold, line in ((_LARGE, True, ""), (_SMALL, False, ""), (_NOTE, False, note)):
            written = axes.text(
                left + _PAD,
                top - size * _LEADING / 2,
                line,
                ha="left",
                va="center_baseline",
                color=style.INK if bold else style.MUTED,
                fontproperties=text.font(size, bold=bold),
                parse_math=False,
                visible=False,
            )
            top -= size * _LEADING
            self._artists.append(written)
            self._lines.append(written)

    def draw(self, renderer: RendererAgg, head: str, below: str) -> None:
        """Draw it with these words."""
        for line, words in zip(self._lines, (head, below), strict=False):
            line.set_text(words)
        for artist in self._artists:
            artist.set_visible(True)
            artist.draw(renderer)
            artist.set_visible(False)


class _Overlay:
    """The names of the map, which lie over its marks, as pixels.

    Made before the ground is drawn, from which it takes them away.
    """

    def __init__(self, sheet: Sheet, plate: _Plate) -> None:
        self._canvas = _canvas(sheet)
        self._plate = sheet.map.symbols.transData.transform(np.reshape(plate.box, (2, 2)))
        self._artists = sorted(
            (
                artist
                for artist in sheet.map.symbols.get_children()
                if artist.get_visible() and artist.get_zorder() >= _ABOVE
            ),
            key=_depth,
        )
        for artist in self._artists:
            artist.set_visible(False)

    def keep(self) -> None:
        """Draw the names by themselves and keep the pixels."""
        renderer = self._canvas.get_renderer()
        renderer.clear()
        for artist in self._artists:
            artist.set_visible(True)
            artist.draw(renderer)
            artist.set_visible(False)
        pixels = np.array(self._canvas.buffer_rgba())
        (left, bottom), (right, top) = np.rint(self._plate).astype(int)
        height = len(pixels)
        pixels[height - top : height - bottom + 1, left : right + 1, 3] = 0
        rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
        self._where = (
            slice(rows[0], rows[-1] + 1) if rows.size else slice(0),
            slice(columns[0], columns[-1] + 1) if columns.size else slice(0),
        )
        cut = pixels[self._where].astype(np.uint16)
        opacity = cut[..., 3:]
        self._paint = cut[..., :3] * opacity + 127
        self._through = 255 - opacity

    def lay(self, frame: Frame) -> None:
        """Lay the names over a frame."""
        under = frame[self._where]
        under[:] = (self._paint + under * self._through) // 255


def _canvas(sheet: Sheet) -> Any:
    """Return the canvas of pixels, whose methods have no types."""
    return sheet.figure.canvas


def _corner(sheet: Sheet, wide: float, high: float) -> Box:
    """Return where a plate of a size is best: in a free corner, or along an edge."""
    shown, gap = sheet.map, 6.0
    right, top = shown.width - wide - gap, shown.height - high - gap
    along = np.linspace(0, 1, 13)
    corners = [(gap, top), (right, top), (gap, gap), (right, gap)]
    edges = [
        *((gap + share * (right - gap), top) for share in along),
        *((gap, top - share * (top - gap)) for share in along),
        *((right, top - share * (top - gap)) for share in along),
    ]
    boxes = [(x, y, x + wide, y + high) for x, y in (*corners, *edges)]
    return shown.room.place(boxes) or boxes[0]


def _depth(artist: Artist) -> tuple[float, float]:
    axes = getattr(artist, "axes", None)
    return (axes.get_zorder() if axes is not None else 0.0, artist.get_zorder())


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _days(values: pa.ChunkedArray, missing: int) -> Days:
    return np.asarray(pc.fill_null(values.cast(pa.int32()), missing))


def _day(day: date) -> int:
    return (day - _EPOCH).days


_EPOCH = date(1970, 1, 1)
