"""Versions of what a file is made with, as far as they may matter to its bytes."""

from __future__ import annotations

import hashlib
import platform
import zlib
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import bordermap

_ALWAYS = ("duckdb", "geopandas", "numpy", "pandas", "pyarrow", "pyproj", "shapely")
_ASIDE = frozenset({"web", "cli", "engine", "importers", "geodata"})
"""Folders of the package that have no part in a file."""

_CODE = frozenset({".py", ".js", ".css", ".html"})


@cache
def versions(packages: tuple[str, ...] = ()) -> Mapping[str, str]:
    """Return versions by name.

    Parameters
    ----------
    packages : tuple of str
        Distributions that a format needs beside those that everything needs.
    """
    import pyproj
    import shapely

    found = {
        "bordermap": bordermap.__version__,
        "code": _code()[:12],
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }
    for package in sorted((*_ALWAYS, *packages)):
        found[package] = _version(package)
    if "matplotlib" in packages:
        from matplotlib import ft2font

        found["freetype"] = ft2font.__freetype_version__
    return MappingProxyType(found)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _code() -> str:
    """Return SHA-256 of the code that makes files, hexadecimal.

    It tells two states of the source tree apart that have one version.
    """
    root = Path(bordermap.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.suffix in _CODE and inside.parts[0] not in _ASIDE:
            digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
