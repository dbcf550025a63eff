"""Callers and phones that are not ours, played by sipp: scenario files with blanks, one class for each, and the counts sipp leaves behind.

    callers = call(Caller(number="95500", ..., calls=30, rate=5, says=tone), server, folder)   # runs on its own
    counts = callers.wait(60)                                                                   # every call well, or PeerFailed

What a party says is a capture made by `media.write_speech`: a tone with digits in their places. sipp plays it, one thread for each call.
Not here: TCP, TLS, re-INVITE by the far end (sipp calls that unexpected and fails the call), and hearing: what came is in a capture.
"""

import csv
import signal
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Self

import attrs

from tests.peers.pcap import Address
from tests.peers.processes import PeerFailed, Process, need, tail

__all__ = ["Agents", "Caller", "Counts", "Phone", "Sipp", "answering", "call", "dial", "register"]

_SCENARIOS = Path(__file__).with_name("scenarios")
_NEVER_MS = 3_600_000
_RATE_PERIOD_MS = 1007
"""The second in which so many calls begin. A whole one would let every call begin in the same phase of the far end's 20 ms of speech."""
_SOME_FAILED = 1
"""sipp's exit status when it ran to its end and a call failed."""


@attrs.frozen
class Counts:
    """What sipp counted, in calls."""

    made: int
    """Calls begun, in or out."""
    good: int
    failed: int
    open: int
    """Calls that are still going on."""
    retransmitted: int
    """Messages that were sent again because no answer came in time."""


class Sipp:
    """One running sipp; as a context manager it is ended with the block."""

    def __init__(
        self, scenario: str, blanks: dict[str, str], server: Address, local: Address, folder: Path, arguments: Sequence[str]
    ) -> None:
        """Start it in `folder`, which keeps its scenario, statistics and errors and is to be fresh."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        written = folder / f"{scenario}.xml"
        written.write_text(Template((_SCENARIOS / f"{scenario}.xml").read_text()).substitute(blanks))
        self._statistics, self._errors = folder / "statistics.csv", folder / "errors.log"
        argv: list[str | Path] = [need("sipp", "sip-tester"), f"{server[0]}:{server[1]}", "-sf", written]
        argv += ["-i", local[0], "-p", str(local[1]), "-mi", local[0], "-nostdin", "-timer_resol", "1", "-watchdog_interval", "0"]
        argv += ["-trace_stat", "-stf", self._statistics, "-fd", "1s", "-trace_err", "-error_file", self._errors, *arguments]
        self._process = Process(argv, folder / "screen.log", cwd=folder)

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.status is None

    @property
    def counts(self) -> Counts:
        """What it counted, up to a second ago while it runs."""
        rows = []
        if self._statistics.is_file():
            with self._statistics.open(newline="") as file:
                rows = list(csv.DictReader(file, delimiter=";"))
        last = next((row for row in reversed(rows) if row.get("Retransmissions(C)")), None)
        if last is None:
            return Counts(0, 0, 0, 0, 0)
        names = ("TotalCallCreated", "SuccessfulCall(C)", "FailedCall(C)", "CurrentCall", "Retransmissions(C)")
        return Counts(*(int(last[name]) for name in names))

    def wait(self, limit_s: float) -> Counts:
        """Wait until all its calls are over, every one of them well.

        Raises:
            PeerFailed: a call failed, sipp could not run, or it is not done within `limit_s`; the message has its errors.

        """
        counts = self.finish(limit_s)
        if counts.failed or self._process.status:
            raise PeerFailed(f"sipp ended with {self._process.status}. {self.story()}")
        return counts

    def finish(self, limit_s: float) -> Counts:
        """Wait until all its calls are over, well or not.

        Raises:
            PeerFailed: sipp could not run, or is not done within `limit_s`; the message has its errors.

        """
        try:
            status = self._process.wait(limit_s)
        except PeerFailed:
            self._process.stop(signal.SIGINT)  # it writes its last statistics then
            raise PeerFailed(f"sipp is not done after {limit_s:g} s. {self.story()}") from None
        if status not in (0, _SOME_FAILED):
            raise PeerFailed(f"sipp ended with {status}. {self.story()}")
        return self.counts

    def stop(self, limit_s: float = 10.0) -> Counts:
        """Let it take no more calls, and wait until those it has are over, every one of them well.

        Raises:
            PeerFailed: as for `wait`.

        """
        self.close()
        return self.wait(limit_s)

    def close(self) -> None:
        """Let it take no more calls; `wait` or `finish` says when those it has are over."""
        self._process.send(signal.SIGUSR1)

    def story(self) -> str:
        """What became of its calls, for a message: counts, errors, and each step of the scenario with its numbers."""
        # The scenario's steps with their counts stand on the last screen of that kind.
        screens = (self.folder / "screen.log").read_text(errors="replace").split("- Scenario Screen -")
        steps = screens[-1][screens[-1].find("Messages  Retrans") :].partition("-----------------")[0].rstrip() if len(screens) > 1 else ""
        return f"{self.folder.name}: {self.counts}; its errors:\n{tail(self._errors)}\n{' ' * 29}{steps}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


@attrs.frozen(kw_only=True)
class Caller:
    """Calls to one number."""

    number: str
    calls: int = 1
    rate: float = 1.0
    """Calls begun in a second."""
    at_once: int = 1000
    """No new call is begun while so many go on."""
    local: Address = ("127.0.0.2", 6100)
    media_port: int = 14000
    """First UDP port for speech; each call has one of its own."""
    first_ani: int = 13800000000
    """Caller's number of the first call; each further one has the next."""
    says: Path | None = None
    """What is sent from the answer on; None: nothing."""
    stays_s: float | None = None
    """How long after the answer he hangs up unless the far end did; None: he waits for the far end, for `patience_s` at most."""
    patience_s: float = 600.0


def call(caller: Caller, server: Address, folder: Path) -> Sipp:
    """Begin the calls."""
    numbers = [(str(caller.first_ani + n),) for n in range(caller.calls)]
    stays_s = caller.patience_s if caller.stays_s is None else caller.stays_s
    blanks = {
        "number": caller.number,
        "speech": _speech(caller.says),
        "stays_ms": _ms(stays_s),
        "on_timeout": "" if caller.stays_s is None else 'ontimeout="hang up"',
    }
    arguments = ["-inf", _injected(folder, numbers), "-m", str(caller.calls), "-l", str(caller.at_once)]
    arguments += ["-r", f"{caller.rate:g}", "-rp", str(_RATE_PERIOD_MS), "-mp", str(caller.media_port)]
    return Sipp("caller", blanks, server, caller.local, folder, arguments)


@attrs.frozen(kw_only=True)
class Agents:
    """Phones of any number of agents behind one address, which all do the same."""

    local: Address = ("127.0.0.3", 6200)
    media_port: int = 12000
    rings_s: float = 0.1
    talks_s: float | None = 1.0
    """How long after the answer they hang up unless the far end did; None: they never do."""
    says: Path | None = None


def answering(agents: Agents, server: Address, folder: Path) -> Sipp:
    """Let them take calls until stopped."""
    talks_s = _NEVER_MS / 1000 if agents.talks_s is None else agents.talks_s
    blanks = {"speech": _speech(agents.says), "rings_ms": _ms(agents.rings_s), "talks_ms": _ms(talks_s)}
    return Sipp("agent", blanks, server, agents.local, folder, ["-mp", str(agents.media_port)])


@attrs.frozen
class Phone:
    """A station's name and password."""

    name: str
    password: str

    def fields(self) -> tuple[str, str]:
        """As an injected file has it: sipp puts credentials in as a whole.

        Raises:
            ValueError: the password cannot be written there.

        """
        if not self.password or set(self.password) & set(' ;[]"\n'):
            raise ValueError(f"sipp cannot be told the password of {self.name}: it has a space, a quotation mark, a bracket or a semicolon")
        return self.name, f"[authentication username={self.name} password={self.password}]"


def register(phones: Sequence[Phone], server: Address, local: Address, folder: Path, *, expires_s: int = 3600) -> Sipp:
    """Log phones in, all to be reached at `local`."""
    arguments = ["-inf", _injected(folder, [phone.fields() for phone in phones]), "-m", str(len(phones)), "-r", "50"]
    return Sipp("register", {"expires_s": str(expires_s)}, server, local, folder, arguments)


def dial(what: Sequence[tuple[Phone, str]], server: Address, local: Address, folder: Path, *, at_once: int = 20) -> Sipp:
    """Let logged-in phones dial - a feature code, say - and wait for the far end to hang up."""
    rows = [(*phone.fields(), number) for phone, number in what]
    blanks = {"stays_ms": _ms(30.0)}
    return Sipp(
        "dial", blanks, server, local, folder, ["-inf", _injected(folder, rows), "-m", str(len(rows)), "-r", "20", "-l", str(at_once)]
    )


def _ms(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


def _speech(says: Path | None) -> str:
    return "" if says is None else f'  <nop><action><exec play_pcap_audio="{says.absolute()}"/></action></nop>'


def _injected(folder: Path, rows: Sequence[tuple[str, ...]]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fields.csv"
    path.write_text("SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in rows))
    return str(path)
