"""A map on a sheet: the ground in metres of the plane, symbols and names in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from bordermap.cartography import style
from bordermap.model.vocabulary import GateClass, GeoPrecision, SiteClass
from bordermap.snapshot import placement, symbols, text
from bordermap.snapshot.frame import Frame, project, project_geometry
from bordermap.snapshot.marks import POINTS, Group, Mark, areas, count, families, groups, half_size
from bordermap.snapshot.placement import Box, Room

_GROUND = {"water": 1, "countries": 2, "states": 3, "state_lines": 4, "coast": 4.2, "rivers": 4.4}
_LINES = {"boundaries": 5, "corridor": 5.4, "casing": 5.6, "border": 5.7}
_NAMED_RIVER_RANK = 3
_LEAST_MAIN_COUNT = 3
_LEAST_DISC = 6.0
_RIM = 9.0
_HAIR = "\u200a"

Layers = Mapping[str, GeoDataFrame]


class Panel:
    """A rectangle of a sheet with a map in it.

    Parameters
    ----------
    place : (float, float, float, float)
        Left, bottom, width, height on the sheet, in points.
    frame : Frame
        What it shows.

    Attributes
    ----------
    room : Room
        Where names may still go.
    """

    def __init__(
        self, figure: Figure, place: tuple[float, float, float, float], frame: Frame
    ) -> None:
        sheet_width, sheet_height = figure.get_size_inches() * 72
        left, bottom, self.width, self.height = place
        rectangle = (
            left / sheet_width,
            bottom / sheet_height,
            self.width / sheet_width,
            self.height / sheet_height,
        )
        self.frame = frame
        self.room = Room(self.width, self.height)
        self._named: set[str] = set()
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

    def draw_ground(self, layers: Layers, *, detailed: bool = True) -> None:
        """Draw land, water and lines.

        Parameters
        ----------
        detailed : bool
            With rivers, the lines between states, and the corridor.
        """
        fill = style.FILL
        if (countries := layers.get("countries")) is not None:
            self._fill(_covered(countries), fill.water, _GROUND["water"])
            self._fill(_plane(countries), fill.neighbour, _GROUND["countries"])
        if (states := layers.get("states")) is not None:
            featured = states["featured"].astype(bool)
            self._fill(_plane(states[~featured]), fill.myanmar, _GROUND["states"])
            self._fill(_plane(states[featured]), fill.featured, _GROUND["states"])
        if (yunnan := layers.get("yunnan")) is not None:
            self._fill(_plane(yunnan), fill.yunnan, _GROUND["states"])
        self._line(layers.get("coastline"), "coast", _GROUND["coast"])
        if detailed:
            for key in ("states", "yunnan"):
                if (units := layers.get(key)) is not None:
                    edges = self._clipped(shapely.boundary(_plane(units)))
                    line = style.LINES["state"]
                    symbols.draw_lines(self.ground, edges, line, _GROUND["state_lines"])
            self._line(layers.get("rivers"), "river", _GROUND["rivers"])
            self._line(layers.get("corridor"), "corridor", _LINES["corridor"])
        if (boundaries := layers.get("boundaries")) is not None:
            disputed = boundaries["disputed"].astype(bool)
            self._line(boundaries[~disputed], "international", _LINES["boundaries"])
            self._line(boundaries[disputed], "disputed", _LINES["boundaries"])
        self._line(layers.get("border"), "border_casing", _LINES["casing"])
        self._line(layers.get("border"), "border", _LINES["border"])

    def _fill(self, geometries: symbols.Geometries, colour: str, zorder: float) -> None:
        symbols.draw_areas(self.ground, self._clipped(geometries), colour, zorder)

    def _line(self, table: GeoDataFrame | None, name: str, zorder: float) -> None:
        if table is not None:
            lines = self._clipped(_plane(table))
            symbols.draw_lines(self.ground, lines, style.LINES[name], zorder)

    def _clipped(self, geometries: symbols.Geometries) -> symbols.Geometries:
        shown, rim = self.frame, self.frame.width * 0.02
        clipped: symbols.Geometries = shapely.clip_by_rect(
            geometries, shown.left - rim, shown.bottom - rim, shown.right + rim, shown.top + rim
        )
        return clipped

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
            x, y = project(layer.geometry.x.to_numpy(), layer.geometry.y.to_numpy())
            inside = self.frame.holds(x, y)
            for name, term, east, north in zip(
                layer["name"][inside],
                layer[column][inside],
                *self.points(x[inside], y[inside]),
                strict=True,
            ):
                symbol = table.get(term, table[other])
                symbols.draw_symbol(self.symbols, symbol, east, north, zorder=10)
                shown.append((str(name), float(east), float(north), symbol, str(term)))
        return shown

    def draw_marks(self, marks: Sequence[Mark]) -> list[Group]:
        """Draw the records inside, districts as discs; return how points were grouped."""
        per_km = self.frame.metres_per_kilometre / self.metres_per_point
        reach = max(_LEAST_DISC, style.OUTLINES[GeoPrecision.DISTRICT].radius_km * per_km)
        inside = list(filter(self.shows, marks))
        merged = self.draw_places([mark for mark in inside if mark.precision in POINTS])
        self._name_groups([group for group in merged if _is_main(group)], 6.6, bold=True)
        for area in areas(inside, GeoPrecision.DISTRICT):
            colours = families(area.marks)
            colour = style.FAMILY_COLOURS[min(colours)] if len(colours) == 1 else style.MUTED
            x, y = self.points(area.x, area.y)
            symbols.draw_area(self.symbols, colour, x, y, reach, zorder=8)
            self._number_area(count(area.marks), colour, x, y, reach)
        return merged

    def _number_area(self, records: int, colour: str, x: float, y: float, reach: float) -> None:
        """Write how many records a disc stands for: in its middle, or where it is free."""
        turns = np.radians([90, 270, 0, 180, 45, 135, 225, 315])
        offsets = [
            (0.0, 0.0),
            *zip(np.cos(turns) * reach * 0.72, np.sin(turns) * reach * 0.72, strict=True),
        ]
        boxes = [(x + dx - 4, y + dy - 3.6, x + dx + 4, y + dy + 3.6) for dx, dy in offsets]
        if box := self.room.place(boxes):
            middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            self._write(middle_x, middle_y, str(records), 6, colour, style.PAPER, bold=True)

    def draw_places(self, marks: Sequence[Mark]) -> list[Group]:
        """Draw the records inside as points, and return how they were grouped."""
        merged = groups(list(filter(self.shows, marks)), self.metres_per_point)
        for order, group in enumerate(merged):
            half_width, half_height = half_size(group)
            x, y = self._seat(group)
            symbols.draw_group(self.symbols, group, x, y, zorder=12 + order * 0.001)
            self.room.take((x - half_width, y - half_height, x + half_width, y + half_height))
        return merged

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
        x, y = self.points(mark.x, mark.y)
        return bool(_RIM <= x <= self.width - _RIM and _RIM <= y <= self.height - _RIM)

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
            half = symbol.size * symbols.POINTS_PER_PIXEL / 2
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
            for code, name, geometry in zip(
                table["code"], table["name"], table.geometry, strict=True
            ):
                seen = shapely.clip_by_rect(geometry, *self.frame.degrees)
                if not seen.is_empty and code != "MM":
                    only = in_state.get(code, 0)
                    area = self._in_points(shapely.simplify(seen, 0.02))
                    self._name_area(str(name), kind, area, only)

    def _name_area(self, name: str, kind: str, area: Any, only: int) -> None:
        look = style.TEXTS[kind]
        size = look.size * symbols.POINTS_PER_PIXEL * 0.92
        lines = [text.printable(name)]
        if look.capitals:
            lines = [_HAIR.join(line.upper()) for line in lines]
        note = f"+{only} without a closer place" if only else ""
        wide = max(text.width(line, size, bold=True) for line in lines)
        wide = max(wide, text.width(note, 5.6))
        high = size * 1.2 * len(lines) + (7 if note else 0)
        # Cut to the frame and simplified, an outline can touch itself.
        inside = shapely.box(3, 3, self.width - 3, self.height - 3)
        visible = shapely.intersection(shapely.make_valid(area), inside)
        box = self.room.place(placement.within(visible, (wide + 4, high)))
        if box is None:
            return
        middle = (box[0] + box[2]) / 2
        for number, line in enumerate(lines):
            self._write(
                middle,
                box[3] - size * (0.6 + 1.2 * number),
                line,
                size,
                look.colour,
                look.halo,
                bold=True,
            )
        if note:
            self._write(middle, box[1] + 3.5, note, 5.6, style.INK, look.halo)

    def _name_groups(self, merged: Sequence[Group], size: float, *, bold: bool) -> None:
        for group in sorted(merged, key=lambda group: -count(group.marks)):
            x, y = self._seat(group)
            self._name_beside(group.name, x, y, half_size(group), size, style.INK, bold=bold)

    def _name_points(self, points: Sequence[tuple[str, float, float, style.Symbol, str]]) -> None:
        for name, x, y, symbol, _ in points:
            half = symbol.size * symbols.POINTS_PER_PIXEL / 2
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
        line = text.printable(name)
        if not line or line in self._named:
            return
        box = self.room.place(
            placement.around(x, y, half, (text.width(line, size, bold) + 1, size * 1.1))
        )
        if box is not None:
            middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            self._write(middle_x, middle_y, line, size, colour, style.PAPER, bold=bold)
            self._named.add(line)

    def _name_rivers(self, rivers: GeoDataFrame | None) -> None:
        if rivers is None or "rank" not in rivers.columns:
            return
        look = style.TEXTS["water"]
        size = look.size * symbols.POINTS_PER_PIXEL * 0.75
        window = shapely.box(*self.frame.degrees)
        for name, rank, geometry in zip(
            rivers["name"], rivers["rank"], rivers.geometry, strict=True
        ):
            line = text.printable(str(name or ""))
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
        self.symbols.text(
            x,
            y,
            line,
            ha="center",
            va="center",
            color=colour,
            rotation=rotation,
            rotation_mode="anchor",
            fontproperties=text.font(size, bold=bold, italic=italic),
            parse_math=False,
            zorder=30,
            clip_on=True,
            path_effects=[withStroke(linewidth=1.6, foreground=halo, alpha=0.85)],
        )

    def _in_points(self, geometry: Any) -> Any:
        def points(vertices: Any) -> Any:
            return np.column_stack(self.points(vertices[:, 0], vertices[:, 1]))

        return shapely.transform(project_geometry(geometry), points)


def _is_main(group: Group) -> bool:
    return count(group.marks) >= _LEAST_MAIN_COUNT


def _plane(table: GeoDataFrame) -> symbols.Geometries:
    projected: symbols.Geometries = project_geometry(table.geometry.to_numpy())
    return projected


def _covered(countries: GeoDataFrame) -> symbols.Geometries:
    """Return the rectangle that the layers were cut from: outside it nothing is known."""
    rectangle = shapely.segmentize(shapely.box(*countries.total_bounds), 0.5)
    return np.array([project_geometry(rectangle)])


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
