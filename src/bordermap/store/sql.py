"""Paths in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def quoted(path: Path | str) -> str:
    """Return a path as a literal."""
    return "'" + str(path).replace("'", "''") + "'"


def listed(paths: Iterable[Path | str]) -> str:
    """Return paths as a list of literals."""
    return "[" + ", ".join(map(quoted, paths)) + "]"
