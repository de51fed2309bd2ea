"""The projection and the frame of a printed map.

Coordinates in degrees are longitude, latitude (WGS 84); in the plane they are metres of
:data:`CRS`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Proj, Transformer

from bordermap.areas import bounds
from bordermap.catalog import Catalog
from bordermap.errors import SelectionError
from bordermap.selection import BBox, Selection

CRS = "+proj=lcc +lat_1=21.5 +lat_2=27.5 +lat_0=24.5 +lon_0=98.5 +datum=WGS84 +units=m"
PROJECTION = "Lambert conformal conic, standard parallels 21.5° and 27.5° N, meridian 98.5° E"

BORDER_REGION: BBox = (96.7, 20.9, 101.35, 28.7)
"""The frame of a map that is not of one state or gate: the whole border line."""

AROUND_GATE_KM = 50.0
"""What a map of a gate shows on every side of it."""

_RIM = 0.02
"""Part of the extent of a state that is shown on each side of it."""

_DRAWABLE: BBox = (55.0, -10.0, 150.0, 58.0)
_LEAST_DEGREES = 0.05
_NICE = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000)
_MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
_EQUATOR = 2 * math.pi * 6378137.0
_PROJ = Proj(CRS)
_GEOD = Geod(ellps="WGS84")
_TURN = np.linspace(0, 360, 73)
"""Azimuths of the corners of a circle, in degrees."""
_TO_PLANE = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)


def project(longitude: Any, latitude: Any) -> tuple[Any, Any]:
    """Return metres east and north of the origin of :data:`CRS`."""
    x, y = _TO_PLANE.transform(longitude, latitude)
    return x, y


def project_geometry(geometry: Any) -> Any:
    """Return a geometry, or an array of them, in the plane."""

    def plane(vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(_TO_PLANE.transform(vertices[:, 0], vertices[:, 1]))

    return shapely.transform(geometry, plane)


@dataclass(frozen=True)
class Frame:
    """A rectangle of the plane, in metres.

    Attributes
    ----------
    left, bottom, right, top : float
    """

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, view: BBox, aspect: float) -> Frame:
        """Return the least frame of an aspect (width over height) that holds a view.

        Raises
        ------
        SelectionError
            If the view is not of finite degrees. One that is too small or reaches too
            far from the region is widened or cut.
        """
        west, south, east, north = _drawable(view)
        x, y = _outline(west, south, east, north)
        left, right, bottom, top = x.min(), x.max(), y.min(), y.max()
        width, height = right - left, top - bottom
        wider = max(width, height * aspect) - width
        higher = max(height, width / aspect) - height
        return cls(left - wider / 2, bottom - higher / 2, right + wider / 2, top + higher / 2)

    @property
    def width(self) -> float:
        """Metres from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Metres from bottom to top."""
        return self.top - self.bottom

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle."""
        x, y = (self.left + self.right) / 2, (self.bottom + self.top) / 2
        longitude, latitude = _TO_PLANE.transform(x, y, direction="INVERSE")
        return float(longitude), float(latitude)

    @property
    def degrees(self) -> BBox:
        """West, south, east, north of the least box in degrees that holds the frame."""
        edge = np.linspace(0, 1, 25)
        x = self.left + self.width * np.concatenate([edge, edge, edge * 0, edge * 0 + 1])
        y = self.bottom + self.height * np.concatenate([edge * 0, edge * 0 + 1, edge, edge])
        longitude, latitude = _TO_PLANE.transform(x, y, direction="INVERSE")
        return (longitude.min(), latitude.min(), longitude.max(), latitude.max())

    @cached_property
    def metres_per_kilometre(self) -> float:
        """Length in the plane of a kilometre on the ground, at the centre of the frame."""
        return 1000 * float(_PROJ.get_factors(*self.centre).meridional_scale)

    @cached_property
    def north(self) -> float:
        """Direction of true north at the centre: degrees clockwise from straight up."""
        return -float(_PROJ.get_factors(*self.centre).meridian_convergence)

    def holds(self, x: Any, y: Any) -> Any:
        """Return whether points of the plane lie inside."""
        return (x >= self.left) & (x <= self.right) & (y >= self.bottom) & (y <= self.top)

    def scale_bar_km(self) -> int:
        """Return a round length that takes about a fifth of the width."""
        fitting = self.width / self.metres_per_kilometre / 4.5
        return max((length for length in _NICE if length <= fitting), default=_NICE[0])


def default_view(selection: Selection, catalog: Catalog) -> BBox:
    """Return what a map of the selection should show, in degrees.

    The selection's own box, or that of its area; else what lies around its gates; else
    its states and regions of Myanmar; else the whole border line. Where the records lie
    plays no part: one meeting in Beijing must not shrink the border to a stroke.
    """
    if selection.bbox is not None:
        return selection.bbox
    if selection.area is not None:
        return bounds(selection.area)
    boxes = [box for key in selection.gates if (box := around_gate(key, catalog))]
    states = catalog.layers.get("states")
    if not boxes and states is not None:
        codes = [code for code in selection.regions if code in set(states["code"])]
        boxes = [box for code in codes if (box := of_region(code, catalog))]
        if boxes and "CN-YN" in selection.regions:
            boxes.append(BORDER_REGION)
    if not boxes:
        return BORDER_REGION
    west, south, east, north = np.array(boxes).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def around_gate(key: str, catalog: Catalog) -> BBox | None:
    """Return the box of a circle of `AROUND_GATE_KM` around a gate, in degrees.

    It is None where there is no such gate, or its place is not known.
    """
    gate = catalog.gates.get(key)
    if gate is None or gate.longitude is None or gate.latitude is None:
        return None
    longitude, latitude, _ = _GEOD.fwd(
        np.full_like(_TURN, gate.longitude),
        np.full_like(_TURN, gate.latitude),
        _TURN,
        np.full_like(_TURN, 1000 * AROUND_GATE_KM),
    )
    return (
        float(longitude.min()),
        float(latitude.min()),
        float(longitude.max()),
        float(latitude.max()),
    )


def of_region(code: str, catalog: Catalog) -> BBox | None:
    """Return the box of a state or province with a narrow rim, in degrees.

    It is None where the catalog has no outline of it.
    """
    units = catalog.units
    chosen = units[units["code"] == code]
    if chosen.empty:
        return None
    west, south, east, north = chosen.total_bounds.tolist()
    rim = _RIM * max(east - west, north - south)
    return west - rim, south - rim, east + rim, north + rim


def on_screen(
    latitude: float, longitude: float, zoom: float, width: float, height: float
) -> BBox | None:
    """Return west, south, east, north of a Web Mercator map on a screen, of 256 pixels at zoom 0.

    Parameters
    ----------
    latitude, longitude : float
        Of the centre, in degrees.
    zoom : float
    width, height : float
        In pixels.

    Returns
    -------
    BBox or None
        None where the numbers are not those of a map.
    """
    numbers = (latitude, longitude, zoom, width, height)
    if not all(map(math.isfinite, numbers)) or not (
        abs(latitude) <= 85 and abs(longitude) <= 180 and 0 <= zoom <= 22 and width > 0 < height
    ):
        return None
    metres = _EQUATOR / (256 * 2**zoom)
    x, y = _MERCATOR.transform(longitude, latitude)
    across, up = width / 2 * metres, height / 2 * metres
    west, south = _MERCATOR.transform(x - across, y - up, direction="INVERSE")
    east, north = _MERCATOR.transform(x + across, y + up, direction="INVERSE")
    return west, max(south, -85.0), east, min(north, 85.0)


def _drawable(view: BBox) -> BBox:
    if not all(map(math.isfinite, view)):
        raise SelectionError(f"view: {view} is not west,south,east,north in degrees")
    low = np.clip(view[:2], _DRAWABLE[:2], _DRAWABLE[2:])
    high = np.clip(view[2:], _DRAWABLE[:2], _DRAWABLE[2:])
    middle, half = (low + high) / 2, np.maximum(high - low, _LEAST_DEGREES) / 2
    (west, south), (east, north) = (middle - half).tolist(), (middle + half).tolist()
    return west, south, east, north


def _outline(
    west: float, south: float, east: float, north: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    longitude, latitude = np.linspace(west, east, 25), np.linspace(south, north, 25)
    x, y = project(
        np.concatenate([longitude, longitude, np.full(25, west), np.full(25, east)]),
        np.concatenate([np.full(25, south), np.full(25, north), latitude, latitude]),
    )
    return x, y
