"""What cannot be said is refused by name, whatever it is, and in no other way."""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.saying import KINDS, say, text, vocabulary


@pytest.mark.requirement("IVR-13")
@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("number", math.nan, "cannot say number nan: it is not a number that ends"),
        ("number", -math.inf, "cannot say number -inf: it is not a number that ends"),
        ("number", Decimal("sNaN"), r"cannot say number Decimal\('sNaN'\): it is not a number that ends"),
        ("number", 10**15, "cannot say number 1000000000000000: it is not below 1000000000000000"),
        ("number", -(10**15), "it is not below"),
        ("number", 1e300, r"cannot say number 1e\+300: it is not below"),
        ("number", Decimal("1E+999999"), "it is not below"),
        pytest.param("number", 10**9999, "cannot say number an integer of 33216 bits: it is not below", id="an integer of 10000 figures"),
        ("number", "1e5", "cannot say number '1e5': it is not a decimal number"),
        ("number", "1,234", "it is not a decimal number"),
        ("number", "", "cannot say number '': it is not a decimal number"),
        ("number", ".", "it is not a decimal number"),
        ("number", "Infinity", "it is not a decimal number"),
        ("number", "1" * 5000, "cannot say number '1{63}...: it is not a decimal number"),
        ("number", 1e-13, "it has more than 12 decimals"),
        ("number", True, "cannot say number True: it is not a number"),
        ("number", None, "cannot say number None: it is not a number"),
        ("ordinal", 0, "cannot say ordinal 0: the first place is 1"),
        ("ordinal", "1.5", "it is not a whole number"),
        ("money", "1.005", "cannot say money '1.005': it has more than two decimals"),
        ("money", 0.1 + 0.2, "money"),
        ("percentage", "%", "cannot say percentage '%': it is not a decimal number"),
        ("duration", -1, "cannot say duration -1: it is negative"),
        ("duration", 0.5, "it is not a whole number"),
        ("duration", timedelta(milliseconds=1), "it is not a whole number of seconds"),
        ("date", "2026-13-01", "cannot say date '2026-13-01': month must be in 1..12"),
        ("date", "2026-02-29", "day is out of range"),
        ("date", "2026-W01-1", "it is not a day"),
        ("date", date(999, 1, 1), "its year is before 1000"),
        ("date", 20261005, "it is not a day"),
        ("month", "2026-13", "cannot say month '2026-13': month must be in 1..12"),
        ("month", "2026-00", "month must be in 1..12"),
        ("month", 13, "cannot say month 13: it is not a day"),
        ("time", "24:00", "cannot say time '24:00': hour must be in 0..23"),
        ("time", "8:00", "it is not a time"),
        ("time", 800, "it is not a time"),
        ("datetime", "2026-10-05", "it is not a day and a time"),
        ("datetime", "2026-10-05 12:60", "minute must be in 0..59"),
        ("datetime", date(2026, 10, 5), "it is not a day and a time"),
        ("datetime", datetime(1, 1, 1), "its year is before 1000"),  # noqa: DTZ001 - wall time is what is said
        ("digits", "12a", "cannot say digits '12a': it has something in it that is not said"),
        ("digits", "", "it has something in it that is not said"),
        ("digits", -5, "it is not text"),
        ("digits", 1.5, "it is not text"),
        ("digits", "1" * 65, "it is longer than 64"),
        ("telephone", "1+2", "it has something in it that is not said"),
        ("account", "X", "it has something in it that is not said"),
        ("ticket", "票5", "it has something in it that is not said"),
    ],
)
def test_what_cannot_be_said(kind: str, value: object, why: str) -> None:
    for language in ("zh", "en"):
        with pytest.raises(ValueError, match=why):
            say(kind, value, language)


def test_what_there_is_not_is_answered_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="there is no kind of value 'sum'; there are: number, ordinal, digits"):
        say("sum", 1, "zh")
    with pytest.raises(ValueError, match="there is no language 'fr'; there are: zh, en"):
        say("number", 1, "fr")
    with pytest.raises(ValueError, match="number has no option 'unit'; it has: none"):
        say("number", 1, "zh", unit="item")
    with pytest.raises(ValueError, match="money has no option 'unit'; it has: currency, negative"):
        say("money", 1, "zh", unit="item")
    with pytest.raises(ValueError, match="money cannot be said with currency 'XXX'; there are: CNY, USD, EUR, GBP"):
        say("money", 1, "zh", currency="XXX")
    with pytest.raises(ValueError, match="there is no unit 'furlong'; there are: item"):
        vocabulary("en", ["count"], units=["furlong"])
    with pytest.raises(ValueError, match="there is no currency 'XXX'"):
        vocabulary("en", ["money"], currencies=["XXX"])
    with pytest.raises(ValueError, match="there is no kind of value 'sum'"):
        vocabulary("en", ["sum"])
    with pytest.raises(ValueError, match="there is no language 'fr'"):
        text(["un"], "fr")


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=80), st.binary(max_size=5), st.dates(),
    st.times(), st.datetimes(), st.datetimes(timezones=st.just(UTC)), st.timedeltas(), st.lists(st.integers(), max_size=2),
    st.text(alphabet="0123456789-+.:TX% ", max_size=20),
)  # fmt: skip


@pytest.mark.requirement("IVR-13")
@given(kind=st.sampled_from(list(KINDS)), value=ANYTHING, language=st.sampled_from(["zh", "en"]))
def test_anything_is_said_in_parts_of_the_vocabulary_or_refused_by_name(kind: str, value: object, language: str) -> None:
    try:
        parts = say(kind, value, language)
    except ValueError:
        with pytest.raises(ValueError, match=rf"^cannot say {kind} .+: .+"):
            say(kind, value, language)
    else:
        assert parts
        assert set(parts) <= vocabulary(language, [kind])


def test_pythons_own_types_are_said_as_their_texts() -> None:
    at = datetime(2026, 10, 5, 14, 20, 30, tzinfo=timezone(timedelta(hours=8)))
    for language in ("zh", "en"):
        assert say("datetime", at, language) == say("datetime", "2026-10-05 14:20", language)
        assert say("date", at, language) == say("date", at.date(), language) == say("date", "2026-10-05", language)
        assert say("month", at, language) == say("month", "2026-10", language)
        assert say("time", at, language) == say("time", time(14, 20), language) == say("time", "14:20", language)
        assert say("duration", timedelta(days=1, seconds=5), language) == say("duration", 86405, language)
        assert say("money", 12.5, language) == say("money", Decimal("12.50"), language) == say("money", " 12.5 ", language)
        assert say("number", 1e14, language) == say("number", 10**14, language)
