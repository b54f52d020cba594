"""``POST /oauth/token`` for clients (RFC 6749, client credentials) and the keys to verify its tokens with."""

import base64
import hashlib
from http import HTTPStatus
from typing import ClassVar, NamedTuple
from urllib.parse import parse_qs, unquote_plus

import msgspec
from fastapi import APIRouter, Request, Response

from chassis.problems import RefusedError, UnreachableError
from chassis.rpc import Caller
from contracts.directory import AUTHENTICATE_CLIENT, AuthenticateClient, Client
from gateway.errors import RequestError
from gateway.http import read_body
from gateway.rates import Rates
from gateway.tokens import Tokens

MOST_BYTES = 8 * 1024
_FORM = "application/x-www-form-urlencoded"
_NEVER_STORED = {"cache-control": "no-store", "pragma": "no-cache"}


class OAuthError(RequestError):
    """An answer of RFC 6749, section 5.2: ``error`` is one of its words."""

    error: ClassVar[str] = "invalid_request"


class InvalidClientError(OAuthError):
    """The client is unknown, revoked, or gave a wrong secret: one answer for all three."""

    status = 401
    error = "invalid_client"


class TooManyAttemptsError(OAuthError):
    """Too many wrong secrets; the answer says when to come back."""

    status = 429
    error = "invalid_client"


class UnsupportedGrantError(OAuthError):
    """Only ``client_credentials`` is granted here."""

    error = "unsupported_grant_type"


class InvalidScopeError(OAuthError):
    """The client may not have what it asks for."""

    error = "invalid_scope"


class UnavailableError(OAuthError):
    """The directory did not answer; the client may try again."""

    status = 503
    error = "temporarily_unavailable"


class Credentials(NamedTuple):
    """What a token request says."""

    client: str
    secret: str
    scopes: tuple[str, ...] | None


class TokenEndpoint:
    """Answers token requests, and tells whoever sends wrong secrets without end to slow down.

    A right secret is always let in: behind a proxy all addresses are the proxy's own, and whoever sent
    wrong secrets in a client's name would lock it out. Wrong ones are counted by client and address, and
    past the limit answered 429. That stops no guessing, which 256 random bits do; it is for the system
    that repeats a stale secret for ever.
    """

    def __init__(self, caller: Caller, tokens: Tokens, failures: Rates) -> None:
        self._caller = caller
        self._tokens = tokens
        self._failures = failures

    def router(self) -> APIRouter:
        """The routes: ``/oauth/token`` and ``/.well-known/jwks.json``."""
        router = APIRouter()
        router.add_api_route("/oauth/token", self.token, methods=["POST"], include_in_schema=False)
        router.add_api_route("/.well-known/jwks.json", self.jwks, methods=["GET"], include_in_schema=False)
        return router

    async def jwks(self) -> Response:
        """The public keys."""
        return _json(self._tokens.jwks(), headers={"cache-control": "public, max-age=300"})

    async def token(self, request: Request) -> Response:
        """A token, or one of the errors of RFC 6749."""
        try:
            credentials = await _credentials(request)
            client = await self._authenticate(credentials, request.client.host if request.client else "")
            scopes = _narrow(client, credentials.scopes)
        except OAuthError as error:
            return _refusal(error)
        except RequestError as error:
            return _refusal(OAuthError(str(error.detail)))
        answer = {
            "access_token": self._tokens.issue(client, scopes),
            "token_type": "Bearer",
            "expires_in": self._tokens.seconds,
            "scope": " ".join(scopes),
        }
        return _json(answer, headers=_NEVER_STORED)

    async def _authenticate(self, credentials: Credentials, address: str) -> Client:
        request = AuthenticateClient(client=credentials.client, secret=credentials.secret)
        try:
            return await self._caller.call(AUTHENTICATE_CLIENT, request, self._caller.me)
        except UnreachableError as error:
            raise UnavailableError("The directory did not answer; try again.") from error
        except RefusedError as error:
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise UnavailableError("The directory could not answer; try again.") from error
            raise self._wrong(credentials.client, address) from None

    def _wrong(self, client: str, address: str) -> OAuthError:
        key = hashlib.sha256(f"{client}\n{address}".encode()).hexdigest()
        seconds = self._failures.take(key)
        if seconds > 0:
            return _too_many(seconds)
        return InvalidClientError("The client is not known, or its secret is wrong.")


async def _credentials(request: Request) -> Credentials:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        raise OAuthError(f"The body must be {_FORM}.")
    body = await read_body(request.receive, MOST_BYTES)
    try:
        form = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise OAuthError(f"The body is not {_FORM}.") from None
    if any(len(values) > 1 for values in form.values()):
        raise OAuthError("A parameter is given twice.")
    fields = {name: values[0] for name, values in form.items()}
    if "grant_type" not in fields:
        raise OAuthError("grant_type is missing; it must be client_credentials.")
    if fields["grant_type"] != "client_credentials":
        raise UnsupportedGrantError("grant_type must be client_credentials.")
    client, secret = _identify(request.headers.get("authorization"), fields)
    scopes = tuple(fields["scope"].split()) if "scope" in fields else None
    return Credentials(client, secret, scopes)


def _identify(header: str | None, fields: dict[str, str]) -> tuple[str, str]:
    """The client's id and secret, from HTTP Basic or from the form, but not from both."""
    if header is None:
        if not fields.get("client_id") or not fields.get("client_secret"):
            raise InvalidClientError("Send client_id and client_secret by HTTP Basic, or in the form.")
        return fields["client_id"], fields["client_secret"]
    if "client_secret" in fields:
        raise OAuthError("Send the secret by HTTP Basic or in the form, not both.")
    scheme, _, value = header.partition(" ")
    try:
        client, colon, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base 64, no UTF-8, or no ASCII to begin with
        scheme, client, colon, secret = "", "", "", ""
    if scheme.lower() != "basic" or not colon or not client:
        raise InvalidClientError("The Authorization header is not HTTP Basic with client_id:client_secret.")
    # RFC 6749, section 2.3.1: both are form-encoded before they are put together.
    return unquote_plus(client), unquote_plus(secret)


def _narrow(client: Client, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    granted = tuple(scope.value for scope in client.scopes)
    if not asked:
        return granted
    missing = [scope for scope in asked if scope not in granted]
    if missing:
        raise InvalidScopeError(f"This client may have: {' '.join(granted)}.")
    return tuple(scope for scope in granted if scope in asked)


def _too_many(seconds: float) -> TooManyAttemptsError:
    error = TooManyAttemptsError(f"Too many attempts with a wrong secret; wait {round(seconds) + 1} s.")
    error.headers["retry-after"] = str(round(seconds) + 1)
    return error


def _refusal(error: OAuthError) -> Response:
    headers = {**_NEVER_STORED, **error.headers}
    if isinstance(error, InvalidClientError):
        headers["www-authenticate"] = 'Basic realm="relevo", charset="UTF-8"'
    body = {"error": error.error, "error_description": error.detail}
    return _json(body, status=error.status, headers=headers)


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
