"""The work behind the Import page, and the page without a browser."""

from __future__ import annotations

import csv
import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented import acled, table
from streamlit.testing.v1 import AppTest

from bordermap.catalog import Catalog
from bordermap.engine import Progress
from bordermap.errors import ImportFileError, StoreError
from bordermap.store import Store
from bordermap.web import importing
from bordermap.web.import_report import issues_csv
from bordermap.web.importing import FAULT, Work, clear_stale, file_name
from bordermap.web.markdown import escaped

HOSTILE = "![x](http://192.0.2.1/x.png) :red[r] <b>"
TWO_EVENTS = acled({}, {"event_date": "2022-05-06"})
PATIENCE = 60.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.fixture
def work(store: Store, catalog: Catalog) -> Iterator[Work]:
    under_way = Work(store, lambda: catalog, lambda: True)
    yield under_way
    under_way.discard()


def take(work: Work, text: str, name: str = "events.csv") -> None:
    work.take(name, io.BytesIO(text.encode()))


def read(work: Work, name: str = "events", *, append: bool = False) -> None:
    """Read what came up to its end."""
    assert work.upload is not None
    work.read(name, work.upload.plan.mapping, append=append)
    wait(lambda: not work.is_reading)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def left(store: Store) -> list[Path]:
    """Return the files below the data folder but for locks, which are empty."""
    return [path for path in store.root.rglob("*") if path.is_file() and path.stat().st_size]


# -------------------------------------------------------------------- names


@given(st.text(max_size=300))
def test_any_name_makes_a_file(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    made = file_name(name)
    assert made not in ("", ".", "..") and Path(made).name == made
    assert len(made.encode()) <= 130 and made.isprintable()
    path = tmp_path_factory.getbasetemp() / f"x{made}"
    path.touch()
    path.unlink()


def test_a_name_keeps_what_tells_the_format() -> None:
    assert file_name("a" * 400 + ".export.csv").endswith(".csv")
    assert file_name("..\\..\\a b.XLSX") == "a b.XLSX"


# -------------------------------------------------------------------- the work


def test_a_file_is_read_and_kept(work: Work, store: Store) -> None:
    take(work, TWO_EVENTS)
    assert work.upload is not None and work.upload.plan.mapping.format == "acled"
    assert work.upload.path.is_relative_to(store.root)
    read(work)
    assert work.failure == "" and work.staged is not None
    assert store.names() == []
    kept = work.keep()
    assert kept is not None and kept.rows == 2
    assert store.names() == ["events"] and store.get("events").report["rows"]["kept"] == 2
    assert work.upload is None and not list((store.root / ".uploads").iterdir())


def test_discarding_leaves_nothing(work: Work, store: Store) -> None:
    take(work, TWO_EVENTS)
    read(work)
    assert left(store)
    work.discard()
    assert work.upload is None and work.staged is None
    assert left(store) == [] and store.names() == []


def test_going_back_keeps_the_file_and_frees_the_dataset(work: Work) -> None:
    take(work, TWO_EVENTS)
    read(work)
    work.stop()
    assert work.staged is None and work.upload is not None
    read(work)
    assert work.staged is not None


def test_a_file_that_is_none_is_named_and_removed(work: Work, store: Store) -> None:
    with pytest.raises(ImportFileError) as caught:
        take(work, "")
    assert "\n" not in str(caught.value)
    assert work.upload is None and left(store) == []


def test_a_disk_that_cannot_be_written_is_named(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    blocked = Work(Store(tmp_path / "data"), lambda: catalog, lambda: True)
    with pytest.raises(ImportFileError, match=r"events\.csv"):
        take(blocked, TWO_EVENTS)


def test_another_file_takes_the_place_of_the_first(work: Work, store: Store) -> None:
    take(work, TWO_EVENTS, "first.csv")
    read(work, "first")
    take(work, TWO_EVENTS, "second.csv")
    assert work.staged is None
    assert [path.name for path in left(store)] == ["second.csv"]


def test_appending_adds_by_id(work: Work) -> None:
    take(work, TWO_EVENTS)
    read(work)
    work.keep()
    take(work, acled({"event_id_cnty": "MMR2"}, {"event_id_cnty": "MMR3"}))
    read(work, append=True)
    assert work.failure == ""
    kept = work.keep()
    assert kept is not None and kept.rows == 3


def endless(*_: Any, progress: Callable[[Progress], None], **__: Any) -> None:
    """Read for ever, as the engine does, until the listener has enough."""
    while True:
        progress(Progress("Reading", 0.5, 10, 3.0))
        time.sleep(0.001)


def test_a_reading_can_be_cancelled(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "stage", endless)
    take(work, TWO_EVENTS)
    assert work.upload is not None
    work.read("events", work.upload.plan.mapping, append=False)
    wait(lambda: work.progress is not None)
    threads = [t for t in threading.enumerate() if t.name == "bordermap-import"]
    work.stop()
    assert not work.is_reading and work.failure == "" and work.upload is not None
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_what_ends_after_it_was_cancelled_is_discarded(
    work: Work, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, go, ended = importing.stage, threading.Event(), threading.Event()

    def late(*args: Any, **options: Any) -> Any:
        options.pop("progress")
        staged = stage(*args, **options)
        go.wait(PATIENCE)
        ended.set()
        return staged

    monkeypatch.setattr(importing, "stage", late)
    take(work, TWO_EVENTS)
    assert work.upload is not None
    work.read("events", work.upload.plan.mapping, append=False)
    work.stop()
    go.set()
    assert ended.wait(PATIENCE)
    monkeypatch.undo()
    read(work)  # waits for the first one, which holds the dataset
    assert work.failure == "" and work.staged is not None
    work.discard()
    assert left(store) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportFileError("events.csv: no"), "events.csv: no"),
        (StoreError("the disk is full"), "the disk is full"),
        (OSError(28, "No space left on device"), "no space left on device"),
        (ZeroDivisionError("inner"), FAULT),
    ],
)
def test_an_error_is_one_line(
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(importing, "stage", failing)
    take(work, TWO_EVENTS)
    with caplog.at_level(logging.ERROR):
        read(work)
    assert work.failure == said and work.staged is None
    assert ("inner" in caplog.text) == (said == FAULT)


def test_a_session_without_its_browser_is_discarded(
    store: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_AWAY_SECONDS", 0.05)
    away = Work(store, lambda: catalog, lambda: False)
    take(away, TWO_EVENTS)
    wait(lambda: away.upload is None and not left(store))


def test_two_sessions_do_not_meet(store: Store, catalog: Catalog) -> None:
    one, other = (Work(store, lambda: catalog, lambda: True) for _ in range(2))
    take(one, TWO_EVENTS)
    take(other, TWO_EVENTS)
    read(one, "one")
    read(other, "other")
    one.discard()
    assert other.staged is not None and other.staged.dataset.rows == 2
    other.discard()
    assert left(store) == []


def test_uploads_of_a_server_that_was_killed_are_removed(store: Store) -> None:
    stale, fresh = (store.root / ".uploads" / name for name in ("stale", "fresh"))
    for folder in (stale, fresh):
        folder.mkdir(parents=True)
        (folder / "events.csv").write_text("x")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(stale, (two_days_ago, two_days_ago))
    clear_stale(store)
    assert not stale.exists() and fresh.exists()


def test_the_table_of_issues_runs_no_formula(work: Work) -> None:
    take(work, acled({}, {"latitude": "=cmd|' /C calc'!A0"}, {"event_date": "@SUM(1)"}))
    read(work)
    assert work.staged is not None
    rows = list(csv.DictReader(io.StringIO(issues_csv(work.staged.dataset).decode())))
    values = {row["value"] for row in rows}
    assert {"'=cmd|' /C calc'!A0", "'@SUM(1)"} <= values
    assert {row["line"] for row in rows} == {"3", "4"}


# -------------------------------------------------------------------- the page


def script() -> None:
    """The app with the Import page in front: a test cannot turn to a page that is a function."""
    import streamlit as st

    from bordermap.web import links
    from bordermap.web.views import imports, map

    pages = {
        "import": st.Page(imports.show, title="Import", url_path="import", default=True),
        "map": st.Page(map.show, title="Map", url_path="map"),
    }
    links.declare(pages)
    st.navigation(list(pages.values())).run()


def forget() -> None:
    """Leave no dataset and nothing under way: to the app all sessions of tests are one."""
    from bordermap.web import data, importing

    importing.work().discard()
    for name in data.store().names():
        data.store().remove(name)


@pytest.fixture
def page() -> Iterator[AppTest]:
    """The page of a new session, in a data folder that holds no dataset."""
    yield AppTest.from_function(script, default_timeout=PATIENCE).run()
    AppTest.from_function(forget, default_timeout=PATIENCE).run()


def up(page: AppTest, text: str, name: str = "events.csv") -> AppTest:
    """Let a file come up."""
    page.file_uploader[0].upload(name, text.encode(), "text/csv")
    return page.run()


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def read_on_page(page: AppTest) -> AppTest:
    press(page, "import-read")
    while any(button.key == "import-cancel" for button in page.button):
        page.run()
    return page


def texts(page: AppTest) -> str:
    return "\n".join(one.value for one in [*page.markdown, *page.caption, *page.error])


def test_an_empty_page_says_what_can_be_imported(page: AppTest) -> None:
    assert not page.exception and not page.error
    for named in ("ACLED", "UCDP", "GDELT", "Excel", "GeoPackage", "bordermap import", "500 MB"):
        assert named in texts(page)


def test_a_known_format_is_read_and_kept(page: AppTest) -> None:
    up(page, TWO_EVENTS, "shan 2022.csv")
    assert "ACLED export" in texts(page)
    assert page.text_input[0].value == "shan-2022"
    read_on_page(page)
    assert [metric.value for metric in page.metric] == ["2", "2", "0", "0"]
    press(page, "import-keep")
    assert "2 events" in texts(page) and not page.exception
    press(page, "remove-shan-2022")
    assert any(button.key == "remove-yes" for button in page.button)
    assert "shan\\-2022" in texts(page.run())


def test_an_order_of_dates_is_asked_for(page: AppTest) -> None:
    up(page, table("date,lat,lon,place", "04/03/2021,23.99,97.9,Muse", "05/03/2021,23.9,97.9,Muse"))
    assert page.button(key="import-read").disabled
    assert page.radio[0].value is None
    page.radio[0].set_value("day, month, year").run()
    assert not page.button(key="import-read").disabled
    read_on_page(page)
    assert page.metric[1].value == "2"


def test_a_mapping_can_be_changed(page: AppTest) -> None:
    up(page, table("when,lat,lon,x,y", "2021-03-04,23.99,97.9,Muse,Lashio"))
    (place,) = (one for one in page.multiselect if one.label == "Place")
    place.set_value(["y"]).run()
    assert "e\\.g\\. Lashio" in texts(page) or "e.g. Lashio" in texts(page)
    (date,) = (one for one in page.multiselect if one.label == "Date, or first day")
    assert date.value == ["when"]
    for one in page.multiselect:
        if one.label in ("Date, or first day", "Latitude"):
            one.set_value([])
    page.run()
    assert page.button(key="import-read").disabled


def test_a_dataset_can_be_added_to(page: AppTest) -> None:
    up(page, TWO_EVENTS)
    press(read_on_page(page), "import-keep")
    up(page, acled({"event_id_cnty": "MMR9"}))
    (radio,) = page.radio
    radio.set_value(True).run()
    press(read_on_page(page), "import-keep")
    assert "3 events" in texts(page)


@pytest.mark.parametrize("name", ["", "UPPER", "all", "curated", "../x", "a b", "x" * 61])
def test_a_name_that_none_can_have_is_refused(page: AppTest, name: str) -> None:
    up(page, TWO_EVENTS)
    page.text_input[0].set_value(name).run()
    assert page.button(key="import-read").disabled


def test_what_a_file_says_is_no_markup(page: AppTest) -> None:
    up(page, table(f"date,lat,lon,{HOSTILE}", f"2021-03-04,23.9,97.9,{HOSTILE}"), f"{HOSTILE}.csv")
    seen = texts(page) + "".join(one.label for one in [*page.multiselect, *page.expander])
    assert "](http" not in seen and ":red[r]" not in seen
    read_on_page(page)
    assert "](http" not in texts(page) and ":red[r]" not in texts(page)
    assert not page.exception


def test_what_is_no_table_is_one_line(page: AppTest) -> None:
    up(page, "", HOSTILE + ".csv")
    (error,) = page.error
    assert "\n" not in error.value and ":red[r]" not in error.value
    assert not page.exception and page.file_uploader


def test_an_unforeseen_error_is_one_line(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(importing, "survey", failing)
    up(page, TWO_EVENTS)
    assert [error.value for error in page.error] == [escaped(FAULT)]
    assert not page.exception


def test_a_report_has_an_address(page: AppTest) -> None:
    up(page, acled({}, {"event_date": "sometime"}))
    press(read_on_page(page), "import-keep")
    page.query_params["report"] = "events"
    page.run()
    assert [metric.value for metric in page.metric] == ["2", "1", "0", "1"]
    page.query_params["report"] = HOSTILE
    page.run()
    assert len(page.error) == 1 and not page.exception
    assert ":red[r]" not in texts(page)
