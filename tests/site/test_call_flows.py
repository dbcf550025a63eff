"""Call flows of files within a site: what they announce, and what is said of flows nobody comes to."""

from pathlib import Path

import pytest

from appliance.config import ConfigError
from appliance.core.program.kinds import KNOWN
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


ASKS = """
flow  = "main"
start = "a"
%s
[a]
otherwise = "bye"
next      = "bye"

[a.ask]
en      = "Key it."
into    = "amount"
as      = "money"
valid   = "amuont > 5"
confirm = { en = "{amount:money}, or {wished}?" }

[bye]
say       = { en = "Bye, {amount:money}." }
branch    = [
    { when = "vip", to = "release" },
    { when = "open('ofice')", to = "by" },
]
otherwise = "release"
"""


@pytest.mark.requirement("IVR-01")
def test_a_mistake_is_placed_at_its_own_key_and_the_name_that_was_meant_is_proposed(tmp_path: Path) -> None:
    def told(main: str) -> list[tuple[int, str, str]]:
        with pytest.raises(ConfigError) as refused:
            site(tmp_path, main=main)
        return [(m.line, m.where, m.remedy) for m in refused.value.mistakes if m.file.endswith("main.toml")]

    assert told(ASKS) == [(20, "bye.branch[2]", "did you mean 'bye'?")]
    own = ASKS.replace('otherwise = "bye"\n', "").replace('"by"', '"bye"').replace('"money"', '"money"\notherwise = "bey"')
    assert told(own) == [(12, "a.ask.otherwise", "did you mean 'bye'?")]
    loop = 'loop = { over = "amount", item = "it", to = "a" }\nnext = "bey"\n'
    assert told(ASKS.partition("branch")[0] + loop) == [(19, "bye.next", "did you mean 'bye'?")]
    assert sorted(told(ASKS.replace('"by"', '"release"'))) == [
        (13, "a.ask.valid", "did you mean 'amount'?"),
        (14, "a.ask.confirm", f"it knows amount, {', '.join(KNOWN)}"),
        (17, "bye.say", "set it on every way that leads to this node"),
        (20, "bye.branch[2].when", "there are none"),
    ]
