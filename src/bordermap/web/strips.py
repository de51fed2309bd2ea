"""The component that shows the ledger of the gates as strips on one axis of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import streamlit as st

from bordermap.analysis.ledger import Span, holders_in_words, in_words, spans
from bordermap.cartography import style
from bordermap.model.dates import PartialDate
from bordermap.model.record import Gate
from bordermap.web import data

_HERE = Path(__file__).parent
_MIN_FADE_DAYS = 10
"""How long an edge fades where its date is approximate and nothing bounds it."""

_component = st.components.v2.component(
    "bordermap_strips",
    html='<div class="bm-strips" data-testid="strips"></div>',
    css=(_HERE / "strips.css").read_text("utf-8"),
    js=(_HERE / "strips.js").read_text("utf-8"),
)


def strips(
    gates: Sequence[Gate],
    axis: tuple[date, date],
    period: tuple[date, date],
    *,
    key: str,
) -> str | None:
    """Draw a strip for each gate of which the ledger tells, and name the others in a line.

    Parameters
    ----------
    gates : sequence of Gate
        In the order in which they are shown.
    axis : tuple of datetime.date
        First and last day that are drawn, both inclusive.
    period : tuple of datetime.date
        First and last day that are chosen; the days outside are veiled. A single day is
        a line.
    key : str
        Of the component, unique in the app.

    Returns
    -------
    str or None
        The id of the gate whose name was clicked just now.
    """
    catalog = data.catalog()
    told = {status.gate for status in catalog.statuses}
    result = _component(
        key=key,
        data={
            "looks": style.statuses(),
            "ink": style.INK,
            "years": [
                {"text": str(year), "at": _share(date(year, 1, 1), axis)}
                for year in range(axis[0].year, axis[1].year + 1)
            ],
            "day": period[0] == period[1],
            "period": [_share(period[0], axis), _share(period[1], axis, after=True)],
            "strips": [
                {
                    "id": gate.id,
                    "name": gate.name,
                    "parts": _parts(spans(catalog.statuses, gate.id), axis),
                }
                for gate in gates
                if gate.id in told
            ],
            "untold": [gate.name for gate in gates if gate.id not in told],
        },
        on_gate_change=lambda: None,
    )
    return result.gate if result.gate in catalog.gates else None


def north_to_south(gates: Iterable[Gate]) -> list[Gate]:
    """Order gates along the border.

    A gate without a point goes by its town, or else by the other gates of its county or
    prefecture; one without any of these comes last.
    """
    gates = list(gates)

    def latitude(gate: Gate) -> float:
        if gate.latitude is not None:
            return gate.latitude
        for place in (gate.myanmar_place, gate.china_place):
            town = data.catalog().gazetteer.places.get(place)
            if town and town.latitude is not None:
                return town.latitude
        for field in ("yunnan_county", "yunnan_prefecture"):
            around = [
                other.latitude
                for other in gates
                if other.latitude is not None
                and getattr(gate, field)
                and getattr(other, field) == getattr(gate, field)
            ]
            if around:
                return fmean(around)
        return -90.0

    return sorted(gates, key=lambda gate: (-latitude(gate), gate.name))


def said_by(span: Span) -> str:
    """Name the sources that a span rests on."""
    sources = data.catalog().sources
    return "; ".join(
        dict.fromkeys(str(sources[source]) for row in span.rows for source in row.sources)
    )


def _parts(line: Sequence[Span], axis: tuple[date, date]) -> list[dict[str, Any]]:
    parts = []
    before = line[0]
    for span in line:
        handed = bool(span.holders) and span.holders != before.holders
        before = span
        left = _share(span.start or axis[0], axis)
        right = _share(span.end, axis) if span.end else 100.0
        if right <= left:
            continue
        fade = 0.0
        if span.approximate and span.start and span.settled:
            days = max((span.settled - span.start).days, _MIN_FADE_DAYS)
            fade = 100 * days / ((axis[1] - axis[0]).days + 1)
        parts.append(
            {
                "left": left,
                "width": right - left,
                "statuses": list(span.statuses) if span.rows or span.disputed else [],
                "disputed": span.disputed,
                "fade": min(fade, right - left),
                "handed": handed,
                "words": in_words(span),
                "days": _days(span),
                "holder": holders_in_words(span),
                "by": said_by(span),
            }
        )
    return parts


def _days(span: Span) -> str:
    def spelled(day: date) -> str:
        return str(PartialDate.parse(day.isoformat()))

    if span.start is None:
        return f"before {spelled(span.end)}" if span.end else ""
    about = "about " if span.approximate else ""
    if span.end is None:
        return f"from {about}{spelled(span.start)} on"
    return f"{about}{spelled(span.start)} – {spelled(span.end - timedelta(days=1))}"


def _share(day: date, axis: tuple[date, date], *, after: bool = False) -> float:
    """Return where a day begins, or ends, on the axis; in hundredths of it, cut to it."""
    days = (axis[1] - axis[0]).days + 1
    share = 100 * ((day - axis[0]).days + after) / days
    return round(min(max(share, 0.0), 100.0), 3)
