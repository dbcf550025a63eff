"""Who is let in, as a site file says it: the centre's rules, a number's own, and every mistake with its line."""

import pytest

from appliance.callers.numbering import numbering_of
from appliance.config import ConfigError
from appliance.core.plan import CallerPlan, Choice, NumberingPlan, ScreeningPlan, Treatment
from appliance.site.spoken import known_words
from hal.api import Cause
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("ACC-06")


def screened(text: str, base: str = SMALL) -> dict[str, ScreeningPlan]:
    return dict(site(base + text).plan(lambda piece: piece.name).screening)


def test_without_a_word_everybody_is_let_in_who_is_not_blocked() -> None:
    assert screened("") == {"95500": ScreeningPlan()}
    assert ScreeningPlan() == ScreeningPlan(
        blocked=Treatment("reject", Cause.CALL_REJECTED),
        withheld=Treatment("accept"),
        malformed=Treatment("accept"),
        spoofed=Treatment("accept"),
        only_listed=False,
        unlisted=Treatment("reject", Cause.CALL_REJECTED),
    )


def test_a_number_says_what_differs_from_the_centre() -> None:
    numbers = SMALL.replace(
        '95500 = { flow = "hotline" }',
        '95500 = { flow = "hotline", screening = { withheld = "accept", only_listed = true } }\n95501 = { queue = "consult" }',
    )
    centre = """
[screening]
blocked = "announcement:not-served"
withheld = "flag"
malformed = "reject invalid-number-format"
spoofed = "voicemail"
only_listed = false
[prompts]
not-served = { zh = "对不起。", en = "Sorry." }
"""
    all_of_it = ScreeningPlan(
        blocked=Treatment("send", to=Choice("announcement", "not-served")),
        withheld=Treatment("flag"),
        malformed=Treatment("reject", Cause.INVALID_NUMBER_FORMAT),
        spoofed=Treatment("send", to=Choice("voicemail")),
    )
    own = screened(centre, numbers)
    assert own["95501"] == all_of_it
    assert (own["95500"].withheld, own["95500"].only_listed, own["95500"].malformed) == (Treatment(), True, all_of_it.malformed)


def test_the_country_says_how_numbers_are_built() -> None:
    assert site().plan(lambda piece: piece.name).numbering == numbering_of("CN")
    none = site(SMALL + '[centre]\ncountry = ""\n').plan(lambda piece: piece.name)
    assert none.numbering == NumberingPlan()


def test_callers_can_be_listed_by_the_beginning_of_their_numbers() -> None:
    plan = site(SMALL + '[callers]\n"95*" = { blocked = true }\n"+8657112345678" = { vip = true }\n')
    assert plan.plan(lambda piece: piece.name).callers == {"95*": CallerPlan(blocked=True), "+8657112345678": CallerPlan(vip=True)}


def test_words_for_closures_need_nothing_that_says_them() -> None:
    made = site(SMALL + '[prompts]\nclosed-storm = { zh = "台风。", en = "Storm." }\n')
    assert "closed-storm" in known_words(made)
    assert "closed-storm" in made.plan(lambda piece: piece.name).prompts


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('[screening]\nwithheld = "queue:nowhere"\n', "there is no queue 'nowhere'"),
        ('[screening]\nwithheld = "callback"\n', "'callback' keeps the place of somebody who waits"),
        ('[screening]\nblocked = "reject user-bussy"\n', "did you mean 'user-busy'"),
        ('[numbers.95501]\nscreening = { withheld = "queue:nowhere" }\nqueue = "consult"\n', "there is no queue 'nowhere'"),
        ('[screening]\nblocked = "drop"\n', "'drop' is not 'accept', 'flag', 'reject'"),
        ('[screening]\nblocked = "announcement:nothing"\n', "there is no prompt 'nothing'"),
        ('[screening]\nbloked = "reject"\n', "blocked"),
        ('[centre]\ncountry = "ZZ"\n', "there is no numbering plan for 'ZZ'"),
        ('[callers]\n"*" = { blocked = true }\n', "'*' cannot stand here"),
    ],
)
def test_each_mistake_is_explained_with_its_line(wrong: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        site(SMALL + wrong)
    lines = (SMALL + wrong).splitlines()
    assert said in str(caught.value)
    assert {lines[mistake.line - 1] for mistake in caught.value.mistakes} == {wrong.splitlines()[1]}
