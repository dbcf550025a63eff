"""What a site says about callers' words, and what is said when nobody would understand them."""

from pathlib import Path

import pytest

from appliance.cli import main
from appliance.config import ConfigError
from appliance.core.plan import SpeechPlan
from appliance.site import load_site
from appliance.site.notes import notes_on

pytestmark = pytest.mark.requirement("IVR-05")

SITE = """
[centre]
languages = ["zh", "en"]

[lines.trunk]
backend = "sip"
listen  = "127.0.0.1:5070"
{models}

[numbers]
95500 = {{ flow = "main" }}

[call_flows]
main = "main.toml"

[queues.consult]
[stations]
821 = {{}}
[agents]
21 = {{ name = "A", station = "821", groups = {{ consult = 1 }} }}
{speech}
"""
FLOW = """
flow  = "main"
start = "a"

[a]
say       = { zh = "甲", en = "A" }
menu      = { 1 = "queue:consult" }
words     = { 1 = { en = ["agent"] } }
otherwise = "b"

[b]
ask       = { zh = "乙", en = "B", into = "x", spoken = true }
otherwise = "release"
next      = "release"
"""
ENGLISH = 'speech = { en = "bundled" }'


def site(folder: Path, models: str = "", speech: str = "") -> Path:
    (folder / "main.toml").write_text(FLOW)
    (folder / "site.toml").write_text(SITE.format(models=models, speech=speech))
    return folder / "site.toml"


def test_words_count_in_the_languages_of_the_site_and_keys_alone_where_there_are_none(tmp_path: Path) -> None:
    plan = load_site(site(tmp_path)).plan(lambda piece: piece.name)
    assert plan.speech == SpeechPlan()
    assert "heard-right" not in plan.prompts
    plan = load_site(site(tmp_path, ENGLISH, '[speech]\nlanguages = ["en"]\nsure = 0.8\nwrong = 0.1')).plan(lambda piece: piece.name)
    assert plan.speech == SpeechPlan(("en",), 0.8, 0.1)
    assert {"heard", "heard-right"} <= set(plan.prompts)


@pytest.mark.parametrize(
    ("models", "speech", "nodes"),
    [
        ("", "", {("a", "en"), ("b", "zh"), ("b", "en")}),
        (ENGLISH, "", {("a", "en"), ("b", "zh"), ("b", "en")}),
        ("", '[speech]\nlanguages = ["en"]', {("a", "en"), ("b", "zh"), ("b", "en")}),
        (ENGLISH, '[speech]\nlanguages = ["en"]', {("b", "zh")}),
        (ENGLISH, '[speech]\nlanguages = ["en", "zh"]', {("b", "zh")}),
    ],
)
def test_words_that_nobody_understands_are_noted(
    tmp_path: Path, models: str, speech: str, nodes: set[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    file = site(tmp_path, models, speech)
    noted = [note for note in notes_on(load_site(file)) if "not understood" in note]
    assert len(noted) == len(nodes)
    assert all(any(f"node '{node}'" in note and f"'{language}' is not" in note for note in noted) for node, language in nodes)
    assert main(["flow", "check", str(file)]) == 0  # a note, no mistake
    assert capsys.readouterr().out.count("note: ") == len(nodes)


@pytest.mark.parametrize(
    ("speech", "why"), [('languages = ["fr"]', "fr"), ("sure = 0.2\nwrong = 0.5", "asked back"), ("sure = 1.5", "sure")]
)
def test_what_makes_no_sense_is_a_mistake(tmp_path: Path, speech: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load_site(site(tmp_path, ENGLISH, f"[speech]\n{speech}"))


def test_a_language_that_the_centre_does_not_speak_is_a_mistake(tmp_path: Path) -> None:
    file = site(tmp_path, ENGLISH, '[speech]\nlanguages = ["en"]')
    file.write_text(file.read_text().replace('["zh", "en"]', '["zh"]', 1))
    (tmp_path / "main.toml").write_text(FLOW.replace(', en = "A"', "").replace(', en = "B"', ""))
    with pytest.raises(ConfigError, match="does not speak 'en'"):
        load_site(file)
