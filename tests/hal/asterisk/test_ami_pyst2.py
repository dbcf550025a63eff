"""pyst2, the library most programs in Python use for the manager, as the oracle of our reading; and what it cannot do, shown.

The decision to have a client of our own rests on these (appliance/decisions).
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.asterisk.ami.codec import Decoder, Message, encode
from tests.hal import ports
from tests.peers.asterisk import Asterisk, Centre, asterisk
from tests.peers.asterisk_config import AMI_USER
from tests.peers.for_root import asterisk_for_root
from tests.peers.media import write_wav

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnhandledThreadExceptionWarning")

manager: Any = pytest.importorskip("asterisk.manager")


class Client(manager.Manager):  # type: ignore[misc] # it has no annotations
    """pyst2's client, but that it asks nothing of a closed socket when it is collected."""

    def __del__(self) -> None:
        """Nothing is left to do."""


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True).filter(lambda name: "ChanVariable" not in name)
VALUES = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=30)


def ours(data: bytes) -> Message:
    (message,) = Decoder(banner=False).feed(data)
    assert isinstance(message, Message)
    return message


def theirs(data: bytes) -> dict[str, str]:
    lines = [line.decode() for line in data.splitlines(keepends=True)[:-1]]
    headers: dict[str, str] = manager.ManagerMsg(lines).headers
    return headers


@given(st.sampled_from([("Event", "Hangup"), ("Response", "Success")]), st.dictionaries(NAMES, VALUES, max_size=10))
def test_plain_messages_are_read_as_pyst2_reads_them(first: tuple[str, str], rest: dict[str, str]) -> None:
    data = encode([first, *((name, value) for name, value in rest.items() if name not in ("Event", "Response"))])
    assert dict(ours(data).headers) == theirs(data)


def test_pyst2_keeps_the_last_of_repeated_headers() -> None:
    data = b"Response: Success\r\nOutput: one\r\nOutput: two\r\n\r\n"
    assert theirs(data)["Output"] == "two"
    assert ours(data).lines == ["one", "two"]


def test_pyst2_cannot_read_channel_variables() -> None:
    data = b"Event: Newchannel\r\nChanVariable: CALLID=7\r\n\r\n"
    with pytest.raises(AttributeError, match="has_key"):
        theirs(data)
    assert ours(data).get("ChanVariable") == "CALLID=7"


class _Wire:
    """What pyst2 writes to, and the answer that it is given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def flush(self) -> None:
        """It is written."""


def test_pyst2_sends_the_fields_and_the_id_of_the_last_action_again() -> None:
    client = Client()
    client._sock = wire = _Wire()
    client._connected.set()
    for _ in range(2):
        client._response_queue.put(manager.ManagerMsg(["Response: Success\r\n"]))
    client.send_action(Action="Originate", Channel="DAHDI/g1/110")
    client.send_action(Action="Ping")
    client._connected.clear()
    assert b"Channel: DAHDI/g1/110" in wire.sent[1]
    assert [line for line in wire.sent[0].splitlines() if b"ActionID" in line] == [
        line for line in wire.sent[1].splitlines() if b"ActionID" in line
    ]


def test_pyst2_takes_any_answer_for_its_own_and_waits_for_ever_for_a_lost_one() -> None:
    client = Client()
    client._sock = _Wire()
    client._connected.set()
    client._response_queue.put(manager.ManagerMsg(["Response: Error\r\n", "ActionID: somebody-elses\r\n"]))
    assert client.send_action({"Action": "Ping"}).headers["ActionID"] == "somebody-elses"
    asking = threading.Thread(target=client.send_action, args=({"Action": "Ping"},))
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()
    client._response_queue.put(manager.ManagerMsg(["Response: Success\r\n"]))
    asking.join(5)
    client._connected.clear()
    assert not asking.is_alive()


# --- against a real Asterisk ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    sound = write_wav(tmp_path_factory.mktemp("sounds") / "sound.wav", [420], 1)
    with asterisk(Centre(address="127.0.0.42", callers="127.0.0.43", ami_port=ports.block()), prompt=sound, music=sound) as peer:
        yield peer


live = [
    pytest.mark.live,
    pytest.mark.slow,
    asterisk_for_root,
]


class TestAgainstAsterisk:
    pytestmark = live

    @pytest.fixture
    def client(self, peer: Asterisk) -> Iterator[object]:
        client = Client()
        client.connect(peer.centre.address, peer.centre.ami_port)
        client.login(AMI_USER, peer.centre.ami_secret)
        yield client
        with contextlib.suppress(ValueError):  # where its dispatching died it has closed the socket, and logs off all the same
            client.close()
        if client._sock is not None:
            client._sock.close()

    def test_pyst2_reads_one_line_of_a_commands_output(self, client: object) -> None:
        said = client.command("dialplan show numbers")  # type: ignore[attr-defined] # it has no annotations
        assert "95500" not in said.headers["Output"]
        assert said.response is not None

    def test_pyst2_dispatches_no_event_after_one_that_failed(self, client: object) -> None:
        heard: list[str] = []
        first = threading.Event()

        def fail(event: object, _: object) -> None:
            heard.append(str(event))
            first.set()
            raise ValueError("a mistake in one callback")

        client.register_event("UserEvent", fail)  # type: ignore[attr-defined] # it has no annotations
        client.send_action({"Action": "UserEvent", "UserEvent": "One"})  # type: ignore[attr-defined] # the same
        assert first.wait(5)
        client.send_action({"Action": "UserEvent", "UserEvent": "Two"})  # type: ignore[attr-defined] # the same
        client.event_dispatch_thread.join(5)  # type: ignore[attr-defined] # the same
        assert heard == ["UserEvent"]

    def test_pyst2_cannot_connect_again(self, peer: Asterisk) -> None:
        client = Client()
        client.connect(peer.centre.address, peer.centre.ami_port)
        client.login(AMI_USER, peer.centre.ami_secret)
        try:
            client.close()
        except ValueError:  # it flushes what its other thread has closed meanwhile
            client._connected.clear()
            client.close()
        client._connected.clear()
        with pytest.raises(RuntimeError, match="threads can only be started once"):
            client.connect(peer.centre.address, peer.centre.ami_port)
        client._connected.clear()
        client._running.clear()
        client._sock.close()
