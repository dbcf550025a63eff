"""Days that chance makes up: whatever a scenario can say of callers, agents, lines, other media and faults, all at once and small.

A day is what a scenario file would hold, for one of these centres: `ODD`, small and full of rules that cross, the same with `ONE_LINE`,
as a switch wants it, and `SELF_SERVICE`, the telecom company of the library, whose callers are led through call flows, checks of accounts
and queries.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from appliance.config import Document
from appliance.config.structuring import structure
from appliance.site import Site
from appliance.site.model import site_of
from sim.scenario import Scenario
from sim.unfit import unfit

__all__ = ["ODD", "ONE_LINE", "SELF_SERVICE", "Said", "days", "understood"]

Said = dict[str, Any]
ODD, ONE_LINE, SELF_SERVICE = "odd", "odd with one line", "self service"
_HERE = Path(__file__).parent
_FILES = {ODD: _HERE / "odd_centre.toml", SELF_SERVICE: _HERE.parents[1] / "scenarios" / "sites" / "telecom" / "site.toml"}
_FILES[ONE_LINE] = _FILES[ODD]
_SECOND = '[lines.second]\nbackend = "simulated"\nchannels = 30\n'
_NUMBERS = {ODD: ["1", "2", "3"], ONE_LINE: ["1", "2", "3"], SELF_SERVICE: ["10000"]}
_LINES = {ODD: ["trunk", "second"], ONE_LINE: ["trunk"], SELF_SERVICE: ["trunk"]}
_QUEUES = {ODD: ["help", "expert"], ONE_LINE: ["help", "expert"], SELF_SERVICE: ["service"]}
_HOURS = "09:00-09:10"


@cache
def _site(centre: str) -> Site:
    text = _FILES[centre].read_text("utf-8")
    if centre == ONE_LINE:
        assert _SECOND in text
        text = text.replace(_SECOND, "").replace('"second"', '"trunk"')
    return site_of(Document.parse(text, centre), _FILES[centre].parent)


def understood(centre: str, said: Said) -> tuple[Scenario, Site]:
    """The day as a scenario of its centre, which is without mistakes."""
    scenario, site = structure(said, Scenario), _site(centre)
    assert list(unfit(scenario, site)) == []
    return scenario, site


# --- parts --------------------------------------------------------------------------------------------------------------------------------


def _one(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def _maybe(must: Said | None = None, /, **may: st.SearchStrategy[Any]) -> st.SearchStrategy[Said]:
    """A table with some of these keys; a trailing underscore is no part of a key."""
    return st.fixed_dictionaries(must or {}, optional={key.rstrip("_"): strategy for key, strategy in may.items()})


def _lengths(*means: float) -> st.SearchStrategy[Any]:
    """A length of time of about these seconds, in all the ways to say one."""
    mean = _one(*means)
    return st.one_of(
        mean.map(lambda s: f"{s} s"),
        mean.map(lambda s: {"exponential": {"mean_s": float(s)}}),
        mean.map(lambda s: {"lognormal": {"mean_s": float(s), "sigma": 0.8}}),
        mean.map(lambda s: {"weibull": {"mean_s": float(s), "shape": 1.5}}),
        mean.map(lambda s: {"uniform": {"min_s": s / 2, "max_s": s * 1.5}}),
    )


_SHARE = _one(0.0, 0.2, 0.6, 1.0)
_REDIAL = _maybe({"chance": _one(0.4, 1.0), "after": _lengths(3, 40)}, most=_one(1, 3), decay=_one(0.3, 1.0))
_SLIPS = _maybe(wrong_key=_SHARE, mistyped=_SHARE, notices=_SHARE)
_PRESSES = _one({"1": 1.0}, {"1": 0.5, "2": 0.3, "9": 0.1, "0": 0.1}, {"2": 0.5, "7 1": 0.5})
_ANSWERS = st.fixed_dictionaries(
    {
        "hotline.language": _one({"1": 0.8, "2": 0.1, "silence": 0.1}),
        "hotline.menu": _one({"1": 0.4, "2": 0.3, "3": 0.1, "0": 0.2}, {"0": 1.0}, {"1": 0.5, "hang up": 0.5}),
    },
    optional={
        "hotline.more": _one({"*": 0.5, "0": 0.3, "hang up": 0.2}),
        "login.number": _one({"{caller}#": 0.9, "123#": 0.1}),
        "login.pin": _one({"246810": 0.9, "24#": 0.1}),
        "bill.month": _one({"11#": 0.5, "13#": 0.5}),
        "bill.more": _one({"1": 0.3, "0": 0.3, "*": 0.2, "hang up": 0.2}),
        "people.mark": _one({"1": 0.5, "*": 0.5}),
    },
)


def _arrivals(centre: str, *rates: int) -> st.SearchStrategy[Said]:
    rate = st.one_of(_one(*rates), _one({"09:00": float(rates[0]), "09:04": float(rates[-1])}))
    calls = _maybe({"at": _one("09:01", "09:05"), "calls": _one(3, 10), "within": _one("5 s", "2 min")}, decay=_one("0 s", "20 s"))
    times = st.fixed_dictionaries({"at": _one("09:02"), "times": _one(1.5, 4.0), "for": _one("1 min")}, optional={"day": _one(1)})
    line = _one(*_LINES[centre])
    closed = {"open": _one("office"), "when_closed": _SHARE} if centre != SELF_SERVICE else {}
    by_chance = _maybe(
        {"per_hour": rate},
        per_hour_on=_one({"mon-fri": float(rates[0])}, {"tue": float(rates[-1]), "holidays": {"09:00": 10.0}}),
        factor_on=_one({"mon": 1.3}, {"2026-03-03": 0.5}),
        busyness=_maybe(day_cv=_one(0.2), interval_cv=_one(0.3), interval=_one("5 min")),
        bursts=st.lists(st.one_of(calls, times), min_size=1, max_size=2),
        calls=_one(20, 60),
        line=line,
        **closed,
    )
    return st.one_of(by_chance, _maybe({"every": _one("4 s", "15 s", "60 s")}, line=line, bursts=st.lists(calls, min_size=1, max_size=1)))


def _kinds(centre: str) -> st.SearchStrategy[Said]:
    may: Said = {
        "patience": _lengths(5, 60),
        "talk": _lengths(5, 90),
        "hangs_up": _SHARE,
        "redial": _REDIAL,
        "slips": _SLIPS,
        **({"presses": _PRESSES} if centre != SELF_SERVICE else {"answers": _ANSWERS}),
    }
    some = st.one_of(_maybe({"share": _one(0.3)}, numbers=_one(["700003"], ["71555", "71556", "71557"]), **may))
    vips = _maybe({"share": _one(0.2, 0.6)}, vips=_one(True), **may)
    return _maybe(english=some, important=vips) if centre != SELF_SERVICE else _maybe(english=some)


def _callers(centre: str) -> st.SearchStrategy[Said]:
    return _maybe(
        {"presses": _PRESSES} if centre != SELF_SERVICE else {"answers": _ANSWERS},
        patience=_lengths(5, 40, 200),
        presses_after=_lengths(0.1, 3),
        talk=_lengths(5, 30, 150),
        hangs_up=_SHARE,
        message=_lengths(2, 20),
        redial=_REDIAL,
        redial_blocked=_REDIAL,
        call_back=_maybe({"share": _one(0.3, 1.0)}, after=_lengths(2, 15), key=_one("1", "2"), answers=_SHARE, rings=_lengths(1, 20)),
        slips=_SLIPS,
        kinds=_kinds(centre),
    )


def _shift(who: str, days: int) -> st.SearchStrategy[Said]:
    late = _one("09:02", "09:10", "10:00") if days == 1 else _one("09:05", "08:00", "23:00")
    return _maybe(
        {"who": st.just(who)},
        from_=_one("08:50", "09:00", "09:01") if days == 1 else _one("08:50", "22:00"),
        to=late if days == 1 else _one("23:59"),
        breaks=_one(["09:03-09:05"], ["09:01-09:02", "09:06-09:12"]),
        on=_one(["mon", "sat"], ["mon-sun"], ["2026-03-02", "sat", "holidays"]),
    )


def _agents(centre: str, days: int) -> st.SearchStrategy[Said]:
    teams = [["1001-1002", "1003", "1004"], ["1001-1004"], ["1002"]] if centre != SELF_SERVICE else [["1001-1003", "1005, 1009"]]
    roster = st.one_of([st.tuples(*(_shift(who, days) for who in team)).map(list) for team in teams])
    handling = _maybe(
        who=_one("1001-1002"),
        group=_one(*_QUEUES[centre]),
        number=_one(*_NUMBERS[centre]),
        keys=_one("1", "2 1"),
        talk=_lengths(5, 60),
        wrap_up=_lengths(1, 30),
        factor=_one(0.5, 2.0),
        at_0=_one(2.0),
        at_100=_one(0.5),
        learning=st.fixed_dictionaries({"first": _one(3.0), "calls": _one(5.0)}),
        **({"skill": _one("tax")} if centre != SELF_SERVICE else {}),
    )
    transfer = _maybe(
        {"share": _one(0.3, 1.0), "to": _one("1001", "1003", "1002", *_NUMBERS[centre], "13800000000", "9")},
        consult=_SHARE,
        asks=_lengths(2, 20),
        keeps=_SHARE,
        after=_lengths(1, 30),
        who=_one("1001", "1002-1003"),
        number=_one(*_NUMBERS[centre]),
    )
    return _maybe(
        {"roster": roster},
        answers_after=_lengths(0.5, 4, 12),
        wrap_up=_lengths(1, 10, 60),
        absence=_maybe(chance=_one(0.3), late=_one(0.5), late_by=_lengths(30, 300)),
        handling=st.lists(handling, min_size=1, max_size=2),
        transfers=st.lists(transfer, min_size=1, max_size=2),
        lapses=_maybe(lets_ring=_one(0.2), cuts_off=_one(0.2), forgets_pause=_one(0.5, 1.0), forgets_log_out=_one(0.5, 1.0)),
    )


def _faults(centre: str, kinds: tuple[str, ...], days: int) -> st.SearchStrategy[list[Said]]:
    line = _one(*_LINES[centre])
    more: dict[str, Said] = {
        "span alarm": {"span": _one(1), "t309": _one("0 s", "6 s")},
        "messages lost": {"chance": _one(0.05, 0.5)},
        "messages doubled": {"chance": _one(0.2, 1.0)},
        "core restart": {"for": _one("0.5 s", "20 s")},
        "disk slow": {"delay": _one("1 s", "5 s")},
        "gateway slow": {"delay": _one("2 s", "10 s")},
    }
    must: dict[str, Said] = {
        "worker crash": {"line": line},
        "station dead": {"station": _one("8001", "8002"), "for": _one("20 s", "3 min")},
        "core restart": {},
        "clock jump": {"by_s": _one(-3600.0, 40.0)},
        **{kind: {"gateway": _one("billing"), "for": _one("1 min")} for kind in ("gateway slow", "gateway dead")},
        **{kind: {"for": _one("3 s", "1 min")} for kind in ("disk full", "disk slow")},
    }
    usual: Said = {"line": line, "for": _one("3 s", "30 s", "2 min")}
    each = [
        st.fixed_dictionaries(
            {
                "what": st.just(kind),
                "at": _one("09:01", "09:03:30", "09:08"),
                "day": _one(*range(1, days + 1)),
                **must.get(kind, usual),
                **more.get(kind, {}),
            }
        )
        for kind in kinds
    ]
    return st.lists(st.one_of(each), min_size=1, max_size=6)


_TRACE = {
    "file": str(_HERE / "odd_calls.csv"),
    "delimiter": ";",
    "columns": {
        "at": "Call start", "number": "DNIS", "caller": "ANI", "keys": "Keys", "wait_s": "Queue time", "talk_s": "Talk",
        "wrap_up_s": "Wrap", "patience_s": "Patience", "outcome": "Result", "queue": "Group", "agent": "Agent",
    },
    "outcomes": {"ANSWERED": "answered", "NO ANSWER": "abandoned", "BUSY": "blocked"},
    "number": "1",
    "numbers": {"0800": "1"},
}  # fmt: skip
_CANNED: dict[str, Any] = {
    "gateways": st.fixed_dictionaries(
        {
            "billing": st.fixed_dictionaries(
                {
                    "subscriber": _maybe({"answers": _one([{"name": "王", "mail": ""}], [])}, delay=_lengths(0.2, 3)),
                    "bill": _maybe({"answers": _one([{"amount": 2.5, "local": 1.0, "distance": 1.0, "data": 0.5}])}, fails=_SHARE),
                    "arrears": _maybe({"answers": _one([{"amount": 1.5, "bills": 2, "due": "2026-11-20"}])}, delay=_lengths(0.2, 8)),
                }
            )
        }
    ),
    "accounts": st.fixed_dictionaries(
        {"subscribers": _maybe({"right": _one(0.3, 0.7)}, locked=_one(0.1), trouble=_one(0.1), delay=_lengths(0.1, 2))}
    ),
}


@cache
def _day(centre: str, kinds: tuple[str, ...], number: int) -> st.SearchStrategy[Said]:
    """A day, or `number` of them, of a centre that can have these `kinds` of faults."""
    written = _maybe(
        {"queue": _one(*_QUEUES[centre]), "arrivals": _arrivals(centre, 30, 100)},
        medium=_one("mail", "chat"),
        accepts_after=_lengths(1, 10, 40),
        declines=_SHARE,
        handling=_lengths(10, 90),
        patience=_lengths(10, 100),
    )
    trunk = _maybe(channels=_one(2, 5, 30), set_up=_lengths(0.1, 2), glare=_one("1 s", "20 s"))
    random_faults = _maybe(
        {"per_hour": _one(30, 100, 400)},
        kinds=st.lists(st.sampled_from(kinds), min_size=1, max_size=5, unique=True),
        lasts=_lengths(2, 15, 60),
    )
    return st.fixed_dictionaries(
            {
                "scenario": st.just("A day by chance"),
                "site": st.just(str(_FILES[centre])),
                "hours": st.just(_HOURS),
                "days": st.just(number),
                "arrivals": st.dictionaries(_one(*_NUMBERS[centre]), _arrivals(centre, 60, 400), min_size=1),
                "callers": _callers(centre),
                "agents": _agents(centre, number),
                "delays": _maybe(
                    set_up=_one("0 s", "5 ms"), answer=_one("0 s", "2 s"), prompt_start=_one("0 s", "30 ms"), spoken=st.booleans(),
                    stored=_one("0 s", "5 ms", "2 s"),
                ),
            },
            optional={
                "date": _one(date(2026, 3, 2), date(2026, 3, 28)),  # and the night in which clocks are put forward
                "warm_up": _one("1 min"),
                "lines": st.dictionaries(_one(*_LINES[centre]), trunk, min_size=1),
                "written": st.dictionaries(_one("mails", "chats"), written, min_size=1),
                "faults": _faults(centre, kinds, number),
                "random_faults": random_faults,
                **({"trace": st.just({**_TRACE, "line": _LINES[centre][-1]})} if centre != SELF_SERVICE else _CANNED),
            },
        )  # fmt: skip


@st.composite
def days(draw: st.DrawFn, kinds: dict[str, tuple[str, ...]], longest: int = 2) -> tuple[str, Said]:
    """A centre and a day of it, or up to `longest`; `kinds` of faults that each of the centres can have."""
    centre = draw(st.sampled_from(sorted(kinds)))
    said = draw(_day(centre, kinds[centre], draw(_one(1, 1, 1, longest))))
    kinds_of_callers = sorted(said["callers"].get("kinds", ()))
    for handling in said["agents"].get("handling", ()) if kinds_of_callers else ():
        handling |= draw(_maybe(kind=st.sampled_from(kinds_of_callers)))
    return centre, said
