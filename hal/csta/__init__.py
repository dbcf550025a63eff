"""Lines at a switch that is controlled over its CTI link: CSTA Phase III (ECMA-269, ECMA-323) over TCP."""

from hal.csta.backend import SwitchBackend
from hal.csta.settings import CstaSettings

__all__ = ["CstaSettings", "SwitchBackend"]
