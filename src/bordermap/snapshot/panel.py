"""A map on a sheet: the ground in metres of the plane, symbols and names in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame, GeoSeries
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from bordermap.cartography import style
from bordermap.model.vocabulary import GateClass, GeoPrecision, SiteClass
from bordermap.snapshot import placement, symbols, text
from bordermap.snapshot.frame import Frame, project, project_geometry
from bordermap.snapshot.marks import Group, Mark, areas, count, families, groups, half_size
from bordermap.snapshot.placement import Box, Room

_GROUND = {"water": 1, "countries": 2, "states": 3, "state_lines": 4, "coast": 4.2, "rivers": 4.4}
_LINES = {"boundaries": 5, "corridor": 5.4, "casing": 5.6, "border": 5.7}
_NAMED_RIVER_RANK = 3
_LEAST_MAIN_COUNT = 3
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
                    edges = units.set_geometry(units.boundary)
                    self._line(edges, "state", _GROUND["state_lines"])
            self._line(layers.get("rivers"), "river", _GROUND["rivers"])
            self._line(layers.get("corridor"), "corridor", _LINES["corridor"])
        if (boundaries := layers.get("boundaries")) is not None:
            disputed = boundaries["disputed"].astype(bool)
            self._line(boundaries[~disputed], "international", _LINES["boundaries"])
            self._line(boundaries[disputed], "disputed", _LINES["boundaries"])
        self._line(layers.get("border"), "border_casing", _LINES["casing"])
        self._line(layers.get("border"), "border", _LINES["border"])

    def _fill(self, geometries: GeoSeries, colour: str, zorder: float) -> None:
        if len(geometries):
            geometries.plot(
                ax=self.ground, aspect=None, facecolor=colour, edgecolor=colour,
                linewidth=0.3, zorder=zorder,
            )  # fmt: skip

    def _line(self, table: GeoDataFrame | None, name: str, zorder: float) -> None:
        if table is not None:
            symbols.draw_lines(self.ground, _plane(table), style.LINES[name], zorder)

    # ------------------------------------------------------------------ symbols

    def draw_points(self, layers: Layers) -> list[tuple[str, float, float, style.Symbol, str]]:
        """Draw gates and sites, and return those inside: name, point, symbol, class."""
        shown = []
        for key, column, table in (
            ("sites", "site_class", style.SITES),
            ("gates", "gate_class", style.GATES),
        ):
            layer = layers.get(key)
            if layer is None or layer.empty:
                continue
            x, y = project(layer.geometry.x.to_numpy(), layer.geometry.y.to_numpy())
            inside = self.frame.holds(x, y)
            for name, term, east, north in zip(
                layer["name"][inside], layer[column][inside], *self.points(x[inside], y[inside]),
                strict=True,
            ):  # fmt: skip
                symbol = table[term]
                symbols.draw_symbol(self.symbols, symbol, east, north, zorder=10)
                shown.append((str(name), float(east), float(north), symbol, str(term)))
        return shown

    def draw_marks(self, marks: Sequence[Mark]) -> list[Group]:
        """Draw the records inside, and return them as they were grouped."""
        inside = [mark for mark in marks if self.frame.holds(mark.x, mark.y)]
        per_km = self.frame.metres_per_kilometre / self.metres_per_point
        disc = style.OUTLINES[GeoPrecision.DISTRICT].radius_km * per_km
        for area in areas(inside, GeoPrecision.DISTRICT):
            colours = families(area.marks)
            colour = style.FAMILY_COLOURS[min(colours)] if len(colours) == 1 else style.MUTED
            x, y = self.points(area.x, area.y)
            symbols.draw_area(self.symbols, colour, x, y, max(disc, 6), count(area.marks), 8)
            self.room.take((x - 5, y - 4, x + 5, y + 4))
        merged = groups(inside, self.metres_per_point)
        for order, group in enumerate(merged):
            x, y = self.points(group.x, group.y)
            symbols.draw_group(self.symbols, group, x, y, zorder=12 + order * 0.001)
            half_width, half_height = half_size(group)
            self.room.take((x - half_width, y - half_height, x + half_width, y + half_height))
        return merged

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
        busy = sorted(merged, key=lambda group: -count(group.marks))
        main = [group for group in busy if count(group.marks) >= _LEAST_MAIN_COUNT]
        self._name_groups(main, 6.6, bold=True)
        first = [point for point in points if point[4] in (GateClass.FIRST, SiteClass.CAPITAL)]
        self._name_points(first)
        self._name_groups([group for group in busy if group not in main], 6.0, bold=False)
        self._name_points([point for point in points if point not in first])
        self._name_rivers(layers.get("rivers"))

    def _name_units(self, layers: Layers, in_state: Mapping[str, int]) -> None:
        window = shapely.box(*self.frame.degrees)
        for key, kind in (("states", "state"), ("yunnan", "state"), ("countries", "country")):
            table = layers.get(key)
            if table is None:
                continue
            for code, name, geometry in zip(
                table["code"], table["name"], table.geometry, strict=True
            ):
                seen = shapely.intersection(shapely.simplify(geometry, 0.02), window)
                if not seen.is_empty and code != "MM":
                    only = in_state.get(code, 0)
                    self._name_area(str(name), kind, self._in_points(seen), only)

    def _name_area(self, name: str, kind: str, area: Any, only: int) -> None:
        look = style.TEXTS[kind]
        size = look.size * symbols.POINTS_PER_PIXEL * 0.92
        lines = [text.printable(name)]
        if look.capitals:
            lines = [_HAIR.join(line.upper()) for line in lines]
        note = f"+{only} in the state as a whole" if only else ""
        wide = max(text.width(line, size, bold=True) for line in lines)
        wide = max(wide, text.width(note, 5.6))
        high = size * 1.2 * len(lines) + (7 if note else 0)
        visible = shapely.intersection(area, shapely.box(3, 3, self.width - 3, self.height - 3))
        box = self.room.place(placement.within(visible, (wide + 4, high)))
        if box is None:
            return
        middle = (box[0] + box[2]) / 2
        for number, line in enumerate(lines):
            self._write(
                middle, box[3] - size * (0.6 + 1.2 * number), line, size, look.colour,
                look.halo, bold=True,
            )  # fmt: skip
        if note:
            self._write(middle, box[1] + 3.5, note, 5.6, style.INK, look.halo)

    def _name_groups(self, merged: Sequence[Group], size: float, *, bold: bool) -> None:
        for group in merged:
            x, y = self.points(group.x, group.y)
            self._name_beside(group.name, x, y, half_size(group), size, style.INK, bold=bold)

    def _name_points(
        self, points: Sequence[tuple[str, float, float, style.Symbol, str]]
    ) -> None:
        for name, x, y, symbol, _ in points:
            half = symbol.size * symbols.POINTS_PER_PIXEL / 2
            self._name_beside(name, x, y, (half, half), 6.0, style.MUTED, bold=False)

    def _name_beside(
        self, name: str, x: float, y: float, half: tuple[float, float], size: float, colour: str,
        *, bold: bool,
    ) -> None:  # fmt: skip
        line = text.printable(name)
        if not line:
            return
        box = self.room.place(
            placement.around(x, y, half, (text.width(line, size, bold) + 1, size * 1.1))
        )
        if box is not None:
            middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            self._write(middle_x, middle_y, line, size, colour, style.PAPER, bold=bold)

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
        self, x: float, y: float, line: str, size: float, colour: str, halo: str,
        *, bold: bool = False, italic: bool = False, rotation: float = 0.0,
    ) -> None:  # fmt: skip
        self.symbols.text(
            x, y, line, ha="center", va="center", color=colour, rotation=rotation,
            rotation_mode="anchor", fontproperties=text.font(size, bold=bold, italic=italic),
            parse_math=False, zorder=30, clip_on=True,
            path_effects=[withStroke(linewidth=1.6, foreground=halo, alpha=0.85)],
        )  # fmt: skip

    def _in_points(self, geometry: Any) -> Any:
        def points(vertices: Any) -> Any:
            return np.column_stack(self.points(vertices[:, 0], vertices[:, 1]))

        return shapely.transform(project_geometry(geometry), points)


def _plane(table: GeoDataFrame) -> GeoSeries:
    return GeoSeries(project_geometry(table.geometry.to_numpy()))


def _covered(countries: GeoDataFrame) -> GeoSeries:
    """Return the rectangle that the layers were cut from: outside it nothing is known."""
    rectangle = shapely.segmentize(shapely.box(*countries.total_bounds), 0.5)
    return GeoSeries([project_geometry(rectangle)])


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
