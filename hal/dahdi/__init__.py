"""Telephone cards driven by DAHDI: their spans as a site file names them, and what driver and chan_dahdi are told of them."""

from hal.dahdi.files import CONTEXT, TELEPHONES, channel_files, driver_file, line_context, station_context
from hal.dahdi.spans import Layout, Port, Span, Wires, layout, ranges

__all__ = [
    "CONTEXT",
    "TELEPHONES",
    "Layout",
    "Port",
    "Span",
    "Wires",
    "channel_files",
    "driver_file",
    "layout",
    "line_context",
    "ranges",
    "station_context",
]
