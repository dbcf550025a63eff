"""Somebody leaves while a phone rings, or while others stay: what everybody hears then, with real telephones."""

from collections.abc import Iterator

import pytest
import trio

from tests.live.floor import CUSTOMER, OUTSIDE, SUPERVISOR, Floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("CTI-06")]
ACD_05, CTI_01, SUP_02 = (pytest.mark.requirement(name) for name in ("ACD-05", "CTI-01", "SUP-02"))


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """One running centre for the tests of this file."""
    centre = Floor(tmp_path_factory.mktemp("floor"))
    try:
        trio.run(centre.start)
        yield centre
        trio.run(centre.close)
    finally:
        centre.end()


@ACD_05
@SUP_02
@pytest.mark.parametrize("what", ["log-out", "force-not-ready"])
async def test_who_goes_while_his_phone_rings_leaves_the_caller_to_the_next(floor: Floor, what: str) -> None:
    async with people(floor, CUSTOMER, "1002") as p:
        await p.add("1001", answers=False)
        await p.call()
        await p["1001"].wait_rings()
        await floor.ask(what, "1001", by="operator" if what.startswith("force") else "", reason="drill")
        await p["1001"].wait_released()
        await p.talk(CUSTOMER, "1002")
        agent = (await floor.show())["agents"]["1001"]
        assert agent["state"] == ("logged-out" if what == "log-out" else "not-ready")
        await p[CUSTOMER].hang_up()
        await p.hear()


@CTI_01
@pytest.mark.parametrize("how", ["hangs up", "*4"])
async def test_who_leaves_while_the_one_consulted_is_rung_has_given_the_customer_away(floor: Floor, how: str) -> None:
    async with people(floor, CUSTOMER, "1001") as p:
        await p.add("1002", answers=False)
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await p["1001"].press("*31002#")
        await p["1002"].wait_rings()
        await p.hear({CUSTOMER: "music", "1001": "said"})
        if how == "hangs up":
            await p["1001"].hang_up()
        else:
            await p["1001"].press("*4")
            await p["1001"].wait_released()
        await p.hear({CUSTOMER: "said"})
        await p["1002"].command("accept")
        await p.talk(CUSTOMER, "1002")
        await p[CUSTOMER].hang_up()
        await p.hear()


@CTI_01
@pytest.mark.parametrize("at_ringing", [False, True])
async def test_a_transfer_that_nobody_takes_comes_back_to_the_agent(floor: Floor, at_ringing: bool) -> None:
    async with people(floor, CUSTOMER, "1001") as p:
        await p.add(OUTSIDE, answers=False)
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("consult" if at_ringing else "transfer", "1001", OUTSIDE)
        await p[OUTSIDE].wait_rings()
        if at_ringing:
            await p["1001"].hang_up()
        await p.hear({CUSTOMER: "said"})
        await p[OUTSIDE].hang_up()
        await p.talk(CUSTOMER, "1001")
        await p[CUSTOMER].hang_up()
        await p.hear()


@SUP_02
async def test_who_has_barged_in_stays_with_the_customer_when_the_agent_hangs_up(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001", SUPERVISOR) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("barge", "1001", by=SUPERVISOR)
        await p.talk(CUSTOMER, "1001", SUPERVISOR)
        await p["1001"].hang_up()
        await p.talk(CUSTOMER, SUPERVISOR)
        await p[SUPERVISOR].hang_up()
        await p[CUSTOMER].wait_released()
        await p.hear()


@CTI_01
async def test_a_phone_that_hangs_up_because_its_transfer_was_refused_is_rung_with_the_customer_again(floor: Floor) -> None:
    async with people(floor, CUSTOMER, "1001") as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await p["1001"].transfer("1003")  # who is not there
        await p["1001"].wait("TRANSFER_FAILED")
        await p["1001"].wait("CALL_ESTABLISHED", count=2)  # it has hung up by itself
        await p.talk(CUSTOMER, "1001")
        await p[CUSTOMER].hang_up()
        await p.hear()
