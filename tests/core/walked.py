"""Call flows that callers are walked through in more than one place, and the way to an agent."""

from appliance.core.contact import ContactState
from appliance.core.inputs import AgentAsked
from hal.api import Answered, StationRegistered
from tests.core.walking import LINE, Walk

MENU = """
flow       = "hotline"
start      = "welcome"
everywhere = { "*" = "welcome" }

[welcome]
say       = { zh = "您好", en = "Hello" }
menu      = { 0 = "to_agent", 1 = "bill" }
wrong     = { zh = "按错", en = "Wrong key" }
otherwise = "goodbye"

[bill]
ask       = { zh = "月份", en = "Which month", digits = "1-6", into = "asked", as = "month", wrong = { zh = "不对", en = "No month" } }
lookup    = { gateway = "billing", query = "bill", with = ["caller", "asked"], into = "bill", nothing = "none" }
say       = { zh = "您{asked}的话费是{bill.amount:money}。", en = "Your bill for {asked} is {bill.amount:money}." }
otherwise = "goodbye"
next      = "welcome"

[none]
say  = { zh = "没有", en = "There is none" }
next = "welcome"

[to_agent]
next   = "queue:consult"
then   = "survey"
failed = "goodbye"

[survey]
answer    = { poll = "service", question = "mark", value = "mark" }
ask       = { zh = "评分", en = "Rate us", digits = 1, into = "mark", as = "number", valid = "mark >= 1 and mark <= 5" }
otherwise = "goodbye"
next      = "goodbye"

[goodbye]
say      = { zh = "再见", en = "Goodbye" }
barge_in = false
next     = "release"
"""
GATEWAYS = {"gateways": {"billing": frozenset({"bill"})}}
BILLS = """
flow  = "bills"
start = "look"

[look]
lookup = { gateway = "billing", query = "bill", into = "bills", otherwise = "release", waiting = { zh = "请稍候", en = "One moment" } }
set    = { total = "0" }
next   = "each"

[each]
loop = { over = "bills", item = "bill", to = "one" }
next = "sum"

[one]
set  = { total = "total + bill.amount" }
say  = { zh = "{bill.month:month}{bill.amount:money}", en = "{bill.month:month} {bill.amount:money}" }
next = "each"

[sum]
say  = { zh = "共{total:money}", en = "Together {total:money}" }
next = "release"
"""
ACCOUNT = """
flow  = "account"
start = "main"

[main]
ask  = { zh = "账号", en = "Account", digits = "4-8", into = "number", as = "account", otherwise = "release" }
call = "pin"
next = "balance"

[balance]
say  = { zh = "已验证", en = "Welcome back" }
next = "queue:consult"
"""
PIN = """
flow  = "pin"
start = "ask"
needs = ["number"]

[ask]
ask          = { zh = "密码", en = "PIN", digits = 4, into = "pin", secret = true, otherwise = "release" }
authenticate = { accounts = "customers", account = "number", pin = "pin", locked = "locked", trouble = "queue:consult" }
otherwise    = "wrong"
set          = { copy = "pin" }
next         = "return"

[wrong]
say  = { zh = "密码错", en = "Wrong" }
next = "ask"

[locked]
say  = { zh = "已锁定", en = "Locked" }
next = "release"
"""
ACCOUNTS = {"accounts": frozenset({"customers"})}


def with_agent(call: Walk) -> str:
    """The caller is put through to agent 1001; the agent's leg."""
    call.give(StationRegistered(LINE, "8001", "127.0.0.1"))
    call.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "ready"))
    call.key("0").hear_out()
    leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == "1001")
    call.give(Answered(LINE, leg)).wait(1)
    assert call.contact.state is ContactState.CONNECTED
    return leg
