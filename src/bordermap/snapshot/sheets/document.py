"""A figure as a PDF of one page: its fonts inside, its text text, the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from matplotlib.backends import backend_mixed, backend_pdf
from matplotlib.backends.backend_pdf import Op, RendererPdf
from matplotlib.figure import Figure

_mixed: Any = backend_mixed  # these modules have no types
_pdf: Any = backend_pdf

_POINTS = 72
_IMAGE_DPI = 200
_SHAPED = re.compile("[\u0590-\u1dff\u2e80-\U0010ffff]")
"""Letters that may take forms and places that a glyph alone does not tell."""


def write(figure: Figure, paper: tuple[float, float], information: Mapping[str, str]) -> bytes:
    """Return a figure as a PDF.

    Parameters
    ----------
    paper : (float, float)
        Width and height of the page, in inches; the figure is enlarged to it.
    information : mapping of str to str
        What the file says of itself, beside its producer.
    """
    file = io.BytesIO()
    document = _pdf.PdfFile(file, metadata={"CreationDate": None})
    document.infoDict.update(information)
    figure.dpi = _POINTS
    width, height = figure.get_size_inches()
    pens: Any = _Pen
    document.newPage(*paper)
    document.output(paper[0] / width, 0, 0, paper[1] / height, 0, 0, Op.concat_matrix)
    pen = pens(document, _IMAGE_DPI, height, width)
    figure.draw(_mixed.MixedModeRenderer(figure, width, height, _IMAGE_DPI, pen))
    pen.finalize()
    document.finalize()
    document.close()
    return file.getvalue()


class _Pen(RendererPdf):
    """Says of text that is not spelled glyph by glyph what it is, so that it can be copied."""

    def draw_text(self, gc: Any, x: float, y: float, s: str, *how: Any, **more: Any) -> None:
        """Draw a text between the marks of a span."""
        shaped = _SHAPED.search(s)
        if shaped:
            self.file.output(_pdf.Name("Span"), {"ActualText": s}, _pdf.Verbatim(b"BDC"))
        drawn: Any = super().draw_text
        drawn(gc, x, y, s, *how, **more)
        if shaped:
            self.file.output(_pdf.Verbatim(b"EMC"))
