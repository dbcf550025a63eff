"""Takes questions from the core and has each answered by a task of its own."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable

import trio

from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input, Rendered
from appliance.outside.accounts import Accounts
from appliance.outside.gateways import Gateways
from appliance.outside.speaker import Speaker
from appliance.site import Site
from appliance.site.voices import voices_of

__all__ = ["Outside"]

log = logging.getLogger("hotline.outside")

Answer = Callable[[Input], None]
Asked = AskGateway | CheckAccount | Render
_MOST = 200
"""Questions to one gateway, about one site's accounts, or of speech, being answered at once; one more is refused: who cannot answer so many
would not answer it either, and the others are not to wait for him."""


class Outside:
    """Answers the questions of one core; see `appliance.shell.Outside`."""

    def __init__(self, nursery: trio.Nursery, speaker: Speaker, gateways: Gateways, accounts: Accounts) -> None:
        """Answer in tasks of this nursery."""
        self._nursery, self.speaker, self.gateways, self.accounts = nursery, speaker, gateways, accounts
        self._open: Counter[str] = Counter()

    def load(self, site: Site) -> None:
        """From now on this is the site; what is unchanged in it goes on as it is."""
        for gone in self.gateways.load(site.gateways):
            self._nursery.start_soon(gone.close)
        self.accounts.tables = dict(site.accounts)
        self._nursery.start_soon(self.speaker.load, voices_of(site), site.centre.languages)

    def __call__(self, asked: Asked, answer: Answer) -> None:
        """Start to find out what is asked; `answer` is called once, now or later."""
        whom = _whom(asked)
        if self._open[whom] >= _MOST:
            answer(_failed(asked, "too many questions are open already"))
            return
        self._open[whom] += 1
        self._nursery.start_soon(self._answered, asked, answer, whom)

    async def _answered(self, asked: Asked, answer: Answer, whom: str) -> None:
        try:
            found = await self._find_out(asked)
        except Exception as error:  # a mistake of ours or a library's must cost this one call its answer, not the centre
            log.exception("%s failed", type(asked).__name__)
            found = _failed(asked, f"it failed: {error!r}")
        finally:
            self._open[whom] -= 1
            if not self._open[whom]:
                del self._open[whom]
        answer(found)

    def _find_out(self, asked: Asked) -> Awaitable[Input]:
        match asked:
            case Render():
                return self.speaker.render(asked)
            case AskGateway():
                return self.gateways.answer(asked)
            case CheckAccount():
                return self.accounts.answer(asked)


def _whom(asked: Asked) -> str:
    match asked:
        case AskGateway():
            return f"gateway {asked.gateway}"
        case CheckAccount():
            return f"accounts {asked.accounts}"
        case Render():
            return "speech"


def _failed(asked: Asked, why: str) -> Input:
    match asked:
        case AskGateway():
            return GatewayAnswered(asked.token, error=why)
        case CheckAccount():
            return AccountChecked(asked.token, "trouble")
        case Render():
            return Rendered(asked.token, error=why)
