"""What an analyst would write with pandas and geopandas to get the same columns.

``python -m benchmarks.peers plain|tuned FILE OUT`` reads an event file and writes GeoParquet
with the columns of the file and ``date``, ``category``, ``region_code``, ``gate_id``,
``gate_km`` and ``border_km``. Nothing of this project is used but its layers. ``plain`` asks
for the distance to the border as the documentation of geopandas does; ``tuned`` cuts the
border into its segments first, so that an index finds the nearest.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

LAYERS = Path(__file__).resolve().parents[1] / "geodata" / "layers"
PLANE = "EPSG:32647"

COLUMNS = {
    "acled": ("event_id_cnty", "event_date", "sub_event_type"),
    "ucdp": ("id", "date_start", "type_of_violence"),
}
"""Id, date and kind of event in the formats."""

CATEGORIES: dict[str | float, str] = {
    "Armed clash": "armed_clash",
    "Government regains territory": "territorial_change",
    "Non-state actor overtakes territory": "territorial_change",
    "Air/drone strike": "airstrike_shelling",
    "Shelling/artillery/missile attack": "airstrike_shelling",
    "Remote explosive/landmine/IED": "explosive_device",
    "Grenade": "explosive_device",
    "Attack": "violence_against_civilians",
    "Abduction/forced disappearance": "abduction_or_trafficking",
    "Peaceful protest": "protest",
    "Protest with intervention": "protest",
    "Excessive force against protesters": "protest",
    "Mob violence": "riot",
    "Arrests": "arrest",
    1.0: "armed_clash",
    2.0: "armed_clash",
    3.0: "violence_against_civilians",
}


def pipeline(path: Path, out: Path, *, tuned: bool = False) -> dict[str, float]:
    """Read a file, join its events to region, gate and border, write GeoParquet.

    Points are asked to be ``within`` polygons, which is many times faster in geopandas than
    the default predicate, as the polygons are then prepared.

    Returns
    -------
    dict
        Seconds of each step.
    """
    clock = _Clock()
    units = pd.concat([gpd.read_file(LAYERS / f"{name}.geojson") for name in ("states", "yunnan")])[
        ["code", "geometry"]
    ]
    gates = gpd.read_file(LAYERS / "gates.geojson")[["id", "geometry"]].rename(
        columns={"id": "gate_id"}
    )
    border = gpd.read_file(LAYERS / "border.geojson").to_crs(PLANE).geometry.union_all()
    gates = gates[~gates.geometry.isna()].to_crs(PLANE)
    clock.lap("layers")

    events = pd.read_csv(path)
    clock.lap("read")
    identifier, date, kind = next(
        columns for columns in COLUMNS.values() if set(columns) <= set(events.columns)
    )
    events = events.drop_duplicates(identifier, ignore_index=True)
    events["date"] = pd.to_datetime(events[date])
    events["category"] = events[kind].map(CATEGORIES).fillna("other")
    events = gpd.GeoDataFrame(
        events,
        geometry=gpd.points_from_xy(events["longitude"], events["latitude"]),
        crs="EPSG:4326",
    )
    clock.lap("columns")

    placed = events.loc[events["longitude"].notna() & events["latitude"].notna(), ["geometry"]]
    region = gpd.sjoin(placed, units, predicate="within")["code"]
    events["region_code"] = region[~region.index.duplicated()]
    clock.lap("region")
    projected = placed.to_crs(PLANE)
    nearest = gpd.sjoin_nearest(projected, gates, distance_col="metres")
    nearest = nearest[~nearest.index.duplicated()]
    events["gate_id"] = nearest["gate_id"]
    events["gate_km"] = (nearest["metres"] / 1000).round(1)
    clock.lap("gate")
    metres = _to_segments(projected, border) if tuned else projected.distance(border)
    events["border_km"] = (metres / 1000).round(1)
    clock.lap("border")
    events.to_parquet(out, index=False)
    clock.lap("write")
    return clock.laps


def _to_segments(points: gpd.GeoDataFrame, line: shapely.LineString) -> pd.Series[float]:
    ends = shapely.get_coordinates(line)
    segments = shapely.linestrings(np.stack([ends[:-1], ends[1:]], axis=1))
    nearest = gpd.sjoin_nearest(
        points, gpd.GeoDataFrame(geometry=segments, crs=points.crs), distance_col="metres"
    )
    metres: pd.Series[float] = nearest["metres"]
    return metres[~metres.index.duplicated()]


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 3)
        self._last = now


if __name__ == "__main__":
    variant, file, written = sys.argv[1:]
    print(json.dumps(pipeline(Path(file), Path(written), tuned=variant == "tuned")))
