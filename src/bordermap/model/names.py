"""Names as people spell them, for comparison."""

from __future__ import annotations

import unicodedata


def fold(name: str) -> str:
    """Return a name without case, accents, hyphens and spaces, for comparison.

    Combining marks of scripts that need them (Burmese) are kept.
    """
    spelled = unicodedata.normalize("NFKD", name.casefold())
    if spelled.isascii():
        return "".join(filter(str.isalnum, spelled))
    kept = (
        character
        for character in spelled
        if character.isalnum() or unicodedata.category(character) in ("Mc", "Mn")
    )
    return "".join(c for c in kept if not "\u0300" <= c <= "\u036f")
