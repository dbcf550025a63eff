"""Somebody leaves while a phone rings, or while others stay: what everybody hears then, with real telephones."""

from collections.abc import Iterator

import pytest
import trio

from tests.live.floor import CUSTOMER, Floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("CTI-06")]
ACD_05, SUP_02 = pytest.mark.requirement("ACD-05"), pytest.mark.requirement("SUP-02")


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
