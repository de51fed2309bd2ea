"""The gates on a day, and the ledger of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import pandas as pd
import streamlit as st

from bordermap.analysis.ledger import (
    STATE_WORDS,
    Span,
    holders_in_words,
    in_words,
    last_day,
    since_in_words,
    status_in_words,
    status_on,
)
from bordermap.model.dates import PartialDate
from bordermap.model.record import Gate, GateStatus, Source
from bordermap.model.vocabulary import Basis, Confidence, GateClass, GateState, GeoPrecision, label
from bordermap.web import data, filters, links
from bordermap.web.markdown import escaped, linked
from bordermap.web.strips import north_to_south, said_by, strips

GATE = "gate"
DAY = "day"

_PICKED_GATE = "gates-gate"
_PICKED_DAY = "gates-day"
_WRITTEN = "gates-address"
_TABLE = "gates-table"
_ALL = ""
_SHOWN = 80


def show() -> None:
    """Draw the page."""
    catalog = data.catalog()
    gates = north_to_south(catalog.gates.values())
    ignored = _follow_address()
    st.markdown("# Gates")
    if ignored:
        lines = "\n".join(f"- {escaped(line)}" for line in ignored)
        st.warning(f"Parts of the address could not be used and were ignored:\n{lines}")
    first, last = _axis()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "Day",
            key=_PICKED_DAY,
            min_value=first,
            max_value=last,
            format="YYYY-MM-DD",
            width=160,
        )
        picked = st.selectbox(
            "Gate",
            [_ALL, *(gate.id for gate in gates)],
            key=_PICKED_GATE,
            format_func=lambda gate: catalog.gates[gate].name if gate else "All gates",
            width=380,
        )
    _write_address()
    known = status_on(catalog.statuses, catalog.gates, day)
    if picked:
        _gate(catalog.gates[picked], known[picked], day)
        st.divider()
        st.markdown("## All gates")
    _overview(gates, known, day)


# -------------------------------------------------------------------- the address


def _follow_address() -> list[str]:
    """Take an address that the reader followed over; return what of it was ignored.

    As on the map, widgets that were changed since the address was written win over an
    address that crossed them on its way.
    """
    state = st.session_state
    asked = (st.query_params.get(GATE, ""), st.query_params.get(DAY, ""))
    held = _PICKED_DAY in state and _PICKED_GATE in state
    if held and state.get(_WRITTEN) in (None, asked):
        return []
    if held and _spelled() != state[_WRITTEN]:
        return []
    ignored = []
    gate, day = asked
    if gate not in ("", *data.catalog().gates):
        ignored.append(f"{GATE}: there is no {gate[:_SHOWN]!r}")
        gate = _ALL
    picked = _last_day()
    if day:
        first, last = _axis()
        try:
            picked = date.fromisoformat(day)
        except ValueError:
            ignored.append(f"{DAY}: {day[:_SHOWN]!r} is not a day; write 2024-03-31")
        if not first <= picked <= last:
            ignored.append(f"{DAY}: {picked} is outside of {first} to {last}")
            picked = min(max(picked, first), last)
    state[_PICKED_GATE], state[_PICKED_DAY] = gate, picked
    return ignored


def _write_address() -> None:
    spelled = _spelled()
    st.session_state[_WRITTEN] = spelled
    wanted = {key: value for key, value in zip((GATE, DAY), spelled, strict=True) if value}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _spelled() -> tuple[str, str]:
    day: date = st.session_state[_PICKED_DAY]
    return st.session_state[_PICKED_GATE], "" if day == _last_day() else day.isoformat()


def _last_day() -> date:
    return last_day(data.catalog().statuses) or filters.span()[1]


def _axis() -> tuple[date, date]:
    """Return the days of the records, widened to those of the ledger."""
    first, last = filters.span()
    begins = [
        when.start
        for status in data.catalog().statuses
        if (when := PartialDate.parse(status.date_edtf)).start
    ]
    return min([first, *begins]), max(last, _last_day())


# -------------------------------------------------------------------- all gates


def _overview(gates: Sequence[Gate], known: dict[str, Span], day: date) -> None:
    counts = dict.fromkeys(GateState, 0)
    for span in known.values():
        if not span.disputed:
            counts[span.statuses[0]] += 1
    disputed = sum(span.disputed for span in known.values())
    said = [f"{n} {STATE_WORDS[state].lower()}" for state, n in counts.items() if n]
    said += [f"on {disputed} of them sources disagree"] if disputed else []
    st.markdown(
        f"**On {_day(day)}**, as far as sources say, of {len(gates)} gates and crossings: "
        f"{', '.join(said)}. From north to south; choose a row to read the ledger of a gate."
    )
    frame = pd.DataFrame(
        {
            "Gate": [gate.name for gate in gates],
            "Status": [status_in_words(known[gate.id]) for gate in gates],
            "Since": [since_in_words(known[gate.id]).removeprefix("since ") for gate in gates],
            "Myanmar side held by": [holders_in_words(known[gate.id]) for gate in gates],
            "Confidence": [_confidence(known[gate.id].rows) for gate in gates],
            "Class": [_class(gate) for gate in gates],
            "Who says so": [said_by(known[gate.id]) for gate in gates],
        }
    )
    st.dataframe(
        frame,
        key=_TABLE,
        hide_index=True,
        height="content",
        on_select=lambda: _from_table(gates),
        selection_mode="single-row",
        column_config={
            "Gate": st.column_config.TextColumn(width=215),
            "Status": st.column_config.TextColumn(width=310),
            "Since": st.column_config.TextColumn(width=215),
            "Myanmar side held by": st.column_config.TextColumn(width=250),
            "Confidence": st.column_config.TextColumn(width=95),
            "Class": st.column_config.TextColumn(width=105),
            "Who says so": st.column_config.TextColumn(width=320),
        },
    )
    st.markdown("## Over time")
    st.caption("The line is the chosen day. A name opens the ledger of the gate.")
    if gate := strips(gates, _axis(), (day, day), key="gates-strips"):
        links.go("gates", **_query(gate, day))


def _query(gate: str, day: date) -> dict[str, str]:
    return {GATE: gate} | ({} if day == _last_day() else {DAY: day.isoformat()})


def _from_table(gates: Sequence[Gate]) -> None:
    if rows := st.session_state[_TABLE].selection.rows:
        st.session_state[_PICKED_GATE] = gates[rows[0]].id


def _confidence(rows: Sequence[GateStatus]) -> str:
    given = {row.confidence for row in rows}
    return ", ".join(label(term) for term in Confidence if term in given)


def _class(gate: Gate) -> str:
    return "" if gate.gate_class == GateClass.NONE else label(gate.gate_class)


# -------------------------------------------------------------------- one gate


def _gate(gate: Gate, span: Span, day: date) -> None:
    st.markdown(f"## {escaped(gate.name)}")
    st.markdown(f"**On {_day(day)}: {escaped(in_words(span))}**")
    if span.rows:
        st.caption(escaped(f"According to {said_by(span)}."))
        strips([gate], _axis(), (day, day), key="gates-strip")
    ledger, facts = st.columns([0.64, 0.36], gap="medium")
    with facts:
        st.markdown("### About the gate")
        _facts(gate)
        links.to("map", "Records within 50 km", icon=":material/map:", gate=gate.id)
    with ledger:
        st.markdown("### What sources say, in order of time")
        rows = [row for row in data.catalog().statuses if row.gate == gate.id]
        if rows:
            _ledger(rows)
        else:
            st.info(
                "No source that was read says when this gate was open or closed. "
                "That is no sign of either."
            )


def _facts(gate: Gate) -> None:
    unverified = "" if gate.names_verified else " (unverified)"
    facts = {
        "Chinese name": gate.name_zh + unverified if gate.name_zh else "",
        "Burmese name": gate.name_my + unverified if gate.name_my else "",
        "Also called": ", ".join(gate.aliases),
        "Class": _class(gate) or "none that is known",
        "For": ", ".join(gate.modes),
        "Myanmar side": ", ".join(filter(None, (gate.myanmar_side, gate.myanmar_township))),
        "Chinese side": ", ".join(
            filter(None, (gate.china_side, gate.yunnan_county, gate.yunnan_prefecture))
        ),
        "State": label(gate.region) if gate.region else "",
        "Position": _position(gate),
        "Note": gate.note,
    }
    lines = [f"- **{name}:** {escaped(text)}" for name, text in facts.items() if text]
    addresses = [linked(url, url) for url in gate.sources]
    if addresses:
        lines.append("- **Sources:**")
        lines += [f"    - {address}" for address in addresses]
    st.markdown("\n".join(lines))


def _position(gate: Gate) -> str:
    if gate.latitude is None or gate.longitude is None:
        return "not known"
    point = f"{gate.latitude:.4f}, {gate.longitude:.4f}"
    how = label(GeoPrecision(gate.geo_precision))
    return ": ".join(filter(None, (f"{point} ({how})", gate.coordinate_source)))


def _ledger(rows: Sequence[GateStatus]) -> None:
    """Draw the rows in order of time, the versions of one change together at the first."""
    ordered = sorted(rows, key=lambda row: (_first(row), row.id))
    begins = {row.dispute: _first(row) for row in reversed(ordered) if row.dispute}

    def place(row: GateStatus) -> tuple[date, str]:
        return (begins[row.dispute], row.dispute) if row.dispute else (_first(row), "")

    for (_, dispute), group in groupby(sorted(ordered, key=place), key=place):
        if not dispute:
            for row in group:
                with st.container(border=True):
                    _row(row)
            continue
        with st.container(border=True, key=f"dispute-{dispute}"):
            st.markdown("#### :material/compare_arrows: Sources disagree")
            for row in group:
                with st.container(border=True):
                    _row(row)


def _first(row: GateStatus) -> date:
    when = PartialDate.parse(row.date_edtf)
    return when.start or when.end or date.min


def _row(row: GateStatus) -> None:
    when = str(PartialDate.parse(row.date_edtf))
    if row.until_edtf:
        when += f", until {PartialDate.parse(row.until_edtf)}"
    found = " (as found)" if row.basis == Basis.REPORT else ""
    status = STATE_WORDS[GateState(row.status)]
    st.markdown(
        f"**{escaped(when[:1].upper() + when[1:])} · {status}**{found}  \n{escaped(row.statement)}"
    )
    if row.holder:
        st.markdown(f"Myanmar side held by {escaped(', '.join(row.holder))}")
    sources = [_source(data.catalog().sources[source]) for source in row.sources]
    st.markdown("\n".join(f"- {source}" for source in sources))
    remarks = [f"{label(row.confidence)} confidence", row.date_note, row.notes]
    st.caption(escaped(" · ".join(remark for remark in remarks if remark)))


def _source(source: Source) -> str:
    reprint = f" · reprint of {escaped(source.reprint_of)}" if source.reprint_of else ""
    return f"{escaped(str(source))}: {linked(source.title, source.url)}{reprint}"


def _day(day: date) -> str:
    return str(PartialDate.parse(day.isoformat()))
