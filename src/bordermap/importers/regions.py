"""States and regions by the spellings that files use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bordermap.model.names import fold
from bordermap.model.vocabulary import REGION_NAMES

_SPELLINGS = {
    "MM-01": "Sagaing",
    "MM-02": "Bago Pegu",
    "MM-03": "Magway Magwe",
    "MM-04": "Mandalay",
    "MM-05": "Tanintharyi Taninthayi Thanintharyi Tenasserim",
    "MM-06": "Yangon Rangoon",
    "MM-07": "Ayeyarwady Ayeyawady Ayeyawadi Ayeyarwaddy Irrawaddy",
    "MM-11": "Kachin",
    "MM-12": "Kayah Karenni",
    "MM-13": "Kayin Karen",
    "MM-14": "Chin",
    "MM-15": "Mon",
    "MM-16": "Rakhine Rakhaing Arakan",
    "MM-17": "Shan",
    "MM-18": "Naypyidaw Naypyitaw Naypyidow",
    "CN-YN": "Yunnan 云南 云南省",
}
_KNOWN = {
    **{fold(name): code for code, name in REGION_NAMES.items()},
    **{fold(name): code for code, names in _SPELLINGS.items() for name in names.split()},
}
_GENERIC = re.compile(
    "states?|region|division|province|district|union|territory|council|area|sheng|"
    "(?:north|south|east|west)(?:ern)?|central|upper|lower"
)
_LONGEST = 200
_BREAK = re.compile(r"[\s\-–—_,;.()/]+")


def resolve(text: str, names: Mapping[str, str]) -> str | None:
    """Return the ISO 3166-2 code of a region, or None where its name is not known.

    Words for the kind of unit and parts of it (``Magwe division``, ``Shan-North``) are
    disregarded.

    Parameters
    ----------
    text : str
    names : mapping of str to str
        Further names, folded.
    """
    if len(text) > _LONGEST:
        return None
    if text.upper() in REGION_NAMES:
        return text.upper()
    whole = fold(text)
    bare = fold("".join(w for w in _BREAK.split(text.casefold()) if not _GENERIC.fullmatch(w)))
    for name in (whole, bare):
        code = names.get(name) or _KNOWN.get(name)
        if name and code:
            return code
    return None
