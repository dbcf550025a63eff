"""Who asks: the user behind a request's token, and what he may do.

Each route says what it takes, and that is in the API's document, too; a route that says nothing is answered to nobody.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from attrs import frozen
from quart import g

from appliance.access import Permission, Sessions, Users
from appliance.store import Session, User

__all__ = ["Denied", "Needs", "Person", "admitted", "anybody", "needs", "needs_of", "person"]

F = TypeVar("F", bound=Callable[..., Any])
_NEEDS = "hotline_needs"


class Denied(Exception):
    """He may not; `status` is 401 when he has not logged in, 403 when he has, 429 when he asks too often."""

    def __init__(self, status: int, text: str, retry_s: float = 0.0) -> None:
        super().__init__(text)
        self.status, self.retry_s = status, retry_s


@frozen
class Needs:
    """What a route takes."""

    login: bool
    """Whether he has to be logged in."""
    one_of: tuple[Permission, ...] = ()
    """One of these permissions; empty: none."""
    choosing: bool = False
    """Whether it is open to who has to choose a password of his own first."""


@frozen
class Person:
    """Who asks."""

    user: User
    session: Session
    may: frozenset[Permission]

    @property
    def name(self) -> str:
        """How the audit trail calls him."""
        return f"user:{self.user.login}"

    @property
    def by(self) -> str:
        """How the core knows him: as the agent that he is, whose level counts; else as one whose right was checked here."""
        return self.user.agent or self.name


def needs(*one_of: Permission, choosing: bool = False) -> Callable[[F], F]:
    """A route for who has one of these permissions; none: for everybody who has logged in."""

    def mark(route: F) -> F:
        setattr(route, _NEEDS, Needs(True, one_of, choosing))
        return route

    return mark


def anybody(route: F) -> F:
    """A route for who has not logged in, too."""
    setattr(route, _NEEDS, Needs(login=False))
    return route


def needs_of(route: Callable[..., Any]) -> Needs | None:
    """What a route says it takes; None: it has not said it."""
    return getattr(route, _NEEDS, None)


def admitted(taken: Needs, users: Users, sessions: Sessions, authorization: str) -> Person | None:
    """Who asks, when he may; None: nobody in particular. `authorization` is the header's `Bearer TOKEN` (RFC 6750).

    Raises:
        Denied: he may not.

    """
    if not taken.login:
        return None
    kind, _, token = authorization.partition(" ")
    session = sessions.find(token.strip()) if kind.lower() == "bearer" else None
    user = users.find(session.login) if session is not None else None
    if session is None or user is None or user.disabled:
        raise Denied(401, "log in first: POST /v1/log-in gives the token for the header 'Authorization: Bearer TOKEN'")
    if user.must_change and not taken.choosing:
        raise Denied(403, "choose a password of your own first: POST /v1/me/password")
    here = Person(user, session, users.permissions(user))
    if taken.one_of and not here.may & frozenset(taken.one_of):
        raise Denied(403, f"this takes the permission {' or '.join(taken.one_of)}")
    return here


def person() -> Person:
    """Who has sent the request that is being answered."""
    return cast(Person, g.person)
