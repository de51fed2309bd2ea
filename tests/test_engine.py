"""Imports from files to datasets."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from invented import acled, table

from bordermap.catalog import Catalog
from bordermap.engine import Progress, Threads, default_name, preview, stage, survey
from bordermap.engine import staging as stages
from bordermap.errors import ImportFileError, StoreError
from bordermap.importers.mapping import shipped
from bordermap.store import Store, StoredDataset

UCDP_COLUMNS = (
    "id,type_of_violence,where_prec,where_coordinates,adm_1,latitude,longitude,event_clarity,"
    "date_prec,date_start,date_end,side_a,side_b,best,low,high"
)
GDELT_EVENT = {0: "1", 1: "20210304", 2: "202103", 3: "2021", 4: "2021.17", 6: "MYANMAR ARMY"} | {
    26: "190",
    27: "190",
    28: "19",
    51: "4",
    52: "Muse, Shan, Burma",
    56: "23.99",
    57: "97.9",
}


def gdelt(*numbers: int) -> str:
    return "".join(
        "\t".join({**GDELT_EVENT, 0: str(number)}.get(n, "") for n in range(61)) + "\n"
        for number in numbers
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def imported(store: Store, catalog: Catalog, *paths: Path, **options: Any) -> StoredDataset:
    return stage(store, paths, "events", catalog=catalog, **options).commit()


def events(dataset: StoredDataset, columns: str = "*") -> list[dict[str, Any]]:
    query = f"select {columns} from {dataset.relation} order by row"
    rows: list[dict[str, Any]] = duckdb.sql(query).to_arrow_table().to_pylist()
    return rows


def issues(dataset: StoredDataset) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(dataset.issues).to_pylist()
    return found


def left(store: Store) -> list[str]:
    """Everything in the data folder but locks."""
    return sorted(p.name for p in store.root.rglob("*") if p.is_file() and p.name != "lock")


# -------------------------------------------------------------------- formats


def test_acled(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    text = acled(
        {}, {"admin1": "Kachin", "latitude": "25.4", "longitude": "97.4"}, {"fatalities": "NA"}
    )
    dataset = imported(store, catalog, write(tmp_path, "a.csv", text))
    assert dataset.rows == 3
    first = next(row for row in events(dataset) if row["id"] == "MMR1")
    assert (first["category"], first["region_code"], first["fatalities_best"]) == (
        "armed_clash",
        "MM-17",
        2,
    )
    assert str(first["date_start"]) == "2022-03-04"
    assert first["gate_km"] is not None and first["gate_km"] < 10
    assert first["original"]["notes"] == "An event that was made up."
    assert (first["file"], first["line"]) == ("a.csv", 2)
    assert {row["region_code"] for row in events(dataset)} == {"MM-17", "MM-11"}


def test_ucdp(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    text = table(
        UCDP_COLUMNS,
        "1.0,1.0,1.0,Muse town,Shan state,23.99,97.9,1.0,1.0,2021-03-04,2021-03-04,A,B,5.0,2.0,9.0",
        "2.0,3.0,4.0,Shan state,Shan state,22.0,98.0,1.0,2.0,2021-03-04,2021-03-09,A,B,3.0,4.0,5.0",
    )
    dataset = imported(store, catalog, write(tmp_path, "ged.csv", text))
    exact, state = sorted(events(dataset), key=lambda row: row["id"])
    assert (exact["id"], exact["geo_precision"], exact["fatalities_high"]) == ("1", "exact", 9)
    assert exact["geometry"] is not None
    assert (state["geo_precision"], state["geometry"], state["longitude"]) == ("state", None, 98.0)
    assert (state["date_precision"], str(state["date_end"])) == ("range", "2021-03-09")
    assert (state["fatalities_best"], state["fatalities_low"]) == (3, None)
    (issue,) = issues(dataset)
    assert (issue["line"], issue["action"], issue["field"]) == (3, "repaired", "low")


def test_gdelt(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    dataset = imported(store, catalog, write(tmp_path, "20210304.export.CSV", gdelt(1, 2)))
    assert dataset.manifest["source"]["format"] == "gdelt"
    assert [row["id"] for row in events(dataset)] == ["1", "2"]
    assert {row["confidence"] for row in events(dataset)} == {"low"}
    assert {row["region_code"] for row in events(dataset)} == {"MM-17"}
    assert all("unverified" in row["title"] for row in events(dataset))


def test_any_table(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    text = table(
        "Date;Place;Lat;Lon;Killed", "2021-03-04;Muse;23.99;97.9;3", "bad;Muse;23.99;97.9;"
    )
    dataset = imported(store, catalog, write(tmp_path, "own.csv", text))
    (event,) = events(dataset)
    assert (event["place_name"], event["fatalities_best"]) == ("Muse", 3)
    assert event["original"]["Killed"] == "3"
    assert dataset.report["rows"] == {
        "read": 2,
        "kept": 1,
        "repaired": 0,
        "rejected": 1,
        "total": 1,
        "retained": 0,
        "replaced": 0,
    }


# -------------------------------------------------------------------- several files


def test_files_of_one_format_become_one_dataset(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    write(tmp_path, "in/a.csv", acled({"event_id_cnty": "A"}))
    more = acled({"event_id_cnty": "B"}).replace(",timestamp", ",timestamp,extra", 1)
    write(tmp_path, "in/b.csv", more.rstrip("\n") + ",seen\n")
    write(tmp_path, "in/notes.docx", "not an event")
    dataset = imported(store, catalog, tmp_path / "in")
    found = {row["id"]: row for row in events(dataset)}
    assert [found[key]["file"] for key in "AB"] == ["a.csv", "b.csv"]
    assert [found[key]["original"]["extra"] for key in "AB"] == [None, "seen"]
    assert dataset.report["ignored"] == ["notes.docx"]
    facts = dataset.report["files"]
    assert [file["name"] for file in facts] == ["a.csv", "b.csv"]
    digest = hashlib.sha256((tmp_path / "in" / "a.csv").read_bytes()).hexdigest()
    assert facts[0]["sha256"] == digest


def test_a_pattern_and_names_that_are_told_apart(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    write(tmp_path, "2021/events.csv", acled({"event_id_cnty": "A"}))
    write(tmp_path, "2022/events.csv", acled({"event_id_cnty": "B"}))
    dataset = imported(store, catalog, tmp_path / "*" / "events.csv")
    assert sorted(row["file"] for row in events(dataset)) == ["2021/events.csv", "2022/events.csv"]


def test_a_file_given_twice_is_read_once(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", acled({}))
    dataset = imported(store, catalog, path, tmp_path, tmp_path / "." / "a.csv")
    assert (dataset.rows, issues(dataset)) == (1, [])


def test_the_first_of_equal_ids_stays(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    write(tmp_path, "in/a.csv", acled({"event_id_cnty": "A", "notes": "first"}))
    write(tmp_path, "in/b.csv", acled({"event_id_cnty": "A", "notes": "second"}))
    dataset = imported(store, catalog, tmp_path / "in")
    (event,) = events(dataset)
    assert event["original"]["notes"] == "first"
    (issue,) = issues(dataset)
    assert (issue["file"], issue["line"], issue["action"]) == ("b.csv", 2, "rejected")
    assert dataset.report["duplicates"]["rejected"] == 1


def test_a_file_that_does_not_fit_is_named_before_anything_is_read(
    store: Store, tmp_path: Path
) -> None:
    write(tmp_path, "in/a.csv", acled({}))
    other = write(tmp_path, "in/b.csv", table("Name,Colour", "x,blue"))
    with pytest.raises(ImportFileError, match=r"b\.csv"):
        survey([tmp_path / "in"])
    with pytest.raises(ImportFileError, match=r"b\.csv: lacks the column"):
        survey([other], mapping=shipped("acled"))
    assert left(store) == []


@pytest.mark.parametrize("name", ["missing.csv", "missing-*.csv", "empty-folder"])
def test_no_file_is_said_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty-folder").mkdir()
    with pytest.raises(ImportFileError, match=r"missing|folder"):
        survey([tmp_path / name])


def test_the_order_of_dates_is_asked_for_and_decided_by_any_file(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    unclear = write(tmp_path, "in/a.csv", table("Date,Lat,Lon", "04/03/2021,23.99,97.9"))
    plan = survey([unclear])
    assert len(plan.questions) == 1
    with pytest.raises(ImportFileError, match="first"):
        stage(store, plan, "events", catalog=catalog)
    assert left(store) == []
    answered = plan.with_date_order("mdy")
    dataset = stage(store, answered, "events", catalog=catalog).commit()
    assert str(events(dataset)[0]["date_start"]) == "2021-04-03"
    write(tmp_path, "in/b.csv", table("Date,Lat,Lon", "25/03/2021,23.99,97.9"))
    plan = survey([tmp_path / "in"])
    assert (plan.questions, plan.mapping.date_order) == ((), "dmy")


# -------------------------------------------------------------------- what is there before


def test_an_import_replaces_or_appends_by_id(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    first = write(tmp_path, "1.csv", acled(*({"event_id_cnty": key} for key in "ABC")))
    second = write(
        tmp_path, "2.csv", acled(*({"event_id_cnty": key, "notes": "new"} for key in "CD"))
    )
    imported(store, catalog, first)
    both = imported(store, catalog, second, append=True)
    assert {row["id"]: row["original"]["notes"] == "new" for row in events(both)} == {
        "A": False,
        "B": False,
        "C": True,
        "D": True,
    }
    assert both.report["rows"] == {
        "read": 2,
        "kept": 2,
        "repaired": 0,
        "rejected": 0,
        "total": 4,
        "retained": 2,
        "replaced": 1,
    }
    only = imported(store, catalog, second)
    assert sorted(row["id"] for row in events(only)) == ["C", "D"]


def test_append_to_nothing_is_an_import(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    assert imported(store, catalog, write(tmp_path, "a.csv", acled({})), append=True).rows == 1


def test_a_dataset_is_not_seen_before_it_is_kept(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    staged = stage(store, [write(tmp_path, "a.csv", acled({}))], "events", catalog=catalog)
    assert store.names() == []
    assert staged.dataset.report["rows"]["kept"] == 1
    staged.discard()
    assert left(store) == []


@pytest.mark.parametrize(
    "text", ["", "\n\n", "event_id_cnty,event_date,latitude,longitude\n", "\x00" * 50]
)
def test_a_file_without_rows_keeps_the_old_dataset(
    store: Store, catalog: Catalog, tmp_path: Path, text: str
) -> None:
    before = imported(store, catalog, write(tmp_path, "a.csv", acled({})))
    with pytest.raises(ImportFileError):
        imported(store, catalog, write(tmp_path, "b.csv", text))
    assert store.version("events") == before.version
    assert store.get("events").rows == 1
    assert not [name for name in left(store) if name.startswith("build")]


def test_header_only_says_that_there_is_no_row(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    with pytest.raises(ImportFileError, match="no row"):
        imported(store, catalog, write(tmp_path, "b.csv", acled()))


def test_a_file_that_changes_while_it_is_read(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.csv", acled({}))

    def change(progress: Progress) -> None:
        if progress.rows:
            path.write_text(acled({}, {}))

    with pytest.raises(ImportFileError, match=r"a\.csv: the file changed"):
        imported(store, catalog, path, progress=change)
    assert left(store) == []


def test_a_change_that_keeps_the_size(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", acled({}))
    plan = survey([path])
    os.utime(path, ns=(1, 1))
    with pytest.raises(ImportFileError, match="changed"):
        stage(store, plan, "events", catalog=catalog)
    assert left(store) == []


@pytest.mark.parametrize("step", ["Taking fingerprints", "Reading", "Sorting", "Writing the"])
def test_what_progress_raises_ends_the_import(
    store: Store, catalog: Catalog, tmp_path: Path, step: str
) -> None:
    class Cancelled(Exception):  # noqa: N818
        pass

    def cancel(progress: Progress) -> None:
        if progress.step.startswith(step):
            raise Cancelled

    path = write(tmp_path, "a.csv", acled({}))
    with pytest.raises(Cancelled):
        imported(store, catalog, path, progress=cancel)
    assert left(store) == []
    assert imported(store, catalog, path).rows == 1


def test_progress_rises_to_one(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    told: list[Progress] = []
    imported(store, catalog, write(tmp_path, "a.csv", acled({}, {})), progress=told.append)
    shares = [progress.done for progress in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1], told[-1].rows) == (0.0, 1.0, 2)
    assert len(dict.fromkeys(progress.step for progress in told)) == 4


def test_rows_that_do_not_add_up_are_not_kept(
    store: Store, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = stages._read

    def miscounted(*arguments: Any) -> Any:
        return read(*arguments) + stages.Counts(read=1)

    monkeypatch.setattr(stages, "_read", miscounted)
    with pytest.raises(StoreError, match="does not add up"):
        imported(store, catalog, write(tmp_path, "a.csv", acled({})))
    assert left(store) == []


# -------------------------------------------------------------------- pieces


def test_the_pieces_and_threads_do_not_matter(
    store: Store, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {
            "event_date": f"{2010 + n % 9}-03-{1 + n % 28:02}",
            "notes": f'Line {n}\nand "more", of it' * (n % 3),
            "fatalities": "-1" if n % 50 == 0 else str(n % 7),
        }
        for n in range(2000)
    ]
    path = write(tmp_path, "a.csv", acled(*rows))
    whole = imported(store, catalog, path, runner=Threads(1))
    monkeypatch.setattr(stages, "_LEAST_PIECE", 20_000)
    monkeypatch.setattr(stages, "_MOST_PIECES", 10_000)
    pieces = list(stages._tasks(survey([path])))
    assert len(pieces) > 10
    assert [task.number for task in pieces] == list(range(len(pieces)))
    cut = imported(store, catalog, path, runner=Threads(3))
    assert cut.digest == whole.digest
    assert issues(cut) == issues(whole)
    assert len(issues(cut)) == 40


def test_preview_is_what_would_be_kept(catalog: Catalog, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", acled({}, {"event_date": "never"}))
    found = preview(survey([path]), catalog)
    assert found.events["region_code"].to_pylist() == ["MM-17"]
    assert found.issues["line"].to_pylist() == [3]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("GED Myanmar (1989–2023).csv", "ged-myanmar-1989-2023"),
        ("x/20210304.export.CSV.zip", "20210304"),
        ("exports/*.csv", "exports"),
        ("all.csv", "imported-all"),
        ("事件.csv", "imported"),
        (f"{'a' * 99}.csv", "a" * 60),
    ],
)
def test_default_names(path: str, name: str) -> None:
    assert default_name([Path(path)]) == name


# -------------------------------------------------------------------- any bytes

MESSY = st.binary(max_size=300) | st.lists(
    st.sampled_from(
        [
            *(b"date,lat,lon,deaths\n", b"2021-03-04", b"23.9", b"97.9", b",", b"\n", b'"'),
            *(b"\r\n", b"\x00", b"\xff", b"\xe9", b";", b"\t", b"-1", b"04/03/2021"),
            *(b"0202-01-01", b"id"),
        ]
    ),
    max_size=60,
).map(b"".join)


def test_any_bytes_are_imported_or_refused(
    tmp_path_factory: pytest.TempPathFactory, catalog: Catalog
) -> None:
    @given(MESSY)
    @example(b"date,lat,lon\n2021-03-04,23.9,97.9\n")
    @example(b'date,lat,lon\n2021-03-04,23.9,97.9\n"2021')
    def check(data: bytes) -> None:
        folder = tmp_path_factory.mktemp("any")
        store = Store(folder / "data")
        path = write(folder, "any.csv", data)
        try:
            plan = survey([path])
            if plan.questions:
                plan = plan.with_date_order("dmy")
            staged = stage(store, plan, "events", catalog=catalog)
        except ImportFileError as error:
            assert "\n" not in str(error)
            assert left(store) == []
            return
        with staged:
            rows = staged.dataset.report["rows"]
            assert rows["kept"] + rows["rejected"] == rows["read"] > 0
            assert rows["kept"] == staged.dataset.rows

    check()
