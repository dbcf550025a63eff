"""Gateways and accounts in a site file: every mistake with its line and remedy, before a caller meets it."""

import re
import sqlite3
from pathlib import Path

import pytest

from appliance.config import ConfigError
from appliance.core.plan import QueryPlan
from appliance.secrets import Secrets
from appliance.site.gateways import SqlQuery
from appliance.site.notes import notes_on
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("IVR-03")

SQL = """
[gateways.billing]
kind = "sql"
file = "bills.db"

[gateways.billing.queries.bill]
arguments = ["account", "month"]
sql = "SELECT amount FROM bills WHERE account = :account AND month = :month"
"""
JSON = """
[gateways.crm]
kind = "http-json"
url = "https://crm.example:8443/api"

[gateways.crm.queries.customer]
arguments = ["account"]
path = "/customers/{account}"
"""
XML = """
[gateways.old]
kind = "http-xml"
url = "http://old.example"
namespaces = { b = "urn:b" }

[gateways.old.queries.bill]
arguments = ["account"]
xml = "<bill><account>{account}</account></bill>"
record = ".//b:bill"
fields = { amount = "b:amount", no = "@no" }
"""
TICKETS = '[gateways.NAME]\nkind = "sql"\nfile = "bills.db"\n[gateways.NAME.queries.q]\nsql = "SELECT 1"\n'.replace("NAME.", "tickets.")
ACCOUNTS = """
[accounts.customers]
gateway = "billing"
query = "check"

[gateways.billing.queries.check]
arguments = ["account", "pin"]
sql = "SELECT pin = :pin AS right FROM accounts WHERE account = :account"
"""
FLOW = """
flow = "bills"
start = "a"
[a]
lookup = { gateway = "billing", query = "bill", with = { account = "'1'", month = "'2'" }, into = "bill" }
next = "release"
otherwise = "release"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sqlite3.connect(tmp_path / "bills.db").close()
    return tmp_path


def said(text: str, old: str, new: str, folder: Path) -> list[str]:
    assert text.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        site(SMALL + text.replace(old, new), folder)
    return [str(mistake).partition(": ")[2] for mistake in caught.value.mistakes]


def test_a_site_with_all_kinds(folder: Path) -> None:
    sql = SQL.replace("sql =", 'result = "many"\nsecrets = ["account"]\nsql =')
    xml = XML.replace("fields =", 'numbers = ["amount"]\nfields =')
    made = site(SMALL + sql + JSON + xml + ACCOUNTS + "[accounts.own]\n", folder)
    plan = made.plan(lambda piece: piece.name)
    assert plan.gateways == {
        "billing": {"bill", "check"}, "crm": {"customer"}, "old": {"bill"}, "tickets": {"status"},
    }  # fmt: skip
    assert plan.queries["old"]["bill"] == QueryPlan(members=(("amount", "number"), ("no", "field")))
    assert plan.queries["tickets"]["status"].secrets == {"code"}
    assert plan.queries["billing"]["bill"] == QueryPlan(many=True, secrets=frozenset({"account"}))
    assert plan.accounts == {"customers", "own"}
    assert made.gateways["billing"].settings.file == str(folder / "bills.db")


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (SQL, '"bills.db"', '"bill.db"', "gateways.billing.file: there is no file {folder}/bill.db; name one beside the site file"),
        (SQL, '"sql"', '"sqlite"', "gateways.billing.kind: there is no kind 'sqlite'; did you mean 'sql'?"),
        (SQL, ":month", ":mont", "gateways.billing.queries.bill.sql: ':mont' is none of the arguments; did you mean 'month'?"),
        (SQL, " AND month = :month", "", "gateways.billing.queries.bill.arguments[2]: 'month' is not used; use it or leave it out"),
        (SQL, "SELECT amount FROM", "DELETE FROM", "gateways.billing.queries.bill.sql: this is no SELECT; a gateway only reads"),
        (SQL, "= :month", "= :month; DROP TABLE bills",
         "gateways.billing.queries.bill.sql: this is more than one statement; one query is one SELECT"),
        (SQL, "account = :account AND month = :month", "account = ?",
         "gateways.billing.queries.bill.sql: parameters have names here; write :account instead of ?"),
        (SQL, 'kind = "sql"', 'kind = "sql"\ntimeout_s = 11', "gateways.billing.timeout_s: 11 is out of range; possible is 0.1 to 10"),
        (SQL, "sql =", 'secrets = ["mont"]\nsql =',
         "gateways.billing.queries.bill.secrets[1]: there is no argument 'mont'; did you mean 'month'?"),
        (SQL, "sql =", 'secrets = ["month"]\ncache_s = 5\nsql =',
         "gateways.billing.queries.bill.cache_s: answers to who gives a secret are not kept; leave out cache_s"),
        (TICKETS, "NAME", "tickets", "gateways.tickets: 'tickets' is the appliance's own gateway; give it another name"),
        (JSON, "https://crm", "ftp://crm",
         "gateways.crm.url: 'ftp://crm.example:8443/api' is not a URL such as 'https://billing.example:8443/api', "
         "without user, '?' or '#'"),
        (JSON, "https://crm", "https://me:pass@crm", "gateways.crm.url: 'https://me:pass@crm.example:8443/api' is not a URL such as "
         "'https://billing.example:8443/api', without user, '?' or '#'"),
        (JSON, ":8443", ":84430", "gateways.crm.url: there is no port 84430; it is 1 to 65535"),
        (JSON, "{{account}}", "{{acount}}",
         "gateways.crm.queries.customer.path: 'acount' is none of the arguments; did you mean 'account'?"),
        (JSON, 'path = "/', 'path = "', "gateways.crm.queries.customer.path: 'customers/{{account}}' is not a path such as "
         "'/bills/{{account}}?month={{month}}'"),
        (JSON, "path =", 'body = {{ a = "account" }}\npath =',
         "gateways.crm.queries.customer.body: a GET has no body; write method = \"POST\", or put the arguments into the path"),
        (JSON, "[gateways.crm.queries", '[gateways.crm.headers]\nHost = "x"\n[gateways.crm.queries',
         "gateways.crm.headers.Host: 'Host' is not yours to set; leave it out"),
        (XML, "</bill>", "</bil>", "gateways.old.queries.bill.xml: this is no XML: mismatched tag: line 1, column 28"),
        (XML, "{{account}}<", "{{acc}}<", "gateways.old.queries.bill.xml: '{{acc}}' is none of the arguments; did you mean 'account'?"),
        (XML, ".//b:bill", "//b:bill[", "gateways.old.queries.bill.record: '//b:bill[' is no XPath that is possible here: "
         "cannot use absolute path on element"),
        (XML, "b:amount", "c:amount", "gateways.old.queries.bill.fields.amount: there is no namespace 'c'; there is: b"),
        (SQL + ACCOUNTS, 'gateway = "billing"', 'gateway = "bill"',
         "accounts.customers.gateway: there is no gateway 'bill'; did you mean 'billing'?"),
        (SQL + ACCOUNTS, 'query = "check"', 'query = "chek"', "accounts.customers.query: there is no query 'chek'; did you mean 'check'?"),
        (SQL + ACCOUNTS, 'query = "check"', 'query = "bill"',
         "accounts.customers.query: the query 'bill' has other arguments; here it takes account, pin"),
        (SQL + ACCOUNTS, 'arguments = ["account", "pin"]', 'arguments = ["account", "pin"]\ncache_s = 5',
         "accounts.customers.query: answers of 'check' are used again; leave out cache_s where PINs are checked"),
        (SQL + ACCOUNTS, 'gateway = "billing"\n', "", "accounts.customers.query: 'query' needs a gateway; write gateway = \"NAME\""),
    ],
)  # fmt: skip
def test_each_mistake_is_explained(folder: Path, text: str, old: str, new: str, message: str) -> None:
    wrong = said(text, old.format(), new.format(), folder)
    assert wrong == [message.format(folder=folder)], "each mistake is told once"


def test_a_mistake_has_its_line(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        site(SMALL + SQL.replace(":month", ":mont"), folder)
    lines = (SMALL + SQL).splitlines()
    assert lines[caught.value.mistakes[-1].line - 1].startswith("sql =")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ':not' AS a, \"b:no\" FROM t WHERE x = :account -- :nor this; and ?",
        "/* :nobody; */ select 1 where :account",
        "WITH a AS (SELECT ';') SELECT * FROM a WHERE :account;",
    ],
)
def test_texts_and_comments_are_no_parameters(sql: str) -> None:
    assert list(SqlQuery(arguments=("account",), sql=sql).problems()) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("month = ", "moth = ", "s.toml:5: a.lookup.with: 'billing.bill' takes no 'moth'; did you mean 'month'?"),
        (", month = \"'2'\"", "", "s.toml:5: a.lookup.with: 'billing.bill' needs 'month'; add month to with"),
        ('"bill", with', '"bil", with', "s.toml:5: a.lookup.query: there is no query 'bil'; did you mean 'bill'?"),
        ('"billing"', '"biling"', "s.toml:5: a.lookup.gateway: there is no gateway 'biling'; did you mean 'billing'?"),
    ],
)
def test_a_flow_gives_a_query_what_it_takes(folder: Path, old: str, new: str, message: str) -> None:
    text = SMALL + SQL + '[call_flows]\nbills = "bills.toml"\n'
    (folder / "bills.toml").write_text(FLOW)
    assert set(site(text, folder).plan(lambda piece: piece.name).programs) == {"hotline", "bills"}
    assert FLOW.count(old) == 1
    (folder / "bills.toml").write_text(FLOW.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        site(text, folder)
    assert [str(mistake) for mistake in caught.value.mistakes] == [message.replace("s.toml", str(folder / "bills.toml"))], "told once"


def test_the_secret_of_a_gateway_is_in_the_file_of_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Secrets.open(tmp_path, site()).path
    path.write_text(re.sub(r"(\[gateways\].*\n)", r'\1billing = "Bearer t0p secret"\n', path.read_text()))
    kept = Secrets.open(tmp_path, site())
    assert kept.gateway("billing") == "Bearer t0p secret"
    assert kept.gateway("other") is None
    assert kept.secret("gateway:billing") is None
    monkeypatch.setenv("HOTLINE_SECRET_GATEWAY_BILLING", "x")
    assert kept.gateway("billing") == "x"
    path.write_text('[gateways]\nbilling = "t0p\\nsecret"\n')
    with pytest.raises(ConfigError) as caught:
        Secrets.open(tmp_path, site())
    assert "t0p" not in str(caught.value)


OPEN = """
[gateways.billing]
kind = "http-json"
url = "{url}"
{more}
[gateways.billing.queries.check]
path = "/{{account}}/{{pin}}"
arguments = ["account", "pin"]
[accounts.subscribers]
gateway = "billing"
query = "check"
"""


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize(
    ("url", "more", "told"),
    [
        (
            "http://10.0.0.7/api",
            "",
            "the PINs of 'subscribers' can be read on the way to the gateway 'billing': its url is http to another machine",
        ),
        ("http://crm:80", 'secrets = { Authorization = "crm" }', "the PINs of 'subscribers' and the secret 'crm' can be read"),
        ("https://10.0.0.7/api", "", ""),
        ("http://127.0.0.1:8080", "", ""),
        ("http://[::1]:8080", "", ""),
        ("http://localhost/api", "", ""),
    ],
)
def test_secrets_that_go_over_a_network_in_the_open_are_noted(url: str, more: str, told: str) -> None:
    notes = [note for note in notes_on(site(SMALL + OPEN.format(url=url, more=more))) if "can be read" in note]
    assert len(notes) == bool(told)
    assert told in "".join(notes)
