"""The table of backends says what is so."""

import re

from hal.api import Capability
from hal.csta.line import OF_SWITCH, OF_VOICE
from tests.hal.backends import OTHERS, README, ROOT, SWITCH, SWITCH_LIVE, page


def test_the_table_is_as_it_would_be_written() -> None:
    assert README.read_text(encoding="utf-8") == page(), "python -m tests.hal.backends writes it anew"


def test_every_test_it_names_exists() -> None:
    for named in (*SWITCH.values(), SWITCH_LIVE, *(file for _, file in OTHERS.values())):
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), file
        assert not test or re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE), named


def test_a_line_at_a_switch_claims_no_more_than_is_shown() -> None:
    claimed = OF_SWITCH | OF_VOICE
    assert {one for one in Capability if one in claimed} - set(SWITCH) == {Capability.SPEECH}
