"""Figures that sources state, side by side where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from bordermap.model.dates import PartialDate
from bordermap.model.record import Claim
from bordermap.model.vocabulary import Qualifier, label
from bordermap.web import data

_SIGNS = {
    Qualifier.EXACT: "",
    Qualifier.ABOUT: "about ",
    Qualifier.AT_LEAST: "at least ",
    Qualifier.OVER: "over ",
    Qualifier.ALMOST: "almost ",
}


def show() -> None:
    """Draw the page."""
    catalog = data.catalog()
    st.markdown(
        "# Claims\n\nFigures that are not events, as the sources state them. Where sources differ, "
        "each figure stands with its own source; none is preferred."
    )
    by_subject = defaultdict(list)
    for claim in sorted(catalog.claims, key=lambda claim: claim.date_edtf):
        by_subject[claim.subject].append(claim)
    single = [claims[0] for claims in by_subject.values() if len(claims) == 1]
    for subject, claims in sorted(by_subject.items(), key=lambda item: -len(item[1])):
        if len(claims) > 1:
            _table(label(subject), claims)
    if single:
        _table("Figures that one source states", single)


def _table(heading: str, claims: Sequence[Claim]) -> None:
    st.subheader(heading)
    st.dataframe(
        pd.DataFrame([_row(claim) for claim in claims]),
        hide_index=True,
        column_config={
            "Figure": st.column_config.TextColumn(width=170),
            "As of": st.column_config.TextColumn(width=120),
            "Place": st.column_config.TextColumn(width=140),
            "Claim": st.column_config.TextColumn(width=400),
            "Source": st.column_config.TextColumn(width=300),
            "Address": st.column_config.LinkColumn(width=80, display_text="Open"),
        },
    )


def _row(claim: Claim) -> dict[str, str]:
    catalog = data.catalog()
    source = catalog.sources[claim.source]
    place = catalog.gazetteer.places.get(claim.place)
    return {
        "Figure": f"{_SIGNS[Qualifier(claim.qualifier)]}{_number(claim.value)} {claim.unit}",
        "As of": str(PartialDate.parse(claim.date_edtf)),
        "Place": place.name if place else "",
        "Claim": claim.statement,
        "Source": f"{source}: {source.title}",
        "Address": source.url,
        "Note": claim.notes,
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"
