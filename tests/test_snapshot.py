"""Words, pictures, pages and tables of a selection."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
import shapely
from invented_records import a_place, a_record
from matplotlib.colors import to_rgb
from PIL import Image

from bordermap import __version__
from bordermap.cartography import style
from bordermap.catalog import load
from bordermap.errors import SelectionError
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import Kind
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot import page as pages
from bordermap.snapshot import words
from bordermap.snapshot.frame import BORDER_REGION, Frame, default_view, project
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import Material
from bordermap.snapshot.page import POLICY
from bordermap.snapshot.sheets import figure as figures
from bordermap.snapshot.sheets.marks import groups, half_size, marks_of
from bordermap.snapshot.sheets.placement import Room, around, within
from bordermap.snapshot.spec import Spec

HOSTILE = "<img src=x onerror=alert(1)></script>{{ 7*7 }}"
MADE_ON = date(2026, 5, 1)
LAIZA = (97.5633, 24.76)


def material(catalog, dataset, selection, **asked):
    spec = Spec(selection=selection, made_on=MADE_ON, **asked)
    return Material(spec, catalog, dataset, dataset.select(selection))


def draw(*things, **asked):
    return figures.draw(material(*things, **asked))


def figure(*things, **asked):
    return figures.render(material(*things, **asked), ".png")


def page(*things, **asked):
    return pages.render(material(*things, **asked))


@pytest.fixture(scope="module")
def catalog():
    return load()


@pytest.fixture(scope="module")
def dataset(catalog):
    return Dataset.of(catalog)


def a_dataset(catalog, *records):
    return Dataset(pa.Table.from_pylist(list(records), schema=RECORD_SCHEMA), catalog.gazetteer)


def pixels(picture: bytes):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def pixel_at(sheet, picture: bytes, longitude, latitude):
    """Colour that a picture has where a point of the map lies."""
    x, y = sheet.map.ground.transData.transform(project(longitude, latitude))
    rows = pixels(picture)
    return tuple(rows[len(rows) - 1 - int(y), int(x)])


def rgb(colour):
    return tuple(round(255 * part) for part in to_rgb(colour))


# ---------------------------------------------------------------- words


def test_title_says_what_where_and_when():
    selection = Selection(
        regions=("MM-17", "MM-11"), date_from=date(2023, 10, 27), date_to=date(2024, 1, 11)
    )
    assert words.title(selection) == (
        "Incidents and meetings, Shan State and Kachin State, 27 Oct 2023 – 11 Jan 2024"
    )
    assert words.title(Selection()) == "Incidents and meetings, China–Myanmar border"
    assert words.title(Selection(kinds=("meeting",), date_from=date(2024, 4, 1))).startswith(
        "Meetings"
    )


def test_chips_can_each_be_taken_away(catalog):
    gate = next(iter(catalog.gates))
    selection = Selection(
        dataset="curated",
        date_from=date(2024, 4, 1),
        date_to=date(2024, 4, 5),
        kinds=("incident", "meeting"),
        categories=("armed_clash",),
        regions=("MM-11",),
        gates=(gate,),
        actors=("KIA",),
        topics=("trade",),
        sources=("x",),
        scopes=("border",),
        geo_precision=("exact",),
        confidence=("high",),
        text="muse",
        near_border_km=0.0,
        near_gate_km=20.0,
        bbox=(97.0, 23.0, 99.5, 25.0),
        area=((97.0, 23.0), (99.5, 23.0), (99.5, 25.0)),
    )
    chips = words.chips(selection, catalog)
    assert len(chips) == 19
    assert all(chip.words for chip in chips)
    assert catalog.gates[gate].name in {chip.words.removeprefix("near ") for chip in chips}
    for chip in chips:
        selection = words.without(selection, chip.field, chip.value)
    assert selection == Selection()


def test_citation_names_version_day_and_query():
    citation = words.citation(Selection(regions=("MM-11",)), MADE_ON, "0.1.0")
    for part in ("bordermap 0.1.0 (2026)", "Kachin State", "region=MM-11", "1 May 2026"):
        assert part in citation


@pytest.mark.parametrize(
    ("selection", "name"),
    [
        (Selection(), "bordermap.csv"),
        (
            Selection(date_from=date(2024, 4, 1), date_to=date(2024, 4, 5), regions=("MM-11",)),
            "bordermap_2024-04-01_2024-04-05_MM-11.csv",
        ),
        (Selection(text="../../etc/passwd\n; rm"), "bordermap_etc-passwd-rm.csv"),
    ],
)
def test_filename(selection, name):
    assert words.filename(selection, ".csv") == name


def test_filename_is_short():
    assert len(words.filename(Selection(actors=("x" * 90, "y" * 90)), ".geojson")) <= 120


def test_plain_drops_control_and_direction_marks():
    assert words.plain("a\x00b\u202ec\n\td") == "a b c d"
    assert words.plain("x" * 300, 200) == "x" * 199 + "…"


# ---------------------------------------------------------------- frame and placement


def test_the_border_is_the_frame_whatever_is_selected(catalog):
    assert default_view(Selection(), catalog) == BORDER_REGION
    assert default_view(Selection(regions=("CN-YN", "CN-BJ")), catalog) == BORDER_REGION
    west, south, east, north = default_view(Selection(regions=("MM-16",)), catalog)
    assert 91 < west < east < 96
    assert 16 < south < north < 22


@pytest.mark.parametrize("view", [(97.5, 23.9, 97.5, 23.9), (-180, -90, 180, 90), (10, 10, 20, 20)])
def test_any_view_can_be_framed(view):
    frame = Frame.around(view, 0.7)
    assert frame.width / frame.height == pytest.approx(0.7)
    assert frame.width > 1000


def test_a_view_that_is_no_number_is_refused():
    with pytest.raises(SelectionError, match="view"):
        Frame.around((float("nan"), 20, 100, 30), 1.0)


def test_scale_is_that_of_the_ground():
    frame = Frame.around((97.0, 23.0, 99.0, 25.0), 1.0)
    longitude, latitude = frame.centre
    x, y = project(np.array([longitude, longitude]), np.array([latitude, latitude + 1]))
    degree_km = 110.77  # of latitude, on the ellipsoid near 24.5 degrees
    assert np.hypot(*np.diff([x, y]).ravel()) / frame.metres_per_kilometre == pytest.approx(
        degree_km, rel=1e-3
    )
    assert frame.north == pytest.approx(0, abs=0.5)


def test_names_never_overlap():
    room = Room(100, 40)
    boxes = [room.place(around(50, 20, (3, 3), (30, 8))) for _ in range(12)]
    placed = [shapely.box(*box) for box in boxes if box]
    assert 2 <= len(placed) < 12
    assert not any(
        one.intersection(other).area
        for index, one in enumerate(placed)
        for other in placed[index + 1 :]
    )


def test_a_name_stays_inside_its_area():
    area = shapely.box(0, 0, 60, 30)
    assert all(area.contains(shapely.box(*box)) for box in within(area, (20, 8)))
    assert not list(within(area, (80, 8)))
    assert not list(within(shapely.Polygon(), (1, 1)))


# ---------------------------------------------------------------- picture


def test_picture_is_the_same_each_time_and_says_what_it_is(catalog, dataset):
    selection = Selection(regions=("MM-11",))
    picture = figure(catalog, dataset, selection, dpi=60)
    assert picture == figure(catalog, dataset, selection, dpi=60)
    image = Image.open(io.BytesIO(picture))
    width, height = LAYOUTS["report"].width, LAYOUTS["report"].height
    assert image.size == (int(width * 60), int(height * 60))
    assert image.text["Title"] == "Incidents and meetings, Kachin State"
    assert image.text["Description"] == "region=MM-11&dpi=60&made=2026-05-01"
    assert image.text["Software"] == f"bordermap {__version__}"
    sources = set(image.text["Source"].split(";"))
    assert sources == {
        key for keys in dataset.select(selection)["sources"].to_pylist() for key in keys
    }
    assert len(np.unique(pixels(picture).reshape(-1, 3), axis=0)) > 50


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_can_be_drawn(catalog, dataset, layout):
    assert figure(catalog, dataset, Selection(), layout=layout, dpi=50)


@pytest.mark.parametrize(
    ("kind", "category"), [("incident", "armed_clash"), ("meeting", "ceasefire_talks")]
)
def test_a_record_is_drawn_at_its_place_in_its_colour(catalog, kind, category):
    record = a_record("r", [a_place("Laiza", *LAIZA)], kind=kind, category=category)
    arguments = {"dpi": 100}
    records = a_dataset(catalog, record)
    sheet = draw(catalog, records, Selection(), **arguments)
    picture = figure(catalog, records, Selection(), **arguments)
    assert pixel_at(sheet, picture, *LAIZA) == rgb(style.colour(category, Kind(kind)))


def test_records_at_one_place_are_counted_once_each(catalog):
    places = [a_place("Laiza", *LAIZA), a_place("Laiza", *LAIZA, role="subject")]
    records = a_dataset(catalog, *(a_record(f"r{number}", places) for number in range(7)))
    sheet = draw(catalog, records, Selection())
    assert len(sheet.marks) == 7
    said = [one.get_text() for one in sheet.map.symbols.texts]
    assert "7" in said
    assert "Laiza" in said


def test_groups_hold_every_record_and_do_not_overlap(catalog):
    generator = np.random.default_rng(7)
    points = generator.normal(LAIZA, 0.4, (400, 2)).round(1)
    records = a_dataset(
        catalog,
        *(
            a_record(f"r{number}", [a_place(f"{x} {y}", x, y)])
            for number, (x, y) in enumerate(points.tolist())
        ),
    )
    metres_per_point = 1200.0
    merged = groups(marks_of(records.records, {}), metres_per_point)
    assert sorted(mark.record for group in merged for mark in group.marks) == list(range(400))
    circles = [
        shapely.Point(group.x, group.y).buffer(0.85 * half_size(group)[0] * metres_per_point)
        for group in merged
    ]
    assert len(merged) > 5
    assert not any(
        one.contains(other.centroid) for one in circles for other in circles if one is not other
    )


def test_what_is_not_a_point_is_never_a_pin(catalog):
    records = a_dataset(
        catalog,
        a_record("district", [a_place("D", 98.0, 25.5, "district")]),
        a_record("state", [a_place("Kachin State", 97.0, 26.0, "state")]),
        a_record("country", [a_place("Myanmar", 96.0, 21.0, "country", region=None)]),
        a_record("none", [a_place("Nowhere", None, None, "none", region=None)]),
        a_record("undated", [], date_precision="unknown", date_start=None, date_end=None),
    )
    sheet = draw(catalog, records, Selection())
    assert sorted(mark.precision for mark in sheet.marks) == ["district", "state"]
    said = [one.get_text() for axes in sheet.figure.axes for one in axes.texts]
    assert "+1 without a closer place" in said
    notes = " ".join(said)
    for note in ("country or a wider area: Myanmar 1", "Not placed: 2", "counted and drawn: 1"):
        assert note in notes


def test_far_places_are_named_and_do_not_move_the_frame(catalog):
    beijing = a_record("b", [a_place("Beijing", 116.4, 39.9, region="CN-BJ")], kind="meeting",
                       category="bilateral_talks")  # fmt: skip
    records = a_dataset(catalog, beijing, a_record("l", [a_place("Laiza", *LAIZA)]))
    sheet = draw(catalog, records, Selection())
    assert sheet.map.frame.degrees[2] < 104
    said = [one.get_text() for axes in sheet.figure.axes for one in axes.texts]
    assert "Outside the map: Beijing 1." in said


def test_empty_selection_says_so(catalog, dataset):
    sheet = draw(catalog, dataset, Selection(text="zzzz no such thing"))
    assert not sheet.marks
    assert "No record matches this selection" in [one.get_text() for one in sheet.map.symbols.texts]


@pytest.mark.parametrize(
    "title",
    [
        "long " * 1000,
        "x" * 5000,
        HOSTILE,
        "$\\frac{1}{2}$ 50% \\ {",
        "a\x00b\x1b[31m\u202e",
        "မြန်မာ 中缅",
    ],
)
def test_any_title_can_be_drawn(catalog, dataset, title):
    sheet = draw(catalog, dataset, Selection(), title=title)
    picture = figure(catalog, dataset, Selection(), title=title, dpi=50)
    assert len(sheet.title) <= words.MAX_TITLE
    assert sheet.title.isprintable()
    assert Image.open(io.BytesIO(picture)).text["Title"] == sheet.title


@pytest.mark.parametrize("wrong", [{"layout": "poster"}, {"dpi": 5}, {"dpi": 5000}])
def test_what_cannot_be_drawn_is_refused(catalog, dataset, wrong):
    with pytest.raises(SelectionError):
        figure(catalog, dataset, Selection(), **wrong)


# ---------------------------------------------------------------- page


def test_page_is_the_same_each_time_and_fetches_nothing(catalog, dataset):
    text = page(catalog, dataset, Selection())
    assert text == page(catalog, dataset, Selection())
    assert POLICY.replace("'", "&#39;") in text
    assert "<link" not in text
    assert "<script src" not in text


def test_text_never_becomes_markup(catalog):
    places = [a_place(HOSTILE, *LAIZA)]
    record = a_record("r", places, title=HOSTILE, summary=HOSTILE, actors=[HOSTILE])
    plain_page = page(catalog, a_dataset(catalog, a_record("r", places)), Selection())
    text = page(catalog, a_dataset(catalog, record), Selection(), title=HOSTILE)
    assert "<img" not in text
    assert text.count("</script>") == plain_page.count("</script>")
    assert "49" not in text.partition("<title>")[2].partition("</title>")[0]
