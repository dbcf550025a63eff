"""What sipp is told, without running it."""

import pytest

from tests.peers.sipp import Phone


def test_credentials_are_injected_as_a_whole() -> None:
    assert Phone("8001", "s3cret").fields() == ("8001", "[authentication username=8001 password=s3cret]")


@pytest.mark.parametrize("password", ["", "two words", "a;b", "a]b", 'a"b'])
def test_a_password_that_sipp_would_misread_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="the password of 8001"):
        Phone("8001", password).fields()
