"""A selection as a printed map: one sheet, drawn with matplotlib, no browser needed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import bordermap
from bordermap.catalog import Catalog
from bordermap.errors import SelectionError
from bordermap.queries import Dataset
from bordermap.selection import BBox, Selection
from bordermap.snapshot import words
from bordermap.snapshot.sheet import Sheet

SIZES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"report": (8.27, 11.69), "landscape": (11.69, 8.27), "slide": (13.333, 7.5)}
)
"""Width and height in inches: A4 upright, A4 across, a 16:9 slide."""

MIN_DPI, MAX_DPI = 50, 600


def figure(
    catalog: Catalog,
    dataset: Dataset,
    selection: Selection,
    *,
    title: str | None = None,
    size: str = "report",
    dpi: int = 200,
    view: BBox | None = None,
    made_on: date | None = None,
) -> bytes:
    """Draw the map of a selection and return it as PNG.

    The same arguments give the same bytes.

    Parameters
    ----------
    title : str, optional
        By default the selection in words.
    size : str
        A key of :data:`SIZES`.
    dpi : int
        Dots per inch, from :data:`MIN_DPI` to :data:`MAX_DPI`.
    view : tuple of float, optional
        West, south, east, north in degrees of what to show; by default
        :func:`bordermap.snapshot.frame.default_view`.
    made_on : datetime.date, optional
        The day to print; by default today.

    Raises
    ------
    SelectionError
        If the size, resolution or view cannot be drawn.
    """
    drawn = draw(
        catalog, dataset, selection, title=title, size=size, dpi=dpi, view=view, made_on=made_on
    )
    sources = sorted({key for keys in drawn.records["sources"].to_pylist() for key in keys})
    picture = io.BytesIO()
    drawn.figure.canvas.print_figure(
        picture,
        format="png",
        dpi=dpi,
        metadata={
            "Title": drawn.title,
            "Description": selection.to_query(),
            "Software": f"bordermap {bordermap.__version__}",
            "Source": ";".join(sources),
            "View": ",".join(f"{degrees:.4f}" for degrees in view or ()),
        },
    )
    return picture.getvalue()


def draw(
    catalog: Catalog,
    dataset: Dataset,
    selection: Selection,
    *,
    title: str | None = None,
    size: str = "report",
    dpi: int = 200,
    view: BBox | None = None,
    made_on: date | None = None,
) -> Sheet:
    """Draw the map of a selection; the parameters are those of :func:`figure`."""
    if size not in SIZES:
        raise SelectionError(f"size: {size!r} is not one of {', '.join(SIZES)}")
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise SelectionError(f"dpi: {dpi} is not between {MIN_DPI} and {MAX_DPI}")
    page = Figure(figsize=SIZES[size], dpi=dpi, facecolor="white")
    FigureCanvasAgg(page)
    return Sheet(
        page,
        catalog,
        dataset,
        selection,
        title=words.plain(title or "", words.MAX_TITLE) or None,
        view=view,
        made_on=made_on or date.today(),
    )
