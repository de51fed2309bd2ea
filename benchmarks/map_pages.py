"""Pages that show the same events with other tools, as their documentation does it.

Each is as quick as the tool allows without scripts of one's own: no background tiles, only
the scripts that it uses, circles on a canvas. Scripts come from installed packages.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import folium
import pandas as pd
import pydeck
import xstatic.pkg.jquery
import xstatic.pkg.leaflet
import xstatic.pkg.leaflet_markercluster
from folium.plugins import FastMarkerCluster, TimestampedGeoJson

VENDORED = {
    file.name: file
    for package in (xstatic.pkg.jquery, xstatic.pkg.leaflet, xstatic.pkg.leaflet_markercluster)
    for file in Path(package.BASE_DIR).iterdir()
    if file.suffix in (".js", ".css")
}
"""The files of installed packages that the pages may ask for, by name."""

COLOURS = {
    "armed_clash": "#b2182b",
    "airstrike_shelling": "#d95f02",
    "explosive_device": "#e6ab02",
    "violence_against_civilians": "#7570b3",
    "protest": "#1b9e77",
    "riot": "#66a61e",
    "arrest": "#666666",
}
_CENTRE, _ZOOM = (22.0, 97.0), 6
_VERSION = re.compile(r"-\d[\d.]*(?=\.min\.)")
_TEXTS = ["title", "date", "place", "category"]

_WITH_TEXTS = """function (row) {
    var marker = L.circleMarker([row[0], row[1]], {radius: 4, color: row[2]});
    marker.bindTooltip(row[3]);
    marker.bindPopup([row[3], row[4], row[5], row[6]].join("<br>"));
    return marker;
}"""
_WITHOUT = "function (row) { return L.circleMarker([row[0], row[1]], {radius: 4}); }"


class MissingError(Exception):
    """A page needs a script that no installed package has."""


def circle_markers(events: pd.DataFrame) -> str:
    """One ``folium.CircleMarker`` with popup and tooltip for each event."""
    target = _map("jquery")
    for row in _texts(events).itertuples():
        folium.CircleMarker(
            (row.latitude, row.longitude),
            radius=4,
            color=_colour(row.category),
            popup=f"{row.title}<br>{row.date}<br>{row.place}<br>{row.category}",
            tooltip=row.title,
        ).add_to(target)
    return _rendered(target)


def circles_from_disk(events: pd.DataFrame) -> folium.Map:
    """Return a map of one ``folium.CircleMarker`` for each event, its scripts those on disk."""
    target = _map()
    for row in events.itertuples():
        at = (row.latitude, row.longitude)
        folium.CircleMarker(at, radius=4, color=_colour(row.category)).add_to(target)
    for kind in ("default_js", "default_css"):
        here = [(name, VENDORED[file].as_uri()) for name, file in _links(target, kind)]
        setattr(target, kind, here)
    return target


def geojson(events: pd.DataFrame) -> str:
    """One ``folium.GeoJson`` with ``GeoJsonTooltip`` and ``GeoJsonPopup``."""
    target = _map()
    folium.GeoJson(
        _features(events, lambda row: {name: getattr(row, name) for name in _TEXTS}),
        marker=folium.CircleMarker(radius=4),
        style_function=lambda feature: {"color": _colour(feature["properties"]["category"])},
        tooltip=folium.GeoJsonTooltip(["title"], labels=False),
        popup=folium.GeoJsonPopup(_TEXTS, labels=False),
    ).add_to(target)
    return _rendered(target)


def clusters(events: pd.DataFrame) -> str:
    """``folium.plugins.FastMarkerCluster`` whose callback binds tooltip and popup."""
    safe = _texts(events)
    colours = safe["category"].map(_colour)
    columns = [safe["latitude"], safe["longitude"], colours, *(safe[name] for name in _TEXTS)]
    return _clustered([list(row) for row in zip(*columns, strict=True)], _WITH_TEXTS)


def bare_clusters(events: pd.DataFrame) -> str:
    """``folium.plugins.FastMarkerCluster`` of coordinates alone."""
    return _clustered(events[["latitude", "longitude"]].to_numpy().tolist(), _WITHOUT)


def timestamped(events: pd.DataFrame) -> str:
    """``folium.plugins.TimestampedGeoJson`` with a day for each event and a popup."""
    target = _map()

    def properties(row: Any) -> dict[str, Any]:
        style = {"fillColor": _colour(row.category), "radius": 4}
        text = f"{row.title}<br>{row.date}<br>{row.place}<br>{row.category}"
        return {"time": row.date, "popup": text, "icon": "circle", "iconstyle": style}

    TimestampedGeoJson(
        _features(events, properties), period="P1D", duration="P90D", transition_time=1
    ).add_to(target)
    return _rendered(target)


def scatterplot(events: pd.DataFrame) -> str:
    """``pydeck.Deck`` with a ``ScatterplotLayer`` and a tooltip, without a background map."""
    colours = events["category"].map(
        lambda term: [int(_colour(term)[at : at + 2], 16) for at in (1, 3, 5)]
    )
    data = _texts(events).assign(colour=colours)
    layer = pydeck.Layer(
        "ScatterplotLayer",
        data=data[["longitude", "latitude", "colour", *_TEXTS]],
        get_position="[longitude, latitude]",
        get_fill_color="colour",
        get_radius=4,
        radius_units="'pixels'",
        pickable=True,
    )
    deck = pydeck.Deck(
        layers=[layer],
        initial_view_state=pydeck.ViewState(*reversed(_CENTRE), zoom=_ZOOM - 1),
        map_provider=None,
        tooltip={"html": "{title}<br>{date}<br>{place}<br>{category}"},
    )
    page: str = deck.to_html(as_string=True, offline=True, notebook_display=False)
    return page


BUILDERS: dict[str, Callable[[pd.DataFrame], str]] = {
    "CircleMarker": circle_markers,
    "GeoJson": geojson,
    "FastMarkerCluster": clusters,
    "FastMarkerCluster, bare": bare_clusters,
    "TimestampedGeoJson": timestamped,
    "pydeck": scatterplot,
}
"""What makes the page of each peer of :mod:`benchmarks.map_peers`."""


def _clustered(rows: list[list[Any]], callback: str) -> str:
    target = _map()
    FastMarkerCluster(rows, callback=callback).add_to(target)
    return _rendered(target)


def _map(*scripts: str) -> folium.Map:
    target = folium.Map(_CENTRE, zoom_start=_ZOOM, tiles=None, prefer_canvas=True)
    target.options["maxZoom"] = 14  # which tiles would say
    keep = ("leaflet", "leaflet_css", *scripts)
    target.default_js = [link for link in target.default_js if link[0] in keep]
    target.default_css = [link for link in target.default_css if link[0] in keep]
    return target


def _rendered(target: folium.Map) -> str:
    for element in (target, *target._children.values()):
        if missing := [file for _, file in _links(element, "default_js") if file not in VENDORED]:
            raise MissingError(f"no installed package has {', '.join(missing)}")
        for kind in ("default_js", "default_css"):
            here = [(name, file) for name, file in _links(element, kind) if file in VENDORED]
            setattr(element, kind, [(name, f"/vendored/{file}") for name, file in here])
    page: str = target.get_root().render()
    return page


def _links(element: Any, kind: str) -> list[tuple[str, str]]:
    """Return the names of an element's links, and their files without version."""
    return [
        (name, _VERSION.sub("", Path(urlsplit(address).path).name))
        for name, address in getattr(element, kind, ())
    ]


def _features(events: pd.DataFrame, properties: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [row.longitude, row.latitude]},
                "properties": properties(row),
            }
            for row in _texts(events).itertuples()
        ],
    }


def _texts(events: pd.DataFrame) -> pd.DataFrame:
    """Return events whose texts are ready for HTML."""
    return events.assign(
        title=events["title"].map(html.escape),
        place=events["place"].map(html.escape),
        date=events["date"].astype(str),
    )


def _colour(category: str) -> str:
    return COLOURS.get(category, "#444444")
