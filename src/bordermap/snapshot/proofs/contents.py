"""In what a file differs from the same file made again, in words."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import zip_longest
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import numpy as np

from bordermap.snapshot.proofs.embedded import pdf_info, png_chunks, png_texts
from bordermap.snapshot.proofs.proof import PROOF_KEY, PROOF_NAMESPACE

MOST = 8
"""Most differences that are told one by one."""

_SHOWN = 60
_TEXTS = frozenset({"tEXt", "zTXt", "iTXt"})
_SVG = "{http://www.w3.org/2000/svg}"
_OBJECT = re.compile(rb"\n(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)


def differences(suffix: str, found: bytes, made: bytes) -> list[str]:
    """Return in what a file differs from one that was made again, one line each.

    Parameters
    ----------
    suffix : str
        In lower case, with its dot.
    found, made : bytes
        The file, and the one made again.

    Returns
    -------
    list of str
        Empty only where the bytes are the same; at most `MOST` lines and one more.
    """
    if found == made:
        return []
    compare = _COMPARISONS.get(suffix)
    try:
        told = list(dict.fromkeys(compare(found, made))) if compare else []
    except Exception:  # every format's library has errors of its own for a damaged file
        return ["the file is damaged: it cannot be read as what its name says"]
    if len(told) > MOST:
        told = [*told[:MOST], f"and {len(told) - MOST:,} more differences"]
    return told or [f"its bytes differ from number {_first(found, made):,} on"]


def _png(found: bytes, made: bytes) -> Iterator[str]:
    yield from _fields(png_texts(found), png_texts(made))
    yield from _pixels(_frames(found), _frames(made))
    known = {kind for kind, _ in png_chunks(made)} | _TEXTS
    for kind, _ in png_chunks(found):
        if kind not in known:
            yield f"a chunk {kind} was added"


def _gif(found: bytes, made: bytes) -> Iterator[str]:
    yield from _pixels(_frames(found), _frames(made))


def _frames(body: bytes) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    from PIL import Image, ImageSequence

    with Image.open(io.BytesIO(body), formats=["PNG", "GIF"]) as image:
        for frame in ImageSequence.Iterator(image):
            yield np.asarray(frame.convert("RGBA"))


def _pixels(found: Iterator[Any], made: Iterator[Any]) -> Iterator[str]:
    for number, (one, other) in enumerate(zip_longest(found, made), 1):
        at = f" of frame {number:,}" if number > 1 else ""
        if one is None or other is None:
            yield "it has more frames" if other is None else "it has fewer frames"
            return
        if one.shape != other.shape:
            yield f"it is {_size(one)} pixels, not {_size(other)}"
            return
        rows, columns = np.nonzero((one != other).any(axis=2))
        if len(rows) == 1:
            yield f"one pixel{at} was changed: column {columns[0]:,}, row {rows[0]:,}"
        elif len(rows):
            yield (
                f"{len(rows):,} of {one.shape[0] * one.shape[1]:,} pixels{at} were changed:"
                f" columns {columns.min():,} to {columns.max():,},"
                f" rows {rows.min():,} to {rows.max():,}"
            )


def _size(pixels: Any) -> str:
    return f"{pixels.shape[1]:,} x {pixels.shape[0]:,}"


def _fields(found: Mapping[str, str], made: Mapping[str, str]) -> Iterator[str]:
    for key in sorted({*found, *made}):
        if key == PROOF_KEY:
            if found.get(key) != made.get(key):
                yield "its proof was taken out" if key not in found else "its proof was respelt"
        elif key not in made:
            yield f"the metadata field {key!r} was added: {_short(found[key])}"
        elif key not in found:
            yield f"the metadata field {key!r} was taken out"
        elif found[key] != made[key]:
            one, other = _around(found[key], made[key])
            yield f"the metadata field {key!r} was changed: {one} in place of {other}"


def _svg(found: bytes, made: bytes) -> Iterator[str]:
    one, other = ElementTree.fromstring(found), ElementTree.fromstring(made)
    yield from _fields(_metadata(one), _metadata(other))
    yield from _texts(Counter(_written(one)), Counter(_written(other)))
    pairs = list(zip_longest(_drawn(one), _drawn(other)))
    differing = sum(a != b for a, b in pairs)
    if differing:
        yield f"{differing:,} of {len(pairs):,} drawn elements were changed"


def _metadata(root: ElementTree.Element) -> dict[str, str]:
    texts: dict[str, str] = {}
    for metadata in root.iter(f"{_SVG}metadata"):
        for element in metadata.iter():
            key = element.tag.rpartition("}")[2]
            key = PROOF_KEY if element.tag == f"{{{PROOF_NAMESPACE}}}proof" else key
            if element.text and element.text.strip():
                texts[key] = texts.get(key, "") + element.text.strip()
    return texts


def _written(root: ElementTree.Element) -> Iterator[str]:
    for text in root.iter(f"{_SVG}text"):
        yield "".join(text.itertext())


def _drawn(root: ElementTree.Element) -> Iterator[tuple[str, dict[str, str]]]:
    for element in root.iter():
        if element.tag.startswith(_SVG):
            yield element.tag, element.attrib


def _texts(found: Counter[str], made: Counter[str]) -> Iterator[str]:
    for text in found - made:
        yield f"the text {_short(text)} was added"
    for text in made - found:
        yield f"the text {_short(text)} was taken out"


def _pdf(found: bytes, made: bytes) -> Iterator[str]:
    info = pdf_info(found), pdf_info(made)
    yield from _fields(*info)
    one, other = (dict(_OBJECT.findall(body)) for body in (found, made))
    told = re.compile(rb"/Info (\d+) 0 R").findall(made)
    differing = [
        key
        for key in one.keys() | other.keys()
        if key not in told and one.get(key) != other.get(key)
    ]
    if differing:
        yield f"{len(differing):,} of {len(other):,} parts of the drawing were changed"


def _lines(found: bytes, made: bytes) -> Iterator[str]:
    one, other = (body.decode(errors="replace").splitlines() for body in (found, made))
    if len(one) != len(other):
        first = _first(one, other)
        yield (
            f"it has {len(one):,} lines, not {len(other):,}; they differ from line {first + 1:,} on"
        )
        return
    for number, pair in enumerate(zip(one, other, strict=True), 1):
        if pair[0] != pair[1]:
            changed, before = _around(*pair)
            yield f"line {number:,} was changed: {changed} in place of {before}"


def _geojson(found: bytes, made: bytes) -> Iterator[str]:
    one, other = json.loads(found), json.loads(made)
    features = [
        {feature["id"]: feature for feature in collection.pop("features")}
        for collection in (one, other)
    ]
    for key in one.keys() | other.keys():
        if key != "proof" and one.get(key) != other.get(key):
            yield f"the member {key!r} was changed"
    yield from _by_record(*features)


def _by_record(found: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[str]:
    for key in found.keys() - made.keys():
        yield f"the record {key} was put in"
    for key, feature in made.items():
        if key not in found:
            yield f"the record {key} was taken out"
        elif found[key] != feature:
            names = ", ".join(sorted(_changed(found[key], feature)))
            yield f"the record {key} was changed: {names}"


def _changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    names = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    inner, before = one.get("properties"), other.get("properties")
    if "properties" in names and isinstance(inner, dict) and isinstance(before, dict):
        names = names - {"properties"} | _changed(inner, before)
    return names


def _xlsx(found: bytes, made: bytes) -> Iterator[str]:
    import openpyxl

    books = [openpyxl.load_workbook(io.BytesIO(body), read_only=True) for body in (found, made)]
    with closing(books[0]) as one, closing(books[1]) as other:
        for name in {*one.sheetnames, *other.sheetnames} - {"proof"}:
            if name not in one.sheetnames or name not in other.sheetnames:
                yield f"the sheet {name!r} was added or taken out"
                continue
            rows = (book[name].iter_rows(values_only=True) for book in (one, other))
            for number, (row, before) in enumerate(zip_longest(*rows), 1):
                if row != before:
                    yield f"row {number:,} of the sheet {name!r} was changed"


def _parquet(found: bytes, made: bytes) -> Iterator[str]:
    from pyarrow import parquet

    tables = (parquet.read_table(io.BytesIO(body)).to_pylist() for body in (found, made))
    yield from _by_record(
        *({f"{row['dataset']}/{row['id']}": row for row in table} for table in tables)
    )


def _gpkg(found: bytes, made: bytes) -> Iterator[str]:
    tables = [_sqlite(body) for body in (found, made)]
    for name in sorted(tables[0].keys() | tables[1].keys()):
        one, other = (Counter(one.get(name, ())) for one in tables)
        differing = max((one - other).total(), (other - one).total())
        if differing and not name.startswith("gpkg_metadata"):
            yield f"{differing:,} rows of the table {name!r} were changed"


def _sqlite(body: bytes) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(body)
        names = database.execute("select name from sqlite_schema where type = 'table'").fetchall()
        return {
            name: database.execute(f'select * from "{name}"').fetchall()
            for (name,) in names
            if not name.startswith(("rtree_", "sqlite_"))
        }


def _first(one: Any, other: Any) -> int:
    """Return where two sequences begin to differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _around(one: str, other: str) -> tuple[str, str]:
    """Return of two texts what stands where they begin to differ."""
    start = max(_first(one, other) - _SHOWN // 3, 0)
    return _short(one[start:], start), _short(other[start:], start)


def _short(text: str, start: int = 0) -> str:
    cut = f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
    return repr(f"…{cut}" if start else cut)


_COMPARISONS: Mapping[str, Callable[[bytes, bytes], Iterator[str]]] = MappingProxyType(
    {
        ".png": _png,
        ".gif": _gif,
        ".svg": _svg,
        ".pdf": _pdf,
        ".html": _lines,
        ".csv": _lines,
        ".jsonl": _lines,
        ".kml": _lines,
        ".geojson": _geojson,
        ".xlsx": _xlsx,
        ".parquet": _parquet,
        ".gpkg": _gpkg,
    }
)
