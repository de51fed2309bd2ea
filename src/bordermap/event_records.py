"""Imported datasets in the terms of the record schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from bordermap.model.record import Source
from bordermap.model.vocabulary import Role, Scope
from bordermap.store import StoredDataset

_NAMES: Mapping[str, tuple[str, str, str]] = {
    "acled": (
        "ACLED",
        "Armed Conflict Location & Event Data, export of the reader",
        "https://acleddata.com",
    ),
    "ucdp": (
        "Uppsala Conflict Data Program",
        "UCDP Georeferenced Event Dataset (CC BY 4.0)",
        "https://ucdp.uu.se",
    ),
    "gdelt": (
        "The GDELT Project",
        "GDELT events, coded by machine and not verified",
        "https://www.gdeltproject.org",
    ),
}

_EDTF = """case date_precision
    when 'unknown' then ''
    when 'month' then strftime(date_start, '%Y-%m') || case
        when date_trunc('month', date_start) = date_trunc('month', date_end) then ''
        else '/' || strftime(date_end, '%Y-%m') end
    when 'approx' then date_start || '~' || case
        when date_start = date_end then '' else '/' || date_end || '~' end
    else date_start || case when date_start = date_end then '' else '/' || date_end end
end"""

_PLACES = f"""case when place_name is null and longitude is null then [] else [{{
    'place_id': '', 'name': coalesce(place_name, 'Unnamed place'), 'role': '{Role.LOCATION}',
    'longitude': longitude, 'latitude': latitude, 'geo_precision': geo_precision,
    'region_code': region_code, 'gate_id': gate_id, 'gate_km': gate_km,
    'border_km': border_km}}] end"""


def source(dataset: StoredDataset) -> Source:
    """Return the source that all records of an imported dataset name."""
    facts = dataset.manifest["source"]
    publisher, title, url = _NAMES.get(
        facts.get("format", ""), (dataset.name, "Imported table", "")
    )
    files = ", ".join(file["name"] for file in facts.get("files", ()))
    return Source(
        id=source_id(dataset),
        publisher=publisher,
        title=title,
        url=url,
        published=None,
        accessed=None,
        language="mul",
        reprint_of="",
        note=f"Imported from {files}" if files else "",
    )


def source_id(dataset: StoredDataset) -> str:
    """Return the id of the source of an imported dataset."""
    return f"dataset-{dataset.name}"


def relation(dataset: StoredDataset, first_row: int, wanted: str = "true") -> str:
    """Return SQL for DuckDB: the events as records, beside the columns of their one place.

    The columns are those of :data:`bordermap.model.record.RECORD_SCHEMA`, ``row`` and, for
    :meth:`bordermap.selection.Selection.where`, those of
    :data:`bordermap.model.event.EVENT_SCHEMA`.

    Parameters
    ----------
    first_row : int
        Number of the dataset's first row among all that are queried together.
    wanted : str
        Condition in SQL over the dataset as it is stored, whose rows start at 0.
    """
    name = dataset.name.replace("'", "''")
    return f"""select * exclude (row), row + {first_row} as row,
        '{name}' as dataset,
        {_EDTF} as date_edtf,
        null::varchar as date_note,
        {_PLACES} as places,
        case when region_code is null then []::varchar[] else [region_code] end as region_codes,
        []::varchar[] as topics,
        map([]::varchar[], []::double[]) as figures,
        '{Scope.IMPORTED}' as scope,
        ['dataset-{name}'] as sources,
        concat_ws('. ', 'Sources that the dataset names: ' || cited,
            'Line ' || line || ' of ' || file) as notes
        from (select * from {dataset.relation} where {wanted})"""


def batches(dataset: StoredDataset, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield columns of the record schema, in the order of the rows.

    Parameters
    ----------
    columns : sequence of str
        Such as events have themselves, or ``region_codes``.
    """
    stored = ["region_code" if name == "region_codes" else name for name in columns]
    for batch in dataset.batches(stored):
        yield pa.record_batch(
            [
                _listed(batch["region_code"]) if name == "region_codes" else batch[name]
                for name in columns
            ],
            names=list(columns),
        )


def _listed(values: pa.Array) -> pa.ListArray:
    """Return each value as a list of one, null as one of none."""
    offsets = np.zeros(len(values) + 1, np.int32)
    np.cumsum(values.is_valid().to_numpy(zero_copy_only=False), out=offsets[1:])
    return pa.ListArray.from_arrays(offsets, values.drop_null())
