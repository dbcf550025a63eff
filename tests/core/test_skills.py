"""What a queue asks of an agent: tables of cases, and any expression against an evaluator that shares nothing with ours."""

import copy
import operator
import pickle
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.core.queues.skills import Needs

WANG = {"zh": 90, "english": 40, "billing": 1, "trainee": 20}

# --- cases ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-04")
@pytest.mark.parametrize(
    ("text", "skills", "suits"),
    [
        ("", {}, True),
        (" \n", WANG, True),
        ("english >= 60 and billing", {"english": 60, "billing": 1}, True),
        ("english >= 60 and billing", {"english": 59, "billing": 100}, False),
        ("english >= 60 and billing", {"english": 60}, False),
        ("(zh >= 50 or cantonese) and not trainee", {"zh": 50}, True),
        ("(zh >= 50 or cantonese) and not trainee", {"cantonese": 1}, True),
        ("(zh >= 50 or cantonese) and not trainee", {"zh": 50, "trainee": 1}, False),
        ("(zh >= 50 or cantonese) and not trainee", {"zh": 49}, False),
        ("vip = 100", {"vip": 100}, True),
        ("vip == 100", {"vip": 99}, False),
        ("level != 3", {"level": 3}, False),
        ("level != 3", {}, True),
        ("level > 3", {"level": 3}, False),
        ("level > 3", {"level": 4}, True),
        ("level <= 3", {"level": 3}, True),
        ("level <= 3", {"level": 4}, False),
        ("level < 3", {"level": 3}, False),
        ("level < 3", {}, True),
        ("level = 0", {}, True),
        ("level>=007", {"level": 7}, True),
        # "and" binds closer than "or", "not" closer than "and", a comparison closest
        ("a or b and c", {"a": 1}, True),
        ("a and b or c", {"c": 1}, True),
        ("(a or b) and c", {"a": 1}, False),
        ("not a or b", {"a": 1, "b": 1}, True),
        ("not (a or b)", {"b": 1}, False),
        ("not a and b", {"b": 1}, True),
        ("not a >= 50", {"a": 49}, True),
        ("not not a", {"a": 1}, True),
        ("NOT a Or B", {"B": 1}, True),
        # more parts than there are short cuts for
        ("a and b and c and d", {"a": 1, "b": 1, "c": 1, "d": 1}, True),
        ("a and b and c and d", {"a": 1, "b": 1, "c": 1}, False),
        ("a or b or c or d", {"d": 1}, True),
        ("a or b or c or d", {}, False),
        # names
        ("英语 >= 60", {"英语": 60}, True),
        ("हिन्दी", {"हिन्दी": 5}, True),
        ("2nd-level and net_work", {"2nd-level": 1, "net_work": 1}, True),
        ("order and android", {"order": 1, "android": 1}, True),
        ("English", {"english": 100}, False),
    ],
)
def test_who_suits(text: str, skills: dict[str, int], suits: bool) -> None:
    needs = Needs.parse(text)
    assert needs.suits(skills) is suits
    assert (needs.missing(skills) == "") is suits


@pytest.mark.requirement("ACD-04")
@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", 0),
        ("zh", 90),
        ("zh >= 50 and english >= 60", 130),
        ("zh >= 20 and zh >= 50", 90),
        ("zh >= 0", 90),
        ("zh and cantonese", 90),
        ("zh and not trainee", 90),
        ("zh and trainee < 50", 90),
        ("zh and trainee <= 50", 90),
        ("zh and trainee = 0", 90),
        ("zh and trainee != 0", 110),
        ("zh and trainee != 50", 90),
        ("zh > 5 or english = 40", 130),
        ("not (trainee or zh < 50)", 90),
        ("not not zh", 90),
    ],
)
def test_the_level_counts_the_skills_that_are_asked_for(text: str, level: int) -> None:
    assert Needs.parse(text).level(WANG) == level


@pytest.mark.requirement("ACD-04")
@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", ""),
        ("zh >= 50", ""),
        ("english >= 60", "english 40, needs >= 60"),
        ("zh and english > 40 and cantonese", "english 40, needs > 40"),
        ("cantonese", "cantonese 0, needs >= 1"),
        ("zh = 100", "zh 90, needs 100"),
        ("zh != 90", "zh 90, needs != 90"),
        ("not trainee", "trainee 20, needs 0"),
        ("not (zh and trainee >= 10)", "zh 90, needs 0; or trainee 20, needs < 10"),
        ("(english >= 50 or cantonese) and not trainee", "english 40, needs >= 50; or cantonese 0, needs >= 1"),
        ("english >= 60 and billing or cantonese", "english 40, needs >= 60; or cantonese 0, needs >= 1"),
    ],
)
def test_what_an_agent_lacks(text: str, missing: str) -> None:
    assert Needs.parse(text).missing(WANG) == missing


@pytest.mark.requirement("ACD-04")
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("  zh  ", "zh"),
        ("zh>=050 AND billing", "zh >= 50 and billing"),
        ("((zh) and (en and fr))", "zh and en and fr"),
        ("(a and b) or (c or d)", "a and b or c or d"),
        ("(a or b) and c", "(a or b) and c"),
        ("a == 5", "a = 5"),
        ("a >= 1 and b < 1", "a and not b"),
        ("not a >= 50", "a < 50"),
        ("not (a or b >= 5 and c)", "not a and (b < 5 or not c)"),
        ("not not not a != 3", "a = 3"),
    ],
)
def test_the_canonical_text(text: str, canonical: str) -> None:
    assert str(Needs.parse(text)) == canonical
    assert str(Needs.parse(canonical)) == canonical
    assert Needs.parse(text).text == text


def test_names_are_in_order_and_each_once() -> None:
    assert Needs.parse("zh and not (trainee or en > 5) and (zh < 80 or 英语)").names == ("zh", "trainee", "en", "英语")
    assert Needs.parse("").names == ()


# --- objects ----------------------------------------------------------------------------------------------------------


def test_equal_texts_are_one_object() -> None:
    needs = Needs.parse("zh >= 50 and en")
    assert Needs.parse(" ".join(["zh", ">=", "50", "and", "en"])) is needs
    assert copy.deepcopy(needs) is copy.copy(needs) is pickle.loads(pickle.dumps(needs)) is needs


def test_what_is_written_alike_is_equal() -> None:
    needs = Needs.parse("zh >= 50 and en")
    alike = Needs.parse("(zh>=50) AND (en >= 1)")
    assert needs == alike
    assert len({needs, alike}) == 1
    assert needs != Needs.parse("zh >= 51 and en")
    assert Needs() == Needs.parse("")
    assert repr(alike) == "Needs(text='(zh>=50) AND (en >= 1)')"


# --- messages ---------------------------------------------------------------------------------------------------------

DEEP = "(" * 50 + "zh" + ")" * 50


@pytest.mark.requirement("ACD-04")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("english >= ", "'english >= ' ends where a level from 0 to 100 is expected"),
        ("english >= 101", "'english >= 101', column 12: a level from 0 to 100 is expected, not '101'"),
        ("english >= -5", "'english >= -5', column 12: a level from 0 to 100 is expected, not '-5'"),
        ("english >= high", "'english >= high', column 12: a level from 0 to 100 is expected, not 'high'"),
        ("zh >= 50and en", "'zh >= 50and en', column 7: a level from 0 to 100 is expected, not '50and'"),
        ("english >= ٥", "'english >= ٥', column 12: a level from 0 to 100 is expected, not '٥'"),
        ("en >= 1" + "0" * 5000, "en >= 1" + "0" * 5000 + "', column 7: a level from 0 to 100 is expected"),
        ("english >= 60.5", "'english >= 60.5', column 14: 'and', 'or' or the end is expected, not '.'"),
        ("english => 60", "'english => 60', column 9: one of >= <= > < = != is expected, not '=>'"),
        ("10 < zh", "column 1: a skill (letters, digits, '-' and '_' inside, at least one letter) is expected, not '10'"),
        ("zh- > 5", "column 1: a skill (letters, digits, '-' and '_' inside, at least one letter) is expected, not 'zh-'"),
        ("_zh", "column 1: a skill (letters, digits, '-' and '_' inside, at least one letter) is expected, not '_zh'"),
        ("and > 5", "'and > 5', column 1: a skill, 'not' or '(' is expected, not 'and'"),
        ("zh or or en", "'zh or or en', column 7: a skill, 'not' or '(' is expected, not 'or'"),
        ("zh and", "'zh and' ends where a skill, 'not' or '(' is expected"),
        ("not", "'not' ends where a skill, 'not' or '(' is expected"),
        ("()", "'()', column 2: a skill, 'not' or '(' is expected, not ')'"),
        (")", "')', column 1: a skill, 'not' or '(' is expected, not ')'"),
        ("zh en", "'zh en', column 4: a comparison, 'and', 'or' or the end is expected, not 'en'"),
        ("zh & en", "'zh & en', column 4: a comparison, 'and', 'or' or the end is expected, not '&'"),
        ("zh > 5 en", "'zh > 5 en', column 8: 'and', 'or' or the end is expected, not 'en'"),
        ("zh > 5 < 50", "'zh > 5 < 50', column 8: 'and', 'or' or the end is expected, not '<'"),
        ("zh (en)", "'zh (en)', column 4: a comparison, 'and', 'or' or the end is expected, not '('"),
        ("(zh) en", "'(zh) en', column 6: 'and', 'or' or the end is expected, not 'en'"),
        ("(zh en)", "'(zh en)', column 5: a comparison, 'and', 'or' or ')' for the '(' in column 1 is expected, not 'en'"),
        ("en and ((zh) or fr", "'en and ((zh) or fr' ends where ')' for the '(' in column 8 is expected"),
        ("zh)", "'zh)', column 3: this ')' has no '('"),
        ("(zh) > 5)", "'(zh) > 5)', column 6: 'and', 'or' or the end is expected, not '>'"),
        (f"({DEEP})", "column 51: more than 50 parentheses stand within one another"),
        ("(" * 100_000, "column 51: more than 50 parentheses stand within one another"),
        ("zh ＞＝ 60", "column 4: a comparison, 'and', 'or' or the end is expected, not '＞'; it is a wide character, write '>'"),
        ("zh > ６０", "column 6: a level from 0 to 100 is expected, not '６'; it is a wide character, write '6'"),
        ("zh\u200b", r"column 3: a comparison, 'and', 'or' or the end is expected, not '\u200b'"),
        ("__import__('os')", "column 1: a skill (letters, digits, '-' and '_' inside, at least one letter) is expected, not '__import__'"),
    ],
    ids=lambda text: text[:30],
)
def test_messages_say_where_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        Needs.parse(text)
    assert message in str(refused.value)


def test_the_deepest_and_the_longest_are_read() -> None:
    assert str(Needs.parse(DEEP)) == "zh"
    turning = "".join(f"not (a{n} or b{n} and " for n in range(50)) + "zh" + ")" * 50
    assert Needs.parse(str(Needs.parse(turning))) == Needs.parse(turning)
    assert Needs.parse("not " * 10_001 + "zh").suits({})
    assert Needs.parse(" or ".join(f"s{n}" for n in range(10_000))).suits({"s9999": 1})


@given(st.text(alphabet="ab1-_ ()<>=!andornot.英６\n") | st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        needs = Needs.parse(text)
    except ValueError as refused:
        said = str(refused)
    else:
        said = ""
        assert Needs.parse(str(needs)) == needs
    assert said == "" or " is expected" in said or said.endswith("this ')' has no '('")


# --- any expression, against another evaluator --------------------------------------------------------------------------

Tree: TypeAlias = tuple[Any, ...]
"""`("or", left, right)`, `("and", left, right)`, `("not", inner)`, `("term", name, comparison, level)`, `("has", name)`."""

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
BINDS = {"or": 0, "and": 1, "not": 2, "term": 3, "has": 3}
NAMES = st.sampled_from(["zh", "en", "英语", "2nd-line", "net_work", "notary"])
LEVELS = st.sampled_from([0, 1, 2, 49, 50, 51, 99, 100])
SKILLS = st.dictionaries(NAMES, st.sampled_from([1, 2, 49, 50, 51, 99, 100]))
LEAVES = st.tuples(st.just("has"), NAMES) | st.tuples(st.just("term"), NAMES, st.sampled_from(list(COMPARISONS)), LEVELS)
TREES: st.SearchStrategy[Tree] = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(["or", "and"]), inner, inner) | st.tuples(st.just("not"), inner),
    max_leaves=12,
)


def holds(tree: Tree, skills: dict[str, int]) -> bool:
    match tree:
        case ("or", left, right):
            return holds(left, skills) | holds(right, skills)
        case ("and", left, right):
            return holds(left, skills) & holds(right, skills)
        case ("not", inner):
            return not holds(inner, skills)
        case ("has", name):
            return name in skills
        case (_, name, comparison, level):
            return COMPARISONS[comparison](skills.get(name, 0), level)
    raise AssertionError(tree)


def mentioned(tree: Tree, negated: bool = False) -> Iterator[tuple[str, bool]]:
    """The skills in order, each with whether it is asked to be there."""
    match tree:
        case ("not", inner):
            yield from mentioned(inner, not negated)
        case ("has", name):
            yield name, not negated
        case ("term", name, "=" | "==", level):
            yield name, (level > 0) is not negated
        case ("term", name, "!=", level):
            yield name, (level == 0) is not negated
        case ("term", name, comparison, _):
            yield name, (comparison in {">", ">="}) is not negated
        case (_, left, right):
            yield from mentioned(left, negated)
            yield from mentioned(right, negated)


@st.composite
def written(draw: st.DrawFn, trees: st.SearchStrategy[Tree] = TREES) -> tuple[Tree, str]:
    """A tree and a text for it: any spaces, any capitals in keywords, parentheses where they must be and where they need not."""

    def words(tree: Tree, outer: int) -> Iterator[str]:
        pairs = draw(st.sampled_from([0, 0, 0, 1, 2]))
        if BINDS[tree[0]] < outer and not pairs:
            pairs = 1
        yield from "(" * pairs
        match tree:
            case ("not", inner):
                yield keyword("not")
                yield from words(inner, BINDS["not"])
            case ("has", name):
                yield name
            case ("term", name, comparison, level):
                yield from (name, comparison, draw(st.sampled_from(["", "0"])) + str(level))
            case (word, left, right):
                yield from words(left, BINDS[word])
                yield keyword(word)
                yield from words(right, BINDS[word] + draw(st.integers(0, 1)))
        yield from ")" * pairs

    def keyword(word: str) -> str:
        return draw(st.sampled_from([word, word, word.upper(), word.capitalize()]))

    tree = draw(trees)
    text = draw(st.sampled_from(["", " "]))
    for word in words(tree, 0):
        space = draw(st.sampled_from(["", " ", " ", "  ", "\t", "\n", "\u3000"]))
        touching = text[-1:].isalnum() and word[0].isalnum()
        text += (space or " " if touching else space) + word
    return tree, text + draw(st.sampled_from(["", " "]))


def same(tree: Tree, needs: Needs, skills: dict[str, int]) -> None:
    """`needs` means what the tree does."""
    assert needs.suits(skills) is holds(tree, skills)
    assert (needs.missing(skills) == "") is holds(tree, skills)
    assert needs.names == tuple(dict.fromkeys(name for name, _ in mentioned(tree)))
    assert needs.level(skills) == sum(skills.get(name, 0) for name in {name for name, wanted in mentioned(tree) if wanted})


@pytest.mark.slow
@pytest.mark.requirement("ACD-04")
@given(written(), st.lists(SKILLS, min_size=1, max_size=5))
@example((("not", ("and", ("has", "zh"), ("term", "en", "=", 0))), "not(zh and en=0)"), [{}, {"zh": 1}, {"zh": 1, "en": 1}])
def test_any_expression_means_what_another_evaluator_says(pair: tuple[Tree, str], agents: list[dict[str, int]]) -> None:
    tree, text = pair
    needs = Needs.parse(text)
    again = Needs.parse(str(needs))
    assert again == needs
    assert str(again) == str(needs)
    for skills in agents:
        same(tree, needs, skills)
        same(tree, again, skills)
        assert again.missing(skills) == needs.missing(skills)
