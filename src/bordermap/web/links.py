"""Links from page to page that keep the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st

from bordermap.web.markdown import escaped

_PAGES = "pages"


def declare(pages: Mapping[str, st.Page]) -> None:
    """Name the pages that :func:`to` can lead to."""
    st.session_state[_PAGES] = dict(pages)


def to(page: str, text: str, /, *, icon: str | None = None, **query: str | list[str]) -> None:
    """Draw a link.

    Parameters
    ----------
    page : str
        Name of a declared page.
    text : str
        Shown as it is; it may come from data.
    icon : str, optional
        Such as ``:material/map:``.
    **query
        What the address of the page will hold.
    """
    st.page_link(st.session_state[_PAGES][page], label=escaped(text), icon=icon, query_params=query)


def go(page: str, /, **query: str | list[str]) -> NoReturn:
    """Leave for another page of the app at once."""
    st.switch_page(st.session_state[_PAGES][page], query_params=query)
