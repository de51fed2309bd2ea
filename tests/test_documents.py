"""The documents say what is so."""

from __future__ import annotations

import ast
import csv
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import bordermap
from bordermap.cli import main
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import (
    CATEGORIES,
    CURATED_SCOPES,
    Confidence,
    GeoPrecision,
    Kind,
    Role,
)

ROOT = Path(__file__).resolve().parents[1]
GEODATA = ROOT / "geodata"
PACKAGE = ROOT / "src" / "bordermap"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *GEODATA.glob("*.md")])
KINDS = [str(kind) for kind in Kind]
README = (ROOT / "README.md").read_text("utf-8")
EDITING = (ROOT / "docs" / "editing.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")

REGISTRY = re.compile(r"//[^\s/]*(?:pyp|npm|hosted|registry|yarn|conda|crates)[^\s/]*\.\w+")
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.:/>-])/(?:home|root|Users|work|tmp|opt)/\w")


def code(text: str) -> Iterator[str]:
    """Yield the lines of code blocks and the spans of code of a Markdown text."""
    for fence in re.finditer(r"^```\w*\n(.*?)^```", text, re.M | re.S):
        yield from fence[1].replace("\\\n", " ").splitlines()
    for span in re.finditer(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        yield span[1]


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every call of bordermap in a Markdown text."""
    for line in code(text):
        call = re.match(r"(?:\$ )?(?:\.venv/bin/)?bordermap( .+)", line)
        if call:
            yield shlex.split(call[1], comments=True)


def options(command: str) -> set[str]:
    return {opt for param in main.commands[command].params for opt in param.opts} | {"--help"}


def named(text: str) -> Iterator[str]:
    """Yield the spans of code that are one word."""
    yield from re.findall(r"`([^`\s]+)`", text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_options_exist(path):
    text = path.read_text("utf-8")
    for words in commands(text):
        assert words[0] in main.commands, words
        used = {word for word in words[1:] if word.startswith("--")}
        assert used <= options(words[0]), words
    every = set().union(*map(options, main.commands))
    alone = {span.split()[0] for span in code(text) if span.startswith("--")}
    assert alone <= every


def test_the_readme_names_every_command():
    assert {words[0] for words in commands(README)} == set(main.commands)


def test_output_in_the_readme_is_real():
    examples = re.findall(r"```console\n\$ bordermap (.+)\n((?:.*\n)*?)```", README)
    assert examples
    for call, printed in examples:
        result = CliRunner().invoke(main, shlex.split(call))
        assert result.exit_code == 0, result.output
        assert result.stdout == printed


def test_targets_of_make_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    used = {
        word
        for path in DOCUMENTS
        for line in code(path.read_text("utf-8"))
        if line.startswith("make ")
        for word in shlex.split(line, comments=True)[1:]
        if "=" not in word
    }
    assert {"run", "test"} <= used <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not target.startswith(("https://", "http://", "#")):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("table", ["records", "places", "sources"])
def test_every_column_is_explained(table):
    with (GEODATA / "records" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert set(header) <= set(named(EDITING))


def test_every_term_is_explained():
    terms = {*Kind, *Role, *CURATED_SCOPES, *Confidence, *GeoPrecision}
    for kind, categories in CATEGORIES.items():
        line = next(
            line for line in EDITING.splitlines() if line.startswith(f"Categories of {kind}")
        )
        assert set(named(line)) == set(categories)
    assert set(map(str, terms)) <= set(named(EDITING))


def test_dates_in_the_guide_are_dates():
    section = EDITING.partition("## Dates")[2].partition("\n## ")[0]
    dates = re.findall(r"^\| `([^`]+)`", section, re.M)
    assert len(dates) > 5
    assert all(PartialDate.parse(date).edtf == date for date in dates)


def test_every_file_of_the_data_package_has_its_source():
    text = (GEODATA / "SOURCES.md").read_text("utf-8")
    layers = {path.name for path in GEODATA.glob("layers/*")}
    tables = {path.stem for path in GEODATA.glob("records/*")}
    assert {name for name in layers if f"`{name}`" not in text} == set()
    assert {name for name in tables if not re.search(rf"\b{name}\b", text)} == set()


def test_citation_and_changelog_have_the_version():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert re.search(r"^version: (.+)$", citation, re.M)[1] == bordermap.__version__
    assert re.search(r"^cff-version: 1\.2\.0$", citation, re.M)
    assert f"## [{bordermap.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"version {bordermap.__version__}." in README


def test_rooms_import_as_the_architecture_says():
    drawn = next(line for line in ARCHITECTURE.splitlines() if line.startswith("errors, model  <-"))
    ranks = [[room.strip() for room in rank.split(",")] for rank in drawn.split("<-")]
    rank_of = {room: rank for rank, rooms in enumerate(ranks) for room in rooms}
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for other in imported(path):
            if room not in ("__init__", "__main__") and other != "__version__":
                assert rank_of[other] <= rank_of[room], f"{path}: {other}"
        if room != "web":
            text = path.read_text("utf-8")
            assert not re.search(r"^\s*(import|from) streamlit\b", text, re.M), path


def imported(path: Path) -> Iterator[str]:
    """Yield the rooms that a module imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "bordermap" and rest:
                yield rest.partition(".")[0]


def test_the_folders_in_the_architecture_exist():
    section = ARCHITECTURE.partition("## The folders")[2].partition("\n## ")[0]
    folders = re.findall(r"^\| `([^`]+)`", section, re.M)
    assert all((ROOT / folder).exists() for folder in folders), folders
    rooms = {
        path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "")
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {room for room in rooms if "__" not in room} <= set(folders)


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git work tree")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        if name.endswith(".png"):
            continue
        assert not REGISTRY.search(text), name
        found = PATH_OF_A_MACHINE.search(text)
        assert not found, f"{name}: {found}"


def table(name: str) -> list[dict[str, str]]:
    with (GEODATA / "records" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_data_note_counts_the_records():
    text = (GEODATA / "README.md").read_text("utf-8")
    said = re.findall(r"^\| (\d{4}|undated) \| (\d+) \| (\d+) \|$", text, re.M)
    count = Counter((row["date_edtf"][:4] or "undated", row["kind"]) for row in table("records"))
    assert {
        (year, kind): int(n) for year, *ns in said for kind, n in zip(KINDS, ns, strict=True)
    } == {(year, kind): count[year, kind] for year, *_ in said for kind in KINDS}
    assert {year for year, *_ in said} == {year for year, _ in count}


def test_the_missing_patrols_are_named():
    text = (ROOT / "docs" / "left-out.md").read_text("utf-8")
    line = re.search(
        r"the (\d+)th to the (\d+)nd, for which no report was found: (.+)\.$", text, re.M
    )
    named = set()
    for part in re.split(r", | and ", line[3]):
        first, _, last = part.partition(" to ")
        named |= set(range(int(first), int(last or first) + 1))
    held = {
        int(number)
        for row in table("records")
        for number in re.findall(r"\bpatrol_number=(\d+)", row["figures"])
    }
    assert (min(held), max(held)) == (int(line[1]), int(line[2]))
    assert named == set(range(min(held), max(held))) - held
