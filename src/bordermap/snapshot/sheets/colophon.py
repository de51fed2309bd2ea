"""What stands at the foot of a sheet: who reported it, and under which terms it is."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pyarrow as pa

import bordermap
from bordermap.catalog import Catalog
from bordermap.snapshot import frame, words
from bordermap.snapshot.notices import DISCLAIMER, credit
from bordermap.snapshot.sheets import tallies, text

_MOST_SOURCES = 6
_MOST_PUBLISHERS = 12


def sources(records: pa.Table, catalog: Catalog, width: float, size: float, most: int) -> list[str]:
    """Say who reported records: every source, or the publishers that have most, as many as fit.

    Parameters
    ----------
    width, size : float
        Of a line and of its letters, in points.
    most : int
        Lines.

    Returns
    -------
    list of str
        Lines; none where no source is known.
    """
    known = [catalog.sources[key] for key in tallies.by_source(records) if key in catalog.sources]
    if not known:
        return []
    if len(known) <= _MOST_SOURCES:
        said = "Sources: " + "; ".join(sorted(str(source) for source in known)) + "."
        return text.wrap(said, width, size, lines=most)
    cited = Counter(source.publisher for source in known)
    ranked = sorted(cited, key=lambda name: (-cited[name], name))
    published: dict[str, list[date]] = {name: [] for name in ranked}
    for source in known:
        if source.published:
            published[source.publisher].append(source.published)
    phrases = [f"{name} ({cited[name]}{_years(published[name])})" for name in ranked]
    head = f"Sources: {len(known):,} reports of {len(ranked):,} publishers: "
    said = ""
    for named in range(min(_MOST_PUBLISHERS, len(ranked)), 0, -1):
        more = len(ranked) - named
        rest = f"; and {more:,} more" if more else ""
        said = f"{head}{', '.join(phrases[:named])}{rest}."
        if len(text.wrap(said, width, size)) <= most:
            break
    return text.wrap(said, width, size, lines=most)


def terms(records: pa.Table, made_on: date) -> str:
    """Say how the map was made and under which terms it may be used."""
    return (
        f"Projection: {frame.PROJECTION}; the scale bar is exact at the centre of the map. "
        f"{credit(records)} {DISCLAIMER} "
        f"Made on {words.day(made_on)} with bordermap {bordermap.__version__}."
    )


def _years(dates: list[date]) -> str:
    if not dates:
        return ""
    first, last = min(dates).year, max(dates).year
    return f", {first}" if first == last else f", {first}–{last}"
