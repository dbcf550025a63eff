"""PINs: which are allowed, and hashes that show nothing of them."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.outside.pins import NO_HASH, generated, hashed, is_hash, matches, refused

pytestmark = pytest.mark.requirement("IVR-06")


@settings(max_examples=8, deadline=None)
@given(st.text("0123456789", min_size=4, max_size=12), st.text("0123456789", min_size=4, max_size=12))
def test_a_pin_matches_its_own_hash_only(pin: str, other: str) -> None:
    made = hashed(pin)
    assert pin not in made.rpartition("$")[0]
    assert is_hash(made)
    assert matches(pin, made)
    assert matches(other, made) == (other == pin)
    assert hashed(pin) != made


def test_it_is_the_scrypt_of_the_rfc() -> None:
    key = "cCO9yzr9c0hGHAbNgf04b/JWlvhHSZ7x0bFcoKYTDlk="
    salt = b"NaClNaClNaClNaCl"
    want = hashlib.scrypt(b"1905", salt=salt, n=2**14, r=8, p=1, maxmem=2**26, dklen=32)
    text = f"scrypt$14$8$1${base64.b64encode(salt).decode()}${base64.b64encode(want).decode()}"
    assert matches("1905", text)
    assert not matches("1905", f"scrypt$14$8$1${base64.b64encode(salt).decode()}${key}")


@pytest.mark.parametrize("text", ["", "1905", "scrypt$14$8$1$x$y", "scrypt$99$8$1$" + "A" * 24 + "$" + "A" * 44, "md5$1905"])
def test_what_is_no_hash_matches_nothing(text: str) -> None:
    assert not is_hash(text)
    assert not matches("1905", text)


def test_nothing_matches_the_hash_of_nobody() -> None:
    assert is_hash(NO_HASH)
    assert not any(matches(pin, NO_HASH) for pin in ("", "0000", "1234"))


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("123", "4 to 12 digits"), ("1234567890123", "4 to 12 digits"), ("12a4", "4 to 12 digits"), ("", "4 to 12 digits"),
        ("１２３４", "4 to 12 digits"), ("7777", "one digit"), ("4471", "not the account"), ("1905", ""), ("123456789012", ""),
    ],
)  # fmt: skip
def test_which_pins_are_allowed(pin: str, why: str) -> None:
    assert why in refused("4471", pin)
    assert bool(refused("4471", pin)) == bool(why)


def test_a_pin_by_chance_is_allowed_and_another_each_time() -> None:
    made = {generated("4471") for _ in range(50)}
    assert not any(refused("4471", pin) for pin in made)
    assert len(made) > 40
