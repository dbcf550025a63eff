"""Which backend does what, and which test shows it: the table in `hal/README.md`, made from the contract suite.

    python -m tests.hal.backends        writes it

Of the contract (`tests/hal/contract.py`) a test shows the capabilities that it needs; a backend that runs the contract shows all that its
line has. `test_backends` sees to it that the table is
as it would be written, and that every test named here exists.
"""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from hal.api import Capability
from hal.csta.line import OF_SWITCH, OF_VOICE
from hal.simulated.backend import ALL
from hal.sip.line import CAPABILITIES
from tests.hal.contract import LineContract
from tests.peers.dahdi.over_pri import NOT_OVER_PRI

__all__ = ["ASTERISK_CALL", "CONTRACT", "FIRST_CALL", "OTHERS", "OVER_PRI", "PRI_CALL", "README", "ROOT", "page", "shows"]

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
    Backend("csta", "simulated", OF_SWITCH | OF_VOICE, "tests/hal/csta/test_csta_contract.py"),
    Backend("ami", "simulated", OF_SWITCH | OF_VOICE, "tests/hal/ami/test_ami_contract.py"),
)
FIRST_CALL = "tests/live/test_switch_scheme.py::test_a_caller_is_answered_at_a_port_and_joined_with_an_agent_by_the_switch"
"""A line at a switch with speech that is real."""
_LOST = "tests/hal/csta/test_csta_link_lost.py"
_AMI = "tests/hal/ami/test_ami_line.py"
_DIALLED = "tests/live/test_call_control.py::test_dialling_out_by_click_by_the_phone_and_from_the_directory_and_keys_for_the_other_side"
ASTERISK_CALL = "tests/live/test_asterisk_pbx.py::test_a_caller_is_answered_at_a_port_and_joined_with_an_agent_by_the_pbx"
OTHERS: Mapping[tuple[str, Capability], tuple[str, str]] = {
    ("simulated", Capability.OUTSIDE): ("simulated", "tests/core/test_keys.py::test_a_phone_dials_outside"),
    ("sip", Capability.OUTSIDE): ("live", _DIALLED),
    ("dahdi", Capability.OUTSIDE): ("live, also over PRI", "tests/hal/contract_calls.py::test_a_number_out_in_the_network_answers"),
    ("csta", Capability.OUTSIDE): ("simulated", "tests/hal/csta/test_csta_seat.py::test_dial_a_customer_and_a_colleague"),
    ("ami", Capability.OUTSIDE): ("live", "tests/live/test_asterisk_pbx.py::test_an_agent_calls_from_his_seat_and_asks_somebody_outside"),
    ("simulated", Capability.SPEECH): ("simulated", "tests/hal/test_simulated_hearing.py"),
    ("sip", Capability.SPEECH): ("live", "tests/hal/test_sip_listening.py"),
    ("dahdi", Capability.SPEECH): ("live", "tests/hal/asterisk/test_card_listening.py::test_a_caller_at_a_card_line_says_a_word"),
    ("dahdi", Capability.SPAN_ALARMS): ("live", "tests/peers/dahdi/test_card_watch.py"),
    ("csta", Capability.ROUTE): (
        "simulated",
        "tests/hal/csta/test_csta_line.py::test_a_caller_for_whom_no_port_is_free_goes_the_switchs_own_way",
    ),
    ("csta", Capability.OBSERVE): ("simulated", f"{_LOST}::test_a_call_is_served_whatever_becomes_of_events"),
    ("csta", Capability.AGENT_STATES): ("simulated", f"{_LOST}::test_agents_states_go_both_ways"),
    ("csta", Capability.SPEECH): ("simulated", "tests/hal/csta/test_csta_line.py::test_a_caller_is_understood_at_his_port"),
    ("ami", Capability.ROUTE): (
        "simulated",
        f"{_AMI}::test_a_caller_who_is_rejected_is_hung_up_and_one_without_a_port_goes_the_default_route",
    ),
    ("ami", Capability.OBSERVE): ("simulated", "tests/hal/ami/test_ami_machine.py::test_every_story_ends_well"),
    ("ami", Capability.AGENT_STATES): ("simulated", f"{_AMI}::test_agents_states_go_both_ways_and_outlive_a_restart_of_ours"),
    ("ami", Capability.SPEECH): ("simulated", f"{_AMI}::test_a_caller_is_understood_at_his_port"),
}
"""What the contract does not ask."""
OVER_PRI = "tests/peers/dahdi/test_card_contract.py"
PRI_CALL = "tests/peers/dahdi/test_card_centre.py::test_a_caller_over_pri_and_an_agent_at_a_telephone_talk_on_when_the_appliance_is_killed"
"""The first call over cards, with the whole appliance."""
_AT_A_SWITCH: Mapping[Capability, str] = {
    Capability.HOLD: "the core's hold is a mix",
    Capability.EARLY_MEDIA: "the switch lets it ring",
    Capability.TRANSFER: "a transfer is a call of the core's, or of the phone's own keys",
    Capability.CONFERENCE: "only of an agent, who he asks and the customer; recorded in one channel, and nobody listens",
    Capability.LISTING: "the line itself looks at all devices of the switch once a minute",
}
WHY_NOT: Mapping[tuple[str, Capability], str] = {
    **{(title, one): why for title in ("csta", "ami") for one, why in _AT_A_SWITCH.items()},
    ("csta", Capability.CAUSES): "RouteReject has no word for it",
    ("ami", Capability.CAUSES): "who is refused hears that he is rejected, whatever the cause",
}


def shows(capabilities: Capability) -> dict[Capability, list[str]]:
    """Capability -> the tests of the contract that need it, of those that a line with all these capabilities does not refuse."""
    found: dict[Capability, list[str]] = {one: [] for one in Capability}
    for name, test in inspect.getmembers(LineContract, inspect.isfunction):
        if name.startswith("test_"):
            source = inspect.getsource(test)
            needs = {Capability[word] for word in re.findall(r"Capability\.([A-Z_]+)", "\n".join(re.findall(r"self\.need\(.*", source)))}
            needs = needs or ({Capability.ORIGINATE} if "self.station(" in source else {Capability.ANSWER})
            for one in needs if all(need in capabilities for need in needs) else ():
                found[one].append(name)
    return found


def _cell(backend: Backend, one: Capability, tests: list[str]) -> str:
    how, other = OTHERS.get((backend.title, one), ("", ""))
    if other:
        return f"{how}: `{other.rpartition('::')[2]}`"
    if one not in backend.capabilities:
        why = WHY_NOT.get((backend.title, one), "")
        return f"not possible: {why}" if why else "not possible"
    how = backend.how
    if backend.title == "dahdi":
        tests = sorted(tests, key=lambda name: name in NOT_OVER_PRI)
        how += ", also over PRI" if any(name not in NOT_OVER_PRI for name in tests) else ", a SIP trunk playing the card"
    named = ", ".join(f"`{name}`" for name in tests[:_MORE])
    more = f" and {len(tests) - _MORE} more" if len(tests) > _MORE else ""
    return f"{how}: {named}{more}"


def _not_over_pri() -> str:
    reasons: dict[str, list[str]] = {}
    for name, why in NOT_OVER_PRI.items():
        reasons.setdefault(why, []).append(f"`{name}`")
    return "\n".join(["| why | test |", "|---|---|", *(f"| {why} | {', '.join(names)} |" for why, names in reasons.items())])


def page() -> str:
    """The page as it should be."""
    tests = [shows(backend.capabilities) for backend in CONTRACT]
    titles = [backend.title for backend in CONTRACT]
    rows = [f"| | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for one in Capability:
        cells = [_cell(backend, one, shown[one]) for backend, shown in zip(CONTRACT, tests, strict=True)]
        rows.append(f"| {one.name} | {' | '.join(cells)} |")
    suites = ", ".join(f"{backend.title} by `{backend.suite}`" for backend in CONTRACT)
    return f"""\
# The hardware layer

`api/` is the contract: events up, commands down, and what a line promises. Each backend is a folder; a site's `[lines.NAME]` opens one.

| | |
|---|---|
| `sip` | SIP trunks and phones: media workers with PJSIP |
| `asterisk`, `dahdi` | telephone cards (`backend = "dahdi"`): an Asterisk drives them, a SIP line of ours has all speech and the phones \
([asterisk/README.md](asterisk/README.md)) |
| `csta` | a PBX on its CTI link, with a SIP line behind its ports ([csta/README.md](csta/README.md)) |
| `ami` | the same at an Asterisk that is the PBX, over its manager ([ami/README.md](ami/README.md)) |
| `simulated` | the line of virtual time |

## Who does what, and which test shows it

Made from the contract suite (`python -m tests.hal.backends`); {suites}. `live`: against a real far end on this machine. A line at a switch
is proved over the simulated switch, its whole protocol between; its first call also live (`{FIRST_CALL}`).
A line at an Asterisk PBX is proved over an Asterisk of the tests' own, its manager's whole protocol between, and live with a real one
(`{ASTERISK_CALL}`).
Of a card line Asterisk is real and a SIP trunk plays the card; in the cells that say so the contract is also kept over PRI (below).
What a line cannot do it refuses: the tests that need it end with the proof of that. In a whole run no test is skipped: one that would be
fails.

{chr(10).join(rows)}

**Over ISDN PRI**, in a small machine with the real driver of the cards, a card line keeps the contract as well (`{OVER_PRI}`): callers and
subscribers are at an exchange beyond its E1. Its first call with the whole appliance: `{PRI_CALL}`.
Telephones and exchange lines at analogue ports are proved there by
`tests/peers/dahdi/test_card_analogue.py`. Of the contract's tests these are not run there:

{_not_over_pri()}
"""


if __name__ == "__main__":
    README.write_text(page(), encoding="utf-8")
