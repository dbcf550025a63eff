"""The table that says who speaks a language: `[voices]`, `en = { provider = "piper", model = "voices/anna.onnx" }`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.config import Document, Mistake, Wrong, nearest, replaced, table
from appliance.prompts.voices import PROVIDERS, Voice

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["SpokenBy", "missing_for", "unspoken", "voices_of"]


@table(select=("provider", "settings"), names=lambda: PROVIDERS, among=lambda name: PROVIDERS[name])
class SpokenBy:
    """What speaks a language; the other keys are the provider's."""

    provider: str
    settings: Any

    def located(self, folder: Path) -> "SpokenBy":
        """The same with its files looked for in `folder`."""
        return replaced(self, settings=self.settings.located(folder))


def missing_for(spoken: Mapping[str, SpokenBy], document: Document) -> list[Mistake]:
    """What voices need and do not find on this machine, with the lines that ask for it."""
    return [
        document.mistake(("voices", language, *wrong.path), wrong.text, wrong.remedy)
        for language, by in spoken.items()
        for wrong in by.settings.missing(language)
    ]


def voices_of(site: "Site") -> dict[str, Voice]:
    """Who speaks each language for which the site says so."""
    return {language: by.settings for language, by in site.voices.items()}


def unspoken(site: "Site") -> list[Wrong]:
    """Voices of languages that the centre does not speak."""
    return [
        Wrong(f"the centre does not speak '{language}'", nearest(language, site.centre.languages), ("voices", language))
        for language in site.voices
        if language not in site.centre.languages
    ]
