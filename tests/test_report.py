"""The report of an import: the real UCDP file against pandas, and the page."""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from invented import acled

from bordermap.catalog import Catalog
from bordermap.engine import report as reports
from bordermap.engine import stage
from bordermap.engine.report_page import SHOWN_ISSUES, to_html
from bordermap.engine.report_rows import issues, to_json
from bordermap.engine.report_words import sections
from bordermap.store import Store, StoredDataset

UCDP = Path(__file__).parents[2] / "shared" / "events" / "ucdp_ged_myanmar_1989_2023.csv"
needs_ucdp = pytest.mark.skipif(not UCDP.is_file(), reason=f"{UCDP} is not there")


def imported(folder: Path, catalog: Catalog, *paths: Path) -> StoredDataset:
    return stage(Store(folder / "data"), paths, "e", catalog=catalog).commit()


@pytest.fixture(scope="module")
def ucdp(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> StoredDataset:
    return imported(tmp_path_factory.mktemp("ucdp"), catalog, UCDP)


def read(dataset: StoredDataset, columns: list[str]) -> pa.Table:
    return pa.concat_tables(pq.read_table(part, columns=columns) for part in dataset.parts)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_csv(UCDP, dtype={"id": str})


# -------------------------------------------------------------------- the real file


@needs_ucdp
def test_every_row_is_kept(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    rows = ucdp.report["rows"]
    assert len(raw) == 7374
    assert (rows["read"], rows["kept"], rows["rejected"]) == (7374, 7374, 0)
    kept = read(ucdp, columns=["id", "line", "original"]).to_pandas()
    assert set(kept["id"]) == {text.removesuffix(".0") for text in raw["id"]}


@needs_ucdp
def test_every_row_has_the_line_that_it_starts_on(ucdp: StoredDataset) -> None:
    kept = read(ucdp, columns=["id", "line"]).to_pydict()
    lines = dict(zip(kept["id"], kept["line"], strict=True))
    with UCDP.open(encoding="utf-8", newline="") as file:
        reader, before, expected = csv.reader(file), 1, {}
        for row in reader:
            expected[row[0].removesuffix(".0")] = before
            before = reader.line_num + 1
    del expected["id"]
    assert lines == expected


@needs_ucdp
def test_dates(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    start, end = pd.to_datetime(raw["date_start"]), pd.to_datetime(raw["date_end"])
    found = ucdp.report["dates"]
    assert found["several_days"] == (start < end).sum() == 1088
    assert found["longest_days"] == (end - start).dt.days.max() + 1
    assert (found["first"], found["last"]) == (str(start.min().date()), str(end.max().date()))
    assert found["undated"] == 0
    assert found["precision"]["day"] == (raw["date_prec"] == 1).sum()


@needs_ucdp
def test_figures_that_contradict(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    low, high = raw["low"] > raw["best"], raw["high"] < raw["best"]
    assert (low.sum(), high.sum()) == (3, 8)
    found = Counter(issue["field"] for issue in issues(ucdp))
    assert (found["low"], found["high"]) == (3, 8)
    assert ucdp.report["figures"]["contradictions"] == (low | high).sum()
    assert ucdp.report["figures"]["fatalities_best"] == raw["best"].sum()


@needs_ucdp
def test_a_centroid_is_no_pin(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    at = raw.groupby(["longitude", "latitude"]).size()
    shared = at[at >= reports.SHARED_BY]
    found = ucdp.report["shared"]
    assert (found["coordinates"], found["events"]) == (len(shared), shared.sum())
    points = {(p["longitude"], p["latitude"]): p for p in found["points"]}
    assert len(points) == reports.LISTED
    assert {key: p["events"] for key, p in points.items()} == {key: at[key] for key in points}
    assert min(p["events"] for p in points.values()) >= shared.nlargest(reports.LISTED).min()
    centroid = points[98.0, 22.0]
    assert (centroid["events"], centroid["pins"]) == (499, 0)
    table = read(ucdp, columns=["longitude", "latitude", "geometry", "gate_id", "geo_precision"])
    frame = table.to_pandas()
    on_it = frame[(frame["longitude"] == 98) & (frame["latitude"] == 22)]
    assert len(on_it) == 499
    assert on_it["geometry"].isna().all()
    assert on_it["gate_id"].isna().all()
    vague = frame["geo_precision"].isin(["state", "country", "none"])
    assert (frame["geometry"].isna() == vague).all()


@needs_ucdp
def test_precision_of_places(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    prec = raw["where_prec"].astype(int)
    codes = {1: "exact", 2: "near", 3: "district", 4: "state", 5: "district", 6: "country"}
    expected = Counter(prec.map(codes | {7: "country"}))
    lowered = sum(row["rows"] for row in ucdp.report["reasons"] if row["field"] == "geo_precision")
    found = ucdp.report["places"]["precision"]
    assert found["state"] == expected["state"] + lowered
    assert found["exact"] + found["near"] == expected["exact"] + expected["near"] - lowered
    assert (found["district"], found["country"]) == (expected["district"], expected["country"])
    assert sum(found.values()) == 7374


@needs_ucdp
def test_regions(ucdp: StoredDataset, raw: pd.DataFrame, catalog: Catalog) -> None:
    found = ucdp.report["regions"]
    assert found["empty"] == raw["adm_1"].isna().sum() == 453
    written = Counter(raw["adm_1"].dropna())
    assert found["written"] == len(written) == 24
    codes = {spelling["written"]: spelling["code"] for spelling in found["spellings"]}
    assert {codes[name] for name in codes if "Karen" in name or "Kayin" in name} == {"MM-13"}
    assert {s["written"]: s["rows"] for s in found["spellings"]} == written

    kept = read(ucdp, columns=["longitude", "latitude", "stated_region", "region_code", "geometry"])
    frame = kept.to_pandas()
    pins = frame[frame["geometry"].notna()]
    points = geopandas.GeoDataFrame(
        pins[["stated_region"]],
        geometry=geopandas.points_from_xy(pins["longitude"], pins["latitude"]),
        crs="EPSG:4326",
    )
    joined = geopandas.sjoin(points, catalog.units[["code", "geometry"]], predicate="intersects")
    joined = joined.sort_values("code").loc[lambda rows: ~rows.index.duplicated()]
    differ = joined.dropna(subset="stated_region").query("stated_region != code")
    pairs = Counter(zip(differ["stated_region"], differ["code"], strict=True))
    assert found["disagreeing"] == len(differ)
    assert {(p["stated"], p["found"]): p["rows"] for p in found["disagreements"]} == pairs
    assert ucdp.report["outside"]["rows"] == len(pins) - len(joined)
    listed = ucdp.report["outside"]["points"]
    outside = pins.loc[pins.index.difference(joined.index)]
    sizes = outside.groupby(["longitude", "latitude"]).size()
    assert {(p["longitude"], p["latitude"]): p["events"] for p in listed} == {
        (p["longitude"], p["latitude"]): sizes[p["longitude"], p["latitude"]] for p in listed
    }
    assert len(listed) == min(reports.LISTED, len(sizes))


@needs_ucdp
def test_possible_duplicates(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    category = raw["type_of_violence"].map(lambda kind: kind == 3)
    keys = raw[["date_start", "date_end", "longitude", "latitude", "side_a", "side_b"]]
    sizes = keys.assign(category=category).groupby([*keys, "category"]).size()
    several = sizes[sizes > 1]
    found = ucdp.report["duplicates"]
    assert (found["groups"], found["rows"]) == (len(several), several.sum())
    assert found["possible"][0]["events"] == several.max()
    assert len(found["possible"]) == min(reports.LISTED, len(several))


@needs_ucdp
def test_text_is_kept_as_it_was(ucdp: StoredDataset, raw: pd.DataFrame) -> None:
    kept = read(ucdp, columns=["id", "original"])
    original = kept["original"].to_pylist()
    assert set(original[0]) == set(raw.columns)
    texts = raw.select_dtypes(exclude="number").columns
    several_lines = sum(any("\n" in (row[name] or "") for name in texts) for row in original)
    assert several_lines == 1410
    by_id = dict(zip(kept["id"].to_pylist(), original, strict=True))
    for row in raw.sample(200, random_state=1).to_dict("records"):
        was = by_id[row["id"].removesuffix(".0")]
        for name in ("source_article", "where_description", "side_a", "source_headline"):
            value = row[name]
            assert was[name] == (None if isinstance(value, float) else value)


@needs_ucdp
def test_the_page_of_the_real_file_is_well_formed(ucdp: StoredDataset) -> None:
    page = to_html(ucdp)
    for said in ("499", "1,088 rows span several days", "453 rows", "Kayin", "98.0000"):
        assert said in page, said
    check_page(page)


# -------------------------------------------------------------------- invented files


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.addresses += [str(v) for name, v in attributes if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_page(page: str) -> _Page:
    parsed = _Page()
    parsed.feed(page)
    assert parsed.open == []
    assert parsed.addresses == []
    assert not re.search(r"https?://|url\(|@import", page)
    assert not {"script", "img", "iframe", "link", "object", "b"} & set(parsed.tags)
    return parsed


HOSTILE = "<b onclick=alert(1)>&lt;'\"</b>"


def test_hostile_text_is_text_everywhere(tmp_path: Path, catalog: Catalog) -> None:
    row = dict.fromkeys(("admin1", "location", "actor1", "source", "event_type", "notes"), HOSTILE)
    same = {**row, "latitude": "10.5", "longitude": "80.5"}
    path = tmp_path / "a&lt;b.csv"
    path.write_text(acled(*[same] * 12, {**row, "event_date": HOSTILE}), "utf-8")
    dataset = imported(tmp_path, catalog, path)
    page = to_html(dataset)
    parsed = check_page(page)
    assert page.count("&lt;b onclick=alert(1)&gt;&amp;lt;") >= 4
    assert "a&amp;lt;b.csv" in page
    assert parsed.tags["table"] >= 6


def test_the_page_lists_the_first_issues_and_the_json_all(tmp_path: Path, catalog: Catalog) -> None:
    total = SHOWN_ISSUES + 500
    path = tmp_path / "a.csv"
    path.write_text(acled(*[{"event_date": "soon"}] * total, {}), "utf-8")
    dataset = imported(tmp_path, catalog, path)
    page = to_html(dataset)
    assert "The first 1,000 of 1,500 issues." in page
    assert page.count("<td>rejected</td>") == SHOWN_ISSUES + 1
    found = json.loads("".join(to_json(dataset)))
    assert found["issues_total"] == len(found["issues"]) == total
    assert [issue["line"] for issue in found["issues"]] == list(range(2, total + 2))
    assert {key: value for key, value in found.items() if not key.startswith("issues")} == {
        key: value for key, value in dataset.report.items() if key != "issues"
    }


def test_a_file_without_fault(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "a.csv"
    path.write_text(acled({}), "utf-8")
    dataset = imported(tmp_path, catalog, path)
    found = dataset.report
    assert (found["reasons"], found["issues"], found["shared"]["points"]) == ([], 0, [])
    assert json.loads("".join(to_json(dataset)))["issues"] == []
    check_page(to_html(dataset))


def test_the_report_is_json_and_in_words_without_nan(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "a.csv"
    rows: list[dict[str, Any]] = [
        {"event_date": "", "latitude": "", "longitude": ""},
        {"latitude": "10", "longitude": "10"},
        {"admin1": "Atlantis"},
        {"admin1": "Kachin"},
        {"admin1": "Kachin", "event_id_cnty": "MMR4"},
    ]
    path.write_text(acled(*rows), "utf-8")
    dataset = imported(tmp_path, catalog, path)
    found = dataset.report
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["dates"]["undated"] == 1
    assert found["places"]["unplaced"] == 1
    assert found["outside"]["rows"] == 1
    assert found["outside"]["points"][0]["longitude"] == 10
    assert found["regions"]["unknown"] == 1
    assert found["regions"]["disagreements"] == [{"stated": "MM-11", "found": "MM-17", "rows": 1}]
    assert found["duplicates"]["rejected"] == 1
    assert found["duplicates"]["rows"] == 2
    assert not any(isinstance(v, float) and math.isnan(v) for v in found["rows"].values())
    words = {section.heading: section.text for section in sections(found)}
    assert "1 row have no" not in " ".join(words.values())
