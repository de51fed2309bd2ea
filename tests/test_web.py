"""The script of a session, run without a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from unittest.mock import Mock

import pytest
import streamlit_folium
from streamlit.testing.v1 import AppTest

from bordermap.queries import Dataset
from bordermap.selection import DEFAULT_VIEW, Selection
from bordermap.web import data, filters
from bordermap.web.frame import frame
from bordermap.web.markdown import escaped
from bordermap.web.server import SCRIPT
from bordermap.web.views import map as map_page

HOSTILE = "![x](http://192.0.2.1/x.png) :red[r] <b>"


def opened(**address: str) -> AppTest:
    """Return a session that was opened at an address."""
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    app.query_params.update(address)
    return app.run()


def went_to(app: AppTest, **address: str) -> None:
    """Let the next run bring an address with it."""
    app.query_params.clear()
    app.query_params.update(address)


def test_a_change_that_crosses_the_address_on_its_way_is_kept() -> None:
    app = opened(region="MM-11")
    app.multiselect(key="filter-categories").set_value(["armed_clash"]).run()
    went_to(app, region="MM-11")  # the browser has not heard of the category yet
    app.text_input(key="filter-text").set_value("Laiza").run()
    assert app.query_params == {"region": "MM-11", "category": "armed_clash", "text": "Laiza"}


def test_an_address_of_the_past_is_taken_over() -> None:
    app = opened(region="MM-11")
    app.multiselect(key="filter-categories").set_value(["armed_clash"]).run()
    went_to(app, region="MM-11")
    app.run()
    assert app.multiselect(key="filter-categories").value == []
    went_to(app)
    app.run()
    assert app.multiselect(key="filter-regions").value == []
    assert app.query_params == {}


def test_the_view_outlives_a_rewritten_address() -> None:
    app = opened(region="Shan", view="24.4,97.7,9")
    assert app.query_params == {"region": "MM-17", "view": "24.4,97.7,9"}


def test_a_run_that_follows_at_once_tells_the_browser_of_the_filters_again() -> None:
    app = opened(region="MM-11")
    app.run()
    assert app.multiselect(key="filter-regions").proto.set_value
    assert list(app.multiselect(key="filter-regions").proto.raw_values) == ["Kachin State"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2999-01-01"}, ["2999"]),
        ({"to": "1999-01-01"}, ["1999"]),
        ({"from": "1999-01-01", "region": "XX-99"}, ["XX"]),
    ],
)
def test_what_no_widget_can_hold_is_named(query: dict[str, str], named: list[str]) -> None:
    (warning,) = opened(**query).warning
    assert [text for text in named if text in warning.value] == named


def test_text_of_the_address_is_no_markdown() -> None:
    app = opened(text=HOSTILE)
    app.button(key="open-snapshot").click().run()
    texts = [*(caption.value for caption in app.caption), *(one.label for one in app.button)]
    assert sum(escaped(HOSTILE) in text for text in texts) == 3  # chip, title, citation
    assert not any("](" in text or ":red[" in text for text in texts)


def test_a_gate_that_only_the_map_knows_selects_nothing() -> None:
    app = opened()
    app.session_state["filter-gates"] = ["left-out"]
    assert not app.run().exception
    assert any(text.value.startswith("0 of ") for text in app.markdown)


def test_sessions_may_draw_the_shared_map_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    component, faults = Mock(), []
    monkeypatch.setattr(streamlit_folium, "_component_func", component)

    def session() -> None:
        try:
            for _ in range(10):
                frame(data.base(), "map", 400)
        except RuntimeError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=session) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    drawn = [call.kwargs for call in component.call_args_list]
    assert len({one["script"] for one in drawn}) == 1
    assert len({one["header"] for one in drawn}) == 1


def test_the_map_hears_of_a_change_before_anything_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*given: Any, **more: Any) -> Any:
            order.append(name)
            return act(*given, **more)

        return noting

    for module, name in (
        (map_page, "bridge"),
        (map_page, "frame"),
        (map_page, "facets"),
        (filters, "sidebar"),
        (Dataset, "matching"),
        (Dataset, "take"),
        (data, "map_first"),
    ):
        monkeypatch.setattr(module, name, noted(name, getattr(module, name)))
    app = opened(region="MM-11")
    order.clear()
    app.multiselect(key="filter-categories").set_value(["armed_clash"]).run()
    assert order[:4] == ["bridge", "matching", "map_first", "frame"]
    assert order[-1] == "sidebar"
    assert {"facets", "take"} <= set(order[4:])


def test_a_crowded_place_says_that_it_lists_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Mock()
    monkeypatch.setattr(map_page, "record_panel", shown)
    app = opened()
    rows = data.dataset().matching(DEFAULT_VIEW).latest(3)
    app.session_state["here"] = (rows, 1234)
    app.session_state["record"] = data.dataset().key(rows[0])
    assert not app.run().exception
    assert [brief["row"] for brief in shown.call_args.args[2]] == rows
    assert shown.call_args.kwargs["total"] == 1234
    app.multiselect(key="filter-regions").set_value(["MM-01"]).run()
    assert shown.call_args.args[2] == []
    assert shown.call_args.kwargs["total"] == 0


def test_the_map_is_told_first_and_draws_before_the_page_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(data, "_TURN", 30.0)
    monkeypatch.setattr(data, "_TO_DRAW", 0.0)
    opened, chosen = data.dataset(), Selection(text="a word that nobody asked for")
    waiting = threading.Thread(target=data.map_first, args=(opened, chosen))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    data.mask(opened, Selection(text="another"))
    waiting.join(0.2)
    assert waiting.is_alive()
    data.mask(opened, chosen)
    waiting.join(10)
    assert not waiting.is_alive()
    for asked_just_now in (chosen, chosen.replace(date_from=date(2024, 1, 1)), Selection()):
        data.map_first(opened, asked_just_now)
