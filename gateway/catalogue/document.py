"""``/asyncapi.json``: all that is told to organizations' systems, as AsyncAPI 3.0, made of the contracts.

What parts tell each other on the bus is no part of it: nobody outside hears that, and it may change.
"""

from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import msgspec
from fastapi import FastAPI
from graphql import GraphQLSchema
from starlette.responses import Response

from contracts.catalogue import Shape, sent_types
from contracts.codes import Scope
from contracts.webhooks import TEST_TYPE
from gateway.catalogue.messages import key_of, messages, ref, schemas, trait

Json = dict[str, Any]

PATH = "/asyncapi.json"
_ABOUT = """Relevo tells an organization's systems what concerns it, always as entries of that organization's
**feed**, in order, each with a cursor behind which the feed goes on:

- **live**, by GraphQL subscription over server-sent events or WebSocket;
- **by webhook**, as thin signed messages of the Standard Webhooks specification;
- **by page**, with the GraphQL query `events(after:)`, which is no channel of this document.

The same entry has the same `event` (`webhook-id`) everywhere. Nothing here names a person."""
_LIVE = """A GraphQL subscription: by `POST` with `Accept: text/event-stream` (GraphQL over SSE, distinct
connections), or over WebSocket with the subprotocol `graphql-transport-ws`. Each `next` holds one message;
which of its fields are there the subscription's selection decides. After any interruption subscribe again
with `after:` and the last cursor: nothing is missing and nothing comes twice."""
_WEBHOOK = """The URL that you gave in `createWebhookEndpoint`. Answer 2xx within 15 seconds; whatever else is
answered, the message comes again, for four days, with the same `webhook-id`: at least once. 410 disables the
endpoint."""


def serve(app: FastAPI, schema: GraphQLSchema, public_url: str) -> None:
    """Add the document."""
    text = msgspec.json.format(msgspec.json.encode(document(schema, public_url)), indent=1)

    async def published(_request: object) -> Response:
        headers = {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}
        return Response(text, headers=headers, media_type="application/json")

    app.add_route(PATH, published, include_in_schema=False)


def document(schema: GraphQLSchema, public_url: str) -> Json:
    """Return the whole document, for a gateway that clients call by that URL."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:relevo:events",
        "info": {
            "title": "Relevo: what organizations are told",
            "version": version("relevo"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": one.value, "description": _SHAPES[one]} for one in Shape],
        },
        "defaultContentType": "application/json",
        "servers": _servers(public_url),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "securitySchemes": _security(public_url),
            "messageTraits": {"standardWebhook": trait()},
            "messages": messages(),
            "schemas": schemas(schema),
        },
    }


_SHAPES = {
    Shape.REFERRAL: "Of a referral to you, or from you.",
    Shape.PROGRESS: "Of a referral, to those who are told no more than how far it has come.",
    Shape.SUBJECT: "Of the directory, the network, or your own account.",
    Shape.TEST: "To try an endpoint.",
}


def _servers(public_url: str) -> Json:
    parts = urlsplit(public_url)
    secure = "s" if parts.scheme == "https" else ""
    security = [ref("components", "securitySchemes", "client")]
    return {
        "gateway": {
            "host": parts.netloc,
            "protocol": f"http{secure}",
            "description": "GraphQL over server-sent events.",
            "security": security,
        },
        "socket": {
            "host": parts.netloc,
            "protocol": f"ws{secure}",
            "description": "GraphQL over WebSocket. The token comes in the payload of `connection_init`: "
            '`{"authorization": "Bearer …"}`.',
            "security": security,
        },
        "receiver": {
            "host": "{host}",
            "protocol": "https",
            "description": "Yours.",
            "variables": {"host": {"description": "Where your endpoint is.", "default": "example.org"}},
        },
    }


def _channels() -> Json:
    live = [ref("servers", "gateway"), ref("servers", "socket")]
    return {
        "feed": {
            "address": "/graphql",
            "title": "Your organization's feed, live",
            "description": _LIVE,
            "servers": live,
            "messages": {"entry": ref("components", "messages", "entry")},
        },
        "capacity": {
            "address": "/graphql",
            "title": "The places of services as they change, live",
            "description": _LIVE,
            "servers": live,
            "messages": {"capacity": ref("components", "messages", "capacity")},
        },
        "webhook": {
            "address": None,
            "title": "Your webhook endpoint",
            "description": _WEBHOOK,
            "servers": [ref("servers", "receiver")],
            "messages": {key_of(one): ref("components", "messages", key_of(one)) for one in sent_types()},
        },
    }


def _operations() -> Json:
    by_post = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
    return {
        "tellFeed": {
            "action": "send",
            "channel": ref("channels", "feed"),
            "summary": "Each entry of your feed, once and in order: `events(after:, types:)`.",
            "security": [ref("components", "securitySchemes", "client")],
            "messages": [ref("channels", "feed", "messages", "entry")],
            "bindings": by_post,
        },
        "tellCapacity": {
            "action": "send",
            "channel": ref("channels", "capacity"),
            "summary": "Each change of places, as everybody may know it: `capacityChanged`.",
            "security": [ref("components", "securitySchemes", "client")],
            "messages": [ref("channels", "capacity", "messages", "capacity")],
            "bindings": by_post,
        },
        "deliverWebhook": {
            "action": "send",
            "channel": ref("channels", "webhook"),
            "summary": "Each entry of your feed that the endpoint asks for, at least once.",
            "security": [ref("components", "securitySchemes", "signature")],
            "messages": [
                ref("channels", "webhook", "messages", key_of(one))
                for one in sent_types()
                if one != TEST_TYPE
            ],
            "bindings": by_post,
        },
        "testWebhook": {
            "action": "send",
            "channel": ref("channels", "webhook"),
            "summary": "What `testWebhookEndpoint` sends.",
            "security": [ref("components", "securitySchemes", "signature")],
            "messages": [ref("channels", "webhook", "messages", key_of(TEST_TYPE))],
            "bindings": by_post,
        },
    }


def _security(public_url: str) -> Json:
    return {
        "client": {
            "type": "oauth2",
            "description": "A client of your organization, with its id and secret; a token is good for "
            "ten minutes.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": f"{public_url}/oauth/token",
                    "availableScopes": {
                        Scope.FEED_READ.value: "Read and follow the feed.",
                        Scope.REFERRALS_READ_PERSON.value: "Be told also what says something of the person.",
                        Scope.WEBHOOKS_MANAGE.value: "Have the feed sent to webhooks.",
                    },
                }
            },
        },
        "signature": {
            "type": "httpApiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "Standard Webhooks: `v1` is HMAC-SHA256 with the endpoint's secret, `v1a` Ed25519 "
            "with its `publicKey`, both over `webhook-id`, `webhook-timestamp` and the body's bytes, joined "
            "by dots.",
        },
    }
