"""A divider on a map with two layers of events: one is seen on its left, one on its right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from bordermap.cartography.event_layer import EventLayer
from bordermap.cartography.markup import InlineFile, to_script

SCRIPT = Path(__file__).with_name("swipe.js")
STYLESHEET = Path(__file__).with_name("swipe.css")


class Swipe(JSCSSMixin, MacroElement):
    """The divider; it comes after both layers.

    Parameters
    ----------
    left, right : EventLayer
        Named on the map by their channels in capitals.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            bordermap.swipe({{ this._parent.get_name() }}, {{ this.config }});
        {% endmacro %}
        """
    )

    def __init__(self, left: EventLayer, right: EventLayer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Swipe"
        self.default_js = [(SCRIPT.stem, f"{left.scripts}/{SCRIPT.name}")]
        self.config = to_script({"channels": [left.channel, right.channel]})

    def render(self, **kwargs: Any) -> str:
        """Render into the figure, with our own style."""
        header = self.get_root().header  # type: ignore[attr-defined]
        header.add_child(InlineFile(STYLESHEET), name=STYLESHEET.name)
        text: str = super().render(**kwargs)  # type: ignore[no-untyped-call]
        return text
