"""Very many rows of one kind in little room: a column of plain numbers for each field, from which the rows are made when somebody reads.

A row of twenty fields takes about 120 bytes instead of 700. Fields are numbers, truth values and texts, each of which may be None but a
text or an integer. A text is kept as a number where it is one, and once where it comes again.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, overload

from attrs import AttrsInstance, fields, resolve_types

__all__ = ["Columns"]

R = TypeVar("R", bound=AttrsInstance)

_LONGEST = 17
"""So many digits, and a one before them, are a number of 64 bits."""


class Columns(Sequence[R], Generic[R]):
    """A sequence of rows of the class `kind`."""

    def __init__(self, kind: type[R]) -> None:
        """Begin without a row."""
        self._kind = kind
        resolve_types(kind)
        self._columns: dict[str, _Column] = {field.name: _COLUMNS[field.type]() for field in fields(kind)}

    def append(self, row: R) -> None:
        """Add a row at the end."""
        for name, column in self._columns.items():
            column.append(getattr(row, name))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self._columns.values())).numbers)

    def __iter__(self) -> Iterator[R]:
        """Each row, made anew."""
        return map(self._kind, *[column.values() for column in self._columns.values()])

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> list[R]: ...
    def __getitem__(self, place: int | slice) -> R | list[R]:
        """The row at a place, or those of a slice."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return self._kind(*[column.value(column.numbers[place]) for column in self._columns.values()])

    def sort(self, *names: str) -> None:
        """Put the rows in the order of these fields, which are integers."""
        order = list(range(len(self)))
        for name in reversed(names):
            order.sort(key=self._columns[name].numbers.__getitem__)
        for column in self._columns.values():
            column.numbers = array(column.numbers.typecode, map(column.numbers.__getitem__, order))


class _Column(Protocol):
    numbers: "array[Any]"

    def append(self, value: Any) -> None: ...

    def value(self, number: Any) -> Any: ...

    def values(self) -> Iterable[Any]: ...


class _Plain:
    """Values that are numbers as they are."""

    typecode: ClassVar[str]

    def __init__(self) -> None:
        self.numbers: array[Any] = array(self.typecode)

    def append(self, value: Any) -> None:
        self.numbers.append(value)

    def value(self, number: Any) -> Any:
        return number

    def values(self) -> Iterable[Any]:
        return self.numbers


class _Integers(_Plain):
    typecode = "q"


class _Floats(_Plain):
    typecode = "d"


class _FloatsOrNone(_Floats):
    """None is what is no number."""

    def append(self, value: float | None) -> None:
        self.numbers.append(float("nan") if value is None else value)

    def value(self, number: float) -> float | None:
        return None if number != number else number

    def values(self) -> Iterable[float | None]:
        return [None if number != number else number for number in self.numbers]


class _Truths(_Plain):
    typecode = "b"

    def value(self, number: int) -> bool:
        return number > 0

    def values(self) -> Iterable[bool | None]:
        return map(self.value, self.numbers)


class _TruthsOrNone(_Truths):
    """None is below zero."""

    def append(self, value: bool | None) -> None:
        self.numbers.append(-1 if value is None else value)

    def value(self, number: int) -> bool | None:  # type: ignore[override] # wider than what a column without None gives
        return None if number < 0 else number > 0


class _Texts(_Plain):
    """Digits as the number that they are after a one; other texts as what is left of zero: minus their place among the different ones."""

    typecode = "q"

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str, int] = {}
        self._texts: list[str] = []

    def append(self, value: str) -> None:
        if value.isdecimal() and value.isascii() and len(value) <= _LONGEST:
            self.numbers.append(int(f"1{value}"))
            return
        place = self._places.get(value)
        if place is None:
            place = self._places[value] = len(self._texts)
            self._texts.append(value)
        self.numbers.append(-place)

    def value(self, number: int) -> str:
        return str(number)[1:] if number > 0 else self._texts[-number]

    def values(self) -> Iterable[str]:
        return map(self.value, self.numbers)


_COLUMNS: dict[Any, Callable[[], _Column]] = {
    int: _Integers,
    float: _Floats,
    float | None: _FloatsOrNone,
    bool: _Truths,
    bool | None: _TruthsOrNone,
    str: _Texts,
}
