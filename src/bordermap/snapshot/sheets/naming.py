"""Names on a map in one language, in English where it has none."""

from __future__ import annotations

from geopandas import GeoDataFrame

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.snapshot.sheets import text


class Naming:
    """The names of places and features in a language.

    Parameters
    ----------
    language : str
        Of :data:`bordermap.snapshot.spec.LANGUAGES`.
    gazetteer : Gazetteer
    """

    def __init__(self, language: str, gazetteer: Gazetteer) -> None:
        self._column = "name" if language == "en" else f"name_{language}"
        self._gazetteer = gazetteer

    def features(self, layer: GeoDataFrame) -> list[str]:
        """Return the names of the features of a layer, as they can be printed."""
        english = layer["name"].to_list()
        known = layer[self._column].to_list() if self._column in layer else [None] * len(layer)
        return [
            text.printable(own) if isinstance(own, str) and own else self.place(name or "")
            for own, name in zip(known, english, strict=True)
        ]

    def place(self, name: str) -> str:
        """Return the name of a place that is known by its English one, as it can be printed."""
        if self._column != "name" and (place := self._gazetteer.find(name)) is not None:
            name = getattr(place, self._column) or name
        return text.printable(name)
