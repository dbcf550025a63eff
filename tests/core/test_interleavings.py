"""Every interleaving, driven by `tests.core.machine`, and the races found anywhere as named tests."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.core.machine import Centre
from tests.thorough import DEEP, by_profile


def _settings(*, shrink: bool = True) -> settings:
    return settings(
        max_examples=by_profile(150, 600, 5000),
        stateful_step_count=80 if DEEP else 50,
        deadline=None,
        derandomize=not DEEP,
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.slow
def test_every_interleaving() -> None:
    run_state_machine_as_test(Centre, settings=_settings())


@pytest.mark.slow
def test_the_machine_finds_a_planted_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug that a task-per-call prototype really had: a caller who hangs up in the queue is not taken out of it."""
    from appliance.core.contact import ContactState
    from appliance.core.queues.distribution import Distribution

    real = Distribution.abandon

    def forgetful(self: Distribution, contact: object) -> None:
        if getattr(contact, "state", None) is not ContactState.QUEUED:
            real(self, contact)  # type: ignore[arg-type] # it is a Contact

    monkeypatch.setattr(Distribution, "abandon", forgetful)
    with pytest.raises((AssertionError, KeyError, ExceptionGroup)):
        run_state_machine_as_test(Centre, settings=_settings(shrink=False))
