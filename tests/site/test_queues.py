"""What a site file says of queues and people, as the core gets it, and what it can get wrong."""

import re
from pathlib import Path

import pytest

from appliance.config import ConfigError, dumps, loads
from appliance.core.plan import Announce, CallBack, CallerPlan, Choice, Membership, NumberRule, Overflow, Relax
from appliance.core.program.nodes import Go
from appliance.core.queues.expected_wait import RUNGS
from appliance.core.queues.strategies import STRATEGIES, table_of
from appliance.prompts.queue_words import LAST_POSITION
from appliance.site import Site, load_site
from appliance.site.check import render
from appliance.site.values import When
from tests.site.small import SMALL, site

COUNTY = Path(__file__).parents[2] / "scenarios" / "sites" / "county.toml"
PAGE = Path(__file__).parents[2] / "appliance" / "core" / "queues" / "README.md"
HOURS = '[hours.office]\nmon-fri = ["09:00-18:00"]\n'


def queue(lines: str, more: str = "") -> Site:
    """The small site with these lines in its queue, and these tables."""
    return site(SMALL.replace("[queues.consult]", f"[queues.consult]\n{lines}") + more)


def agent(lines: str, more: str = "") -> Site:
    return site(SMALL + lines + "\n" + more)


def mistakes(make: str, more: str = "") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        queue(make, more)
    return [str(mistake) for mistake in caught.value.mistakes]


def notes(made: Site) -> list[str]:
    return [line.partition("note: ")[2] for line in render(made, "s.toml").splitlines() if "note:" in line]


@pytest.mark.requirement("ACD-03")
def test_everything_a_queue_can_say_reaches_the_plan() -> None:
    plan = load_site(COUNTY).plan(lambda piece: piece.name)
    faults, bills = plan.queues["faults"], plan.queues["bills"]
    assert faults.strategy == "caller-number"
    assert faults.number_rules == (NumberRule("05715833", ("21", "22")), NumberRule("05715834", ("23",)))
    assert faults.announce == Announce(first_s=10, every_s=30, position=False, wait=True)
    assert faults.whisper == {"zh": ("faults.whisper",)}
    assert faults.pause_after == 3
    assert faults.overflow == (
        Overflow("inside", Choice("number", "057158330000"), hours="night"),
        Overflow("nobody logged in", Choice("voicemail")),
        Overflow("all not ready", Choice("station", "829")),
        Overflow("expected wait", Choice("callback"), after_s=300.0),
    )
    assert bills.overflow[2] == Overflow("length", Choice("callback"), limit=15)
    assert (bills.needs, bills.sticky_s, bills.announce) == ("bills >= 30", 10.0, Announce())
    assert bills.call_back == CallBack(attempts=2, retry_s=900.0)
    assert bills.keys == {"1": Choice("callback")}
    assert plan.numbers["96391"].priority == 2
    assert plan.programs["hotline"].nodes["key_1"].exit == Go(Choice("queue", "faults"), priority=1)
    assert plan.stations["823"].auto_answer
    assert not plan.stations["821"].auto_answer
    assert plan.agents["23"].groups == {"faults": 1, "bills": Membership(2, "day", 1)}
    assert (plan.agents["22"].wrap_up_s, plan.agents["21"].wrap_up_s, plan.agents["23"].dials) == (30.0, None, False)
    assert plan.agents["29"].level == "duty-manager"
    assert plan.callers == {
        "05715833119": CallerPlan(vip=True, priority=5, name="县消防大队"),
        "05715834999": CallerPlan(blocked=True),
    }
    assert plan.directory["waterworks"] == "057158331000"
    assert plan.call_back_lost
    assert plan.prompts["works"] == {"zh": ("works",)}


def test_a_demand_is_relaxed_as_it_is_written() -> None:
    made = queue('needs = "zh>=50 and (vip)"\nrelax = [{ after_s = 30, needs = "zh >= 20" }, { after_s = 60 }]\nwrap_up_max_s = 90')
    plan = made.plan(lambda piece: piece.name).queues["consult"]
    assert plan.needs == "zh >= 50 and vip"
    assert plan.relax == (Relax(30.0, "zh >= 20"), Relax(60.0, ""))
    assert loads(Site, dumps(made)).queues == made.queues


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("nobody logged in", When("nobody logged in")),
        ("all not ready", When("all not ready")),
        ("wait > 90", When("wait", after_s=90)),
        ("expected wait > 5 min", When("expected wait", after_s=300)),
        ("length >= 10", When("length", limit=10)),
        ("outside office", When("outside", hours="office")),
        ("inside office", When("inside", hours="office")),
    ],
)
@pytest.mark.requirement("ACD-03")
def test_overflow_says_when_in_words(text: str, when: When) -> None:
    assert When.parse(text) == when
    assert When.parse(str(when)) == when


@pytest.mark.parametrize(
    "text", ["", "wait", "wait > x", "wait > 0.5", "length > 9", "length >= 0", "inside", "inside the office", "nobody"]
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not one of|the shortest wait is 1 s"):
        When.parse(text)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('strategy = "longest-idel"', "strategy: there is no strategy 'longest-idel'; did you mean 'longest-idle'?"),
        ('needs = "zh >= 500"', "needs: 'zh >= 500', column 7: a level from 0 to 100 is expected, not '500'"),
        (
            'relax = [{ after_s = 60, needs = "zh" }, { after_s = 30 }]',
            "relax[2].after_s: 30 s comes after 60 s; put the stages in the order of after_s",
        ),
        (
            "wrap_up_s = 60\nwrap_up_max_s = 30",
            "wrap_up_max_s: 30 s is less than wrap_up_s, 60 s; it is the whole of wrap-up with its extensions",
        ),
        (
            "announce = { position = false, wait = false }",
            "announce: nothing would be said; let it say position or wait, or write announce = false",
        ),
        ("announce = { every = 30 }", "announce: unknown key 'every'; did you mean 'every_s'?"),
        ("announce = 3", "announce: expected true or false or a table, not the number 3"),
        ("call_back = { attempts = 0 }", "call_back.attempts: 0 is out of range; possible is 1 to 20"),
        ('keys = { 11 = "callback" }', 'keys.11: \'11\' is not a key of the telephone: 0 to 9, "*" or "#"'),
        ('keys = { 1 = "call-back" }', "keys.1: 'call-back' is not a destination; did you mean 'callback'?"),
        ('keys = { 1 = "agent:1002" }', "keys.1: there is no agent '1002'; did you mean '1001'?"),
        ('keys = { 1 = "station:9" }', "keys.1: there is no station '9'; there is: 8001"),
        ('keys = { 1 = "number:12a" }', "keys.1: 'number:12a' is not a destination"),
        (
            'keys = { 1 = "announcement:snow" }',
            "keys.1: there is no prompt 'snow'; write it in [prompts]: snow = { zh = ..., en = ... }",
        ),
        ('keys = { 1 = "announcement:beep" }', "keys.1: 'beep' is a sound; give the announcement another name"),
        (
            'number_rules = [{ prefix = "138", agents = ["1001", "1003"] }]',
            "number_rules[1].agents[2]: there is no agent '1003'; did you mean '1001'?",
        ),
        (
            'number_rules = [{ prefix = "138", agents = [] }]',
            'number_rules[1].agents: there is no agent in it; write for example agents = ["',
        ),
        ('whisper = { zh = "来电" }', "whisper: there is no text in 'en'; add en = \"...\""),
    ],
)
@pytest.mark.requirement("OPS-04")
def test_what_a_queue_gets_wrong(lines: str, message: str) -> None:
    found = mistakes(lines)
    assert len(found) == 1
    place, _, said = found[0].partition("queues.consult")
    assert re.fullmatch(r"s\.toml:1[67]: ", place)
    assert said.startswith("." + message)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (("wait > 60", "wait > 90"), "'wait > 90' comes after 'wait > 60', and a contact leaves only once; keep one of them"),
        (
            ("length >= 5", "length >= 10"),
            "'length >= 10' comes after 'length >= 5', and a contact leaves only once; put the larger one first",
        ),
        (("length >= 10", "length >= 5"), ""),
        (
            ("expected wait > 60", "expected wait > 90"),
            "'expected wait > 90' comes after 'expected wait > 60', and a contact leaves only once; put the larger one first",
        ),
        (
            ("outside office", "outside office"),
            "'outside office' comes after 'outside office', and a contact leaves only once; keep one of",
        ),
        (("outside office", "inside office"), "'inside office' and 'outside office' together leave nobody waiting; keep one of them"),
        (("nobody logged in", "all not ready", "wait > 60", "expected wait > 60", "length >= 5", "outside office"), ""),
        (("outside offices",), "there are no hours 'offices'; did you mean 'office'?"),
    ],
)
def test_rules_that_never_have_anything_to_do_are_mistakes(rules: tuple[str, ...], message: str) -> None:
    written = ", ".join(f'{{ when = "{rule}", to = "voicemail" }}' for rule in rules)
    text = re.sub(r"overflow = .*", f"overflow = [{written}]", SMALL) + HOURS
    if not message:
        site(text)
        return
    with pytest.raises(ConfigError) as caught:
        site(text)
    (mistake,) = caught.value.mistakes
    assert mistake.where == f"queues.consult.overflow[{len(rules)}].when"
    assert f"{mistake.text}; {mistake.remedy}".startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('otherwise = "voicemail"', 'otherwise = "callback"', "flows.hotline.otherwise"),
        ('1 = "queue:consult"', '1 = "callback"', "flows.hotline.menu.1"),
        ("[flows.hotline.menu]", '[flows.hotline.closed]\nthen = "callback"\n[flows.hotline.menu]', "flows.hotline.closed.then"),
    ],
)
def test_only_who_waits_can_be_called_back(old: str, new: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        site(SMALL.replace(old, new))
    (mistake,) = caught.value.mistakes
    assert (mistake.where, mistake.remedy) == (where, "lead to a queue, and offer the call-back by its keys or overflow")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("skills = { zh = 0 }", "agents.1001.skills.zh: 0 is out of range; possible is 1 to 100"),
        ('skills = { "zh 2" = 50 }', "agents.1001.skills.\"zh 2\": 'zh 2' cannot be the name of a skill"),
        ("skills = { not = 50 }", "agents.1001.skills.not: 'not' cannot be the name of a skill"),
        ('level = "manager"', "agents.1001.level: 'manager' is not possible; did you mean 'duty-manager'?"),
        ("wrap_up_s = -1", "agents.1001.wrap_up_s: -1 is out of range; possible is 0 to 3600"),
        ('[callers.13800138000]\nmanager = "1002"', "callers.13800138000.manager: there is no agent '1002'; did you mean '1001'?"),
        ("[callers.wang]", "callers.wang: 'wang' cannot stand here; expected is a caller's number of 3 to 20 digits"),
        ('[directory]\n1001 = "13800138000"', "directory.1001: '1001' is an agent too; a name leads to one thing only"),
        ('[directory]\nwang = "138 0013"', "directory.wang: '138 0013' is not a number of at most 20 digits, as it is dialled"),
        ('[reasons]\n1 = " "', "reasons.1: ' ' is not text"),
    ],
)
@pytest.mark.requirement("OPS-04")
def test_what_people_get_wrong(more: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        agent(more)
    (mistake,) = caught.value.mistakes
    assert mistake.line in (25, 26)
    assert message in str(mistake)


def test_a_place_in_a_group_knows_its_hours() -> None:
    text = SMALL.replace("groups = { consult = 1 }", 'groups = { consult = { rank = 2, hours = "ofice" } }') + HOURS
    with pytest.raises(
        ConfigError, match=r"s\.toml:24: agents\.1001\.groups\.consult\.hours: there are no hours 'ofice'; did you mean 'off"
    ):
        site(text)


def test_a_priority_belongs_to_a_key_of_the_menu() -> None:
    with pytest.raises(ConfigError, match=r"s\.toml:9: flows\.hotline\.priority\.2: the menu has no key 2; there is: 1"):
        site(SMALL.replace('otherwise = "voicemail"', 'priority = { 2 = 3 }\notherwise = "voicemail"'))


# -- what has to be said ------------------------------------------------------------------------------------------------------------------


def prompts(made: Site) -> set[str]:
    return set(made.plan(lambda piece: piece.name).prompts)


def test_what_nothing_says_is_not_rendered() -> None:
    plain = prompts(site())
    assert {"music", "ringback", "beep", "unavailable", "call-back"} <= plain
    assert not {name for name in plain if re.match(r"position|wait-|digit|agent-number|choice|call-back-|manager", name)}


@pytest.mark.requirement("ACD-08")
def test_who_waits_is_told_every_place_and_every_wait_there_can_be() -> None:
    said = prompts(queue('announce = true\nkeys = { 1 = "callback", "#" = "voicemail" }'))
    assert {f"position-{place}" for place in range(1, LAST_POSITION + 1)} | {"position-more"} <= said
    assert {"wait-soon", "wait-late", "choice-1-callback", "choice-#-voicemail", "call-back-promised", "call-back-number"} <= said
    for rung, low in enumerate(RUNGS):
        for high in RUNGS[rung + 1 :]:  # as appliance.core.queues.comfort puts them together
            parts = ["wait-soon"] if high <= 1 else [f"wait-under-{high}"] if low == 0 else [f"wait-from-{low}", f"wait-to-{high}"]
            assert set(parts) <= said
        assert low == 0 or f"wait-over-{low}" in said


def test_only_the_half_that_is_announced_is_said() -> None:
    said = prompts(queue("announce = { wait = false }"))
    assert "position-1" in said
    assert "wait-soon" not in said


def test_agents_numbers_managers_and_call_backs_have_their_words() -> None:
    assert {name for name in prompts(queue("agent_number = true")) if name.startswith(("agent", "digit", "at-"))} == {
        "agent-number", "digit-0", "digit-1", "at-your-service",
    }  # fmt: skip
    assert "manager-or-not" in prompts(agent('[callers.13800138000]\nmanager = "1001"'))
    assert "call-back-promised" in prompts(site(SMALL.replace('to = "release"', 'to = "callback"')))


@pytest.mark.requirement("IVR-04")
def test_an_announcement_is_said_in_the_sites_words_or_the_appliances() -> None:
    made = site(SMALL.replace('to = "release"', 'to = "announcement:snow"') + '[prompts]\nsnow = { zh = "下雪。", en = "Snow." }\n')
    assert made.plan(lambda piece: piece.text).prompts["snow"] == {"zh": ("下雪。",), "en": ("Snow.",)}
    made = site(SMALL.replace('to = "release"', 'to = "announcement:wait-late"'))
    assert "wait-late" in prompts(made)


def test_a_key_that_leads_elsewhere_gets_the_sites_words() -> None:
    made = queue('announce = true\nkeys = { 5 = "release" }')
    assert notes(made) == ["callers of queue 'consult' do not hear what a key does: give it words, [prompts] choice-5-release"]
    made = queue(
        'announce = true\nkeys = { 5 = "release" }', '[prompts]\nchoice-5-release = { zh = "按五结束。", en = "Press five to end." }\n'
    )
    assert notes(made) == []
    assert "choice-5-release" in prompts(made)


# -- what is seldom meant -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ('keys = { 1 = "callback" }', "nobody tells callers of queue 'consult' what its keys do: it has no 'announce'"),
        ('strategy = "skill-level"', "queue 'consult' is served by skill-level and names no skill in 'needs': all agents are equal"),
        ('strategy = "caller-number"', "queue 'consult' is served by caller-number and has no 'number_rules': all agents are equal"),
        (
            'number_rules = [{ prefix = "1", agents = ["1001"] }]',
            "queue 'consult' has 'number_rules', which its strategy longest-idle does not look at",
        ),
    ],
)
def test_what_has_no_effect_is_noted(lines: str, note: str) -> None:
    assert notes(queue(lines)) == [note]


def test_a_skill_nobody_has_is_noted() -> None:
    made = site(SMALL.replace("[queues.consult]", '[queues.consult]\nneeds = "french > 50"') + "skills = { frensh = 80 }\n")
    assert notes(made) == [
        "queue 'consult' asks for the skill 'french', which no agent has; did you mean 'frensh'?",
        "none of the agents of queue 'consult' can do what it asks for: french > 50",
    ]


@pytest.mark.requirement("ACD-03")
def test_phones_on_another_line_than_the_callers_are_noted() -> None:
    text = SMALL.replace("[numbers]", '[lines.phones]\nbackend = "sip"\n[numbers]').replace("8001 = {}", '8001 = { line = "phones" }')
    assert notes(site(text)) == [
        "callers on line 'trunk' reach nobody in queue 'consult': its agents' phones are on line 'phones', "
        "and a call is put through on its own line only"
    ]
    text = SMALL.replace("[numbers]", '[lines.phones]\nbackend = "sip"\nfrom = []\n[numbers]').replace(
        "8001 = {}", '8001 = { line = "trunk" }'
    )
    assert notes(site(text)) == [], "from an empty list of networks nobody calls"


# -- the page -----------------------------------------------------------------------------------------------------------------------------


def test_the_page_has_the_strategies_there_are() -> None:
    assert table_of(STRATEGIES) in PAGE.read_text(encoding="utf-8")


def test_the_page_has_the_codes_there_are() -> None:
    from appliance.core.talks import keys

    page = PAGE.read_text(encoding="utf-8")
    codes = set(re.findall(r"^ {4}(\*\S)", keys.__doc__ or "", flags=re.MULTILINE))
    assert codes == set(re.findall(r"^\| `(\*.)`", page, flags=re.MULTILINE))


def test_every_example_of_a_rule_on_the_page_is_one() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| `when` |")[2].partition("\n\n")[0]
    examples = re.findall(r"`([^`]+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:]))
    assert {When.parse(example).what for example in examples} == {
        "nobody logged in", "all not ready", "wait", "expected wait", "length", "inside", "outside",
    }  # fmt: skip
