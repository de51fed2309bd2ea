"""Figures that sources state, side by side and over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import altair
import pandas as pd
import streamlit as st

from bordermap.analysis import claims as subjects
from bordermap.analysis.claims import Disagreement
from bordermap.cartography.style import ACCENT, LINES, MUTED
from bordermap.model.dates import PartialDate
from bordermap.model.record import Claim
from bordermap.model.vocabulary import Qualifier
from bordermap.web import data, links
from bordermap.web.markdown import escaped

SUBJECT = "subject"
CHART_HEIGHT = 320
CARDS_IN_A_ROW = 3

_PICKED = "claims-subject"
_SIGNS = {
    Qualifier.EXACT: "",
    Qualifier.ABOUT: "about ",
    Qualifier.AT_LEAST: "at least ",
    Qualifier.OVER: "over ",
    Qualifier.ALMOST: "almost ",
}
_QUALIFIERS = {
    Qualifier.EXACT: "no qualifier",
    Qualifier.ABOUT: "about",
    Qualifier.AT_LEAST: "at least",
    Qualifier.OVER: "over",
    Qualifier.ALMOST: "almost",
}
_SHAPES = {
    Qualifier.EXACT: "circle",
    Qualifier.ABOUT: "diamond",
    Qualifier.AT_LEAST: "triangle-up",
    Qualifier.OVER: "cross",
    Qualifier.ALMOST: "triangle-down",
}
_SHORT = "replace(format(datum.value, '~s'), 'G', 'B')"
_FULL = "format(datum.value, ',~f')"
_COLOURS = {"in line with the others": ACCENT, "disagrees": LINES["border"].colour}
_IN_LINE, _DISAGREES = _COLOURS


def show() -> None:
    """Draw the page."""
    groups = subjects.by_subject(data.catalog().claims)
    wanted = st.query_params.get(SUBJECT)
    # A link within a page does not change the address in the browser; this does.
    st.query_params.from_dict({SUBJECT: wanted} if wanted else {})
    st.markdown("# Claims")
    if wanted in groups:
        _picker(wanted, groups)
        _subject(wanted, groups[wanted])
        return
    if wanted:
        st.warning(
            f"Nothing is claimed about {escaped(repr(wanted[:80]))}. All subjects are below."
        )
    st.markdown(
        "Figures that are not events, as the sources state them. Where sources differ, "
        "each figure stands with its own source; none is preferred."
    )
    if not groups:
        st.info("The data holds no claims.")
        return
    _picker(None, groups)
    _overview(groups)


def _picker(subject: str | None, groups: dict[str, list[Claim]]) -> None:
    st.session_state[_PICKED] = subject
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Subject",
            list(groups),
            key=_PICKED,
            format_func=lambda slug: f"{_name(slug)} ({len(groups[slug])})",
            placeholder="Choose a subject",
            on_change=_follow_picker,
            width=460,
        )
        if subject:
            links.to("claims", "All subjects", icon=":material/arrow_back:")


def _follow_picker() -> None:
    picked = st.session_state[_PICKED]
    st.query_params.from_dict({SUBJECT: picked} if picked else {})


def _overview(groups: dict[str, list[Claim]]) -> None:
    several = {subject: claims for subject, claims in groups.items() if len(claims) > 1}
    disputed = {s: claims for s, claims in several.items() if subjects.disagreements(claims)}
    _cards("Where figures disagree", disputed)
    _cards("Other subjects", {s: several[s] for s in several if s not in disputed})
    single = [claims[0] for claims in groups.values() if len(claims) == 1]
    if single:
        st.subheader("Figures that one source states")
        _table(single, with_subject=True)


def _cards(heading: str, groups: dict[str, list[Claim]]) -> None:
    if groups:
        st.subheader(f"{heading} ({len(groups)})")
    cards = list(groups.items())
    for start in range(0, len(cards), CARDS_IN_A_ROW):
        row = cards[start : start + CARDS_IN_A_ROW]
        for column, (subject, claims) in zip(st.columns(CARDS_IN_A_ROW), row, strict=False):
            with column, st.container(border=True, height="stretch"):
                links.to("claims", _name(subject), **{SUBJECT: subject})
                st.caption(escaped(_summary(claims)))
                _findings(claims)


def _summary(claims: Sequence[Claim]) -> str:
    sources = {claim.source for claim in claims}
    spans = [
        _span(group[0], group[-1])
        for _, group in _by_unit(sorted(claims, key=lambda claim: claim.value))
    ]
    stated = f"{len(claims)} claims, {len(sources)} source{'s' if len(sources) > 1 else ''}"
    return f"{stated}: {'; '.join(spans)}"


def _by_unit(claims: Sequence[Claim]) -> Iterator[tuple[str, list[Claim]]]:
    units: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        units[claim.unit].append(claim)
    yield from units.items()


def _span(low: Claim, high: Claim) -> str:
    if low.value == high.value:
        return f"{_number(low.value)} {low.unit}"
    return f"{_number(low.value)} to {_number(high.value)} {low.unit}"


def _findings(claims: Sequence[Claim]) -> None:
    found = subjects.disagreements(claims)
    for disagreement in found:
        st.markdown(
            f":material/call_split: **{escaped(_in_words(disagreement))}**"
            + ("" if subjects.is_timeless(claims) else escaped(f" ({_dates(disagreement)})"))
        )
    growing = [group for _, group in _by_unit(claims) if subjects.grows(group)]
    for group in growing:
        first, last = (pick(group, key=lambda claim: claim.value) for pick in (min, max))
        st.markdown(
            ":material/trending_up: "
            + escaped(
                f"Later figures are larger, from {_figure(first)} ({_date(first)}) to"
                f" {_figure(last)} ({_date(last)}); that is no disagreement."
            )
        )
    if not found and not growing:
        st.markdown(":material/check: The figures do not contradict each other.")


def _in_words(found: Disagreement) -> str:
    who = "One source gives different figures" if found.within_one_source else "Sources disagree"
    return f"{who}: {_span(found.claims[0], found.claims[-1])}"


def _dates(found: Disagreement) -> str:
    return "; ".join(dict.fromkeys(_date(claim) for claim in found.claims))


def _subject(subject: str, claims: Sequence[Claim]) -> None:
    st.subheader(escaped(_name(subject)))
    if len(claims) == 1:
        st.caption("One source states this figure.")
    else:
        _findings(claims)
        differing = {claim.id for found in subjects.disagreements(claims) for claim in found.claims}
        for unit, group in _by_unit(claims):
            _chart(unit, group, differing)
        st.caption(_how_to_read(claims))
    _table(claims)


def _how_to_read(claims: Sequence[Claim]) -> str:
    parts = [
        "Each mark is a figure with its source; its shape is how the source qualifies it. "
        "A bar is the time for which it stands, where that is not one day."
    ]
    if any(not claim.date_edtf for claim in claims):
        parts.append(
            "A dashed line is a figure without a date: this does not change with time, so that "
            "figures of all dates are compared."
        )
    if any(subjects.needs_logarithm([c.value for c in group]) for _, group in _by_unit(claims)):
        parts.append("The scale is logarithmic.")
    if subjects.disagreements(claims):
        parts.append(
            "Figures disagree where they speak of the same time and differ by more than their "
            f"qualifiers allow; “about” and “almost” allow {subjects.TOLERANCE:.0%}."
        )
    return " ".join(parts)


def _chart(unit: str, claims: Sequence[Claim], differing: set[str]) -> None:
    frame = _marks(claims, differing)
    values = frame["value"]
    logarithmic = subjects.needs_logarithm(values)
    from_zero = not logarithmic and bool(0 <= values.min() < values.max() / 2)
    scale = altair.Scale(
        type="log" if logarithmic else "linear",
        zero=from_zero,
        nice=True,
        padding=0 if from_zero else 24,
    )
    qualifiers = [q for q in Qualifier if _QUALIFIERS[q] in set(frame["qualifier"])]
    statuses = [status for status in _COLOURS if status in set(frame["status"])]
    base = altair.Chart(frame).encode(
        y=altair.Y(
            "value:Q",
            title=unit,
            scale=scale,
            axis=altair.Axis(labelExpr=_SHORT if values.max() >= 1e6 else _FULL, tickCount=6),
        ),
        color=altair.Color(
            "status:N",
            title=None,
            scale=altair.Scale(domain=statuses, range=[_COLOURS[s] for s in statuses]),
            legend=altair.Legend(orient="top", symbolOpacity=1) if len(statuses) > 1 else None,
        ),
        tooltip=[
            altair.Tooltip("figure:N", title="Figure"),
            altair.Tooltip("date:N", title="As of"),
            altair.Tooltip("statement:N", title="Claim"),
            altair.Tooltip("source:N", title="Source"),
            altair.Tooltip("qualifier:N", title="Qualifier"),
        ],
    )
    points = base.mark_point(filled=True, size=130, opacity=0.9).encode(
        shape=altair.Shape(
            "qualifier:N",
            title=None,
            scale=altair.Scale(
                domain=[_QUALIFIERS[q] for q in qualifiers],
                range=[_SHAPES[q] for q in qualifiers],
            ),
            legend=altair.Legend(
                orient="bottom", columns=3, symbolFillColor=MUTED, symbolStrokeColor=MUTED
            ),
        )
    )
    if frame["at"].notna().any():
        first, last = frame["start"].min(), frame["end"].max()
        margin = max((last - first) * 0.06, timedelta(days=20))
        time_scale = altair.Scale(domain=[_vega_day(first - margin), _vega_day(last + margin)])
        axis = altair.Axis(labelOverlap=True, tickCount=6, format=_axis_format(last - first))
        frame["at"] = frame["at"].fillna(last + margin / 2)
        frame["start"] = frame["start"].fillna(first - margin)
        frame["end"] = frame["end"].fillna(last + margin)
        spans = base.mark_rule(strokeWidth=5, opacity=0.3, strokeCap="round").encode(
            x=altair.X("start:T", title=None, scale=time_scale, axis=axis), x2="end:T"
        )
        chart = (
            spans.transform_filter("datum.dated")
            + spans.mark_rule(strokeWidth=2, opacity=0.55, strokeDash=[6, 5]).transform_filter(
                "!datum.dated"
            )
            + points.encode(x=altair.X("at:T", title=None, scale=time_scale, axis=axis))
        )
    else:
        chart = points.encode(x=altair.X("source:N", title=None, axis=altair.Axis(labelAngle=0)))
    st.altair_chart(chart, height=CHART_HEIGHT)


def _axis_format(span: timedelta) -> str:
    if span > timedelta(days=4 * 365):
        return "%Y"
    return "%b %Y" if span > timedelta(days=75) else "%-d %b %Y"


def _vega_day(day: datetime) -> altair.DateTime:
    return altair.DateTime(year=day.year, month=day.month, date=day.day)


def _marks(claims: Sequence[Claim], differing: set[str]) -> pd.DataFrame:
    """Return one row for each place in the chart; claims that fall together share one."""
    together: dict[tuple[str, float, str, bool], list[Claim]] = defaultdict(list)
    for claim in claims:
        place = (claim.date_edtf, claim.value, claim.qualifier, claim.id in differing)
        together[place].append(claim)
    rows = []
    for (edtf, value, qualifier, differs), group in together.items():
        start, end = _ends(PartialDate.parse(edtf))
        rows.append(
            {
                "start": start,
                "end": end,
                "at": start + (end - start) / 2 if start and end else end or start,
                "dated": bool(edtf),
                "value": value,
                "qualifier": _QUALIFIERS[Qualifier(qualifier)],
                "status": _DISAGREES if differs else _IN_LINE,
                "figure": _figure(group[0]),
                "date": _date(group[0]),
                "statement": " / ".join(claim.statement for claim in group),
                "source": "; ".join(str(data.catalog().sources[c.source]) for c in group),
            }
        )
    frame = pd.DataFrame(rows)
    for column in ("start", "end", "at"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def _ends(when: PartialDate) -> tuple[datetime | None, datetime | None]:
    """Return noon of a single day twice, or else from when to when the date reaches."""
    if when.start and when.start == when.end:
        return (noon := datetime.combine(when.start, time(12))), noon
    return (
        datetime.combine(when.start, time()) if when.start else None,
        datetime.combine(when.end, time()) + timedelta(days=1) if when.end else None,
    )


def _table(claims: Sequence[Claim], *, with_subject: bool = False) -> None:
    frame = pd.DataFrame([_row(claim) for claim in claims])
    st.dataframe(
        frame if with_subject else frame.drop(columns="Subject"),
        hide_index=True,
        column_config={
            "Subject": st.column_config.TextColumn(width=230),
            "Figure": st.column_config.TextColumn(width=170),
            "As of": st.column_config.TextColumn(width=120),
            "Place": st.column_config.TextColumn(width=140),
            "Claim": st.column_config.TextColumn(width=400),
            "Source": st.column_config.TextColumn(width=300),
            "Address": st.column_config.LinkColumn(width=80, display_text="Open"),
        },
    )


def _row(claim: Claim) -> dict[str, Any]:
    catalog = data.catalog()
    source = catalog.sources[claim.source]
    place = catalog.gazetteer.places.get(claim.place)
    return {
        "Subject": _name(claim.subject),
        "Figure": _figure(claim),
        "As of": _date(claim),
        "Place": place.name if place else "",
        "Claim": claim.statement,
        "Source": f"{source}: {source.title}",
        "Address": source.url,
        "Note": claim.notes,
    }


def _name(subject: str) -> str:
    return data.catalog().subjects[subject].name


def _figure(claim: Claim) -> str:
    return f"{_SIGNS[Qualifier(claim.qualifier)]}{_number(claim.value)} {claim.unit}"


def _date(claim: Claim) -> str:
    return str(PartialDate.parse(claim.date_edtf))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"
