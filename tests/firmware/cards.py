"""Card machines to render for: one of each kind of line, and one with all of them."""

from hal.dahdi import Layout, Port, Span, layout

PRI = Span(number=1, signalling="pri")
BRI = Span(number=1, signalling="bri", role="network", multipoint=False, clock="own")
CHINA_R2 = Span(number=1, signalling="mfc-r2", variant="china")
SS7 = Span(number=1, signalling="ss7", point_code=1, adjacent_point_code=2)
ANALOGUE = Span(
    number=1,
    signalling="analogue",
    ports=(
        Port(kind="fxo", number="95500"),
        Port(kind="fxo", number="95501"),
        Port(kind="empty"),
        Port(kind="fxs", station="8101"),
    ),
)
ALONE = {"pri": PRI, "bri": BRI, "mfc-r2": CHINA_R2, "ss7": SS7, "analogue": ANALOGUE}


def everything() -> Layout:
    """Two E1 of one trunk, R2, SS7 over two E1, analogue ports and a basic rate access: channels 1 to 162."""
    return layout(
        (
            Span(number=1, signalling="pri", group="public"),
            Span(number=2, signalling="pri", group="public"),
            Span(number=3, signalling="mfc-r2", variant="china", clock="own"),
            Span(number=4, signalling="ss7", group="no7", point_code=11, adjacent_point_code=12),
            Span(number=5, signalling="ss7", group="no7", point_code=11, adjacent_point_code=12, first_circuit=32, signalling_link=False),
            Span(number=6, signalling="analogue", ports=ANALOGUE.ports),
            Span(number=7, signalling="bri"),
        )
    )
