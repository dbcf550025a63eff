"""The mark of tests that run a real Asterisk, as `.ci/run` does."""

import os

import pytest

__all__ = ["asterisk_for_root"]

asterisk_for_root = pytest.mark.skipif(os.geteuid() != 0, reason="Asterisk is installed and run by chroot, which is for root")
