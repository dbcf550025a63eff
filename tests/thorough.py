"""How much a test tries: little every day, more in the whole run, which is CI's, and most when somebody asks for it.

`HYPOTHESIS_PROFILE` is `everyday`, `whole` (so `./hotline test` sets it) or `deep`.
"""

import os
from typing import TypeVar

__all__ = ["DEEP", "PROFILE", "by_profile"]

PROFILES = ("everyday", "whole", "deep")
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", PROFILES[0])
DEEP = PROFILE == "deep"

T = TypeVar("T")


def by_profile(everyday: T, whole: T, deep: T) -> T:
    """What this run takes of the three.

    Raises:
        ValueError: there is no such profile.

    """
    return (everyday, whole, deep)[PROFILES.index(PROFILE)]
