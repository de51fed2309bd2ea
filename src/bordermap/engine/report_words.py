"""The report of an import in words: headings, sentences and tables of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bordermap.importers.mapping import FIELDS
from bordermap.model.vocabulary import label

NUMBER = "#"
"""What the heading of a column of numbers begins with."""


@dataclass(frozen=True)
class Table:
    """Cells of text under headings.

    Attributes
    ----------
    headings : sequence of str
        :data:`NUMBER` before the heading of a column of numbers is not part of it.
    rows : sequence of sequence of str
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A part of the report; `code` is to be shown as it is.

    Attributes
    ----------
    heading, text, code : str
        The text is plain, and empty where there is nothing to say.
    tables : sequence of Table
        Some may be empty.
    """

    heading: str
    text: str = ""
    tables: Sequence[Table] = ()
    code: str = ""


def sections(found: Mapping[str, Any]) -> Iterable[Section]:
    """Yield all of a report but its issues and the mapping.

    Parameters
    ----------
    found : mapping
        What :func:`bordermap.engine.report.report` returned.
    """
    rows, dates, places = found["rows"], found["dates"], found["places"]
    total = rows["total"]
    yield Section(
        "Files",
        _appended(rows) + _ignored(found["ignored"]),
        [
            Table(
                ("File", "#Bytes", "Laid out as", "Modified", "SHA-256"),
                [
                    (
                        file["name"],
                        count(file["size"]),
                        _layout(file, found["format"]),
                        file["modified"].replace("T", " ").replace("+00:00", " UTC"),
                        file["sha256"],
                    )
                    for file in found["files"]
                ],
            )
        ],
    )
    yield Section(
        "What was wrong",
        "A rejected row was left out; of a repaired one a value was changed or dropped."
        if found["reasons"]
        else "Nothing.",
        [
            Table(
                ("Rows were", "Field", "Reason", "#Rows"),
                [
                    (r["action"], field(r["field"]), r["reason"], count(r["rows"]))
                    for r in found["reasons"]
                ],
            )
        ],
    )
    yield Section(
        "Dates",
        f"From {dates['first']} to {dates['last']}. "
        f"{_rows(dates['several_days'], 'spans', 'span')} several days, up to"
        f" {count(dates['longest_days'])}; {_rows(dates['undated'], 'has', 'have')} no date."
        if dates["first"]
        else "No event has a date.",
        [_shares("Date known to", dates["precision"], total)],
    )
    yield Section(
        "Places",
        "Only places that are known to a district or better are pins on the map."
        f" {_rows(places['unplaced'], 'has', 'have')} no coordinates.",
        [_shares("Place known to", places["precision"], total)],
    )
    yield Section(
        "Outside",
        f"{_rows(found['outside']['rows'], 'lies', 'lie')} in no state or region of the map.",
        [
            Table(
                ("#Longitude", "#Latitude", "Place", "#Events"),
                [
                    (*_point(point), point["place"] or "", count(point["events"]))
                    for point in found["outside"]["points"]
                ],
            )
        ],
    )
    shared = found["shared"]
    yield Section(
        "Coordinates that many events share",
        f"{count(shared['coordinates'])} coordinates hold {count(shared['events'])} events."
        " Many events on one coordinate may be a town, or the centre of an area that stands"
        " for a place that is not known.",
        [
            Table(
                ("#Longitude", "#Latitude", "#Events", "#Pins", "Known to", "Places", "Shown"),
                [
                    (
                        *_point(point),
                        count(point["events"]),
                        count(point["pins"]),
                        ", ".join(map(label, point["precision"])),
                        _several(point["places"], point["names"]),
                        _shown(point),
                    )
                    for point in shared["points"]
                ],
            )
        ],
    )
    regions = found["regions"]
    yield Section(
        "Regions",
        f"{count(regions['written'])} spellings; {_rows(regions['unknown'], 'names', 'name')} a"
        f" region that is not known, {_rows(regions['empty'], 'names', 'name')} none."
        f" {_rows(regions['disagreeing'], 'states', 'state')} another region than that of the"
        " point; the point was followed.",
        [
            Table(
                ("As written", "Code", "Name", "#Rows"),
                [
                    (s["written"], s["code"] or "–", s["name"] or "not known", count(s["rows"]))
                    for s in regions["spellings"]
                ],
            ),
            Table(
                ("Stated", "Region of the point", "#Rows"),
                [
                    (label(pair["stated"]), label(pair["found"]), count(pair["rows"]))
                    for pair in regions["disagreements"]
                ],
            ),
        ],
    )
    alike = found["duplicates"]
    yield Section(
        "Duplicates",
        f"{_rows(alike['rejected'], 'was', 'were')} rejected for an id that had come before."
        f" {_rows(alike['rows'])} with different ids, in groups of the same days, coordinates,"
        f" category and actors ({count(alike['groups'])} groups), may be duplicates; they were"
        " kept for a person to decide.",
        [
            Table(
                ("Days", "#Longitude", "#Latitude", "Category", "Actors", "#Events", "Ids"),
                [
                    (
                        _days(group),
                        *_point(group),
                        label(group["category"]),
                        "; ".join(group["actors"]),
                        count(group["events"]),
                        _several(group["ids"], group["events"]),
                    )
                    for group in alike["possible"]
                ],
            )
        ],
    )
    figures = found["figures"]
    yield Section(
        "Deaths",
        f"{count(figures['fatalities_best'])} by the best estimates. In"
        f" {_rows(figures['contradictions'])} a bound contradicted the best estimate and was"
        f" dropped; {_rows(figures['without'], 'has', 'have')} no figure.",
    )


def _shares(heading: str, counts: Mapping[str, int], total: int) -> Table:
    return Table(
        (heading, "#Events", "#Share"),
        [(label(name), count(n), f"{100 * n / max(total, 1):.1f} %") for name, n in counts.items()],
    )


def _appended(rows: Mapping[str, int]) -> str:
    if not rows["retained"] and not rows["replaced"]:
        return ""
    return (
        f"Added to {_rows(rows['retained'])} that were there before; {_rows(rows['replaced'])}"
        f" of it came again and took their place. The dataset holds {count(rows['total'])}, which"
        " the numbers below on dates, places, regions, duplicates and deaths are about. "
    )


def _ignored(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"Files that were passed over: {_several(names[:10], len(names))}."


def _layout(file: Mapping[str, Any], form: str) -> str:
    delimiter = {"\t": "tabs", ",": "commas", ";": "semicolons"}.get(
        file["delimiter"], file["delimiter"]
    )
    facts = [form, file["form"], file["part"], file["encoding"], delimiter]
    return ", ".join(filter(None, facts))


def _shown(point: Mapping[str, Any]) -> str:
    if not point["pins"]:
        return "no pin, counted in the area"
    return "pins" if point["pins"] == point["events"] else "pins where the place is known"


def _days(group: Mapping[str, Any]) -> str:
    first, last = group["date_start"], group["date_end"]
    return first if first == last else f"{first} to {last}"


def _point(point: Mapping[str, Any]) -> tuple[str, str]:
    return f"{point['longitude']:.4f}", f"{point['latitude']:.4f}"


def _several(names: Sequence[str | None], total: int) -> str:
    more = total - len(names)
    return ", ".join(name for name in names if name) + (
        f" and {count(more)} more" if more > 0 else ""
    )


def field(name: str) -> str:
    """Return the words for a field; a column of the file stays as it is."""
    return FIELDS.get(name, name)


def _rows(number: int, singular: str = "", plural: str = "") -> str:
    """Return a number of rows, and a verb in the form that goes with it."""
    noun, verb = ("row", singular) if number == 1 else ("rows", plural)
    return f"{count(number)} {noun} {verb}".rstrip()


def count(number: int) -> str:
    """Return a number with commas between thousands."""
    return f"{number:,}"
