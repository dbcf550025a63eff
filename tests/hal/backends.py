"""Which backend does what, and which test shows it: the table in `hal/README.md`, made from the contract suite.

    python -m tests.hal.backends        writes it

Of the contract (`tests/hal/contract.py`) a test shows the capabilities that it needs; a backend that runs the contract shows all that its
line has. A line at a switch shares speech and calls with the switch, and has tests of its own. `test_backends` sees to it that the table is
as it would be written, and that every test named here exists.
"""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from hal.api import Capability
from hal.simulated.backend import ALL
from hal.sip.line import CAPABILITIES
from tests.hal.contract import LineContract

__all__ = ["README", "SWITCH", "page"]

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "hal/README.md"
_MORE = 1
"""So many tests of the contract are named, the others counted."""


@attrs.frozen
class Backend:
    """A column."""

    title: str
    how: str
    """`live` or `simulated`."""
    capabilities: Capability
    suite: str
    """Where the contract runs for it."""


CONTRACT = (
    Backend("simulated", "simulated", ALL, "tests/hal/test_simulated.py"),
    Backend("sip", "live", CAPABILITIES | Capability.REGISTRAR | Capability.SPEECH, "tests/hal/test_sip_contract.py"),
    Backend("dahdi", "live", CAPABILITIES | Capability.REGISTRAR | Capability.SPEECH, "tests/hal/asterisk/test_card_contract.py"),
)
_LINE, _TALKS, _RECORDING, _LOST = (f"tests/hal/csta/test_csta_{name}.py" for name in ("line", "talks", "recording", "link_lost"))
SWITCH: Mapping[Capability, str] = {
    Capability.ANSWER: f"{_LINE}::test_a_caller_is_answered_at_a_port_and_hears_and_presses_there",
    Capability.ORIGINATE: f"{_TALKS}::test_caller_and_agent_are_joined_by_the_switch_and_the_port_is_free",
    Capability.PLAY: f"{_LINE}::test_a_caller_is_answered_at_a_port_and_hears_and_presses_there",
    Capability.DTMF: f"{_LINE}::test_a_caller_is_answered_at_a_port_and_hears_and_presses_there",
    Capability.RECORD: f"{_RECORDING}::test_a_conversation_is_recorded_at_a_port_that_joins_it",
    Capability.MIX: f"{_TALKS}::test_hold_and_retrieve_are_the_switchs",
    Capability.ROUTE: f"{_LINE}::test_a_caller_for_whom_no_port_is_free_goes_the_switchs_own_way",
    Capability.OBSERVE: f"{_LOST}::test_a_call_is_served_whatever_becomes_of_events",
    Capability.REGISTRAR: f"{_LOST}::test_phones_are_reachable_while_they_are_watched",
    Capability.AGENT_STATES: f"{_LOST}::test_agents_states_go_both_ways",
}
"""A line at a switch, over the simulated switch in virtual time; the first call is live."""
SWITCH_LIVE = "tests/live/test_switch_scheme.py::test_a_caller_is_answered_at_a_port_and_joined_with_an_agent_by_the_switch"
OTHERS: Mapping[tuple[str, Capability], tuple[str, str]] = {
    ("simulated", Capability.SPEECH): ("simulated", "tests/hal/test_simulated_hearing.py"),
    ("sip", Capability.SPEECH): ("live", "tests/hal/test_sip_listening.py"),
    ("dahdi", Capability.SPEECH): ("live", "tests/hal/test_sip_listening.py"),
    ("dahdi", Capability.SPAN_ALARMS): ("live", "tests/peers/dahdi/test_card_watch.py"),
}
"""What the contract does not ask."""
WHY_NOT: Mapping[tuple[str, Capability], str] = {
    ("csta", Capability.MIX): "two together, or on hold; no listening, whispering or conference from the seat",
    ("csta", Capability.HOLD): "the core's hold is a mix",
    ("csta", Capability.EARLY_MEDIA): "the switch lets it ring",
    ("csta", Capability.TRANSFER): "the phone's own keys do it",
    ("csta", Capability.SPEECH): "at the ports, as its voice line does; not tested through the switch",
}


def shows() -> dict[Capability, list[str]]:
    """Capability -> the tests of the contract that need it."""
    found: dict[Capability, list[str]] = {one: [] for one in Capability}
    for name, test in inspect.getmembers(LineContract, inspect.isfunction):
        if name.startswith("test_"):
            source = inspect.getsource(test)
            needs = {Capability[word] for word in re.findall(r"Capability\.([A-Z_]+)", "\n".join(re.findall(r"self\.need\(.*", source)))}
            for one in needs or ({Capability.ORIGINATE} if "self.station(" in source else {Capability.ANSWER}):
                found[one].append(name)
    return found


def _cell(backend: Backend, one: Capability, tests: list[str]) -> str:
    how, other = OTHERS.get((backend.title, one), ("", ""))
    if other:
        return f"{how}: `{other}`"
    if one not in backend.capabilities or not tests:
        return "not possible" if one not in backend.capabilities else "by its own tests"
    named = ", ".join(f"`{name}`" for name in tests[:_MORE])
    more = f" and {len(tests) - _MORE} more" if len(tests) > _MORE else ""
    return f"{backend.how}: {named}{more}"


def _switch_cell(one: Capability) -> str:
    why = WHY_NOT.get(("csta", one), "")
    if one in SWITCH:
        return f"simulated: `{SWITCH[one].partition('::')[2]}`" + (f" ({why})" if why else "")
    return f"not possible: {why}" if why else "not possible"


def page() -> str:
    """The page as it should be."""
    tests = shows()
    titles = [*(backend.title for backend in CONTRACT), "csta"]
    rows = [f"| | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for one in Capability:
        cells = [_cell(backend, one, tests[one]) for backend in CONTRACT]
        rows.append(f"| {one.name} | {' | '.join([*cells, _switch_cell(one)])} |")
    suites = ", ".join(f"{backend.title} by `{backend.suite}`" for backend in CONTRACT)
    return f"""\
# The hardware layer

`api/` is the contract: events up, commands down, and what a line promises. Each backend is a folder; a site's `[lines.NAME]` opens one.

| | |
|---|---|
| `sip` | SIP trunks and phones: media workers with PJSIP |
| `asterisk`, `dahdi` | telephone cards (`backend = "dahdi"`): an Asterisk drives them, a SIP line of ours has all speech and the phones |
| `csta` | a PBX on its CTI link, with a SIP line behind its ports ([csta/README.md](csta/README.md)) |
| `simulated` | the line of virtual time |

## Who does what, and which test shows it

Made from the contract suite (`python -m tests.hal.backends`); {suites}. `live`: against a real far end on this machine. A line at a switch
is proved over the simulated switch, its whole protocol between; its first call also live (`{SWITCH_LIVE}`).

{chr(10).join(rows)}
"""


if __name__ == "__main__":
    README.write_text(page(), encoding="utf-8")
