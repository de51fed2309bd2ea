"""Figures that sources state, side by side where they differ."""

from __future__ import annotations

from itertools import groupby

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
    claims = sorted(catalog.claims, key=lambda claim: (claim.subject, claim.date_edtf))
    for subject, group in groupby(claims, key=lambda claim: claim.subject):
        st.subheader(label(subject.replace("-", "_")), divider="gray")
        st.dataframe(
            pd.DataFrame([_row(claim) for claim in group]),
            hide_index=True,
            column_config={
                "Figure": st.column_config.TextColumn(width=170),
                "As of": st.column_config.TextColumn(width=120),
                "Claim": st.column_config.TextColumn(width=420),
                "Address": st.column_config.LinkColumn(width=110, display_text="Open"),
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
