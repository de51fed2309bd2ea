"""Selection to small Arrow tables."""

from __future__ import annotations

import difflib
import hashlib
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.catalog import Catalog
from bordermap.catalog.gazetteer import Gazetteer
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
        return self._query(
            "select date_trunc('month', coalesce(date_start, date_end))::date as month, kind,"
            " count(*) as records from records where ({where}) and date_precision <> 'unknown'"
            " group by all order by all",
            selection,
        )

    def counts(self, field: str, selection: Selection | None = None) -> dict[str, int]:
        """Count matching records by the values of a field; a list field counts each value.

        Parameters
        ----------
        field : str
            A text or list-of-text column of the record schema.
        """
        column = self.records.schema.field(field)
        value = f"unnest({field})" if pa.types.is_list(column.type) else field
        table = self._query(
            f"select value, count(*) as records from (select {value} as value from records"
            " where {where}) where value is not null group by value order by records desc, value",
            selection or Selection(),
        )
        return dict(zip(table["value"].to_pylist(), table["records"].to_pylist(), strict=True))

    def _query(self, sql: str, selection: Selection) -> pa.Table:
        where, parameters = selection.where(self._gazetteer.search(selection.text))
        cursor = self._database.cursor()
        try:
            return cursor.sql(sql.format(where=where), params=parameters).to_arrow_table()
        finally:
            cursor.close()

    def record(self, row: int) -> dict[str, Any]:
        """Return one record as plain Python values, ``figures`` as a dict."""
        values: dict[str, Any] = self.records.slice(row, 1).to_pylist(maps_as_pydicts="strict")[0]
        return values


def known(dataset: Dataset, catalog: Catalog, selection: Selection) -> tuple[Selection, list[str]]:
    """Resolve the names in a selection and leave out what the data does not know.

    A region may be given by its code or any of its names (``Karen`` is ``MM-13``).

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
        **{
            field: {Gazetteer.fold(value): value for value in dataset.counts(field)}
            for field in ("actors", "topics")
        },
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


def _codes(dataset: Dataset, catalog: Catalog) -> set[str]:
    return {*REGION_NAMES, *catalog.units["code"], *dataset.counts("region_codes")}
