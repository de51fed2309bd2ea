"""What the server holds in memory of a dataset, measured in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from store_files import many

from bordermap.model.event import EVENT_SCHEMA
from bordermap.store import Store

FEW, MANY = 20_000, 820_000
MOST_BYTES = 250
"""Bytes an event; so many events that what DuckDB keeps of its last reads is a part of it."""

SESSIONS = 4
MOST_OF_A_SESSION = 0.5
"""Bytes an event that one more session may add."""

SCRIPT = """
import gc, json, sys, tracemalloc
import psutil
from streamlit.testing.v1 import AppTest
from bordermap.selection import Selection
from bordermap.web import data
from bordermap.web.server import SCRIPT

process = psutil.Process()
FILTERS = (("categories", "armed_clash"), ("regions", "MM-17"), ("actors", "Tatmadaw"))

def session(**address):
    app = AppTest.from_file(str(SCRIPT), default_timeout=300)
    app.query_params.update(address)
    app.run()
    assert not app.exception, app.exception
    return app

held = [session()]
data.columns(data.dataset())
before = process.memory_info().rss
opened = data.dataset("many")
data.columns(opened)
for kilometres in range(8):
    opened.mask(Selection(near_border_km=kilometres))
held.append(session(dataset="many"))
for field, value in FILTERS:
    held[-1].multiselect(key=f"filter-{field}").set_value([value]).run()
    assert not held[-1].exception, held[-1].exception
grown = process.memory_info().rss - before

tracemalloc.start()
held.append(session(dataset="many", kind="incident"))
gc.collect()
first = tracemalloc.get_traced_memory()[0]
held += [session(dataset="many", kind="incident") for _ in range(int(sys.argv[1]))]
gc.collect()
sessions = tracemalloc.get_traced_memory()[0] - first
print(json.dumps({"rows": len(opened), "grown": grown, "sessions": sessions}))
"""


def stored(folder: Path, count: int) -> None:
    """Store so many invented events."""
    struct = pa.struct([pa.field(name, pa.string()) for name in ("event_id", "notes")])
    schema = pa.schema([*EVENT_SCHEMA, pa.field("original", struct)])
    some = pa.Table.from_pylist(many(10_000), schema=schema)
    with Store(folder).build("many") as building:
        year = building.spill / "2015"
        year.mkdir(parents=True)
        for chunk in range(count // len(some)):
            ids = pa.array([f"e{chunk}-{number}" for number in range(len(some))])
            moved = np.asarray(some["longitude"]) + chunk / 1000
            table = some.set_column(0, schema.field("id"), ids)
            table = table.set_column(
                schema.get_field_index("longitude"), schema.field("longitude"), pa.array(moved)
            )
            pq.write_table(table, year / f"{chunk:06d}.parquet")
        building.finish(source={"format": "many"}).commit()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, int]]:
    known: dict[int, dict[str, int]] = {}

    def measure(count: int) -> dict[str, int]:
        if count not in known:
            folder = tmp_path_factory.mktemp("many")
            stored(folder, count)
            done = subprocess.run(
                [sys.executable, "-c", SCRIPT, str(SESSIONS)],
                env=os.environ | {"BORDERMAP_DATA": str(folder)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr.decode()[-3000:]
            known[count] = json.loads(done.stdout.splitlines()[-1])
            assert known[count]["rows"] == count
        return known[count]

    return measure


def test_memory_an_event(measured: Callable[[int], dict[str, int]]) -> None:
    grown = measured(MANY)["grown"] - measured(FEW)["grown"]
    assert grown <= MOST_BYTES * (MANY - FEW)


def test_a_session_holds_no_events(measured: Callable[[int], dict[str, int]]) -> None:
    sessions = measured(MANY)["sessions"] - measured(FEW)["sessions"]
    assert sessions <= MOST_OF_A_SESSION * (MANY - FEW) * SESSIONS
