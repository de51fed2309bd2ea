"""Whether a file is what it says: it is made again from its proof and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs

from bordermap.catalog import Catalog
from bordermap.errors import BordermapError, NewerProofError, OutputError, ProofError
from bordermap.queries import Dataset
from bordermap.selection import Selection
from bordermap.snapshot import words
from bordermap.snapshot.making import FORMATS, Material, prove
from bordermap.snapshot.motion import Motion
from bordermap.snapshot.proofs import contents, embedded, proof, sidecar
from bordermap.snapshot.proofs.fingerprints import changes
from bordermap.snapshot.proofs.proof import Proof, Told
from bordermap.snapshot.proofs.sidecar import Sidecar
from bordermap.snapshot.spec import Spec

Opener = Callable[[Selection], tuple[Catalog, Dataset]]
"""Finds the data of a selection; raises a BordermapError where there is none."""

MOST = 20
"""Most records of one kind that are named."""

_LONGEST = 400


class State(Enum):
    """What became of a file."""

    IDENTICAL = "identical"
    OTHER_SOFTWARE = "same data, other software"
    CHANGED = "changed"
    UNKNOWN = "cannot be checked"


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes
    ----------
    state : State
    lines : tuple of str
        What differs, one thing each, or why the file cannot be checked.
    notes : tuple of str
        What else is worth knowing, and changes nothing.
    records : int
        How many records the file is of.
    """

    state: State
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    records: int = 0


def verify(path: Path, opener: Opener) -> Verdict:
    """Make a file again from its proof and say what differs.

    The proof is that of the file, or of its sidecar where the file has none or a spoilt one.
    The file is made again with the proof that is in it, so that whatever else differs is owed
    to the data, to the software, or to a hand.

    Parameters
    ----------
    path : Path
        Its sidecar is looked for beside it.
    opener : callable

    Raises
    ------
    OutputError
        If the file cannot be read.
    """
    body = _read(path)
    if body is None:
        raise OutputError(f"{path} cannot be read: there is no such file")
    edits: list[str] = []
    try:
        found = _Found(body, path)
        edits = found.edits
        verdict = _compared(found, opener)
    except ProofError as error:
        verdict = Verdict(State.UNKNOWN, (str(error),))
    except BordermapError as error:
        state = State.CHANGED if edits else State.UNKNOWN
        verdict = Verdict(state, (*edits, f"cannot be made again: {error}"))
    lines, notes = (
        tuple(words.plain(line, _LONGEST) for line in said)  # a file may say anything
        for said in (verdict.lines, verdict.notes)
    )
    return replace(verdict, lines=lines, notes=notes)


class _Found:
    """A file with its proofs, and what they say of one another.

    Attributes
    ----------
    inside, beside : Told or None
        The proof of the file, and that of its sidecar.
    trusted : Told
        Which of them is gone by.
    is_as_written : bool or None
        Whether the file is the one that the sidecar was written with; None without one.
    edits : list of str
        What was done to the proofs.
    """

    def __init__(self, body: bytes, path: Path) -> None:
        self.body = body
        self.suffix = path.suffix.lower()
        if self.suffix not in FORMATS:
            raise ProofError(f"is of none of the formats {', '.join(FORMATS)}")
        self.edits: list[str] = []
        text = embedded.proof_in(body, self.suffix)
        self.inside = self._told(text) if text is not None else None
        at = sidecar.beside(path)
        kept = self._sidecar(at)
        self.beside = kept.told if kept else None
        self.is_as_written = kept.fits(body) if kept else None
        candidates = [told for told in (self.inside, self.beside) if told]
        if not candidates:
            reason = "" if text is None else " that can be read"
            raise ProofError(
                f"has no proof in it{reason}, and there is no {at.name} to check it by"
            )
        self.trusted = next((told for told in candidates if not told.edited), candidates[0])
        for field in self.inside.edited if self.inside else ():
            self.edits.append(f"the metadata field {field!r} of its proof was edited")
        for field in self.beside.edited if self.beside else ():
            self.edits.append(f"the sidecar {at.name} was edited: {field!r} of its proof")
        if len(candidates) == 2 and not self.edits and candidates[0].text != candidates[1].text:
            names = ", ".join(_differing(*candidates))
            self.edits.append(f"the sidecar {at.name} is not of this file: it differs in {names}")
        self.sidecar = at.name

    def _told(self, text: str) -> Told | None:
        try:
            return proof.read(text)
        except NewerProofError:
            raise
        except ProofError:
            self.edits.append("its proof was edited, and cannot be read")
            return None

    def _sidecar(self, path: Path) -> Sidecar | None:
        text = _read(path)
        try:
            return None if text is None else sidecar.read(text)
        except NewerProofError:
            raise
        except ProofError:
            self.edits.append(f"the sidecar {path.name} was edited, and cannot be read")
            return None


def _compared(found: _Found, opener: Opener) -> Verdict:
    then = found.trusted.proof
    params = parse_qs(then.query)
    spec, ignored = Spec.from_params(params, today=date.min)
    motion, unmoved = Motion.from_params(params)
    if ignored or unmoved:
        raise OutputError("; ".join(ignored + unmoved))
    catalog, dataset = opener(spec.selection)
    records = dataset.select(spec.selection)
    material = Material(spec, catalog, dataset, records, motion)
    now = prove(material, found.suffix)

    lines = list(found.edits)
    edited = found.trusted.edited
    changed = [] if "records" in edited else list(_records(then, now))
    elsewhere = [] if "data" in edited else _elsewhere(then, now)
    versions = [] if "versions" in edited else _versions(then.versions, now.versions)
    if then.suffix != found.suffix and "suffix" not in edited:
        lines.append(f"its proof is of a file {then.suffix}")
    if all(then.versions.get(key) == now.versions[key] for key in ("bordermap", "code")):
        lines += [
            f"the metadata field {field!r} of its proof was edited"
            for field in ("query", "permalink", "citation")
            if field not in edited and getattr(then, field) != getattr(now, field)
        ]
    lines += changed

    held = found.inside or found.trusted
    made = FORMATS[found.suffix].encode(material, held.text)
    differences = contents.differences(found.suffix, found.body, made)
    notes = []
    if found.beside is None:
        notes.append(f"there is no sidecar {found.sidecar}; the proof is that in the file")
    if not differences:
        notes += [f"made with {version}" for version in versions]
        if not changed:
            notes += [f"changed since, and not in this file: {name}" for name in elsewhere]
        if found.is_as_written is False:
            lines.append(f"the sidecar {found.sidecar} was edited: its SHA-256 is of another file")
        state = State.CHANGED if lines else State.IDENTICAL
        return Verdict(state, tuple(lines), tuple(notes), len(records))

    if not changed:
        lines += [f"the data has changed since: {name}" for name in elsewhere]
    is_explained = bool(changed or elsewhere or versions)
    if is_explained and found.is_as_written:
        notes.append(f"the file is as it was written, by the SHA-256 of {found.sidecar}")
        differences = []
    elif is_explained and found.is_as_written is None:
        notes.append("whether a hand changed the file too cannot be told without its sidecar")
    elif is_explained:
        lines.append(f"the file was changed: {found.sidecar} has another SHA-256")
    is_software = not lines and bool(versions)
    if changed:
        differences = []
    return Verdict(
        State.OTHER_SOFTWARE if is_software else State.CHANGED,
        (*(versions if is_software else lines), *differences),
        (*([] if is_software else [f"made with {version}" for version in versions]), *notes),
        len(records),
    )


def _records(then: Proof, now: Proof) -> Iterator[str]:
    found = changes(then.records, now.records)
    yield from _named(found.removed, "is gone")
    yield from _named(found.added, "is new")
    said = {
        key: f"{key} was edited: {', '.join(groups)}" if groups else f"{key} was edited"
        for key, groups in found.edited.items()
    }
    yield from _named(tuple(said.values()), "")
    if found.moved:
        yield "the records are in another order, or were edited in what their marks do not show"


def _named(keys: Sequence[str], what: str) -> Iterator[str]:
    for key in keys[:MOST]:
        yield f"the record {key} {what}".rstrip() + " since" * bool(what)
    if len(keys) > MOST:
        yield f"and {len(keys) - MOST:,} more records {what or 'were edited'}"


def _elsewhere(then: Proof, now: Proof) -> list[str]:
    """Return what of the data has changed that need not be in the file."""
    whole = ("package", "dataset")
    files = [
        path
        for path in sorted({*then.data, *now.data} - set(whole))
        if then.data.get(path) != now.data.get(path)
    ]
    same_arrow = then.versions.get("pyarrow") == now.versions["pyarrow"]
    if not files and same_arrow and then.data.get("dataset") != now.data["dataset"]:
        return ["other records of the dataset"]
    return files


def _versions(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [
        f"{name} {then.get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]


def _differing(one: Told, other: Told) -> list[str]:
    pairs = one.proof.checks, other.proof.checks
    return [key for key in pairs[0] if pairs[0][key] != pairs[1].get(key)] or ["its spelling"]


def _read(path: Path) -> bytes | None:
    """Return a file, or None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"{path} cannot be read: {reason}") from None
