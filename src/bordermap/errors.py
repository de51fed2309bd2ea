"""The errors that bordermap raises.

::

    BordermapError
    ├── DateError         a date that is not in the supported subset of EDTF
    ├── DataPackageError  the data package cannot be found or read at all
    ├── ImportFileError   a file of events that cannot be imported
    ├── StoreError        an imported dataset that cannot be read or written
    ├── SelectionError    a selection that cannot be honoured
    ├── ProofError        a file whose proof cannot be read
    │   └── NewerProofError   one that a newer bordermap wrote
    └── OutputError       a file that cannot be written

A fault in one row or one layer is not an exception but a :class:`Fault`: all
of them are collected, and the valid rest is used.
"""

from __future__ import annotations

from dataclasses import dataclass


class BordermapError(Exception):
    """Base of every error that is meant for a person to read."""


class DateError(BordermapError, ValueError):
    """A date that is not in the supported subset of EDTF."""


class DataPackageError(BordermapError):
    """The data package cannot be found or read at all."""


class ImportFileError(BordermapError):
    """A file of events that cannot be imported."""


class StoreError(BordermapError):
    """An imported dataset that cannot be read or written."""


class SelectionError(BordermapError, ValueError):
    """A selection that cannot be honoured."""


class ProofError(BordermapError):
    """A file whose proof cannot be read; the text goes on from the file's name."""


class NewerProofError(ProofError):
    """A file whose proof a newer bordermap wrote."""


class OutputError(BordermapError):
    """A file that cannot be written."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong in the data.

    Attributes
    ----------
    file : str
        Path of the file, relative to the data package.
    row : int
        Line of the file, counted as a text editor does (the header is line 1);
        for a layer the number of the feature, from 1; 0 is the file itself.
    field : str
        Name of the field, or empty where the fault is not one field's.
    reason : str
        What is wrong and what would be right.
    """

    file: str
    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.row}" if self.row else self.file
        return f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"
