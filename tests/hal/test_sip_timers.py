"""The worker's own timers."""

import logging
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(find_spec("pjsua2") is None, reason="there is no PJSIP in this environment")


def test_a_timer_that_fails_costs_no_call(caplog: pytest.LogCaptureFixture) -> None:
    from hal.sip.worker.loop import Worker

    fired: list[str] = []
    worker = Worker.__new__(Worker)  # without PJSIP: only its timers are looked at

    def breaks() -> None:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR):
        worker._fire(breaks)
        worker._fire(lambda: fired.append("next"))
    assert fired == ["next"]
    assert "a timer failed" in caplog.text
