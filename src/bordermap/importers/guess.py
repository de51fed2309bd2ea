"""Which columns of an unknown table may feed which fields: by their names and values."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import replace

import pyarrow as pa

from bordermap.importers.codes import CodeTable
from bordermap.importers.columns import one_array, trimmed
from bordermap.importers.dates import is_date
from bordermap.importers.mapping import ANY, Mapping, shipped
from bordermap.importers.numbers import number
from bordermap.importers.reading import Batch
from bordermap.model.names import fold

_NAMES = {
    "id": "id event_id incident_id record_id eventid uid uuid gid key",
    "date_start": (
        "date_start start_date event_date incident_date date_of_event date_of_incident date day "
        "date_from from_date date_begin begin_date begin start date_time event_day date_event "
        "datum fecha 日期 时间 timestamp time year_month month"
    ),
    "date_end": "date_end end_date date_to to_date date_until until end enddate",
    "date_precision": "date_precision time_precision date_prec date_accuracy",
    "latitude": (
        "latitude lat y y_coord y_coordinate coord_y lat_dd geo_lat decimal_latitude gps_lat "
        "location_latitude latitud breite breitengrad 纬度"
    ),
    "longitude": (
        "longitude lon long lng x x_coord x_coordinate coord_x lon_dd long_dd geo_lon geo_long "
        "geo_lng decimal_longitude gps_lon gps_long location_longitude longitud länge "
        "längengrad 经度"
    ),
    "geo_precision": (
        "geo_precision location_precision where_prec place_precision precision geometry_type"
    ),
    "region": (
        "region_code admin1 admin_1 adm_1 adm1_en admin1_name adm1_name state_region state "
        "state_province province region division provincia 省"
    ),
    "place_name": (
        "place_name place location location_name town village city settlement site township "
        "where lieu ort lugar 地点"
    ),
    "title": "title headline heading event_title event_name",
    "kind": "kind",
    "category": (
        "category event_type incident_type event_category type_of_event type_of_incident type "
        "event class categorie kategorie tipo 类型 类别"
    ),
    "fatalities_best": (
        "fatalities_best fatalities deaths best death_toll total_deaths total_fatalities killed "
        "number_killed dead death nkill tote muertos 死亡"
    ),
    "fatalities_low": "fatalities_low deaths_low low fatalities_min deaths_min low_estimate",
    "fatalities_high": "fatalities_high deaths_high high fatalities_max deaths_max high_estimate",
    "summary": (
        "summary description notes note event_description incident_description details narrative "
        "what_happened text comments comment remarks beschreibung descripción 描述 备注"
    ),
    "cited": "cited source sources source_url url link reference references quelle fuente 来源",
    "confidence": "confidence reliability",
}
_LISTS = {
    "actors": (
        "actors actor actor1 actor_1 side_a party_a perpetrator attacker group group_name "
        "armed_group parties 行为者",
        "actor2 actor_2 side_b party_b target victim opponent",
    ),
    "participants": ("participants", ""),
    "category": ("", "sub_event_type sub_type subtype sub_category subcategory"),
}
_DECIMALS = re.compile(r"[+-]?\d+[.,]\d+", re.ASCII)
_BARE_YEAR = re.compile(r"\d{1,4}", re.ASCII)
_USUAL = 0.8
"""Share of the values that must be of a kind where no name says so."""
_ENOUGH = 0.5
"""Share of the values that must be of a kind where the name says so."""


class _Sample:
    """The distinct values of a sample by column, clean."""

    def __init__(self, sample: Batch) -> None:
        nothing = {"", *shipped("table").nulls.get(ANY, ())}
        self.values: dict[str, list[str]] = {}
        self.unique: dict[str, bool] = {}
        for name in sample.columns.column_names:
            held: pa.Array = trimmed(one_array(sample.columns[name])).drop_null()
            cells = [value for value in held.to_pylist() if value not in nothing]
            self.values[name] = list(dict.fromkeys(cells))
            self.unique[name] = len(self.values[name]) == len(cells)

    def share(self, name: str, test: Callable[[str], bool]) -> float:
        """Return how many of the distinct values of a column pass a test; 1 if it is empty."""
        values = self.values[name]
        return sum(map(test, values)) / len(values) if values else 1.0


def guess(sample: Batch) -> Mapping:
    """Return a mapping for a table of no known format.

    A column feeds a field whose usual names its name is among, if its values are of the
    right kind. Where no name fits, a column of dates and a pair of coordinates are found by
    their values; of a pair, the longitudes are those beyond 90 degrees, and where there are
    none the pair is left out.

    Parameters
    ----------
    sample : Batch
        The first rows.
    """
    base = shipped("table")
    held = _Sample(sample)
    by_name = {fold(name): name for name in reversed(list(held.values))}
    tests = _tests(base, held)
    fields: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()

    def take(field: str, names: str) -> None:
        for usual in names.split():
            column = by_name.get(fold(usual))
            if column and column not in used and tests.get(field, _anything)(column):
                fields[field] = (*fields.get(field, ()), column)
                used.add(column)
                return

    for field, names in _NAMES.items():
        take(field, names)
    for field, (first, second) in _LISTS.items():
        take(field, first)
        take(field, second)
    if not {"latitude", "longitude"} <= set(fields):
        fields |= _coordinates(held, used)
    if "date_start" not in fields:
        fields |= _date(held, used)
    return replace(base, fields=fields)


def _tests(base: Mapping, held: _Sample) -> dict[str, Callable[[str], bool]]:
    """Return by field what the values of a column of the right name must be."""

    def understood(field: str) -> Callable[[str], bool]:
        table = CodeTable(field, base.codes.get(field, {}))
        return lambda name: held.share(name, lambda text: table.find([text]) is not None) >= _ENOUGH

    def mostly(test: Callable[[str], bool]) -> Callable[[str], bool]:
        return lambda name: held.share(name, test) >= _ENOUGH

    def coordinate(name: str) -> bool:
        plain = len(fold(name)) > 1
        return plain or held.share(name, lambda text: _within(text, 180)) >= _USUAL

    coded = ("date_precision", "geo_precision", "kind", "confidence")
    counts = ("fatalities_best", "fatalities_low", "fatalities_high")
    return {
        **{field: understood(field) for field in coded},
        **{field: mostly(_is_number) for field in counts},
        "id": lambda name: held.unique[name],
        "date_start": mostly(is_date),
        "date_end": mostly(is_date),
        "latitude": coordinate,
        "longitude": coordinate,
    }


def _anything(_: str) -> bool:
    return True


def _is_number(text: str) -> bool:
    return number(text) is not None


def _within(text: str, limit: float) -> bool:
    value = number(text)
    return value is not None and abs(value) <= limit


def _coordinates(held: _Sample, used: set[str]) -> Map[str, tuple[str, ...]]:
    names = list(held.values)
    free = [
        name
        for name in names
        if name not in used
        and held.values[name]
        and held.share(name, lambda text: bool(_DECIMALS.fullmatch(text))) >= _USUAL
        and held.share(name, lambda text: _within(text, 180)) == 1
    ]
    flat = [name for name in free if held.share(name, lambda text: _within(text, 90)) == 1]
    far = [name for name in free if held.share(name, lambda text: not _within(text, 90)) >= _USUAL]
    pairs = [(y, x) for x in far for y in flat if abs(names.index(x) - names.index(y)) == 1]
    if len(pairs) != 1:
        return {}
    ((latitude, longitude),) = pairs
    used |= {latitude, longitude}
    return {"latitude": (latitude,), "longitude": (longitude,)}


def _date(held: _Sample, used: set[str]) -> Map[str, tuple[str, ...]]:
    for name, values in held.values.items():
        dated = held.share(name, lambda t: is_date(t) and not _BARE_YEAR.fullmatch(t))
        if name not in used and values and dated >= _USUAL:
            used.add(name)
            return {"date_start": (name,)}
    return {}
