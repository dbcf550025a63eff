"""Frames of the CTI link: whole however they come in pieces, a broken header ends the stream, and lengths count bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.csta.errors import CannotWrite
from hal.csta.frames import EVENT, HEADER_BYTES, LARGEST_BYTES, Frame, FrameDecoder, encode_frame

FRAMES = st.lists(st.builds(Frame, st.integers(0, EVENT), st.binary(max_size=300)), max_size=6)


def test_what_is_on_the_wire() -> None:
    assert encode_frame(Frame(7, "<a>王</a>".encode())) == b"\0\0\0\x120007<a>\xe7\x8e\x8b</a>"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes in pieces, cut at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(FRAMES, st.lists(st.integers(0, 5000)))
def test_frames_are_whole_in_whatever_pieces_they_come(frames: list[Frame], places: list[int]) -> None:
    decoder = FrameDecoder()
    pieces = cut(b"".join(map(encode_frame, frames)), places)
    assert [frame for piece in pieces for frame in decoder.feed(piece)] == frames
    assert decoder.fault == ""
    assert decoder.waiting_bytes == 0


def test_the_largest_frame_comes_byte_by_byte() -> None:
    frame = Frame(EVENT, bytes([0x41]) * (LARGEST_BYTES - HEADER_BYTES))
    decoder = FrameDecoder()
    found = [one for byte in encode_frame(frame) for one in decoder.feed(bytes([byte]))]
    assert found == [frame]


@pytest.mark.parametrize(
    "header", [b"\0\1\0\x090001<", b"\1\0\0\x090001<", b"\0\0\0\x070001<", b"\0\0\0\x0900x1<", b"\0\0\0\x09 001<", b"\0\0\0\0" + bytes(5)]
)
def test_after_a_broken_header_nothing_is_decoded_any_more(header: bytes) -> None:
    good = encode_frame(Frame(1, b"<a/>"))
    decoder = FrameDecoder()
    assert decoder.feed(good + header + good) == [Frame(1, b"<a/>")]
    assert "no CSTA header" in decoder.fault
    assert decoder.feed(good) == []
    assert decoder.waiting_bytes == 0


def test_half_a_frame_waits() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(encode_frame(Frame(1, b"<a/>"))[:-1]) == []
    assert decoder.waiting_bytes == 11


@given(st.lists(st.binary(max_size=50)))
def test_whatever_bytes_come_there_are_frames_or_a_fault(pieces: list[bytes]) -> None:
    decoder = FrameDecoder()
    for piece in pieces:
        for frame in decoder.feed(piece):
            assert encode_frame(frame) in b"".join(pieces)
    assert decoder.waiting_bytes <= sum(map(len, pieces))


def test_what_does_not_fit_into_a_frame_is_not_written() -> None:
    with pytest.raises(CannotWrite, match="65536 bytes does not fit into a frame of 65535"):
        encode_frame(Frame(1, bytes(LARGEST_BYTES - HEADER_BYTES + 1)))
    with pytest.raises(CannotWrite, match="32768 bytes does not fit into a frame of 32767"):
        encode_frame(Frame(1, bytes(32760)), 32767)
    with pytest.raises(CannotWrite, match="10000 has not four digits"):
        encode_frame(Frame(10000, b""))
