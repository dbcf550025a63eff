"""The table of backends says what is so."""

import re

from hal.api import Capability
from tests.hal.backends import CONTRACT, FIRST_CALL, OTHERS, README, ROOT, page, shows


def test_the_table_is_as_it_would_be_written() -> None:
    assert README.read_text(encoding="utf-8") == page(), "python -m tests.hal.backends writes it anew"


def test_every_test_it_names_exists() -> None:
    for named in (FIRST_CALL, *(file for _, file in OTHERS.values())):
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), file
        assert not test or re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE), named


def test_a_line_claims_no_more_than_is_shown() -> None:
    for backend in CONTRACT:
        tests = shows(backend.capabilities)
        shown = {one for one in Capability if tests[one] or (backend.title, one) in OTHERS}
        assert {one for one in Capability if one in backend.capabilities} <= shown, backend.title
