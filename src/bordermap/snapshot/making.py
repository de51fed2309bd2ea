"""From a spec to a file: one way for the command line, the routes, the app and the check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from bordermap.catalog import Catalog
from bordermap.errors import OutputError, SelectionError
from bordermap.model.vocabulary import REGION_NAMES
from bordermap.queries import Dataset
from bordermap.selection import BBox, Selection
from bordermap.snapshot.frame import BORDER_REGION, default_view
from bordermap.snapshot.spec import BORDER, Spec


@dataclass(frozen=True)
class Material:
    """What a file is made of.

    Attributes
    ----------
    spec : Spec
    catalog : Catalog
        With the sources of the imported events, if there are any.
    dataset : Dataset
        Of which the records are a part.
    records : pyarrow.Table
        What was selected, in order of date, in the record schema.
    """

    spec: Spec
    catalog: Catalog
    dataset: Dataset
    records: pa.Table

    @property
    def view(self) -> BBox:
        """West, south, east, north of what a map shows at least, in degrees.

        Raises
        ------
        SelectionError
            If there is no such region or gate.
        """
        show = self.spec.show
        if self.spec.box is not None:
            return self.spec.box
        if show == BORDER:
            return BORDER_REGION
        if show in self.catalog.gates:
            return default_view(Selection(gates=(show,)), self.catalog)
        if show in REGION_NAMES:
            return default_view(Selection(regions=(show,)), self.catalog)
        if show:
            raise SelectionError(f"show: {show!r} is no region and no gate")
        return default_view(self.spec.selection, self.catalog)


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    title : str
        In words.
    media_type : str
    encode : callable
        Makes the file of its material and of the text of its proof, which it holds.
    is_picture : bool
        Whether it shows the map, so that the spec's sheet matters.
    """

    title: str
    media_type: str
    encode: Callable[[Material, str], bytes]
    is_picture: bool = False


@dataclass(frozen=True)
class Made:
    """A file that was made.

    Attributes
    ----------
    body : bytes
    records : int
        How many records it is of.
    """

    body: bytes
    records: int


def make(spec: Spec, suffix: str, catalog: Catalog, dataset: Dataset) -> Made:
    """Make a file.

    Parameters
    ----------
    suffix : str
        A key of `FORMATS`.

    Raises
    ------
    OutputError
        If there is no such format, or it cannot hold so much.
    SelectionError
        If the spec asks for what the data does not have.
    """
    if suffix not in FORMATS:
        raise OutputError(f"{suffix} is none of {', '.join(FORMATS)}")
    material = Material(spec, catalog, dataset, dataset.select(spec.selection))
    body = FORMATS[suffix].encode(material, "")
    return Made(body, len(material.records))


def _png(material: Material, _proof: str) -> bytes:
    from bordermap.snapshot import figure

    return figure.render(material, ".png")


def _html(material: Material, _proof: str) -> bytes:
    from bordermap.snapshot import page

    return page.render(material).encode()


def _table(suffix: str) -> Callable[[Material, str], bytes]:
    def encode(material: Material, _proof: str) -> bytes:
        from bordermap.snapshot import tables

        write = tables.FORMATS[suffix]
        return write(material.records, material.catalog, material.spec.selection)

    return encode


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".png": Format("Picture (PNG)", "image/png", _png, is_picture=True),
        ".html": Format("Interactive map (HTML)", "text/html; charset=utf-8", _html, True),
        ".csv": Format("Table (CSV)", "text/csv; charset=utf-8", _table(".csv")),
        ".jsonl": Format("Records (JSON Lines)", "application/x-ndjson", _table(".jsonl")),
        ".geojson": Format("Geodata (GeoJSON)", "application/geo+json", _table(".geojson")),
        ".xlsx": Format(
            "Workbook (Excel)",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _table(".xlsx"),
        ),
    }
)
"""By the suffix of the file."""
