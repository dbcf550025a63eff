"""What can be wrong with a CTI link's data: theirs is read and refused, ours is never sent."""

from hal.api import HalError

__all__ = ["BadMessage", "CannotWrite", "CstaError"]


class CstaError(HalError):
    """Base of this package's errors."""


class BadMessage(CstaError):
    """Theirs: a well-delimited frame holds something that is not a CSTA message; the frames after it are not affected."""

    def __init__(self, text: str, name: str = "") -> None:
        """Say what is wrong; `name` is that of the message, where the frame holds XML at all."""
        super().__init__(text)
        self.name = name


class CannotWrite(CstaError):
    """Ours: a message that does not fit into a frame, or holds what XML cannot say."""
