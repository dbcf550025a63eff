from datetime import time

import attrs
import pytest

from appliance.config import ConfigError, Days, Duration, Span, loads, setting, table


@pytest.mark.parametrize(
    ("text", "seconds", "shortest"),
    [
        ("20 s", 20.0, "20 s"),
        ("15min", 900.0, "15 min"),
        ("1 h 30 min", 5400.0, "90 min"),
        ("500 ms", 0.5, "0.5 s"),
        ("1.5 h", 5400.0, "90 min"),
        ("0 s", 0.0, "0.0 s"),
    ],
)
def test_lengths_of_time(text: str, seconds: float, shortest: str) -> None:
    assert Duration.parse(text) == seconds
    assert str(Duration.parse(text)) == shortest
    assert Duration.parse(shortest) == seconds


@pytest.mark.parametrize("text", ["", "20", "min", "20 weeks", "-5 s", "5 s and more"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="not a length of time with its unit"):
        Duration.parse(text)


def test_parts_of_a_day() -> None:
    assert Span.parse("9:00 - 12:30") == Span(time(9), time(12, 30))
    assert str(Span.parse("00:00-24:00")) == "00:00-24:00"
    assert (Span.parse("22:00-24:00").begin_s, Span.parse("22:00-24:00").end_s) == (79200.0, 86400.0)
    with pytest.raises(ValueError, match="ends before it begins"):
        Span.parse("22:00-06:00")
    with pytest.raises(ValueError, match="not a part of the day"):
        Span.parse("9-12")


def test_days_of_the_week() -> None:
    assert list(Days.parse("mon-fri")) == [0, 1, 2, 3, 4]
    assert list(Days.parse("sun")) == [6]
    assert str(Days.parse("sat-sun")) == "sat-sun"
    with pytest.raises(ValueError, match="runs over the week's end"):
        Days.parse("sat-mon")


def _even(_instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if value % 2:
        raise ValueError(f"'{attribute.name}': {value} is odd")


@attrs.frozen(kw_only=True)
class Backend:
    """Settings of a backend, which knows nothing of this package."""

    pair_: int = attrs.field(default=2, validator=_even, metadata={"key": "pair", "ge": 0})
    host: str = attrs.field(metadata={"doc": "where it is", "pattern": r"\d+(\.\d+){3}", "expects": "an address like 127.0.0.1"})

    def problems(self) -> list[ValueError]:
        return [ValueError("2 and this host do not go together")] if self.pair_ == 2 and self.host == "2.2.2.2" else []


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ('pair = 3\nhost = "x"', ["b.toml:1: pair: 3 is odd", "b.toml:2: host: 'x' is not an address like 127.0.0.1"]),
        ("pair = -2", ["b.toml:1: pair: -2 is out of range; possible is 0 or more", "b.toml:1: 'host' is missing; add it: where it is"]),
        ('host = "2.2.2.2"', ["b.toml:1: 2 and this host do not go together"]),
    ],
)
def test_a_class_of_a_third_party_is_checked_by_its_own_rules(text: str, messages: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(Backend, text, "b.toml")
    assert sorted(str(mistake) for mistake in caught.value.mistakes) == sorted(messages)


@table
class Several:
    """Members of lists and tables with limits."""

    code: int = setting(default=0, ge=0, le=2**24 - 1)
    shares: tuple[float, ...] = setting(default=(), ge=0, le=1)
    per_day: dict[str, int] = setting(factory=dict, ge=0, keys="[a-z]+", expects="a day's name")


def test_all_members_out_of_their_limits_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        loads(Several, "shares = [0.5, 2, -1]\ncode = 20000000\nper_day = { a = -1, B = 3 }", "s.toml")
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "s.toml:1: shares[2]: 2 is out of range; possible is 0 to 1",
        "s.toml:1: shares[3]: -1 is out of range; possible is 0 to 1",
        "s.toml:2: code: 20000000 is out of range; possible is 0 to 16777215",
        "s.toml:3: per_day.a: -1 is out of range; possible is 0 or more",
        "s.toml:3: per_day.B: 'B' cannot stand here; expected is a day's name",
    ]
