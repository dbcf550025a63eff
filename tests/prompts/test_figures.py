"""Figures in a text that is said: an amount is never another one, and a number of a service is no amount."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.saying import say
from appliance.core.saying import text as in_words
from appliance.prompts.figures import spoken_digits

pytestmark = [pytest.mark.requirement("IVR-03"), pytest.mark.requirement("IVR-04")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("请按1", "请按一"),
        ("拨打95500", "拨打九五五零零"),
        ("12345", "幺二三四五"),
        ("12345人工服务", "幺二三四五人工服务"),
        ("12345天气", "幺二三四五天气"),
        ("95500周一到周五", "九五五零零周一到周五"),
        ("尾号1234元", "尾号幺二三四元"),
        ("400-820-8820", "四零零-八二零-八八二零"),
        ("007个", "零零七个"),
        ("12345678901234567890元", "幺二三四五六七八九零幺二三四五六七八九零元"),
        ("10号，12号，20号，21号，0", "十号，十二号，二十号，二十一号，零"),
        ("1.5倍", "一点五倍"),
        ("余额12.50元", "余额十二点五零元"),
        ("100.05元", "一百点零五元"),
        ("1,234.50元", "一千二百三十四点五零元"),
        ("10,000", "一万"),
        ("欠费100元", "欠费一百元"),
        ("余额-5元", "余额负五元"),
        ("6-8元", "六-八元"),
        ("￥12.50", "十二元五角"),
        ("¥1,000", "一千元"),
        ("¥0.05", "五分"),
        ("¥1.234", "一点二三四"),
        ("2个，2位，2元，2小时，12个，2万", "两个，两位，两元，两小时，十二个，两万"),
        ("2月2日，第2个，按2", "二月二日，第二个，按二"),
        ("50%，2%，100%，0.5 %", "百分之五十，百分之二，百分之百，百分之零点五"),
        ("8:05到17:30", "八点零五分到十七点三十分"),
        ("14:00", "十四点"),
        ("25:61", "二十五:六十一"),
        ("2026-11-28", "二零二六年十一月二十八日"),
        ("2026-02-30", "二零二六-二-三十"),
        ("2026年11月28日", "二零二六年十一月二十八日"),
        ("版本1.2.13", "版本一点二点十三"),
        ("１２３４５", "幺二三四五"),
    ],
)
def test_mandarin(text: str, said: str) -> None:
    assert spoken_digits(text, "zh") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("press 1 or dial 95500", "press 1 or dial 9 5 5 0 0"),
        ("400-820-8820", "4 0 0-8 2 0-8 8 2 0"),
        ("It is 100.05 yuan, -5 degrees, 1,234.50.", "It is 100.05 yuan, -5 degrees, 1234.50."),
        ("120 people, 100 %, $500, 300 yuans", "120 people, 100 %, $500, 3 0 0 yuans"),
        ("¥100.05", "one hundred yuan and five fen"),
        ("on 2026-11-28 at 12:30", "on November twenty-eighth twenty twenty-six at 12:30"),
        ("version 1.2.130", "version 1.2.130"),
    ],
)
def test_english(text: str, said: str) -> None:
    assert spoken_digits(text, "en") == said


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_every_amount_in_yuan_is_said_as_that_amount(yuan: int, fen: int) -> None:
    for number in (f"{yuan}.{fen:02}", f"{yuan:,}.{fen:02}"):
        figures = "".join("零一二三四五六七八九"[int(figure)] for figure in f"{fen:02}")
        assert spoken_digits(f"共{number}元。", "zh") == f"共{in_words(say('number', yuan, 'zh'), 'zh')}点{figures}元。"
        assert spoken_digits(f"¥{number}", "zh") == in_words(say("money", f"{yuan}.{fen:02}", "zh"), "zh")


def test_what_begins_with_noughts_is_said_one_by_one_to_its_end() -> None:
    assert spoken_digits("000.05", "zh") == "零零零点零五"


@given(st.text(alphabet="0123456789.,:-%¥$ 元个年第天a\n"))
def test_no_figure_is_left_for_a_voice_that_reads_none(text: str) -> None:
    assert not re.search(r"[0-9]", spoken_digits(text, "zh"))
    spoken_digits(text, "en")
