"""What a file says of itself, and whether it is still true."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import struct
import zlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from PIL import Image

from bordermap.cli import main
from bordermap.errors import NewerProofError, OutputError, ProofError
from bordermap.model.record import RECORD_SCHEMA
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot import making
from bordermap.snapshot.making import FORMATS, Material, make, prove
from bordermap.snapshot.motion import Motion
from bordermap.snapshot.proofs import embedded, proof, sidecar
from bordermap.snapshot.proofs.fingerprints import GROUPS, Fingerprints, changes, fingerprints
from bordermap.snapshot.proofs.verify import State, verify
from bordermap.snapshot.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Package

    from bordermap.catalog import Catalog

APRIL = Selection(date_from=date(2024, 4, 1), date_to=date(2024, 4, 5), regions=("MM-11",))
EXERCISE = "2024-04-02-pla-live-fire-exercise"
LWEGEL = "2024-04-lwegel-kia"
TALKS = "2024-04-01-deng-xijun-min-aung-hlaing"
MADE_ON = date(2026, 5, 1)
HOSTILE = "</script></metadata>]]>--><b>&amp;{{ 7*7 }}{% x %}) (\\ \u202e\U0001f4a5"

STILL = [suffix for suffix, one in FORMATS.items() if not one.moves]
WITHOUT_PLACE = {".csv", ".jsonl"}
"""Formats that have no place for a proof."""


def spec(**asked: object) -> Spec:
    return Spec(**{"selection": APRIL, "made_on": MADE_ON, "dpi": 50, "layout": "square"} | asked)


@pytest.fixture(scope="module")
def package(new_package: Callable[[], Package]) -> Package:
    return new_package()


@pytest.fixture(scope="module")
def catalog(package: Package) -> Catalog:
    return package.load()


@pytest.fixture(scope="module")
def dataset(catalog: Catalog) -> Dataset:
    return Dataset.of(catalog)


@pytest.fixture(scope="module")
def originals(
    tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, dataset: Dataset
) -> dict[str, Path]:
    """A file of each format with its sidecar."""
    folder = tmp_path_factory.mktemp("made")
    paths = {}
    for suffix in STILL:
        paths[suffix] = folder / f"april{suffix}"
        sidecar.write_both(paths[suffix], make(spec(), suffix, catalog, dataset))
    return paths


@pytest.fixture
def copied(originals: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """Makes a copy of a file and its sidecar, to be spoilt."""

    def copy(suffix: str) -> Path:
        for path in (originals[suffix], sidecar.beside(originals[suffix])):
            (tmp_path / path.name).write_bytes(path.read_bytes())
        return tmp_path / originals[suffix].name

    return copy


def check(path: Path, catalog: Catalog):
    return verify(path, lambda _: (catalog, Dataset.of(catalog)))


def edited_package(new_package, change) -> Catalog:
    package = new_package()
    change(package)
    return package.load()


def edited_sidecar(path: Path, change: Callable[[dict], object]) -> None:
    at = sidecar.beside(path)
    values = json.loads(at.read_text("utf-8"))
    change(values)
    at.write_text(json.dumps(values), encoding="utf-8")


def repacked(body: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A PNG whose chunks went through a function; None leaves one out."""
    out = embedded.PNG_SIGNATURE
    for kind, data in embedded.png_chunks(body):
        changed = change(kind, data)
        if changed is not None:
            whole = kind.encode() + changed
            out += struct.pack(">I", len(changed)) + whole + struct.pack(">I", zlib.crc32(whole))
    return out


def with_pixel(body: bytes, column: int, row: int) -> bytes:
    """A PNG in which one pixel is of another colour; all else stays."""
    image = Image.open(io.BytesIO(body))
    pixel = image.getpixel((column, row))
    image.putpixel((column, row), (255 - pixel[0], *pixel[1:]))
    saved = io.BytesIO()
    image.save(saved, "PNG")
    drawn = b"".join(d for kind, d in embedded.png_chunks(saved.getvalue()) if kind == "IDAT")
    parts = iter([drawn])
    return repacked(body, lambda kind, data: next(parts, None) if kind == "IDAT" else data)


# ---------------------------------------------------------------- fingerprints


@pytest.fixture(scope="module")
def records(dataset: Dataset) -> pa.Table:
    return dataset.select(Selection())


def table(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=RECORD_SCHEMA)


def rows_of(records: pa.Table) -> list[dict]:
    return records.to_pylist(maps_as_pydicts="strict")


def test_every_field_is_in_one_group() -> None:
    fields = [field for group in GROUPS.values() for field in group]
    assert sorted([*fields, "id", "dataset"]) == sorted(RECORD_SCHEMA.names)


def another(value: object, kind: pa.DataType) -> object:
    if pa.types.is_date(kind):
        return date(1999, 1, 1)
    if pa.types.is_map(kind):
        return {**value, "another": 0.5}
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        return [{**value[0], "border_km": 77.7}, *value[1:]]
    if pa.types.is_list(kind):
        return [*value, "another"]
    if pa.types.is_string(kind):
        return (value or "") + " "
    return 0 if value is None else None


@pytest.mark.parametrize("field", [name for name in RECORD_SCHEMA.names if name != "id"])
def test_an_edit_of_any_field_is_named(records: pa.Table, field: str) -> None:
    rows = rows_of(records.slice(0, 50))
    row = next(row for row in rows if row["places"])
    before = fingerprints(table(rows))
    row[field] = another(row[field], RECORD_SCHEMA.field(field).type)
    found = changes(before, fingerprints(table(rows)))
    if field == "dataset":
        assert (found.removed, found.added) == ((row["id"],), (f"curated /{row['id']}",))
    else:
        (group,) = (words for words, fields in GROUPS.items() if field in fields)
        assert found.edited == {row["id"]: (group,)}
        assert not found.added and not found.removed and not found.moved


def test_fingerprints_are_of_the_values_alone(records: pa.Table) -> None:
    whole = fingerprints(records)
    assert len(whole.each) == len(records)
    chunked = pa.concat_tables([records.slice(0, 7), records.slice(7, 1), records.slice(8)])
    assert fingerprints(chunked) == fingerprints(table(rows_of(records))) == whole
    part = fingerprints(records.slice(5, 20))
    assert part.each == dict(list(whole.each.items())[5:25])
    assert part.digest != whole.digest
    assert fingerprints(records.slice(0, 0)).each == {}


def test_null_is_not_nothing(records: pa.Table) -> None:
    rows = rows_of(records.slice(0, 1))
    marks = set()
    for note in (None, "", "\0"):
        marks.add(fingerprints(table([{**rows[0], "notes": note}])).each[rows[0]["id"]])
    for killed in (None, 0):
        marks.add(fingerprints(table([{**rows[0], "fatalities_low": killed}])).each[rows[0]["id"]])
    assert len(marks) >= 3


def test_another_order_is_a_change(records: pa.Table) -> None:
    rows = rows_of(records.slice(0, 3))
    found = changes(fingerprints(table(rows)), fingerprints(table(rows[::-1])))
    assert found
    assert (found.moved, found.edited, found.added, found.removed) == (True, {}, (), ())


def test_records_of_one_id_are_kept_apart(records: pa.Table) -> None:
    rows = rows_of(records.slice(0, 1))
    assert list(fingerprints(table(rows * 2)).each) == [rows[0]["id"], f"{rows[0]['id']}#2"]


# ---------------------------------------------------------------- the text


def a_proof(count: int = 3) -> proof.Proof:
    random = np.random.default_rng(1)
    each = {
        f"dataset/MMR{number}": embedded_mark
        for number, embedded_mark in zip(
            random.permutation(10**6)[:count].tolist(),
            map(_mark, random.integers(0, 64, (count, 16))),
            strict=True,
        )
    }
    return proof.Proof(
        suffix=".png",
        query="text=%7B%7B",
        records=Fingerprints("ab" * 32, each),
        data={"package": "1"},
        versions={"bordermap": "1"},
        permalink="?a=b",
        citation=HOSTILE,
    )


def _mark(numbers: np.ndarray) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(letters[number] for number in numbers)


def test_the_text_of_a_proof_may_stand_anywhere() -> None:
    text = a_proof().text
    assert text.isascii() and text.isprintable()
    assert not re.search(r"[<>&]|\{[{%#]", text)
    assert json.loads(text)["citation"] == HOSTILE


@pytest.mark.parametrize("count", [0, 3, 2_001, 10_001])
def test_a_proof_is_read_as_it_was_told(count: int) -> None:
    told = a_proof(count)
    found = proof.read(told.text)
    assert (found.text, found.edited) == (told.text, ())
    assert list(found.proof.records.each) == list(told.records.each)
    assert not changes(found.proof.records, told.records)


def test_a_proof_of_many_records_is_short_and_names_an_edited_one() -> None:
    told = a_proof(100_000)
    assert len(told.text) < 14 * 100_000
    each = dict(told.records.each)
    key = list(each)[77_777]
    each[key] = each[key][::-1]
    before = proof.read(told.text).proof.records
    assert changes(before, Fingerprints("cd" * 32, each)).edited == {key: ()}


@pytest.mark.parametrize("field", ["suffix", "query", "records", "data", "permalink", "check"])
def test_an_edited_value_does_not_fit_its_check(field: str) -> None:
    values = json.loads(a_proof().text)
    if field == "check":
        values["check"]["citation"] = "00000000"
        field = "citation"
    elif field == "records":
        values["records"]["digest"] = "cd" * 32
    else:
        values[field] = {"package": "2"} if field == "data" else "another"
    assert proof.read(json.dumps(values)).edited == (field,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        "[" * 100_000,
        '{"bordermap_proof": "1"}',
        '{"bordermap_proof": 1}',
    ],
)
def test_what_is_no_proof_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ProofError, match="cannot be read"):
        proof.read(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bordermap_proof", 0),
        ("citation", 7),
        ("versions", {"bordermap": 1}),
        ("records", {"digest": "x", "each": {"a": "<script>"}}),
        ("records", {"digest": "x", "packed": "eJwDAAAAAAE="}),
        ("records", {"digest": "x", "packed": "not base 64"}),
        ("records", []),
    ],
)
def test_values_of_another_kind_are_no_proof(field: str, value: object) -> None:
    text = json.dumps(json.loads(a_proof().text) | {field: value})
    with pytest.raises(ProofError, match="cannot be read"):
        proof.read(text)


def test_a_newer_form_is_said_to_be_newer() -> None:
    with pytest.raises(NewerProofError, match="is from a newer bordermap"):
        proof.read('{"bordermap_proof": 2, "anything": []}')


# ---------------------------------------------------------------- in the file


@pytest.mark.parametrize("suffix", STILL)
def test_a_file_holds_its_proof_and_is_the_same_each_time(
    originals: dict[str, Path], catalog: Catalog, dataset: Dataset, suffix: str
) -> None:
    body = originals[suffix].read_bytes()
    made = make(spec(), suffix, catalog, dataset)
    assert made.body == body
    text = embedded.proof_in(body, suffix)
    if suffix in WITHOUT_PLACE:
        assert text is None
    else:
        assert proof.read(text).text == made.proof.text
    beside = json.loads(sidecar.beside(originals[suffix]).read_text("utf-8"))
    assert beside["proof"] == json.loads(made.proof.text)
    assert beside["size"] == len(body)
    assert made.proof.suffix == suffix
    assert list(made.proof.records.each) == [TALKS, LWEGEL, EXERCISE]
    assert made.proof.citation.endswith("Made on 1 May 2026.")


def test_a_hostile_title_stays_in_its_place(
    tmp_path: Path, catalog: Catalog, dataset: Dataset
) -> None:
    for suffix in (".svg", ".html", ".pdf", ".kml", ".geojson"):
        path = tmp_path / f"hostile{suffix}"
        sidecar.write_both(path, make(spec(title=HOSTILE), suffix, catalog, dataset))
        assert check(path, catalog).state is State.IDENTICAL, suffix


@pytest.mark.parametrize("suffix", sorted(set(STILL) - WITHOUT_PLACE))
@pytest.mark.parametrize("damage", [b"", b"x" * 100, None])
def test_a_damaged_file_has_no_proof(
    originals: dict[str, Path], suffix: str, damage: bytes | None
) -> None:
    body = originals[suffix].read_bytes()[:200] if damage is None else damage
    assert embedded.proof_in(body, suffix) is None


def test_the_permalink_is_an_address_of_the_dashboard(catalog: Catalog, dataset: Dataset) -> None:
    asked = spec(names="my", hide=("gates", "legend"), show="MM-11")
    material = Material(asked, catalog, dataset, dataset.select(APRIL))
    told = prove(material, ".png")
    assert told.permalink == (
        "?from=2024-04-01&to=2024-04-05&region=MM-11&names=my&hide=gates%2Clegend"
    )
    assert told.query == asked.to_query()


# ---------------------------------------------------------------- the check


@pytest.mark.parametrize("suffix", STILL)
def test_an_untouched_file_is_identical(
    originals: dict[str, Path], catalog: Catalog, suffix: str
) -> None:
    verdict = check(originals[suffix], catalog)
    assert (verdict.state, verdict.lines, verdict.notes) == (State.IDENTICAL, (), ())
    assert verdict.records == 3


def test_without_a_sidecar_the_proof_in_the_file_is_enough(copied, catalog: Catalog) -> None:
    path = copied(".png")
    sidecar.beside(path).unlink()
    verdict = check(path, catalog)
    assert verdict.state is State.IDENTICAL
    assert verdict.notes == ("there is no sidecar april.png.json; the proof is that in the file",)


@pytest.mark.parametrize("suffix", [".png", ".csv"])
def test_an_edited_summary_is_named(copied, new_package, suffix: str) -> None:
    now = edited_package(new_package, lambda data: data.edit("records", LWEGEL, summary="Else."))
    verdict = check(copied(suffix), now)
    assert verdict.state is State.CHANGED
    assert verdict.lines == (f"the record {LWEGEL} was edited: text",)


def test_a_removed_and_a_new_record_are_named(
    copied, new_package, tmp_path: Path, catalog: Catalog
) -> None:
    def remove(data: Package) -> None:
        data.write("records", [row for row in data.rows("records") if row["id"] != EXERCISE])
        kept = [row for row in data.rows("relations") if EXERCISE not in row.values()]
        data.write("relations", kept)

    fewer = edited_package(new_package, remove)
    assert check(copied(".png"), fewer).lines == (f"the record {EXERCISE} is gone since",)
    path = tmp_path / "fewer.svg"
    sidecar.write_both(path, make(spec(), ".svg", fewer, Dataset.of(fewer)))
    assert check(path, catalog).lines == (f"the record {EXERCISE} is new since",)


def test_what_changes_elsewhere_is_a_note(copied, new_package) -> None:
    other = "2021-03-14-hlaingthaya-factories"
    now = edited_package(new_package, lambda data: data.edit("records", other, summary="Else."))
    verdict = check(copied(".geojson"), now)
    assert verdict.state is State.IDENTICAL
    assert verdict.notes == ("changed since, and not in this file: records/records.csv",)


def test_a_changed_layer_is_named(copied, new_package) -> None:
    def drop(data: Package) -> None:
        layer = json.loads(data.layer("rivers").read_text("utf-8"))
        layer["features"] = layer["features"][:1]
        data.layer("rivers").write_text(json.dumps(layer), encoding="utf-8")

    verdict = check(copied(".png"), edited_package(new_package, drop))
    assert verdict.state is State.CHANGED
    assert verdict.lines == ("the data has changed since: layers/rivers.geojson",)
    assert verdict.notes == ("the file is as it was written, by the SHA-256 of april.png.json",)


def test_one_pixel_is_found(copied, catalog: Catalog) -> None:
    path = copied(".png")
    path.write_bytes(with_pixel(path.read_bytes(), 120, 45))
    verdict = check(path, catalog)
    assert verdict.state is State.CHANGED
    assert verdict.lines == ("one pixel was changed: column 120, row 45",)


def test_a_pixel_and_the_data_are_both_found(copied, new_package) -> None:
    path = copied(".png")
    path.write_bytes(with_pixel(path.read_bytes(), 1, 2))
    now = edited_package(new_package, lambda data: data.edit("records", LWEGEL, summary="Else."))
    assert check(path, now).lines == (
        f"the record {LWEGEL} was edited: text",
        "the file was changed: april.png.json has another SHA-256",
    )


def test_the_same_pixels_packed_anew_are_told(copied, catalog: Catalog) -> None:
    path = copied(".png")
    drawn = b"".join(d for kind, d in embedded.png_chunks(path.read_bytes()) if kind == "IDAT")
    parts = iter([zlib.compress(zlib.decompress(drawn), 1)])
    path.write_bytes(
        repacked(path.read_bytes(), lambda k, d: next(parts, None) if k == "IDAT" else d)
    )
    (line,) = check(path, catalog).lines
    assert line.startswith("its bytes differ from number ")


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_metadata_field_is_named(copied, catalog: Catalog, suffix: str) -> None:
    path = copied(suffix)
    body = path.read_bytes()
    before, after = "Incidents and meetings", "Accidents and meetings"
    if suffix == ".png":
        changed = repacked(
            body,
            lambda _, data: (
                data.replace(before.encode(), after.encode()) if data[:6] == b"Title\0" else data
            ),
        )
    elif suffix == ".svg":
        changed = body.replace(f"<dc:title>{before}".encode(), f"<dc:title>{after}".encode())
    else:
        changed = body.replace(before.encode("utf-16-be"), after.encode("utf-16-be"))
    assert changed != body
    path.write_bytes(changed)
    (line,) = check(path, catalog).lines
    assert re.match(r"the metadata field '[Tt]itle' was changed: 'Accidents and meetings, ", line)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".html", ".geojson", ".pdf"])
@pytest.mark.parametrize("with_sidecar", [True, False])
def test_an_edited_citation_is_named(
    copied, catalog: Catalog, suffix: str, with_sidecar: bool
) -> None:
    path = copied(suffix)
    body = path.read_bytes()
    before, after = b"Made on 1 May 2026", b"Made on 9 May 2026"
    if suffix == ".png":
        changed = repacked(
            body,
            lambda kind, data: (
                b"bordermap\0\0"
                + zlib.compress(zlib.decompress(data.split(b"\0\0", 1)[1]).replace(before, after))
                if kind == "zTXt"
                else data
            ),
        )
    else:
        start = body.index(b"bordermap_proof")
        changed = body[:start] + body[start:].replace(before, after)
    assert changed != body
    path.write_bytes(changed)
    if not with_sidecar:
        sidecar.beside(path).unlink()
    verdict = check(path, catalog)
    assert verdict.state is State.CHANGED
    assert "the metadata field 'citation' of its proof was edited" in verdict.lines


def test_an_edit_with_its_check_made_anew_is_found_too(
    tmp_path: Path, catalog: Catalog, dataset: Dataset
) -> None:
    material = Material(spec(), catalog, dataset, dataset.select(APRIL))
    forged = dataclasses.replace(prove(material, ".svg"), citation="Somebody else (2026).")
    path = tmp_path / "forged.svg"
    sidecar.write_both(path, making.Made(FORMATS[".svg"].encode(material, forged.text), 3, forged))
    assert check(path, catalog).lines == ("the metadata field 'citation' of its proof was edited",)


def test_a_proof_that_was_taken_out_is_missed(copied, catalog: Catalog) -> None:
    path = copied(".png")
    path.write_bytes(repacked(path.read_bytes(), lambda k, d: None if k == "zTXt" else d))
    assert check(path, catalog).lines == ("its proof was taken out",)


def test_a_changed_text_of_a_drawing_is_told(copied, catalog: Catalog) -> None:
    path = copied(".svg")
    body = path.read_text("utf-8")
    word = re.search(r"<text[^>]*>([0-9]+ km)<", body)[1]
    path.write_text(body.replace(f">{word}<", ">99 km<"), encoding="utf-8")
    assert check(path, catalog).lines == (
        "the text '99 km' was added",
        f"the text '{word}' was taken out",
    )


def test_a_changed_cell_and_record_are_told(copied, catalog: Catalog) -> None:
    path = copied(".csv")
    path.write_text(path.read_text("utf-8").replace("armed_clash", "Armed_clash"), "utf-8")
    path.write_text(path.read_text("utf-8").replace("military_exercise", "x", 1), "utf-8")
    assert any("line 4 was changed: '…" in line for line in check(path, catalog).lines)
    path = copied(".geojson")
    collection = json.loads(path.read_bytes())
    collection["features"][1]["properties"]["title"] = "Another"
    del collection["features"][2]
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    assert set(check(path, catalog).lines) == {
        f"the record {LWEGEL} was changed: title",
        f"the record {EXERCISE} was taken out",
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(sha256="0" * 64), "was edited: its SHA-256 is of another file"),
        (lambda told: told.update(size=1), "was edited: its SHA-256 is of another file"),
        (lambda told: told["proof"].update(query="region=MM-17"), "'query' of its proof"),
        (lambda told: told["proof"]["records"]["each"].popitem(), "'records' of its proof"),
        (lambda told: told["proof"].pop("versions"), "was edited, and cannot be read"),
        (lambda told: told.clear(), "was edited, and cannot be read"),
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".geojson"])
def test_an_edited_sidecar_is_told(copied, catalog: Catalog, suffix: str, change, said) -> None:
    path = copied(suffix)
    edited_sidecar(path, change)
    verdict = check(path, catalog)
    assert verdict.state is State.CHANGED
    (line,) = verdict.lines
    assert line.startswith(f"the sidecar april{suffix}.json was edited")
    assert said in line


def test_the_sidecar_of_another_file_is_told(copied, catalog: Catalog, dataset: Dataset) -> None:
    path = copied(".svg")
    other = make(spec(title="Another"), ".svg", catalog, dataset)
    sidecar.beside(path).write_bytes(other.sidecar(path.name))
    assert (
        "the sidecar april.svg.json is not of this file: it differs in query"
        in check(path, catalog).lines
    )


def unknown(path: Path, catalog: Catalog) -> str:
    verdict = check(path, catalog)
    assert verdict.state is State.UNKNOWN
    (line,) = verdict.lines
    return line


def test_what_has_no_proof_cannot_be_checked(tmp_path: Path, catalog: Catalog) -> None:
    for name in ("a.png", "a.csv", "a.html", "a.pdf"):
        (tmp_path / name).write_bytes(b"nothing")
        assert unknown(tmp_path / name, catalog) == (
            f"has no proof in it, and there is no {name}.json to check it by"
        )
    (tmp_path / "a.txt").write_bytes(b"nothing")
    assert unknown(tmp_path / "a.txt", catalog).startswith("is of none of the formats .png, ")


@pytest.mark.parametrize("inside", [True, False])
def test_a_newer_proof_is_told(copied, catalog: Catalog, inside: bool) -> None:
    path = copied(".geojson" if inside else ".csv")
    if inside:
        path.write_text('{"proof": {"bordermap_proof": 2}}', encoding="utf-8")
    else:
        edited_sidecar(path, lambda told: told["proof"].update(bordermap_proof=7))
    assert unknown(path, catalog).startswith("is from a newer bordermap: its proof has the form ")


def test_a_query_of_the_future_cannot_be_made_again(
    tmp_path: Path, catalog: Catalog, dataset: Dataset
) -> None:
    made = make(spec(), ".csv", catalog, dataset)
    told = dataclasses.replace(made.proof, query=f"{made.proof.query}&layout=hologram")
    path = tmp_path / "a.csv"
    sidecar.write_both(path, dataclasses.replace(made, proof=told))
    assert unknown(path, catalog).startswith("cannot be made again: layout: 'hologram' is not one")


def test_a_film_is_checked_too(tmp_path: Path, catalog: Catalog, dataset: Dataset) -> None:
    path = tmp_path / "a.gif"
    motion = Motion(step="week", speed=2.0, mode="growing")
    made = make(spec(), ".gif", catalog, dataset, motion)
    assert parse_qs(made.proof.query)["mode"] == ["growing"]
    sidecar.write_both(path, made)
    assert check(path, catalog).state is State.IDENTICAL
    sidecar.beside(path).unlink()
    path.write_bytes(path.read_bytes().replace(b"mode=growing", b"mode=window1"))
    verdict = check(path, catalog)
    assert verdict.state is State.CHANGED
    assert verdict.lines[0] == "the metadata field 'query' of its proof was edited"
    assert "mode: 'window1' is not one of window, growing" in verdict.lines[1]


def test_a_dataset_that_is_not_here_is_told(tmp_path: Path, package: Package) -> None:
    out = tmp_path / "a.csv"
    assert run("export", out, "--to", "2021-02-01", "--geodata", package.root).exit_code == 0
    for name in ("acled", "../../etc", "\x1b[31m"):
        edited_sidecar(out, lambda told, name=name: told["proof"].update(query=f"dataset={name}"))
        result = run("verify", out, "--geodata", package.root)
        edit, reason = result.stdout.splitlines()
        assert edit.endswith("the sidecar a.csv.json was edited: 'query' of its proof")
        assert reason.startswith(f"{out}: changed: cannot be made again: ")
        assert reason.isprintable()
        assert result.exit_code == 1


def test_what_a_file_says_cannot_write_to_the_terminal(copied, catalog: Catalog) -> None:
    path = copied(".csv")
    evil = "\x1b]0;x\x07\n"

    def spoil(told: dict) -> None:
        each = {f"{evil}{key}": mark for key, mark in told["proof"]["records"]["each"].items()}
        values = {**told["proof"], "records": {**told["proof"]["records"], "each": each}}
        values["versions"][evil] = evil
        told_anew = proof.read(json.dumps(values)).proof
        told["proof"] = json.loads(told_anew.text)

    edited_sidecar(path, spoil)
    verdict = check(path, catalog)
    assert verdict.state is State.CHANGED
    assert len(verdict.lines) == 6
    assert all(line.isprintable() for line in (*verdict.lines, *verdict.notes))


def older(made: making.Made, body: bytes) -> making.Made:
    """A file as an older matplotlib would have drawn it."""
    versions = {**made.proof.versions, "matplotlib": "3.9.0"}
    return dataclasses.replace(
        made, body=body, proof=dataclasses.replace(made.proof, versions=versions)
    )


def test_other_software_is_named(tmp_path: Path, catalog: Catalog, dataset: Dataset) -> None:
    made = make(spec(), ".png", catalog, dataset)
    told = older(made, b"").proof
    material = Material(spec(), catalog, dataset, dataset.select(APRIL))
    body = FORMATS[".png"].encode(material, told.text)
    path = tmp_path / "a.png"
    sidecar.write_both(path, older(made, body))
    verdict = check(path, catalog)
    now = made.proof.versions["matplotlib"]
    assert verdict.state is State.IDENTICAL
    assert verdict.notes == (f"made with matplotlib 3.9.0 then, {now} now",)

    sidecar.write_both(path, older(made, with_pixel(body, 3, 4)))
    verdict = check(path, catalog)
    assert verdict.state is State.OTHER_SOFTWARE
    assert verdict.lines == (f"matplotlib 3.9.0 then, {now} now",)
    assert verdict.notes == ("the file is as it was written, by the SHA-256 of a.png.json",)

    path.write_bytes(with_pixel(path.read_bytes(), 9, 9))
    verdict = check(path, catalog)
    assert verdict.state is State.CHANGED
    assert "the file was changed: a.png.json has another SHA-256" in verdict.lines


# ---------------------------------------------------------------- both or neither


def test_a_sidecar_that_cannot_be_written_leaves_the_old_file(
    tmp_path: Path, catalog: Catalog, dataset: Dataset
) -> None:
    made = make(spec(), ".csv", catalog, dataset)
    path = tmp_path / "a.csv"
    sidecar.beside(path).mkdir()
    with pytest.raises(OutputError, match=r"a\.csv\.json cannot be written: is a directory"):
        sidecar.write_both(path, made)
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv.json"]
    path.write_bytes(b"old")
    with pytest.raises(OutputError):
        sidecar.write_both(path, made)
    assert path.read_bytes() == b"old"
    assert {one.name for one in tmp_path.iterdir()} == {"a.csv", "a.csv.json"}


def test_what_is_current_is_known_without_making_it(
    copied, catalog: Catalog, dataset: Dataset, new_package
) -> None:
    path = copied(".png")
    assert sidecar.is_current(path, spec(made_on=date(2030, 1, 1)), catalog, dataset)
    assert not sidecar.is_current(path, spec(title="Another"), catalog, dataset)
    now = edited_package(new_package, lambda data: data.edit("records", LWEGEL, summary="Else."))
    assert not sidecar.is_current(path, spec(), now, Dataset.of(now))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert not sidecar.is_current(path, spec(), catalog, dataset)
    path.write_bytes(whole)
    sidecar.beside(path).unlink()
    assert not sidecar.is_current(path, spec(), catalog, dataset)


# ---------------------------------------------------------------- the command


def run(*arguments: object):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_says_it_in_a_line(tmp_path: Path, package: Package) -> None:
    out = tmp_path / "april.csv"
    options = ("--geodata", package.root)
    asked = ("--from", "2024-04-01", "--to", "2024-04-05", "--region", "Kachin")
    assert run("export", out, *asked, *options).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"april.csv", "april.csv.json"}
    result = run("verify", out, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        result.stdout == f"{out}: identical: made again of 3 records, it is the same to the byte\n"
    )
    out.write_text(out.read_text("utf-8").replace("border", "order"), "utf-8")
    result = run("verify", out, *options)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{out}: changed: line 1 was changed: ")
    sidecar.beside(out).unlink()
    result = run("verify", out, *options)
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)
    assert "cannot be checked: has no proof in it" in result.stdout
    result = run("verify", tmp_path / "nowhere.png")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr
