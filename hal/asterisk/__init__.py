"""Asterisk as the driver of telephone cards: `CardBackend` opens a line whose calls come and go over DAHDI spans.

    backend.py ── line.py ─┬─ hal/sip      speech, phones, legs: everything that is heard
                           ├─ ami/         its manager: alarms of spans
                           ├─ pulse.py     whether it lives
                           └─ hal/dahdi    which channels the spans have

Not here: media by Asterisk itself (AGI, ARI), and telephones at analogue ports as stations of the line.
"""

from hal.asterisk.backend import CardBackend
from hal.asterisk.settings import CardSettings, Manager

__all__ = ["CardBackend", "CardSettings", "Manager"]
