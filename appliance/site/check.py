"""`./hotline check SITE`: everything that is wrong in a site file, or what is in it."""

import sys
from pathlib import Path

from appliance.config import ConfigError, Mistake
from appliance.site.model import Site, load_site
from appliance.site.notes import notes_on

__all__ = ["check", "render", "run_check"]

EXIT_UNUSABLE = 2


def check(path: Path | str) -> list[Mistake]:
    """Everything that is wrong in a site file and in the files it names, in their order; empty: the site can be served."""
    try:
        load_site(path, speaks=True)
    except ConfigError as error:
        return error.mistakes
    return []


def run_check(path: Path | str) -> int:
    """Check a site file and say so: a summary on stdout and 0, or the mistakes on stderr and 2."""
    try:
        site = load_site(path, speaks=True)
    except ConfigError as error:
        count = len(error.mistakes)
        print("\n".join(str(mistake) for mistake in error.mistakes), file=sys.stderr)
        print(f"\n{count} {'mistake' if count == 1 else 'mistakes'}: this site cannot be served.", file=sys.stderr)
        return EXIT_UNUSABLE
    print(render(site, str(path)))
    return 0


def render(site: Site, name: str) -> str:
    """The site in a few lines for the terminal: what it is made of, and what a caller of each number meets."""
    lines = [f"{name}: OK", ""]

    def row(what: str, count: int, detail: str) -> None:
        lines.append(f"  {what:9}{count:4}   {detail}".rstrip())

    row("lines", len(site.lines), ", ".join(f"{line} ({opened.backend})" for line, opened in site.lines.items()))
    row("numbers", len(site.numbers), ", ".join(f"{number} → {plan.to}" for number, plan in site.numbers.items()))
    row("hours", len(site.hours), ", ".join(site.hours))
    row("queues", len(site.queues), ", ".join(f"{queue} ({_served_by(site, queue)})" for queue in site.queues))
    row("stations", len(site.stations), _ends(list(site.stations)))
    row("agents", len(site.agents), _ends(list(site.agents)))
    pieces = site.pieces()
    languages = ", ".join(f"{sum(piece.language == language for piece in pieces)} {language}" for language in site.centre.languages)
    row("prompts", len(pieces), f"{languages}, {sum(not piece.language for piece in pieces)} sounds")
    if site.voices:
        row("voices", len(site.voices), ", ".join(f"{language} ({by.provider})" for language, by in site.voices.items()))
    return "\n".join([*lines, *(f"  note: {note}" for note in notes_on(site))])


def _served_by(site: Site, queue: str) -> str:
    count = sum(queue in agent.groups for agent in site.agents.values())
    return f"{count} agent{'' if count == 1 else 's'}"


def _ends(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"
