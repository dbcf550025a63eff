"""`./hotline users` beside a running appliance: what each verb does, who is refused, and that passwords are nowhere."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest
import trio

from appliance.access import Locked, Wrong
from appliance.access.desk import users_answer
from appliance.cli import main
from appliance.core.engine import Engine
from appliance.core.records import Audit
from appliance.desk import Desk, ask_desk
from appliance.shell import Shell
from tests.access.people import ADDRESS, PASSWORD, Place, user
from tests.core.playbook import small_plan

pytestmark = [pytest.mark.requirement("OPS-03"), pytest.mark.slow]
Said = pytest.CaptureFixture[str]


class Nowhere:
    """A store that keeps nothing."""

    def put(self, record: object, token: int = 0) -> None:
        """Lose it."""


@asynccontextmanager
async def desk(folder: Path, place: Place) -> AsyncIterator[None]:
    async def reload() -> str:
        raise AssertionError("nobody asked for it")

    shell = Shell(Engine(small_plan()), Nowhere(), lambda _agent, _pin, answer: answer(False))
    async with Desk(folder, shell, reload, {"users": users_answer(place.users, place.door, lambda: place.now)}).open():
        yield


async def users(folder: Path, *words: str) -> int:
    return await trio.to_thread.run_sync(main, ["users", *words, "--data", str(folder)])


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(text))


async def test_a_user_is_made_and_logs_in_with_his_password(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    async with desk(tmp_path, place):
        typed(monkeypatch, f"{PASSWORD}\n")
        assert await users(tmp_path, "add", "wang", "--name", "王芳", "--role", "agent", "--agent", "1001", "--by", "chen") == 0
        assert (await users(tmp_path, "list"), await users(tmp_path, "list", "--json")) == (0, 0)
    line, shown = capsys.readouterr().out.splitlines()
    assert line == "wang              王芳: agent; agent 1001; has to choose a password"
    assert json.loads(shown)["roles"] == ["agent"]
    token, _ = await place.door.log_in("wang", PASSWORD, ADDRESS)
    assert place.sessions.find(token)
    assert place.audit()[:2] == [("desk:chen", "user made"), ("desk:chen", "password set")]
    assert not any(PASSWORD in repr(row) for row in place.rows)


async def test_a_password_by_chance_is_shown_once_and_good(tmp_path: Path, capsys: Said) -> None:
    place = Place()
    await place.add(user())
    async with desk(tmp_path, place):
        assert await users(tmp_path, "password", "li", "--generate") == 0
        assert await users(tmp_path, "password", "nobody", "--generate") == 1
    said = capsys.readouterr()
    assert "no user 'nobody'" in said.err
    (password,) = said.out.split()
    await place.door.log_in("li", password, ADDRESS)
    found = place.users.find("li")
    assert found is not None
    assert found.must_change


@pytest.mark.parametrize(
    ("password", "words", "code", "why"),
    [
        ("", ("add", "wang", "--name", "王芳"), 2, "no password was given"),
        ("short", ("add", "wang", "--name", "王芳"), 1, "at least 10"),
        (PASSWORD, ("add", "wang", "--name", "王芳", "--role", "boss"), 1, "no role 'boss'"),
        (PASSWORD, ("add", "li", "--name", "王芳"), 1, "there is a user 'li'"),
        (PASSWORD, ("role", "li", "boss"), 1, "no role 'boss'"),
        (PASSWORD, ("lock", "nobody"), 1, "no user 'nobody'"),
        (PASSWORD, ("lock", "chen"), 1, "nobody would be left"),
        (PASSWORD, ("first",), 1, "there is an administrator"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason_and_changes_nothing(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch, password: str, words: tuple[str, ...], code: int, why: str
) -> None:
    place = Place()
    await place.add(user())
    await place.add(user("chen", "administrator"))
    before = place.users.all()
    async with desk(tmp_path, place):
        typed(monkeypatch, password)
        assert await users(tmp_path, *words) == code
    assert why in capsys.readouterr().err
    assert place.users.all() == before


async def test_who_is_locked_out_is_out_at_once_and_in_again_when_unlocked(tmp_path: Path) -> None:
    place = Place()
    await place.add(user())
    token, _ = await place.door.log_in("li", PASSWORD, ADDRESS)
    async with desk(tmp_path, place):
        assert await users(tmp_path, "lock", "li") == 0
        assert place.sessions.find(token) is None
        with pytest.raises(Wrong):
            await place.door.log_in("li", PASSWORD, ADDRESS)
        assert await users(tmp_path, "unlock", "li") == 0
        for _ in range(5):
            with pytest.raises(Wrong):
                await place.door.log_in("li", "something else", ADDRESS)
        with pytest.raises(Locked):
            await place.door.log_in("li", PASSWORD, ADDRESS)
        assert await users(tmp_path, "unlock", "li") == 0
        await place.door.log_in("li", PASSWORD, ADDRESS)
    assert ("user unlocked", "li") in [(row.what, row.detail) for row in place.rows if isinstance(row, Audit)]


async def test_roles_are_changed_and_a_new_code_makes_the_old_one_void(tmp_path: Path, capsys: Said) -> None:
    place = Place()
    await place.add(user())
    old = place.door.new_code()
    async with desk(tmp_path, place):
        assert await users(tmp_path, "role", "li", "supervisor", "statistician") == 0
        assert await users(tmp_path, "first") == 0
    code = capsys.readouterr().out.strip()
    assert place.users.all()[0].roles == "supervisor statistician"
    with pytest.raises(Wrong):
        await place.door.first(old, user("chen"), PASSWORD, ADDRESS)
    await place.door.first(code, user("chen"), PASSWORD, ADDRESS)


@pytest.mark.parametrize(
    "request_",
    [{"users": "fly"}, {"users": ["list"]}, {"users": "lock", "login": 7}, {"users": "lock", "login": "li", "name": "x"}, {"users": "add"}],
)
async def test_a_request_that_is_none_is_answered_with_what_is_wrong(tmp_path: Path, request_: dict[str, object]) -> None:
    place = Place()
    async with desk(tmp_path, place):
        assert "error" in await ask_desk(tmp_path, request_)
    assert place.rows == []
