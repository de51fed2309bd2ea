"""A selection and its spellings."""

from __future__ import annotations

import math
from datetime import date
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bordermap.areas import MAX_VERTICES
from bordermap.errors import BordermapError, SelectionError
from bordermap.model.vocabulary import FAMILIES, Confidence, GeoPrecision, Kind, Scope
from bordermap.selection import MAX_TEXT, QUERY_KEYS, Selection

TEXT = st.text(max_size=20) | st.sampled_from(
    ["  Lwegel ", "မူဆယ်", "a&b=c", "?x=1#y", "100 %+", "\ud800", "\x00", "雷\u3000基", "Z" * 999]
)
NAMES = st.lists(TEXT, max_size=4).map(tuple)
DISTANCES = st.none() | st.floats(0, 1e6, allow_nan=False) | st.integers(0, 2000)


def terms(vocabulary: object) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(sorted(vocabulary)), max_size=4).map(tuple)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    west, east = sorted(draw(st.tuples(*[st.floats(-180, 180)] * 2)))
    south, north = sorted(draw(st.tuples(*[st.floats(-90, 90)] * 2)))
    return west, south, east, north


@st.composite
def drawn(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    corner = st.tuples(st.floats(-180, 180), st.floats(-85, 85))
    corners = draw(st.lists(corner, min_size=3, max_size=MAX_VERTICES, unique=True))
    return tuple(corners)


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    days = st.none() | st.dates()
    first, last = draw(days), draw(days)
    if first and last and first > last:
        first, last = last, first
    return Selection(
        dataset=draw(TEXT),
        date_from=first,
        date_to=last,
        kinds=draw(terms(Kind)),
        categories=draw(terms(FAMILIES)),
        regions=draw(NAMES),
        gates=draw(NAMES),
        actors=draw(NAMES),
        topics=draw(NAMES),
        sources=draw(NAMES),
        scopes=draw(terms(Scope)),
        geo_precision=draw(terms(GeoPrecision)),
        confidence=draw(terms(Confidence)),
        text=draw(TEXT),
        near_border_km=draw(DISTANCES),
        near_gate_km=draw(DISTANCES),
        bbox=draw(st.none() | boxes()),
        area=draw(st.none() | drawn()),
    )


@given(selections())
def test_what_is_written_reads_back_the_same(selection: Selection) -> None:
    query = selection.to_query()
    assert query.isascii()
    assert Selection.from_query(query) == (selection, [])
    assert Selection.from_query(f"https://example.org/map/?{query}#top") == (selection, [])
    assert Selection.from_query(selection.to_params()) == (selection, [])
    assert Selection.from_query(query)[0].to_query() == query
    assert bool(selection) == bool(query)


@given(selections())
def test_a_selection_says_each_thing_once(selection: Selection) -> None:
    for field in QUERY_KEYS:
        value = getattr(selection, field)
        if isinstance(value, tuple) and field not in ("bbox", "area"):
            assert len(set(value)) == len(value) and "" not in value
    assert selection.text == selection.text.strip() and len(selection.text) <= MAX_TEXT
    assert hash(selection) == hash(selection.replace())


def test_equal_selections_have_equal_spellings() -> None:
    assert Selection(text=" Lwegel\n", kinds=("meeting", "meeting")) == Selection(
        text="Lwegel", kinds=("meeting",)
    )
    assert Selection(text="   ", regions=("", " ")) == Selection()


def test_spelling() -> None:
    selection = Selection(
        date_from=date(2024, 4, 1),
        date_to=date(2024, 4, 5),
        regions=("MM-11", "MM-17"),
        near_border_km=12.5,
        bbox=(97.0, 23.0, 99.5, 25.0),
        area=((97.5, 23.0), (98, 23.25), (98, 24)),
        text="Mong Ko",
    )
    assert selection.to_query() == (
        "from=2024-04-01&to=2024-04-05&text=Mong+Ko&near-border=12.5"
        "&bbox=97.0%2C23.0%2C99.5%2C25.0"
        "&area=97.5%2C23.0+98.0%2C23.25+98.0%2C24.0&region=MM-11&region=MM-17"
    )


@pytest.mark.parametrize(
    "address",
    [
        "kind=incident&text=Muse",
        "?kind=incident&text=Muse",
        "https://example.org/?kind=incident&text=Muse",
        "http://localhost:8501/base/path/?kind=incident&text=Muse#map",
        "localhost:8501/?kind=incident&text=Muse",
        "https://example.org/a=b/?kind=incident&text=Muse",
        "/base/?view=97,23,99,25&kind=incident&record=x&text=Muse&lang=en",
        " https://example.org/?kind=incident&text=Muse\n",
    ],
)
def test_whole_addresses(address: str) -> None:
    assert Selection.from_query(address) == (Selection(kinds=("incident",), text="Muse"), [])


@pytest.mark.parametrize(
    "address",
    ["", "?", "https://example.org", "https://example.org/", "http://[", "//[", "https://[::1/?"],
)
def test_addresses_without_a_selection(address: str) -> None:
    assert Selection.from_query(address) == (Selection(), [])


def test_a_question_mark_may_be_asked_for() -> None:
    assert Selection.from_query("text=who?&kind=meeting")[0] == Selection(
        text="who?", kinds=("meeting",)
    )


@pytest.mark.parametrize(
    ("rubbish", "said"),
    [
        ("from=yesterday", "from: 'yesterday' is not a day like 2024-04-01"),
        ("to=2024-02-30", "to: '2024-02-30' is not a day like 2024-04-05"),
        ("near-border=nan", "near-border: nan is not a distance in km"),
        ("near-border=-1", "near-border: -1.0 is not a distance in km"),
        ("near-gate=1e999", "near-gate: inf is not a distance in km"),
        ("near-gate=far", "near-gate: 'far' is not a number"),
        ("bbox=1,2,3", "bbox: '1,2,3' is not west,south,east,north in degrees"),
        ("bbox=99,23,97,25", "bbox: (99.0, 23.0, 97.0, 25.0) is not west,south,east,north"),
        ("bbox=nan,23,97,25", "bbox: (nan, 23.0, 97.0, 25.0) is not west,south,east,north"),
        ("bbox=97,23,99,91", "bbox: (97.0, 23.0, 99.0, 91.0) is not west,south,east,north"),
        ("area=97,23 98", "area: '97,23 98' is not longitude,latitude pairs"),
        ("area=97,23 98,24", "area: 2 corners, where 3 to 100 are wanted"),
        ("area=" + "1,1 " * 100_000, "area: 99999 corners, where 3 to 100 are wanted"),
        ("kind=party", "kind: 'party' is not one of incident, meeting"),
        ("category=picnic", "category: 'picnic' is not one of abduction_or_trafficking, "),
        ("scope=all", "scope: 'all' is not one of border, "),
        ("precision=street", "precision: 'street' is not one of country, "),
        ("confidence=99", "confidence: '99' is not one of high, "),
        ("kind=" + "x" * 100_000, "kind: 'xxxxxxxx"),
        ("from=" + "9" * 100_000, "from: '99999999"),
    ],
)
def test_rubbish_is_named_and_the_rest_survives(rubbish: str, said: str) -> None:
    selection, ignored = Selection.from_query(f"kind=meeting&{rubbish}&region=MM-17&text=Muse")
    assert selection == Selection(kinds=("meeting",), regions=("MM-17",), text="Muse")
    (line,) = ignored
    assert line.startswith(said)
    assert len(line) < 600 and "\n" not in line


def test_all_rubbish_is_named_at_once() -> None:
    selection, ignored = Selection.from_query("kind=a&kind=meeting&kind=b&from=c&bbox=d&to=e")
    assert selection == Selection(kinds=("meeting",))
    assert [line.partition(":")[0] for line in ignored] == ["from", "to", "bbox", "kind", "kind"]


def test_a_range_that_ends_before_it_starts_loses_its_end() -> None:
    selection, ignored = Selection.from_query("from=2024-04-05&to=2024-04-01")
    assert selection == Selection(date_from=date(2024, 4, 5))
    assert ignored == ["from 2024-04-05 is after to 2024-04-01"]


KEYS = st.sampled_from([*QUERY_KEYS.values(), "view", "record", "", "KIND"])


@given(st.lists(st.tuples(KEYS, TEXT | st.sampled_from(["nan", "-1", "1,2,3,4", "2024-04-31"]))))
@example([("near-border", "1" * 400)])
@example([("near-border", "1_0")])
@example([("bbox", "1e400,0,0,0")])
@example([("from", "0000-00-00")])
def test_no_query_is_fatal(pairs: list[tuple[str, str]]) -> None:
    query = urlencode([(key, value.encode(errors="replace")) for key, value in pairs])
    selection, ignored = Selection.from_query(query)
    assert Selection.from_query(selection.to_query()) == (selection, [])
    assert Selection.from_query(parse_qs(query)) == (selection, ignored)


@given(st.text(alphabet="?&=#%/:[];+ a1\x00ÿ\ud800", max_size=40) | st.text(max_size=40))
@example("http://[")
@example("text=http://[")
@example("%FF%FE=%C0")
def test_no_text_is_fatal(query: str) -> None:
    Selection.from_query(query)


def test_what_is_not_a_selection_is_passed_over_in_silence() -> None:
    assert Selection.from_query("view=1,2,3,4&record=x&lang=my&utm_source=y") == (Selection(), [])


def test_text_is_cut_to_a_length_that_is_searched() -> None:
    selection, ignored = Selection.from_query(urlencode({"text": "word " * 100_000}))
    assert 0 < len(selection.text) <= MAX_TEXT and not ignored
    assert Selection.from_query(selection.to_query()) == (selection, [])


def test_thousands_of_values_are_read_at_once() -> None:
    values = [f"R{number}" for number in range(20_000)]
    selection, ignored = Selection.from_query(urlencode({"region": values}, doseq=True))
    assert selection.regions == tuple(values) and not ignored


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": ("party",)},
        {"date_from": date(2024, 2, 2), "date_to": date(2024, 2, 1)},
        {"near_border_km": -0.1},
        {"near_gate_km": math.nan},
        {"bbox": (0.0, 0.0, math.inf, 0.0)},
        {"area": ((0.0, 0.0), (1.0, 1.0))},
        {"area": ((0.0, 0.0), (1.0, 1.0), (math.nan, 0.0))},
    ],
)
def test_a_selection_that_makes_no_sense_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(SelectionError) as raised:
        Selection(**wrong)
    assert isinstance(raised.value, BordermapError)


@given(selections())
def test_no_value_is_spelled_out_in_the_condition(selection: Selection) -> None:
    condition, parameters = selection.where(["lweje"])
    fresh, _ = Selection().where()
    assert fresh == "(true)"
    assert all(f"${name}" in condition for name in parameters)
    allowed = set("abcdefghijklmnopqrstuvwxyz_0123456789$()<>=,.:' +-*%")
    assert set(condition) <= allowed and "--" not in condition
    assert set(condition.split("'")[1::2]) <= {" ", "unknown"}
