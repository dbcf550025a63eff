"""Drawings as SVG text: axes, columns, areas, lines. Colours are classes, so that the page decides them: light, dark, or printed.

Drawn here and not by a library: what is needed are a few hundred lines of plain SVG whose text stays text, in the reader's fonts.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

from markupsafe import Markup, escape

from hal.api import value

__all__ = ["WIDTH", "Frame", "Tick", "nice_ticks", "number"]

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 960.0, 58.0, 14.0, 16.0, 26.0


@value
class Tick:
    """A mark on an axis; `at` is a value of that axis."""

    at: float
    text: str


def number(amount: float) -> str:
    """A number as short as it can be read: `12 340`, `85`, `3.2`, `0.04`."""
    if amount == 0 or abs(amount) >= 100:
        return f"{amount:,.0f}".replace(",", " ")
    places = 1 if abs(amount) >= 1 else 2
    return f"{amount:.{places}f}".rstrip("0").rstrip(".")


def nice_ticks(top: float, *, whole: bool, most: int = 5) -> list[float]:
    """Round values from 0 to at least `top`, evenly spaced."""
    if top <= 0:
        return [0.0, 1.0]
    rough = top / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, ceil(step) if step < 10 else step)
    return [step * place for place in range(ceil(top / step - 1e-9) + 1)]


class Frame:
    """One drawing: a plane from 0 to `across` and from 0 to `top`, with its axes."""

    def __init__(self, title: str, across: float, top: float, height: float, described: str = "") -> None:
        """Begin with an empty plane; `title` and `described` are for those who hear the page."""
        self.across, self.top, self.height = across, top or 1.0, height
        self._title, self._described = title, described
        self._behind: list[Markup] = []
        self._parts: list[Markup] = []
        self._above: list[Markup] = []

    def x(self, at: float) -> float:
        """Where a value of the axis across is drawn."""
        return round(LEFT + at / self.across * (WIDTH - LEFT - RIGHT), 2)

    def y(self, at: float) -> float:
        """Where a value of the axis upwards is drawn; what is above the top is drawn at the top."""
        return round(TOP + (1 - min(at, self.top) / self.top) * (self.height - TOP - BOTTOM), 2)

    def axes(self, across: Sequence[Tick], upwards: Sequence[Tick]) -> None:
        """Draw both axes with their marks."""
        base = self.y(0)
        for tick in upwards:
            y = self.y(tick.at)
            self._behind.append(_tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, **{"class": "base" if tick.at == 0 else "grid"}))
            self._behind.append(_text(LEFT - 8, y + 4, tick.text, "end"))
        for tick in across:
            x = self.x(tick.at)
            self._behind.append(_tag("line", x1=x, x2=x, y1=base, y2=base + 5, **{"class": "base"}))
            anchor = "start" if x - LEFT < 14 else "end" if WIDTH - RIGHT - x < 14 else "middle"
            self._behind.append(_text(x, base + 19, tick.text, anchor))

    def band(self, begin: float, end: float, kind: str, mark: str = "") -> None:
        """Shade a part of the axis across, behind everything; `mark` stands above it."""
        left, right = self.x(max(begin, 0.0)), self.x(min(end, self.across))
        wide = max(right - left, 1.5)
        self._behind.insert(0, _tag("rect", x=left, y=TOP, width=round(wide, 2), height=self.y(0) - TOP, **{"class": kind}))
        if mark:
            middle = min(max(left + wide / 2, LEFT + 8), WIDTH - RIGHT - 8)
            self._above.append(_tag("line", x1=left, x2=left, y1=TOP, y2=self.y(0), **{"class": "begin"}))
            self._parts.append(_tag("circle", cx=round(middle, 2), cy=TOP - 7, r=7, **{"class": "mark"}))
            self._parts.append(_text(middle, TOP - 3.2, mark, "middle", "mark"))

    def columns(self, stacks: Mapping[str, Sequence[float]], edges: Sequence[float], gap: float = 0.12) -> None:
        """Columns between the edges, the values of each class above those of the one before."""
        below = [0.0] * (len(edges) - 1)
        for kind, values in stacks.items():
            path = []
            for place, amount in enumerate(values):
                if amount <= 0:
                    continue
                left, right = self.x(edges[place]), self.x(edges[place + 1])
                inset = (right - left) * gap / 2
                bottom, top = self.y(below[place]), self.y(below[place] + amount)
                path.append(f"M{left + inset:.1f} {bottom:.1f}V{top:.1f}H{right - inset:.1f}V{bottom:.1f}Z")
                below[place] += amount
            self._parts.append(_tag("path", d="".join(path), **{"class": f"fill {kind}"}))

    def areas(self, stacks: Mapping[str, Sequence[float]], edges: Sequence[float]) -> None:
        """Areas of values that hold between the edges, each above the one before."""
        below = [0.0] * (len(edges) - 1)
        for kind, values in stacks.items():
            above = [low + amount for low, amount in zip(below, values, strict=True)]
            back = self._stairs(below[::-1], edges[::-1])
            self._parts.append(_tag("path", d=f"M{self._stairs(above, edges)}L{back}Z", **{"class": f"fill {kind}"}))
            below = above

    def between(self, low: Sequence[float], high: Sequence[float], edges: Sequence[float], kind: str) -> None:
        """The area between two lines."""
        back = self._stairs(list(low)[::-1], edges[::-1])
        self._parts.append(_tag("path", d=f"M{self._stairs(high, edges)}L{back}Z", **{"class": f"fill {kind}"}))

    def line(self, values: Sequence[float], edges: Sequence[float], kind: str) -> None:
        """A line of values that hold between the edges."""
        self._parts.append(_tag("path", d=f"M{self._stairs(values, edges)}", **{"class": f"line {kind}"}))

    def points(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        path = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)
        self._parts.append(_tag("path", d=f"M{path}", **{"class": f"line {kind}"}))

    def level(self, at: float, kind: str) -> None:
        """A line all across."""
        y = self.y(at)
        self._parts.append(_tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, **{"class": f"line {kind}"}))

    def _stairs(self, values: Sequence[float], edges: Sequence[float]) -> str:
        steps = zip(values, edges[:-1], edges[1:], strict=True)
        return "L".join(f"{self.x(begin):.1f} {self.y(amount):.1f}H{self.x(end):.1f}" for amount, begin, end in steps)

    def drawn(self) -> Markup:
        """The whole drawing."""
        described = Markup("<desc>{}</desc>").format(self._described) if self._described else ""
        head = Markup('<svg viewBox="0 0 {} {}" role="img"><title>{}</title>{}').format(
            f"{WIDTH:g}", f"{self.height:g}", self._title, described
        )
        return head + Markup("").join([*self._behind, *self._parts, *self._above]) + Markup("</svg>")


def _tag(name: str, **attributes: object) -> Markup:
    inside = "".join(f' {key}="{escape(said)}"' for key, said in attributes.items())
    return Markup(f"<{name}{inside}/>")


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> Markup:
    said = Markup(' class="{}"').format(kind) if kind else Markup("")
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(round(x, 1), round(y, 1), anchor, said, text)
