"""The token endpoint by RFC 6749, on the real directory."""

import base64

import httpx
import jwt
import pytest

from tests.flows.cast import Cast
from tests.flows.client import Json
from tests.gateway.conftest import StartGateway

GRANT = {"grant_type": "client_credentials"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def credentials(cast: Cast) -> tuple[str, str]:
    """The shelter's client and its secret."""
    return cast.shelter._credentials.id, cast.shelter._credentials.secret


async def post(url: str, form: Json | None = None, **more: object) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{url}/oauth/token", data=form, **more)  # type: ignore[arg-type]


async def test_a_client_gets_a_token_by_http_basic(cast: Cast, credentials: tuple[str, str]) -> None:
    answer = await post(cast.shelter.url, GRANT, auth=credentials)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 600)
    assert "referrals:send" in said["scope"].split()


async def test_a_client_gets_a_token_by_the_form(cast: Cast, credentials: tuple[str, str]) -> None:
    client, secret = credentials
    answer = await post(cast.shelter.url, {**GRANT, "client_id": client, "client_secret": secret})
    assert answer.status_code == 200


async def test_a_token_is_good_for_what_it_was_asked_for_only(
    cast: Cast, credentials: tuple[str, str]
) -> None:
    form = {**GRANT, "scope": "feed:read directory:read"}
    said = (await post(cast.shelter.url, form, auth=credentials)).json()
    assert set(said["scope"].split()) == {"feed:read", "directory:read"}
    headers = {"authorization": f"Bearer {said['access_token']}"}
    document = "{ viewer { scopes } referrals(box: OUTBOX, first: 1) { nodes { id } } }"
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{cast.shelter.url}/graphql", json={"query": document}, headers=headers)
    (error,) = answer.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["referrals"], "FORBIDDEN")


async def test_anybody_can_verify_a_token_by_the_published_keys(
    cast: Cast, credentials: tuple[str, str]
) -> None:
    token = (await post(cast.shelter.url, GRANT, auth=credentials)).json()["access_token"]
    async with httpx.AsyncClient(trust_env=False) as http:
        keys = jwt.PyJWKSet.from_dict((await http.get(f"{cast.shelter.url}/.well-known/jwks.json")).json())
    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["EdDSA"],
        audience=f"{cast.shelter.url}/graphql",
        issuer=cast.shelter.url,
    )
    assert claims["org"] == cast.organizations["refugio"]


@pytest.mark.parametrize(("form", "error", "status"), [
    ({}, "invalid_request", 400),
    ({"grant_type": "password"}, "unsupported_grant_type", 400),
    ({**GRANT, "scope": "referrals:send everything"}, "invalid_scope", 400),
    ({**GRANT, "client_secret": "twice"}, "invalid_request", 400),
])  # fmt: skip
async def test_a_request_that_is_not_right_gets_the_error_of_the_standard(
    cast: Cast, credentials: tuple[str, str], form: Json, error: str, status: int
) -> None:
    answer = await post(cast.shelter.url, form, auth=credentials)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("more", [
    {"json": GRANT},
    {"content": b"grant_type=client_credentials"},
    {"content": b"\xff", "headers": FORM},
    {"content": b"grant_type=a&grant_type=b", "headers": FORM},
    {"content": b"x" * 9000, "headers": FORM},
])  # fmt: skip
async def test_a_body_that_is_no_form_is_refused(cast: Cast, more: Json) -> None:
    answer = await post(cast.shelter.url, None, **more)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("authorization", [
    "Bearer nonsense",
    "Basic nonsense",
    b"Basic \xe9",
    f"Basic {base64.b64encode(b'without-a-colon').decode()}",
    f"Basic {base64.b64encode(b'cl_unknown:secret').decode()}",
    None,
])  # fmt: skip
async def test_whoever_is_not_known_learns_nothing(cast: Cast, authorization: str | bytes | None) -> None:
    headers = {"authorization": authorization} if authorization else {}
    answer = await post(cast.shelter.url, GRANT, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_a_wrong_secret_answers_as_an_unknown_client(cast: Cast, credentials: tuple[str, str]) -> None:
    wrong = await post(cast.shelter.url, GRANT, auth=(credentials[0], "wrong"))
    unknown = await post(cast.shelter.url, GRANT, auth=("cl_unknown", "wrong"))
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())


async def test_wrong_secrets_are_slowed_down_and_the_right_one_is_not(
    cast: Cast, credentials: tuple[str, str], another_gateway: StartGateway
) -> None:
    url = another_gateway(failed_attempts=3, failed_attempt_seconds=60)
    for _ in range(3):
        assert (await post(url, GRANT, auth=(credentials[0], "wrong"))).status_code == 401
    answer = await post(url, GRANT, auth=(credentials[0], "wrong"))
    assert (answer.status_code, answer.json()["error"]) == (429, "invalid_client")
    assert 0 < int(answer.headers["retry-after"]) <= 61
    # Behind a proxy everybody comes from one address: nobody may lock another out.
    assert (await post(url, GRANT, auth=credentials)).status_code == 200
