"""The component that shows time and chooses a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import streamlit as st

from bordermap.cartography.timeline import SCRIPTS, STYLE

_JOIN = """
const made = new WeakMap(); // root -> timeline
const settings = {}; // key -> what a reader has set, kept while another page is shown

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".bm-root");
  if (made.has(root)) {
    made.get(root).update(data);
    return made.get(root).left;
  }
  settings[data.key] ??= {};
  const timeline = bordermapTimeline(root, {
    ...data,
    bus: document,
    settings: settings[data.key],
    onRest: (from, to, id) => setTriggerValue("window", { from, to, id }),
  });
  timeline.left = () => {
    timeline.destroy();
    made.delete(root);
  };
  made.set(root, timeline);
  return timeline.left;
}
"""
_component = st.components.v2.component(
    "bordermap_timeline",
    html='<div class="bm-root" data-testid="timeline"></div>',
    css=STYLE.read_text("utf-8"),
    js="".join(file.read_text("utf-8") for file in SCRIPTS) + _JOIN,
)


def timeline(
    first: date,
    last: date,
    dates: tuple[date | None, date | None],
    presets: Sequence[dict[str, str]],
    *,
    key: str,
    channel: str = "a",
    on_window: Callable[[date | None, date | None], None],
) -> None:
    """Draw the timeline of the records of a map.

    While the window moves it tells the map of ``channel``, and the script is not run; at
    rest it is run once.

    Parameters
    ----------
    first, last : datetime.date
        The axis, both inclusive.
    dates : tuple of datetime.date or None
        First and last day that are chosen; None is open.
    presets : sequence of dict
        Periods to choose from, as `bordermap.cartography.timeline.presets` makes them.
    key : str
        Of the component, unique in the app.
    channel : str
        Of the map that it drives.
    on_window : callable
        Called before the next run with the first and last day, None where open.
    """
    heard = f"{key}-heard"

    def rested() -> None:
        window = st.session_state[key].window
        if window is None:
            return
        st.session_state[heard] = window["id"]
        on_window(_day(window["from"], first, last), _day(window["to"], first, last))

    _component(
        key=key,
        data={
            "key": key,
            "channel": channel,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "from": _iso(dates[0]),
            "to": _iso(dates[1]),
            "presets": list(presets),
            "heard": st.session_state.get(heard),
        },
        on_window_change=rested,
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(spelled: Any, first: date, last: date) -> date | None:
    return None if spelled is None else min(max(date.fromisoformat(spelled), first), last)
