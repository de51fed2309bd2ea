"""The button that copies a link to what is on the screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__)
_HTML = """
<div class="copy">
  <button type="button">
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.5 1.5"/>
      <path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.5"/>
    </svg>
    Copy link
  </button>
  <input type="text" readonly hidden aria-label="Link to this view">
  <span role="status"></span>
</div>
"""
_component = st.components.v2.component(
    "bordermap_copy_link",
    html=_HTML,
    css=_HERE.with_suffix(".css").read_text("utf-8"),
    js=_HERE.with_suffix(".js").read_text("utf-8"),
)


def copy_link() -> None:
    """Draw the button; it works in the browser alone."""
    _component(key="copy-link", width="content")
