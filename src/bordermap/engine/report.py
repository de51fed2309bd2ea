"""What an import did and what it found, as a value that is ready for JSON.

::

    dataset, version
    format, mapping        the mapping's format, and all of it as TOML
    files                  name, size, sha256, modified, form, encoding, delimiter, part, columns
    ignored                files of a folder that are of no format that can be imported
    rows                   read, kept, repaired, rejected; of the dataset: total, retained, replaced
    reasons                action, field, reason, rows; the most frequent first
    dates                  first, last, undated, several_days, longest_days, precision
    places                 precision, unplaced
    outside                rows, points: longitude, latitude, events, place
    shared                 coordinates, events, points: longitude, latitude, events, pins,
                           precision, places
    regions                empty, unknown, spellings: written, code, name, rows;
                           disagreements: stated, found, rows
    duplicates             rejected, groups, rows, possible: date_start, date_end, longitude,
                           latitude, category, actors, ids
    figures                contradictions, without
    issues                 how many the dataset has

Lists are cut at :data:`LISTED` entries, the largest first; the numbers beside them count
all. After an import that appends, `rows`, `reasons` and the numbers of rejected and
contradicting rows tell of this import, the rest of all that the dataset holds.
"""

from __future__ import annotations

import heapq
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from bordermap.engine.chunk import Counts
from bordermap.errors import StoreError
from bordermap.labels import Labeller
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.store import StoredDataset
from bordermap.store.database import database

LISTED = 50
"""Entries of a list."""

SHARED_BY = 10
"""Events that make a coordinate one that many share."""

_IDS = 5
_PLACES = 3
_BATCH = 100_000


def report(
    dataset: StoredDataset, counts: Counts, labeller: Labeller, before: int = 0
) -> dict[str, Any]:
    """Return the report of an import.

    Parameters
    ----------
    dataset : StoredDataset
        As it is staged.
    counts : Counts
        What became of the rows before duplicates were sought.
    labeller : Labeller
        What the events were labelled with.
    before : int
        Events of the dataset that was appended to.

    Raises
    ------
    StoreError
        If the rows do not add up, or the dataset cannot be read.
    """
    with database(dataset.folder.parent) as connection:
        connection.read_parquet(list(map(str, dataset.parts))).create_view("events")
        source = dataset.manifest["source"]
        connection.read_parquet(str(dataset.issues)).create_view("issues")
        names = pa.table({"file": [file["name"] for file in source["files"]]})
        connection.register("names", names)
        connection.execute("create view found as from issues semi join names using (file)")
        return {
            "dataset": dataset.name,
            "version": dataset.version,
            "format": source["format"],
            "mapping": dataset.manifest["mapping"],
            "files": source["files"],
            "ignored": source["ignored"],
            "rows": _rows(connection, dataset, counts, before),
            "reasons": _dicts(connection, _REASONS),
            "dates": _dates(connection),
            "places": _places(connection),
            "outside": _outside(connection, labeller),
            "shared": _shared(connection),
            "regions": _regions(connection),
            "duplicates": _duplicates(connection),
            "figures": _figures(connection),
            "issues": _number(connection, "select count(*) from issues"),
        }


_REASONS = """select action, field, reason, count(distinct (file, line)) as rows
    from found group by all order by rows desc, action, field, reason limit 1000"""


def _rows(
    connection: duckdb.DuckDBPyConnection, dataset: StoredDataset, counts: Counts, before: int
) -> dict[str, int]:
    (found,) = _dicts(
        connection,
        """select count(*) filter (rejected) as rejected,
            count(*) filter (not rejected) as repaired,
            count(*) filter (duplicate) as duplicates
            from (select bool_or(action = 'rejected') as rejected,
                bool_or(action = 'rejected' and reason like 'duplicate %') as duplicate
                from found group by file, line)""",
    )
    kept = counts.kept - found["duplicates"]
    retained = dataset.rows - kept
    if kept + found["rejected"] != counts.read or not 0 <= retained <= before:
        raise StoreError(
            f"the import does not add up and is left out: {counts.read} rows were read,"
            f" {kept} kept and {found['rejected']} rejected, and {before} were there before where"
            f" {dataset.rows} are now"
        )
    return {
        "read": counts.read,
        "kept": kept,
        "repaired": found["repaired"],
        "rejected": found["rejected"],
        "total": dataset.rows,
        "retained": retained,
        "replaced": before - retained if retained else 0,
    }


def _dates(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    (found,) = _dicts(
        connection,
        """select min(date_start) as first, max(date_end) as last,
            count(*) filter (date_start is null) as undated,
            count(*) filter (date_end > date_start) as several_days,
            coalesce(max(date_end - date_start + 1), 0) as longest_days from events""",
    )
    return {**found, "precision": _counted(connection, "date_precision")}


def _places(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    unplaced = "select count(*) from events where longitude is null or latitude is null"
    return {
        "precision": _counted(connection, "geo_precision"),
        "unplaced": _number(connection, unplaced),
    }


def _outside(connection: duckdb.DuckDBPyConnection, labeller: Labeller) -> dict[str, Any]:
    """Return the points that lie in no unit, whatever region their rows state."""
    found = connection.sql(
        """select longitude, latitude, count(*) as events, mode(place_name) as place
            from events
            where geometry is not null
                and (region_code is null or region_code is not distinct from stated_region)
            group by all"""
    )
    rows, largest = 0, list[dict[str, Any]]()
    for batch in found.to_arrow_reader(_BATCH):
        x, y = (batch[name].to_numpy() for name in ("longitude", "latitude"))
        out = batch.filter(pa.array(labeller.regions(x, y) < 0))
        rows += int(np.sum(out["events"].to_numpy()))
        largest = heapq.nsmallest(LISTED, largest + out.to_pylist(), key=_by_events)
    return {"rows": rows, "points": largest}


def _by_events(point: dict[str, Any]) -> tuple[int, float, float]:
    return -point["events"], point["longitude"], point["latitude"]


def _shared(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    connection.execute(
        f"""create temp table shared as
            select longitude, latitude, count(*) as events, count(geometry) as pins,
            from events where longitude is not null and latitude is not null
            group by all having count(*) >= {SHARED_BY}"""
    )
    (found,) = _dicts(
        connection,
        """select count(*) as coordinates, coalesce(sum(events), 0)::bigint as events
            from shared""",
    )
    points = _dicts(
        connection,
        f"""with top as (
            select * from shared order by events desc, longitude, latitude limit {LISTED}
        )
        select longitude, latitude, any_value(top.events) as events,
            any_value(top.pins) as pins,
            list_sort(list(distinct geo_precision)) as precision,
            list_sort(list(distinct place_name))[:{_PLACES}] as places,
            count(distinct place_name) as names
        from top join events using (longitude, latitude)
        group by longitude, latitude order by events desc, longitude, latitude""",
    )
    return {**found, "points": points}


def _regions(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    (found,) = _dicts(
        connection,
        """select count(*) filter (region_text is null) as empty,
            count(*) filter (region_text is not null and stated_region is null) as unknown,
            count(distinct region_text) as written from events""",
    )
    spellings = _dicts(
        connection,
        f"""select region_text as written, stated_region as code, count(*) as rows
            from events where region_text is not null
            group by all order by rows desc, written, code limit {LISTED}""",
    )
    disagreements = """select stated_region as stated, region_code as found, count(*) as rows
        from events where geometry is not null and stated_region <> region_code
        group by all order by rows desc, stated, found"""
    return {
        **found,
        "spellings": [{**row, "name": REGION_NAMES.get(row["code"])} for row in spellings],
        "disagreeing": _number(connection, f"select coalesce(sum(rows), 0) from ({disagreements})"),
        "disagreements": _dicts(connection, f"{disagreements} limit {LISTED}"),
    }


def _duplicates(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return events that differ in little but their id; events without a place are left out."""
    connection.execute(
        f"""create temp table alike as
            select date_start, date_end, longitude, latitude, category, actors,
                count(*) as events, list_sort(list(id))[:{_IDS}] as ids
            from events where date_start is not null and longitude is not null
            group by all having count(*) > 1"""
    )
    (found,) = _dicts(
        connection,
        """select count(*) as groups, coalesce(sum(events), 0)::bigint as rows,
            (select count(distinct (file, line)) from found
                where action = 'rejected' and reason like 'duplicate %') as rejected from alike""",
    )
    possible = _dicts(
        connection, f"select * from alike order by events desc, date_start, ids limit {LISTED}"
    )
    return {**found, "possible": possible}


def _figures(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    (found,) = _dicts(
        connection,
        """select count(*) filter (fatalities_best is null) as without,
            coalesce(sum(fatalities_best), 0)::bigint as fatalities_best,
            (select count(distinct (file, line)) from found where action = 'repaired'
                and reason similar to 'is (above|below) the .* estimate; .*') as contradictions
            from events""",
    )
    return found


def _counted(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, int]:
    rows = connection.execute(
        f"select {column}, count(*) as rows from events group by all order by rows desc, {column}"
    ).fetchall()
    return dict(rows)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    ((number,),) = connection.execute(query).fetchall()
    return int(number)


def _dicts(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query, days as ISO 8601."""
    rows = connection.sql(query).to_arrow_table().to_pylist()
    return [{name: _ready(value) for name, value in row.items()} for row in rows]


def _ready(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
