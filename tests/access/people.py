"""An appliance's users without an appliance: rows in memory, a clock that a test sets."""

from typing import Any

import trio
import trio.lowlevel
from attrs import define, field

from appliance.access import Door, Sessions, Users
from appliance.core.inputs import Noticed
from appliance.core.records import Audit, Record
from appliance.store import Role, Session, User

__all__ = ["ADDRESS", "PASSWORD", "Place", "user"]

PASSWORD, ADDRESS = "eine lange Fahrt", "127.0.0.1"


def user(login: str = "li", roles: str = "agent", **others: Any) -> User:
    return User(login, others.pop("name", "李娜"), roles, **others)


@define
class Place:
    """Everything about access, in one run; `again` is the next one."""

    now: float = 1_700_000_000.0
    rows: list[Record] = field(factory=list)
    noticed: list[Noticed] = field(factory=list)
    safe: bool = True
    users: Users = field(init=False)
    sessions: Sessions = field(init=False)
    door: Door = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.users = Users(self, lambda: self.now)
        self.sessions = Sessions(self.put, lambda: self.now)
        self.door = Door(self.users, self.sessions, self.noticed.append, lambda: self.now)

    def put(self, row: Record) -> None:
        self.rows.append(row)

    async def put_safely(self, row: Record) -> bool:
        await trio.lowlevel.checkpoint()
        self.rows.append(row)
        return self.safe

    async def add(self, new: User, password: str = PASSWORD) -> None:
        await self.users.add(new, by="test")
        await self.users.set_password(new.login, password, by="test", must_change=False)

    def audit(self) -> list[tuple[str, str]]:
        return [(row.who, row.what) for row in self.rows if isinstance(row, Audit)]

    def newest(self, kind: type[Record]) -> list[Any]:
        """The rows of a kind as a store would have them."""
        found = {tuple(getattr(row, key) for key in kind.key): row for row in self.rows if isinstance(row, kind)}
        return list(found.values())

    def again(self) -> "Place":
        place = Place(self.now)
        place.users.load(self.newest(User), self.newest(Role))
        place.sessions.load(self.newest(Session))
        return place
