"""The table of backends says what is so."""

import re

from hal.api import Capability
from tests.hal.backends import ASTERISK_CALL, CONTRACT, FIRST_CALL, OTHERS, OVER_PRI, PRI_CALL, README, ROOT, page, shows
from tests.hal.contract import LineContract
from tests.peers.dahdi.over_pri import NOT_OVER_PRI


def test_the_table_is_as_it_would_be_written() -> None:
    assert README.read_text(encoding="utf-8") == page(), "python -m tests.hal.backends writes it anew"


def test_every_test_it_names_exists() -> None:
    for named in (FIRST_CALL, PRI_CALL, ASTERISK_CALL, *(file for _, file in OTHERS.values())):
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), file
        assert not test or re.search(rf"^ *(async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE), named


def test_what_is_not_run_over_pri_is_a_test_of_the_contract() -> None:
    assert [name for name in NOT_OVER_PRI if not hasattr(LineContract, name)] == []
    assert (ROOT / OVER_PRI).is_file()


def test_a_line_claims_no_more_than_is_shown() -> None:
    for backend in CONTRACT:
        tests = shows(backend.capabilities)
        shown = {one for one in Capability if tests[one] or (backend.title, one) in OTHERS}
        assert {one for one in Capability if one in backend.capabilities} <= shown, backend.title
