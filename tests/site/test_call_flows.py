"""Call flows of files within a site: what they announce, and what is said of flows nobody comes to."""

from pathlib import Path

import pytest

from appliance.config import ConfigError
from appliance.site import Site, load_site
from appliance.site.notes import notes_on

SITE = """
[centre]
languages = ["en"]

[lines.trunk]
backend = "sip"
listen  = "127.0.0.1:5070"

[numbers]
95500 = { flow = "main" }

[call_flows]
main = "main.toml"
%s

[queues.consult]
[stations]
821 = {}
[agents]
21 = { name = "A", station = "821", groups = { consult = 1 } }

[prompts]
works = { en = "There are works in your street." }
%s
"""
MAIN = """
flow  = "main"
start = "a"
%s

[a]
say       = { en = "Press." }
menu      = { 1 = "announcement:works", 2 = "callback" }
otherwise = "release"
"""


def site(folder: Path, *, flows: str = "", prompts: str = "", head: str = "", main: str = MAIN) -> Site:
    (folder / "main.toml").write_text(main % head)
    (folder / "other.toml").write_text((MAIN % "").replace('"main"', '"other"').replace("announcement:works", "release"))
    (folder / "site.toml").write_text(SITE % (flows, prompts))
    return load_site(folder / "site.toml")


@pytest.mark.requirement("IVR-09")
def test_what_a_flow_announces_is_rendered(tmp_path: Path) -> None:
    texts = {piece.name: piece.text for piece in site(tmp_path).pieces()}
    assert texts["works"] == "There are works in your street."
    assert "call-back-promised" in texts  # the words of a call-back are said too


def test_a_prompt_that_no_flow_says_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        site(tmp_path, prompts='wroks = { en = "?" }')
    (mistake,) = refused.value.mistakes
    assert (mistake.file.rpartition("/")[2], mistake.where) == ("site.toml", "prompts.wroks")
    assert "did you mean 'works'" in mistake.remedy


def test_an_announcement_that_has_no_words_is_a_mistake_of_the_flow(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        site(tmp_path, main=MAIN.replace("announcement:works", "announcement:closed-today"), prompts="")
    assert [(m.file.rpartition("/")[2], m.line) for m in refused.value.mistakes if "closed-today" in m.text] == [("main.toml", 8)]


def test_a_flow_that_no_number_and_no_flow_leads_to_is_noted(tmp_path: Path) -> None:
    assert "no number leads to the flow 'other'" in notes_on(site(tmp_path, flows='other = "other.toml"'))
    found = site(tmp_path, flows='other = "other.toml"', head='idle = "flow:other"')
    assert not [note for note in notes_on(found) if "leads to" in note]


def test_two_flows_of_one_name_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the flow 'main' is in \\[flows\\] too"):
        site(tmp_path, flows='[flows.main]\notherwise = "queue:consult"')
    with pytest.raises(ConfigError, match=r"none.toml: there is no such file"):
        site(tmp_path, flows='none = "none.toml"')
    with pytest.raises(ConfigError, match="the site calls this flow 'second'"):
        site(tmp_path, flows='second = "other.toml"')
