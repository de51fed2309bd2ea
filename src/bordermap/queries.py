"""Selection to small Arrow tables."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.catalog import Catalog
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.model.record import Actor
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.selection import QUERY_KEYS, Selection

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Dataset:
    """Records that can be queried; immutable and safe to share between threads.

    Parameters
    ----------
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`.
    gazetteer : Gazetteer
        Resolves the names of places in a text search.

    Attributes
    ----------
    digest : str
        SHA-256 of the records, hexadecimal; the same records have the same digest.
    """

    def __init__(self, records: pa.Table, gazetteer: Gazetteer) -> None:
        self.records = records
        self._gazetteer = gazetteer
        self._database = duckdb.connect(":memory:", config=_OFFLINE)
        numbered = records.append_column("row", pa.array(range(len(records)), pa.int64()))
        self._database.register("arrow_records", numbered)
        self._database.execute("create table records as select * from arrow_records")
        self._database.unregister("arrow_records")

    @classmethod
    def of(cls, catalog: Catalog) -> Dataset:
        """Return the curated records of a catalog."""
        return cls(catalog.records, catalog.gazetteer)

    @cached_property
    def digest(self) -> str:  # noqa: D102
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.records.schema) as writer:
            writer.write_table(self.records.combine_chunks())
        return hashlib.sha256(sink.getvalue()).hexdigest()

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row number of each record id."""
        ids = self.records["id"].to_pylist()
        return {record: row for row, record in enumerate(ids)}

    def rows(self, selection: Selection) -> npt.NDArray[np.int64]:
        """Return the numbers of the rows that match, in order of date."""
        table = self._query("select row from records where {where} order by row", selection)
        return np.asarray(table["row"].to_numpy(), dtype=np.int64)

    def select(self, selection: Selection) -> pa.Table:
        """Return the records that match, in order of date."""
        return self.records.take(pa.array(self.rows(selection)))

    def months(self, selection: Selection) -> pa.Table:
        """Count matching records by the month in which they start, and kind.

        Returns
        -------
        pyarrow.Table
            ``month`` (date32, first day), ``kind``, ``records`` (int64); undated records
            are left out.
        """
        return self.over_time("kind", "month", selection).rename_columns(
            ["month", "kind", "records"]
        )

    def over_time(self, field: str, unit: str, selection: Selection) -> pa.Table:
        """Count matching records by the period in which they start, and a field's values.

        Parameters
        ----------
        field : str
            A text or list-of-text column of the record schema.
        unit : str
            ``month``, ``quarter`` or ``year``.

        Returns
        -------
        pyarrow.Table
            ``period`` (date32, first day), ``value``, ``records`` (int64); undated records
            are left out.
        """
        return self._query(
            "select date_trunc($unit, day)::date as period, value, count(*) as records"
            f" from (select coalesce(date_start, date_end) as day, {self._value(field)} as value"
            " from records where ({where}) and date_precision <> 'unknown')"
            " group by all order by all",
            selection,
            unit=unit,
        )

    def actors(self, selection: Selection) -> pa.Table:
        """Sum up what each actor takes part in among matching records.

        Returns
        -------
        pyarrow.Table
            ``actor``, ``records``, ``incidents``, ``meetings`` (int64), and ``first`` and
            ``last``, the dates in EDTF of the records that start first and last, null where
            all are undated; the most frequent actor comes first.
        """
        return self._query(
            "select actor, count(*) as records,"
            " count(*) filter (kind = 'incident') as incidents,"
            " count(*) filter (kind = 'meeting') as meetings,"
            " first(date_edtf order by day, row) filter (day is not null) as first,"
            " last(date_edtf order by day, row) filter (day is not null) as last"
            " from (select unnest(actors) as actor, kind, date_edtf, row,"
            " coalesce(date_start, date_end) as day from records where {where})"
            " group by actor order by records desc, actor",
            selection,
        )

    def unmapped(self, selection: Selection, regions: Collection[str]) -> pa.Table:
        """Return the matching records that are undated or that the map cannot draw.

        Parameters
        ----------
        selection : Selection
        regions : collection of str
            Codes of the regions that the map knows: a place that is known no better than
            to one of them is drawn as an area.

        Returns
        -------
        pyarrow.Table
            ``row`` (int64), ``undated``, ``unplaced`` (bool), in order of date.
        """
        return self._query(
            "select row, undated, unplaced from (select row,"
            " date_precision = 'unknown' as undated,"
            " len(list_filter(places, lambda place:"
            " (place.geo_precision not in ('country', 'none') and place.longitude is not null)"
            " or (place.geo_precision <> 'country'"
            " and coalesce(list_contains($drawn, place.region_code), false)))) = 0 as unplaced"
            " from records where {where}) where undated or unplaced order by row",
            selection,
            drawn=list(regions),
        )

    def counts(self, field: str, selection: Selection | None = None) -> dict[str, int]:
        """Count matching records by the values of a field; a list field counts each value.

        Parameters
        ----------
        field : str
            A text or list-of-text column of the record schema.
        """
        table = self._query(
            "select value, count(*) as records from"
            f" (select {self._value(field)} as value from records"
            " where {where}) where value is not null group by value order by records desc, value",
            selection or Selection(),
        )
        return dict(zip(table["value"].to_pylist(), table["records"].to_pylist(), strict=True))

    def _value(self, field: str) -> str:
        column = self.records.schema.field(field)
        return f"unnest({field})" if pa.types.is_list(column.type) else field

    def _query(self, sql: str, selection: Selection, **parameters: str | list[str]) -> pa.Table:
        where, values = selection.where(self._gazetteer.search(selection.text))
        cursor = self._database.cursor()
        try:
            return cursor.sql(
                sql.format(where=where), params={**values, **parameters}
            ).to_arrow_table()
        finally:
            cursor.close()

    def record(self, row: int) -> dict[str, Any]:
        """Return one record as plain Python values, ``figures`` as a dict."""
        values: dict[str, Any] = self.records.slice(row, 1).to_pylist(maps_as_pydicts="strict")[0]
        return values


def known(dataset: Dataset, catalog: Catalog, selection: Selection) -> tuple[Selection, list[str]]:
    """Resolve the names in a selection and leave out what the data does not know.

    A region may be given by its code or any of its names (``Karen`` is ``MM-13``), an
    actor by its id or any of its names.

    Returns
    -------
    selection : Selection
    unknown : list of str
        One line for each value left out, with what comes near it.
    """
    regions = {
        **{Gazetteer.fold(name): code for code, name in REGION_NAMES.items()},
        **{
            Gazetteer.fold(name): place.region
            for place in catalog.gazetteer.places.values()
            if place.kind == "state" and place.region
            for name in Gazetteer.names(place)
        },
        **{Gazetteer.fold(code): code for code in _codes(dataset, catalog)},
    }
    vocabularies: dict[str, dict[str, str]] = {
        "regions": regions,
        "gates": {Gazetteer.fold(gate): gate for gate in catalog.gates},
        "sources": {Gazetteer.fold(source): source for source in catalog.sources},
        "actors": {
            **{Gazetteer.fold(value): value for value in dataset.counts("actors")},
            **{name: actor.name for name, actor in actors_by_name(catalog).items()},
        },
        "topics": {Gazetteer.fold(value): value for value in dataset.counts("topics")},
    }
    unknown: list[str] = []
    for field, values in vocabularies.items():
        kept = []
        for value in getattr(selection, field):
            found = values.get(Gazetteer.fold(value))
            if found is None:
                near = difflib.get_close_matches(Gazetteer.fold(value), values, n=1)
                hint = f"; did you mean {values[near[0]]!r}?" if near else ""
                unknown.append(f"{QUERY_KEYS[field]}: nothing is known of {value[:80]!r}{hint}")
            else:
                kept.append(found)
        selection = selection.replace(**{field: tuple(dict.fromkeys(kept))})
    if selection.dataset and selection.dataset not in dataset.counts("dataset"):
        unknown.append(f"dataset: there is no {selection.dataset[:80]!r}")
        selection = selection.replace(dataset="")
    return selection, unknown


def actors_by_name(catalog: Catalog) -> dict[str, Actor]:
    """Return the actors by every folded name, ids included; what records spell goes first."""
    actors = catalog.actors.values()
    other_names = {
        Gazetteer.fold(name): actor
        for actor in actors
        for name in (actor.name_my, actor.name_zh, *actor.aliases, actor.id)
        if name
    }
    return other_names | {Gazetteer.fold(actor.name): actor for actor in actors}


def _codes(dataset: Dataset, catalog: Catalog) -> set[str]:
    return {*REGION_NAMES, *catalog.units["code"], *dataset.counts("region_codes")}
