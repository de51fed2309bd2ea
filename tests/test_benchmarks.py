"""The benchmarks stay true: their files, their harness, and that all engines agree."""

from __future__ import annotations

import csv
import importlib.util
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import events, map_events, maps, measure, peers, playing, queries, snapshots
from benchmarks.__main__ import table
from bordermap.catalog import Catalog
from bordermap.catalog.join import labeller
from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[1]

ACLED_COLUMNS = (
    "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,"
    "assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,"
    "country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,"
    "notes,fatalities,tags,timestamp"
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def acled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return events.acled(400, tmp_path_factory.mktemp("acled"))


def test_acled_rows_look_like_those_of_an_export(acled: Path) -> None:
    rows = rows_of(acled)
    assert ",".join(rows[0]) == ACLED_COLUMNS
    assert len({row["event_id_cnty"] for row in rows}) == len(rows) == 400
    days = [date.fromisoformat(row["event_date"]) for row in rows]
    assert min(days) >= date(2010, 1, 1) and max(days) <= date(2026, 6, 30)
    assert all(row["year"] == row["event_date"][:4] for row in rows)
    assert 200 < np.mean([len(row["notes"]) for row in rows]) < 300
    assert {len(row["source"].split("; ")) for row in rows} == {2, 3, 4}
    assert all(-90 <= float(row["latitude"] or 0) <= 90 for row in rows)


def test_most_acled_rows_lie_in_the_units_and_some_outside(acled: Path, catalog: Catalog) -> None:
    frame = pd.read_csv(acled)
    found = labeller(catalog.gates, catalog.layers).regions(
        frame["longitude"].to_numpy(float), frame["latitude"].to_numpy(float)
    )
    assert 0.85 < np.mean(found >= 0) < 1


def test_the_same_seed_gives_the_same_file(acled: Path, tmp_path: Path) -> None:
    assert events.acled(400, tmp_path).read_bytes() == acled.read_bytes()
    assert events.acled(400, tmp_path, seed=2).read_bytes() != acled.read_bytes()


def test_a_file_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    path = events.acled(10, tmp_path)
    path.write_text("kept")
    assert events.acled(10, tmp_path).read_text() == "kept"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("real", [True, False], ids=["real", "invented"])
def test_ucdp_rows_are_copies_with_ids_of_their_own(
    real: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if real and not events.UCDP.is_file():
        pytest.skip(f"{events.UCDP} is not there")
    if not real:
        monkeypatch.setattr(events, "UCDP", tmp_path / "absent.csv")
    count = 9000
    rows = rows_of(events.ucdp(count, tmp_path))
    assert len(rows) == len({row["id"] for row in rows}) == count
    assert len(rows[0]) == 49
    assert all("1989-01-01" <= row["date_start"] <= row["date_end"] for row in rows)
    assert all(row["date_end"] <= "2023-12-31" for row in rows)
    assert any("\n" in row["source_article"] for row in rows)
    if real:
        original = rows_of(events.UCDP)
        assert rows[: len(original)] == original
        copy, first = rows[len(original)], original[0]
        assert copy["source_article"] == first["source_article"]
        assert rows[len(original) :] != original[: count - len(original)]


HOLD = "import time; held = bytearray({0} << 20); held[::512] = b'1' * len(held[::512])"


def megabytes(code: str) -> float:
    """Peak of a Python program, as seen from a small process; this one is large."""
    command = [sys.executable, "-c", code]
    seen = f"from benchmarks import measure; print(measure.run({command!r}).megabytes)"
    done = subprocess.run(
        [sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_peak_memory_of_a_command() -> None:
    assert 150 < megabytes(HOLD.format(150)) < 190


def test_memory_of_children_counts_together() -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("the system does not tell of children")
    child = f"{HOLD.format(100)}; time.sleep(1.5)"
    assert (
        megabytes(
            "import subprocess, sys;"
            f"two = [subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in range(2)];"
            "[one.wait() for one in two]"
        )
        > 200
    )


def test_every_run_of_a_command_counts() -> None:
    before = []
    code = "import time; time.sleep(0.1); print('done')"
    done = measure.run([sys.executable, "-c", code], repeats=2, before=lambda: before.append(1))
    assert len(before) == len(done.seconds) == 2
    assert done.best == min(done.seconds) > 0.1
    assert done.output == "done\n"


def test_a_run_that_fails_says_why() -> None:
    done = measure.run([sys.executable, "-c", "raise SystemExit('no such file')"], repeats=3)
    assert done.failure == "exit status 1: no such file"
    assert done.best is None and done.seconds == ()


def test_a_run_that_takes_too_long_is_ended() -> None:
    done = measure.run([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.3)
    assert done.failure == "not done after 0 s"
    assert done.best is None


def test_both_peers_make_the_columns_of_the_labels(
    acled: Path, tmp_path: Path, catalog: Catalog
) -> None:
    made = {}
    for tuned in (False, True):
        out = tmp_path / f"{tuned}.parquet"
        peers.pipeline(acled, out, tuned=tuned)
        made[tuned] = pd.read_parquet(out)
    pd.testing.assert_frame_equal(made[False], made[True])
    frame = made[False]
    assert len(frame) == 400
    x, y = frame["longitude"].to_numpy(float), frame["latitude"].to_numpy(float)
    labels = labeller(catalog.gates, catalog.layers)
    codes = [labels.codes[index] if index >= 0 else None for index in labels.regions(x, y)]
    assert [None if pd.isna(code) else code for code in frame["region_code"]] == codes
    border = labels.border_km(x, y)
    near = border < 300
    assert near.sum() > 20
    gate, gate_km = labels.gates(x, y)
    for column, kilometres in (("border_km", border), ("gate_km", gate_km)):
        measured = frame[column].to_numpy(float)[near]
        assert measured == pytest.approx(kilometres[near], rel=0.01, abs=0.2)
    same = frame["gate_id"][near] == [labels.gate_ids[index] for index in gate[near]]
    assert same.mean() > 0.95


def test_filters_are_varied_and_the_same_each_time() -> None:
    made = queries.filters(5)
    assert made == queries.filters(5) != queries.filters(5, seed=2)
    shapes = {
        shape: [one for one in made if one.shape == shape] for shape in {f.shape for f in made}
    }
    assert {len(group) for group in shapes.values()} == {5}
    assert len(set(made)) > 20


def test_the_table_leaves_out_what_was_not_measured() -> None:
    text = table([{"what": "import", "rows": 5_000_000, "ours_s": 1.5, "peer": "not run"}])
    assert text.splitlines()[-1].split("|")[1:6] == [
        " import ", " 5,000,000 ", " 1.500   ", " not run ", "         "
    ]  # fmt: skip


def test_imports_and_queries_run_and_all_engines_agree(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    done = subprocess.run(
        measure.module(
            "benchmarks",
            *("--quick", "--only", "imports", "--only", "queries"),
            *("--folder", tmp_path, "--json", out),
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text("utf-8"))["results"]
    imports = [row for row in results if row["what"].startswith("import")]
    assert {row["what"] for row in imports} == {"import acled", "import ucdp"}
    assert all(not row["note"] and row["ours_s"] > 0 and row["peer_s"] > 0 for row in imports)
    asked = [row for row in results if row["what"].startswith("query")]
    assert {row["peer"] for row in asked} == {"pandas", "duckdb"}
    assert len(done.stdout.splitlines()) == len(results) + 4


MAP: maps.MapRow = {
    "map": "bordermap", "rows": 1000, "hover": True, "click": True, "server_s": 0.5,
    "sent": 2_000_000, "gzipped": 1_000_000, "first_s": 1.0, "filter_s": 0.1,
    "browser_mb": None, "server_mb": 300.0,
}  # fmt: skip
PEER: maps.MapRow = {
    **MAP,
    "map": "folium GeoJson",
    "slower": 4.0,
    "larger": 3.0,
    "larger_gzipped": 1.5,
}


def test_the_table_of_maps_names_what_did_not_run() -> None:
    failed: maps.MapRow = {
        "map": "pydeck ScatterplotLayer", "rows": 1000, "hover": True, "click": False,
        "failure": "not done | after 60 s",
    }  # fmt: skip
    lines = maps.table([MAP, PEER, failed]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]
    assert cells[0][:5] == ["bordermap", "1,000", "hover, click", "1.00", ""]
    assert cells[1][4] == "4.0" and cells[1][7] == "3.0" and cells[1][9] == "1.5"
    assert cells[2][2] == "hover"
    assert set(cells[2][3:-1]) == {""} and cells[2][-1] == "not done / after 60 s"


def test_ours_is_compared_with_the_best_peer_that_offers_hover_and_click() -> None:
    bare = {**PEER, "map": "folium FastMarkerCluster", "slower": 0.5, "click": False}
    slower = {**PEER, "map": "folium CircleMarker", "slower": 9.0, "larger": 2.0}
    (said,) = maps.summary([MAP, PEER, bare, slower])
    assert "(folium GeoJson) takes 4.0 times" in said
    assert "(folium CircleMarker) 2.0 times the bytes as sent (1.5 times" in said
    (said,) = maps.summary([MAP, {**MAP, "map": "folium GeoJson", "failure": "x"}])
    assert said == "1,000 events: no peer with hover and click finished"


def test_the_table_of_playing_says_how_long_and_how_even() -> None:
    row: playing.PlayRow = {"what": "frame", "rows": 0, "count": 3, "median": 16.7, "high": 33.4}
    line = playing.table([row, {"what": "app", "rows": 1000, "note": "ended"}]).splitlines()
    assert [cell.strip() for cell in line[2].split("|")[1:6]] == [
        "frame", "curated", "3", "17", "33"
    ]  # fmt: skip
    assert [cell.strip() for cell in line[3].split("|")[1:7]] == [
        "app",
        "1,000",
        "",
        "",
        "",
        "ended",
    ]


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> list[maps.MapRow]:
    """Ours, a peer that runs and one that has no scripts, with few events."""
    if chromium.find() is None:
        pytest.fail(chromium.MISSING, pytrace=False)
    folder = tmp_path_factory.mktemp("maps")
    asked = ("ours", "FastMarkerCluster", "TimestampedGeoJson")
    return list(maps.rows([300], folder, limit=120, import_limit=300, peers=asked))


def test_maps_are_visited_filtered_and_compared(visited: list[maps.MapRow]) -> None:
    ours, peer, _ = visited
    for row in (ours, peer):
        assert "failure" not in row
        assert row["first_s"] > row["server_s"] > 0 < row["filter_s"]
        assert 0 < row["gzipped"] <= row["sent"]
        assert row["server_mb"] > 50
    assert peer["slower"] == pytest.approx(peer["first_s"] / ours["first_s"])
    assert peer["larger"] == pytest.approx(peer["sent"] / ours["sent"])
    assert peer["larger_gzipped"] == pytest.approx(peer["gzipped"] / ours["gzipped"])


def test_a_peer_without_its_scripts_is_named(visited: list[maps.MapRow]) -> None:
    failure = visited[2]["failure"]
    assert failure.startswith("could not run: no installed package has")
    assert "leaflet.timedimension.min.js" in failure


def test_a_map_that_does_not_finish_is_not_run_with_more_events(tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    found = list(maps.rows([50, 60], folder, limit=0.01, import_limit=300, peers=("pydeck",)))
    assert [row["failure"] for row in found] == ["not done after 0 s", "not run: 50 were too many"]


def test_the_peers_are_given_the_rows_of_the_dataset(tmp_path: Path) -> None:
    made = map_events.prepare(40, tmp_path, limit=300)
    frame = pd.read_parquet(made.flat)
    assert list(frame) == list(map_events.COLUMNS)
    assert len(frame) == 40
    assert frame["longitude"].between(80, 110).all()
    again = made.flat.stat().st_mtime_ns
    assert map_events.prepare(40, tmp_path, limit=300).flat.stat().st_mtime_ns == again


PICTURE: snapshots.SnapshotRow = {
    "way": "bordermap", "rows": 0, "warm_s": 0.5, "cold_s": 2.0, "megabytes": 300.4,
    "size": 1_234_567,
}  # fmt: skip


def test_the_table_of_snapshots_names_what_did_not_run() -> None:
    failed: snapshots.SnapshotRow = {"way": "folium", "rows": 5000, "failure": "no | driver"}
    lines = snapshots.table([PICTURE, failed]).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]
    assert cells == [
        ["bordermap", "curated", "0.50", "", "2.00", "", "300", "1,235", ""],
        ["folium", "5,000", "", "", "", "", "", "", "no / driver"],
    ]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[snapshots.SnapshotRow]:
    """Of the curated records by all ways, and of few events by ours."""
    if chromium.find() is None:
        pytest.fail(chromium.MISSING, pytrace=False)
    asked = {"folder": tmp_path_factory.mktemp("pictures"), "limit": 300, "import_limit": 300}
    curated = snapshots.rows([snapshots.CURATED], **asked, repeats=1)
    return [*curated, *snapshots.rows([40], **asked, repeats=1, ways=[snapshots.OWN])]


def test_pictures_are_made_in_all_ways_and_compared(pictures: list[snapshots.SnapshotRow]) -> None:
    *curated, imported = pictures
    assert [row["way"] for row in curated] == [way.title for way in snapshots.WAYS.values()]
    ours, screenshot, served, _, plain = curated
    assert served["cold_s"] > 0
    for row in (ours, screenshot, plain, imported):
        assert "failure" not in row
        assert row["cold_s"] > row["warm_s"] > 0
        assert row["megabytes"] > 50
        assert row["size"] > 20_000
    for row in (screenshot, plain):
        assert row["cold_ratio"] == pytest.approx(row["cold_s"] / ours["cold_s"])
        assert row["warm_ratio"] == pytest.approx(row["warm_s"] / ours["warm_s"])


def test_an_export_without_its_driver_is_named(pictures: list[snapshots.SnapshotRow]) -> None:
    if importlib.util.find_spec("selenium") is not None:
        pytest.skip("selenium is there")
    assert pictures[3]["failure"].endswith("No module named 'selenium'")
