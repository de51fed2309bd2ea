"""Records as an Excel workbook."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from bordermap import __version__
from bordermap.errors import OutputError
from bordermap.snapshot import words
from bordermap.snapshot.exports.flat import COLUMNS, flattened, for_xml, rows
from bordermap.snapshot.making import Material

PROOF_SHEET = "proof"
"""Name of the sheet whose first column holds the proof, in pieces that fit a cell."""

_SHEET_ROWS = 1_048_575
_CELL_CHARACTERS = 32_767
_PIECE = 30_000
_FIRST_DAY = date(1900, 1, 1)
"""Before it Excel has no days; they are text."""

_PROPERTIES = "docProps/core.xml"
_MODIFIED = re.compile(rb"(?<=>)[^<]*(?=</dcterms:modified>)")
_SHEET = "xl/worksheets/sheet1.xml"
_END_OF_ROWS = b"</sheetData>"
_LETTERS = [get_column_letter(number + 1) for number in range(len(COLUMNS))]


def render(material: Material, proof: str = "") -> bytes:
    """Return records as a workbook with the columns of the CSV, one row a record.

    Text is stored as text, so that nothing in it is run as a formula. A cell that is longer
    than Excel allows is cut. Dates of the file are the day of the spec.

    Parameters
    ----------
    material : Material
    proof : str
        Text of the sheet `PROOF_SHEET`, if any.

    Raises
    ------
    OutputError
        If there are more records than a sheet holds.
    """
    if len(material.records) > _SHEET_ROWS:
        raise OutputError(
            f"{len(material.records):,} records are too many for a sheet of Excel, which holds"
            f" {_SHEET_ROWS:,}; take CSV"
        )
    spec = material.spec
    workbook = openpyxl.Workbook(write_only=True)
    workbook.properties.creator = f"bordermap {__version__}"
    workbook.properties.title = spec.title or words.title(spec.selection, material.catalog)
    workbook.properties.created = datetime.combine(spec.made_on, datetime.min.time())
    sheet = workbook.create_sheet("records")
    sheet.freeze_panes = "B2"
    sheet.append(COLUMNS)
    day_style = WriteOnlyCell(sheet, spec.made_on).style_id
    if proof:
        pieces = workbook.create_sheet(PROOF_SHEET)
        for start in range(0, len(proof), _PIECE):
            pieces.append([proof[start : start + _PIECE]])
    body = io.BytesIO()
    workbook.save(body)
    return _filled(body, _rows(material, day_style), spec.made_on)


def _filled(workbook: io.BytesIO, records: Iterable[bytes], day: date) -> bytes:
    """Return a workbook with rows more, which does not tell when it was saved."""
    stamp = (max(day.year, 1980), day.month, day.day, 0, 0, 0)  # a zip begins in 1980
    body = io.BytesIO()
    with zipfile.ZipFile(workbook) as saved, zipfile.ZipFile(body, "w") as dated:
        for name in saved.namelist():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            part = saved.read(name)
            if name == _PROPERTIES:
                part = _MODIFIED.sub(f"{day.isoformat()}T00:00:00Z".encode(), part)
            with dated.open(entry, "w") as file:
                if name == _SHEET:
                    head, end, part = part.rpartition(_END_OF_ROWS)
                    file.write(head)
                    file.writelines(records)
                    file.write(end)
                file.write(part)
    return body.getvalue()


def _rows(material: Material, day_style: int) -> Iterator[bytes]:
    """Yield the rows of records as a sheet has them: openpyxl takes four times as long."""
    for number, record in enumerate(rows(material.records), 2):
        values = flattened(record, material.catalog).values()
        cells = [
            _cell(f"{letters}{number}", value, day_style)
            for letters, value in zip(_LETTERS, values, strict=True)
            if value is not None
        ]
        yield f'<row r="{number}">{"".join(cells)}</row>'.encode()


def _cell(place: str, value: Any, day_style: int) -> str:
    if isinstance(value, list):
        value = ";".join(value)
    elif isinstance(value, date):
        if value >= _FIRST_DAY:
            return f'<c r="{place}" s="{day_style}"><v>{int(to_excel(value))}</v></c>'
        value = value.isoformat()
    if isinstance(value, str):
        text = escape(for_xml(value)[:_CELL_CHARACTERS])
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'
