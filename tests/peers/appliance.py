"""The appliance itself as a process of its own, as an operator runs it: a site file, a data directory, its secrets, phones that log in."""

import contextlib
import sqlite3
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.peers.pcap import Address
from tests.peers.processes import PeerFailed, Process, cpu_s, tail, until
from tests.peers.sipp import Phone, dial, register

__all__ = ["Appliance", "serving"]

START_S = 120.0
"""The first start renders prompts."""
STOP_S = 30.0
_TOLD = "Passwords of phones"
"""In the last line it says before it serves."""


@attrs.frozen(kw_only=True)
class Appliance:
    """A running appliance."""

    sip: Address
    """Where it takes calls."""
    data: Path
    process: Process

    @property
    def cpu_s(self) -> float:
        """Processor time used so far by it and its media workers, in seconds."""
        return cpu_s(self.process.pid)

    def recordings(self) -> list[Path]:
        """Recorded conversations, whole ones."""
        return sorted(p for p in (self.data / "recordings").rglob("*.wav") if ".part." not in p.name)

    def log_in(self, agents: Sequence[tuple[str, str]], at: Address, folder: Path) -> None:
        """Log phones in from `at`, and agents by `*10` and their PIN on them; `agents` are pairs of agent and station.

        The phones answer later at the same address: nothing else may be bound to it meanwhile.

        Raises:
            PeerFailed: a phone or an agent was not let in.

        """
        secrets = tomllib.loads((self.data / "secrets.toml").read_text())
        phones = {station: Phone(station, secrets["stations"][station]) for _, station in agents}
        register(list(phones.values()), self.sip, at, folder / "register").wait(30)
        codes = [(phones[station], f"*10{secrets['agents'][agent]}") for agent, station in agents]
        dial(codes, self.sip, at, folder / "log-in").wait(60)
        wanted = {agent for agent, _ in agents}
        if not until(lambda: wanted <= self.ready(), 5.0, every_s=0.1):
            late = ", ".join(sorted(wanted - self.ready()))
            raise PeerFailed(f"agents {late} dialled their PIN and are not ready; the appliance said last:\n{tail(self.process.log)}")

    def ready(self) -> set[str]:
        """Agents who are ready for calls, as the store has them."""
        newest = "SELECT agent, state FROM agent_states AS a WHERE seq = (SELECT max(seq) FROM agent_states WHERE agent = a.agent)"
        return {agent for agent, state in self._rows(newest) if state == "ready"}

    def contacts(self) -> dict[str, int]:
        """How many contacts ended in which way, as the store has them; unfinished ones under the empty name."""
        return dict(self._rows("SELECT outcome, count(*) FROM contacts GROUP BY outcome"))

    def _rows(self, query: str) -> list[tuple[str, Any]]:
        # The store's schema is documented and stable: integrators read it like this.
        with contextlib.closing(sqlite3.connect(f"file:{self.data / 'hotline.db'}?mode=ro", uri=True)) as store:
            return list(store.execute(query))


@contextlib.contextmanager
def serving(site: Path, sip: Address, data: Path) -> Iterator[Appliance]:
    """Run `serve` with this site, whose SIP line listens at `sip`, until the block ends.

    Raises:
        PeerFailed: it does not open, or does not end in order; the message has its last words.

    """
    data.mkdir(parents=True, exist_ok=True)
    argv: list[str | Path] = [sys.executable, "-P", "-m", "appliance.cli", "serve", "--site", site, "--data", data, "--grace", "5"]
    log = data / "serve.log"
    with Process(argv, log) as process:
        settled = until(lambda: process.status is not None or _TOLD in log.read_text(errors="replace"), START_S)
        if not settled or process.status is not None or "NOT open" in log.read_text(errors="replace"):
            state = "is not open" if process.status is None else f"ended with {process.status}"
            process.stop(grace_s=STOP_S)
            raise PeerFailed(f"the appliance {state}; it said last:\n{tail(log)}")
        try:
            yield Appliance(sip=sip, data=data, process=process)
        finally:
            # Only in order: by design its media workers outlive an appliance that is killed.
            status = process.stop(grace_s=STOP_S)
        if status:
            raise PeerFailed(f"the appliance ended with {status}; it said last:\n{tail(log)}")
