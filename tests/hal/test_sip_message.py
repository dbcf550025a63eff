"""What is read of SIP messages, with the torture that RFC 4475 and the wild hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.message import parse_address, parse_request, quoted_split, reason_cause


def test_a_request_with_compact_and_folded_headers() -> None:
    request = parse_request(
        "INVITE sip:95500@h SIP/2.0\r\nv: SIP / 2.0 / TCP x;branch=1\r\nf:<sip:a@b>\r\n ;tag=7\r\nCSEQ :  12  INVITE\r\n\r\nbody: no"
    )
    assert (request.method, request.transport, request.cseq) == ("INVITE", "tcp", 12)
    assert request.address("from").parameters == {"tag": "7"}
    assert "body" not in request.headers


@pytest.mark.parametrize(
    ("text", "user", "host", "port", "display"),
    [
        ('"Wang, \\"F\\"" <sip:8001@127.0.0.1:5070;transport=tcp>;expires=30', "8001", "127.0.0.1", 5070, 'Wang, "F"'),
        ("sip:8001@127.0.0.1;tag=1", "8001", "127.0.0.1", 0, ""),
        ("<sips:%2A10@[::1]:5061>", "*10", "[::1]", 5061, ""),
        ("<tel:+8657112345;phone-context=x>", "+8657112345", "", 0, ""),
        ("<sip:host.only>", "", "host.only", 0, ""),
        ("<sip:user:password@h>", "user", "h", 0, ""),
        ("*", "", "", 0, ""),
        ("", "", "", 0, ""),
    ],
)
def test_addresses(text: str, user: str, host: str, port: int, display: str) -> None:
    address = parse_address(text)
    assert (address.user, address.host, address.port, address.display) == (user, host, port, display)


def test_parameters_belong_to_the_header_without_brackets_and_to_the_uri_within() -> None:
    assert parse_address("<sip:a@b;x=1>;y=2").uri_parameters == {"x": "1"}
    assert parse_address("<sip:a@b;x=1>;y=2").parameters == {"y": "2"}
    assert parse_address("sip:a@b;x=1").parameters == {"x": "1"}
    assert parse_address("<sip:a@b?Replaces=1%3Bto-tag%3D2>").headers == "Replaces=1%3Bto-tag%3D2"


def test_lists_are_split_outside_quotes_and_brackets() -> None:
    assert quoted_split('"a,b" <sip:x,y@h>;q=1, <sip:z@h>,, sip:w@h') == ['"a,b" <sip:x,y@h>;q=1', "<sip:z@h>", "sip:w@h"]


@pytest.mark.parametrize(
    ("header", "cause"),
    [("Reason: Q.850;cause=17", 17), ("reason: SIP;cause=200, Q.850 ; text=x ; cause = 34", 34), ("Reason: SIP;cause=600", 0), ("X: 1", 0)],
)
def test_reasons(header: str, cause: int) -> None:
    assert reason_cause(f"BYE sip:a SIP/2.0\r\n{header}\r\n\r\n") == cause


@given(st.text())
def test_nothing_that_is_sent_to_us_breaks_the_reader(text: str) -> None:
    quoted_split(text)
    parse_address(text)
    reason_cause(text)
    try:
        request = parse_request(text)
    except ValueError:
        return
    assert request.method
