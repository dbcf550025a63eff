"""When core and lines compare what they have."""

import pytest
import trio
import trio.testing

from appliance.core.inputs import Compare
from appliance.shell.comparing import keep_comparing


@pytest.mark.requirement("ACD-10")
async def test_they_compare_once_a_minute(autojump_clock: trio.testing.MockClock) -> None:
    began, at = trio.current_time(), list[float]()

    def post(event: Compare) -> None:
        assert isinstance(event, Compare)
        at.append(trio.current_time() - began)

    with trio.move_on_after(200.0):
        await keep_comparing(post)
    assert at == pytest.approx([60.0, 120.0, 180.0])
