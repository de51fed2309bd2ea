"""Numbers as files write them."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_PLAIN = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DEGREES = re.compile(
    r"(\d{1,3}(?:[.,]\d+)?)\s*°?\s*"
    r"(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|″|”|''))?)?\s*([NSEW])",
    re.ASCII | re.IGNORECASE,
)

_LONGEST = 64


def numbers(texts: pa.StringArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the numbers of a column, and where there is a text that is none.

    A comma may stand for the decimal point; degrees, minutes and seconds are read where
    a letter for the direction follows.

    Returns
    -------
    tuple of numpy array
        Numbers, NaN where there is none, and whether a text could not be read.
    """
    try:
        values = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        encoded = texts.dictionary_encode()
        parsed = pa.array([number(text) for text in encoded.dictionary.to_pylist()], pa.float64())
        values = parsed.take(encoded.indices)
    found = np.array(pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
    found[~np.isfinite(found)] = np.nan
    held = texts.is_valid().to_numpy(zero_copy_only=False)
    return found, held & np.isnan(found)


def number(text: str) -> float | None:
    """Return the number that a text is, or None.

    Examples
    --------
    >>> number("97,25"), number("21°30' N"), number("about 3")
    (97.25, 21.5, None)
    """
    if len(text) > _LONGEST:
        return None
    if _PLAIN.fullmatch(text):
        return float(text.replace(",", "."))
    match = _DEGREES.fullmatch(text)
    if not match:
        return None
    degrees, minutes, seconds = (
        float((part or "0").replace(",", ".")) for part in match.groups()[:3]
    )
    if minutes >= 60 or seconds >= 60:
        return None
    sign = -1 if match[4].upper() in "SW" else 1
    return sign * (degrees + minutes / 60 + seconds / 3600)
