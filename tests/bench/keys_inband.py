"""Tones through the receiver that the media workers use, without a call; and speech through it, in which there are none."""

import itertools
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.bench.keys_rtp import Samples, decoded
from tests.peers.media import RATE

__all__ = ["hear", "heard_in", "prose", "spoken"]

FRAME_BYTES = 320
VOICES = ("", "+f3", "+m3", "+f2", "+m7", "+f4")


def hear(coded: bytes) -> str:
    """The keys in A-law."""
    return heard_in(decoded(coded))


def heard_in(sound: Samples) -> str:
    """The keys in a sound, given to the receiver 20 ms at a time."""
    import pjsua2 as pj  # only where it is used: the rest needs no PJSIP

    receiver, data = pj.DtmfReceiver(), sound.tobytes()
    return "".join(receiver.hear(pj.ByteVector(data[at : at + FRAME_BYTES])) for at in range(0, len(data), FRAME_BYTES))


def spoken(voice: str, text: str, dbm0: float = -15.0) -> Samples:
    """A text, spoken by espeak-ng at telephone quality and this level."""
    said = subprocess.run(["espeak-ng", "-v", voice, "--stdin", "--stdout"], input=text.encode(), capture_output=True, check=True)
    to = ["-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1", "-"]
    narrow = subprocess.run(["sox", "-t", "wav", "-", *to], input=said.stdout, capture_output=True, check=True)
    sound = np.frombuffer(narrow.stdout, dtype=np.int16).astype(float)
    wanted = 32767 * 10 ** ((dbm0 - 3.14) / 20) / np.sqrt(2)
    level: Samples = np.clip(sound * wanted / np.sqrt(np.mean(sound**2)), -32768, 32767).astype(np.int16)
    return level


def prose(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Voices and what they say, for ever: our own pages in English, and sentences of the 3755 commonest characters in Mandarin."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in sorted(Path(__file__).parents[2].glob("*.md")))
    common = bytes(code for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for code in (row, cell)).decode("gb2312", "ignore")
    for turn in itertools.count():
        sentences = ["".join(chance.choices(common, k=chance.randint(6, 20))) + "。" for _ in range(40)]
        yield f"cmn{VOICES[turn % len(VOICES)]}", "".join(sentences)
        at = chance.randrange(max(1, len(pages) - 2500))
        yield f"en-us{VOICES[turn % len(VOICES)]}", pages[at : at + 2500]
