"""`./hotline flow try --sound`: what a caller hears goes to the loudspeaker, in its order, at telephone level."""

import io
import sys
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.flow.aloud import Aloud
from appliance.flow.rehearsal import Heard
from appliance.flow.trying import answers_of, try_flow
from appliance.prompts.library import Library
from appliance.prompts.sound import RATE, parse_wav, to_wav
from appliance.prompts.voices import to_speech
from appliance.prompts.words import Piece
from appliance.saying import Loudspeaker
from appliance.site import load_site
from tests.site.small import SMALL

pytestmark = [pytest.mark.requirement("IVR-01"), pytest.mark.requirement("IVR-04")]

FLOW = """
flow  = "line"
start = "ask"

[ask]
say       = { zh = "您好。", en = "Press one." }
menu      = { 1 = "tell" }
otherwise = "bye"

[tell]
say  = { zh = "您有{2:number}条。", en = "You have {2:number}. {'It is late.':text}" }
next = "bye"

[bye]
say  = { zh = "再见。", en = "Goodbye." }
next = "release"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site in English with this flow, on a machine with a sound device."""
    (tmp_path / "line.toml").write_text(FLOW)
    site = tmp_path / "site.toml"
    site.write_text(f'[centre]\nlanguages = ["en", "zh"]\n{SMALL}\n[call_flows]\nline = "line.toml"\n')
    (tmp_path / "snd").mkdir()
    (tmp_path / "snd" / "pcmC0D0p").touch()
    monkeypatch.setattr("appliance.saying._DEVICES", tmp_path / "snd")
    monkeypatch.setenv("HOTLINE_CACHE", str(tmp_path / "cache"))
    return site


def player(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str = "") -> Path:
    """A player before all others that keeps what it was given: `given.1`, `given.2` ..."""
    (folder / "bin").mkdir()
    file = folder / "bin" / "aplay"
    count = f'n=$(($(ls "{folder}"/given.* 2>/dev/null | wc -l) + 1))'
    file.write_text(f'#!/bin/sh\n{count}\ncp "$2" "{folder}/given.$n"\n{body}\n')
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    return folder


def spoken(text: str, *, part: bool = False) -> list[float]:
    return parse_wav(to_speech(text, "en", part=part))[1]


def test_what_a_caller_hears_is_played_and_shown(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    player(tmp_path, monkeypatch)
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    assert main(["flow", "try", str(site), "line", "--sound"]) == 0
    given = [parse_wav((tmp_path / f"given.{number}").read_bytes())[1] for number in (1, 2)]
    assert given[0] == spoken("Press one.")
    told = [*spoken("You have"), *spoken("two", part=True), *spoken("It is late."), *spoken("Goodbye.")]
    assert given[1] == told, "parts, read-out text and prompts flow in one file"
    out, err = capsys.readouterr()
    assert "  You have two\n  It is late.\n  Goodbye.\n" in out
    assert err == ""


def test_of_wait_music_only_a_little_is_heard(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player(tmp_path, monkeypatch)
    (tmp_path / "wait-music.wav").write_bytes(to_wav([0.1, -0.1] * 5 * RATE))
    with Aloud(Library(tmp_path / "prompts", tmp_path), Loudspeaker(), pytest.fail) as aloud:
        aloud.begin([Heard("music", "", (aloud.file(Piece("wait-music")),))])
        aloud.end()
    assert len(parse_wav((tmp_path / "given.1").read_bytes())[1]) == 3 * RATE


def test_a_machine_without_a_sound_card_says_so_and_shows_the_words(
    site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("appliance.saying._DEVICES", tmp_path / "none")
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    assert main(["flow", "try", str(site), "line", "--sound"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("hotline flow: no sound: this machine has no sound device")
    assert err.count("\n") == 1
    assert "  You have two\n" in out


def test_a_player_that_fails_is_told_once_and_the_rehearsal_goes_on(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    player(tmp_path, monkeypatch, "echo 'device busy' >&2; exit 1")
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    assert main(["flow", "try", str(site), "line", "--sound"]) == 0
    out, err = capsys.readouterr()
    assert err == "hotline flow: no sound: aplay cannot play: device busy\n"
    assert "  Goodbye.\n" in out


class Typed(io.StringIO):
    """A terminal at which somebody types while it is being said."""

    def isatty(self) -> bool:
        return True


def test_keys_cut_what_is_being_said(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = tmp_path / "played"
    player(tmp_path, monkeypatch, f'exec {sys.executable} -c \'import time; time.sleep(3); open("{played}", "w")\'')
    told: list[str] = []
    with Aloud(Library(tmp_path / "prompts"), Loudspeaker(), told.append) as aloud:
        outside = answers_of(None, load_site(site))
        assert try_flow(site, "line", outside=outside, keys=Typed("q\n"), out=io.StringIO(), aloud=aloud) == 0
    assert not played.exists()
    assert told == []
