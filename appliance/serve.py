"""`./hotline serve`: puts a centre together and runs it until it is told to stop.

    site file ─▶ plan        data directory ─▶ store, secrets, sockets of media workers
                   └──▶ engine ◀── shell ──▶ lines, store

SIGTERM or Ctrl-C once: no new calls, those going on may end. Twice: everybody is released now.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import trio

from appliance.access.desk import users_answer
from appliance.api import open_api, parts_of
from appliance.config import ConfigError
from appliance.core.engine import Engine
from appliance.core.inputs import Heal, Noticed, PlanChanged
from appliance.core.plan import Plan
from appliance.core.records import Alarm, Recording
from appliance.desk import Desk, Operators
from appliance.outside import Outside, open_outside
from appliance.outside.operators import accounts_answer
from appliance.prompts.library import Library
from appliance.prompts.speech import SpeechError
from appliance.secrets import Secrets
from appliance.shell import Shell, keep_line
from appliance.shell.beginning import begin, storage_alarm
from appliance.shell.clock import keep_clock, wall_s
from appliance.shell.comparing import keep_comparing
from appliance.site import Site, load_site
from appliance.site.strategies import load_strategies
from appliance.site.voices import voices_of
from appliance.store import Safely, Store, StoreError, Writer
from hal.api import HalError, LineSetup, Severity
from hal.registry import backend

__all__ = ["DEMO_SITE", "library_of", "serve"]

log = logging.getLogger("hotline.serve")

DEMO_SITE = Path(__file__).parent.parent / "scenarios" / "sites" / "demo.toml"
_GRACE_S = 300.0
"""How long calls may go on after the first signal."""
_ALIVE_EVERY_S = 30.0
_CHECK_EVERY_S, _CHECK_PIECES = 10.0, 100
"""In so long a time all invariants are looked at once, in so many pieces: a call is not to wait for thousands of agents to be looked at."""
_RECONCILE_AFTER_S = 60.0
"""When recordings of the last run that nobody makes any more are looked for on disk."""


def serve(site_file: Path, data_dir: Path, *, grace_s: float = _GRACE_S) -> int:
    """Run the centre; 0 after an orderly end, 2 when it cannot start: the reason is on stderr."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    try:
        site = load_site(site_file, speaks=True)
        with Store(data_dir, at=wall_s(), version=version("hotline")) as store:
            if store.left.previous is not None:
                _say(str(store.left))
            return trio.run(partial(_Centre(site_file, site, data_dir, store).run, grace_s))
    except (ConfigError, StoreError, HalError, SpeechError) as error:
        _say(str(error))
        return 2


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def library_of(site: Site) -> Library:
    """The prompts of a site: rendered ones are kept for all data directories of this user, recordings are the site's own."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    cache = Path(os.environ.get("HOTLINE_CACHE") or f"{home}/hotline")
    return Library(cache / "prompts", site.prompts.recorded, voices_of(site))


class _Centre:
    """One run of one centre."""

    def __init__(self, site_file: Path, site: Site, data_dir: Path, store: Store) -> None:
        self.site_file, self.site, self.data_dir, self.store = site_file, site, data_dir, store
        self.library = library_of(site)
        self.secrets = Secrets.open(data_dir, site)
        self.recordings_dir = data_dir / "recordings"
        self.recordings_dir.mkdir(mode=0o700, exist_ok=True)
        self.outside: Outside

    async def run(self, grace_s: float) -> int:
        await self._render(self.site, self.library)
        plan = self._plan(self.site, self.library)
        writer = self.store.writer()
        async with writer.running():
            async with trio.open_nursery() as nursery:  # whatever writes rows has ended before the writer does
                shell = Shell(Engine(plan, load_strategies()), writer, self._pin_checker(nursery), _show)
                safely = Safely(writer)
                writer.alarm, writer.stored = storage_alarm(shell), safely.heard(shell.stored)
                self.outside, book = open_outside(
                    nursery, shell, self.store, writer, safely,
                    speech=self.data_dir / "speech", secret=lambda name: self.secrets.gateway(name), zone=lambda: self.site.centre.timezone,
                )  # fmt: skip
                self.outside.load(self.site)
                begin(shell, self.store.left, writer, self.site.lines, wall_s)
                nursery.start_soon(shell.run)
                nursery.start_soon(keep_clock, shell.post)
                nursery.start_soon(keep_comparing, shell.post)
                nursery.start_soon(self._keep_alive, writer)
                nursery.start_soon(self._reconcile, shell, writer)
                nursery.start_soon(_watch, shell)
                api = await parts_of(lambda: self.site.centre.name, shell, self.store, safely, partial(self._reload, shell), wall_s)
                others: dict[str, Operators] = {
                    "accounts": partial(accounts_answer, self.outside.accounts, book),
                    "users": users_answer(api.users, api.door, wall_s),
                }
                desk = Desk(self.data_dir, shell, partial(self._reload, shell), others)
                async with desk.open(), open_api(self.site.api, api, self.data_dir, _say), trio.open_nursery() as lines:
                    await self._open_lines(shell, lines)
                    nursery.start_soon(self._reload_on_signal, shell)
                    self._tell_ready(shell)
                    await _signalled_to_stop(lines, shell, grace_s)
                nursery.cancel_scope.cancel()
            writer.put(self.store.ended(wall_s()))
        return 0

    async def _render(self, site: Site, library: Library, *, aside: bool = False) -> None:
        """Every text and sound of the site as a file; rendered once, then found. `aside`: while callers are served.

        A voice that could take this process down never speaks in it: calls of the last run may go on.
        """
        pieces = site.pieces()
        if missing := len(library.missing(pieces)):
            _say(f"rendering {missing} prompts")
            apart = aside or any(voice.inside for voice in library.voices.values())
            await trio.to_thread.run_sync(partial(library.render, pieces, aside=apart))

    def _plan(self, site: Site, library: Library) -> Plan:
        return site.plan(library.file, recordings_dir=str(self.recordings_dir.resolve()))

    async def _reload(self, shell: Shell) -> str:
        """Take over the changed site file, whole or not at all; what is wrong with it, empty: it is in force."""
        try:
            site = await trio.to_thread.run_sync(partial(load_site, self.site_file, speaks=True))
            if site.lines != self.site.lines:
                return f"{self.site_file}: [lines] cannot be changed while running; restart for that (calls outlive it)"
            library = library_of(site)
            await self._render(site, library, aside=True)
            plan = self._plan(site, library)
            secrets = await trio.to_thread.run_sync(Secrets.open, self.data_dir, site)
        except (ConfigError, SpeechError, OSError) as error:
            return str(error)
        if problems := shell.engine.refuses(plan):
            return "; ".join(problems)
        self.site, self.library, self.secrets = site, library, secrets
        self.outside.load(site)
        shell.post(PlanChanged(plan))
        log.info("the changed site file is in force")
        return ""

    async def _reload_on_signal(self, shell: Shell) -> None:
        with trio.open_signal_receiver(signal.SIGHUP) as signals:
            async for _ in signals:
                if error := await self._reload(shell):
                    _say(f"the changed site file cannot be used, the old one stays in force:\n{error}")
                    shell.post(Noticed("site", Severity.YELLOW, f"the changed site cannot be used: {error}", "mend it and load it again"))

    def _pin_checker(self, nursery: trio.Nursery) -> Callable[[str, str, Callable[[bool], None]], None]:
        async def check(agent: str, pin: str, answer: Callable[[bool], None]) -> None:
            answer(await trio.to_thread.run_sync(lambda: self.secrets.check_pin(agent, pin)))

        return lambda agent, pin, answer: nursery.start_soon(check, agent, pin, answer)

    async def _open_lines(self, shell: Shell, nursery: trio.Nursery) -> None:
        """Open all lines; goes on when each has opened, or has failed once and is being tried again."""
        for name, line in self.site.lines.items():
            settled = trio.Event()
            setup = LineSetup(name, line.settings, shell.post, self.data_dir, lambda secret: self.secrets.secret(secret))
            nursery.start_soon(partial(keep_line, shell, backend(line.backend), setup, opened=settled.set, failed=settled.set))
            await settled.wait()

    def _tell_ready(self, shell: Shell) -> None:
        numbers = ", ".join(self.site.numbers) or "none"
        shut = [name for name in self.site.lines if name not in shell.lines]
        lines = [
            f"{name} ({line.backend} {getattr(line.settings, 'listen', '')})".replace(" )", ")") for name, line in self.site.lines.items()
        ]
        _say(f"{self.site.centre.name} is open. Service numbers: {numbers}. Lines: {', '.join(lines)}.")
        if shut:
            _say(f"NOT open: {', '.join(shut)}; see the alarms above, each line is tried again by itself")
        _say(f"Passwords of phones and PINs of agents: {self.secrets.path}")

    async def _keep_alive(self, writer: Writer) -> None:
        while True:
            writer.put(self.store.alive(wall_s()))
            await trio.sleep(_ALIVE_EVERY_S)

    async def _reconcile(self, shell: Shell, writer: Writer) -> None:
        if self.store.left.recordings:
            await trio.sleep(_RECONCILE_AFTER_S)
            open_now = await self.store.read(lambda reader: {row.id for row in reader.rows(Recording, "state = 'recording'")})
            settled = {row.id for row in self.store.left.recordings} - open_now
            found = await self.store.reconcile(self.recordings_dir, writer, settled | set(shell.engine.state.recordings))
            log.info("%s", found)


async def _watch(shell: Shell) -> None:
    """Look for broken invariants while serving: each is a mistake of ours, an alarm, and mended at once."""
    while True:
        await trio.sleep(_CHECK_EVERY_S / _CHECK_PIECES)
        if violations := shell.engine.check_some(1.0 / _CHECK_PIECES):
            log.error("invariants are broken: %s", "; ".join(violations))
            shell.post(Heal())


def _show(alarm: Alarm) -> None:
    state = "cleared" if alarm.cleared_at is not None else "ALARM"
    log.warning("%s %s %s: %s%s", state, alarm.severity, alarm.source, alarm.text, f" - {alarm.advice}" if alarm.advice else "")


async def _signalled_to_stop(lines: trio.Nursery, shell: Shell, grace_s: float) -> None:
    """Wait for the first signal, drain, and close the lines; a second signal does not wait for anybody."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        await anext(signals)
        calls = len(shell.engine.state.contacts)
        _say(f"stopping: {calls} calls may go on for {grace_s:.0f} s; once more to release them now" if calls else "stopping")
        async with trio.open_nursery() as nursery:

            async def second() -> None:
                await anext(signals)
                nursery.cancel_scope.cancel()

            nursery.start_soon(second)
            await shell.drain(grace_s)
            nursery.cancel_scope.cancel()
        if not shell.engine.idle:
            await shell.drain(0.0)
    lines.cancel_scope.cancel()
