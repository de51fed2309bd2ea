"""Selection to small Arrow tables."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import os
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap import event_records
from bordermap.catalog import Catalog
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.join import CURATED
from bordermap.columns import FIELDS, SOURCE_SCHEMA, Bits, Columns, Matching
from bordermap.errors import StoreError
from bordermap.model.record import RECORD_SCHEMA, Actor
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.once import Once
from bordermap.selection import ALL_DATASETS, QUERY_KEYS, Selection
from bordermap.store import StoredDataset

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",
    "threads": min(4, os.cpu_count() or 1),
}
_MASKS = 64
_KEYS = 256
_PERIODS = {
    "month": "make_date(year(day), month(day), 1)",
    "quarter": "make_date(year(day), 3 * quarter(day) - 2, 1)",
    "year": "make_date(year(day), 1, 1)",
}

_HELD = {
    "kinds": "kind",
    "categories": "category",
    "regions": "region_codes",
    "actors": "actors",
}
"""Field of a selection to that of the columns that says which rows match."""

_FIELDS = {field.name: field for field in (*RECORD_SCHEMA, pa.field("row", pa.int64()))}
_COLUMNS = ", ".join(_FIELDS)

_Value = tuple[str, str]
"""SQL of a value over the curated records, and over events with their one place."""

_MAPPED = """
    (({0}geo_precision not in ('country', 'none') and {0}longitude is not null)
    or ({0}geo_precision <> 'country'
        and coalesce(list_contains($drawn, {0}region_code), false)))"""
_UNPLACED: _Value = (
    f"len(list_filter(places, lambda place: {_MAPPED.format('place.')})) = 0",
    f"not {_MAPPED.format('')}",
)


class Dataset:
    """Records that can be queried; immutable and safe to share between threads.

    Parameters
    ----------
    records : pyarrow.Table
        Curated records, with :data:`bordermap.model.record.RECORD_SCHEMA`.
    gazetteer : Gazetteer
        Resolves the names of places in a text search.
    imported : sequence of StoredDataset
        Their events follow the curated records; they stay on disk.
    """

    def __init__(
        self, records: pa.Table, gazetteer: Gazetteer, imported: Sequence[StoredDataset] = ()
    ) -> None:
        self._gazetteer = gazetteer
        self._imported = tuple(imported)
        self._curated = records
        self._counted: dict[str, dict[str, int]] = {}
        self._masks = Once(self._matching_bits, _MASKS)
        self._unplaced = Once(self._unplaced_rows, 1)
        self._found = Once(self._find, _KEYS)
        self._columns_lock = threading.Lock()
        self._columns: Columns | None = None
        overflow = Path(tempfile.gettempdir()) / f"bordermap-{os.getpid()}-{id(self)}"
        config = {**_CONFIG, "temp_directory": str(overflow)}
        self._database = duckdb.connect(":memory:", config=config)
        self._database.execute("set parquet_metadata_cache = true")
        numbered = records.append_column("row", pa.array(range(len(records)), pa.int64()))
        self._database.register("arrow_records", numbered)
        self._database.execute("create table curated as select * from arrow_records")
        self._database.unregister("arrow_records")
        self._length = len(records)
        self._first: list[int] = []
        for number, dataset in enumerate(self._imported):
            relation = event_records.relation(dataset, self._length)
            self._database.execute(f"create view imported_{number} as {relation}")
            self._first.append(self._length)
            self._length += dataset.rows

    @classmethod
    def of(
        cls, catalog: Catalog, imported: Sequence[StoredDataset] = (), *, curated: bool = True
    ) -> Dataset:
        """Return the curated records of a catalog, imported events, or both together."""
        records = catalog.records if curated else RECORD_SCHEMA.empty_table()
        return cls(records, catalog.gazetteer, imported)

    def __len__(self) -> int:
        return self._length

    @cached_property
    def _everything(self) -> str:
        parts = ("curated", *(f"imported_{number}" for number in range(len(self._imported))))
        return " union all ".join(f"select {_COLUMNS} from {part}" for part in parts)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the records, hexadecimal; the same records have the same digest."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._curated.schema) as writer:
            writer.write_table(self._curated.combine_chunks())
        digest = hashlib.sha256(sink.getvalue())
        for dataset in self._imported:
            digest.update(dataset.digest.encode())
        return digest.hexdigest()

    @cached_property
    def records(self) -> pa.Table:
        """All records in memory, by row; for datasets that are known to be small."""
        return self.table(RECORD_SCHEMA.names) if self._imported else self._curated

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row number of each record id, of a dataset that is known to be small."""
        ids = self.records["id"].to_pylist()
        return {record: row for row, record in enumerate(ids)}

    def find(self, key: str) -> int | None:
        """Return the row of a record.

        Parameters
        ----------
        key : str
            The id of a curated record; for others the name of the dataset, a slash and the id.
        """
        return self._found(key)

    def _find(self, key: str) -> int | None:
        name, slash, record = key.partition("/")
        if slash:
            names = [dataset.name for dataset in self._imported]
            if name not in names:
                return None
            part = f"imported_{names.index(name)}"
        else:
            part, record = "curated", key
        with self._cursor() as cursor:
            found = cursor.execute(f"select row from {part} where id = ?", [record]).fetchone()
        return int(found[0]) if found else None

    def key(self, row: int) -> str:
        """Return what :meth:`find` finds a row by."""
        record = self.record(row)
        if row < len(self._curated):
            return str(record["id"])
        return f"{record['dataset']}/{record['id']}"

    def table(self, columns: Sequence[str], selection: Selection | None = None) -> pa.Table:
        """Return columns of the matching records, by row.

        Parameters
        ----------
        columns : sequence of str
            Of the record schema, or ``row``.
        """
        schema = pa.schema([_FIELDS[name] for name in columns])
        found = self._query(
            f"select {', '.join(columns)} from {{records}} order by row", selection or Selection()
        )
        return found.cast(schema)

    def take(
        self,
        rows: Sequence[int] | npt.NDArray[np.integer[Any]],
        columns: Sequence[str] = RECORD_SCHEMA.names,
    ) -> pa.Table:
        """Return the records with these numbers, in their order.

        Of imported events only those groups of rows are read that hold one of them; the
        fewer columns are asked for, the less.

        Parameters
        ----------
        rows : sequence or array of int
        columns : sequence of str
            Of the record schema.

        Raises
        ------
        IndexError
            If there is no such row.
        """
        wanted = np.asarray(rows, dtype=np.int64)
        if wanted.size and not 0 <= wanted.min() <= wanted.max() < self._length:
            raise IndexError("no such row")
        numbers = np.unique(wanted)
        schema = pa.schema([_FIELDS[name] for name in columns])
        own = numbers[numbers < len(self._curated)]
        found = [self._curated.select(columns).take(pa.array(own)).cast(schema)]
        for dataset, first in zip(self._imported, self._first, strict=True):
            here = numbers[(numbers >= first) & (numbers < first + dataset.rows)]
            if here.size:
                relation = event_records.relation(dataset, first, "row in (select unnest($rows))")
                with self._cursor() as cursor:
                    table = cursor.sql(
                        f"select {', '.join(columns)} from ({relation}) order by row",
                        params={"rows": (here - first).tolist()},
                    ).to_arrow_table()
                found.append(table.cast(schema))
        return pa.concat_tables(found).take(pa.array(np.searchsorted(numbers, wanted)))

    def mask(self, selection: Selection) -> Bits:
        """Return which records match all that a selection says but its dates.

        Returns
        -------
        array of uint8
            Bit ``i & 7`` of byte ``i >> 3`` is row ``i``. It is shared and not to be written.
        """
        return self._masks(timeless(selection))

    def _matching_bits(self, selection: Selection) -> Bits:
        """Ask the columns what they can say, and a query only what is left."""
        in_columns = {field: terms for field in _HELD if (terms := getattr(selection, field))}
        left = selection.replace(**dict.fromkeys(in_columns, ()))
        if in_columns and left:
            bits = self.mask(left)
        elif left:
            chosen = np.zeros(self._length, bool)
            chosen[self._query("select row from {records}", left)["row"].to_numpy()] = True
            bits = np.packbits(chosen, bitorder="little")
        else:
            bits = np.packbits(np.ones(self._length, bool), bitorder="little")
        for field, terms in in_columns.items():
            among = self.columns.values[_HELD[field]].among(terms)
            bits = bits & np.packbits(among, bitorder="little")
        bits.flags.writeable = False
        return bits

    def matching(self, selection: Selection) -> Matching:
        """Return the records that match, to be counted and listed without further queries."""
        mask = self.mask(selection)
        return Matching(self.columns, mask, selection.date_from, selection.date_to)

    @property
    def columns(self) -> Columns:
        """What all records say for counts and order, in memory; read when first asked for."""
        with self._columns_lock:
            if self._columns is None:
                self._columns = Columns.of(self._length, self._batches())
            return self._columns

    def _batches(self) -> Iterator[pa.RecordBatch]:
        yield from self.curated(SOURCE_SCHEMA.names).to_batches()
        for dataset in self._imported:
            yield from event_records.batches(dataset, SOURCE_SCHEMA.names)

    def curated(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of the curated records, whose rows are the first."""
        return self._curated.select(columns)

    def imported(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield columns of the imported events as they are stored, batch after batch.

        Parameters
        ----------
        columns : sequence of str
            Of :data:`bordermap.model.event.EVENT_SCHEMA`.
        """
        for dataset in self._imported:
            for batch in dataset.batches(columns):
                yield pa.Table.from_batches([batch])

    def rows(self, selection: Selection) -> npt.NDArray[np.int64]:
        """Return the numbers of the rows that match, in order of date."""
        return self.matching(selection).rows.astype(np.int64)

    def select(self, selection: Selection) -> pa.Table:
        """Return the records that match, in order of date, in the record schema."""
        found = self._query(
            f"select {', '.join(RECORD_SCHEMA.names)} from {{records}}"
            " order by date_start nulls last, row",
            selection,
        )
        return found.cast(RECORD_SCHEMA)

    @cached_property
    def days(self) -> tuple[date, date] | None:
        """Return the first and the last day of all records; None where all are undated."""
        with self._cursor() as cursor:
            found = cursor.execute(
                "select min(least(date_start, date_end)), max(greatest(date_start, date_end))"
                f" from ({self._everything})"
            ).fetchone()
        return found if found and found[0] else None

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
            f"select {_PERIODS[unit]} as period, value, count(*) as records"
            " from (select coalesce(date_start, date_end) as day, value"
            " from {records} where date_precision <> 'unknown')"
            " group by all order by all",
            selection,
            value=_values_of(field),
        )

    def tally(
        self, field: str, selection: Selection, windows: Sequence[tuple[date, date]]
    ) -> pa.Table:
        """Count the records of several windows of time, by a field's values, in one query.

        Parameters
        ----------
        field : str
            A text or list-of-text column of the record schema.
        selection : Selection
            Its own dates are not used.
        windows : sequence of (datetime.date, datetime.date)
            First and last days, both inclusive; a record is counted in every window that
            the days which it may cover overlap.

        Returns
        -------
        pyarrow.Table
            ``value`` and ``kind``; for the window ``n`` ``records_n``, how many of them state
            ``fatalities_best`` (``stated_n``) and their sum (``fatalities_n``, null where
            none does); ``every``, the records that are counted in all windows (int64).
            What occurs in no window is left out.
        """
        within: list[str] = []
        days: dict[str, date] = {}
        for n, (first, last) in enumerate(windows):
            within.append(
                f"(date_end is null or date_end >= $from{n})"
                f" and (date_start is null or date_start <= $to{n})"
            )
            days |= {f"from{n}": first, f"to{n}": last}
        counts = [
            f"count(*) filter ({inside}) as records_{n},"
            f" count(fatalities_best) filter ({inside}) as stated_{n},"
            f" cast(sum(fatalities_best) filter ({inside}) as bigint) as fatalities_{n}"
            for n, inside in enumerate(within)
        ]
        whole = selection.replace(
            date_from=min(first for first, _ in windows), date_to=max(last for _, last in windows)
        )
        return self._query(
            f"select value, kind, {', '.join(counts)},"
            f" count(*) filter ({' and '.join(within)}) as every from {{records}}"
            f" group by value, kind having count(*) filter (({') or ('.join(within)})) > 0"
            " order by value nulls last, kind",
            whole,
            value=_values_of(field),
            **days,
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
            " coalesce(date_start, date_end) as day from {records})"
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
        return self.matching(selection).unmapped(self._unplaced(frozenset(regions)))

    def _unplaced_rows(self, regions: frozenset[str]) -> npt.NDArray[np.int64]:
        found = self._query(
            "select row from {records} where value",
            Selection(),
            value=_UNPLACED,
            drawn=sorted(regions),
        )
        return np.asarray(found["row"].to_numpy(), dtype=np.int64)

    def counts(self, field: str, selection: Selection | None = None) -> dict[str, int]:
        """Count matching records by the values of a field; a list field counts each value.

        Parameters
        ----------
        field : str
            A text or list-of-text column of the record schema.
        """
        if selection is None:
            if field not in self._counted:
                self._counted[field] = self.counts(field, Selection())
            return dict(self._counted[field])
        if selection and field in FIELDS:
            return self.matching(selection).counts(field)
        table = self._query(
            "select value, count(*) as records from {records}"
            " where value is not null group by value order by records desc, value",
            selection,
            value=_values_of(field),
        )
        return dict(zip(table["value"].to_pylist(), table["records"].to_pylist(), strict=True))

    def record(self, row: int) -> dict[str, Any]:
        """Return one record as plain Python values, ``figures`` as a dict."""
        values: dict[str, Any] = self.take([row]).to_pylist(maps_as_pydicts="strict")[0]
        return values

    def _query(
        self,
        sql: str,
        selection: Selection,
        *,
        value: _Value = ("null", "null"),
        **parameters: list[str] | date,
    ) -> pa.Table:
        """Run a query in which ``{records}`` stands for the records that match.

        They have a column ``value`` too.
        """
        places = self._gazetteer.search(selection.text)
        where, values = selection.where(places)
        parts = [f"select {_COLUMNS}, {value[0]} as value from curated where {where}"]
        if self._imported:
            names = {
                Gazetteer.fold(name)
                for place in places
                for name in Gazetteer.names(self._gazetteer.places[place])
            }
            where, further = selection.where(sorted(names), one_place=True)
            values |= further
            parts += [
                f"select {_COLUMNS}, {value[1]} as value from imported_{number} where {where}"
                for number in range(len(self._imported))
            ]
        matching = f"({' union all '.join(parts)})"
        with self._cursor() as cursor:
            return cursor.sql(
                sql.format(records=matching), params={**values, **parameters}
            ).to_arrow_table()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._database.cursor()
        try:
            yield cursor
        except duckdb.IOException as error:
            raise StoreError(f"imported events cannot be read any more: {error}") from None
        finally:
            cursor.close()


def _values_of(field: str) -> _Value:
    """Return the values of a field, each item of a list being one."""
    if field == "region_codes":
        return "unnest(region_codes)", "region_code"
    one = f"unnest({field})" if pa.types.is_list(_FIELDS[field].type) else field
    return one, one


def timeless(selection: Selection) -> Selection:
    """Return what a selection asks of each record but its dates."""
    return selection.replace(dataset="", date_from=None, date_to=None)


def members(name: str, imported: Collection[str]) -> tuple[list[str], bool]:
    """Return what a selection's name of a dataset stands for.

    Parameters
    ----------
    name : str
        As :attr:`bordermap.selection.Selection.dataset` spells it.
    imported : collection of str
        Names of all imported datasets.

    Returns
    -------
    names : list of str
        Of imported datasets.
    curated : bool
        Whether the chronology belongs to it.
    """
    if name == ALL_DATASETS:
        return sorted(imported), True
    return ([name], False) if name not in ("", CURATED) else ([], True)


def with_sources(catalog: Catalog, imported: Iterable[StoredDataset]) -> Catalog:
    """Return a catalog that also knows imported datasets as sources."""
    added = {event_records.source_id(one): event_records.source(one) for one in imported}
    return dataclasses.replace(catalog, sources={**catalog.sources, **added})


def known_dataset(selection: Selection, names: Collection[str]) -> tuple[Selection, list[str]]:
    """Leave out the name of a dataset that does not exist.

    Parameters
    ----------
    selection : Selection
    names : collection of str
        Of the imported datasets.

    Returns
    -------
    selection : Selection
    unknown : list of str
    """
    if selection.dataset == CURATED:
        selection = selection.replace(dataset="")
    if selection.dataset in ("", ALL_DATASETS, *names):
        return selection, []
    near = difflib.get_close_matches(selection.dataset, [*names, ALL_DATASETS], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return selection.replace(dataset=""), [f"dataset: there is no {selection.dataset[:80]!r}{hint}"]


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
