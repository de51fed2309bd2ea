"""Printed sheets as SVG and PDF: read back, and the same each time."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
import pypdf
import pytest
from invented_sheet import material
from PIL import Image

from bordermap.selection import Selection
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.proofs.proof import PROOF_KEY, PROOF_NAMESPACE
from bordermap.snapshot.sheets import figure

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """<script>alert(1)</script> & "quoted" 'too' ]]> %PDF (\\) 50% $x$"""
NAME_ZORDER = 30
PROOF = '{"bordermap_proof": 1, "records": {"a": "b"}}'
SUFFIXES = (".png", ".svg", ".pdf")


@pytest.fixture(scope="module")
def stuff(catalog):
    return material(catalog, layout="slide", dpi=50)


@pytest.fixture(scope="module")
def words(stuff):
    """Every text that stands on the sheet, and the names on the map."""
    with figure.style():
        sheet = figure.draw(stuff)
    shown = [one.get_text() for axes in sheet.figure.axes for one in axes.texts]
    names = [one.get_text() for one in sheet.map.symbols.texts if one.get_zorder() == NAME_ZORDER]
    return shown, [name for name in names if not name.isdigit()]


def texts(svg: bytes):
    return [one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def read(pdf: bytes):
    return pypdf.PdfReader(io.BytesIO(pdf))


def squeezed(line):
    return re.sub(r"\s", "", line)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_the_same_each_time_and_another_with_another_proof(stuff, suffix):
    body = figure.render(stuff, suffix, PROOF)
    assert body == figure.render(stuff, suffix, PROOF)
    assert body != figure.render(stuff, suffix, PROOF + " ")
    assert b"2026-" not in body.replace(b"made=2026-05-01", b"")


# ---------------------------------------------------------------- PNG


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_picture_has_the_pixels_that_were_asked_for(catalog, layout):
    body = figure.render(material(catalog, layout=layout, dpi=60), ".png")
    picture = Image.open(io.BytesIO(body))
    asked = (LAYOUTS[layout].width * 60, LAYOUTS[layout].height * 60)
    assert np.abs(np.subtract(picture.size, asked)).max() < 1
    assert picture.info["dpi"] == pytest.approx((60, 60), abs=0.1)
    assert picture.mode == "RGB"


def test_a_picture_holds_its_proof(stuff):
    assert Image.open(io.BytesIO(figure.render(stuff, ".png", PROOF))).text[PROOF_KEY] == PROOF
    assert PROOF_KEY not in Image.open(io.BytesIO(figure.render(stuff, ".png"))).text


# ---------------------------------------------------------------- SVG


def test_every_word_of_a_drawing_is_text(stuff, words):
    shown, names = words
    written = texts(figure.render(stuff, ".svg"))
    assert len(names) > 10
    assert set(names) <= set(written)
    assert set(written) == {one for one in shown if one.strip()}


def test_a_drawing_has_the_size_of_its_paper_and_no_date(stuff):
    body = figure.render(stuff, ".svg")
    root = ElementTree.fromstring(body)
    layout = LAYOUTS["slide"]
    assert root.get("width") == f"{layout.width * 72:g}pt"
    assert root.get("height") == f"{layout.height * 72:g}pt"
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top) == (0, 0)
    assert width / height == pytest.approx(layout.width / layout.height, rel=1e-4)
    assert root.find(f"{SVG}title").text == "Incidents and meetings, China–Myanmar border"
    assert not [one for one in root.iter() if one.tag.endswith("}date")]
    assert "sans-serif" in body.decode()
    assert not re.search(rb'(href|src)="(?!#)', body)


def test_a_drawing_holds_its_proof(stuff):
    root = ElementTree.fromstring(figure.render(stuff, ".svg", PROOF))
    (held,) = root.iter(f"{{{PROOF_NAMESPACE}}}proof")
    assert held.text == PROOF


def test_a_title_is_never_markup(catalog):
    body = figure.render(material(catalog, title=HOSTILE, layout="slide"), ".svg", HOSTILE)
    root = ElementTree.fromstring(body)
    assert root.find(f"{SVG}title").text == HOSTILE
    assert not [one for one in root.iter() if one.tag.endswith("}script")]
    assert HOSTILE in texts(body)
    assert next(root.iter(f"{{{PROOF_NAMESPACE}}}proof")).text == HOSTILE


# ---------------------------------------------------------------- PDF


def test_every_word_of_a_document_is_text(stuff, words):
    shown, names = words
    written = squeezed(read(figure.render(stuff, ".pdf")).pages[0].extract_text())
    for line in {*shown, *names}:
        assert squeezed(line) in written


def test_a_document_has_its_fonts_inside_and_no_date(stuff):
    document = read(figure.render(stuff, ".pdf"))
    (page,) = document.pages
    layout = LAYOUTS["slide"]
    assert [float(one) for one in page.mediabox] == pytest.approx(
        [0, 0, 72 * layout.width, 72 * layout.height]
    )
    fonts = [one.get_object() for one in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        parts = [one.get_object() for one in font.get("/DescendantFonts", [font])]
        for part in parts:
            assert "/FontFile2" in part["/FontDescriptor"]
            assert "NotoSans" in part["/BaseFont"]
    assert document.metadata["/Title"] == "Incidents and meetings, China–Myanmar border"
    assert not {"/CreationDate", "/ModDate", PROOF_KEY} & {*document.metadata}


def test_a_document_holds_its_proof(stuff):
    assert read(figure.render(stuff, ".pdf", PROOF)).metadata[f"/{PROOF_KEY}"] == PROOF


def test_words_of_other_scripts_say_what_they_are(catalog):
    """Their glyphs stand in another order than their letters: the page says the letters too."""
    stuff = material(catalog, title="မြန်မာ နယ်စပ်", names="my", layout="slide")
    page = read(figure.render(stuff, ".pdf")).pages[0]
    content = page.get_contents()
    spans = [
        operands[1]["/ActualText"]
        for operands, operator in content.operations
        if operator == b"BDC" and operands[0] == "/Span"
    ]
    assert "မြန်မာ နယ်စပ်" in spans
    assert "လောက်ကိုင်" in spans


def test_a_title_of_a_document_is_only_text(catalog):
    document = read(figure.render(material(catalog, title=HOSTILE, layout="slide"), ".pdf"))
    assert document.metadata["/Title"] == HOSTILE
    assert squeezed(HOSTILE) in squeezed(document.pages[0].extract_text())


# ---------------------------------------------------------------- all


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_selection_is_a_file_too(catalog, suffix):
    asked = Selection(text="no such thing")
    body = figure.render(material(catalog, asked, layout="slide", dpi=50), suffix)
    if suffix == ".svg":
        assert "No record matches this selection" in texts(body)
    assert len(body) > 10_000
