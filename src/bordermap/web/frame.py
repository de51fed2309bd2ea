"""A map as an element of the page."""

from __future__ import annotations

import threading

from streamlit_folium import st_folium

from bordermap.cartography.basemap import BorderMap

_DRAWING = threading.Lock()
"""streamlit-folium renames the parts of a map for the moment, and all sessions share maps."""


def frame(shown: BorderMap, key: str, height: int) -> None:
    """Draw a map; nothing that happens on it runs the script.

    Parameters
    ----------
    shown : BorderMap
        It is rendered once in the life of the process.
    key : str
        Of the element; a map with another key is loaded anew.
    height : int
        Pixels.
    """
    with _DRAWING:
        st_folium(
            shown,
            key=key,
            height=height,
            use_container_width=True,
            returned_objects=[],
            render=False,
        )
