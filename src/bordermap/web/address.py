"""The address in the browser and the state of the session, kept the same.

The address spells the whole view: the selection, the chosen ``record`` and the ``view``
of the map. One without a selection is the view before anything is picked; everything is
spelled as all scopes. A session writes it after every run. When the address that arrives is not
the one last written, the reader followed a link or went back, and the session takes it
over; unless the widgets have changed since, for then the two crossed on their way.
"""

from __future__ import annotations

import streamlit as st

from bordermap.model.vocabulary import Scope
from bordermap.queries import known, known_dataset
from bordermap.selection import DEFAULT_VIEW, QUERY_KEYS, Selection
from bordermap.web import data

RECORD = "record"
VIEW = "view"

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
    spelled = _spelled(params)
    written = st.session_state.get(_WRITTEN)
    crossed = written is not None and _spelled(_params(held, chosen)) != written
    if spelled == written or crossed or (first_look and not spelled):
        return None
    st.session_state[_WRITTEN] = spelled
    selection, ignored = Selection.from_query(params)
    if not _spelled({key: params.get(key, []) for key in QUERY_KEYS.values()}):
        selection = DEFAULT_VIEW
    record = st.query_params.get(RECORD)
    selection, missing = known_dataset(selection, data.store().names())
    dataset, catalog = data.dataset(selection.dataset), data.catalog(selection.dataset)
    selection, unknown = known(dataset, catalog, selection)
    if record is not None and dataset.find(record) is None:
        unknown.append(f"record: there is no {record[:80]!r}")
        record = None
    return selection, record, ignored + missing + unknown


def write(selection: Selection, record: str | None) -> None:
    """Spell the state in the address; the view of the map is the browser's to change."""
    params, current = _params(selection, record), _current()
    st.session_state[_WRITTEN] = _spelled(params)
    if _spelled(current) != _spelled(params):
        st.query_params.from_dict({**params, VIEW: current.get(VIEW, [])})


def _params(selection: Selection, record: str | None) -> dict[str, list[str]]:
    if selection == DEFAULT_VIEW:
        spelled = {}
    elif not selection:
        spelled = {QUERY_KEYS["scopes"]: [str(scope) for scope in Scope]}
    else:
        spelled = selection.to_params()
    return {**spelled, **({RECORD: [record]} if record else {})}


def _current() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _spelled(params: dict[str, list[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        sorted((key, tuple(values)) for key, values in params.items() if values and key != VIEW)
    )
