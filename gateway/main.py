"""The gateway: wiring only."""

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chassis.health import metrics_app
from chassis.part import Part, run
from chassis.rpc import Caller
from chassis.seal import Sealer
from chassis.settings import load, read_key
from chassis.web import Listener
from gateway import schema, welcome
from gateway.admission import Admission
from gateway.catalogue import document, page
from gateway.endpoint import GraphQLEndpoint
from gateway.execution import Engine
from gateway.feed import FeedGate
from gateway.ids import Cursors
from gateway.limits import Limits
from gateway.live import Streams
from gateway.means import Means
from gateway.oauth import TokenEndpoint
from gateway.printing import RecordPage
from gateway.rates import Rates
from gateway.settings import GatewaySettings
from gateway.signing import TokenKeys
from gateway.standing import Standing
from gateway.tokens import Tokens
from gateway.unsubscribe import PATH as UNSUBSCRIBE
from gateway.unsubscribe import UnsubscribePage

PART = "gateway"
SEAL_KEY_BYTES = 32
# A client that comes for the first time waits so long for the directory, and is then believed.
LOOK_UP_SECONDS = 1.5


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = load(GatewaySettings)
    # Keys first: a missing one ends the start with its name.
    keys = TokenKeys(settings.keys_dir)
    sealer = Sealer(read_key(settings.keys_dir / PART / "seal.key", SEAL_KEY_BYTES))
    tokens = Tokens(keys.known, settings.public_url, settings.audience, settings.token_seconds)
    bounds = Limits(settings.limit_tokens, settings.limit_depth, settings.limit_cost)

    async def build(part: Part) -> None:
        caller = Caller(part.bus)
        standing = Standing(Caller(part.bus, timeout=LOOK_UP_SECONDS))
        streams = Streams()
        built = schema.build()
        means = Means(
            settings=settings,
            admission=Admission(settings, tokens, standing),
            engine=Engine(built, bounds),
            streams=streams,
            caller=caller,
            cursors=Cursors(sealer),
            feed=FeedGate(part.bus, caller),
        )
        failures = Rates(1 / settings.failed_attempt_seconds, settings.failed_attempts)
        endpoint = GraphQLEndpoint(means)
        part.direct["/graphql"] = endpoint
        part.app.router.routes.insert(0, Route("/record", RecordPage(means)))
        part.app.add_route(UNSUBSCRIBE, UnsubscribePage(caller, sealer).answer, methods=["GET", "POST"])
        part.app.include_router(TokenEndpoint(caller, tokens, failures).router())
        text = schema.sdl()

        async def published(_request: object) -> Response:
            return PlainTextResponse(text, headers={"cache-control": "public, max-age=300"})

        part.app.add_route("/schema.graphql", published)
        welcome.serve(part.app)
        document.serve(part.app, built, settings.public_url)
        page.serve(part.app)
        if settings.metrics_port is not None:
            await part.serve(metrics_app(), Listener(settings.metrics_host, settings.metrics_port))
        await part.run(standing.start, standing.stop)
        await part.run(streams.start, streams.stop)

    run(PART, settings, build)
