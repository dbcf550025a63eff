"""What a caller's telephone receives of the speech that the appliance makes: all of it without a gap, in order, at a telephone's level."""

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.serve import library_of
from appliance.site import Site, load_site
from tests.hal.sounds import RATE
from tests.live.floor import CUSTOMER, Floor, open_floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow]

MUSIC_S = 2.0
"""How long the first announcement lets one wait."""
SITE = """\
[centre]
name = "Speaking"
languages = ["{language}"]

[lines.trunk]
backend   = "sip"
listen    = "127.0.0.1:{port}"
rtp_ports = "{rtp}-{rtp_end}"

[numbers]
95500 = {{ flow = "hotline" }}

[flows.hotline]
welcome   = {{ {language} = "{welcome}" }}
otherwise = "queue:consult"

[queues.consult]
announce     = {{ first_s = {music_s:g}, every_s = 60, wait = false }}
keys         = {{ 1 = "callback" }}
agent_number = true

[stations]
8001 = {{}}
8009 = {{}}

[agents]
1001 = {{ name = "Agent", station = "8001", groups = {{ consult = 1 }} }}
1009 = {{ name = "Supervisor", station = "8009", level = "supervisor" }}
"""
WELCOMES = {"zh": "欢迎致电科技局热线。", "en": "Welcome to the science and technology hotline."}
WELCOME = ("hotline.welcome",)
IN_QUEUE = ("position-1", "choice-1-callback")
AGENT_NUMBER = ("agent-number", "digit-1", "digit-0", "digit-0", "digit-1", "at-your-service")


class Speaking(Floor):
    """A centre that speaks for itself, in one language."""

    language = "zh"

    def site_text(self) -> str:
        return SITE.format(
            port=self.port, rtp=self.rtp, rtp_end=self.rtp + 599, language=self.language, welcome=WELCOMES[self.language], music_s=MUSIC_S
        )


class English(Speaking):
    language = "en"


def said(site: Site, language: str, names: tuple[str, ...]) -> NDArray[np.float64]:
    """These pieces one after the other, as they were rendered."""
    library, pieces = library_of(site), {piece.name: piece for piece in site.pieces() if piece.language == language}
    return np.concatenate([samples(library.file(pieces[name])) for name in names])


def samples(file: str) -> NDArray[np.float64]:
    with wave.open(file) as opened:
        return np.frombuffer(opened.readframes(opened.getnframes()), dtype="<i2").astype(float)


def likeness(heard: NDArray[np.float64], wanted: NDArray[np.float64]) -> tuple[int, float]:
    """Where in what was heard the wanted is most probably, and how much the two are one there (1: the same)."""
    size = 1 << (len(heard) + len(wanted)).bit_length()
    found = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)[: len(heard) - len(wanted) + 1]
    at = int(found.argmax())
    return at, float(np.corrcoef(heard[at : at + len(wanted)], wanted)[0, 1])


@pytest.mark.requirement("IVR-04")
@pytest.mark.requirement("ACD-06")
@pytest.mark.requirement("ACD-07")
@pytest.mark.parametrize("kind", [Speaking, English], ids=["zh", "en"])
async def test_greeting_place_choices_and_agent_number_reach_the_caller_whole_and_at_level(tmp_path: Path, kind: type[Speaking]) -> None:
    async with open_floor(tmp_path, kind) as floor, people(floor, "1001") as p:
        site = load_site(floor.site)
        welcome, in_queue, agent_number = (said(site, kind.language, names) for names in (WELCOME, IN_QUEUE, AGENT_NUMBER))
        await floor.ask("not-ready", "1001")
        await p.add(CUSTOMER)
        caller = p[CUSTOMER]
        await p.call()
        await caller.wait_heard_s(len(welcome) / RATE + MUSIC_S)
        await caller.wait_heard_s((len(welcome) + len(in_queue)) / RATE + MUSIC_S + 0.5)
        await floor.ask("ready", "1001")
        await floor.wait_shown("on call", lambda shown: shown["agents"]["1001"]["state"] == "on-call")
        await caller.wait_heard_s(caller.heard_s() + len(agent_number) / RATE + 0.3)
        await caller.hang_up()
        heard = caller.heard().astype(float)
    ends = 0
    for wanted in (welcome, in_queue, agent_number):
        at, alike = likeness(heard, wanted)
        assert alike > 0.98
        assert at >= ends
        ends = at + len(wanted)
        speech = np.sqrt((heard[at : ends - (ends - at) % 160].reshape(-1, 160) ** 2).mean(axis=1))
        loud = np.sqrt((speech[speech > speech.max() / 30] ** 2).mean())
        assert -26 < 20 * np.log10(loud / 32768) < -14, "in dB of full scale"
    assert np.abs(heard).max() < 32_000, "nothing is clipped"
