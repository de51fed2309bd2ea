"""The shipped data package, and copies of it to spoil."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bordermap import catalog as catalogs
from bordermap.catalog import Catalog
from bordermap.queries import Dataset

settings.register_profile("bordermap", deadline=None, max_examples=60)
settings.load_profile("bordermap")

_MAIN = sys.modules["__main__"]
GEODATA = Path(__file__).parents[1] / "geodata"


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Give back the main module: a script that Streamlit runs takes its place for good.

    A process that is spawned loads it anew.
    """
    yield
    sys.modules["__main__"] = _MAIN


class Package:
    """A copy of the data package whose tables and layers can be changed.

    Of the layers that only the map shows one feature is kept, to be quick.

    Attributes
    ----------
    root : Path
        Folder of the copy.
    """

    def __init__(self, root: Path) -> None:
        shutil.copytree(GEODATA, root, ignore=shutil.ignore_patterns("build", "*.md"))
        self.root = root
        for name in ("countries", "boundaries", "coastline"):  # large, and joined to nothing
            layer = json.loads(self.layer(name).read_text("utf-8"))
            layer["features"] = layer["features"][:1]
            self.layer(name).write_text(json.dumps(layer), encoding="utf-8")

    def table(self, name: str) -> Path:
        return self.root / "records" / f"{name}.csv"

    def layer(self, name: str) -> Path:
        return self.root / "layers" / f"{name}.geojson"

    def rows(self, name: str) -> list[dict[str, str]]:
        with self.table(name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def columns(self, name: str) -> list[str]:
        with self.table(name).open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file))

    def write(self, name: str, rows: list[dict[str, str]]) -> None:
        columns = self.columns(name)
        with self.table(name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def edit(self, name: str, identifier: str, **cells: str) -> None:
        """Change cells of the row with this id."""
        rows = self.rows(name)
        (row,) = (row for row in rows if row["id"] == identifier)
        row.update(cells)
        self.write(name, rows)

    def add(self, name: str, *added: dict[str, str]) -> list[int]:
        """Append copies of the first row, if any, with some cells changed; return their lines."""
        rows = self.rows(name)
        first_row = rows[0] if rows else dict.fromkeys(self.columns(name), "")
        self.write(name, rows + [{**first_row, **cells} for cells in added])
        first = len(self.table(name).read_text("utf-8").splitlines()) - len(added) + 1
        return list(range(first, first + len(added)))

    def rewrite(self, path: Path, change: Callable[[str], str]) -> None:
        """Replace the text of a file by what a function makes of it."""
        before = path.read_text(encoding="utf-8")
        after = change(before)
        assert after != before
        path.write_text(after, encoding="utf-8")

    def load(self) -> Catalog:
        return catalogs.load(self.root)


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the datasets of whoever runs the tests out of their sight."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BORDERMAP_DATA", str(folder))
        yield folder


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return catalogs.load(GEODATA)


@pytest.fixture(scope="session")
def dataset(catalog: Catalog) -> Dataset:
    return Dataset.of(catalog)


@pytest.fixture(scope="session")
def new_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Package]:
    return lambda: Package(tmp_path_factory.mktemp("package") / "geodata")


@pytest.fixture
def package(new_package: Callable[[], Package]) -> Package:
    return new_package()
