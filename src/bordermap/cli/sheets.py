"""The options of sheets and films, and a bar for long work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

_Command = Callable[..., None]
_Option = Callable[[_Command], _Command]

_SHEET: dict[str, _Option] = {
    "layout": click.option(
        "--layout",
        metavar="SHEET",
        help="report, landscape, slide, square, a3 or a3-landscape; report, or slide for a film.",
    ),
    "title": click.option("--title", help="Title instead of the one made from the selection."),
    "names": click.option(
        "--names", metavar="LANGUAGE", help="Of the names on the map, where known: en, my or zh."
    ),
    "shade": click.option(
        "--shade", metavar="HOW", help="Shade the states by count, rate or change."
    ),
    "hide": click.option(
        "--hide",
        multiple=True,
        metavar="PART",
        help="Leave out: events, gates, sites, rivers, corridor-schematic, labels, legend, locator"
        " or timeline.",
    ),
    "show": click.option(
        "--show",
        metavar="PART",
        help="Part of the map: border, a region's code, a gate's id, or W,S,E,N in degrees.",
    ),
    "dpi": click.option(
        "--dpi", type=int, metavar="N", help="Dots per inch, 50 to 600; 200, or 96 for a film."
    ),
}


_MOTION: dict[str, _Option] = {
    "step": click.option(
        "--step",
        metavar="TIME",
        help="Of a film's frame: day, week or month; by default what makes up to 120 frames.",
    ),
    "speed": click.option(
        "--speed", type=float, metavar="N", help="Frames of a film a second, 0.5 to 25; 4."
    ),
    "mode": click.option(
        "--mode",
        metavar="HOW",
        help="A film shows each step by itself (window), or all until then (growing); window.",
    ),
}


def sheet_options(command: _Command) -> _Command:
    """Add the options of a sheet."""
    return _with(_SHEET, command)


def motion_options(command: _Command) -> _Command:
    """Add the options of a film."""
    return _with(_MOTION, command)


def take_sheet(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options of a sheet out of all; return those that were given, as a spec's fields."""
    return _take(_SHEET, options)


def take_motion(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options of a film out of all; return those that were given, as a motion's fields."""
    return _take(_MOTION, options)


def _with(
    added: Mapping[str, Callable[..., Any]], command: Callable[..., None]
) -> Callable[..., None]:
    for option in reversed(list(added.values())):
        command = option(command)
    return command


def _take(known: Mapping[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    taken = {name: options.pop(name) for name in known}
    return {name: value for name, value in taken.items() if value not in (None, ())}


@contextmanager
def progress_bar(noun: str) -> Iterator[Callable[[int, int], None]]:
    """Give what shows on standard error how many of all are done.

    Parameters
    ----------
    noun : str
        What is counted, such as ``frames``.
    """
    bar: Any = click.progressbar(
        length=1,
        label=noun,
        file=sys.stderr,
        show_pos=True,
        show_percent=False,
        hidden=not sys.stderr.isatty(),
    )

    def show(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)
        bar.render_progress()

    with bar:
        yield show
