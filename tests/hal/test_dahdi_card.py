"""The watcher beside the driver: layout of its structures, what it makes of the driver's answers, and whom it tells."""

import contextlib
import ctypes
import errno
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from hal.dahdi.card import (
    GET_PARAMS,
    SPANSTAT,
    Alive,
    Cards,
    Channel,
    ChannelParameters,
    Counters,
    Fault,
    Gone,
    Report,
    Reports,
    Span,
    SpanInfo,
    encode,
    table,
)
from hal.dahdi.reading import decode
from tests.hal.dahdi_driver import Driver

CARD = Path(__file__).parents[2] / "hal/dahdi/card.py"


def test_structures_are_laid_out_as_the_driver_has_them() -> None:
    """Sizes and request numbers as the C compiler makes them of dahdi/user.h on amd64, and where fields behind odd sizes are."""
    assert (ctypes.sizeof(SpanInfo), ctypes.sizeof(ChannelParameters)) == (314, 136)
    assert (SPANSTAT, GET_PARAMS) == (0xC13ADA0A, 0xC088DA05)
    offsets = {
        name: getattr(SpanInfo, name).offset for name in ("alarms", "fecount", "irqmisses", "totalspans", "lboname", "irq", "spantype")
    }
    assert offsets == {"alarms": 64, "fecount": 92, "irqmisses": 112, "totalspans": 128, "lboname": 140, "irq": 300, "spantype": 308}
    assert (ChannelParameters.name.offset, ChannelParameters.chan_alarms.offset) == (48, 132)


def test_all_spans_and_channels_are_found_also_behind_gaps() -> None:
    driver = Driver()
    driver.e1(1, 1, alarms=8 | 256, syncsrc=1)
    driver.e1(4, 94, crc4count=7, irqmisses=-1, becount=0xFFFFFFFF)
    driver.channels[94]["rxbits"] = 0b10111011
    first, fourth = Cards(driver.ioctl, Path("/nowhere")).spans()
    assert (first.number, first.name, first.interface, first.alarms, first.clock_from) == (
        1,
        "WCT1/0/1",
        "E1",
        ("red", "loss of signal"),
        1,
    )
    assert fourth.counters == Counters(crc4_errors=7)  # -1 is a driver that does not count
    assert [channel.number for channel in fourth.channels] == list(range(94, 125))
    assert (fourth.channels[0].bits_in, fourth.channels[0].bits_out) == (0b1011, -1)
    assert first.channels[0] == Channel(1, "WCT1/0/1/1", 128, (), off_hook=False, bits_in=-1, bits_out=-1)


def test_looking_costs_no_more_than_there_is() -> None:
    driver = Driver()
    driver.e1(1, 1)
    Cards(driver.ioctl).spans()
    assert driver.asked == 32
    assert Cards(Driver().ioctl).spans() == []


def test_slips_come_from_where_alone_the_driver_counts_them(tmp_path: Path) -> None:
    driver = Driver()
    driver.e1(1, 1)
    driver.e1(2, 32)
    (tmp_path / "1").write_text('Span 1: WCT1/0/1 "a card" (MASTER) HDB3/CCS \n\tTiming slips: 12\n\n\t   1 WCT1/0/1/1 Clear \n')
    assert [span.counters.slips for span in Cards(driver.ioctl, tmp_path).spans()] == [12, 0]


@pytest.mark.parametrize("error", [errno.EIO, errno.EACCES])
def test_a_driver_that_does_not_answer_is_no_empty_machine(error: int) -> None:
    with pytest.raises(OSError, match="driver"):
        Cards(Driver(broken=error).ioctl).spans()


def test_an_unknown_alarm_is_told_by_its_bit() -> None:
    driver = Driver()
    driver.e1(1, 1, alarms=4 | 1 << 20)
    assert Cards(driver.ioctl).spans()[0].alarms == ("yellow", "alarm 1048576")


def test_only_what_is_new_is_told_with_a_sign_of_life() -> None:
    driver = Driver()
    driver.e1(1, 1)
    driver.e1(2, 32)
    reports = Reports(Cards(driver.ioctl).spans)
    assert [type(report) for report in reports.look()] == [Span, Span, Alive]
    assert reports.look() == [Alive(2)]
    driver.spans[2]["alarms"] = 4
    news = reports.look()
    assert isinstance(news[0], Span)
    assert (news[0].number, news[0].alarms, news[1:]) == (2, ("yellow",), [Alive(2)])
    driver.remove(1)
    assert reports.look() == [Gone(1), Alive(1)]
    driver.broken = errno.EIO
    assert reports.look() == [Fault("driver: /dev/dahdi/ctl")]
    assert [type(report) for report in reports.everything()] == [Span, Fault]


def test_reports_come_over_the_wire_as_they_were() -> None:
    driver = Driver()
    driver.e1(1, 1, alarms=8, fecount=3)
    reports: list[Report] = [*Cards(driver.ioctl).spans(), Gone(3), Fault("no driver"), Alive(2)]
    assert [decode(encode(report)) for report in reports] == reports


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"[]",
        b"{}",
        b'{"kind":"gone"}',
        b'{"kind":"gone","number":"1"}',
        b'{"kind":"gone","number":true}',
        b'{"kind":"other","number":1}',
        b'{"kind":"alive","spans":1,"more":2}',
        b'{"kind":"span","number":1}',
        b"\xff\xfe",
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_what_is_no_report_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"no report|Expecting|decode"):
        decode(line)


@pytest.mark.parametrize(
    "spoilt", [{"alarms": [3]}, {"alarms": 3}, {"counters": {"slips": "1"}}, {"channels": [{"number": 1}]}, {"name": None}]
)
def test_a_span_of_other_types_is_refused(spoilt: dict[str, object]) -> None:
    driver = Driver()
    driver.e1(1, 1)
    fields = json.loads(encode(Cards(driver.ioctl).spans()[0]))
    with pytest.raises(ValueError, match="no report"):
        decode(json.dumps({**fields, **spoilt}).encode())


def test_the_table_shows_alarms_counters_and_channels() -> None:
    driver = Driver()
    driver.e1(1, 1, alarms=4, crc4count=9, syncsrc=2)
    driver.e1(2, 32)
    driver.channels[33].update(chan_alarms=8, rxisoffhook=1, sigtype=1 << 12 | 1 << 5)
    driver.channels[34].update(rxisoffhook=1)  # which means nothing on a channel without a hook
    said = table(Cards(driver.ioctl).spans())
    assert said.splitlines() == [
        "span 1  WCT1/0/1  E1  yellow",
        "  31 channels, clock from span 2; counted: crc4 errors 9",
        "span 2  WCT1/0/2  E1  ok",
        "  31 channels, clock from its own; counted: nothing",
        "  channel 33: red",
        "  channel 33: off hook",
    ]


def alone(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it as on a machine where there is nothing but Python: without site packages, outside the project."""
    return subprocess.run([sys.executable, "-I", "-S", CARD, *arguments], cwd="/", capture_output=True, text=True, timeout=30, check=False)


def test_it_needs_nothing_but_python_and_says_what_is_missing() -> None:
    assert "--listen" in alone("serve", "--help").stdout
    if Path("/dev/dahdi/ctl").exists():
        assert alone("show").returncode == 0
    else:
        shown = alone("show")
        assert (shown.returncode, shown.stdout, shown.stderr) == (1, "", "card.py: No such file or directory: /dev/dahdi/ctl\n")
    nowhere = alone("serve", "--listen", "/nowhere/cards")
    assert (nowhere.returncode, nowhere.stderr) == (1, "card.py: No such file or directory: /nowhere/cards\n")


@attrs.frozen
class Served:
    """A watcher that runs as a process of its own, with a driver that a file stands for."""

    address: str
    alarms: Path
    process: "subprocess.Popen[bytes]"


SERVING = """
import sys
from pathlib import Path
from hal.dahdi.card import Cards, Reports, listening, serve
from tests.hal.dahdi_driver import Driver
def look():
    driver = Driver()
    driver.e1(1, 1, alarms=int(Path(sys.argv[2]).read_text()))
    return Cards(driver.ioctl).spans()
with listening(sys.argv[1]) as server:
    print("listening", flush=True)
    serve(server, Reports(look), 0.02)
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    alarms, address = tmp_path / "alarms", str(tmp_path / "cards")
    alarms.write_text("0")
    Path(address).write_text("left by an earlier run")
    argv = [sys.executable, "-c", SERVING, address, str(alarms)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        yield Served(address, alarms, process)
        process.kill()


@contextlib.contextmanager
def heard(served: Served) -> Iterator[Iterator[Report]]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(served.address)
        with connection.makefile("rb") as lines:
            yield map(decode, lines)


def test_who_connects_late_hears_everything_and_then_what_changes(served: Served) -> None:
    with heard(served) as early, heard(served) as late:
        for reports in (early, late):
            span = next(report for report in reports if isinstance(report, Span))
            assert span.alarms == ()
        served.alarms.write_text("8")
        for reports in (early, late):
            assert next(report for report in reports if isinstance(report, Span)).alarms == ("red",)


def test_one_who_leaves_or_does_not_read_harms_no_other(served: Served) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(served.address)
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as leaver:
                leaver.connect(served.address)
                leaver.sendall(b"what nobody wants to know")
        with heard(served) as reports:
            assert sum(isinstance(next(reports), Alive) for _ in range(100)) > 90
