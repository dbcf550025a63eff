"""Assertions of the shared modules show what they compared, as those of test modules do."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"tests.hal.{name}"
        for name in ("contract_base", "contract_calls", "contract_control", "contract_speech", "peer", "sip_peer", "baresip")
    )
)
