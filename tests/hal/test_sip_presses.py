"""A key that is told twice is pressed once, and one that only INFO told is not lost; nothing of it needs a telephone."""

import pytest

from hal.sip.worker.presses import COPY_S, WAIT_S, Presses

pytestmark = pytest.mark.requirement("IVR-13")


def test_each_way_alone_is_reported_at_once() -> None:
    path, info = Presses(), Presses()
    assert [path.in_path(key, at) for at, key in enumerate("1223")] == ["1", "2", "2", "3"]
    assert [info.by_info(key, 0.1, at) for at, key in enumerate("1223")] == ["1", "2", "2", "3"]


def test_info_after_the_path_is_its_copy() -> None:
    presses = Presses()
    assert presses.in_path("5", 10.0) == "5"
    assert presses.by_info("5", 0.1, 10.2) == ""
    assert presses.due(11.0) == ""


def test_info_before_the_path_is_told_and_the_path_is_its_copy() -> None:
    presses = Presses()
    assert presses.by_info("5", 0.1, 10.0) == "5"
    assert presses.in_path("5", 10.1) == ""


def test_the_same_key_twice_by_both_is_two_keys() -> None:
    presses = Presses()
    assert presses.in_path("5", 10.0) + presses.in_path("5", 10.2) == "55"
    assert presses.by_info("5", 0.1, 10.3) + presses.by_info("5", 0.1, 10.4) == ""
    assert presses.by_info("5", 0.1, 10.5) == ""
    assert presses.due(10.5 + WAIT_S) == "5"


def test_info_of_a_key_held_long_is_its_copy() -> None:
    presses = Presses()
    assert presses.in_path("5", 10.0) == "5"
    assert presses.by_info("5", 6.0, 10.0 + COPY_S + 5.9) == ""
    assert presses.due(100.0) == ""


def test_a_copy_is_no_copy_of_an_old_press() -> None:
    presses = Presses()
    assert presses.in_path("5", 10.0) == "5"
    assert presses.by_info("5", 0.1, 10.0 + COPY_S + 1.0) == ""
    assert presses.due(20.0) == "5"


def test_info_waits_for_a_path_that_is_in_use() -> None:
    presses = Presses()
    presses.in_path("1", 0.0)
    assert presses.by_info("5", 0.0, 10.0) == ""
    assert presses.due(10.0 + WAIT_S / 2) == ""
    assert presses.in_path("5", 10.0 + WAIT_S / 2) == "5"
    assert presses.due(20.0) == ""


def test_a_key_that_the_path_lost_is_told_by_info() -> None:
    presses = Presses()
    presses.in_path("1", 0.0)
    presses.by_info("5", 0.0, 10.0)
    assert presses.due(10.0 + WAIT_S) == "5"
    assert presses.due(20.0) == ""


def test_a_key_that_the_path_lost_comes_before_the_next_of_the_path() -> None:
    presses = Presses()
    presses.in_path("1", 0.0)
    presses.by_info("5", 0.0, 10.0)
    assert presses.in_path("6", 10.1) == "56"
    presses.by_info("7", 0.0, 10.2)
    presses.by_info("8", 0.0, 10.2)
    assert presses.in_path("8", 10.3) == "78"
    assert presses.due(20.0) == ""
