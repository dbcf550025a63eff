"""Messages of the manager as bytes and back: in any pieces, with any line ends, however long, whatever is sent."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.asterisk.ami import codec
from hal.asterisk.ami.codec import LONGEST_LINE, Banner, Decoder, Message, TooLong, encode

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=20)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r\r\n"])
HEADERS = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6).filter(
    lambda headers: (headers[0][0].lower(), headers[0][1].strip().lower()) != ("response", "follows")
)


def decoded(data: bytes, cuts: list[int] | None = None) -> list[Banner | Message]:
    decoder = Decoder(banner=False)
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or ())})
    return [found for begin, end in pairwise(edges) for found in decoder.feed(data[begin:end])]


def one(data: bytes) -> Message:
    (message,) = decoded(data)
    assert isinstance(message, Message)
    return message


@given(st.lists(HEADERS, max_size=3), st.lists(st.integers(0, 10_000), max_size=6))
def test_what_is_written_is_read_in_whatever_pieces_it_comes(messages: list[list[tuple[str, str]]], cuts: list[int]) -> None:
    data = b"".join(encode(headers) for headers in messages)
    assert decoded(data, cuts) == [Message(tuple(headers)) for headers in messages]


@given(HEADERS, st.lists(st.sampled_from([b"\n", b"\r\n", b"\r\r\n"]), min_size=7, max_size=7), st.lists(st.integers(0, 1000), max_size=8))
def test_line_ends_of_any_kind_are_one(headers: list[tuple[str, str]], ends: list[bytes], cuts: list[int]) -> None:
    lines = [f"{name}: {content}".encode() for name, content in headers] + [b""]
    data = b"".join(line + end for line, end in zip(lines, ends, strict=False))
    assert decoded(data, cuts) == [Message(tuple(headers))]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_whatever_comes_is_read_and_the_next_message_after_it(noise: bytes, cuts: list[int]) -> None:
    found = decoded(noise + b"\n\n--END COMMAND--\n\n" + encode([("Event", "After")]), cuts)
    assert found[-1] == Message((("Event", "After"),))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_pieces_do_not_matter_to_noise_either(noise: bytes, cuts: list[int]) -> None:
    assert decoded(noise, cuts) == decoded(noise)


def test_the_first_line_of_a_connection_is_its_banner() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"Asterisk Call Mana")) == []
    banner, message = decoder.feed(b"ger/11.0.0\r\nEvent: FullyBooted\r\n\r\n")
    assert isinstance(banner, Banner)
    assert banner.version == "11.0.0"
    assert message == Message((("Event", "FullyBooted"),))
    assert Banner("SSH-2.0-OpenSSH/9.2").version == ""


def test_names_that_come_more_than_once_are_all_kept_in_order() -> None:
    message = one(b"Response: Success\r\nOutput: one\r\nOutput:   two: three\r\nOutput: \r\nOutput:\r\n\r\n")
    assert message.lines == ["one", "  two: three", "", ""]
    assert (message.get("output"), message.get("RESPONSE"), message.get("Nothing", "else")) == ("one", "Success", "else")


def test_what_a_message_is_is_said_by_its_first_line() -> None:
    both = one(b"Event: OriginateResponse\r\nResponse: Failure\r\n\r\n")
    assert (both.event, both.response, both.get("Response")) == ("OriginateResponse", "", "Failure")
    neither = one(b"Message: x\r\n\r\n")
    assert (neither.event, neither.response) == ("", "")


def test_lines_that_are_no_headers_are_kept_apart() -> None:
    message = one(b"Event: Odd\r\nno header at all\r\nwith a space: no header\r\nLast: header\r\n\r\n")
    assert message == Message((("Event", "Odd"), ("Last", "header")), ("no header at all", "with a space: no header"))


def test_output_of_old_servers_may_hold_empty_lines() -> None:
    data = b"Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\none: 1\n\ntwo\r\n\r\nthree--END COMMAND--\r\n\r\n"
    for cut in range(len(data)):
        (message,) = decoded(data, [cut])
        assert isinstance(message, Message)
        assert (message.response, message.get("ActionID"), message.lines) == ("Follows", "7", ["one: 1", "", "two", "", "three"])


def test_a_line_that_is_too_long_is_cut_and_the_message_says_so() -> None:
    message = one(b"Event: Long\r\nValue: " + b"x" * (LONGEST_LINE * 3) + b"\r\nAfter: it\r\n\r\n")
    assert message.cut
    assert len(message.get("Value")) == LONGEST_LINE - len("Value: ")
    assert message.get("After") == "it"
    assert not one(b"Event: Long\r\nValue: " + b"x" * (LONGEST_LINE - 7) + b"\r\n\r\n").cut


def test_a_message_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LONGEST_MESSAGE", 10_000)
    decoder = Decoder(banner=False)
    for _ in range(9):
        assert list(decoder.feed(b"Output: " + b"x" * 992 + b"\r\n")) == []
    with pytest.raises(TooLong):
        list(decoder.feed(b"Output: " + b"x" * 1992 + b"\r\n"))


def test_bytes_that_are_no_text_do_not_stop_anything() -> None:
    assert one(b"Event: \xff\xfe\r\nName: caf\xc3\xa9\r\n\r\n") == Message((("Event", "\ufffd\ufffd"), ("Name", "café")))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Number", "1\r\nAction: Command"),
        ("Number", "1\nX: y"),
        ("Number", "a\0b"),
        ("Na me", "x"),
        ("", "x"),
        ("N:", "x"),
        ("Long", "x" * 1000),
    ],
)
def test_nothing_is_sent_that_would_be_read_as_something_else(name: str, content: str) -> None:
    with pytest.raises(ValueError, match=r"header|value|bytes"):
        encode([("Action", "Originate"), (name, content)])


def test_a_message_has_a_header() -> None:
    with pytest.raises(ValueError, match="at least one"):
        encode([])
