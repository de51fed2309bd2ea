"""Event files of any number of rows, made anew from a seed.

``ucdp`` replicates the real file of UCDP GED (``BORDERMAP_UCDP``, or the file that lies
beside the repository), moving copies in place and date; where the file is not there, the
rows are invented. ``acled`` invents rows in the columns of a current ACLED export.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import shapely
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ROOT / "geodata" / "layers"
UCDP = Path(
    os.environ.get("BORDERMAP_UCDP")
    or ROOT.parent / "shared" / "events" / "ucdp_ged_myanmar_1989_2023.csv"
)

_BLOCK = 100_000
_VERSION = 2
"""Counted up when what is written changes, so that no old file is taken for a new one."""

Floats = npt.NDArray[np.float64]
Words = Sequence[str]


def acled(rows: int, folder: Path, seed: int = 1) -> Path:
    """Return an invented file in the 31 columns of a current ACLED export.

    Nine in ten events stand at one of 15,000 invented places, as most of ACLED's events
    stand at the coordinates of a town or village; of the places 97 in 100 lie in a state
    or region of Myanmar. One event in a thousand has no coordinates.

    Parameters
    ----------
    rows : int
    folder : Path
        Where the file is, or will be made.
    seed : int, optional
    """
    return _cached(folder / f"acled-{rows}-{seed}-{_VERSION}.csv", lambda: _acled(rows, seed))


def ucdp(rows: int, folder: Path, seed: int = 1) -> Path:
    """Return a file like UCDP GED: its rows, then copies moved in place and date.

    Rows that are known to a district or better are moved by some 5 km, all by up to half a
    year; the ids of copies are new. Of an invented file the first rows are such copies too.

    Parameters
    ----------
    rows : int
    folder : Path
        Where the file is, or will be made.
    seed : int, optional
    """
    kind = "ucdp" if UCDP.is_file() else "ucdp-invented"
    return _cached(folder / f"{kind}-{rows}-{seed}-{_VERSION}.csv", lambda: _ucdp(rows, seed))


MAKERS: dict[str, Callable[[int, Path], Path]] = {"acled": acled, "ucdp": ucdp}


def _cached(path: Path, tables: Callable[[], Iterator[pa.Table]]) -> Path:
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    try:
        writer = None
        for table in tables():
            if writer is None:
                writer = pa.csv.CSVWriter(unfinished, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _drawn(pool: Words, rank: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(pool, pa.string()).take(pa.array(rank))


def _joined(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _numbers(values: Floats, decimals: int) -> pa.Array:
    """Numbers as text with at most so many decimals; empty where not finite."""
    rounded = pa.array(np.round(values, decimals), from_pandas=True)
    return pc.fill_null(rounded.cast(pa.string()), "")


def _days(start: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(start.astype("datetime64[D]")).cast(pa.string())


def _day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


_ADMIN1 = {
    "MM-01": "Sagaing", "MM-02": "Bago-East", "MM-03": "Magway", "MM-04": "Mandalay",
    "MM-05": "Tanintharyi", "MM-06": "Yangon", "MM-07": "Ayeyarwady", "MM-11": "Kachin",
    "MM-12": "Kayah", "MM-13": "Kayin", "MM-14": "Chin", "MM-15": "Mon", "MM-16": "Rakhine",
    "MM-17": "Shan-North",
}  # fmt: skip

# event type, sub-event type, disorder type, civilians targeted, share of all events
_EVENTS = [
    ("Battles", "Armed clash", "Political violence", "", 30),
    ("Battles", "Government regains territory", "Political violence", "", 1),
    ("Battles", "Non-state actor overtakes territory", "Political violence", "", 2),
    ("Explosions/Remote violence", "Air/drone strike", "Political violence", "", 10),
    (
        "Explosions/Remote violence",
        "Shelling/artillery/missile attack",
        "Political violence",
        "Civilian targeting",
        13,
    ),
    (
        "Explosions/Remote violence",
        "Remote explosive/landmine/IED",
        "Political violence",
        "",
        12,
    ),
    ("Explosions/Remote violence", "Grenade", "Political violence", "", 2),
    ("Violence against civilians", "Attack", "Political violence", "Civilian targeting", 9),
    (
        "Violence against civilians",
        "Abduction/forced disappearance",
        "Political violence",
        "Civilian targeting",
        2,
    ),
    ("Protests", "Peaceful protest", "Demonstrations", "", 8),
    ("Protests", "Protest with intervention", "Demonstrations", "", 1),
    (
        "Protests",
        "Excessive force against protesters",
        "Political violence; Demonstrations",
        "Civilian targeting",
        1,
    ),
    ("Riots", "Mob violence", "Political violence", "", 1),
    ("Strategic developments", "Arrests", "Strategic developments", "", 3),
    ("Strategic developments", "Looting/property destruction", "Strategic developments", "", 4),
    ("Strategic developments", "Change to group/activity", "Strategic developments", "", 1),
]

_SIDES = [
    ("Military Forces of Myanmar (2021-)", "State forces"),
    ("Police Forces of Myanmar (2021-)", "State forces"),
    ("People's Defense Force", "Rebel group"),
    ("Northern Column", "Rebel group"),
    ("Hill Regiment", "Rebel group"),
    ("Unidentified Armed Group (Myanmar)", "Political militia"),
    ("River Village Guard", "Identity militia"),
    ("Protesters (Myanmar)", "Protesters"),
    ("Civilians (Myanmar)", "Civilians"),
]

_SOURCES = [
    "Upland Daily", "Delta Post", "River Herald", "Border News Agency", "Hill Press",
    "Free Weekly", "Township Telegraph", "Monsoon Radio", "Lowland Times", "Jade Road Journal",
    "Local Witness Network", "Independent Bulletin",
]  # fmt: skip

_PROSE = (
    "the troops reported shelling of several houses while residents fled towards a monastery"
    " near the river and two people were injured after fighting broke out along the road to"
    " town where a column had advanced before it withdrew with unknown casualties and local"
    " sources said that a convoy was ambushed in the morning by joint forces who seized arms"
    " and ammunition as aircraft dropped bombs on the outskirts of the village at night"
)

_SYLLABLES = "nam hpa kyauk lin myo taung mong pan hkam lai sen wa tha hsi ye dan maw sa pin gyi"


def _sentences(random: np.random.Generator, count: int, words: int) -> list[str]:
    prose = _PROSE.split()
    drawn = random.integers(0, len(prose), (count, words))
    lengths = random.integers(words // 2, words + 1, count)
    return [
        " ".join(prose[word] for word in row[:length]).capitalize() + "."
        for row, length in zip(drawn, lengths, strict=True)
    ]


def _names(random: np.random.Generator, count: int) -> list[str]:
    syllables = _SYLLABLES.split()
    return [
        "".join(syllables[part] for part in row).capitalize()
        for row in random.integers(0, len(syllables), (count, 3))
    ]


def _states() -> tuple[list[str], list[BaseGeometry]]:
    with (LAYERS / "states.geojson").open(encoding="utf-8") as file:
        features = json.load(file)["features"]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    return [feature["properties"]["code"] for feature in features], shapes


def _places(random: np.random.Generator, count: int) -> tuple[Floats, Floats, list[str]]:
    """Return longitude, latitude and name of the first-order unit of invented places."""
    codes, shapes = _states()
    longitude, latitude = np.empty(count), np.empty(count)
    unit = random.integers(0, len(codes), count)
    for index, shape in enumerate(shapes):
        shapely.prepare(shape)
        west, south, east, north = shape.bounds
        wanted = np.flatnonzero(unit == index)
        while wanted.size:
            x = random.uniform(west, east, wanted.size)
            y = random.uniform(south, north, wanted.size)
            longitude[wanted], latitude[wanted] = x, y
            wanted = wanted[~shapely.contains_xy(shape, x, y)]
    outside = np.flatnonzero(random.random(count) < 0.03)
    longitude[outside] = random.uniform(91, 103, outside.size)
    latitude[outside] = random.uniform(13, 29, outside.size)
    return longitude, latitude, [_ADMIN1[codes[index]] for index in unit]


def _acled(rows: int, seed: int) -> Iterator[pa.Table]:
    random = np.random.default_rng(seed)
    place_x, place_y, admin1 = _places(random, 15_000)
    names = _names(random, len(admin1))
    townships, districts = _names(random, 330), _names(random, 80)
    often = random.pareto(1.2, len(admin1)) + 0.05
    often /= often.sum()
    share = np.array([event[-1] for event in _EVENTS], dtype=float)
    first, second = _sentences(random, 4000, 20), _sentences(random, 4000, 7)
    years = np.array(
        [np.datetime64(f"{year}-01-01", "D").astype(int) for year in range(2010, 2027)]
    )
    of_year = np.array([1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 3, 15, 20, 19, 15, 11, 5], dtype=float)
    days = np.minimum(365, _day("2026-06-30") + 1 - years)
    for start in range(0, rows, _BLOCK):
        count = min(_BLOCK, rows - start)
        place = random.choice(len(admin1), count, p=often)
        at = random.choice(len(_EVENTS), count, p=share / share.sum())
        sides = random.integers(0, len(_SIDES), (2, count))
        alone = random.random(count) < 0.2
        scattered = random.random(count) < 0.1
        x = np.where(scattered, place_x[place] + random.normal(0, 0.1, count), place_x[place])
        y = np.where(scattered, place_y[place] + random.normal(0, 0.1, count), place_y[place])
        x[random.random(count) < 0.001] = np.nan
        year = random.choice(len(years), count, p=of_year / of_year.sum())
        day = years[year] + random.integers(0, days[year])
        dates, location = _days(day), _drawn(names, place)
        township = _drawn(townships, place % len(townships))
        unit = _drawn(admin1, place)
        actor = _drawn([side for side, _ in _SIDES], sides[0])
        forces = [force for _, force in _SIDES]
        other = pc.if_else(alone, "", _drawn([side for side, _ in _SIDES], sides[1]))
        source = random.integers(0, len(_SOURCES), (4, count))
        cited = _joined(
            _drawn(_SOURCES, source[0]),
            "; ",
            _drawn(_SOURCES, source[1]),
            pc.if_else(random.random(count) < 0.5, _joined("; ", _drawn(_SOURCES, source[2])), ""),
            pc.if_else(random.random(count) < 0.2, _joined("; ", _drawn(_SOURCES, source[3])), ""),
        )
        killed = np.where(random.random(count) < 0.4, random.poisson(3, count), 0)
        notes = _joined(
            "On ", dates, ", in ", location, " (", township, " township, ", unit, "), ",
            actor, ": ",
            _drawn(first, random.integers(0, len(first), count)), " ",
            _drawn(second, random.integers(0, len(second), count)), " ",
            pc.if_else(killed > 0, _joined(pa.array(killed).cast(pa.string()), " died."),
                       "Casualties unknown."),
        )  # fmt: skip
        number = np.arange(start + 1, start + count + 1)
        column = [list(values) for values in zip(*_EVENTS, strict=True)]
        yield pa.table(
            {
                "event_id_cnty": _joined("MMR", pa.array(number).cast(pa.string())),
                "event_date": dates,
                "year": pc.utf8_slice_codeunits(dates, 0, 4),
                "time_precision": _drawn("1123", random.integers(0, 4, count)),
                "disorder_type": _drawn(column[2], at),
                "event_type": _drawn(column[0], at),
                "sub_event_type": _drawn(column[1], at),
                "actor1": actor,
                "assoc_actor_1": _drawn(["", "", "River Village Guard; Hill Regiment"], place % 3),
                "inter1": _drawn(forces, sides[0]),
                "actor2": other,
                "assoc_actor_2": _drawn(["", "", "Farmers (Myanmar)"], at % 3),
                "inter2": pc.if_else(alone, "", _drawn(forces, sides[1])),
                "interaction": _joined(
                    _drawn(forces, sides[0]),
                    pc.if_else(alone, " only", _joined("-", _drawn(forces, sides[1]))),
                ),
                "civilian_targeting": _drawn(column[3], at),
                "iso": pa.repeat("104", count),
                "region": pa.repeat("Southeast Asia", count),
                "country": pa.repeat("Myanmar", count),
                "admin1": unit,
                "admin2": _drawn(districts, place % len(districts)),
                "admin3": township,
                "location": location,
                "latitude": _numbers(np.where(np.isnan(x), np.nan, y), 4),
                "longitude": _numbers(x, 4),
                "geo_precision": _drawn("1112223", random.integers(0, 7, count)),
                "source": cited,
                "source_scale": _drawn(["National", "Subnational", "Other-National"], at % 3),
                "notes": notes,
                "fatalities": pa.array(killed).cast(pa.string()),
                "tags": pc.if_else(alone, "crowd size=no report", ""),
                "timestamp": pa.array((day + 9) * 86_400 + place).cast(pa.string()),
            }
        )


def _ucdp(rows: int, seed: int) -> Iterator[pa.Table]:
    random = np.random.default_rng(seed)
    if UCDP.is_file():
        original = pd.read_csv(UCDP, dtype=str, keep_default_na=False)
        yield _unmoved(original[:rows])
        written, number = len(original), original["id"].astype(float).max()
    else:
        original, written, number = _invented_ucdp(random, 5000), 0, 0.0
    first, last = _day("1989-01-01"), _day("2023-12-31")
    begin = original["date_start"].to_numpy("datetime64[D]").astype(np.int64)
    end = original["date_end"].to_numpy("datetime64[D]").astype(np.int64)
    x = original["longitude"].to_numpy(float)
    y = original["latitude"].to_numpy(float)
    pinned = original["where_prec"].isin(["1.0", "2.0", "3.0", "5.0"]).to_numpy()
    columns = pa.Table.from_pandas(original, preserve_index=False)
    for start in range(written, rows, _BLOCK):
        row = np.arange(start, min(start + _BLOCK, rows)) % len(original)
        count = len(row)
        moved = np.where(pinned[row], random.normal(0, 0.05, (2, count)), 0)
        shift = np.clip(random.integers(-180, 181, count), first - begin[row], last - end[row])
        longitude, latitude = _numbers(x[row] + moved[0], 6), _numbers(y[row] + moved[1], 6)
        dates = _days(begin[row] + shift)
        new = {
            "id": _joined(
                pa.array(np.arange(start, start + count) + int(number) + 1).cast(pa.string()), ".0"
            ),
            "year": _joined(pc.utf8_slice_codeunits(dates, 0, 4), ".0"),
            "latitude": latitude,
            "longitude": longitude,
            "geom_wkt": _joined("POINT (", longitude, " ", latitude, ")"),
            "date_start": dates,
            "date_end": _days(end[row] + shift),
        }
        table = columns.take(pa.array(row))
        yield _plain({name: new.get(name, table[name]) for name in table.column_names})


def _unmoved(rows: pd.DataFrame) -> pa.Table:
    return _plain({str(name): pa.array(rows[name], pa.string()) for name in rows})


def _plain(columns: dict[str, pa.Array]) -> pa.Table:
    return pa.table({name: values.cast(pa.string()) for name, values in columns.items()})


def _invented_ucdp(random: np.random.Generator, count: int) -> pd.DataFrame:
    """Rows in the columns of the file, for where it is not there."""
    x, y, unit = _places(random, count)
    names, words = _names(random, count), _sentences(random, count, 20)
    precision = random.choice(7, count, p=[0.18, 0.17, 0.08, 0.08, 0.43, 0.05, 0.01]) + 1
    begin = random.integers(_day("1989-01-01"), _day("2023-06-30"), count)
    days = np.where(random.random(count) < 0.15, random.integers(1, 60, count), 0)
    dead = random.poisson(2, count)
    date_prec = np.where(days > 0, 4, 1)

    def decimal(values: npt.NDArray[np.int64]) -> list[str]:
        return [f"{value}.0" for value in values]

    longitude, latitude = [f"{value:.6f}" for value in x], [f"{value:.6f}" for value in y]
    violence = random.choice(3, count, p=[0.7, 0.1, 0.2]) + 1
    columns: dict[str, Words | str] = {
        "id": decimal(np.arange(count)),
        "relid": [f"MYA-{index}" for index in range(count)],
        "year": "2000.0",
        "active_year": "True",
        "code_status": "Clear",
        "type_of_violence": decimal(violence),
        "conflict_dset_id": "222",
        "conflict_new_id": "222.0",
        "conflict_name": "Myanmar (Burma): Hills",
        "dyad_dset_id": "1234",
        "dyad_new_id": "1234.0",
        "dyad_name": "Government of Myanmar (Burma) - Hill Regiment",
        "side_a_dset_id": "144",
        "side_a_new_id": "144.0",
        "side_a": "Government of Myanmar (Burma)",
        "side_b_dset_id": "8060",
        "side_b_new_id": "8060.0",
        "side_b": "Hill Regiment",
        "number_of_sources": "1.0",
        "source_article": [
            f'"{text}"\n{name} 2001-02-03' for text, name in zip(words, names, strict=True)
        ],
        "source_office": "Delta Post",
        "source_date": "2001-02-03",
        "source_headline": words,
        "source_original": "residents",
        "where_prec": decimal(precision),
        "where_coordinates": names,
        "where_description": [f"{name} village" for name in names],
        "adm_1": [f"{name} state" for name in unit],
        "adm_2": [f"{name} district" for name in names],
        "latitude": latitude,
        "longitude": longitude,
        "geom_wkt": [f"POINT ({a} {b})" for a, b in zip(longitude, latitude, strict=True)],
        "priogrid_gid": "161837.0",
        "country": "Myanmar (Burma)",
        "country_id": "775.0",
        "region": "Asia",
        "event_clarity": "1.0",
        "date_prec": decimal(date_prec),
        "date_start": _days(begin).to_pylist(),
        "date_end": _days(begin + days).to_pylist(),
        "deaths_a": "0.0",
        "deaths_b": decimal(dead),
        "deaths_civilians": "0.0",
        "deaths_unknown": "0.0",
        "best": decimal(dead),
        "high": decimal(dead + 1),
        "low": decimal(dead // 2),
        "gwnoa": "775",
        "gwnob": "",
    }
    return pd.DataFrame(columns)


if __name__ == "__main__":
    _, maker, rows_wanted, where = sys.argv
    print(MAKERS[maker](int(rows_wanted), Path(where)))
