"""Files of packets: what is written is read back, what others write is read, what is no such file is refused."""

import struct
from pathlib import Path

import pytest

from tests.peers.pcap import Datagram, Unreadable, read, write

HERE, THERE = ("127.0.0.2", 6100), ("127.0.0.10", 5060)
SEEN = [Datagram(1700000000.25, HERE, THERE, b"OPTIONS sip:x SIP/2.0\r\n\r\n"), Datagram(1700000000.5, THERE, HERE, b"\x80" + bytes(171))]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", SEEN)
    assert list(read(tmp_path / "a.pcap")) == SEEN


def test_another_reader_finds_the_same_and_right_checksums(tmp_path: Path) -> None:
    scapy = pytest.importorskip("scapy.all")
    write(tmp_path / "a.pcap", SEEN)
    packets = scapy.rdpcap(str(tmp_path / "a.pcap"))
    assert [bytes(p[scapy.UDP].payload) for p in packets] == [d.payload for d in SEEN]
    for packet in packets:
        said = packet[scapy.IP].chksum
        del packet[scapy.IP].chksum
        assert scapy.IP(bytes(packet[scapy.IP])).chksum == said


def test_a_capture_by_another_writer_is_read(tmp_path: Path) -> None:
    scapy = pytest.importorskip("scapy.all")
    packet = scapy.Ether() / scapy.IP(src="127.0.0.2", dst="127.0.0.10") / scapy.UDP(sport=6100, dport=5060) / b"hello"
    tcp = scapy.Ether() / scapy.IP(src="127.0.0.2", dst="127.0.0.10") / scapy.TCP(sport=1, dport=2) / b"not UDP"
    fragment = scapy.Ether() / scapy.IP(src="127.0.0.2", dst="127.0.0.10", frag=1) / scapy.UDP(sport=1, dport=2) / b"later part"
    packet.time = 12.5
    scapy.wrpcap(str(tmp_path / "b.pcap"), [tcp, packet, fragment])
    assert list(read(tmp_path / "b.pcap")) == [Datagram(12.5, HERE, THERE, b"hello")]


def test_nanoseconds_and_the_other_byte_order(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", SEEN[:1])
    packet = (tmp_path / "a.pcap").read_bytes()[40:]
    header = struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    (tmp_path / "b.pcap").write_bytes(header + struct.pack(">IIII", 1700000000, 250_000_000, len(packet), len(packet)) + packet)
    assert list(read(tmp_path / "b.pcap")) == SEEN[:1]


def test_a_packet_cut_off_with_the_file_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.pcap", SEEN)
    whole = (tmp_path / "a.pcap").read_bytes()
    (tmp_path / "b.pcap").write_bytes(whole[:-20])
    assert list(read(tmp_path / "b.pcap")) == SEEN[:1]


@pytest.mark.parametrize("content", [b"", b"RIFF" + bytes(40), struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 113)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pcap").write_bytes(content)
    with pytest.raises(Unreadable, match=r"a\.pcap"):
        list(read(tmp_path / "a.pcap"))
