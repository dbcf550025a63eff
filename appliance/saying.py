"""`./hotline say TEXT`: a text as a caller would hear it, for those who try voices; and a text through this machine's loudspeaker."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.config import ConfigError
from appliance.core.flows.speaking import sentences
from appliance.prompts.sound import RATE, active_level_dbm0, parse_wav, to_wav
from appliance.prompts.speech import SpeechError
from appliance.prompts.voices import DEFAULT, Voice, provider_of, to_speech
from appliance.prompts.words import LANGUAGES
from appliance.shell.clock import wall_s
from appliance.site import load_site
from appliance.site.voices import voices_of

__all__ = ["Loudspeaker", "add_arguments", "run_say", "spoken"]

_DEVICES = Path("/dev/snd")
_PLAYERS = {"aplay": ("-q",), "play": ("-q",)}


class Loudspeaker:
    """Plays WAV files on this machine; OSError says why it cannot."""

    def __init__(self, devices: Path | None = None) -> None:
        """Find a sound device, and a program that plays on it."""
        if not any((devices or _DEVICES).glob("pcm*p")):
            raise OSError("this machine has no sound device: write a file with ./hotline say --out, and play it elsewhere")
        self._player = next(filter(shutil.which, _PLAYERS), "")
        if not self._player:
            raise OSError("there is neither aplay nor play: apt-get install alsa-utils")

    def play(self, file: Path) -> None:
        """Play it to its end."""
        self.end(self.begin(file))

    def begin(self, file: Path) -> "subprocess.Popen[str]":
        """Play it, and do not wait: `end` does, and who kills the player hears no more of it."""
        command = [self._player, *_PLAYERS[self._player], str(file)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def end(self, playing: "subprocess.Popen[str]") -> None:
        """Wait until it has been played."""
        _, complained = playing.communicate()
        if playing.returncode:
            raise OSError(f"{self._player} cannot play: {complained.strip() or 'it does not say why'}")


def spoken(texts: Sequence[str], language: str, voice: Voice = DEFAULT) -> bytes:
    """These sentences one after the other as one WAV file; SpeechError: one of them cannot be said."""
    samples: list[float] = []
    for text in texts:
        samples += parse_wav(to_speech(text, language, voice=voice))[1]
    return to_wav(samples)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be given."""
    parser.add_argument("text", help="what is to be said")
    parser.add_argument("--language", choices=LANGUAGES, help="(default: the site's first, without a site zh)")
    parser.add_argument("--site", type=Path, help="site file whose voices speak (default: espeak-ng)")
    parser.add_argument("--out", type=Path, default=Path("say.wav"), help="file to write (default: say.wav)")
    parser.add_argument("--play", action="store_true", help="play it, too, where this machine has a sound device")


def run_say(arguments: argparse.Namespace) -> int:
    """Say it into a file; 0, or 2 with the reason on stderr."""
    try:
        site = load_site(arguments.site, speaks=True) if arguments.site else None
        language: str = arguments.language or (site.centre.languages[0] if site else LANGUAGES[0])
        voice = (voices_of(site) if site else {}).get(language, DEFAULT)
        texts = sentences(arguments.text)
        if not texts:
            raise SpeechError(f"there is nothing to say in '{arguments.text}'")
        began_s = wall_s()
        content = spoken(texts, language, voice)
        took_s = wall_s() - began_s
    except (ConfigError, SpeechError) as error:
        print(error, file=sys.stderr)
        return 2
    arguments.out.write_bytes(content)
    _, samples = parse_wav(content)
    told = f"{provider_of(voice)}, {language}, {len(texts)} {'sentence' if len(texts) == 1 else 'sentences'}"
    print(f"{arguments.out}: {len(samples) / RATE:.2f} s, {active_level_dbm0(samples):.1f} dBm0; {told}, rendered in {took_s:.2f} s")
    if arguments.play:
        Loudspeaker().play(arguments.out)
    return 0
