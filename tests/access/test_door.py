"""The door: right, wrong, locked; addresses; the first administrator. The clock is the test's."""

import pytest
import trio
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.access import Locked, Refused, Wrong
from appliance.access import door as doors
from appliance.store import User
from tests.access.people import ADDRESS, PASSWORD, Place, user

pytestmark = pytest.mark.requirement("OPS-03")


async def wrong(place: Place, times: int, login: str = "li", address: str = ADDRESS) -> None:
    for _ in range(times):
        with pytest.raises(Wrong):
            await place.door.log_in(login, "something else", address)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes are compared as texts, but for the test of them."""
    monkeypatch.setattr("appliance.access.passwords.hashed", lambda password: f"hash of {password}")
    monkeypatch.setattr("appliance.access.passwords.matches", lambda password, hashed: hashed == f"hash of {password}")
    monkeypatch.setattr("appliance.access.passwords.is_outdated", lambda hashed: hashed.startswith("old"))


async def test_the_right_password_opens_and_the_token_is_kept_nowhere() -> None:
    place = Place()
    await place.add(user())
    token, session = await place.door.log_in("li", PASSWORD, ADDRESS)
    assert place.sessions.find(token) == session
    assert not any(token in repr(row) for row in place.rows)
    assert place.audit()[-1] == ("user:li", "log-in")
    place.door.log_out(session)
    assert place.sessions.find(token) is None
    assert place.audit()[-1] == ("user:li", "log-out")


async def test_login_and_password_are_wrong_alike() -> None:
    place = Place()
    await place.add(user())
    said = []
    for login, password in (("li", "something else"), ("nobody", PASSWORD)):
        with pytest.raises(Wrong) as raised:
            await place.door.log_in(login, password, ADDRESS)
        said.append(str(raised.value))
    assert said[0] == said[1]
    await place.users.update("li", disabled=True, by="test")
    with pytest.raises(Wrong, match=said[0]):
        await place.door.log_in("li", PASSWORD, ADDRESS)


@pytest.mark.parametrize("login", ["li", "nobody"])
async def test_five_wrong_ones_lock_for_ever_longer_also_who_does_not_exist(login: str) -> None:
    place = Place()
    await place.add(user())
    for lock_s in (60, 120, 240):
        for n in range(5):
            await wrong(place, 1, login, f"10.0.{lock_s}.{n}")
        with pytest.raises(Locked) as raised:
            await place.door.log_in(login, PASSWORD, "10.0.0.9")
        assert raised.value.for_s == lock_s
        place.now += lock_s
    if login == "li":
        await place.door.log_in("li", PASSWORD, ADDRESS)
        found = place.users.find("li")
        assert found is not None
        assert (found.failures, found.locked_until_at) == (0, 0.0)


async def test_a_lock_is_never_longer_than_an_hour() -> None:
    place = Place()
    await place.add(user())
    place.users.note(evolve(place.users.all()[0], failures=5000 - 1))
    await wrong(place, 1)
    with pytest.raises(Locked) as raised:
        await place.door.log_in("li", PASSWORD, ADDRESS)
    assert raised.value.for_s == 3600


async def test_a_lock_outlives_a_restart() -> None:
    place = Place()
    await place.add(user())
    await wrong(place, 5)
    with pytest.raises(Locked):
        await place.again().door.log_in("li", PASSWORD, ADDRESS)


async def test_one_address_tries_thirty_times_whatever_login_and_is_an_alarm() -> None:
    place = Place()
    await place.add(user())
    for n in range(30):
        await wrong(place, 1, f"guess{n}")
        place.now += 1
    for login in ("li", "another"):
        with pytest.raises(Locked):
            await place.door.log_in(login, PASSWORD, ADDRESS)
    assert [noticed.source for noticed in place.noticed] == [f"door:{ADDRESS}"]
    await place.door.log_in("li", PASSWORD, "10.0.0.1")
    place.now += 900 - 30
    await place.door.log_in("li", PASSWORD, ADDRESS)


async def test_tries_at_once_are_no_more_than_one_after_the_other() -> None:
    place = Place()
    await place.add(user())
    found: list[type[Exception]] = []

    async def one(n: int) -> None:
        try:
            await place.door.log_in("li", "something else", f"10.0.0.{n}")
        except (Wrong, Locked, Refused) as error:
            found.append(type(error))

    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(one, n)
    assert found.count(Wrong) == 5
    assert found.count(Locked) == 15


async def test_too_many_at_once_are_turned_away_and_cost_no_more_memory() -> None:
    place = Place()
    found: list[type[Exception]] = []

    async def one(n: int) -> None:
        try:
            await place.door.log_in(f"login{n}", "something else", f"10.0.0.{n}")
        except (Wrong, Locked, Refused) as error:
            found.append(type(error))

    async with trio.open_nursery() as nursery:
        for n in range(60):
            nursery.start_soon(one, n)
    assert found.count(Refused) >= 1
    assert found.count(Refused) + found.count(Wrong) == 60


async def test_the_first_administrator_is_made_by_a_code_once() -> None:
    place = Place()
    code = place.door.new_code()
    with pytest.raises(Wrong):
        await place.door.first("aaaaa-bbbbb-ccccc", user("chen"), PASSWORD, ADDRESS)
    with pytest.raises(Refused, match="at least 10"):
        await place.door.first(code, user("chen"), "short", ADDRESS)
    with pytest.raises(Refused, match="small letters"):
        await place.door.first(code, user("CHEN"), PASSWORD, ADDRESS)
    await place.door.first(f" {code.upper()} ", user("chen"), PASSWORD, ADDRESS)
    token, _ = await place.door.log_in("chen", PASSWORD, ADDRESS)
    assert place.sessions.find(token)
    assert place.users.has_administrator
    with pytest.raises(Wrong):
        await place.door.first(code, user("zhao"), PASSWORD, ADDRESS)
    with pytest.raises(Wrong):
        await place.door.first(place.door.new_code(), user("zhao"), PASSWORD, ADDRESS)


async def test_without_a_code_nobody_becomes_administrator_by_saying_nothing() -> None:
    place = Place()
    with pytest.raises(Wrong):
        await place.door.first("", user("chen"), PASSWORD, ADDRESS)


async def test_a_code_stands_five_tries() -> None:
    place = Place()
    code = place.door.new_code()
    for n in range(5):
        with pytest.raises(Wrong):
            await place.door.first("aaaaa-bbbbb-ccccc", user("chen"), PASSWORD, f"10.0.0.{n}")
    with pytest.raises(Wrong):
        await place.door.first(code, user("chen"), PASSWORD, ADDRESS)


async def test_an_old_hash_is_made_anew_with_its_password() -> None:
    place = Place()
    await place.add(user())
    place.users.note(evolve(place.users.all()[0], password_hash="old"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("appliance.access.passwords.matches", lambda _password, hashed: hashed == "old")
        await place.door.log_in("li", PASSWORD, ADDRESS)
    assert place.newest(User)[0].password_hash == f"hash of {PASSWORD}"


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["li", "nobody"]), st.integers(0, 3), st.booleans(), st.floats(0, 100)), max_size=60))
def test_whoever_tries_in_whatever_order_gets_no_more_than_five_tries_between_two_locks(tries: list[tuple[str, int, bool, float]]) -> None:
    async def story() -> None:
        place = Place()
        await place.add(user())
        longest_s = 0.0
        looked_at: dict[str, list[float]] = {"li": [], "nobody": []}
        for login, address, right, wait_s in tries:
            place.now += wait_s
            try:
                await place.door.log_in(login, PASSWORD if right else "something else", f"10.0.0.{address}")
                assert right
                assert login == "li"
                looked_at[login] = []
            except Wrong:
                assert not (right and login == "li")
                looked_at[login].append(place.now)
            except Locked as locked:
                longest_s = max(longest_s, locked.for_s)
        assert longest_s <= max(doors._LONGEST_LOCK_S, doors._WITHIN_S)
        for times in looked_at.values():
            for n in range(5, len(times)):
                assert n % 5 or times[n] - times[n - 1] >= 60, "a lock lies between"

    trio.run(story)
