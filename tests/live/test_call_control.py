"""Call control and supervision with real telephones: what each of them hears before, during and after, by its tones.

Nobody but who is named may hear anything: `hear` and `talk` look at every phone of the test.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import trio

from tests.hal.peer import Tone
from tests.live.floor import AGENTS, CUSTOMER, OUTSIDE, SUPERVISOR, Floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow]
CTI_01, CTI_02, CTI_04, CTI_06 = (pytest.mark.requirement(f"CTI-0{n}") for n in (1, 2, 4, 6))
SUP_02, SUP_03, ACD_07 = (pytest.mark.requirement(name) for name in ("SUP-02", "SUP-03", "ACD-07"))


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """One running centre for the tests of this file: a start takes longer than most of them."""
    centre = Floor(tmp_path_factory.mktemp("floor"), agents=7)
    try:
        trio.run(centre.start)
        yield centre
        trio.run(centre.close)
    finally:
        centre.end()


async def latest(floor: Floor, number: str = CUSTOMER) -> dict[str, Any]:
    """The contact row of a customer's latest call, once it is over."""
    await floor.wait_quiet()
    rows = await floor.wait_rows(f"SELECT * FROM contacts WHERE ani = '{number}' AND outcome != ''", 1)
    return max(rows, key=lambda row: row["id"])


# --- hold -----------------------------------------------------------------------------------------------------------------------------


@CTI_01
@CTI_06
async def test_hold_with_music_by_the_seat_by_keys_and_by_the_phone(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001") as p:
        agent = p["1001"]
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("hold", "1001")
        await p.hear({CUSTOMER: "music"})
        await floor.ask("retrieve", "1001")
        await p.talk(CUSTOMER, "1001")
        await agent.press("*2")
        await p.hear({CUSTOMER: "music"})
        await agent.press("*2")
        await p.talk(CUSTOMER, "1001")
        await agent.hold()
        await p.hear({CUSTOMER: "music"})
        await agent.retrieve()
        await p.talk(CUSTOMER, "1001")
        await p[CUSTOMER].hang_up()
        await p.hear()


# --- consultation ---------------------------------------------------------------------------------------------------------------------


@CTI_01
@CTI_02
async def test_consult_swap_and_give_away_with_what_is_known_of_the_customer(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", "1002") as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("data", "1001", "account=4711")
        await floor.ask("consult", "1001", "1002")
        await p.hear({CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await floor.ask("swap", "1001")
        await p.talk(CUSTOMER, "1001")
        await floor.ask("swap", "1001")
        await p.hear({CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await floor.ask("complete", "1001")
        await p.talk(CUSTOMER, "1002")
        shown = await floor.show()
        assert shown["agents"]["1001"]["state"] == "ready"
        [contact] = shown["contacts"].values()
        assert contact["agent"] == "1002"
        await floor.ask("release", "1002")
        await p.hear()
        row = await latest(floor)
        assert (row["outcome"], row["agent"], row["data"]) == ("answered", "1002", '{"account":"4711"}')


@CTI_01
async def test_a_consultation_can_be_called_off_while_it_rings_and_while_it_goes_on(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", "1002") as p:
        await p.add("1003", answers=False)
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("consult", "1001", "1003")
        await p["1003"].wait_rings()
        await p.hear({CUSTOMER: "music", "1001": "said"})
        await floor.ask("cancel", "1001")
        await p.talk(CUSTOMER, "1001")
        await p["1003"].wait_released()
        await floor.ask("consult", "1001", "1002")
        await p.hear({CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await floor.ask("cancel", "1001")
        await p.talk(CUSTOMER, "1001")
        await floor.ask("release", "1001")
        await p.hear()


@CTI_06
async def test_keys_alone_consult_swap_conference_and_give_away(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", "1002", "1003") as p:
        agent = p["1001"]
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await agent.press("*31002#")
        await p.hear({CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await agent.press("*3")
        await p.talk(CUSTOMER, "1001")
        await agent.press("*5")
        await p.talk(CUSTOMER, "1001", "1002")
        await p["1002"].hang_up()
        await p.talk(CUSTOMER, "1001")
        await agent.press("*31002#")
        await p.hear({CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await agent.press("*4")
        await p.talk(CUSTOMER, "1002")
        await p["1002"].press("*41003#")
        await p.talk(CUSTOMER, "1003")
        await p[CUSTOMER].hang_up()
        await p.hear()


# --- conference and supervision -------------------------------------------------------------------------------------------------------


@CTI_01
@SUP_02
async def test_a_conference_of_five_a_supervisor_listening_whispering_and_barging_in(floor: Floor) -> None:
    async with people(floor, CUSTOMER, *AGENTS, OUTSIDE, SUPERVISOR) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        for other in ("1002", "1003", OUTSIDE):
            await floor.ask("consult", "1001", other)
            await p["1001"].wait_hears(p[other].tone)  # type: ignore[arg-type] # everyone here has one
            await floor.ask("conference", "1001")
        everyone = (CUSTOMER, *AGENTS, OUTSIDE)
        await p.talk(*everyone)
        hears = {name: " ".join(other for other in everyone if other != name) for name in everyone}
        await floor.ask("listen", "1002", by=SUPERVISOR)
        await p.hear(hears | {SUPERVISOR: " ".join(everyone)})
        await floor.ask("whisper", "1002", by=SUPERVISOR)
        await p.hear(hears | {"1002": f"{hears['1002']} {SUPERVISOR}", SUPERVISOR: " ".join(everyone)})
        await floor.ask("barge", "1002", by=SUPERVISOR)
        await p.talk(*everyone, SUPERVISOR)
        await floor.ask("stop", "1002", by=SUPERVISOR)
        await p.talk(*everyone)
        await floor.ask("drop", "1001", OUTSIDE)
        await p.talk(CUSTOMER, *AGENTS)
        await floor.ask("hold", "1003")
        await p.talk(CUSTOMER, "1001", "1002")
        await floor.ask("release", "1002")
        await p.hear()


@CTI_01
async def test_eight_in_a_conference(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001") as p:
        others = {"1002": Tone.C, "1003": Tone.D, "1004": Tone.E, "1005": Tone.F, "1006": Tone.G, "1007": Tone.H}
        await p.call()
        await p.talk(CUSTOMER, "1001")
        for name, tone in others.items():
            await p.add(name, tone=tone)
            await floor.ask("consult", "1001", name)
            await p["1001"].wait_hears(tone)
            await floor.ask("conference", "1001")
        await p.talk(CUSTOMER, "1001", *others)
        await p[CUSTOMER].hang_up()
        await p.hear()


@SUP_02
@SUP_03
async def test_a_supervisor_takes_over_and_ends_a_call_and_nobody_commands_his_own_level(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", "1002", SUPERVISOR) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("listen", "1001", by=SUPERVISOR)
        await p.hear({CUSTOMER: "1001", "1001": CUSTOMER, SUPERVISOR: f"{CUSTOMER} 1001"})
        for what in ("listen", "whisper", "barge", "take-over", "force-release", "force-log-out", "record", "hold"):
            assert "only those below" in await floor.asked(what, "1001", by="1002")
        await floor.ask("take-over", "1001", by=SUPERVISOR)
        await p.talk(CUSTOMER, SUPERVISOR)
        assert "only those below" in await floor.asked("listen", SUPERVISOR, by="1002")
        await floor.wait_shown("1001 free", lambda shown: shown["agents"]["1001"]["state"] == "ready")
        await floor.ask("transfer", SUPERVISOR, "1002")
        await p.talk(CUSTOMER, "1002")
        await floor.ask("force-release", "1002", by=SUPERVISOR)
        await p[CUSTOMER].wait_released()
        await p.hear()
        await floor.ask("force-not-ready", "1002", by=SUPERVISOR, reason="training")
        assert (await floor.show())["agents"]["1002"]["state"] == "not-ready"
    assert len(floor.rows("SELECT seq FROM audit WHERE who = 'agent:1002' AND what LIKE '% refused'")) >= 7


# --- giving away ----------------------------------------------------------------------------------------------------------------------


@CTI_01
@CTI_04
async def test_blind_transfer_to_an_agent_to_outside_and_to_a_queue(floor: Floor) -> None:
    async with people(floor, CUSTOMER, *AGENTS, OUTSIDE) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("data", "1001", "account=4712")
        await floor.ask("transfer", "1001", "1002")
        await p.talk(CUSTOMER, "1002")
        await floor.ask("transfer", "1002", "queue:second")
        await p.talk(CUSTOMER, "1003")
        await floor.ask("transfer", "1003", "fire")
        await p.talk(CUSTOMER, OUTSIDE)
        assert {agent["state"] for agent in (await floor.show())["agents"].values()} <= {"ready", "not-ready", "logged-out"}
        await p[OUTSIDE].hang_up()
        await p[CUSTOMER].wait_released()
        assert (await latest(floor))["data"] == '{"account":"4712"}'


@CTI_06
async def test_blind_transfer_by_the_phones_own_button(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", "1002", OUTSIDE) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await p["1001"].transfer("1002")
        await p.talk(CUSTOMER, "1002")
        await p["1002"].transfer(OUTSIDE)
        await p.talk(CUSTOMER, OUTSIDE)
        await p[CUSTOMER].hang_up()
        await p.hear()


@CTI_06
@pytest.mark.parametrize("to", ["1002", OUTSIDE])
async def test_attended_transfer_by_the_phones_own_buttons(floor: Floor, to: str) -> None:
    async with people(floor, CUSTOMER, "1001", to) as p:
        agent = p["1001"]
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await agent.consult(to)
        await p.hear({CUSTOMER: "music", "1001": to, to: "1001"})
        await agent.switch()
        await p.hear({CUSTOMER: "1001", "1001": CUSTOMER, **({to: "music"} if to == OUTSIDE else {})})
        await agent.switch()
        await p.hear({CUSTOMER: "music", "1001": to, to: "1001"})
        await agent.join(to)
        await p.talk(CUSTOMER, to)
        await p[CUSTOMER].hang_up()
        await p.hear()


# --- calls of one's own ---------------------------------------------------------------------------------------------------------------


@CTI_01
@CTI_04
async def test_dialling_out_by_click_by_the_phone_and_from_the_directory_and_keys_for_the_other_side(floor: Floor) -> None:
    async with people(floor, "1001", OUTSIDE) as p:
        await floor.ask("dial", "1001", OUTSIDE)
        await p.talk("1001", OUTSIDE)
        await floor.ask("digits", "1001", "12#")
        await p["1001"].press("34")
        await p[OUTSIDE].wait_pressed("12#34")
        await floor.ask("hold", "1001")
        await p.hear({OUTSIDE: "music"})
        await floor.ask("retrieve", "1001")
        await p.talk("1001", OUTSIDE)
        await p[OUTSIDE].hang_up()
        await p.hear()
        await floor.wait_quiet()
        await p["1001"].dial("fire")
        await p.talk("1001", OUTSIDE)
        await p["1001"].hang_up()
        await p.hear()
    rows = floor.rows("SELECT ani, agent, outcome FROM contacts WHERE direction = 'out' ORDER BY id")
    assert rows[-2:] == [{"ani": OUTSIDE, "agent": "1001", "outcome": "answered"}] * 2


@CTI_01
@SUP_02
async def test_calling_the_supervisor_in_a_call_and_out_of_one(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", SUPERVISOR) as p:
        await p["1001"].dial(SUPERVISOR)
        await p.talk("1001", SUPERVISOR)
        await p["1001"].hang_up()
        await p.hear()
        await floor.wait_quiet()
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("help", "1001", reason="angry")
        assert (await floor.show())["agents"]["1001"]["help"]
        await floor.ask("consult", "1001", SUPERVISOR)
        await p.hear({CUSTOMER: "music", "1001": SUPERVISOR, SUPERVISOR: "1001"})
        await floor.ask("conference", "1001")
        await p.talk(CUSTOMER, "1001", SUPERVISOR)
        await p["1001"].hang_up()
        await p.talk(CUSTOMER, SUPERVISOR)
        await p[SUPERVISOR].hang_up()
        await p[CUSTOMER].wait_released()
        await floor.ask("help-off", "1001")


# --- self service, announcements ------------------------------------------------------------------------------------------------------


@CTI_01
async def test_to_self_service_and_back_and_on_from_there(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", "1003") as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("flow", "1001", "card")
        await p.hear({CUSTOMER: "said"})
        await floor.ask("take-back", "1001")
        await p.talk(CUSTOMER, "1001")
        await floor.ask("flow", "1001", "card")
        await p.hear({CUSTOMER: "said"})
        await p[CUSTOMER].press("1")
        await p.talk(CUSTOMER, "1003")
        await p[CUSTOMER].hang_up()
        await p.hear()


@ACD_07
async def test_agent_number_and_whisper_are_heard_by_one_alone_and_end_with_the_call(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001") as p:
        await p.call("95501")
        await p.hear({CUSTOMER: "said", "1001": "said"})
        await p.talk(CUSTOMER, "1001")
        await p[CUSTOMER].hang_up()
        await p.hear()
        await floor.wait_quiet()
        await p.call("95501")
        await p[CUSTOMER].wait("CALL_ESTABLISHED", count=2)
        await p.hear({CUSTOMER: "said", "1001": "said"})
        await p[CUSTOMER].hang_up()
        await p["1001"].wait("CALL_CLOSED", count=2)
        shown = await floor.wait_shown("nothing left", lambda shown: not shown["contacts"] and not shown["legs"])
        assert shown["agents"]["1001"]["state"] == "ready"
        await p.hear()
