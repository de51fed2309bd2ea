"""The index page of an atlas: one HTML file that opens from disk and loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import bordermap
from bordermap.snapshot import words
from bordermap.snapshot.atlas import Drawn
from bordermap.snapshot.making import Material
from bordermap.snapshot.notices import DISCLAIMER, credit

NAME = "index.html"
"""Of the file."""

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'"
)
"""Content security policy: the page runs no script and fetches nothing."""

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def render(material: Material, drawn: Sequence[Drawn], suffix: str) -> str:
    """Return the page.

    Parameters
    ----------
    material : Material
        Of the whole selection.
    drawn : sequence of Drawn
        The sheets in their order, in files beside the page.
    suffix : str
        Of those files.
    """
    spec, catalog, records = material.spec, material.catalog, material.records
    said = words.title(spec.selection, catalog)
    most = max(one.sheet.records for one in drawn)
    matching = f"{len(records):,} of {len(material.dataset):,} records"
    return _TEMPLATES.get_template("atlas.html").render(
        policy=POLICY,
        version=bordermap.__version__,
        style=Markup((_HERE / "atlas.css").read_text(encoding="utf-8")),
        title=spec.title or said,
        subtitle=" · ".join(
            [*([said] if spec.title else []), matching, _number(len(drawn), "sheet")]
        ),
        sheets=[
            {
                "file": quote(f"{one.sheet.name}{suffix}"),
                "picture": Markup(one.picture),
                "words": one.sheet.words,
                "count": _number(one.sheet.records, "record"),
                "share": f"{100 * one.sheet.records / most:.1f}",
            }
            for one in drawn
        ],
        note="A record can be on several sheets, and some are on none: the counts need not add up."
        " Beside each sheet lies a file that says what it shows; 'bordermap verify' checks it.",
        terms=f"{credit(records)} {DISCLAIMER}"
        f" {words.citation(spec.selection, spec.made_on, bordermap.__version__, catalog)}",
    )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
