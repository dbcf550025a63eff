"""Measure words and currencies, in both languages."""

from collections.abc import Mapping

from attrs import frozen

__all__ = ["CURRENCIES", "UNITS", "Currency", "Unit"]


@frozen
class Unit:
    """What is counted: Mandarin counts with a measure word, English names the thing."""

    zh: str
    one: str
    many: str


@frozen
class Currency:
    """A currency's units, the large one first, each a tenth or a hundredth of the one before it."""

    zh: tuple[str, ...]
    en: tuple[tuple[str, str], ...]
    """Singular and plural. Those of Chinese currency are alike (Oxford English Dictionary: yuan, jiao, fen)."""


UNITS: Mapping[str, Unit] = {
    "item": Unit("个", "item", "items"),
    "person": Unit("位", "person", "people"),
    "time": Unit("次", "time", "times"),
    "message": Unit("条", "message", "messages"),
    "call": Unit("个", "call", "calls"),
    "case": Unit("件", "case", "cases"),
    "copy": Unit("份", "copy", "copies"),
    "page": Unit("页", "page", "pages"),
    "point": Unit("分", "point", "points"),
    "kilowatt-hour": Unit("度", "kilowatt hour", "kilowatt hours"),
    "cubic-metre": Unit("立方米", "cubic metre", "cubic metres"),
    "ton": Unit("吨", "ton", "tons"),
    "year": Unit("年", "year", "years"),
    "month": Unit("个月", "month", "months"),
    "week": Unit("周", "week", "weeks"),
    "day": Unit("天", "day", "days"),
    "hour": Unit("小时", "hour", "hours"),
    "minute": Unit("分钟", "minute", "minutes"),
    "second": Unit("秒", "second", "seconds"),
}

CURRENCIES: Mapping[str, Currency] = {
    "CNY": Currency(("元", "角", "分"), (("yuan", "yuan"), ("jiao", "jiao"), ("fen", "fen"))),
    "USD": Currency(("美元", "美分"), (("dollar", "dollars"), ("cent", "cents"))),
    "EUR": Currency(("欧元", "欧分"), (("euro", "euros"), ("cent", "cents"))),
    "GBP": Currency(("英镑", "便士"), (("pound", "pounds"), ("penny", "pence"))),
}
"""By ISO 4217 code."""
