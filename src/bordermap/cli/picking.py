"""The options of a selection, and the data that they pick."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from bordermap.cli.options import DATA, GEODATA
from bordermap.errors import SelectionError

if TYPE_CHECKING:
    import pyarrow as pa

    from bordermap.catalog import Catalog
    from bordermap.queries import Dataset
    from bordermap.store import Store


def selection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a selection; they reach the command as a query mapping."""
    day = click.DateTime(["%Y-%m-%d"])
    options = [
        click.option("--from", "from_", type=day, help="First day, inclusive."),
        click.option("--to", type=day, help="Last day, inclusive."),
        *(
            click.option(f"--{name}", multiple=True, help=text)
            for name, text in {
                "kind": "incident or meeting.",
                "category": "Category, e.g. armed_clash.",
                "region": "ISO 3166-2 code or name, e.g. MM-17 or Karen.",
                "gate": "Gate id; records within 50 km of it.",
                "actor": "Actor, as spelled in the records.",
                "topic": "Topic.",
                "source": "Source id.",
                "scope": "border, corridor, network, diplomacy or context.",
                "precision": "exact, near, district, state, country or none.",
                "confidence": "high, medium or low.",
            }.items()
        ),
        click.option("--text", help="Words in the title or summary, or the name of a place."),
        click.option("--near-border", type=float, metavar="KM", help="Within KM of the border."),
        click.option("--near-gate", type=float, metavar="KM", help="Within KM of a gate."),
        click.option("--bbox", metavar="W,S,E,N", help="Box in degrees."),
        click.option("--area", metavar="POLYGON", help="Polygon: 'lon,lat lon,lat lon,lat'."),
        click.option("--dataset", help="Name of an imported dataset, or 'all'."),
        click.option("--query", help="An address of the app, or its query string."),
        GEODATA,
        DATA,
    ]
    for option in reversed(options):
        command = option(command)
    return command


class Picked:
    """The data package, its records and a selection from the options.

    Parameters
    ----------
    options : dict
        What `selection_options` added; emptied of ``geodata``, ``data`` and ``query``.

    Attributes
    ----------
    catalog : Catalog
        With the imported datasets as sources.
    dataset : Dataset
    selection : Selection
    """

    def __init__(self, options: dict[str, Any]) -> None:
        from bordermap import catalog as catalogs
        from bordermap.queries import known, known_dataset
        from bordermap.selection import Selection
        from bordermap.store import Store

        geodata, query = options.pop("geodata"), options.pop("query")
        store = Store(options.pop("data"))
        catalog = catalogs.load(geodata)
        if catalog.faults:
            click.echo(
                f"{len(catalog.faults)} faults in the data were left out;"
                " 'bordermap validate' names them",
                err=True,
            )
        asked, ignored = Selection.from_query(query or {})
        given, wrong = Selection.from_query(
            {
                key.strip("_").replace("_", "-"): [_text(value) for value in _many(values)]
                for key, values in options.items()
                if values not in (None, ())
            }
        )
        names = store.names()
        given, no_dataset = known_dataset(given, names)
        if wrong or no_dataset:
            raise SelectionError("; ".join(wrong + no_dataset))
        asked, no_dataset = known_dataset(asked, names)
        self.catalog, self.dataset = open_data(catalog, store, given.dataset or asked.dataset)
        given, wrong = known(self.dataset, self.catalog, given)
        if wrong:
            raise SelectionError("; ".join(wrong))
        asked, unknown = known(self.dataset, self.catalog, asked)
        for line in ignored + no_dataset + unknown:
            click.echo(f"ignored in the query: {line}", err=True)
        changes = {
            field: value
            for field in given.__dataclass_fields__
            if (value := getattr(given, field)) not in (None, (), "")
        }
        self.selection = asked.replace(**changes)

    @cached_property
    def records(self) -> pa.Table:
        """What was selected, in order of date."""
        return self.dataset.select(self.selection)


def open_data(catalog: Catalog, store: Store, name: str) -> tuple[Catalog, Dataset]:
    """Return a catalog that knows the imported datasets of a selection, and the records.

    Parameters
    ----------
    name : str
        As :attr:`bordermap.selection.Selection.dataset` spells it.

    Raises
    ------
    StoreError
        If there is no such dataset.
    """
    from bordermap.queries import Dataset, members, with_sources

    names, curated = members(name, store.names())
    imported = [store.get(one) for one in names]
    return with_sources(catalog, imported), Dataset.of(catalog, imported, curated=curated)


def _many(values: Any) -> tuple[Any, ...]:
    return values if isinstance(values, tuple) else (values,)


def _text(value: Any) -> str:
    return value.date().isoformat() if hasattr(value, "date") else str(value)
