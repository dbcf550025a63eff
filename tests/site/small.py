"""The smallest site that has one of everything."""

from pathlib import Path

from appliance.config import Document
from appliance.site import Site
from appliance.site.model import site_of

__all__ = ["SMALL", "site"]

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
