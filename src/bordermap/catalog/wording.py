"""The wording of our own text: no markup, no loaded words.

The list follows the guide in ``docs/editing.md``. Names of actors are not our words and
are passed over, whatever they contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_INSTEAD: dict[str, str] = {
    r"regimes?|juntas?": "the military government",
    r"rebels?|insurgen\w+|militants?|terroris\w+|bandits?": "the name of the group",
    r"(?-i:gangs?)|syndicates?|clans?": "network or family",
    r"warlords?|kingpins?|tycoons?|crime boss(?:es)?": "the name and office",
    r"puppets?|so-called|notorious|brutal\w*|heroic\w*|evil|hordes?|slave\w*": "what is known",
    r"liberat\w+": "took",
    r"flee|flees|fled|fleeing": "left or crossed",
    r"admit\w*|claim(?:s|ed|ing)?|vow\w*|tout\w*|hail\w*|slam(?:s|med|ming)?": "said",
    r"lure[sd]?|luring": "offered",
    r"strongholds?": "base or headquarters",
    r"massacre\w*|slaughter\w*": "the number of people killed",
    r"crack(?:s|ed|ing)?[- ]?downs?": "action against",
    r"fall|falls|fell|fallen": "was taken",
    r"coups?": "military takeover",
    r"oust\w*": "removed",
    r"enem(?:y|ies)": "the name of the party",
    r"martyr\w*|eliminat\w+|neutrali[sz]\w+|wip(?:e|es|ed|ing) out": "killed",
}
_LOADED = re.compile(
    rf"\b(?:{'|'.join(f'(?P<w{n}>{words})' for n, words in enumerate(_INSTEAD))})\b", re.IGNORECASE
)
_ADVICE = list(_INSTEAD.values())
_MARKUP = re.compile(r"</?[a-z!][^>]*>?|&(?:[a-z]+|#\d+|#x[0-9a-f]+);", re.IGNORECASE)


class Wording:
    """Looks for markup and loaded words.

    Parameters
    ----------
    names : iterable of str
        What the parties call themselves; not looked into.
    """

    def __init__(self, names: Iterable[str]) -> None:
        longest_first = sorted(filter(None, names), key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)

    def problems(self, text: str) -> Iterator[str]:
        """Yield what is wrong with a text, in words.

        Examples
        --------
        >>> list(Wording(["People's Liberation Army"]).problems("Said the junta"))
        ["'junta' is loaded; write the military government"]
        """
        for markup in _MARKUP.finditer(text):
            yield f"holds markup, {markup.group()[:40]!r}; write plain text"
        if not _LOADED.search(text):  # taking the names out is slow
            return
        for loaded in _LOADED.finditer(self._names.sub(" ", text)):
            advice = _ADVICE[int((loaded.lastgroup or "w0")[1:])]
            yield f"{loaded.group()!r} is loaded; write {advice}"
