"""Whatever is behind a gateway: time-out, slots, cache, breaker and alarm, without ever holding up another caller."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from appliance.core.actions import AskGateway
from appliance.core.inputs import GatewayAnswered, Noticed
from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed, usable
from appliance.outside.breaker import Breaker
from appliance.outside.gateway import Arguments, Gateway
from appliance.outside.gateways import Gateways
from appliance.site.gateways import Common, Query
from tests.outside.asking import no_secret, site_with

pytestmark = pytest.mark.requirement("IVR-03")


class Peer:
    """Does what a test says."""

    def __init__(self, does: Callable[[Arguments], Awaitable[Value]], repeats: bool = True) -> None:
        self.does, self.repeats, self.asked, self.closed = does, repeats, 0, False

    async def ask(self, query: str, arguments: Arguments) -> Value:
        del query
        self.asked += 1
        return await self.does(arguments)

    def may_repeat(self, query: str) -> bool:
        del query
        return self.repeats

    async def close(self) -> None:
        self.closed = True


def gateway(does: Callable[[Arguments], Awaitable[Value]], told: list[Noticed] | None = None, **settings: Any) -> tuple[Gateway, Peer]:
    cache_s = settings.pop("cache_s", 0.0)
    peer = Peer(does, settings.pop("repeats", True))
    made = Gateway("billing", Common(**settings), {"bill": Query(arguments=("account",), cache_s=cache_s)}, peer, (told or []).append)
    if told is not None:
        made._tell = told.append
    return made, peer


async def answers(arguments: Arguments) -> Value:
    await trio.lowlevel.checkpoint()
    return {"of": arguments["account"]}


async def hangs(_arguments: Arguments) -> Value:
    await trio.sleep_forever()


async def is_down(_arguments: Arguments) -> Value:
    await trio.lowlevel.checkpoint()
    raise GatewayFailed("the connection failed", again=True)


async def refused(made: Gateway, account: Value = "4471") -> str:
    with pytest.raises(GatewayFailed) as caught:
        await made.ask("bill", {"account": account})
    return str(caught.value)


async def test_only_what_is_declared_is_asked() -> None:
    made, peer = gateway(answers)
    assert await made.ask("bill", {"account": "4471", "other": 1}) == {"of": "4471"}
    with pytest.raises(GatewayFailed, match="no query 'bills'"):
        await made.ask("bills", {"account": "4471"})
    with pytest.raises(GatewayFailed, match="'account' is not given"):
        await made.ask("bill", {})
    assert peer.asked == 1


async def test_a_slow_one_is_given_up_in_time_and_holds_up_nobody(autojump_clock: MockClock) -> None:
    slow, _ = gateway(hangs, timeout_s=2, most_at_once=2, opens_after=100)
    quick, _ = gateway(answers)
    waited: list[float] = []

    async def ask() -> None:
        began = trio.current_time()
        await refused(slow)
        waited.append(trio.current_time() - began)

    async with trio.open_nursery() as nursery:
        for _ in range(7):
            nursery.start_soon(ask)
        await trio.sleep(0.1)
        began = trio.current_time()
        assert await quick.ask("bill", {"account": "1"}) == {"of": "1"}
        assert trio.current_time() == began
    assert sorted(waited) == [0.0, 0.0, 0.0, *[pytest.approx(2.0)] * 4]  # two are asked, two wait for them, three are told at once


async def test_who_waited_for_a_slot_in_vain_says_nothing_of_the_gateway(autojump_clock: MockClock) -> None:
    made, _ = gateway(hangs, timeout_s=1, most_at_once=1, opens_after=2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(refused, made)
        nursery.start_soon(refused, made)
    assert made.breaker.failures == 1


async def test_it_is_asked_again_where_the_connection_broke_and_that_does_no_harm() -> None:
    made, peer = gateway(is_down, retries=2)
    assert await refused(made) == "the connection failed"
    assert peer.asked == 3
    made, peer = gateway(is_down, retries=2, repeats=False)
    await refused(made)
    assert peer.asked == 1

    async def garbage(_arguments: Arguments) -> Value:
        await trio.lowlevel.checkpoint()
        raise GatewayFailed("the answer is no JSON")

    made, peer = gateway(garbage, retries=2)
    await refused(made)
    assert peer.asked == 1


async def test_an_answer_is_used_again_for_the_same_arguments_and_a_while(autojump_clock: MockClock) -> None:
    made, peer = gateway(answers, cache_s=60)
    first = await made.ask("bill", {"account": "1"})
    assert isinstance(first, dict)
    first["of"] = "changed by a flow"
    second = await made.ask("bill", {"account": "1"})
    assert second == {"of": "1"}
    assert isinstance(second, dict)
    second["of"] = "changed by another"
    assert await made.ask("bill", {"account": "1"}) == {"of": "1"}
    assert await made.ask("bill", {"account": 1}) == {"of": 1}
    assert peer.asked == 2
    await trio.sleep(61)
    await made.ask("bill", {"account": "1"})
    assert peer.asked == 3


async def test_a_failure_is_not_kept() -> None:
    made, peer = gateway(is_down, cache_s=60, retries=0)
    await refused(made)
    await refused(made)
    assert peer.asked == 2


async def test_the_breaker_opens_tries_and_closes_with_an_alarm(autojump_clock: MockClock) -> None:
    told: list[Noticed] = []
    made, peer = gateway(is_down, told, opens_after=3, rests_s=10, retries=0)
    for _ in range(3):
        await refused(made)
    assert [(notice.source, notice.severity.name, notice.cleared) for notice in told] == [("gateway:billing", "YELLOW", False)]
    assert "the connection failed" in told[0].text
    assert "3 times in a row" in await refused(made)
    assert peer.asked == 3
    await trio.sleep(10)
    assert await refused(made) == "the connection failed"
    assert "in a row" in await refused(made)
    peer.does = answers
    await trio.sleep(10)
    await made.ask("bill", {"account": "1"})
    assert [notice.cleared for notice in told] == [False, True]
    await made.ask("bill", {"account": "1"})
    assert peer.asked == 6


async def test_only_one_caller_tries_a_gateway_that_was_down(autojump_clock: MockClock) -> None:
    made, peer = gateway(is_down, opens_after=1, rests_s=1, retries=0, timeout_s=2)
    await refused(made)
    await trio.sleep(1)
    peer.does = hangs
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(refused, made)
    assert peer.asked == 2


async def test_a_question_that_is_wrong_itself_opens_no_breaker() -> None:
    async def not_so(_arguments: Arguments) -> Value:
        await trio.lowlevel.checkpoint()
        raise GatewayFailed("it answers with status 400", theirs=False)

    made, peer = gateway(not_so, opens_after=1)
    for _ in range(3):
        assert await refused(made) == "it answers with status 400"
    assert peer.asked == 3


async def test_a_gateway_that_answers_after_an_outage_works_also_where_it_refuses_the_question(autojump_clock: MockClock) -> None:
    async def not_so(_arguments: Arguments) -> Value:
        await trio.lowlevel.checkpoint()
        raise GatewayFailed("it answers with status 404", theirs=False, answered=True)

    told: list[Noticed] = []
    made, peer = gateway(is_down, told, opens_after=1, rests_s=10, retries=0)
    await refused(made)
    await trio.sleep(10)
    peer.does = not_so
    for _ in range(3):
        assert await refused(made) == "it answers with status 404"
    assert [notice.cleared for notice in told] == [False, True]


async def test_a_mistake_in_a_library_is_a_failure_that_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(arguments: Arguments) -> Value:
        await trio.lowlevel.checkpoint()
        raise RuntimeError(f"no idea of {arguments['account']}")

    made, _ = gateway(breaks)
    with caplog.at_level(logging.DEBUG):
        assert await refused(made, "secret-4471") == "it failed (RuntimeError)"
    assert "test_gateway.py" in caplog.text
    assert "secret-4471" not in caplog.text


async def test_the_log_tells_the_question_and_neither_arguments_nor_answers(caplog: pytest.LogCaptureFixture) -> None:
    made, _ = gateway(answers)
    with caplog.at_level(logging.DEBUG):
        await made.ask("bill", {"account": "secret-4471"})
    assert "billing.bill: answered (" in caplog.text
    assert "secret-4471" not in caplog.text
    assert "secret-4471" not in repr(AskGateway(1, "billing", "bill", {"account": "secret-4471"}))


async def test_an_unchanged_gateway_stays_as_it_is_when_the_site_is_loaded_again() -> None:
    one = '[gateways.NAME]\nkind = "http-json"\nurl = "http://127.0.0.1:9"\nretries = 0\ntimeout_s = 0.5\nopens_after = 1\n'
    one += "[gateways.NAME.queries.q]\n"
    told: list[Noticed] = []
    gateways = Gateways(no_secret, told.append)
    gateways.load(site_with(one.replace("NAME", "a") + one.replace("NAME", "b")).gateways)
    for name in "ab":
        with pytest.raises(GatewayFailed):
            await gateways.ask(name, "q", {})
    assert [notice.source for notice in told] == ["gateway:a", "gateway:b"]
    gone = gateways.load(site_with(one.replace("NAME", "a") + one.replace("NAME", "b").replace("retries = 0", "retries = 1")).gateways)
    assert [gateway.name for gateway in gone] == ["b"]
    for gateway in gone:
        await gateway.close()
    assert (told[-1].source, told[-1].cleared) == ("gateway:b", True)
    with pytest.raises(GatewayFailed, match="not asked for a while"):
        await gateways.ask("a", "q", {})
    with pytest.raises(GatewayFailed, match="the connection failed"):
        await gateways.ask("b", "q", {})
    assert await gateways.answer(AskGateway(7, "c", "q", {})) == GatewayAnswered(7, error="there is no gateway 'c'")
    for gateway in gateways.load({}):
        await gateway.close()


@given(st.lists(st.sampled_from(["answered", "failed", "undecided", "wait"]), max_size=40), st.integers(1, 4))
def test_a_breaker_never_lets_two_try_and_tells_each_change_once(steps: list[str], opens_after: int) -> None:
    told: list[str | None] = []
    breaker, now, in_a_row = Breaker(opens_after, 10.0, told.append), 0.0, 0
    for step in steps:
        was_open = breaker.is_open
        if step == "wait":
            now += 10.0
        elif breaker.lets(now):
            if was_open:
                assert not breaker.lets(now)
            if step == "failed":
                breaker.failed(now, "down")
                in_a_row += 1
            elif step == "answered":
                breaker.answered()
                in_a_row = 0
            else:
                breaker.undecided()
        assert breaker.is_open == (in_a_row >= opens_after)
        assert told == ["down" if n % 2 == 0 else None for n in range(len(told))]
        assert bool(told and told[-1]) == breaker.is_open


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.decimals(-(10**9), 10**9, allow_nan=False, places=2)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(json_like)
def test_what_flows_can_use_comes_through_as_it_is(raw: Any) -> None:
    assert usable(raw) == raw


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"a": float("inf")}, "cannot be right"),
        ({"a": float("nan")}, "cannot be right"),
        ([10**400], "cannot be right"),
        (b"blob", r"kind that cannot be said \(bytes\)"),
        ([[0] * 30_000], "too long"),
        ({"name": "\ud800"}, "half a character"),
        ({"\udfff": 1}, "half a character"),
    ],
)
def test_what_no_flow_can_use_is_refused(raw: object, why: str) -> None:
    with pytest.raises(GatewayFailed, match=why):
        usable(raw)


def test_what_is_nested_without_end_is_refused() -> None:
    raw: list[object] = []
    for _ in range(100):
        raw = [raw]
    with pytest.raises(GatewayFailed, match="too deep"):
        usable(raw)
