"""Names as people spell them, for comparison."""

from __future__ import annotations

import unicodedata


def fold(name: str) -> str:
    """Return a name without case, accents, hyphens and spaces, for comparison.

    Combining marks of scripts that need them (Burmese) are kept.
    """
    kept = (
        character
        for character in unicodedata.normalize("NFKD", name.casefold())
        if character.isalnum() or unicodedata.category(character) in ("Mc", "Mn")
    )
    return "".join(c for c in kept if not "\u0300" <= c <= "\u036f")
