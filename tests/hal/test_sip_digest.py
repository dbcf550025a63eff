"""Digest authentication: the examples of the standards, and what must not pass."""

import pytest

from hal.sip.digest import Nonces, Verdict, challenge, credentials, ha1, response

HA1S = {"MD5": ha1("MD5", "8001", "hotline", "secret"), "SHA-256": ha1("SHA-256", "8001", "hotline", "secret")}


def test_the_example_of_rfc_2617_section_3_5() -> None:
    given = {
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093", "uri": "/dir/index.html", "qop": "auth", "nc": "00000001", "cnonce": "0a4f113b",
    }  # fmt: skip
    key = ha1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    assert response("MD5", key, "GET", given) == "6629fae49393a05397450978507c4ef1"


def test_without_qop_as_in_rfc_2069() -> None:
    """The corrected example of RFC 2069 (erratum 749)."""
    given = {"nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093", "uri": "/dir/index.html"}
    key = ha1("MD5", "Mufasa", "testrealm@host.com", "CircleOfLife")
    assert response("MD5", key, "GET", given) == "1949323746fe6a43ef61f9606e7febea"


@pytest.mark.parametrize(
    ("algorithm", "right"),
    [("MD5", "8ca523f5e9506fed4657c9700eebdbec"), ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")],
)
def test_the_examples_of_rfc_7616_section_3_9_1(algorithm: str, right: str) -> None:
    given = {
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "uri": "/dir/index.html", "qop": "auth", "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    key = ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")
    assert response(algorithm, key, "GET", given) == right


def test_a_header_is_read_with_commas_and_quotes_in_its_values() -> None:
    given = credentials('Digest username="a\\"b, c", realm="x", nonce="n==",uri="sip:h;a=1", nc=00000001 , qop=auth,response="ab"')
    assert given == {
        "username": 'a"b, c',
        "realm": "x",
        "nonce": "n==",
        "uri": "sip:h;a=1",
        "nc": "00000001",
        "qop": "auth",
        "response": "ab",
    }
    assert credentials("Basic QWxhZGRpbg==") == {}


def answer(nonces: Nonces, now: float, nc: int = 1, password: str = "secret", algorithm: str = "MD5", nonce: str = "") -> dict[str, str]:
    given = {
        "username": "8001", "realm": "hotline", "nonce": nonce or nonces.new(now), "uri": "sip:127.0.0.1", "qop": "auth", "nc": f"{nc:08x}",
        "cnonce": "abc", "algorithm": algorithm,
    }  # fmt: skip
    return given | {"response": response(algorithm, ha1(algorithm, "8001", "hotline", password), "REGISTER", given)}


def check(nonces: Nonces, given: dict[str, str], now: float, repeatable: bool = True) -> Verdict:
    return nonces.check(given, "REGISTER", HA1S, now, repeatable=repeatable)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_right_wrong_and_unknown(algorithm: str) -> None:
    nonces = Nonces(60)
    assert check(nonces, answer(nonces, 100, algorithm=algorithm), 100) is Verdict.RIGHT
    assert check(nonces, answer(nonces, 100, password="Secret", algorithm=algorithm), 100) is Verdict.WRONG
    assert nonces.check(answer(nonces, 100, algorithm=algorithm), "REGISTER", {}, 100, repeatable=True) is Verdict.WRONG
    assert nonces.check(answer(nonces, 100, algorithm=algorithm), "INVITE", HA1S, 100, repeatable=True) is Verdict.WRONG


def test_a_nonce_grows_old() -> None:
    nonces = Nonces(60)
    given = answer(nonces, 100)
    assert check(nonces, given, 159) is Verdict.RIGHT
    assert check(nonces, given | {"nc": "00000002"}, 161) is Verdict.STALE


def test_a_nonce_of_somebody_else_is_stale_whatever_it_holds() -> None:
    nonces = Nonces(60)
    for foreign in (Nonces(60).new(100), "", "x", "..", "ff.00.zz", nonces.new(100)[:-1] + "!"):
        assert check(nonces, answer(nonces, 100, nonce=foreign or "?"), 100) is Verdict.STALE


def test_a_replay_is_asked_again_and_a_retransmission_is_not() -> None:
    nonces = Nonces(60)
    given = answer(nonces, 100)
    assert check(nonces, given, 100) is Verdict.RIGHT
    assert check(nonces, given, 100) is Verdict.RIGHT
    assert check(nonces, given, 100, repeatable=False) is Verdict.STALE
    assert check(nonces, answer(nonces, 100, nc=2, nonce=given["nonce"]), 100) is Verdict.RIGHT
    assert check(nonces, given, 100) is Verdict.STALE
    assert check(nonces, answer(nonces, 100, nonce=given["nonce"]) | {"nc": "xyz"}, 100) is Verdict.WRONG


def test_a_challenge_says_when_the_nonce_was_stale() -> None:
    assert challenge("hotline", "n", "SHA-256") == 'Digest realm="hotline", nonce="n", algorithm=SHA-256, qop="auth"'
    assert challenge("hotline", "n", "MD5", stale=True).endswith(", stale=true")
