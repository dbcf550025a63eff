"""The API as an OpenAPI 3.1 document: made from the routes and shapes, with what each takes and how failures look."""

from typing import Any

from quart import Quart

from appliance.api.people import needs_of

__all__ = ["document"]

_METHODS = ("get", "post", "put", "patch", "delete")
_FAILURES = {
    "400": "What was sent is not what is asked for.",
    "401": "Not logged in.",
    "403": "Not allowed.",
    "404": "Not there.",
    "409": "The centre says no, and why.",
    "413": "Too long.",
    "429": "Too often; `Retry-After` says when again.",
}
_FAILURE = {
    "type": "object",
    "properties": {"error": {"type": "string", "description": "What is wrong, and what to do."}},
    "required": ["error"],
}


def document(app: Quart) -> dict[str, Any]:
    """The document of an application."""
    made: dict[str, Any] = app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    parts = made["components"]
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    parts["schemas"]["Failure"] = _FAILURE
    taken = {
        (_path(rule.rule), method.lower()): needs_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules() for method in rule.methods or ()
    }  # fmt: skip
    for path, operations in made["paths"].items():
        for method in _METHODS:
            if method not in operations:
                continue
            needs, operation = taken[path, method], operations[method]
            if needs is not None and needs.login:
                operation["security"] = [{"token": []}]
                operation["x-permissions"] = sorted(needs.one_of)
            operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}
            for status, about in _FAILURES.items():
                operation["responses"].setdefault(
                    status, {"description": about, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}}
                )
    return made


def _path(rule: str) -> str:
    return rule.replace("<", "{").replace(">", "}")
