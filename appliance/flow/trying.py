"""`./hotline flow try SITE FLOW`: be the caller of a flow, in the terminal.

What would be said is printed; a line of keys answers it, an empty line is silence. Gateways and accounts answer what a file says
(`--answers`): `billing.bill = { amount = 88.5 }`, `accounts.customers = { 4471 = "1234" }`. Gateways that are not in it are
really asked, as the site says; accounts and tickets, which a running centre keeps, are not.

With `--sound` it is heard too. Keys cut it, as a caller's do; where they are no terminal's, all is heard before the next line is read.
"""

import sys
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO

import trio

from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input
from appliance.core.program.expressions import read_only
from appliance.core.records import NodeVisit
from appliance.flow.aloud import Aloud
from appliance.flow.rehearsal import Heard, Rehearsal
from appliance.outside.gateways import Gateways
from appliance.secrets import Secrets
from appliance.shell.clock import wall_s
from appliance.site import Site, load_site

__all__ = ["answers_of", "try_flow"]

_HELP = "keys answer, an empty line is silence, 'r' speaks into a recording, 'q' hangs up"
_Outside = Callable[[AskGateway | CheckAccount], Input]


def answers_of(path: Path | None, site: Site | None = None, data: Path = Path("data")) -> _Outside:
    """Answers for gateways from a TOML file, `[GATEWAY] QUERY = ...`; accounts from `[accounts.NAME] ACCOUNT = "PIN"`.

    A gateway of the site that is not in the file is asked itself, its secrets being those of a data directory.
    """
    known: Mapping[str, Any] = {}
    if path is not None:
        known = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for name, tables in known.items():
        if not isinstance(tables, dict) or (name == "accounts" and not all(isinstance(pins, dict) for pins in tables.values())):
            raise ValueError(f"{path}: '{name}' is no table of answers; write [{name}{'.NAME' if name == 'accounts' else ''}]")
    accounts = known.get("accounts", {})

    def outside(asked: AskGateway | CheckAccount) -> Input:
        if isinstance(asked, CheckAccount):
            pin = accounts.get(asked.accounts, {}).get(asked.account)
            return AccountChecked(asked.token, "trouble" if not accounts else "right" if pin == asked.pin else "wrong")
        if asked.gateway not in known and site is not None and asked.gateway in site.gateways:
            return trio.run(_really_asked, asked, site, data)
        queries = known.get(asked.gateway, {})
        if asked.query not in queries:
            return GatewayAnswered(asked.token, error=f"no answer for {asked.gateway}.{asked.query} was given (--answers)")
        return GatewayAnswered(asked.token, read_only(queries[asked.query]))

    return outside


async def _really_asked(asked: AskGateway, site: Site, data: Path) -> GatewayAnswered:
    gateways = Gateways(Secrets.read(data).gateway, lambda _noticed: None)
    gateways.load({asked.gateway: site.gateways[asked.gateway]})
    answered = await gateways.answer(asked)
    for gone in gateways.load({}):
        await gone.peer.close()
    return answered


def try_flow(
    site: Path,
    flow: str,
    *,
    outside: _Outside,
    caller: str = "13800138000",
    keys: TextIO = sys.stdin,
    out: TextIO = sys.stdout,
    aloud: Aloud | None = None,
) -> int:
    """Walk through a flow, aloud where there is something to play it with; the result is the exit code."""
    loaded = load_site(site)
    plan = loaded.plan(aloud.file if aloud else lambda piece: piece.text or f"[{piece.name}]")
    known = plan.entrances
    if flow not in known:
        print(f"there is no flow '{flow}'; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    rendered: Callable[[Render], str] = aloud.rendered if aloud else attrgetter("text")
    call = Rehearsal(plan, flow, outside, caller=caller, wall_s=wall_s(), rendered=rendered)
    print(f"  calling {flow} as {caller}: {_HELP}", file=out)
    while True:
        call.listen()
        heard = _show(call, out, aloud)
        if aloud:
            aloud.begin(heard)
        if call.over:
            break
        if call.waits:
            print(f"  ── {call.contact.queue if call.contact else ''}: here people serve; the rehearsal ends", file=out)
            break
        print("> ", end="", file=out, flush=True)
        if aloud and not keys.isatty():
            aloud.end()
        line = keys.readline()
        if aloud:
            aloud.cut()
        if not line or line.strip() == "q":
            print("  ── you hang up", file=out)
            call.hang_up()
            break
        _do(call, line.strip(), out)
    if aloud:
        aloud.end()
    _show(call, out, aloud)
    _told(call, out)
    return 0


def _do(call: Rehearsal, line: str, out: TextIO) -> None:
    if not line:
        silent_s = call.be_silent()
        print(f"  … {silent_s:.0f} s of silence", file=out)
    elif line == "r":
        call.speak()
    elif set(line) <= set("0123456789*#"):
        call.press(line)
    else:
        print(f"  {_HELP}", file=out)


def _show(call: Rehearsal, out: TextIO, aloud: Aloud | None) -> list[Heard]:
    heard = list(call.heard())
    for one in heard:
        match one.kind:
            case "said":
                print(f"  {' '.join(map(aloud.words, one.files)) if aloud else one.text}", file=out)
            case "music":
                print("  ♪ music", file=out)
            case "recording":
                print("  ● recording: 'r' speaks", file=out)
            case "released":
                print("  ── the call is released", file=out)
    out.flush()
    return heard


def _told(call: Rehearsal, out: TextIO) -> None:
    """What the call has left behind: where it went, and what agents would see."""
    ways = [row for row in call.kept if isinstance(row, NodeVisit)]
    if ways:
        print("  way: " + " → ".join(f"{row.node} [{row.left_by}]" for row in ways), file=out)
    if call.contact is not None and call.contact.data:
        print("  agents see: " + ", ".join(f"{name} = {of}" for name, of in call.contact.data.items()), file=out)
