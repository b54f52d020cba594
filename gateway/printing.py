"""``POST /record``: what is held about a person, as a page that a browser prints."""

from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from contracts.languages import language_of
from gateway.errors import MethodError, RequestError
from gateway.execution import Operation, Params
from gateway.http import JSON, check_content_type, headers_of, read_body, refuse, respond
from gateway.means import Asker, Means

QUERY = """query ($referral: ID!, $language: Language, $asCaregiver: Boolean! = false,
    $withWritings: Boolean! = false) {
  personalRecord(referral: $referral, language: $language, asCaregiver: $asCaregiver,
    withWritings: $withWritings) { page } }"""
# Nothing is loaded or run, nobody frames it, and no copy of it is kept.
HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_NOTHING = "There is no such referral."


class RecordPage:
    """An ASGI application: the variables of the query as a JSON object in, the page out."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page; or as GraphQL does, where there is none."""
        headers = headers_of(scope)
        language = language_of(headers.get("accept-language"))
        try:
            if scope["method"] != "POST":
                raise MethodError("Ask by POST.")
            verified = await self._means.admission.admit(headers)
            check_content_type(headers.get("content-type"))
            self._means.admission.count(verified.actor)
            body = await read_body(receive, self._means.settings.limit_body)
            params = Params(query=QUERY, variables=_variables(body))
            asker = Asker(verified.actor, language, "POST /record", headers)
            response = await self._means.begin(params, asker)
        except RequestError as error:
            await refuse(send, JSON, error, language)
            return
        assert not isinstance(response, Operation)
        page = ((response.get("data") or {}).get("personalRecord") or {}).get("page")
        if page is None:
            await respond(send, JSON, response)
            return
        content = page.encode()
        length = (b"content-length", str(len(content)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": content})


def _variables(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestError("The body is not JSON in UTF-8.") from None
