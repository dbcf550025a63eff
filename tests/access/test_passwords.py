"""Passwords: which are allowed, and that a hash tells right from wrong and nothing else."""

import pytest

from appliance.access import passwords

pytestmark = pytest.mark.requirement("OPS-03")


@pytest.mark.parametrize("password", ["eine lange Fahrt", "correct horse battery", "一二三四五六七八九十", "xK9#mQ2$vL"])
def test_a_long_password_may_be_anything(password: str) -> None:
    assert passwords.refused("li", password) == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kurz", "at least 10"),
        ("x" * 201, "at most 200"),
        ("ababababab", "five different"),
        ("my name is wangfang", "does not contain"),
        ("Password1234", "'password'"),
        ("qwerty2026!", "'qwerty'"),
    ],
)
def test_what_is_tried_first_is_no_password(password: str, why: str) -> None:
    assert why in passwords.refused("wangfang", password)


def test_a_hash_is_argon2id_and_another_each_time() -> None:
    first, second = passwords.hashed("eine lange Fahrt"), passwords.hashed("eine lange Fahrt")
    assert first.startswith("$argon2id$")
    assert first != second
    assert passwords.matches("eine lange Fahrt", first)
    assert not passwords.matches("eine lange fahrt", first)
    assert not passwords.is_outdated(first)


def test_what_nobody_has_is_compared_as_slowly_and_is_never_right() -> None:
    assert passwords.NO_HASH.split("$")[:4] == passwords.hashed("eine lange Fahrt").split("$")[:4]
    assert not passwords.matches("", passwords.NO_HASH)
    assert not passwords.matches("eine lange Fahrt", "no hash at all")


def test_a_hash_of_older_parameters_is_told() -> None:
    assert passwords.is_outdated(passwords.NO_HASH.replace("m=65536", "m=4096"))
