"""The address in the browser and the state of the session, kept the same.

The address spells the whole view: the selection, the chosen ``record``, the ``view`` of the
map and what was chosen of the map itself (``hide, shade, names``); the browser keeps these four
(``address.js``). One without a selection is the view before anything is picked; everything is
spelled as all scopes. A session writes it after every run. When the address that arrives is not
the one last written, the reader followed a link or went back, and the session takes it
over; unless the widgets have changed since, for then the two crossed on their way.
"""

from __future__ import annotations

import streamlit as st

from bordermap.queries import known, known_dataset
from bordermap.selection import Selection
from bordermap.web import data

RECORD = "record"
VIEW = "view"
KEPT_BY_BROWSER = (VIEW, "hide", "shade", "names")

_WRITTEN = "address-written"


def arrived(
    held: Selection, chosen: str | None, *, first_look: bool
) -> tuple[Selection, str | None, list[str]] | None:
    """Return the selection, the record and what was ignored, of an address to take over.

    Parameters
    ----------
    held : Selection
        What the widgets hold.
    chosen : str or None
        The chosen record.
    first_look : bool
        The page was not on the screen before this run: an address that says nothing is
        then no wish for everything.
    """
    params = _current()
    here = _spelled(params)
    written = st.session_state.get(_WRITTEN)
    crossed = written is not None and _spelled(_params(held, chosen)) != written
    if here == written or crossed or (first_look and not here):
        return None
    st.session_state[_WRITTEN] = here
    selection, ignored = selected(params)
    record = st.query_params.get(RECORD)
    if record is not None and data.dataset(selection.dataset).find(record) is None:
        ignored.append(f"record: there is no {record[:80]!r}")
        record = None
    return selection, record, ignored


def selected(params: dict[str, list[str]]) -> tuple[Selection, list[str]]:
    """Return the selection that an address spells, and what was ignored."""
    selection, ignored = Selection.from_address(params)
    selection, missing = known_dataset(selection, data.store().names())
    dataset, catalog = data.dataset(selection.dataset), data.catalog(selection.dataset)
    selection, unknown = known(dataset, catalog, selection)
    return selection, ignored + missing + unknown


def write(selection: Selection, record: str | None) -> None:
    """Spell the state in the address, beside what is the browser's to change."""
    params, current = _params(selection, record), _current()
    st.session_state[_WRITTEN] = _spelled(params)
    if _spelled(current) != _spelled(params):
        kept = {key: current[key] for key in KEPT_BY_BROWSER if key in current}
        st.query_params.from_dict({**params, **kept})


def _params(selection: Selection, record: str | None) -> dict[str, list[str]]:
    return {**selection.to_address(), **({RECORD: [record]} if record else {})}


def _current() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _spelled(params: dict[str, list[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        sorted(
            (key, tuple(values))
            for key, values in params.items()
            if values and key not in KEPT_BY_BROWSER
        )
    )
