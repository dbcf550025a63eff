"""Takes questions from the core and has each answered by a task of its own."""

import logging
from collections.abc import Awaitable, Callable

import trio

from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input, Rendered
from appliance.outside.speaker import Speaker
from appliance.shell import nothing_outside

__all__ = ["Outside"]

log = logging.getLogger("hotline.outside")

Answer = Callable[[Input], None]
Asked = AskGateway | CheckAccount | Render
_MOST = 200
"""Questions being answered at once; one more is refused: whoever cannot answer so many would not answer it either."""


class Outside:
    """Answers the questions of one core; see `appliance.shell.Outside`."""

    def __init__(self, nursery: trio.Nursery, speaker: Speaker) -> None:
        """Answer in tasks of this nursery."""
        self._nursery, self.speaker = nursery, speaker
        self._open = 0

    def __call__(self, asked: Asked, answer: Answer) -> None:
        """Start to find out what is asked; `answer` is called once, now or later."""
        if self._open >= _MOST:
            answer(_failed(asked, "too many questions are open already"))
            return
        self._nursery.start_soon(self._answered, asked, answer)

    async def _answered(self, asked: Asked, answer: Answer) -> None:
        self._open += 1
        try:
            answer(await self._find_out(asked))
        except Exception as error:  # a mistake of ours or a library's must cost this one call its answer, not the centre
            log.exception("%s failed", type(asked).__name__)
            answer(_failed(asked, f"it failed: {error!r}"))
        finally:
            self._open -= 1

    def _find_out(self, asked: Asked) -> Awaitable[Input]:
        match asked:
            case Render():
                return self.speaker.render(asked)
            case _:
                return _nothing(asked)


async def _nothing(asked: Asked) -> Input:
    answers: list[Input] = []
    nothing_outside(asked, answers.append)
    return answers[0]


def _failed(asked: Asked, why: str) -> Input:
    match asked:
        case AskGateway():
            return GatewayAnswered(asked.token, error=why)
        case CheckAccount():
            return AccountChecked(asked.token, "trouble")
        case Render():
            return Rendered(asked.token, error=why)
