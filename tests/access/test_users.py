"""Users and roles: what may be made of them, who is told, what is left over a restart."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from appliance.access import ROLES, Permission, Refused, Users
from appliance.store import Role, Safely, Store, User
from tests.access.people import PASSWORD, Place, user

pytestmark = pytest.mark.requirement("OPS-03")


async def test_a_user_may_what_his_roles_may() -> None:
    place = Place()
    await place.add(user(roles="agent statistician"))
    found = place.users.find("li")
    assert found is not None
    assert place.users.permissions(found) == ROLES["agent"] | ROLES["statistician"]
    assert place.users.permissions(evolve(found, disabled=True)) == frozenset()
    assert place.users.permissions(evolve(found, must_change=True)) == frozenset()
    assert place.users.permissions(evolve(found, roles="gone agent")) == ROLES["agent"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"login": "Li"}, "small letters"),
        ({"login": "l" * 33}, "small letters"),
        ({"login": "-li"}, "begins with"),
        ({"roles": "agent boss"}, "no role 'boss'"),
        ({"name": " "}, "has a name"),
        ({"name": "a\nb"}, "has a name"),
        ({"language": "fr"}, "do not speak 'fr'"),
        ({"agent": "12a"}, "2 to 8 digits"),
    ],
)
async def test_a_user_is_made_whole_or_not_at_all(changes: dict[str, Any], why: str) -> None:
    place = Place()
    with pytest.raises(Refused, match=why):
        await place.users.add(evolve(user(), **changes), by="test")
    assert place.users.all() == []
    assert place.rows == []


async def test_one_agent_is_one_user() -> None:
    place = Place()
    await place.add(user(agent="1001"))
    with pytest.raises(Refused, match="'li' is agent 1001 already"):
        await place.users.add(user("wang", agent="1001"), by="test")
    await place.users.update("li", disabled=True, by="test")
    await place.users.add(user("wang", agent="1001"), by="test")
    with pytest.raises(Refused, match="'wang' is agent 1001 already"):
        await place.users.update("li", disabled=False, by="test")


async def test_sessions_end_with_what_they_were_begun_for() -> None:
    place = Place()
    await place.add(user())
    for change in ({"roles": "supervisor"}, {"agent": "1001"}, {"disabled": True}):
        await place.users.update("li", disabled=False, by="test")
        token, _ = await place.door.log_in("li", PASSWORD, "127.0.0.1")
        assert place.sessions.find(token)
        await place.users.update("li", name=f"{change}", by="test")
        assert place.sessions.find(token)
        await place.users.update("li", **change, by="test")
        assert place.sessions.find(token) is None


async def test_a_role_that_is_changed_ends_the_sessions_of_those_who_have_it() -> None:
    place = Place()
    await place.add(user())
    await place.add(user("wang", "leader"))
    mine, _ = await place.door.log_in("li", PASSWORD, "127.0.0.1")
    others, _ = await place.door.log_in("wang", PASSWORD, "127.0.0.1")
    await place.users.set_role("agent", ["seat", "board"], by="test")
    assert place.sessions.find(mine) is None
    assert place.sessions.find(others)
    found = place.users.find("li")
    assert found is not None
    assert place.users.permissions(found) == {Permission.SEAT, Permission.BOARD}
    await place.users.remove_role("agent", by="test")
    assert place.users.permissions(found) == ROLES["agent"]


async def test_a_role_of_the_centres_own() -> None:
    place = Place()
    with pytest.raises(Refused, match="no permission 'fly'"):
        await place.users.set_role("night", ["seat", "fly"], by="test")
    await place.users.set_role("night", ["seat", "alarms"], by="test")
    await place.add(user(roles="night"))
    with pytest.raises(Refused, match="'li' has the role"):
        await place.users.remove_role("night", by="test")
    after = place.again()
    assert after.users.roles["night"] == {Permission.SEAT, Permission.ALARMS}
    await after.users.update("li", roles="agent", by="test")
    await after.users.remove_role("night", by="test")
    assert "night" not in after.users.roles
    with pytest.raises(Refused, match="no role 'night'"):
        await after.users.remove_role("night", by="test")


async def test_the_last_administrator_cannot_be_lost() -> None:
    place = Place()
    await place.add(user("chen", "administrator"))
    for lost in ({"roles": "agent"}, {"disabled": True}):
        with pytest.raises(Refused, match="nobody would be left"):
            await place.users.update("chen", **lost, by="test")
    with pytest.raises(Refused, match="nobody would be left"):
        await place.users.set_role("administrator", ["board"], by="test")
    await place.users.add(user("zhao", "administrator"), by="test")
    with pytest.raises(Refused, match="nobody would be left"):  # zhao has no password yet
        await place.users.update("chen", disabled=True, by="test")
    await place.users.set_password("zhao", PASSWORD, by="test", must_change=False)
    await place.users.update("chen", disabled=True, by="test")
    assert place.users.has_administrator


async def test_all_is_in_the_audit_trail_and_no_password() -> None:
    place = Place()
    await place.add(user())
    await place.users.update("li", roles="supervisor", by="user:chen")
    await place.users.set_role("leader", [], by="user:chen")
    assert place.audit() == [
        ("test", "user made"),
        ("test", "password changed"),
        ("user:chen", "user changed"),
        ("user:chen", "role changed"),
    ]
    assert not any(PASSWORD in repr(row) or "argon2" in repr(row) for row in place.rows)


async def test_who_asks_is_told_when_the_store_is_in_trouble() -> None:
    place = Place(safe=False)
    with pytest.raises(Refused, match="the store is in trouble"):
        await place.users.add(user(), by="test")


async def test_users_and_roles_outlive_a_restart(tmp_path: Path) -> None:
    for run in range(2):
        with Store(tmp_path, at=1000.0 + run) as store:
            writer = store.writer()
            safely = Safely(writer)
            writer.stored = safely.heard(lambda _token, _error: None)
            users = Users(safely, lambda: 1000.0)
            rows = await store.read(lambda reader: (list(reader.rows(User)), list(reader.rows(Role))))
            users.load(*rows)
            async with writer.running():
                if run == 0:
                    await users.add(user(agent="1001", language="zh"), by="test")
                    await users.set_password("li", PASSWORD, by="test", must_change=True)
                    await users.set_role("night", ["seat"], by="test")
                    continue
            found = users.find("li")
            assert found is not None
            assert (found.name, found.agent, found.must_change) == ("李娜", "1001", True)
            assert await users.is_right(found, PASSWORD)
            assert users.roles["night"] == {Permission.SEAT}
