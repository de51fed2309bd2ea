"""Put data and local files into a generated page without either becoming markup."""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from pathlib import Path
from typing import Any

from branca.element import Element
from folium.template import Template

INLINE = "inline"
"""In place of a URL prefix: read the files when the page is made and put them into it."""

_ESCAPES = str.maketrans(
    {
        "<": r"\u003c",
        ">": r"\u003e",
        "&": r"\u0026",
        "\u2028": r"\u2028",
        "\u2029": r"\u2029",
    }
)
_TEMPLATE_TAG = re.compile(r"\{(?=[{%#])")
_CSS_URL = re.compile(r"url\((?!#)[\"']?([^)\"']+)[\"']?\)")


def to_script(value: Any) -> str:
    """Return a JSON-ready value as a JavaScript literal that is safe inside a page.

    No tag can open or close, and, because branca renders the text of an element a
    second time as a Jinja template, no template tag can open either: two adjacent
    signs of one occur only inside the strings of JSON, where an escape stands for
    the first.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _TEMPLATE_TAG.sub(r"\\u007b", text.translate(_ESCAPES))


class InlineFile(Element):
    """A script or a stylesheet whose text is part of the page.

    Parameters
    ----------
    path : Path
        A ``.js`` or ``.css`` file; images that a stylesheet names become data URIs.
    """

    _template = Template(
        "{% if this.is_style %}<style>{{ this.text }}</style>"
        "{% else %}<script>{{ this.text }}</script>{% endif %}"
    )

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._name = "InlineFile"
        self.is_style = path.suffix == ".css"
        text = path.read_text(encoding="utf-8")
        if self.is_style:
            text = _CSS_URL.sub(lambda match: f"url({_data_uri(path.parent / match[1])})", text)
        self.text = text


def _data_uri(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0]
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
