"""What is said is what was meant: read back by other code, for any value of every kind; and it is all in the vocabulary."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.saying import CURRENCIES, KINDS, UNITS, say, text, vocabulary
from tests.core.saying import read_english, read_mandarin

LANGUAGES: dict[str, ModuleType] = {"zh": read_mandarin, "en": read_english}
WHOLE = st.one_of(
    st.integers(0, 10**5),
    st.integers(0, 10**15 - 1),
    st.lists(st.sampled_from("00012"), min_size=1, max_size=15).map(lambda figures: int("".join(figures))),  # zeros in every place
)
NUMBERS = st.one_of(WHOLE, WHOLE.map(lambda number: -number), st.decimals(-10**9, 10**9, places=3), st.floats(-10**6, 10**6).map(
    lambda number: round(number, 6)
))  # fmt: skip
CENTS = st.one_of(st.integers(-30000, 30000), WHOLE.map(lambda number: number % 10**14))
DAYS = st.one_of(st.dates(date(1000, 1, 1)), st.dates(date(1995, 1, 1), date(2035, 1, 1)))
MINUTES = st.times().map(lambda at: time(at.hour, at.minute))
SECONDS = st.one_of(st.integers(0, 10000), st.integers(0, 10**6), WHOLE)
both = pytest.mark.parametrize("language", sorted(LANGUAGES))


def said(kind: str, value: object, language: str, **options: object) -> str:
    parts = say(kind, value, language, **options)
    only = {name: [options[key]] for key, name in (("currency", "currencies"), ("unit", "units")) if key in options}
    assert set(parts) <= vocabulary(language, [kind], **only)  # type: ignore[arg-type] # names of units and currencies
    return text(parts, language)


def exact(value: float | Decimal) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


@both
@pytest.mark.requirement("IVR-13")
@given(value=NUMBERS)
def test_numbers_and_percentages(language: str, value: float | Decimal) -> None:
    meant = exact(value)
    assert LANGUAGES[language].number(said("number", value, language)) == meant
    assert LANGUAGES[language].percentage(said("percentage", value, language)) == meant


@both
@pytest.mark.requirement("IVR-13")
@given(value=WHOLE.map(lambda number: number + (number == 0)))
def test_places(language: str, value: int) -> None:
    assert LANGUAGES[language].place(said("ordinal", value, language)) == value


@both
@pytest.mark.requirement("IVR-13")
@given(value=NUMBERS, unit=st.sampled_from(sorted(UNITS)))
def test_counts(language: str, value: float | Decimal, unit: str) -> None:
    meant = exact(value)
    name = UNITS[unit].zh if language == "zh" else UNITS[unit].one if abs(meant) == 1 else UNITS[unit].many
    assert LANGUAGES[language].count(said("count", value, language, unit=unit), name) == meant


@pytest.mark.requirement("IVR-13")
@given(cents=CENTS, negative=st.sampled_from(["minus", "credit"]))
def test_amounts(cents: int, negative: str) -> None:
    value = Decimal(cents) / 100
    assert read_mandarin.amount(said("money", value, "zh", negative=negative, currency="CNY")) == value
    assert read_english.amount(said("money", value, "en", negative=negative, currency="CNY"), yuan=100, jiao=10, fen=1) == value
    assert read_mandarin.dollars(said("money", value, "zh", currency="USD")) == value
    for currency, names in {
        "USD": {"dollar": 100, "dollars": 100, "cent": 1, "cents": 1},
        "EUR": {"euro": 100, "euros": 100, "cent": 1, "cents": 1},
        "GBP": {"pound": 100, "pounds": 100, "penny": 1, "pence": 1},
    }.items():
        assert read_english.amount(said("money", value, "en", currency=currency), **names) == value


@both
@pytest.mark.requirement("IVR-13")
@given(value=DAYS, weekday=st.booleans())
def test_days_and_months(language: str, value: date, weekday: bool) -> None:
    assert LANGUAGES[language].day(said("date", value, language, weekday=weekday)) == value
    assert LANGUAGES[language].month(said("month", value, language)) == value.replace(day=1)


@both
@pytest.mark.requirement("IVR-13")
@given(day=DAYS, at=MINUTES, weekday=st.booleans(), clock=st.sampled_from([12, 24]))
def test_times(language: str, day: date, at: time, weekday: bool, clock: int) -> None:
    assert LANGUAGES[language].at(said("time", at, language, clock=clock)) == at
    value = datetime.combine(day, at)
    assert LANGUAGES[language].moment(said("datetime", value, language, clock=clock, weekday=weekday)) == value


@both
@pytest.mark.requirement("IVR-13")
@given(value=SECONDS)
def test_durations(language: str, value: int) -> None:
    assert LANGUAGES[language].seconds(said("duration", value, language)) == value


@both
@pytest.mark.requirement("IVR-13")
@given(
    value=st.from_regex(r"[0-9]{1,40}", fullmatch=True),
    ticket=st.from_regex(r"[A-Z0-9]{1,20}(-[A-Z0-9]{1,20})?", fullmatch=True),
    prefix=st.sampled_from(["", "+", "+86", "0", "010", "0755", "1", "400"]),
    keys=st.from_regex(r"[0-9*#]{1,20}", fullmatch=True),
)
def test_figures_one_by_one(language: str, value: str, ticket: str, prefix: str, keys: str) -> None:
    signs: Callable[[str], str] = LANGUAGES[language].signs
    assert signs(said("digits", keys, language)) == keys
    assert signs(said("account", value, language)) == value
    assert signs(said("account", f"{value}X", language)) == f"{value}X"
    assert signs(said("telephone", prefix + value, language)) == prefix + value
    assert signs(said("ticket", ticket, language)) == ticket.replace("-", "")


def groups(parts: Iterable[str], language: str) -> list[int]:
    return [len(group.replace(" ", "")) for group in "".join(parts).split("，" if language == "zh" else ",")]


@given(value=st.from_regex(r"[0-9]{7,30}", fullmatch=True))
def test_no_group_is_too_long_or_too_short_to_be_written_down(value: str) -> None:
    for kind in ("telephone", "account"):
        assert all(2 <= length <= 5 for length in groups(say(kind, value, "zh"), "zh"))


NUMERALS = [
    *range(1000),
    *(number * size for size in (10**3, 10**4, 10**8, 10**9, 10**12) for number in range(110)),
]
EVERY = {
    "number": [*NUMERALS, "-1.5", "0.123456789"],
    "digits": ["0123456789*# 1"],
    "telephone": ["+0123456789*# 1"],
    "account": ["0123456789 1X"],
    "ticket": ["ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"],
    "time": [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)],
    "month": [f"{year}-{1 + year % 12:02}" for year in range(1000, 10000)],
    "date": [*(date(2024, 1, 1) + timedelta(day) for day in range(366)), *(date(year, 5, 5) for year in range(1000, 10000))],
    "duration": [*range(3600), *(3600 * hour for hour in NUMERALS if hour < 2 * 10**11)],
}
EVERY |= {
    "percentage": [*EVERY["number"], 100],
    "count": EVERY["number"],
    "ordinal": [number + one for number in NUMERALS for one in (0, 1) if number + one > 0],
    "datetime": [
        *(datetime.combine(day, time(day.day % 24, day.toordinal() % 60)) for day in EVERY["date"] if isinstance(day, date)),
        *(f"2026-10-05 {at}" for at in EVERY["time"]),
    ],
    "money": [*NUMERALS, *(Decimal(n) / 100 for n in range(100)), -1],
}
CHOICES: dict[str, list[dict[str, object]]] = {
    "money": [{"currency": currency, "negative": negative} for currency in CURRENCIES for negative in ("minus", "credit")],
    "count": [{"unit": unit} for unit in UNITS],
    "date": [{}, {"weekday": True}],
    "time": [{}, {"clock": 24}],
    "datetime": [{"weekday": True}, {"clock": 24}],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS))
@both
def test_no_part_is_recorded_that_is_never_said(kind: str, language: str) -> None:
    heard: set[str] = set()
    for options in CHOICES.get(kind, [{}]):
        for value in EVERY[kind]:
            heard.update(say(kind, value, language, **options))
    assert vocabulary(language, [kind]) - heard == set()
    assert heard - vocabulary(language, [kind]) == set()


def test_a_vocabulary_is_as_large_as_its_kinds_and_units_ask() -> None:
    sizes = {language: len(vocabulary(language, KINDS)) for language in LANGUAGES}
    assert all(size < 800 for size in sizes.values()), sizes
    some = vocabulary("zh", ["count", "money"], units=["day"], currencies=["CNY"])
    assert {"两天", "天", "五角", "两分"} <= some
    assert not {"两个", "两美元", "美分", "角"} & some
    assert vocabulary("en", ["count"], units=["day"]) >= {"day", "days"}
    assert "minutes" not in vocabulary("en", ["count"], units=["day"])
    assert vocabulary("zh", []) == frozenset()
