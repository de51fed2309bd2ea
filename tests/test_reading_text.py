"""Delimited text: against Python's csv module, and against the rules told once more."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bordermap.errors import ImportFileError
from bordermap.importers import reading
from bordermap.importers.reading import Batch, Chunk, Layout
from bordermap.importers.reading import lines as physical

UCDP = Path(__file__).parents[2] / "shared" / "events" / "ucdp_ged_myanmar_1989_2023.csv"
ABC = Layout("text", ("a", "b", "c"), "utf-8", ",", header=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading")


def put(folder: Path, data: bytes | str, name: str = "events.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def whole(path: Path, layout: Layout) -> Chunk:
    (chunk,) = reading.chunks(path, layout)
    return chunk


Row = tuple[int, tuple[str | None, ...]]
Wrong = tuple[int, str, str, str | None]


def gather(batches: Iterator[Batch]) -> tuple[list[Row], list[Wrong]]:
    """Return all rows with their lines, and all issues; check what every batch promises."""
    rows: list[Row] = []
    issues: list[Wrong] = []
    for batch in batches:
        assert len(batch.lines) == len(batch.columns)
        batch.columns.validate(full=True)
        batch.issues.validate(full=True)
        cells = zip(*(column.to_pylist() for column in batch.columns.columns), strict=True)
        rows += zip(batch.lines.tolist(), cells, strict=True)
        found = batch.issues.to_pylist()
        rejected = {issue["line"] for issue in found if issue["action"] == "rejected"}
        repaired = {issue["line"] for issue in found if issue["action"] == "repaired"}
        assert batch.rejected == len(rejected)
        assert not rejected & set(batch.lines.tolist())
        assert repaired <= set(batch.lines.tolist())
        issues += [(i["line"], i["action"], i["reason"], i["value"]) for i in found]
    assert [line for line, _ in rows] == sorted({line for line, _ in rows})
    return rows, issues


def read(path: Path, layout: Layout | None = None, block: int = 8 << 20) -> tuple[
    list[Row], list[Wrong]
]:  # fmt: skip
    return gather(reading.read(whole(path, layout or reading.detect(path)), block))


@contextmanager
def limit(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(physical, "LIMIT", size)
        yield


# The rules once more, in the plainest way: one character after the other.


def split_lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def parse(text: str, delimiter: str) -> tuple[list[str], int, bool]:
    """Return fields, characters used and whether all quotes open and close at fields' edges."""
    fields, at = [], 0
    while True:
        field = ""
        if text[at : at + 1] == '"':
            at += 1
            while True:
                if at == len(text):
                    return fields, at, False
                if text[at] == '"':
                    if text[at + 1 : at + 2] != '"':
                        break
                    at += 1
                field += text[at]
                at += 1
            at += 1
            if text[at : at + 1] not in (delimiter, "\n", "\r", ""):
                return fields, at, False
        while at < len(text) and text[at] not in (delimiter, "\n", "\r"):
            field += text[at]
            at += 1
        fields.append(field)
        if text[at : at + 1] == delimiter:
            at += 1
            continue
        at += 2 if text[at : at + 2] == "\r\n" else 1
        return fields, min(at, len(text)), True


def expected(
    text: str, delimiter: str, columns: int, longest: int
) -> tuple[list[Row], list[tuple[int, str]]]:
    lines = split_lines(text)
    rows: list[Row] = []
    issues: list[tuple[int, str]] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if len(line.encode()) > longest:
            issues.append((number + 1, "long"))
            number += 1
            continue
        if not line.strip("\r\n \t" if columns > 1 else "\r\n"):
            number += 1
            continue
        reach = number + 1
        while reach < len(lines) and len(lines[reach].encode()) <= longest:
            reach += 1
        fields, used, right = parse("".join(lines[number:reach]), delimiter)
        taken = len(split_lines("".join(lines[number:reach])[:used]))
        size = len("".join(lines[number : number + taken]).encode())
        if right and len(fields) == columns and (taken == 1 or size <= longest):
            rows.append((number + 1, tuple(cell or None for cell in fields)))
            number += taken
            continue
        content = line.rstrip("\r\n")
        alone = list(csv.reader([content, "x"], delimiter=delimiter))
        if len(alone) == 2 and len(alone[0]) == columns:
            rows.append((number + 1, tuple(cell or None for cell in alone[0])))
            issues.append((number + 1, "quotes"))
        else:
            issues.append((number + 1, "fields" if len(alone) == 2 else "unclosed"))
        number += 1
    return rows, issues


WORDS = {"long": "longer", "quotes": "doubled", "fields": "expected", "unclosed": "close"}
PIECES = ["a", "Ka", "ကချင်", '"', '""', ",", ",", "\n", "\n", "\r\n", "\r", " ", 'x,"y",z\n',
          'x,"y\ny",z\n', "p,q,r\r\n", '"', "\ufeff", '"",', '5" gun,'  ]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(text=texts, block=st.integers(1, 60), longest=st.integers(8, 80))
@example(text='1,"stray,2\n3,"x",4\n5,6,7\n', block=3, longest=80)
@example(text='1,"a\r', block=1, longest=80)
@example(text="\ufeff1,2,3\n\ufeff4,5,6\n", block=8, longest=80)
@settings(max_examples=250)
def test_reads_by_the_rules_whatever_the_block(
    text: str, block: int, longest: int, folder: Path
) -> None:
    path = put(folder, text)
    with limit(longest):
        rows, issues = read(path, ABC, block)
    right, wrong = expected(text.removeprefix("\ufeff"), ",", 3, longest)
    assert rows == right
    assert [line for line, *_ in issues] == [line for line, _ in wrong]
    for (_, _, reason, _), (_, kind) in zip(issues, wrong, strict=True):
        assert WORDS[kind] in reason


@given(text=texts, size=st.integers(1, 60), block=st.integers(1, 60), header=st.booleans())
@settings(max_examples=200)
def test_chunks_together_are_the_file(
    text: str, size: int, block: int, header: bool, folder: Path
) -> None:
    path = put(folder, "one,two,three\n" + text if header else text)
    layout = replace(ABC, header=header)
    with limit(50):
        chunks = list(reading.chunks(path, layout, size))
        rows, issues = [], []
        for chunk in chunks:
            part = gather(reading.read(chunk, block))
            rows += part[0]
            issues += part[1]
        assert (rows, issues) == read(path, layout)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.end for chunk in chunks[:-1]] == [chunk.start for chunk in chunks[1:]]
    assert chunks[-1].end is None


cells = st.text(st.sampled_from('ab ,;"\n\r|\tကé'), max_size=12)


@given(
    table=st.lists(st.tuples(cells, cells, cells), max_size=12),
    delimiter=st.sampled_from(",;|\t"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "gb18030"]),
    packing=st.sampled_from(["", "gzip", "zip"]),
    block=st.integers(1, 200),
)
@settings(max_examples=120)
def test_what_python_writes_is_read_as_python_reads_it(
    table: list[tuple[str, str, str]],
    delimiter: str,
    ending: str,
    encoding: str,
    packing: str,
    block: int,
    folder: Path,
) -> None:
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if ending == "\r\n" else csv.QUOTE_ALL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerows([("name", "the date", "place"), *table])
    if encoding == "gb18030":
        text = io.StringIO(text.getvalue().replace("က", "克"), newline="")
    data = text.getvalue().encode(encoding)
    if packing == "gzip":
        path = put(folder, gzip.compress(data), "events.csv.gz")
    elif packing == "zip":
        path = folder / "events.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("events.csv", data)
    else:
        path = put(folder, data)
    reader = csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter)
    right, line = [], 1
    for row in reader:
        if [cell.strip(" \t") for cell in row] not in ([], [""]):
            right.append((line, tuple(cell or None for cell in row)))
        line = reader.line_num + 1
    layout = reading.detect(
        path,
        delimiter=delimiter,
        header=True,
        encoding="gb18030" if encoding == "gb18030" else None,
    )
    assert layout.columns == ("name", "the date", "place")
    assert read(path, layout, block) == (right[1:], [])


@given(data=st.binary(max_size=300) | texts.map(str.encode), name=st.sampled_from(
    ["x.csv", "x.csv.gz", "x.zip", "x.tsv"]), packed=st.sampled_from(["", "gzip", "zip"]),
    flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
    block=st.integers(1, 500))  # fmt: skip
@settings(max_examples=250)
def test_any_bytes_are_rows_rejected_rows_or_a_clear_error(
    data: bytes,
    name: str,
    packed: str,
    flips: list[tuple[int, int]],
    block: int,
    folder: Path,
) -> None:
    if packed == "gzip":
        data = gzip.compress(data)
    elif packed == "zip":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("x.csv", data)
        data = archive.getvalue()
    spoiled = bytearray(data)
    for at, byte in flips:
        if spoiled:
            spoiled[at % len(spoiled)] = byte
    path = put(folder, bytes(spoiled), name)
    try:
        layout = reading.detect(path)
        rows, issues = read(path, layout, block)
        seen = reading.sample(path, layout, 3)
    except ImportFileError as error:
        assert str(error).startswith(name)
        assert "\n" not in str(error)
        return
    rejected = [line for line, action, *_ in issues if action == "rejected"]
    assert len(seen.columns) + seen.rejected == min(3, len(rows) + len(rejected))
    assert seen.lines.tolist() == [line for line, _ in rows][: len(seen.lines)]


@given(data=st.lists(st.sampled_from([b"a", b",", b"\n", b"\xe9", b"\x00", "ချ".encode(), b'"',
                                      b"\x81", b"x,y,z\n", b"\xe1,\x80,c\n", b"\r"]), max_size=30),
       block=st.integers(1, 40))  # fmt: skip
@settings(max_examples=200)
def test_mending_text_does_not_depend_on_the_block(
    data: list[bytes], block: int, folder: Path
) -> None:
    path = put(folder, b"".join(data))
    for encoding in ("utf-8", "windows-1252", "utf-16-le"):
        layout = replace(ABC, encoding=encoding)
        right = read(path, layout)
        assert read(path, layout, block) == right
        parts = [gather(reading.read(chunk)) for chunk in reading.chunks(path, layout, block)]
        assert [row for rows, _ in parts for row in rows] == right[0]
        assert [issue for _, issues in parts for issue in issues] == right[1]


@pytest.mark.skipif(not UCDP.exists(), reason=f"{UCDP} is not there")
def test_ucdp_equals_python() -> None:
    layout = reading.detect(UCDP)
    with UCDP.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        right, line = [], None
        for row in reader:
            line = (line or split_line_count(reader)) + 1
            right.append((line, tuple(value or None for value in row.values())))
            line = reader.line_num
        assert layout.columns == tuple(reader.fieldnames or ())
    assert len(right) == 7374
    assert read(UCDP, layout) == (right, [])
    assert read(UCDP, layout, block=100_003) == (right, [])
    parts = [gather(reading.read(chunk)) for chunk in reading.chunks(UCDP, layout, 1_000_000)]
    assert len(parts) == 5
    assert [row for rows, _ in parts for row in rows] == right


def split_line_count(reader: csv.DictReader[str]) -> int:
    return 1 if reader.fieldnames else 0


def test_one_stray_quote_takes_no_good_row_with_it(tmp_path: Path) -> None:
    good = [f'{n},"said ""{n}"", then\nleft",z' for n in range(500)]
    lines = ["a,b,c", *good[:200], 'bad,"stray,z', *good[200:], 'worse,"at the end,z']
    path = put(tmp_path, "\n".join(lines))
    rows, issues = read(path)
    assert len(rows) == 500
    assert [cells[0] for _, cells in rows] == [str(n) for n in range(500)]
    assert [(line, reason) for line, _, reason, _ in issues] == [
        (402, "a quote that does not close"),
        (1003, "a quote that does not close"),
    ]


def test_a_long_row_of_prose_with_too_few_fields_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b,c\n1,2,3\nonly two,fields\n4,5,6\n7,8,9,10\n")
    rows, issues = read(path)
    assert [line for line, _ in rows] == [2, 4]
    assert issues == [
        (3, "rejected", "has 2 fields, 3 expected", "only two,fields"),
        (5, "rejected", "has 4 fields, 3 expected", "7,8,9,10"),
    ]


def test_quotes_that_are_not_doubled_are_read_and_named(tmp_path: Path) -> None:
    rows, issues = read(put(tmp_path, 'a,b,c\n1,"he said "go" and left",3\n4,5" gun,6\n'))
    assert rows == [(2, ("1", 'he said go" and left"', "3")), (3, ("4", '5" gun', "6"))]
    assert [(line, action) for line, action, *_ in issues] == [(2, "repaired")]


def test_nul_bytes(tmp_path: Path) -> None:
    path = put(tmp_path, b"a,b\n1,x\n2,y\0z\n\0\0\n3,w\n" + b"\0" * 40)
    rows, issues = read(path)
    assert rows == [(2, ("1", "x")), (3, ("2", "yz")), (5, ("3", "w"))]
    assert issues == [(3, "repaired", "NUL bytes left out", "2,yz")]


def test_windows_1252_is_an_encoding_and_no_issue(tmp_path: Path) -> None:
    text = "name;lat\nMyitkyīna’s café;25\n".replace("ī", "i")
    path = put(tmp_path, text.encode("cp1252"))
    assert reading.detect(path).encoding == "windows-1252"
    assert read(path) == ([(2, ("Myitkyina’s café", "25"))], [])
    late = put(tmp_path, "a,b\n" + "x,1\n" * 600_000 + "é,2\n".encode().decode(), "late.csv")
    late.write_bytes(late.read_text("utf-8").encode("cp1252"))
    assert reading.detect(late).encoding == "windows-1252"


def test_mixed_encodings_are_mended_by_row(tmp_path: Path) -> None:
    lines = [f"{n},မြစ်ကြီးနား,München".encode() for n in range(20)]
    lines[7] = "7,မြစ်,".encode() + "café".encode("latin-1")
    path = put(tmp_path, b"\n".join([b"id,place,note", *lines]))
    assert reading.detect(path).encoding == "utf-8"
    rows, issues = read(path)
    assert rows[7] == (9, ("7", "မြစ်", "café"))
    assert rows[8] == (10, ("8", "မြစ်ကြီးနား", "München"))
    assert [issue[:3] for issue in issues] == [(9, "repaired", "not UTF-8: read as Windows-1252")]
    assert "café" in (issues[0][3] or "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_utf_16_and_32(encoding: str, tmp_path: Path) -> None:
    path = put(tmp_path, 'id\tplace\r\n1\tLaiza\r\n2\t"Mai\nJa Yang"\r\n'.encode(encoding))
    layout = reading.detect(path)
    assert (layout.columns, layout.delimiter) == (("id", "place"), "\t")
    assert read(path, layout, 7) == ([(2, ("1", "Laiza")), (3, ("2", "Mai\nJa Yang"))], [])


def test_half_a_character_at_the_end_of_utf_16(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b\n1,x\n2,y".encode("utf-16") + b"\x00")
    rows, issues = read(path)
    assert rows == [(2, ("1", "x")), (3, ("2", "y"))]
    assert [issue[:2] for issue in issues] == [(3, "repaired")]


@pytest.mark.parametrize(
    ("data", "delimiter", "header", "columns"),
    [
        ("a,b\n1,2\n", ",", True, ("a", "b")),
        ("a;b\n1,5;2,5\n", ";", True, ("a", "b")),
        ("a|b|c\nx, y|2|3\n", "|", True, ("a", "b", "c")),
        ("a\tb\n1\t2\n", "\t", True, ("a", "b")),
        ("20210102,7,x\n20210103,8,y\n", ",", False, ("column 1", "column 2", "column 3")),
        ("id,id,,id (2)\n1,2,3,4\n", ",", True, ("id", "id (3)", "column 3", "id (2)")),
        ("\n\n name ,\"two\nlines\"\nx,2\n", ",", True, ("name", "two lines")),
        ("name,text\nx,y\n", ",", True, ("name", "text")),
        ("a,b\n", ",", True, ("a", "b")),
    ],
)  # fmt: skip
def test_delimiter_and_header(
    data: str, delimiter: str, header: bool, columns: tuple[str, ...], tmp_path: Path
) -> None:
    layout = reading.detect(put(tmp_path, data))
    assert (layout.delimiter, layout.header, layout.columns) == (delimiter, header, columns)


def test_header_only_is_a_layout_without_rows(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b")
    layout = reading.detect(path)
    sample = reading.sample(path, layout)
    assert (len(sample.columns), sample.rejected) == (0, 0)
    assert sample.columns.column_names == ["a", "b"]
    assert read(path, layout) == ([], [])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n \r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (bytes(range(256)) * 20, "is no text"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", "10,000 columns"),
        (b"x" * (2 << 20), "longer than 1 MiB"),
    ],
)
def test_what_is_no_table_is_one_clear_line(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=reason) as caught:
        reading.detect(put(tmp_path, data))
    assert str(caught.value).startswith("events.csv: ")


def test_a_wrong_delimiter_is_no_crash(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b\n1,2\n3;4\n")
    layout = reading.detect(path, delimiter=";")
    assert layout.columns == ("a,b",)
    rows, issues = read(path, layout)
    assert rows == [(2, ("1,2",))]
    assert [issue[:3] for issue in issues] == [(3, "rejected", "has 2 fields, 1 expected")]
    with pytest.raises(ImportFileError, match="one ASCII character"):
        reading.detect(path, delimiter="::")
    with pytest.raises(ImportFileError, match="no encoding"):
        reading.detect(path, encoding="klingon")


def test_plain_quotes_where_every_line_is_a_row(tmp_path: Path) -> None:
    path = put(tmp_path, '1\t"open\t3\n4\t5\t6\n\n7\t8\n')
    layout = replace(ABC, delimiter="\t", quoted=False)
    rows, issues = read(path, layout)
    assert rows == [(1, ("1", '"open', "3")), (2, ("4", "5", "6"))]
    assert [issue[:2] for issue in issues] == [(4, "rejected")]
    parts = [gather(reading.read(chunk)) for chunk in reading.chunks(path, layout, 1)]
    assert [row for rows_, _ in parts for row in rows_] == rows


def test_files_that_vanish_or_are_none(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b\n1,2\n")
    layout = reading.detect(path)
    chunk = whole(path, layout)
    path.unlink()
    for use in (
        lambda: reading.detect(path),
        lambda: list(reading.read(chunk)),
        lambda: list(reading.chunks(path, layout, 1)),
        lambda: reading.parts(path),
        lambda: reading.sample(path, layout),
    ):
        with pytest.raises(ImportFileError, match=r"events\.csv: is not there"):
            use()
    with pytest.raises(ImportFileError, match="is a folder"):
        reading.detect(tmp_path)


def test_packed_files_that_are_cut_or_hold_several(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    cut = put(tmp_path, packed[:-20], "cut.csv.gz")
    with pytest.raises(ImportFileError, match="damaged or incomplete"):
        read(cut)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n")
        archive.writestr("b.csv", "a,b\n")
    with pytest.raises(ImportFileError, match="holds 2 files"):
        reading.detect(tmp_path / "two.zip")


MEASURED = """
import sys
from pathlib import Path
from bordermap.importers import reading
from bordermap.errors import ImportFileError
path = Path(sys.argv[1])


def peak():  # of this process alone; ru_maxrss begins with that of its parent
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


before = peak()
kept = rejected = 0
try:
    layout = reading.detect(path)
    for chunk in reading.chunks(path, layout, 16 << 20):
        for batch in reading.read(chunk):
            kept, rejected = kept + len(batch.columns), rejected + batch.rejected
            for issue in batch.issues.to_pylist():
                print(issue["line"], issue["reason"], issue["value"])
except ImportFileError as error:
    print(error)
print(kept, rejected, (peak() - before) // 1024)
"""


def measured(path: Path) -> tuple[list[str], int, int, int]:
    """Read a file in a process of its own; return what it says, rows, rejected, MiB taken."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    *said, last = done.stdout.splitlines()
    kept, rejected, taken = map(int, last.split())
    return said, kept, rejected, taken


def test_a_line_of_50_mb_is_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n" + b"1,2\n" * 10)
        for _ in range(50):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + b"3,4\n" * 10)
    said, kept, rejected, taken = measured(path)
    assert said == ["12 a line longer than 1 MiB 50,000,001 bytes"]
    assert (kept, rejected) == (20, 1)
    assert taken < 100


@pytest.mark.parametrize("packing", ["gzip", "zip"])
def test_a_bomb_of_text_is_refused_before_it_fills_memory(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    block = b"1,2\n" * (1 << 18)
    if packing == "gzip":
        with gzip.open(path, "wb", compresslevel=6) as file:
            file.write(b"a,b\n")
            for _ in range(70):
                file.write(block)
    else:
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("x.csv", "w") as member,
        ):
            for _ in range(70):
                member.write(block)
    said, _, _, taken = measured(path)
    assert "bomb: unpacks to more than 200 times its size" in said[-1]
    assert taken < 200
