"""What the map is, how it is made and where it comes from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bordermap import __version__
from bordermap.web import data

_TEXT = """
# About this map

bordermap shows dated **incidents** and **meetings** on and about the border between China and
Myanmar, together with its gates, the sites that matter to it and the corridor to Kyaukphyu.
Every record names its sources. Nothing on these pages is loaded from the internet.

## How to read it

- **A circle is an incident, a diamond is a meeting.** Colour groups the categories; the words are
  in the legend, on the map and in the table.
- **The outline says how exact the place is.** A dark outline is the place itself, a pale one is
  within some 15 km. What is known only to a district, a state or a province is an area with a
  count, never a pin. What is known only to a country, or is about the border as a whole, is in
  the table and not on the map. A hollow mark is a place that a record concerns and where it did
  not take place.
- **Dates say how exact they are**: a day, a range of days, a month, or approximate. A record
  matches a period when the days that it may cover overlap it. Undated records are kept, and are
  left out only when a period is chosen.
- **Where sources disagree**, the record says so, and figures that differ stand side by side on
  the page of claims.

## How it is made

Records are written in neutral words from the sources that they name, for January 2021 to April
2026. About half rest on one source, often of exile media, of one party or of a state agency;
2022 and 2026 are thin, and local trade meetings, small drug finds, stray fire on the Chinese side
and many joint patrols are missing. **Context** (fighting and trade with no Chinese link) is left
out at first; remove the filter above the map to bring it in.

Places are found in a gazetteer, whose every coordinate names its own source. Each place
states its region and is tested against it; the few that lie outside an outline were looked at
one by one. Where no region is stated, it is computed. Distances to the border and to the nearest
gate are geodesic, on the WGS 84 ellipsoid, and given for places that are known to a district or
better.

The status of a **gate** on a day is what the last source says of it. It lapses two years after a
change, or one year after a report that nobody has followed; where sources contradict each other,
the gate shows all that they say.

The border line is 2,188 km long in OpenStreetMap's data; sources say "over 2,200 km" and
"2,000 km". Lines between states are a kilometre or so off, so a record close to one may be counted
for the neighbour. Naypyidaw Union Territory has no polygon of its own and lies in that of
Mandalay Region. The corridor is drawn as straight, schematic lines between known places.

**Boundaries and names are indicative and imply no position or endorsement** on the status of any
territory, authority or party.

## Imported events

What you import stays on this machine, in a folder of your own, and is shown only when you choose
its dataset beside the map. Events are read as their file states them and are not checked against
sources; each names its file and line. Events of GDELT are coded by machine. What
is known only to a district or a state is an area here too, also where the file gives a point.

## Licences

Records, places, gates and claims: CC BY 4.0, the bordermap contributors. Outlines of Myanmar,
its states and regions, Yunnan and the border: © OpenStreetMap contributors, ODbL 1.0, with inner
lines from Natural Earth (public domain). Towns: GeoNames, CC BY 4.0. Code: MIT. Imported events
keep the terms of their publisher; ACLED, for one, does not allow its data to be passed on.
"""


def show() -> None:
    """Draw the page."""
    catalog = data.catalog()
    with st.container(key="prose"):
        st.markdown(_TEXT)
    st.subheader("Sources of the records and claims")
    sources = pd.DataFrame(
        [
            {
                "Publisher": source.publisher,
                "Title": source.title,
                "Published": source.published,
                "Reprint of": source.reprint_of,
                "Address": source.url,
                "Note": source.note,
            }
            for source in catalog.sources.values()
        ]
    )
    st.dataframe(
        sources,
        hide_index=True,
        column_config={"Address": st.column_config.LinkColumn(width="medium")},
    )
    st.caption(f"bordermap {__version__} · data {catalog.digest[:12]}")
