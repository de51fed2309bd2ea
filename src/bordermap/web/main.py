"""The script that every session runs: it routes to the pages."""

from pathlib import Path

import streamlit as st

from bordermap.web import links
from bordermap.web.views import (
    about,
    actors,
    claims,
    compare,
    gates,
    imports,
    map,
    periods,
    reconcile,
    record,
)

PAGES = {
    "map": st.Page(map.show, title="Map", icon=":material/map:", default=True),
    "periods": st.Page(
        periods.show,
        title="Two periods",
        icon=":material/splitscreen_right:",
        url_path="periods",
    ),
    "record": st.Page(record.show, title="Record", url_path="record", visibility="hidden"),
    "actors": st.Page(actors.show, title="Actors", icon=":material/groups:", url_path="actors"),
    "compare": st.Page(
        compare.show,
        title="Before and after",
        icon=":material/compare_arrows:",
        url_path="compare",
    ),
    "gates": st.Page(gates.show, title="Gates", icon=":material/door_front:", url_path="gates"),
    "claims": st.Page(claims.show, title="Claims", icon=":material/bar_chart:", url_path="claims"),
    "import": st.Page(
        imports.show, title="Import", icon=":material/upload_file:", url_path="import"
    ),
    "reconcile": st.Page(
        reconcile.show,
        title="Reconcile",
        icon=":material/join_inner:",
        url_path="reconcile",
    ),
    "about": st.Page(about.show, title="About", icon=":material/info:", url_path="about"),
}

st.set_page_config(
    page_title="bordermap · China–Myanmar border",
    page_icon=str(Path(__file__).with_name("icon.svg")),
    layout="wide",
    initial_sidebar_state="auto",
)
st.html(map.STYLE)
links.declare(PAGES)
st.navigation(list(PAGES.values()), position="top").run()
