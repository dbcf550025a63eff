"""The first call over cards, with the whole appliance: a caller over ISDN PRI, a queue, and an agent at an analogue telephone.

He logs in by dialling from it. The appliance is killed in the middle of their conversation, and the next one goes on with it.
"""

from pathlib import Path
from typing import Any

import pytest
import trio

from hal.asterisk import CardSettings
from tests.live.centre import RunningCentre
from tests.peers.dahdi.ami import Manager, Message
from tests.peers.dahdi.calls import tone_share
from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.resting import rest
from tests.peers.dahdi.test_card_analogue import STATION, TELEPHONE
from tests.peers.dahdi.test_card_calls import HEARD
from tests.peers.dahdi.test_card_line import CALLER, SERVICE, WAIT_S
from tests.peers.dahdi.test_card_machine import for_root
from tests.peers.dahdi.wiring import EXCHANGE, SECRET

pytestmark = [for_root, pytest.mark.card, pytest.mark.live, pytest.mark.slow, pytest.mark.whole, pytest.mark.alone]

AGENT, PIN = "1001", "424242"
SITE = """\
[centre]
languages = ["en"]

[lines.cards]
backend = "dahdi"
spans = [
  {{ number = 1, signalling = "pri", group = "public" }},
  {{ number = 2, signalling = "analogue", group = "lines", ports = [
    {{ kind = "fxs", station = "{station}" }},
    {{ kind = "fxo", number = "12346" }},
  ] }},
]
asterisk = "{asterisk}"
manager.at = "{manager}"
voice.listen = "{listen}"
voice.rtp_ports = "{rtp}"
voice.orphan_s = 600

[numbers]
{number} = {{ queue = "help" }}
12346 = {{ queue = "help" }}

[queues.help]
ring_s = 30

[stations]
{station} = {{}}

[agents]
{agent} = {{ name = "Ann", station = "{station}", groups = {{ help = 1 }} }}

[recording]
calls = true
"""


class CardCentre(RunningCentre):
    """A centre with nothing but cards."""

    def __init__(self, folder: Path, settings: CardSettings) -> None:
        self.settings = settings
        super().__init__(folder, agents=1)

    def site_text(self) -> str:
        """Its site file."""
        line = self.settings
        return SITE.format(
            asterisk=line.asterisk, manager=line.manager.at, listen=line.voice.listen, rtp=line.voice.rtp_ports,
            station=STATION, number=SERVICE, agent=AGENT,
        )  # fmt: skip

    async def wait_agent(self, state: str) -> None:
        """Until the agent is in this state."""
        await self.wait_shown(f"agent {state}", lambda shown: shown["agents"][AGENT]["state"] == state, WAIT_S)

    async def wait_conversation(self) -> None:
        """Until the agent talks with the caller; who misses a ring in a slow machine says that he is there, and is rung again."""

        def rung(shown: dict[str, Any]) -> bool:
            return shown["agents"][AGENT]["state"] in {"on-call", "not-ready"}

        for _ in range(4):
            shown = await self.wait_shown("an agent rung", rung, WAIT_S)
            if shown["agents"][AGENT]["state"] == "on-call":
                return
            await self.ask("ready", AGENT)
        raise AssertionError(f"nobody answers the telephone\n{self.said()}")


async def happens(exchange: Manager, name: str, **fields: str) -> Message:
    """The next event of the exchange."""
    return await trio.to_thread.run_sync(lambda: exchange.event(name, WAIT_S, **fields))


@pytest.mark.requirement("ACC-01")
@pytest.mark.requirement("OPS-05")
async def test_a_caller_over_pri_and_an_agent_at_a_telephone_talk_on_when_the_appliance_is_killed(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HOTLINE_SECRET_AGENT_{AGENT}", PIN)
    monkeypatch.setenv("HOTLINE_SECRET_TRUNK_ASTERISK", SECRET)
    centre = CardCentre(tmp_path, settings)
    await trio.to_thread.run_sync(rest, machine)
    with machine.manager(EXCHANGE) as exchange:
        try:
            await centre.start()
            await centre.wait_shown("there", lambda shown: shown["agents"][AGENT]["state"] == "logged-out", WAIT_S)
            login = exchange.originate(f"{TELEPHONE}/ww*10{PIN}", "quiet", limit_s=WAIT_S)
            assert (await happens(exchange, "OriginateResponse", ActionID=login))["Response"] == "Success"
            await happens(exchange, "Hangup")
            await centre.wait_agent("ready")
            await trio.to_thread.run_sync(rest, machine)
            exchange.originate(f"DAHDI/g1/{SERVICE}", "tone", caller=CALLER, limit_s=WAIT_S)
            await centre.wait_conversation()
            await centre.wait_rows("SELECT id FROM contacts WHERE stage = 'connected' AND outcome = ''", 1, WAIT_S)  # as a restart finds it
            await centre.wait_rows("SELECT agent FROM agent_states WHERE state = 'on-call'", 1, WAIT_S)
            centre.kill()
            await centre.start()
            await centre.wait_agent("on-call")
            await trio.sleep(3)  # they talk
            exchange.ask("Hangup", Channel=f"/^{TELEPHONE}-/")
            (contact,) = await centre.wait_rows("SELECT * FROM contacts WHERE outcome != ''", 1, WAIT_S)
            assert (contact["ani"], contact["dnis"], contact["outcome"], contact["agent"]) == (CALLER, SERVICE, "answered", AGENT)
            assert centre.rows("SELECT detail FROM call_events WHERE what = 'adopted' AND detail LIKE '%at connected'")
            await centre.wait_quiet(WAIT_S)
            recordings = centre.rows("SELECT file, state FROM recordings")
            assert {row["state"] for row in recordings} == {"complete"}
            heard = await trio.Path(recordings[-1]["file"]).read_bytes()
            assert tone_share(heard, EXCHANGE.tone) > HEARD, "each of them was heard"
            assert await centre.stop() == 0, centre.said()
        finally:
            centre.end()
            exchange.ask("Command", Command="channel request hangup all")
