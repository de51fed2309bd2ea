"""Places by any of their names."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from functools import cached_property

from bordermap.model.names import fold
from bordermap.model.record import Place


class Gazetteer:
    """Places and all their names.

    Parameters
    ----------
    places : mapping of id to Place
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        self.places = places

    fold = staticmethod(fold)

    @staticmethod
    def names(place: Place) -> Iterator[str]:
        """Yield every name of a place."""
        yield place.name
        yield from (name for name in (place.name_zh, place.name_my) if name)
        yield from place.aliases

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {
            self.fold(name): place.id
            for place in self.places.values()
            for name in (place.id, *self.names(place))
        }

    def find(self, name: str) -> Place | None:
        """Return the place that has this name, in any spelling that is on record.

        Examples
        --------
        ``find("Loije")``, ``find("雷基")`` and ``find("lwegel")`` are the same place.
        """
        place = self._by_name.get(self.fold(name))
        return None if place is None else self.places[place]

    def search(self, text: str) -> list[str]:
        """Return the ids of places one of whose names contains a text.

        A single Latin letter or digit is in too many names to mean any of them.
        """
        wanted = self.fold(text)
        if not wanted or (len(wanted) == 1 and wanted.isascii()):
            return []
        return sorted({place for name, place in self._by_name.items() if wanted in name})

    def suggest(self, name: str) -> str | None:
        """Return the id of the place with the most similar name, if any is similar."""
        close = difflib.get_close_matches(self.fold(name), self._by_name, n=1)
        return self._by_name[close[0]] if close else None
