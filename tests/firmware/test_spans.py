"""Spans become channels as the driver counts them; what no machine can be is refused with what to do."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.dahdi import Layout, Port, Span, channel_files, driver_file, layout, ranges
from tests.firmware.cards import ALONE, ANALOGUE, SS7, everything

pytestmark = pytest.mark.requirement("ACC-01")


def test_channels_are_counted_over_all_spans() -> None:
    wires = everything().wires
    assert [one.first for one in wires] == [1, 32, 63, 94, 125, 156, 160]
    assert [one.signalling for one in wires] == [16, 47, 0, 109, 0, 0, 162]
    assert ranges(wires[0].bearers) == "1-15,17-31"
    assert ranges(wires[2].bearers) == "63-77,79-93", "slot 16 of an E1 with R2 carries the signalling bits"
    assert ranges(wires[4].bearers) == "125-155", "an SS7 span without the link has a circuit in slot 16"
    assert ranges(wires[5].bearers) == "156-157,159", "an empty socket is no channel in use"
    assert ranges(wires[6].bearers) == "160-161"


def test_the_clock_comes_from_the_first_network_and_falls_back_in_order() -> None:
    assert [one.timing for one in everything().wires] == [1, 2, 0, 3, 4, 0, 5]


def test_spans_of_one_trunk_share_a_group_of_asterisk() -> None:
    made = everything()
    assert made.trunks == {"public": 1, "g3": 2, "no7": 3, "g6": 4, "g7": 5}
    assert made.channels == 30 + 30 + 30 + 30 + 31 + 2 + 2, "a telephone's port takes no call of the public"


@given(st.lists(st.sampled_from(list(ALONE.values())), min_size=1, max_size=30))
def test_no_channel_is_given_twice_and_none_is_left_out(spans: list[Span]) -> None:
    def at(number: int, span: Span) -> Span:
        ports = tuple(attrs.evolve(port, station=f"{number}-{port.station}") if port.station else port for port in span.ports)
        first_circuit = 32 * number if span.signalling == "ss7" else span.first_circuit
        return attrs.evolve(span, number=number, ports=ports, first_circuit=first_circuit)

    numbered = tuple(at(number, span) for number, span in enumerate(spans, 1))
    wires = layout(numbered).wires
    used = [channel for one in wires for channel in (*one.bearers, *([one.signalling] if one.signalling else []))]
    assert len(used) == len(set(used))
    silent = [one.first + 15 for one in wires if one.span.signalling == "mfc-r2"]
    empty = [one.first + at for one in wires for at, port in enumerate(one.span.ports) if port.kind == "empty"]
    assert sorted([*used, *silent, *empty]) == list(range(1, wires[-1].first + wires[-1].span.size))


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"signalling": "analogue"}, "'ports' names the sockets"),
        ({"signalling": "pri", "ports": (Port(kind="empty"),)}, "'ports' names the sockets"),
        ({"signalling": "mfc-r2", "variant": "france"}, "no variant of MFC/R2; there is: argentina"),
        ({"signalling": "ss7"}, "ss7 needs point_code"),
        ({"signalling": "ss7", "variant": "china", "point_code": 1, "adjacent_point_code": 2}, "put a signalling gateway in between"),
        ({"signalling": "ss7", "point_code": 0x010203, "adjacent_point_code": 2}, "24 bits, which libss7 does not speak"),
        ({"signalling": "ss7", "point_code": 5, "adjacent_point_code": 5}, r"point_code \(ours\) and adjacent_point_code .* are both 5"),
        (
            {"signalling": "ss7", "point_code": 5, "adjacent_point_code": 6, "destination_point_code": 5},
            r"point_code \(ours\) and destination_point_code .* are both 5",
        ),
        ({"signalling": "ss7", "point_code": 5, "adjacent_point_code": -5}, "'adjacent_point_code': -5 is no point code; .* 0 to 16383"),
        (
            {"signalling": "ss7", "point_code": 5, "adjacent_point_code": 6, "destination_point_code": 2**30},
            "'destination_point_code': 1073741824 is no point code; possible is 0 to 16383",
        ),
        ({"signalling": "pri", "point_code": 5}, "'point_code' belongs to ss7, this span is pri: leave it out"),
        ({"signalling": "pri", "destination_point_code": 6}, "'destination_point_code' belongs to ss7"),
        ({"signalling": "pri", "variant": "china"}, "'variant' belongs to mfc-r2 and ss7"),
        ({"signalling": "ss7", "point_code": 1, "adjacent_point_code": 2, "dnis_digits": 3}, "'dnis_digits' belongs to mfc-r2"),
        ({"signalling": "bri", "ani_digits": 3}, "'ani_digits' belongs to mfc-r2"),
        ({"signalling": "pri", "multipoint": False}, "'multipoint' belongs to bri"),
        ({"signalling": "bri", "crc4": True}, "'crc4' belongs to pri and mfc-r2 and ss7"),
        ({"signalling": "bri", "line_build_out": 2}, "'line_build_out' belongs to pri and"),
        ({"signalling": "mfc-r2", "switch": "qsig"}, "'switch' belongs to pri and bri"),
        ({"signalling": "mfc-r2", "role": "network"}, "'role' belongs to pri and bri"),
        ({"signalling": "pri", "hdlc": "dchan"}, "'hdlc' belongs to ss7"),
        ({"signalling": "pri", "network": "international"}, "'network' belongs to ss7"),
        ({"signalling": "pri", "signalling_link": False}, "'signalling_link' belongs to ss7"),
        ({"signalling": "pri", "first_circuit": 3000}, "'first_circuit' belongs to ss7"),
        ({"signalling": "analogue", "ports": ANALOGUE.ports, "clock": "network"}, "'clock' belongs to"),
        ({"signalling": "bri", "role": "network", "clock": "network"}, "the network side of a basic rate access gives the clock"),
        ({"signalling": "pri", "clock": "mine"}, "clock"),
        ({"signalling": "ss7", "point_code": 1, "adjacent_point_code": 2, "first_circuit": 4066}, "the first of an E1 is at most 4065"),
    ],
)
def test_a_span_that_cannot_be_is_refused(span: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Span(number=1, **span)


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ({"kind": "fxo"}, "needs the service number"),
        ({"kind": "fxs"}, "needs the station"),
        ({"kind": "fxs", "station": "8101", "number": "95500"}, "'number' belongs to an fxo port, this one is fxs"),
        ({"kind": "empty", "station": "8101"}, "'station' belongs to an fxs port, this one is empty"),
        ({"kind": "fxo", "number": "\u00b2"}, "needs the service number"),
        ({"kind": "fxo", "number": "95500\n"}, "needs the service number"),
        ({"kind": "fxs", "station": "8101\ncontext=default"}, "is not a name of at most 40"),
        ({"kind": "fxs", "station": 'x"; y'}, "is not a name of at most 40"),
        ({"kind": "fxs", "station": "x" * 41}, "is not a name of at most 40"),
    ],
)
def test_a_port_that_cannot_be_is_refused(port: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Port(**port)


def _no7(number: int, **more: Any) -> Span:
    """A span with SS7 of one linkset, of which the first has the signalling."""
    return attrs.evolve(SS7, **{"number": number, "group": "no7", "signalling_link": number == 1, **more})


def test_circuits_of_another_exchange_are_other_circuits() -> None:
    other = _no7(2, group="other", adjacent_point_code=3, signalling_link=True)
    assert [one.circuits for one in layout((_no7(1), other)).wires] == [frozenset((*range(1, 16), *range(17, 32)))] * 2


def test_a_pair_of_transfer_points_leads_to_one_exchange() -> None:
    pair = [_no7(number, adjacent_point_code=5 + number, destination_point_code=9, signalling_link=True) for number in (1, 2)]
    assert layout((pair[0], attrs.evolve(pair[1], first_circuit=33))).trunks == {"no7": 1}


@pytest.mark.parametrize(
    ("span", "timing"),
    [
        (Span(number=1, signalling="pri"), 1),
        (Span(number=1, signalling="pri", role="network"), 0),
        (Span(number=1, signalling="pri", role="network", clock="network"), 1),
        (Span(number=1, signalling="pri", clock="own"), 0),
        (Span(number=1, signalling="bri", role="network"), 0),
        (Span(number=1, signalling="mfc-r2"), 1),
    ],
)
def test_who_is_the_network_gives_the_clock_unless_it_is_said_otherwise(span: Span, timing: int) -> None:
    assert layout((span,)).wires[0].timing == timing


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ((Span(number=1, signalling="pri"), Span(number=3, signalling="pri")), "numbered 1 to 2 without gaps, not 1, 3"),
        ((Span(number=1, signalling="pri"), Span(number=1, signalling="pri")), "without gaps, not 1, 1"),
        (tuple(Span(number=at, signalling="pri") for at in range(1, 35)), "1054 channels are more than the driver's 1023"),
        (
            (Span(number=1, signalling="pri", group="a"), Span(number=2, signalling="mfc-r2", group="a")),
            "trunk a has spans with pri and with mfc-r2",
        ),
        (
            (Span(number=1, signalling="ss7", point_code=1, adjacent_point_code=2, signalling_link=False),),
            "no span of trunk g1 carries its signalling",
        ),
        ((_no7(1), _no7(2)), "spans 1 and 2 both have circuit 1 towards point code 2: .* for span 2 first_circuit = 33 is free"),
        (
            (_no7(1), _no7(2, first_circuit=33), _no7(3, first_circuit=63)),
            "spans 2 and 3 both have circuit 63 .* first_circuit = 65 is free",
        ),
        ((_no7(1, group="a"), _no7(2, group="b", signalling_link=True)), "spans 1 and 2 both have circuit 1 towards"),
        ((_no7(1), _no7(2, point_code=7, first_circuit=33)), "'point_code' is 1 for span 1 and 7 for span 2, and both are of trunk no7"),
        ((_no7(1), _no7(2, adjacent_point_code=9)), "'destination_point_code' is 2 for span 1 and 9 for span 2"),
        ((_no7(1), _no7(2, network="international")), "'network' is national for span 1 and international for span 2"),
        (
            (Span(number=1, signalling="pri"), Span(number=2, signalling="pri", group="g1")),
            'span 1 has no group, and g1, .* is the group of span 2: give it group = "g1" too',
        ),
        (
            tuple(Span(number=at, signalling="analogue", ports=(Port(kind="fxs", station="8101"),)) for at in (1, 2)),
            "station 8101 is at more than one fxs port",
        ),
        (
            tuple(Span(number=at, signalling="analogue", ports=(Port(kind="fxo", number="1"),)) for at in range(1, 66)),
            "65 trunks are more than Asterisk's 63",
        ),
    ],
)
def test_spans_that_do_not_make_a_machine_are_refused(spans: tuple[Span, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        layout(spans)


def _lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if line and not line.startswith(("#", ";"))}


@pytest.mark.parametrize(
    ("kind", "driver", "channels"),
    [
        (
            "pri",
            {"span=1,1,0,ccs,hdb3,crc4", "bchan=1-15,17-31", "dchan=16"},
            {"switchtype=euroisdn", "signalling=pri_cpe", "channel => 1-15,17-31"},
        ),
        ("bri", {"span=1,0,0,ccs,ami", "bchan=1-2", "hardhdlc=3"}, {"signalling=bri_net", "channel => 1-2"}),
        (
            "mfc-r2",
            {"span=1,1,0,cas,hdb3", "cas=1-15,17-31:1111"},
            {"signalling=mfcr2", "mfcr2_variant=cn", "mfcr2_get_ani_first=no", "channel => 1-15,17-31"},
        ),
        (
            "ss7",
            {"span=1,1,0,ccs,hdb3,crc4", "bchan=1-15,17-31", "mtp2=16"},
            {"ss7type=itu", "pointcode=1", "adjpointcode=2", "defaultdpc=2", "cicbeginswith=1", "cicbeginswith=17", "sigchan=16"},
        ),
        (
            "analogue",
            {"fxsks=1-2", "fxoks=4"},
            {"context=from-card-95500", "context=from-card-95501", "context=from-station-8101", "signalling=fxs_ks", "signalling=fxo_ks"},
        ),
    ],
)
def test_each_kind_of_line_is_told_as_its_manual_says(kind: str, driver: set[str], channels: set[str]) -> None:
    made = layout((ALONE[kind],))
    assert driver <= _lines(driver_file(made))
    assert channels <= _lines(channel_files(made))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("fsk", {"usecallerid=yes", "cidsignalling=bell", "cidstart=ring"}),
        ("dtmf", {"usecallerid=yes", "cidsignalling=dtmf", "cidstart=dtmf"}),
        ("none", {"usecallerid=no"}),
    ],
)
def test_an_exchange_line_says_who_calls_as_it_is_told_to(how: str, told: set[str]) -> None:
    ports = (Port(kind="fxo", number="95500", caller_id=how), Port(kind="fxs", station="8101"))
    line, telephone = channel_files(layout((Span(number=1, signalling="analogue", ports=ports),))).split("channel => 1")
    assert told == {one for one in _lines(line) if one.startswith(("cid", "usecallerid"))} - ({"usecallerid=yes"} - told)
    assert {"usecallerid=yes", "cidsignalling=dtmf", "cidstart=ring"} <= _lines(telephone)


def test_circuits_are_counted_by_time_slot() -> None:
    text = channel_files(everything())
    first, second = text.split("; span 4")[1].split("; span 5")[:2]
    assert "cicbeginswith=1\nchannel => 94-108\ncicbeginswith=17\nchannel => 110-124\nsigchan=109" in first
    assert "cicbeginswith=32\nchannel => 125-155" in second.split("; span 6")[0]
    assert "sigchan" not in second.split("; span 6")[0]
    assert first.count("linkset=1") == second.count("linkset=1") == 1, "both spans lead to the same exchange"


def test_what_belongs_to_an_exchange_line_ends_there() -> None:
    telephone = channel_files(layout((ALONE["analogue"],))).split("context=from-station-8101")[1]
    assert {"busydetect=no", "answeronpolarityswitch=no", "hanguponpolarityswitch=no", "cidstart=ring"} <= _lines(telephone)


@pytest.mark.requirement("ACC-03")
@pytest.mark.parametrize("kind", ["pri", "bri", "mfc-r2", "ss7"])
def test_a_span_behind_exchange_lines_without_callers_numbers_has_them(kind: str) -> None:
    """chan_dahdi takes the caller's number from ISDN only with `usecallerid=yes`, and what it was told last is in force."""
    lines = Span(number=1, signalling="analogue", ports=(Port(kind="fxo", number="95500", caller_id="none"),))
    told: dict[str, str] = {}
    for line in channel_files(layout((lines, attrs.evolve(ALONE[kind], number=2)))).splitlines():
        name, _, value = line.partition("=")
        told[name] = value
        if line.startswith("channel => 2"):
            break
    else:
        pytest.fail("its channels are not there")
    kept = ("usecallerid", "busydetect", "answeronpolarityswitch", "hanguponpolarityswitch")
    assert [told[name] for name in kept] == ["yes", "no", "no", "no"]


def test_a_machine_without_cards_is_empty() -> None:
    assert layout(()) == Layout(())
