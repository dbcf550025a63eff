from datetime import date, time
from pathlib import Path

import pytest

from appliance.config import ConfigError, Days, Duration, Span, load, loads
from tests.config.shapes import GOOD, ByKind, Exponential, Foreign, Level, Shape, Weibull

pytestmark = pytest.mark.requirement("OPS-04")


def said(text: str, cls: type = Shape) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(cls, text, "c.toml")
    return [str(mistake) for mistake in caught.value.mistakes]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_every_kind_of_value_is_read() -> None:
    shape = loads(Shape, GOOD)
    assert shape.name == "热线"
    assert shape.from_ == time(8, 30)
    assert shape.warm_up == Duration(900)
    assert shape.talk == Exponential(mean_s=180.0)
    assert shape.queues["consult"].level is Level.HIGH
    assert shape.queues["consult"].patience == Weibull(mean_s=150.0, shape=1.4)
    assert shape.queues["complaint"].patience == Exponential(mean_s=60.5)
    assert shape.hours["office"].holidays == (date(2026, 10, 1), date(2026, 10, 2))
    assert shape.hours["office"].week == {
        Days(0, 4): (Span.parse("09:00-12:00"), Span(time(13, 30), time.min)),
        Days(5, 5): (),
    }
    assert shape.lines["trunk"].backend == "sip"
    assert shape.lines["trunk"].settings == Foreign(source=("10.0.0.0/8",), channels=90)
    assert shape.per_hour == {time(9): 220.0, time(10): 320.5}
    assert isinstance(shape.queues["consult"].ring_s, float)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ring_s = 15", "ringg_s = 15", "c.toml:8: queues.consult: unknown key 'ringg_s'; did you mean 'ring_s'?"),
        ("ring_s = 15", "ring_s = 0", "c.toml:8: queues.consult.ring_s: 0 is out of range; possible is 1 to 120"),
        ("ring_s = 15", 'ring_s = "15"', "c.toml:8: queues.consult.ring_s: expected a number, not the text '15'; write 15 without quotes"),
        ("ring_s = 15", "ring_s = true", "c.toml:8: queues.consult.ring_s: expected a number, not true"),
        ("ring_s = 15", "ring_s = nan", "c.toml:8: queues.consult.ring_s: nan is not a finite number"),
        ('level = "high"', 'level = "hihg"', "c.toml:9: queues.consult.level: the text 'hihg' is not possible; did you mean 'high'?"),
        ("{ weibull = {", "{ weibul = {", "c.toml:10: queues.consult.patience.weibul: 'weibul' is not possible; did you mean 'weibull'?"),
        ("shape = 1.4", "shape = 99", "c.toml:10: queues.consult.patience.weibull.shape: 99 is out of range; possible is 0.1 to 10"),
        ("mean_s = 150, ", "", "c.toml:10: queues.consult.patience.weibull: 'mean_s' is missing; add it: the mean, in seconds"),
        (
            'when = "nobody"',
            'when = "nobodi"',
            "c.toml:13: queues.consult.overflow[2].when: 'nobodi' is not possible; did you mean 'nobody'?",
        ),
        ('to = "complaint"', 'to = "sales"', "c.toml:12: queues.consult.overflow[1].to: there is no queue 'sales'"),
        (
            "mean_s = 60.5",
            "mean_s = -1",
            "c.toml:17: queues.complaint.patience.exponential.mean_s: -1 is out of range; possible is more than 0",
        ),
        ("holidays =", "holiday =", "c.toml:20: hours.office: unknown key 'holiday'; did you mean 'holidays'?"),
        (
            "mon-fri =",
            "weekdays =",
            "c.toml:21: hours.office: unknown key 'weekdays'; possible are holidays, "
            "or a day or days in a row, such as mon, mon-fri or sat-sun",
        ),
        (
            '"13:30-24:00"',
            '"13:30-24:30"',
            "c.toml:21: hours.office.mon-fri[2]: '13:30-24:30' is not a part of the day such as '09:00-12:00'",
        ),
        ('backend = "sip"', 'backend = "sipp"', "c.toml:25: lines.trunk.backend: there is no backend 'sipp'; did you mean 'sip'?"),
        ('backend = "sip"', "", "c.toml:24: lines.trunk: 'backend' is missing; there is: sip, bare"),
        ("channels = 90", "channel = 90", "c.toml:27: lines.trunk: unknown key 'channel'; did you mean 'channels'?"),
        ("channels = 90", "channels = 0", "c.toml:27: lines.trunk.channels: 0 is out of range; possible is 1 to 1000"),
        ("channels = 90", "channels = 9.5", "c.toml:27: lines.trunk.channels: expected a whole number, not the number 9.5"),
        ('"10:00" = 320.5', '"10:00" = -1', 'c.toml:31: per_hour."10:00": -1 is out of range; possible is 0 or more'),
        ('"10:00" = 320.5', '"ten" = 1', "c.toml:31: per_hour.ten: 'ten' is not a time of day such as '09:00'"),
        ("[queues.complaint]", "[queues.Complaint]", None),
        ('name = "热线"', "", "c.toml:1: 'name' is missing; add it: what it is called"),
        ('name = "热线"', "name = 7", 'c.toml:1: name: expected text, not the number 7; write "7" with quotes'),
        ('tags = ["b", "a"]', 'tags = "b"', "c.toml:5: tags: expected a list, not the text 'b'; put it in [ ]"),
        (
            'warm_up = "15 min"',
            'warm_up = "15"',
            "c.toml:3: warm_up: '15' is not a length of time with its unit, such as '20 s', '15 min' or '1 h 30 min'",
        ),
        (
            'warm_up = "15 min"',
            "warm_up = 15",
            "c.toml:3: warm_up: expected a length of time with its unit, such as '20 s', '15 min' or '1 h 30 min', not the number 15",
        ),
        (
            "talk = { exponential = { mean_s = 180 } }",
            'talk = "x"',
            "c.toml:4: talk: expected a number or a table with one of weibull, exponential, not the text 'x'",
        ),
        (
            "talk = { exponential = { mean_s = 180 } }",
            "talk = { exponential = { mean_s = 180 }, weibull = { mean_s = 1 } }",
            "c.toml:4: talk: exactly one of weibull, exponential is needed, not 2",
        ),
        ("[per_hour]", "[per_hours]", "c.toml:29: unknown key 'per_hours'; did you mean 'per_hour'?"),
        ("[hours.office]", "[[hours.office]]", "c.toml:19: hours.office: expected a table, not a list"),
    ],
)
def test_each_mistake_names_line_key_and_remedy(old: str, new: str, message: str | None) -> None:
    messages = said(changed(old, new))
    if message is None:
        assert "c.toml:16: queues.Complaint: 'Complaint' cannot stand here; expected is a name of small letters, digits and '-'" in messages
    else:
        assert messages == [message]


def test_all_mistakes_are_found_at_once_in_the_files_order() -> None:
    text = changed("ring_s = 15", "ringg_s = 15").replace("channels = 90", "channels = 0").replace('from = "08:30"', "from = 8")
    assert [message.split(":")[1] for message in said(text)] == ["2", "8", "27"]


def test_columns_count_characters() -> None:
    with pytest.raises(ConfigError) as caught:
        loads(Shape, 'name = "x"\nqueues = { a = { music = "音乐", ringg_s = 1 } }', "c.toml")
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.column) == (2, 32)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = yes\n", "c.toml:2: invalid value; text stands in quotes, yes and no are true and false"),
        ("[a]\nb = 1\n[a]\n", "c.toml:3: cannot declare ('a',) twice; each key and each [table] stands once"),
        ("a = 1\na = 2\n", "c.toml:2: cannot overwrite a value; each key and each [table] stands once"),
        ("x = 1\na = [1,\n\n", "c.toml:2: invalid value; a quote or bracket is not closed"),
        ("a 1\n", "c.toml:1: expected '=' after a key in a key/value pair"),
    ],
)
def test_text_that_is_not_toml_is_one_mistake_with_its_line(text: str, message: str) -> None:
    assert said(text) == [message]


def test_files_that_cannot_be_read_are_mistakes_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml: there is no such file"):
        load(Shape, tmp_path / "nothing.toml")
    (tmp_path / "gbk.toml").write_bytes('x = 1\nname = "热线"'.encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk\.toml:2: this is not UTF-8 text; save the file as UTF-8"):
        load(Shape, tmp_path / "gbk.toml")
    (tmp_path / "notepad.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(Shape, tmp_path / "notepad.toml") == loads(Shape, GOOD)


def test_an_instance_made_in_python_keeps_to_the_same_limits() -> None:
    with pytest.raises(ValueError, match="out of range"):
        Exponential(mean_s=0.0)


def test_a_kind_that_is_no_text_is_told_like_any_other_that_there_is_not() -> None:
    assert said("[lines.trunk]\nkind = []\n", ByKind) == ["c.toml:2: lines.trunk.kind: there is no kind a list; there is: sip"]
