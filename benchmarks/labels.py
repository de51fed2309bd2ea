"""Points to units, gates and the border, against joins of geopandas and shapely.

What the peers need before they can start (points as geometries, prepared polygons) is not
counted, nor is the building of our indices, which is a line of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from benchmarks.events import UCDP
from benchmarks.measure import Row
from bordermap import catalog as catalogs
from bordermap.catalog.join import labeller as labeller_of

Floats = npt.NDArray[np.float64]

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
_SEED = 1
_JITTER = 0.05
"""Standard deviation in degrees by which events are moved."""

_PEERS_UP_TO = 1_000_000
_SLOW_UP_TO = 100_000
"""``intersects`` does not prepare the polygons: 1,000,000 points take minutes."""


def measure() -> list[Row]:
    """Measure all sizes and return a row for each peer.

    The larger sizes have no peers: they take too long, or their time is a multiple.
    """
    return list(_rows())


def _rows() -> Iterator[Row]:
    catalog = catalogs.load()
    units = catalog.units[["code", "geometry"]]
    labeller = labeller_of(catalog.gates, catalog.layers)
    yield Row(what="labels: indices built", rows=0, ours_s=_seconds(labeller.build), peer="")
    spreads: dict[str, Callable[[int, gpd.GeoDataFrame], Floats]] = {"uniform": _uniform}
    if UCDP.is_file():
        spreads["like UCDP's events"] = _like_events
    for spread, points in spreads.items():
        for size in SIZES:
            x, y = points(size, units)
            ours = _seconds(labeller.regions, x, y, times=3)
            for peer, seconds in _peers(x, y, units).items():
                ratio = seconds / ours
                what = f"region of points, {spread}"
                yield Row(what=what, rows=size, ours_s=ours, peer=peer, peer_s=seconds, ratio=ratio)
            if size > _PEERS_UP_TO:
                yield Row(what=f"region of points, {spread}", rows=size, ours_s=ours, peer="")
            for what, label in (("gate", labeller.gates), ("km to border", labeller.border_km)):
                ours = _seconds(label, x, y)
                yield Row(what=f"{what} of points, {spread}", rows=size, ours_s=ours, peer="")


def _peers(x: Floats, y: Floats, units: gpd.GeoDataFrame) -> dict[str, float]:
    if len(x) > _PEERS_UP_TO:
        return {}
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=units.crs)
    shapely.prepare(units.geometry.to_numpy())
    seconds = {
        "geopandas.sjoin, within": _seconds(lambda: gpd.sjoin(points, units, predicate="within")),
        "shapely.contains_xy, prepared": _seconds(
            lambda: [shapely.contains_xy(shape, x, y) for shape in units.geometry]
        ),
    }
    if len(x) <= _SLOW_UP_TO:
        seconds["geopandas.sjoin, intersects"] = _seconds(
            lambda: gpd.sjoin(points, units, predicate="intersects")
        )
    return seconds


def _like_events(size: int, _units: gpd.GeoDataFrame) -> Floats:
    """Return the coordinates of UCDP's events, drawn at random and moved, shape (2, n)."""
    random = np.random.default_rng(_SEED)
    places = pd.read_csv(UCDP, usecols=["longitude", "latitude"])[["longitude", "latitude"]]
    drawn = places.to_numpy()[random.integers(0, len(places), size)]
    return np.ascontiguousarray((drawn + random.normal(0, _JITTER, drawn.shape)).T)


def _uniform(size: int, units: gpd.GeoDataFrame) -> Floats:
    random = np.random.default_rng(_SEED)
    west, south, east, north = units.total_bounds
    return np.stack([random.uniform(west, east, size), random.uniform(south, north, size)])


def _seconds(run: Callable[..., object], *arguments: object, times: int = 1) -> float:
    """Return the shortest time of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run(*arguments)
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Print the rows as a table."""
    for row in _rows():
        peer_s, ratio = row.get("peer_s"), row.get("ratio")
        against = f"{row['peer']:<30} {peer_s:9.3f} s {ratio:8.1f} x" if row["peer"] else ""
        print(f"{row['what']:<40} {row['rows']:>9,} {row['ours_s']:8.4f} s  {against}", flush=True)


if __name__ == "__main__":
    main()
