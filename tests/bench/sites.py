"""The same small centre twice: as our site file and as Asterisk's configuration.

    95500   answers and plays a prompt that lasts longer than any caller stays
    95501   a queue that everybody serves
    95502   a queue that few serve, so that callers wait
    95503   ours only: a call flow of a file, whose menu is the same prompt

Both sides play the same prompt, and a caller who waits hears music. Each side and each kind of party has an address of its own.
"""

from collections.abc import Sequence
from pathlib import Path

import attrs

from tests.peers.asterisk import Centre
from tests.peers.media import write_speech, write_wav

__all__ = ["CALLERS", "FEW", "MENU", "PROMPT", "QUEUE", "SHORT_QUEUE", "Sounds", "agents", "asterisk_centre", "our_site"]

PROMPT, QUEUE, SHORT_QUEUE, MENU = "95500", "95501", "95502", "95503"
CALLERS = "127.77.0.3"
AGENTS, FEW = 60, 4
"""Agents there are, and those of them who serve the short queue."""

_MENU = """\
flow       = "menu"
start      = "welcome"
everywhere = { "*" = "welcome" }

[welcome]
say       = { en = "A tone." }
menu      = { 0 = "queue:everybody", 1 = "again" }
otherwise = "release"
"""
_OUR_WORDS = {"logged-in": 880, "refused": 220}
"""Words of ours that are heard here, each as a short tone."""


@attrs.frozen
class Sounds:
    """What is heard and said."""

    prompt: Path
    music: Path
    caller: Path
    agent: Path

    @classmethod
    def made(cls, folder: Path) -> "Sounds":
        """Make them in a folder."""
        folder.mkdir(parents=True)
        return cls(
            write_wav(folder / "prompt.wav", [420], 20),
            write_wav(folder / "music.wav", [262, 330, 392], 20),
            write_speech(folder / "caller.pcap", 610, 30),
            write_speech(folder / "agent.pcap", 870, 30),
        )


def agents(count: int = AGENTS) -> Sequence[tuple[str, str]]:
    """Agents and their stations."""
    return [(str(1001 + n), str(8001 + n)) for n in range(count)]


def asterisk_centre(address: str, phones: tuple[str, int]) -> Centre:
    """The centre for Asterisk, with all agents' phones at one address."""
    where = f"{phones[0]}:{phones[1]}"
    stations = tuple(station for _, station in agents())
    return Centre(
        address=address,
        callers=CALLERS,
        prompt_number=PROMPT,
        queues={QUEUE: stations, SHORT_QUEUE: stations[:FEW]},
        agents=dict.fromkeys(stations, where),
    )


def our_site(folder: Path, address: str, sounds: Sounds) -> Path:
    """Write the centre for us; the path of the site file."""
    (folder / "prompts").mkdir(parents=True)
    for name in ("ivr.welcome", "menu.welcome.say"):
        (folder / "prompts" / f"{name}.en.wav").write_bytes(sounds.prompt.read_bytes())
    (folder / "menu.toml").write_text(_MENU)
    for name, hz in _OUR_WORDS.items():
        write_wav(folder / "prompts" / f"{name}.en.wav", [hz], 0.2)
    lines = [
        f"""\
[centre]
name      = "bench"
languages = ["en"]

[lines.trunk]
backend   = "sip"
listen    = "{address}:5060"
channels  = 1000
orphan_s  = 2
rtp_ports = "30000-33999"

[numbers]
{PROMPT} = {{ flow = "ivr" }}
{QUEUE} = {{ queue = "everybody" }}
{SHORT_QUEUE} = {{ queue = "few" }}
{MENU} = {{ flow = "menu" }}

[call_flows]
menu = "menu.toml"

[flows.ivr]
welcome   = {{ en = "A tone." }}
otherwise = "queue:everybody"

[queues.everybody]

[queues.few]

[prompts]
recorded = "prompts"

[stations]
"""
    ]
    lines += [f"{station} = {{}}\n" for _, station in agents()]
    lines.append("\n[agents]\n")
    for number, (agent, station) in enumerate(agents()):
        groups = "everybody = 1, few = 1" if number < FEW else "everybody = 1"
        lines.append(f'{agent} = {{ name = "Agent {agent}", station = "{station}", groups = {{ {groups} }} }}\n')
    site = folder / "site.toml"
    site.write_text("".join(lines))
    return site
