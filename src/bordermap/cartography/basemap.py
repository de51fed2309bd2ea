"""The constant base of the map: a Folium map of local layers that fetches nothing.

The map depends on the layers alone, never on a selection, and two maps of the same
layers have the same script. Records reach it through the event layer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xstatic.pkg.leaflet
from branca.element import Element
from folium.map import Layer
from folium.template import Template
from shapely import Geometry

from bordermap.cartography import style
from bordermap.cartography.anchors import interior_point
from bordermap.cartography.event_layer import EventLayer
from bordermap.cartography.markup import INLINE, InlineFile, to_script
from bordermap.model.vocabulary import FEATURED_REGIONS, GateClass, SiteClass

ATTRIBUTION = (
    "Boundaries are indicative and imply no position or endorsement · "
    "© OpenStreetMap contributors (ODbL), Natural Earth, GeoNames"
)
START_BOUNDS = (92.5, 15.6, 101.6, 28.4)
"""West, south, east, north of the view at the start: the border and its four states."""

SCRIPTS = tuple(
    Path(__file__).with_name(name)
    for name in (
        "base_map.js",
        "map_settings.js",
        "symbols.js",
        "canvas_layer.js",
        "labels.js",
        "choropleth.js",
        "draw.js",
    )
)
"""The scripts of the base map, in the order in which they run; those of the events follow."""

BUNDLE = "map.js"
"""Under which name they are served as one, so that a page asks once."""

STYLESHEET = Path(__file__).with_name("map.css")
LEAFLET = Path(xstatic.pkg.leaflet.BASE_DIR)

NAMES = ("name", "name_my", "name_zh")
"""Columns of a layer that hold a name, in English, Burmese and Chinese."""

_MOVE_BOUNDS = (55.0, -10.0, 150.0, 58.0)
_AREA_TOLERANCE = 0.002
_LINE_TOLERANCE = 0.002
_BORDER_TOLERANCE = 0.0005
_LEAST_ISLAND = 2e-5
"""Square degrees (some 0.2 km²): a smaller part of an area is not drawn."""

Layers = Mapping[str, gpd.GeoDataFrame]


class BorderMap(folium.Map):
    """A Folium map that needs Leaflet and our own scripts, and nothing else.

    Parameters
    ----------
    frame : tuple of float
        West, south, east, north of what the layers cover; water inside, paper outside.
    assets : str
        URL prefix of Leaflet's files, or `INLINE`.
    events : EventLayer
        Whose bus and channel the map talks on, and whose ``scripts`` say where ours are.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <meta name="viewport" content="width=device-width, initial-scale=1">
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <div class="folium-map" id={{ this.get_name()|tojson }} ></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }}, {{ this.leaflet_options }}
            );
            bordermap.begin({{ this.get_name() }}, {{ this.config }});
        {% endmacro %}
        """
    )

    def __init__(
        self, frame: tuple[float, float, float, float], *, assets: str, events: EventLayer
    ) -> None:
        west, south, east, north = START_BOUNDS
        super().__init__(location=((south + north) / 2, (west + east) / 2), tiles=None)
        self.leaflet_options = to_script(
            {
                "center": self.location,
                "zoom": 6,
                "minZoom": 4,
                "maxZoom": 14,
                "zoomSnap": 0.5,
                "wheelPxPerZoomLevel": 90,
                "maxBounds": _corners(_MOVE_BOUNDS),
                "maxBoundsViscosity": 0.6,
                "trackResize": False,  # bordermap.begin follows the size
            }
        )
        self._facts = {
            "style": style.table(),
            "bounds": _corners(START_BOUNDS),
            "frame": _corners(frame),
            "attribution": ATTRIBUTION,
        }
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self.shapes = ""
        self._rendered: str | None = None
        self._inline: list[Path] = []
        if assets == INLINE:
            self._inline += [LEAFLET / "leaflet.css", LEAFLET / "leaflet.js"]
        else:
            self.default_css.append(("leaflet_css", f"{assets}/leaflet.css"))
            self.default_js.append(("leaflet", f"{assets}/leaflet.js"))
        if events.scripts == INLINE:
            self._inline += SCRIPTS
        else:
            self.default_js.append(("bordermap_map", f"{events.scripts}/{BUNDLE}"))

    def complete(self, events: EventLayer, *further: Element) -> None:
        """Add what stands above the layers: events, what follows them, and the controls."""
        told = {"bus": events.bus, "channel": events.channel, "columns": events.columns}
        self.config = to_script({**self._facts, **told})
        for element in (events, *further, MapControl()):
            element.add_to(self)
        _number(self, "div")

    def with_events(self, events: EventLayer, *further: Element) -> BorderMap:
        """Return a map of the same layers with other events, which shares their data."""
        other = copy.deepcopy(self)
        other._rendered = None
        layers = [child for child in other._children.values() if isinstance(child, DataLayer)]
        other._children.clear()
        for layer in layers:
            layer.add_to(other)
        other.complete(events, *further)
        return other

    def serve_shapes(self, url: str) -> None:
        """Take the areas and lines out of the page into ``shapes``, served as JSON at a URL."""
        layers = [child for child in self._children.values() if isinstance(child, ShapeLayer)]
        members = ",".join(f"{to_script(layer.role)}:{layer.data}" for layer in layers)
        self.shapes = f"{{{members}}}"
        for layer in layers:
            layer.data = "null"
        self._facts["shapes"] = url

    def render(self, **kwargs: Any) -> str:
        """Render into the figure, inlined scripts first and our own style last.

        It happens once, when all parts are there; later calls return the same text.
        """
        if self._rendered is None:
            self._rendered = self._render(**kwargs)
        return self._rendered

    def _render(self, **kwargs: Any) -> str:
        header = self.get_root().header  # type: ignore[attr-defined]
        for path in self._inline:
            header.add_child(InlineFile(path), name=path.name)
        text: str = super().render(**kwargs)  # type: ignore[no-untyped-call]
        header.add_child(InlineFile(STYLESHEET), name=STYLESHEET.name)
        return text


class DataLayer(Layer):
    """A layer with data of its own.

    Attributes
    ----------
    role : str
        What the layer is; unique on the map.
    data : str
        The data as JSON that may stand in a script.
    """

    def __init__(self, role: str, data: Any, *, name: str | None) -> None:
        super().__init__(name=name, overlay=True, control=name is not None)
        self._name = type(self).__name__
        self.role = role
        self.data = to_script(data)


class ShapeLayer(DataLayer):
    """Areas or lines of one role, drawn as the script of the base map draws that role.

    Parameters
    ----------
    role : str
        The role: ``states``, ``border``, ``rivers`` ...
    table : GeoDataFrame
        Polygons or lines.
    columns : tuple of str
        What the browser has to know of each.
    name : str or None
        Name in the layer switch; None leaves the layer out of it.
    decimals : int
        Decimal places of a degree that are kept.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} =
                bordermap.shapeLayer({{ this.role|tojson }}, {{ this.data }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        role: str,
        table: gpd.GeoDataFrame,
        columns: tuple[str, ...],
        *,
        name: str | None = None,
        decimals: int = 4,
    ) -> None:
        factor = 10**decimals
        shapes = [
            {"properties": properties, "parts": _packed(geometry, factor)}
            for properties, geometry in zip(
                _properties(table, columns), table.geometry, strict=True
            )
        ]
        super().__init__(role, {"factor": factor, "shapes": shapes}, name=name)


class PointLayer(DataLayer):
    """Small symbols of one role: ``gates`` or ``sites``.

    Parameters
    ----------
    role : str
        The role.
    table : GeoDataFrame
        Points, with an ``id``.
    columns : tuple of str
        What the browser has to know of each.
    name : str
        Name in the layer switch.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} =
                bordermap.pointLayer({{ this.role|tojson }}, {{ this.data }});
        {% endmacro %}
        """
    )

    def __init__(
        self, role: str, table: gpd.GeoDataFrame, columns: tuple[str, ...], *, name: str
    ) -> None:
        points = [
            {**properties, "longitude": round(point.x, 5), "latitude": round(point.y, 5)}
            for properties, point in zip(
                _properties(table, ("id", *columns)), table.geometry, strict=True
            )
        ]
        super().__init__(role, points, name=name)


class LabelLayer(DataLayer):
    """Names on the map, each shown from one zoom to another where there is room.

    Parameters
    ----------
    labels : list of dict
        ``name, style, longitude, latitude, from, to, point`` and, where known, ``name_my``
        and ``name_zh``; the most important first.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = bordermap.labels({{ this.data }});
        {% endmacro %}
        """
    )

    def __init__(self, labels: list[dict[str, Any]]) -> None:
        super().__init__("labels", labels, name="Labels")


class MapControl(folium.LayerControl):
    """The switch of the overlays, of how states are shaded and of the language of names."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = bordermap.mapControl({{ this._parent.get_name() }}, {
                {%- for name, layer in this.overlays.items() %}
                {{ name|tojson }}: {{ layer }},
                {%- endfor %}
            });
            bordermap.choropleth({{ this._parent.get_name() }});
            bordermap.drawing({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


def base_map(
    layers: Layers,
    events: EventLayer,
    *,
    assets: str,
    shapes: str | None = None,
) -> BorderMap:
    """Build the map of the given layers, with a layer of events on top.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        ``states, yunnan, countries, boundaries, coastline, rivers, border, gates,
        sites, corridor``, each in longitude, latitude (WGS 84); any may be absent.
    events : EventLayer
        Drawn above everything; its ``scripts`` say where our own scripts come from.
    assets : str
        URL prefix under which the files of XStatic-Leaflet are served, or `INLINE`
        for a page that is one file.
    shapes : str, optional
        URL under which the map's ``shapes`` are served; by default they are a part of the
        map's own script.

    Returns
    -------
    BorderMap
        A map whose script is the same for the same layers and the same event layer.
    """
    result = BorderMap(_frame(layers), assets=assets, events=events)
    for layer in _base_layers(layers):
        layer.add_to(result)
    if shapes is not None:
        result.serve_shapes(shapes)
    result.complete(events)
    return result


def _base_layers(layers: Layers) -> Iterator[Layer]:
    ground = _ground(layers)
    regions = ground[ground["code"].str.contains("-", regex=False)]
    countries = ground.drop(regions.index)
    yield ShapeLayer("countries", countries, ())
    yield ShapeLayer("states", regions, ("code", *NAMES, "featured"))
    yield from _lines(layers, "coastline", ())
    yield from _lines(layers, "rivers", ("rank",), name="Rivers")
    inner = _inner_lines(regions.geometry.to_numpy())
    yield ShapeLayer("state_lines", gpd.GeoDataFrame(geometry=[inner]), ())
    yield from _lines(layers, "boundaries", ("disputed",))
    if (border := layers.get("border")) is not None:
        line = border.set_geometry(border.geometry.simplify(_BORDER_TOLERANCE))
        yield ShapeLayer("border", line, (), decimals=5)
    yield from _lines(layers, "corridor", ("name", "kind"), name="Corridor (schematic)")

    yield LabelLayer(_labels(layers, ground))
    for key, column in (("sites", "site_class"), ("gates", "gate_class")):
        if (table := _placed(layers.get(key))) is not None:
            columns = (*NAMES, "geo_precision", column)
            yield PointLayer(key, table, columns, name=key.capitalize())


def _ground(layers: Layers) -> gpd.GeoDataFrame:
    """Return all areas, none over another, simplified so that shared edges stay shared.

    States and provinces stand for their countries, which keep what is left of them.
    """
    present = [layers[key] for key in ("states", "yunnan", "countries") if key in layers]
    if not present:
        return gpd.GeoDataFrame({"code": pd.Series(dtype=str)}, geometry=[], crs="EPSG:4326")
    table = gpd.GeoDataFrame(pd.concat(present, ignore_index=True))
    is_region = table["code"].str.contains("-", regex=False)
    for country in ("MM", "CN"):
        own = table[is_region & table["code"].str.startswith(country)]
        whole = table["code"] == country
        if len(own) and whole.any():
            table.loc[whole, "geometry"] = table[whole].geometry.difference(own.union_all())
    table = table[~table.geometry.is_empty].reset_index(drop=True)
    simplified = shapely.coverage_simplify(table.geometry.to_numpy(), _AREA_TOLERANCE)
    return table.set_geometry(gpd.GeoSeries(_drawable(simplified), crs=table.crs))


def _lines(
    layers: Layers, key: str, columns: tuple[str, ...], *, name: str | None = None
) -> Iterator[Layer]:
    if (table := layers.get(key)) is not None:
        lines = table.set_geometry(table.geometry.simplify(_LINE_TOLERANCE))
        yield ShapeLayer(key, lines, columns, name=name)


def _drawable(geometries: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Leave out the islands that are too small to see; the largest part always stays."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    areas = shapely.area(parts)
    largest = np.zeros(len(geometries))
    np.maximum.at(largest, owner, areas)
    keep = (areas >= _LEAST_ISLAND) | (areas == largest[owner])
    return np.asarray(shapely.multipolygons(parts[keep], indices=owner[keep]))


def _inner_lines(areas: np.ndarray[Any, Any]) -> Geometry:
    """Return the lines that two areas of a coverage share."""
    outlines = shapely.boundary(areas)
    left, right = np.triu_indices(len(areas), k=1)
    return shapely.line_merge(
        shapely.union_all(shapely.intersection(outlines[left], outlines[right]))
    )


def _properties(table: gpd.GeoDataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    present = [column for column in columns if column in table.columns]
    values = table[present].astype(object).where(table[present].notna(), None)
    rows: list[dict[str, Any]] = values.to_dict("records")
    return rows


def _packed(geometry: Any, factor: int) -> list[list[list[int]]]:
    """Return the rings of polygons, or lines, as integers.

    Of each its first vertex in units of 1/factor degree, then differences, x and y by
    turns: a third of the size of GeoJSON.
    """
    packed = []
    for part in shapely.get_parts(geometry):
        lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        packed.append([_differences(line, factor) for line in lines])
    return packed


def _differences(line: Geometry, factor: int) -> list[int]:
    vertices = np.rint(shapely.get_coordinates(line) * factor).astype(int)
    steps = np.diff(vertices, axis=0, prepend=0)
    steps = steps[np.r_[True, steps[1:].any(axis=1)]]
    numbers: list[int] = steps.ravel().tolist()
    return numbers


def _placed(table: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if table is None:
        return None
    return table[~(table.geometry.isna() | table.geometry.is_empty)]


# ---------------------------------------------------------------- labels

# The states stand for Myanmar on the ground; its own name goes to the regions in its middle.
_MYANMAR = {"name": "Myanmar", "name_my": "မြန်မာ", "name_zh": "缅甸"}
_MYANMAR_MIDDLE = ("MM-02", "MM-03", "MM-04")
_GATE_FROM = {GateClass.FIRST: 7.0, GateClass.SECOND: 7.5, GateClass.CHANNEL: 8.5}
_SITE_FROM = {
    SiteClass.CAPITAL: 6.0,
    SiteClass.DEEP_SEA_PORT: 6.0,
    SiteClass.HEADQUARTERS: 7.5,
    SiteClass.SCAM_LOCALITY: 7.5,
}


def _labels(layers: Layers, ground: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return all labels, the most important first."""
    window = shapely.box(*START_BOUNDS).buffer(3.0)
    labels: list[dict[str, Any]] = []
    for names, code, area in zip(
        _properties(ground, NAMES), ground["code"], ground.geometry, strict=True
    ):
        if "-" in code:
            first, rank = (5.0, 1) if code in FEATURED_REGIONS else (6.5, 3)
            labels.append(_label(names, "state", interior_point(area), first, 10.5, rank=rank))
        elif area.intersects(window):
            point = interior_point(area.intersection(window))
            labels.append(_label(names, "country", point, 4.0, 9.0, rank=2))
    middle = ground[ground["code"].isin(_MYANMAR_MIDDLE)]
    if len(middle):
        point = interior_point(middle.union_all())
        labels.append(_label(_MYANMAR, "country", point, 4.0, 6.0, rank=2))
    labels += _point_labels(layers.get("sites"), "site", "site_class", _SITE_FROM, 7.0, rank=4)
    labels += _point_labels(layers.get("gates"), "gate", "gate_class", _GATE_FROM, 9.0, rank=5)
    labels.sort(key=lambda label: (label["rank"], label["from"], label["name"]))
    return labels


def _point_labels(
    table: gpd.GeoDataFrame | None,
    text_style: str,
    column: str,
    zooms: Mapping[Any, float],
    default: float,
    rank: int,
) -> Iterator[dict[str, Any]]:
    if (placed := _placed(table)) is None:
        return
    for names, kind, point in zip(
        _properties(placed, NAMES), placed[column], placed.geometry, strict=True
    ):
        first = zooms.get(kind, default)
        yield _label(names, text_style, point, first, 14.0, rank=rank, point=True)


def _label(
    names: Mapping[str, str | None],
    text_style: str,
    at: shapely.Point,
    first: float,
    last: float,
    *,
    rank: int,
    point: bool = False,
) -> dict[str, Any]:
    return {
        **{key: name for key, name in names.items() if name},
        "style": text_style,
        "longitude": round(at.x, 4),
        "latitude": round(at.y, 4),
        "from": first,
        "to": last,
        "rank": rank,
        "point": point,
    }


# ---------------------------------------------------------------- helpers


def _frame(layers: Layers) -> tuple[float, float, float, float]:
    """Return what the ground of the map covers: the extent of the countries."""
    countries = layers.get("countries")
    if countries is None or countries.empty:
        return _MOVE_BOUNDS
    west, south, east, north = countries.total_bounds
    return float(west), float(south), float(east), float(north)


def _corners(bounds: tuple[float, float, float, float]) -> list[list[float]]:
    """Return ``[[south, west], [north, east]]``, Leaflet's spelling of bounds."""
    west, south, east, north = bounds
    return [[south, west], [north, east]]


def _number(element: Element, identifier: str) -> None:
    """Give elements the running identifiers that streamlit-folium would give them.

    Branca's own are random; with these a map renders to the same script every time,
    and a cached map is still the same map when it is drawn again.
    """
    element._id = identifier
    for position, child in enumerate(element._children.values()):
        _number(child, f"{identifier}_{position}")
