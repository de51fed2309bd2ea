"""Any bytes through readers, formats and interpretation: rows in are rows out."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_tables import ACLED, TODAY, acled, check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bordermap.errors import ImportFileError
from bordermap.importers import reading
from bordermap.importers.formats import recognise
from bordermap.importers.interpret import Names, interpret
from bordermap.importers.mapping import FORMATS, recognition

CELLS = [
    "", "NA", "2021-03-04", "04/03/2021", "31/12/2021", "0202-01-01", "97.2", "24.1", "-1",
    "12345678", "20211107", "202111", "2021", "1", "Battles", "Armed clash", "Shan-North",
    "A; B", "é", "\u202e", "\x00", '"quoted, cell"', '"a\nb"', '"', "=1+1",
]  # fmt: skip
HEADERS = {
    "acled": ACLED,
    "ucdp": [*recognition("ucdp")["all"], *recognition("ucdp")["some"], "adm_1", "id"],
    "gdelt": recognition("gdelt")["headerless"][0],
    "table": ["id", "date", "lat", "lon", "place", "type", "deaths", "notes"],
}


def followed(path: Path, answer: int) -> int:
    """Read a file to its end and return how many rows it has; each is kept or rejected."""
    layout = reading.detect(path)
    layout, mapping, questions = recognise(layout, reading.sample(path, layout))
    for question in questions:
        mapping = list(question.options.values())[answer]
    rows = 0
    for chunk in reading.chunks(path, layout):
        for batch in reading.read(chunk):
            check(batch, interpret(batch, mapping, path.name, Names({}), TODAY))
            rows += len(batch.columns) + batch.rejected
    return rows


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes") / "events.csv"


@pytest.mark.parametrize("name", FORMATS)
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_cells(path, name, data):
    header = HEADERS[name]
    cell = st.sampled_from(CELLS)
    rows = data.draw(st.lists(st.lists(cell, max_size=len(header) + 1), max_size=5))
    delimiter = "\t" if name == "gdelt" else data.draw(st.sampled_from(",;\t"))
    lines = [delimiter.join(row) for row in rows]
    if name != "gdelt":
        lines.insert(0, delimiter.join(header))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-16", "cp1252"]))
    path.write_bytes("\n".join(lines).encode(encoding, "replace"))
    follow_or_refuse(path, data.draw(st.integers(0, 1)))


@given(st.binary(max_size=300), st.integers(0, 1))
def test_any_bytes(path, held, answer):
    path.write_bytes(held)
    follow_or_refuse(path, answer)


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=4), st.integers(0, 1))
def test_a_file_with_spoilt_bytes(path, place, spoilt, answer):
    text = ",".join(ACLED) + "\n" + "".join(",".join(acled().values()) + "\n" for _ in range(9))
    held = text.encode()
    place %= len(held)
    path.write_bytes(held[:place] + spoilt + held[place + len(spoilt) :])
    follow_or_refuse(path, answer)


def follow_or_refuse(path: Path, answer: int) -> None:
    try:
        followed(path, answer)
    except ImportFileError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 500


def test_good_rows_are_all_read(path):
    rows = [acled(event_id_cnty=f"M{n}", notes=f'"Invented, {n}\nand more"') for n in range(700)]
    text = ",".join(ACLED) + "\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    assert followed(path, 0) == 700
