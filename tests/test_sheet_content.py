"""What a printed map shows: marks by the thousand, shaded states, its part of the ground, time."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from pyproj import Geod

from bordermap import cartography
from bordermap.cartography import style
from bordermap.catalog import load
from bordermap.errors import SelectionError
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import CATEGORIES, Family, Kind
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot.frame import BORDER_REGION, Frame, project, project_geometry
from bordermap.snapshot.making import Material
from bordermap.snapshot.sheets import (
    density,
    ground,
    legend,
    scales,
    shading,
    strip,
    tallies,
    timescale,
)
from bordermap.snapshot.sheets import marks as marking
from bordermap.snapshot.sheets.districts import districts
from bordermap.snapshot.sheets.ground import HATCHED, anchors_of
from bordermap.snapshot.sheets.marks import marks_of
from bordermap.snapshot.sheets.panel import Panel
from bordermap.snapshot.spec import Spec

SCRIPTS = Path(cartography.__file__).parent
LAIZA = (97.5633, 24.76)
DAY = date(2024, 4, 1)
EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def catalog():
    return load()


@pytest.fixture(scope="module")
def curated(catalog):
    return Dataset.of(catalog)


def a_place(longitude, latitude, precision="exact", name="", region="MM-11", role="location"):
    return {
        "place_id": "",
        "name": name or f"{longitude} {latitude}",
        "role": role,
        "longitude": longitude,
        "latitude": latitude,
        "geo_precision": precision,
        "region_code": region,
    }


def a_record(number, *places, day=DAY, end=None, **fields):
    return {
        "id": f"r{number}",
        "dataset": "test",
        "kind": "incident",
        "category": "armed_clash",
        "title": "A clash",
        "date_start": day,
        "date_end": end or day,
        "date_edtf": day.isoformat() if day else "",
        "date_precision": "day" if day else "unknown",
        "places": list(places),
        "geo_precision": "exact",
        "region_codes": sorted({place["region_code"] for place in places if place["region_code"]}),
        "actors": [],
        "participants": [],
        "topics": [],
        "figures": {},
        "scope": "border",
        "sources": [],
        "confidence": "high",
    } | fields


def table(*records):
    return pa.Table.from_pylist(list(records), schema=RECORD_SCHEMA)


def a_dataset(catalog, *records):
    return Dataset(table(*records), catalog.gazetteer)


def around_laiza(count, spread=0.5, precision="exact"):
    points = np.random.default_rng(5).normal(LAIZA, spread, (count, 2)).round(4)
    return [a_record(n, a_place(x, y, precision)) for n, (x, y) in enumerate(points.tolist())]


def a_page(width=400, height=500, dpi=72):
    page = Figure(figsize=(width / 72, height / 72), dpi=dpi, facecolor="white")
    FigureCanvasAgg(page)
    return page


def a_panel(view=(96.0, 23.0, 99.0, 26.5), **size):
    page = a_page(**size)
    width, height = page.get_size_inches() * 72
    return Panel(page, (0, 0, width, height), Frame.around(view, width / height))


def pixels(page):
    page.canvas.draw()
    return np.asarray(page.canvas.buffer_rgba())[..., :3]


def rgb(colour):
    return tuple(round(255 * part) for part in to_rgb(colour))


def pixel(axes, x, y, drawn):
    across, up = axes.transData.transform((x, y))
    return tuple(drawn[len(drawn) - 1 - int(up), int(across)].tolist())


def constant(script, name):
    """Value of a constant of a script of the map."""
    text = (SCRIPTS / script).read_text("utf-8")
    found = re.search(rf"const {name} = (.+?);", text, re.DOTALL)
    assert found, f"{script} has no {name}"
    return eval(found[1])  # numbers, lists and fractions only


# ---------------------------------------------------------------- marks as columns


def test_marks_are_columns_and_single_marks_alike(curated, catalog):
    marks = marks_of(curated.records, anchors_of(catalog.layers))
    places = curated.records["places"].to_pylist()
    for mark in marks:
        assert mark.place in (mark.region, *(place["name"] for place in places[mark.record]))
    assert [mark.record for mark in marks] == marks.record.tolist() == sorted(marks.record)
    chosen = marks[marks.known_to("district")]
    assert 0 < len(chosen) < len(marks)
    assert {mark.precision for mark in chosen} == {"district"}
    assert list(chosen) == [mark for mark in marks if mark.precision == "district"]


def test_tallies_are_those_of_a_loop_over_the_records(curated, catalog):
    records = curated.records
    rows = records.select(["kind", "category", "sources", "places"]).to_pylist()
    assert tallies.by_family(records) == Counter(
        (row["kind"], CATEGORIES[Kind(row["kind"])][row["category"]]) for row in rows
    )
    some = np.arange(len(records)) % 3 == 0
    assert tallies.by_family(records, some).total() == some.sum()
    assert tallies.by_source(records) == Counter(key for row in rows for key in row["sources"])

    marks = marks_of(records, anchors_of(catalog.layers))
    shown = np.array([mark.y > 0 for mark in marks])
    missing = tallies.missing(records, marks, shown)
    drawn = {mark.record for mark in marks}
    seen = {mark.record for mark, is_shown in zip(marks, shown, strict=True) if is_shown}
    first = {mark.record: mark.place for mark in reversed(list(marks))}
    assert missing.outside == Counter(first[record] for record in drawn - seen)
    left = [row["places"] for number, row in enumerate(rows) if number not in drawn]
    wide = [[p["name"] for p in places if p["geo_precision"] == "country"] for places in left]
    assert missing.wide == Counter(names[0] for names in wide if names)
    assert missing.unplaced == sum(not names for names in wide)
    in_states = Counter(mark.region for mark in set(marks) if mark.precision == "state")
    assert tallies.in_states(marks) == in_states


def test_what_is_missing_is_said_with_some_of_the_places():
    far = [a_record(n, a_place(116.4, 39.9, name=f"Place {n % 4}")) for n in range(2003)]
    records = table(*far, a_record(9999, day=None))
    marks = marks_of(records, {})
    missing = tallies.missing(records, marks, np.zeros(len(marks), bool))
    assert missing.lines(1) == [
        "Outside the map: Place 0 501, elsewhere 1,502.",
        "Not placed: 1.",
        "Undated, but counted and drawn: 1.",
    ]
    assert missing.lines(0)[0] == "Outside the map: 2,003."


# ---------------------------------------------------------------- densities


def test_densities_are_those_of_the_screen():
    assert constant("event_density.js", "FULL") == density.FULL
    assert list(density._RADII) == constant("event_density.js", "RADII")
    assert list(density._CROWDED) == constant("event_density.js", "CROWDED")
    assert constant("event_density.js", "GROWTH") == density._GROWTH
    assert constant("event_density.js", "SIZES") == density._SIZES
    assert 0.75 * constant("event_view.js", "CELL") == density.CELL
    assert constant("event_view.js", "CROWD") == density._CROWD
    assert constant("event_drawing.js", "DENSITY_FROM") == density.FROM
    assert 1 - constant("event_drawing.js", "QUIET") == density.QUIET


def test_colours_go_by_logarithm_from_one_to_a_thousand():
    assert density.levels([1, 10, 100, 1000, 50_000]).tolist() == [1, 86, 170, 255, 255]
    ramp = density.ramp(style.DENSITY)
    assert [tuple(np.rint(255 * ramp[at]).astype(int)) for at in (0, 254)] == [
        rgb(style.DENSITY[0]),
        rgb(style.DENSITY[-1]),
    ]
    brightness = ramp @ [0.299, 0.587, 0.114]
    assert (np.diff(brightness) < 0).all()


def test_a_record_counts_once_at_a_spot():
    x, y = np.array([10.1, 10.2, 10.3, 40.0]), np.array([5.0, 5.1, 5.2, 5.0])
    spots = density.spots(x, y, np.array([0, 0, 1, 0]))
    assert sorted(zip(spots.x.tolist(), spots.count.tolist(), strict=True)) == [
        (pytest.approx(10.2, abs=0.06), 2),
        (40.0, 1),
    ]


def test_many_records_are_drawn_without_one_by_one(monkeypatch):
    monkeypatch.setattr(marking, "Mark", None)  # to make one would fail
    panel = a_panel()
    marks = marks_of(table(*around_laiza(density.FROM + 300)), {})
    assert panel.arrange(marks) == []
    assert panel.dense
    before = len(panel.symbols.get_children())
    panel.draw_marks(marks)
    assert 1 <= len(panel.symbols.get_children()) - before <= density._SIZES
    spots = density.spots(*panel.points(marks.x, marks.y), marks.record)
    assert spots.count.sum() == len(marks)


def test_fewer_records_are_symbols():
    panel = a_panel()
    marks = marks_of(table(*around_laiza(200)), {})
    merged = panel.arrange(marks)
    assert not panel.dense
    inside = marks[panel.holds(marks)]
    assert sorted(mark.record for group in merged for mark in group.marks) == inside.record.tolist()


def test_the_darkest_of_discs_that_lie_on_each_other_is_seen():
    here = [a_record(n, a_place(*LAIZA)) for n in range(1000)]
    panel = a_panel(dpi=144)
    panel.draw_records(marks_of(table(*here, *around_laiza(1500, 0.02)), {}), dense=True)
    drawn = pixels(panel.symbols.figure)
    x, y = panel.points(*project(*LAIZA))
    assert pixel(panel.symbols, x, y, drawn) == rgb(style.DENSITY[-1])


def test_a_moment_of_a_film_of_many_is_a_density_too():
    panel = a_panel()
    marks = marks_of(table(*around_laiza(density.FROM + 300)), {})
    panel.arrange(marks)
    before = len(panel.symbols.get_children())
    panel.draw_marks(marks[:10])
    assert len(panel.symbols.get_children()) - before == 1  # one size of disc


def test_the_legend_has_the_scale_of_densities():
    page = a_page(200, 100)
    axes = page.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 200), ylim=(100, 0))
    scales.density_rows(axes).draw(10, 10, 168)
    said = [one.get_text() for one in axes.texts]
    assert said == ["Records at one spot", "1", "10", "100", "1,000+"]
    drawn = pixels(page)
    bar = drawn[10 + 14 + 4]
    assert tuple(bar[10 + 166]) == rgb(style.DENSITY[-1])
    assert np.abs(bar[11].astype(int) - rgb(style.DENSITY[0])).max() <= 2
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 200), (100, 0))


# ---------------------------------------------------------------- districts


def test_districts_are_merged_until_they_are_apart():
    marks = marks_of(table(*around_laiza(600, precision="district")), {})
    metres = 800.0
    for many, apart in ((False, 19.5), (True, 48.0)):
        discs = districts(marks, metres, many=many)
        assert sum(disc.records for disc in discs) == 600
        middles = np.array([(disc.x, disc.y) for disc in discs])
        away = np.hypot(*(middles[:, None] - middles[None]).T)[~np.eye(len(discs), dtype=bool)]
        assert len(discs) > 3
        assert away.min() >= apart * metres
        assert [disc.records for disc in discs] == sorted(
            (disc.records for disc in discs), reverse=True
        )


def test_a_district_of_one_family_has_its_colour():
    same = [a_record(n, a_place(*LAIZA, "district")) for n in range(3)]
    other = a_record(3, a_place(*LAIZA, "district"), category="arrest_raid")
    one, *none = districts(marks_of(table(*same), {}), 800, many=False)
    assert (one.records, one.colour, none) == (3, style.FAMILY_COLOURS[Family.FIGHTING], [])
    one, *none = districts(marks_of(table(*same, other), {}), 800, many=False)
    assert (one.records, one.family, one.colour, none) == (4, None, style.MUTED, [])


# ---------------------------------------------------------------- shaded states


def test_classes_are_those_of_the_screen():
    script = "choropleth.js"
    assert constant(script, "MONTH") == shading.MONTH
    assert constant(script, "FEWEST") == shading.FEWEST
    assert constant(script, "BURST") == shading.BURST
    assert constant(script, "SPAN") == shading.SPAN
    assert list(shading.BREAKS) == constant(script, "BREAKS")
    assert list(shading._MARKS[1:]) == constant(script, "MARKS")


@pytest.mark.parametrize(
    ("lowest", "highest", "steps"),
    [
        (1, 0, [1]),
        (1, 60, [1, 2, 5, 10, 20, 50]),
        (1, 1000, [1, 5, 20, 100, 500]),
        (0.03, 15, [0.05, 0.2, 1, 5]),
        (1, 200_000, [1, 10, 100, 1000, 10_000, 100_000]),
    ],
)
def test_steps_are_round_and_no_more_than_the_colours(lowest, highest, steps):
    assert shading._steps(lowest, highest) == steps


def by_state(catalog, **numbers):
    """A dataset of so many records a state, all of them in March and April 2024."""
    days = [date(2024, 3, 1), date(2024, 4, 1)]
    records = [
        a_record(f"{code}{n}", a_place(*LAIZA, region=code.replace("_", "-")), day=days[n % 2])
        for code, count in numbers.items()
        for n in range(count)
    ]
    ends = [
        a_record(f"end{n}", day=day) for n, day in enumerate([date(2023, 1, 1), date(2024, 12, 31)])
    ]
    return a_dataset(catalog, *records, *ends)


APRIL = Selection(date_from=date(2024, 4, 1), date_to=date(2024, 4, 30))


def test_states_are_shaded_by_how_many_records_they_have(catalog):
    dataset = by_state(catalog, MM_11=60, MM_17=5)
    codes = {"MM-11", "MM-17", "MM-04"}
    made = shading.shading(dataset, Selection(), "count", codes)
    assert made.fills["MM-04"] == style.SHADE_NONE
    assert made.fills["MM-11"] == style.SHADES[-1]
    assert set(made.fills) == codes
    assert [step.mark or step.within for step in made.steps] == [
        "0",
        "1",
        "2",
        "5",
        "10",
        "20",
        "50",
    ]
    of_five = next(step.colour for step in made.steps if step.mark == "5")
    assert made.fills["MM-17"] == of_five
    # The classes stay where the days are others.
    april = shading.shading(dataset, APRIL, "count", codes)
    assert april.steps == made.steps
    assert april.fills["MM-11"] == next(s.colour for s in made.steps if s.mark == "20")


def test_states_are_shaded_by_records_a_month(catalog):
    dataset = by_state(catalog, MM_11=60, MM_17=5)
    made = shading.shading(dataset, APRIL, "rate", {"MM-11", "MM-17"})
    marks = [step.mark for step in made.steps[1:]]
    colours = [step.colour for step in made.steps[1:]]
    a_month = 30 / (30 / 30.4375)
    lower = [mark for mark in marks if float(mark) <= a_month]
    assert made.fills["MM-11"] == colours[len(lower) - 1]
    assert made.title == "Records a month, by state"


def test_states_are_shaded_by_how_their_number_changed(catalog):
    dataset = by_state(catalog, MM_11=60, MM_17=5, MM_04=11)
    codes = {"MM-11", "MM-17", "MM-04"}
    made = shading.shading(dataset, APRIL, "change", codes)
    # March has 30 days before April: the 2nd to the 31st, on which nothing is.
    assert made.fills == {"MM-11": style.CHANGES[-1], "MM-17": HATCHED, "MM-04": HATCHED}
    assert made.note == "From 2–31 Mar 2024 to 1–30 Apr 2024"
    both = Selection(date_from=date(2024, 4, 1), date_to=date(2024, 5, 1))
    even = shading.shading(dataset, both, "change", codes).fills
    assert even["MM-11"] == style.CHANGES[len(style.CHANGES) // 2]


@pytest.mark.parametrize(
    ("selection", "note"),
    [
        (Selection(), "needs a period"),
        (Selection(date_from=date(2023, 1, 1)), "far enough back"),
        (Selection(date_from=date(2030, 1, 1)), "far enough back"),
    ],
)
def test_change_that_cannot_be_told_is_said(catalog, selection, note):
    made = shading.shading(by_state(catalog, MM_11=40), selection, "change", {"MM-11"})
    assert note in made.note
    assert not made.fills


def test_nothing_is_shaded_unasked_or_without_days(catalog, curated):
    assert shading.shading(curated, Selection(), "", {"MM-11"}) is None
    undated = a_dataset(catalog, a_record(0, day=None))
    assert shading.shading(undated, Selection(), "count", {"MM-11"}) is None


def test_the_map_has_the_colours_of_the_shading(catalog):
    panel = a_panel(BORDER_REGION)
    fills = {"MM-11": "#123456", "CN-YN": "#654321", "MM-17": HATCHED}
    panel.draw_ground(catalog.layers, fills=fills)
    drawn = pixels(panel.ground.figure)
    for (longitude, latitude), colour in (((97.2, 26.9), "#123456"), ((100.4, 26.2), "#654321")):
        assert pixel(panel.ground, *project(longitude, latitude), drawn) == rgb(colour)
    left, top = panel.ground.transData.transform(project(97.5, 22.4)).astype(int)
    shan = drawn[len(drawn) - top - 20 : len(drawn) - top, left : left + 20].reshape(-1, 3)
    assert {rgb(style.SHADE_FEW[0])} < set(map(tuple, shan.tolist()))


@pytest.mark.parametrize(("how", "says"), [("count", "50"), ("change", "Too few records")])
def test_the_legend_says_what_colours_mean(catalog, how, says):
    page = a_page(200, 100)
    axes = page.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 200), ylim=(100, 0))
    made = shading.shading(by_state(catalog, MM_11=60), APRIL, how, {"MM-11"})
    block = scales.shading_rows(axes, made, 168)
    block.draw(10, 10, 168)
    assert any(one.get_text().startswith(says) for one in axes.texts)
    drawn = {tuple(one) for one in pixels(page).reshape(-1, 3).tolist()}
    assert {rgb(step.colour) for step in made.steps} <= drawn
    page.canvas.draw()
    right = max(one.get_window_extent().x1 for one in axes.texts)
    assert right <= 10 + 168 + 1


# ---------------------------------------------------------------- the ground


def test_the_ground_of_a_frame_is_made_once(catalog, monkeypatch):
    a_panel().draw_ground(catalog.layers)

    def fail(*_arguments, **_options):
        raise AssertionError("projected or thinned once more")

    monkeypatch.setattr(ground, "project_geometry", fail)
    monkeypatch.setattr(shapely, "simplify", fail)
    panel = a_panel()
    panel.draw_ground(dict(catalog.layers))
    assert len(panel.ground.collections) > 8


def test_thinned_lines_stay_where_they_are(catalog):
    panel = a_panel()
    panel.draw_ground({"border": catalog.layers["border"]})
    (path,) = panel.ground.collections[0].get_paths()
    drawn = shapely.LineString(path.vertices)
    border = project_geometry(catalog.layers["border"].geometry.iloc[0])
    rim = 0.02 * panel.frame.width
    box = shapely.box(panel.frame.left, panel.frame.bottom, panel.frame.right, panel.frame.top)
    surveyed = shapely.intersection(border, shapely.buffer(box, rim / 2))
    tolerance = 0.101 * panel.metres_per_point
    assert shapely.get_num_coordinates(drawn) < shapely.get_num_coordinates(surveyed) / 3
    assert surveyed.within(drawn.buffer(tolerance))


# ---------------------------------------------------------------- what is shown


def view(catalog, curated, show, **selection):
    spec = Spec(selection=Selection(**selection), made_on=DAY, show=show)
    return Material(spec, catalog, curated, curated.records.slice(0, 0)).view


@pytest.mark.parametrize("key", ["ruili-muse", "daluo-mong-la"])
def test_a_gate_is_shown_with_fifty_kilometres_around_it(catalog, curated, key):
    gate = catalog.gates[key]
    geod = Geod(ellps="WGS84")
    west, south, east, north = view(catalog, curated, key)
    for x, y in ((west, gate.latitude), (east, gate.latitude)):
        assert geod.inv(gate.longitude, gate.latitude, x, y)[2] == pytest.approx(50_000, rel=0.002)
    for y in (south, north):
        away = geod.inv(gate.longitude, gate.latitude, gate.longitude, y)[2]
        assert away == pytest.approx(50_000, rel=0.002)
    shown = Frame.around((west, south, east, north), 0.8)
    circle = geod.fwd(
        np.full(36, gate.longitude),
        np.full(36, gate.latitude),
        np.arange(0, 360, 10),
        np.full(36, 5e4),
    )
    assert shown.holds(*project(*circle[:2])).all()
    assert view(catalog, curated, "", gates=(key,)) == (west, south, east, north)


@pytest.mark.parametrize("code", ["MM-11", "MM-17", "CN-YN"])
def test_a_state_is_shown_whole(catalog, curated, code):
    west, south, east, north = view(catalog, curated, code)
    outline = shapely.union_all(catalog.units[catalog.units["code"] == code].geometry)
    assert shapely.box(west, south, east, north).contains(outline)
    least = outline.bounds
    assert (east - west) < 1.1 * max(least[2] - least[0], least[3] - least[1])


def test_the_border_or_a_box_is_shown_whatever_is_selected(catalog, curated):
    assert view(catalog, curated, "border", regions=("MM-16",)) == BORDER_REGION
    assert view(catalog, curated, "97.5,23.5,98.5,24.5", regions=("MM-16",)) == (
        97.5,
        23.5,
        98.5,
        24.5,
    )


@pytest.mark.parametrize("show", ["nowhere", "CN-BJ"])
def test_what_has_no_place_on_the_map_cannot_be_shown(catalog, curated, show):
    with pytest.raises(SelectionError, match="is no region and no gate on the map"):
        view(catalog, curated, show)


# ---------------------------------------------------------------- time


def number(day):
    return (day - EPOCH).days


def test_the_strip_counts_every_dated_record_once(curated):
    made = strip.histogram(curated, Selection(), 500)
    rows = curated.records.select(
        ["kind", "category", "date_start", "date_end", "date_precision"]
    ).to_pylist()
    counted = [
        (row, number(row["date_start"] or row["date_end"]))
        for row in rows
        if row["date_precision"] != "unknown" and (row["date_start"] or row["date_end"])
    ]
    assert made.counts.sum() == len(counted)
    assert made.meetings.sum() == sum(row["kind"] == "meeting" for row, _ in counted)
    place = len(made.meetings) // 2
    first, after = made.edges[place : place + 2].tolist()
    expected = Counter(
        CATEGORIES[Kind(row["kind"])][row["category"]]
        for row, day in counted
        if first <= day < after
    )
    found = dict(zip(Family, made.counts[:, place].tolist(), strict=True))
    assert {family: count for family, count in found.items() if count} == expected
    assert made.window is None
    assert (made.first, made.last) == (min(d for _, d in counted), max(d for _, d in counted))


def test_the_strip_shows_what_lies_around_the_selected_days(curated):
    whole = strip.histogram(curated, Selection(), 500)
    april = strip.histogram(curated, APRIL, 500)
    assert april.window == (number(date(2024, 4, 1)), number(date(2024, 4, 30)))
    assert april.first == april.window[0] - 360
    assert april.last == april.window[1] + 360
    everything = strip.histogram(curated, Selection(date_to=date(2026, 1, 1)), 500)
    assert (everything.first, everything.last) == (whole.first, whole.last)
    assert everything.window == (whole.first, number(date(2026, 1, 1)))


def test_other_filters_hold_for_the_strip(curated):
    meetings = strip.histogram(curated, Selection(kinds=("meeting",)), 500)
    assert meetings.counts.sum() == meetings.meetings.sum() > 0


@pytest.mark.parametrize("day", [None, DAY])
def test_a_strip_of_one_day_or_of_none(catalog, day):
    made = strip.histogram(a_dataset(catalog, a_record(0, day=day)), Selection(), 400)
    if day is None:
        assert made is None
        return
    assert made.last - made.first == 6
    assert made.unit == "day"
    assert made.counts.sum() == 1


def a_strip(made, place=(20, 10, 400, 50), window=True):
    page = a_page(440, 70, 144)
    axes = page.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 440), ylim=(70, 0))
    axes.set_axis_off()
    strip.draw_strip(axes, made, place)
    added = strip.draw_window(axes, made, place, made.window) if window else []
    return axes, added


def test_bars_outside_the_selected_days_are_faint(catalog):
    days = [DAY + timedelta(n) for n in range(40)]
    dataset = a_dataset(catalog, *(a_record(n, day=day) for n, day in enumerate(days)))
    chosen = Selection(date_from=days[10], date_to=days[19])
    made = strip.histogram(dataset, chosen, 400)
    axes, added = a_strip(made)
    drawn = pixels(axes.figure)
    left, width = 20 + strip.GUTTER, 400 - strip.GUTTER
    full = rgb(style.FAMILY_COLOURS[Family.FIGHTING])
    colours = [pixel(axes, left + width * (n + 0.5) / 40, 45, drawn) for n in range(40)]
    assert [n for n, colour in enumerate(colours) if colour == full] == list(range(10, 20))
    assert len(added) == 3
    for artist in added:
        artist.remove()
    drawn = pixels(axes.figure)
    assert pixel(axes, left + width * 0.5 / 40, 45, drawn) == full


def test_a_strip_says_how_high_it_is_and_that_there_are_meetings(curated):
    axes, _ = a_strip(strip.histogram(curated, Selection(), 400))
    said = [one.get_text() for one in axes.texts]
    assert "Meetings" in said
    assert any(text.startswith("a ") for text in said)
    axes, _ = a_strip(strip.histogram(curated, Selection(kinds=("incident",)), 400))
    assert "Meetings" not in [one.get_text() for one in axes.texts]


@pytest.mark.parametrize("days", [7, 20, 45, 120, 400, 1000, 2500, 5000, 14_600, 60_000])
@pytest.mark.parametrize("width", [180, 450, 900])
def test_ticks_are_right_from_a_week_to_centuries(days, width):
    first = number(date(2023, 10, 27)) - days // 2
    last = first + days - 1

    def measure(label, strong):
        return 3.4 * len(label) * (1.1 if strong else 1)

    made = timescale.ticks(first, last, width, measure)
    assert made
    end = -1.0
    for tick in made:
        assert 0 <= tick.x <= width
        day = EPOCH + timedelta(round(first + tick.x * days / width))
        if not tick.label:
            continue
        assert tick.x >= end
        end = tick.x + measure(tick.label, tick.strong)
        assert end <= width
        said = tick.label.split()
        assert set(said) <= {str(day.day), f"{day:%b}", str(day.year)}
        if len(said) == 1:
            assert day.day == 1
            assert day.month == 1 or not said[0].isdigit()
    labels = [tick.label for tick in made if tick.label]
    assert labels
    assert re.search(r"\d{4}", labels[0])


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_bins_cover_the_days_and_begin_with_the_calendar(unit):
    first, last = number(date(1969, 11, 12)), number(date(1972, 3, 3))
    edges = timescale.edges(first, last, unit)
    assert edges[0] <= first < edges[1]
    assert edges[-2] <= last < edges[-1]
    days = [EPOCH + timedelta(day) for day in edges.tolist()]
    begins = {
        "day": bool,
        "week": lambda day: day.weekday() == 0,
        "month": lambda day: day.day == 1,
        "quarter": lambda day: (day.day, day.month % 3) == (1, 1),
        "year": lambda day: (day.day, day.month) == (1, 1),
    }
    assert all(map(begins[unit], days))


def test_legend_parts_stay_in_their_column():
    page = a_page(200, 200)
    axes = page.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 200), ylim=(200, 0))
    block = scales.density_rows(axes)
    assert isinstance(block, legend.Block)
    block.draw(10, 10, 168)
    page.canvas.draw()
    boxes = [one.get_window_extent() for one in axes.texts]
    assert min(box.x0 for box in boxes) >= 9
    assert max(box.x1 for box in boxes) <= 179
