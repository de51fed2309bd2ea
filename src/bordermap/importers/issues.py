"""What is wrong with the rows of a batch, collected."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.model.event import ISSUE_SCHEMA

_LONGEST = 200


class Issues:
    """The issues of a batch.

    Attributes
    ----------
    file : str
    lines : numpy array of int64
        Line of each row.
    """

    def __init__(self, file: str, lines: npt.NDArray[np.int64]) -> None:
        self.file = file
        self.lines = lines
        self._found: list[tuple[str, str, npt.NDArray[np.int64], pa.Array, str]] = []

    def repaired(
        self, field: str, rows: npt.NDArray[np.bool_], values: pa.Array, reason: str
    ) -> None:
        """Note that a value of some rows was changed or dropped.

        Parameters
        ----------
        field : str
            Column of the file.
        rows : numpy array of bool
        values : pyarrow.Array of str
            What the column held, for all rows.
        reason : str
        """
        self._note("repaired", field, rows, values, reason)

    def rejected(
        self, field: str, rows: npt.NDArray[np.bool_], values: pa.Array, reason: str
    ) -> None:
        """Note that some rows are left out; parameters as of :meth:`repaired`."""
        self._note("rejected", field, rows, values, reason)

    def _note(
        self,
        action: str,
        field: str,
        rows: npt.NDArray[np.bool_],
        values: pa.Array,
        reason: str,
    ) -> None:
        (found,) = np.nonzero(rows)
        if len(found):
            self._found.append((action, field, found, values.take(pa.array(found)), reason))

    def left_out(self) -> npt.NDArray[np.bool_]:
        """Return which rows are rejected."""
        rows = np.zeros(len(self.lines), dtype=np.bool_)
        for action, _, found, _, _ in self._found:
            if action == "rejected":
                rows[found] = True
        return rows

    def table(self) -> pa.Table:
        """Return the issues by line (ISSUE_SCHEMA); a rejected row has no repairs."""
        left_out = self.left_out()
        tables = []
        for action, field, found, values, reason in self._found:
            if action == "repaired" and left_out.any():
                kept = ~left_out[found]
                found, values = found[kept], values.filter(pa.array(kept))
            tables.append(
                pa.table(
                    {
                        "file": pa.repeat(self.file, len(found)),
                        "line": pa.array(self.lines[found]),
                        "action": pa.repeat(action, len(found)),
                        "field": pa.repeat(field, len(found)),
                        "value": pc.utf8_slice_codeunits(values, 0, _LONGEST),
                        "reason": pa.repeat(reason, len(found)),
                    },
                    schema=ISSUE_SCHEMA,
                )
            )
        if not tables:
            return ISSUE_SCHEMA.empty_table()
        return pa.concat_tables(tables).sort_by("line").combine_chunks()
