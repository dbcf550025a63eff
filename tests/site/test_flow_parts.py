"""The values that call flows say are rendered as parts of sentences: those of the flows' kinds, pauses among them, and no others."""

import pytest

from appliance.core.saying import vocabulary
from appliance.prompts import Piece
from appliance.prompts.parts import part
from appliance.site.flow_program import parts_of, program_of
from tests.core.walking import flow_of

FLOW = """
flow  = "numbers"
start = "told"

[told]
say  = { zh = "{caller:telephone}，{hour:count unit=call}。", en = "{caller:telephone}, {hour:count unit=call}." }
next = "release"
"""


@pytest.mark.requirement("IVR-03")
def test_what_a_flow_says_is_rendered_as_parts_of_sentences() -> None:
    program = program_of("numbers", flow_of(FLOW), ("zh", "en"), lambda piece: piece.text)
    asked: dict[str, Piece] = {}
    files = parts_of([program], ("zh", "en"), lambda piece: asked.setdefault(piece.stem, piece).stem)
    for language, pause in (("zh", "，"), ("en", ",")):
        assert files[language][pause] == f"say/{language}/{pause}"
        assert asked[f"say/{language}/{pause}"] == part(pause, language)
        assert set(files[language]) == vocabulary(language, ["telephone", "count"], units=["item", "call"])
