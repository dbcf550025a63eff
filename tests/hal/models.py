"""A speech model by path: the English acoustic model with Mandarin words written in its sounds.

It proves the way from a language to its folder to words in Chinese characters, and says nothing about how well Mandarin is understood:
there is no tone in it, and no sound that English does not have.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pocketsphinx

MANDARIN = {
    "话费": "TH Y UW AO R AY P AO", "报修": "AH AY UH AO L UW AO UW",
    "账单": "SH AA N F AO N W UW", "查询": "CH AH P UW AA R P UW",
}  # fmt: skip
"""What the English model's phonemes come nearest to when espeak-ng's Mandarin voice says it."""


def mandarin_model(folder: Path, words: Mapping[str, str] = MANDARIN, *, own_copy: bool = False) -> Path:
    """Such a folder; what is in it belongs to the English model unless it is an `own_copy`."""
    folder.mkdir()
    if own_copy:
        shutil.copytree(pocketsphinx.get_model_path("en-us/en-us"), folder / "model")
    else:
        (folder / "model").symlink_to(pocketsphinx.get_model_path("en-us/en-us"))
    (folder / "phones.lm.bin").symlink_to(pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin"))
    (folder / "words.dict").write_text("".join(f"{word} {sounds}\n" for word, sounds in words.items()))
    return folder


def rubbish(folder: Path) -> Path:
    """A folder that has the files of a model, with nothing of the kind in them."""
    (folder / "model").mkdir(parents=True)
    for name in ("model/mdef", "model/means", "words.dict", "phones.lm.bin"):
        (folder / name).write_text("rubbish\n")
    return folder
