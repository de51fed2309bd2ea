"""A picture from the command line loads what it draws with, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = (
    *(
        "branca",
        "dask",
        "distributed",
        "folium",
        "fontTools.subset",
        "jinja2",
        "openpyxl",
        "requests",
    ),
    *("streamlit", "streamlit_folium", "uvicorn", "starlette", "tornado", "av", "IPython"),
)
"""What takes long to import, and no sheet needs."""

LOADED = "import json, sys; print(json.dumps(list(sys.modules)))"
RUN = f"from bordermap.cli import main; main(sys.argv[1:], standalone_mode=False); {LOADED}"


def loaded(code: str, *arguments: object) -> set[str]:
    """Names of the modules that a process has loaded when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_command_line_alone_loads_no_library_of_data() -> None:
    found = loaded(f"import bordermap.cli; {LOADED}")
    assert not found & {*HEAVY, "numpy", "pandas", "pyarrow", "duckdb", "geopandas", "matplotlib"}


def test_a_picture_loads_what_it_draws_with(tmp_path: Path) -> None:
    out = tmp_path / "cold.png"
    options = ("--data", tmp_path / "data", "--dpi", 50, "--region", "MM-11")
    found = loaded(RUN, "snapshot", out, *options)
    assert out.stat().st_size > 10_000
    assert "matplotlib" in found
    assert not found & set(HEAVY)
