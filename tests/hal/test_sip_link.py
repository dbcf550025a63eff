"""The socket between core and worker: lines, limits, who may use it, and a core that does not read."""

import select
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.api import Arrived, Cause, Mix, PlayEnd, PlayEnded, Released
from hal.sip.settings import SipSettings, Trunk
from hal.sip.wire import Failed, Lines, Ping, connected, decode, encode, fingerprint
from hal.sip.worker.link import ENOUGH_BYTES, TOO_MUCH_BYTES, Link


@pytest.mark.parametrize(
    "message",
    [
        Arrived("l", "leg", "1", "95500", "net"),
        Released("l", "leg", Cause.USER_BUSY, by_far_end=False),
        PlayEnded("l", "leg", 3, PlayEnd.FAILED),
        Mix("l", {"a": ("b", "c"), "b": ()}),
    ],
)
def test_commands_and_events_cross_as_they_are(message: object) -> None:
    assert decode(encode(message)) == message
    assert encode(message).endswith(b"\n")


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.integers(1, 7))
def test_lines_are_put_together_however_they_are_cut(lines: list[bytes], size: int) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    reader = Lines()
    assert [line for at in range(0, len(stream), size) for line in reader.feed(stream[at : at + size])] == lines


def test_what_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown message"):
        decode(b'{"is": "Shutdown"}')


def test_a_fingerprint_tells_settings_apart_and_not_their_spelling() -> None:
    assert fingerprint(SipSettings(orphan_s=30)) == fingerprint(SipSettings(orphan_s=30.0))
    assert fingerprint(SipSettings()) != fingerprint(SipSettings(trunks={"net": Trunk(host="h")}))


def test_the_socket_is_for_this_user_only_and_its_path_may_be_long(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    link = Link(folder / "w.sock")
    assert stat.S_IMODE((folder / "w.sock").stat().st_mode) == 0o600
    connected(folder / "w.sock").close()
    link.close()
    assert list(folder.iterdir()) == []


def test_a_core_that_does_not_read_stops_new_calls_and_then_counts_as_gone(tmp_path: Path) -> None:
    link, poller = Link(tmp_path / "w.sock"), select.poll()
    link.watch(poller)
    core = connected(tmp_path / "w.sock")
    assert not link.exchange(poller)
    assert link.keeps_up()
    while link.keeps_up():
        link.send(Failed("x" * 10_000, ""))
        assert not link.exchange(poller)
    core.setblocking(True)
    read = 0
    while not link.keeps_up():
        read += len(core.recv(1_000_000))
        assert not link.exchange(poller)
    assert read > 0
    for _ in range((TOO_MUCH_BYTES + ENOUGH_BYTES) // 10_000 + 100):
        link.send(Failed("x" * 10_000, ""))
    assert link.exchange(poller)  # it is gone
    assert not link.keeps_up()
    link.send(Ping(1))  # into the void
    core.close()
    link.close()


def test_a_second_core_is_told_to_go_and_the_first_keeps_its_line(tmp_path: Path) -> None:
    link, poller = Link(tmp_path / "w.sock"), select.poll()
    link.watch(poller)
    first = connected(tmp_path / "w.sock")
    link.exchange(poller)
    second = connected(tmp_path / "w.sock")
    link.exchange(poller)
    second.setblocking(True)
    refused = decode(next(iter(Lines().feed(second.recv(65536)))))
    assert refused.serves_another
    first.send(encode(Ping(7)))
    link.exchange(poller)
    assert list(link.inbox) == [Ping(7)]
    first.close()
    assert link.exchange(poller)
    for end in (second, link):
        end.close()


def test_waiting_for_one_answer_keeps_the_other_messages(tmp_path: Path) -> None:
    link, poller = Link(tmp_path / "w.sock"), select.poll()
    link.watch(poller)
    core = connected(tmp_path / "w.sock")
    link.exchange(poller)
    core.send(encode(Ping(1)) + encode(Ping(2)) + encode(Ping(3)))
    assert link.wait_for(lambda m: m if m.number == 2 else None, 5) == Ping(2)
    assert list(link.inbox) == [Ping(1), Ping(3)]
    assert link.wait_for(lambda m: m if m.number == 9 else None, 0.01) is None
    core.close()
    assert link.wait_for(lambda m: m if m.number == 9 else None, 5) is None
    link.exchange(poller)
    link.close()
