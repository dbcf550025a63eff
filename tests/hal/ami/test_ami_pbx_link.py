"""The link to an Asterisk over a real connection to a manager that misbehaves: every request ends, and the link comes back."""

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from hal.ami.link import AsteriskLink, over
from hal.ami.setup import Setup
from hal.ami.switch import AsteriskSwitch
from hal.asterisk.ami import AmiLink, Message
from hal.asterisk.ami import link as ami_link
from hal.csta.link import Unlinked
from hal.csta.messages import ConnectionID, GetAgentState, HoldCall, SetAgentState
from hal.csta.notices import Answer, Ended, Notice, Opened, Refused, Unanswered
from hal.csta.settings import LinkTls
from tests.hal.asterisk.managers import Does, Manager, manager
from tests.hal.certificates import self_signed
from tests.hal.peer import WAIT_S

pytestmark = pytest.mark.requirement("ACC-02")


class Far:
    """Whom the link tells."""

    def __init__(self) -> None:
        self.said: list[Notice] = []
        self._more = trio.Event()

    def hear(self, notice: Notice) -> None:
        self.said.append(notice)
        self._more.set()

    async def until(self, kind: type[Notice], handle: object = None) -> Notice:
        """The next notice of this kind, and of this handle; those before it are passed over."""
        with trio.fail_after(WAIT_S):
            while True:
                for at, one in enumerate(self.said):
                    if isinstance(one, kind) and handle in (None, getattr(one, "handle", None)):
                        self.said = self.said[at + 1 :]
                        return one
                self._more = trio.Event()
                await self._more.wait()


@asynccontextmanager
async def linked(does: Does, answer_s: float = WAIT_S) -> AsyncIterator[tuple[AsteriskLink, Far, list[Manager]]]:
    far, log = Far(), logging.getLogger("hotline.line.test")
    async with manager(does) as (port, had), trio.open_nursery() as nursery:
        made: Callable[[AsteriskLink], AmiLink] = partial(_manager_of, port)
        link = AsteriskLink(AsteriskSwitch(Setup(stations=("8001",), prefix="x-")), made, f"127.0.0.1:{port}", far.hear, answer_s, log)
        nursery.start_soon(link.run)
        await far.until(Opened)
        yield link, far, had
        await link.close()


def _manager_of(port: int, link: AsteriskLink) -> AmiLink:
    return AmiLink("127.0.0.1", port, "hotline", "secret", link, prefix="test", log=logging.getLogger("hotline.line.test"))


async def answers(to: Manager, action: Message) -> None:
    """Lists are empty; nothing has a value."""
    if action.get("Action") in ("CoreShowChannels", "DeviceStateList"):
        await to.answer(action, ("EventList", "start"))
        await to.say(("Event", "Complete"), ("ActionID", action.get("ActionID")), ("EventList", "Complete"))
    else:
        await to.answer(action)


async def never(to: Manager, action: Message) -> None:
    """What is set has no answer."""
    if action.get("Action") != "Setvar":
        await answers(to, action)


READY = SetAgentState("8001", "ready", agent_id="1001")


async def test_requests_end_in_an_answer_or_a_refusal() -> None:
    async with linked(answers) as (link, far, _):
        link.request("set", READY)
        await far.until(Answer, "set")
        link.request("how", GetAgentState("8001"))
        await far.until(Refused, "how")
        link.request("hold", HoldCall(ConnectionID("1", "8001")))
        await far.until(Refused, "hold")


async def test_a_request_without_an_answer_ends_in_its_time_and_the_next_is_served() -> None:
    async with linked(never, 0.2) as (link, far, _):
        link.request("set", READY)
        await far.until(Unanswered, "set")
        link.request("hold", HoldCall(ConnectionID("1", "8001")))
        await far.until(Refused, "hold")


async def test_requests_end_when_the_connection_breaks_and_it_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_link, "FIRST_PAUSE_S", 0.05)
    async with linked(never) as (link, far, had):
        link.request("set", READY)
        await had[0].stream.aclose()
        await far.until(Unanswered, "set")
        await far.until(Ended)
        link.request("meanwhile", READY)
        assert [type(one) for one in far.said] == [Unanswered], "at once"
        await far.until(Opened)
        link.request("hold", HoldCall(ConnectionID("1", "8001")))
        await far.until(Refused, "hold")


async def test_what_cannot_be_sent_is_a_request_that_ends() -> None:
    async with linked(answers) as (link, far, _):
        link.request("set", SetAgentState("8001", "loggedOn", agent_id="10\r\nAction: Reload"))
        await far.until(Answer, "set")  # who he is could not be kept, and nothing else was asked
        link.request("set", READY)
        await far.until(Answer, "set")


async def test_a_manager_that_is_not_there_is_told_once() -> None:
    far, log = Far(), logging.getLogger("hotline.line.test")
    async with manager(answers) as (port, _):
        pass
    link = AsteriskLink(AsteriskSwitch(Setup()), partial(_manager_of, port), f"127.0.0.1:{port}", far.hear, 1.0, log)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        unlinked = await far.until(Unlinked)
        assert isinstance(unlinked, Unlinked)
        assert unlinked.server == f"127.0.0.1:{port}"
        await link.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Of the manager; it has signed it itself."""
    return self_signed(tmp_path_factory.mktemp("tls"), "DNS:pbx.example")


@pytest.mark.parametrize(
    ("trusted", "name", "reason"),
    [
        (True, "pbx.example", ""),
        (False, "pbx.example", "its certificate is not trusted"),
        (True, "other.example", "its certificate is not trusted"),
    ],
)
async def test_over_tls(certificate: tuple[str, str], trusted: bool, name: str, reason: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    far, log = Far(), logging.getLogger("hotline.line.test")
    connect = over(LinkTls(on=True, authorities=certificate[0] if trusted else "", name=name))
    async with manager(answers, tls=context) as (port, _), trio.open_nursery() as nursery:

        def made(link: AsteriskLink) -> AmiLink:
            return AmiLink("127.0.0.1", port, "hotline", "secret", link, prefix="test", log=log, connect=connect)

        link = AsteriskLink(AsteriskSwitch(Setup(stations=("8001",), prefix="x-")), made, f"127.0.0.1:{port}", far.hear, WAIT_S, log)
        nursery.start_soon(link.run)
        if reason:
            lost = await far.until(Unlinked)
            assert isinstance(lost, Unlinked)
            assert f"no connection to 127.0.0.1:{port}: {reason}" in lost.reason
        else:
            await far.until(Opened)
            link.request("set", READY)
            await far.until(Answer, "set")
        await link.close()


async def test_a_manager_without_tls_is_said_to_be_none() -> None:
    async with manager(answers) as (port, _):
        with trio.fail_after(WAIT_S), pytest.raises(OSError, match=r"SSL|TLS|wrong version"):
            await over(LinkTls(on=True))("127.0.0.1", port)
