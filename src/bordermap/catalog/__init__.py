"""The data package on disk, read and checked.

Every table is read row by row and every layer feature by feature; what is faulty is
left out and noted, what is valid is used.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
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
from bordermap.catalog.layers import read_layers, units
from bordermap.catalog.tables import Row, read
from bordermap.errors import DataPackageError, Fault
from bordermap.model import record as model


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T")
I = TypeVar("I", bound=_HasId)  # noqa: E741
Kept = tuple[Row, T]
"""A value and the row that it was read from."""


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
    gates, sources, actors, subjects : mapping of id to Gate, Source, Actor or Subject
    claims : tuple of Claim
    relations : tuple of Relation
    statuses : tuple of GateStatus
        The ledger of the gates.
    reviews : tuple of Review
    records : pyarrow.Table
        With :data:`bordermap.model.record.RECORD_SCHEMA`, in order of date.
    faults : tuple of Fault
    """

    root: Path
    layers: Mapping[str, GeoDataFrame]
    gazetteer: Gazetteer
    gates: Mapping[str, model.Gate]
    sources: Mapping[str, model.Source]
    actors: Mapping[str, model.Actor]
    subjects: Mapping[str, model.Subject]
    claims: tuple[model.Claim, ...]
    relations: tuple[model.Relation, ...]
    statuses: tuple[model.GateStatus, ...]
    reviews: tuple[model.Review, ...]
    records: pa.Table
    faults: tuple[Fault, ...]

    @cached_property
    def files(self) -> Mapping[str, str]:
        """SHA-256 of each layer and table as it stands on disk, hexadecimal, by its path."""
        paths = sorted(self.root.glob("layers/*.geojson")) + sorted(self.root.glob("records/*.csv"))
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in paths
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the layers and tables as they stand on disk, hexadecimal."""
        lines = (f"{path} {digest}\n" for path, digest in self.files.items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
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

    def table(name: str, columns_of: type[Any], build: Callable[[Row], I]) -> dict[str, Kept[I]]:
        return _by_id(_table(root, name, columns_of, build, faults), faults)

    with ThreadPoolExecutor(1) as beside:  # most of it needs no lock of the interpreter
        reading = beside.submit(read_layers, root)
        sources = table("sources", model.Source, rows.source)
        actors = table("actors", model.Actor, rows.actor)
        reviews = table("reviewed", model.Review, lambda row: rows.review(row, checks.REVIEWABLE))
        places = table("places", model.Place, rows.place)
        layers, of_layers = reading.result()
    faults += of_layers
    checks.check_regions(places, layers, reviews, faults, allowed_km=0.0)
    gazetteer = Gazetteer(_values(places))
    known = rows.Known(gazetteer, sources, _values(actors).values())
    gates = table("gates", model.Gate, lambda row: rows.gate(row, known))
    checks.check_regions(
        gates, layers, reviews, faults, allowed_km=checks.STATED_REGION_TOLERANCE_KM
    )
    statuses = table(
        "gate_statuses", model.GateStatus, lambda row: rows.gate_status(row, gates, known)
    )
    subjects = table("subjects", model.Subject, rows.subject)
    claims = table("claims", model.Claim, lambda row: rows.claim(row, subjects, known))
    drafts = table("records", rows.Draft, lambda row: rows.record(row, known))
    relations = table("relations", model.Relation, lambda row: rows.relation(row, drafts))
    faults += checks.check_names(places, Gazetteer.names)
    faults += checks.check_names(actors, rows.actor_names)
    faults += checks.check_same_event(drafts, gazetteer, reviews)
    faults += checks.check_reviews(reviews, {*drafts, *places, *gates})
    faults += checks.check_disputes(statuses)
    faults += checks.check_packaged(root)
    return Catalog(
        root=root,
        layers=layers,
        gazetteer=gazetteer,
        gates=_values(gates),
        sources=_values(sources),
        actors=_values(actors),
        subjects=_values(subjects),
        claims=tuple(_values(claims).values()),
        relations=tuple(_values(relations).values()),
        statuses=tuple(_values(statuses).values()),
        reviews=tuple(_values(reviews).values()),
        records=assemble(list(_values(drafts).values()), gazetteer, _values(gates), layers),
        faults=tuple(sorted(set(faults))),
    )


def _values(kept: Mapping[str, Kept[T]]) -> dict[str, T]:
    return {key: value for key, (_, value) in kept.items()}


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
            field = "id" if "id" in row.cells else ""
            faults.append(Fault(row.file, row.line, field, reason))
        else:
            by_id[value.id] = (row, value)
    return by_id
