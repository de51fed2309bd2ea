"""Imported datasets on disk: names, versions, locks, what goes wrong."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from store_files import entries, event, many, spill, staged, stored

from bordermap.errors import StoreError
from bordermap.store import Store, StoredDataset, datasets, versions


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def ids(dataset: StoredDataset) -> list[str]:
    with duckdb.connect() as connection:
        return [
            found
            for (found,) in connection.execute(
                f"select id from {dataset.relation} order by row"
            ).fetchall()
        ]


def test_the_root_is_an_argument_a_variable_or_the_data_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BORDERMAP_DATA", str(tmp_path / "of the variable"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "of the user"))
    assert Store(tmp_path / "given").root == tmp_path / "given"
    assert Store().root == tmp_path / "of the variable"
    monkeypatch.delenv("BORDERMAP_DATA")
    assert Store().root.name == "bordermap"
    assert not list(tmp_path.iterdir())


def test_a_store_without_data_is_empty(store: Store) -> None:
    assert store.names() == []
    assert store.version("acled") is None
    with pytest.raises(StoreError, match="there is no dataset 'acled'; known: none"):
        store.get("acled")
    with pytest.raises(StoreError, match="there is no dataset 'acled' to remove"):
        store.remove("acled")
    assert not store.root.exists()


def test_what_is_kept_can_be_read_again(store: Store) -> None:
    made = staged(store, "acled", many(30), mapping="[fields]\n", source={"files": ["a.csv"]})
    assert store.names() == [], "nobody sees it before it is kept"
    assert len(ids(made.dataset)) == 30
    made.set_report({"read": 30})
    kept = made.commit()
    found = store.get("acled")
    assert (found.name, found.version) == ("acled", store.version("acled"))
    assert found == kept
    assert (found.rows, found.report) == (30, {"read": 30})
    assert found.manifest["mapping"] == "[fields]\n"
    assert found.manifest["source"] == {"files": ["a.csv"]}
    assert found.manifest["original"] == ["event_id", "notes"]
    assert set(ids(found)) == {f"e{number}" for number in range(30)}
    assert entries(store.root / "acled") == {
        "current",
        "lock",
        found.version,
        *(
            f"{found.version}/{name}"
            for name in (
                "dataset.json",
                "issues.parquet",
                "part-00000.parquet",
                "report.json",
                "summary.parquet",
            )
        ),
    }
    with pytest.raises(StoreError, match="kept or discarded before"):
        made.commit()


@pytest.mark.parametrize("how", ["discarded", "left by an error", "unfinished", "forgotten"])
def test_what_is_not_kept_leaves_nothing(store: Store, how: str) -> None:
    if how == "discarded":
        with staged(store, "acled", many(3)):
            pass
    elif how == "left by an error":
        with pytest.raises(ZeroDivisionError), store.build("acled") as building:
            spill(building, 0, many(3))
            building.finish()
            raise ZeroDivisionError
    elif how == "unfinished":
        with store.build("acled") as building:
            spill(building, 0, many(3))
    else:
        staged(store, "acled", many(3))
        gc.collect()
    assert entries(store.root) == set()
    old = stored(store, "acled", many(5))
    staged(store, "acled", many(3)).discard()
    assert store.get("acled") == old


def test_what_progress_raises_ends_the_import(store: Store) -> None:
    def cancel(done: float) -> None:
        if done > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stored(store, "acled", many(30), progress=cancel)
    assert entries(store.root) == set()


def test_progress_goes_from_nothing_to_all(store: Store) -> None:
    seen: list[float] = []
    stored(store, "acled", many(30), progress=seen.append)
    assert seen == sorted(seen)
    assert 0 <= seen[0] < 0.5
    assert seen[-1] == 1


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "Acled", "ä", "a b", "a\n", "a\x00", "x" * 61,
     "curated", "all", ".uploads", "a.b", "C:x"],
)  # fmt: skip
def test_only_plain_names(store: Store, name: str) -> None:
    stored(store, "x", many(2))
    before = entries(store.root.parent)
    calls: list[Any] = [store.get, store.build, store.version, store.remove]
    for call in calls:
        with pytest.raises(StoreError) as raised:
            call(name)
        assert "\n" not in str(raised.value)
    assert entries(store.root.parent) == before


def test_other_folders_are_no_datasets(store: Store) -> None:
    stored(store, "a-1_x", many(2))
    for name in (".uploads", "Foo", "empty"):
        (store.root / name).mkdir()
    (store.root / "file").write_text("x")
    assert store.names() == ["a-1_x"]


@pytest.mark.parametrize("pointer", ["", "../other", "/etc", "20210101T000000-zzzzzzzz", "\xff"])
def test_a_pointer_leads_nowhere_else(store: Store, pointer: str) -> None:
    stored(store, "acled", many(2))
    (store.root / "acled" / "current").write_text(pointer, encoding="latin-1")
    assert store.names() == ["acled"]
    assert store.version("acled") is None
    with pytest.raises(StoreError, match="'acled' is damaged: current"):
        store.get("acled")
    stored(store, "acled", many(3))
    assert store.get("acled").rows == 3


def test_old_versions_stay_for_their_readers_and_then_go(store: Store) -> None:
    first, second, third = (stored(store, "acled", many(count)) for count in (1, 2, 3))
    assert len(ids(first)) == 1
    ago = time.time() - versions.GRACE - 1
    for version in (first, second, third):
        os.utime(version.folder, (ago, ago))
    fourth = stored(store, "acled", many(4))
    assert {path.name for path in (store.root / "acled").iterdir() if path.is_dir()} == {
        third.version,
        fourth.version,
    }
    assert len(ids(third)) == 3
    stored(store, "acled", many(5))
    assert len(ids(third)) == 3, "superseded a moment ago"


def test_remove(store: Store) -> None:
    stored(store, "acled", many(3))
    stored(store, "ucdp", many(4))
    store.remove("acled")
    assert store.names() == ["ucdp"]
    assert not any("acled" in name for name in entries(store.root))
    stored(store, "acled", many(2))
    assert store.get("acled").rows == 2


def test_nothing_is_removed_under_an_import(store: Store) -> None:
    old = stored(store, "acled", many(3))
    with store.build("acled"), pytest.raises(StoreError, match="another import into 'acled'"):
        store.remove("acled", patience=0)
    assert store.get("acled") == old


def test_a_damaged_dataset_can_be_removed(store: Store) -> None:
    stored(store, "acled", many(3))
    (store.root / "acled" / "current").write_text("x")
    store.remove("acled")
    assert store.names() == []


def test_what_killed_imports_left_is_removed_by_the_next(store: Store) -> None:
    old = stored(store, "acled", many(3))
    left = store.root / "acled" / "build-20210101T000000-00000000"
    (left / "spill").mkdir(parents=True)
    (left / "spill" / "x").write_text("x")
    (store.root / "acled" / ".current-1").write_text("x")
    (store.root / ".trash-1").mkdir()
    with store.build("acled"):
        assert not left.exists()
    assert {path.name for path in store.root.iterdir()} == {"acled"}
    assert {path.name for path in (store.root / "acled").iterdir()} == {
        "current",
        "lock",
        old.version,
    }


def test_a_second_import_waits_and_gives_up(store: Store) -> None:
    told: list[str] = []
    with store.build("acled"):
        begun = time.monotonic()
        with pytest.raises(StoreError, match="another import into 'acled'"):
            store.build("acled", patience=0.3, waiting=lambda: told.append("waiting"))
        assert time.monotonic() - begun >= 0.3
        with store.build("ucdp", patience=0):
            pass
    assert told == ["waiting"]


def test_a_second_import_goes_on_when_the_first_is_discarded(store: Store) -> None:
    first = staged(store, "acled", many(3))
    waits = threading.Event()
    threading.Thread(target=lambda: (waits.wait(30), first.discard())).start()
    with store.build("acled", patience=30, waiting=waits.set) as building:
        spill(building, 0, many(4))
        building.finish().commit()
    assert waits.is_set()
    assert store.get("acled").rows == 4


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="writing dataset 'acled' failed: ") as raised:
        Store(tmp_path / "file" / "data").build("acled")
    assert "\n" not in str(raised.value)
    assert Store(tmp_path / "file" / "data").version("acled") is None


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid(), reason="needs root to become another user"
)
def test_no_permission(store: Store) -> None:
    old = stored(store, "acled", many(3))
    before = entries(store.root)
    os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match="no permission to write") as raised:
            store.build("acled")
        assert "\n" not in str(raised.value)
    finally:
        os.seteuid(0)
    assert entries(store.root) == before
    assert store.get("acled") == old


def spoil_missing(folder: Path) -> None:
    (folder / "part-00000.parquet").unlink()


def spoil_size(folder: Path) -> None:
    with (folder / "part-00000.parquet").open("ab") as file:
        file.write(b"x")


def spoil_manifest(folder: Path) -> None:
    (folder / "dataset.json").write_text("{")


def spoil_no_manifest(folder: Path) -> None:
    (folder / "dataset.json").unlink()


def change(folder: Path, **values: Any) -> None:
    manifest = json.loads((folder / "dataset.json").read_text("utf-8"))
    (folder / "dataset.json").write_text(json.dumps({**manifest, **values}))


def spoil_format(folder: Path) -> None:
    change(folder, format="x")


def spoil_old_format(folder: Path) -> None:
    change(folder, format=-1)


def spoil_parts(folder: Path) -> None:
    change(folder, parts=None)


def spoil_rows(folder: Path) -> None:
    change(folder, rows=99)


def spoil_path(folder: Path) -> None:
    change(folder, parts=[{"name": "../../../../etc/passwd", "rows": 3, "bytes": 1}])


def spoil_list(folder: Path) -> None:
    (folder / "dataset.json").write_text("[]")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_missing, "part-00000.parquet is missing"),
        (spoil_size, r"part-00000.parquet has \d+ bytes instead of \d+"),
        (spoil_manifest, "dataset.json cannot be read"),
        (spoil_no_manifest, "dataset.json cannot be read"),
        (spoil_format, "dataset.json says no format"),
        (spoil_old_format, "unknown format -1"),
        (spoil_parts, "dataset.json is not complete"),
        (spoil_rows, "contradicts itself"),
        (spoil_path, "names a part that cannot be one"),
        (spoil_list, "dataset.json says no format"),
    ],
)
def test_a_damaged_dataset_says_so(store: Store, spoil: Any, words: str) -> None:
    stored(store, "acled", many(3))
    stored(store, "ucdp", many(3))
    spoil(store.get("acled").folder)
    with pytest.raises(StoreError, match=f"dataset 'acled' is damaged: .*{words}") as raised:
        store.get("acled")
    assert "\n" not in str(raised.value)
    assert store.names() == ["acled", "ucdp"]
    assert store.get("ucdp").rows == 3
    stored(store, "acled", many(4))
    assert store.get("acled").rows == 4


def test_damage_beside_the_events(store: Store) -> None:
    dataset = stored(store, "acled", many(3))
    assert dataset.report == {}
    (dataset.folder / "report.json").write_text("{")
    (dataset.folder / "summary.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match=r"damaged: report.json"):
        _ = dataset.report
    with pytest.raises(StoreError, match=r"damaged: summary.parquet"):
        dataset.summary()


def test_a_newer_format_asks_for_an_update(store: Store) -> None:
    change(stored(store, "acled", many(3)).folder, format=datasets.FORMAT + 1)
    with pytest.raises(StoreError, match=r"written by a newer bordermap .*: update bordermap"):
        store.get("acled")
    assert store.names() == ["acled"]


def test_an_older_format_is_migrated(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = stored(store, "acled", many(3))
    path = dataset.folder / "dataset.json"
    manifest = json.loads(path.read_text("utf-8"))
    oldest = {key: value for key, value in manifest.items() if key not in ("rows", "mapping")}
    path.write_text(json.dumps({**oldest, "format": -1, "count": 3}))
    before = path.read_bytes()

    def with_rows(old: dict[str, Any], folder: Path) -> dict[str, Any]:
        assert pq.read_metadata(folder / old["parts"][0]["name"]).num_rows == old["events"]
        return {**old, "rows": old["events"]}

    monkeypatch.setitem(datasets.MIGRATIONS, 0, with_rows)
    monkeypatch.setitem(
        datasets.MIGRATIONS, -1, lambda old, _: {**old, "events": old["count"], "mapping": ""}
    )
    found = store.get("acled")
    assert (found.rows, found.manifest["format"], found.manifest["mapping"]) == (3, 1, "")
    assert sorted(ids(found)) == ["e0", "e1", "e2"]
    assert path.read_bytes() == before


def test_append_and_replace_by_id(store: Store) -> None:
    first = [event("a", 2), event("b", 3, "2020-01-01"), event("c", 4, None)]
    b = event("b", 2, "2022-02-02", file="more.csv", title="corrected")
    d = event("d", 3, file="more.csv", original={"EVENT_ID": "d", "notes": "new"})
    old = stored(store, "acled", first)
    new = stored(store, "acled", [b], [d], previous=old)
    assert ids(new) == ["a", "d", "b", "c"]
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select id, title, original, row from {new.relation} order by row"
        ).fetchall()
    assert rows == [
        ("a", "Clash a", {"event_id": "a", "notes": None}, 0),
        ("d", "Clash d", {"event_id": "d", "notes": "new"}, 1),
        ("b", "corrected", {"event_id": "b", "notes": None}, 2),
        ("c", "Clash c", {"event_id": "c", "notes": None}, 3),
    ]
    both = stored(store, "other", [b], [d], [event("a", 2), event("c", 4, None)])
    assert ids(both) == ids(new)
    replaced = stored(store, "acled", [b], [d])
    assert ids(replaced) == ["d", "b"]
