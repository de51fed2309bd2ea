"""A selection as a printed map: one sheet, drawn with matplotlib, no browser needed."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import bordermap
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import Material
from bordermap.snapshot.sheet import Sheet


def render(material: Material, suffix: str) -> bytes:
    """Draw the map of a selection and return it as a file.

    The same material gives the same bytes.

    Parameters
    ----------
    suffix : str
        ``.png``.

    Raises
    ------
    SelectionError
        If the spec shows what the data does not have.
    """
    sheet = draw(material)
    sources = sorted({key for keys in material.records["sources"].to_pylist() for key in keys})
    picture = io.BytesIO()
    sheet.figure.canvas.print_figure(
        picture,
        format=suffix.removeprefix("."),
        dpi=material.spec.dpi,
        metadata={
            "Title": sheet.title,
            "Description": material.spec.to_query(),
            "Software": f"bordermap {bordermap.__version__}",
            "Source": ";".join(sources),
        },
    )
    return picture.getvalue()


def draw(material: Material) -> Sheet:
    """Draw the map of a selection."""
    layout = LAYOUTS[material.spec.layout]
    page = Figure(figsize=(layout.width, layout.height), dpi=material.spec.dpi, facecolor="white")
    FigureCanvasAgg(page)
    return Sheet(page, material)
