"""A selection as a printed map: one sheet, drawn with matplotlib, no browser needed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from types import MappingProxyType
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import bordermap
from bordermap.snapshot.layouts import LAYOUTS, Layout
from bordermap.snapshot.making import Material
from bordermap.snapshot.proofs.proof import PROOF_KEY, PROOF_NAMESPACE
from bordermap.snapshot.sheets import tallies
from bordermap.snapshot.sheets.sheet import Sheet
from bordermap.snapshot.sheets.text import own_fonts

_SAME_EACH_TIME: Any = {
    "svg.hashsalt": "bordermap",
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,  # TrueType, which keeps the text
    "text.hinting": "none",  # letters stand alike at any resolution
    "font.sans-serif": ["DejaVu Sans"],
}
_DEFLATE = 3
"""Twice as fast as the usual 6, and the file is a twentieth larger."""
_END_OF_METADATA = "</metadata>"
_SVG_SIZE = re.compile(
    r'(?<=<svg xmlns:xlink="http://www.w3.org/1999/xlink" )width="\S+" height="\S+" '
)


def render(material: Material, suffix: str, proof: str = "") -> bytes:
    """Draw the map of a selection and return it as a file.

    The same material and proof give the same bytes.

    Parameters
    ----------
    suffix : str
        ``.png``, ``.svg`` or ``.pdf``.
    proof : str
        Text that the file holds, if any: in a PNG a compressed text chunk `PROOF_KEY`, in an SVG
        the element ``proof`` of `PROOF_NAMESPACE` in its metadata, in a PDF the key `PROOF_KEY`
        of its information.

    Raises
    ------
    SelectionError
        If the spec shows what the data does not have.
    """
    with style():
        sheet = draw(material)
        sources = sorted(tallies.by_source(material.records))
        said = {
            "Title": sheet.title,
            "Description": material.spec.to_query(),
            "Software": f"bordermap {bordermap.__version__}",
            "Source": ";".join(sources),
        }
        return _WRITERS[suffix](sheet.figure, LAYOUTS[material.spec.layout], said, proof)


@contextmanager
def style() -> Iterator[None]:
    """Draw and save figures the same each time."""
    with matplotlib.rc_context(_SAME_EACH_TIME), own_fonts():
        yield


def draw(material: Material, *, still: bool = False) -> Sheet:
    """Draw the map of a selection.

    The figure has the size of the paper divided by the scale of its layout, and as many more
    dots per inch.

    Parameters
    ----------
    still : bool
        Leave out what changes in a film, which `Sheet.draw_moment` draws.
    """
    layout = LAYOUTS[material.spec.layout]
    page = Figure(layout.size, dpi=material.spec.dpi * layout.scale, facecolor="white")
    FigureCanvasAgg(page)
    sheet = Sheet(page, material)
    if not still:
        sheet.draw_moment()
    return sheet


def _png(page: Figure, layout: Layout, said: Mapping[str, str], proof: str) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, value in said.items():
        info.add_text(key, value)
    if proof:
        info.add_text(PROOF_KEY, proof, zip=True)
    file = io.BytesIO()
    dpi = page.dpi / layout.scale
    canvas: Any = FigureCanvasAgg(page)
    canvas.draw()
    # The paper is white all over: a fourth of the picture would say so.
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.save(file, format="png", pnginfo=info, dpi=(dpi, dpi), compress_level=_DEFLATE)
    return file.getvalue()


def _svg(page: Figure, layout: Layout, said: Mapping[str, str], proof: str) -> bytes:
    file = io.StringIO()
    told = {
        "Title": said["Title"],
        "Description": said["Description"],
        "Creator": said["Software"],
        "Source": said["Source"],
        "Date": None,
    }
    page.canvas.print_figure(file, format="svg", metadata=told)
    drawing = _SVG_SIZE.sub(
        f'width="{layout.width * 72:g}pt" height="{layout.height * 72:g}pt" ',
        file.getvalue(),
        count=1,
    )
    if proof:
        element = f'<proof xmlns="{PROOF_NAMESPACE}">{escape(proof, quote=False)}</proof>\n '
        drawing = drawing.replace(_END_OF_METADATA, element + _END_OF_METADATA, 1)
    return drawing.encode()


def _pdf(page: Figure, layout: Layout, said: Mapping[str, str], proof: str) -> bytes:
    from bordermap.snapshot.sheets import document  # a heavy import that pictures do without

    information = {
        "Title": said["Title"],
        "Subject": said["Description"],
        "Creator": said["Software"],
        "Source": said["Source"],
    }
    if proof:
        information[PROOF_KEY] = proof
    return document.write(page, (layout.width, layout.height), information)


_WRITERS: Mapping[str, Callable[[Figure, Layout, Mapping[str, str], str], bytes]] = (
    MappingProxyType({".png": _png, ".svg": _svg, ".pdf": _pdf})
)
