"""Small centres and days for the tests of the simulation."""

from pathlib import Path

from appliance.config import Document
from appliance.site import Site
from appliance.site.model import site_of
from sim.draws import Draws
from sim.report.result import Result
from sim.run import run
from sim.scenario import Scenario
from sim.virtual import Centre

SITE = """\
[centre]
languages = ["en"]
timezone = "UTC"
[lines.trunk]
backend = "simulated"
channels = 8
[numbers]
1 = { queue = "help" }
2 = { flow = "menu" }
[flows.menu]
welcome = { en = "Welcome to the centre of the tests." }
[flows.menu.menu]
say = { en = "For help, press one. For a message, press nine. To hang up, press zero." }
1 = "queue:help"
9 = "voicemail"
0 = "release"
[queues.help]
ring_s = 10
wrap_up_s = 5
service_level = { within_s = 10, target = 0.9 }
overflow = [{ when = "nobody logged in", to = "voicemail" }]
[stations]
8001 = {}
8002 = {}
[agents]
1001 = { name = "one", station = "8001", groups = { help = 1 } }
1002 = { name = "two", station = "8002", groups = { help = 1 } }
"""

DAY = """\
scenario = "A small day"
site = "unused"
hours = "09:00-09:10"
[arrivals]
1 = { every = "60 s" }
[callers]
talk = "30 s"
hangs_up = 1.0
[agents]
roster = [{ who = "1001-1002" }]
answers_after = "2 s"
[delays]
set_up = "0 s"
answer = "0 s"
prompt_start = "0 s"
stored = "0 s"
"""


def small_day(*changes: tuple[str, str], extra: str = "", site: str = SITE) -> tuple[Scenario, Site]:
    """The small day with some texts replaced and `extra` at its end."""
    text = DAY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    scenario = Document.parse(text + extra, "day.toml").structure(Scenario)
    return scenario, site_of(Document.parse(site, "site.toml"), Path())


def lived(*changes: tuple[str, str], extra: str = "", site: str = SITE, seed: int = 1) -> Centre:
    """The small day, when it is over, and nothing is broken in the core."""
    scenario, made = small_day(*changes, extra=extra, site=site)
    centre = Centre(Draws(scenario, made, seed), made)
    centre.run()
    assert centre.engine.check() == []
    return centre


def result(*changes: tuple[str, str], extra: str = "", site: str = SITE, replications: int = 1) -> Result:
    """The result of the small day."""
    scenario, made = small_day(*changes, extra=extra, site=site)
    return run(scenario, made, replications=replications)
