"""The public API as a server of its own beside the part's: what anybody may ask has no port with /metrics."""

from chassis.part import Part
from chassis.web import Listener
from services.directory.rest.api import Rest
from services.directory.rest.app import application, guarded
from services.directory.rest.catalogue import Catalogue
from services.directory.rest.finding import Finder, Search
from services.directory.rest.rendering import Renderer
from services.directory.settings import Settings
from services.directory.store import Store


async def serve(part: Part, settings: Settings, store: Store, catalogue: Catalogue, search: Search) -> None:
    """Serve the public API for as long as the part runs, if it has a port.

    ``catalogue`` is one of the mirror's keepers; ``search`` is the directory's search: words, and how many
    ids at most, to ids, the best first.
    """
    if settings.hsds_port is None:
        return
    url = (settings.hsds_url or f"http://127.0.0.1:{settings.hsds_port}").rstrip("/")
    app = application(url)
    Rest(catalogue, Finder(catalogue, search), Renderer(store, catalogue), url).add_to(app)
    web = await part.serve(guarded(app, catalogue), Listener(settings.http_host, settings.hsds_port))

    async def listens() -> bool:
        return web.running

    part.health.looks["hsds"] = listens
