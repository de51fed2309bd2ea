"""How many people died."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bordermap.importers.columns import Columns
from bordermap.importers.issues import Issues
from bordermap.importers.numbers import numbers

_MOST = 2**31 - 1


def fatalities(columns: Columns, issues: Issues) -> dict[str, pa.Int32Array]:
    """Return best, low and high estimates by field; a bound that contradicts is dropped."""
    fields = ("fatalities_best", "fatalities_low", "fatalities_high")
    texts = {field: columns.text(field) for field in fields}
    tolls = [_deaths(columns.named(field), texts[field], issues) for field in fields]
    best, low, high = tolls
    contradictions = (
        (1, low > best, "is above the best estimate; dropped"),
        (2, high < best, "is below the best estimate; dropped"),
        (1, np.isnan(best) & (low > high), "is above the high estimate; both dropped"),
        (2, np.isnan(best) & (low > high), "is below the low estimate; both dropped"),
    )
    for bound, rows, reason in contradictions:
        issues.repaired(columns.named(fields[bound]), rows, texts[fields[bound]], reason)
    for bound, rows, _ in contradictions:
        tolls[bound][rows] = np.nan
    return {
        field: pa.array(np.nan_to_num(toll).astype(np.int32), mask=np.isnan(toll))
        for field, toll in zip(fields, tolls, strict=True)
    }


def _deaths(field: str, texts: pa.StringArray, issues: Issues) -> npt.NDArray[np.float64]:
    found, unreadable = numbers(texts)
    wrong = unreadable | (found < 0) | (found > _MOST)
    wrong |= ~np.isnan(found) & (found != np.floor(found))
    issues.repaired(field, wrong, texts, "is not a whole number of deaths; dropped")
    found[wrong] = np.nan
    return found
