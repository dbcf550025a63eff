"""English against a table written by hand from the rules that `appliance.core.saying.english` names."""

import pytest

from appliance.core.saying import say, text

_NUMBERS = """
0 zero | 1 one | 2 two | 10 ten | 11 eleven | 12 twelve | 13 thirteen | 15 fifteen | 18 eighteen | 19 nineteen | 20 twenty | 21 twenty-one
22 twenty-two | 30 thirty | 40 forty | 44 forty-four | 50 fifty | 80 eighty | 90 ninety | 99 ninety-nine
100 one hundred | 101 one hundred and one | 110 one hundred and ten | 112 one hundred and twelve | 120 one hundred and twenty
200 two hundred | 222 two hundred and twenty-two | 505 five hundred and five | 999 nine hundred and ninety-nine
1000 one thousand | 1001 one thousand and one | 1010 one thousand and ten | 1100 one thousand one hundred
1101 one thousand one hundred and one | 1234 one thousand two hundred and thirty-four | 2000 two thousand | 2002 two thousand and two
9999 nine thousand nine hundred and ninety-nine | 10000 ten thousand | 10001 ten thousand and one | 10010 ten thousand and ten
10100 ten thousand one hundred | 20000 twenty thousand | 22222 twenty-two thousand two hundred and twenty-two
100000 one hundred thousand | 100001 one hundred thousand and one | 101000 one hundred and one thousand
101001 one hundred and one thousand and one | 110110 one hundred and ten thousand one hundred and ten
1000000 one million | 1000001 one million and one | 1001000 one million one thousand | 1000100 one million one hundred
1001001 one million one thousand and one | 2000000 two million | 10000000 ten million | 100000000 one hundred million
101000000 one hundred and one million | 100000001 one hundred million and one | 1000000000 one billion | 2000000002 two billion and two
1000000000000 one trillion | 1000000000001 one trillion and one | 1001000000000 one trillion one billion
123456789 one hundred and twenty-three million four hundred and fifty-six thousand seven hundred and eighty-nine
-1 minus one | -110 minus one hundred and ten | -0 zero
0.5 zero point five | 0.05 zero point zero five | 2.5 two point five | 10.10 ten point one | 100.25 one hundred point two five
-0.5 minus zero point five | 2.0 two | 007 seven
"""

_ORDINALS = """
1 first | 2 second | 3 third | 4 fourth | 5 fifth | 6 sixth | 7 seventh | 8 eighth | 9 ninth | 10 tenth | 11 eleventh | 12 twelfth
13 thirteenth | 14 fourteenth | 15 fifteenth | 18 eighteenth | 19 nineteenth | 20 twentieth | 21 twenty-first | 22 twenty-second
23 twenty-third | 25 twenty-fifth | 28 twenty-eighth | 29 twenty-ninth | 30 thirtieth | 40 fortieth | 50 fiftieth | 90 ninetieth
99 ninety-ninth | 100 one hundredth | 101 one hundred and first | 112 one hundred and twelfth | 200 two hundredth | 1000 one thousandth
1001 one thousand and first | 20000 twenty thousandth | 1000000 one millionth | 1000000000 one billionth | 1000000000000 one trillionth
"""

_YUAN = """
0 zero yuan | 0.01 one fen | 0.02 two fen | 0.10 one jiao | 0.5 five jiao | 0.55 five jiao and five fen | 1 one yuan
1.01 one yuan and one fen | 1.50 one yuan and five jiao | 2 two yuan | 2.22 two yuan two jiao and two fen | 10.05 ten yuan and five fen
100 one hundred yuan | 101.10 one hundred and one yuan and one jiao | -5 minus five yuan | -0.02 minus two fen
"""

_DOLLARS = """
0 zero dollars | 0.01 one cent | 0.02 two cents | 0.50 fifty cents | 1 one dollar | 1.01 one dollar and one cent | 2 two dollars
10.05 ten dollars and five cents | 10.50 ten dollars and fifty cents | 101 one hundred and one dollars | -1 minus one dollar
-12.34 minus twelve dollars and thirty-four cents
"""

_POUNDS = """
0.01 one penny | 0.02 two pence | 1 one pound | 2.50 two pounds and fifty pence | 1000001 one million and one pounds
"""

_PERCENTAGES = """
0 zero percent | 1 one percent | 20 twenty percent | 20% twenty percent | 100 one hundred percent | 12.5 twelve point five percent
0.5 zero point five percent | -5 minus five percent
"""

_MONTHS = """
2026-10 October twenty twenty-six | 2000-01 January two thousand | 2005-02 February two thousand and five
2009-03 March two thousand and nine | 2010-04 April twenty ten | 1999-05 May nineteen ninety-nine | 1905-06 June nineteen oh five
1900-07 July nineteen hundred | 2100-08 August twenty-one hundred | 1066-09 September ten sixty-six | 1000-11 November one thousand
1001-12 December one thousand and one | 1101-10 October eleven oh one | 9999-12 December ninety-nine ninety-nine
"""

_DATES = """
2026-10-05 October fifth twenty twenty-six | 2026-01-01 January first twenty twenty-six | 2026-02-02 February second twenty twenty-six
2026-03-03 March third twenty twenty-six | 2026-08-12 August twelfth twenty twenty-six
2026-12-31 December thirty-first twenty twenty-six | 2000-02-29 February twenty-ninth two thousand
2026-11-20 November twentieth twenty twenty-six
"""

_TIMES = """
00:00 twelve midnight | 00:01 twelve oh one a.m. | 00:30 twelve thirty a.m. | 01:00 one a.m. | 02:00 two a.m. | 08:05 eight oh five a.m.
11:59 eleven fifty-nine a.m. | 12:00 twelve noon | 12:02 twelve oh two p.m. | 13:00 one p.m. | 14:20 two twenty p.m.
23:59 eleven fifty-nine p.m.
"""

_TIMES_24 = """
00:00 zero hundred | 00:05 zero oh five | 02:00 two hundred | 08:05 eight oh five | 12:00 twelve hundred | 12:02 twelve oh two
14:30 fourteen thirty | 22:22 twenty-two twenty-two
"""

_DURATIONS = """
0 zero seconds | 1 one second | 2 two seconds | 60 one minute | 61 one minute and one second | 120 two minutes | 3600 one hour
3602 one hour and two seconds | 3660 one hour and one minute | 3723 one hour two minutes and three seconds | 7200 two hours
86400 twenty-four hours | 367200 one hundred and two hours
"""


def cases(table: str) -> dict[str, str]:
    found = [case.strip().partition(" ") for line in table.strip().splitlines() for case in line.split("|")]
    return {value: words for value, _, words in found}


def said(kind: str, value: object, **options: object) -> str:
    return text(say(kind, value, "en", **options), "en")


@pytest.mark.requirement("IVR-13")
@pytest.mark.requirement("IVR-03")
@pytest.mark.parametrize(
    ("kind", "options", "table"),
    [
        ("number", {}, _NUMBERS),
        ("ordinal", {}, _ORDINALS),
        ("money", {}, _YUAN),
        ("money", {"currency": "USD"}, _DOLLARS),
        ("money", {"currency": "GBP"}, _POUNDS),
        ("percentage", {}, _PERCENTAGES),
        ("month", {}, _MONTHS),
        ("date", {}, _DATES),
        ("time", {}, _TIMES),
        ("time", {"clock": 24}, _TIMES_24),
        ("duration", {}, _DURATIONS),
    ],
)
def test_each_kind_is_said_by_the_rules(kind: str, options: dict[str, object], table: str) -> None:
    wrong = {value: got for value, words in cases(table).items() if (got := said(kind, value, **options)) != words}
    assert wrong == {}


@pytest.mark.requirement("IVR-03")
@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "call", "zero calls"),
        (1, "call", "one call"),
        (-1, "call", "minus one call"),
        (2, "person", "two people"),
        (101, "copy", "one hundred and one copies"),
        ("1.5", "hour", "one point five hours"),
        ("1.0", "kilowatt-hour", "one kilowatt hour"),
        (12, "month", "twelve months"),
    ],
)
def test_one_is_singular(value: object, unit: str, words: str) -> None:
    assert said("count", value, unit=unit) == words


def test_a_credit_is_called_one() -> None:
    assert said("money", "-10.05", negative="credit") == "ten yuan and five fen in credit"
    assert said("money", "2.50", negative="credit", currency="EUR") == "two euros and fifty cents"


def test_of_a_date_one_leaves_out_the_year_or_adds_the_weekday() -> None:
    assert said("month", "2026-02", year=False) == "February"
    assert said("date", "2026-10-05", year=False) == "October fifth"
    assert said("date", "2026-10-05", weekday=True) == "Monday October fifth twenty twenty-six"
    assert said("date", "2026-10-11", weekday=True, year=False) == "Sunday October eleventh"
    assert said("datetime", "2026-10-05 12:02") == "October fifth twenty twenty-six at twelve oh two p.m."
    assert said("datetime", "2026-10-05T22:30:15", clock=24, year=False, weekday=True) == "Monday October fifth at twenty-two thirty"


@pytest.mark.requirement("IVR-03")
@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("digits", "95500", "nine five five zero zero"),
        ("digits", "*11#", "star one one hash"),
        ("telephone", "13800138000", "one three eight, zero zero one three, eight zero zero zero"),
        ("telephone", "+1 202-555-0100", "plus one, two zero two, five five five, zero one zero zero"),
        ("telephone", "2025550100", "two zero two, five five five, zero one zero zero"),
        ("account", "123456789", "one two three four, five six seven eight nine"),
        ("account", "1234567890", "one two three four, five six seven eight, nine zero"),
        ("ticket", "T2026-42", "T, two zero two six, four two"),
    ],
)
def test_figures_one_by_one_with_pauses(kind: str, value: object, words: str) -> None:
    assert said(kind, value) == words
