"""The script that every session runs: it routes to the pages."""

from pathlib import Path

import streamlit as st

from bordermap.web.views import about, claims, map

st.set_page_config(
    page_title="bordermap · China–Myanmar border",
    page_icon=str(Path(__file__).with_name("icon.svg")),
    layout="wide",
    initial_sidebar_state="auto",
)
st.html(map.STYLE)
st.navigation(
    [
        st.Page(map.show, title="Map", icon=":material/map:", default=True),
        st.Page(claims.show, title="Claims", icon=":material/bar_chart:", url_path="claims"),
        st.Page(about.show, title="About", icon=":material/info:", url_path="about"),
    ],
    position="top",
).run()
