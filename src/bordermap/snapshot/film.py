"""A selection as a film: the sheet through time, as GIF, MP4 or WebM."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bordermap.errors import SelectionError
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import Material

USUAL: Mapping[str, Any] = MappingProxyType({"layout": "slide", "dpi": 96})
"""What suits a film where a spec is made for one: 1280 by 720 pixels."""

MAX_FRAME_PIXELS = 4_000_000
"""Most pixels of a frame: an A4 sheet at 200 dots an inch."""


def render(material: Material, suffix: str, proof: str = "") -> bytes:
    """Draw a film.

    The same material and proof give the same bytes. Undated records are left out.

    Parameters
    ----------
    suffix : str
        ``.gif``, ``.mp4`` or ``.webm``; the last two need the extra ``film``.
    proof : str
        Text that the file holds as its comment, if any.

    Raises
    ------
    SelectionError
        If there would be too many frames or too large ones, or the spec shows what the data does
        not have.
    OutputError
        If a GIF would be too large, or what encodes a video is not installed.
    """
    from bordermap.snapshot import film_codecs
    from bordermap.snapshot.film_frames import Frames

    _check_size(material)
    frames = Frames(material)
    reel = film_codecs.Reel(
        draw=frames.draw,
        count=len(frames),
        size=frames.size,
        samples=frames.samples,
        speed=material.motion.speed,
        title=frames.title,
        progress=material.progress,
    )
    return film_codecs.ENCODERS[suffix](reel, proof)


def _check_size(material: Material) -> None:
    spec, layout = material.spec, LAYOUTS[material.spec.layout]
    inches = layout.width * layout.height
    if spec.dpi**2 * inches > MAX_FRAME_PIXELS:
        most = int((MAX_FRAME_PIXELS / inches) ** 0.5)
        raise SelectionError(
            f"dpi: a film of the layout {spec.layout} has at most {most} dots an inch,"
            f" not {spec.dpi}"
        )
