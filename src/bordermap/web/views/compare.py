"""The incidents around a meeting, before against after."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import altair
import pandas as pd
import pyarrow as pa
import streamlit as st

from bordermap.analysis import lens as lenses
from bordermap.analysis.centre import ANYWHERE, SUBJECT, VENUE, can_be_centre, centre_of
from bordermap.analysis.chance import CAVEAT, LEAST_INCIDENTS, UNUSUAL, Finding
from bordermap.analysis.lens import Lens
from bordermap.cartography.style import ACCENT, FAMILY_COLOURS, INK, PAPER
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import INCIDENT_CATEGORIES, label
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.snapshot import words
from bordermap.snapshot.exports import tables
from bordermap.snapshot.making import FORMATS
from bordermap.web import data, links
from bordermap.web.markdown import escaped

if TYPE_CHECKING:
    from bordermap.snapshot.sheets.lens_map import LensMap

DAYS = (7, 14, 30, 60, 90)
KILOMETRES = (25.0, 50.0, 100.0, 200.0, math.inf)
ANY = "any"
"""How an infinite distance is spelled."""

FAMILIAR = ("ceasefire_talks", date(2024, 1, 11))
"""What is shown at first: the meeting of this category nearest to this day."""

LIST_HEIGHT = 330
_LONG = 9
"""A list of more incidents than this scrolls."""

STYLE = """<style>
.st-key-compare-numbers > div { flex: 1 1 0; min-width: 0; }
.st-key-compare-numbers div[class*="st-key-compare-"] { gap: 0; padding: 0.5rem 0.7rem; }
</style>"""
"""Trusted text of our own."""

_STATE = "compare-state"
_WRITTEN = "compare-written"
_IGNORED = "compare-ignored"
_KEYS = {name: f"compare-{name}" for name in ("record", "days", "km", "centre")}
_CENTRE_WORDS = {SUBJECT: "What it concerned", VENUE: "The venue", ANYWHERE: "Anywhere"}


class Question(NamedTuple):
    """What is compared; the address spells it."""

    record: str
    days: int = 30
    km: float = 100.0
    centre: str = SUBJECT

    def spelled(self) -> dict[str, str]:
        """Return it as the address has it."""
        return {
            "record": self.record,
            "days": str(self.days),
            "km": _kilometres(self.km),
            "centre": self.centre,
        }


def _kilometres(km: float) -> str:
    return f"{km:g}" if math.isfinite(km) else ANY


def show() -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="compare"):
        _page()


def _page() -> None:
    st.markdown("# Before and after")
    if not _meetings():
        st.markdown("**There is no dated meeting to compare before and after.**")
        return
    _take_over()
    with st.container(key="compare-controls"):
        _controls()
    asked = _held()
    st.session_state[_STATE] = asked
    _write(asked)
    seeded, ignored = st.session_state.get(_IGNORED, (asked, []))
    with st.container():
        if ignored and seeded == asked:
            lines = "\n".join(f"- {escaped(line)}" for line in ignored)
            st.warning(f"Parts of the address could not be used and were replaced:\n{lines}")
    _answer(asked)


def _answer(asked: Question) -> None:
    seen = _lens(asked)
    _sentence(asked, seen)
    _numbers(seen)
    _verdict(seen)
    _left_out(seen)
    if seen.before or seen.after:
        _maps(asked, seen)
        left, right = st.columns(2, gap="medium")
        with left:
            _categories(seen)
        with right:
            _timeline(seen)
        _lists(seen)
        _download(asked, seen)
    else:
        st.markdown("**No incident is on record here before or after the meeting.**")
        st.caption("Choose more days, a greater distance or another centre.")
    _others(seen)
    _method()


# ---------------------------------------------------------------------- what is asked


@cache
def _meetings() -> dict[str, str]:
    """Return the meetings that can be chosen, newest first, and what they are called."""
    records = data.dataset().records.select(
        ["id", "kind", "title", "date_start", "date_end", "date_edtf"]
    )
    dated = [record for record in records.to_pylist() if lenses.can_anchor(record)]
    dated.sort(key=lambda record: (record["date_start"], record["id"]), reverse=True)
    return {
        record["id"]: words.plain(f"{PartialDate.parse(record['date_edtf'])}: {record['title']}")
        for record in dated
    }


@cache
def _first_meeting() -> str:
    category, day = FAMILIAR
    records = data.dataset().records.select(["id", "category", "date_start"]).to_pylist()
    talks = [
        record
        for record in records
        if record["id"] in _meetings() and record["category"] == category
    ]
    nearest = min(talks, key=lambda record: abs(record["date_start"] - day), default=None)
    return str(nearest["id"]) if nearest else next(iter(_meetings()))


@cache
def _centres() -> dict[str, str]:
    """Return what the circle can be drawn around, and what that is called."""
    places = data.catalog().gazetteer.places.values()
    usable = [place for place in places if can_be_centre(place)]
    named = {place.id: place.name for place in sorted(usable, key=lambda place: place.name)}
    return {**_CENTRE_WORDS, **named}


def _take_over() -> None:
    """Set the widgets to the address where it says something new."""
    address = {name: st.query_params[name] for name in _KEYS if name in st.query_params}
    held = all(key in st.session_state for key in _KEYS.values())
    written = st.session_state.get(_WRITTEN)
    if held and (not address or address == written or _held().spelled() != written):
        return
    ignored: list[str] = []
    if address:
        asked, ignored = _read(address)
    else:
        asked = st.session_state.get(_STATE) or Question(_first_meeting())
    for name, key in _KEYS.items():
        st.session_state[key] = getattr(asked, name)
    st.session_state[_IGNORED] = (asked, ignored)


def _held() -> Question:
    return Question(**{name: st.session_state[key] for name, key in _KEYS.items()})


def _write(asked: Question) -> None:
    spelled = asked.spelled()
    st.session_state[_WRITTEN] = spelled
    if st.query_params.to_dict() != spelled:
        st.query_params.from_dict(spelled)


def _read(address: dict[str, str]) -> tuple[Question, list[str]]:
    """Return what an address asks, and one line for each part that was replaced."""
    default = Question(_first_meeting())
    ignored: list[str] = []
    chosen: dict[str, Any] = {}

    def choose(name: str, options: dict[str, Any], reason: str) -> None:
        text = address.get(name)
        if text is None:
            return
        if text in options:
            chosen[name] = options[text]
        else:
            ignored.append(f"{name}: {text[:80]!r} {reason}")

    choose("record", {meeting: meeting for meeting in _meetings()}, "is no dated meeting")
    days = {str(days): days for days in DAYS}
    choose("days", days, f"is not one of {', '.join(days)}")
    km = {_kilometres(km): km for km in KILOMETRES}
    choose("km", km, f"is not one of {', '.join(km)}")
    centres = {centre: centre for centre in _centres()}
    place = data.catalog().gazetteer.find(address.get("centre", ""))
    if place and place.id in centres:
        centres.setdefault(address["centre"], place.id)
    terms = ", ".join(_CENTRE_WORDS)
    choose("centre", centres, f"is not one of {terms}, nor a place known to a state or better")
    return default._replace(**chosen), ignored


def _controls() -> None:
    meetings, centres = _meetings(), _centres()
    st.selectbox(
        "Meeting",
        list(meetings),
        key=_KEYS["record"],
        format_func=lambda record: meetings[record],
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Days before and after", DAYS, key=_KEYS["days"], required=True, width="content"
        )
        st.segmented_control(
            "Kilometres",
            KILOMETRES,
            key=_KEYS["km"],
            required=True,
            format_func=lambda km: _kilometres(km).capitalize(),
            width="content",
        )
        st.selectbox(
            "Around",
            list(centres),
            key=_KEYS["centre"],
            format_func=lambda centre: centres[centre],
            width=260,
        )


def _lens(asked: Question) -> Lens:
    dataset = data.dataset()
    row = dataset.row_of[asked.record]
    centre = centre_of(dataset.record(row), asked.centre, data.catalog().gazetteer)
    km = asked.km if math.isfinite(asked.km) else None
    return lenses.lens(dataset, row, asked.days, km, centre, DEFAULT_VIEW)


# ---------------------------------------------------------------------- the answer in words


def _sentence(asked: Question, seen: Lens) -> None:
    meeting = _days(seen.first, seen.last)
    st.markdown(
        f"Incidents **{escaped(seen.where)}**, in the {asked.days} days before and the"
        f" {asked.days} days after the meeting of **{escaped(meeting)}**."
    )
    if seen.km is not None and seen.centre.note:
        st.caption(escaped(seen.centre.note))
    title = data.dataset().record(seen.anchor)["title"]
    links.to("record", words.plain(title), icon=":material/article:", id=asked.record)


def _numbers(seen: Lens) -> None:
    columns = (
        ("Before", seen.before, _window(seen.window_before)),
        ("During", seen.during, _days(seen.first, seen.last)),
        ("After", seen.after, _window(seen.window_after)),
    )
    with st.container(horizontal=True, key="compare-numbers"):
        for name, rows, when in columns:
            with st.container(key=f"compare-{name.lower()}", border=True):
                st.metric(name, len(rows))
                st.caption(escaped(when))


def _verdict(seen: Lens) -> None:
    verdict = seen.verdict
    enough = verdict.finding in (Finding.USUAL, Finding.UNUSUAL)
    text = f"**{escaped(verdict.words)}**  \n{CAVEAT}"
    with st.container(key="compare-verdict"):
        if enough:
            st.info(text, icon=":material/balance:")
        else:
            st.warning(text, icon=":material/do_not_disturb_on:")


def _left_out(seen: Lens) -> None:
    begin, end = (words.day(day) for day in lenses.reach(data.dataset()))
    lines = []
    for name, window in (("before", seen.window_before), ("after", seen.window_after)):
        if window.truncated:
            lines.append(
                f"The records reach from {begin} to {end}: of the {window.wanted} days {name}"
                f" the meeting, {window.days} are covered."
            )
    if seen.straddling:
        lines.append(
            f"Left out: {_incidents(len(seen.straddling))} not dated exactly enough to stand on"
            " one side."
        )
    if seen.undated:
        lines.append(f"Left out: {_incidents(len(seen.undated))} without a date.")
    if (seen.last - seen.first).days >= seen.days:
        lines.append("The meeting's own date spans more days than each of the windows.")
    for line in lines:
        st.caption(escaped(line))


def _incidents(number: int) -> str:
    return "1 incident" if number == 1 else f"{number} incidents"


def _days(first: date, last: date) -> str:
    return words.period(first, last)


def _window(window: lenses.Window) -> str:
    return _days(window.first, window.last) if window.days else "not covered"


# ---------------------------------------------------------------------- maps and charts


@st.cache_data(max_entries=128, show_spinner="Drawing the map")
def _map(asked: Question, rows: tuple[int, ...]) -> LensMap:
    from bordermap.snapshot.sheets.lens_map import lens_map

    with data.DRAWING:
        return lens_map(data.catalog(), data.dataset(), _lens(asked), rows)


def _maps(asked: Question, seen: Lens) -> None:
    sides = (("Before", seen.before), ("After", seen.after))
    for (name, rows), column in zip(sides, st.columns(2, gap="medium"), strict=True):
        with column, st.container(key=f"compare-map-{name.lower()}"):
            st.markdown(f"**{name}: {_incidents(len(rows))}**")
            drawn = _map(asked, rows)
            st.image(
                drawn.png,
                width="stretch",
                alt=f"Map of {_incidents(len(rows))} {name.lower()} the meeting, {seen.where}",
            )
            if drawn.off:
                st.caption(
                    f"{drawn.off} of {len(rows)} without a mark: known to a state only, or"
                    " outside of this map."
                )


def _categories(seen: Lens) -> None:
    st.markdown("**By category** · before to the left, after to the right")
    frame = pd.DataFrame(
        [
            (label(term), label(INCIDENT_CATEGORIES[term]), before, after, -before)
            for term, (before, after) in seen.categories.items()
        ],
        columns=["category", "family", "before", "after", "left"],
    )
    frame["total"] = frame["before"] + frame["after"]
    frame = frame.sort_values(["total", "category"], ascending=[False, True])
    most = max(frame["before"].max(), frame["after"].max()) * 1.25
    shown = list(dict.fromkeys(frame["family"]))
    colours = {label(family): colour for family, colour in FAMILY_COLOURS.items()}
    family = altair.Color(
        "family:N",
        scale=altair.Scale(domain=shown, range=[colours[name] for name in shown]),
        legend=altair.Legend(title=None, orient="bottom", columns=1, labelLimit=260),
    )
    scale = altair.Scale(domain=[-most, most])
    base = altair.Chart(frame).encode(
        y=altair.Y(
            "category:N",
            sort=list(frame["category"]),
            title=None,
            axis=altair.Axis(
                labelLimit=150, labelOverlap=False, ticks=False, domain=False, labelPadding=6
            ),
        ),
        tooltip=[
            altair.Tooltip("category:N", title="Category"),
            altair.Tooltip("before:Q", title="Before"),
            altair.Tooltip("after:Q", title="After"),
        ],
    )
    left = altair.X("left:Q", scale=scale, axis=None)
    right = altair.X("after:Q", scale=scale, axis=None)
    chart = (
        base.mark_bar(fillOpacity=0.18, strokeWidth=1.5, height=15).encode(
            x=left, color=family, stroke=family
        )
        + base.mark_bar(strokeWidth=1.5, height=15).encode(x=right, color=family, stroke=family)
        + base.mark_text(align="right", dx=-5, color=INK).encode(x=left, text="before:Q")
        + base.mark_text(align="left", dx=5, color=INK).encode(x=right, text="after:Q")
        + altair.Chart(pd.DataFrame({"x": [0]}))
        .mark_rule(color=INK)
        .encode(x=altair.X("x:Q", scale=scale, axis=None))
    )
    st.altair_chart(chart, height=28 * len(frame) + 26 * len(shown) + 50)


def _timeline(seen: Lens) -> None:
    st.markdown("**Day by day** · outlined before, filled after the meeting")
    one = timedelta(days=1)
    begin = min(seen.window_before.first, seen.first)
    end = max(seen.window_after.last, seen.last)
    frame = pd.DataFrame(
        [
            (pd.Timestamp(day), pd.Timestamp(day + one), 0, number, _side(day, seen))
            for day, number in seen.per_day
        ],
        columns=["day", "next", "zero", "incidents", "side"],
    )
    most = max((number for _, number in seen.per_day), default=1)
    meeting = pd.DataFrame(
        {
            "day": [pd.Timestamp(seen.first)],
            "next": [pd.Timestamp(seen.last + one)],
            "text": ["Meeting"],
            "incidents": [most * 1.2],
        }
    )
    limits = pd.DataFrame({"day": [pd.Timestamp(begin), pd.Timestamp(end + one)]})
    time = altair.X(
        "day:T",
        scale=altair.Scale(nice=False),
        title=None,
        axis=altair.Axis(format="%-d %b", labelOverlap=True, tickCount=6, grid=False),
    )
    bars = (
        altair.Chart(frame)
        .mark_rect(stroke=ACCENT, strokeWidth=1.4)
        .encode(
            x=time,
            x2="next:T",
            y=altair.Y(
                "incidents:Q",
                title=None,
                scale=altair.Scale(domain=[0, most * 1.3]),
                axis=altair.Axis(format="d", values=_ticks(most)),
            ),
            y2="zero:Q",
            fill=altair.Fill(
                "side:N",
                legend=None,
                scale=altair.Scale(domain=["Before", "After"], range=[PAPER, ACCENT]),
            ),
            tooltip=[
                altair.Tooltip("day:T", title="Day", format="%-d %B %Y"),
                altair.Tooltip("incidents:Q", title="Incidents"),
                altair.Tooltip("side:N", title="Side"),
            ],
        )
    )
    band = altair.Chart(meeting).mark_rect(color=INK, opacity=0.18).encode(x="day:T", x2="next:T")
    name = (
        altair.Chart(meeting)
        .mark_text(align="left", dx=4, color=INK, fontWeight=600)
        .encode(x="next:T", y="incidents:Q", text="text:N")
    )
    span = altair.Chart(limits).mark_tick(opacity=0).encode(x="day:T")
    st.altair_chart(bars + band + name + span, height=230)
    loose = len(seen.before) + len(seen.after) - sum(number for _, number in seen.per_day)
    if loose:
        st.caption(f"{_incidents(loose)} not drawn here: the day on which it began is not known.")


def _side(day: date, seen: Lens) -> str:
    return "Before" if day < seen.first else "After"


def _ticks(most: int) -> list[int]:
    step = max(1, -(-most // 4))
    return list(range(0, most + 1, step))


# ---------------------------------------------------------------------- the incidents themselves


def _lists(seen: Lens) -> None:
    sides = (("Before", seen.before), ("After", seen.after))
    for (name, rows), column in zip(sides, st.columns(2, gap="medium"), strict=True):
        with column:
            _list(name, rows)


def _others(seen: Lens) -> None:
    for name, rows in (
        ("During the meeting", seen.during),
        ("Left out: not dated exactly enough", seen.straddling),
        ("Left out: not dated", seen.undated),
    ):
        if rows:
            with st.expander(f"{name} ({len(rows)})"):
                _links(rows)


def _list(name: str, rows: Sequence[int]) -> None:
    st.markdown(f"**{name}**")
    if not rows:
        st.caption("None.")
        return
    height: int | Literal["content"] = LIST_HEIGHT if len(rows) > _LONG else "content"
    with st.container(height=height, border=True, key=f"compare-list-{name.lower()}"):
        _links(rows)


def _links(rows: Sequence[int]) -> None:
    for row in rows:
        record = data.dataset().record(row)
        when = PartialDate.parse(record["date_edtf"])
        links.to("record", words.plain(f"{when}: {record['title']}"), id=record["id"])


def _download(asked: Question, seen: Lens) -> None:
    st.download_button(
        "Download both sides (CSV)",
        data=lambda: _csv(seen),
        file_name=f"bordermap_before-after_{asked.record}_{asked.days}-days.csv",
        mime=FORMATS[".csv"].media_type,
        on_click="ignore",
        icon=":material/download:",
        key="compare-download",
    )


def _csv(seen: Lens) -> bytes:
    """Return the incidents before and after as CSV, with the side in front."""
    records = data.dataset().records.take(pa.array([*seen.before, *seen.after], pa.int64()))
    text = tables.to_csv(records, data.catalog(), Selection()).decode()
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    sides = ["before"] * len(seen.before) + ["after"] * len(seen.after)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["side", *head])
    writer.writerows([side, *row] for side, row in zip(sides, rows, strict=True))
    return out.getvalue().encode()


def _method() -> None:
    with st.expander("How this is counted"):
        st.markdown(
            "- An incident counts once, on the day on which it began. One that ran on the"
            " meeting's own days belongs to neither side.\n"
            "- One whose date does not say on which side it was, such as a month in which the"
            " meeting lies, is left out and listed.\n"
            "- Distances run along the ground from the places that are known to a district or"
            " better to where an incident was. The point of a district may lie tens of"
            " kilometres from where something happened.\n"
            "- Where the meeting concerned a whole state, the incidents in that state count,"
            " whatever the distance; where it concerned the border, those near the line.\n"
            f"- Fewer than {LEAST_INCIDENTS} incidents in all allow no conclusion. From"
            " there on, an exact two-sided binomial test compares the counts, day for day where"
            " the windows differ. A difference that chance alone would bring about in fewer than"
            f" {100 * UNUSUAL:.0f} of 100 cases is called unusual.\n"
            "- Records of the scope context are not counted."
        )
