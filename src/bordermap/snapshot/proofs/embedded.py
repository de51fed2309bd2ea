"""The proof that a file holds, read back from each format."""

from __future__ import annotations

import html
import io
import json
import re
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from types import MappingProxyType
from xml.etree import ElementTree

from bordermap.snapshot.proofs.proof import NUMBER, PROOF_ID, PROOF_KEY, PROOF_NAMESPACE

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_SCRIPT = re.compile(
    rf'<script type="application/json" id="{PROOF_ID}">(.*?)</script>'.encode(), re.DOTALL
)
_PDF_VALUE = r"/{} ?\(((?:[^\\()]+|\\.)*)\)"
_PDF_PROOF = re.compile(_PDF_VALUE.format(PROOF_KEY).encode(), re.DOTALL)
_MOST_UNPACKED = 200_000_000


def proof_in(body: bytes, suffix: str) -> str | None:
    """Return the text of the proof that a file holds, or None where it has none.

    A file that is damaged, or of another format than its suffix says, has none.

    Parameters
    ----------
    suffix : str
        In lower case, with its dot.
    """
    reader = _READERS.get(suffix)
    if reader is None:
        return None
    try:
        return reader(body)
    except Exception:  # every format's library has errors of its own for a damaged file
        return None


def png_chunks(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the chunks of a PNG, by type and data.

    Raises
    ------
    ValueError
        If it is no PNG, or is cut short.
    """
    if not body.startswith(PNG_SIGNATURE):
        raise ValueError("no PNG")
    at = len(PNG_SIGNATURE)
    while at < len(body):
        if at + 12 > len(body):
            raise ValueError("cut short")
        size, kind = struct.unpack_from(">I4s", body, at)
        if at + 12 + size > len(body):
            raise ValueError("cut short")
        yield kind.decode("latin-1"), body[at + 8 : at + 8 + size]
        at += 12 + size


def png_texts(body: bytes) -> dict[str, str]:
    """Return the texts of a PNG by their keyword."""
    texts = {}
    for kind, data in png_chunks(body):
        key, _, rest = data.partition(b"\0")
        if kind == "tEXt":
            texts[key.decode("latin-1")] = rest.decode("latin-1")
        elif kind == "zTXt":
            texts[key.decode("latin-1")] = _unpacked(rest[1:]).decode("latin-1")
        elif kind == "iTXt":
            is_packed, value = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
            texts[key.decode("latin-1")] = (_unpacked(value) if is_packed else value).decode()
    return texts


def pdf_info(body: bytes) -> dict[str, str]:
    """Return the document information of a PDF as it was written here."""
    found = re.search(rb"/Info (\d+) 0 R", body)
    if found is None:
        return {}
    start = body.find(b"\n" + found[1] + b" 0 obj")
    info = body[start : body.find(b"endobj", start)]
    values = re.finditer(_PDF_VALUE.format(r"(\w+)").encode(), info, re.DOTALL)
    return {value[1].decode("latin-1"): _pdf_text(value[2]) for value in values}


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MOST_UNPACKED)


def _pdf_text(value: bytes) -> str:
    plain = re.sub(rb"\\(.)", lambda escaped: escaped[1], value, flags=re.DOTALL)
    is_wide = plain.startswith(b"\xfe\xff")
    return plain.decode("utf-16") if is_wide else plain.decode("latin-1")


def _png(body: bytes) -> str | None:
    return png_texts(body).get(PROOF_KEY)


def _svg(body: bytes) -> str | None:
    return ElementTree.fromstring(body).findtext(f".//{{{PROOF_NAMESPACE}}}proof")


def _pdf(body: bytes) -> str | None:
    found = _PDF_PROOF.search(body)
    return _pdf_text(found[1]) if found else None


def _html(body: bytes) -> str | None:
    found = _SCRIPT.search(body)
    return html.unescape(found[1].decode()) if found else None


def _gif(body: bytes) -> str | None:
    from PIL import Image

    with Image.open(io.BytesIO(body), formats=["GIF"]) as image:
        comment = image.info.get("comment")
    return comment.decode() if comment else None


def _film(body: bytes) -> str | None:
    import av

    with av.open(io.BytesIO(body)) as film:
        tags = {key.lower(): value for key, value in film.metadata.items()}
    return tags.get("comment")


def _geojson(body: bytes) -> str | None:
    told = json.loads(body).get("proof")
    return None if told is None else json.dumps(told)


def _kml(body: bytes) -> str | None:
    for data in ElementTree.fromstring(body).iterfind(".//{*}Data"):
        if data.get("name") == PROOF_KEY:
            return data.findtext("{*}value")
    return None


def _xlsx(body: bytes) -> str | None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
    with closing(book):
        if "proof" not in book.sheetnames:
            return None
        return "".join(str(row[0]) for row in book["proof"].iter_rows(values_only=True))


def _parquet(body: bytes) -> str | None:
    from pyarrow import parquet

    told = (parquet.read_metadata(io.BytesIO(body)).metadata or {}).get(PROOF_KEY.encode())
    return told.decode() if told else None


def _gpkg(body: bytes) -> str | None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(body)
        for (text,) in database.execute("select metadata from gpkg_metadata order by id"):
            if NUMBER in str(text):
                return str(text)
    return None


_READERS: Mapping[str, Callable[[bytes], str | None]] = MappingProxyType(
    {
        ".png": _png,
        ".svg": _svg,
        ".pdf": _pdf,
        ".html": _html,
        ".gif": _gif,
        ".mp4": _film,
        ".webm": _film,
        ".geojson": _geojson,
        ".kml": _kml,
        ".xlsx": _xlsx,
        ".parquet": _parquet,
        ".gpkg": _gpkg,
    }
)
