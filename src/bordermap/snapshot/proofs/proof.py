"""What a file says of how it was made, so that it can be made again and compared."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bordermap.errors import NewerProofError, ProofError
from bordermap.snapshot.proofs.fingerprints import Fingerprints

FORMAT = 1
"""Number of the form of proofs; one with a greater number is from a newer bordermap."""

PROOF_KEY = "bordermap"
"""Under which a file holds its proof: PNG, PDF, GeoParquet, KML."""

PROOF_NAMESPACE = "urn:bordermap:proof"
"""XML namespace of the element ``proof`` in the metadata of an SVG."""

PROOF_ID = "bordermap-proof"
"""Id of the element of a page that holds its proof."""

NUMBER = "bordermap_proof"
"""Member whose value is the number of the form; it marks a proof."""

_CHECK = 8
_UNSAFE = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&"})
_TEMPLATE_TAG = re.compile(r"\{(?=[{%#])")


@dataclass(frozen=True)
class Proof:
    """What a file says of how it was made.

    Attributes
    ----------
    suffix : str
        Of the file.
    query : str
        All of its spec, as :meth:`bordermap.snapshot.spec.Spec.to_query` spells it; of a film
        its motion too.
    records : Fingerprints
        Of the records that it shows.
    data : mapping of str to str
        SHA-256 of ``package``, ``dataset`` and, shortened, of each file of the data package.
    versions : mapping of str to str
        Of the software that made it, by name.
    permalink : str
        The address of the selection in the dashboard, from the question mark on.
    citation : str
        How to cite the file.
    """

    suffix: str
    query: str
    records: Fingerprints
    data: Mapping[str, str]
    versions: Mapping[str, str]
    permalink: str
    citation: str

    @cached_property
    def text(self) -> str:
        """The proof on one line of ASCII, which may stand as it is in XML, HTML and JSON."""
        return spelled({**self._values, "check": self.checks})

    @cached_property
    def checks(self) -> Mapping[str, str]:
        """A short hash of each value of the text; it shows which one was edited by hand."""
        return {key: _check(value) for key, value in self._values.items()}

    @cached_property
    def _values(self) -> dict[str, Any]:
        return {
            NUMBER: FORMAT,
            "suffix": self.suffix,
            "query": self.query,
            "records": self.records.told,
            "data": dict(self.data),
            "versions": dict(self.versions),
            "permalink": self.permalink,
            "citation": self.citation,
        }


@dataclass(frozen=True)
class Told:
    """A proof as it was found.

    Attributes
    ----------
    text : str
        In the form of :attr:`Proof.text`.
    proof : Proof
    edited : tuple of str
        Which of its values do not agree with its checks.
    """

    text: str
    proof: Proof
    edited: tuple[str, ...]


def read(text: str) -> Told:
    """Read the text of a proof.

    Raises
    ------
    ProofError
        If it is none.
    NewerProofError
        If a newer bordermap wrote it.
    """
    try:
        values = json.loads(text)
        number = values[NUMBER]
        if isinstance(number, int) and number > FORMAT:
            raise NewerProofError(
                f"is from a newer bordermap: its proof has the form {number}, this version"
                f" reads {FORMAT}"
            )
        strings = {key: values[key] for key in ("suffix", "query", "permalink", "citation")}
        tables = {key: values[key] for key in ("data", "versions")}
        checks = values.get("check")
        records = Fingerprints.read(values["records"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, zlib.error):
        raise ProofError("has a proof that cannot be read") from None
    plain = all(isinstance(value, str) for value in strings.values()) and all(
        map(_plain, tables.values())
    )
    if not plain or number != FORMAT:
        raise ProofError("has a proof that cannot be read")
    edited = [
        key
        for key, value in values.items()
        if key != "check" and not (isinstance(checks, dict) and checks.get(key) == _check(value))
    ]
    return Told(spelled(values), Proof(**strings, **tables, records=records), tuple(edited))


def spelled(values: Mapping[str, Any]) -> str:
    """Return a proof's values as its text."""
    text = json.dumps(values, separators=(",", ":")).translate(_UNSAFE)
    return _TEMPLATE_TAG.sub(r"\\u007b", text)


def _check(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()[:_CHECK]


def _plain(table: Any) -> bool:
    return isinstance(table, dict) and all(isinstance(value, str) for value in table.values())
