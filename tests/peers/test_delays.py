"""What is measured out of a capture, on captures made by hand: which message counts, which does not, and who is whose."""

from tests.peers.delays import Delays, Sides, delays
from tests.peers.media import Rtp, alaw
from tests.peers.pcap import Address, Datagram

CENTRE, CALLER, AGENT = ("127.0.0.10", 5060), ("127.0.0.2", 6100), ("127.0.0.3", 6200)
SIDES = Sides(centre=CENTRE, callers="127.0.0.2", agents="127.0.0.3")
LOUD, SILENT = alaw([8000, -8000] * 80), alaw([0] * 160)


def sip(
    at: float, source: Address, target: Address, start: str, call: str, *, shows: str = "anonymous", to_tag: str = "", body: str = ""
) -> Datagram:
    method = start.split()[0]
    cseq = start.rpartition(" ")[2] if method.startswith("SIP/") else method
    first = start.rpartition(" ")[0] if method.startswith("SIP/") else f"{start} SIP/2.0"
    lines = [first, f"From: <sip:{shows}@x>;tag=1", f"To: <sip:y@x>{to_tag}", f"Call-ID: {call}", f"CSeq: 1 {cseq}", "", body]
    return Datagram(at, source, target, "\r\n".join(lines).encode())


def invite(at: float, call: str, port: int = 14000) -> Datagram:
    """A caller's INVITE; his number is the name of his call."""
    return sip(at, CALLER, CENTRE, "INVITE sip:95500@c", call, shows=call, body=f"v=0\r\nm=audio {port} RTP/AVP 8\r\n")


def ok(at: float, call: str, method: str = "INVITE") -> Datagram:
    return sip(at, CENTRE, CALLER, f"SIP/2.0 200 OK {method}", call, to_tag=";tag=2")


def offer(at: float, agent: str, call: str, caller: str, to_tag: str = "") -> Datagram:
    return sip(at, CENTRE, AGENT, f"INVITE sip:{agent}@127.0.0.3:6200", call, shows=caller, to_tag=to_tag)


def agent_bye(at: float, call: str) -> Datagram:
    return sip(at, AGENT, CENTRE, "BYE sip:c", call, to_tag=";tag=2")


def rtp(at: float, payload: bytes, port: int = 14000) -> Datagram:
    return Datagram(at, ("127.0.0.10", 20000), ("127.0.0.2", port), Rtp(8, False, 1, 1, 1, payload).to_bytes())


def measured(*seen: Datagram) -> Delays:
    return delays(seen, SIDES)


def test_an_answer_counts_from_the_first_invite_to_the_first_200_for_it() -> None:
    found = measured(
        invite(1.0, "a"),
        invite(1.5, "a"),
        sip(1.625, CENTRE, CALLER, "SIP/2.0 180 Ringing INVITE", "a"),
        ok(1.6875, "a", "OPTIONS"),
        ok(1.75, "a"),
        ok(2.25, "a"),
        invite(3.0, "b", port=14004),
    )
    assert found == Delays(calls=2, answered=1, answer=(0.75,), prompt=(), offer=(), hand_over=(), repeated=1)


def test_a_prompt_begins_with_the_first_loud_packet_to_the_callers_own_port() -> None:
    found = measured(
        invite(1.0, "a"), invite(1.0, "b", port=14004), rtp(1.25, SILENT), rtp(1.5, LOUD, port=14004), rtp(2.0, LOUD), rtp(2.5, LOUD)
    )
    assert found.prompt == (1.0, 0.5)


def test_a_port_that_is_used_again_belongs_to_the_later_call() -> None:
    assert measured(invite(1.0, "a"), rtp(1.5, LOUD), invite(9.0, "b"), rtp(9.25, LOUD)).prompt == (0.5, 0.25)


def test_the_first_offer_counts_and_is_the_callers_whose_number_it_shows() -> None:
    found = measured(
        invite(1.0, "a"),
        invite(1.25, "b"),
        offer(1.5, "8001", "x", "b"),
        offer(2.0, "8002", "y", "a"),
        offer(2.5, "8002", "y", "a"),
        offer(2.75, "8002", "y", "a", to_tag=";tag=9"),
        offer(7.0, "8003", "z", "a"),
    )
    assert found.offer == (1.0, 0.25)
    assert found.repeated == 1


def test_the_number_may_be_asserted_instead() -> None:
    payload = offer(1.5, "8001", "x", "anonymous").payload.replace(b"\r\nTo:", b'\r\nP-Asserted-Identity: "A" <sip:a@c>\r\nTo:')
    assert measured(invite(1.0, "a"), Datagram(1.5, CENTRE, AGENT, payload)).offer == (0.5,)


def test_compact_headers_are_read() -> None:
    names = [(b"Call-ID", b"i"), (b"From", b"f"), (b"To", b"t")]
    payload = invite(1.0, "a").payload
    for long, short in names:
        payload = payload.replace(long + b":", short + b":")
    assert measured(Datagram(1.0, CALLER, CENTRE, payload), ok(1.5, "a")).answer == (0.5,)


def test_a_hand_over_counts_from_the_bye_to_the_same_agents_next_offer() -> None:
    found = measured(
        *(message for n, call in enumerate("abcd") for message in (invite(n, call), ok(n + 0.125, call))),
        offer(4.0, "8001", "x1", "a"),
        offer(4.0, "8002", "y1", "b"),
        agent_bye(5.0, "x1"),
        agent_bye(5.0, "x1"),
        agent_bye(5.25, "y1"),
        offer(5.5, "8001", "x2", "c"),
        offer(6.25, "8002", "y2", "d"),
    )
    assert found.hand_over == (0.5, 1.0)


def test_an_agent_whom_nobody_waits_for_is_not_late() -> None:
    waits = [invite(1.0, "a"), ok(1.0, "a"), offer(1.5, "8001", "x1", "a")]
    later = [invite(9.0, "b"), ok(9.0, "b"), offer(9.5, "8001", "x2", "b")]
    assert measured(*waits, agent_bye(2.0, "x1"), *later).hand_over == ()
    gone = [invite(1.0, "c"), ok(1.0, "c"), sip(1.75, CALLER, CENTRE, "BYE sip:c", "c", to_tag=";tag=2")]
    assert measured(*waits, *gone, agent_bye(2.0, "x1"), *later).hand_over == ()


def test_the_caller_who_waited_went_to_another_agent() -> None:
    found = measured(
        *(message for n, call in enumerate("abc") for message in (invite(n, call), ok(n, call))),
        offer(4.0, "8001", "x1", "a"),
        offer(4.0, "8002", "y1", "b"),
        agent_bye(5.0, "x1"),
        agent_bye(5.0, "y1"),
        offer(5.25, "8002", "y2", "c"),
        invite(90.0, "d"),
        ok(90.0, "d"),
        offer(90.0, "8001", "x2", "d"),
    )
    assert found.hand_over == (0.25,)
