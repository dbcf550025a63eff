"""Who is let in: blocked callers, lists that change while running, numbers for listed callers, and the check of a caller's number."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from appliance.callers.numbering import numbering_of
from appliance.core.actions import Persist, Replied
from appliance.core.admission.book import CallerBook
from appliance.core.admission.door import FLAG, door
from appliance.core.engine import Engine
from appliance.core.inputs import CallersListed, PlanChanged, Restored, Stored
from appliance.core.plan import CallerPlan, Choice, NumberPlan, Plan, ScreeningPlan, Treatment
from appliance.core.records import Audit, Contact, ListedCaller
from appliance.core.records import Contact as ContactRow
from hal.api import Adopted, Answer, Answered, Arrived, Cause, LineOpened, Originate, Play, PlayEnded, Reject, Release, Released
from tests.core.acd import LINE, centre, story
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, prompt, small_plan

pytestmark = pytest.mark.requirement("ACC-06")

CALLER = "13800138000"
NOTICE = Treatment("send", to=Choice("announcement", "notice"))
FLAGGED = Treatment("flag")


def plan(*, callers: Any = None, **screening: Any) -> Plan:
    """The small plan with rules for 95501, in China."""
    small = small_plan(callers=callers or {})
    return evolve(
        small,
        numbering=numbering_of("CN"),
        screening={"95501": ScreeningPlan(**screening)},
        prompts={**small.prompts, "notice": prompt("notice")},
    )


def puts(book: Playbook, *entries: ListedCaller, source: str = "", lasts_s: float = 0.0) -> str:
    """An operator lists these, and the disk is quick; what he is told."""
    book << CallersListed(entries, source, lasts_s, token=7)
    if not any(isinstance(action, Replied) for action in book.actions):
        book << Stored(book.token())
    return next(action.error for action in book.actions if isinstance(action, Replied))


def entry(number: str, kind: str = "block", **more: Any) -> ListedCaller:
    return ListedCaller(number, kind, 0.0, "li", **more)


def calls(book: Playbook, ani: str = CALLER, leg: str = "a", number: str = "95501") -> list[Any]:
    """Somebody calls; what the line is told."""
    book << Arrived(LINE, leg, ani, number)
    commands = book.skip().commands
    if commands and isinstance(commands[0], Reject):
        book << Released(LINE, leg)
    return commands


# -- lists, while running


def test_who_is_blocked_while_running_is_refused_at_once_and_served_when_he_is_taken_from_the_list() -> None:
    book = centre("1001", plan=plan())
    assert calls(book) == [Answer(LINE, "a")]
    assert puts(book, entry(CALLER, why="prank calls")) == ""
    assert calls(book, f"+86{CALLER}", "b") == [Reject(LINE, "b", Cause.CALL_REJECTED)]
    assert book.rows(Contact)[-1].outcome == "blocked"
    assert story(book, "blocked caller") == ["+8613800138000, listed as 13800138000 by li: prank calls: refused, call rejected"]
    assert book.engine.state.book.refused[CALLER] == 1
    assert puts(book, entry(f"0086{CALLER}", "removed", why="a mistake")) == ""
    assert calls(book, CALLER, "c") == [Answer(LINE, "c")]
    assert [(row.who, row.what, row.detail) for row in book.rows(Audit) if row.who == "li"] == [
        ("li", "caller blocked", "13800138000: prank calls"), ("li", "caller taken from the list", "13800138000: a mistake"),
    ]  # fmt: skip
    assert [(row.number, row.kind, row.at) for row in book.rows(ListedCaller)] == [
        (CALLER, "block", MONDAY_8 + book.now), (CALLER, "removed", MONDAY_8 + book.now),
    ]  # fmt: skip


def test_a_block_with_an_end_ends_by_itself() -> None:
    book = centre(plan=plan())
    assert puts(book, entry("138*"), lasts_s=60.0) == ""
    assert book.rows(ListedCaller)[-1].until_at == MONDAY_8 + book.now + 60.0
    book.at(book.now + 59.0)
    assert calls(book, leg="a") == [Reject(LINE, "a", Cause.CALL_REJECTED)]
    book.at(book.now + 1.0)
    assert calls(book, leg="b") == [Answer(LINE, "b")]


def test_a_vip_of_an_operators_word_has_his_head_start() -> None:
    book = centre(plan=plan())
    puts(book, entry(CALLER, "vip", priority=4, name="李总"))
    calls(book)
    contact = next(iter(book.engine.state.contacts.values()))
    assert (contact.vip, contact.priority, contact.data) == (True, 4, {"name": "李总"})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (entry("abc"), "'abc' is no number of 3 to 20 digits, and not the beginning of numbers as 95*"),
        (entry("*"), "'*' is no number of 3 to 20 digits, and not the beginning of numbers as 95*"),
        (entry("13900139000", "grey"), "'grey' is no list; there are: block, allow, vip"),
        (entry("13900139000", "vip", priority=100), "13900139000: a priority is 0 to 99, not 100"),
        (entry("13900139000", until_at=MONDAY_8), "13900139000: its time is over already"),
        (entry("13900139000", "removed"), "13900139000 is not listed"),
        (entry("139*", "removed"), "139* is in the site file: change it there, or list it as blocked or allowed"),
    ],
)
def test_all_are_listed_or_none(wrong: ListedCaller, why: str) -> None:
    book = centre(plan=plan(callers={"139*": CallerPlan(vip=True)}))
    assert puts(book, entry(CALLER), wrong) == why
    assert book.rows(ListedCaller) == []
    assert calls(book) == [Answer(LINE, "a")]


def test_an_import_is_one_line_of_the_audit_trail() -> None:
    book = centre(plan=plan())
    assert puts(book, entry("13800138001"), entry("13800138002"), source="spam.csv") == ""
    assert [(row.what, row.detail) for row in book.rows(Audit) if row.who == "li"] == [("callers imported", "2 from spam.csv")]
    assert len(book.rows(ListedCaller)) == 2


def test_it_is_in_force_at_once_and_done_when_it_is_on_disk() -> None:
    book = centre(plan=plan())
    book << CallersListed((entry(CALLER),), token=7)
    assert [type(action) for action in book.actions] == [Persist, Audit]
    token = book.token()
    assert calls(book) == [Reject(LINE, "a", Cause.CALL_REJECTED)]
    book << Stored(token, "disk full")
    assert book.actions == [Replied(7, "disk full")]
    book << CallersListed((entry("95*"),), token=8)
    late = book.token()
    book.at(book.now + 10.0)
    assert book.actions == [Replied(8, "it is in force, and not on disk after 10 s: see the alarms of the store")]
    book << Stored(late)
    assert book.actions == []


def test_lists_outlive_a_restart_and_a_change_of_the_site() -> None:
    book = Playbook(Engine(plan()))
    book << Restored(2, listed=(entry("138*"), entry(CALLER, "allow", until_at=MONDAY_8)))
    book.engine.state.wall_offset = MONDAY_8
    book << LineOpened(LINE, EVERYTHING.value)
    assert calls(book) == [Reject(LINE, "a", Cause.CALL_REJECTED)]
    book << PlanChanged(plan(callers={"139*": CallerPlan(blocked=True)}))
    assert calls(book) == [Reject(LINE, "a", Cause.CALL_REJECTED)]
    assert calls(book, "13900139000") == [Reject(LINE, "a", Cause.CALL_REJECTED)]


def test_the_centres_own_phones_meet_no_door() -> None:
    book = centre(plan=plan(only_listed=True))
    puts(book, entry("8*"))
    book << Arrived(LINE, "a", "8001", "95501", station="8001") >> Answer(LINE, "a")


# -- what blocked callers meet


def test_the_site_chooses_the_cause_of_a_refusal() -> None:
    book = centre(plan=plan(callers={CALLER: CallerPlan(blocked=True)}, blocked=Treatment("reject", Cause.USER_BUSY)))
    assert calls(book) == [Reject(LINE, "a", Cause.USER_BUSY)]
    assert calls(book, number="95500") == [Reject(LINE, "a", Cause.CALL_REJECTED)], "the rule is 95501's"
    assert story(book, "blocked caller")[0] == f"{CALLER}, listed as {CALLER} in the site file: refused, user busy"


def test_a_blocked_caller_can_be_told_something_and_is_counted_as_blocked() -> None:
    book = centre("1001", plan=plan(callers={CALLER: CallerPlan(blocked=True)}, blocked=NOTICE))
    assert calls(book) == [Answer(LINE, "a")]
    book << Answered(LINE, "a")
    play = book.only(Play)
    assert play.files == ("notice.zh.wav",)
    book << PlayEnded(LINE, "a", play.play) >> Release(LINE, "a", Cause.NORMAL_CLEARING)
    book << Released(LINE, "a")
    row = book.rows(Contact)[-1]
    assert (row.outcome, row.queue) == ("blocked", "")
    assert story(book, "blocked caller") == [f"{CALLER}, listed as {CALLER} in the site file: sent to announcement:notice"]
    assert book.engine.state.book.refused[CALLER] == 1


def test_a_blocked_caller_who_hears_the_notice_is_not_let_in_by_a_restart() -> None:
    rules = plan(callers={CALLER: CallerPlan(blocked=True)}, blocked=NOTICE)
    book = centre("1001", plan=rules)
    calls(book)
    book << Answered(LINE, "a")
    book.only(Play)
    row = book.rows(ContactRow)[-1]
    assert (row.stage, row.outcome) == ("turned-away", "")
    after = Playbook(Engine(rules))
    after << Restored(2, contacts=(row,)) << Adopted(LINE, "a", CALLER, "95501", True) << LineOpened(LINE, EVERYTHING.value)
    after.at(after.now)
    assert after.only(Release).leg == "a"
    after << Released(LINE, "a")
    assert after.rows(ContactRow)[-1].outcome == "blocked"


# -- only listed callers


def test_a_number_for_listed_callers_lets_nobody_else_in() -> None:
    book = centre(plan=plan(callers={"0571*": CallerPlan(priority=1)}, only_listed=True))
    assert calls(book, CALLER) == [Reject(LINE, "a", Cause.CALL_REJECTED)]
    assert story(book, "not listed") == [f"{CALLER}; only listed callers are let in: refused, call rejected"]
    assert calls(book, "") == [Reject(LINE, "a", Cause.CALL_REJECTED)]
    assert calls(book, CALLER, number="95500") == [Answer(LINE, "a")], "any other number lets everybody in"
    assert calls(book, "+8657112345678", "b") == [Answer(LINE, "b")]
    puts(book, entry(CALLER, "allow"))
    assert calls(book, CALLER, "c") == [Answer(LINE, "c")]
    puts(book, entry(CALLER))
    assert calls(book, CALLER, "d") == [Reject(LINE, "d", Cause.CALL_REJECTED)]


# -- the check of the caller's number


@pytest.mark.parametrize(
    ("ani", "wrong", "told"),
    [
        ("", "withheld", "withheld"),
        ("anonymous", "withheld", "withheld"),
        ("alice", "malformed", "malformed, alice"),
        ("+999123456", "malformed", "malformed, +999123456"),
        ("95500", "spoofed", "spoofed, 95500 is a service number of ours"),
        ("+8695501", "spoofed", "spoofed, +8695501 is a service number of ours"),
        ("8001", "spoofed", "spoofed, 8001 is a station of ours"),
        ("1001", "spoofed", "spoofed, 1001 is an agent of ours"),
    ],
)
def test_a_number_that_cannot_be_right_is_accepted_flagged_refused_or_sent_elsewhere(ani: str, wrong: str, told: str) -> None:
    accepting = centre(plan=plan())
    assert calls(accepting, ani) == [Answer(LINE, "a")]
    assert story(accepting, "caller number") == []

    flagging = centre("1001", plan=plan(**{wrong: FLAGGED}))
    assert calls(flagging, ani) == [Answer(LINE, "a")]
    flagging << Answered(LINE, "a")
    assert flagging.only(Originate).display == f"Consult ({wrong})", "the agent's phone shows it"
    assert story(flagging, "caller number") == [f"{told}: flagged"]
    assert flagging.rows(Contact)[-1].data == f'{{"{FLAG}":"{wrong}"}}'

    refusing = centre(plan=plan(**{wrong: Treatment("reject", Cause.INVALID_NUMBER_FORMAT)}))
    assert calls(refusing, ani) == [Reject(LINE, "a", Cause.INVALID_NUMBER_FORMAT)]
    assert story(refusing, "caller number") == [f"{told}: refused, invalid number format"]

    sending = centre(plan=plan(**{wrong: Treatment("send", to=Choice("voicemail"))}))
    calls(sending, ani)
    sending << Answered(LINE, "a")
    assert sending.only(Play).files == ("message.zh.wav",)
    assert story(sending, "caller number") == [f"{told}: sent to voicemail"]


def test_a_good_number_passes_every_check_and_a_listed_one_needs_none() -> None:
    strict = dict.fromkeys(("withheld", "malformed", "spoofed"), Treatment("reject"))
    book = centre(plan=plan(callers={"8899": CallerPlan(priority=1)}, **strict))
    for leg, ani in enumerate((CALLER, f"+86{CALLER}", "057112345678", "95588", "+12125551234", "8899")):
        assert calls(book, ani, f"{leg}") == [Answer(LINE, f"{leg}")], ani
    assert calls(book, "8898", "x") == [Reject(LINE, "x", Cause.CALL_REJECTED)]
    assert story(book, "caller number") == ["malformed, 8898: refused, call rejected"]


def test_who_is_sent_elsewhere_is_sent_there_again_after_a_restart() -> None:
    rules = plan(withheld=Treatment("send", to=Choice("flow", "hotline")))
    book = centre(plan=rules)
    calls(book, "")
    book << Answered(LINE, "a")
    assert book.only(Play).files == ("language.zh.wav",)
    after = Playbook(Engine(rules))
    after << Restored(2, contacts=(book.rows(ContactRow)[-1],)) << Adopted(LINE, "a", "", "95501", True)
    after << LineOpened(LINE, EVERYTHING.value)
    after.at(after.now)
    assert after.only(Play).files == ("language.zh.wav",), "95501 itself leads to a queue"


def test_a_phone_rings_without_a_flag_for_a_good_number() -> None:
    book = centre("1001", plan=plan(malformed=FLAGGED))
    calls(book)
    book << Answered(LINE, "a")
    assert book.only(Originate).display == "Consult"


def test_rules_that_lead_nowhere_are_mistakes_of_the_plan() -> None:
    wrong = plan(withheld=Treatment("send", to=Choice("queue", "nowhere")))
    assert wrong.problems() == ["numbers.95501.screening.withheld: there is no queue 'nowhere'; there are: consult, complaint"]


TREATMENTS = st.sampled_from([Treatment(), FLAGGED, Treatment("reject"), NOTICE, Treatment("send", to=Choice("voicemail"))])
ANIS = st.one_of(st.sampled_from([CALLER, "", "anonymous", "95501", "8001", "57*"]), st.text(alphabet="+0123456789a", max_size=16))
RULES = st.builds(
    ScreeningPlan, blocked=TREATMENTS, withheld=TREATMENTS, malformed=TREATMENTS, spoofed=TREATMENTS, only_listed=st.booleans(),
    unlisted=TREATMENTS,
)  # fmt: skip
LISTS = st.dictionaries(st.sampled_from([CALLER, "138*", "1*", "95501"]), st.sampled_from(["block", "allow", "vip"]), max_size=3)


@given(ANIS, RULES, LISTS)
def test_every_call_meets_one_thing_and_it_is_what_the_rules_say(ani: str, rules: ScreeningPlan, lists: dict[str, str]) -> None:
    centre_plan = Plan(numbers={"95501": NumberPlan(Choice("voicemail"))}, numbering=numbering_of("CN"), screening={"95501": rules})
    made = CallerBook()
    made.load({}, centre_plan.numbering)
    made.restore(entry(number, kind) for number, kind in lists.items())
    met = door(ani, "95501", centre_plan, made, {}, 0.0)
    assert not (met.cause is not None and met.to is not None)
    caller = made.caller(ani, 0.0)
    if caller is not None and not caller.blocked:
        assert (met.cause, met.to, met.flag, met.steps) == (None, None, "", ()), "who is listed and not blocked is let in"
    elif caller is not None:
        assert met.turns_away is (rules.blocked in (Treatment("reject"), NOTICE))
    elif rules.only_listed and rules.unlisted.what == "reject":
        assert met.cause is Cause.CALL_REJECTED
    assert bool(met.flag) is bool(met.steps), "whatever was odd is told to the agent and in the story"
