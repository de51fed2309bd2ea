"""From spilled events to a dataset: what stays, in which order, in which files."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from store_files import Event, entries, event, many, spill, spill_issues, stored

from bordermap.errors import StoreError
from bordermap.model.event import EVENT_SCHEMA, ISSUE_SCHEMA
from bordermap.store import Store, StoredDataset, finish, parts, shuffle


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def table(dataset: StoredDataset, columns: str = "*") -> pa.Table:
    with duckdb.connect() as connection:
        return connection.sql(
            f"select {columns} from {dataset.relation} order by row"
        ).to_arrow_table()


def issues(dataset: StoredDataset) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pq.read_table(dataset.issues).to_pylist()]


def curve(found: Event) -> int:
    """Place on the Hilbert curve as geopandas says."""
    point = geopandas.GeoSeries([shapely.Point(found["longitude"], found["latitude"])])
    return int(point.hilbert_distance(total_bounds=(-180, -90, 180, 90)).iloc[0])


def expected(events: Sequence[Event]) -> list[Event]:
    """What a dataset holds, told slowly: first of an id, no round places, sorted."""
    first: dict[str, Event] = {}
    for found in events:
        first.setdefault(found["id"], found)
    at = Counter((found["longitude"], found["latitude"]) for found in first.values())
    kept = []
    for found in first.values():
        here = (found["longitude"], found["latitude"])
        if (
            None not in here
            and all(value % 0.5 == 0 for value in here)
            and at[here] >= 10
            and found["geo_precision"] in ("exact", "near")
        ):
            gone = dict.fromkeys(("gate_id", "gate_km", "border_km", "geometry", "bbox"))
            region = found.get("stated_region") or found["region_code"]
            found = {**found, **gone, "geo_precision": "state", "region_code": region}
        kept.append(found)
    late = datetime.date.max
    kept.sort(
        key=lambda found: (
            (found["date_start"] or late).replace(day=1),
            2**32 if found["longitude"] is None else curve(found),
            found["date_start"] or late,
            found["id"],
        )
    )
    return kept


def assert_holds(dataset: StoredDataset, events: Sequence[Event]) -> None:
    found = table(dataset)
    assert found["row"].to_pylist() == list(range(len(events))) == list(range(dataset.rows))
    wanted = pa.Table.from_pylist(list(events), schema=EVENT_SCHEMA)
    assert found.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA).to_pylist() == wanted.to_pylist()
    originals = found["original"].to_pylist()
    for row, (original, source) in enumerate(zip(originals, events, strict=True)):
        present = {key: value for key, value in original.items() if value is not None}
        wanted_here = {k: v for k, v in source["original"].items() if v is not None}
        assert present == wanted_here, row


def test_the_relation_has_the_columns_of_an_event(store: Store) -> None:
    dataset = stored(store, "acled", many(20))
    found = table(dataset)
    assert found.column_names == [*EVENT_SCHEMA.names, "original", "row"]
    assert found.schema.field("geometry").type == pa.binary()
    assert found.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA).num_rows == 20
    assert found.schema.field("row").type == pa.int64()


EVENTS = st.lists(
    st.builds(
        lambda *drawn: drawn,
        st.sampled_from([f"id{number}" for number in range(30)]),
        st.sampled_from(
            [None, "1999-12-31", "2021-01-01", "2021-01-31", "2021-02-03", "2023-05-05"]
        ),
        st.sampled_from([None, (98.0, 22.0), (98.0, 22.0), (97.1, 22.3), (-120.5, -40.5)]),
        st.sampled_from(["exact", "near", "district", "state", "country"]),
        st.sampled_from([None, "MM-12"]),
        st.sampled_from([{}, {"a": "1"}, {"b": None, "c": "=1+1"}]),
    ),
    max_size=40,
)


@settings(max_examples=8)
@given(drawn=EVENTS, data=st.data())
def test_the_result_does_not_depend_on_how_it_was_computed(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Any], data: st.DataObject
) -> None:
    events = [
        event(
            name,
            line,
            date,
            place,
            precision,
            original={"id": name, **extra},
            stated_region=stated,
            fatalities_best=line % 3 or None,
        )
        for line, (name, date, place, precision, stated, extra) in enumerate(drawn, 2)
    ]
    store = Store(tmp_path_factory.mktemp("data"))
    one = stored(store, "one", events)
    assert_holds(one, expected(events))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(events)), max_size=4)))
    pieces = [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(3) as threads:
        patch.setattr(finish, "_BUCKET_ROWS", data.draw(st.integers(1, 20)))
        patch.setattr(shuffle, "_HELD_ROWS", data.draw(st.integers(1, 20)))
        several = stored(
            store,
            "several",
            *pieces,
            run=lambda function, tasks: threads.map(function, list(tasks)[::-1]),
        )
    assert_holds(several, expected(events))
    assert issues(several) == issues(one)
    assert several.summary() == one.summary()
    counts = Counter((e["date_start"], e["region_code"], e["category"]) for e in expected(events))
    summed = {tuple(row.values())[:3]: row for row in one.summary().to_pylist()}
    assert {key: row["events"] for key, row in summed.items()} == counts
    for key, row in summed.items():
        deaths = [
            e["fatalities_best"]
            for e in expected(events)
            if (e["date_start"], e["region_code"], e["category"]) == key
            and e["fatalities_best"] is not None
        ]
        assert row["fatalities_best"] == (sum(deaths) if deaths else None)


def test_the_bytes_do_not_depend_on_chunks(store: Store) -> None:
    events = many(400)
    digests = {
        stored(store, f"x{size}", *(events[at : at + size] for at in range(0, 400, size))).digest
        for size in (90, 400)
    }
    assert len(digests) == 1
    assert stored(store, "other", many(399)).digest not in digests


def test_the_first_line_of_an_id_stays(store: Store) -> None:
    dataset = stored(
        store,
        "acled",
        [event("a", 2), event("b", 3), event("a", 4, "2019-01-01")],
        [
            event("b", 5, None),
            event("a", 2, "2000-01-01", file="other.csv"),
            event("c", 3, file="other.csv"),
        ],
    )
    kept = table(dataset, "id, file, line").to_pylist()
    assert sorted(tuple(row.values()) for row in kept) == [
        ("a", "events.csv", 2),
        ("b", "events.csv", 3),
        ("c", "other.csv", 3),
    ]
    reason = "duplicate of an earlier row"
    assert issues(dataset) == [
        ("events.csv", 4, "rejected", "id", "a (line 2)", reason),
        ("events.csv", 5, "rejected", "id", "b (line 3)", reason),
        ("other.csv", 2, "rejected", "id", "a (line 2 of events.csv)", reason),
    ]


@pytest.mark.parametrize(("count", "lowered"), [(9, False), (10, True)])
def test_round_coordinates_that_many_share_are_no_places(
    store: Store, count: int, lowered: bool
) -> None:
    shared = [event(f"s{n}", n, place=(98.0, 22.5), stated_region="MM-12") for n in range(1, count)]
    unstated = event("u", 50, place=(98.0, 22.5), geo_precision="near")
    beside = [event(f"o{n}", 100 + n, place=(98.0, 22.4)) for n in range(20)]
    dataset = stored(store, "acled", [*shared, unstated, *beside])
    found = {row["id"]: row for row in table(dataset).to_pylist()}
    assert {row["geo_precision"] for name, row in found.items() if name[0] == "o"} == {"exact"}
    assert found["s1"]["geo_precision"] == ("state" if lowered else "exact")
    assert found["s1"]["region_code"] == ("MM-12" if lowered else "MM-17")
    assert found["u"]["region_code"] == "MM-17"
    assert (found["u"]["longitude"], found["u"]["latitude"]) == (98.0, 22.5)
    for name in ("gate_id", "gate_km", "border_km", "geometry", "bbox"):
        assert (found["u"][name] is None) == lowered
    reason = "round coordinate of 10 or more events: known to the state only"
    said = ("events.csv", 50, "repaired", "geo_precision", "98.0, 22.5 (near)", reason)
    assert (said in issues(dataset)) == lowered
    assert len(issues(dataset)) == (count if lowered else 0)


def test_a_round_coordinate_is_shared_with_events_of_before(store: Store) -> None:
    first = [event(f"a{n}", n, place=(98.0, 22.5)) for n in range(6)]
    second = [event(f"b{n}", n, place=(98.0, 22.5), file="b.csv") for n in range(5)]
    dataset = stored(store, "acled", second, previous=stored(store, "acled", first))
    assert set(table(dataset)["geo_precision"].to_pylist()) == {"state"}
    third = [event("c", 2, place=(98.0, 22.5), file="c.csv")]
    dataset = stored(store, "acled", third, previous=dataset)
    assert set(table(dataset)["geo_precision"].to_pylist()) == {"state"}
    assert [row[0] for row in issues(dataset)] == ["b.csv"] * 5 + ["c.csv"] + ["events.csv"] * 6


def test_issues_are_sorted_and_those_of_files_read_again_are_replaced(store: Store) -> None:
    def issue(file: str, line: int, reason: str = "is not a date") -> dict[str, Any]:
        return {
            "file": file,
            "line": line,
            "action": "rejected",
            "field": "date",
            "value": "?",
            "reason": reason,
        }

    with store.build("acled") as building:
        spill(building, 0, [event("a", 2, file="b.csv")])
        spill_issues(building, 0, [issue("b.csv", 10), issue("b.csv", 9)])
        spill_issues(building, 1, [issue("a.csv", 7)])
        old = building.finish().commit()
    assert pq.read_schema(old.issues).equals(ISSUE_SCHEMA)
    assert [row[:2] for row in issues(old)] == [("a.csv", 7), ("b.csv", 9), ("b.csv", 10)]
    with store.build("acled") as building:
        spill(building, 0, [event("b", 2, file="a.csv")])
        spill_issues(building, 0, [issue("c.csv", 1)])
        new = building.finish(old).commit()
    assert [row[:2] for row in issues(new)] == [("b.csv", 9), ("b.csv", 10), ("c.csv", 1)]


def test_nothing_to_store(store: Store) -> None:
    with store.build("acled") as building:
        dataset = building.finish().commit()
    assert dataset.rows == 0
    assert len(table(dataset)) == len(dataset.summary()) == len(issues(dataset)) == 0
    assert len(dataset.parts) == 1
    later = stored(store, "acled", many(3), previous=dataset)
    assert later.rows == 3


def test_hidden_and_other_files_are_not_read(store: Store) -> None:
    with store.build("acled") as building:
        spill(building, 0, [event("a", 2)])
        (building.spill / "2021" / ".000001-abc.part").write_bytes(b"half")
        (building.spill / "1999").mkdir()
        assert building.finish().commit().rows == 1


def test_spilled_files_that_cannot_be_read(store: Store) -> None:
    failed = pytest.raises(StoreError, match="writing dataset 'acled' failed")
    with failed as raised, store.build("acled") as building:
        spill(building, 0, [event("a", 2)])
        (building.spill / "2021" / "000001.parquet").write_bytes(b"PAR1 no")
        building.finish()
    assert "\n" not in str(raised.value)
    assert entries(store.root) == set()


def test_parts_are_geoparquet(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finish, "_BUCKET_ROWS", 100)
    dataset = stored(store, "acled", [*many(400), event("u", 900, None, None)])
    assert len(dataset.parts) > 2
    assert [path.name for path in dataset.parts] == [
        f"part-{number:05d}.parquet" for number in range(len(dataset.parts))
    ]
    frames = [geopandas.read_parquet(path) for path in dataset.parts]
    assert sum(map(len, frames)) == dataset.rows == 401
    assert all(frame.crs == "OGC:CRS84" for frame in frames)
    first = frames[0]
    points = first[~first.geometry.isna()]
    assert (points.geometry.x == points["longitude"]).all()
    assert (points.geometry.y == points["latitude"]).all()
    box = (96.0, 19.0, 97.0, 21.0)
    inside = points.cx[box[0] : box[2], box[1] : box[3]]
    assert 0 < len(inside) < len(points)
    found = geopandas.read_parquet(dataset.parts[0], bbox=box)
    assert set(found["id"]) == set(inside["id"])
    for path, frame in zip(dataset.parts, frames, strict=True):
        geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
        assert geo["version"] == "1.1.0"
        column = geo["columns"][geo["primary_column"]]
        assert (column["encoding"], column["geometry_types"]) == ("WKB", ["Point"])
        assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
        assert column["bbox"] == pytest.approx(list(frame.total_bounds), abs=0)
        assert pq.read_metadata(path).row_group(0).column(0).compression == "ZSTD"
    whole = pads.dataset([str(path) for path in dataset.parts]).to_table()
    assert whole["row"].to_pylist() == list(range(401))
    assert whole["id"].to_pylist()[-1] == "u"


def test_parts_and_row_groups_have_a_limited_size(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_ROWS", 100)
    monkeypatch.setattr(parts, "GROUP_ROWS", 50)
    monkeypatch.setattr(finish, "PART_ROWS", 100)
    events = many(250)
    dataset = stored(store, "acled", events)
    assert [part["rows"] for part in dataset.manifest["parts"]] == [100, 100, 50]
    metadata = pq.read_metadata(dataset.parts[0])
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [50, 50]
    assert_holds(dataset, expected(events))


def test_a_filter_reads_few_row_groups(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_ROWS", 40)
    dataset = stored(store, "acled", many(400))
    metadata = pq.read_metadata(dataset.parts[0])
    column = metadata.schema.names.index("date_start")
    spans = [
        metadata.row_group(n).column(column).statistics for n in range(metadata.num_row_groups)
    ]
    months = [(span.min.replace(day=1), span.max.replace(day=1)) for span in spans]
    assert months == sorted(months)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(months))
    with duckdb.connect() as connection:
        for where in ("date_start >= date '2018-06-01'", "row in (3, 17)"):
            plan = connection.execute(
                f"explain select count(*) from {dataset.relation} where {where}"
            ).fetchall()[0][1]
            assert "Filters" in plan, plan
            assert "original" not in plan


def test_many_columns(store: Store) -> None:
    names = [f"column {number}" for number in range(1500)]
    events = [
        event(f"e{n}", n + 2, original=dict.fromkeys(names, f"{n}" if n % 2 else None))
        for n in range(40)
    ]
    dataset = stored(store, "wide", events)
    assert dataset.manifest["original"] == names
    assert table(dataset, """original."column 1499" as last""")["last"].to_pylist().count("1") == 1


def test_names_of_columns_are_only_names(store: Store) -> None:
    names = ['a"b', "a.b", "", "it's", "ä", "Date", "date", "rank", "row", "original", "=cmd|x"]
    events = [event("e", 2, original={name: name for name in names})]
    dataset = stored(store, "acled", events)
    dataset = stored(store, "acled", [event("f", 3, file="f.csv")], previous=dataset)
    stored_as = {**{name: name for name in names}, "date": "date_1", "": "column 3"}
    assert dataset.manifest["original"] == ["event_id", *stored_as.values()]
    first = table(dataset)["original"][0].as_py()
    assert first == {"event_id": None, **{stored_as[name]: name for name in names}}


def test_a_root_that_sql_and_patterns_could_misread(tmp_path: Path) -> None:
    store = Store(tmp_path / "it's [1]*? {x}")
    dataset = stored(store, "acled", many(30), many(5, "f"))
    again = stored(store, "acled", many(7, "g"), previous=dataset)
    assert len(table(again)) == 42


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text[:3]])
def test_the_digest_names_what_is_in_the_parts(store: Store, change: Callable[[str], str]) -> None:
    plain = stored(store, "plain", many(50, text="note {}".format))
    other = stored(store, "other", many(50, text=lambda n: change(f"note {n}")))
    assert (plain.digest == other.digest) == (change("note") == "note")


def test_results_of_tasks_may_come_twice_and_in_any_order(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that lost a worker runs its tasks again."""
    monkeypatch.setattr(finish, "_BUCKET_ROWS", 60)
    events = many(300)

    def run(function: Any, tasks: Any) -> Any:
        tasks = list(tasks)
        random.Random(1).shuffle(tasks)
        for task in tasks:
            function(task)
            yield function(task)

    dataset = stored(store, "acled", events, run=run)
    assert_holds(dataset, expected(events))
    assert {path.name for path in dataset.folder.iterdir()} == {
        "dataset.json",
        "issues.parquet",
        "summary.parquet",
        *(path.name for path in dataset.parts),
    }


def test_the_summary_adds_up(store: Store) -> None:
    dataset = stored(store, "acled", many(300))
    summary = dataset.summary()
    assert summary.schema.names == ["day", "region_code", "category", "events", "fatalities_best"]
    assert pc.sum(summary["events"]).as_py() == 300
    assert pc.sum(summary["fatalities_best"]).as_py() == sum(n % 4 for n in range(300))
