"""`./hotline call`: a scripted caller, a SIP phone of our own, that prints what happened and what it heard.

What it hears is recorded and compared with the prompts of the site: a stretch of speech whose loudness goes up and down like a prompt's is
that prompt. It is a tool to look at a centre with; it judges nothing.
"""

import argparse
import array
import math
import socket
import sys
import tempfile
import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path

import attrs
import trio

from hal.api import Answered, Event, Line, LineFault, LineSetup, Originate, RecordingEnded, Release, Released, SendDigits, StartRecording
from hal.registry import backend

__all__ = ["Heard", "add_arguments", "heard_in", "place_call", "run_call"]

_FRAME_S = 0.02
_FINE = 4
"""Parts of a frame by which prompts that sound alike are told apart."""
_WINDOW = 40
"""Frames (0.8 s) by which a prompt is recognised."""
_QUIET = 60.0
_LINE = "caller"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("number", help="number to call, as 95500, or a whole address, as sip:95500@192.0.2.7:5060")
    parser.add_argument("--at", default="127.0.0.1:5060", metavar="HOST:PORT", help="where the centre listens (default: %(default)s)")
    parser.add_argument(
        "--from", dest="ani", default="13800138000", metavar="NUMBER", help="the caller's own number (default: %(default)s)"
    )
    parser.add_argument("--press", default="", metavar="KEYS", help="keys to press, one after the other; a space is a longer pause")
    parser.add_argument("--every", type=float, default=3.0, metavar="SECONDS", help="time before each key (default: %(default)s)")
    parser.add_argument(
        "--stay", type=float, default=6.0, metavar="SECONDS", help="time to listen after the last key (default: %(default)s)"
    )
    parser.add_argument("--site", type=Path, help="site file whose prompts are recognised (default: the demo centre)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep what was heard as a WAV file")


def run_call(arguments: argparse.Namespace) -> int:
    """Place the call; 0 when it was answered, 1 when not, 2 when it could not be placed."""
    to = arguments.number if ":" in arguments.number else f"sip:{arguments.number}@{arguments.at}"
    with tempfile.TemporaryDirectory(prefix="hotline-call-") as folder:
        place = partial(place_call, to, arguments.ani, arguments.press, arguments.every, arguments.stay, Path(folder))
        try:
            story, heard = trio.run(place)
        except LineFault as fault:
            print(f"hotline call: {fault}", file=sys.stderr)
            return 2
        answered_at = next((at for at, what in story if what == "answered"), -1.0)
        if heard is not None:
            if arguments.save:
                arguments.save.write_bytes(heard.read_bytes())
            known = _known_prompts(arguments.site)
            story += [(answered_at + said.began_s, said.text) for said in heard_in(heard, known)]
    for at, what in sorted(story, key=lambda told: told[0]):
        print(f"{at:7.2f}  {what}")
    return 0 if answered_at >= 0 else 1


async def place_call(
    to: str, ani: str, keys: str, every_s: float, stay_s: float, folder: Path
) -> tuple[list[tuple[float, str]], Path | None]:
    """Call, press keys, listen, hang up: what happened, with its time in seconds since the call, and the recording of what was heard.

    Raises:
        LineFault: the phone's own line cannot be opened.

    """
    sip = backend("sip")
    settings = sip.settings(listen=f"127.0.0.1:{_free_port()}", transports=("udp",), srtp="off", from_=(), codecs=("PCMA", "PCMU"))
    settings = attrs.evolve(settings, stations=attrs.evolve(settings.stations, open=False))
    send, events = trio.open_memory_channel[Event](1000)
    story: list[tuple[float, str]] = []
    async with sip.open(LineSetup(_LINE, settings, send.send_nowait, folder)) as line:
        began = trio.current_time()

        def tell(what: str) -> None:
            story.append((trio.current_time() - began, what))

        tell(f"calling {to} as {ani}")
        line.submit(Originate(_LINE, "call", to, ani))
        file: Path | None = None
        async for event in events:
            if isinstance(event, Answered):
                tell("answered")
                line.submit(StartRecording(_LINE, "heard", str(folder / "heard.wav"), "call"))
                released = await _talk(line, keys, every_s, stay_s, events, tell)
                file = folder / "heard.wav"
                if not released:
                    line.submit(Release(_LINE, "call"))
            elif isinstance(event, Released):
                tell(f"released: {event.cause.name.lower().replace('_', ' ')}")
                if file is None:
                    break
            elif isinstance(event, RecordingEnded):
                break
    return story, file if file is not None and file.exists() else None


async def _talk(
    line: Line, keys: str, every_s: float, stay_s: float, events: trio.MemoryReceiveChannel[Event], tell: Callable[[str], None]
) -> bool:
    """Press the keys and listen; True when the far end hung up meanwhile."""
    steps = [(every_s, key) for key in keys] + [(stay_s, "")]
    for wait_s, key in steps:
        with trio.move_on_after(wait_s):
            async for event in events:
                if isinstance(event, Released):
                    tell(f"released by the centre: {event.cause.name.lower().replace('_', ' ')}")
                    return True
        if key.strip():
            line.submit(SendDigits(_LINE, "call", key))
            tell(f"pressed {key}")
    tell("hanging up")
    return False


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- what was heard -----------------------------------------------------------------------------------------------------


@attrs.frozen
class Heard:
    """A stretch of sound, in seconds from the start of the recording, and what it was."""

    began_s: float
    lasted_s: float
    text: str


def heard_in(file: Path, known: dict[str, Path]) -> list[Heard]:
    """What is heard in a recording, in order; `known` are prompts by their text."""
    levels, fine = _levels(file), _fine(file)
    prompts = {text: _trimmed(_levels(path)) for text, path in known.items()}

    def which(texts: list[str], at: int, frames: int) -> str:
        """Of prompts that run alike in their loudness, as numbers do, the one whose finest loudness fits best."""
        if len(texts) == 1:
            return texts[0]
        return max(texts, key=lambda text: _fit(_trimmed(_fine(known[text])), fine, at * _FINE, frames * _FINE))

    found: list[Heard] = []
    at, other, end = 0, -1, -1
    while at < len(levels):
        text, length = _prompt_at(levels, at, prompts, which, follows=at == end) if levels[at] > _QUIET else ("", 0)
        if length:
            _add_other(found, levels, other, at)
            cut = ", cut short" if length < 0.9 * len(prompts[text]) else ""
            found.append(Heard(at * _FRAME_S, length * _FRAME_S, f"heard   {text}  ({length * _FRAME_S:.1f} s{cut})"))
            at, other = at + length, -1
            end = at
        else:
            other = at if other < 0 and levels[at] > _QUIET else other
            at += 1
    _add_other(found, levels, other, len(levels))
    return found


def _add_other(found: list[Heard], levels: list[float], first: int, last: int) -> None:
    """Add what no prompt explains, if it is long enough to be sound that means something."""
    loud = sum(level > _QUIET for level in levels[first:last]) if first >= 0 else 0
    if loud * _FRAME_S > 0.3:
        found.append(Heard(first * _FRAME_S, loud * _FRAME_S, f"heard   other speech or sound  ({loud * _FRAME_S:.1f} s)"))


def _prompt_at(
    levels: list[float], at: int, prompts: dict[str, list[float]], which: Callable[[list[str], int, int], str], *, follows: bool
) -> tuple[str, int]:
    """The prompt that begins at this frame and goes on longest, and for how many frames; ("", 0) when none begins here."""
    late = range(0, 15, 2) if follows else (0,)  # a key cuts a prompt short, and a few frames of the next pass for its end
    found = {text: max(_length_of(prompt[skip:], levels, at) for skip in late) for text, prompt in prompts.items()}
    longest = max(found.values(), default=0)
    if not longest:
        return "", 0
    text = which([text for text, length in found.items() if length >= 0.8 * longest], at, longest)
    return text, found[text]


def _fit(prompt: list[float], sound: list[float], at: int, length: int) -> float:
    """How well a prompt's loudness fits a stretch of sound, at the best of a few beginnings."""
    length = min(length, len(prompt))
    starts = range(max(0, at - 3 * _FINE), at + 3 * _FINE)
    return max((_correlation(prompt[:n], sound[s : s + n]) for s in starts if (n := min(length, len(sound) - s)) > _FINE), default=0.0)


def _length_of(prompt: list[float], levels: list[float], at: int) -> int:
    """For how many frames from `at` on the levels run like the prompt's from its start; 0: they do not."""
    most = min(len(prompt), len(levels) - at)
    length = min(_WINDOW, most)
    if length < 25 or _correlation(levels[at : at + length], prompt[:length]) < 0.95:
        return 0
    while length < most:
        end = min(length + 5, most)
        if _correlation(levels[at + end - 15 : at + end], prompt[end - 15 : end]) < 0.6:
            return length - 5
        length = end
    return length


def _trimmed(levels: list[float]) -> list[float]:
    """Without the silence before the first sound."""
    first = next((index for index, level in enumerate(levels) if level > _QUIET), 0)
    return levels[first:]


def _levels(file: Path) -> list[float]:
    """Loudness of each 20 ms, smoothed over 100 ms."""
    raw = _loudness(file, _FRAME_S)
    return [sum(raw[max(0, i - 2) : i + 3]) / len(raw[max(0, i - 2) : i + 3]) for i in range(len(raw))]


def _fine(file: Path) -> list[float]:
    """Loudness of each `_FINE`th of a frame, as it is."""
    return _loudness(file, _FRAME_S / _FINE)


def _loudness(file: Path, step_s: float) -> list[float]:
    """The mean size of the samples of each step."""
    with wave.open(str(file)) as source:
        samples = array.array("h", source.readframes(source.getnframes()))
        step = int(source.getframerate() * step_s) * source.getnchannels()
    if sys.byteorder == "big":
        samples.byteswap()
    return [sum(map(abs, samples[i : i + step])) / step for i in range(0, len(samples) - step + 1, step)]


def _correlation(a: list[float], b: list[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    over = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    under = math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return over / under if under else 0.0


def _known_prompts(site_file: Path | None) -> dict[str, Path]:
    """The rendered prompts of a site by their text, as far as they are there already."""
    from appliance.serve import DEMO_SITE, library_of
    from appliance.site import load_site

    site = load_site(site_file or DEMO_SITE)
    library = library_of(site)
    files = {piece.text or f"[{piece.name}]": Path(library.file(piece)) for piece in site.pieces()}
    return {text: file for text, file in files.items() if file.is_file()}
