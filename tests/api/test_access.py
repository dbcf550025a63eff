"""Who gets where: every route of the document with every role, without a login, with what is no token."""

from pathlib import Path
from typing import Any

import pytest

from appliance.access import ROLES, Permission
from appliance.api.app import LONGEST_BYTES
from appliance.api.document import document
from appliance.api.pace import Pace
from tests.api.running import PASSWORD, PEOPLE, Running, running

pytestmark = pytest.mark.requirement("OPS-03")

OPEN = {("post", "/v1/log-in"), ("post", "/v1/first-administrator"), ("get", "/healthz"), ("get", "/openapi.json")}


def operations(app: Running) -> list[tuple[str, str, dict[str, Any]]]:
    with_all = document(app.app)["paths"]
    return [(method, path, operation) for path, of in with_all.items() for method, operation in of.items()]


async def test_no_route_is_open_but_those_that_have_to_be(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        found = operations(here)
        assert len(found) > 15
        for method, path, _ in found:
            for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bGk6bGk="}, {"Authorization": "Bearer "}):
                response = await here.app.test_client().open(
                    path.replace("{", "").replace("}", ""), method=method.upper(), headers=headers, json=None
                )
                if (method, path) in OPEN:
                    assert response.status_code != 401 or path == "/v1/log-in"
                else:
                    assert response.status_code == 401, f"{method} {path}"
                    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_each_role_gets_where_its_permissions_lead_and_nowhere_else(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        for login, (role, _) in PEOPLE.items():
            for method, path, operation in operations(here):
                if (method, path) in OPEN or path == "/v1/log-out":
                    continue
                needed = {Permission(name) for name in operation["x-permissions"]}
                status, answer = await here.ask(login, method.upper(), path.replace("{", "").replace("}", ""))
                if needed and not needed & ROLES[role]:
                    assert status == 403, f"{login}: {method} {path}"
                    assert "takes the permission" in answer["error"]
                else:
                    assert status != 403 or "{agent}" in path, f"{login}: {method} {path}"
                assert status < 500


async def test_a_log_in_gives_a_token_that_a_log_out_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        await here.centre.users.set_password("li", PASSWORD, by="test", must_change=False)
        status, answer = await here.ask("", "POST", "/v1/log-in", {"login": "li", "password": "something else"})
        assert (status, answer) == (401, {"error": "login or password is wrong"})
        status, answer = await here.ask("", "POST", "/v1/log-in", {"login": "li", "password": PASSWORD})
        assert status == 200
        here.tokens["li"] = answer["token"]
        status, answer = await here.ask("li", "GET", "/v1/me")
        assert (answer["login"], answer["agent"], answer["permissions"]) == ("li", "1001", ["seat"])
        assert (await here.ask("li", "POST", "/v1/log-out"))[0] == 200
        assert (await here.ask("li", "GET", "/v1/me"))[0] == 401


async def test_who_was_given_a_password_chooses_his_own_before_anything_else(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        assert (await here.ask("chen", "POST", "/v1/users/li/password", {"password": PASSWORD}))[0] == 200
        status, answer = await here.ask("", "POST", "/v1/log-in", {"login": "li", "password": PASSWORD})
        assert answer["must_change"]
        here.tokens["li"] = answer["token"]
        status, answer = await here.ask("li", "GET", "/v1/state")
        assert status == 403
        assert "choose a password" in answer["error"]
        assert (await here.ask("li", "POST", "/v1/me/password", {"old": "wrong one", "new": "noch eine Fahrt"}))[0] == 401
        assert (await here.ask("li", "POST", "/v1/me/password", {"old": PASSWORD, "new": PASSWORD}))[0] == 409
        assert (await here.ask("li", "POST", "/v1/me/password", {"old": PASSWORD, "new": "noch eine Fahrt"}))[0] == 200
        assert (await here.ask("li", "GET", "/v1/me"))[0] == 401
        status, answer = await here.ask("", "POST", "/v1/log-in", {"login": "li", "password": "noch eine Fahrt"})
        here.tokens["li"] = answer["token"]
        assert (await here.ask("li", "GET", "/v1/state"))[0] == 200


async def test_too_many_wrong_ones_say_when_to_come_again(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        for _ in range(5):
            assert (await here.ask("", "POST", "/v1/log-in", {"login": "li", "password": "something else"}))[0] == 401
        response = await here.app.test_client().post("/v1/log-in", json={"login": "li", "password": "something else"})
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "60"


async def test_the_first_administrator(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        code = here.centre.door.new_code()
        first = {"code": code, "login": "sun", "name": "孙丽华", "password": PASSWORD}
        assert (await here.ask("", "POST", "/v1/first-administrator", {**first, "code": "aaaaa-aaaaa-aaaaa"}))[0] == 401
        assert (await here.ask("", "POST", "/v1/first-administrator", first))[0] == 201
        assert (await here.ask("", "POST", "/v1/first-administrator", {**first, "login": "other"}))[0] == 401


async def test_who_is_disabled_is_out_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        assert (await here.ask("li", "GET", "/v1/state"))[0] == 200
        assert (await here.ask("chen", "PATCH", "/v1/users/li", {"disabled": True}))[0] == 200
        assert (await here.ask("li", "GET", "/v1/state"))[0] == 401


async def test_users_and_roles_are_made_and_changed(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        new = {"login": "sun", "name": "孙丽华", "roles": ["supervisor"], "password": PASSWORD}
        assert (await here.ask("chen", "POST", "/v1/users", {**new, "password": "short"}))[0] == 409
        assert (await here.ask("chen", "POST", "/v1/users", new))[0] == 201
        assert (await here.ask("chen", "POST", "/v1/users", new))[0] == 409
        status, answer = await here.ask("chen", "GET", "/v1/users/sun")
        assert (answer["roles"], answer["must_change"], answer["has_password"]) == (["supervisor"], True, True)
        assert "password_hash" not in answer
        status, answer = await here.ask("chen", "GET", "/v1/users/nobody")
        assert status == 404
        assert (await here.ask("chen", "PUT", "/v1/roles/night", {"permissions": ["seat", "alarms"]}))[0] == 200
        status, answer = await here.ask("chen", "GET", "/v1/roles")
        assert answer["roles"]["night"] == ["alarms", "seat"]
        assert (await here.ask("chen", "DELETE", "/v1/roles/night"))[0] == 200
        status, answer = await here.ask("he", "GET", "/v1/audit")
        assert [row["what"] for row in answer["rows"][:4]] == ["role changed", "role changed", "password set", "user made"]
        assert {row["who"] for row in answer["rows"][:4]} == {"user:chen"}
        status, older = await here.ask("he", "GET", f"/v1/audit?before={answer['rows'][3]['seq']}")
        assert older["rows"][0]["seq"] < answer["rows"][3]["seq"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"login": "li"}, "password"),
        ({"login": "li", "password": "x", "else": 1}, "else"),
        ({"login": 7, "password": "x"}, "login"),
        ({"login": "l" * 33, "password": "x"}, "login"),
        ([], "object"),
        ("text", "object"),
    ],
)
async def test_a_body_that_is_something_else_is_refused_with_the_place(tmp_path: Path, body: Any, why: str) -> None:
    async with running(tmp_path) as here:
        status, answer = await here.ask("", "POST", "/v1/log-in", body)
        assert status == 400
        assert why in answer["error"]


async def test_a_body_that_is_no_json_or_too_long_costs_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        client = here.app.test_client()
        json = {"Content-Type": "application/json"}
        assert (await client.post("/v1/log-in", data=b"{" * 100, headers=json)).status_code == 400
        assert (await client.post("/v1/log-in", data=b"\xff\xfe", headers=json)).status_code == 400
        assert (await client.post("/v1/log-in", data=b"[" * 50_000, headers=json)).status_code == 400
        assert (await client.post("/v1/log-in", data=b" " * (LONGEST_BYTES + 1), headers=json)).status_code == 413
        assert (await client.post("/v1/log-in", data=b"a=b")).status_code == 400
        assert (await client.get("/v1/nothing")).status_code == 404
        assert (await client.delete("/v1/log-in")).status_code == 405
        for answer in (await client.get("/v1/nothing"), await client.get("/healthz")):
            assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


async def test_a_flood_is_slowed_down(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        found = [(await here.app.test_client().get("/healthz")).status_code for _ in range(400)]
        assert found[:200] == [200] * 200
        assert 429 in found


async def test_a_mistake_of_ours_is_an_answer_and_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as here:
        monkeypatch.setattr(here.centre.watch, "state", lambda: 1 / 0)
        status, answer = await here.ask("li", "GET", "/v1/state")
        assert status == 500
        assert "division" not in answer["error"]


BODIES = [
    b"", b"{", b"[]", b"null", b'"text"', b"7", b'{"unknown": 1}', b'{"login": null}', b'{"login": {"$ne": ""}, "password": {"$ne": ""}}',
    b"\xff\xfe{}", b"\x00" * 64, b'{"what": "' + b"x" * 5000 + b'"}', b"{" * 20_000, b'{"login": "li", "login": "chen"}',
]  # fmt: skip
ODD = ["..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "' OR 1=1 --", "1001%0d%0aX-Evil:%201", "王" * 300, "{{7*7}}"]


async def test_no_route_does_anything_with_a_body_that_is_malformed_or_too_long(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        here.centre.pace = Pace(lambda: 0.0, burst=1e9)
        await here.centre.users.set_role("everything", list(Permission), by="test")
        await here.centre.users.update("chen", roles="administrator everything", by="test")
        before = here.centre.users.all(), here.centre.users.roles
        for method, path, operation in operations(here):
            if "requestBody" not in operation:
                continue
            path = path.replace("{login}", "li").replace("{agent}", "1001").replace("{name}", "night")
            headers = {"Authorization": f"Bearer {await here.token('chen')}", "Content-Type": "application/json"}
            client = here.app.test_client()
            for body in BODIES:
                if path.endswith("users/li") and body == b"{}":
                    continue
                response = await getattr(client, method)(path, headers=headers, data=body)
                assert response.status_code == 400, f"{method} {path} {body[:40]!r}: {response.status_code}"
                assert isinstance((await response.get_json())["error"], str)
            response = await getattr(client, method)(path, headers=headers, data=b" " * (LONGEST_BYTES + 1))
            assert response.status_code == 413, f"{method} {path}"
        assert (here.centre.users.all(), here.centre.users.roles) == before


async def test_odd_names_in_a_path_are_nobody_and_no_mistake_of_ours(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        here.centre.pace = Pace(lambda: 0.0, burst=1e9)
        await here.centre.users.set_role("everything", list(Permission), by="test")
        await here.centre.users.update("chen", roles="administrator everything", by="test")
        before = here.centre.users.all()
        for method, path, _ in operations(here):
            if "{" not in path:
                continue
            for odd in ODD:
                asked = f"{path.partition('{')[0]}{odd}{path.partition('}')[2]}"
                status, _ = await here.ask("chen", method.upper(), asked, {"what": "log-in"} if "agents" in path else None)
                assert status in (200, 400, 404, 405, 409) if method == "get" or "sessions" in path else status in (400, 404, 405, 409), (
                    asked
                )
        assert here.centre.users.all() == before
