"""Configuration of the programs and devices around the appliance, rendered from the site file: `./hotline firmware render`."""

from appliance.firmware.rendering import Front, render

__all__ = ["Front", "render"]
