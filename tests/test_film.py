"""Films of a selection."""

from __future__ import annotations

import io
from datetime import date
from fractions import Fraction

import av
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from matplotlib.colors import to_rgb
from PIL import Image, ImageSequence

from bordermap import catalog as catalogs
from bordermap.cartography import style
from bordermap.cli import main
from bordermap.errors import OutputError, SelectionError
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import Family
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot import film, film_codecs, making
from bordermap.snapshot.film_frames import Frames
from bordermap.snapshot.frame import project
from bordermap.snapshot.making import Material
from bordermap.snapshot.motion import MAX_FRAMES, USUAL_FRAMES, Moment, Motion, said
from bordermap.snapshot.sheets import figure
from bordermap.snapshot.spec import Spec

MADE_ON = date(2026, 5, 1)
LAIZA = (97.5633, 24.76)
KUNMING = (102.8, 25.0)
NORTH = (97.9, 26.6)
RED = to_rgb(style.FAMILY_COLOURS[Family.FIGHTING])
SMALL = {"layout": "square", "dpi": 60}


def a_record(identifier, start, end, place=LAIZA, **fields):
    place = {
        "place_id": identifier,
        "name": identifier,
        "role": "location",
        "longitude": place[0],
        "latitude": place[1],
        "geo_precision": "exact",
        "region_code": "MM-11",
        "gate_id": None,
        "gate_km": None,
        "border_km": None,
    }
    record = {field.name: None if field.nullable else "" for field in RECORD_SCHEMA} | {
        "id": identifier,
        "dataset": "test",
        "kind": "incident",
        "category": "armed_clash",
        "title": identifier,
        "date_start": start,
        "date_end": end,
        "date_precision": "day",
        "places": [place],
        "geo_precision": "exact",
        "scope": "border",
        "confidence": "high",
        "figures": {},
    }
    for name in ("region_codes", "actors", "participants", "topics", "sources"):
        record[name] = []
    return record | fields


@pytest.fixture(scope="module")
def invented(catalog):
    """One clash in April, one from May on without an end, a meeting in June, one undated."""
    records = [
        a_record("april", date(2024, 4, 10), date(2024, 4, 12)),
        a_record("open", date(2024, 5, 20), None, NORTH),
        a_record(
            "june",
            date(2024, 6, 3),
            date(2024, 6, 3),
            (98.6, 24.0),
            kind="meeting",
            category="talks",
        ),
        a_record("undated", None, None, date_precision="unknown"),
    ]
    return Dataset(pa.Table.from_pylist(records, schema=RECORD_SCHEMA), catalog.gazetteer)


def material(catalog, dataset, selection=None, *, motion=None, progress=None, **asked):
    selection = selection or Selection()
    spec = Spec(selection=selection, made_on=MADE_ON, **SMALL | asked)
    told = {"progress": progress} if progress else {}
    return Material(spec, catalog, dataset, dataset.select(selection), motion or Motion(), **told)


@pytest.fixture(scope="module")
def monthly(catalog, invented):
    return material(catalog, invented, motion=Motion(step="month", speed=2))


@pytest.fixture(scope="module")
def gif(monthly):
    return film.render(monthly, ".gif", "the proof")


def colour_at(frame, sheet, point):
    """Red, green, blue from 0 to 1 where a point of the map lies."""
    x, y = sheet.map.ground.transData.transform(project(*point))
    pixels = np.asarray(frame)
    return pixels[len(pixels) - 1 - int(y), int(x), :3] / 255


# ---------------------------------------------------------------- motion


@pytest.mark.parametrize(
    ("step", "first", "last", "spoken"),
    [
        ("day", date(2024, 2, 28), date(2024, 3, 1), ["28 Feb 2024", "29 Feb 2024", "1 Mar 2024"]),
        (
            *("week", date(2024, 3, 27), date(2024, 4, 9)),
            ["27–31 Mar 2024", "1–7 Apr 2024", "8–9 Apr 2024"],
        ),
        (
            *("month", date(2023, 12, 5), date(2024, 2, 29)),
            ["5–31 Dec 2023", "January 2024", "February 2024"],
        ),
    ],
)
def test_steps_cover_every_day_once(step, first, last, spoken):
    moments = Motion(step=step).moments(first, last)
    assert [said(moment) for moment in moments] == spoken
    days = [
        day
        for moment in moments
        for day in range(moment.first.toordinal(), moment.last.toordinal() + 1)
    ]
    assert days == list(range(first.toordinal(), last.toordinal() + 1))


def test_a_step_that_is_not_given_suits_the_days():
    first = date(1989, 1, 1)
    for last, step in (
        (date(1989, 4, 30), "day"),
        (date(1990, 12, 31), "week"),
        (date(2024, 12, 31), "month"),
    ):
        moments = Motion().moments(first, last)
        assert moments == Motion(step=step).moments(first, last)
    assert len(Motion().moments(first, date(1989, 4, 30))) == USUAL_FRAMES


def test_too_many_frames_are_refused_in_words():
    with pytest.raises(SelectionError, match=f"1,827 frames.* at most {MAX_FRAMES}; .*week or mon"):
        Motion(step="day").moments(date(2020, 1, 1), date(2024, 12, 31))
    with pytest.raises(SelectionError, match="take fewer days"):
        Motion().moments(date(1900, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    "motion", [Motion(), Motion(step="week", speed=12.5, mode="growing"), Motion(step="day")]
)
def test_a_motion_survives_its_query(motion):
    assert Motion.from_params(motion.to_params()) == (motion, [])
    assert Motion().to_params() == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("step", "year"), ("mode", "x" * 500), ("speed", "fast"), ("speed", "nan")),
        *(("speed", "0"), ("speed", "1e9"), ("speed", "-inf")),
    ],
)
def test_what_is_no_motion_is_named_and_left_out(key, value):
    motion, (line,) = Motion.from_params({key: [value], "step": ["day"]} | {key: [value]})
    assert line.startswith(f"{key}: ")
    assert len(line) < 160
    assert motion == (Motion() if key == "step" else Motion(step="day"))


# ---------------------------------------------------------------- frames


def test_a_frame_shows_the_records_of_its_days(monthly, gif):
    sheet = figure.draw(monthly, still=True)
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(Image.open(io.BytesIO(gif)))]
    assert len(frames) == 3
    at_laiza = [colour_at(frame, sheet, LAIZA) for frame in frames]
    in_north = [colour_at(frame, sheet, NORTH) for frame in frames]
    assert at_laiza[0] == pytest.approx(RED, abs=0.03)
    assert in_north[0] != pytest.approx(RED, abs=0.2)
    assert at_laiza[1] != pytest.approx(RED, abs=0.2)
    assert in_north[1] == pytest.approx(RED, abs=0.03)
    assert in_north[2] == pytest.approx(RED, abs=0.03), "it has no end"
    assert at_laiza[1] == pytest.approx(at_laiza[2])


def test_a_growing_film_keeps_what_was(catalog, invented):
    motion = Motion(step="month", mode="growing")
    made = material(catalog, invented, motion=motion)
    frames = Frames(made)
    drawn = [frames.draw(number) for number in range(len(frames))]
    sheet = figure.draw(made, still=True)
    assert [frames.caption(moment) for moment in frames.moments] == [
        ("10–30 Apr 2024", "1 incident · 0 meetings"),
        ("10 Apr – 31 May 2024", "2 incidents · 0 meetings"),
        ("10 Apr – 3 Jun 2024", "2 incidents · 1 meeting"),
    ]
    for frame in drawn:
        assert colour_at(frame, sheet, LAIZA) == pytest.approx(RED, abs=0.03)


def test_frames_differ_where_something_changes_and_nowhere_else(monthly):
    frames = Frames(monthly)
    first, second, again = (frames.draw(number) for number in (0, 1, 0))
    assert (first == again).all()
    changed = (first != second).any(axis=2)
    assert 0 < changed.mean() < 0.2
    title = first[: len(first) // 14]
    assert (title == second[: len(first) // 14]).all()
    assert title.std() > 0


def test_the_days_of_a_film_are_those_selected_or_of_the_records(catalog, invented):
    def days(**asked):
        frames = Frames(material(catalog, invented, Selection(**asked)))
        return frames.moments[0].first, frames.moments[-1].last

    assert days() == (date(2024, 4, 10), date(2024, 6, 3))
    assert days(kinds=("incident",)) == (date(2024, 4, 10), date(2024, 5, 20))
    chosen = {"date_from": date(2024, 4, 20), "date_to": date(2024, 5, 25)}
    assert days(**chosen) == (date(2024, 4, 20), date(2024, 5, 25))
    beyond = {"date_from": date(1900, 1, 1), "date_to": date(2100, 1, 1)}
    assert days(**beyond) == days()
    assert days(date_from=date(2025, 1, 5)) == (date(2025, 1, 5), date(2025, 1, 5))


def test_a_selection_without_records_is_a_film_that_says_so(catalog, invented):
    nothing = material(catalog, invented, Selection(text="nowhere at all"))
    with Image.open(io.BytesIO(film.render(nothing, ".gif"))) as picture:
        assert picture.n_frames == 1
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 20)
    assert len(colours) > 50


def test_undated_records_are_left_out(catalog, invented):
    made = material(catalog, invented)
    frames = Frames(made)
    assert len(made.records) == 4
    assert (
        frames.caption(Moment(date(2000, 1, 1), date(2030, 1, 1)))[1] == "2 incidents · 1 meeting"
    )


# ---------------------------------------------------------------- files


def test_a_gif_is_the_same_each_time_and_says_what_it_is(monthly, gif):
    assert film.render(monthly, ".gif", "the proof") == gif
    with Image.open(io.BytesIO(gif)) as picture:
        assert picture.size == (480, 480)
        assert picture.info["comment"] == b"the proof"
        assert picture.info["loop"] == 0
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
    assert durations == [500, 500, 500 + 1000 * film_codecs.HOLD_SECONDS]


def test_a_gif_keeps_paper_and_symbols_as_they_are(gif):
    with Image.open(io.BytesIO(gif)) as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert (pixels == 255).all(axis=1).mean() > 0.2
    near = np.abs(pixels / 255 - RED).max(axis=1) < 0.02
    assert near.sum() > 20


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_can_be_played_and_is_the_same_each_time(catalog, invented, suffix):
    odd = material(catalog, invented, motion=Motion(step="month", speed=2.5), dpi=51)
    body = film.render(odd, suffix, "the proof")
    assert film.render(odd, suffix, "the proof") == body
    with av.open(io.BytesIO(body)) as video:
        (stream,) = video.streams.video
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(stream)]
        told = {key.lower(): value for key, value in video.metadata.items()}
        assert stream.average_rate == Fraction(5, 2)
    assert told["comment"] == "the proof"
    assert told["title"] == "Incidents and meetings, China–Myanmar border"
    assert len(frames) == 3 + round(film_codecs.HOLD_SECONDS * 2.5)
    assert {frame.shape for frame in frames} == {(408, 408, 3)}
    sheet = figure.draw(odd, still=True)
    assert colour_at(frames[0], sheet, LAIZA) == pytest.approx(RED, abs=0.15)
    assert colour_at(frames[1], sheet, LAIZA) != pytest.approx(RED, abs=0.2)


def test_without_the_extra_a_line_says_what_to_install(monthly, monkeypatch):
    monkeypatch.setattr(film_codecs, "find_spec", lambda _name: None)
    with pytest.raises(OutputError, match=r"pip install 'bordermap\[film\]'") as caught:
        film.render(monthly, ".mp4")
    assert "\n" not in str(caught.value)
    assert film.render(monthly, ".gif")


def test_progress_is_told_and_can_stop_the_work(catalog, invented):
    told = []
    motion = Motion(step="month")
    film.render(
        material(catalog, invented, motion=motion, progress=lambda *now: told.append(now)), ".gif"
    )
    assert told == [(1, 3), (2, 3), (3, 3)]

    def stop(*_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        film.render(material(catalog, invented, motion=motion, progress=stop), ".gif")


def test_what_is_too_large_is_refused_in_words(catalog, invented, monthly, monkeypatch):
    with pytest.raises(SelectionError, match="at most 250 dots an inch, not 300"):
        film.render(material(catalog, invented, dpi=300), ".gif")
    monkeypatch.setattr(film_codecs, "MAX_GIF_PIXELS", 3 * 480 * 480 - 1)
    with pytest.raises(OutputError, match=r"3 frames of 480 × 480 .* \.mp4"):
        film.render(monthly, ".gif")


def test_making_a_film_proves_its_motion(catalog, invented):
    spec = Spec(selection=Selection(), made_on=MADE_ON, **SMALL)
    motion = Motion(step="month", mode="growing")
    made = making.make(spec, ".gif", catalog, invented, motion)
    assert "step=month&mode=growing" in made.proof.query
    with Image.open(io.BytesIO(made.body)) as picture:
        assert picture.info["comment"].decode() == made.proof.text


# ---------------------------------------------------------------- command line


@pytest.fixture
def loaded_once(catalog, monkeypatch):
    load = catalogs.load
    monkeypatch.setattr(catalogs, "load", lambda root=None: load(root) if root else catalog)


APRIL = ("--from", "2024-04-01", "--to", "2024-04-20", "--layout", "square", "--dpi", "50")


@pytest.mark.usefixtures("loaded_once")
def test_the_suffix_of_a_snapshot_makes_it_a_film(tmp_path):
    out = tmp_path / "april.gif"
    result = CliRunner().invoke(
        main, ["snapshot", str(out), *APRIL, "--step", "week", "--speed", "2"]
    )
    assert result.exit_code == 0, result.output
    with Image.open(out) as picture:
        assert picture.n_frames == 3
        assert picture.info["duration"] == 500
    assert sorted(path.name for path in tmp_path.iterdir()) == ["april.gif", "april.gif.json"]


@pytest.mark.usefixtures("loaded_once")
@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [
        ("a.gif", ("--step", "year"), "step: 'year' is not one of day, week, month"),
        ("a.gif", ("--speed", "100"), "frames a second"),
        ("a.gif", ("--mode", "x"), "mode"),
        ("a.gif", ("--dpi", "600"), "dots an inch"),
        ("a.png", ("--step", "week"), ".gif, .mp4, .webm"),
        ("a.avi", (), "the suffix must be one of"),
    ],
)
def test_a_film_that_cannot_be_made_is_one_line(tmp_path, name, asked, told):
    result = CliRunner().invoke(main, ["snapshot", str(tmp_path / name), *APRIL, *asked])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert told in line
    assert not list(tmp_path.iterdir())
