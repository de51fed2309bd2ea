"""Frames as a GIF, an MP4 or a WebM film.

Frames are arrays of height, width, 3 in bytes of red, green and blue.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bordermap.errors import OutputError

if TYPE_CHECKING:
    from PIL import Image

Frame = npt.NDArray[np.uint8]

HOLD_SECONDS = 1.5
"""For how much longer the last frame stands than the others."""

MAX_GIF_PIXELS = 250_000_000
"""Most pixels of all frames of a GIF, which are in memory at once."""

_COLOURS = 255
"""Of a GIF, which leaves one for what stays as it was."""

_EXACT = 48
"""Of them, how many are those of the most pixels, unchanged."""

_UNKNOWN = -1
_AT_ONCE = 4096
"""Colours that are compared with the palette at once."""

_BIT_EXACT = 0x400
_VIDEOS: Mapping[str, tuple[str, str, dict[str, str]]] = MappingProxyType(
    {
        ".mp4": (
            "mp4",
            "libx264",
            # Newer instructions read what lies beside a frame: films were not the same each time.
            {"crf": "18", "preset": "medium", "tune": "animation", "x264-params": "asm=SSE4.2"},
        ),
        ".webm": ("webm", "libvpx-vp9", {"crf": "28", "b:v": "0", "cpu-used": "4"}),
    }
)
"""By suffix: container, codec, and how well it is to keep the picture."""


@dataclass(frozen=True)
class Reel:
    """What a film is made of.

    Attributes
    ----------
    draw : callable
        Makes a frame by its number, from 0.
    count : int
        Of the frames.
    size : (int, int)
        Width and height of each, in pixels.
    samples : sequence of int
        Numbers of some frames that together have the colours of all.
    speed : float
        Frames a second.
    title : str
    progress : callable
        Called with the number of frames that are done, and of all; what it raises ends the work.
    """

    draw: Callable[[int], Frame]
    count: int
    size: tuple[int, int]
    samples: Sequence[int]
    speed: float
    title: str
    progress: Callable[[int, int], None]

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self.count):
            yield self.draw(number)
            self.progress(number + 1, self.count)


def to_gif(reel: Reel, proof: str) -> bytes:
    """Return a film as a GIF that repeats for ever; its comment is the proof.

    Raises
    ------
    OutputError
        If it is larger than :data:`MAX_GIF_PIXELS`.
    """
    width, height = reel.size
    if reel.count * height * width > MAX_GIF_PIXELS:
        raise OutputError(
            f"{reel.count} frames of {width} × {height} pixels are too much for a GIF; take a"
            " longer step, fewer dots an inch, or .mp4"
        )
    palette = _Palette([reel.draw(number) for number in reel.samples])
    pictures = map(palette.picture, reel)
    usual = round(100 / reel.speed) * 10
    film = io.BytesIO()
    next(pictures).save(
        film,
        format="GIF",
        save_all=True,
        append_images=pictures,
        duration=[*[usual] * (reel.count - 1), usual + round(1000 * HOLD_SECONDS)],
        loop=0,
        optimize=True,
        **({"comment": proof.encode()} if proof else {}),
    )
    return film.getvalue()


def to_video(suffix: str, reel: Reel, proof: str) -> bytes:
    """Return a film as a video, whose comment is the proof.

    Parameters
    ----------
    suffix : str
        ``.mp4`` (H.264) or ``.webm`` (VP9).

    Raises
    ------
    OutputError
        If what encodes it is not installed.
    """
    if find_spec("av") is None:
        raise OutputError(
            f"{suffix} needs PyAV; install it with: pip install 'bordermap[film]' (or take .gif)"
        )
    import av

    container, codec, options = _VIDEOS[suffix]
    width, height = reel.size
    rate = Fraction(reel.speed).limit_denominator(100)
    film = io.BytesIO()
    with av.open(film, "w", format=container) as output:
        output.flags |= _BIT_EXACT
        output.metadata["title"] = reel.title
        if proof:
            output.metadata["comment"] = proof
        stream: Any = output.add_stream(codec, rate=rate)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.options = options
        stream.codec_context.thread_count = 2
        for frame in _held(reel):
            picture = av.VideoFrame.from_ndarray(_even(frame), format="rgb24")
            output.mux(stream.encode(picture))
        output.mux(stream.encode())
    return film.getvalue()


ENCODERS: Mapping[str, Callable[[Reel, str], bytes]] = MappingProxyType(
    {
        ".gif": to_gif,
        **{suffix: partial(to_video, suffix) for suffix in _VIDEOS},
    }
)
"""By the suffix of the file."""


def _held(reel: Reel) -> Iterator[Frame]:
    """Return the frames, the last of them for longer."""
    for frame in reel:
        yield frame
    for _ in range(round(HOLD_SECONDS * reel.speed)):
        yield frame


def _even(frame: Frame) -> Frame:
    """Repeat the last row and column where there is an odd number: the colours are by fours."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(frame)


class _Palette:
    """The colours of a GIF.

    Those of the most pixels are kept as they are: paper, ground and ink. Of the others one counts
    by the root of its pixels, so that small symbols keep theirs beside wide ground.
    """

    def __init__(self, samples: Sequence[Frame]) -> None:
        from PIL import Image

        pixels = np.concatenate([_keys(frame).ravel() for frame in samples])
        keys, counts = np.unique(pixels, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        exact, others = order[:_EXACT], order[_EXACT:]
        self._colours = _channels(keys[exact])
        if others.size:
            weighed = np.repeat(keys[others], np.sqrt(counts[others]).astype(np.int64))
            strip = Image.fromarray(_channels(weighed)[None])
            mixed = strip.quantize(_COLOURS - _EXACT, Image.Quantize.MEDIANCUT).getpalette()
            self._colours = np.concatenate(
                [self._colours, np.array(mixed, np.uint8).reshape(-1, 3)]
            )[:_COLOURS]
        self._nearest = np.full(1 << 24, _UNKNOWN, np.int16)

    def picture(self, frame: Frame) -> Image.Image:
        """Return a frame in these colours, each pixel in the nearest."""
        from PIL import Image

        keys = _keys(frame)
        numbers = self._nearest[keys]
        unknown = np.unique(keys[numbers == _UNKNOWN])
        if unknown.size:
            for some in np.array_split(unknown, len(unknown) // _AT_ONCE + 1):
                apart = _channels(some)[:, None].astype(np.int32) - self._colours
                self._nearest[some] = (apart**2).sum(axis=2).argmin(axis=1)
            numbers = self._nearest[keys]
        picture = Image.fromarray(numbers.astype(np.uint8))
        picture.putpalette(self._colours.tobytes())
        return picture


def _keys(frame: Frame) -> npt.NDArray[np.uint32]:
    """Return each pixel as one number."""
    wide = frame.astype(np.uint32)
    return np.asarray(wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2], np.uint32)


def _channels(keys: npt.NDArray[np.uint32]) -> Frame:
    return np.stack([keys >> 16, keys >> 8 & 255, keys & 255], axis=-1).astype(np.uint8)
