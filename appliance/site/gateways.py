"""Business gateways of a site: where call flows look things up, and how they ask. Their kinds are `sql`, `http-json` and `http-xml`.

A query declares its arguments; what it writes with `{name}` (in SQL: `:name`) must be among them, and a call flow must give all of them.
Secrets never stand here: `secrets` names them, and their values are in `secrets.toml`. Who asks is `appliance.outside`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from attrs import evolve

from appliance.config import Mistake, Wrong, nearest, setting, table
from appliance.core.plan import QueryPlan
from appliance.core.program.nodes import LookUp, Program
from appliance.site.values import NAME, NAME_EXPECTS

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = [
    "BUILT_IN",
    "Common",
    "Gateway",
    "HttpGateway",
    "HttpJsonGateway",
    "HttpXmlGateway",
    "JsonQuery",
    "Query",
    "SqlGateway",
    "SqlQuery",
    "XmlQuery",
    "arguments_of",
    "mistaken_lookups",
    "problems_of_gateways",
    "queries_of",
]

BUILT_IN: Mapping[str, Mapping[str, tuple[str, ...]]] = {"tickets": {"status": ("number", "code")}}
"""Gateways every site has -> their queries -> the arguments of these."""
_BUILT_IN_PLANS = {"tickets": {"status": QueryPlan(secrets=frozenset({"code"}))}}

_ARGUMENT = r"[^\W\d]\w*"
_PLACE = re.compile(rf"\{{({_ARGUMENT})\}}")
_NOT_SQL = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]", re.DOTALL)
"""Comments, texts and quoted names: nothing in them is a parameter or ends a statement."""
_HEADER = r"[A-Za-z0-9-]+"
_KEPT_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "cookie"})


@table
class Query:
    """What a gateway can be asked."""

    arguments: tuple[str, ...] = setting(
        default=(), pattern=_ARGUMENT, expects="a name of letters, digits and '_'", doc="Names of what it is given."
    )
    result: str = setting(default="one", one_of=("one", "many"), doc="Whether it answers with one record, or nothing, or with a list.")
    cache_s: float = setting(default=0.0, ge=0, le=86_400, doc="How long an answer may be used again for the same arguments, in seconds.")

    secrets: tuple[str, ...] = setting(
        default=(), doc="Arguments that may be a caller's secret: what a question with `secret = true` asked for."
    )

    def plan(self) -> QueryPlan:
        """What a flow has to know of it."""
        return QueryPlan(self.result == "many", (), frozenset(self.secrets))

    def _unlike(self, used: Iterator[str], written: str, key: str) -> Iterator[Wrong]:
        names = list(dict.fromkeys(used))
        unused = [name for name in self.arguments if name not in names]
        for name in names:
            if name not in self.arguments:
                close = nearest(name, unused)
                yield Wrong(f"'{written.format(name)}' is none of the arguments", close or f'write arguments = ["{name}"]', (key,))
                unused = [each for each in unused if f"'{each}'" not in close]  # it is what was meant
        for name in unused:
            yield Wrong(f"'{name}' is not used", "use it or leave it out", ("arguments", self.arguments.index(name)))
        for number, name in enumerate(self.secrets):
            if name not in self.arguments:
                yield Wrong(f"there is no argument '{name}'", nearest(name, self.arguments), ("secrets", number))
        if self.secrets and self.cache_s:
            yield Wrong("answers to who gives a secret are not kept", "leave out cache_s", ("cache_s",))


@table
class SqlQuery(Query):
    """One SELECT; its arguments are named parameters: `SELECT amount FROM bills WHERE account = :account`."""

    sql: str = setting(doc="The statement: one SELECT, or WITH ... SELECT.")
    rows: int = setting(default=50, ge=1, le=1000, doc="Longest list; further rows are left out.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        bare = _NOT_SQL.sub(" ", self.sql).strip()
        if not re.match(r"(select|with)\b", bare, re.IGNORECASE):
            yield Wrong("this is no SELECT", "a gateway only reads", ("sql",))
        elif ";" in bare.removesuffix(";"):
            yield Wrong("this is more than one statement", "one query is one SELECT", ("sql",))
        if re.search(r"\?|[@$]\w", bare):
            yield Wrong("parameters have names here", "write :account instead of ?", ("sql",))
        else:
            yield from self._unlike(iter(re.findall(rf":({_ARGUMENT})", bare)), ":{0}", "sql")


@table
class HttpQuery(Query):
    """What every request over HTTP has."""

    path: str = setting(
        default="", pattern=r"(/\S*)?", expects="a path such as '/bills/{account}?month={month}'", doc="What follows the gateway's URL."
    )
    nothing_on: tuple[int, ...] = setting(
        default=(), ge=200, le=499, doc="Status codes that mean: there is nothing. Others than 2xx are failures."
    )
    idempotent: bool = setting(default=False, doc="Whether a POST may be sent again when the connection broke; a GET always may.")


@table
class JsonQuery(HttpQuery):
    """A request whose answer is JSON."""

    method: str = setting(default="GET", one_of=("GET", "POST"), doc="How it is sent.")
    body: Mapping[str, str] = setting(factory=dict, doc="Members of the JSON that a POST sends: name, and the argument it gets.")
    pick: str = setting(
        default="",
        pattern=r"|([^\s.\[\]]+|\[[1-9]\d*\])(\.[^\s.\[\]]+|\[[1-9]\d*\])*",
        expects="a path such as 'data.bills' or 'data.bills[1]'",
        doc="Where in the answer the result is; the first of a list is [1]. What is not there is nothing.",
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.body and self.method == "GET":
            yield Wrong("a GET has no body", 'write method = "POST", or put the arguments into the path', ("body",))
        yield from self._unlike(iter([*_PLACE.findall(self.path), *self.body.values()]), "{0}", "body" if self.body else "path")


@table
class XmlQuery(HttpQuery):
    """A POST of XML whose answer is XML."""

    xml: str = setting(doc="What is sent; `{account}` becomes the argument, escaped.")
    record: str = setting(default=".", doc="XPath of a record in the answer; without it the answer as a whole is one.")
    fields: Mapping[str, str] = setting(
        keys=_ARGUMENT, expects="a name of letters, digits and '_'", doc="Members of a record: name, and its XPath; an attribute is `a/@b`."
    )
    numbers: tuple[str, ...] = setting(default=(), doc="Fields that are numbers; the others are texts.")
    headers: Mapping[str, str] = setting(
        factory=dict, keys=_HEADER, expects="the name of a header", pattern=r"[ -~]*", doc="Headers of this request, as SOAPAction."
    )

    def plan(self) -> QueryPlan:
        """What a flow has to know of it."""
        members = tuple((name, "number" if name in self.numbers else "field") for name in self.fields)
        return evolve(Query.plan(self), members=members)

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        try:
            ET.fromstring(_PLACE.sub("0", self.xml))
        except ET.ParseError as error:
            yield Wrong(f"this is no XML: {error}", "", ("xml",))
        yield from self._unlike(iter([*_PLACE.findall(self.path), *_PLACE.findall(self.xml)]), "{{{0}}}", "xml")
        paths: list[tuple[tuple[str, ...], str]] = [(("record",), self.record)]
        paths += [(("fields", name), path.rpartition("@")[0].rstrip("/") or ".") for name, path in self.fields.items()]
        for where, path in paths:
            if why := _no_xpath(path):
                yield Wrong(f"'{path}' is no XPath that is possible here: {why}", "", where)
        if not self.fields:
            yield Wrong("a record has no fields", 'write for example fields = { amount = "amount" }', ("fields",))
        for number, name in enumerate(self.numbers):
            if name not in self.fields:
                yield Wrong(f"there is no field '{name}'", nearest(name, self.fields), ("numbers", number))


def _no_xpath(path: str) -> str:
    """Why ElementTree could not look for a path; a prefix that is not known yet is none of these reasons."""
    prefixes = dict.fromkeys(re.findall(r"([\w-]+):", path), "urn:any")
    try:
        ET.Element("root").findall(path, prefixes)
    except (SyntaxError, KeyError, TypeError, ValueError, StopIteration) as error:
        return str(error) or type(error).__name__
    return ""


@table
class Common:
    """What every gateway has."""

    timeout_s: float = setting(default=3.0, ge=0.1, le=10, doc="How long an answer may take altogether, in seconds.")
    retries: int = setting(default=1, ge=0, le=3, doc="How often a reading request is sent again when the connection broke.")
    most_at_once: int = setting(default=10, ge=1, le=50, doc="Requests at the same time; more wait, as long as the time-out lets them.")
    opens_after: int = setting(default=5, ge=1, le=100, doc="Failures in a row after which it is not asked for a while.")
    rests_s: float = setting(default=15.0, ge=1, le=3600, doc="How long it is not asked then, in seconds; then one request tries it.")


@table
class SqlGateway(Common):
    """An SQLite file, which is only read."""

    file: str = setting(pattern=r".*\S.*", expects="a file", doc="The file, beside the site file or with its whole path.")
    queries: Mapping[str, SqlQuery] = setting(keys=NAME, expects=NAME_EXPECTS, doc="Queries by name.")


@table
class HttpGateway(Common):
    """What gateways over HTTP have. Certificates are verified, redirections are not followed, proxies are not used."""

    url: str = setting(
        pattern=r"https?://[A-Za-z0-9.\-\[\]:]+(/[^\s?#{}]*)?",
        expects="a URL such as 'https://billing.example:8443/api', without user, '?' or '#'",
        doc="Where it is; what each query's path is added to.",
    )
    ca_file: str = setting(default="", doc="Certificates (PEM) its own is checked with, beside the site file; without it the system's.")
    headers: Mapping[str, str] = setting(
        factory=dict, keys=_HEADER, expects="the name of a header", pattern=r"[ -~]*", doc="Headers of every request; no secrets."
    )
    secrets: Mapping[str, str] = setting(
        factory=dict,
        keys=_HEADER,
        expects="the name of a header",
        pattern=NAME,
        doc="Headers whose content is a secret: header, and the name of the secret under [gateways] in secrets.toml.",
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        port = re.search(r":(\d+)(?:/|$)", self.url.partition("//")[2])
        if port and not 0 < int(port[1]) < 65_536:
            yield Wrong(f"there is no port {port[1]}", "it is 1 to 65535", ("url",))
        for key in ("headers", "secrets"):
            for name in getattr(self, key):
                if name.lower() in _KEPT_HEADERS:
                    yield Wrong(f"'{name}' is not yours to set", "leave it out", (key, name))


@table
class HttpJsonGateway(HttpGateway):
    """A gateway that answers in JSON."""

    queries: Mapping[str, JsonQuery] = setting(keys=NAME, expects=NAME_EXPECTS, doc="Queries by name.")


@table
class HttpXmlGateway(HttpGateway):
    """A gateway that is asked and answers in XML."""

    namespaces: Mapping[str, str] = setting(factory=dict, doc="Prefixes in XPaths: prefix, and its namespace.")
    queries: Mapping[str, XmlQuery] = setting(keys=NAME, expects=NAME_EXPECTS, doc="Queries by name.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        yield from HttpGateway.problems(self)
        for name, query in self.queries.items():
            for where, path in [(("record",), query.record), *((("fields", field), path) for field, path in query.fields.items())]:
                for prefix in re.findall(r"([\w-]+):", re.sub(r"'[^']*'|\"[^\"]*\"|\{[^}]*\}", "", path)):
                    if prefix not in self.namespaces:
                        yield Wrong(f"there is no namespace '{prefix}'", nearest(prefix, self.namespaces), ("queries", name, *where))


_KINDS: Mapping[str, type] = {"sql": SqlGateway, "http-json": HttpJsonGateway, "http-xml": HttpXmlGateway}


@table(select=("kind", "settings"), names=_KINDS.keys, among=_KINDS.__getitem__)
class Gateway:
    """A business gateway that call flows ask; the other keys are its kind's."""

    kind: str
    settings: Any


def arguments_of(site: "Site") -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Gateway -> query -> its arguments, the built-in ones included."""
    own = {
        name: {query: of.arguments for query, of in gateway.settings.queries.items()}
        for name, gateway in site.gateways.items()
    }  # fmt: skip
    return {**own, **BUILT_IN}


def queries_of(site: "Site") -> Mapping[str, Mapping[str, QueryPlan]]:
    """Gateway -> query -> what flows have to know of it, the built-in ones included."""
    own = {name: {query: of.plan() for query, of in gateway.settings.queries.items()} for name, gateway in site.gateways.items()}
    return {**own, **_BUILT_IN_PLANS}


def problems_of_gateways(site: "Site") -> Iterator[Wrong]:
    """What does not fit together between gateways, accounts and the rest of a site."""
    for name, gateway in site.gateways.items():
        if name in BUILT_IN:
            yield Wrong(f"'{name}' is the appliance's own gateway", "give it another name", ("gateways", name))
        elif not gateway.settings.queries:
            yield Wrong("it can be asked nothing", f"give it a [gateways.{name}.queries.NAME]", ("gateways", name))


def mistaken_lookups(site: "Site", programs: Mapping[str, Program]) -> Iterator[Mistake]:
    """Look-ups of call flows that do not give a query what it wants, with their place in the flow's file."""
    known = arguments_of(site)
    for flow, file in site.call_flows.items():
        program = programs.get(flow)
        for node in program.nodes.values() if program else ():
            for step in node.steps:
                if file.document is None or not isinstance(step, LookUp) or step.query not in known.get(step.gateway, {}):
                    continue
                wanted = known[step.gateway][step.query]
                path = (node.name, "lookup", "with") if step.arguments else (node.name, "lookup")
                missing = [name for name in wanted if name not in step.arguments]
                for name in step.arguments:
                    if name not in wanted:
                        close = nearest(name, missing or wanted) or "it takes none"
                        yield file.document.mistake(path, f"'{step.gateway}.{step.query}' takes no '{name}'", close)
                        missing = [each for each in missing if f"'{each}'" not in close]  # it is what was meant
                for name in missing:
                    yield file.document.mistake(path, f"'{step.gateway}.{step.query}' needs '{name}'", f"add {name} to with")
