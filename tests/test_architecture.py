"""Who imports whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
LAYERS = [
    {"", "errors", "model"},
    {"catalog", "labels", "importers", "store"},
    {"engine"},
    {
        "areas",
        "selection",
        "queries",
        "columns",
        "once",
        "event_records",
        "details",
        "analysis",
        "citation",
    },
    {"cartography", "snapshot"},
    {"web", "cli", "__main__"},
]
"""Rooms from the ground up: each may import its own layer and those below it."""

HEAVY = ("pandas", "streamlit", "folium", "matplotlib", "geopandas", "duckdb", "pyarrow", "numpy")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def room(module: str) -> str:
    return [*module.split("."), ""][1]


def level(module: str) -> int:
    (found,) = (number for number, rooms in enumerate(LAYERS) if room(module) in rooms)
    return found


def targets(module: str, *, when_loaded: bool = False) -> Iterator[str]:
    """Modules that a module imports, or only those it imports while it is itself loaded."""
    nodes: list[ast.AST] = [ast.parse(MODULES[module].read_text("utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module}: write the import in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module
        elif not (when_loaded and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            nodes += ast.iter_child_nodes(node)


def test_every_module_has_a_room() -> None:
    assert {"bordermap", "bordermap.cli", "bordermap.model.dates"} <= set(MODULES)
    assert [module for module in MODULES if level(module) < 0] == []


@pytest.mark.parametrize("module", MODULES)
def test_rooms_import_downwards_only(module: str) -> None:
    for target in targets(module):
        if target.split(".")[0] == "bordermap":
            assert target in MODULES, target
            assert level(target) <= level(module), f"{module} imports {target}"


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "web"])
def test_only_the_web_knows_streamlit(module: str) -> None:
    roots = {target.split(".")[0] for target in targets(module)}
    assert not roots & {"streamlit", "streamlit_folium", "starlette", "uvicorn"}


def test_the_map_does_not_know_how_it_is_printed() -> None:
    for module in MODULES:
        if room(module) == "cartography":
            assert "snapshot" not in {room(target) for target in targets(module)}, module


def test_modules_do_not_import_each_other_in_circles() -> None:
    graph = {
        module: [
            target
            for target in targets(module, when_loaded=True)
            if target in MODULES and target != module
        ]
        for module in MODULES
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_the_entry_of_the_app_is_thin() -> None:
    lines = (ROOT / "app.py").read_text("utf-8").splitlines()
    assert len(lines) <= 40


@pytest.mark.parametrize(
    "module", ["bordermap", "bordermap.cli", "bordermap.errors", "bordermap.model.dates"]
)
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "bordermap" in loaded
    assert not loaded & set(HEAVY)
