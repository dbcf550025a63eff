"""The API: versioned REST, one stream of events, and the figures of a running centre, for everybody who has logged in.

    people   who asks, and what a route takes          feed, watch, views   what has changed, numbered
    routes   one file for each thing                   stream, sight        to whom it is told, and how fast
    shapes   what is sent and answered                 document, metrics    for machines

It decides nothing: users and permissions are `appliance.access`, agents' requests the core's.
"""

from appliance.api.serving import open_api, parts_of

__all__ = ["open_api", "parts_of"]
