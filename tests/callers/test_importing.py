"""Lists of callers in CSV files, and moments as operators write them."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callers.importing import cleaned, read_list
from appliance.callers.moments import lasting, moment

pytestmark = pytest.mark.requirement("ACC-06")

NOW = datetime.fromisoformat("2026-11-28T10:30:00").astimezone().timestamp()


def at(text: str) -> float:
    return datetime.fromisoformat(text).astimezone().timestamp()


def test_a_file_says_who_is_listed_and_which_rows_are_not_and_why(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "number,kind,priority,until,name,why\n"
        "138 0013-8000,,,,,prank calls\n"
        "95*,block,,2026-12-01,,\n"
        "\n"
        "+8657112345678,VIP,3,,李总,\n"
        "abc,,,,,\n"
        "13900139000,grey,,,,\n"
        "13900139000,vip,300,,,\n"
        "13900139000,,,2020-01-01,,\n"
        "13900139000,,,soon,,\n"
        "13800138000,allow,,,,\n"
    )
    entries, rejected = read_list(file, "block", NOW)
    assert entries == [
        {"number": "13800138000", "kind": "block", "why": "prank calls"},
        {"number": "95*", "kind": "block", "until_at": at("2026-12-01")},
        {"number": "+8657112345678", "kind": "vip", "priority": 3, "name": "李总"},
    ]
    assert [(each.line, each.why) for each in rejected] == [
        (6, "'abc' is no number of 3 to 20 digits, and not the beginning of numbers as 95*"),
        (7, "'grey' is no list; there are: block, allow, vip"),
        (8, "a priority is 0 to 99, not '300'"),
        (9, "2020-01-01 is over already"),
        (10, "'soon' is not a moment such as '18:00', '2026-12-01' or '2026-12-01 18:00'"),
        (11, "13800138000 stands in line 2 already"),
    ]
    assert rejected[0].row == ("abc", "", "", "", "", "")


def test_a_file_of_numbers_alone_needs_no_header_and_may_come_from_a_spreadsheet_in_china(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("13800138000\n95*\n")
    assert read_list(file, "vip", NOW)[0] == [{"number": "13800138000", "kind": "vip"}, {"number": "95*", "kind": "vip"}]
    for encoding in ("utf-8-sig", "gb18030"):
        file.write_bytes("number,why\n13800138000,骚扰电话\n".encode(encoding))
        assert read_list(file, "block", NOW) == ([{"number": "13800138000", "kind": "block", "why": "骚扰电话"}], [])


@pytest.mark.parametrize(
    ("first", "why"),
    [("who,what", "the first row has no column 'number'"), ("number,wyh", "there is no column 'wyh'; the columns are number, kind")],
)
def test_a_header_that_is_none_is_refused(tmp_path: Path, first: str, why: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"{first}\n13800138000,x\n")
    with pytest.raises(ValueError, match=why):
        read_list(file, "block", NOW)


@given(st.lists(st.text(alphabet="0123456789+*,ab- \n", max_size=20), max_size=8))
def test_every_row_is_listed_or_rejected_and_none_is_lost(tmp_path_factory: pytest.TempPathFactory, rows: list[str]) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    lines = [line for row in rows for line in row.split("\n")]
    file.write_text("\n".join(["number,why", *lines]))
    entries, rejected = read_list(file, "block", NOW)
    try:
        filled = [line for line in lines if line.replace(",", "").strip()]
        assert len(entries) + len(rejected) == len(filled)
    finally:
        file.unlink()


def test_what_people_put_between_digits_is_left_out() -> None:
    assert cleaned("+86 (571) 1234–5678") == "+8657112345678"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30 min", 1800.0), ("2 h", 7200.0), ("3 d", 259_200.0), ("1 d 12 h", 129_600.0), ("90 s", 90.0)]
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert lasting(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "d", "0 min", "2 weeks", "-1 h"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        lasting(text)


@pytest.mark.parametrize(
    ("text", "is_at"),
    [
        ("18:00", "2026-11-28T18:00:00"),
        ("10:30", "2026-11-29T10:30:00"),
        ("9:00", "2026-11-29T09:00:00"),
        ("2026-12-01", "2026-12-01T00:00:00"),
        ("2026-12-01 18:00", "2026-12-01T18:00:00"),
    ],
)
def test_moments(text: str, is_at: str) -> None:
    assert moment(text, NOW) == at(is_at)


@pytest.mark.parametrize("text", ["25:00", "tomorrow", "2026-13-01", ""])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a moment"):
        moment(text, NOW)
