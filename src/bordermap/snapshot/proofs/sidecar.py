"""The file beside a file: what it was when it was made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs

from bordermap.catalog import Catalog
from bordermap.errors import ProofError
from bordermap.queries import Dataset
from bordermap.snapshot.files import write_together
from bordermap.snapshot.making import FORMATS, Made, Material, prove
from bordermap.snapshot.motion import Motion
from bordermap.snapshot.proofs import proof
from bordermap.snapshot.proofs.proof import Told
from bordermap.snapshot.spec import Spec


@dataclass(frozen=True)
class Sidecar:
    """What a sidecar says.

    Attributes
    ----------
    sha256 : str
        Of the file as it was made, hexadecimal.
    size : int
        In bytes.
    told : Told
    """

    sha256: str
    size: int
    told: Told

    def fits(self, body: bytes) -> bool:
        """Return whether a file is, byte for byte, the one that was made."""
        return len(body) == self.size and hashlib.sha256(body).hexdigest() == self.sha256


def beside(path: Path) -> Path:
    """Return where the sidecar of a file stands: ``april.png.json`` beside ``april.png``."""
    return path.with_name(f"{path.name}.json")


def write_both(path: Path, made: Made) -> None:
    """Write a file and its sidecar, both or neither; a device or a pipe gets no sidecar.

    Raises
    ------
    OutputError
        If one of them cannot be written; what stood there before still does.
    """
    files = {path: made.body}
    if not path.exists() or path.is_file():
        files[beside(path)] = made.sidecar(path.name)
    write_together(files)


def read(text: bytes) -> Sidecar:
    """Read a sidecar.

    Raises
    ------
    ProofError
        If it is none.
    NewerProofError
        If a newer bordermap wrote it.
    """
    try:
        values = json.loads(text)
        sha256, size, told = values["sha256"], values["size"], values["proof"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ProofError("is no sidecar that can be read") from None
    return Sidecar(str(sha256), size if isinstance(size, int) else -1, proof.read(json.dumps(told)))


def is_current(
    path: Path, spec: Spec, catalog: Catalog, dataset: Dataset, motion: Motion | None = None
) -> bool:
    """Return whether a file need not be made again: it would be the same but for the day.

    Parameters
    ----------
    spec : Spec
        The day on which it is made is passed over.
    """
    try:
        found = read(beside(path).read_bytes())
        body = path.read_bytes()
    except (OSError, ProofError):
        return False
    suffix = path.suffix.lower()
    if suffix not in FORMATS or not found.fits(body):
        return False
    made = parse_qs(found.told.proof.query).get("made", [""])[-1]
    try:
        spec = spec.replace(made_on=date.fromisoformat(made))
    except ValueError:
        return False
    records = dataset.select(spec.selection)
    material = Material(spec, catalog, dataset, records, motion or Motion())
    return prove(material, suffix).text == found.told.text
