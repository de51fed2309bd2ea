"""The data package on disk, read and checked.

Every table is read row by row and every layer feature by feature; what is faulty is
left out and noted, what is valid is used.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pyarrow as pa
from geopandas import GeoDataFrame

from bordermap.catalog import checks, rows
from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.join import assemble
from bordermap.catalog.layers import LAYERS, read_layer, units
from bordermap.catalog.tables import Row, read
from bordermap.errors import DataPackageError, Fault
from bordermap.model import record as model


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T")
I = TypeVar("I", bound=_HasId)  # noqa: E741


@dataclass(frozen=True)
class Catalog:
    """All that the data package holds and what was left out of it.

    Attributes
    ----------
    root : Path
        Folder of the data package.
    layers : mapping of str to GeoDataFrame
        In WGS 84, with the names of :data:`bordermap.catalog.layers.LAYERS`; a layer
        that cannot be read is absent.
    gazetteer : Gazetteer
    gates, sources : mapping of id to Gate or Source
    claims : tuple of Claim
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`, in order of date.
    faults : tuple of Fault
    """

    root: Path
    layers: Mapping[str, GeoDataFrame]
    gazetteer: Gazetteer
    gates: Mapping[str, model.Gate]
    sources: Mapping[str, model.Source]
    claims: tuple[model.Claim, ...]
    records: pa.Table
    faults: tuple[Fault, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the layers and tables as they stand on disk, hexadecimal."""
        digest = hashlib.sha256()
        for path in sorted(self.root.glob("layers/*.geojson")) + sorted(
            self.root.glob("records/*.csv")
        ):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    @property
    def units(self) -> GeoDataFrame:
        """Myanmar's states and regions and Yunnan: the polygons that records are joined to."""
        return units(self.layers)


def default_root() -> Path:
    """Return the folder of the data package that came with bordermap.

    Raises
    ------
    DataPackageError
        If there is none beside the package or at the top of the source tree.
    """
    package = resources.files("bordermap")
    for candidate in (package / "geodata", package / ".." / ".." / "geodata"):
        path = Path(str(candidate)).resolve()
        if path.is_dir():
            return path
    raise DataPackageError("the data package 'geodata' was not found; reinstall bordermap")


def load(root: Path | None = None) -> Catalog:
    """Read and check a data package.

    Parameters
    ----------
    root : Path, optional
        Folder with ``layers/`` and ``records/``; by default the one that came along.

    Raises
    ------
    DataPackageError
        If the folder does not exist. Faults inside it raise nothing.
    """
    root = default_root() if root is None else root
    if not root.is_dir():
        raise DataPackageError(f"{root} is not a folder with a data package")
    faults: list[Fault] = []
    layers = {
        name: layer for name in LAYERS if (layer := read_layer(root, name, faults)) is not None
    }
    sources = _by_id(_table(root, "sources", model.Source, rows.source, faults), faults)
    places = _by_id(_table(root, "places", model.Place, rows.place, faults), faults)
    checks.check_regions(places, layers, faults)
    gazetteer = Gazetteer({place.id: place for _, place in places.values()})
    gates = _by_id(
        _table(root, "gates", model.Gate, lambda row: rows.gate(row, gazetteer), faults), faults
    )
    checks.check_regions(gates, layers, faults)
    claims = _by_id(
        _table(
            root, "claims", model.Claim, lambda row: rows.claim(row, gazetteer, sources), faults
        ),
        faults,
    )
    drafts = _by_id(
        _table(
            root, "records", rows.Draft, lambda row: rows.record(row, gazetteer, sources), faults
        ),
        faults,
    )
    faults += checks.check_aliases(places)
    faults += checks.check_packaged(root)
    gate_map = {key: gate for key, (_, gate) in gates.items()}
    return Catalog(
        root=root,
        layers=layers,
        gazetteer=gazetteer,
        gates=gate_map,
        sources={key: source for key, (_, source) in sources.items()},
        claims=tuple(claim for _, claim in claims.values()),
        records=assemble([draft for _, draft in drafts.values()], gazetteer, gate_map, layers),
        faults=tuple(sorted(set(faults))),
    )


def _table(
    root: Path,
    name: str,
    columns_of: type[Any],
    build: Callable[[Row], T],
    faults: list[Fault],
) -> list[tuple[Row, T]]:
    file = f"records/{name}.csv"
    columns = tuple(field.name for field in dataclasses.fields(columns_of) if field.init)
    built = []
    for row in read(root / file, file, columns, faults):
        value = build(row)
        if row.faults:
            faults.extend(row.faults)
        else:
            built.append((row, value))
    return built


def _by_id(rows: Iterable[tuple[Row, I]], faults: list[Fault]) -> dict[str, tuple[Row, I]]:
    by_id: dict[str, tuple[Row, I]] = {}
    for row, value in rows:
        if value.id in by_id:
            first = by_id[value.id][0].line
            reason = f"{value.id!r} is already the id of line {first}"
            faults.append(Fault(row.file, row.line, "id", reason))
        else:
            by_id[value.id] = (row, value)
    return by_id
