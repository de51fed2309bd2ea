"""Small files of events that nobody has lived through, in formats that may not be copied."""

from __future__ import annotations

import csv
import io

ACLED_COLUMNS = (
    *("event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type"),
    *("sub_event_type", "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2"),
    *("interaction", "civilian_targeting", "iso", "region", "country", "admin1", "admin2"),
    *("admin3", "location", "latitude", "longitude", "geo_precision", "source", "source_scale"),
    *("notes", "fatalities", "tags", "timestamp"),
)

_ACLED_EVENT = {
    "event_date": "2022-03-04",
    "year": "2022",
    "time_precision": "1",
    "disorder_type": "Political violence",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": "Invented Force",
    "inter1": "State forces",
    "actor2": "Imagined Army",
    "inter2": "Rebel group",
    "iso": "104",
    "country": "Myanmar",
    "admin1": "Shan-North",
    "location": "Muse",
    "latitude": "23.99",
    "longitude": "97.90",
    "geo_precision": "1",
    "source": "Nobody's Gazette",
    "source_scale": "Other",
    "notes": "An event that was made up.",
    "fatalities": "2",
    "timestamp": "1650000000",
}


def acled(*rows: dict[str, str]) -> str:
    """Return an export of ACLED with a row for each of these changes to one made-up event."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ACLED_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, changes in enumerate(rows, 1):
        writer.writerow({"event_id_cnty": f"MMR{number}", **_ACLED_EVENT, **changes})
    return text.getvalue()


def table(columns: str, *rows: str) -> str:
    """Return a file of comma-separated lines."""
    return "\n".join([columns, *rows, ""])
