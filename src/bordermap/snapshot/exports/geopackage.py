"""Records as a GeoPackage with the styles of the map for QGIS."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import write_arrow

from bordermap import __version__
from bordermap.cartography.anchors import anchors
from bordermap.catalog import Catalog
from bordermap.errors import OutputError
from bordermap.model.vocabulary import POINT_PRECISIONS, GeoPrecision, label
from bordermap.snapshot import words
from bordermap.snapshot.exports import qml
from bordermap.snapshot.exports.geoparquet import points_at
from bordermap.snapshot.making import Material
from bordermap.snapshot.notices import DISCLAIMER, credit
from bordermap.snapshot.proofs.proof import PROOF_NAMESPACE

_GEOMETRY = "geom"
_OF_THE_RECORD = (
    *("id", "dataset", "kind", "category", "title"),
    *("date_start", "date_end", "date_edtf", "date_precision", "confidence"),
)
"""Fields of a record that its places repeat."""

_STATE_ONLY = (GeoPrecision.STATE, GeoPrecision.NONE)
_JSON = {"ARROW:extension:name": "arrow.json"}

_SOURCES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        *(pa.field(name, pa.string()) for name in ("publisher", "title", "url")),
        *(pa.field(name, pa.date32()) for name in ("published", "accessed")),
        *(pa.field(name, pa.string()) for name in ("language", "reprint_of", "note")),
    ]
)

_TABLES = """
create table layer_styles (
    id integer primary key autoincrement not null, f_table_catalog text(256),
    f_table_schema text(256), f_table_name text(256), f_geometry_column text(256),
    styleName text(30), styleQML text, styleSLD text, useAsDefault boolean,
    description text, owner text(30), ui text(30), update_time datetime);
create table gpkg_metadata (
    id integer constraint m_pk primary key asc not null,
    md_scope text not null default 'dataset', md_standard_uri text not null,
    mime_type text not null default 'text/xml', metadata text not null default '');
create table gpkg_metadata_reference (
    reference_scope text not null, table_name text, column_name text, row_id_value integer,
    timestamp datetime not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    md_file_id integer not null, md_parent_id integer,
    constraint crmr_mfi_fk foreign key (md_file_id) references gpkg_metadata(id),
    constraint crmr_mpi_fk foreign key (md_parent_id) references gpkg_metadata(id));
insert into gpkg_extensions
    select column1, null, 'gpkg_metadata',
        'http://www.geopackage.org/spec120/#extension_metadata', 'read-write'
    from (values ('gpkg_metadata'), ('gpkg_metadata_reference'));
insert into gpkg_contents (table_name, data_type, identifier)
    values ('layer_styles', 'attributes', 'layer_styles');
"""


def render(material: Material, proof: str = "") -> bytes:
    """Return records as a GeoPackage 1.2 or later.

    Layers: ``records``, one row a record with every field, those that are lists, structs or
    maps as JSON; ``places``, one row for each place of a record; ``states``, how many records
    have a place known to the state only, at a point inside it; ``sources``, which have no
    geometry. Points are places that are known to a district or better.

    Parameters
    ----------
    material : Material
    proof : str
        Row of the table ``gpkg_metadata``, if any.

    Raises
    ------
    OutputError
        If the folder for temporary files cannot hold it.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "records.gpkg"
            _write_layers(path, material)
            tidy = path.with_stem("tidy")
            with closing(sqlite3.connect(path, isolation_level=None)) as database:
                _finish(database, material, proof)
                database.execute("vacuum into ?", [str(tidy)])  # bytes by content only
            return tidy.read_bytes()
    except (OSError, sqlite3.Error, DataLayerError, DataSourceError) as error:
        raise OutputError(f"the GeoPackage cannot be made: {error}") from None


def _write_layers(path: Path, material: Material) -> None:
    records, catalog = material.records, material.catalog
    lists = records["places"].combine_chunks()
    owner = pc.list_parent_indices(lists)
    places = pa.Table.from_struct_array(pc.list_flatten(lists))
    points = points_at(
        places["longitude"],
        places["latitude"],
        pc.is_in(places["geo_precision"], pa.array(POINT_PRECISIONS)),
    )
    _write(path, "records", _with_json(records), _together(points, owner, len(records)))
    repeated = records.select(_OF_THE_RECORD).take(owner)
    repeated = repeated.rename_columns(["record", *_OF_THE_RECORD[1:]])
    for name in places.column_names:
        repeated = repeated.append_column(places.schema.field(name), places[name])
    _write(path, "places", repeated, points)
    _write(path, "states", *_states(places, owner, catalog))
    _write(path, "sources", _sources(records, catalog))


def _write(
    path: Path, layer: str, table: pa.Table, geometries: npt.NDArray[np.object_] | None = None
) -> None:
    place: dict[str, Any] = {"geometry_type": None}
    if geometries is not None:
        table = table.append_column(_GEOMETRY, pa.array(shapely.to_wkb(geometries), pa.binary()))
        place = {
            "geometry_name": _GEOMETRY,
            "geometry_type": "MultiPoint" if layer == "records" else "Point",
            "crs": "EPSG:4326",
        }
    write_arrow(
        table.combine_chunks(), path, layer=layer, driver="GPKG", append=path.exists(), **place
    )


def _with_json(records: pa.Table) -> pa.Table:
    """Return records with JSON in the place of what a GeoPackage has no type for."""
    for number, field in enumerate(records.schema):
        if not pa.types.is_nested(field.type):
            continue
        options = {"maps_as_pydicts": "strict"} if pa.types.is_map(field.type) else {}
        values = records.column(number).to_pylist(**options)
        texts = [json.dumps(value, ensure_ascii=False, allow_nan=False) for value in values]
        text = pa.field(field.name, pa.string(), field.nullable, _JSON)
        records = records.set_column(number, text, pa.array(texts, pa.string()))
    return records


def _together(
    points: npt.NDArray[np.object_], owner: pa.Array, records: int
) -> npt.NDArray[np.object_]:
    """Return the points of each record, once each, as one geometry, or None."""
    placed = ~shapely.is_missing(points)
    owners = owner.to_numpy()[placed]
    there = np.column_stack([owners, shapely.get_coordinates(points[placed])])
    first = np.sort(np.unique(there, axis=0, return_index=True)[1])
    geometries = np.full(records, None, object)
    shapely.multipoints(points[placed][first], indices=owners[first], out=geometries)
    return geometries


def _states(
    places: pa.Table, owner: pa.Array, catalog: Catalog
) -> tuple[pa.Table, npt.NDArray[np.object_]]:
    """Return states with the number of records that have a place known to that state only."""
    known = places.select(["region_code"]).append_column("record", owner)
    known = known.filter(pc.is_in(places["geo_precision"], pa.array(_STATE_ONLY)))
    counts = known.group_by("region_code").aggregate([("record", "count_distinct")])
    found = {row["region_code"]: row["record_count_distinct"] for row in counts.to_pylist()}
    at = anchors(catalog.layers)
    codes = sorted(code for code in found if code in at)
    table = pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "name": pa.array([label(code) for code in codes], pa.string()),
            "records": pa.array([found[code] for code in codes], pa.int32()),
        }
    )
    inside = np.array([at[code] for code in codes]).reshape(-1, 2)
    return table, np.asarray(shapely.points(inside), object)


def _sources(records: pa.Table, catalog: Catalog) -> pa.Table:
    keys = sorted({key for keys in records["sources"].to_pylist() for key in keys})
    return pa.Table.from_pylist(
        [vars(source) if (source := catalog.sources.get(key)) else {"id": key} for key in keys],
        schema=_SOURCES,
    )


def _finish(database: sqlite3.Connection, material: Material, proof: str) -> None:
    """Add styles, words and the proof, and take the time of writing away."""
    spec, catalog = material.spec, material.catalog
    stamp = f"{spec.made_on.isoformat()}T00:00:00.000Z"
    database.execute("pragma synchronous = off")  # the file is read once and thrown away
    database.execute("begin")
    for statement in _TABLES.split(";"):
        database.execute(statement)
    styles: Mapping[str, str] = {
        "records": qml.marks(roles=False),
        "places": qml.marks(roles=True),
        "states": qml.badges("records"),
    }
    database.executemany(
        "insert into layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
        " update_time) values ('', '', ?, ?, 'bordermap', ?, '', 1, 'As on the map', '', ?)",
        [(layer, _GEOMETRY, text, stamp) for layer, text in styles.items()],
    )
    cited = words.citation(spec.selection, spec.made_on, __version__, catalog)
    database.execute(
        "update gpkg_contents set description = ? where table_name <> 'layer_styles'",
        [f"{cited} {credit(material.records)} {DISCLAIMER}"],
    )
    if proof:
        database.execute(
            "insert into gpkg_metadata values (1, 'dataset', ?, 'application/json', ?)",
            [PROOF_NAMESPACE, proof],
        )
        database.execute(
            "insert into gpkg_metadata_reference values"
            " ('geopackage', null, null, null, ?, 1, null)",
            [stamp],
        )
    database.execute("update gpkg_contents set last_change = ?", [stamp])
    database.execute("commit")
