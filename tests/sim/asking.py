"""The questions to scenarios, as one asks them at a terminal."""

import argparse
from pathlib import Path

import pytest

from sim.commands import add_commands
from tests.sim.day import DAY, SITE

__all__ = ["asked", "day_in"]


def day_in(folder: Path, *changes: tuple[str, str], extra: str = "", site: str = SITE) -> Path:
    """The small day as files, with some texts replaced and `extra` at its end."""
    text = DAY.replace('"unused"', '"site.toml"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "site.toml").write_text(site)
    (folder / "day.toml").write_text(text + extra)
    return folder / "day.toml"


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """What `./hotline sim` ends with and prints."""
    parser = argparse.ArgumentParser()
    add_commands(parser)
    arguments = parser.parse_args([str(word) for word in words])
    code = arguments.run(arguments)
    printed = capsys.readouterr()
    return code, printed.out + printed.err
