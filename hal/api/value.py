"""`value`: the class decorator of every event, command, plan and record.

Type checkers see `attrs.frozen` and refuse any assignment to a field; at run time it is the cheaper `attrs.define`, because a
frozen initialiser costs several times as much and the engine makes dozens of these objects for each call.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from functools import partial

    from attrs import define

    value = partial(define, eq=True, unsafe_hash=True)

__all__ = ["value"]
