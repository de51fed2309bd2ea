"""The dialog that takes the selection away as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from bordermap import __version__
from bordermap.selection import BBox, Selection
from bordermap.snapshot import making, words
from bordermap.snapshot.spec import Spec, spelled_box
from bordermap.web import data
from bordermap.web.markdown import escaped
from bordermap.web.screen import screen_frame

_ON_SCREEN = "As on the screen"
_PARTS = ("The whole border", _ON_SCREEN)
_FILES = (
    (".png", "Picture (PNG)", "A sheet with title, legend, scale, sources and licences."),
    (".html", "Interactive map (HTML)", "One file that opens in a browser without a network."),
    (".csv", "Table (CSV)", "One row a record, for a spreadsheet."),
    (".xlsx", "Workbook (Excel)", "The same table; long numbers and dates stay as they are."),
    (".geojson", "Geodata (GeoJSON)", "One feature a record, for a GIS."),
)


@st.dialog("Download what is selected", width="medium")
def dialog(selection: Selection) -> None:
    """Offer the selection in every format."""
    dataset, catalog = data.dataset(selection.dataset), data.catalog(selection.dataset)
    matching = len(dataset.rows(selection))
    st.caption(f"{escaped(words.title(selection, catalog))} · {matching:,} records")
    title = st.text_input("Title", placeholder="Made from the selection", max_chars=words.MAX_TITLE)
    here = screen_frame()
    view = None
    with st.container():  # always there, so that what follows stays where it is
        if here and st.radio("Part of the map", _PARTS, horizontal=True, index=1) == _ON_SCREEN:
            view = here
    for suffix, name, text in _FILES:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{name}**  \n{text}", width="stretch")
            st.download_button(
                "Download",
                data=_maker(suffix, selection, title.strip() or None, view),
                file_name=words.filename(selection, suffix),
                mime=making.FORMATS[suffix].media_type,
                on_click="ignore",
                icon=":material/download:",
                key=f"download{suffix}",
            )
    st.caption(escaped(words.citation(selection, date.today(), __version__, catalog)))


def _maker(
    suffix: str, selection: Selection, title: str | None, view: BBox | None
) -> Callable[[], bytes]:
    """Return what makes the file once it is asked for."""
    catalog, dataset = data.catalog(selection.dataset), data.dataset(selection.dataset)
    show = spelled_box(view) if view else ""
    spec = Spec(selection=selection, made_on=date.today(), title=title or "", show=show)

    def make() -> bytes:
        with data.DRAWING:
            return making.make(spec, suffix, catalog, dataset).body

    return make
