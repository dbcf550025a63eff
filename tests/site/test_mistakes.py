"""What a site file can get wrong although it is TOML of the right shape."""

import wave
from pathlib import Path

import pytest

from appliance.config import ConfigError, Mistake
from appliance.core.program.nodes import Say
from appliance.core.program.texts import Fragment
from appliance.site import load_site
from appliance.site.check import check, render, run_check
from tests.site.small import SMALL, files, menu_of, site

pytestmark = pytest.mark.requirement("OPS-04")


def said(old: str, new: str, folder: Path = Path()) -> list[str]:
    assert SMALL.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        site(SMALL.replace(old, new), folder)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_small_site_is_enough() -> None:
    plan = site().plan(lambda piece: piece.name)
    assert plan.stations["8001"].line == "trunk"
    assert [(o.when, o.after_s, str(o.to)) for o in plan.queues["consult"].overflow] == [
        ("nobody logged in", 0.0, "voicemail"),
        ("wait", 120.0, "release"),
    ]
    assert plan.queues["consult"].label == "consult"
    assert plan.queues["consult"].music == dict.fromkeys(("zh", "en"), ("wait-music",))
    assert files(menu_of(plan.programs["hotline"], "menu").wrong) == {
        language: list(said) for language, said in plan.prompts["sorry"].items()
    }
    assert plan.record_calls
    assert {"message", "message-thanks", "call-back", "beep", "logged-in", "ready", "not-ready", "logged-out", "refused", "pin"} <= set(
        plan.prompts
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('flow = "hotline"', 'flow = "hotlin"', "s.toml:5: numbers.95500.flow: there is no flow 'hotlin'; did you mean 'hotline'?"),
        (
            'flow = "hotline"',
            'flow = "hotline", queue = "consult"',
            's.toml:5: numbers.95500: exactly one of flow and queue is needed; write flow = "NAME" or queue = "NAME"',
        ),
        (
            'flow = "hotline"',
            'flow = "hotline", language = "fr"',
            "s.toml:5: numbers.95500.language: the centre does not speak 'fr'; there is: zh, en",
        ),
        ("95500 =", "8001 =", "s.toml:5: numbers.8001: '8001' is a station too; a number leads to one thing only"),
        (
            "95500 =",
            '"*12" =',
            "s.toml:5: numbers.\"*12\": '*12' is kept for what agents dial (*10 log in, *11 ready, *12 not ready, *13 log out); "
            "a service number is made of digits",
        ),
        (', en = "Hello."', "", "s.toml:8: flows.hotline.welcome: there is no text in 'en'; add en = \"...\""),
        (
            'en = "Press one."',
            'en = "Press one.", de = "Eins."',
            "s.toml:12: flows.hotline.menu.say.de: the centre does not speak 'de'; add it to centre.languages or leave the text out",
        ),
        ('"queue:consult"', '"queue:sales"', "s.toml:13: flows.hotline.menu.1: there is no queue 'sales'; there is: consult"),
        (
            '"queue:consult"',
            '"voicemail:night"',
            "s.toml:13: flows.hotline.menu.1: 'voicemail:night': voicemail takes no name; write 'voicemail'",
        ),
        (
            'otherwise = "voicemail"',
            'otherwise = "flow:hotline"',
            "s.toml:9: flows.hotline.otherwise: a call that nobody serves would come back to flow:hotline for ever; "
            "let it end in voicemail or release",
        ),
        (
            'otherwise = "voicemail"',
            'otherwise = "voicemail"\nhours = "office"',
            "s.toml:10: flows.hotline.hours: there are no hours 'office'; there is none",
        ),
        ("wait > 2 min", "wait > 2 weeks", None),
        (
            "wait > 2 min",
            "nobody logged in",
            "s.toml:16: queues.consult.overflow[2].when: 'nobody logged in' comes after 'nobody logged in', "
            "and a contact leaves only once; keep one of them",
        ),
        ("[queues.consult]", '[queues.consult]\nmusic = "song.mp3"', None),
        (
            "[queues.consult]",
            '[queues.consult]\nmusic = "song.wav"',
            "s.toml:16: queues.consult.music: there is no file song.wav; name one beside the site file",
        ),
        ("8001 = {}", '8001 = { line = "trnk" }', "s.toml:19: stations.8001.line: there is no line 'trnk'; did you mean 'trunk'?"),
        ('station = "8001"', 'station = "8002"', "s.toml:23: agents.1001.station: there is no station '8002'; did you mean '8001'?"),
        (
            "groups = { consult = 1 }",
            "groups = { consul = 1 }",
            "s.toml:24: agents.1001.groups.consul: there is no queue 'consul'; did you mean 'consult'?",
        ),
        (
            "[agents.1001]",
            '[agents.1002]\nname = "李娜"\nstation = "8001"\n\n[agents.1001]',
            "s.toml:27: agents.1001.station: station 8001 is agent 1002's already; "
            "each agent has a station of his own; another can be given at log-in",
        ),
        (
            "[numbers]",
            "[prompts]\nmesage = { zh = 'x', en = 'y' }\n[numbers]",
            "s.toml:5: prompts.mesage: there is no prompt 'mesage'; did you mean 'message'?",
        ),
        (
            "[numbers]",
            "[prompts]\nsnow = { zh = 'x', en = 'y' }\n[numbers]",
            "s.toml:5: prompts.snow: there is no prompt 'snow'; nothing says it: it would be said by 'announcement:snow'",
        ),
        ("[numbers]", "[prompts]\nrecorded = 'voices'\n[numbers]", "s.toml:5: prompts.recorded: there is no folder voices"),
        ('backend = "simulated"', "", "s.toml:1: lines.trunk: 'backend' is missing; there is: ami, csta, dahdi, simulated, sip"),
    ],
)
def test_each_mistake_says_line_key_and_remedy(old: str, new: str, message: str | None) -> None:
    messages = said(old, new)
    assert len(messages) == 1
    if message is not None:
        assert messages == [message]


def test_queues_that_hand_calls_round_are_refused() -> None:
    text = SMALL.replace('"nobody logged in", to = "voicemail"', '"nobody logged in", to = "queue:b"')
    text += '[queues.b]\noverflow = [{ when = "nobody logged in", to = "queue:consult" }]\n'
    with pytest.raises(ConfigError) as caught:
        site(text)
    assert [mistake.where for mistake in caught.value.mistakes] == ["queues.consult.overflow[1].to", "queues.b.overflow[1].to"]


def test_a_station_needs_its_line_only_where_there_are_several() -> None:
    with pytest.raises(ConfigError, match=r"s\.toml:21: stations\.8001: 'line' is missing; there is: trunk, other"):
        site(SMALL.replace("[numbers]", '[lines.other]\nbackend = "simulated"\n[numbers]'))


@pytest.mark.requirement("ACC-02")
@pytest.mark.parametrize(
    "pbx",
    [
        'backend = "csta"\nswitches = ["127.0.0.1:8800"]\nports = ["8901"]\n{}',
        'backend = "ami"\nmanager = "127.0.0.1:5038"\nports = ["8901"]\n{}',
    ],
)
def test_what_a_switch_has_and_what_the_site_has_are_the_same(pbx: str) -> None:
    right = pbx.format('stations = ["8001"]\nroute_points = { 7000 = "95500" }')
    assert site(SMALL.replace('backend = "simulated"', right)).lines["trunk"].backend in pbx
    for wrong, said in (
        ('stations = ["8001", "8002"]', "lines.trunk.stations[2]: there is no station '8002'; write 8002 = {} into [stations]"),
        ("stations = []", "stations.8001: line 'trunk' is at a switch, and does not have station '8001'; add \"8001\" to its `stations`"),
        (
            'stations = ["8001"]\nroute_points = { 7000 = "95501" }',
            "lines.trunk.route_points.7000: there is no service number '95501'; did you mean '95500'?",
        ),
    ):
        with pytest.raises(ConfigError) as refused:
            site(SMALL.replace('backend = "simulated"', pbx.format(wrong)))
        assert said in str(refused.value.mistakes[0])


def test_hours_know_their_days() -> None:
    with pytest.raises(ConfigError) as caught:
        site(SMALL + '[hours.office]\nmon-fri = ["09:00-12:00", "11:00-18:00"]\nfri-sun = ["10:00-12:00"]\n[hours.never]\n')
    assert [str(mistake).partition(": ")[2] for mistake in caught.value.mistakes] == [
        "hours.office.mon-fri[2]: '11:00-18:00' begins before '09:00-12:00' has ended",
        "hours.office.fri-sun: the same day stands under 'mon-fri' and 'fri-sun'; give each day once",
        'hours.never: no day is open; write for example mon-fri = ["09:00-18:00"]',
    ]


@pytest.mark.requirement("ACC-05")
def test_holidays_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    text = SMALL + '[hours.office]\nmon-sun = ["00:00-24:00"]\nholidays = "days.toml"\n'
    with pytest.raises(ConfigError, match=r"s\.toml:27: hours\.office\.holidays: there is no file .*days\.toml"):
        site(text, tmp_path)
    (tmp_path / "days.toml").write_text("holiday = [2026-10-01]\n")
    with pytest.raises(ConfigError, match=r"days\.toml:1: unknown key 'holiday'; did you mean 'holidays'\?"):
        site(text, tmp_path)
    (tmp_path / "days.toml").write_text("holidays = [2026-10-01]\n")
    hours = site(text, tmp_path).plan(lambda piece: piece.name).hours["office"]
    assert [day.isoformat() for day in hours.closed_on] == ["2026-10-01"]


@pytest.mark.requirement("IVR-04")
def test_a_site_says_things_its_own_way() -> None:
    said = '[prompts]\ngoodbye = { zh = "下次再见。", en = "Bye." }\n'
    own = site(SMALL + said)
    assert "下次再见。" in {piece.text for piece in own.pieces()}
    own = site(SMALL.replace('1 = "queue:consult"', '1 = "queue:consult"\n0 = "release"') + said)
    (goodbye,) = own.plan(lambda piece: piece.text).programs["hotline"].nodes["goodbye"].steps
    assert goodbye == Say({"zh": (Fragment("下次再见。", "下次再见。"),), "en": (Fragment("Bye.", "Bye."),)}, barge_in=False)


def test_a_centre_of_one_language_needs_texts_in_one() -> None:
    text = '[centre]\nlanguages = ["zh"]\n' + SMALL.replace(', en = "Hello."', "").replace(', en = "Press one."', "")
    assert {piece.language for piece in site(text).pieces()} == {"zh", ""}


def test_check_says_ok_in_a_few_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.toml"
    file.write_text(SMALL)
    assert check(file) == []
    assert run_check(file) == 0
    out = capsys.readouterr()
    assert out.out == render(load_site(file), str(file)) + "\n"
    assert "queues      1   consult (1 agent)\n" in out.out
    assert "numbers     1   95500 → flow:hotline\n" in out.out
    assert out.err == ""


def test_check_says_everything_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.toml"
    file.write_text(SMALL.replace("overflow", "overflo").replace('name = "王芳"', ""))
    assert [type(mistake) for mistake in check(file)] == [Mistake, Mistake]
    assert run_check(file) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.splitlines() == [
        f"{file}:16: queues.consult: unknown key 'overflo'; did you mean 'overflow'?",
        f"{file}:21: agents.1001: 'name' is missing; add it: the person's name",
        "",
        "2 mistakes: this site cannot be served.",
    ]


def test_check_notes_what_is_seldom_meant(tmp_path: Path) -> None:
    text = SMALL.replace("groups = { consult = 1 }", "").replace(
        "[queues.consult]", '[flows.old]\notherwise = "voicemail"\n\n[queues.consult]'
    )
    notes = [line for line in render(site(text), "s.toml").splitlines() if "note:" in line]
    assert notes == [
        "  note: nobody serves the queue 'consult'",
        "  note: agent 1001 serves no queue",
        "  note: no number leads to the flow 'old'",
    ]


def test_check_notes_telephones_that_are_nobodys() -> None:
    ports = 'ports = [{ kind = "fxs", station = "8101" }, { kind = "fxs", station = "8001" }]'
    cards = f'backend = "dahdi"\nspans = [{{ number = 1, signalling = "analogue", {ports} }}]'
    with_cards = SMALL.replace('backend = "simulated"', cards)
    shown = render(site(with_cards), "s.toml")
    assert "note: nobody can be called at the telephone 8101 of line 'trunk'" in shown
    assert "8001" not in "".join(line for line in shown.splitlines() if "telephone" in line)
    two = with_cards.replace("8001 = {}", '8001 = { line = "other" }') + '\n[lines.other]\nbackend = "simulated"\n'
    assert "note: station 8001 is on line 'other' and its telephone on line 'trunk'" in render(site(two), "s.toml")


def test_wait_music_must_be_playable(tmp_path: Path) -> None:
    text = SMALL.replace("[queues.consult]", '[queues.consult]\nmusic = "song.wav"')
    (tmp_path / "song.wav").write_bytes(b"ID3 mp3 in disguise")
    with pytest.raises(
        ConfigError, match=r"s\.toml:16: queues\.consult\.music: .*song\.wav is not a WAV file.*; save it as WAV, 16-bit PCM"
    ):
        site(text, tmp_path)
    with wave.open(str(tmp_path / "song.wav"), "wb") as song:
        song.setnchannels(1)
        song.setsampwidth(2)
        song.setframerate(8000)
        song.writeframes(bytes(1600))
    music = site(text, tmp_path).plan(lambda piece: piece.name).queues["consult"].music
    assert music == dict.fromkeys(("zh", "en"), (str(tmp_path / "song.wav"),))


def test_a_recording_under_a_wrong_name_is_noted(tmp_path: Path) -> None:
    for name in ("goodbye.en.wav", "beep.wav", "hotline.menu.zh.wav", "goodby.en.wav"):
        (tmp_path / name).touch()
    report = render(site(SMALL + '[prompts]\nrecorded = "."\n', tmp_path), "s.toml")
    assert [line for line in report.splitlines() if "note:" in line] == ["  note: the recording goodby.en.wav replaces no prompt"]


def test_a_site_without_a_line_is_told_so_although_nothing_refers_to_one(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('[numbers.95500]\nqueue = "consult"\n\n[queues.consult]\n')
    with pytest.raises(ConfigError, match=r"the site has no line; give it a \[lines.NAME\]"):
        load_site(tmp_path / "s.toml")
