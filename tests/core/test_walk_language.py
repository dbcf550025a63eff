"""A caller chooses a language in a call flow, and hears everything in it from then on."""

import pytest

from appliance.config import ConfigError
from tests.core.test_flow_mistakes import found
from tests.core.walking import Walk, flow_of

pytestmark = pytest.mark.requirement("ACC-05")

FLOW = """
flow  = "f"
start = "choice"

[choice]
say              = { zh = "普通话请按一", en = "For English press two" }
in_all_languages = true
menu             = { 1 = "hello", 2 = "hello" }
values           = { 1 = "zh", 2 = "en" }
into             = "language"
retries          = 0
otherwise        = "hello"

[hello]
say  = { zh = "您好", en = "Hello" }
next = "release"
"""
BOTH = "普通话请按一 For English press two"


@pytest.mark.parametrize(("key", "said", "language"), [("1", "您好", "zh"), ("2", "Hello", "en")])
def test_the_question_is_asked_in_every_language_and_the_rest_in_the_one_that_is_chosen(key: str, said: str, language: str) -> None:
    call = Walk(FLOW).key(key).hear_out()
    assert call.said == [BOTH, said]
    assert (call.contact.language, call.contact.variables) == (language, {})
    assert call.contact.data == {"language": language}


def test_who_chooses_nothing_keeps_the_language_of_the_number() -> None:
    call = Walk(FLOW).wait(10)
    assert call.said == [BOTH, "Hello"]


def test_a_language_that_is_found_out_otherwise_is_spoken_too_and_an_unknown_one_is_trouble() -> None:
    flow = FLOW.replace("[hello]", "[hello]\nset = { language = \"'{}'\" }")
    call = Walk(flow.replace("{}", "zh")).key("2").hear_out()
    assert call.said == [BOTH, "您好"]
    call = Walk(flow.replace("{}", "fr")).key("2").hear_out()
    assert call.said == [BOTH]
    assert call.ways[-1] == ("hello", "trouble")
    assert call.released


def test_a_key_for_a_language_that_the_centre_does_not_speak_is_a_mistake() -> None:
    assert found(FLOW) == []
    assert found(FLOW.replace('2 = "en"', '2 = "fr"')) == [("choice.values.2", "there is no language 'fr'; there are: zh, en")]


def test_what_is_said_in_all_languages_has_no_values() -> None:
    with pytest.raises(ConfigError, match="what is said in all languages has no values"):
        flow_of(FLOW.replace("普通话请按一", "今天{today}，普通话请按一"))
