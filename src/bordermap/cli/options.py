"""What the commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import click

T = TypeVar("T")

FOUND_FAULTS = 1
"""Exit status where faults were found, or nothing matched where something was asked for."""

GEODATA = click.option(
    "--geodata",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BORDERMAP_GEODATA",
    help="Another data package than the one that came along.",
)

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BORDERMAP_DATA",
    help="Folder of the imported datasets.",
)


def by_suffix(out: Path, formats: Mapping[str, T]) -> T:
    """Return what writes a file, by its suffix."""
    if out.suffix.lower() not in formats:
        wanted = ", ".join(formats)
        raise click.UsageError(f"{out}: the suffix must be one of {wanted}")
    return formats[out.suffix.lower()]
