"""The smallest site that has one of everything."""

from pathlib import Path

from appliance.config import Document
from appliance.core.program.nodes import Menu, Program
from appliance.core.program.texts import Fragment, Speech
from appliance.site import Site
from appliance.site.model import site_of

__all__ = ["SMALL", "files", "menu_of", "site"]

SMALL = """\
[lines.trunk]
backend = "simulated"

[numbers]
95500 = { flow = "hotline" }

[flows.hotline]
welcome = { zh = "您好。", en = "Hello." }
otherwise = "voicemail"

[flows.hotline.menu]
say = { zh = "请按一。", en = "Press one." }
1 = "queue:consult"

[queues.consult]
overflow = [{ when = "nobody logged in", to = "voicemail" }, { when = "wait > 2 min", to = "release" }]

[stations]
8001 = {}

[agents.1001]
name = "王芳"
station = "8001"
groups = { consult = 1 }
"""


def site(text: str = SMALL, folder: Path = Path()) -> Site:
    return site_of(Document.parse(text, "s.toml"), folder)


def menu_of(program: Program, node: str) -> Menu:
    """The menu that a node is left by."""
    exit_ = program.nodes[node].exit
    assert isinstance(exit_, Menu)
    return exit_


def files(speech: Speech | None) -> dict[str, list[str]]:
    """What is played, by language."""
    return {language: [part.file for part in text if isinstance(part, Fragment)] for language, text in (speech or {}).items()}
