"""The files of an import: which they are, how each is laid out, one mapping for all."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bordermap.errors import ImportFileError
from bordermap.importers import reading
from bordermap.importers.formats import Question, ordered, questions, recognise
from bordermap.importers.guess import guess
from bordermap.importers.mapping import TABLE, Mapping, shipped
from bordermap.importers.reading import Batch, Layout
from bordermap.store.directory import is_name

_BLOCK = 4 << 20
_LONGEST_NAME = 60
_NO_NAME = re.compile(r"[^a-z0-9_]+")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Source:
    """A file to import and how it is laid out.

    Attributes
    ----------
    path : Path
    name : str
        What it is called in events and issues: its name, or its path below the folder
        that all files share where names alone would not tell them apart.
    layout : Layout
    size : int
        Bytes.
    modified : int
        Time of the last modification, in nanoseconds since 1970.
    """

    path: Path
    name: str
    layout: Layout
    size: int
    modified: int

    def check_unchanged(self) -> None:
        """Raise ImportFileError if the file is no longer the one that was looked at."""
        if _state(self.path) != (self.size, self.modified):
            raise ImportFileError(
                f"{self.name}: the file changed while it was read; import it again"
            )


@dataclass(frozen=True)
class Plan:
    """The files of an import and the mapping that holds for all of them.

    Attributes
    ----------
    sources : tuple of Source
        At least one.
    mapping : Mapping
    questions : tuple of Question
        What has to be answered before the files can be read; :meth:`answered` does.
    ignored : tuple of str
        Files of a folder that are of no format that can be imported.
    """

    sources: tuple[Source, ...]
    mapping: Mapping
    questions: tuple[Question, ...] = ()
    ignored: tuple[str, ...] = ()

    def with_date_order(self, order: str) -> Plan:
        """Return the plan for dates in an order, one of ``mapping.ORDERS``."""
        mapping = dataclasses.replace(self.mapping, date_order=order)
        return dataclasses.replace(self, mapping=mapping, questions=())

    @property
    def own_mapping(self) -> Mapping:
        """The mapping with only those columns that the first file has."""
        return self.mapping.resolved(self.sources[0].layout.columns)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(source.size for source in self.sources)


def survey(
    paths: Sequence[Path],
    *,
    mapping: Mapping | None = None,
    format: str | None = None,
    layout: Layout | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    part: str | None = None,
) -> Plan:
    """Find the files of an import and look at the first rows of each.

    Parameters
    ----------
    paths : sequence of Path
        Files, folders (their files, not those of folders inside) and patterns.
    mapping : Mapping, optional
        By default that of the format that fits the files, or a guess for the first.
    format : str, optional
        One of ``mapping.FORMATS``, where no mapping is given.
    layout : Layout, optional
        Of a single file; by default it is detected.
    encoding, delimiter, part : str, optional
        Of every file; what is not given is detected.

    Raises
    ------
    ImportFileError
        If there is no file, one cannot be read, or the mapping does not fit one.
    """
    files, ignored = _files(paths)
    if layout is not None and len(files) > 1:
        raise ImportFileError("one layout cannot be given for several files")
    sources: list[Source] = []
    samples: list[Batch] = []
    guesses: list[Mapping] = []
    for path, name in zip(files, _names(files), strict=True):
        size, modified = _state(path)
        found = layout or reading.detect(path, encoding=encoding, delimiter=delimiter, part=part)
        sample = reading.sample(path, found)
        recognised, guessed, _ = recognise(found, sample)
        if recognised != found and (mapping is None or mapping.missing(found.columns)):
            found, sample = recognised, reading.sample(path, recognised)
        sources.append(Source(path, name, found, size, modified))
        samples.append(sample)
        guesses.append(guess(sample) if format == TABLE else guessed)
    if mapping is None:
        mapping = shipped(format) if format not in (None, TABLE) else _common(sources, guesses)
    for sample in samples:
        mapping = ordered(sample, mapping)
    _check_fit(sources, mapping)
    open_questions = (
        question
        for source, sample in zip(sources, samples, strict=True)
        for question in questions(source.layout, sample, mapping)
    )
    return Plan(tuple(sources), mapping, tuple(islice(open_questions, 1)), tuple(ignored))


def _common(sources: list[Source], guesses: list[Mapping]) -> Mapping:
    for source, guessed in zip(sources, guesses, strict=True):
        if guessed.format != guesses[0].format:
            raise ImportFileError(
                f"{source.name}: looks like {guessed.format} where {sources[0].name} looks like"
                f" {guesses[0].format}; import them one by one, or say which they are"
            )
    return guesses[0]


def _check_fit(sources: list[Source], mapping: Mapping) -> None:
    for source in sources:
        missing = mapping.missing(source.layout.columns)
        if missing:
            quoted = ", ".join(repr(column) for column in missing[:5])
            raise ImportFileError(f"{source.name}: lacks the column(s) {quoted} of the mapping")


def default_name(paths: Sequence[Path]) -> str:
    """Return a name for the dataset of some files: that of the first, or of its folder.

    Examples
    --------
    >>> default_name([Path("GED Myanmar (1989–2023).csv")])
    'ged-myanmar-1989-2023'
    """
    first = paths[0]
    stem = first.parent.resolve().name if _GLOB.search(first.name) else first.name.split(".")[0]
    plain = unicodedata.normalize("NFKD", stem).casefold()
    name = _NO_NAME.sub("-", plain)[:_LONGEST_NAME].strip("-_")
    return name if is_name(name) else f"imported-{name}"[:_LONGEST_NAME].strip("-_")


def sha256(path: Path, counted: Callable[[int, int], None] | None = None) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if counted:
                counted(len(block), 0)
    return digest.hexdigest()


def _files(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    found: list[Path] = []
    ignored: list[str] = []
    for path in paths:
        if path.is_dir():
            held = sorted(p for p in path.iterdir() if p.is_file() and p.name[0] not in "._")
            usable = [p for p in held if p.suffix[1:].lower() in reading.SUFFIXES]
            ignored += [p.name for p in held if p not in usable]
            if not usable:
                raise ImportFileError(f"{path} holds no file that can be imported")
            found += usable
        elif not path.exists() and _GLOB.search(str(path)):
            matching = sorted(p for p in _matching(path) if p.is_file())
            if not matching:
                raise ImportFileError(f"no file matches {path}")
            found += matching
        else:
            found.append(path)
    unique = {path.resolve(): path for path in reversed(found)}
    return [path for path in dict.fromkeys(found) if unique[path.resolve()] == path], ignored


def _matching(pattern: Path) -> Iterable[Path]:
    root = Path(pattern.anchor)
    return root.glob(str(pattern.relative_to(root) if pattern.anchor else pattern))


def _names(files: list[Path]) -> list[str]:
    names = [path.name for path in files]
    if len(set(names)) == len(names):
        return names
    whole = [path.resolve() for path in files]
    shared = Path(os.path.commonpath(whole))
    return [path.relative_to(shared).as_posix() for path in whole]


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ImportFileError(f"{path} cannot be read: {reason}") from None
    return found.st_size, found.st_mtime_ns
