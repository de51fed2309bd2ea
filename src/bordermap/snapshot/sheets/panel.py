"""A map on a sheet: the ground in metres of the plane, symbols and names in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Stroke

from bordermap.cartography import style
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.model.vocabulary import GateClass, GeoPrecision, SiteClass
from bordermap.snapshot.frame import Frame, project, project_geometry
from bordermap.snapshot.sheets import density, placement, symbols, text
from bordermap.snapshot.sheets.districts import District, districts
from bordermap.snapshot.sheets.ground import Layers, draw_ground, seen
from bordermap.snapshot.sheets.marks import POINTS, Group, Mark, Marks, count, groups, half_size
from bordermap.snapshot.sheets.naming import Naming
from bordermap.snapshot.sheets.placement import Box, Room

_NAMED_RIVER_RANK = 3
_LEAST_MAIN_COUNT = 3
_LEAST_DISC = 6.0
_RIM = 9.0
_EDGE = 4.0
_HALOES, _NAMES = 29, 30
_HAIR = "\u200a"


class Panel:
    """A rectangle of a sheet with a map in it.

    Parameters
    ----------
    place : (float, float, float, float)
        Left, bottom, width, height on the sheet, in points.
    frame : Frame
        What it shows.
    naming : Naming, optional
        Of places; English by default.
    labels : bool
        Whether names are written.

    Attributes
    ----------
    left, bottom, width, height : float
        Where it lies on the sheet, in points from its lower left corner.
    room : Room
        Where names may still go.
    dense : bool
        Whether points are drawn as densities.
    """

    def __init__(
        self,
        figure: Figure,
        place: tuple[float, float, float, float],
        frame: Frame,
        *,
        naming: Naming | None = None,
        labels: bool = True,
    ) -> None:
        sheet_width, sheet_height = figure.get_size_inches() * 72
        left, bottom, self.width, self.height = place
        self.left, self.bottom = left, bottom
        rectangle = (
            left / sheet_width,
            bottom / sheet_height,
            self.width / sheet_width,
            self.height / sheet_height,
        )
        self.frame = frame
        self.room = Room(self.width, self.height)
        self._naming = naming or Naming("en", Gazetteer({}))
        self._labels = labels
        self._named: set[str] = set()
        self.dense = False
        self._arranged: tuple[Marks | None, list[Group]] = (None, [])
        self._seats: dict[tuple[float, float], tuple[float, float] | None] = {}
        self.ground: Axes = figure.add_axes(rectangle, facecolor="#f6f6f4", zorder=1)
        self.ground.set(xlim=(frame.left, frame.right), ylim=(frame.bottom, frame.top))
        self.ground.set_autoscale_on(False)
        self.symbols: Axes = figure.add_axes(rectangle, facecolor="none", zorder=2)
        self.symbols.set(xlim=(0, self.width), ylim=(0, self.height))
        for axes in (self.ground, self.symbols):
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set(color=style.MUTED, linewidth=0.7)

    @property
    def metres_per_point(self) -> float:
        """Metres of the plane to a point of paper."""
        return self.frame.width / self.width

    def points(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return metres of the plane as points from the lower left corner."""
        scale = self.metres_per_point
        return (x - self.frame.left) / scale, (y - self.frame.bottom) / scale

    # ------------------------------------------------------------------ ground

    def draw_ground(
        self, layers: Layers, *, detailed: bool = True, fills: Mapping[str, str] | None = None
    ) -> None:
        """Draw land, water and lines: :func:`bordermap.snapshot.sheets.ground.draw_ground`."""
        part = (layers, self.frame, self.metres_per_point)
        draw_ground(self.ground, *part, detailed=detailed, fills=fills)

    # ------------------------------------------------------------------ symbols

    def draw_points(self, layers: Layers) -> list[tuple[str, float, float, style.Symbol, str]]:
        """Draw gates and sites, and return those inside: name, point, symbol, class."""
        shown = []
        for key, column, table, other in (
            ("sites", "site_class", style.SITES, SiteClass.VENUE),
            ("gates", "gate_class", style.GATES, GateClass.NONE),
        ):
            layer = layers.get(key)
            if layer is None or layer.empty:
                continue
            plane = project(layer.geometry.x.to_numpy(), layer.geometry.y.to_numpy())
            x, y = self.points(*plane)
            inside = self._is_inside(x, y, _EDGE)
            for name, term, east, north in zip(
                *(self._naming.features(layer[inside]), layer[column][inside]),
                *(x[inside], y[inside]),
                strict=True,
            ):
                symbol = table.get(term, table[other])
                symbols.draw_symbol(self.symbols, symbol, east, north, zorder=10)
                shown.append((name, float(east), float(north), symbol, str(term)))
        return shown

    def arrange(self, marks: Marks) -> list[Group]:
        """Keep room for the records inside, name the main places; return how points are grouped.

        Nothing is drawn but names; that is left to `draw_marks`. Where points are many they
        are densities from here on, and no groups.
        """
        inside = marks[self.holds(marks)]
        points = inside[inside.known_to(*POINTS)]
        self.dense = len(points) >= density.FROM
        merged = [] if self.dense else groups(points, self.metres_per_point)
        self._arranged = (marks, merged)
        for group in merged:
            self._keep(group)
        self._name_groups([group for group in merged if _is_main(group)], 6.6, bold=True)
        for disc in self._districts(inside):
            self._seats[disc.x, disc.y] = self._seat_of_number(*self.points(disc.x, disc.y))
        return merged

    def draw_marks(self, marks: Marks) -> None:
        """Draw the records inside, districts as discs; room is not asked for."""
        inside = marks[self.holds(marks)]
        discs = self._districts(inside)
        for disc in discs:
            x, y = self.points(disc.x, disc.y)
            symbols.draw_area(
                *(self.symbols, disc.colour, x, y, self._disc),
                zorder=8,
                opacity=density.QUIET if self.dense else 1.0,
            )
        arranged, merged = self._arranged
        if self.dense or marks is not arranged:
            self.draw_records(inside[inside.known_to(*POINTS)], dense=self.dense)
        else:
            self._draw_groups(merged)
        for disc in discs:
            if seat := self._seats.get((disc.x, disc.y), self.points(disc.x, disc.y)):
                x, y = seat
                self._write(x, y, f"{disc.records:,}", 6, disc.colour, style.PAPER, bold=True)

    def draw_records(self, marks: Marks, *, dense: bool | None = None) -> None:
        """Draw the records inside as points; room is not asked for.

        Parameters
        ----------
        dense : bool, optional
            As densities; by default where they are many.
        """
        inside = marks[self.holds(marks)]
        if dense or (dense is None and len(inside) >= density.FROM):
            spots = density.spots(*self.points(inside.x, inside.y), inside.record)
            density.draw_spots(self.symbols, spots, zorder=12)
        else:
            self._draw_groups(groups(inside, self.metres_per_point))

    def _draw_groups(self, merged: Sequence[Group]) -> None:
        for order, group in enumerate(merged):
            symbols.draw_group(self.symbols, group, *self._seat(group), zorder=12 + order * 0.001)

    def _districts(self, inside: Marks) -> list[District]:
        known = inside[inside.known_to(GeoPrecision.DISTRICT)]
        return districts(known, self.metres_per_point, many=self.dense)

    @property
    def _disc(self) -> float:
        """Radius of the disc of a district, in points."""
        per_km = self.frame.metres_per_kilometre / self.metres_per_point
        return max(_LEAST_DISC, style.OUTLINES[GeoPrecision.DISTRICT].radius_km * per_km)

    def _seat_of_number(self, x: float, y: float) -> tuple[float, float] | None:
        """Keep room for the number of a disc: in its middle, or where it is free."""
        turns, reach = np.radians([90, 270, 0, 180, 45, 135, 225, 315]), self._disc * 0.72
        offsets = [(0.0, 0.0), *zip(np.cos(turns) * reach, np.sin(turns) * reach, strict=True)]
        boxes = [(x + dx - 4, y + dy - 3.6, x + dx + 4, y + dy + 3.6) for dx, dy in offsets]
        box = self.room.place(boxes)
        return box and ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)

    def draw_places(self, marks: Sequence[Mark]) -> list[Group]:
        """Draw the records inside as points, and return how they were grouped."""
        merged = groups(list(filter(self.shows, marks)), self.metres_per_point)
        self._draw_groups(merged)
        for group in merged:
            self._keep(group)
        return merged

    def _keep(self, group: Group) -> None:
        """Keep names off the symbols of a group."""
        half_width, half_height = half_size(group)
        x, y = self._seat(group)
        self.room.take((x - half_width, y - half_height, x + half_width, y + half_height))

    def _seat(self, group: Group) -> tuple[float, float]:
        """Return where a group is drawn: at its place, or moved in where the edge would cut it."""
        x, y = self.points(group.x, group.y)
        half_width, half_height = half_size(group)
        return (
            float(np.clip(x, half_width + 1, self.width - half_width - 1)),
            float(np.clip(y, half_height + 1, self.height - half_height - 1)),
        )

    def shows(self, mark: Mark) -> bool:
        """Return whether a mark has its place on the map, not cut by the edge."""
        return bool(self._is_inside(*self.points(mark.x, mark.y)))

    def holds(self, marks: Marks) -> npt.NDArray[np.bool_]:
        """Return which marks have their place on the map, not cut by the edge."""
        return np.asarray(self._is_inside(*self.points(marks.x, marks.y)))

    def _is_inside(self, x: Any, y: Any, rim: float = _RIM) -> Any:
        """Return whether points of the paper lie inside, off the edge by a rim."""
        return (x >= rim) & (x <= self.width - rim) & (y >= rim) & (y <= self.height - rim)

    def corner(self, width: float, height: float) -> tuple[float, float]:
        """Take the first free corner of a size, or else the first; return its lower left."""
        right, top = self.width - width - 5, self.height - height - 5
        boxes = [
            (x, y, x + width, y + height)
            for x, y in ((right, 5.0), (5.0, 5.0), (right, top), (5.0, top))
        ]
        left, bottom, *_ = self.room.place(boxes) or boxes[0]
        return left, bottom

    # ------------------------------------------------------------------ names

    def draw_names(
        self,
        layers: Layers,
        merged: Sequence[Group],
        points: Sequence[tuple[str, float, float, style.Symbol, str]],
        in_state: Mapping[str, int],
    ) -> None:
        """Write the names that find room.

        Parameters
        ----------
        in_state : mapping of region code to int
            How many records are known to a state only.
        """
        for _, x, y, symbol, _ in points:
            half = _reach(symbol)
            self.room.take((x - half, y - half, x + half, y + half))
        self._name_units(layers, in_state)
        first = [point for point in points if point[4] in (GateClass.FIRST, SiteClass.CAPITAL)]
        self._name_points(first)
        self._name_groups([group for group in merged if not _is_main(group)], 6.0, bold=False)
        self._name_points([point for point in points if point not in first])
        self._name_rivers(layers.get("rivers"))

    def _name_units(self, layers: Layers, in_state: Mapping[str, int]) -> None:
        for key, kind in (("states", "state"), ("yunnan", "state"), ("countries", "country")):
            table = layers.get(key)
            if table is None:
                continue
            areas = shapely.transform(seen(table, self.frame), self._plane_to_points)
            for code, name, area in zip(
                table["code"], self._naming.features(table), areas, strict=True
            ):
                if not area.is_empty and code != "MM":
                    self._name_area(name, kind, area, in_state.get(code, 0))

    def _name_area(self, name: str, kind: str, area: Any, only: int) -> None:
        look = style.TEXTS[kind]
        size = look.size * symbols.POINTS_PER_PIXEL * 0.92
        line = _HAIR.join(name.upper()) if look.capitals and name.isascii() else name
        note = f"+{only:,} without a closer place" if only else ""
        wide = max(text.width(line, size, bold=True), text.width(note, 5.6))
        line_high = sum(text.reach(line, size, bold=True)) + 1
        high = line_high + (7 if note else 0)
        inside = shapely.box(3, 3, self.width - 3, self.height - 3)
        visible = shapely.intersection(area, inside)
        box = self.room.place(placement.within(visible, (wide + 4, high)))
        if box is None:
            return
        middle = (box[0] + box[2]) / 2
        top = box[3] - line_high / 2
        self._write(middle, top, line, size, look.colour, look.halo, bold=True)
        if note:
            self._write(middle, box[1] + 3.5, note, 5.6, style.INK, look.halo)

    def _name_groups(self, merged: Sequence[Group], size: float, *, bold: bool) -> None:
        for group in sorted(merged, key=lambda group: -count(group.marks)):
            x, y = self._seat(group)
            name = self._naming.place(group.name)
            self._name_beside(name, x, y, half_size(group), size, style.INK, bold=bold)

    def _name_points(self, points: Sequence[tuple[str, float, float, style.Symbol, str]]) -> None:
        for name, x, y, symbol, _ in points:
            half = _reach(symbol)
            self._name_beside(name, x, y, (half, half), 6.0, style.MUTED, bold=False)

    def _name_beside(
        self,
        name: str,
        x: float,
        y: float,
        half: tuple[float, float],
        size: float,
        colour: str,
        *,
        bold: bool,
    ) -> None:
        if not self._labels or not name or name in self._named:
            return
        box = self.room.place(
            placement.around(
                *(x, y, half),
                (text.width(name, size, bold) + 1, sum(text.reach(name, size, bold)) + 1),
            )
        )
        if box is not None:
            middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            self._write(middle_x, middle_y, name, size, colour, style.PAPER, bold=bold)
            self._named.add(name)

    def _name_rivers(self, rivers: GeoDataFrame | None) -> None:
        if rivers is None or "rank" not in rivers.columns:
            return
        look = style.TEXTS["water"]
        size = look.size * symbols.POINTS_PER_PIXEL * 0.75
        window = shapely.box(*self.frame.degrees)
        for line, rank, geometry in zip(
            self._naming.features(rivers), rivers["rank"], rivers.geometry, strict=True
        ):
            seen = shapely.intersection(geometry, window)
            if not line or rank > _NAMED_RIVER_RANK or seen.is_empty:
                continue
            wide = text.width(line, size, italic=True)
            for x, y, angle in _along(self._in_points(seen), wide):
                turned = np.radians(angle)
                half_x = (abs(np.cos(turned)) * wide + abs(np.sin(turned)) * size) / 2
                half_y = (abs(np.sin(turned)) * wide + abs(np.cos(turned)) * size) / 2
                box: Box = (x - half_x, y - half_y, x + half_x, y + half_y)
                if self.room.place([box]):
                    self._write(
                        x, y, line, size, look.colour, look.halo, italic=True, rotation=angle
                    )
                    break

    def _write(
        self,
        x: float,
        y: float,
        line: str,
        size: float,
        colour: str,
        halo: str,
        *,
        bold: bool = False,
        italic: bool = False,
        rotation: float = 0.0,
    ) -> None:
        """Write a line around a point."""
        above, below = text.reach(line, size, bold, italic)
        turned, down = np.radians(rotation), (above - below) / 2
        # A halo turns letters into outlines: it lies under a text that stays one.
        halves: list[dict[str, Any]] = [
            {
                "path_effects": [Stroke(linewidth=1.8, foreground=halo, alpha=0.9)],
                "zorder": _HALOES,
            },
            {"zorder": _NAMES},
        ]
        for half in halves:
            self.symbols.text(
                x + down * np.sin(turned),
                y - down * np.cos(turned),
                line,
                ha="center",
                va="baseline",
                color=colour,
                rotation=rotation,
                rotation_mode="anchor",
                fontproperties=text.font(size, bold=bold, italic=italic, of=line),
                parse_math=False,
                clip_on=True,
                **half,
            )

    def _in_points(self, geometry: Any) -> Any:
        return shapely.transform(project_geometry(geometry), self._plane_to_points)

    def _plane_to_points(self, vertices: Any) -> Any:
        return np.column_stack(self.points(vertices[:, 0], vertices[:, 1]))


def _reach(symbol: style.Symbol) -> float:
    """Return half the size of a symbol with its outline, in points."""
    return (symbol.size + symbol.width) * symbols.POINTS_PER_PIXEL / 2


def _is_main(group: Group) -> bool:
    return count(group.marks) >= _LEAST_MAIN_COUNT


def _along(geometry: Any, length: float) -> list[tuple[float, float, float]]:
    """Return where a name of a length lies well along a line: point and angle in degrees."""
    merged = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    found = []
    for part in shapely.get_parts(merged):
        if part.geom_type != "LineString" or part.length < 1.3 * length:
            continue
        for middle in np.arange(0.65 * length, part.length - 0.65 * length, 8.0):
            start, end = shapely.line_interpolate_point(
                part, [middle - length / 2, middle + length / 2]
            )
            x, y = (start.x + end.x) / 2, (start.y + end.y) / 2
            chord = np.hypot(end.x - start.x, end.y - start.y)
            if chord < 0.93 * length:
                continue
            angle = np.degrees(np.arctan2(end.y - start.y, end.x - start.x))
            upright = (angle + 90) % 180 - 90
            found.append((-chord / length, abs(middle - part.length / 2), x, y, upright))
    return [(x, y, angle) for *_, x, y, angle in sorted(found)]
