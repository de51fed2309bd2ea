"""The dashboard: ``streamlit run app.py``."""

import streamlit as st

from bordermap.web.announce import announce
from bordermap.web.server import SCRIPT, routes

app = st.App(SCRIPT, routes=routes(), lifespan=announce)
