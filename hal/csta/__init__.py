"""The CTI link to a switch: CSTA Phase III (ECMA-269, ECMA-323) over TCP."""
