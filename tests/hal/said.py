"""Words as they come over a telephone: rendered by espeak-ng in several voices, 8 kHz mu-law and back."""

import subprocess
from array import array
from functools import cache
from pathlib import Path

VOICES = ("en-us+m3", "en-us+f4", "en-us+m1", "en-gb", "en-us+m7")
"""Not those that the recogniser's means were measured with."""
SPEEDS = (140, 170)
"""Words a minute."""
_TELEPHONE = ("-t", "raw", "-r", "8000", "-e", "mu-law", "-b", "8", "-c", "1", "-")


def _run(*command: str, given: bytes = b"") -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True, timeout=20).stdout


@cache
def _samples(text: str, voice: str, speed: int) -> bytes:
    spoken = _run("espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text)
    return _run(
        "sox", *_TELEPHONE, "-t", "raw", "-e", "signed", "-b", "16", "-", given=_run("sox", "-t", "wav", "-", *_TELEPHONE, given=spoken)
    )


def said(text: str, voice: str = "en-us+m3", speed: int = 140, *, before_s: float = 0.6, after_s: float = 1.0) -> "array[int]":
    """Samples of somebody who is silent, says it, and is silent."""
    return quiet(before_s) + array("h", _samples(text, voice, speed)) + quiet(after_s)


def quiet(seconds: float) -> "array[int]":
    """A line on which nobody says anything: not quite nothing."""
    return array("h", [(n * 7919) % 17 - 8 for n in range(round(seconds * 8000))])


def as_wav(path: Path, samples: "array[int]") -> Path:
    path.write_bytes(
        _run("sox", "-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-", "-t", "wav", "-", given=samples.tobytes())
    )
    return path
