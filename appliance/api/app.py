"""The API as one application: every request is admitted first, every failure is an answer in one form.

request ─▶ asked too often? ─▶ what does the route take, who is it? ─▶ is the body what it should be? ─▶ route ─▶ answer

{"error": "what is wrong, and what to do"}    400 what was sent, 401 not logged in, 403 not allowed, 404 not there,
                                              409 the centre says no, 413 too long, 429 too often (Retry-After), 500 our mistake
"""

import logging
import math
from functools import partial
from typing import Any

from quart import Quart, Response, g, jsonify, request, websocket
from quart_schema import Info, QuartSchema, RequestSchemaValidationError
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from appliance.access import Locked, Refused, Wrong
from appliance.api.centre import KEY, Centre
from appliance.api.people import Denied, admitted, needs_of
from appliance.api.routes.entry import entry
from appliance.api.routes.floor import floor
from appliance.api.routes.operation import operation
from appliance.api.routes.users import people
from appliance.api.stream import stream

__all__ = ["LONGEST_BYTES", "application"]

log = logging.getLogger("hotline.api")
LONGEST_BYTES = 256 * 1024
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}


def application(centre: Centre) -> Quart:
    """The API of a centre."""
    app = QuartTrio(__name__, static_folder=None)
    app.config[KEY] = centre
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BYTES
    info = Info(title="hotline", version="1", description="A call centre: its users, its state, its agents' requests, its events.")
    QuartSchema(
        app, info=info, conversion_preference="msgspec", openapi_path=None, swagger_ui_path=None, redoc_ui_path=None, scalar_ui_path=None
    )
    for blueprint in (entry, people, floor, operation, stream):
        app.register_blueprint(blueprint)
    if silent := [rule.endpoint for rule in app.url_map.iter_rules() if needs_of(app.view_functions[rule.endpoint]) is None]:
        raise AssertionError(f"routes that do not say what they take: {', '.join(silent)}")
    app.before_request(partial(_admit, app, centre))
    app.before_websocket(partial(_admit_stream, app, centre))
    app.after_request(_headers)
    _failures(app)
    return app


async def _admit(app: Quart, centre: Centre) -> None:
    if wait_s := centre.pace.wait_s(request.remote_addr or "unknown"):
        raise Denied(429, "too many requests; slow down", wait_s)
    if request.url_rule is not None:  # else it is a 404, or a 405
        g.person = _person(app, centre, request.url_rule.endpoint, request.headers.get("Authorization", ""))


async def _admit_stream(app: Quart, centre: Centre) -> None:
    if wait_s := centre.pace.wait_s(websocket.remote_addr or "unknown"):
        raise Denied(429, "too many requests; slow down", wait_s)
    if websocket.url_rule is not None:
        g.person = _person(app, centre, websocket.url_rule.endpoint, websocket.headers.get("Authorization", ""))


def _person(app: Quart, centre: Centre, endpoint: str, authorization: str) -> Any:
    taken = needs_of(app.view_functions[endpoint])
    if taken is None:
        raise Denied(403, "nobody may")
    return admitted(taken, centre.users, centre.sessions, authorization)


async def _headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response


def _failures(app: Quart) -> None:
    def answer(status: int, text: str, retry_s: float = 0.0) -> Response:
        response = jsonify({"error": text})
        response.status_code = status
        if retry_s:
            response.headers["Retry-After"] = str(math.ceil(retry_s))
        if status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="hotline"'
        return response

    @app.errorhandler(Denied)
    async def denied(error: Denied) -> Response:
        return answer(error.status, str(error), error.retry_s)

    @app.errorhandler(Wrong)
    async def wrong(error: Wrong) -> Response:
        return answer(401, str(error))

    @app.errorhandler(Locked)
    async def locked(error: Locked) -> Response:
        return answer(429, str(error), error.for_s)

    @app.errorhandler(Refused)
    async def refused(error: Refused) -> Response:
        return answer(409, str(error))

    @app.errorhandler(RequestSchemaValidationError)
    async def malformed(error: RequestSchemaValidationError) -> Response:
        return answer(400, f"what was sent is not what is asked for: {error.validation_error}")

    @app.errorhandler(UnicodeDecodeError)
    @app.errorhandler(RecursionError)
    async def unreadable(error: Exception) -> Response:
        return answer(400, f"what was sent cannot be read: {error}")

    @app.errorhandler(HTTPException)
    async def other(error: HTTPException) -> Response:
        return answer(error.code or 500, error.description or error.name)

    @app.errorhandler(Exception)
    async def mistake(error: Exception) -> Response:
        log.error("a request could not be answered", exc_info=error)
        return answer(500, "this could not be answered; the appliance's log says why")
