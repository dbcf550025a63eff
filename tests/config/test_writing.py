from datetime import date, time
from string import ascii_lowercase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.config import Days, Duration, Span, dumps, loads
from tests.config.shapes import GOOD, Exponential, Foreign, Hours, Level, Line, Overflow, Queue, Shape, Weibull

NAMES = st.text(ascii_lowercase, min_size=1, max_size=6)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda text: "\r" not in text)
NUMBER = st.floats(0, 1e6).map(lambda number: round(number, 3))
MINUTE = st.builds(time, st.integers(0, 23), st.integers(0, 59))
LIFETIME = st.builds(Weibull, mean_s=NUMBER.filter(bool), shape=st.floats(0.1, 10)) | st.builds(Exponential, mean_s=NUMBER.filter(bool))
SPAN = st.tuples(MINUTE, MINUTE).filter(lambda pair: pair[1] == time.min or pair[0] < pair[1]).map(lambda pair: Span(*pair))
DAYS = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda pair: Days(*sorted(pair)))


def queues(names: list[str]) -> st.SearchStrategy[Queue]:
    overflow = st.builds(Overflow, when=st.sampled_from(["wait", "nobody"]), to=st.sampled_from([*names, "voicemail"]))
    return st.builds(
        Queue,
        ring_s=st.floats(1, 120),
        wrap_up_s=NUMBER,
        level=st.sampled_from(Level),
        patience=LIFETIME,
        overflow=st.lists(overflow, max_size=3).map(tuple),
        music=st.none() | TEXT,
    )


@st.composite
def shapes(draw: Any) -> Shape:
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    return Shape(
        name=draw(TEXT),
        record=draw(st.booleans()),
        from_=draw(MINUTE),
        warm_up=draw(st.integers(0, 10**6).map(Duration) | st.integers(1, 999).map(lambda ms: Duration.parse(f"{ms} ms"))),
        count=draw(st.none() | st.integers(0)),
        talk=draw(NUMBER | LIFETIME),
        queues={name: draw(queues(names)) for name in names},
        hours=draw(
            st.dictionaries(
                TEXT,
                st.builds(
                    Hours,
                    holidays=st.lists(st.dates()).map(tuple) | TEXT,
                    week=st.dictionaries(DAYS, st.lists(SPAN, max_size=2).map(tuple), max_size=3),
                ),
                max_size=2,
            )
        ),
        lines=draw(
            st.dictionaries(
                TEXT,
                st.builds(Line, backend=st.just("sip"), settings=st.builds(Foreign, listen=TEXT, channels=st.integers(1, 1000)))
                | st.builds(Line, backend=st.just("bare"), settings=st.builds(Exponential, mean_s=NUMBER.filter(bool))),
                max_size=2,
            )
        ),
        per_hour=draw(st.dictionaries(MINUTE, NUMBER, max_size=3)),
        tags=frozenset(draw(st.lists(TEXT, max_size=3))),
    )


@given(shapes())
def test_what_is_written_reads_back_equal(shape: Shape) -> None:
    assert loads(Shape, dumps(shape)) == shape


def test_writing_a_read_file_loses_nothing() -> None:
    shape = loads(Shape, GOOD)
    assert loads(Shape, dumps(shape)) == shape
    assert "strategy" not in dumps(shape)  # defaults are not repeated


def test_dates_are_written_as_toml_dates() -> None:
    assert dumps(Hours(holidays=(date(2026, 10, 1),))) == "holidays = [2026-10-01]\n"
