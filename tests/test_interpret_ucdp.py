"""The real file of UCDP GED, against counts that pandas makes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bordermap.importers import reading
from bordermap.importers.formats import recognise
from bordermap.importers.interpret import Interpreted, Names, interpret

PATH = Path(__file__).resolve().parents[2] / "shared" / "events" / "ucdp_ged_myanmar_1989_2023.csv"
ROWS = 7374

pytestmark = pytest.mark.skipif(not PATH.exists(), reason="the file of UCDP GED is not here")


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_csv(PATH, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def found() -> Interpreted:
    layout = reading.detect(PATH)
    layout, mapping, questions = recognise(layout, reading.sample(PATH, layout))
    assert (mapping.format, questions) == ("ucdp", [])
    (batch,) = (batch for chunk in reading.chunks(PATH, layout) for batch in reading.read(chunk))
    return interpret(batch, mapping, PATH.name, Names({}))


@pytest.fixture(scope="module")
def events(found: Interpreted) -> pd.DataFrame:
    return found.events.drop(["original", "actors", "participants"]).to_pandas()


def test_every_row_is_kept(raw, found, events):
    assert len(raw) == len(events) == ROWS
    assert set(found.issues["action"].to_pylist()) == {"repaired"}
    assert events["id"].tolist() == raw["id"].str.removesuffix(".0").tolist()
    original = pd.DataFrame(found.events["original"].to_pylist()).fillna("")
    assert list(original.columns) == list(raw.columns)
    for column in raw.columns:
        same = original[column].str.replace("\r\n", "\n") == raw[column].str.replace("\r\n", "\n")
        assert same.all(), column


def test_lines_are_those_of_a_text_editor(raw, found):
    lines = PATH.read_bytes().split(b"\n")
    for row in (0, 150, 2661, ROWS - 1):
        line = found.events["line"][row].as_py()
        assert lines[line - 1].startswith(raw["id"][row].encode() + b",")


def test_dates_are_those_of_the_file(raw, events):
    start, end = pd.to_datetime(raw["date_start"]), pd.to_datetime(raw["date_end"])
    assert (pd.to_datetime(events["date_start"]) == start).all()
    assert (pd.to_datetime(events["date_end"]) == end).all()
    several = start != end
    assert several.sum() == (events["date_start"] != events["date_end"]).sum() == 1088
    prec = raw["date_prec"].astype(float)
    whole = (start.dt.day == 1) & ((end + pd.Timedelta(days=1)).dt.day == 1)
    expected = pd.Series("day", index=raw.index)
    expected[several] = "range"
    expected[(prec == 4) & whole] = "month"
    assert (events["date_precision"] == expected).all()
    assert (events["date_precision"] == "day").sum() == 6286


def test_places_are_those_of_the_file(raw, events):
    assert (events["longitude"] == raw["longitude"].astype(float)).all()
    assert (events["latitude"] == raw["latitude"].astype(float)).all()
    words = {1: "exact", 2: "near", 3: "district", 4: "state", 5: "district", 6: "country",
             7: "country"}  # fmt: skip
    expected = raw["where_prec"].astype(float).astype(int).map(words)
    assert (events["geo_precision"] == expected).all()
    assert events["geo_precision"].value_counts().to_dict() == {
        "district": 3182 + 459,
        "near": 1347,
        "exact": 1319,
        "state": 712,
        "country": 352 + 3,
    }


def test_spellings_of_regions(raw, events):
    spelled = raw["adm_1"].replace("", pd.NA)
    counted = events["region_text"].value_counts()
    assert counted.to_dict() == spelled.value_counts().to_dict()
    assert len(counted) == 24
    assert events["region_text"].isna().sum() == 453
    assert events["stated_region"].isna().sum() == 453
    codes = events.groupby("region_text")["stated_region"].unique()
    assert all(len(held) == 1 for held in codes)
    assert codes["Karen state"] == codes["Kayin state"] == ["MM-13"]
    assert codes["Magway  region"] == codes["Magwe division"] == ["MM-03"]
    assert len(set(codes.str[0])) == 15


def test_deaths_are_those_of_the_file_but_for_contradictions(raw, found, events):
    best, low, high = (raw[name].astype(float) for name in ("best", "low", "high"))
    assert ((high < best).sum(), (low > best).sum()) == (8, 3)
    assert (events["fatalities_best"] == best).all()
    pd.testing.assert_series_equal(
        events["fatalities_low"], low.mask(low > best), check_names=False, check_dtype=False
    )
    pd.testing.assert_series_equal(
        events["fatalities_high"], high.mask(high < best), check_names=False, check_dtype=False
    )
    expected = {(events["line"][row], "high", raw["high"][row]) for row in raw.index[high < best]}
    expected |= {(events["line"][row], "low", raw["low"][row]) for row in raw.index[low > best]}
    issues = found.issues.to_pylist()
    assert {(i["line"], i["field"], i["value"]) for i in issues} == expected
    assert len(issues) == 11


def test_kinds_of_violence(raw, events):
    kinds = {1: "armed_clash", 2: "armed_clash", 3: "violence_against_civilians"}
    expected = raw["type_of_violence"].astype(float).astype(int).map(kinds)
    assert (events["category"] == expected).all()
    assert (events["kind"] == "incident").all()
    clear = raw["event_clarity"].astype(float).map({1: "high", 2: "medium"})
    assert (events["confidence"] == clear).all()


def test_both_sides_are_actors(raw, found):
    assert found.events["actors"].to_pylist() == [
        [a, b] for a, b in zip(raw["side_a"], raw["side_b"], strict=True)
    ]
