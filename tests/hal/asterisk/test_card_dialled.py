"""What is dialled at a card or at the appliance calls one place only: a number with other signs in it than a number has is refused."""

from pathlib import Path

import pytest

from tests.hal.asterisk.card_peer import rig
from tests.live.pbx import Place, pbx
from tests.peers.asterisk import Asterisk
from tests.peers.for_root import asterisk_for_root
from tests.peers.processes import until

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACC-01"), asterisk_for_root]

INVALID = "28"
"""Invalid number format (ITU-T Q.850)."""
SIGNS = {"amp": "9&Local/5@victim", "at": "9@net&Local/5@victim&PJSIP/9", "quote": '9" | "1', "paren": "9)&Local/5@victim", "letter": "9A"}
DIALPLAN = """
[victim]
exten => 5,1,Set(GLOBAL(VICTIM)=dialled)
[try]
exten => _.,1,Dial(Local/${EXTEN}@tries,5)
 same => n,Set(GLOBAL(SAID_${EXTEN})=${HANGUPCAUSE})
[tries]
"""


def _dials(contexts: tuple[str, ...], numbers: dict[str, str]) -> str:
    """A dialplan in which each number comes into each context as the one that was called."""
    there = [
        f"exten => {name}_{at},1,Goto({context},{number},1)" for at, context in enumerate(contexts) for name, number in numbers.items()
    ]
    return DIALPLAN + "\n".join(there) + "\n"


def _cause(peer: Asterisk, name: str) -> str:
    """What a call comes to an end with."""
    peer.cli(f"channel originate Local/{name}@try application Wait 1")
    said: list[str] = []

    def over() -> bool:
        said[:] = [
            line.split("=")[1].strip()
            for line in peer.cli("dialplan show globals").splitlines()
            if line.strip().startswith(f"SAID_{name}=")
        ]
        return bool(said)

    assert until(over, 30, every_s=0.1)
    return said[0]


def test_a_number_with_other_signs_is_refused_by_the_cards_asterisk(tmp_path: Path) -> None:
    contexts = ("from-card", "call", "from-hotline", "hotline-transfer")
    with rig(31).asterisk(tmp_path, dialplan=_dials(contexts, {**SIGNS, "right": "+9*#0"})) as peer:
        for at, context in enumerate(contexts):
            for name in SIGNS:
                assert _cause(peer, f"{name}_{at}") == INVALID, f"{SIGNS[name]} in [{context}]"
            assert _cause(peer, f"right_{at}") != INVALID, context
        assert "VICTIM" not in peer.cli("dialplan show globals")


def test_a_number_with_other_signs_is_refused_by_the_pbx(tmp_path: Path) -> None:
    def change(texts: dict[str, str]) -> dict[str, str]:
        name = "hotline-extensions.conf"
        signs = {name: number for name, number in SIGNS.items() if name != "letter"}  # a port's name may have letters
        return {**texts, name: texts[name] + _dials(("hotline-to",), {**signs, "right": "8901-b"})}

    with pbx(Place(tmp_path), change) as peer:
        for name in ("amp", "at", "quote", "paren"):
            assert _cause(peer, f"{name}_0") == INVALID, SIGNS[name]
        assert _cause(peer, "right_0") != INVALID
        assert "VICTIM" not in peer.cli("dialplan show globals")
