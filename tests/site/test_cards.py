"""What a site says of telephone cards: mistakes at their place in the file, and notes on what is seldom meant."""

import pytest

from appliance.config import ConfigError
from appliance.site.check import render
from tests.site.small import SMALL, site

pytestmark = [pytest.mark.requirement("OPS-04"), pytest.mark.requirement("ACC-01")]

SS7 = 'signalling = "ss7", point_code = 5'


def cards(*spans: str) -> str:
    """The small site with cards."""
    listed = ", ".join(f"{{ number = {at}, {span} }}" for at, span in enumerate(spans, 1))
    return SMALL.replace('backend = "simulated"', f'backend = "dahdi"\nspans = [ {listed} ]')


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (
            'signalling = "analogue", ports = [{ kind = "empty" }, { kind = "fxo", number = "95501" }]',
            "there is no service number '95501'; did you mean '95500'?",
        ),
        (f"{SS7}, adjacent_point_code = -5", "adjacent_point_code: -5 is no point code; possible is 0 to 16383"),
        (f"{SS7}, adjacent_point_code = 66051", "put a signalling gateway in between"),
        ('signalling = "pri", dnis_digits = 3', "'dnis_digits' belongs to mfc-r2, this span is pri: leave it out"),
    ],
)
def test_a_mistake_in_a_span_is_told(span: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        site(cards(span))
    (mistake,) = caught.value.mistakes
    assert said in str(mistake)
    assert "spans[1]" in str(mistake)


@pytest.mark.parametrize(
    ("spans", "noted"),
    [
        (('signalling = "pri"',), False),
        (('signalling = "pri", role = "network"',), True),
        (('signalling = "pri", clock = "own"', 'signalling = "bri", role = "network"'), True),
        (('signalling = "pri", clock = "own"', 'signalling = "bri"'), False),
        (('signalling = "analogue", ports = [{ kind = "fxo", number = "95500" }]',), False),
    ],
)
def test_cards_without_a_clock_from_outside_are_noted(spans: tuple[str, ...], noted: bool) -> None:
    shown = render(site(cards(*spans)), "s.toml")
    assert ("note: no span of line 'trunk' takes the clock from its far end" in shown) is noted
