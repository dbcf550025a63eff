"""For machines that look after this one: is it alive, its figures, and what can be asked of it."""

from importlib.metadata import version

from quart import Blueprint, Response, current_app, jsonify

from appliance.access import Permission
from appliance.api.centre import centre
from appliance.api.document import document
from appliance.api.metrics import metrics
from appliance.api.people import anybody, needs

__all__ = ["operation"]

operation = Blueprint("operation", __name__)


@operation.get("/healthz")
@anybody
async def healthz() -> tuple[Response, int]:
    """Whether calls are served: 200, or 503 with what is wrong. It says no more to who has not logged in."""
    at = centre()
    state = at.shell.engine.state
    closed = [name for name, line in state.lines.items() if not line.capabilities]
    wrong = [*(f"line {name} is closed" for name in closed), *(["no new calls are taken"] if state.draining else [])]
    return jsonify({"ok": not wrong, "wrong": wrong, "version": version("hotline")}), 503 if wrong else 200


@operation.get("/metrics")
@needs(Permission.BOARD)
async def figures() -> Response:
    """Figures in Prometheus' text format; it logs in as any program does, with a token of a user for it."""
    at = centre()
    text = metrics(at.shell.engine, at.counted, len(at.streams))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


@operation.get("/openapi.json")
@anybody
async def openapi() -> Response:
    """This API as an OpenAPI 3.1 document."""
    return jsonify(document(current_app))
