"""`./hotline say`."""

from pathlib import Path

import pytest

from appliance.cli import main
from appliance.prompts.sound import RATE, active_level_dbm0, parse_wav
from appliance.prompts.voices import to_speech
from appliance.saying import Loudspeaker
from tests.prompts.programs import humming
from tests.site.small import SMALL

pytestmark = pytest.mark.requirement("IVR-04")


def test_a_text_is_said_as_a_caller_hears_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.wav"
    assert main(["say", "Your ticket is closed. Dial 95500!", "--language", "en", "--out", str(out)]) == 0
    samples = [parse_wav(to_speech(text, "en"))[1] for text in ("Your ticket is closed.", "Dial 95500!")]
    assert parse_wav(out.read_bytes()) == (RATE, [*samples[0], *samples[1]]), "sentence by sentence"
    told = capsys.readouterr().out
    length_s = sum(map(len, samples)) / RATE
    level = active_level_dbm0([*samples[0], *samples[1]])
    assert told.startswith(f"{out}: {length_s:.2f} s, {level:.1f} dBm0; espeak-ng, en, 2 sentences, rendered in ")


def test_the_voice_of_a_site_says_it_in_its_first_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "s.toml"
    site.write_text(f'{SMALL}\n[voices]\nzh = {{ provider = "command", command = ["{humming(tmp_path, 3.0)}"] }}\n')
    assert main(["say", "好", "--site", str(site), "--out", str(tmp_path / "out.wav")]) == 0
    assert "out.wav: 3.0" in (told := capsys.readouterr().out)
    assert "; command, zh, 1 sentence, " in told


def test_what_cannot_be_said_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out.wav")
    assert main(["say", "...", "--out", out]) == 2
    assert capsys.readouterr().err == "there is nothing to say in '...'\n"
    site = tmp_path / "s.toml"
    site.write_text(f'{SMALL}\n[voices]\nzh = {{ provider = "piper", model = "gone.onnx" }}\n')
    assert main(["say", "好", "--site", str(site), "--out", out]) == 2
    assert "voices.zh.model: there is no file" in capsys.readouterr().err
    assert not Path(out).exists()


def test_without_a_sound_device_or_a_player_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="this machine has no sound device"):
        Loudspeaker(tmp_path)
    (tmp_path / "pcmC0D0p").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="neither aplay nor play: apt-get install alsa-utils"):
        Loudspeaker(tmp_path)


def test_a_file_is_played_to_its_end_or_it_is_said_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pcmC0D0p").touch()
    player = tmp_path / "aplay"
    player.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/played\n[ "$2" = good.wav ] || {{ echo "device busy" >&2; exit 1; }}\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    loudspeaker = Loudspeaker(tmp_path)
    loudspeaker.play(Path("good.wav"))
    assert (tmp_path / "played").read_text() == "-q good.wav\n"
    with pytest.raises(OSError, match="aplay cannot play: device busy"):
        loudspeaker.play(Path("bad.wav"))


def test_what_was_said_is_played_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Path] = []
    monkeypatch.setattr(Loudspeaker, "__init__", lambda _self: None)
    monkeypatch.setattr(Loudspeaker, "play", lambda _self, file: played.append(file))
    out = tmp_path / "out.wav"
    assert main(["say", "Hello.", "--language", "en", "--out", str(out)]) == 0
    assert played == []
    assert main(["say", "Hello.", "--language", "en", "--out", str(out), "--play"]) == 0
    assert played == [out]
