"""The script of a session, run without a browser."""

from __future__ import annotations

import threading
from unittest.mock import Mock

import pytest
import streamlit_folium
from streamlit.testing.v1 import AppTest

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
    app.button(key="open-download").click().run()
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
    monkeypatch.setattr(map_page, "bridge", Mock())

    everything = map_page.Selection()

    def session() -> None:
        try:
            for _ in range(10):
                map_page._map(everything, map_page.data.dataset().rows(everything))
        except RuntimeError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=session) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len({call.kwargs["script"] for call in component.call_args_list}) == 1
