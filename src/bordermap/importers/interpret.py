"""Rows of a file to events, by a mapping."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.errors import ImportFileError
from bordermap.importers import dates, people, places
from bordermap.importers.categories import categories
from bordermap.importers.coding import chosen, coded
from bordermap.importers.columns import Columns, joined
from bordermap.importers.issues import Issues
from bordermap.importers.mapping import Mapping
from bordermap.importers.reading import Batch
from bordermap.importers.titles import titles
from bordermap.importers.tolls import fatalities
from bordermap.model.event import INTERPRETED
from bordermap.model.vocabulary import Confidence


@dataclass(frozen=True)
class Names:
    """Names of regions beside those that are known anyway.

    Attributes
    ----------
    regions : mapping of str to str
        ISO 3166-2 codes by folded name (``model.names.fold``).
    """

    regions: abc.Mapping[str, str]


@dataclass(frozen=True)
class Interpreted:
    """What the rows of a batch mean.

    Attributes
    ----------
    events : pyarrow.Table
        INTERPRETED and ``original``, a struct of all columns of the file.
    issues : pyarrow.Table
        ISSUE_SCHEMA, by line.
    """

    events: pa.Table
    issues: pa.Table


def interpret(
    batch: Batch, mapping: Mapping, file: str, names: Names, today: date | None = None
) -> Interpreted:
    """Read the rows of a batch as events.

    Every row is an event or is rejected with an issue that says why. A row is rejected
    for its date only.

    Parameters
    ----------
    batch : Batch
    mapping : Mapping
    file : str
        What the file is called in events and issues.
    names : Names
    today : datetime.date, optional
        Events more than a year after it are rejected; by default the current day.

    Raises
    ------
    ImportFileError
        If the file has no column for the date nor for both coordinates, or the order of
        day and month in a date is not decided.
    """
    mapping = mapping.resolved(batch.columns.column_names)
    if "date_start" not in mapping.fields and not {"latitude", "longitude"} <= set(mapping.fields):
        raise ImportFileError(
            f"{file}: no column is known for the date, nor for latitude and longitude; "
            "name them in a mapping"
        )
    issues = Issues(file, batch.lines)
    columns = Columns(batch.columns, mapping, issues)
    codes = mapping.codes
    when = _spans(columns, mapping, issues, today or date.today())
    where = places.coordinates(columns, issues)
    category = categories(columns, codes, mapping.note, issues)
    actors = columns.each("actors")
    region = columns.words("region")
    place = columns.words("place_name")
    others = people.typed(actors, columns.each("inter"), codes.get("inter", {}))
    others += [people.split(words) for words in columns.each("participants")]
    fields = {
        "id": _ids(columns, file, batch.lines),
        "file": pa.repeat(file, columns.rows),
        "line": pa.array(batch.lines),
        "kind": category.kind,
        "category": category.category,
        "title": titles(columns.text("title"), category.heading, actors, place),
        "summary": columns.text("summary"),
        "date_start": when.column(when.start),
        "date_end": when.column(when.end),
        "date_precision": chosen([str(p) for p in dates.PRECISIONS], when.precision),
        "place_name": place.column(),
        "longitude": _nullable(where.longitude),
        "latitude": _nullable(where.latitude),
        "geo_precision": places.geo_precision(columns, codes, where.placed, issues),
        "stated_region": places.stated_region(region, codes.get("region", {}), names.regions),
        "region_text": region.column(),
        "actors": people.listed(actors, columns.rows),
        "participants": people.joined(others, columns.rows),
        **fatalities(columns, issues),
        "cited": _cited(columns),
        "confidence": chosen(*coded("confidence", columns, codes, str(Confidence.LOW), issues)),
    }
    events = pa.table(fields, schema=INTERPRETED)
    events = events.append_column("original", batch.columns.to_struct_array())
    left_out = issues.left_out()
    if left_out.any():
        events = events.filter(pa.array(~left_out))
    return Interpreted(events, issues.table())


def _ids(columns: Columns, file: str, lines: npt.NDArray[np.int64]) -> pa.StringArray:
    """Return the identifiers of a file, and ``<name of the file>-<line>`` where it has none."""
    given = columns.text("id")
    if pc.any(pc.ends_with(given, ".0")).as_py():
        given = pc.replace_substring_regex(given, r"^(\d+)\.0+$", r"\1")
    if not given.null_count:
        return given
    made = pc.binary_join_element_wise(PurePath(file).stem, pa.array(lines).cast(pa.string()), "-")
    return pc.coalesce(given, made)


def _spans(columns: Columns, mapping: Mapping, issues: Issues, today: date) -> dates.Spans:
    start = _dates(columns, "date_start", mapping.date_order, issues, today)
    if not columns.names("date_end"):
        end = None
    else:
        end = _dates(columns, "date_end", mapping.date_order, issues, today)
        text = columns.words("date_end").column()
        field = columns.named("date_end")
        issues.rejected(
            field, start.known & end.known & (end.end < start.start), text, "is before the start"
        )
        issues.repaired(
            field,
            end.known & ~start.known & (start.fault == 0),
            text,
            "is an end without a start; kept undated",
        )
    terms, rows = coded("date_precision", columns, mapping.codes, "", issues, among=start.known)
    order = [str(precision) for precision in dates.PRECISIONS]
    stated = np.array([order.index(term) if term else -1 for term in terms], dtype=np.int8)
    return dates.spans(start, end, stated[rows])


def _dates(columns: Columns, field: str, order: str, issues: Issues, today: date) -> dates.Dates:
    words = columns.words(field)
    read = dates.read_dates(words, order, today)
    for fault in np.unique(read.fault[read.fault > 0]).tolist():
        rows = read.fault == fault
        if dates.FAULTS[fault] == dates.AMBIGUOUS:
            first = int(np.argmax(rows))
            text = words.column()[first].as_py()
            raise ImportFileError(
                f"{issues.file}, line {issues.lines[first]}, {columns.named(field)}: "
                f"{text[:40]!r} {dates.AMBIGUOUS}; say in a mapping whether date_order is "
                '"dmy" or "mdy"'
            )
        issues.rejected(columns.named(field), rows, words.column(), dates.FAULTS[fault])
    return read


def _cited(columns: Columns) -> pa.StringArray:
    parts = [words.column() for words in columns.each("cited")]
    return joined(parts, "; ") if parts else pa.nulls(columns.rows, pa.string())


def _nullable(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
