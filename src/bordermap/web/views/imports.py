"""Importing files of events, and the datasets that came of them."""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from bordermap.engine import default_name
from bordermap.errors import ImportFileError, StoreError
from bordermap.importers import reading
from bordermap.model.dates import PartialDate
from bordermap.store import StoredDataset, is_name
from bordermap.web import data, import_mapping, import_report, importing, links
from bordermap.web.importing import Upload, Work, work
from bordermap.web.markdown import escaped

REPORT = "report"
"""Key in the address of the dataset whose report is shown."""

STYLE = """<style>
.st-key-import > .stElementContainer:has(h1) { margin-bottom: 0.6rem; }
.st-key-import [data-testid="stMetricValue"] { font-size: 1.5rem; }
.st-key-import [data-testid="stMetric"] { min-width: 4.4rem; }
</style>"""
"""Trusted text of our own."""

FORMATS = {
    "acled": "ACLED export",
    "ucdp": "UCDP Georeferenced Event Dataset",
    "gdelt": "GDELT 2.0 events",
    "table": "Table of events",
}

_EXISTING = {False: "Replace it", True: "Add to it: an event whose id it has is replaced"}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", " ": "space"}
_FORMS = {"sheet": "spreadsheet", "features": "geodata", "parquet": "Parquet"}
_POLL_SECONDS = 0.7

_ROUND = "import-round"
_SAID = "import-said"


def show() -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="import"):
        wanted = st.query_params.get(REPORT)
        if wanted is not None:
            _stored_report(wanted)
            return
        # A link within a page does not change the address in the browser; this does.
        st.query_params.clear()
        st.markdown("# Import")
        under_way = work()
        if under_way.upload is None:
            _said()
            _datasets()
            _drop(under_way)
            return
        if under_way.is_reading:
            _progress(under_way)
        elif under_way.staged:
            _result(under_way)
        else:
            _found(under_way, under_way.upload)
        _datasets()


def _said() -> None:
    """Say what the last step has led to, until the next one."""
    said = st.session_state.get(_SAID)
    if said is None:
        return
    kind, text, kept = said
    if kind == "error":
        st.error(escaped(text), icon=":material/error:")
        return
    with st.container(border=True, key="import-said"):
        st.markdown(f":material/check: {escaped(text)}")
        if kept:
            links.to("map", "Show on the map", icon=":material/map:", dataset=kept)


def _say(kind: Literal["error", "done"], text: str, kept: str = "") -> None:
    """Have the page say something; `kept` names a dataset to show on the map."""
    st.session_state[_SAID] = (kind, text, kept)


# -------------------------------------------------------------------- a file


def _drop(under_way: Work) -> None:
    names = _names()
    st.markdown("## Import another file" if names else "## Import a file")
    if not names:
        st.markdown(
            "Exports of ACLED, UCDP GED and GDELT are recognised; any other table of events "
            "(CSV, TSV, Excel, GeoJSON, GeoPackage or Parquet) is read by a mapping of its "
            "columns, which is guessed and which you can change. What cannot be read is named "
            "line by line, and nothing leaves this machine."
        )
    number = st.session_state.setdefault(_ROUND, 0)
    file = st.file_uploader(
        "File of events", key=f"import-file-{number}", type=sorted(reading.SUFFIXES)
    )
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        f"Up to {limit} MB. A larger file, or several at once, are imported on the command line: "
        "`bordermap import FILE`."
    )
    if file is None:
        return
    st.session_state.pop(_SAID, None)
    try:
        with st.spinner("Looking at the file"):
            under_way.take(file.name, file)
    except ImportFileError as error:
        _say("error", str(error))
    except Exception:
        importing.log.exception("an uploaded file could not be looked at")
        _say("error", importing.FAULT)
    st.session_state[_ROUND] = number + 1
    _forget(file)
    st.rerun()


def _forget(file: UploadedFile) -> None:
    """Free the memory of an upload; Streamlit would hold it as long as the session."""
    context = get_script_run_ctx()
    held = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if context and isinstance(held, MemoryUploadedFileManager):
        held.remove_file(context.session_id, file.file_id)


def _found(under_way: Work, upload: Upload) -> None:
    st.markdown(f"## {escaped(upload.name)}")
    st.markdown(escaped(_facts(upload)))
    if under_way.failure:
        st.error(escaped(under_way.failure), icon=":material/error:")
    if len(upload.parts) > 1:
        _part(under_way, upload)
    draft = import_mapping.edit(upload)
    with st.container(horizontal=True, vertical_alignment="top"):
        name = st.text_input(
            "Name of the dataset",
            value=default_name([upload.path]),
            key=f"import-name-{upload.path.parent.name}",
            help="Lower-case letters, digits, - and _; at most 60.",
            width=320,
        ).strip()
        append = False
        if name in _names():
            append = st.radio(
                f"There is a dataset {escaped(name)}",
                list(_EXISTING),
                format_func=_EXISTING.__getitem__,
                key="import-append",
            )
    problem = draft.problem
    if not is_name(name):
        problem = (
            f"{name[:80]!r} cannot be the name of a dataset: use up to 60 lower-case letters, "
            "digits, - and _."
        )
    if problem:
        st.caption(f":material/info: {escaped(problem)}")
    with st.container(horizontal=True):
        if st.button("Read the file", type="primary", disabled=bool(problem), key="import-read"):
            under_way.read(name, draft.mapping, append=append)
            st.rerun()
        if st.button("Take another file", key="import-drop"):
            under_way.discard()
            st.rerun()


def _part(under_way: Work, upload: Upload) -> None:
    chosen = st.selectbox(
        "Sheet or layer",
        upload.parts,
        index=upload.parts.index(upload.layout.part) if upload.layout.part in upload.parts else 0,
        key=f"import-part-{upload.token}",
        width=320,
    )
    if chosen == upload.layout.part:
        return
    try:
        under_way.turn_to(chosen)
    except ImportFileError as error:
        st.error(escaped(str(error)), icon=":material/error:")
    else:
        st.rerun()


def _facts(upload: Upload) -> str:
    layout = upload.layout
    facts = [FORMATS.get(upload.plan.mapping.format, FORMATS["table"])]
    if layout.form == "text":
        delimiter = _DELIMITERS.get(layout.delimiter, repr(layout.delimiter))
        facts += [f"text in {layout.encoding.upper()}", f"columns separated by {delimiter}"]
        facts += [] if layout.header else ["no line of names"]
    else:
        facts.append(_FORMS.get(layout.form, layout.form))
    if layout.part:
        facts.append(f"“{layout.part}”")
    facts += [_count(len(layout.columns), "column"), _size(upload.plan.size)]
    return " · ".join(facts)


# -------------------------------------------------------------------- reading it


@st.fragment(run_every=_POLL_SECONDS)
def _progress(under_way: Work) -> None:
    if not under_way.is_reading:
        st.rerun()
    upload, progress = under_way.upload, under_way.progress
    if upload is not None:
        st.markdown(f"## Reading {escaped(upload.name)}")
    if progress is None:
        st.progress(0.0, "Beginning")
    else:
        left = "" if progress.seconds_left is None else f" · {_left(progress.seconds_left)}"
        text = f"{progress.step} · {_count(progress.rows, 'row')}{left}"
        st.progress(min(max(progress.done, 0.0), 1.0), escaped(text))
    st.caption("You may use the other pages meanwhile. Nothing is kept before you say so.")
    if st.button("Cancel", key="import-cancel"):
        under_way.stop()
        st.rerun()


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(round(seconds), 1)} s left"
    return f"about {round(seconds / 60)} min left"


# -------------------------------------------------------------------- what came of it


def _result(under_way: Work) -> None:
    staged, upload = under_way.staged, under_way.upload
    if staged is None or upload is None:  # a session that is open twice has settled it
        st.rerun()
    dataset = staged.dataset
    st.markdown(f"## What was read of {escaped(upload.name)}")
    st.markdown(f"Not kept yet. It would be the dataset **{escaped(dataset.name)}**.")
    with st.container(horizontal=True):
        if st.button("Keep", type="primary", icon=":material/check:", key="import-keep"):
            _keep(under_way)
        if st.button("Discard", icon=":material/delete:", key="import-discard"):
            under_way.discard()
            _say("done", "Discarded. Nothing of it was kept.")
            st.rerun()
        if st.button("Back to the columns", icon=":material/arrow_back:", key="import-back"):
            under_way.stop()
            st.rerun()
    _report(dataset)


def _report(dataset: StoredDataset) -> None:
    try:
        import_report.show(dataset)
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/error:")


def _keep(under_way: Work) -> None:
    try:
        kept = under_way.keep()
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/error:")
        return
    if kept is not None:
        _say("done", f"{kept.name} is kept: {_count(kept.rows, 'event')}.", kept.name)
    st.rerun()


# -------------------------------------------------------------------- the datasets


def _names() -> list[str]:
    try:
        return data.store().names()
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/error:")
        return []


def _datasets() -> None:
    names = _names()
    if not names:
        return
    st.markdown("## Imported datasets")
    for name in names:
        with st.container(border=True, key=f"dataset-{name}", gap="xxsmall"):
            try:
                dataset = data.store().get(name)
                facts = _dataset_facts(dataset)
            except StoreError as error:
                st.markdown(f"**{escaped(name)}**")
                st.error(escaped(str(error)), icon=":material/error:")
                dataset = None
            else:
                st.markdown(f"**{escaped(name)}**  \n{escaped(facts)}")
            with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
                if dataset is not None:
                    links.to("map", "Show on the map", icon=":material/map:", dataset=name)
                    links.to("import", "Report", icon=":material/fact_check:", **{REPORT: name})
                if st.button(
                    "Remove", icon=":material/delete:", type="tertiary", key=f"remove-{name}"
                ):
                    _remove(name)


def _dataset_facts(dataset: StoredDataset) -> str:
    report, manifest = dataset.report, dataset.manifest
    dates = report.get("dates", {})
    facts = [_count(dataset.rows, "event")]
    if dates.get("first"):
        facts.append(f"{_day(dates['first'])} to {_day(dates['last'])}")
    facts += [
        FORMATS.get(manifest["source"].get("format", ""), FORMATS["table"]),
        f"imported {_day(manifest['created'][:10])}",
        _size(sum(part["bytes"] for part in manifest["parts"])),
    ]
    return " · ".join(facts)


@st.dialog("Remove a dataset")
def _remove(name: str) -> None:
    st.markdown(
        f"Remove **{escaped(name)}** with its report? The file that it came from is not touched."
    )
    with st.container(horizontal=True):
        if st.button("Remove it", type="primary", key="remove-yes"):
            try:
                data.store().remove(name, patience=0)
            except StoreError as error:
                st.error(escaped(str(error)), icon=":material/error:")
                return
            _say("done", f"The dataset {name} was removed.")
            st.rerun()
        if st.button("Leave it", key="remove-no"):
            st.rerun()


def _stored_report(name: str) -> None:
    st.query_params.from_dict({REPORT: name})
    links.to("import", "All datasets", icon=":material/arrow_back:")
    st.markdown(f"# Report on {escaped(name[:60])}")
    try:
        dataset = data.store().get(name)
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/error:")
        return
    _report(dataset)


# -------------------------------------------------------------------- words


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{size:.0f} bytes"
        size /= 1000
    return f"{size:.3g} GB"


def _day(text: str) -> str:
    return str(PartialDate.parse(text))
