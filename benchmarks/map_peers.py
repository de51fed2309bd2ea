"""What maps are compared, and how a page tells that its marks are there."""

from __future__ import annotations

from dataclasses import dataclass

_OF_FOLIUM = """() => {
    const name = Object.keys(window).find((key) => key.startsWith("map_") && window[key]._layers);
    return !!name && Object.values(window[name]._layers).some((layer) => layer.getLatLng);
}"""


@dataclass(frozen=True)
class Peer:
    """One way to draw events.

    Attributes
    ----------
    title : str
    hover, click : bool
        Whether an event says what it is under the pointer, and more when it is clicked.
    painted : str
        JavaScript function: whether the page has its marks, to be painted in the next frame.
    flags : tuple of str
        Of Chromium, beyond those of all.
    """

    title: str
    hover: bool
    click: bool
    painted: str
    flags: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it offers what a map for reading must: hover and click."""
        return self.hover and self.click


OURS = "ours"
ALONE = "ours, alone"
OWN = (OURS, ALONE)
"""Our map, and its events without the ground, which the peers do not have either."""

_OF_OURS = """() => window.bordermapLayer?.lastDraw > 0
    && window.bordermapLayer.visibleRecords().length > 0"""

PEERS = {
    OURS: Peer("bordermap", True, True, _OF_OURS),
    ALONE: Peer("bordermap, events alone", True, True, _OF_OURS),
    "CircleMarker": Peer("folium CircleMarker", True, True, _OF_FOLIUM),
    "GeoJson": Peer("folium GeoJson", True, True, _OF_FOLIUM),
    "FastMarkerCluster": Peer("folium FastMarkerCluster with texts", True, True, _OF_FOLIUM),
    "FastMarkerCluster, bare": Peer("folium FastMarkerCluster", False, False, _OF_FOLIUM),
    "TimestampedGeoJson": Peer("folium TimestampedGeoJson", False, True, _OF_FOLIUM),
    "pydeck": Peer(
        "pydeck ScatterplotLayer",
        True,
        False,
        """() => typeof deckInstance !== "undefined" && deckInstance.isInitialized
            && deckInstance.layerManager.getLayers()
                .some((layer) => layer.isLoaded && layer.getNumInstances() > 0)""",
        ("--enable-unsafe-swiftshader",),
    ),
}
