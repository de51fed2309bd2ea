"""From a spec to a file: one way for the command line, the routes, the app and the check."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlencode

import pyarrow as pa

import bordermap
from bordermap.catalog import Catalog
from bordermap.errors import OutputError, SelectionError
from bordermap.queries import Dataset
from bordermap.selection import BBox, Selection
from bordermap.snapshot import words
from bordermap.snapshot.frame import BORDER_REGION, around_gate, default_view, of_region
from bordermap.snapshot.motion import Motion
from bordermap.snapshot.proofs.fingerprints import Fingerprints, fingerprints
from bordermap.snapshot.proofs.proof import Proof
from bordermap.snapshot.proofs.software import versions
from bordermap.snapshot.spec import BORDER, Spec

Progress = Callable[[int, int], None]


def _unheard(done: int, of: int) -> None:  # noqa: ARG001
    return


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
    motion : Motion
        Of a film; nothing else asks for it.
    progress : callable
        Told how much of how much is done, by what takes long.
    """

    spec: Spec
    catalog: Catalog
    dataset: Dataset
    records: pa.Table
    motion: Motion = field(default_factory=Motion)
    progress: Progress = field(default=_unheard, compare=False, repr=False)

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
        if not show:
            return default_view(self.spec.selection, self.catalog)
        box = around_gate(show, self.catalog) or of_region(show, self.catalog)
        if box is None:
            raise SelectionError(f"show: {show!r} is no region and no gate on the map")
        return box


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
    moves : bool
        Whether it is a film, so that the motion matters.
    packages : tuple of str
        Distributions, beside those that everything needs, on whose version the bytes depend.
    """

    title: str
    media_type: str
    encode: Callable[[Material, str], bytes]
    is_picture: bool = False
    moves: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A file that was made.

    Attributes
    ----------
    body : bytes
    records : int
        How many records it is of.
    proof : Proof
        How it was made; the file holds it, where its format has a place for it.
    """

    body: bytes
    records: int
    proof: Proof

    def sidecar(self, name: str) -> bytes:
        """Return the text of the file beside it, which says what it was when it was made.

        Parameters
        ----------
        name : str
            Of the file.
        """
        told = {
            "file": name,
            "sha256": hashlib.sha256(self.body).hexdigest(),
            "size": len(self.body),
            "proof": json.loads(self.proof.text),
        }
        return (json.dumps(told, indent=1) + "\n").encode()


def make(
    spec: Spec,
    suffix: str,
    catalog: Catalog,
    dataset: Dataset,
    motion: Motion | None = None,
    progress: Progress | None = None,
) -> Made:
    """Make a file.

    Parameters
    ----------
    suffix : str
        A key of `FORMATS`.
    motion : Motion, optional
        Of a film.
    progress : callable, optional
        Told how much of how much is done, by what takes long.

    Raises
    ------
    OutputError
        If there is no such format, or it cannot hold so much.
    SelectionError
        If the spec asks for what the data does not have.
    """
    if suffix not in FORMATS:
        raise OutputError(f"{suffix} is none of {', '.join(FORMATS)}")
    records = dataset.select(spec.selection)
    material = Material(spec, catalog, dataset, records, motion or Motion(), progress or _unheard)
    proof = prove(material, suffix)
    return Made(FORMATS[suffix].encode(material, proof.text), len(records), proof)


def prove(material: Material, suffix: str) -> Proof:
    """Return the proof of a file, without making it.

    Parameters
    ----------
    suffix : str
        A key of `FORMATS`.
    """
    spec, catalog, one = material.spec, material.catalog, FORMATS[suffix]
    params = spec.to_params()
    seen = spec.selection.to_address() | {
        key: params[key] for key in ("names", "shade", "hide") if key in params
    }
    files = {path: digest[:_SHORT] for path, digest in catalog.files.items()}
    return Proof(
        suffix=suffix,
        query=urlencode(params | (material.motion.to_params() if one.moves else {}), doseq=True),
        records=_fingerprints(material),
        data={"package": catalog.digest, "dataset": material.dataset.digest, **files},
        versions=versions(one.packages),
        permalink=f"?{urlencode(seen, doseq=True)}",
        citation=words.citation(spec.selection, spec.made_on, bordermap.__version__, catalog),
    )


_SHORT = 16
_KEPT = 16
_known: dict[tuple[str, Selection], Fingerprints] = {}
_lock = threading.Lock()


def _fingerprints(material: Material) -> Fingerprints:
    """Return the marks of the records; those of the last selections are kept."""
    key = (material.dataset.digest, material.spec.selection)
    with _lock:
        found = _known.pop(key, None)
    if found is None:
        found = fingerprints(material.records)
    with _lock:
        _known[key] = found
        while len(_known) > _KEPT:
            del _known[next(iter(_known))]
    return found


def _sheet(suffix: str) -> Callable[[Material, str], bytes]:
    def encode(material: Material, proof: str) -> bytes:
        from bordermap.snapshot.sheets import figure

        return figure.render(material, suffix, proof)

    return encode


def _film(suffix: str) -> Callable[[Material, str], bytes]:
    def encode(material: Material, proof: str) -> bytes:
        from bordermap.snapshot import film

        return film.render(material, suffix, proof)

    return encode


def _html(material: Material, proof: str) -> bytes:
    from bordermap.snapshot import page

    return page.render(material, proof).encode()


def _table(suffix: str) -> Callable[[Material, str], bytes]:
    def encode(material: Material, _proof: str) -> bytes:
        from bordermap.snapshot.exports import tables

        write = tables.FORMATS[suffix]
        return write(material.records, material.catalog, material.spec.selection)

    return encode


def _geojson(material: Material, proof: str) -> bytes:
    from bordermap.snapshot.exports import tables

    return tables.to_geojson(
        material.records, material.catalog, material.spec.selection, proof=proof
    )


def _geopackage(material: Material, proof: str) -> bytes:
    from bordermap.snapshot.exports import geopackage

    return geopackage.render(material, proof)


def _geoparquet(material: Material, proof: str) -> bytes:
    from bordermap.snapshot.exports import geoparquet

    return geoparquet.render(material, proof)


def _kml(material: Material, proof: str) -> bytes:
    from bordermap.snapshot.exports import kml

    return kml.render(material, proof)


def _workbook(material: Material, proof: str) -> bytes:
    from bordermap.snapshot.exports import workbook

    return workbook.render(material, proof)


_DRAWN = ("matplotlib", "numpy", "pillow")

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".png": Format(
            "Picture (PNG)", "image/png", _sheet(".png"), is_picture=True, packages=_DRAWN
        ),
        ".svg": Format(
            "Drawing (SVG)", "image/svg+xml", _sheet(".svg"), is_picture=True, packages=_DRAWN
        ),
        ".pdf": Format(
            "Document (PDF)", "application/pdf", _sheet(".pdf"), is_picture=True, packages=_DRAWN
        ),
        ".gif": Format(
            "Film (GIF)", "image/gif", _film(".gif"), is_picture=True, moves=True, packages=_DRAWN
        ),
        ".mp4": Format(
            *("Film (MP4)", "video/mp4", _film(".mp4")),
            is_picture=True,
            moves=True,
            packages=(*_DRAWN, "av"),
        ),
        ".webm": Format(
            *("Film (WebM)", "video/webm", _film(".webm")),
            is_picture=True,
            moves=True,
            packages=(*_DRAWN, "av"),
        ),
        ".html": Format(
            "Interactive map (HTML)",
            "text/html; charset=utf-8",
            _html,
            True,
            packages=("folium", "jinja2", "xstatic-leaflet"),
        ),
        ".csv": Format("Table (CSV)", "text/csv; charset=utf-8", _table(".csv")),
        ".jsonl": Format("Records (JSON Lines)", "application/x-ndjson", _table(".jsonl")),
        ".geojson": Format("Geodata (GeoJSON)", "application/geo+json", _geojson),
        ".gpkg": Format(
            "Geodata (GeoPackage)",
            "application/geopackage+sqlite3",
            _geopackage,
            packages=("pyogrio", "pyarrow", "numpy", "shapely"),
        ),
        ".parquet": Format(
            "Geodata (GeoParquet)",
            "application/vnd.apache.parquet",
            _geoparquet,
            packages=("pyarrow", "numpy", "shapely"),
        ),
        ".kml": Format("Geodata (KML)", "application/vnd.google-earth.kml+xml", _kml),
        ".xlsx": Format(
            "Workbook (Excel)",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _workbook,
            packages=("openpyxl",),
        ),
    }
)
"""By the suffix of the file."""
