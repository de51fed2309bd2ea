"""Printed sheets against pictures that somebody has looked at.

To make them anew, look at what changed, and keep the new ones::

    BORDERMAP_BASELINES=new python -m pytest tests/test_sheet_pictures.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from invented_sheet import material
from matplotlib.testing.compare import compare_images

import bordermap
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.sheets import figure

BASELINES = Path(__file__).parent / "baselines"
TOLERANCE = 2.0
"""Root mean square of the differences, of 255; a name that moves makes some 3."""

SHEETS = {
    **{layout: {"layout": layout} for layout in LAYOUTS},
    "burmese": {"layout": "square", "names": "my", "hide": ("legend", "timeline")},
    "chinese": {"layout": "square", "names": "zh", "hide": ("legend", "timeline")},
    "shaded": {"layout": "landscape", "shade": "count", "show": "MM-17"},
}


@pytest.fixture(autouse=True)
def version(monkeypatch):
    """The foot of a sheet says the version; a release must not change the pictures."""
    monkeypatch.setattr(bordermap, "__version__", "1.2.3")


def draw(catalog, path, **asked):
    path.write_bytes(figure.render(material(catalog, dpi=50, **asked), ".png"))
    return path


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_looks_as_it_did(catalog, tmp_path, name):
    baseline = BASELINES / f"sheet-{name}.png"
    if os.environ.get("BORDERMAP_BASELINES") == "new":
        draw(catalog, baseline, **SHEETS[name])
    drawn = draw(catalog, tmp_path / f"{name}.png", **SHEETS[name])
    assert compare_images(str(baseline), str(drawn), TOLERANCE) is None


def test_a_part_that_is_missing_is_seen(catalog, tmp_path):
    drawn = draw(catalog, tmp_path / "report.png", layout="report", hide=("corridor-schematic",))
    assert compare_images(str(BASELINES / "sheet-report.png"), str(drawn), TOLERANCE) is not None
