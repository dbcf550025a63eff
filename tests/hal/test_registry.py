"""Backends are found by entry point: ours, and a third party's that nobody here knows."""

from pathlib import Path

import pytest

from hal import registry
from hal.api import Capability, Cause, Group, Play, UnknownBackend, UnsupportedCommand, cause_of_sip, check_supported, sip_of_cause


def test_ours_are_installed() -> None:
    assert {"simulated", "sip"} <= set(registry.installed())
    for name in ("simulated", "sip"):
        assert registry.backend(name).name == name


def test_an_unknown_one_is_explained_with_what_there_is() -> None:
    with pytest.raises(UnknownBackend, match=r"no backend 'dahdy'; installed are: .*simulated, sip"):
        registry.backend("dahdy")


@pytest.mark.requirement("OPS-06")
def test_a_third_party_adds_one_without_touching_this_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "smoke_signals.py").write_text("class Fire:\n    name = 'smoke'\n    settings = dict\n")
    info = tmp_path / "smoke_signals-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: smoke-signals\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hotline.backends]\nsmoke = smoke_signals:Fire\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "smoke" in registry.installed()
    assert registry.backend("smoke").name == "smoke"


def test_a_line_that_cannot_says_what_it_can() -> None:
    class Link:
        name = "pbx"
        capabilities = Capability.ROUTE | Capability.OBSERVE

        def groups(self) -> tuple[Group, ...]:
            return ()

        def submit(self, command: object) -> None:
            raise AssertionError

    with pytest.raises(UnsupportedCommand, match="line 'pbx' cannot Play; it can: OBSERVE, ROUTE"):
        check_supported(Link(), Play("pbx", "a", 1, ("x.wav",)))


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_sip_status_that_refuses(cause: Cause) -> None:
    assert 400 <= sip_of_cause(cause) <= 699


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (486, Cause.USER_BUSY),
        (404, Cause.UNALLOCATED_NUMBER),
        (480, Cause.NO_USER_RESPONDING),
        (603, Cause.CALL_REJECTED),
        (499, Cause.INTERWORKING),
    ],
)
def test_causes_of_sip_as_in_rfc_3398(status: int, cause: Cause) -> None:
    assert cause_of_sip(status) is cause
