"""The mapping of an uploaded file: shown, edited, saved and loaded, its questions asked."""

from __future__ import annotations

from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from bordermap.engine import preview
from bordermap.errors import ImportFileError
from bordermap.importers.formats import Question, ordered, questions
from bordermap.importers.mapping import FIELDS, TABLE, Mapping
from bordermap.model.vocabulary import label
from bordermap.web import data
from bordermap.web.importing import Upload
from bordermap.web.markdown import escaped

MOST_COLUMNS = 400
"""Columns among which can be chosen; of a wider file only these, and by TOML any."""

_FIELDS_IN_A_ROW = 3
_EXAMPLE = 60
_LISTED = 30
_FIRST_ROWS = 5
_FIRST_EVENTS = 50
_EVENTS_HEIGHT = 250
_WIDEST_TABLE = 60

_STATE = "import-draft"

Fields = abc.Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Draft:
    """A mapping as the reader has made it.

    Attributes
    ----------
    mapping : Mapping
    problem : str
        What is still missing before the file can be read, or empty.
    """

    mapping: Mapping
    problem: str = ""


@dataclass
class _Kept:
    """What outlives a visit to another page.

    Attributes
    ----------
    token : str
        Of the upload that it belongs to.
    edition : int
        Grows when a mapping is loaded, so that the widgets begin anew.
    mapping : Mapping
        With the columns that the file has.
    answer : str or None
        To the question that is open.
    absent : list of str
        Columns of a loaded mapping that the file lacks.
    """

    token: str
    edition: int
    mapping: Mapping
    answer: str | None = None
    absent: Sequence[str] = ()


def edit(upload: Upload) -> Draft:
    """Draw the mapping of a file and return it as it is now."""
    kept = st.session_state.get(_STATE)
    if kept is None or kept.token != upload.token:
        kept = _Kept(upload.token, 0, upload.plan.own_mapping)
        st.session_state[_STATE] = kept
    asked = st.container()  # above the columns, which decide what is asked
    with st.expander(
        "Columns",
        icon=":material/view_column:",
        expanded=kept.mapping.format == TABLE,
        key=f"import-columns-{kept.token}",
    ):
        kept.mapping = _columns(kept, upload)
        st.divider()
        _as_file(kept, upload)
    with st.expander("First rows of the file", icon=":material/table_rows:"):
        _first_rows(upload)
    mapping = ordered(upload.sample, kept.mapping)
    open_questions = questions(upload.layout, upload.sample, mapping)
    with asked:
        for question in open_questions:
            answer = _ask(kept, question)
            if answer is None:
                return Draft(mapping, "Answer the question above first.")
            mapping = question.options[answer]
    if "date_start" not in mapping.fields and not {"latitude", "longitude"} <= set(mapping.fields):
        return Draft(mapping, "Say which column holds the date, or which hold both coordinates.")
    try:
        events = _first_events(upload.token, mapping.to_toml(), upload)
    except ImportFileError as error:
        return Draft(mapping, str(error))
    with st.expander(
        "First events, as they would be read", icon=":material/visibility:", expanded=True
    ):
        st.dataframe(
            events,
            hide_index=True,
            height=min(_EVENTS_HEIGHT, 38 + 35 * max(len(events), 1)),
            column_config={
                "Title": st.column_config.TextColumn(width=280),
                "Place": st.column_config.TextColumn(width=140),
            },
        )
    return Draft(mapping)


def _ask(kept: _Kept, question: Question) -> str | None:
    options = list(question.options)
    key = f"import-answer-{kept.token}-{question.field}"
    if kept.answer in options:
        st.session_state.setdefault(key, kept.answer)
    with st.container(border=True, key="import-question"):
        kept.answer = st.radio(
            f"**{escaped(question.text)}**",
            options,
            index=None,
            key=key,
            format_func=escaped,
        )
    return kept.answer


def _columns(kept: _Kept, upload: Upload) -> Mapping:
    """Draw a choice of columns for every field and return the mapping that results."""
    columns = upload.layout.columns
    options = list(dict.fromkeys([*columns[:MOST_COLUMNS], *_used(kept.mapping.fields)]))
    if kept.absent:
        absent = f"The file lacks columns that the mapping names: {_listed(kept.absent)}."
        st.warning(escaped(absent), icon=":material/warning:")
    if len(options) < len(columns):
        st.caption(
            f"The first {MOST_COLUMNS} of {len(columns):,} columns are offered; a mapping in "
            "TOML may name any."
        )
    st.caption(
        "Of several columns for one field the first that is not empty in a row is taken; "
        "those for actors, types and sources are put together."
    )
    fields: dict[str, tuple[str, ...]] = {}
    names = list(FIELDS)
    for start in range(0, len(names), _FIELDS_IN_A_ROW):
        row = names[start : start + _FIELDS_IN_A_ROW]
        for place, name in zip(st.columns(_FIELDS_IN_A_ROW), row, strict=False):
            key = f"import-field-{kept.token}-{kept.edition}-{name}"
            st.session_state.setdefault(key, list(kept.mapping.fields.get(name, ())))
            with place:
                chosen = st.multiselect(
                    FIELDS[name],
                    options,
                    key=key,
                    format_func=_short,
                    placeholder="no column",
                    select_all=False,
                )
                if chosen:
                    fields[name] = tuple(chosen)
                    st.caption(_example(upload.sample.columns, chosen))
    if unused := [column for column in columns if column not in _used(fields)]:
        st.caption(f"Kept beside the event, but not read: {escaped(_listed(unused))}.")
    before = kept.mapping.fields
    same_dates = all(before.get(name) == fields.get(name) for name in ("date_start", "date_end"))
    order = kept.mapping.date_order if same_dates else ""
    return replace(kept.mapping, fields=fields, date_order=order)


def _used(fields: Fields) -> list[str]:
    return [column for named in fields.values() for column in named]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(map(_short, names[:_LISTED])) + more


def _short(column: str) -> str:
    return column if len(column) <= _EXAMPLE else f"{column[:_EXAMPLE]}…"


def _example(sample: pa.Table, columns: Sequence[str]) -> str:
    for column in columns:
        if column in sample.column_names and len(values := pc.drop_null(sample[column])):
            text = values[0].as_py()
            return f"e.g. {escaped(_short(' '.join(text.split())))}"
    return "empty in the first rows"


def _as_file(kept: _Kept, upload: Upload) -> None:
    st.markdown("**The mapping as a file**")
    st.caption("For the next file of this kind, and for `bordermap import --mapping FILE`.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            "Download mapping (TOML)",
            data=kept.mapping.to_toml().encode(),
            file_name="mapping.toml",
            mime="application/toml",
            on_click="ignore",
            icon=":material/download:",
            key="import-mapping-download",
        )
    file = st.file_uploader(
        "Use a mapping (TOML)",
        type=["toml"],
        max_upload_size=1,
        key=f"import-mapping-{kept.token}-{kept.edition}",
    )
    if file is None:
        return
    try:
        loaded = Mapping.from_toml(file.getvalue().decode("utf-8-sig"))
    except UnicodeDecodeError:
        st.error("The mapping is no text in UTF-8.", icon=":material/error:")
    except ImportFileError as error:
        st.error(escaped(str(error)), icon=":material/error:")
    else:
        columns = upload.layout.columns
        st.session_state[_STATE] = _Kept(
            kept.token,
            kept.edition + 1,
            loaded.resolved(columns),
            kept.answer,
            loaded.missing(columns),
        )
        st.rerun()


@st.cache_data(max_entries=16, show_spinner="Reading the first rows")
def _first_events(token: str, toml: str, _upload: Upload) -> pd.DataFrame:  # noqa: ARG001
    """Return the first events that a mapping makes of a file, in words."""
    plan = replace(_upload.plan, mapping=Mapping.from_toml(toml), questions=())
    events = preview(plan, data.catalog(), _FIRST_EVENTS).events.to_pylist()
    return pd.DataFrame(
        {
            "From": [event["date_start"] for event in events],
            "To": [event["date_end"] for event in events],
            "Type": [label(event["category"]) for event in events],
            "Title": [event["title"] for event in events],
            "Place": [event["place_name"] for event in events],
            "Known to": [label(event["geo_precision"]) for event in events],
            "Region": [label(event["region_code"] or "") for event in events],
            "Deaths": pd.array([event["fatalities_best"] for event in events], "Int64"),
            "Line": [event["line"] for event in events],
        }
    )


def _first_rows(upload: Upload) -> None:
    rows = upload.sample.columns.slice(0, _FIRST_ROWS)
    if rows.num_columns > _WIDEST_TABLE:
        st.caption(f"The first {_WIDEST_TABLE} columns.")
    shown = rows.select(range(min(rows.num_columns, _WIDEST_TABLE)))
    lines = pd.Index(upload.sample.lines[: len(shown)], name="line")
    st.dataframe(shown.to_pandas().set_axis(lines))
