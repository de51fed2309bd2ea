"""Sheets, layers of features and Parquet as batches of text."""

from __future__ import annotations

import datetime
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from bordermap.errors import ImportFileError
from bordermap.importers import reading
from bordermap.importers.reading import Chunk, Layout

Rows = list[dict[str, str | None]]


def rows_of(path: Path, layout: Layout | None = None, **options: object) -> tuple[Rows, list[int]]:
    layout = layout or reading.detect(path, **options)  # type: ignore[arg-type]
    (chunk,) = reading.chunks(path, layout)
    return rows_of_chunk(chunk)


def rows_of_chunk(chunk: Chunk, block: int = 8 << 20) -> tuple[Rows, list[int]]:
    rows: Rows = []
    lines: list[int] = []
    for batch in reading.read(chunk, block):
        assert tuple(batch.columns.column_names) == chunk.layout.columns
        batch.columns.validate(full=True)
        batch.issues.validate(full=True)
        assert len(batch.columns) == len(batch.lines)
        assert batch.rejected == 0
        rows += batch.columns.to_pylist()
        lines += batch.lines.tolist()
    assert lines == sorted(set(lines))
    return rows, lines


# Sheets


def workbook(path: Path, *rows: list[object], title: str = "events") -> Path:
    book = openpyxl.Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_as_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [],
        ["id", "date", "lat", "note", "id"],
        [1, datetime.date(2021, 2, 3), 25.38, "ကချင်", True],
        [None, "", None],
        [2.0, datetime.datetime(2021, 2, 3, 4, 5, 6), -1e-7, None, datetime.time(7, 30)],
        [1e15, None, None, None, None],
    )
    assert reading.parts(path) == ["notes", "events"]
    layout = reading.detect(path)
    assert layout == Layout("sheet", ("id", "date", "lat", "note", "id (2)"), part="events")
    rows, lines = rows_of(path)
    assert lines == [3, 5, 6]
    assert [list(row.values()) for row in rows] == [
        ["1", "2021-02-03", "25.38", "ကချင်", "true"],
        ["2", "2021-02-03T04:05:06", "-1e-07", None, "07:30:00"],
        ["1000000000000000", None, None, None, None],
    ]
    sample = reading.sample(path, layout, 2)
    assert sample.lines.tolist() == [3, 5]
    with pytest.raises(ImportFileError, match="has no sheet 'other', but notes, events"):
        reading.detect(path, part="other")
    with pytest.raises(ImportFileError, match="has no rows"):
        reading.detect(path, part="notes")


def test_formulas_give_the_values_that_were_saved(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "sum"], [1, "=1+1"])
    spoil(path, "xl/worksheets/sheet2.xml", lambda xml: xml.replace(b"<v />", b"<v>2</v>").replace(
        b"<v></v>", b"<v>2</v>"))  # fmt: skip
    assert rows_of(path)[0] == [{"id": "1", "sum": "2"}]


def test_cells_beside_the_table_are_left_out_and_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "x"], *[[n, n] for n in range(300)], [7, 8, "see"])
    (chunk,) = reading.chunks(path, reading.detect(path))
    (batch,) = reading.read(chunk)
    assert len(batch.columns) == 301
    assert batch.issues.to_pylist() == [
        {"file": "a.xlsx", "line": 302, "action": "repaired", "field": "column 3", "value": "see",
         "reason": "stands beside the columns of the table: left out"}
    ]  # fmt: skip


def spoil(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Rewrite a part of a ZIP archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = change(parts[part])
    assert changed != parts[part]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, changed if name == part else data)


@pytest.mark.parametrize(
    ("part", "old", "new", "reason"),
    [
        ("xl/worksheets/sheet2.xml", b'r="2"', b'r="99999999999"', "has a row beyond"),
        ("xl/worksheets/sheet2.xml", b"</row>", b"</rwo>", "is damaged or no Excel workbook"),
        ("xl/workbook.xml", b"<sheets>", b"<sheets", "is damaged or no Excel workbook"),
        (
            "xl/worksheets/sheet2.xml", b"<sheetData>",
            b"<sheetData><row>" + b"<c><v>1</v></c>" * 1200 + b"</row>", "has 1,200 columns",
        ),
    ],
)  # fmt: skip
def test_a_workbook_that_lies(
    part: str, old: bytes, new: bytes, reason: str, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "x"], [1, 2], [3, 4])
    spoil(path, part, lambda xml: xml.replace(old, new))
    with pytest.raises(ImportFileError, match=rf"^a\.xlsx: {reason}"):
        rows_of(path)


def test_a_workbook_with_multiplying_entities(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "x"], ["y", "z"])
    entities = '<!ENTITY a "aaaaaaaaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 16}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    spoil(path, "xl/worksheets/sheet2.xml", lambda xml: f"<!DOCTYPE x [{entities}]>".encode()
          + xml.replace(b"<t>y</t>", b"<t>&i;</t>"))  # fmt: skip
    with pytest.raises(ImportFileError, match="damaged or no Excel workbook"):
        rows_of(path)


def test_a_sheet_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id", "x"], [1, 2])
    spoil(path, "xl/worksheets/sheet2.xml", lambda xml: xml + b" " * (70 << 20))
    with pytest.raises(ImportFileError, match="more than 200 times its size"):
        reading.detect(path)


def test_a_row_of_a_sheet_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bordermap.importers.reading.sheet.MAX_ROW_BYTES", 300_000)
    path = workbook(tmp_path / "a.xlsx", ["id", "x"], [1, 2])
    spoil(path, "xl/worksheets/sheet2.xml",
          lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b"<x/>" * 200_000))  # fmt: skip
    with pytest.raises(ImportFileError, match="has a row of more than"):
        reading.detect(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is an old Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "is an encrypted workbook",
        ),
        (b"PK\x03\x04" + b"\0" * 100, "is damaged"),
        (b"id,x\n1,2\n", "is damaged or no Excel workbook"),
    ],
)
def test_what_is_no_workbook(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(ImportFileError, match=reason):
        reading.detect(path)


def test_other_spreadsheets_are_named(tmp_path: Path) -> None:
    for names, reason in (
        (("mimetype", "content.xml"), "OpenDocument"),
        (("xl/workbook.bin",), "binary workbook"),
        (("a/b.shp", "a/b.dbf"), "holds a shapefile"),
    ):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        with pytest.raises(ImportFileError, match=reason):
            reading.detect(tmp_path / "a.zip")


# Features


def layer(**columns: list[object]) -> geopandas.GeoDataFrame:
    shapes = [
        shapely.Point(97.4, 25.4),
        shapely.box(96, 20, 97, 21),
        None,
        shapely.MultiPoint([(98, 24)]),
        shapely.Point(),
    ]
    return geopandas.GeoDataFrame(
        {"id": [1, 2, 3, 4, 5], **columns}, geometry=shapes, crs="EPSG:4326"
    )


PLACES = [
    ("97.4", "25.4", "Point"),
    ("96.5", "20.5", "Polygon"),
    (None, None, None),
    ("98", "24", "Point"),
    (None, None, None),
]


@pytest.mark.parametrize("name", ["a.gpkg", "a!b.geojson", "a.json", "a.parquet"])
def test_features_as_text(name: str, tmp_path: Path) -> None:
    frame = layer(
        date=["2021/02/03", "04/03/2021", None, "", "x"],
        note=["ကချင်", "a\nb", None, "d", "e"],
        deaths=[1.0, 2.5, None, 4.0, 5.0],
    )
    path = tmp_path / name
    if path.suffix == ".gpkg":
        frame.to_file(path, layer="fights")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        path.write_text(frame.to_json(), "utf-8")
    layout = reading.detect(path)
    assert layout.columns == (
        "id", "date", "note", "deaths", "longitude", "latitude", "geometry_type"
    )  # fmt: skip
    rows, lines = rows_of(path)
    assert lines == [1, 2, 3, 4, 5]
    assert [tuple(row.values())[-3:] for row in rows] == PLACES
    assert [row["date"] for row in rows] == ["2021/02/03", "04/03/2021", None, None, "x"]
    assert [row["note"] for row in rows] == ["ကချင်", "a\nb", None, "d", "e"]
    assert [row["deaths"] for row in rows] == ["1", "2.5", None, "4", "5"]
    assert reading.sample(path, layout, 3).lines.tolist() == [1, 2, 3]


def test_other_reference_systems_and_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    layer().to_file(path, layer="first")
    layer(longitude=["a"] * 5).to_crs(32647).to_file(path, layer="second")
    assert reading.parts(path) == ["first", "second"]
    layout = reading.detect(path, part="second")
    assert layout.columns == ("id", "longitude", "longitude (2)", "latitude", "geometry_type")
    rows, _ = rows_of(path, layout)
    assert float(rows[0]["longitude (2)"] or 0) == pytest.approx(97.4, abs=1e-9)
    assert float(rows[0]["latitude"] or 0) == pytest.approx(25.4, abs=1e-9)
    assert rows[0]["longitude"] == "a"
    with pytest.raises(ImportFileError, match="has no layer 'third', but first, second"):
        reading.detect(path, part="third")
    projected = tmp_path / "b.parquet"
    layer().to_crs(32647).to_parquet(projected)
    rows, _ = rows_of(projected)
    assert float(rows[3]["longitude"] or 0) == pytest.approx(98, abs=1e-9)


def test_shapefiles_and_layers_without_geometry(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    layer().iloc[[0, 2]].to_file(path)
    rows, _ = rows_of(path)
    assert rows[0] == {"id": "1", "longitude": "97.4", "latitude": "25.4", "geometry_type": "Point"}
    for suffix in (".shx", ".dbf"):
        path.with_suffix(suffix).unlink()
    with pytest.raises(ImportFileError, match=r"^a\.shp: "):
        rows_of(path)


def test_nested_properties_are_json(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    features = [
        {"type": "Feature", "properties": {"l": [1, 2], "o": {"k": "é"}, "m": n}, "geometry": None}
        for n in (1, "x", True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    rows, _ = rows_of(path)
    assert [json.loads(rows[0][name] or "") for name in "lo"] == [[1, 2], {"k": "é"}]
    assert len({row["m"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature"'),
        ("a.geojson", b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>a.csv"
                      b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"),
        ("a.json", b"[1, 2]"),
        ("a.gpkg", b"SQLite format 3\0" + b"\0" * 200),
        ("a.gpkg", b"nothing"),
        ("a.shp", b"id,x\n"),
    ],
)  # fmt: skip
def test_what_is_no_layer(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ImportFileError, match=f"^{name}: .+") as caught:
        reading.detect(path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_gdal_is_quiet(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "properties": {"n": 10**30},
               "geometry": {"type": "Point", "coordinates": [97, "x"]}}  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "crs": {"type": "name", "properties": {
        "name": "urn:ogc:def:crs:NONE::1"}}, "features": [feature]})  # fmt: skip
    path.write_text(text)
    code = (
        "import sys; from pathlib import Path; from bordermap.importers import reading\n"
        "path = Path(sys.argv[1]); layout = reading.detect(path)\n"
        "print(sum(len(b.columns) for c in reading.chunks(path, layout) for b in reading.read(c)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


# Parquet


def test_every_type_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    noon, midnight = datetime.datetime(2021, 2, 3, 12, 30), datetime.datetime(2021, 2, 3)
    table = pa.table(
        {
            "f": pa.array([48528.0, 0.1]),
            "g": pa.array([0.1, float("nan")], pa.float32()),
            "i": pa.array([2**63 - 1, None]),
            "b": [True, None],
            "d": [datetime.date(2021, 2, 3), None],
            "t": pa.array([noon, midnight], pa.timestamp("ns")),
            "z": pa.array([noon, midnight], pa.timestamp("ms", "UTC")),
            "h": [datetime.time(7, 30), None],
            "m": pa.array(["1.10", None]).cast(pa.decimal128(5, 2)),
            "s": ["", "a\nb"],
            "c": pa.array(["x", "x"]).dictionary_encode(),
            "l": [[1, None], None],
            "o": [{"k": "é", "v": [b"\xff"]}, None],
            "y": [b"abc", b"d"],
            "x": [b"\xff\x00", None],
            "n": pa.nulls(2),
        }
    )
    parquet.write_table(table, path)
    rows, lines = rows_of(path)
    assert lines == [1, 2]
    assert rows == [
        {"f": "48528", "g": "0.1", "i": "9223372036854775807", "b": "true", "d": "2021-02-03",
         "t": "2021-02-03T12:30:00", "z": "2021-02-03T12:30:00Z", "h": "07:30:00", "m": "1.10",
         "s": None, "c": "x", "l": "[1, null]", "o": '{"k": "é", "v": ["ff"]}', "y": "abc",
         "x": "ff00", "n": None},
        {"f": "0.1", "g": None, "i": None, "b": None, "d": None, "t": "2021-02-03",
         "z": "2021-02-03T00:00:00Z", "h": None, "m": None, "s": "a\nb", "c": "x", "l": None,
         "o": None, "y": "d", "x": None, "n": None},
    ]  # fmt: skip


def test_text_in_parquet_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    raw = pa.array([b"a", b"caf\xe9", b"x\0y"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    parquet.write_table(pa.table({"s": text}), path)
    (chunk,) = reading.chunks(path, reading.detect(path))
    (batch,) = reading.read(chunk)
    assert batch.columns.to_pylist() == [{"s": "a"}, {"s": "café"}, {"s": "xy"}]
    assert [(i["line"], i["action"], i["field"]) for i in batch.issues.to_pylist()] == [
        (2, "repaired", "s"),
        (3, "repaired", "s"),
    ]


@given(
    rows=st.integers(0, 60),
    group=st.integers(1, 20),
    size=st.integers(0, 3000),
    block=st.integers(1, 3000),
)
def test_row_groups_together_are_the_file(
    rows: int, group: int, size: int, block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "groups.parquet"
    table = pa.table({"n": pa.array(np.arange(rows)), "s": ["x" * (n % 7) for n in range(rows)]})
    parquet.write_table(table, path, row_group_size=group)
    layout = reading.detect(path)
    parts = [rows_of_chunk(chunk, block) for chunk in reading.chunks(path, layout, size)]
    assert [row["n"] for found, _ in parts for row in found] == [str(n) for n in range(rows)]
    assert [line for _, lines in parts for line in lines] == list(range(1, rows + 1))


MEASURED = """
import sys
from pathlib import Path
from bordermap.importers import reading
path = Path(sys.argv[1])
(chunk,) = reading.chunks(path, reading.detect(path))
rows = 0
for batch in reading.read(chunk):
    rows += len(batch.columns)
    if rows > 200:
        break
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the peak of memory is Linux's to tell")
def test_a_repeated_value_is_not_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    value = pa.DictionaryArray.from_arrays(np.zeros(20_000, np.int32), ["x" * (1 << 20)])
    parquet.write_table(pa.table({"s": value}), path)
    assert path.stat().st_size < 1 << 20
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 500


def test_a_parquet_that_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({f"c{n}": [1] for n in range(1001)}), path)
    with pytest.raises(ImportFileError, match="1,001 columns"):
        reading.detect(path)
    parquet.write_table(pa.table({"s": ["x"] * 100}), path)
    data = path.read_bytes()
    long = data[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1"
    junk = b"PAR1" + b"\xff" * 50 + b"PAR1"
    for spoiled in (data[:-5], data[4:], data[:200], b"PAR1", b"PAR1PAR1", junk, long):
        path.write_bytes(spoiled)
        with pytest.raises(ImportFileError, match=r"^a\.parquet: is damaged"):
            rows_of(path)


def test_geometry_that_a_parquet_only_claims(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    layer().to_parquet(path)
    table = parquet.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    for change in ({"primary_column": "none"}, {"columns": []}, {"columns": {"geometry": {
            "encoding": "WKB", "crs": {"type": "nothing"}}}}):  # fmt: skip
        claimed = table.replace_schema_metadata({b"geo": json.dumps({**geo, **change}).encode()})
        parquet.write_table(claimed, path)
        try:
            rows, _ = rows_of(path)
            assert len(rows) == 5
        except ImportFileError as error:
            assert "coordinate reference system" in str(error)
    spoiled = table.set_column(1, "geometry", pa.array([b"\1\2", b"", None, b"\1" * 21, b"x"]))
    parquet.write_table(spoiled, path)
    assert [row["longitude"] for row in rows_of(path)[0]] == [None] * 5


# Any bytes


def _samples() -> dict[str, bytes]:
    frame = layer(note=["a", "b\nc", None, "d", "e"], when=["2021-02-03"] * 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.to_file(folder / "a.gpkg")
        frame.to_parquet(folder / "a.parquet")
        frame.iloc[[0]].to_file(folder / "a.shp")
        workbook(folder / "a.xlsx", ["id", "x"], *[[n, f"t{n}"] for n in range(20)])
        made = {
            path.name: path.read_bytes()
            for path in folder.iterdir()
            if path.suffix in (".gpkg", ".parquet", ".xlsx", ".shp")
        }
    return {**made, "a.geojson": frame.to_json().encode(), "b.parquet": _plain_parquet()}


def _plain_parquet() -> bytes:
    file = io.BytesIO()
    table = pa.table({"id": range(50), "s": [f"x{n % 3}" for n in range(50)], "l": [[1, 2]] * 50})
    parquet.write_table(table, file, row_group_size=20)
    return file.getvalue()


SAMPLES = _samples()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of GDAL, on its way to an error
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.none() | st.integers(0, 1 << 20),
    tail=st.booleans(),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_spoiled_files_give_rows_or_a_clear_error(
    name: str,
    flips: list[tuple[int, int]],
    cut: int | None,
    tail: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = bytearray(SAMPLES[name])
    for at, byte in flips:
        data[-1 - at % min(len(data), 600) if tail else at % len(data)] = byte
    if cut is not None:
        del data[cut % len(data) :]
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    check(path)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of GDAL, on its way to an error
@given(
    data=st.binary(max_size=400),
    name=st.sampled_from(["x.xlsx", "x.gpkg", "x.geojson", "x.json", "x.parquet", "x.shp"]),
    magic=st.sampled_from([b"", b"PAR1", b"SQLite format 3\0", b"PK\x03\x04", b"\0\0\x27\x0a",
                           b'{"type":"FeatureCollection","features":[']),
)  # fmt: skip
@example(data=b"", name="x.json", magic=b"")
@settings(max_examples=200)
def test_any_bytes_give_rows_or_a_clear_error(
    data: bytes, name: str, magic: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(magic + data)
    check(path)


def check(path: Path) -> None:
    try:
        layout = reading.detect(path)
        for chunk in reading.chunks(path, layout, 1000):
            rows_of_chunk(chunk)
        reading.sample(path, layout)
        reading.parts(path)
    except ImportFileError as error:
        assert str(error).startswith(f"{path.name}: ")
        assert "\n" not in str(error)
